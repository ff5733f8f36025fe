"""A near object as seen from the focal point, and its image."""

from backlight.maths.double_precision import in_double_precision
from backlight.rays import FirstOrder, Lens
from backlight.rays.first_order import image_distance as distance_of

IN_FOCUS = 1e-9
"""Of a focal length: how near to the focal point an object has its image nowhere."""


def before_focus(lens: Lens, first: FirstOrder) -> float:
    """Return how far a near object stands before the front focal point, m; 0 where it stands in it."""
    distance = float(lens.object_distance) + float(first.ffl)  # type: ignore[arg-type]
    return 0.0 if abs(distance) < IN_FOCUS * abs(float(first.efl)) else distance


@in_double_precision
def image_distance(lens: Lens, wavelength: float) -> float:
    """Return where first order has the image, from the last vertex before it, m; infinite where it leaves parallel."""
    distance = float(distance_of(lens, wavelength))
    return distance if abs(distance) < 1 / IN_FOCUS else float("inf")
