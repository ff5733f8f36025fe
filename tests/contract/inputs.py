"""Inputs that the cases share: fields of white noise, light without zeros, and which leaves of a field do nothing."""

import numpy as np

from backlight.light import Field, Grid

WAVELENGTH = 0.5e-6
Z = 30e-6
SCALES = {
    "inputs.0.tilt": 1e4,
    "inputs.0.curvature": 1e3,
    "inputs.0.grid.center": 1e-5,
    "inputs.1.center": 1e-5,
    "part.tilt": 1e4,
}
VALUES = "inputs.0.values"
NO_GRID = ("inputs.0.grid.pitch", "inputs.0.grid.center")
NO_CARRIER = (*NO_GRID, "inputs.0.wavelength", "inputs.0.medium_index", "inputs.0.tilt")


def noise(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def field(shape, pitch, modes=(), **carrier):
    return Field(noise((*modes, *shape)), Grid(shape, pitch), WAVELENGTH, medium_index=1.33, **carrier)


def light(shape, seed=2):
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape)
