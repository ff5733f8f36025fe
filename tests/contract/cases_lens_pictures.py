"""What a lens makes of a point and of a scene, with what it claims."""

import numpy as np
from cases_rays import FLAT, LAST, MM, centered
from inputs import light

from backlight.light import Grid, Image
from backlight.maths.safe import real_array
from backlight.rays import geometric_otf, geometric_psf
from backlight.testing import Case
from backlight.wave import VaryingPSF

FIELD, PITCH = np.array([0.1, 0.02]), 0.4 * MM
NU = np.array([[300.0, 0.0], [0.0, 500.0]])
GRID = ("inputs.0.grid.pitch", "inputs.0.grid.center")


def varying(shape, pitch):
    part = VaryingPSF(light((3, 5, 4), 4), np.random.default_rng(2).uniform(size=(2, 3, 3)))
    return part, (Image(real_array(light(shape)), Grid(shape, pitch)),)


CASES = [
    Case("imaging that varies over the field", varying, call=lambda part, scene: part(scene).values,
         linear_in="inputs.0.values", dead=GRID, may_vanish=("inputs.0.values", "part.patterns", "part.shares")),
    # A picture of 2 mm on pixels of 0.4 mm; places of rays are known to some nanometers in single precision.
    Case("picture of a point by rays", centered, scales=FLAT, dead=LAST, float32_error=1e-5,
         call=lambda lens: geometric_psf(lens, FIELD, 550e-9, (9, 8), PITCH).values * PITCH**2, differentiable=False),
    Case("contrast by rays", centered, scales=FLAT, dead=LAST, float32_error=1e-5,
         call=lambda lens: geometric_otf(lens, FIELD, 550e-9, NU)),
]  # fmt: skip
