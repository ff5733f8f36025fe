"""Draw the report of a result folder, now or years later: from its own files alone."""

from pathlib import Path
from typing import Any

import numpy as np

from backlight import units
from backlight.errors import InputError
from backlight.findings import from_arrays
from backlight.io import commit_file, read_manifest
from backlight.report import Content, write_figures
from backlight.report.page import page
from backlight.runs.folder import CLASSIC, CLASSIC_FOUND, PICTURES, read_result
from backlight.runs.parameters import report_rows
from backlight.systems import catalogue


def render(result: str | Path, out: str | Path | None = None, *, figures: str | Path | None = None) -> Path:
    """Draw the report of a result folder again.

    **Arguments:** `result`; `out`, the HTML file, `report.html` beside the folder (`RESULT-report.html`) by default,
    because a finished result is never changed; `figures`, a folder for PNG and SVG files.
    """
    result = Path(result)
    read_manifest(result)
    content = content_of(result)
    out = Path(out) if out is not None else result.with_name(f"{result.resolve().name}-report.html")
    if out.resolve().is_relative_to(result.resolve()):
        raise InputError(str(out), got="a place inside the result", expected="a place outside: a result stays as it is")
    if figures is not None:
        write_figures(figures, content)
    return commit_file(out, page(content).encode())


def content_of(folder: Path) -> Content:
    """Return what a report shows of a result folder."""
    result, arrays = read_result(folder), _arrays(folder / PICTURES)
    stop, pitch = result["stop"], arrays["frame_pitch"]
    weakest = (result["uncertainty"] or {}).get("weakest", [])
    return Content(
        title=f"{result['system']}: {_input_name(result)}",
        status=stop["status"],
        reason=stop["reason"],
        frame=arrays["frame"],
        predicted=arrays["predicted"],
        object=np.load(folder / "object.npy", allow_pickle=False),
        classics=_classics(
            catalogue.find(result["system"]).schema.classic, arrays, result["parameters"].get("distance", {})
        ),
        object_pitch=tuple(result["object"]["pixel_size"]),
        frame_pitch=(float(pitch[0]), float(pitch[1])),
        parameters=report_rows(result["parameters"], _dimensions(result["system"])),
        frame_number=_shown(result),
        exhibits=from_arrays(arrays),
        history={k.removeprefix("history."): v for k, v in arrays.items() if k.startswith("history.")},
        fit=result["data_fit"] | result.get("found", {}),
        notes=(*(note for note in result["notes"] if note not in weakest), *result["warnings"]),
        warnings=(*_unfinished(stop), *result.get("contradictions", ()), *weakest),
        facts=_facts(result),
    )


def _shown(result: dict[str, Any]) -> int | None:
    """Return the number of the frame that is shown, where there are several."""
    frames = result["frames"]
    return frames.get("shown") if frames["shape"][0] > 1 else None


def _classics(name: str, arrays: dict[str, np.ndarray], distance: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the classic reconstructions by the distance that each one took."""
    found = distance.get("value")
    took = {CLASSIC: (distance.get("start", found), "as written"), CLASSIC_FOUND: (found, "as found")}
    return {name + _way(*took[file]): arrays[file] for file in took if file in arrays}


def _way(distance: float | None, origin: str) -> str:
    return "" if distance is None else f" over {units.format_length(distance, digits=5)}, {origin}"


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _dimensions(system: str) -> dict[str, str]:
    schema = catalogue.find(system).schema
    return {key.name: key.result for key in (*schema.instrument, *schema.unknown)}


def _unfinished(stop: dict[str, Any]) -> tuple[str, ...]:
    if stop["interrupted"]:
        return ("This run was interrupted: what is shown is the best state it had reached.",)
    if stop["status"] == "diverged":
        return ("This run diverged: what is shown is its last finite state, not an answer.",)
    return ()


def _input_name(result: dict[str, Any]) -> str:
    return Path(result["inputs"][0]["path"]).name if result["inputs"] else "no input"


def _facts(result: dict[str, Any]) -> dict[str, str]:
    timing = result["timing"]
    facts = {name: str(value) for name, value in result["versions"].items()}
    facts["iterations"] = str(result["stop"]["iterations"])
    facts["time"] = f"{timing['seconds']:.1f} s, of which {timing['compile_seconds']:.1f} s compiling"
    facts["peak memory"] = f"{result['peak_memory_bytes'] / 1e9:.2f} GB"
    facts["device"], facts["seed"] = result["device"], str(result["seed"])
    size = " × ".join(units.format_length(abs(p)) for p in result["object"]["pixel_size"])
    facts["object"] = f"{' × '.join(map(str, result['object']['shape']))} pixels of {size}"
    facts["finished"] = result["finished"]
    return facts | {f"input {s['path']}": f"SHA-256 {s['sha256']}" for s in result["inputs"]}
