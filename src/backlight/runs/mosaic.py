"""The answers of all tiles as one result: the blended field, the instrument, and how it varies over the field."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backlight import units
from backlight.findings import Exhibit, Findings, PointMap
from backlight.inverse.estimate import Estimate
from backlight.inverse.quality import Quality
from backlight.light import Grid
from backlight.runs.agreement import agreement, leveled
from backlight.runs.ask import Asked
from backlight.runs.parameters import SHOWN
from backlight.runs.residuals import unexplained
from backlight.runs.result import Conclusion
from backlight.runs.tiled import TileAnswer
from backlight.runs.tiles import Layout, blend
from backlight.schema import Key

MICRO = 1e6
APART = 0.2
NOT_ONE = (
    "So they do not show one field: had each enough iterations, are the overlaps wide enough for the defocus, and the "
    "tiles small enough for one pupil and plane waves?"
)
"""Share of the amplitude from which on tiles contradict each other, and what is then said."""


@dataclass(frozen=True)
class _View:
    """The sample over the whole field."""

    values: np.ndarray
    grid: Grid


@dataclass(frozen=True)
class _Numbers:
    """What the tiles found of one unknown: `values`, (tile, ...), in the run file's unit."""

    key: Key
    values: np.ndarray

    @property
    def few(self) -> bool:
        """Whether they stand in `result.json`."""
        return self.values[0].size <= SHOWN and not np.iscomplexobj(self.values)

    def columns(self) -> dict[str, np.ndarray]:
        """Return them as columns of a table."""
        if self.values.ndim == 1:
            return {self.key.name: self.values}
        places = np.ndindex(*self.values.shape[1:])
        return {f"{self.key.name}[{','.join(map(str, place))}]": self.values[:, *place] for place in places}

    def summary(self) -> dict[str, Any]:
        """Return the median over the tiles, and half of what the middle 68 % of them span."""
        low, middle, high = np.percentile(self.values, (16, 50, 84), axis=0)
        return {
            "median": middle.tolist(),
            "spread": (0.5 * (high - low)).tolist(),
            "unit": units.SI.get(self.key.result, ""),
        }


def conclude_tiles(asked: Asked, first: Estimate, answers: Mapping[int, TileAnswer]) -> Conclusion:
    """Return what the tiles tell together; `first` is the estimate of the middle one."""
    layout, tiling = asked.layout, asked.entry.tiling
    assert layout is not None
    assert tiling is not None
    parts = leveled(layout, {number: answer.values for number, answer in answers.items()})
    factors, difference = agreement(layout, parts)
    residuals = unexplained(np.sum([answer.squares for answer in answers.values()], axis=0))
    view = tiling.object_in_view(first.system)
    values = blend(layout, parts, factors)
    nominal = asked.entry.nominal(asked.instrument, (len(asked.recorded.frames), *layout.shape))
    numbers = _numbers(asked, answers)
    told = asked.entry.findings(first, nominal, residuals)
    return Conclusion(
        asked=asked,
        estimate=_together(first, layout, answers),
        view=_View(values, Grid(values.shape, view.grid.pitch)),
        predicted=blend(layout, {number: answer.predicted for number, answer in answers.items()}),
        residuals=residuals,
        trusted=np.sum([answer.trusted for answer in answers.values()], axis=0),
        findings=_findings(told, first, layout, answers, numbers, difference),
        tiles=_summary(layout, answers, numbers, difference),
        table=_table(first, layout, answers, numbers),
    )


def _numbers(asked: Asked, answers: Mapping[int, TileAnswer]) -> list[_Numbers]:
    """Return what varies from tile to tile."""
    last = list(answers.values())[-1].leaves
    names = {path: name for name, path in asked.entry.paths.items()}
    system = asked.question.system
    found = []
    for path in last:
        key, scale = asked.job.schema.unknown_key(names[path]), asked.entry.scale(names[path], system)
        if key is not None:
            found.append(_Numbers(key, np.stack([answer.leaves[path] * scale for answer in answers.values()])))
    return found


def _together(first: Estimate, layout: Layout, answers: Mapping[int, TileAnswer]) -> Estimate:
    """Return the estimate of the middle tile with the effort and the quality of all."""
    diverged = [n for n, answer in answers.items() if answer.status == "diverged"]
    lost = f" Diverged: {_corners(layout, diverged)}." if diverged else ""
    return replace(
        first,
        status="diverged" if diverged else first.status,
        stop_reason=f"{len(answers)} of {len(layout.tiles)} tiles are done.{lost} In the middle: {first.stop_reason}",
        iterations=sum(answer.iterations for answer in answers.values()),
        seconds=sum(answer.seconds for answer in answers.values()),
        compile_seconds=sum(answer.compile_seconds for answer in answers.values()),
        quality=_quality([answer.quality for answer in answers.values()]),
    )


