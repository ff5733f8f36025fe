"""Every closed form in both precisions."""

import jax
import pytest
from validation import PRECISIONS, all_forms

LONG = {"2-binary_mask_order", "4-rectangle", "9-there_and_back", "14-vector_focus_order", "15-split_order"}
"""Forms that take long, each with others of its case beside it: among the slow tests."""


def cases():
    """Return every form with every precision; the harder one, float32, runs each time."""
    for form in all_forms():
        for precision in PRECISIONS:
            slow = [pytest.mark.slow] * (form.name in LONG or precision == "float64")
            yield pytest.param(form, precision, marks=slow, id=f"{form.name}-{precision}")


def test_the_long_forms_are_forms():
    assert {form.name for form in all_forms()} >= LONG


@pytest.mark.parametrize(("form", "precision"), list(cases()))
def test_closed_form(form, precision):
    with jax.enable_x64(precision == "float64"):
        error = float(form.measure())
    assert error <= form.tolerance[precision], f"{form.title}: {error:.3g}, {form.why}"
