"""Plain tables of surfaces: type, distance from the surface before, radius, diameter, material, then what the type has:

S, the surfaces: conic constant, r⁴, r⁶, …; X, polynomials in x and y: b of b z² − z + Σ = 0, then 1, y, x, y², xy, x²,
y³, … (dO, C. Wang et al., IEEE Trans. Comput. Imaging 8, 905 (2022)).
"""

from collections.abc import Mapping

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.glasses import Shelf
from backlight.lenses.lines import Line, words_of
from backlight.lenses.record import LensFile
from backlight.light import ConstantIndex, Material
from backlight.rays import Asphere, Conic, Lens, Profile, Surface, XYPolynomial

MM = 1e-3
OPAQUE = "OCCLUDER"
INDEX_OF_AIR = 1.000293


def read_table(text: str, file: str, glasses: Mapping[str, Material]) -> LensFile:
    """Return what a table tells; its lengths are in mm, a radius of 0 is a plane, air has its index at 0 °C.

    Such a table says nothing of light and fields, and where none of its rows is a stop (A) nothing of the aperture: the
    first surface is taken, with its diameter.

    **Errors:** `InputError` with the line of a type or a glass that is not known, or of what is no number.
    """
    lines = words_of(text, file)
    start = next((i for i, line in enumerate(lines) if line.words[0].lower() == "type"), None)
    rows = [] if start is None else lines[start + 1 :]
    if len(rows) < 2 or rows[0].words[0].upper() != "O":
        raise InputError(file, got="no table of surfaces",
                         expected="a line 'type distance roc diameter material', then O, the object, S, surfaces, X, "
                         "polynomials, A, the stop, and I, the image")  # fmt: skip
    for row in rows[1:]:
        if row.keyword not in PROFILES:
            row.refuse(f"the type {row.words[0]}", "S (surface), X (polynomial), A (stop) or I (image)",
                       "write what it is as our .json")  # fmt: skip
        if (row is rows[-1]) != (row.keyword == "I"):
            row.refuse(f"{row.words[0]}, {'the last row' if row is rows[-1] else 'and rows behind it'}",
                       "I, the image, in the last row, and there alone", "is a part of the table missing?")  # fmt: skip
    shelf = Shelf({"AIR": ConstantIndex(INDEX_OF_AIR)} | dict(glasses))
    behind = [row.number_at(1, "a distance") * MM for row in rows[2:]] + [0.0]
    stop = next((i for i, row in enumerate(rows) if row.keyword == "A"), 1)
    surfaces, before = [], _medium(rows[0], shelf, ConstantIndex(1.0))
    medium = before
    for i, (row, thickness) in enumerate(zip(rows[1:], behind, strict=True), 1):
        medium = _medium(row, shelf, medium)
        diameter = row.number_at(3, "a diameter") * MM
        if diameter < 0:
            row.refuse(row.words[3], "a diameter ≥ 0")
        surfaces.append(Surface(PROFILES[row.keyword](row), thickness=thickness, medium=medium, stop=i == stop,
                                semi_diameter=diameter / 2 if diameter and row.keyword != "I" else None))  # fmt: skip
    lens = Lens(surfaces, before=before)
    if lens.surfaces[stop - 1].semi_diameter is None:
        rows[stop].refuse("no diameter", "that of the stop, or of the first surface where there is none")
    notes = [] if any(row.keyword == "A" for row in rows) else ["No stop is told: the first surface is taken."]
    shelf.demand_inside(LensFile.wavelengths)
    lens = aperture.stop_size()(lens, LensFile.wavelengths[0])
    return LensFile(lens, " ".join(lines[0].words) if start else "", notes=(*notes, *shelf.notes))


def _medium(row: Line, shelf: Shelf, before: Material) -> Material:
    name = row.words[4] if len(row.words) > 4 else "AIR"
    return before if name.upper() == OPAQUE else shelf.named(name, row)


def _of_revolution(row: Line) -> Profile:
    radius = row.number_at(2, "a radius") * MM or None
    conic, *terms = row.numbers(5) or [0.0]
    if not any(terms):
        return Conic(radius, conic)
    return Asphere(radius, conic, [a * MM ** (1 - p) for a, p in zip(terms, range(4, 100, 2), strict=False)])


def _polynomial(row: Line) -> Profile:
    """Return Σ a xⁱ yʲ, degree after degree, i rising within one; the radius has no meaning in such a row."""
    bend, *terms = row.numbers(5) or [0.0]
    if bend != 0:
        row.refuse(f"z² times {bend:g}", "0 times z²: a height that is a polynomial")
    powers = [(i, degree - i) for degree in range(21) for i in range(degree + 1)][: len(terms)]
    found = [(a * MM, pair) for a, pair in zip(terms, powers, strict=False) if a != 0]
    if len(terms) > len(powers):
        row.refuse(f"{len(terms)} terms", f"up to {len(powers)}")
    return XYPolynomial(MM, [a for a, _ in found], [pair for _, pair in found]) if found else Conic()


PROFILES = {"S": _of_revolution, "A": _of_revolution, "I": _of_revolution, "X": _polynomial}
