"""CODE V's sequences (.seq), read."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.glasses import named
from backlight.lenses.lines import Line, fields_of
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.light import ConstantIndex, Material
from backlight.rays import Asphere, Conic, Lens, Pose, Profile, Surface

UNITS = {"M": 1e-3, "C": 1e-2, "I": 0.0254}
POWERS = dict(zip("ABCDEFGHJ", range(4, 22, 2), strict=True))
FAR = 1e9  # of its units: where the object is said to be infinitely far
CONTROLS = "CCY THC KC AC BC CC DC EC FC GC HC JC CUF CUM XDC YDC ZDC ADC BDC CDC GLC CRP".split()
"""What tells its optimizer, and not the lens."""

OF_ITS_PROGRAM = "LEN TIT TITLE INI GO PIM DER WTF PWT SLB CA LBL".split()
VIGNETTING = "VUX VLX VUY VLY".split()
FIELDS = {"XAN": ANGLE, "YAN": ANGLE, "XOB": OBJECT, "YOB": OBJECT, "XIM": IMAGE, "YIM": IMAGE, "XRI": IMAGE,
          "YRI": IMAGE}  # fmt: skip
APERTURES = "EPD FNO NA NAO".split()
PLACES = "XDE YDE ZDE ADE BDE CDE".split()
AFTER = "DAR BEN".split()
SHAPES = "SPH CON ASP K STO CIR DAR BEN".split()
GENERAL = ["RDM", "DIM", "WL", "REF", "WTW", *FIELDS, *APERTURES]


@dataclass
class Row:
    """The statements of one surface."""

    line: Line
    told: dict[str, Line] = field(default_factory=dict)

    def number(self, keyword: str, default: float = 0.0) -> float:
        """Return the number of a keyword."""
        return self.told[keyword].number_at(1) if keyword in self.told else default


def read_codev(text: str, file: str, glasses: Mapping[str, Material]) -> LensFile:
    """Return what a .seq file tells.

    **Errors:** `InputError` with the line of what is no number or not known of a surface, and for a file without
    surfaces, image, aperture or stop.
    """
    head, rows, strange = _sorted(_statements(text, file))
    if len(rows) < 3 or rows[0].line.keyword != "SO" or rows[-1].line.keyword != "SI":
        raise InputError(file, got=f"{len(rows)} surfaces", expected="SO, the object, then S and SI, the image")
    unit = _unit(head)
    radii = "RDM" in head and (len(head["RDM"].words) < 2 or head["RDM"].words[1].upper() != "N")
    surfaces = _surfaces(rows, unit, radii, glasses)
    if not any(surface.stop for surface in surfaces):
        raise InputError(file, got="no stop", expected="one surface with STO", remedy="add STO below one surface")
    away = rows[0].line.number_at(2)
    lens = Lens(surfaces, object_distance=None if abs(away) > FAR else away * unit)
    wavelengths, weights, primary = _wavelengths(head, file)
    lens = _aperture(head, file, unit)(lens, wavelengths[primary])
    kind, fields = _fields(head, unit)
    return LensFile(lens, _title(head), wavelengths, weights, primary, fields, kind, _notes(head, strange))


def _statements(text: str, file: str) -> list[Line]:
    """Return statements: lines joined by &, parted by ;, without what follows !."""
    found: list[Line] = []
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.split(r"!(?=(?:[^'\"]*['\"][^'\"]*['\"])*[^'\"]*$)", line)[0].strip()
        start = start or number
        if bare.endswith("&"):
            joined += bare[:-1] + " "
            continue
        for statement in _parted(joined + bare):
            found.append(Line(file, start, tuple(statement.split())))
        joined, start = "", 0
    return found


def _parted(line: str) -> list[str]:
    """Return statements of a line; a ; within quotes parts none."""
    return [s for s in re.split(r";(?=(?:[^'\"]*['\"][^'\"]*['\"])*[^'\"]*$)", line) if s.strip()]


def _sorted(statements: list[Line]) -> tuple[dict[str, Line], list[Row], list[Line]]:
    """Return general statements by keyword, the surfaces, and what says nothing that is known here."""
    head: dict[str, Line] = {}
    rows: list[Row] = []
    strange: list[Line] = []
    for line in statements:
        word = line.keyword
        if re.fullmatch(r"S|SO|SI|S\d+", word) and len(line.words) > 2:
            rows.append(Row(line))
        elif rows and (word in SHAPES or word in PLACES or (word in POWERS and len(line.words) > 1)):
            rows[-1].told.setdefault("CIR EDG" if word == "CIR" and _is_edge(line) else word, line)
        elif word in GENERAL or word in VIGNETTING or word in ("TIT", "TITLE"):
            head.setdefault(word, line)
        elif word not in CONTROLS and word not in OF_ITS_PROGRAM:
            if rows and rows[-1].line.keyword != "SI":
                line.refuse(" ".join(line.words)[:80], f"one of {', '.join([*SHAPES, *PLACES, *POWERS])}",
                            "a part of a surface that is not known would make another lens: take it out if it does not"
                            )  # fmt: skip
            strange.append(line)
    return head, rows, strange


def _is_edge(line: Line) -> bool:
    return len(line.words) > 1 and line.words[1].upper() == "EDG"


def _surfaces(rows: list[Row], unit: float, radii: bool, glasses: Mapping[str, Material]) -> list[Surface]:
    surfaces: list[Surface] = []
    bend: Pose | None = None
    for row in rows[1:]:
        line, place = row.line, _pose(row, unit)
        glass = line.words[3] if len(line.words) > 3 else ""
        mirror = glass.upper() == "REFL"
        last = row is rows[-1]
        medium = None if mirror or last else named(glass, line, glasses) if glass else ConstantIndex(1.0)
        returns, bends = "DAR" in row.told, "BEN" in row.told
        if bend is not None and place is not None:
            line.refuse("a decentered surface behind a bend", "one that stands on the axis",
                        "put a plane of no effect between")  # fmt: skip
        turn = bend if bend is not None else None if returns else place
        bend = Pose(tilt=place.tilt) if bends and place is not None else None
        thickness = line.number_at(2) * unit
        if last and surfaces:  # what is told of the image is how far it is out of where the lens's last distance ends
            surfaces[-1] = _moved(surfaces[-1], thickness)
        surfaces.append(Surface(_profile(row, unit, radii), thickness=0.0 if last else thickness, medium=medium,
                                mirror=mirror, semi_diameter=row.number("CIR") * unit if "CIR" in row.told else None,
                                stop="STO" in row.told, turn=turn, pose=place if returns else None))  # fmt: skip
    return surfaces


def _moved(surface: Surface, further: float) -> Surface:
    return Surface(surface.profile, thickness=surface.thickness + further, medium=surface.medium,
                   mirror=surface.mirror, semi_diameter=surface.semi_diameter, stop=surface.stop, turn=surface.turn,
                   pose=surface.pose)  # fmt: skip


def _profile(row: Row, unit: float, radii: bool) -> Profile:
    told = row.line.number_at(1)
    if radii and told == 0 and row.line.words[1] not in ("0", "0.0"):
        row.line.refuse("a radius of 0", "a radius other than 0")
    radius = (told * unit if radii else unit / told) if told else None
    terms = {p: row.number(k) * unit ** (1 - p) for k, p in POWERS.items() if row.number(k) != 0}
    conic = row.number("K")
    return Asphere(radius, conic, list(terms.values()), list(terms)) if terms else Conic(radius, conic)


def _pose(row: Row, unit: float) -> Pose | None:
    """Return where a surface stands; CODE V turns left-handed about x and y, right-handed about z."""
    if not any(name in row.told for name in PLACES):
        return None
    x, y, z = (row.number(name) * unit for name in PLACES[:3])
    about_x, about_y, about_z = (math.radians(row.number(name)) for name in PLACES[3:])
    return Pose((z, y, x), (about_z, -about_y, -about_x))


def _unit(head: Mapping[str, Line]) -> float:
    line = head.get("DIM")
    if line is None:
        return UNITS["M"]
    name = line.words[1].upper() if len(line.words) > 1 else ""
    if name not in UNITS:
        line.refuse(f"the unit {name!r}", "M (mm), C (cm) or I (inch)")
    return UNITS[name]


def _title(head: Mapping[str, Line]) -> str:
    line = head.get("TITLE") or head.get("TIT")
    return " ".join(line.words[1:]).strip("'\" ") if line else ""


def _wavelengths(head: Mapping[str, Line], file: str) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    if "WL" not in head:
        raise InputError(file, got="no wavelength", expected="a line WL with wavelengths in nm")
    told = [value * 1e-9 for value in head["WL"].numbers()]
    if not told or any(not 0 < w < 1e-3 for w in told):
        head["WL"].refuse(" ".join(head["WL"].words[1:]), "wavelengths in nm")
    weights = head["WTW"].numbers() if "WTW" in head else []
    primary = int(head["REF"].number_at(1)) - 1 if "REF" in head else 0
    return tuple(told), tuple((weights + [1.0] * len(told))[: len(told)]), min(max(primary, 0), len(told) - 1)


def _aperture(head: Mapping[str, Line], file: str, unit: float) -> aperture.Aperture:
    if "EPD" in head:
        return aperture.entrance_pupil(head["EPD"].number_at(1) * unit)
    if "FNO" in head:
        return aperture.f_number(head["FNO"].number_at(1))
    if "NA" in head:
        return aperture.image_aperture(head["NA"].number_at(1))
    if "NAO" in head:
        return aperture.object_aperture(head["NAO"].number_at(1))
    raise InputError(file, got="no aperture", expected=f"a line {', '.join(APERTURES)}")


def _fields(head: Mapping[str, Line], unit: float) -> tuple[str, tuple[tuple[float, float], ...]]:
    kinds = {kind for name, kind in FIELDS.items() if name in head}
    kind = kinds.pop() if len(kinds) == 1 else ANGLE
    x, y = ([v for name in FIELDS if name[0] == axis and name in head for v in head[name].numbers()] for axis in "XY")
    return kind, fields_of(x, y, math.pi / 180 if kind == ANGLE else unit)


def _notes(head: Mapping[str, Line], strange: list[Line]) -> tuple[str, ...]:
    found = []
    if any(value != 0 for name in VIGNETTING if name in head for value in head[name].numbers()):
        found.append("Vignetting factors are not used: apertures clip rays.")
    if strange:
        found.append("Not read: " + ", ".join(f"{line.words[0]} (line {line.number})" for line in strange[:20]) + ".")
    return tuple(found)
