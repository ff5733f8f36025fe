"""Noise: what a frame scatters around its prediction; each can sample and gives its likelihood."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from backlight.camera.converter import Converter
from backlight.maths.leaf import NOT_NEGATIVE, POSITIVE, Given, OneOrEach, Scalar, number, reals
from backlight.maths.normal import log_normal_cdf


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
        self.std = number("std", std, NOT_NEGATIVE)

    def sample(self, key, mean):
        """Draw ŷ + σ·N(0, 1)."""
        return _scattered(key, mean, self.std)

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
        self.quanta = number("quanta", quanta, POSITIVE)

    def sample(self, key, mean):
        """Draw Poisson(q·ŷ)/q."""
        return _counted(key, mean, self.quanta)

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
        self.quanta, self.std = number("quanta", quanta, POSITIVE), number("std", std, NOT_NEGATIVE)

    def sample(self, key, mean):
        """Draw Poisson(q·ŷ)/q + σ·N(0, 1)."""
        shot, read = jax.random.split(key)
        return _scattered(read, _counted(shot, mean, self.quanta), self.std)

    def variance(self, mean):
        """Return ŷ/q + σ²."""
        return jnp.maximum(mean, 0) / self.quanta + self.std**2

    def negative_log_likelihood(self, mean, data):
        """Return (y − ŷ)²/(2v) + ½ log v."""
        return _normal(mean, data, self.variance(mean))


class SensorNoise(Noise):
    """All that a sensor adds, as a Gaussian: v = (s + d)/q + (u·s)² + σ², s = ŷ − o (EMVA 1288, eq. 11 and 38).

    −log p = (y − ŷ)²/(2v) + ½ log v. Good to a few per cent in log-likelihood from about ten photoelectrons up. The
    dark signal adds its shot noise; what of it is in the frames is part of s, what was subtracted from them is d.

    **Arguments:** in units of the frame:

    - `quanta`: q, photoelectrons per unit.
    - `std`: σ of the read noise.
    - `offset`: o, signal without electrons (black level).
    - `dark`: d, dark signal that has been subtracted, one number or a map.
    - `nonuniformity`: u, standard deviation of the pixels' gain (PRNU) where the camera does not model it. Its samples
      are drawn anew in each frame; a pattern that stays from frame to frame is the camera's `PixelGain`.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import SensorNoise
        >>> SensorNoise(4.0, 1.0, offset=10.0, dark=2.0).variance(jnp.asarray([10.0, 12.0])).tolist()
        [1.5, 2.0]
    """

    quanta: Scalar
    std: Scalar
    offset: Scalar
    dark: OneOrEach
    nonuniformity: Scalar

    def __init__(
        self, quanta: Given, std: Given, *, offset: Given = 0.0, dark: Given = 0.0, nonuniformity: Given = 0.0
    ):
        self.quanta, self.std = number("quanta", quanta, POSITIVE), number("std", std, NOT_NEGATIVE)
        self.offset, self.dark = number("offset", offset), reals("dark", dark)
        self.nonuniformity = number("nonuniformity", nonuniformity, NOT_NEGATIVE)

    def sample(self, key, mean):
        """Draw Poisson(q(s·(1 + u·N(0, 1)) + d))/q − d + o + σ·N(0, 1)."""
        pixels, shot, read = jax.random.split(key, 3)
        signal = _scattered(pixels, mean - self.offset, self.nonuniformity * self._signal(mean))
        shot = _counted(shot, signal + self.dark, self.quanta)
        return _scattered(read, shot - self.dark + self.offset, self.std)

    def variance(self, mean):
        """Return (s + d)/q + (u·s)² + σ²."""
        signal = self._signal(mean)
        return (signal + self.dark) / self.quanta + (self.nonuniformity * signal) ** 2 + self.std**2

    def negative_log_likelihood(self, mean, data):
        """Return (y − ŷ)²/(2v) + ½ log v."""
        return _normal(mean, data, self.variance(mean))

    def _signal(self, mean):
        return jnp.maximum(mean - self.offset, 0)


class Digitized(Noise):
    """What a converter records of noisy signals: rounding adds Δ²/12, and a pixel at its limit says "at least this".

    With v = variance of the noise + Δ²/12, a pixel between the limits has −log p = (y − ŷ)²/(2v) + ½ log v; one at the
    ceiling c has −log of the tail's probability, −log Φ((ŷ − c + Δ/2)/√v), and one at the floor f has
    −log Φ((f + Δ/2 − ŷ)/√v) (Tobin, Econometrica 26, 24, 1958). Up to a half step all rounds to the limit, hence Δ/2.
    Rounding is well described from σ ≈ Δ/2 up.

    `variance` is that of the signal, were it not cut. The camera needs no converter beside this one.

    **Arguments:** `noise`: of the signal before the converter; `converter`: a `Converter`, of the camera.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Converter, Digitized, Gaussian
        >>> noise = Digitized(Gaussian(1.0), Converter(step=2.0, ceiling=10.0))
        >>> round(float(noise.variance(jnp.asarray(3.0))), 4)
        1.3333
        >>> surprise = noise.negative_log_likelihood(jnp.asarray([12.0, 30.0]), jnp.asarray([10.0, 10.0]))
        >>> [round(float(s), 3) for s in surprise]
        [0.005, 0.0]
    """

    noise: Noise
    converter: Converter

    def sample(self, key, mean):
        """Draw a signal and record it."""
        return self.converter(self.noise.sample(key, mean))

    def variance(self, mean):
        """Return the variance of the noise plus Δ²/12."""
        return self.noise.variance(mean) + self.converter.variance

    def negative_log_likelihood(self, mean, data):
        """Return −log p of each pixel, that of a tail where the pixel is at a limit."""
        variance = self.variance(mean)
        between, width, half = _normal(mean, data, variance), jnp.sqrt(variance), 0.5 * (self.converter.step or 0.0)
        if self.converter.ceiling is not None:
            edge = self.converter.ceiling - half
            between = jnp.where(data >= edge, -log_normal_cdf((mean - edge) / width), between)
        if self.converter.floor is not None:
            edge = self.converter.floor + half
            between = jnp.where(data <= edge, -log_normal_cdf((edge - mean) / width), between)
        return between


def _scattered(key: PRNGKeyArray, mean: Array, std: Array) -> Array:
    """Draw ŷ + σ·N(0, 1)."""
    return mean + std * jax.random.normal(key, mean.shape, mean.dtype)


def _counted(key: PRNGKeyArray, mean: Array, quanta: Array) -> Array:
    """Draw Poisson(q·ŷ)/q."""
    return jax.random.poisson(key, jnp.maximum(quanta * mean, 0)).astype(mean.dtype) / quanta


def _normal(mean: Array, data: Array, variance: Array) -> Array:
    """Return (y − ŷ)²/(2v) + ½ log v."""
    return 0.5 * (data - mean) ** 2 / variance + 0.5 * jnp.log(variance)
