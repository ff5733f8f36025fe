"""From a run file to a question: the system of the catalogue, the frames, what is known and what is not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.io import instrument_paths, load, ptylab_metadata, read_rows, read_table, recognize
from backlight.io.runmodel import Between, DataSection, EstimateSection, Known, Prior, RunFile, Unknown
from backlight.runs.data import Recorded, read_recorded
from backlight.runs.tiles import Layout, Tile, layout
from backlight.schema import Key, SystemSchema
from backlight.systems import catalogue
from backlight.systems.entry import SystemEntry
from backlight.systems.held_out import drawn_pixels


@dataclass(frozen=True)
class Job:
    """A run file that has been read: what it says, and the system it names."""

    run: RunFile
    listing: catalogue.Listing

    @property
    def schema(self) -> SystemSchema:
        """The system's run-file schema."""
        return self.listing.schema

    @property
    def written(self) -> dict[str, Any]:
        """What the user wrote of the instrument; of what is only known between bounds or by a prior, the middle."""
        middle = {n: _middle(value) for n, value in self.run.unknown.items() if isinstance(value, Between | Prior)}
        return middle | dict(self.run.instrument)

    @cached_property
    def instrument(self) -> dict[str, Any]:
        """What the user wrote of the instrument, and in place of the name of a table its numbers.

        A picture is read with the frames: see `Asked.instrument`.
        """
        keys = {key.name: key for key in self.schema.instrument if key.name not in self.schema.pictures}
        files = instrument_paths(self.run).items()
        return self.written | {name: _content(path, keys[name]) for name, path in files if name in keys}


def _content(path: Path, key: Key) -> Any:
    """Return the numbers of the table that a key names."""
    return read_rows(path) if key.dimension == "rows" else read_table(path, key.columns)


@dataclass(frozen=True)
class Asked:
    """A question and what it was made of.

    **Attributes:** `entry`, the system; `question`, with `answer()`; `recorded`, the frames; `layout`, how they are
    taken apart: the question is then that of the tile in the middle, and `None` where they are not.
    """

    job: Job
    entry: SystemEntry
    question: Any
    recorded: Recorded
    layout: Layout | None = None

    @cached_property
    def brightest(self) -> int:
        """The frame that is shown."""
        return int(np.argmax(self.recorded.frames.mean(axis=(1, 2), dtype=np.float64)))

    @property
    def instrument(self) -> dict[str, Any]:
        """What the user wrote of the instrument, and in place of the names of files what is in them."""
        return _instrument(self.job, self.recorded)

    @property
    def geometry(self) -> Any:
        """What the run file says of the instrument, beside the frames; None where the system does not judge it."""
        judge = self.entry.geometry
        return None if judge is None else judge(self.instrument, self.recorded.frames.shape)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd in the frames, or in the geometry unless the user calls it so."""
        usual = self.geometry is not None and "distance" not in self.job.run.unusual
        advice = self.geometry.advice() if self.geometry and usual else ""
        return (*([advice] if advice else []), *_taken(self.job), *self.recorded.warnings)


def read_job(path: str | Path) -> Job:
    """Read and check a run file; what it must say of the instrument and leaves out, the frames' file may tell."""
    run = load(path, catalogue.all_schemas(), offered=offered_by_frames)
    return Job(run, catalogue.find(run.system))


def offered_by_frames(data: DataSection, folder: Path) -> dict[str, Known]:
    """Return what a PtyLab file says of the instrument that took its frames; nothing for other files."""
    if not isinstance(data.frames, str):
        return {}
    file = folder / data.frames
    if not file.is_file() or recognize(file) != "HDF5":
        return {}
    found: dict[str, Known] = {**ptylab_metadata(file)}
    return found | ({"led_positions": Path(data.frames)} if "led_positions" in found else {})


def _taken(job: Job) -> list[str]:
    """Say what the frames' own file told."""
    return [f"From the file of the frames: {', '.join(job.run.taken)}."] if job.run.taken else []


def ask(job: Job, *, trusted: bool = False) -> Asked:
    """Read the frames and put the question."""
    recorded = read_recorded(
        job.run, trusted=trusted, divide=job.schema.divides_background, pictures=job.schema.pictures
    )
    _refuse_stack(job, recorded)
    entry, tile = job.listing.load(), job.run.estimate.tile
    if tile is None:
        return Asked(job, entry, put(job, entry, recorded), recorded)
    apart = layout(recorded.frames.shape[1:], tile, job.run.estimate.tile_overlap)
    return Asked(job, entry, put_tile(job, entry, recorded, apart.tiles[0]), recorded, apart)


def _refuse_stack(job: Job, recorded: Recorded) -> None:
    count = len(recorded.frames)
    if job.schema.one_frame and count > 1:
        raise InputError(f"[data] frames {recorded.sources[0]['path']}", got=f"{count} frames",
                         expected=f"one: {job.run.system} reconstructs a single frame",
                         remedy=f"add frame = 0 to [data], or another number up to {count - 1}")  # fmt: skip


