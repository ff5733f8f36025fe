"""The examples in the docstrings of the physics floors run, and every public name has one or a reason."""

import doctest
import importlib
import inspect

import pytest

SLOW = ("rays.MTF", "rays.Pupil", "wave.RotatedPlane", "wave.VectorFocus", "testing.check_part")
"""Examples that compile for ten seconds and more."""


def public_names():
    for floor in ("light", "wave", "rays", "camera", "testing", "systems.imaging_system", "systems.per_frame"):
        module = importlib.import_module(f"backlight.{floor}")
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "").startswith(f"backlight.{floor}") and not name.startswith("_")
            if own and (inspect.isclass(thing) or (inspect.isfunction(thing) and floor == "testing")):
                full = f"{floor}.{name}"
                yield pytest.param(thing, id=full, marks=[pytest.mark.slow] if full in SLOW else [])


@pytest.mark.parametrize("thing", list(public_names()))
def test_every_public_name_has_an_example_that_runs(thing):
    tests = doctest.DocTestFinder(recurse=False).find(inspect.unwrap(thing), thing.__name__, globs={})
    assert thing.__doc__
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        test.globs = {}
        assert runner.run(test).failed == 0
    assert runner.tries > 0, f"{thing.__name__} has no example"
