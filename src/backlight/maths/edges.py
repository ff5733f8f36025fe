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
    """Return the share of each sample inside y² + x² = a².

    The distance is (a² − y² − x²) over the size of its gradient per sample: right to first order at the edge, on
    anisotropic samples too, and smooth at the center, where half a sample is added to the gradient.

    **Arguments:** `radius`: a > 0; `sample`: (height, width) of a sample, as soft as the edge shall be.
    """
    height, width = sample
    level = (radius**2 - y**2 - x**2) / (height * width)
    slope = jnp.sqrt((y / width) ** 2 + (x / height) ** 2 + 0.25)
    return inside(0.5 * level / slope)


def slit(x: Float[Array, "*shape"], width: Float[Array, ""], sample: Float[Array, ""]) -> Float[Array, "*shape"]:
    """Return the share of each sample inside −w/2 … w/2."""
    return inside((x + 0.5 * width) / sample) - inside((x - 0.5 * width) / sample)
