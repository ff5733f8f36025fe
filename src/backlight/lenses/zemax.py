"""Zemax's sequential files (.zmx), read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from scipy.spatial.transform import Rotation

from backlight.errors import InputError
from backlight.lenses.glasses import AIR_NAMES, Shelf
from backlight.lenses.lines import Line, words_of
from backlight.lenses.record import LensFile
from backlight.lenses.zemax_head import (
    aperture_of,
    colors_told,
    demand_known,
    field_kind,
    fields_told,
    head_notes,
    name_of,
    unit_of,
)
from backlight.lenses.zemax_surfaces import Numbers, shape_of
from backlight.light import ConstantIndex, Material
from backlight.rays import Conic, Lens, Phase, Pose, Profile, Surface

MODEL = 1, 2
"""Of the first number behind a glass's name: index and Abbe number count as they stand, not the name."""

ODD_APERTURES = frozenset(["CADE", "SQAP", "SQOB", "ELAP", "ELOB", "SPID", "UDAD", "UDOB", "USAP"])
"""Rectangles, ellipses, arms and a user's own, of rims and of what is in the way."""

OF_ITS_PROGRAM = ODD_APERTURES.union(
    """VERS NAME NOTE PFIL LANG ENVD GFAC GCAT RAIM PUSH SDMA OMMA ROPD HYPR PICB FWGN FWGT POLS GLRS GSTD NSCD COFN
    BLNK TOL MNUM MOFF DBDT LUID EERA AUTH IWDP STUD MODE UNIT FTYP XFLN YFLN XFLD YFLD WAVM WAVL WWGT WAVN PWAV SURF
    TYPE CURV DISZ PARM GLAS CONI DIAM CLAP FLAP STOP COMM SSID FIMP POPS HIDE MIRR SLAB MEMA OEMA MAZH COAT PPAR ENPD
    FNUM FLOA OBNA REAY OBSC OBDC XDAT VDXN VDYN VCXN VCYN VANN ZVCX ZVCY ZVDX ZVDY""".split()  # noqa: SIM905
)
"""Keywords that are read, and those that say nothing of the optics: drawings, solves, windows of the program."""


@dataclass
class Row:
    """The lines of one surface, by keyword."""

    line: Line
    told: dict[str, Line] = field(default_factory=dict)
    parameters: dict[int, float] = field(default_factory=dict)
    extra: dict[int, float] = field(default_factory=dict)

    def number(self, keyword: str, default: float = 0.0, place: int = 1) -> float:
        """Return the number of a keyword."""
        return self.told[keyword].number_at(place) if keyword in self.told else default

    @property
    def type(self) -> str:
        """Its type, in capitals."""
        told = self.told.get("TYPE")
        return told.words[1].upper() if told and len(told.words) > 1 else "STANDARD"


def read_zemax(text: str, file: str, glasses: Mapping[str, Material]) -> LensFile:
    """Return what a .zmx file tells.

    **Errors:** `InputError` with the line of a surface or a glass that is not known, of a number that is none, and for
    a file without surfaces or without a stop.
    """
    lines = words_of(text, file)
    head, rows = _sorted(lines)
    if len(rows) < 2:
        raise InputError(file, got=f"{len(rows)} surfaces", expected="SURF 0, the object, and more")
    for i, row in enumerate(rows):
        if row.line.whole_at(1, 0, len(rows), "the number of a surface") != i:
            row.line.refuse(f"SURF {row.line.words[1]}", f"SURF {i}, the next one", "is a part of the file missing?")
    demand_known(head)
    unit, shelf = unit_of(head), Shelf(glasses)
    surfaces, before = _surfaces(rows, unit, shelf)
    if not any(surface.stop for surface in surfaces):
        raise InputError(file, got="no stop", expected="one surface with STOP", remedy="add a line STOP to one surface")
    away = _distance(rows[0], math.inf) * unit
    if away == 0:
        rows[0].told["DISZ"].refuse("0", "a distance of the object other than 0")
    if not math.isinf(away) and rows[0].number("CURV") != 0:
        rows[0].told["CURV"].refuse("a curved object", "a plane one")
    lens = Lens(surfaces, object_distance=None if math.isinf(away) else away, before=before)
    kind = field_kind(head)
    colors, fields = colors_told(head), fields_told(head, kind, unit)
    shelf.demand_inside(colors.wavelengths)
    lens = aperture_of(head, file, unit)(lens, colors.wavelengths[colors.primary])
    notes = (*colors.notes, *fields.notes, *head_notes(head, lens), *_notes(head, rows), *shelf.notes)
    return LensFile(lens, name_of(head), colors.wavelengths, colors.weights, colors.primary, fields.points, kind, notes)


def _sorted(lines: list[Line]) -> tuple[list[Line], list[Row]]:
    """Return the lines before the surfaces and behind, and those of each surface."""
    head: list[Line] = []
    rows: list[Row] = []
    for line in lines:
        if line.keyword == "SURF":
            rows.append(Row(line))
        elif not rows or line.keyword in ("BLNK", "TOL", "MNUM", "MOFF"):
            head.append(line)
        elif line.keyword in ("PARM", "XDAT"):
            numbers = rows[-1].parameters if line.keyword == "PARM" else rows[-1].extra
            numbers[line.whole_at(1, 0, 1000, "the number of a parameter")] = line.number_at(2)
        else:
            rows[-1].told.setdefault(line.keyword, line)
    return head, rows


