"""docs/validation.md shows every closed form as the code has it; only the measured errors are not measured again."""

import importlib.util
import re
from itertools import zip_longest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
MARK = "\0"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("validation_page", DOCS / "validation.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_of_the_18_cases_is_held(generator):
    tested = {n for n, files in generator.ELSEWHERE.items() if any(file.startswith("tests/") for file in files)}
    held = {form.number for form in generator.all_forms()} | tested
    assert set(range(1, 19)) - held == set()
    assert held <= generator.FAMILIES.keys() == set(range(1, 19))


def test_the_page_is_what_the_command_writes(generator):
    """Else run `python docs/validation.py`."""
    due = generator.page(generator.all_forms(), lambda form, precision: MARK).splitlines()
    found = (DOCS / "validation.md").read_text(encoding="utf-8").splitlines()
    patterns = [re.escape(line).replace(re.escape(MARK), r"[−\d.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+") for line in due]
    pairs = zip_longest(patterns, found, fillvalue="")
    assert [line for pattern, line in pairs if not re.fullmatch(pattern, line)] == []


def test_the_pictures_are_those_of_the_forms_and_small(generator):
    due = {generator.picture(form) for form in generator.all_forms() if form.curve}
    found = {path.name: path.stat().st_size for path in (DOCS / "images").glob("validation_*.png")}
    assert due == found.keys()
    assert [name for name, size in found.items() if size > 60_000] == []


def test_files_that_hold_more_exist(generator):
    files = [DOCS.parent / file for files in generator.ELSEWHERE.values() for file in files]
    assert [file for file in files if not file.exists()] == []


@pytest.mark.parametrize(
    ("x", "digits", "text"),
    [(0.0, 1, "0"), (3.3e-7, 1, "3·10⁻⁷"), (9.6e-16, 1, "10⁻¹⁵"), (-0.37, 1, "−0.4"), (0.25, 2, "0.25"),
     (1e-14, 2, "10⁻¹⁴"), (2.5e-3, 2, "2.5·10⁻³")],
)  # fmt: skip
def test_numbers_have_few_digits(generator, x, digits, text):
    assert generator.number(x, digits) == text
