"""Light and methods that the tests of propagation share."""

import equinox as eqx
import numpy as np

from backlight.light import Field, Grid
from backlight.wave import (
    AngularSpectrum,
    ChirpZ,
    Fraunhofer,
    FreeSpace,
    FresnelTransfer,
    FresnelTransform,
    RayleighSommerfeld,
    ScaledAngularSpectrum,
)

WAVELENGTH, INDEX, PITCH, SHAPE = 532e-9, 1.33, 4e-6, (48, 50)


def start(highest=3e4, waist=30e-6, tilt=(5e3, -2.5e3), center=(3e-5, -6e-5)):
    """Waves of random directions under a Gaussian, off the axis and on a carrier."""
    rng = np.random.default_rng(0)
    y, x = ((np.arange(n) - n // 2)[:, None] * PITCH for n in SHAPE)
    waves = [
        size * np.exp(2j * np.pi * highest * (fy * y + fx * x.T))
        for size, fy, fx in zip(rng.uniform(0.5, 1, 6), *rng.uniform(-1, 1, (2, 6)), strict=True)
    ]
    values = sum(waves) * np.exp(-(y**2 + x.T**2) / waist**2)
    return Field(values, Grid(SHAPE, PITCH, center), WAVELENGTH, medium_index=INDEX, tilt=tilt)


def light(field):
    """Put the carriers back, in float64: the complex field that methods must agree on."""
    wavelength, curvature = float(field.wavelength) / float(field.medium_index), float(field.curvature)
    y, x = (
        np.exp(2j * np.pi * (float(tilt) * r + 0.5 * curvature / wavelength * r**2))
        for tilt, r in zip(field.tilt, (np.asarray(field.grid.y), np.asarray(field.grid.x)), strict=True)
    )
    return np.asarray(field.full) * y[:, None] * x[None, :]


@eqx.filter_jit
def run(method, field, distance):
    return FreeSpace(distance, method)(field)


METHODS = {
    "angular, shifted": AngularSpectrum((8, 8), band_limit=False, shift=(2e-5, -1e-5)),
    "Fresnel transfer": FresnelTransfer((8, 8), band_limit=False, shift=(2e-5, -1e-5)),
    "Fresnel transform": FresnelTransform(),
    "chirp-z": ChirpZ(scale=1.5, shape=(20, 28)),
    # enough samples that nothing folds in: what folds would follow the rounding of the band's ends
    "scaled": ScaledAngularSpectrum(scale=1.5, samples=(96, 128)),
    "Fraunhofer": Fraunhofer(),
    "direct": RayleighSommerfeld(scale=3.0, shape=(4, 5)),
}


def noise(shape):
    rng = np.random.default_rng(1)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)
