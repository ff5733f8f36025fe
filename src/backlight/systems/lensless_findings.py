"""What the result of a stack tells beside the sample: where the camera was, and how far away."""

from typing import Any

import numpy as np
from jaxtyping import Float

from backlight import units
from backlight.findings import Curves, Exhibit, Findings, PointMap
from backlight.inverse.tree import leaf_paths
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.lensless_instrument import DISTANCES, SHIFTS

MICRO, LEAST = 1e6, 0.02
"""Micrometers in a meter; the share of weight below which a super-resolution is said not to be supported."""


def findings(estimate: Any, nominal: ImagingSystem, residuals: Float[np.ndarray, " frames"]) -> Findings:
    """Return the figures of the camera's track and of the distances.

    **Arguments:** `estimate`; `nominal`, the instrument as the user wrote it; `residuals`, the share of the amplitude
    that is not explained in each frame.
    """
    found, written = (leaf_paths(system) for system in (estimate.system, nominal))
    exhibits = [_track(estimate, np.asarray(found[SHIFTS], float), np.asarray(written[SHIFTS], float), residuals)]
    distances = [np.asarray(leaves[DISTANCES], float) for leaves in (found, written)]
    if np.any(distances[0] != distances[1]):
        exhibits.append(_distances(estimate, *distances))
    stage = stage_line(distances[1], distances[0])
    numbers = {} if stage is None else {"stage_scale": stage[0], "stage_offset": stage[1]}
    return Findings(exhibits=tuple(exhibits), numbers=numbers, notes=_notes(estimate) + _about_stage(stage))


def stage_line(
    written: Float[np.ndarray, " frames"], found: Float[np.ndarray, " frames"]
) -> tuple[float, float] | None:
    """Return scale and offset (m) of the line found = scale·written + offset, by least squares.

    A stage that is off by a step and by the pitch of its screw says z where it is at scale·z + offset: there a frame
    at a reading that was not recorded is predicted. `None` where nothing was found anew, or fewer than three readings
    leave no error to be averaged.

    Example:
        >>> stage_line(np.array([1e-3, 2e-3, 3e-3]), np.array([1.02e-3, 2.03e-3, 3.04e-3]))
        (1.01, 1e-05)
    """
    if len(np.unique(written)) < 3 or np.array_equal(written, found):
        return None
    scale, offset = np.polyfit(written, found, 1)
    return float(f"{scale:.7g}"), float(f"{offset:.4g}")


def _about_stage(stage: tuple[float, float] | None) -> tuple[str, ...]:
    if stage is None:
        return ()
    scale, offset = stage[0], units.format_length(stage[1], digits=3)
    return (f"By the distances that were found, z on the stage means {scale:.5g}·z, and {offset} more: at that "
            "distance a frame at another of its readings is predicted.",)  # fmt: skip


def _track(estimate: Any, places: np.ndarray, written: np.ndarray, residuals: np.ndarray) -> Exhibit:
    return Exhibit(
        "track",
        "Where the middle of the camera looked in each frame (crosses: as written; ellipses: one standard deviation, "
        "larger than life where the title says so), and the share of the amplitude left unexplained there.",
        (
            PointMap("track of the camera", places, np.arange(len(places), dtype=float), "frame", written,
                     _spreads(estimate, len(places))),
            PointMap("residual by frame", places, residuals, "‖√y − √ŷ‖ / ‖√y‖"),
        ),
    )  # fmt: skip


def _spreads(estimate: Any, frames: int) -> Float[np.ndarray, "frames 2 2"]:
    """Return the covariance of each place; none where the shifts have no error bars."""
    std = estimate.std(SHIFTS)
    if std is None:
        return np.zeros((0, 2, 2))
    bars = estimate.uncertainty
    chosen = [i for i, name in enumerate(bars.names) if name.split("[")[0] == SHIFTS]
    correlation = np.asarray(bars.correlation)[np.ix_(chosen, chosen)].reshape(frames, 2, frames, 2)
    own = correlation[np.arange(frames), :, np.arange(frames), :]
    return own * np.asarray(std)[:, :, None] * np.asarray(std)[:, None, :]


def _distances(estimate: Any, found: np.ndarray, written: np.ndarray) -> Exhibit:
    std = estimate.std(DISTANCES)
    off = MICRO * (found - written)
    lines, names = [off], ["found − written"]
    if std is not None:
        lines, names = [off, off - MICRO * std, off + MICRO * std], [*names, "− one standard deviation", "+ one"]
    return Exhibit(
        "distances",
        "How far each distance is from what was written.",
        (Curves("distances", np.arange(len(found), dtype=float), np.asarray(lines), np.array(names), "frame",
                "found − written (µm)"),),
    )  # fmt: skip


def _notes(estimate: Any) -> tuple[str, ...]:
    bars, notes = estimate.uncertainty, []
    if bars is not None and SHIFTS in bars.std:
        notes.append("A shift of all frames is one of the sample: the mean shift is kept as written.")
    if bars is not None and DISTANCES in bars.std:
        notes.append("What all distances have in common is told by the sample alone. One that leaves little clear "
                     "background, in a small frame, was found 1.7 % too near in simulations, several times its error "
                     "bar; how the distances differ was not.")  # fmt: skip
    return tuple(notes)


def unsupported(system: ImagingSystem) -> tuple[str, ...]:
    """Say where the shifts do not support the super-resolution that is asked for."""
    shifts = np.asarray(leaf_paths(system)[SHIFTS], float) / np.asarray(system.camera.pitch, float)
    share = shift_diversity(shifts, system.camera.decimation)
    if share >= LEAST:
        return ()
    return (f"The shifts do not support pixels {system.camera.decimation:.3g} times finer: the finest detail is told "
            f"apart from what it is mistaken for with {share:.2g} of the weight that even shifts would give it. Record "
            "more frames, moved by other parts of a pixel, or ask for less.",)  # fmt: skip


def shift_diversity(shifts: Float[np.ndarray, "frames 2"], finer: float | int) -> float:
    """Return how well frames tell apart the q² frequencies that coarse pixels mistake for each other, 0 … 1.

    Pixels q times too coarse fold the frequencies f + m/p, m of q orders along each side, onto one; a shift d turns
    them by exp(2πi m·d/p) against each other. It is the smallest eigenvalue of MᴴM/K, M the turns of K frames, 1 for
    shifts by all multiples of p/q and 0 for fewer than q² frames or none moved.

    **Arguments:** `shifts`: (y, x) in pixels of the camera; `finer`: by how much the sample's pixels are smaller.
    """
    orders = np.arange(np.ceil(finer - 1e-9)) - np.ceil(finer - 1e-9) // 2
    y, x = (np.exp(2j * np.pi * np.outer(shift, orders)) for shift in shifts.T)
    turns = (y[:, :, None] * x[:, None, :]).reshape(len(shifts), -1)
    return (
        float(np.linalg.svd(turns, compute_uv=False)[-1] ** 2 / len(shifts)) if len(shifts) >= turns.shape[1] else 0.0
    )
