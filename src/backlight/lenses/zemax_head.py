"""What Zemax's files (.zmx) say of the whole lens: unit, light, fields, aperture."""

import math

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.lines import Line, fields_of
from backlight.lenses.record import ANGLE, IMAGE, OBJECT

UNITS = {"MM": 1e-3, "CM": 1e-2, "METER": 1.0, "M": 1.0, "IN": 0.0254}
FIELDS = {0: ANGLE, 1: OBJECT, 2: IMAGE, 3: IMAGE}
REAL = 3
"""Of the kinds of fields: heights that rays have in the image; here they are taken for paraxial ones."""
VIGNETTING = ["VDXN", "VDYN", "VCXN", "VCYN", "VANN", "ZVCX", "ZVCY", "ZVDX", "ZVDY"]
STANDARD_AIR = (20.0, 1.0)
"""°C and atmospheres: indices of glasses are those in it."""


def lines_with(head: list[Line], keyword: str) -> list[Line]:
    """Return the lines of a keyword."""
    return [line for line in head if line.keyword == keyword]


def field_kind(head: list[Line]) -> str:
    """Return whether fields are angles or heights."""
    told = lines_with(head, "FTYP")
    return FIELDS[told[0].whole_at(1, 0, 3, "a kind of field")] if told else ANGLE


def demand_known(head: list[Line]) -> None:
    """Refuse rays that meet surfaces in no order, and another air than that of the indices."""
    for line in lines_with(head, "MODE"):
        if [word.upper() for word in line.words[1:2]] != ["SEQ"]:
            line.refuse(" ".join(line.words[1:]), "SEQ: rays that meet the surfaces in their order")
    for line in lines_with(head, "ENVD"):
        adjusted = len(line.words) > 3 and line.number_at(3) != 0
        if adjusted and (line.number_at(1), line.number_at(2)) != STANDARD_AIR:
            line.refuse(f"{line.number_at(1):g} °C, {line.number_at(2):g} atm", "20 °C, 1 atm",
                        "take the line out, and give glasses at that air: glasses={name: material.at(…)}")  # fmt: skip


def unit_of(head: list[Line]) -> float:
    """Return the unit of length, m."""
    for line in lines_with(head, "UNIT"):
        name = line.words[1].upper() if len(line.words) > 1 else ""
        if name not in UNITS:
            line.refuse(f"the unit {name!r}", f"one of {', '.join(UNITS)}")
        return UNITS[name]
    return UNITS["MM"]


def name_of(head: list[Line]) -> str:
    """Return the name of the lens."""
    return next((" ".join(line.words[1:]) for line in lines_with(head, "NAME")), "")


def wavelengths_of(head: list[Line]) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Return wavelengths, m, weights, and the number of the main one."""
    told = [(line.number_at(2) * 1e-6, line.number_at(3) if len(line.words) > 3 else 1.0)
            for line in lines_with(head, "WAVM")]  # fmt: skip
    told += [(value * 1e-6, 1.0) for line in lines_with(head, "WAVL") for value in line.numbers()]
    if not told:
        return (587.5618e-9,), (1.0,), 0
    told = told[: _count(head, 4, len(told))]
    main = lines_with(head, "PWAV")
    primary = main[0].whole_at(1, 1, len(told), "the number of a wavelength") - 1 if main else 0
    for wavelength, _ in told:
        if not 0 < wavelength < 1e-3:
            raise InputError(head[0].file, got=f"a wavelength of {wavelength * 1e6:g} µm", expected="a number > 0, µm")
    return tuple(w for w, _ in told), tuple(s for _, s in told), primary


def _count(head: list[Line], place: int, default: int) -> int:
    """Return how many fields (3) or wavelengths (4) count: the program fills its tables up."""
    told = lines_with(head, "FTYP")
    return told[0].whole_at(place, 1, 1000, "how many there are") if told and len(told[0].words) > place else default


def fields_told(head: list[Line], kind: str, unit: float) -> tuple[tuple[float, float], ...]:
    """Return fields (y, x), rad or m."""
    x, y = (
        [value for line in lines_with(head, keyword)[:1] for value in line.numbers()] for keyword in ("XFLN", "YFLN")
    )
    count = _count(head, 3, max(len(x), len(y)))
    return fields_of(x[:count], y[:count], math.pi / 180 if kind == ANGLE else unit)


def aperture_of(head: list[Line], file: str, unit: float) -> aperture.Aperture:
    """Return what makes the entrance pupil."""
    for line in head:
        if line.keyword == "ENPD":
            return aperture.entrance_pupil(line.positive_at(1, "a diameter") * unit)
        if line.keyword == "FNUM":
            return aperture.f_number(line.positive_at(1, "an f-number"))
        if line.keyword == "OBNA":
            if len(line.words) > 2 and line.number_at(2) != 0:
                line.refuse("the angle of a cone", "a numerical aperture, OBNA with 0 behind it")
            return aperture.object_aperture(line.positive_at(1, "a numerical aperture"))
        if line.keyword == "FLOA":
            return aperture.stop_size()
    raise InputError(file, got="no aperture", expected="a line ENPD, FNUM, OBNA or FLOA",
                     remedy="add ENPD and the diameter of the entrance pupil")  # fmt: skip


def head_notes(head: list[Line]) -> list[str]:
    """Return what the rays do not know of."""
    found = []
    vignetted = [line for name in VIGNETTING for line in lines_with(head, name) if any(v != 0 for v in line.numbers())]
    if vignetted:
        found.append(f"Vignetting factors (line {vignetted[0].number}) are not used: apertures clip rays.")
    for line in lines_with(head, "FTYP"):
        if line.number_at(1) == REAL:
            found.append(f"Real heights of the image (line {line.number}) are taken for paraxial ones.")
    for line in lines_with(head, "MNUM"):
        if len(line.words) > 1 and line.number_at(1) > 1:
            found.append(f"Of {line.words[1]} configurations (line {line.number}) that of the table is read.")
    return found
