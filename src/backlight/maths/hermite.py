"""Hermite functions: the modes of a harmonic well, and of a laser."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def hermite_functions(count: int, x: Float[Array, " n"]) -> Float[Array, "{count} n"]:
    """Return ψₙ(x) = Hₙ(x)·exp(−x²/2)/√(2ⁿ n!) for n = 0 … count − 1: orthogonal, ∫ψₙ² = √π, ψ₀(0) = 1.

    By ψₙ₊₁ = √(2/(n+1))·x·ψₙ − √(n/(n+1))·ψₙ₋₁. Half of the exponent is kept for the end: in float32 the whole of it
    would underflow inside the outermost lobes of orders above 80; so they are right up to order 120.

    Example:
        >>> import jax.numpy as jnp
        >>> [round(float(row[0]), 4) for row in hermite_functions(3, jnp.asarray([1.0]))]
        [0.6065, 0.8578, 0.4289]
    """
    half = jnp.exp(-0.25 * x**2)

    def step(rows: tuple[Array, Array], n: Array) -> tuple[tuple[Array, Array], Array]:
        before, here = rows
        return (here, jnp.sqrt(2 / (n + 1)) * x * here - jnp.sqrt(n / (n + 1)) * before), here

    _, rows = jax.lax.scan(step, (jnp.zeros_like(x), half), jnp.arange(count, dtype=x.dtype))
    return rows * half
