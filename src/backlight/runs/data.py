"""The frames of a run file, ready to be asked about: intensities, bad pixels marked, the background taken care of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from backlight.errors import InputError
from backlight.io import data_paths, instrument_paths, read, read_frames
from backlight.io.commit import sha256
from backlight.io.runmodel import DataSection, RunFile
from backlight.maths.holes import continued

DARK = 0.05  # of the mean background: where the beam is darker, a frame divided by it is mostly noise


@dataclass(frozen=True)
class Recorded:
    """What was recorded.

    **Attributes:** `frames`, float32 intensities (frame, y, x); `weights`, 0 where a pixel must not count, 1
    elsewhere, same shape; `sources`, path and SHA-256 of every file; `warnings`, sentences; `saturation`, the level of
    the frames as stored from which a pixel does not count, given or guessed; `background`, the empty frame (y, x) where
    it was not divided out; `pictures` of the instrument (y, x), by the name of their key.
    """

    frames: np.ndarray
    weights: np.ndarray
    sources: tuple[dict[str, object], ...]
    warnings: tuple[str, ...]
    saturation: float | None = None
    background: np.ndarray | None = None
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)

    def part(self, where: tuple[slice, slice]) -> "Recorded":
        """Return these rows and columns of every frame; nothing is copied, pictures of the instrument stay whole."""
        background = None if self.background is None else self.background[where]
        frames, weights = (stack[:, where[0], where[1]] for stack in (self.frames, self.weights))
        return replace(self, frames=frames, weights=weights, background=background)


def read_recorded(
    run: RunFile, *, trusted: bool = False, divide: bool = True, pictures: Collection[str] = ()
) -> Recorded:
    """Read the frames, background and mask that a run file names; `divide` the frames by the background, or keep it.

    `pictures` are the keys of `[instrument]` that name one: read as the frames are, with the same crop and mask.
    """
    if run.data is None:
        raise InputError("[data]", got="no such section", expected="the frames")
    paths = data_paths(run)
    mask, sources = _mask(run.data, paths, trusted)
    sources = _tables(run, pictures) + sources
    options = {"axes": run.data.axes, "crop": run.data.crop, "quantity": run.data.quantity, "mask": mask}
    found = read_frames(_one_or_all(paths["frames"]), key=run.data.key, frame=run.data.frame,
                        saturation=run.data.saturation, trusted=trusted, **options)  # fmt: skip
    frames, weights = _intensity(found.array, run.data), np.ones(found.array.shape, np.float32)
    _demand_light(frames, run.data)
    if found.saturation is not None:
        weights[found.array >= found.saturation] = 0
    if mask is not None:
        weights[:, mask != 0] = 0
        frames = continued(frames, mask != 0)
    sources += [dict(s) for s in found.sources]
    warnings, background = [*found.warnings], None
    if run.data.background is not None:
        empty = read_frames(paths["background"][0], role="background", trusted=trusted, **options)
        sources += [dict(s) for s in empty.sources]
        warnings += [f"empty frame: {warning}" for warning in empty.warnings]
        background = _mean(_intensity(empty.array, run.data), frames.shape[1:], run.data.background)
    if background is not None and divide:
        (frames, weights), background = _divided(frames, weights, background), None
    seen = {name: read_frames(path, role="picture", saturation=run.data.saturation, trusted=trusted, **options)
            for name, path in instrument_paths(run).items() if name in pictures}  # fmt: skip
    for name, one in seen.items():
        sources = [dict(s) for s in one.sources] + sources
        warnings += [f"{name}: {warning}" for warning in one.warnings]
    bright = run.data.model_copy(update={"dark": None})  # its own level is the system's to know
    shown = {name: _intensity(one.array, bright).mean(axis=0, dtype=np.float64) for name, one in seen.items()}
    return Recorded(frames, weights, tuple(sources), tuple(warnings), found.saturation, background, shown)


def _tables(run: RunFile, pictures: Collection[str]) -> list[dict[str, object]]:
    """Return path and SHA-256 of the tables that the instrument is written in."""
    return [{"path": str(path), "sha256": sha256(path), "format": "table", "key": name}
            for name, path in instrument_paths(run).items() if name not in pictures]  # fmt: skip


def _one_or_all(paths: list[Path]) -> Path | list[Path]:
    return paths[0] if len(paths) == 1 else paths


def _mask(data: DataSection, paths: dict[str, list[Path]], trusted: bool) -> tuple[np.ndarray | None, list[dict]]:
    """Read the mask; one as large as the uncropped frame is cropped with it."""
    if data.mask is None:
        return None, []
    record = read(paths["mask"][0], trusted=trusted)
    mask = np.squeeze(record.array)
    if data.crop is not None and mask.shape != tuple(data.crop[2:]):
        row, column, rows, columns = data.crop
        mask = mask[row : row + rows, column : column + columns]
    return mask, [{"path": str(record.path), "sha256": record.sha256, "format": record.format, "key": record.key}]


def _intensity(values: np.ndarray, data: DataSection) -> np.ndarray:
    """Return irradiances above the dark level, which is one of the frames as stored."""
    power, dark = (2 if data.quantity == "amplitude" else 1), data.dark or 0.0
    return values**power - np.float32(dark**power) if power > 1 or dark else values


def _demand_light(frames: np.ndarray, data: DataSection) -> None:
    if data.dark is not None and not frames.mean(dtype=np.float64) > 0:
        raise InputError("[data] dark", got=f"{data.dark:g}, above the frames' own mean",
                         expected="the level of a pixel without light, in units of the frames")  # fmt: skip


def _mean(empty: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Return the mean of the empty frames, which must have the shape of the others."""
    empty = empty.mean(axis=0, dtype=np.float64)
    if empty.shape != shape:
        shapes = [" × ".join(map(str, s)) for s in (empty.shape, shape)]
        raise InputError(f"[data] background {name}", got=f"a frame of {shapes[0]}", expected=f"{shapes[1]}")
    return empty


def _divided(frames: np.ndarray, weights: np.ndarray, empty: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide the frames by the empty one, its mean kept; where the beam is dark a pixel does not count."""
    lit = empty > DARK * empty.mean()
    gain = np.where(lit, empty.mean() / np.where(lit, empty, 1), 0).astype(np.float32)
    return continued(frames * gain, ~lit), weights * lit
