"""Samples with a depth, and particles."""

import numpy as np
from inputs import SCALES, VALUES, field

from backlight.testing import Case
from backlight.wave import FirstBorn, MultiSlice, Spheres, WavePropagation

SLICES, THICKNESS = 4, 2e-6
MANY = 13
"""A number of slices that leaves a shorter last block."""


def contrast(shape, count=SLICES):
    rng = np.random.default_rng(1)
    return rng.uniform(-0.02, 0.05, (count, *shape)) + 1j * rng.uniform(0, 0.01, (count, *shape))


def light(shape, pitch):
    return (field(shape, pitch, tilt=(2e4, -3e4), curvature=1e3),)


def lossless(shape, pitch):
    return MultiSlice(contrast(shape, MANY).real, THICKNESS), light(shape, pitch)


def spheres(shape, pitch):
    positions = [[-30e-6, 1e-6, 3e-6], [0.0, -4e-6, -8e-6], [12e-6, 2e-6, 9e-6]]
    return Spheres(positions, [5e-6, 6e-6, 4.5e-6], [0.02, 0.03 + 0.002j, 0.01], shape), light(shape, pitch)


def part(cls, **options):
    return lambda shape, pitch: (cls(contrast(shape), THICKNESS, **options), light(shape, pitch))


CLAIMS = {
    "linear_in": VALUES,
    "scales": SCALES,
    "may_vanish": (VALUES, "part.contrast", "inputs.0.tilt", "inputs.0.curvature"),
}

CASES = [
    Case("multi-slice", part(MultiSlice), **CLAIMS),
    Case("multi-slice, lossless", lossless, energy_ratio=1.0, **CLAIMS),
    Case("wave propagation method", part(WavePropagation, references=(-0.02, 0.01, 0.05)), **CLAIMS),
    Case("first Born", part(FirstBorn), **CLAIMS),
    Case("spheres", spheres, **CLAIMS),
]
