"""The sample estimated twice, from half of the frames each: what pictures of other noise have in common is true."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from backlight.errors import InputError
from backlight.inverse.drive import Progress
from backlight.inverse.estimate import estimate
from backlight.inverse.quality import pixels_that_count
from backlight.inverse.tree import get_leaf, set_leaves
from backlight.systems.per_frame import select_frames
from backlight.systems.question import Question


def halves(question: Question, order: Int[np.ndarray, " frames"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the frames of each half: every second one in this order of those that count.

    Both halves are as large, so that noise is alike in both (and a program compiled for one fits the other): of an odd
    number of frames the last of the order is in none.

    **Errors:** `InputError` where there are not two.
    """
    mask = question.mask
    used = order if mask is None else order[np.any(pixels_that_count(mask)[order], axis=(1, 2))]
    if len(used) < 2:
        raise InputError("halves", got=f"{len(used)} frames that count", expected="two or more")
    even = used[: len(used) // 2 * 2]
    return np.sort(even[::2]), np.sort(even[1::2])


def estimate_half(
    question: Question,
    system: Any,
    sample: str,
    frames: Int[np.ndarray, " n"],
    *,
    callback: Callable[[Progress], None] | None = None,
) -> Any:
    """Estimate the sample anew from some of the frames, with the instrument as the whole data have found it.

    The sample begins empty: begun from the joint picture, both halves would share its noise.

    **Arguments:** `question`, begun; `system`, its answer, in recorded units; `sample`: path of the leaf, one of the
    unknowns; `frames`.

    **Returns** the system of these frames, in the question's units.
    """
    calibrated = question.finish(system, 1 / question.brightness)
    blank = set_leaves(calibrated, {sample: jnp.ones_like(get_leaf(calibrated, sample))})
    return estimate(
        select_frames(blank, frames),
        question.frames[frames],
        {sample: question.unknowns[sample]},
        loss=question.loss.only(jnp.asarray(frames)),
        regularizers=tuple(term for term in question.regularizers if term.path == sample),
        solver=question.solver,
        mask=None if question.mask is None else question.mask[frames],
        tolerance=question.tolerance,
        callback=callback,
        error_bars=False,
    ).system
