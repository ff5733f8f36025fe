"""Lenses and the rays through them, with what they claim."""

import numpy as np

from backlight.light import ConstantIndex, Rays, Sellmeier
from backlight.maths.zernike import noll_term
from backlight.rays import (
    Asphere,
    Biconic,
    BSpline,
    Conic,
    Lens,
    Pose,
    Qbfs,
    RadialPhase,
    Surface,
    Toroid,
    XYPolynomial,
    ZernikeSag,
    first_order,
    spot,
    trace,
)
from backlight.testing import Case

MM = 1e-3


def rows(pose=None):
    return [
        Surface(Conic(30 * MM, -0.3), thickness=4 * MM, medium=Sellmeier([1.3], [1e-14]), stop=True, pose=pose),
        Surface(Asphere(-40 * MM, 0.2, [-2e3], [3]), thickness=2 * MM, medium=ConstantIndex(1.62), pose=pose),
        Surface(Conic(), thickness=30 * MM, medium=ConstantIndex(1.0), pose=pose),
        Surface(),
    ]


def rays(shape):
    rng = np.random.default_rng(0)
    place = np.stack([np.full(shape, -MM), *(2 * MM * rng.uniform(-1, 1, (2, *shape)))])
    way = np.stack([np.ones(shape), *(0.1 * rng.uniform(-1, 1, (2, *shape)))])
    return Rays(place, way, 550e-9, path=np.full(shape, MM))


def straight(shape, pitch):
    return Lens(rows()), (rays(shape),)


def tilted(shape, pitch):
    return Lens(rows(Pose((0.1 * MM, -0.2 * MM, 0.3 * MM), (0.02, -0.01, 0.03)))), (rays(shape),)


def centered(shape, pitch):
    return Lens(rows(), entrance_pupil_diameter=4 * MM), ()


def alone(part):
    """Return what makes a profile or a phase, and rays onto it."""
    return lambda shape, pitch: (part, (rays(shape),))


def met(profile, bundle):
    """Return where rays meet a profile and its normal there: a lens does the rest for all alike."""
    meeting = profile.meet(bundle.place, bundle.way)
    return meeting.distance, meeting.normal.y, meeting.normal.x


def kicked(phase, bundle):
    """Return what a phase adds and its gradient."""
    waves, slope = phase.kick(bundle.place.y, bundle.place.x)
    return waves, slope.y, slope.x


def ends(lens, bundle):
    """Return what is told of rays; only their place and path, in the size of the other."""
    end = trace(lens, bundle)
    return end.position, end.direction, end.path


FLAT = {"part.surfaces.2.profile.curvature": 1.0, "part.surfaces.3.profile.curvature": 1.0}
BUNDLE = ("inputs.0.weight",)
LAST = ("part.surfaces.3.profile.conic", "part.surfaces.3.thickness", "part.surfaces.2.profile.conic")
UNTOLD = (
    *(f"part.surfaces.{i}.profile.conic" for i in range(4)),
    "part.surfaces.1.profile.coefficients",
    "part.surfaces.2.thickness",
    "part.surfaces.3.profile.curvature",
    "part.surfaces.3.thickness",
)
OTHERS = ("inputs.0.wavelength", "inputs.0.path", *BUNDLE)
SHAPES = {
    "toroid": Toroid(Asphere(30 * MM, -0.3, [-2e3], [3]), 50 * MM),
    "biconic": Biconic(30 * MM, -0.3, radius_x=-50 * MM, conic_x=0.4),
    "XY polynomial": XYPolynomial(3 * MM, [2e-5, -3e-5], [(1, 2), (4, 0)], 30 * MM, -0.3),
    "Zernike sag": ZernikeSag(3 * MM, [2e-5, -3e-5], [noll_term(6), noll_term(8)], 30 * MM, -0.3),
    "B-spline": BSpline((5 * MM, 5 * MM), 1e-5 * np.random.default_rng(1).standard_normal((6, 5)), 30 * MM, -0.3),
    "Forbes asphere": Qbfs(4 * MM, [2e-5, -3e-5], 30 * MM),
}
CASES = [
    *(Case(name, alone(profile), call=met, dead=OTHERS) for name, profile in SHAPES.items()),
    Case("rings of a phase", alone(RadialPhase(3 * MM, [-60.0, 5.0])), call=kicked,
         dead=(*OTHERS, "inputs.0.direction")),
    Case("lens of conics and aspheres", straight, call=ends, dead=(*BUNDLE, *LAST), scales=FLAT),
    Case("lens of tilted surfaces", tilted, call=ends, dead=(*BUNDLE, *LAST), scales=FLAT),
    # A principal plane is the difference of two lengths that are ten times as long.
    Case("first order", centered, call=lambda lens: first_order(lens, 550e-9)[:8], scales=FLAT, dead=UNTOLD,
         float32_error=1e-5),
    Case("spot", centered, call=lambda lens: spot(lens, np.array([0.1, 0.02]), 550e-9).offsets, scales=FLAT,
         dead=LAST),
]  # fmt: skip
