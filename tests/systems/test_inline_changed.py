"""A changed number gives the instrument that is composed with it anew, before the same object."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from hologram_twin import cells, record

from backlight.inverse.tree import leaf_paths
from backlight.maths.fourier import pad
from backlight.systems.inline_holography import ENTRY
from backlight.systems.inline_instrument import PATHS, changed, inline_hologram

COLLIMATED = {"wavelength": 500e-9, "pixel_pitch": 5e-6, "distance": 8e-3, "medium_index": 1.0}
SPHERICAL = COLLIMATED | {"source_distance": 30e-3}
OTHER = {
    "wavelength": 650e-9,
    "pixel_pitch": 4.6e-6,
    "distance": 9.5e-3,
    "medium_index": 1.33,
    "source_distance": 26e-3,
}
CASES = [(c, name) for c in (COLLIMATED, SPHERICAL) for name in c]


def composed(numbers):
    """Draw an object, given in meters, into the instrument."""
    system = inline_hologram(**numbers, shape=(96, 112), reach=10e-3)
    grid = system.sample_grid()
    y, x = np.asarray(grid.y)[:, None], np.asarray(grid.x)
    blob = np.exp(-((y - 30e-6) ** 2 + 2 * (x + 50e-6) ** 2) / (2 * (55e-6) ** 2))
    transmission = jnp.asarray((1 - 0.5 * blob) * np.exp(0.8j * blob), jnp.complex64)
    return eqx.tree_at(lambda s: s.sample.transmission, system, transmission)


def frame(system):
    return np.asarray(system.predict().values[0])


@pytest.mark.slow
@pytest.mark.parametrize(("numbers", "name"), CASES)
def test_setting_a_number_is_composing_anew_with_it(numbers, name):
    set_so, anew = changed(composed(numbers), {name: OTHER[name]}), composed(numbers | {name: OTHER[name]})
    assert np.abs(frame(anew) - frame(composed(numbers))).max() > 0.02
    np.testing.assert_allclose(frame(set_so), frame(anew), atol=3e-3)
    assert set_so.sample.shape == anew.sample.shape
    for leaf in ("camera.gain", "camera.pitch", PATHS[name]):
        np.testing.assert_allclose(leaf_paths(set_so)[leaf], leaf_paths(anew)[leaf], rtol=1e-6)


@pytest.mark.parametrize("name", ["wavelength", "medium_index", "distance"])
def test_where_the_pixels_keep_their_size_the_sample_keeps_its_values(name):
    set_so, anew = changed(composed(COLLIMATED), {name: OTHER[name]}), composed(COLLIMATED | {name: OTHER[name]})
    np.testing.assert_allclose(frame(set_so), frame(anew), atol=2e-6)


@pytest.mark.parametrize("numbers", [COLLIMATED, SPHERICAL])
def test_setting_every_number_to_what_it_is_changes_nothing(numbers):
    system = composed(numbers)
    same = changed(system, numbers)
    np.testing.assert_allclose(frame(same), frame(system), atol=1e-6)
    assert same.detection_path.method.reach == pytest.approx(system.detection_path.method.reach)


def test_another_wavelength_records_what_another_code_path_does():
    n, pitch, distance = 96, 5e-6, 8e-3
    t = cells(n)
    system = inline_hologram(**COLLIMATED, shape=(n, n), fill_factor=1.0)
    wide = pad(jnp.asarray(t, jnp.complex64), system.sample.shape, 1.0)
    holding = eqx.tree_at(lambda s: s.sample.transmission, system, wide)
    truth = record(t, distance=distance, pitch=pitch, noise=0, wavelength=650e-9)
    inner = np.s_[10:-10, 10:-10]
    error = lambda s: np.sqrt(np.mean((frame(s) - truth)[inner] ** 2))  # noqa: E731
    assert error(changed(holding, {"wavelength": 650e-9})) < 0.1 * error(holding)


def test_the_beam_keeps_its_angle_and_its_brightness_and_the_camera_stays():
    system = composed(SPHERICAL)
    marked = eqx.tree_at(
        lambda s: (s.camera.gain, s.camera.background, s.illumination.tilt), system,
        (4000 * system.camera.gain, jnp.full(8, 0.1), jnp.asarray([1e3, -2e3])),
    )  # fmt: skip
    other = changed(marked, {"wavelength": 650e-9, "source_distance": 26e-3})
    anew = composed(SPHERICAL | {"wavelength": 650e-9, "source_distance": 26e-3})
    np.testing.assert_allclose(other.illumination.tilt * 650e-9, marked.illumination.tilt * 500e-9, rtol=1e-6)
    np.testing.assert_allclose(other.camera.gain, 4000 * anew.camera.gain, rtol=1e-6)
    np.testing.assert_array_equal(other.camera.background, marked.camera.background)
    tilted = changed(marked, {"illumination_tilt": 1e-3, "wavelength": 650e-9})
    np.testing.assert_allclose(tilted.illumination.tilt, 1e-3 / 650e-9, rtol=1e-6)


def test_every_number_of_the_instrument_has_a_path():
    assert {key.name for key in ENTRY.schema.instrument} <= set(ENTRY.paths)
