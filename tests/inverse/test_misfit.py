"""Error bars where the model is not true: structure in the residual, and a grid too coarse."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array
from models import Frames

from backlight.inverse import losses
from backlight.inverse.problem import build
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


def test_what_a_finer_grid_would_shift_is_in_the_error_bar(model):
    noise = 0.01 * np.random.default_rng(2).normal(size=(SIDE, SIDE))
    frame = np.asarray(model.picture) + noise
    a, noise_alone = fitted(model, frame)
    _, whole = fitted(model, frame, finer=(a + 0.05) * model.picture[None])
    assert whole == pytest.approx(np.hypot(noise_alone, 0.05), rel=1e-3)
