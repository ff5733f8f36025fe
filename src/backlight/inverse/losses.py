"""Losses: how far a predicted frame is from a recorded one; each is a sum over pixels.

Sums, not means: a regularizer is a sum over pixels too, so a weight keeps its meaning for any frame size. Each loss
also gives `fisher_root`, a function r of the prediction whose Jacobian carries the loss's expected curvature,
∂²L/∂θ² ≈ Jᵀ_r J_r: Gauss-Newton steps and error bars are made of it.
"""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from backlight.errors import InputError
from backlight.maths.safe import square_root

Frames = Float[Array, "*shape"]


class Loss(eqx.Module):
    """A sum over pixels of `terms`, weighted by a mask."""

    @abstractmethod
    def terms(self, predicted: Frames, data: Frames, noise) -> Frames:
        """Return the loss of each pixel; `noise` is the model's own, for the losses that use it."""

    @abstractmethod
    def fisher_root(self, predicted: Frames, data: Frames, noise) -> Frames:
        """Return r with Σ (∂r/∂θ)² the expected curvature of the loss; for least squares the residual itself."""

    def only(self, frames: Int[Array, " n"]) -> "Loss":
        """Return the loss of some of the frames: the same, where it has no numbers for each."""
        return self

    def __call__(self, predicted: Frames, data: Frames, weights: Frames, noise=None) -> Float[Array, ""]:
        """Return Σ w·term."""
        return jnp.sum(weights * self.terms(predicted, data, noise))

    @property
    def least_squares(self) -> bool:
        """Tell whether the loss is ½ Σ r² with r = `fisher_root`."""
        return False

    @property
    def likelihood(self) -> bool:
        """Tell whether the loss is a negative log-likelihood in nats; others are scaled to the residual's size."""
        return False


class _LeastSquares(Loss):
    """½ Σ r²."""

    def terms(self, predicted, data, noise):
        """Return ½ r²."""
        return 0.5 * self.fisher_root(predicted, data, noise) ** 2

    @property
    def least_squares(self) -> bool:
        """Yes."""
        return True


class IntensityL2(_LeastSquares):
    """½ Σ (ŷ − y)²."""

    def fisher_root(self, predicted, data, noise):
        """Return ŷ − y."""
        return predicted - data


class AmplitudeL2(_LeastSquares):
    """½ Σ (√(ŷ + c) − √(y + c))²: the variance-stabilized loss, near to Poisson's likelihood at 4q times its value.

    **Arguments:** `floor`: c = v·q, for a noise of variance y/q + v: the residuals then have the variance 1/(4q), in
    the dark too (Murtagh, Starck and Bijaoui, Astron. Astrophys. Suppl. 112, 179 (1995)); a number, or one for each
    frame of shape (frame, 1, 1).
    """

    floor: Float[Array, "#frame #y #x"] | float = 0.0

    def fisher_root(self, predicted, data, noise):
        """Return √(ŷ + c) − √(y + c)."""
        return square_root(predicted + self.floor) - square_root(data + self.floor)

    def only(self, frames):
        """Return the loss of some of the frames."""
        return self if jnp.ndim(self.floor) == 0 else AmplitudeL2(jnp.asarray(self.floor)[frames])


class PoissonLikelihood(Loss):
    """Σ q·(ŷ − y) − q·y·log(ŷ/y), −log p of q·y photoelectrons less what no ŷ changes.

    With that constant the sum would be 1e9 where differences of 1 matter, beyond float32.

    **Arguments:** `quanta`: q, photoelectrons per unit of the frame.
    """

    quanta: float = eqx.field(static=True, default=1.0)

    def terms(self, predicted, data, noise):
        """Return q·(ŷ − y) − q·y·log(ŷ/y)."""
        expected = jnp.maximum(self.quanta * predicted, 1e-6)
        counts = self.quanta * data
        return expected - counts - counts * jnp.log(expected / jnp.maximum(counts, 1e-6))

    def fisher_root(self, predicted, data, noise):
        """Return 2√(q·ŷ), whose derivative squared is q/ŷ."""
        return 2 * square_root(self.quanta * predicted)

    @property
    def likelihood(self) -> bool:
        """Yes."""
        return True


class KullbackLeibler(Loss):
    """Σ y·log(y/ŷ) − y + ŷ, zero where the frames agree (Csiszár's I-divergence)."""

    def terms(self, predicted, data, noise):
        """Return y·log(y/ŷ) − y + ŷ."""
        model, frame = jnp.maximum(predicted, 1e-9), jnp.maximum(data, 0.0)
        return frame * jnp.log(jnp.where(frame > 0, frame, 1.0) / model) - frame + model

    def fisher_root(self, predicted, data, noise):
        """Return 2√ŷ."""
        return 2 * square_root(predicted)