def _quality(tiles: list[Quality]) -> Quality:
    """Return the root mean square residual, the mean χ², and the worst of the rest."""
    chi2 = [q.reduced_chi2 for q in tiles if q.reduced_chi2 is not None]
    return Quality(
        float(np.sqrt(np.mean([q.nrmse_amplitude**2 for q in tiles]))),
        float(np.mean(chi2)) if chi2 else None,
        max(q.autocorrelation for q in tiles),
        all(q.white for q in tiles),
    )


def _summary(
    layout: Layout, answers: Mapping[int, TileAnswer], numbers: list[_Numbers], difference: float
) -> dict[str, Any]:
    """Return what `result.json` tells of the tiles."""
    return {
        "count": list(layout.counts),
        "shape": list(layout.shape),
        "overlap": list(layout.overlap),
        "done": len(answers),
        "missing": [list(tile.corner) for number, tile in enumerate(layout.tiles) if number not in answers],
        "difference": None if np.isnan(difference) else difference,
        "parameters": {each.key.name: each.summary() for each in numbers if each.few},
    }


def _table(first: Estimate, layout: Layout, answers: Mapping[int, TileAnswer], numbers: list[_Numbers]) -> str:
    """Return a line for each tile: where it is, how well it fits, and what it found, in SI, as CSV."""
    columns = {name: values for each in numbers if not np.iscomplexobj(each.values)
               for name, values in each.columns().items()}  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "column", "y", "x", "status", "iterations", "nrmse_amplitude", *columns])
    places = _places(first, layout, answers)
    for line, (number, answer) in enumerate(answers.items()):
        found = [f"{float(values[line]):.7g}" for values in columns.values()]
        where = [f"{place:.7g}" for place in places[line]]
        writer.writerow([*layout.tiles[number].corner, *where, answer.status, answer.iterations,
                         f"{answer.nrmse_amplitude:.7g}", *found])  # fmt: skip
    return text.getvalue()


def _places(first: Estimate, layout: Layout, answers: Mapping[int, TileAnswer]) -> np.ndarray:
    """Return where the tiles' centers lie, (y, x) from the middle of the field, m."""
    centers = np.asarray([layout.tiles[number].center for number in answers], float)
    return centers * np.asarray(first.system.camera_grid().pitch, float)


def _findings(
    told: Findings,
    first: Estimate,
    layout: Layout,
    answers: Mapping[int, TileAnswer],
    numbers: list[_Numbers],
    difference: float,
) -> Findings:
    """Add the tiles to what the middle one tells."""
    arrays = {f"tiles_{each.key.name}": each.values for each in numbers if np.iscomplexobj(each.values)}
    exhibits = [_exhibit(_places(first, layout, answers), answers, numbers)] if len(answers) > 1 else []
    return replace(
        told,
        arrays={**told.arrays, **arrays},
        exhibits=(*told.exhibits, *exhibits),
        notes=(*told.notes, *_notes(layout, answers, difference)),
    )


def _notes(layout: Layout, answers: Mapping[int, TileAnswer], difference: float) -> list[str]:
    notes = [f"The field was taken apart into {layout.words}. What the whole panel shares was found in the middle one, "
             "whose parameters and error bars these are; tiles.csv has those of each."]  # fmt: skip
    if not np.isnan(difference):
        apart = f" {NOT_ONE}" if difference > APART else ""
        notes.append(f"Where two tiles overlap they differ by {difference:.2g} of the amplitude, each tilted and "
                     "curved to agree with its neighbors: slope and curvature of the whole are the middle one's."
                     + apart)  # fmt: skip
    missing = [number for number in range(len(layout.tiles)) if number not in answers]
    return notes + ([f"Blank, for they are not done: {_corners(layout, missing)}."] if missing else [])


def _corners(layout: Layout, numbers: list[int]) -> str:
    """Name tiles by their first row and column."""
    shown = ", ".join("({}, {})".format(*layout.tiles[number].corner) for number in numbers[:SHOWN])
    return f"the tiles that begin at (row, column) {shown}" + (", …" if len(numbers) > SHOWN else "")


def _exhibit(places: np.ndarray, answers: Mapping[int, TileAnswer], numbers: list[_Numbers]) -> Exhibit:
    maps = [PointMap(each.key.name, places, *_shown(each)) for each in numbers if each.values.ndim == 1]
    residual = np.asarray([answer.nrmse_amplitude for answer in answers.values()])
    return Exhibit(
        "tiles",
        "What was found in each tile, at its center in the sample's plane.",
        (*maps, PointMap("residual by tile", places, residual, "‖√y − √ŷ‖ / ‖√y‖")),
    )


def _shown(each: _Numbers) -> tuple[np.ndarray, str]:
    """Return values for the eye, and their label."""
    if each.key.result == "length":
        return each.values * MICRO, f"{each.key.name} (µm)"
    return each.values, each.key.name
