"""The ways to propagate, with what they claim."""

from inputs import SCALES, VALUES, Z, field

from backlight.testing import Case
from backlight.wave import (
    AngularSpectrum,
    ChirpZ,
    FocalPlane,
    Fraunhofer,
    FreeSpace,
    FresnelTransfer,
    FresnelTransform,
    RayleighSommerfeld,
    ScaledAngularSpectrum,
)

TILT = {"tilt": (2e4, -3e4)}
AIM = (5e-6, -4e-6)
DARK = (VALUES, "inputs.0.tilt")


def moved(method, **carrier):
    return lambda shape, pitch: (FreeSpace(Z, method()), (field(shape, pitch, **TILT, **carrier),))


def focused(**pixels):
    return lambda shape, pitch: (FocalPlane(Z, **pixels), (field(shape, pitch, curvature=1e4, **TILT),))


def linear(name, build, **claims):
    return Case(name, build, linear_in=VALUES, scales=SCALES, may_vanish=DARK, **claims)


CASES = [
    linear("angular spectrum, shifted", moved(lambda: AngularSpectrum((2, 3), band_limit=False, shift=AIM))),
    linear("Fresnel transfer, shifted", moved(lambda: FresnelTransfer((2, 3), band_limit=False, shift=AIM))),
    linear("Fresnel transform", moved(lambda: FresnelTransform((1, 2))), energy_ratio=1.0),
    # z/M of the equivalent flat problem is rounded to single precision: 1e-7 of 18 turns of the chirp
    linear("chirp-z, scaled", moved(lambda: ChirpZ(scale=0.7, shape=(5, 7)), curvature=1e4), float32_error=5e-6),
    linear("chirp-z, off axis", moved(lambda: ChirpZ(pitch=(1e-6, 2e-6), center=AIM))),
    # the far field drops quadratic phases of the light, that of its carrier too
    linear("Fraunhofer", moved(lambda: Fraunhofer()), energy_ratio=1.0, dead=("inputs.0.curvature",)),
    linear("focal plane", focused(), energy_ratio=1.0),
    linear("focal plane, scaled", focused(scale=0.8)),
    linear(
        "scaled angular spectrum",
        moved(lambda: ScaledAngularSpectrum(scale=1.3, center=AIM, shape=(6, 5))),
        float32_error=2e-6,  # of pixels that are rounded too, in light of a few pixels' grain
    ),
    linear("Rayleigh-Sommerfeld", moved(lambda: RayleighSommerfeld(scale=1.5, center=AIM, shape=(4, 6)))),
]
