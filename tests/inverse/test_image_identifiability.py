"""The share of directions that the frames do not fix, against a count of dense eigenvalues."""

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from backlight.camera import Camera, Gaussian
from backlight.inverse import losses
from backlight.inverse.curvature import data_curvature
from backlight.inverse.image_identifiability import weak_modes
from backlight.inverse.image_unknowns import UnitModulus
from backlight.inverse.problem import build
from backlight.inverse.unknowns import Free
from backlight.systems import ImagingSystem, Nothing
from backlight.wave import FreeSpace, PlaneWave, ThinSample


def question(unknown, distance=2e-3):
    phase = 0.3 * np.random.default_rng(0).standard_normal((16, 16))
    camera = Camera((16, 16), 5e-6)
    system = ImagingSystem(
        PlaneWave(500e-9), Nothing(), ThinSample(np.exp(1j * phase)), FreeSpace(distance), camera, Gaussian(0.01)
    )
    return build(system, system.predict(), {"sample.transmission": unknown}, loss=losses.intensity())


@pytest.mark.slow
@pytest.mark.parametrize("unknown", [pytest.param(UnitModulus(), marks=pytest.mark.slow), Free()])
@pytest.mark.parametrize("threshold", [pytest.param(1e-2, marks=pytest.mark.slow), 0.1])
def test_the_share_is_that_of_the_dense_matrix(unknown, threshold):
    problem = question(unknown)
    z = problem.start()
    flat, unravel = ravel_pytree(z)
    dense = jax.vmap(lambda v: ravel_pytree(data_curvature(problem, z, unravel(v)))[0])(np.eye(flat.size, dtype="f4"))
    values = np.linalg.eigvalsh(np.asarray(dense))
    expected = np.mean(values < threshold * values[-1])
    assert weak_modes(problem, z, threshold=threshold, probes=16).share == pytest.approx(expected, abs=0.04)


def test_a_complex_sample_has_twice_the_unknowns_of_one_frame_and_says_so():
    problem = question(Free())
    found = weak_modes(problem, problem.start())
    assert found.share > 0.45
    assert "Many images fit the same frames" in found.sentence
