"""Rays that set out from a point of the object through the entrance pupil, and the points of a pupil that they pass."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Real

from backlight.errors import InputError
from backlight.light import Rays
from backlight.maths.argument import whole
from backlight.maths.exact import Number
from backlight.rays.first_order import first_order
from backlight.rays.lens import Lens
from backlight.rays.media import demand_media, is_traced

FARTHEST = 1e6
"""Meters to an entrance pupil that can be aimed at."""

FieldPoint = Float[Array | np.ndarray, "2"] | Sequence[float | int | Array]
"""A point of the object as (y, x): angles against the axis, rad, or heights, m."""


class PupilPoints(NamedTuple):
    """Points of a pupil of radius 1, (y, x) along the first axis, and weights that sum to 1.

    Example:
        >>> import numpy as np
        >>> from backlight.rays import PupilPoints
        >>> fan = PupilPoints(np.stack([np.linspace(-1, 1, 5), np.zeros(5)]), np.full(5, 0.2))
        >>> fan.points.shape
        (2, 5)
    """

    points: Float[np.ndarray, "2 n"]
    weights: Float[np.ndarray, " n"]


def gauss_legendre(rings: int = 6, arms: int = 12) -> PupilPoints:
    """Return points whose weighted mean is that over a round pupil, exact up to degree min(4·rings, arms) − 1.

    Gauss-Legendre points in r² times equal angles: forty rays give the digits for which a hexagonal pattern wants
    hundreds of thousands (Forbes, J. Opt. Soc. Am. A 5, 1943 (1988)).

    Example:
        >>> from backlight.rays import gauss_legendre
        >>> rule = gauss_legendre(3, 8)
        >>> round(float(rule.weights @ rule.points[0] ** 4), 12)  # ∫∫ y⁴/π = 1/8
        0.125
    """
    nodes, weights = np.polynomial.legendre.leggauss(whole("rings", rings, 1))
    angles = 2 * np.pi * (np.arange(whole("arms", arms, 1)) + 0.5) / arms
    radius = np.sqrt((nodes + 1) / 2)[:, None]
    points = np.stack([radius * np.sin(angles), radius * np.cos(angles)]).reshape(2, -1)
    return PupilPoints(points, np.repeat(weights / 2 / arms, arms))


def launch(
    lens: Lens,
    field: FieldPoint,
    points: Real[Array | np.ndarray, "2 *n"],
    wavelength: Float[Array | np.ndarray, "..."] | float,
    *,
    reference: Number | None = None,
) -> Rays:
    """Return rays from a point of the object through points of the entrance pupil, as first order tells where it is.

    They stand in the plane of the pupil, and their optical path is counted from one wavefront: through the middle of
    the pupil for an object at infinity, from the object's point for one that is near.

    **Arguments:**

    - `field`: (y, x): angles against the axis, rad, for an object at infinity: the direction is (1, tan y, tan x), that
      is, light that goes up at y > 0; heights of the object's point, m, for one that is near.
    - `points`: (y, x) of the pupil of radius 1.
    - `wavelength`: λ of the rays; `reference`: λ by which the pupil is found, that of the rays where `None`.

    **Errors:** as for `first_order`; `InputError` for a field of 90° or more, and for a near object's point where the
    entrance pupil is infinitely far away.
    """
    demand_media(lens, wavelength)
    demand_point(lens, field)
    _demand_pupil(lens, wavelength if reference is None else reference)
    return _launched(lens, field, points, wavelength, wavelength if reference is None else reference)


def demand_point(lens: Lens, field: FieldPoint) -> None:
    """Refuse what is no point of the field."""
    if np.shape(jnp.asarray(field)) != (2,):
        raise InputError("field", got=f"shape {np.shape(jnp.asarray(field))}", expected="(y, x), two numbers",
                         remedy="several points: jax.vmap, or bundles of systems.lens_merit")  # fmt: skip
    demand_field(lens, field)


def demand_field(lens: Lens, field: Any) -> None:
    """Refuse angles of 90° and more; not in a program that is traced."""
    if is_traced(field) or lens.object_distance is not None:
        return
    if not np.all(np.abs(np.asarray(field, float)) < np.pi / 2):
        raise InputError("field", got=f"{field} rad", expected="angles below 90° against the axis",
                         remedy="angles are in radians: np.deg2rad([14.0, 0.0])")  # fmt: skip


def _demand_pupil(lens: Lens, reference: Any) -> None:
    if lens.object_distance is None or is_traced(lens, reference):
        return
    with jax.ensure_compile_time_eval():
        pupil = float(first_order(lens, jnp.ravel(jnp.asarray(reference))[0]).entrance_pupil)
    if not abs(pupil) < FARTHEST:
        raise InputError("lens", got="an entrance pupil infinitely far away: telecentric on the side of the object",
                         expected="one at a distance, through whose points rays go",
                         remedy="move the stop by a micrometer, then with_object_aperture(lens, …)")  # fmt: skip


@jax.jit
def _launched(
    lens: Lens, field: FieldPoint, points: Array | np.ndarray, wavelength: Array | float, reference: Array | float
) -> Rays:
    first = first_order(lens, reference)
    field, points = jnp.asarray(field, float), jnp.asarray(points, float)
    radius = first.entrance_pupil_diameter / 2
    place = jnp.stack(
        [jnp.broadcast_to(first.entrance_pupil, points.shape[1:]), radius * points[0], radius * points[1]]
    )
    index = lens.before.index(jnp.asarray(wavelength, float))
    if lens.object_distance is None:
        way = jnp.stack([jnp.ones(()), jnp.tan(field[0]), jnp.tan(field[1])])
        way = way / jnp.sqrt(jnp.sum(way**2))
        off = place.at[0].add(-first.entrance_pupil)
        path = index * jnp.tensordot(way, off, 1)
        return Rays(
            place, jnp.broadcast_to(way.reshape(3, *(1,) * (points.ndim - 1)), place.shape), wavelength, path=path
        )
    source = jnp.stack([-jnp.asarray(lens.object_distance, float), field[0], field[1]])
    way = place - source.reshape(3, *(1,) * (points.ndim - 1))
    return Rays(place, way, wavelength, path=index * jnp.sqrt(jnp.sum(way**2, axis=0)))
