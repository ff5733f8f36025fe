"""From a run file to a question: the system of the catalogue, the frames, what is known and what is not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backlight.io import load
from backlight.io.runmodel import Between, Prior, RunFile, Unknown
from backlight.runs.data import Recorded, read_recorded
from backlight.schema import SystemSchema
from backlight.systems import catalogue


@dataclass(frozen=True)
class Job:
    """A run file that has been read: what it says, and the system it names."""

    run: RunFile
    listing: catalogue.Listing

    @property
    def schema(self) -> SystemSchema:
        """The system's run-file schema."""
        return self.listing.schema


@dataclass(frozen=True)
class Asked:
    """A question and what it was made of.

    **Attributes:** `entry`, the system; `question`, with `answer()`; `recorded`, the frames.
    """

    job: Job
    entry: Any
    question: Any
    recorded: Recorded


def read_job(path: str | Path) -> Job:
    """Read and check a run file."""
    run = load(path, catalogue.all_schemas())
    return Job(run, catalogue.find(run.system))


def ask(job: Job, *, trusted: bool = False) -> Asked:
    """Read the frames and put the question."""
    recorded = read_recorded(job.run, trusted=trusted)
    entry = job.listing.load()
    unknown = {name: _plain(value) for name, value in job.run.unknown.items() if value is not False}
    options = job.run.estimate.model_dump(exclude_none=True) | {"weights": recorded.weights}
    question = entry.ask(recorded.frames, dict(job.run.instrument), unknown, options)
    return Asked(job, entry, question, recorded)


def _plain(value: Unknown) -> object:
    """Return an unknown as the run file writes it, in SI."""
    if isinstance(value, Between):
        return {"between": (value.low, value.high)}
    return {"value": value.value, "std": value.std} if isinstance(value, Prior) else value
