"""Proximal steps: argmin ½‖u − z‖² + step·R(u) under a constraint."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Planes = list[Array]
"""One real array (y, x) per channel: compiled loops over separate planes run ten times faster than over a stack."""


class Dual(NamedTuple):
    """The dual field of total variation: its y and x component, a plane per channel."""

    y: Planes
    x: Planes


def shrink(z: Float[Array, "..."], threshold: Float[Array, ""]) -> Float[Array, "..."]:
    """Return z·max(1 − threshold/|z|, 0), |z| over the channels (first axis) of an array with more than two axes."""
    size = jnp.sqrt(jnp.sum(z**2, axis=0, keepdims=True)) if z.ndim > 2 else jnp.abs(z)
    return z * jnp.maximum(1 - threshold / jnp.maximum(size, 1e-12), 0)


def summed_gradient(z: Float[Array, "*channels y x"], aspect: tuple[float, float]) -> Float[Array, ""]:
    """Return Σ √(Σ |Δ_y u/a_y|² + |Δ_x u/a_x|²), the inner sum over channels; no difference beyond the last pixel.

    Inside and border apart: slices alone compile to a loop seven times faster than differences filled up with zeros.
    """

    planes = _planes(z)

    def squares(axis: int, across: slice) -> Array:
        def along(part: slice) -> tuple:
            return (part, across) if axis == 0 else (across, part)

        return sum(((u[along(slice(1, None))] - u[along(slice(-1))]) / aspect[axis]) ** 2 for u in planes)  # type: ignore

    inside, end = slice(None, -1), slice(-1, None)
    parts = (squares(0, inside) + squares(1, inside), squares(0, end), squares(1, end))
    return sum((jnp.sum(jnp.sqrt(part)) for part in parts), jnp.zeros((), z.dtype))


def zero_dual(z: Float[Array, "*channels y x"]) -> Dual:
    """Return the dual field to start from."""
    planes = [jnp.zeros_like(plane) for plane in _planes(z)]
    return Dual(planes, list(planes))


def total_variation_prox(
    z: Float[Array, "*channels y x"],
    step: Float[Array, ""],
    dual: Dual,
    project: Callable[[Array], Array],
    aspect: tuple[float, float],
    iterations: int,
) -> tuple[Float[Array, "*channels y x"], Dual]:
    """Return the total-variation denoising of `z` within the set that `project` maps onto, and its dual field.

    Fast gradient projection on the dual (Beck and Teboulle, IEEE TIP 18, 2419 (2009)):
    u = P(z + step·div p), p ← P_{|p|≤1}(p + ∇u/(step·‖∇‖²)) with momentum, started from `dual`.
    """
    step = jnp.maximum(step, 1e-12)
    climb = 1 / ((4 / aspect[0] ** 2 + 4 / aspect[1] ** 2) * step)
    planes = _planes(z)

    def primal(p: Dual) -> Planes:
        moved = [v + step * _divergence(py, px, aspect) for v, py, px in zip(planes, p.y, p.x, strict=True)]
        return _planes(project(_array(moved, z)))

    def body(carry, _):
        p, q, t = carry
        u = primal(q)
        climbed = Dual(
            [qy + climb * _difference(v, 0) / aspect[0] for qy, v in zip(q.y, u, strict=True)],
            [qx + climb * _difference(v, 1) / aspect[1] for qx, v in zip(q.x, u, strict=True)],
        )
        following = _unit_ball(climbed)
        t_next = 0.5 * (1 + jnp.sqrt(1 + 4 * t**2))
        ahead = jax.tree.map(lambda new, old: new + (t - 1) / t_next * (new - old), following, p)
        return (following, ahead, t_next), None

    (dual, _, _), _ = jax.lax.scan(body, (dual, dual, jnp.ones((), z.dtype)), None, length=iterations)
    return _array(primal(dual), z), dual


def _planes(z: Array) -> Planes:
    flat = z.reshape(-1, *z.shape[-2:])
    return [flat[i] for i in range(flat.shape[0])]


def _array(planes: Planes, like: Array) -> Array:
    return jnp.stack(planes).reshape(like.shape)


def _difference(u: Array, axis: int) -> Array:
    """Return the forward difference, zero at the end."""
    return jnp.diff(u, axis=axis, append=jax.lax.slice_in_dim(u, u.shape[axis] - 1, None, axis=axis))


def _divergence(py: Array, px: Array, aspect: tuple[float, float]) -> Array:
    """Return −(forward differences)ᵀ p; the last row of p_y and the last column of p_x are zero."""
    rows = jnp.diff(py, axis=0, prepend=jnp.zeros_like(py[:1]))
    columns = jnp.diff(px, axis=1, prepend=jnp.zeros_like(px[:, :1]))
    return rows / aspect[0] + columns / aspect[1]


def _unit_ball(p: Dual) -> Dual:
    size = sum(plane**2 for plane in (*p.y, *p.x))
    inverse = jax.lax.rsqrt(jnp.maximum(size, 1.0))
    return jax.tree.map(lambda plane: plane * inverse, p)
