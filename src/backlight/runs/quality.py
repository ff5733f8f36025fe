"""What a run of many frames says of its own quality: frames left out of it, and the picture of each half of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from backlight.findings import Curves, Exhibit
from backlight.inverse.quality import own_gains
from backlight.inverse.ring_correlation import ONE_SEVENTH, RingCorrelation, ring_correlation
from backlight.runs.ask import Asked
from backlight.runs.residuals import unexplained
from backlight.systems.half_data import estimate_half, halves, pixels_that_count

RINGS = "ring_correlation"


@dataclass(frozen=True)
class Compared:
    """The pictures of two halves of the frames: which `frames`, and how alike they are."""

    frames: tuple[np.ndarray, np.ndarray]
    rings: RingCorrelation


def compare_halves(asked: Asked, estimate: Any, callback: Callable[[Any], None] | None = None) -> Compared:
    """Estimate the sample from each half of the frames, and compare the two pictures.

    **Errors:** `InputError` where there are not two frames that count.
    """
    entry, question = asked.entry, asked.question
    split = halves(question, entry.frame_order(estimate.system))
    found = [estimate_half(question, estimate.system, entry.paths["sample"], half, callback=callback) for half in split]
    one, other = (entry.object_in_view(system) for system in found)
    pitch = np.asarray(one.grid.pitch, float)
    return Compared(split, ring_correlation(np.asarray(one.values), np.asarray(other.values), (pitch[0], pitch[1])))


def with_own_gains(asked: Asked, predicted: np.ndarray) -> np.ndarray:
    """Return the predicted frames, those held out as bright as they fit best where nothing has told how bright."""
    question = asked.question
    if not _gains_untold(asked):
        return predicted
    out = question.held_out
    predicted = predicted.copy()
    seen = asked.recorded.weights[out]
    predicted[out] *= own_gains(asked.recorded.frames[out], predicted[out], seen)[:, None, None]
    return predicted


def _gains_untold(asked: Asked) -> bool:
    gains = asked.entry.frame_gains(asked.question.system)
    return _held_out(asked) is not None and gains is not None and asked.entry.paths[gains] in asked.question.unknowns


def _held_out(asked: Asked) -> np.ndarray | None:
    frames = asked.job.run.estimate.held_out and not asked.job.schema.holds_out_pixels
    return asked.question.held_out if frames else None


def trusted_weights(asked: Asked) -> Float[np.ndarray, "frame y x"]:
    """Return 1 where a pixel counts for more than half, 0 elsewhere, as in a frame that the first look distrusts."""
    weights = asked.recorded.weights if asked.question.weights is None else asked.question.weights
    return pixels_that_count(weights).astype(np.float32)


def quality_table(
    asked: Asked, trusted: Float[np.ndarray, "2 frame"], compared: Compared | None
) -> dict[str, float | None]:
    """Return the figures of merit of frames held out and of halves, as far as the run asked for them.

    **Arguments:** `trusted`: `residuals.squares` of each frame over what is trusted, see `trusted_weights`.
    """
    table: dict[str, float | None] = {}
    out = _held_out(asked)
    if out is not None:
        told = np.setdiff1d(np.arange(trusted.shape[1]), out)
        for name, chosen in (("nrmse_fitted", told), ("nrmse_held_out", out)):
            table[name] = float(unexplained(trusted[:, chosen].sum(axis=1, keepdims=True))[0])
    if compared is not None:
        table["period_one_seventh"] = compared.rings.period(ONE_SEVENTH)
        table["period_half_bit"] = compared.rings.period(compared.rings.half_bit)
    return table


def quality_notes(asked: Asked, compared: Compared | None) -> list[str]:
    """Say how these figures came about."""
    notes, out = [], _held_out(asked)
    if out is not None:
        gains = " Their own gains, which nothing else tells, were fitted to them one by one." * _gains_untold(asked)
        notes.append(f"{len(out)} frames were held out, every {asked.job.run.estimate.held_out}-th.{gains}")
    if compared is not None:
        notes.append(f"Two pictures were made from {len(compared.frames[0])} frames each, every second one in an order "
                     "by which both halves tell of all of the sample; they began with an empty one, in the instrument "
                     "that all frames told. A half's windows overlap less: what all frames show together is as a rule "
                     "finer.")  # fmt: skip
    return notes


def rings_table(compared: Compared) -> dict[str, Any]:
    """Return the ring correlation for `result.json`, frequencies in cycles/m."""
    rings = compared.rings
    curves = {"frequency": rings.frequency, "correlation": rings.correlation, "half_bit": rings.half_bit}
    return {name: values.tolist() for name, values in curves.items()} | {
        "frames": [half.tolist() for half in compared.frames]
    }


def rings_exhibit(compared: Compared) -> Exhibit:
    """Return the ring correlation as a figure."""
    rings = compared.rings
    lines = np.stack([rings.correlation, rings.half_bit, np.full_like(rings.correlation, ONE_SEVENTH)])
    names = np.array(["two halves", "half-bit", "1/7"])
    return Exhibit(
        RINGS,
        "Correlation of two pictures, each from half of the frames, ring by ring of their spectra. Where it falls "
        "below a criterion, noise begins to outweigh what both have in common.",
        (Curves("Fourier ring correlation", 1e-6 * rings.frequency, lines, names, "frequency (1/µm)", "correlation"),),
        about_fit=True,
    )
