"""Tables of numbers, one line for each frame: CSV, a length with its unit in the header, or what a PtyLab file says."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backlight.errors import InputError
from backlight.io.formats import regular_path
from backlight.units import units_of

if TYPE_CHECKING:
    import numpy as np

_LARGEST = 50_000_000  # bytes: a million lines
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_table(path: str | Path, columns: Sequence[str]) -> "np.ndarray":
    """Read columns of lengths by name, in m, shape (lines, columns).

    **Arguments:** `columns`, such as `("x", "y", "z")`; in a CSV file the header names each with its unit, `x_mm`, and
    other columns may stand beside them. An HDF5 file is read by the names that PtyLab uses.

    **Raises** `InputError` with the line of what is missing, no number or not finite.
    """
    path = regular_path(path)
    if path.is_dir():
        raise InputError(str(path), got="a folder", expected="a table, CSV")
    with path.open("rb") as file:
        head = file.read(len(_HDF5))
    if head == _HDF5:
        from backlight.io.ptylab import ptylab_columns

        return ptylab_columns(path, columns)
    return _read_csv(path, columns)


def read_rows(path: str | Path) -> tuple[tuple[int, ...], ...]:
    """Read rows of whole numbers from a CSV file, each as long as it is; a first line without a number is a header.

    **Raises** `InputError` with the line of what is no whole number.
    """
    path = regular_path(path)
    if path.is_dir():
        raise InputError(str(path), got="a folder", expected="a table, CSV")
    lines = _lines(path)
    if lines and not any(_whole(cell) for cell in lines[0][1]):
        lines = lines[1:]
    if not lines:
        raise InputError(str(path), got="a table without numbers", expected="a line of whole numbers for each frame")
    for number, row in lines:
        wrong = next((cell for cell in row if cell and not _whole(cell)), None)
        if wrong is not None:
            raise InputError(f"{path} line {number}", got=repr(wrong), expected="a whole number, 0 or above")
    return tuple(tuple(int(cell) for cell in row if cell) for _, row in lines)


def _whole(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 10


def _read_csv(path: Path, columns: Sequence[str]) -> "np.ndarray":
    import numpy as np

    lines = _lines(path)
    if not lines:
        raise InputError(str(path), got="an empty table", expected=f"a header {_header(columns)} and a line a frame")
    (number, names), *rows = lines
    places = [_find(path, number, names, column) for column in columns]
    if not rows:
        raise InputError(f"{path} line {number}", got="a header without lines", expected="a line for each frame")
    values = [[_number(path, n, names[place], row, place) * scale for place, scale in places] for n, row in rows]
    return np.array(values, np.float64)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return the number and the cells of every line that is not empty."""
    size = path.stat().st_size
    if size > _LARGEST:
        raise InputError(str(path), got=f"{size / 1e6:.0f} MB", expected=f"a table below {_LARGEST / 1e6:.0f} MB")
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(text.splitlines(), dialect=_Dialect(text.partition("\n")[0]), strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), got=f"content that is no table ({error})", expected="CSV text") from None
    return [(number, row) for number, row in lines if any(row)]


class _Dialect(csv.excel):
    """Excel's, with the separator that the header shows."""

    def __init__(self, header: str):
        self.delimiter = max(",;\t", key=header.count)
        super().__init__()


def _find(path: Path, line: int, names: list[str], column: str) -> tuple[int, float]:
    """Return where a column is, and the factor from its unit to SI."""
    units = units_of("length")
    found = [(i, name.removeprefix(f"{column}_")) for i, name in enumerate(names) if name.startswith(f"{column}_")]
    usable = [(i, float(units[unit])) for i, unit in found if unit in units]
    if len(usable) != 1:
        shown = ", ".join(names[:12])
        what = "no column" if not usable else f"{len(usable)} columns"
        raise InputError(f"{path} line {line}", got=f"{what} for {column} among: {shown}",
                         expected=f"one column {column}_mm, or with another unit of length")  # fmt: skip
    return usable[0]


def _number(path: Path, line: int, name: str, row: list[str], place: int) -> float:
    where = f"{path} line {line}, {name}"
    if place >= len(row):
        raise InputError(where, got=f"{len(row)} cells", expected="a number in every column of the header")
    try:
        value = float(row[place])
    except ValueError:
        raise InputError(where, got=repr(row[place]), expected="a number") from None
    if not math.isfinite(value):
        raise InputError(where, got=repr(row[place]), expected="a finite number")
    return value


def _header(columns: Sequence[str]) -> str:
    return ",".join(f"{column}_mm" for column in columns)
