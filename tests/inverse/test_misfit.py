"""Error bars where the model is not true: structure in the residual, and a grid too coarse."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array
from models import Frames

from backlight.inverse import losses, misfit
from backlight.inverse.misfit import misfit_scatter, pull_scatter
from backlight.inverse.problem import build
from backlight.inverse.regularizers import tikhonov
from backlight.inverse.uncertainty import uncertainty
from backlight.inverse.unknowns import Free

SIDE = 128


class Slope(eqx.Module):
    """y = a·g: one number times a known picture."""

    a: Array
    picture: Array

    def predict(self):
        return Frames((self.a * self.picture)[None])


@pytest.fixture
def model() -> Slope:
    picture = np.random.default_rng(0).normal(size=(SIDE, SIDE))
    return Slope(jnp.asarray(1.0), jnp.asarray(smooth(picture, 3.0)))


def smooth(noise: np.ndarray, width: float) -> np.ndarray:
    """Return white noise, correlated over `width` pixels, of the same variance."""
    f = np.fft.fftfreq(SIDE)
    kernel = np.exp(-2 * (np.pi * width * np.hypot(f[:, None], f)) ** 2)
    return np.fft.ifft2(np.fft.fft2(noise) * kernel / np.sqrt(np.mean(kernel**2))).real


def fitted(model: Slope, frame: np.ndarray, **options) -> tuple[float, float]:
    """Return the least-squares answer and its error bar."""
    a = float(np.vdot(model.picture, frame) / np.vdot(model.picture, model.picture))
    problem = build(eqx.tree_at(lambda m: m.a, model, jnp.asarray(a)), frame[None], {"a": Free()},
                    loss=losses.intensity())  # fmt: skip
    return a, float(uncertainty(problem, problem.start(), **options).std["a"])


@pytest.mark.parametrize("width", [0.0, 2.0], ids=["white", "correlated over 2 pixels"])
def test_error_bars_are_the_scatter_of_the_answers(model, width):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(40):
        noise = 0.1 * smooth(rng.normal(size=(SIDE, SIDE)), width)
        found.append(fitted(model, np.asarray(model.picture) + noise))
    answers, bars = np.array(found).T
    # 40 draws tell a scatter to 1/√80 = 11 %, 64 parts an error bar to 9 %.
    assert np.sqrt(np.mean(bars**2)) == pytest.approx(np.std(answers), rel=0.3)
    blind = 0.1 / np.linalg.norm(model.picture)
    assert np.std(answers) / blind > (5 if width else 0.8), "counting pixels would not do where they are alike"


class Slopes(eqx.Module):
    """y = Σ a_k·g_k in each of several frames."""

    a: Array
    pictures: Array

    def predict(self, frames=None):
        chosen = self.pictures if frames is None else self.pictures[frames]
        return Frames(jnp.tensordot(chosen, self.a, 1))


@pytest.mark.parametrize("count", [3, 70], ids=["few frames", "many frames"])
def test_frames_taken_one_by_one_tell_the_same(count, monkeypatch):
    rng = np.random.default_rng(3)
    model = Slopes(jnp.ones(2), jnp.asarray(rng.normal(size=(count, 24, 24, 2))))
    wrong = np.repeat(np.repeat(rng.normal(size=(count, 6, 6)), 4, axis=1), 4, axis=2)
    problem = build(model, np.asarray(model.predict().values) + wrong, {"a": Free()}, loss=losses.intensity())
    z = problem.start()
    moves = {"a": jnp.eye(2)}
    whole = misfit_scatter(problem, z, moves)
    monkeypatch.setattr(misfit, "HELD", 1)
    assert np.diag(whole).min() > 0
    np.testing.assert_allclose(misfit_scatter(problem, z, moves), whole, rtol=1e-4)


class Shaded(eqx.Module):
    """y = a·g + k·x: a number and an image that a regularizer holds, less where the shade k is strong."""

    a: Array
    x: Array
    picture: Array
    shade: Array

    def predict(self):
        return Frames((self.a * self.picture + self.shade * self.x)[None])


def test_what_a_regularizer_pulls_is_what_another_weight_of_it_would_shift():
    """½|a·g + k·x − y|² + ½β|x|² has its minimum at x = k(y − a·g)/(k² + β), a = Σw·g·y/Σw·g², w = β/(k² + β)."""
    rng, beta = np.random.default_rng(5), 0.3
    g, y, k = rng.normal(size=(16, 16)), rng.normal(size=(16, 16)), rng.uniform(0.2, 2, (16, 16))

    def weights(beta):
        return beta / (k**2 + beta)

    def found(beta):
        return np.sum(weights(beta) * g * y) / np.sum(weights(beta) * g**2)

    x = k * (y - found(beta) * g) / (k**2 + beta)
    unknowns = {"a": Free(scale=1.0), "x": Free(scale=1.0)}
    model = Shaded(*map(jnp.asarray, (found(beta), x, g, k)))
    problem = build(model, y[None], unknowns, loss=losses.intensity(),
                    regularizers=(tikhonov("x", beta),))  # fmt: skip
    moves = {"a": jnp.ones(1), "x": jnp.asarray(-k * g / (k**2 + beta))[None]}
    per_logarithm = (found(beta * 1.001) - found(beta / 1.001)) / (2 * np.log(1.001))
    expected = (per_logarithm * np.sum(weights(beta) * g**2)) ** 2
    assert expected > 0.1
    assert float(pull_scatter(problem, problem.start(), moves)[0, 0]) == pytest.approx(expected, rel=1e-3)
    alone = build(model, y[None], unknowns, loss=losses.intensity())
    assert float(pull_scatter(alone, alone.start(), moves)[0, 0]) == 0


def test_what_a_finer_grid_would_shift_is_in_the_error_bar(model):
    noise = 0.01 * np.random.default_rng(2).normal(size=(SIDE, SIDE))
    frame = np.asarray(model.picture) + noise
    a, noise_alone = fitted(model, frame)
    _, whole = fitted(model, frame, finer=(a + 0.05) * model.picture[None])
    assert whole == pytest.approx(np.hypot(noise_alone, 0.05), rel=1e-3)
