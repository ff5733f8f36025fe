"""Objectives, lenses, apertures and masks, with what they claim."""

import numpy as np
from inputs import SCALES, VALUES, WAVELENGTH, field, light

from backlight.light import Grid, Image
from backlight.maths.safe import real_array
from backlight.testing import Case
from backlight.wave import FringeZernikes, IncoherentImaging, NollZernikes, Objective


def pupil(rows, columns):
    rng = np.random.default_rng(5)
    return rng.uniform(0.4, 0.9, (rows, columns)) * np.exp(1j * rng.uniform(-1, 1, (rows, columns)))


def objective(shape, pitch):
    part = Objective(
        0.06, -2.0, defocus=20e-6, aberrations=NollZernikes([0.3, -0.2, 0.4, 0.1], first=4), pupil=pupil(4, 5),
        padding=(3, 2),
    )  # fmt: skip
    return part, (field(shape, pitch, tilt=(2.1e4, -3.3e4), curvature=3e3),)


def incoherent(shape, pitch):
    aberrations = FringeZernikes([0.3, -0.2, 0.4, 0.1, 0.2, 0.3], first=4)
    part = Objective(0.04, 3.0, defocus=20e-6, aberrations=aberrations, padding=(3, 2))
    return IncoherentImaging(part, WAVELENGTH, medium_index=1.33), (
        Image(real_array(light(shape)), Grid(shape, pitch)),
    )


CASES = [
    Case("objective", objective, linear_in=VALUES, scales=SCALES, float32_error=2e-6,
         may_vanish=(VALUES, "inputs.0.tilt", "inputs.0.curvature", "part.defocus", "part.pupil",
                     "part.aberrations.coefficients")),
    Case("incoherent imaging", incoherent, linear_in=VALUES, scales=SCALES, float32_error=2e-6,
         may_vanish=(VALUES, "part.objective.defocus", "part.objective.aberrations.coefficients")),
]  # fmt: skip
