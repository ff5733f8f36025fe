"""Soft edges: how much of a sample lies inside a shape, smooth in every parameter of the shape."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def inside(distance: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return ½(1 + erf(√π·d)): 0 outside, 1 inside, slope 1 per sample at the edge, as a sample's share of area has.

    It is the step averaged over a Gaussian sample of unit area: unlike a square one, smooth to any order.

    **Arguments:** `distance`: d from the edge in samples, positive inside.
    """
    return 0.5 * (1 + jax.scipy.special.erf(np.sqrt(np.pi) * distance))


def disc(
    y: Float[Array, "*#shape"],
    x: Float[Array, "*#shape"],
    radius: Float[Array, ""],
    sample: tuple[Float[Array, ""], Float[Array, ""]],
) -> Float[Array, "..."]:
    """Return the share of each sample inside y² + x² = a²; the shares add up to the disc's area.

    The distance is (a² − r²)/(2a) over the width of a sample across the edge, which differs by direction where samples
    are not square. Both are smooth at the center, the width by a quarter of a sample added above and below.

    **Arguments:** `radius`: a ≥ 0, nothing at 0; `sample`: (height, width) of a sample, as soft as the edge shall be.
    """
    height, width = sample
    unit, ratio = jnp.sqrt(height * width), height / width
    square_y, square_x, size = (y / unit) ** 2, (x / unit) ** 2, radius / unit
    square = square_y + square_x
    across = (square_y * ratio + square_x / ratio + 0.25) / (square + 0.25)
    some = jnp.where(size > 0, size, 1.0)
    return jnp.where(size > 0, inside((some**2 - square) / (2 * some * jnp.sqrt(across))), 0.0)


def slit(x: Float[Array, "*shape"], width: Float[Array, ""], sample: Float[Array, ""]) -> Float[Array, "*shape"]:
    """Return the share of each sample inside −w/2 … w/2."""
    return inside((x + 0.5 * width) / sample) - inside((x - 0.5 * width) / sample)
