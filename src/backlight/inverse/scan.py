"""A global look along one parameter with many valleys, as one batched program."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError


@dataclass(frozen=True)
class Scan:
    """Scores along a parameter: `best` is the vertex of the parabola through the highest score and its neighbors."""

    values: np.ndarray
    scores: np.ndarray
    best: float


def scan(
    score: Callable[[Float[Array, ""]], Float[Array, ""]],
    low: float,
    high: float,
    *,
    count: int = 41,
    rounds: int = 2,
    batch: int = 4,
) -> Scan:
    """Find the largest `score` of a parameter between `low` and `high`, then look closer around it.

    **Arguments:**

    - `score`: differentiable or not; traced once, evaluated for `batch` values at a time. Large arrays are best leaves
      of it (`equinox.Partial`): the compiler computes with those in a closure at its own slow pace.
    - `count`: values per round; `rounds`: each later round spans two steps of the former around its best.
    """
    if not low < high or count < 3:
        raise InputError("scan", got=f"low {low}, high {high}, count {count}", expected="low < high and count ≥ 3")
    program = eqx.filter_jit(lambda score, v: jax.lax.map(score, v, batch_size=batch))
    values = np.linspace(low, high, count)
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(rounds):
        scores = np.asarray(program(score, jnp.asarray(values, dtype=float)), float)
        seen.append((values, scores))
        step, center = values[1] - values[0], _vertex(values, scores)
        values = np.linspace(max(center - 2 * step, low), min(center + 2 * step, high), count)
    order = np.argsort(np.concatenate([v for v, _ in seen]), kind="stable")
    every = np.concatenate([v for v, _ in seen])[order], np.concatenate([s for _, s in seen])[order]
    return Scan(*every, float(np.clip(center, low, high)))


def _vertex(values: np.ndarray, scores: np.ndarray) -> float:
    """Return the vertex of the parabola through the best value and its neighbors; the best itself at an end."""
    scores = np.where(np.isnan(scores), -np.inf, scores)
    i = int(np.argmax(scores))
    if i in (0, len(values) - 1) or not np.all(np.isfinite(scores[i - 1 : i + 2])):
        return float(values[i])
    below, top, above = scores[i - 1 : i + 2]
    bend = below - 2 * top + above
    shift = 0.5 * (below - above) / bend if bend < 0 else 0.0
    return float(values[i] + shift * (values[i + 1] - values[i]))