def put(job: Job, entry: SystemEntry, recorded: Recorded) -> Any:
    """Put the question of a job to frames."""
    with _file_named(job):
        question = entry.ask(recorded.frames, _instrument(job, recorded), *_wanted(job, recorded))
    return _judged(job, entry, question)


@contextmanager
def _file_named(job: Job) -> Iterator[None]:
    """Name the file where what is wrong with a key is in the file that the key names."""
    try:
        yield
    except InputError as error:
        file = instrument_paths(job.run).get(error.where)
        if file is None:
            raise
        raise InputError(f"[instrument] {error.where} {file}", got=error.got, expected=error.expected,
                         remedy=error.remedy) from None  # fmt: skip


def put_tile(
    job: Job,
    entry: SystemEntry,
    recorded: Recorded,
    tile: Tile,
    found: Mapping[str, np.ndarray] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Any:
    """Put the question of a tile, from what others `found` and with their `settings`; neither in the middle."""
    assert entry.tiling is not None  # the schema says so, and who has none is refused with the run file
    part = recorded.part(tile.part)
    unknown, options = _wanted(job, part)
    options |= dict(settings or {})
    question = entry.tiling.ask(part.frames, _instrument(job, part), unknown, options, tile.center, found)
    return _judged(job, entry, question)


def _instrument(job: Job, recorded: Recorded) -> dict[str, Any]:
    return job.instrument | dict(recorded.pictures)


def _wanted(job: Job, recorded: Recorded) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is unknown, and the options, as a system is given them."""
    unknown = {name: _plain(value) for name, value in job.run.unknown.items() if value is not False}
    options = job.run.estimate.model_dump(exclude_none=True) | {"weights": recorded.weights, "unusual": job.run.unusual}
    return unknown, options | kept_background(recorded)


def _judged(job: Job, entry: SystemEntry, question: Any) -> Any:
    """Return the question with the frames that are kept back to judge its answer."""
    estimate, count = job.run.estimate, held_out(job)
    if estimate.halves and entry.paths["sample"] not in question.unknowns:
        raise InputError("[estimate] halves", got="a sample that is known", expected="an unknown one to compare",
                         remedy="add sample = true to [unknown]")  # fmt: skip
    if count is None:
        return question
    shape, pixels = question.frames.shape, job.schema.holds_out_pixels
    return replace(question, held_out=drawn_pixels(shape, count, estimate.seed) if pixels else every(count, shape[0]))


def held_out(job: Job) -> int | None:
    """Return of how many frames, or pixels, one is left out of the estimate; none where `None`."""
    default: Any = job.schema.defaults.get("held_out")
    return job.run.estimate.held_out or default


def every(count: int, frames: int) -> np.ndarray:
    """Return the numbers of the frames that are held out: each `count`-th, never the first, which often is the middle.

    **Errors:** `InputError` where there are fewer frames than that.
    """
    if count > frames:
        raise InputError("[estimate] held_out", got=f"{count}", expected=f"at most {frames}, the number of frames")
    return np.arange(count - 1, frames, count)


def kept_background(recorded: Recorded) -> dict[str, Any]:
    """Return the background, under its name, where it is the system's to use."""
    return {} if recorded.background is None else {"background": recorded.background}


def resolved(asked: Asked) -> RunFile:
    """Return the run file with every default written out that was taken: run again, it gives the same numbers."""
    run, schema, question = asked.job.run, asked.job.schema, asked.question
    defaults = {key.name: key.default for key in schema.instrument if key.default is not None}
    written = {name: value for name, value in asked.job.written.items() if schema.instrument_key(name)}
    names = {path: name for name, path in asked.entry.paths.items()}
    taken = {names[path]: True for path in question.unknowns if path in names and not run.unknown.get(names[path])}
    tiles = {} if asked.layout is None else {"tile_overlap": asked.layout.least}
    kept = {"held_out": held_out(asked.job)} if held_out(asked.job) else {}
    estimate = run.estimate.model_dump(exclude_none=True) | dict(question.settings) | tiles | kept
    return replace(
        run,
        data=run.data and run.data.model_copy(update={"saturation": asked.recorded.saturation}),
        instrument=defaults | written,
        unknown=run.unknown | taken,
        estimate=EstimateSection.model_validate(estimate),
    )


def _middle(value: Between | Prior) -> float:
    return value.value if isinstance(value, Prior) else 0.5 * (value.low + value.high)


def _plain(value: Unknown) -> object:
    """Return an unknown as the run file writes it, in SI."""
    if isinstance(value, Between):
        return {"between": (value.low, value.high)}
    return {"value": value.value, "std": value.std} if isinstance(value, Prior) else value
