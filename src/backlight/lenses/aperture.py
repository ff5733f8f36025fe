"""Apertures as files state them, as the diameter of the entrance pupil."""

import math
from collections.abc import Callable

from backlight.maths.double import in_double_precision
from backlight.rays import FirstOrder, Lens, first_order

Aperture = Callable[[Lens, FirstOrder], float]
"""Lens and its first order with a pupil of 1 m → the diameter of the entrance pupil, m."""


def entrance_pupil(diameter: float) -> Aperture:
    """Take the diameter itself."""
    return lambda lens, first: diameter


def f_number(number: float) -> Aperture:
    """Take f'/D."""
    return lambda lens, first: abs(float(first.efl)) / number


def image_aperture(sine: float) -> Aperture:
    """Take the numerical aperture of the image of an object at infinity, n'·sin u' = D/2f'."""
    return lambda lens, first: 2 * abs(float(first.efl)) * sine


def object_aperture(sine: float) -> Aperture:
    """Take the numerical aperture of a near object, in what is before the lens."""

    def diameter(lens: Lens, first: FirstOrder) -> float:
        away = float(lens.object_distance) + float(first.entrance_pupil)  # type: ignore[arg-type]
        return 2 * away * math.tan(math.asin(sine))

    return diameter


def stop_size() -> Aperture:
    """Take what the clear aperture of the stop lets through."""
    return lambda lens, first: 2 * float(lens.surfaces[lens.stop].semi_diameter) / float(first.stop_diameter)


def with_aperture(lens: Lens, aperture: Aperture, wavelength: float) -> Lens:
    """Return the lens with the pupil that was stated, at its main wavelength."""
    return resized(lens, aperture(resized(lens, 1.0), _first(resized(lens, 1.0), wavelength)))


def resized(lens: Lens, diameter: float) -> Lens:
    """Return the lens with a pupil of a diameter, m."""
    return Lens(lens.surfaces, entrance_pupil_diameter=diameter, object_distance=lens.object_distance,
                before=lens.before, groups=lens.groups)  # fmt: skip


@in_double_precision
def _first(lens: Lens, wavelength: float) -> FirstOrder:
    return first_order(lens, wavelength)
