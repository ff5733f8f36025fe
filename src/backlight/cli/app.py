"""The commands. Each one imports what it needs when it is called: help and `info` load no JAX."""

from pathlib import Path
from typing import Annotated, Any

import typer

from backlight.cli import lens, show

app = typer.Typer(
    name="backlight",
    help="Differentiable imaging: from raw frames to the image, the true instrument, and the error bars of both.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.add_typer(lens.app)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
RunFile = Annotated[Path, typer.Argument(metavar="RUN.toml", help="The run file; `backlight init` writes one.")]
Result = Annotated[Path, typer.Argument(metavar="RESULT", help="A result folder.")]
Out = Annotated[Path, typer.Option("--out", help="The result folder; it appears when it is complete.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result of Backlight.")]
Trusted = Annotated[bool, typer.Option("--trusted", help="Decode the inputs without the protecting child process.")]
TimeLimit = Annotated[float | None, typer.Option("--time-limit", min=0, help="Stop after so many seconds.")]


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="A new folder for the demonstration.")] = Path("backlight-demo"),
    overwrite: Overwrite = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Draws the distance and the noise.")] = 0,
    json: Json = False,
) -> int:
    """Simulate a hologram with an unknown distance, reconstruct it, and compare with the truth."""
    from backlight.runs.demonstration import demo as run_demo

    line = _listener(json)
    finished, truth = run_demo(out, overwrite=overwrite, seed=seed, listener=line)
    found = finished.result["parameters"]["distance"]
    if json:
        show.as_json({"out": str(finished.out), "truth": truth, "result": finished.result})
        return finished.exit_code
    show.finished(finished.out, finished.result)
    value, true = show.quantity(found["value"], "m", found["std"]), show.quantity(truth["distance"], "m", digits=6)
    show.line(f"distance: {value} found, {true} true, {show.quantity(found['start'], 'm')} assumed")
    return finished.exit_code


@app.command()
def run(
    run_file: RunFile,
    out: Out,
    overwrite: Overwrite = False,
    trusted: Trusted = False,
    time_limit: TimeLimit = None,
    json: Json = False,
) -> int:
    """Run a run file into a result folder."""
    from backlight.runs.execute import run as execute

    finished = execute(run_file, out, overwrite=overwrite, trusted=trusted, time_limit=time_limit,
                       listener=_listener(json))  # fmt: skip
    return _told(finished, json)


@app.command()
def resume(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="The --out folder of the interrupted run.")],
    trusted: Trusted = False,
    time_limit: TimeLimit = None,
    json: Json = False,
) -> int:
    """Go on with a run that was killed or interrupted."""
    from backlight.runs.execute import resume as go_on

    return _told(go_on(out, trusted=trusted, time_limit=time_limit, listener=_listener(json)), json)


@app.command()
def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Frames in any readable format, or a result folder.")],
    json: Json = False,
) -> None:
    """Say what was found in a file: arrays, axes, type, pixel size."""
    from backlight.cli.describe import describe

    describe(file, json)


@app.command()
def check(
    run_file: RunFile,
    identifiability: Annotated[bool, typer.Option(help="Also ask what the frames can tell (takes seconds).")] = True,
    json: Json = False,
) -> None:
    """Look at a run before it runs: sampling, memory, free parameters, what cannot be told apart."""
    from backlight.runs.checking import check as look

    found = look(run_file, identifiable=identifiability)
    if json:
        show.as_json(found.table())
        return
    show.rows(found.rows())
    for sentence in found.warnings:
        show.line(f"warning: {sentence}")
    show.line(f"{len(found.warnings) or 'no'} warning{'' if len(found.warnings) == 1 else 's'}")


@app.command()
def init(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="A name that `backlight systems` lists.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write to this new file instead of the terminal.")] = None,
    json: Json = False,
) -> None:
    """Write a commented run file: every key with its unit and range."""
    from backlight.cli.describe import write_template

    write_template(system, out, json)


@app.command()
def systems(json: Json = False) -> None:
    """List the catalogue of systems."""
    from backlight.systems.catalogue import CATALOGUE

    if json:
        show.as_json({name: {"summary": listing.summary} for name, listing in CATALOGUE.items()})
        return
    show.rows([(name, listing.summary) for name, listing in CATALOGUE.items()], indent="")


@app.command()
def simulate(
    result: Result,
    out: Annotated[Path, typer.Option("--out", help="TIFF file for the frames.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar='NAME="VALUE"', help='Change a parameter: distance="45 mm".')
    ] = None,
    noise: Annotated[bool, typer.Option("--noise", help="Add the camera's noise.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Draws the noise.")] = 0,
    json: Json = False,
) -> None:
    """Predict what the calibrated instrument would record."""
    from backlight.runs.simulation import simulate as predict

    told = predict(result, out, changes or [], noise=noise, seed=seed)
    show.as_json(told) if json else show.rows([*told.items()])


@app.command()
def report(
    result: Result,
    out: Annotated[Path | None, typer.Option("--out", help="The HTML file; RESULT-report.html by default.")] = None,
    figures: Annotated[Path | None, typer.Option("--figures", help="Also write PNG and SVG figures here.")] = None,
    json: Json = False,
) -> None:
    """Draw the report of a result again."""
    from backlight.runs.rendering import render

    path = render(result, out, figures=figures)
    show.as_json({"report": str(path)}) if json else show.line(f"report: {path}")


def _listener(json: bool) -> Any:
    from backlight.cli.progress import ProgressLine
    from backlight.runs.execute import Listener
    from backlight.systems.catalogue import all_schemas

    if json:
        return Listener()
    shown = ProgressLine(all_schemas())
    return Listener(shown.message, shown.progress)


def _told(finished: Any, json: bool) -> int:
    if json:
        show.as_json({"out": str(finished.out), "exit_code": finished.exit_code, "result": finished.result})
    else:
        show.finished(finished.out, finished.result)
        if finished.exit_code == 130:
            show.note(f"interrupted; to go on: backlight resume {finished.out}")
    return finished.exit_code


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from backlight import __version__

        show.line(f"backlight {__version__}")
        raise typer.Exit
