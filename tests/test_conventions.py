"""Each line of docs/conventions.md is held by a test that exists."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
LINES = [
    line
    for line in (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "| held by |" not in line
]


def test_each_convention_names_a_test():
    assert len(LINES) > 25
    assert [line for line in LINES if "`tests/" not in line] == []


def test_each_named_test_exists():
    named = [match for line in LINES for match in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", line)]
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists() or (test and f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8"))
    ]
    assert missing == []
