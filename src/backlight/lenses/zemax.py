"""Zemax's sequential files (.zmx), read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from scipy.spatial.transform import Rotation

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.glasses import Shelf
from backlight.lenses.lines import Line, fields_of, words_of
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.lenses.zemax_surfaces import Numbers, shape_of
from backlight.light import ConstantIndex, Material
from backlight.rays import Conic, Lens, Phase, Pose, Profile, Surface

UNITS = {"MM": 1e-3, "CM": 1e-2, "METER": 1.0, "M": 1.0, "IN": 0.0254}
FIELDS = {0: ANGLE, 1: OBJECT, 2: IMAGE, 3: IMAGE}
CATALOG, MODEL = 0, (1, 2)
"""What the first number behind a glass's name says: look it up, or take index and Abbe number as they stand."""

OF_ITS_PROGRAM = frozenset(
    """VERS NAME NOTE PFIL LANG ENVD GFAC GCAT RAIM PUSH SDMA OMMA ROPD HYPR PICB FWGN POLS GLRS GSTD NSCD COFN BLNK TOL
    MNUM MOFF DBDT LUID EERA AUTH IWDP STUD MODE UNIT FTYP XFLN YFLN WAVM WAVL WAVN PWAV SURF TYPE CURV DISZ PARM GLAS
    CONI DIAM CLAP FLAP STOP COMM SSID FIMP POPS HIDE MIRR SLAB MEMA OEMA MAZH COAT PPAR ENPD FNUM FLOA OBNA REAY
    CADE SQAP ELAP OBSC OBDC XDAT""".split()  # noqa: SIM905
)
"""Keywords that are read, and those that say nothing of the optics: drawings, solves, windows of the program."""

VIGNETTING = ["VDXN", "VDYN", "VCXN", "VCYN", "VANN", "ZVCX", "ZVCY", "ZVDX", "ZVDY"]
ODD_APERTURES = {"CADE", "SQAP", "ELAP", "OBDC"}


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
    _demand_sequential(head)
    unit, shelf = _unit(head), Shelf(glasses)
    surfaces, before = _surfaces(rows, unit, shelf)
    if not any(surface.stop for surface in surfaces):
        raise InputError(file, got="no stop", expected="one surface with STOP", remedy="add a line STOP to one surface")
    away = _distance(rows[0], math.inf) * unit
    if away == 0:
        rows[0].told["DISZ"].refuse("0", "a distance of the object other than 0")
    lens = Lens(surfaces, object_distance=None if math.isinf(away) else away, before=before)
    wavelengths, weights, primary = _wavelengths(head)
    kind = _field_kind(head)
    lens = _aperture(head, file, unit)(lens, wavelengths[primary])
    return LensFile(lens, _name(head), wavelengths, weights, primary, _fields(head, kind, unit), kind,
                    (*_notes(head, rows), *shelf.notes))  # fmt: skip


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
        surfaces.append(Surface(profile, thickness=thickness, medium=medium, mirror=mirror,
                                semi_diameter=_clear(row, unit), stop="STOP" in row.told,
                                hole=_hole(row, unit), phase=phase,
                                turn=_turn(row, unit) if breaks else None))  # fmt: skip
    return surfaces, before


def _is_mirror(row: Row) -> bool:
    told = row.told.get("GLAS")
    return told is not None and len(told.words) > 1 and told.words[1].upper() == "MIRROR"


def _medium(row: Row, shelf: Shelf) -> Material | None:
    line = row.told.get("GLAS")
    if line is None or len(line.words) < 2:
        return None
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
    return size * unit if size > 0 else None


def _hole(row: Row, unit: float) -> float | None:
    """Return the radius within which nothing passes, of an annulus or of a disc that is in the way."""
    if "OBSC" in row.told and row.number("OBSC") == 0:
        return row.number("OBSC", place=2) * unit or None
    return row.number("CLAP") * unit or None


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


def _lines_of(head: list[Line], keyword: str) -> list[Line]:
    return [line for line in head if line.keyword == keyword]


def _distance(row: Row, default: float) -> float:
    return row.told["DISZ"].distance_at(1) if "DISZ" in row.told else default


