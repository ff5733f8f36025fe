"""The parameters of a result under their run-file names, in SI."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backlight import units
from backlight.inverse.tree import leaf_paths
from backlight.report import Parameter
from backlight.runs.ask import Asked
from backlight.schema import Key

OBJECT, SAMPLE = "object.npy", "sample"
SHOWN = 16
"""More numbers than this have no line each in the report."""

MANY = 1000
"""Unknowns of more real numbers, and complex ones, are told by the name of a file."""


def array_file(name: str) -> str:
    """Return the file of the result folder that an array lies in."""
    return f"{name}.npy"


def parameter_table(asked: Asked, estimate: Any, own: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Return name → value, unit, std, status and start of every parameter the run file can name.

    Images, and the arrays that the system tells by themselves, `own`, are told by shape and file.
    """
    schema = asked.job.schema
    keys = {key.name: key for key in (*schema.unknown, *schema.instrument)}
    keys |= {key.name: key for key in schema.unknown}
    rows = {name: _row(asked, estimate, key, name in own) for name, key in keys.items()}
    return {name: row for name, row in rows.items() if row is not None}


def _row(asked: Asked, estimate: Any, key: Key, in_file: bool) -> dict[str, Any] | None:
    run, path = asked.job.run, asked.entry.paths.get(key.name)
    told = asked.job.schema.instrument_key(key.name)
    written = run.instrument.get(key.name, told.default if told else None)
    if run.unknown.get(key.name, False) is False:
        if written is None:
            return None
        written = str(written) if isinstance(written, Path) else written
        return {"value": written, "unit": units.SI.get(key.dimension, ""), "std": None, "status": "fixed"}
    if path is None or path not in leaf_paths(estimate.system):
        return None
    value, std = estimate.value(path), estimate.std(path)
    unit, scale = units.SI.get(key.result, ""), asked.entry.scale(key.name, estimate.system)
    held = _held(asked, path, value)
    if in_file or key.name == SAMPLE or np.size(value) > MANY or np.iscomplexobj(value):
        file = OBJECT if key.name == SAMPLE else array_file(key.name)
        return {"value": None, "file": file, "unit": unit, "std": None, "status": "fixed" if held else "estimated"}
    if held:
        return {"value": _number(value, scale), "unit": unit, "std": None, "status": "fixed"}
    start = asked.job.written.get(key.name, _number(leaf_paths(estimate.initial)[path], scale))
    start = _number(leaf_paths(estimate.initial)[path], scale) if isinstance(start, Path) else start
    value, std = _alike(_number(value, scale), _number(std, abs(scale)))
    return {"value": value, "unit": unit, "std": std, "status": "estimated", "start": start}


def _held(asked: Asked, path: str, value: Any) -> bool:
    """Tell whether the method kept as it was written what was asked for: no unknown, nor found by the first look."""
    if path in asked.question.unknowns:
        return False
    nominal = asked.entry.nominal(asked.instrument, asked.recorded.frames.shape)
    written = leaf_paths(asked.question.finish(nominal, asked.question.brightness)).get(path)
    return written is not None and np.allclose(np.asarray(value), np.asarray(written), rtol=1e-6, atol=0)


def _number(value: Any, scale: float) -> Any:
    """Return a number, or a list of them; a pitch with two equal sides is one number."""
    if value is None:
        return None
    values = np.asarray(value, float) * scale
    if values.size and np.all(values == values.flat[0]) and values.size <= 2:
        return float(values.flat[0])
    return values.tolist()


def _alike(value: Any, std: Any) -> tuple[Any, Any]:
    """Return both as lists where one is: two equal numbers may well be known differently well."""
    if isinstance(value, list) == isinstance(std, list) or std is None:
        return value, std
    count = len(value if isinstance(value, list) else std)
    return _listed(value, count), _listed(std, count)


def traced(asked: Asked, traces: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers by path, single ones or traces, by the names and in the units of the run file."""
    names, found = {path: name for name, path in asked.entry.paths.items()}, {}
    for path, values in traces.items():
        scale = asked.entry.scale(names[path], asked.question.system) if path in names else 1.0
        found[str(names.get(path, path))] = np.asarray(values, float) * scale
    return found


def report_rows(table: dict[str, dict[str, Any]], dimensions: dict[str, str]) -> tuple[Parameter, ...]:
    """Turn the table of `result.json` into rows of the report."""
    return tuple(row for name, entry in table.items() for row in _rows(name, entry, dimensions.get(name, "")))


def _rows(name: str, entry: dict[str, Any], dimension: str) -> list[Parameter]:
    estimated = entry["status"] == "estimated"
    if isinstance(entry["value"], list) and (np.ndim(entry["value"]) > 1 or np.size(entry["value"]) > SHOWN):
        return [Parameter(name, dimension, None, None, None, estimated, _summary(entry["value"], dimension))]
    if isinstance(entry["value"], list):
        count = len(entry["value"])
        start, std = _listed(entry.get("start"), count), _listed(entry["std"], count)
        return [
            Parameter(f"{name}[{i}]", dimension, start[i], value, std[i], estimated)
            for i, value in enumerate(entry["value"])
        ]
    if entry["value"] is None or not isinstance(entry["value"], int | float):
        remark = f"see {entry['file']}" if entry.get("file") else _words(entry["value"])
        return [Parameter(name, dimension, None, None, None, estimated, remark)]
    start = entry.get("start", entry["value"])
    return [Parameter(name, dimension, start, entry["value"], entry["std"], estimated)]


def _words(value: Any) -> str:
    return "an image: see the pictures" if value is None else str(value)


def _summary(values: list[Any], dimension: str) -> str:
    """Say between what many numbers lie."""
    low, high = (
        units.format_quantity(float(end(values)), dimension if dimension in units.DIMENSIONS else "dimensionless")
        for end in (np.min, np.max)
    )
    return f"{np.size(values)} numbers from {low} to {high}: see result.json"


def _listed(value: Any, count: int) -> list[Any]:
    """Return a value for each of `count` numbers; one, or a list of one, stands for all."""
    return list(value) if isinstance(value, list) and len(value) == count else np.ravel(value).tolist() * count
