"""`backlight lens`: what a lens file is, without a line of Python."""

from pathlib import Path
from typing import Annotated, Any

import typer

from backlight.cli import show

app = typer.Typer(name="lens", help="Lens files: Zemax .zmx, CODE V .seq, tables .txt and our own .json.",
                  no_args_is_help=True, rich_markup_mode=None)  # fmt: skip

LensPath = Annotated[
    Path, typer.Argument(metavar="FILE", dir_okay=False, help="A lens file: .zmx, .seq, .txt or .json.")
]
Glasses = Annotated[
    list[str] | None,
    typer.Option("--glass", metavar="NAME=ND,VD", help="A glass that the file names and no catalog has, such as "
                 "B270=1.523,58.5; repeatable."),
]  # fmt: skip
Picture = Annotated[Path, typer.Option("--out", help="The picture, .png or .svg.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


@app.command(epilog="Example: backlight lens info triplet.zmx")
def info(file: LensPath, glass: Glasses = None, json: Json = False) -> None:
    """Tell focal lengths, pupils and surfaces."""
    from backlight.lenses.describe import described
    from backlight.runs.lens import read

    told = described(read(file, tuple(glass or ())))
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


@app.command(epilog="Example: backlight lens draw triplet.zmx --out triplet.svg")
def draw(file: LensPath, out: Picture, glass: Glasses = None, overwrite: Overwrite = False, json: Json = False) -> None:
    """Draw a lens with rays of each of its fields."""
    from backlight.runs.lens import draw_lens

    path = draw_lens(file, out, glasses=tuple(glass or ()), overwrite=overwrite)
    _told({"picture": str(path)}, json, [], f"picture: {path}")


@app.command(epilog="Example: backlight lens analyze triplet.zmx --out triplet-report")
def analyze(
    file: LensPath,
    out: Annotated[Path, typer.Option("--out", help="A new folder for report.html and result.json.")],
    glass: Glasses = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Report spots, contrast, wavefronts and more.

    The page has ray fans, the field and third-order sums besides; result.json has all numbers.
    """
    from backlight.runs.lens import analyze_lens

    told = analyze_lens(file, out, glasses=tuple(glass or ()), overwrite=overwrite)
    share = lambda ratio: "–" if ratio is None else f"{ratio:.4f}"  # noqa: E731
    rows = [(p["name"], _micrometers(p["rms_spot"]), f"{p['rms_wavefront']:.4f}", share(p["strehl"]))
            for p in told["points"]]  # fmt: skip
    _told(told, json, [("field", "RMS spot", "RMS waves", "Strehl"), *rows], f"report: {out / 'report.html'}")


@app.command(epilog='Example: backlight lens optimize triplet.zmx --out better.json --efl "50 mm"')
def optimize(
    file: LensPath,
    out: Annotated[Path, typer.Option("--out", help="The new lens file, .json or .zmx.")],
    free: Annotated[
        list[str] | None,
        typer.Option("--free", metavar="PATH", help="A number to change, such as surfaces.1.thickness; repeatable."),
    ] = None,
    efl: Annotated[
        str | None, typer.Option("--efl", metavar="LENGTH", help="The focal length that is wanted, such as 50mm.")
    ] = None,
    glass: Glasses = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:
    """Make spots small, at a focal length.

    By curvatures and spaces of air, or by what --free names; at the focal length it has, or at --efl.
    """
    from backlight import units
    from backlight.runs.lens import optimize_lens

    wanted = None if efl is None else units.parse(efl, "length", where="--efl")
    told = optimize_lens(file, out, free=tuple(free or ()), efl=wanted, glasses=tuple(glass or ()),
                         overwrite=overwrite)  # fmt: skip
    spots = [(f"RMS spot {p['field']}", _micrometers(p["before"]), _micrometers(p["after"])) for p in told["rms_spots"]]
    efls = ("efl", _length(told["efl"]["before"]), _length(told["efl"]["after"]))
    _told(told, json, [("", "before", "after"), *spots, efls], f"lens: {out} ({told['stop_reason']})")


@app.command(epilog="Example: backlight lens tolerance triplet.zmx --out chart.png --tolerance tilt=0.2mrad")
def tolerance(
    file: LensPath,
    out: Picture,
    tolerances: Annotated[
        list[str] | None,
        typer.Option("--tolerance", metavar="KIND=SIZE", help="Standard deviation of every radius (0.1%), thickness "
                     "(20um), index (5e-4), decenter (10um) or tilt (0.5mrad), all of these where none is given; "
                     "repeatable."),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=2, help="Lenses that are built at random.")] = 256,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Draws them.")] = 0,
    glass: Glasses = None,
    overwrite: Overwrite = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Chart tolerances, and tell spots as built.

    The chart has how much wider the RMS spot becomes by each number that is off by its standard deviation, not
    refocused; told are the RMS spots of lenses that are off in all numbers at random, each refocused.
    """
    from backlight.runs.lens import tolerance_lens

    told = tolerance_lens(file, out, tuple(tolerances or ()), samples=samples, seed=seed,
                          glasses=tuple(glass or ()), overwrite=overwrite)  # fmt: skip
    longest = sorted(told["tolerances"], key=lambda one: -one["widens"])
    single = [(f"{one['name']}, {one['shown']}", _micrometers(one["widens"])) for one in longest]
    order = ("nominal", "expected", "median", "nine_of_ten")
    whole = [(name.replace("_", " "), _micrometers(told["rms_spot"][name])) for name in order]
    rows = [("alone", "RMS spot"), *single, ("together, refocused", "RMS spot"), *whole]
    _told(told, json, rows, f"picture: {out}")


def _told(told: dict[str, Any], json: bool, rows: list[Any], last: str) -> None:
    """Print what a command found, and where it has put it."""
    if json:
        show.as_json(told)
        return
    show.rows(rows)
    show.line(last)


def _row(surface: dict[str, Any]) -> tuple[object, ...]:
    behind = surface["medium"] if surface["medium"] == "mirror" else f"{surface['medium']} n={surface['index']:.5f}"
    marks = " ".join(word for word in ("stop", "tilted") if surface[word])
    free = "–" if surface["semi_diameter"] is None else _length(surface["semi_diameter"])
    radius = "plane" if surface["radius"] is None else _length(surface["radius"])
    return str(surface["number"]), surface["kind"], radius, _length(surface["thickness"]), free, behind, marks


def _length(value: float | None) -> str:
    return "infinite" if value is None else f"{value * 1e3:.7g} mm"


def _micrometers(value: float) -> str:
    return f"{value * 1e6:.4g} µm"
