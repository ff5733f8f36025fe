"""Vectors of three numbers, one array for each: what a processor works through fastest."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Vector(NamedTuple):
    """Components along z, y, x, of shapes that broadcast."""

    z: Float[Array, "..."]
    y: Float[Array, "..."]
    x: Float[Array, "..."]

    def ahead(self, way: "Vector", length: Float[Array, "..."]) -> "Vector":
        """Return the point `length` further along `way`."""
        return Vector(*(a + length * b for a, b in zip(self, way, strict=True)))

    def minus(self, other: "Vector") -> "Vector":
        """Return the vector from the other one to this one."""
        return Vector(self.z - other.z, self.y - other.y, self.x - other.x)

    def dot(self, other: "Vector") -> Float[Array, "..."]:
        """Return the scalar product."""
        return self.z * other.z + self.y * other.y + self.x * other.x

    def times(self, factor: Float[Array, "..."]) -> "Vector":
        """Return the vector, longer by a factor."""
        return Vector(self.z * factor, self.y * factor, self.x * factor)

    def where(self, condition: Array, other: "Vector") -> "Vector":
        """Return this vector where the condition holds, the other one elsewhere."""
        return Vector(*(jnp.where(condition, a, b) for a, b in zip(self, other, strict=True)))
