"""From a run file to a question: the system of the catalogue, the frames, what is known and what is not."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backlight.errors import InputError
from backlight.io import load
from backlight.io.runmodel import Between, EstimateSection, Prior, RunFile, Unknown
from backlight.runs.data import Recorded, read_recorded
from backlight.schema import SystemSchema
from backlight.systems import catalogue
from backlight.systems.entry import SystemEntry


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
    def instrument(self) -> dict[str, Any]:
        """What the user wrote of the instrument; of what is only known between bounds or by a prior, the middle."""
        middle = {name: _middle(value) for name, value in self.run.unknown.items() if not isinstance(value, bool)}
        return middle | dict(self.run.instrument)


@dataclass(frozen=True)
class Asked:
    """A question and what it was made of.

    **Attributes:** `entry`, the system; `question`, with `answer()`; `recorded`, the frames.
    """

    job: Job
    entry: SystemEntry
    question: Any
    recorded: Recorded

    @property
    def geometry(self) -> Any:
        """What the run file says of the instrument, beside the frames; None where the system does not judge it."""
        judge = self.entry.geometry
        return None if judge is None else judge(self.job.instrument, self.recorded.frames.shape)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd in the frames, or in the geometry unless the user calls it so."""
        usual = self.geometry is not None and "distance" not in self.job.run.unusual
        advice = self.geometry.advice() if self.geometry and usual else ""
        return (*([advice] if advice else []), *self.recorded.warnings)


def read_job(path: str | Path) -> Job:
    """Read and check a run file."""
    run = load(path, catalogue.all_schemas())
    return Job(run, catalogue.find(run.system))


def ask(job: Job, *, trusted: bool = False) -> Asked:
    """Read the frames and put the question."""
    recorded = read_recorded(job.run, trusted=trusted, divide=job.schema.divides_background)
    _refuse_stack(job, recorded)
    entry = job.listing.load()
    return Asked(job, entry, put(job, entry, recorded), recorded)


def _refuse_stack(job: Job, recorded: Recorded) -> None:
    count = len(recorded.frames)
    if job.schema.one_frame and count > 1:
        raise InputError(f"[data] frames {recorded.sources[0]['path']}", got=f"{count} frames",
                         expected=f"one: {job.run.system} reconstructs a single frame",
                         remedy=f"add frame = 0 to [data], or another number up to {count - 1}")  # fmt: skip


def put(job: Job, entry: SystemEntry, recorded: Recorded) -> Any:
    """Put the question of a job to frames."""
    unknown = {name: _plain(value) for name, value in job.run.unknown.items() if value is not False}
    options = job.run.estimate.model_dump(exclude_none=True) | {"weights": recorded.weights} | kept_background(recorded)
    return entry.ask(recorded.frames, job.instrument, unknown, options)


def kept_background(recorded: Recorded) -> dict[str, Any]:
    """Return the background, under its name, where it is the system's to use."""
    return {} if recorded.background is None else {"background": recorded.background}


def resolved(asked: Asked) -> RunFile:
    """Return the run file with every default written out that was taken: run again, it gives the same numbers."""
    run, schema, question = asked.job.run, asked.job.schema, asked.question
    defaults = {key.name: key.default for key in schema.instrument if key.default is not None}
    written = {name: value for name, value in asked.job.instrument.items() if schema.instrument_key(name)}
    names = {path: name for name, path in asked.entry.paths.items()}
    taken = {names[path]: True for path in question.unknowns if path in names and not run.unknown.get(names[path])}
    estimate = run.estimate.model_dump(exclude_none=True) | dict(question.settings)
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
