"""`backlight lens`: what a lens file is, without a line of Python."""

from pathlib import Path
from typing import Annotated, Any

import typer

from backlight.cli import show

app = typer.Typer(name="lens", help="Lens files: Zemax .zmx, CODE V .seq, tables .txt and our own .json.",
                  no_args_is_help=True, rich_markup_mode=None)  # fmt: skip

LensPath = Annotated[Path, typer.Argument(metavar="FILE", help="A lens file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


@app.command()
def info(file: LensPath, json: Json = False) -> None:
    """Say what a lens does to first order, and list its surfaces."""
    from backlight.lenses import read_lens
    from backlight.lenses.describe import described

    told = described(read_lens(file))
    if json:
        show.as_json(told)
        return
    show.line(f"{file.name}{': ' + told['name'] if told['name'] else ''}")
    lengths = ("efl", "bfl", "entrance_pupil", "entrance_pupil_diameter", "exit_pupil", "exit_pupil_diameter")
    show.rows([(name, _length(told[name])) for name in lengths])
    show.rows([("f_number", "infinite" if told["f_number"] is None else f"{told['f_number']:.4g}")])
    head = ("surface", "kind", "radius", "thickness", "semi-diameter", "behind it", "")
    show.rows([head, *map(_row, told["surfaces"])])
    for note in told["notes"]:
        show.line(f"note: {note}")


def _row(surface: dict[str, Any]) -> tuple[object, ...]:
    behind = surface["medium"] if surface["medium"] == "mirror" else f"{surface['medium']} n={surface['index']:.5f}"
    marks = " ".join(word for word in ("stop", "tilted") if surface[word])
    free = "–" if surface["semi_diameter"] is None else _length(surface["semi_diameter"])
    radius = "plane" if surface["radius"] is None else _length(surface["radius"])
    return str(surface["number"]), surface["kind"], radius, _length(surface["thickness"]), free, behind, marks


def _length(value: float | None) -> str:
    return "infinite" if value is None else f"{value * 1e3:.7g} mm"


@app.command()
def draw(
    file: LensPath,
    out: Annotated[Path, typer.Option("--out", help="The picture, .png or .svg.")],
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Draw a lens with rays of each of its fields."""
    from backlight.runs.lens import draw_lens

    path = draw_lens(file, out, overwrite=overwrite)
    show.as_json({"picture": str(path)}) if json else show.line(f"picture: {path}")


@app.command()
def analyze(
    file: LensPath,
    out: Annotated[Path, typer.Option("--out", help="A new folder for report.html and result.json.")],
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Write a report: spots, fans, contrast, wavefronts, the field, third order."""
    from backlight.runs.lens import analyze_lens

    told = analyze_lens(file, out, overwrite=overwrite)
    if json:
        show.as_json(told)
        return
    rows = [
        (f"{_micrometers(p['rms_spot'])}", f"{p['rms_wavefront']:.4f}", f"{p['strehl']:.4f}") for p in told["points"]
    ]
    show.rows([("RMS spot", "RMS waves", "Strehl"), *rows])
    show.line(f"report: {out / 'report.html'}")


@app.command()
def optimize(
    file: LensPath,
    out: Annotated[Path, typer.Option("--out", help="The new lens file, .json or .zmx.")],
    free: Annotated[
        list[str] | None,
        typer.Option("--free", metavar="PATH", help="A number to change, as often as you like."),
    ] = None,
    efl: Annotated[
        str | None, typer.Option("--efl", metavar='"50 mm"', help="The focal length that is wanted.")
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Make spots small by curvatures and spaces of air, at the focal length it has or at `--efl`."""
    from backlight import units
    from backlight.runs.lens import optimize_lens

    wanted = None if efl is None else units.parse(efl, "length", where="--efl")
    told = optimize_lens(file, out, free=tuple(free or ()), efl=wanted, overwrite=overwrite)
    if json:
        show.as_json(told)
        return
    show.line(told["stop_reason"])
    spots = [(f"RMS spot {p['field']}", _micrometers(p["before"]), _micrometers(p["after"])) for p in told["rms_spots"]]
    efls = ("efl", _length(told["efl"]["before"]), _length(told["efl"]["after"]))
    show.rows([("", "before", "after"), *spots, efls])
    show.line(f"lens: {out}")


def _micrometers(value: float) -> str:
    return f"{value * 1e6:.4g} µm"
