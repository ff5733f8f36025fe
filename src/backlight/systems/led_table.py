"""Where the diodes are and which shine in each frame, from what a run file says of the panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from backlight.errors import InputError
from backlight.wave import rectangular_layout, ring_layout, spiral_order

_LEVEL = 1e-6  # of the height: lines of a table whose z differ by less are in one plane


@dataclass(frozen=True)
class LEDTable:
    """The diodes of a run as the user wrote them.

    **Attributes:** `positions`, (y, x) on the panel, m, shape (diodes, 2); `height` of the panel below the sample, m;
    `lit`, the numbers of the diodes that shine in each frame, shape (frames, at once).
    """

    positions: Float[np.ndarray, "diodes 2"]
    height: float
    lit: Int[np.ndarray, "frames together"]

    @property
    def multiplexed(self) -> bool:
        """Tell whether several diodes shine at once."""
        return self.lit.shape[1] > 1

    @property
    def used(self) -> Int[np.ndarray, " used"]:
        """Return the numbers of the diodes that shine in any frame."""
        return np.unique(self.lit)


def led_table(instrument: Mapping[str, Any], frames: int) -> LEDTable:
    """Return the places of the diodes and which of them each frame sees, from `[instrument]` in SI.

    A table of places wins its height from its z: where they differ, as on a dome, each diode is moved along its ray to
    the plane of the mean height, which its light does not notice as long as no glass is in the way. Otherwise the panel
    is a rectangle with `led_center` over the origin, or rings. `array_shift` and `array_rotation` are not applied.

    **Arguments:** `instrument`: `led_positions`, shape (diodes, 3), columns x, y, z in m; or `led_pitch`,
    `led_distance` with `led_rows` and `led_columns`, or `led_rings`; `led_groups`, the diodes of each frame, one after
    the other where there is no such; `frames`, how many were recorded.

    **Errors:** `InputError` where there are more frames than diodes, or than groups, or fewer; for groups of unequal
    size, or of a diode that is not there; for diodes on both sides of the sample.
    """
    if instrument.get("led_positions") is not None:
        positions, height = _from_places(np.asarray(instrument["led_positions"], float))
        written, expected = "led_positions", "a line for each frame"
    else:
        (positions, written), height = _described(instrument), float(instrument["led_distance"])
        expected = "a frame for each diode, in the order in which they were lit"
    groups = instrument.get("led_groups")
    if groups is not None:
        return LEDTable(positions, height, _groups(groups, len(positions), frames))
    _demand_same(len(positions), frames, written, expected)
    return LEDTable(positions, height, np.arange(frames)[:, None])


def _groups(groups: Sequence[Sequence[int]], diodes: int, frames: int) -> Int[np.ndarray, "frames together"]:
    """Return the diodes of each frame, checked."""
    if len(groups) != frames:
        raise InputError("led_groups", got=f"{len(groups)} groups for {frames} frames", expected="one for each frame")
    sizes = sorted({len(group) for group in groups})
    if len(sizes) > 1:
        words = " or ".join(map(str, sizes))
        raise InputError("led_groups", got=f"groups of {words} diodes", expected="as many diodes in each frame",
                         remedy="leave the frames of other groups out of [data] frames and led_groups")  # fmt: skip
    for frame, group in enumerate(groups):
        wrong = [k for k in group if not 0 <= k < diodes]
        if wrong:
            raise InputError("led_groups", got=f"diode {wrong[0]} in frame {frame}",
                             expected=f"numbers from 0 to {diodes - 1}, a diode each")  # fmt: skip
        if len(set(group)) < len(group):
            raise InputError("led_groups", got=f"a diode that frame {frame} names twice", expected="each once")
    return np.asarray(groups, int)


def _from_places(places: Float[np.ndarray, "diodes 3"]) -> tuple[Float[np.ndarray, "diodes 2"], float]:
    """Return the places (y, x) in a plane, and its height."""
    x, y, z = places.T
    if not (np.all(z < 0) or np.all(z > 0)):
        wrong = int(np.argmax(z >= 0)) if np.sum(z < 0) >= np.sum(z > 0) else int(np.argmax(z <= 0))
        raise InputError("led_positions z", got=f"{1e3 * z[wrong]:g} mm for diode {wrong}, on the other side or at 0",
                         expected="every diode on the same side of the sample")  # fmt: skip
    heights = np.abs(z)
    height = float(heights.mean())
    level = np.ptp(heights) <= _LEVEL * height
    share = np.ones_like(heights) if level else height / heights
    return np.stack([y, x], axis=-1) * share[:, None], float(heights[0]) if level else height


def _described(instrument: Mapping[str, Any]) -> tuple[Float[np.ndarray, "frames 2"], str]:
    """Return the places on a described panel, and its size in words."""
    pitch = float(instrument["led_pitch"])
    if instrument.get("led_rings") is not None:
        counts = tuple(np.atleast_1d(instrument["led_rings"]).tolist())
        return ring_layout(counts, pitch), f"led_rings = {list(counts)}"
    rows, columns = int(instrument["led_rows"]), int(instrument["led_columns"])
    positions = rectangular_layout(rows, columns, pitch)
    spiral = instrument.get("led_order") == "spiral"
    centered = positions - _center(instrument, rows, columns, pitch, spiral)
    order = spiral_order(rows, columns) if spiral else slice(None)
    return centered[order], f"led_rows = {rows} and led_columns = {columns}"


def _center(instrument: Mapping[str, Any], rows: int, columns: int, pitch: float, spiral: bool) -> np.ndarray:
    """Return where, about the middle of the panel, the diode below the sample is; a spiral begins there."""
    begin = ((rows - 1) // 2, (columns - 1) // 2) if spiral else ((rows - 1) / 2, (columns - 1) / 2)
    row, column = instrument.get("led_center") or begin
    return pitch * np.array([row - (rows - 1) / 2, column - (columns - 1) / 2])


def _demand_same(diodes: int, frames: int, written: str, expected: str) -> None:
    if diodes == frames:
        return
    remedy = (
        "give a stack, or with [data] frames a list of files, of the lit diodes alone, or complete the table"
        if diodes < frames
        else "name every frame in [data] frames, or take the diodes that were not lit out of the table"
    )
    raise InputError(written, got=f"{diodes} diodes for {frames} frames", expected=expected, remedy=remedy)
