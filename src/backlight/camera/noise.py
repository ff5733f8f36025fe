"""Noise: what a frame scatters around its prediction; each can sample and gives its likelihood."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from backlight.maths.leaf import Given, Scalar
from backlight.maths.safe import real_array


class Noise(eqx.Module):
    """A distribution of the recorded frame around the predicted one.

    Example:
        >>> from backlight.camera import Gaussian, Noise
        >>> isinstance(Gaussian(0.1), Noise)
        True
    """

    @abstractmethod
    def sample(self, key: PRNGKeyArray, mean: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Draw one frame."""

    @abstractmethod
    def variance(self, mean: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return the variance of each pixel."""

    @abstractmethod
    def negative_log_likelihood(
        self, mean: Float[Array, "*shape"], data: Float[Array, "*shape"]
    ) -> Float[Array, "*shape"]:
        """Return −log p(data | mean) of each pixel, constants dropped.

        What depends on the mean or on the noise's own parameters is kept, so that they too can be unknowns.
        """


class Gaussian(Noise):
    """Additive noise of one standard deviation: −log p = (y − ŷ)²/(2σ²) + log σ.

    **Arguments:** `std`: σ, in units of the frame.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Gaussian
        >>> Gaussian(2.0).variance(jnp.ones(3)).tolist()
        [4.0, 4.0, 4.0]
    """

    std: Scalar

    def __init__(self, std: Given):
        self.std = real_array(std)

    def sample(self, key, mean):
        """Draw ŷ + σ·N(0, 1)."""
        return mean + self.std * jax.random.normal(key, mean.shape, mean.dtype)

    def variance(self, mean):
        """Return σ²."""
        return jnp.broadcast_to(self.std**2, mean.shape)

    def negative_log_likelihood(self, mean, data):
        """Return (y − ŷ)²/(2σ²) + log σ."""
        return 0.5 * ((data - mean) / self.std) ** 2 + jnp.log(self.std)


class Poisson(Noise):
    """Shot noise: q·y is Poisson with mean q·ŷ; −log p = q·ŷ − q·y·log(q·ŷ) + log Γ(q·y + 1) − log q.

    It is written as q(ŷ − y − y·log(ŷ/y)) + ½ log(q·y + 1/6) − log q: Gosper's form of Stirling's formula (wrong by
    at most 0.024, at no photoelectron) takes out the large terms that cancel, which float32 would round.

    **Arguments:** `quanta`: q, photoelectrons per unit of the frame.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Poisson
        >>> Poisson(4.0).variance(jnp.asarray([1.0, 8.0])).tolist()
        [0.25, 2.0]
    """

    quanta: Scalar

    def __init__(self, quanta: Given):
        self.quanta = real_array(quanta)

    def sample(self, key, mean):
        """Draw Poisson(q·ŷ)/q."""
        return jax.random.poisson(key, jnp.maximum(self.quanta * mean, 0)).astype(mean.dtype) / self.quanta

    def variance(self, mean):
        """Return ŷ/q."""
        return jnp.maximum(mean, 0) / self.quanta

    def negative_log_likelihood(self, mean, data):
        """Return q(ŷ − y − y·log(ŷ/y)) + ½ log(q·y + 1/6) − log q; data below zero count as zero."""
        expected = jnp.maximum(self.quanta * mean, 1e-6)
        counts = jnp.maximum(self.quanta * data, 0)
        log_ratio = jnp.log(expected / jnp.where(counts > 0, counts, 1.0))
        return expected - counts - counts * log_ratio + 0.5 * jnp.log(counts + 1 / 6) - jnp.log(self.quanta)


class PoissonGaussian(Noise):
    """Shot and read noise, as a Gaussian of variance v = ŷ/q + σ²: −log p = (y − ŷ)²/(2v) + ½ log v.

    Good to a few per cent in log-likelihood from about ten photoelectrons up (Foi et al., IEEE TIP 17, 2008).

    **Arguments:** `quanta`: q, photoelectrons per unit of the frame; `std`: σ of the read noise, units of the frame.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import PoissonGaussian
        >>> PoissonGaussian(4.0, 1.0).variance(jnp.asarray([1.0, 8.0])).tolist()
        [1.25, 3.0]
    """

    quanta: Scalar
    std: Scalar

    def __init__(self, quanta: Given, std: Given):
        self.quanta, self.std = real_array(quanta), real_array(std)

    def sample(self, key, mean):
        """Draw Poisson(q·ŷ)/q + σ·N(0, 1)."""
        shot, read = jax.random.split(key)
        return Gaussian(self.std).sample(read, Poisson(self.quanta).sample(shot, mean))

    def variance(self, mean):
        """Return ŷ/q + σ²."""
        return jnp.maximum(mean, 0) / self.quanta + self.std**2

    def negative_log_likelihood(self, mean, data):
        """Return (y − ŷ)²/(2v) + ½ log v."""
        variance = self.variance(mean)
        return 0.5 * (data - mean) ** 2 / variance + 0.5 * jnp.log(variance)
