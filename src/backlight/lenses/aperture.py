"""Apertures as files state them, as the diameter of the entrance pupil."""

from collections.abc import Callable

import equinox as eqx
import numpy as np

from backlight.maths.double import in_double_precision
from backlight.rays import Lens, first_order, with_f_number, with_numerical_aperture, with_object_aperture

Aperture = Callable[[Lens, float], Lens]
"""Lens and its main wavelength → the lens with its pupil."""


def entrance_pupil(diameter: float) -> Aperture:
    """Take the diameter itself, m."""
    return lambda lens, wavelength: _with_diameter(lens, diameter)


def f_number(number: float) -> Aperture:
    """Take f'/D."""
    return lambda lens, wavelength: with_f_number(lens, number, wavelength)


def image_aperture(sine: float) -> Aperture:
    """Take the numerical aperture of the image."""
    return lambda lens, wavelength: with_numerical_aperture(lens, sine, wavelength)


def object_aperture(sine: float) -> Aperture:
    """Take the numerical aperture of a near object."""
    return lambda lens, wavelength: with_object_aperture(lens, sine, wavelength)


def stop_size() -> Aperture:
    """Take what the clear aperture of the stop lets through."""
    return _filling_the_stop


@in_double_precision
def _filling_the_stop(lens: Lens, wavelength: float) -> Lens:
    unit = first_order(_with_diameter(lens, 1.0), wavelength).stop_diameter
    return _with_diameter(lens, 2 * float(lens.surfaces[lens.stop].semi_diameter) / float(unit))  # type: ignore[arg-type]


def _with_diameter(lens: Lens, diameter: float) -> Lens:
    given = np.asarray(diameter, np.float64)
    return eqx.tree_at(lambda one: one.entrance_pupil_diameter, lens, given, is_leaf=lambda leaf: leaf is None)
