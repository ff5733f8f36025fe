"""The result folder: what a finished run leaves."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backlight import units
from backlight.findings import Exhibit, Findings, to_arrays
from backlight.io import write_json, write_npy, write_ome_zarr
from backlight.io.runmodel import Between
from backlight.runs import machine
from backlight.runs.ask import Asked, kept_background
from backlight.runs.folder import CLASSIC, CLASSIC_FOUND, PICTURES, RESULT, SCHEMA_VERSION, SYSTEM, write_system
from backlight.runs.nominal import Nominal, pixel_notes, pixel_quality
from backlight.runs.parameters import OBJECT, array_file, parameter_table, traced
from backlight.runs.quality import (
    RINGS,
    Compared,
    quality_notes,
    quality_table,
    rings_exhibit,
    rings_table,
    trusted_weights,
    with_own_gains,
)
from backlight.runs.residuals import squares, unexplained
from backlight.runs.workspace import CHECKPOINT, LOG, RUN_FILE, Workspace

TILES = "tiles.csv"


@dataclass(frozen=True)
class Conclusion:
    """An estimate and what follows from it.

    **Attributes:** `view`, the sample in the frame's field of view with its grid; `predicted`, the frame that is shown
    as the estimate explains it; `residuals`, ‖√y − √ŷ‖/‖√y‖ of each frame; `trusted`, `residuals.squares` of each over
    what is trusted; `findings` of the system; `compared`, the pictures of two halves of the frames, where the run asks
    for them; `nominal`, the answer with the instrument as written, and `pixels`, figures of merit of pixels held out,
    where there are any; `tiles`, what `result.json` tells of them, and the `table` of what each found, where there are
    any.
    """

    asked: Asked
    estimate: Any
    view: Any
    predicted: np.ndarray
    residuals: np.ndarray
    trusted: np.ndarray
    findings: Findings
    compared: Compared | None = None
    nominal: Nominal | None = None
    pixels: Mapping[str, float | None] = field(default_factory=dict)
    tiles: dict[str, Any] | None = None
    table: str | None = None

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """What the report shows beside the pictures that every report has."""
        return self.findings.exhibits + (() if self.compared is None else (rings_exhibit(self.compared),))


def conclude(
    asked: Asked, estimate: Any, compared: Compared | None = None, written: Nominal | None = None
) -> Conclusion:
    """Return what an estimate tells."""
    recorded = asked.recorded
    predicted = with_own_gains(asked, np.asarray(estimate.system.predict().values))
    residuals = unexplained(squares(recorded.frames, predicted, recorded.weights))
    nominal = asked.entry.nominal(asked.instrument, recorded.frames.shape)
    return Conclusion(
        asked=asked,
        estimate=estimate,
        view=asked.entry.object_in_view(estimate.system),
        predicted=predicted[asked.brightest],
        residuals=residuals,
        trusted=squares(recorded.frames, predicted, trusted_weights(asked)),
        findings=asked.entry.findings(estimate, nominal, residuals),
        compared=compared,
        nominal=written,
        pixels=pixel_quality(asked, predicted, written),
    )


def result_table(conclusion: Conclusion, seconds: float, interrupted: bool, run_id: str) -> dict[str, Any]:
    """Return the content of `result.json`."""
    asked, estimate, findings = conclusion.asked, conclusion.estimate, conclusion.findings
    view, quality, compared = conclusion.view, estimate.quality, conclusion.compared
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_id,
        "system": asked.job.run.system,
        "parameters": parameter_table(asked, estimate, tuple(findings.arrays)),
        "data_fit": {
            "nrmse_amplitude": quality.nrmse_amplitude,
            "reduced_chi2": quality.reduced_chi2,
            "autocorrelation": quality.autocorrelation,
            "white": bool(quality.white),
            **quality_table(asked, conclusion.trusted, compared),
            **conclusion.pixels,
        },
        "found": dict(findings.numbers),
        "stop": {
            "status": estimate.status,
            "reason": estimate.stop_reason,
            "iterations": estimate.iterations,
            "interrupted": interrupted,
        },
        "uncertainty": _uncertainty(asked, estimate),
        "object": {"shape": list(view.values.shape), "pixel_size": [rounded(p) for p in view.grid.pitch], "unit": "m"},
        "frames": {
            "shape": list(asked.recorded.frames.shape),
            "nrmse_amplitude": conclusion.residuals.tolist(),
            "shown": asked.brightest,
        },
        **({} if compared is None else {RINGS: rings_table(compared)}),
        "tiles": conclusion.tiles,
        "notes": [
            *_notes(asked, estimate),
            *findings.notes,
            *quality_notes(asked, compared),
            *pixel_notes(conclusion.pixels),
        ],
        "warnings": list(asked.warnings),
        "contradictions": list(asked.question.contradictions),
        "timing": {"seconds": seconds, "solver_seconds": estimate.seconds, "compile_seconds": estimate.compile_seconds},
        "peak_memory_bytes": machine.peak_memory(),
        "device": machine.device(),
        "seed": asked.job.run.estimate.seed,
        "versions": machine.versions(),
        "inputs": list(asked.recorded.sources),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _uncertainty(asked: Asked, estimate: Any) -> dict[str, Any] | None:
    bars = estimate.uncertainty
    if bars is None:
        return None
    names = [in_words(name, asked) for name in bars.names]
    told = [in_words(sentence, asked) for sentence in bars.sentences]
    return {"names": names, "correlation": np.asarray(bars.correlation).tolist(), "weakest": told}


def _notes(asked: Asked, estimate: Any) -> list[str]:
    """Return what was known and assumed, each sentence once, in the words of the run file."""
    return list(dict.fromkeys(in_words(note, asked) for note in (*asked.question.notes, *estimate.notes)))


def in_words(text: str, asked: Asked) -> str:
    """Say a sentence about leaves in SI with the names of the run file, and its bounds in the units a person reads."""
    for knowledge, bounds in _bounds(asked):
        text = text.replace(knowledge, bounds)
    for name, path in sorted(asked.entry.paths.items(), key=lambda item: -len(item[1])):
        text = text.replace(path, name)
    return text


def _bounds(asked: Asked) -> Iterator[tuple[str, str]]:
    """Yield how the unknowns word their bounds, which are those of a leaf, and how the run file would."""
    for name, wanted in asked.job.run.unknown.items():
        key, unknown = asked.job.schema.unknown_key(name), asked.question.unknowns.get(asked.entry.paths.get(name))
        if key and unknown and isinstance(wanted, Between):
            low, high = (units.format_quantity(v, key.dimension, digits=6) for v in (wanted.low, wanted.high))
            yield unknown.knowledge, f"between {low} and {high}"


def build_result(
    conclusion: Conclusion, table: dict[str, Any], workspace: Workspace, *, unfinished: bool
) -> Callable[[Path], None]:
    """Return a function that fills the result folder."""
    estimate = conclusion.estimate

    def build(folder: Path) -> None:
        write_json(folder / RESULT, table)
        shutil.copyfile(workspace.folder / RUN_FILE, folder / RUN_FILE)
        _write_object(folder, conclusion.view)
        _write_arrays(folder, conclusion, table["parameters"])
        if conclusion.table is not None:
            (folder / TILES).write_text(conclusion.table, encoding="utf-8")
        (folder / SYSTEM).mkdir()
        write_system(folder / SYSTEM, estimate.system)
        _write_pictures(folder / PICTURES, conclusion)
        _write_report(folder)
        workspace.log("finished", status=estimate.status, reason=estimate.stop_reason)
        shutil.copyfile(workspace.folder / LOG, folder / LOG)
        (folder / CHECKPOINT).mkdir()
        if unfinished and workspace.checkpoints.is_dir():
            shutil.copytree(workspace.checkpoints, folder / CHECKPOINT, dirs_exist_ok=True)

    return build


def rounded(value: Any) -> float:
    """Return a float32 number as the short decimal it stands for: 5e-06, not 4.999999873689376e-06."""
    return float(f"{float(value):.7g}")


def _write_object(folder: Path, view: Any) -> None:
    values = _single(view.values)
    write_npy(folder / OBJECT, values)
    field = np.iscomplexobj(values)
    channels = {"amplitude": np.abs(values), "phase": np.angle(values)} if field else {"irradiance": values}
    write_ome_zarr(folder / "object.ome.zarr", channels, rounded(np.mean(np.abs(view.grid.pitch))))


def _single(values: Any) -> np.ndarray:
    """Return an object in single precision: a field, or an irradiance."""
    values = np.asarray(values)
    return values.astype(np.complex64 if np.iscomplexobj(values) else np.float32)


def _write_arrays(folder: Path, conclusion: Conclusion, parameters: dict[str, dict[str, Any]]) -> None:
    """Write what the system found, and each unknown that is too large for the table, as files of their own."""
    files = {row["file"]: name for name, row in parameters.items() if row.get("file")}
    given = {array_file(name): values for name, values in conclusion.findings.arrays.items()}
    paths, estimate = conclusion.asked.entry.paths, conclusion.estimate
    leaves = {file: np.asarray(estimate.value(paths[n])) for file, n in files.items() if file not in given}
    for file, values in (leaves | given).items():
        if file != OBJECT:
            write_npy(folder / file, values)


def _write_pictures(path: Path, conclusion: Conclusion) -> None:
    """Keep what the report shows, so that it can be drawn again without the inputs."""
    asked, estimate, shown = conclusion.asked, conclusion.estimate, conclusion.asked.brightest
    arrays = {f"history.{name}": trace for name, trace in traced(asked, estimate.history).items()}
    arrays["frame"] = asked.recorded.frames[shown]
    arrays["predicted"] = conclusion.predicted
    arrays["frame_pitch"] = np.asarray([rounded(p) for p in np.asarray(estimate.system.camera_grid().pitch)])
    arrays |= to_arrays(conclusion.exhibits)
    if conclusion.nominal is not None:
        arrays[CLASSIC] = _single(conclusion.nominal.view.values)
    arrays |= _classics(asked, estimate)
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _classics(asked: Asked, estimate: Any) -> dict[str, np.ndarray]:
    """Return the object by the classic method, where there is one."""
    method = asked.entry.classic
    if method is None:
        return {}
    frames, kept = asked.recorded.frames, kept_background(asked.recorded)
    found = {name: method(frames, instrument, **kept) for name, instrument in _instruments(asked, estimate).items()}
    return {name: np.asarray(u).astype(np.complex64) for name, u in found.items() if u is not None}


def _instruments(asked: Asked, estimate: Any) -> dict[str, dict[str, Any]]:
    """Return the instrument as the user wrote it and, where its distance is another, as it was found.

    None for a field in tiles: the classic method would take it as a whole, and the memory for it.
    """
    if asked.layout is not None:
        return {}
    written, table = asked.instrument, parameter_table(asked, estimate)
    found = {key.name: table[key.name] for key in asked.job.schema.instrument if key.name in table}
    numbers = {
        n: row["value"] for n, row in found.items() if row["status"] == "estimated" and isinstance(row["value"], float)
    }
    return {CLASSIC: written} | ({CLASSIC_FOUND: written | numbers} if "distance" in numbers else {})


def _write_report(folder: Path) -> None:
    from backlight.report import write_figures, write_page
    from backlight.runs.rendering import content_of

    content = content_of(folder)
    write_page(folder / "report.html", content)
    write_figures(folder / "figures", content)