def _surfaces(rows: list[Row], unit: float, shelf: Shelf) -> tuple[list[Surface], Material]:
    """Return the surfaces behind the object, and what is before them."""
    air: Material = ConstantIndex(1.0)
    before = _medium(rows[0], shelf) or air
    surfaces = []
    for row in rows[1:]:
        profile, phase = _shape(row, unit)
        mirror = _is_mirror(row)
        breaks = row.type == "COORDBRK"
        medium = None if mirror or breaks else _medium(row, shelf) or air
        thickness = _distance(row, 0.0) * unit
        if math.isinf(thickness):
            row.told["DISZ"].refuse("INFINITY", "a finite distance behind each surface but the object")
        try:
            surfaces.append(Surface(profile, thickness=thickness, medium=medium, mirror=mirror,
                                    semi_diameter=_clear(row, unit), stop="STOP" in row.told,
                                    hole=_hole(row, unit), phase=phase,
                                    turn=_turn(row, unit) if breaks else None))  # fmt: skip
        except InputError as error:
            row.line.refuse(f"{error.where} {error.got}", error.expected, error.remedy)
    return surfaces, before


def _is_mirror(row: Row) -> bool:
    told = row.told.get("GLAS")
    return told is not None and len(told.words) > 1 and told.words[1].upper() == "MIRROR"


def _medium(row: Row, shelf: Shelf) -> Material | None:
    line = row.told.get("GLAS")
    if line is None:
        return None
    if len(line.words) < 2:
        line.refuse("nothing", "the name of a glass")
    name = line.words[1]
    if name.upper() not in shelf.own and len(line.words) > 5 and line.number_at(2) in MODEL:
        return shelf.model(name, line.number_at(4, "the index"), line.number_at(5, "Abbe's number"), line)
    return shelf.named(name, line)


def _clear(row: Row, unit: float) -> float | None:
    """Return the semi-diameter that clips rays: one that was given, not one that the program found."""
    if "CLAP" in row.told:
        size = row.number("CLAP", place=2)
    elif "FLAP" in row.told or ("DIAM" in row.told and row.number("DIAM", 0.0, place=2) == 1) or "STOP" in row.told:
        size = row.number("DIAM")
    else:
        return None
    if size < 0:
        row.line.refuse(f"a semi-diameter of {size:g}", "one ≥ 0")
    return size * unit or None


def _hole(row: Row, unit: float) -> float | None:
    """Return the radius within which nothing passes, of an annulus or of a disc that is in the way."""
    annulus = row.number("CLAP") if "CLAP" in row.told else 0.0
    disc = row.number("OBSC", place=2) if "OBSC" in row.told and not _is_ring(row) else 0.0
    return max(annulus, disc, key=abs) * unit or None


def _is_ring(row: Row) -> bool:
    """Tell whether a ring is in the way: light passes within it, too."""
    return row.number("OBSC") != 0


def _turn(row: Row, unit: float) -> Pose:
    """Return a coordinate break: decentered, then turned about x, y and z of its own; the other way round if asked."""
    x, y, about_x, about_y, about_z, order = (row.parameters.get(i, 0.0) for i in range(1, 7))
    tilt = tuple(math.radians(angle) for angle in (about_z, about_y, about_x))
    if order == 0:
        return Pose((0.0, y * unit, x * unit), tilt)
    turn = Rotation.from_euler("ZYX", tilt)  # about z first, then about y and x of its own: R = R_z R_y R_x
    about_x, about_y, about_z = turn.as_euler("XYZ")
    x, y, z = turn.apply([x * unit, y * unit, 0.0])
    return Pose((z, y, x), (about_z, about_y, about_x))


def _shape(row: Row, unit: float) -> tuple[Profile, Phase | None]:
    if row.type == "COORDBRK":
        return Conic(), None
    numbers = Numbers(row.number("CURV"), row.number("CONI"), row.parameters, row.extra)
    try:
        return shape_of(row.type, numbers, unit)
    except InputError as error:
        row.told.get("TYPE", row.line).refuse(error.got, error.expected, error.remedy)


def _distance(row: Row, default: float) -> float:
    return row.told["DISZ"].distance_at(1) if "DISZ" in row.told else default


def _notes(head: list[Line], rows: list[Row]) -> list[str]:
    strange = sorted(({line.keyword for line in head} | {name for row in rows for name in row.told}) - OF_ITS_PROGRAM)
    found = [f"Not read: {', '.join(strange[:20])}."] if strange else []
    for i, row in enumerate(rows):
        odd = sorted(ODD_APERTURES & set(row.told)) + (["OBSC"] if _is_ring(row) else [])
        found += [f"The aperture of surface {i} ({name}, line {row.told[name].number}) is not used: rays that the lens "
                  "blocks pass here." for name in odd]  # fmt: skip
        if "OBDC" in row.told and any(row.told["OBDC"].numbers()):
            found.append(f"The aperture of surface {i} is decentered (OBDC, line {row.told['OBDC'].number}), and taken "
                         "as centered here: other rays are blocked.")  # fmt: skip
    return found + _cut(rows[-1], len(rows) - 1)


def _cut(last: Row, number: int) -> list[str]:
    """Tell what the last surface has and an image has not: a file that was cut ends in a lens."""
    glass = last.told["GLAS"].words[1:2] if "GLAS" in last.told else ()
    signs = ["no distance (DISZ)"] if "DISZ" not in last.told else []
    signs += ["a distance behind it"] if _distance(last, 0.0) != 0 else []
    signs += [f"the material {glass[0]}"] if glass and glass[0].upper() not in AIR_NAMES else []
    signs += ["the type COORDBRK"] if last.type == "COORDBRK" else []
    return [f"Surface {number} (line {last.line.number}), the last one, is taken for the image and has "
            f"{' and '.join(signs)}: is the file cut?"] if signs else []  # fmt: skip
