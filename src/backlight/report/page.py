"""The report page: one HTML file with its pictures inside, readable without a network."""

import base64
import html
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backlight.errors import printable
from backlight.findings import Exhibit
from backlight.report import pictures
from backlight.report.content import Content, Parameter
from backlight.report.style import CSS, SCRIPT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The page may show its own pictures and run its own script; it may fetch nothing.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_CAPTIONS = {
    "comparison": "What the camera recorded, what the classic method makes of it (over the distances named), or the "
    "same estimate with the instrument as written, and the estimate. Gray levels and colors are shared along each row.",
    "residual": "What the model does not explain. Structure here, or power far from 1, means that something about the "
    "instrument is still wrong.",
    "convergence": "The objective, and each scalar unknown on its way.",
}
_FIT_WORDS = {
    "autocorrelation": "largest correlation of the residual with itself a few pixels away; 0 for white noise",
    "white": "whether the residual is as uncorrelated as noise",
    "nrmse_amplitude": "‖√y − √ŷ‖ / ‖√y‖, the share of the amplitude left unexplained",
    "nrmse_fitted": "the same of the frames, or pixels, that the estimate is made from",
    "nrmse_held_out": "the same of those that were left out, as the estimate predicts them",
    "rms_held_out": "root mean square of what pixels that were left out are off by, in units of the frame",
    "rms_held_out_as_written": "the same as the instrument as written predicts them",
    "period_one_seventh": "period, m, down to which two halves of the frames make one picture: correlation above 1/7",
    "period_half_bit": "the same by the half-bit criterion",
    "finest_detail": "half a period of the finest pattern that the frames can tell, m",
    "stage_scale": "distances found over those written, by a line through all",
    "stage_offset": "what that line adds, m",
    "synthetic_aperture": "of the objective and the illumination together",
    "reduced_chi2": "mean squared residual over the noise's variance; 1 where the model fits to the noise",
}


def write_page(path: str | Path, content: Content) -> Path:
    """Write the report as one HTML file."""
    path = Path(path)
    path.write_text(page(content), encoding="utf-8")
    return path


def write_figures(folder: str | Path, content: Content) -> list[Path]:
    """Write each figure as PNG (300 dpi) and SVG into `folder`."""
    from backlight.report.figures import draw_all

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in draw_all(content).items():
        for kind in ("png", "svg"):
            written.append(folder / f"{name}.{kind}")
            written[-1].write_bytes(rendered(figure, kind, 300))
    return written


