"""A field that is asked about tile by tile: the middle one first, the others from what it and a neighbor found."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from backlight.inverse.drive import Progress
from backlight.inverse.estimate import Estimate
from backlight.inverse.quality import Quality
from backlight.inverse.tree import get_leaf
from backlight.runs.ask import Asked, put_tile
from backlight.runs.checkpoint import Arrays, FileCheckpoint
from backlight.runs.interruption import ended_by_itself
from backlight.runs.quality import trusted_weights, with_own_gains
from backlight.runs.residuals import squares
from backlight.runs.tiles import Tile

LEAF = "leaf."
Hear = Callable[[Progress], None]


@dataclass(frozen=True)
class TileAnswer:
    """What one tile told, as arrays that a run can keep.

    **Attributes:** `values`, the sample in view; `predicted`, the frame that is shown; `squares` of all frames, see
    `residuals.squares`, and `trusted`, those over what is trusted; `leaves`, path → value of what was unknown beside
    the sample, in the units of the recorded frames; `nrmse_amplitude`, `reduced_chi2`, NaN where there is none, and
    `autocorrelation` and `white` of `Quality`; the rest as of `Estimate`.
    """

    values: Complex[np.ndarray, "y x"]
    predicted: Float[np.ndarray, "y x"]
    squares: Float[np.ndarray, "2 frame"]
    trusted: Float[np.ndarray, "2 frame"]
    leaves: Mapping[str, np.ndarray]
    nrmse_amplitude: float
    reduced_chi2: float
    autocorrelation: float
    white: bool
    status: str
    iterations: int
    seconds: float
    compile_seconds: float

    @property
    def quality(self) -> Quality:
        """How well the model explains the frames of the tile."""
        chi2 = None if np.isnan(self.reduced_chi2) else self.reduced_chi2
        return Quality(self.nrmse_amplitude, chi2, self.autocorrelation, self.white)

    def arrays(self) -> Arrays:
        """Return everything as arrays, for a file."""
        plain = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self) if field.name != "leaves"}
        return plain | {LEAF + path: np.asarray(value) for path, value in self.leaves.items()}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> "TileAnswer":
        """Return the answer that `arrays` described, to the bit."""
        leaves = {name.removeprefix(LEAF): value for name, value in arrays.items() if name.startswith(LEAF)}
        plain = {name: value for name, value in arrays.items() if not name.startswith(LEAF)}
        told: dict[str, Any] = {name: value if value.ndim else value.item() for name, value in plain.items()}
        return cls(leaves=leaves, **told)


@dataclass(frozen=True)
class Work:
    """What the tiles of a run share.

    **Arguments:** `keeper`, number of a tile → where its state and its answer are kept; `hear` is told of progress;
    `log` takes an event and its facts; `asked_to_stop` tells whether the user wants the run to end; `deadline` on the
    clock `time.perf_counter`, if any.
    """

    keeper: Callable[[int], FileCheckpoint]
    hear: Hear
    log: Callable[..., None]
    asked_to_stop: Callable[[], bool]
    deadline: float | None

    @property
    def seconds(self) -> float | None:
        """Seconds that are left, `None` where there is no limit."""
        return None if self.deadline is None else max(self.deadline - time.perf_counter(), 0.0)


def answer_tiles(asked: Asked, first: Estimate, work: Work) -> dict[int, TileAnswer]:
    """Return the answers of the tiles that are done, by number; that of the middle one even if it is not.

    Each tile is answered once: its answer is kept, and the state of one that was stopped, so that a later process goes
    on with it.
    """
    answers = {0: _told(asked, asked.question, 0, first)}
    numbers = range(1, len(_tiles(asked)) if ended_by_itself(asked.question, first) else 1)
    for number in numbers:
        keeper = work.keeper(number)
        kept = keeper.answer()
        if kept is None:
            kept = _answered(asked, answers, number, keeper, work)
        if kept is None:
            break
        answers[number] = TileAnswer.of(kept)
    return answers


def counted(hear: Hear, number: int, count: int) -> Hear:
    """Return a callback that says which tile it is, and how long all will take if the others take as long."""

    def told(progress: Progress) -> None:
        left = progress.seconds_left + (count - number - 1) * (progress.seconds + progress.seconds_left)
        hear(replace(progress, part=f"tile {number + 1} of {count}", seconds_left=left))

    return told


def _answered(
    asked: Asked, answers: Mapping[int, TileAnswer], number: int, keeper: FileCheckpoint, work: Work
) -> Arrays | None:
    """Return the answer of a tile, or None if it was stopped; its state is then kept."""
    if work.asked_to_stop() or work.seconds == 0:
        return None
    question = _begun(asked, answers, number, keeper)
    hear = counted(work.hear, number, len(_tiles(asked)))
    try:
        estimate = question.answer(callback=hear, checkpoint=keeper, time_limit=work.seconds, error_bars=False)
    except KeyboardInterrupt:
        keeper.flush()
        raise
    if not ended_by_itself(question, estimate):
        keeper.flush()
        return None
    told = _told(asked, question, number, estimate)
    keeper.settle(told.arrays())
    work.log("tile", number=number, corner=_tiles(asked)[number].corner, status=told.status,
             nrmse_amplitude=told.nrmse_amplitude, seconds=told.seconds,
             compile_seconds=told.compile_seconds)  # fmt: skip
    return told.arrays()


def _begun(asked: Asked, answers: Mapping[int, TileAnswer], number: int, keeper: FileCheckpoint) -> Any:
    """Put the question of a tile, from what the middle one found and the nearest that is done."""
    assert asked.layout is not None
    tile = asked.layout.tiles[number]
    found = {**answers[0].leaves, **answers[asked.layout.nearest(tile, answers)].leaves}
    question = put_tile(asked.job, asked.entry, asked.recorded, tile, found, asked.question.settings)
    return question.begun(keeper.start(question.look))


def _told(asked: Asked, question: Any, number: int, estimate: Estimate) -> TileAnswer:
    assert asked.entry.tiling is not None
    part = asked.recorded.part(_tiles(asked)[number].part)
    alone, quality = replace(asked, question=question, recorded=part), estimate.quality
    predicted = with_own_gains(alone, np.asarray(estimate.system.predict().values))
    view = asked.entry.tiling.object_in_view(estimate.system)
    beside = [path for path in question.unknowns if path != asked.entry.paths["sample"]]
    return TileAnswer(
        values=np.asarray(view.values).astype(np.complex64),
        predicted=predicted[asked.brightest],
        squares=squares(part.frames, predicted, part.weights),
        trusted=squares(part.frames, predicted, trusted_weights(alone)),
        leaves={path: np.asarray(get_leaf(estimate.system, path)) for path in beside},
        nrmse_amplitude=quality.nrmse_amplitude,
        reduced_chi2=float("nan") if quality.reduced_chi2 is None else quality.reduced_chi2,
        autocorrelation=quality.autocorrelation,
        white=quality.white,
        status=estimate.status,
        iterations=estimate.iterations,
        seconds=estimate.seconds,
        compile_seconds=estimate.compile_seconds,
    )


def _tiles(asked: Asked) -> tuple[Tile, ...]:
    return () if asked.layout is None else asked.layout.tiles
