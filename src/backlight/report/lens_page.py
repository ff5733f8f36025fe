"""The report of a lens: one HTML file with its pictures inside, readable without a network."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from backlight import units
from backlight.lenses.analyze import Analysis
from backlight.rays import Seidel
from backlight.report.lens_figures import draw_lens
from backlight.report.page import captioned, escaped, opening

_CAPTIONS = {
    "layout": "The lens in the plane of y and z, with rays of each field through a diameter of the pupil.",
    "spots": "Where rays meet the image, from the chief ray of the main wavelength; the circle is Airy's. RMS of all "
    "colors about their mean.",
    "fans": "What rays are off in the image along two diameters of the pupil, from the main chief ray.",
    "mtf": "Contrast of fringes in the image, of all colors; “by rays” where the wavefront is too steep for "
    "diffraction to matter.",
    "wavefronts": "Path differences over the pupil at the main wavelength, from the chief ray's sphere.",
    "field": "Foci of narrow bundles, and what chief rays are off from the image of a lens without distortion.",
}
_LENGTHS = ("efl", "bfl", "entrance_pupil", "entrance_pupil_diameter", "exit_pupil", "exit_pupil_diameter")
_NOLL = 4  # the first polynomial that says something of the wavefront, not of where it is


def lens_page(found: Analysis, title: str) -> str:
    """Return the report of a lens as HTML text."""
    figures = draw_lens(found)
    shown = {name: captioned(figure, _CAPTIONS[name]) for name, figure in figures.items()}
    parts = [
        opening(title),
        shown["layout"],
        "<h2>First order</h2>",
        _table(("", "at the main wavelength"), _first_order(found)),
        *_notes(found.told.notes),
        "<h2>Spots</h2>", shown["spots"], shown["fans"],
        "<h2>Contrast</h2>", shown["mtf"],
        "<h2>Wavefronts</h2>", shown["wavefronts"],
        _table(("field", "RMS spot", "RMS wavefront, waves", "Strehl"), _quality(found)),
        "<p>Zernike polynomials in waves, Noll's order and norm:</p>",
        _table(("", *(point.name for point in found.points)), _zernikes(found)),
        *(("<h2>Over the field</h2>", shown["field"]) if "field" in shown else ()),
        "<h2>Third order</h2>",
        "<p>Seidel's sums at the rim of the field, in waves of the main wavelength:</p>",
        _table(("surface", *Seidel._fields[:5]), _seidel(found)),
        "</body></html>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escaped(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _notes(notes: Sequence[str]) -> Iterable[str]:
    return (f'<p class="warning">{escaped(note)}</p>' for note in notes)


def _first_order(found: Analysis) -> Iterable[Sequence[str]]:
    for name in _LENGTHS:
        value = found.first[name]
        yield name, "infinite" if value is None else units.format_length(value, digits=6)
    yield "f_number", "infinite" if found.first["f_number"] is None else f"{found.first['f_number']:.4g}"
    yield "numerical aperture of the image", f"{found.numerical_aperture:.4g}"
    yield "radius of Airy's disc", units.format_length(found.airy_radius)


def _quality(found: Analysis) -> Iterable[Sequence[str]]:
    for point in found.points:
        yield (
            point.name,
            units.format_length(point.rms),
            f"{point.rms_wavefront:.4f}",
            "–" if math.isnan(point.strehl) else f"{point.strehl:.4f}",
        )


def _zernikes(found: Analysis) -> Iterable[Sequence[str]]:
    for j in range(_NOLL, len(found.points[0].zernikes) + 1):
        yield f"Z{j}", *(f"{point.zernikes[j - 1]:+.4f}" for point in found.points)
    yield "left over, RMS", *(f"{point.residual:.4f}" for point in found.points)


def _seidel(found: Analysis) -> Iterable[Sequence[str]]:
    sums = np.stack([np.asarray(getattr(found.seidel, name)) for name in Seidel._fields[:5]]) / found.told.wavelength
    for i, row in enumerate(sums.T):
        yield str(i), *(f"{value:+.3f}" for value in row)
    yield "sum", *(f"{value:+.3f}" for value in sums.sum(axis=1))