def page(content: Content) -> str:
    """Return the report as HTML text; every foreign text in it is escaped."""
    from backlight.report.figures import draw_all

    figures = draw_all(content)
    parts = [
        _head(content),
        *(f'<p class="warning">{escaped(w)}</p>' for w in content.warnings),
        "<h2>Before and after</h2>",
        *_sliders(content),
        _figure("comparison", figures),
        "<h2>The instrument</h2>",
        _parameter_table(content.parameters),
        *(_shown(exhibit, figures) for exhibit in content.exhibits if not exhibit.about_fit),
        "<h2>How well the model explains the frames</h2>",
        _fit_table(content.fit),
        _figure("residual", figures),
        *(_shown(exhibit, figures) for exhibit in content.exhibits if exhibit.about_fit),
        "<h2>What was known, and what the frames cannot tell</h2>",
        _list(content.notes) if content.notes else "<p>Nothing was noted.</p>",
        "<h2>How it got there</h2>",
        f"<p>{escaped(content.reason)}</p>",
        _figure("convergence", figures) if "convergence" in figures else "",
        "<h2>Versions, times, inputs</h2>",
        _facts(content.facts),
        f"<script>{SCRIPT}</script></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _head(content: Content) -> str:
    bad = " bad" if content.status == "diverged" else ""
    return (
        f'{opening(content.title)}<p><span class="status{bad}">{escaped(content.status)}</span>'
        f" · {escaped(content.reason)}</p>"
    )


def opening(title: str) -> str:
    """Return the first lines of a page, down to its title."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{CSS}</style></head><body><h1>{escaped(title)}</h1>"
    )


def _sliders(content: Content) -> Iterable[str]:
    if not content.classics:
        return
    name, classic = list(content.classics.items())[-1]
    yield '<div class="pair">'
    if not np.iscomplexobj(content.object):
        before, after = (pictures.shrink(values) for values in (classic, content.object))
        yield _slider("irradiance", name, before, after, pictures.gray(before, after)) + "</div>"
        return
    before, after = (pictures.shrink(np.abs(u)) for u in (classic, content.object))
    yield _slider("amplitude", name, before, after, pictures.gray(before, after))
    before, after = (pictures.shrink(pictures.level_phase(u)) for u in (classic, content.object))
    yield _slider("phase", name, before, after, pictures.phase(classic, content.object))
    yield "</div>"


def _slider(name: str, classic: str, before: np.ndarray, after: np.ndarray, view: pictures.View) -> str:
    sources = [_data_url(pictures.png(values, view), "image/png") for values in (before, after)]
    return (
        f'<div><p>{name.capitalize()}, {view.low:.3g} to {view.high:.3g}</p><div class="compare">'
        f'<img src="{sources[0]}" alt="{name} by {escaped(classic)}">'
        f'<img class="after" src="{sources[1]}" alt="{name} by Backlight"><div class="line"></div>'
        f'<span class="left">{escaped(classic)}</span><span class="right">Backlight</span></div>'
        f'<input type="range" min="0" max="100" value="50" aria-label="{name}: before and after"></div>'
    )


def _shown(exhibit: Exhibit, figures: dict[str, "Figure"]) -> str:
    return captioned(figures[exhibit.name], exhibit.caption)


def _figure(name: str, figures: dict[str, "Figure"]) -> str:
    return captioned(figures[name], _CAPTIONS[name])


def captioned(figure: "Figure", caption: str) -> str:
    """Return a figure inside the page, with its caption."""
    caption = escaped(caption)
    source = _data_url(rendered(figure, "png", 130), "image/png")
    return f'<figure><img src="{source}" alt="{caption}"></figure><p><small>{caption}</small></p>'


def _parameter_table(parameters: Iterable[Parameter]) -> str:
    header = "<tr><th>parameter</th><th>began at</th><th>found</th><th></th><th></th></tr>"
    rows = "".join(_parameter_row(p) for p in parameters)
    return f'<div class="wide"><table>{header}{rows}</table></div>'


def _parameter_row(parameter: Parameter) -> str:
    kind = "estimated" if parameter.estimated else "fixed"
    shown = parameter.shown(parameter.value, parameter.std)
    if parameter.estimated and parameter.std is None and parameter.value is not None:
        shown += " (no error bar)"
    cells = (parameter.name, parameter.shown(parameter.start), shown, kind, parameter.remark)
    return f'<tr class="{kind}">' + "".join(f"<td>{escaped(cell)}</td>" for cell in cells) + "</tr>"


def _fit_table(fit: dict[str, float | bool | None]) -> str:
    rows = "".join(
        f"<tr><td>{escaped(name)}</td><td>{_figure_of_merit(value)}</td>"
        f"<td>{escaped(_FIT_WORDS.get(name, ''))}</td></tr>"
        for name, value in fit.items()
    )
    return f"<table>{rows}</table>"


def _figure_of_merit(value: float | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else f"{value:.4g}"


def _list(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escaped(s)}</li>" for s in sentences) + "</ul>"


def _facts(facts: dict[str, str]) -> str:
    rows = "".join(f"<tr><td>{escaped(name)}</td><td>{escaped(value)}</td></tr>" for name, value in facts.items())
    return f'<table class="facts">{rows}</table>'


def escaped(value: object) -> str:
    """Return foreign text as HTML that is nothing but text."""
    return html.escape(printable(value, 2000), quote=True)


def _data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def rendered(figure: "Figure", kind: str, dpi: int) -> bytes:
    """Return a figure as the bytes of a PNG or SVG file, the same every time."""
    from matplotlib import rc_context

    from backlight.report.figures import STYLE

    file = io.BytesIO()
    dated = {"Date": None} if kind == "svg" else {"Software": None}
    with rc_context(STYLE):
        figure.savefig(file, format=kind, dpi=dpi, metadata=dated)
    return file.getvalue()
