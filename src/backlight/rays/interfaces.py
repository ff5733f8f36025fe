"""What happens to a ray where two media meet."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from backlight.maths.quotient import known, quotient
from backlight.maths.vectors import Vector


class Outgoing(NamedTuple):
    """The direction of a ray behind an interface, and whether there is one."""

    way: Vector
    passed: Bool[Array, "..."]


def refracted(way: Vector, normal: Vector, ratio: Float[Array, "..."]) -> Outgoing:
    """Return the direction behind an interface by Snell's law, d' = μd + gN with |d'| = 1.

    g = (1 − μ²)/(μd·N ± √((μd·N)² + (1 − μ²)N²)): without the difference of two cosines, so that equal media leave a
    ray as it is.

    **Arguments:** `normal`: N, of any length, either way; `ratio`: μ = n/n'.
    """
    factor = _along_normal(way, normal, ratio)
    passed = known(factor)
    return Outgoing(way.times(ratio).ahead(normal, jnp.where(passed, factor, 0.0)), passed)


@jax.custom_jvp
def _along_normal(way: Vector, normal: Vector, ratio: Any) -> Array:
    """Return g; no quotient where all is reflected."""
    along, excess = ratio * way.dot(normal), 1 - ratio**2
    square = along**2 + excess * normal.dot(normal)
    possible = square > 0
    root = jnp.sqrt(jnp.where(possible, square, 1.0))
    return quotient(excess, along + jnp.where(along < 0, -root, root), possible)


@_along_normal.defjvp
def _along_normal_jvp(at: tuple, by: tuple) -> tuple[Array, Array]:
    """By |d'|² = 1 + μ²(|d|² − 1), without a derivative of the root: δg = (μ²d·δd − d'·(δ(μd) + gδN))/(d'·N)."""
    way, normal, ratio = at
    by_way, by_normal, by_ratio = by
    factor = _along_normal(way, normal, ratio)
    passed = known(factor)
    finite = jnp.where(passed, factor, 0.0)
    out = way.times(ratio).ahead(normal, finite)
    change = by_way.times(ratio).ahead(way, by_ratio).ahead(by_normal, finite)
    longer = ratio**2 * way.dot(by_way) - out.dot(change)
    along = out.dot(normal)
    return factor, longer / jnp.where(passed & (along != 0), along, 1.0)


def reflected(way: Vector, normal: Vector) -> Vector:
    """Return the direction behind a mirror, d' = d − 2(d·N)N/N²; N of any length."""
    return way.ahead(normal, -2 * way.dot(normal) / normal.dot(normal))


def diffracted(
    way: Vector, normal: Vector, ratio: Float[Array, "..."], kick: Vector, mirror: Bool[Array, ""]
) -> Outgoing:
    """Return the direction behind a surface with a phase: along it, n'd' = nd + λ∇φ/2π; the rest by unit length.

    **Arguments:** `normal`, of any length, either way; `ratio`: n/n', 1 for a mirror; `kick`: λ∇φ/2π/n'; `mirror`,
    whether light comes back.
    """
    normal = normal.times(1 / jnp.sqrt(normal.dot(normal)))
    facing = jnp.where(way.dot(normal) < 0, -1.0, 1.0)
    wanted = Vector(*(ratio * d + k for d, k in zip(way, kick, strict=True)))
    along = wanted.ahead(normal, -wanted.dot(normal))
    square = 1 - along.dot(along)
    passed = square > 0
    out = jnp.where(mirror, -facing, facing) * jnp.sqrt(jnp.where(passed, square, 1.0))
    return Outgoing(along.ahead(normal, out).where(passed, way), passed)
