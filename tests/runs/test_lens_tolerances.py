"""Which numbers of a lens are held to be off as it is built."""

import pytest

from backlight.lenses import LensFile
from backlight.light import ConstantIndex
from backlight.rays import Biconic, Conic, Lens, Surface, Toroid
from backlight.runs.lens_tolerances import _tolerances, toleranced

MM = 1e-3


def told_of(front):
    rows = [Surface(front, thickness=2 * MM, medium=ConstantIndex(1.5), stop=True),
            Surface(thickness=99 * MM, medium=ConstantIndex(1.0)), Surface()]  # fmt: skip
    return LensFile(Lens(rows, entrance_pupil_diameter=10 * MM), wavelengths=(550e-9,))


@pytest.mark.slow
def test_both_radii_of_a_surface_that_has_two_are_off():
    """Alike where both are: each plane has its own."""
    found = toleranced(told_of(Biconic(50 * MM, radius_x=50 * MM)), {"radius": 1e-3}, samples=4)["tolerances"]
    assert [one["name"] for one in found] == ["radius 0", "radius 0 x"]
    first, second = (one["widens"] for one in found)
    assert first == pytest.approx(second, rel=1e-5)
    assert first > 0


@pytest.mark.parametrize(("front", "paths"), [
    (Conic(50 * MM), ["curvature"]), (Biconic(50 * MM), ["curvature"]),
    (Toroid(Conic(50 * MM), 30 * MM), ["curve.curvature", "turning"]), (Toroid(Conic(50 * MM)), ["curve.curvature"]),
])  # fmt: skip
def test_what_is_flat_has_no_radius_that_is_off(front, paths):
    found = _tolerances(told_of(front), {"radius": 1e-3})
    assert [one.path for one in found.values()] == [f"surfaces.0.profile.{path}" for path in paths]