def _field_kind(head: list[Line]) -> str:
    told = _lines_of(head, "FTYP")
    return FIELDS[told[0].whole_at(1, 0, 3, "a kind of field")] if told else ANGLE


def _demand_sequential(head: list[Line]) -> None:
    for line in _lines_of(head, "MODE"):
        if [word.upper() for word in line.words[1:2]] != ["SEQ"]:
            line.refuse(" ".join(line.words[1:]), "SEQ: rays that meet the surfaces in their order")


def _unit(head: list[Line]) -> float:
    for line in _lines_of(head, "UNIT"):
        name = line.words[1].upper() if len(line.words) > 1 else ""
        if name not in UNITS:
            line.refuse(f"the unit {name!r}", f"one of {', '.join(UNITS)}")
        return UNITS[name]
    return UNITS["MM"]


def _name(head: list[Line]) -> str:
    return next((" ".join(line.words[1:]) for line in _lines_of(head, "NAME")), "")


def _wavelengths(head: list[Line]) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Return wavelengths, m, weights, and the number of the main one."""
    told = [(line.number_at(2) * 1e-6, line.number_at(3) if len(line.words) > 3 else 1.0)
            for line in _lines_of(head, "WAVM")]  # fmt: skip
    told += [(value * 1e-6, 1.0) for line in _lines_of(head, "WAVL") for value in line.numbers()]
    if not told:
        return (587.5618e-9,), (1.0,), 0
    told = told[: _count(head, 4, len(told))]
    main = _lines_of(head, "PWAV")
    primary = main[0].whole_at(1, 1, len(told), "the number of a wavelength") - 1 if main else 0
    for wavelength, _ in told:
        if not 0 < wavelength < 1e-3:
            raise InputError(head[0].file, got=f"a wavelength of {wavelength * 1e6:g} µm", expected="a number > 0, µm")
    return tuple(w for w, _ in told), tuple(s for _, s in told), primary


def _count(head: list[Line], place: int, default: int) -> int:
    """Return how many fields (3) or wavelengths (4) count: the program fills its tables up."""
    told = _lines_of(head, "FTYP")
    return told[0].whole_at(place, 1, 1000, "how many there are") if told and len(told[0].words) > place else default


def _fields(head: list[Line], kind: str, unit: float) -> tuple[tuple[float, float], ...]:
    x, y = (
        [value for line in _lines_of(head, keyword)[:1] for value in line.numbers()] for keyword in ("XFLN", "YFLN")
    )
    count = _count(head, 3, max(len(x), len(y)))
    return fields_of(x[:count], y[:count], math.pi / 180 if kind == ANGLE else unit)


def _aperture(head: list[Line], file: str, unit: float) -> aperture.Aperture:
    for line in head:
        if line.keyword == "ENPD":
            return aperture.entrance_pupil(line.positive_at(1, "a diameter") * unit)
        if line.keyword == "FNUM":
            return aperture.f_number(line.positive_at(1, "an f-number"))
        if line.keyword == "OBNA":
            return aperture.object_aperture(line.positive_at(1, "a numerical aperture"))
        if line.keyword == "FLOA":
            return aperture.stop_size()
    raise InputError(file, got="no aperture", expected="a line ENPD, FNUM, OBNA or FLOA",
                     remedy="add ENPD and the diameter of the entrance pupil")  # fmt: skip


def _notes(head: list[Line], rows: list[Row]) -> tuple[str, ...]:
    found = []
    vignetted = [line for name in VIGNETTING for line in _lines_of(head, name) if any(v != 0 for v in line.numbers())]
    if vignetted:
        found.append(f"Vignetting factors (line {vignetted[0].number}) are not used: apertures clip rays.")
    known = OF_ITS_PROGRAM | set(VIGNETTING)
    strange = sorted({line.keyword for line in head if line.keyword not in known}
                     | {name for row in rows for name in row.told if name not in known})  # fmt: skip
    if strange:
        found.append(f"Not read: {', '.join(strange[:20])}.")
    for i, row in enumerate(rows):
        for name in sorted(ODD_APERTURES & set(row.told)):
            found.append(f"The aperture of surface {i} ({name}, line {row.told[name].number}) is not used.")
    return tuple(found)
