"""What happens to a ray where two media meet."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from backlight.maths.vectors import Vector


class Outgoing(NamedTuple):
    """The direction of a ray behind an interface, and whether there is one."""

    way: Vector
    passed: Bool[Array, "..."]


def refracted(way: Vector, normal: Vector, ratio: Float[Array, "..."]) -> Outgoing:
    """Return the direction behind an interface by Snell's law, d' = μd + (√(1 − μ²(1−c²)) − μc)·n with c = d·n.

    **Arguments:** `normal`, either way; `ratio`: μ = n/n'.
    """
    cosine = way.dot(normal)
    facing = jnp.where(cosine < 0, -1.0, 1.0)
    cosine = cosine * facing
    square = 1 - ratio**2 * (1 - cosine**2)
    passed = square > 0
    # The difference of the two cosines without cancellation, so that equal media leave a ray as it is.
    root = jnp.sqrt(jnp.where(passed, square, 1.0))
    factor = (1 - ratio**2) / (root + ratio * cosine)
    turned = way.times(ratio).ahead(normal, facing * factor)
    return Outgoing(turned.where(passed, way), passed)


def reflected(way: Vector, normal: Vector) -> Outgoing:
    """Return the direction behind a mirror, d' = d − 2(d·n)·n."""
    cosine = way.dot(normal)
    return Outgoing(way.ahead(normal, -2 * cosine), jnp.ones_like(cosine, bool))


def diffracted(
    way: Vector, normal: Vector, ratio: Float[Array, "..."], kick: Vector, mirror: Bool[Array, ""]
) -> Outgoing:
    """Return the direction behind a surface with a phase: along it, n'd' = nd + λ∇φ/2π; the rest by unit length.

    **Arguments:** `normal`, of unit length, either way; `ratio`: n/n', 1 for a mirror; `kick`: λ∇φ/2π/n'; `mirror`,
    whether light comes back.
    """
    facing = jnp.where(way.dot(normal) < 0, -1.0, 1.0)
    wanted = Vector(*(ratio * d + k for d, k in zip(way, kick, strict=True)))
    along = wanted.ahead(normal, -wanted.dot(normal))
    square = 1 - along.dot(along)
    passed = square > 0
    out = jnp.where(mirror, -facing, facing) * jnp.sqrt(jnp.where(passed, square, 1.0))
    return Outgoing(along.ahead(normal, out).where(passed, way), passed)
