"""Objectives, lenses, apertures and masks, with what they claim."""

import numpy as np
from inputs import SCALES, VALUES, WAVELENGTH, field, light, noise

from backlight.light import Field, Grid, Image, Sellmeier
from backlight.maths.safe import real_array
from backlight.testing import Case
from backlight.wave import (
    AnnularAperture,
    BlazedGrating,
    CircularAperture,
    CodedMask,
    DiffractiveElement,
    FringeZernikes,
    IncoherentImaging,
    MicrolensArray,
    NollZernikes,
    Objective,
    PhaseMask,
    RectangularAperture,
    SinusoidalPhaseGrating,
    SpatialLightModulator,
    ThinLens,
    ZernikePhase,
)


def pupil(rows, columns):
    rng = np.random.default_rng(5)
    return rng.uniform(0.4, 0.9, (rows, columns)) * np.exp(1j * rng.uniform(-1, 1, (rows, columns)))


def objective(shape, pitch):
    part = Objective(
        0.06, -2.0, defocus=20e-6, aberrations=NollZernikes([0.3, -0.2, 0.4, 0.1], first=4), pupil=pupil(4, 5),
        padding=(3, 2),
    )  # fmt: skip
    return part, (field(shape, pitch, tilt=(2.1e4, -3.3e4), curvature=3e3),)


def decimated(shape, pitch):
    """On 24 × 24 pixels the window of 12 × 12 holds the pupil and its soft edge."""
    rows, columns = shape
    part = Objective(0.012, 2.0, defocus=20e-6, padding=(24 - rows, 24 - columns), decimation=2)
    return part, (field(shape, pitch, tilt=(2.1e4, -3.3e4), curvature=3e3),)


def incoherent(shape, pitch):
    aberrations = FringeZernikes([0.3, -0.2, 0.4, 0.1, 0.2, 0.3], first=4)
    part = Objective(0.04, 3.0, defocus=20e-6, aberrations=aberrations, padding=(3, 2))
    return IncoherentImaging(part, WAVELENGTH, medium_index=1.33), (
        Image(real_array(light(shape)), Grid(shape, pitch)),
    )


def thin(part):
    """Return a builder of an element on the field of the other cases."""
    return lambda shape, pitch: (part(shape), (field(shape, pitch),))


def lens(shape, pitch):
    return ThinLens(0.02), (Field(noise(shape), Grid(shape, pitch, (1e-6, -2e-6)), WAVELENGTH, medium_index=1.33),)


def angles(shape, low=-1.0, high=1.0):
    return np.random.default_rng(6).uniform(low, high, shape)


def relief(shape):
    glass = Sellmeier([1.03961212, 0.231792344], [6.00069867e-15, 2.00179144e-14])
    return DiffractiveElement(angles(shape, 0, 1e-6), glass)


def modulator(shape):
    commands = np.floor(angles((4, 5), 20, 230)) + 0.3
    return SpatialLightModulator(
        commands, (3.3e-6, 4.1e-6), response=(0.0, 2.0, 5.0), unmodulated=0.1, center=(1e-6, -2e-6), fill_factor=0.9
    )


LINEAR = {"linear_in": VALUES}
ABOUT_AXIS = {"scales": {**SCALES, "part.center": 1e-6, "part.frequency": 1e5, "part.pattern": 1.0}}
SHAPED = {**LINEAR, **ABOUT_AXIS, "may_vanish": (VALUES,)}

CASES = [
    Case("objective", objective, linear_in=VALUES, scales=SCALES, float32_error=2e-6,
         may_vanish=(VALUES, "inputs.0.tilt", "inputs.0.curvature", "part.defocus", "part.pupil",
                     "part.aberrations.coefficients")),
    Case("decimating objective", decimated, linear_in=VALUES, scales=SCALES, float32_error=2e-6,
         may_vanish=(VALUES, "inputs.0.tilt", "part.defocus")),
    Case("incoherent imaging", incoherent, linear_in=VALUES, scales=SCALES, float32_error=2e-6,
         may_vanish=(VALUES, "part.objective.defocus", "part.objective.aberrations.coefficients")),
    Case("thin lens", lens, linear_in=VALUES, scales=SCALES, energy_ratio=1.0,
         may_vanish=("inputs.0.curvature",)),
    Case("circular aperture", thin(lambda s: CircularAperture(6.2e-6)), **SHAPED),
    Case("annular aperture", thin(lambda s: AnnularAperture(3.1e-6, 7.4e-6)), **SHAPED),
    Case("rectangular aperture", thin(lambda s: RectangularAperture((7.2e-6, 9.7e-6))), **SHAPED),
    Case("phase mask", thin(lambda s: PhaseMask(angles(s))), energy_ratio=1.0, **SHAPED),
    Case("Zernike phase", thin(lambda s: ZernikePhase(NollZernikes([0.3, -0.2, 0.5], first=3), 9.1e-6)),
         energy_ratio=1.0, **LINEAR, **ABOUT_AXIS, may_vanish=(VALUES, "part.aberrations.coefficients")),
    Case("relief", thin(relief), energy_ratio=1.0, float32_error=2e-6, **SHAPED),
    Case("relief with levels", thin(lambda s: DiffractiveElement(angles(s, 0, 4e-7), relief(s).material, step=1e-7,
                                                                 levels=4)),
         energy_ratio=1.0, differentiable=False, **SHAPED),
    Case("coded mask", thin(lambda s: CodedMask(pupil(4, 5), (3.3e-6, 4.1e-6))), **SHAPED),
    Case("spatial light modulator", thin(modulator), differentiable=False, **SHAPED),
    Case("sinusoidal phase grating", thin(lambda s: SinusoidalPhaseGrating((2e4, 5e4), 1.2)), energy_ratio=1.0,
         **SHAPED),
    Case("blazed grating", thin(lambda s: BlazedGrating((2.1e4, 5.3e4), 3.7, center=(0.3e-6, 0.4e-6))), **SHAPED),
    Case("microlens array", thin(lambda s: MicrolensArray((5.3e-6, 7.1e-6), 60e-6, center=(0.3e-6, 0.4e-6))),
         energy_ratio=1.0, float32_error=2e-6, **SHAPED),
]  # fmt: skip
