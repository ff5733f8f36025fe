"""Which numbers of a lens are held to be off as it is built."""

import pytest

from backlight.lenses import LensFile
from backlight.light import ConstantIndex
from backlight.rays import Biconic, Conic, Lens, Surface, Toroid
from backlight.runs.lens_tolerances import toleranced

MM = 1e-3


def test_both_radii_of_a_surface_that_has_two_are_off():
    """And in each plane the same fraction of both radii widens the spot as those of a lens that is round."""
    glass, air = ConstantIndex(1.5), ConstantIndex(1.0)

    def widened(front):
        rows = [Surface(front, thickness=2 * MM, medium=glass, stop=True), Surface(thickness=99 * MM, medium=air),
                Surface()]  # fmt: skip
        lens = Lens(rows, entrance_pupil_diameter=10 * MM)
        told = LensFile(lens, wavelengths=(550e-9,))
        found = toleranced(told, {"radius": 1e-3}, samples=4)["tolerances"]
        return {one["name"]: one["widens"] for one in found}

    round_one, biconic, toroid = map(widened, (Conic(50 * MM), Biconic(50 * MM, radius_x=50 * MM),
                                               Toroid(Conic(50 * MM), 50 * MM)))  # fmt: skip
    assert list(round_one) == ["radius 0"]
    assert list(biconic) == list(toroid) == ["radius 0", "radius 0 x"]
    assert biconic["radius 0"] == pytest.approx(biconic["radius 0 x"], rel=1e-9)
    assert toroid["radius 0"] == pytest.approx(toroid["radius 0 x"], rel=1e-2)  # alike near the axis only
    for both in (biconic, toroid):
        assert 0 < both["radius 0"] < round_one["radius 0"]
