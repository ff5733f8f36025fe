"""Plain tables of surfaces: type, distance from the surface before, radius, diameter, material, conic, r⁴, r⁶, …"""

from collections.abc import Mapping

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.glasses import named
from backlight.lenses.lines import Line, words_of
from backlight.lenses.record import LensFile
from backlight.light import AbbeGlass, ConstantIndex, Material
from backlight.rays import Asphere, Conic, Lens, Profile, Surface

MM = 1e-3
KINDS = {"O": "object", "S": "surface", "A": "stop", "I": "image"}
OPAQUE = "OCCLUDER"
AIR = 1.000293


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
        raise InputError(file, got="no table of surfaces", expected="a line 'type distance roc diameter material', then "
                         "O, the object, S, surfaces, A, the stop, and I, the image")  # fmt: skip
    for row in rows:
        if row.keyword not in KINDS:
            row.refuse(f"the type {row.words[0]}", "O (object), S (surface), A (stop) or I (image)")
    own = {"AIR": ConstantIndex(AIR)} | dict(glasses)
    behind = [row.number_at(1, "a distance") * MM for row in rows[2:]] + [0.0]
    stop = next((i for i, row in enumerate(rows) if row.keyword == "A"), 1)
    surfaces, medium = [], _medium(rows[0], own, ConstantIndex(1.0))
    for i, (row, thickness) in enumerate(zip(rows[1:], behind, strict=True), 1):
        medium = _medium(row, own, medium)
        diameter = row.number_at(3, "a diameter") * MM
        surfaces.append(Surface(_profile(row), thickness=thickness, medium=medium, stop=i == stop,
                                semi_diameter=diameter / 2 if diameter and row.keyword != "I" else None))  # fmt: skip
    lens = Lens(surfaces, before=_medium(rows[0], own, ConstantIndex(1.0)))
    if lens.surfaces[stop - 1].semi_diameter is None:
        rows[stop].refuse("no diameter", "that of the stop, or of the first surface where there is none")
    notes = () if any(row.keyword == "A" for row in rows) else ("No stop is told: the first surface is taken.",)
    lens = aperture.stop_size()(lens, LensFile.wavelengths[0])
    return LensFile(lens, " ".join(lines[0].words) if start else "", notes=notes)


def _medium(row: Line, own: Mapping[str, Material], before: Material) -> Material:
    name = row.words[4] if len(row.words) > 4 else "AIR"
    if name.upper() == OPAQUE:
        return before
    index, slash, abbe = name.partition("/")
    if not slash:
        return named(name, row, own)
    try:
        return AbbeGlass(float(index), float(abbe))
    except ValueError:
        row.refuse(name, "a name, or index and Abbe's number as 1.5168/64.2")


def _profile(row: Line) -> Profile:
    radius = row.number_at(2, "a radius") * MM or None
    conic, *terms = row.numbers(5) or [0.0]
    if not any(terms):
        return Conic(radius, conic)
    return Asphere(radius, conic, [a * MM ** (1 - p) for a, p in zip(terms, range(4, 100, 2), strict=False)])
