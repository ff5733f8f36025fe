"""The bad output folders of the design, one named case each: nothing of what was there is touched."""

import os

import pytest
from refusals import check, snapshot

from backlight.errors import InputError, SpaceError
from backlight.io import commit_folder


def output_exists(folder):
    (folder / "out").mkdir()
    (folder / "out" / "thesis.txt").write_text("years")


def output_is_link(folder):
    (folder / "real").mkdir()
    (folder / "out").symlink_to(folder / "real")


OUTPUTS = {
    "30 exists": (output_exists, "out", {}, "exists"),
    "30 exists, foreign, overwrite": (output_exists, "out", {"overwrite": True}, "manifest"),
    "30 is a symlink": (output_is_link, "out", {}, "link"),
    "30 is a file": (lambda f: (f / "out").write_text("x"), "out", {"overwrite": True}, "file of this name"),
    "30 inside the input": (lambda f: (f / "in").mkdir(), "in/out", {"inputs": ["in"]}, "inside the input"),
    "30 holds the input": (
        lambda f: (f / "out/in").mkdir(parents=True),
        "out",
        {"inputs": ["out/in"]},
        "holds the input",
    ),
    "40 5,000 characters": (lambda f: None, "a" * 5000, {}, "5,0"),
}


@pytest.mark.parametrize("row", OUTPUTS)
def test_output(row, tmp_path):
    build, name, options, says = OUTPUTS[row]
    build(tmp_path)
    before = snapshot(tmp_path)
    options = options | {"inputs": [tmp_path / i for i in options.get("inputs", [])]}
    with pytest.raises(InputError) as caught:
        commit_folder(tmp_path / name, lambda f: (f / "a").write_text("new"), **options)
    check(caught.value, InputError, name[:5], says)
    assert snapshot(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_30_not_writable(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SpaceError, match="Permission"):
        commit_folder(tmp_path / "out", lambda f: (f / "a").write_text("new"))
