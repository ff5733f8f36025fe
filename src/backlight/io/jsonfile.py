"""Strict JSON: no NaN, no infinity, no duplicate keys, in either direction."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backlight.errors import InputError
from backlight.io.commit import commit_file

LARGEST = 64_000_000  # bytes


def write_json(path: str | Path, value: object) -> None:
    """Write JSON in one step that a kill cannot halve; NaN and infinity become `null`.

    **Arguments:** `value` of dictionaries, lists, numbers, text, None, and numpy scalars or small arrays.
    """
    commit_file(path, to_json(value).encode())


def to_json(value: object) -> str:
    """Return strict JSON text; NaN and infinity become `null`."""
    return json.dumps(_clean(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _clean(value: Any) -> object:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy and JAX, without importing either
        return _clean(value.tolist())
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def read_json(path: str | Path) -> Any:
    """Read JSON strictly.

    **Raises** `InputError` for NaN, infinities, numbers beyond float64, duplicate keys, deep nesting, wrong text.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(str(path), got=error.strerror or str(error), expected="a readable JSON file") from None
    if len(raw) > LARGEST:
        raise InputError(str(path), got=f"more than {LARGEST:,} bytes", expected="a smaller JSON file")
    return parse_json(raw, str(path))


def parse_json(raw: bytes | str, where: str) -> Any:
    """Parse JSON text strictly; `where` names it in the error."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        got = "nesting too deep" if isinstance(error, RecursionError) else str(error)
        raise InputError(where, got=got, expected="strict JSON", remedy="restore the file from where it came") from None


def _refuse(text: str) -> object:
    raise ValueError(f"{text}, which JSON does not have")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]}, too large for a number")
    return number


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"duplicate key {next(n for n in names if names.count(n) > 1)!r}")
    return table