class L1(Loss):
    """Σ √((ŷ − y)² + ε²) − ε, the smoothed absolute difference.

    **Arguments:** `epsilon`: ε, in units of the frame.
    """

    epsilon: float = eqx.field(static=True, default=1e-3)

    def terms(self, predicted, data, noise):
        """Return √((ŷ − y)² + ε²) − ε."""
        return jnp.sqrt((predicted - data) ** 2 + self.epsilon**2) - self.epsilon

    def fisher_root(self, predicted, data, noise):
        """Return (ŷ − y)/((ŷ − y)² + ε²)^¼ with the denominator held."""
        size = jax.lax.stop_gradient(((predicted - data) ** 2 + self.epsilon**2) ** 0.25)
        return (predicted - data) / size


class Huber(Loss):
    """Σ ½r² where |r| ≤ δ, δ(|r| − δ/2) beyond, r = ŷ − y (Huber 1964).

    **Arguments:** `delta`: δ, in units of the frame.
    """

    delta: float = eqx.field(static=True, default=0.1)

    def terms(self, predicted, data, noise):
        """Return ½r² or δ(|r| − δ/2)."""
        r = jnp.abs(predicted - data)
        return jnp.where(r <= self.delta, 0.5 * r**2, self.delta * (r - 0.5 * self.delta))

    def fisher_root(self, predicted, data, noise):
        """Return r·√(min(1, δ/|r|)) with the factor held."""
        r = predicted - data
        factor = jnp.sqrt(self.delta / jnp.maximum(jnp.abs(r), self.delta))
        return r * jax.lax.stop_gradient(factor)


class NoiseLikelihood(Loss):
    """−log p(y | ŷ) of the model's own noise."""

    def terms(self, predicted, data, noise):
        """Return −log p of each pixel."""
        return self._noise(noise).negative_log_likelihood(predicted, data)

    def fisher_root(self, predicted, data, noise):
        """Return (ŷ − y)/σ(ŷ) with σ held."""
        return (predicted - data) / jax.lax.stop_gradient(square_root(self._noise(noise).variance(predicted)) + 1e-12)

    @property
    def likelihood(self) -> bool:
        """Yes."""
        return True

    @staticmethod
    def _noise(noise):
        if noise is None:
            raise InputError(
                "loss",
                got="the noise's own likelihood",
                expected="a model with a `noise`",
                remedy="use losses.amplitude()",
            )
        return noise


class WeightedSum(Loss):
    """Σ cₖ·Lₖ.

    **Arguments:** `parts`: pairs (cₖ, Lₖ), cₖ ≥ 0.
    """

    parts: tuple[tuple[float, Loss], ...]

    def __check_init__(self):
        if not self.parts or any(not factor >= 0 for factor, _ in self.parts):
            got = ", ".join(str(factor) for factor, _ in self.parts) or "no parts"
            raise InputError("weighted losses", got=got, expected="at least one factor, each ≥ 0")

    def terms(self, predicted, data, noise):
        """Return Σ cₖ·termₖ."""
        return sum(factor * loss.terms(predicted, data, noise) for factor, loss in self.parts)

    def fisher_root(self, predicted, data, noise):
        """Return the roots √cₖ·rₖ, stacked along a new first axis."""
        return jnp.stack([factor**0.5 * loss.fisher_root(predicted, data, noise) for factor, loss in self.parts])

    @property
    def least_squares(self) -> bool:
        """Yes if every part is."""
        return all(loss.least_squares for _, loss in self.parts)


def stated_variance(loss: Loss, noise, predicted: Frames, data: Frames) -> Frames:
    """Return the variance that `noise` gives each residual of a loss: σ²(ŷ)·(∂r/∂ŷ)², r = `fisher_root`.

    The slope is taken at least one σ away from darkness, where that of √ŷ is infinite.
    """
    variance = noise.variance(predicted)
    lit = jnp.maximum(predicted, square_root(variance))
    _, slope = jax.jvp(lambda y: loss.fisher_root(y, data, noise), (lit,), (jnp.ones_like(lit),))
    return slope**2 * variance


def intensity() -> Loss:
    """Return ½ Σ (ŷ − y)²."""
    return IntensityL2()


def amplitude(floor: Float[Array, "#frame #y #x"] | float = 0.0) -> Loss:
    """Return ½ Σ (√(ŷ + c) − √(y + c))², c the `floor`."""
    return AmplitudeL2(floor)


def poisson(quanta: float = 1.0) -> Loss:
    """Return the Poisson negative log-likelihood of `quanta` photoelectrons per unit."""
    return PoissonLikelihood(quanta)


def kullback_leibler() -> Loss:
    """Return Csiszár's I-divergence."""
    return KullbackLeibler()


def l1(epsilon: float = 1e-3) -> Loss:
    """Return the smoothed sum of absolute differences."""
    return L1(epsilon)


def huber(delta: float = 0.1) -> Loss:
    """Return Huber's loss."""
    return Huber(delta)


def likelihood() -> Loss:
    """Return the negative log-likelihood of the model's own noise."""
    return NoiseLikelihood()


def weighted(*parts: tuple[float, Loss]) -> Loss:
    """Return Σ cₖ·Lₖ."""
    return WeightedSum(tuple(parts))


BY_NAME = {
    "intensity": intensity,
    "amplitude": amplitude,
    "poisson": poisson,
    "kullback_leibler": kullback_leibler,
    "l1": l1,
    "huber": huber,
    "likelihood": likelihood,
}
"""The losses a run file can name."""
