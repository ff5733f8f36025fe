"""What a system of the catalogue offers to run files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.findings import Findings
from backlight.schema import SystemSchema


def _unit_scale(name: str, system: Any) -> float:
    """Return 1: the leaf is in the run file's SI unit already."""
    return 1.0


def _no_findings(estimate: Any, nominal: Any, residuals: Any) -> Findings:
    """Return nothing: the object says it all."""
    return Findings()


def _as_recorded(system: Any) -> np.ndarray:
    """Return the frames in the order in which they were recorded."""
    return np.arange(system.frames)


@dataclass(frozen=True)
class Tiling:
    """How a system is asked about parts of a field that share one instrument.

    **Arguments:**

    - `ask`: `(frames, instrument, unknown, options, center, found)` → the question of a part; the first four as of
      `SystemEntry.ask`, with the frames of the part. `center` is where the part lies, (y, x) from the middle of the
      field, pixels. `found` is path → value, in the units of the recorded frames, of what the part in the middle and a
      neighbor found: what all parts share is then held, and the rest looked for from there; `None` in the middle.
    - `object_in_view`: system → the sample in the part's field of view, such that neighbors agree up to a factor.
    """

    ask: Callable[..., Any]
    object_in_view: Callable[[Any], Any]


def _no_gains(system: Any) -> None:
    return None


@dataclass(frozen=True)
class SystemEntry:
    """One technique, ready to be asked about.

    **Arguments:**

    - `schema`: what its run files may say.
    - `paths`: run-file name → path of the leaf that carries it.
    - `ask`: `(frames, instrument, unknown, options)` → a question such as
      `backlight.systems.question.Question`. `frames` is float32 (frame, y, x); `instrument` is
      name → SI value; `unknown` is name → `True`, `{"between": (low, high)}` or `{"value": v, "std": s}`; `options`
      holds `[estimate]`, `"weights"`, 0 for pixels that must not count, `"unusual"`, names that the user calls right
      though they look wrong, and `"background"`, the empty frame (y, x), where there is one and the schema says that
      it is not divided out. A question is cheap to put; what takes time waits for `look()`, whose arrays `begun()`
      takes up. Its `settings` are `[estimate]` with the defaults, its `contradictions` what the frames say against the
      run file.
    - `nominal`: `(instrument, shape)` → the system as the user wrote it.
    - `classic`: `(frames, instrument)` → the object by the classic method, complex (y, x) in the frame's field of
      view, or None; `background` too where `ask` is given it. `None` where the same question about the sample alone,
      with the instrument as written, is what to compare with.
    - `object_in_view`: system → an object with the `values` (y, x) of the sample in the frame's field of view, complex
      or a real irradiance, and their `grid`, such as a `Field` or an `Image`.
    - `scale`: `(name, system)` → factor from the leaf to the run file's unit, where they differ.
    - `geometry`: `(instrument, shape)` → an object with `sampling`, name → number, and `advice()`, a sentence where the
      instrument and the frames can hardly belong together, such as `backlight.systems.inline_geometry.Geometry`.
    - `changed`: `(system, name → SI value, or an array of several)` → the instrument with these numbers of
      `[instrument]` and `[unknown]`, all that depends on them included; `None` where setting the leaves is enough.
    - `findings`: `(estimate, nominal, residuals)` → what the result tells beside the object: `nominal` is the system
      as the user wrote it, `residuals` the share of the amplitude that is left unexplained in each frame.
    - `frame_order`: system → the numbers of its frames in an order of which every second frame tells of as much of the
      sample as all: by it they are halved.
    - `frame_gains`: system → the unknown that holds the brightness of each frame alone, where there is one: of a frame
      that is held out nothing tells it.
    - `tiling`: how it is asked about parts of the field; `None` where it takes the field as a whole.
    """

    schema: SystemSchema
    paths: Mapping[str, str]
    ask: Callable[..., Any]
    nominal: Callable[..., Any]
    classic: Callable[..., Any] | None
    object_in_view: Callable[[Any], Any]
    geometry: Callable[[Mapping[str, Any], tuple[int, ...]], Any] | None = None
    scale: Callable[[str, Any], float] = _unit_scale
    changed: Callable[[Any, Mapping[str, Any]], Any] | None = None
    findings: Callable[..., Findings] = _no_findings
    frame_order: Callable[[Any], np.ndarray] = _as_recorded
    frame_gains: Callable[[Any], str | None] = _no_gains
    tiling: Tiling | None = None
