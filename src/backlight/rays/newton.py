"""Where a ray meets a surface of any shape, by Newton's iteration, differentiated through what it solves."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from backlight.maths.vectors import Vector

STEPS = 20
"""At most; from the conic three or four are enough."""


def distance_to(
    profile: Any, place: Vector, way: Vector, start: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Bool[Array, "..."]]:
    """Return t with z − sag(y, x) = 0 at place + t·way, and whether it is one to the last digits.

    Derivatives of any order come from the equation, not from the iteration: with F(t, θ) = 0, dt = −∂F/∂θ·dθ/∂F/∂t.

    **Arguments:** `profile`: with `sag`; `start`: t to begin with.
    """
    distance = _root(profile, place, way, jax.lax.stop_gradient(start))
    met = jax.lax.stop_gradient((place.ahead(way, distance), distance, place))
    return distance, jnp.abs(_gap(profile, met[0])) <= _tolerance(met[2], met[1])


def _gap(profile: Any, met: Vector) -> Array:
    return met.z - profile.sag(met.y, met.x)


def _tolerance(place: Vector, distance: Array) -> Array:
    """Return what rounding leaves of the numbers that were subtracted."""
    scale = jnp.abs(place.z) + jnp.abs(place.y) + jnp.abs(place.x) + jnp.abs(distance)
    return 16 * jnp.finfo(scale.dtype).eps * scale


@jax.custom_jvp
def _root(profile: Any, place: Vector, way: Vector, start: Array) -> Array:
    def go_on(state: tuple[Array, Array, Array]) -> Array:
        _, count, moved = state
        return (count < STEPS) & jnp.any(moved)

    def step(state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        distance, count, _ = state
        gap, slope = _gap_and_slope(profile, place, way, distance)
        new = distance - gap / _safe(slope)
        new = jnp.where(jnp.isfinite(new), new, distance)  # a lost ray must not spoil the derivatives of others
        return new, count + 1, jnp.abs(gap) > 0.25 * _tolerance(place, distance)

    shape = jnp.broadcast_shapes(*(a.shape for a in (*place, *way, start)))
    begin = jnp.broadcast_to(start, shape).astype(jnp.result_type(*place, *way, start))
    return jax.lax.while_loop(go_on, step, (begin, jnp.int32(0), jnp.ones(shape, bool)))[0]


@_root.defjvp
def _root_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    profile, place, way, start = primals
    distance = _root(profile, place, way, start)
    _, change = jax.jvp(lambda *at: _gap(at[0], at[1].ahead(at[2], distance)), primals[:3], tangents[:3])
    _, slope = _gap_and_slope(profile, place, way, distance)
    return distance, -change / _safe(slope)


def _gap_and_slope(profile: Any, place: Vector, way: Vector, distance: Array) -> tuple[Array, Array]:
    return jax.jvp(lambda t: _gap(profile, place.ahead(way, t)), (distance,), (jnp.ones_like(distance),))


def _safe(slope: Array) -> Array:
    """Return the slope, 1 where the ray grazes the surface: it is reported as not converged."""
    return jnp.where(jnp.abs(slope) > 1e-9, slope, 1.0)
