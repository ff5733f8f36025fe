"""Single precision is right: fields within 1e-6, slopes in distance and wavelength within 1e-4 (issue item 6)."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closed_forms import noise

from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, FreeSpace

GRIDS = [((128, 96), 5.86e-6), ((81, 128), 2.0e-6), ((256, 256), 1.12e-6)]
DISTANCES = [1e-3, 1e-2, 0.1, 1.0]


def numbers(dtype, *values):
    """Round to single precision first, so that both runs see the same numbers."""
    return tuple(jnp.asarray(np.float32(value).astype(dtype)) for value in values)


def propagate(values, target, pitch, distance, wavelength, index):
    """Return the field and a loss whose slope depends on every phase."""
    field = Field(values, Grid(values.shape, pitch), wavelength, medium_index=index, tilt=(1e2, -50.0))
    out = FreeSpace(distance, AngularSpectrum())(field).values
    return jnp.sum(jnp.abs(out - target) ** 2) / jnp.sum(jnp.abs(target) ** 2), out


@eqx.filter_jit
def run(values, target, pitch, distance, wavelength, index):
    slopes = jax.value_and_grad(propagate, argnums=(3, 4), has_aux=True)
    (_, out), gradient = slopes(values, target, pitch, distance, wavelength, index)
    return out, gradient


@pytest.mark.parametrize(("shape", "pitch"), GRIDS)
def test_float32_propagation_and_its_slopes(shape, pitch):
    values = noise(shape)
    for distance in DISTANCES:
        arguments = (pitch, distance, 532e-9, 1.33)
        target = np.roll(values, 1, axis=1) * (1 + 0.5j)
        out, slopes = run(values, target, *numbers(np.float32, *arguments))
        assert out.dtype == jnp.complex64
        single = np.asarray(out), np.asarray(slopes)
        with jax.enable_x64(True):
            out, slopes = run(values.astype(complex), target.astype(complex), *numbers(np.float64, *arguments))
            double = np.asarray(out), np.asarray(slopes)
        error = np.linalg.norm(single[0] - double[0]) / np.linalg.norm(double[0])
        assert error <= 1e-6, f"{shape}, {pitch}, z = {distance}: field {error:.2g}"
        worst = np.max(np.abs(single[1] / double[1] - 1))
        assert worst <= 1e-4, f"{shape}, {pitch}, z = {distance}: slopes {worst:.2g}"


def test_a_plain_transfer_function_would_fail_here():
    """exp(i kz z) in single precision is wrong by more than 1e-3 at 0.1 m: the test above can fail."""
    f = np.fft.fftfreq(128, 5.86e-6)
    wrong = {}
    for dtype in (np.float32, np.float64):
        k = dtype(2 * np.pi) / dtype(532e-9)
        kz = np.sqrt(k**2 - (dtype(2 * np.pi) * f.astype(dtype)) ** 2)
        wrong[dtype] = np.exp(1j * (kz * dtype(0.1)).astype(dtype) - 1j * dtype(k * dtype(0.1)))
    assert np.abs(wrong[np.float32] - wrong[np.float64]).max() > 1e-3
