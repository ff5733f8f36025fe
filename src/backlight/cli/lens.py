"""`backlight lens`: what a lens file is, without a line of Python."""

from pathlib import Path
from typing import Annotated, Any

import typer

from backlight.cli import show

app = typer.Typer(name="lens", help="Lens files: Zemax .zmx, CODE V .seq, tables .txt and our own .json.",
                  no_args_is_help=True, rich_markup_mode=None)  # fmt: skip

LensPath = Annotated[Path, typer.Argument(metavar="FILE", help="A lens file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


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
    show.rows([("surface", "kind", "radius", "thickness", "semi-diameter", "behind it", "")]
              + [_row(surface) for surface in told["surfaces"]])  # fmt: skip
    for note in told["notes"]:
        show.line(f"note: {note}")


def _row(surface: dict[str, Any]) -> tuple[str, ...]:
    behind = surface["medium"] if surface["medium"] == "mirror" else f"{surface['medium']} n={surface['index']:.5f}"
    marks = " ".join(word for word in ("stop", "tilted") if surface[word])
    free = "–" if surface["semi_diameter"] is None else _length(surface["semi_diameter"])
    radius = "plane" if surface["radius"] is None else _length(surface["radius"])
    return str(surface["number"]), surface["kind"], radius, _length(surface["thickness"]), free, behind, marks


def _length(value: float | None) -> str:
    return "infinite" if value is None else f"{value * 1e3:.7g} mm"
