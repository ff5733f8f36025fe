"""The answer with the instrument as it is written, which shows what an estimate of the instrument is worth; and the
pixels that neither was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from backlight.runs.ask import Asked, put
from backlight.runs.residuals import squares, unexplained


@dataclass(frozen=True)
class Nominal:
    """What the frames say of the sample alone: its `view`, and the frames as this `predicted` them."""

    view: Any
    predicted: Float[np.ndarray, "frame y x"]


def compares_nominal(asked: Asked) -> bool:
    """Tell whether an answer is compared with that of the instrument as written, which it is not where it is that."""
    others = [name for name, wanted in asked.job.run.unknown.items() if wanted is not False and name != "sample"]
    return asked.entry.classic is None and bool(others)


def answer_nominal(asked: Asked, callback: Callable[[Any], None] | None = None) -> Nominal:
    """Answer the question for the sample alone."""
    run = asked.job.run
    estimate = run.estimate.model_copy(update={"method": None})  # that of a joint estimate
    alone = replace(asked.job, run=replace(run, unknown={"sample": True}, estimate=estimate))
    found = put(alone, asked.entry, asked.recorded).answer(callback=callback, error_bars=False).system
    return Nominal(asked.entry.object_in_view(found), np.asarray(found.predict().values))


def pixel_quality(
    asked: Asked, predicted: Float[np.ndarray, "frame y x"], nominal: Nominal | None
) -> dict[str, float | None]:
    """Return how well pixels that were held out are predicted; nothing where there are none."""
    if not asked.job.schema.holds_out_pixels:
        return {}
    out = asked.question.held_out
    weights, frames = asked.recorded.weights, asked.recorded.frames
    told, kept = weights * ~out, weights * out
    table = {
        "nrmse_fitted": _nrmse(frames, predicted, told),
        "nrmse_held_out": _nrmse(frames, predicted, kept),
        "rms_held_out": _rms(frames, predicted, kept),
    }
    return table if nominal is None else table | {"rms_held_out_as_written": _rms(frames, nominal.predicted, kept)}


def pixel_notes(quality: Mapping[str, float | None]) -> list[str]:
    """Say how these figures came about, and warn where the instrument as written does better."""
    if not quality:
        return []
    notes = ["Pixels were held out at random: how well they are predicted tells how good the answer is."]
    joint, written = (quality.get(name) for name in ("rms_held_out", "rms_held_out_as_written"))
    if joint and written and joint > written:
        notes.append(f"The instrument as written predicts them better, off by {written:.4g} and not by {joint:.4g}: do "
                     "not ask for all that was unknown.")  # fmt: skip
    return notes


def _nrmse(frames: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float | None:
    share = float(unexplained(squares(frames, predicted, weights).sum(axis=1, keepdims=True))[0])
    return share if np.isfinite(share) else None


def _rms(frames: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float | None:
    left = (frames - predicted)[weights > 0]
    return float(np.sqrt(np.mean(left**2, dtype=np.float64))) if left.size else None
