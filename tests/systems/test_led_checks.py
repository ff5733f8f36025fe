from dataclasses import replace

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.systems.fourier_ptychography import geometry, nominal
from backlight.systems.led_checks import PanelGeometry
from backlight.wave import rectangular_layout

GEOMETRY = PanelGeometry(rectangular_layout(15, 15, 4e-3), 90.88e-3, 0.1, 630e-9, 1.845e-6)


def test_a_usual_panel_is_accepted_and_told_in_numbers():
    GEOMETRY.demand()
    corner, edge = 28e-3 * 2**0.5, 28e-3 / np.hypot(90.88e-3, 28e-3)
    sine = corner / np.hypot(90.88e-3, corner)
    assert GEOMETRY.synthetic_aperture == pytest.approx(sine + 0.1)
    assert GEOMETRY.sampling["finest_detail"] == pytest.approx(630e-9 / 2 / (sine + 0.1))
    assert GEOMETRY.least_upsampling == int(np.ceil(1.02 * (edge + 0.1) / 630e-9 * 2 * 1.845e-6)) == 3
    assert GEOMETRY.sampling["bright_field_frames"] == 21  # |position| < h·tan(arcsin 0.1) = 9.13 mm
    GEOMETRY.demand(3)


def test_overlap_is_the_area_two_discs_share():
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (400_000, 2))
    inside = np.hypot(*points.T) < 1
    for distance in (0.3, 1.0, 1.7):
        shared = np.sum(inside & (np.hypot(points[:, 0] - distance, points[:, 1]) < 1)) / np.sum(inside)
        place = 0.1 * distance / np.sqrt(1 - (0.1 * distance) ** 2)  # of unit height, at a sine of distance·NA
        pair = replace(GEOMETRY, positions=np.array([[0.0, 0.0], [0.0, place]]), height=1.0)
        np.testing.assert_allclose(pair.overlaps, shared, atol=4e-3)


def test_a_slide_brings_the_panel_nearer():
    with_slide = replace(GEOMETRY, glass_thickness=1.52e-3 / 0.52, glass_index=1.52)
    nearer = replace(GEOMETRY, height=GEOMETRY.height - 1e-3)
    np.testing.assert_allclose(with_slide.sines, nearer.sines)


@pytest.mark.parametrize(
    ("change", "upsampling", "says"),
    [
        ({"pixel_pitch": 3.2e-6}, None, "pixel_pitch"),
        ({"height": 1e-3}, None, "led_distance"),
        ({"numerical_aperture": 0.01}, None, "led_pitch"),
        ({"positions": GEOMETRY.positions * 10}, None, "led_distance"),
        ({"positions": np.zeros((1, 2))}, None, "led_pitch"),
        ({}, 2, "upsampling = 3"),
    ],
)
def test_what_no_reconstruction_can_mend_is_refused(change, upsampling, says):
    with pytest.raises(InputError) as error:
        replace(GEOMETRY, **change).demand(upsampling)
    assert says in str(error.value)


def test_what_is_odd_is_said():
    assert GEOMETRY.advice() == ""
    sparse = replace(GEOMETRY, pixel_pitch=1e-6, positions=rectangular_layout(5, 5, 12e-3))
    assert "25 of 25 frames (of 0, 1, 2, 3, 4, 5, …)" in sparse.advice()
    by_diode = replace(sparse, each="diode", numbers=np.arange(25) + 40)
    assert "25 of 25 diodes (of 40, 41, 42, 43, 44, 45, …)" in by_diode.advice()
    assert "bright_field_diodes" in by_diode.sampling
    assert "No diode shines straight" in replace(sparse, positions=GEOMETRY.positions + 0.05).advice()
    with pytest.raises(InputError, match=r"(?s)25 of 25 whose pupil is covered.*unusual = \['led_pitch'\]"):
        sparse.demand()
    sparse.demand(unusual=["led_pitch"])


@pytest.mark.parametrize(
    ("factors", "says"),
    [
        ((1e3, 1e3), "stands 90.9 m below the sample, where panels stand 1 mm to 2 m: check led_positions"),
        ((1e-3, 1e-3), "stands 90.9 µm below the sample"),
        ((1e-3, 1), "Every diode shines straight into the objective"),
        ((1, 1e3), "Every diode shines straight into the objective"),
    ],
)
def test_a_table_in_another_unit_is_told_by_what_is_not_usual(factors, says):
    across, down = factors
    fine = replace(GEOMETRY, pixel_pitch=1e-6, table=True)
    assert says in replace(fine, positions=across * fine.positions, height=down * fine.height).advice()


@pytest.mark.parametrize("change", [{"height": 1e-3}, {"numerical_aperture": 0.01}])
def test_what_is_wrong_with_a_table_is_blamed_on_the_table(change):
    with pytest.raises(InputError, match=r"^led_positions") as error:
        replace(GEOMETRY, table=True, **change).demand()
    assert "led_distance" not in str(error.value)
    assert "off the axis" in str(error.value)


@pytest.mark.parametrize(("shift", "finer"), [(None, 2), ((0.0, 0.03), 4), ((0.06, 0.0), 5)])
def test_the_picture_is_as_fine_as_a_panel_that_is_shifted_and_turned_needs(shift, finer):
    given = {"wavelength": 630e-9, "numerical_aperture": 0.1, "pixel_pitch": 1.845e-6, "led_distance": 90.88e-3,
             "led_pitch": 4e-3, "led_rows": 3, "led_columns": 7, "array_shift": shift,
             "array_rotation": 0.5}  # fmt: skip
    told, system = geometry(given, (21, 16, 16)), nominal(given, (21, 16, 16))
    assert told.least_upsampling == system.detection_path.decimation == finer
    told.demand(finer)
    row, column = np.array([1, 3]) * 4e-3  # the last diode of the panel
    cos, sin = np.cos(0.5), np.sin(0.5)
    np.testing.assert_allclose(told.positions[-1] - (shift or 0), [cos * row + sin * column, cos * column - sin * row])
