"""CODE V's sequences (.seq), read."""

import math
from collections.abc import Mapping

import equinox as eqx

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.codev_glasses import shelf_of
from backlight.lenses.codev_statements import APERTURES, FIELDS, VIGNETTING, Row, Sorted, sorted_statements
from backlight.lenses.codev_surfaces import glass_of, surfaces_of, thickness_of
from backlight.lenses.focus import image_distance
from backlight.lenses.lights import Colors, Fields, colors_of, fields_of, vignetting_notes, wavelength_at, weight_at
from backlight.lenses.lines import Line
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.light import Material
from backlight.rays import Lens

UNITS = {"M": 1e-3, "MM": 1e-3, "C": 1e-2, "CM": 1e-2, "I": 0.0254, "IN": 0.0254}
MM, NANOMETER = 1e-3, 1e-9
FAR = 1e9  # of its units: where the object is said to be infinitely far
KINDS = {"AN": ANGLE, "OB": OBJECT, "IM": IMAGE, "RI": IMAGE}
STANDARD = {"TEM": (15.0, 25.0, "°C"), "PRE": (750.0, 770.0, "mm Hg")}
"""Of air: indices of glasses are those in it."""


def read_codev(text: str, file: str, glasses: Mapping[str, Material]) -> LensFile:
    """Return what a .seq file tells.

    **Errors:** `InputError` with the line of what is no number, of what would change the lens and is not known, and for
    a file without surfaces, image, aperture or stop.
    """
    told = sorted_statements(text, file)
    head, rows = told.head, told.rows
    if len(rows) < 3 or rows[0].line.keyword != "SO" or rows[-1].line.keyword != "SI":
        raise InputError(file, got=f"{len(rows)} surfaces", expected="SO, the object, then S and SI, the image")
    unit, shelf = _unit(head), shelf_of(told.private, glasses)
    radii = "RDM" in head and not head["RDM"].is_off
    surfaces = surfaces_of(rows, unit, radii, shelf)
    if not any(surface.stop for surface in surfaces):
        raise InputError(file, got="no stop", expected="one surface with STO", remedy="add STO below one surface")
    lens = Lens(surfaces, object_distance=_object_distance(rows[0], unit), before=glass_of(rows[0], shelf))
    colors, (kind, fields) = _colors(head, file), _fields(head, unit)
    shelf.demand_inside(colors.wavelengths)
    lens = _aperture(head, file, unit)(lens, colors.wavelengths[colors.primary])
    lens, focus = _focused(head.get("PIM"), rows, lens, colors.wavelengths[colors.primary])
    notes = (*colors.notes, *fields.notes, *told.notes, *focus, *_notes(told, lens), *shelf.notes)
    return LensFile(lens, _title(head), colors.wavelengths, colors.weights, colors.primary, fields.points, kind, notes)


def _object_distance(row: Row, unit: float) -> float | None:
    away = thickness_of(row)
    if away == 0:
        row.line.refuse("0", "a distance of the object other than 0")
    if abs(away) > FAR:
        return None
    if row.line.number_at(1) != 0:
        row.line.refuse(f"a curved object, {row.line.words[1]}", "a plane one")
    return away * unit


def _unit(head: Mapping[str, Line]) -> float:
    line = head.get("DIM")
    if line is None:
        return UNITS["M"]
    name = line.words[1].upper() if len(line.words) > 1 else ""
    if name not in UNITS:
        line.refuse(f"the unit {name!r}", "M (mm), C (cm) or I (inch)")
    return UNITS[name]


def _title(head: Mapping[str, Line]) -> str:
    return " ".join(head["TIT"].words[1:]).strip("'\" ") if "TIT" in head else ""


def _colors(head: Mapping[str, Line], file: str) -> Colors:
    if "WL" not in head:
        raise InputError(file, got="no wavelength", expected="a line WL with wavelengths in nm")
    line, weights = head["WL"], head.get("WTW")
    told = [(wavelength_at(line, i, NANOMETER), weight_at(weights, i)) for i in range(1, len(line.words))]
    if not told:
        line.refuse("nothing", "wavelengths in nm")
    primary = head["REF"].whole_at(1, 1, len(told), "the number of a wavelength") - 1 if "REF" in head else 0
    return colors_of(told, primary, [weights or line])


def _aperture(head: Mapping[str, Line], file: str, unit: float) -> aperture.Aperture:
    if "EPD" in head:
        return aperture.entrance_pupil(head["EPD"].positive_at(1, "a diameter") * unit)
    if "FNO" in head:
        return aperture.working_f_number(head["FNO"].positive_at(1, "an f-number"))
    if "NA" in head:
        return aperture.image_aperture(head["NA"].positive_at(1, "a numerical aperture"))
    if "NAO" in head:
        return aperture.object_aperture(head["NAO"].positive_at(1, "a numerical aperture"))
    raise InputError(file, got="no aperture", expected=f"a line {', '.join(APERTURES)}")


def _focused(asked: Line | None, rows: list[Row], lens: Lens, wavelength: float) -> tuple[Lens, list[str]]:
    """Return the lens with its paraxial image where PIM asks for it and no distance to it is told, and what to note."""
    if asked is None or asked.is_off:
        return lens, []
    if thickness_of(rows[-2]) != 0:
        return lens, [f"PIM (line {asked.number}) is not solved: distances are those of the file."]
    distance = image_distance(lens, wavelength)
    if not math.isfinite(distance):
        asked.refuse("light that leaves in parallel", "a lens that makes an image")
    found = eqx.tree_at(lambda one: one.surfaces[-2].thickness, lens, lens.surfaces[-2].thickness + distance)
    return found, [f"The image stands where PIM (line {asked.number}) puts it, {distance / MM:.6g} mm behind the lens."]


def _fields(head: Mapping[str, Line], unit: float) -> tuple[str, Fields]:
    given = [head[name] for name in FIELDS if name in head]
    kinds = {line.keyword[1:] for line in given}
    if len(kinds) > 1:
        given[-1].refuse(f"fields of two kinds: {' and '.join(sorted(line.keyword for line in given))}",
                         "fields of one kind")  # fmt: skip
    kind = KINDS[kinds.pop()] if kinds else ANGLE
    x, y = (next((line for line in given if line.keyword[0] == axis), None) for axis in "XY")
    return kind, fields_of(x, y, head.get("WTF"), kind=kind, unit=unit)


def _notes(told: Sorted, lens: Lens) -> list[str]:
    """Return what has no part in the rays, and refuse another air than that of the indices."""
    head = told.head
    found: list[str] = []
    for name, (low, high, unit) in STANDARD.items():
        if name in head and not low <= head[name].number_at(1) <= high:
            head[name].refuse(f"{head[name].words[1]} {unit}", f"{low:g} to {high:g} {unit}",
                              "take the line out, and give glasses at that air: glasses={name: material.at(…)}"
                              )  # fmt: skip
    found += vignetting_notes((head[name] for name in VIGNETTING if name in head), lens)
    real = next((head[name] for name in ("XRI", "YRI") if name in head), None)
    if real is not None:
        found.append(f"Real heights of the image ({real.keyword}, line {real.number}) are taken for paraxial ones.")
    for line in (row.told["CIR HOL"] for row in told.rows if "CIR HOL" in row.told):
        found.append(f"CIR HOL (line {line.number}) is not used: light meets the surface there, too.")
    return found
