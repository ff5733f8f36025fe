"""Leaning planes, polarized light, the vector focus."""

import numpy as np
from inputs import NO_CARRIER, SCALES, VALUES, WAVELENGTH, field, noise

from backlight.light import Grid
from backlight.testing import Case
from backlight.wave import (
    JonesElement,
    PlaneWave,
    Polarized,
    Polarizer,
    RotatedPlane,
    VectorFocus,
    WavePlate,
    stokes_parameters,
)


def polarized(shape, pitch, **carrier):
    return field(shape, pitch, (2,), **carrier)


def leaning(shape, pitch):
    return RotatedPlane((0.2, -0.3)), (field(shape, pitch, tilt=(2e4, -3e4), curvature=1e3),)


def focus(shape, pitch):
    """A pupil of about 2 mm, rim inside."""
    pupil = polarized(shape, (100 * pitch[0], 100 * pitch[1]), tilt=(3e2, -2e2), curvature=2.0)
    part = VectorFocus(1e-3, 0.73, 5e-4, medium_index=1.4, defocus=0.3e-6, shape=(shape[0] - 2, shape[1] + 1))
    return part, (pupil,)


def pixelated(shape, pitch):
    """One matrix a pixel, and light along one pixel's polarization."""
    return JonesElement(noise((2, 2, *shape), 5)), (polarized(shape, pitch),)


def polarizers(shape, pitch):
    return Polarizer(np.random.default_rng(3).uniform(0, 3, shape)), (polarized(shape, pitch),)


POLARIZED = {"linear_in": VALUES, "scales": SCALES}

CASES = [
    Case("leaning plane", leaning, linear_in=VALUES, scales=SCALES,
         may_vanish=(VALUES, "part.angles", "inputs.0.tilt", "inputs.0.curvature")),
    Case("vector focus", focus, linear_in=VALUES,
         scales={**SCALES, "inputs.0.tilt": 1e2, "inputs.0.curvature": 1.0},  # the pupil is a hundred times wider
         may_vanish=(VALUES, "part.defocus", "inputs.0.tilt", "inputs.0.curvature")),
    Case("polarized plane wave", lambda s, p: (Polarized(PlaneWave(WAVELENGTH), (0.6, 0.8j)), (Grid(s, p),)),
         scales=SCALES, may_vanish=("part.jones",)),
    Case("polarizer", lambda s, p: (Polarizer(0.4), (polarized(s, p),)), may_vanish=(VALUES, "part.angle"),
         **POLARIZED),
    Case("polarizers, one a pixel", polarizers, may_vanish=(VALUES, "part.angle"), **POLARIZED),
    Case("wave plate", lambda s, p: (WavePlate(1.1, 0.4), (polarized(s, p),)), energy_ratio=1.0,
         may_vanish=(VALUES, "part.angle", "part.retardance"), **POLARIZED),
    Case("Jones matrix a pixel", pixelated, may_vanish=(VALUES, "part.matrix"), **POLARIZED),
    Case("Stokes parameters", lambda s, p: (WavePlate(1.1, 0.4), (polarized(s, p),)),
         call=lambda part, light: stokes_parameters(part(light)), may_vanish=(VALUES,), scales=SCALES,
         dead=(*NO_CARRIER, "inputs.0.curvature")),
]  # fmt: skip
