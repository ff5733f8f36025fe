"""Small models without optics: an inverse problem on a line, on an image, on both."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from backlight.camera import Gaussian


class Frames(eqx.Module):
    values: Array


class Curve(eqx.Module):
    """y = a·exp(−b·t) + c."""

    a: Array
    b: Array
    c: Array
    t: Array

    def __init__(self, a=2.0, b=1.3, c=0.4, count=40):
        self.a, self.b, self.c = (jnp.asarray(x, float) for x in (a, b, c))
        self.t = jnp.asarray(np.linspace(0, 3, count), float)

    def predict(self):
        return Frames((self.a * jnp.exp(-self.b * self.t) + self.c)[None, None, :])


class Linear(eqx.Module):
    """y = A·vec(u) for a real or complex image u (its real part is seen)."""

    u: Array
    matrix: Array

    def predict(self):
        return Frames(jnp.real(self.matrix @ jnp.ravel(self.u))[None, None, :])


class Mixed(eqx.Module):
    """y = A·vec(u) + B(θ)·vec(u): an image seen through a matrix that depends on two parameters."""

    u: Array
    theta: Array
    matrix: Array
    slopes: Array
    noise: Gaussian

    def predict(self):
        seen = self.matrix + jnp.tensordot(self.theta, self.slopes, axes=1)
        return Frames((seen @ jnp.ravel(self.u))[None, None, :])


def mixed(side: int = 15, pixels: int = 400, seed: int = 0, std: float = 0.1) -> Mixed:
    """Return a problem whose image is too large to count as a parameter."""
    rng = np.random.default_rng(seed)
    numbers = side * side
    return Mixed(
        jnp.asarray(rng.uniform(0.3, 0.8, (side, side))),
        jnp.asarray([0.2, -0.1]),
        jnp.asarray(np.eye(pixels, numbers) * 2 + rng.normal(size=(pixels, numbers)) / side),
        jnp.asarray(rng.normal(size=(2, pixels, numbers)) / side),
        Gaussian(std),
    )
