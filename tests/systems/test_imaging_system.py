"""The composition: frames, chunks, grids, and any leaf per frame."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian
from backlight.errors import InputError
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.testing.case import named_leaves
from backlight.wave import FreeSpace, PlaneWave, SphericalWave, ThinSample

SHAPE = (9, 12)
RNG = np.random.default_rng(0)
SAMPLE = 0.5 + 0.2 * RNG.standard_normal((11, 12)) + 0.2j * RNG.standard_normal((11, 12))


def hologram(**parts):
    parts = {
        "illumination": SphericalWave(5e-7, 1e-3, tilt=(1e4, 0.0)),
        "incident_path": Nothing(),
        "sample": ThinSample(SAMPLE),
        "detection_path": FreeSpace(3e-5),
        "camera": Camera(SHAPE, 2e-6, background=(0.1, 0.2, 0.0), fill_factor=0.5),
        "noise": Gaussian(0.01),
    } | parts
    return ImagingSystem(**parts)


def every_leaf_per_frame(system, frames=3):
    """Return the system with each leaf wrapped, and the list of the single systems it stands for."""
    arrays, rest = eqx.partition(system, eqx.is_inexact_array)
    factors = 1 + 0.01 * np.arange(frames)
    singles = [eqx.combine(jax.tree.map(lambda leaf, f=f: leaf * f, arrays), rest) for f in factors]
    wrapped = jax.tree.map(lambda leaf: PerFrame(jnp.stack([leaf * f for f in factors])), arrays)
    return eqx.combine(wrapped, rest, is_leaf=lambda node: isinstance(node, PerFrame)), singles


def test_any_leaf_may_be_per_frame_and_frames_equal_the_loop():
    system, singles = every_leaf_per_frame(hologram())
    assert len(named_leaves(hologram())) >= 11
    frames = system.predict().values
    predict = eqx.filter_jit(lambda one: one.predict().values[0])
    expected = np.stack([predict(one) for one in singles])
    assert frames.shape == (3, *SHAPE)
    assert np.allclose(frames, expected, rtol=2e-5, atol=1e-6)
    assert system.simulate(jax.random.key(0)).values.shape == (3, *SHAPE)


def test_parts_are_built_with_a_value_per_frame():
    system = hologram(
        illumination=PlaneWave(5e-7, tilt=PerFrame([[1e4, 0.0], [0.0, 2e4]])),
        detection_path=FreeSpace(PerFrame([1e-5, 2e-5])),
        camera=Camera(SHAPE, PerFrame([2e-6, 3e-6]), gain=PerFrame([1, 2]), background=PerFrame(np.zeros((2, 3)))),
        noise=Gaussian(PerFrame([0.0, 5.0])),
    )
    assert system.frames == 2
    assert system.camera_grid().pitch.shape == (2,)
    clean, noisy = system.predict().values, system.simulate(jax.random.key(1)).values
    assert np.allclose(clean[0], noisy[0])
    assert 4 < np.std(noisy[1] - clean[1]) < 6


def test_chunks_and_subsets_give_the_same_frames():
    system = hologram(detection_path=FreeSpace(PerFrame([1e-5, 2e-5, 3e-5, 5e-5])))
    whole = system.predict().values
    assert np.allclose(system.predict(chunk=2).values, whole, rtol=1e-5, atol=1e-6)
    assert np.allclose(
        system.predict(jnp.asarray([3, 1, 2, 0])).values, whole[np.array([3, 1, 2, 0])], rtol=1e-5, atol=1e-6
    )


@pytest.mark.slow
def test_gradients_pass_through_chunks():
    system = hologram(detection_path=FreeSpace(PerFrame([1e-5, 3e-5, 4e-5])))
    slope = eqx.filter_jit(eqx.filter_grad(lambda s, chunk: jnp.sum(s.predict(chunk=chunk).values ** 2)))
    whole, chunked = (slope(system, chunk).detection_path.distance.value for chunk in (None, 2))
    assert np.all(whole != 0)
    assert np.allclose(whole, chunked, rtol=1e-4)


def test_frame_counts_that_differ_are_refused():
    system = hologram(detection_path=FreeSpace(PerFrame([1e-5, 2e-5])), noise=Gaussian(PerFrame([1.0, 1.0, 1.0])))
    with pytest.raises(InputError, match="the same number"):
        system.predict()
    with pytest.raises(InputError, match="one value per frame"):
        PerFrame(1.0)
    with pytest.raises(InputError, match="chunk"):
        hologram().predict(chunk=0)


def test_a_sample_smaller_than_the_camera_is_refused():
    with pytest.raises(InputError, match="at least as many pixels"):
        hologram(sample=ThinSample(np.ones((4, 4)))).predict()


def test_the_sample_lies_on_demagnified_pixels_and_the_light_arrives_on_the_cameras():
    """Source 1 mm before the incident path of 0.5 mm, then 0.5 mm to the camera: M = 4/3 behind the sample."""
    system = hologram(incident_path=FreeSpace(5e-4), detection_path=FreeSpace(5e-4))
    assert np.allclose(system.sample_grid().pitch, 2e-6 * 3 / 4)
    assert np.allclose(system.field_at_sample().grid.pitch, 2e-6 * 3 / 4)
    assert np.allclose(system._light_at_camera().grid.pitch, 2e-6)


def test_empty_space_shows_the_squared_modulus_of_the_sample():
    system = hologram(illumination=PlaneWave(5e-7), detection_path=Nothing(), camera=Camera((11, 12), 2e-6))
    assert np.allclose(system.predict().values[0], np.abs(SAMPLE) ** 2, rtol=1e-5)
