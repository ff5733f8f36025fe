"""How much a regularizer is to weigh: as much as lets pixels that were kept back be predicted best."""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from backlight.inverse.estimate import estimate
from backlight.systems.held_out import drawn_pixels
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.question import Question
from backlight.systems.run_words import solver_settings, with_steps

KEPT_BACK, STEPS = 20, 120
"""One pixel in so many no fit is told; steps of the image from one weight to the next."""

LOWER, ROUNDS = 0.5, 8
"""A weight over the one before, and the weights tried at most: down to 1 % of the first."""

FITTED = 1 / 3
"""Numbers that the pixels may determine, over the pixels. Beyond it what the model gets wrong, light from outside the
field above all, is put into the sample: a measured target faded there, though other pixels were predicted ever better,
since what is wrong with a pixel is wrong with its neighbors."""


def weighed(question: Question, system: ImagingSystem, beam: float) -> tuple[ImagingSystem, float, float]:
    """Lower the weight of the regularizers for as long as pixels that were kept back are predicted better.

    What a picture owes to the noise of the frames it predicts no better than another noise; what they tell of the
    sample it does (cross-validation: Stone, J. R. Stat. Soc. B 36, 111 (1974)). A guess of the noise tells less: fine
    fringes on coarse pixels look like noise several times as large, and how much the frames leave open nobody knows.
    Each weight goes on from the picture of the one before, so a lower one has had more steps as well.

    **Arguments:** `question` before its first look is over; `system` to begin with; `beam`, the brightness of the bare
    beam in units of its frames.

    **Returns:** the system refined, all unknowns included; the weight over the one asked for; the noise over the one
    assumed.
    """
    frames = question.frames / np.float32(beam)
    given = np.ones(frames.shape, np.float32) if question.weights is None else np.asarray(question.weights)
    told = given * ~drawn_pixels(frames.shape, KEPT_BACK, seed=0)
    solver = with_steps(question.solver, min(STEPS, solver_settings(question.solver, {})["iterations"]))
    best: tuple[float, ImagingSystem, float, float] = np.inf, system, 1.0, 1.0
    for factor in LOWER ** np.arange(ROUNDS):
        # As arrays, so that all rounds share a compiled program.
        terms = [replace(term, weight=jnp.asarray(term.weight * factor, dtype=float)) for term in question.regularizers]
        system = estimate(system, frames, question.unknowns, loss=question.loss, regularizers=terms, solver=solver,
                          mask=told, error_bars=False).system  # fmt: skip
        left = frames - np.asarray(system.predict().values)
        # Of p numbers fitted to n pixels the told ones are left by σ²(1 − p/n), the others by σ²(1 + p/n) (Akaike,
        # Ann. Inst. Stat. Math. 22, 203 (1970)).
        error, within = _mean_square(left, given - told), _mean_square(left, told)
        if error >= best[0] or (np.isfinite(best[0]) and error - within > FITTED * (error + within)):
            break
        best = error, system, float(factor), np.sqrt((error + within) / 2)
    noise: Any = question.system.noise
    return best[1], best[2], float(best[3] / noise.std)


def _mean_square(left: Float[np.ndarray, "frame y x"], weights: Float[np.ndarray, "frame y x"]) -> float:
    return float(np.sum(weights * left**2, dtype=np.float64) / max(np.sum(weights, dtype=np.float64), 1e-12))
