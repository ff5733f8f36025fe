"""Finite differences on the two last axes."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def forward_differences(u: Float[Array, "*batch y x"], aspect=(1.0, 1.0)) -> Float[Array, "2 *batch y x"]:
    """Return (Δ_y u/a_y, Δ_x u/a_x), forward, zero at the last row and column."""
    dy = jnp.pad(u[..., 1:, :] - u[..., :-1, :], _last(u, -2)) / aspect[0]
    dx = jnp.pad(u[..., :, 1:] - u[..., :, :-1], _last(u, -1)) / aspect[1]
    return jnp.stack([dy, dx])


def second_differences(u: Float[Array, "*batch y x"], aspect=(1.0, 1.0)) -> Float[Array, "3 *batch y x"]:
    """Return (u_yy, √2·u_xy, u_xx) inside the grid, zero on its border."""
    ay, ax = aspect
    inner = [(0, 0)] * (u.ndim - 2) + [(1, 1), (1, 1)]
    yy = (u[..., 2:, 1:-1] - 2 * u[..., 1:-1, 1:-1] + u[..., :-2, 1:-1]) / ay**2
    xx = (u[..., 1:-1, 2:] - 2 * u[..., 1:-1, 1:-1] + u[..., 1:-1, :-2]) / ax**2
    xy = (u[..., 2:, 2:] - u[..., 2:, :-2] - u[..., :-2, 2:] + u[..., :-2, :-2]) / (4 * ay * ax)
    return jnp.stack([jnp.pad(yy, inner), 2**0.5 * jnp.pad(xy, inner), jnp.pad(xx, inner)])


def _last(u: Array, axis: int) -> list[tuple[int, int]]:
    return [(0, 1) if i == u.ndim + axis else (0, 0) for i in range(u.ndim)]
