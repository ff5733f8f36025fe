"""Every closed form in both precisions."""

import jax
import pytest
from validation import PRECISIONS, all_forms


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("form", all_forms(), ids=lambda form: form.name)
def test_closed_form(form, precision):
    with jax.enable_x64(precision == "float64"):
        error = float(form.measure())
    assert error <= form.tolerance[precision], f"{form.title}: {error:.3g}, {form.why}"
