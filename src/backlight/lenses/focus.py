"""Where first order has the image of a lens, and its object as seen from the focal point."""

import math

from backlight.maths.double import in_double_precision
from backlight.rays import FirstOrder, Lens, first_order

IN_FOCUS = 1e-9
"""Of a focal length: how near to the focal point an object has its image nowhere."""


def before_focus(lens: Lens, first: FirstOrder) -> float:
    """Return how far a near object stands before the front focal point, m; 0 where it stands in it."""
    distance = float(lens.object_distance) + float(first.ffl)  # type: ignore[arg-type]
    return 0.0 if abs(distance) < IN_FOCUS * abs(float(first.efl)) else distance


@in_double_precision
def image_distance(lens: Lens, wavelength: float) -> float:
    """Return where first order has the image, from the last vertex before it, m; infinite where light leaves parallel.

    B + n n' f²/(s + F) (Newton): B and F are where the focal points stand, from the last and from the first vertex, and
    s is the distance of the object. n' counts negative after an odd number of mirrors.
    """
    first, indices = first_order(lens, wavelength), lens.indices(wavelength)
    focus = float(first.bfl)
    if lens.object_distance is None or not math.isfinite(focus):
        return focus
    sign, distance = (-1) ** sum(surface.mirror for surface in lens.surfaces[:-1]), before_focus(lens, first)
    stretch = sign * float(indices[0] * indices[-2] * first.efl**2)
    return focus + stretch / distance if distance else math.inf
