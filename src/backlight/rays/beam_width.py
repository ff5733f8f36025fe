"""The width of a lens's beam, as it is told: f-number, numerical aperture."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array

from backlight.errors import InputError
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.rays.first_order import first_order
from backlight.rays.lens import Lens


@in_double_precision
def with_f_number(lens: Lens, f_number: Number, wavelength: Number) -> Lens:
    """Return the lens with the entrance pupil |f|/N for an f-number N, of an object at infinity.

    **Arguments:** `wavelength`: λ at which the focal length counts, m. All is differentiable.

    **Errors:** `InputError` for N ≤ 0, for a lens without a stop, or without power, and in a program that is traced in
    32 bits.
    """
    _demand_positive("f_number", f_number)
    first = first_order(_with_diameter(lens, 1.0), wavelength)
    return _with_diameter(lens, jnp.abs(first.efl) / jnp.asarray(f_number, float))


@in_double_precision
def with_numerical_aperture(
    lens: Lens,
    numerical_aperture: Number,
    wavelength: Number,
) -> Lens:
    """Return the lens with the entrance pupil that gives a numerical aperture n'·sin θ' on the side of the image.

    By the sine condition: the beam's height over f for an object at infinity, the object's n·sin θ over |M| for one
    that is near. A lens that is not aplanatic has another angle in its outermost ray.

    **Errors:** as of `with_f_number`, and `InputError` for an aperture that no beam has, of n and more or not positive.
    """
    first = first_order(_with_diameter(lens, 1.0), wavelength)
    wanted = jnp.asarray(numerical_aperture, float)
    _demand_sine(wanted / lens.indices(jnp.asarray(wavelength, float))[-1])
    if lens.object_distance is None:
        return _with_diameter(lens, 2 * jnp.abs(first.efl) * wanted)
    index = lens.before.index(jnp.asarray(wavelength, float))
    magnification = index * first.efl / (jnp.asarray(lens.object_distance) + first.ffl)
    return with_object_aperture(lens, wanted * jnp.abs(magnification), wavelength)


@in_double_precision
def with_object_aperture(
    lens: Lens,
    numerical_aperture: Number,
    wavelength: Number,
) -> Lens:
    """Return the lens with the entrance pupil that takes in a numerical aperture n·sin θ of a near object, exactly.

    **Errors:** as of `with_f_number`, and `InputError` for an object at infinity, or an aperture of n and more.
    """
    if lens.object_distance is None:
        raise InputError("lens", got="an object at infinity", expected="an object_distance",
                         remedy="with_numerical_aperture takes that of the image, with_f_number an f-number"
                         )  # fmt: skip
    first = first_order(_with_diameter(lens, 1.0), wavelength)
    sine = jnp.asarray(numerical_aperture, float) / lens.before.index(jnp.asarray(wavelength, float))
    _demand_sine(sine)
    reach = jnp.abs(jnp.asarray(lens.object_distance) + first.entrance_pupil)
    return _with_diameter(lens, 2 * reach * sine / jnp.sqrt(1 - sine**2))


def _with_diameter(lens: Lens, diameter: Any) -> Lens:
    return eqx.tree_at(lambda one: one.entrance_pupil_diameter, lens, jnp.asarray(diameter, float), is_leaf=_is_none)


def _is_none(node: object) -> bool:
    return node is None


def _demand_sine(sine: Array) -> None:
    if not isinstance(sine, Tracer) and not 0 < sine < 1:
        raise InputError("numerical_aperture", got=f"n times a sine of {float(sine):.4g}",
                         expected="a sine between 0 and 1")  # fmt: skip


def _demand_positive(name: str, value: Any) -> None:
    if not isinstance(value, Tracer) and not value > 0:
        raise InputError(name, got=f"{float(value):g}", expected="a number > 0")
