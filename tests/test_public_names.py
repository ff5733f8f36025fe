"""The names a user may rely on: few, listed here, and all of them there. A change here is a change of the contract."""

import subprocess
import sys

import pytest

import backlight

NAMES = [
    "Absorbing", "BacklightError", "Estimate", "Free", "Gaussian", "ImagingSystem", "InputError", "Interval",
    "Passive", "PerFrame", "Positive", "Tied", "UnitModulus", "camera", "check", "estimate", "identifiability", "io",
    "light", "load", "losses", "regularizers", "report", "run", "save", "solvers", "systems", "testing", "units",
    "wave",
]  # fmt: skip


def test_the_public_names_are_these():
    assert sorted(backlight.__all__) == NAMES
    assert len(NAMES) <= 30
    assert set(NAMES) <= set(dir(backlight))


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(backlight, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="wavelenght"):
        backlight.wavelenght  # noqa: B018


def _fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_the_package_loads_no_jax_and_no_plotting():
    code = "import backlight, sys; print([m for m in ('jax', 'matplotlib', 'numpy', 'typer') if m in sys.modules])"
    assert _fresh(code) == "[]"


def test_importing_everything_changes_no_setting_of_jax():
    code = (
        "import jax; before = dict(jax.config.values); import backlight\n"
        "[getattr(backlight, name) for name in backlight.__all__]\n"
        "import sys; print(dict(jax.config.values) == before, 'matplotlib' in sys.modules)"
    )
    assert _fresh(code) == "True False"


def test_the_version_is_written_once():
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert backlight.__version__ == project["version"]
