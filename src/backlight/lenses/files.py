"""The door: lens files by the end of their names."""

from collections.abc import Mapping
from pathlib import Path

from backlight.errors import InputError
from backlight.io.commit import commit_file
from backlight.io.formats import regular_path
from backlight.io.jsonfile import to_json
from backlight.lenses.codev import read_codev
from backlight.lenses.form import parsed, to_form
from backlight.lenses.lines import LARGEST, decoded
from backlight.lenses.record import LensFile
from backlight.lenses.table import read_table
from backlight.lenses.zemax import read_zemax
from backlight.lenses.zemax_out import zemax_text
from backlight.light import Material

READERS = {
    ".zmx": read_zemax,
    ".seq": read_codev,
    ".txt": read_table,
    ".json": lambda text, file, glasses: parsed(text, file),
}
WRITERS = {".zmx": zemax_text, ".json": lambda told: to_json(to_form(told))}


def read_lens(path: str | Path, *, glasses: Mapping[str, Material] | None = None) -> LensFile:
    """Read a lens file: Zemax .zmx, CODE V .seq, a table of surfaces .txt, or our own .json.

    What a file says and is not in the result is told in its `notes`.

    **Arguments:** `glasses`: materials by the names that the file has for them, before those of the catalog.

    **Errors:** `InputError` with file and line: surfaces and glasses that are not known, what is no number, a missing
    stop or aperture, and files that are none of these.
    """
    path = regular_path(path)
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise InputError(str(path), got=f"a file {suffix or 'without an ending'}", expected=", ".join(READERS))
    with path.open("rb") as file:
        text = decoded(file.read(LARGEST + 1), str(path))
    try:
        return READERS[suffix](text, str(path), glasses or {})
    except InputError as error:
        if error.where.startswith(str(path)):
            raise
        told = {"got": error.got, "expected": error.expected, "remedy": error.remedy}
        raise InputError(f"{path}, {error.where}", **told) from None


def write_lens(path: str | Path, told: LensFile) -> None:
    """Write a lens file: .json, with every bit, or Zemax .zmx, to 17 digits.

    **Errors:** `InputError` for another ending, and for what .zmx has no words for, such as soft edges.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITERS:
        raise InputError(str(path), got=f"a file {path.suffix or 'without an ending'}", expected=" or ".join(WRITERS))
    text = WRITERS[path.suffix.lower()](told)
    commit_file(path, text.encode("utf-8" if path.suffix.lower() == ".json" else "utf-16"))
