from dataclasses import replace

import numpy as np
import pytest
from ptychography_twin import APERTURE, HEIGHT, PITCH, WAVELENGTH, Truth, record, texture

from backlight.errors import InputError
from backlight.systems.led_pose import CERTAIN, ORIENTATIONS, panel_pose

KNOWN = {"numerical_aperture": APERTURE, "wavelength": WAVELENGTH, "pixel_pitch": PITCH}
PANEL = {"side": 5, "led_pitch": 6e-3}
TABLE = Truth(**PANEL).table
PIXELS = 64


def recorded(seed, **wrong):
    return record(texture(PIXELS, seed), PIXELS, Truth(**PANEL, **wrong), seed)


@pytest.fixture(scope="module")
def moved():
    """Return frames under a panel that is shifted, turned and lower than written."""
    return recorded(0, shift=(0.8e-3, -0.5e-3), rotation=np.deg2rad(1.5), height=0.97 * HEIGHT, defocus=30e-6)


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_swapped_and_mirrored_tables_are_told_from_right_ones(name, moved):
    wrong = TABLE @ np.linalg.inv(np.array(ORIENTATIONS[name], float)).T
    pose = panel_pose(moved, wrong, HEIGHT, **KNOWN)
    assert pose is not None
    assert pose.orientation == name
    assert pose.lead > CERTAIN
    np.testing.assert_allclose(pose.oriented(wrong), TABLE, atol=1e-12)
    assert ("with the other axis mirrored" in pose.advice()) == ("mirrored" in name)
    if name == "as written":
        assert pose.advice() == ""
    else:
        assert pose.lead_over_written > CERTAIN
        assert name in pose.advice()


def test_what_fits_better_though_not_for_certain_is_said(moved):
    pose = panel_pose(moved, TABLE, HEIGHT, **KNOWN)
    assert pose is not None
    doubtful = replace(pose, lead=-3.0, rival="x and y swapped")
    assert "better with x and y swapped, though not for certain: check" in doubtful.advice()
    assert replace(pose, lead=-1.0).advice() == ""


def test_a_table_with_both_axes_mirrored_fits_as_well_with_the_shift_of_the_other_sign(moved):
    right, wrong = (panel_pose(moved, sign * TABLE, HEIGHT, **KNOWN) for sign in (1, -1))
    assert right is not None
    assert wrong is not None
    assert wrong.orientation == right.orientation
    np.testing.assert_allclose(wrong.shift, -right.shift, atol=2e-5)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_the_pose_is_found_within_a_fraction_of_a_sample_of_the_spectrum(seed):
    rng = np.random.default_rng(seed)
    shift, rotation = rng.uniform(-1e-3, 1e-3, 2), np.deg2rad(rng.uniform(-2, 2))
    height, defocus = HEIGHT * rng.uniform(0.97, 1.03), rng.uniform(-40e-6, 40e-6)
    frames = recorded(seed, shift=tuple(shift), rotation=rotation, height=height, defocus=defocus)
    pose = panel_pose(frames, TABLE, HEIGHT, **KNOWN)
    assert pose is not None
    # A sample of the spectrum is λ/(64·1.845 µm) in sine, 0.48 mm on the panel: a third of it over nine frames.
    assert np.abs(pose.shift - shift).max() < 0.16e-3
    assert np.abs(pose.rotation - rotation) < 0.16e-3 / 6e-3
    assert np.abs(pose.height - height) < 3 * pose.height_std < 0.07 * HEIGHT
    assert np.abs(pose.numerical_aperture - APERTURE) < 3 * pose.numerical_aperture_std < 0.07 * APERTURE


def test_an_aperture_other_than_written_does_not_bend_the_height():
    frames = recorded(4, aperture=0.92 * APERTURE)
    pose = panel_pose(frames, TABLE, HEIGHT, **KNOWN)
    assert pose is not None
    assert pose.numerical_aperture == pytest.approx(0.92 * APERTURE, abs=3 * pose.numerical_aperture_std)
    assert pose.height == pytest.approx(HEIGHT, abs=3 * pose.height_std)


def test_without_bright_field_nothing_is_said(moved):
    dark = np.hypot(*TABLE.T) > 15e-3
    assert panel_pose(moved[dark][:3], TABLE[dark][:3], HEIGHT, **KNOWN) is None


def test_every_frame_needs_a_diode(moved):
    with pytest.raises(InputError, match="24 diodes"):
        panel_pose(moved, TABLE[1:], HEIGHT, **KNOWN)


MEASURED = {
    "bloodsmear_red.mat": ("bloodsmear_leds.csv", None, 630e-9, 0.1, 1.845e-6),
    "phase_usaf_93led.tif": ("phase_usaf_93led_leds.csv", (350, 380, 256, 256), 523e-9, 0.1, 1e-6),
    "usaf_441led_tile32.hdf5": ("usaf_441led_tile32.hdf5", None, 625e-9, 0.06704, 2.2549e-6),
}


@pytest.mark.real
@pytest.mark.parametrize("name", MEASURED)
def test_measured_tables_are_recognized_as_written(name, shared_data):
    from backlight.io import read_frames, read_table
    from backlight.systems.led_table import led_table

    file, crop, wavelength, aperture, pitch = MEASURED[name]
    key = "section0/ptychogram" if name.endswith("hdf5") else None
    frames = read_frames(shared_data(f"fourier_ptychography/{name}"), crop=crop, key=key).array
    frames = frames**2 if name.endswith("mat") else frames
    places = read_table(shared_data(f"fourier_ptychography/{file}"), ("x", "y", "z"))
    found = led_table({"led_positions": places}, len(frames))
    pose = panel_pose(frames, found.positions[:, ::-1], found.height, numerical_aperture=aperture,
                      wavelength=wavelength, pixel_pitch=pitch)  # fmt: skip
    assert pose is not None
    assert pose.orientation == "x and y swapped"
    assert pose.lead > 3.5
