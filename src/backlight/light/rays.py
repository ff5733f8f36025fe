"""Rays: light that travels along straight lines."""

from enum import IntEnum
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Bool, Float, Int

from backlight.errors import InputError
from backlight.maths.leaf import NOT_NEGATIVE, POSITIVE, Given, reals
from backlight.maths.vectors import Vector


class RayStatus(IntEnum):
    """What became of a ray.

    Example:
        >>> from backlight.light import RayStatus
        >>> RayStatus(2).name
        'TOTALLY_REFLECTED'
    """

    HIT = 0
    MISSED = 1
    TOTALLY_REFLECTED = 2
    CLIPPED = 3
    NOT_CONVERGED = 4
    EVANESCENT = 5


class Rays(eqx.Module):
    """Points and directions, and what rays have gone through.

    A ray that is lost stays where that happened, with finite numbers: `status` tells why, `lost_at` at which surface.

    **Arguments:**

    - `position`: (z, y, x) along the first axis, m, shape (3, *rays).
    - `direction`: (z, y, x), shape (3, *rays); made a unit vector.
    - `wavelength`: λ in vacuum, m; a shape that broadcasts with (*rays,).
    - `path`: optical path gone so far, m.
    - `weight`: share of the light that a ray stands for.

    **Errors:** `InputError` for shapes that do not go together, and for a direction of length 0.

    Example:
        >>> from backlight.light import Rays
        >>> rays = Rays([[0.0, 0.0], [0.0, 1e-3], [0.0, 0.0]], [[2.0], [0.0], [0.0]], 550e-9)
        >>> rays.shape, float(rays.direction[0, 1]), bool(rays.alive.all())
        ((2,), 1.0, True)
    """

    position: Float[Array, "3 *rays"]
    direction: Float[Array, "3 *rays"]
    wavelength: Float[Array, "..."]
    path: Float[Array, "*rays"]
    weight: Float[Array, "*rays"]
    status: Int[Array, "*rays"]
    lost_at: Int[Array, "*rays"]

    def __init__(
        self,
        position: Given,
        direction: Given,
        wavelength: Given,
        *,
        path: Given = 0.0,
        weight: Given = 1.0,
        status: Int[Array, "*rays"] | None = None,
        lost_at: Int[Array, "*rays"] | None = None,
    ):
        place, way = reals("position", position), reals("direction", direction)
        self.wavelength = reals("wavelength", wavelength, POSITIVE)
        rest = reals("path", path), reals("weight", weight, NOT_NEGATIVE)
        shape = _common_shape(place, way, self.wavelength, *rest)
        length = jnp.sqrt(jnp.sum(way**2, axis=0))
        if not isinstance(length, Tracer) and not np.all(np.asarray(length) > 0):
            raise InputError("direction", got="a vector of length 0", expected="where the ray goes, (z, y, x)")
        self.position, self.direction = (_spread(vector, shape) for vector in (place, way / length))
        self.path, self.weight = (jnp.broadcast_to(leaf, shape) for leaf in rest)
        self.status = jnp.zeros(shape, jnp.int8) if status is None else status
        self.lost_at = jnp.full(shape, -1, jnp.int16) if lost_at is None else lost_at

    @property
    def shape(self) -> tuple[int, ...]:
        """How many rays there are along each axis."""
        return self.position.shape[1:]

    @property
    def alive(self) -> Bool[Array, "*rays"]:
        """Which rays are not lost."""
        return self.status == RayStatus.HIT

    @property
    def place(self) -> Vector:
        """The position, component by component."""
        return Vector(*self.position)

    @property
    def way(self) -> Vector:
        """The direction, component by component."""
        return Vector(*self.direction)


def _common_shape(place: Any, way: Any, wavelength: Any, path: Any, weight: Any) -> tuple[int, ...]:
    for name, vector in (("position", place), ("direction", way)):
        if vector.shape[:1] != (3,):
            raise InputError(name, got=f"shape {vector.shape}", expected="(3, …): z, y and x along the first axis")
    shapes = place.shape[1:], way.shape[1:], wavelength.shape, path.shape, weight.shape
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise InputError("Rays", got=f"shapes {', '.join(map(str, shapes))}",
                         expected="shapes of position, direction, wavelength, path and weight that broadcast"
                         ) from None  # fmt: skip


def _spread(vector: Any, shape: tuple[int, ...]) -> Any:
    """Return a vector of fewer axes for all rays."""
    missing = (1,) * (len(shape) + 1 - vector.ndim)
    return jnp.broadcast_to(vector.reshape((3, *missing, *vector.shape[1:])), (3, *shape))
