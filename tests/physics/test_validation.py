"""Every closed form in both precisions."""

import jax
import pytest
from validation import PRECISIONS, all_forms

LONG = {
    "8-chirp_z_sum", "9-wave_across_its_plane", "16-photon_transfer", "17-central_differences", "18-distance",
    "18-heights", "1-aperture_angular_spectrum", "2-poisson_spot", "2-binary_mask_order", "3-airy_order", "4-rectangle",
    "9-beam_on_a_leaning_plane", "18-joint_against_nominal", "2-soft_mask_order", "3-annular", "4-knife_edge",
    "10-energy", "15-refraction", "15-sphere_projected", "17-phase_slopes",
}  # fmt: skip
"""Forms of nearly ten seconds: each time in float32, which is the harder one, and in float64 among the slow tests."""

LONGER = {"9-there_and_back", "14-vector_focus_order", "15-split_order"}
"""Forms of nearly twenty, each with others of its case beside it: among the slow tests."""


def cases():
    """Return every form with every precision."""
    for form in all_forms():
        for precision in PRECISIONS:
            long = form.name in LONGER or (form.name in LONG and precision == "float64")
            slow = [pytest.mark.slow] if long else []
            yield pytest.param(form, precision, marks=slow, id=f"{form.name}-{precision}")


def test_the_long_forms_are_forms():
    assert {form.name for form in all_forms()} >= LONG | LONGER


@pytest.mark.parametrize(("form", "precision"), list(cases()))
def test_closed_form(form, precision):
    with jax.enable_x64(precision == "float64"):
        error = float(form.measure())
    assert error <= form.tolerance[precision], f"{form.title}: {error:.3g}, {form.why}"
