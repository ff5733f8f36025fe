"""What is in a file, and what a run file may say: both without loading JAX."""

from pathlib import Path
from typing import Any

from backlight import units
from backlight.cli import show
from backlight.errors import InputError, RunFileError, nearest
from backlight.io import commit_file, template
from backlight.io import info as file_info


def describe(path: Path, json: bool) -> None:
    """Print what `io.info` found in a file, or the table of a result folder."""
    if (path / "result.json").is_file():
        from backlight.runs.folder import read_result

        result = read_result(path)
        show.as_json(result) if json else show.finished(path, result)
        return
    found = file_info(path)
    if json:
        show.as_json(found)
        return
    show.line(f"{found['path']}: {found['format'] or 'no arrays'}, {found['bytes']:,} bytes")
    for array in found["arrays"]:
        _show_array(array)
    for problem in found["problems"]:
        show.line(f"problem: {problem}")


def _show_array(array: dict[str, Any]) -> None:
    size = " × ".join(map(str, array["shape"]))
    pitch = "" if array["pixel_size"] is None else f", pixel size {units.format_length(array['pixel_size'])}"
    axes = ", ".join(array["axes"])
    show.line(f"  {array['key'] or 'array'}: {size} ({axes}), {array['dtype']}, {array['compression']}{pitch}")
    for name, entry in array["metadata"].items():
        show.line(f"    {name} = {entry['value']}  [{entry['source']}]")
    for warning in array["warnings"]:
        show.line(f"    note: {warning}")


def write_template(system: str, out: Path | None, json: bool) -> None:
    """Print the commented run file of a system, or write it to a new file."""
    from backlight.systems.catalogue import CATALOGUE

    if system not in CATALOGUE:
        raise RunFileError("system", got=repr(system), expected="a known system", remedy=nearest(system, CATALOGUE))
    text = template(CATALOGUE[system].schema)
    if out is not None:
        if out.exists():
            raise InputError(str(out), got="a file that exists", expected="a new file", remedy="choose another --out")
        commit_file(out, text.encode())
    if json:
        show.as_json({"system": system, "text": text, "out": None if out is None else str(out)})
    elif out is None:
        print(text, end="")
    else:
        show.line(f"written: {out}")
