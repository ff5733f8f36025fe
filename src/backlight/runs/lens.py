"""Draw, analyze, improve and tolerance lens files, from file to file."""

from pathlib import Path
from typing import Any

from backlight.errors import InputError
from backlight.io import commit_file, commit_folder
from backlight.io.commit import check_output
from backlight.io.jsonfile import to_json
from backlight.lenses import read_lens, write_lens
from backlight.lenses.analyze import analyzed
from backlight.lenses.files import WRITERS
from backlight.lenses.glasses import told_glass
from backlight.lenses.record import LensFile
from backlight.runs.lens_design import improved
from backlight.runs.lens_tolerances import parsed, toleranced

PICTURES = (".png", ".svg")


def read(file: str | Path, glasses: tuple[str, ...] = ()) -> LensFile:
    """Return what a lens file says, with glasses that are told as texts such as `B270=1.523,58.5`.

    **Errors:** as of `read_lens`, and `InputError` for such a text.
    """
    return read_lens(file, glasses=dict(told_glass(one) for one in glasses))


def draw_lens(file: str | Path, out: str | Path, *, glasses: tuple[str, ...] = (), overwrite: bool = False) -> Path:
    """Draw a lens in the plane of y and z into a PNG or SVG file.

    **Errors:** `InputError` for a file that is there already, another ending, and those of `read`.
    """
    from backlight.report.lens_figures import lens_picture

    out = _new_file(out, PICTURES, overwrite)
    return commit_file(out, lens_picture(read(file, glasses), out.suffix.lower()[1:]))


def analyze_lens(
    file: str | Path, out: str | Path, *, glasses: tuple[str, ...] = (), overwrite: bool = False
) -> dict[str, Any]:
    """Write the report of a lens into a folder, `report.html` and `result.json`; return the numbers.

    **Errors:** `InputError` for a folder that is there already, and those of `read` and `analyzed`.
    """
    from backlight.report.lens_page import lens_page

    file = Path(file)
    check_output(out, overwrite=overwrite, inputs=[file])
    found = analyzed(read(file, glasses))
    title = f"{file.name}: {found.told.name}" if found.told.name else file.name

    def build(folder: Path) -> None:
        (folder / "report.html").write_text(lens_page(found, title), encoding="utf-8")
        (folder / "result.json").write_text(to_json(found.table()), encoding="utf-8")

    commit_folder(out, build, overwrite=overwrite, inputs=[file])
    return found.table()


def optimize_lens(
    file: str | Path,
    out: str | Path,
    *,
    free: tuple[str, ...] = (),
    efl: float | None = None,
    glasses: tuple[str, ...] = (),
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a better lens into a new lens file; return what was before and after. See `lens_design.improved`.

    **Errors:** `InputError` for a file that is there already, another ending, and those of `read`.
    """
    out = _new_file(out, tuple(WRITERS), overwrite)
    told = read(file, glasses)
    better, report = improved(told, free=free, efl=efl)
    write_lens(out, better)
    return report


def tolerance_lens(
    file: str | Path,
    out: str | Path,
    tolerances: tuple[str, ...] = (),
    *,
    samples: int = 256,
    seed: int = 0,
    glasses: tuple[str, ...] = (),
    overwrite: bool = False,
) -> dict[str, Any]:
    """Draw what each tolerance of a lens does to its spots; return that, and what to expect of all together.

    **Arguments:** `tolerances`: texts such as `thickness=20um`; see `lens_tolerances.toleranced`.

    **Errors:** `InputError` for a file that is there already, another ending, and those of `parsed` and `read_lens`.
    """
    from backlight.report.lens_figures import sensitivity_picture

    out, sizes = _new_file(out, PICTURES, overwrite), parsed(tolerances)
    told = toleranced(read(file, glasses), sizes, samples=samples, seed=seed)
    commit_file(out, sensitivity_picture(told["tolerances"], out.suffix.lower()[1:]))
    return told


def _new_file(out: str | Path, endings: tuple[str, ...], overwrite: bool) -> Path:
    out = Path(out)
    if out.suffix.lower() not in endings:
        raise InputError(str(out), got=f"a file {out.suffix or 'without an ending'}", expected=" or ".join(endings))
    if out.is_dir() or (out.exists() and not overwrite):
        raise InputError(str(out), got="a name that is taken", expected="a new file",
                         remedy="choose another --out, or add --overwrite")  # fmt: skip
    if not out.exists():
        check_output(out)  # before anything is computed for it
    return out
