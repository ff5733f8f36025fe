"""Apertures as files state them, as the diameter of the entrance pupil."""

import math
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from backlight.errors import InputError
from backlight.lenses.focus import before_focus
from backlight.maths.double_precision import in_double_precision
from backlight.rays import Lens, first_order, with_f_number, with_numerical_aperture, with_object_aperture

Aperture = Callable[[Lens, float], Lens]
"""Lens and its main wavelength → the lens with its pupil."""


def entrance_pupil(diameter: float) -> Aperture:
    """Take the diameter itself, m."""
    return lambda lens, wavelength: _with_diameter(lens, diameter)


def f_number(number: float) -> Aperture:
    """Take f'/D, that of an object at infinity."""
    return lambda lens, wavelength: with_f_number(lens, number, wavelength)


def working_f_number(number: float) -> Aperture:
    """Take 1/(2n'u') of the marginal ray to first order, whose object stands where the lens's does."""
    return lambda lens, wavelength: _with_working_f_number(lens, number, wavelength)


def image_aperture(sine: float) -> Aperture:
    """Take the numerical aperture of the image."""
    return lambda lens, wavelength: with_numerical_aperture(lens, sine, wavelength)


def object_aperture(sine: float) -> Aperture:
    """Take the numerical aperture of a near object."""
    return lambda lens, wavelength: with_object_aperture(lens, sine, wavelength)


def object_cone(angle: float) -> Aperture:
    """Take the angle against the axis, rad, up to which the light of a near object is used."""
    return lambda lens, wavelength: _with_cone(lens, angle, wavelength)


def stop_size() -> Aperture:
    """Take what the clear aperture of the stop lets through."""
    return _filling_the_stop


@in_double_precision
def _filling_the_stop(lens: Lens, wavelength: float) -> Lens:
    if lens.surfaces[lens.stop].semi_diameter is None:
        raise InputError("aperture", got="a stop without a size, and no other aperture", expected="its diameter")
    unit = first_order(_with_diameter(lens, 1.0), wavelength).stop_diameter
    return _with_diameter(lens, 2 * float(lens.surfaces[lens.stop].semi_diameter) / float(unit))  # type: ignore[arg-type]


@in_double_precision
def _with_working_f_number(lens: Lens, number: float, wavelength: float) -> Lens:
    """Return the lens with D = |f(s + e)/(N(s + F))|: its n'u' is nu/M, u = D/2(s + e) and M = nf/(s + F).

    s is the object's distance, e the entrance pupil's and F that of the front focal point, from the first vertex.
    """
    if lens.object_distance is None:
        return with_f_number(lens, number, wavelength)
    first, distance = first_order(_with_diameter(lens, 1.0), wavelength), float(lens.object_distance)
    to_focus = before_focus(lens, first)
    if to_focus == 0:
        raise InputError("aperture", got="a working f-number, and an object in the front focal point",
                         expected="an object with an image")  # fmt: skip
    return _with_diameter(lens, abs(float(first.efl) * (distance + float(first.entrance_pupil)) / (number * to_focus)))


@in_double_precision
def _with_cone(lens: Lens, angle: float, wavelength: float) -> Lens:
    index = lens.before.index(jnp.asarray(wavelength))
    return with_object_aperture(lens, index * math.sin(angle), wavelength)


def _with_diameter(lens: Lens, diameter: float) -> Lens:
    given = np.asarray(diameter, np.float64)
    return eqx.tree_at(lambda one: one.entrance_pupil_diameter, lens, given, is_leaf=lambda leaf: leaf is None)
