"""Print results for people, or as JSON for programs. Foreign text is made safe and never read as markup."""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backlight import units
from backlight.errors import printable

SHOWN = 8
"""More numbers than this are told by what they lie between."""

_DIMENSION = {unit: dimension for dimension, unit in units.SI.items()}


def as_json(value: object) -> None:
    """Print one JSON document; NaN and infinities become null."""
    print(json.dumps(_clean(value), indent=2, ensure_ascii=False, allow_nan=False))


def _clean(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def line(text: object = "") -> None:
    """Print one line."""
    print(printable(text, 2000))


def note(text: object) -> None:
    """Print one line on the standard error, where it does not mix with results."""
    print(printable(text, 2000), file=sys.stderr, flush=True)


def rows(table: list[tuple[object, ...]], indent: str = "  ") -> None:
    """Print aligned columns."""
    texts = [[printable(cell, 200) for cell in row] for row in table]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))] if texts else []
    for row in texts:
        print((indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip())


def quantity(value: Any, unit: str, std: Any = None, digits: int = 4) -> str:
    """Return an SI value as text in the unit a person would choose."""
    if value is None:
        return "an image"
    if isinstance(value, list | tuple):
        bars = std if isinstance(std, list) else [None] * len(value)
        return "[" + ", ".join(quantity(v, unit, s) for v, s in zip(value, bars, strict=True)) + "]"
    if not isinstance(value, int | float):
        return printable(value)
    return units.format_quantity(float(value), _DIMENSION.get(unit, "dimensionless"), std, digits)


def parameters(table: Mapping[str, Mapping[str, Any]], *, bars: bool = True) -> None:
    """Print the parameter table of a result; `bars`: whether error bars were asked for."""
    rows([(name, _value(p), p["status"] + _no_bar(p) * bars) for name, p in table.items()])


def _value(parameter: Mapping[str, Any]) -> str:
    """Return a value, or what many numbers lie between."""
    value, unit = parameter["value"], parameter["unit"]
    flat = _flat(value)
    if len(flat) <= SHOWN or not all(isinstance(number, int | float) for number in flat):
        return quantity(value, unit, parameter["std"])
    return f"{len(flat)} numbers from {quantity(min(flat), unit)} to {quantity(max(flat), unit)}"


def _flat(values: Any) -> list[Any]:
    return [number for value in values for number in _flat(value)] if isinstance(values, list | tuple) else [values]


def _no_bar(parameter: Mapping[str, Any]) -> str:
    missing = parameter["status"] == "estimated" and parameter["std"] is None and parameter["value"] is not None
    return " (no finite error bar)" if missing else ""


def finished(out: Path, result: Mapping[str, Any]) -> None:
    """Print the end of a run."""
    stop, fit = result["stop"], result["data_fit"]
    line(stop["reason"])
    bars = result["uncertainty"] is not None
    parameters(result["parameters"], bars=bars)
    chi2 = "" if fit["reduced_chi2"] is None else f", reduced χ² {fit['reduced_chi2']:.3g}"
    line(f"fit: {fit['nrmse_amplitude']:.2%} of the amplitude unexplained{chi2}")
    for sentence in (*result.get("contradictions", ()), *(result["uncertainty"] or {}).get("weakest", [])):
        line(f"warning: {sentence}")
    if fit.get("white") is False:
        lower = ": ± is a lower bound, a bias that the model hides is not in it" * bars
        line(f"warning: the residual is not white{lower}")
    line(f"report: {out / 'report.html'}")
