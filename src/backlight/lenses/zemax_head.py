"""What Zemax's files (.zmx) say of the whole lens: unit, light, fields, aperture."""

import math
from typing import NoReturn

from backlight.errors import InputError
from backlight.lenses import aperture
from backlight.lenses.lights import Colors, Fields, colors_of, fields_of, vignetting_notes, wavelength_at, weight_at
from backlight.lenses.lines import Line
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.rays import Lens

UNITS = {"MM": 1e-3, "CM": 1e-2, "METER": 1.0, "M": 1.0, "IN": 0.0254, "INCH": 0.0254}
MICROMETER = 1e-6
FIELDS = {0: ANGLE, 1: OBJECT, 2: IMAGE, 3: IMAGE}
REAL = 3
"""Of the kinds of fields: heights that rays have in the image; here they are taken for paraxial ones."""
VIGNETTING = ["VDXN", "VDYN", "VCXN", "VCYN", "VANN", "ZVCX", "ZVCY", "ZVDX", "ZVDY"]
STANDARD_AIR = (20.0, 1.0)
"""°C and atmospheres: indices of glasses are those in it."""


def lines_with(head: list[Line], keyword: str) -> list[Line]:
    """Return the lines of a keyword."""
    return [line for line in head if line.keyword == keyword]


def one_of(head: list[Line], *keywords: str) -> Line | None:
    """Return the first line of keywords that mean the same."""
    return next((line for keyword in keywords for line in lines_with(head, keyword)), None)


def field_kind(head: list[Line]) -> str:
    """Return whether fields are angles or heights."""
    told = one_of(head, "FTYP")
    return FIELDS[told.whole_at(1, 0, 3, "a kind of field")] if told else ANGLE


def demand_known(head: list[Line]) -> None:
    """Refuse rays that meet surfaces in no order or set out in parallel, and another air than that of the indices."""
    for line in lines_with(head, "MODE"):
        if [word.upper() for word in line.words[1:2]] != ["SEQ"]:
            line.refuse(" ".join(line.words[1:]), "SEQ: rays that meet the surfaces in their order")
    for line in lines_with(head, "FTYP"):
        if len(line.words) > 2 and line.number_at(2) != 0:
            line.refuse("an object space that is telecentric", "chief rays through the stop, FTYP … 0",
                        "set the second number to 0 if the stop is where it should be")  # fmt: skip
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


def colors_told(head: list[Line]) -> Colors:
    """Return wavelengths, one on a line (WAVM) or all on one (WAVL) as files had them before."""
    lines = lines_with(head, "WAVM")
    told = [(wavelength_at(line, 2, MICROMETER), weight_at(line, 3)) for line in lines[: _count(head, 4)]]
    old, weights = one_of(head, "WAVL"), one_of(head, "WWGT")
    if old is not None and not told:
        told = [(wavelength_at(old, i, MICROMETER), weight_at(weights, i)) for i in range(1, len(old.words))]
        told, lines = told[: _count(head, 4)], [weights or old]
    if not told:
        return Colors(LensFile.wavelengths, LensFile.weights, 0, ("No wavelength is told: 587.56 nm is taken.",))
    if (_count(head, 4) or 1) > len(told):
        _refuse_count(head, f"{_count(head, 4)} wavelengths, and {len(told)} told")
    main = one_of(head, "PWAV")
    primary = main.whole_at(1, 1, len(told), "the number of a wavelength") - 1 if main else 0
    return colors_of(told, primary, lines)


def _count(head: list[Line], place: int) -> int | None:
    """Return how many fields (3) or wavelengths (4) count: the program fills its tables up."""
    told = one_of(head, "FTYP")
    return told.whole_at(place, 1, 1000, "how many there are") if told and len(told.words) > place else None


def fields_told(head: list[Line], kind: str, unit: float) -> Fields:
    """Return fields (y, x), rad or m."""
    x, y, weights = (one_of(head, *names) for names in (("XFLN", "XFLD"), ("YFLN", "YFLD"), ("FWGN", "FWGT")))
    count, told = _count(head, 3), [len(line.words) - 1 for line in (x, y) if line is not None]
    if told and (count or 1) > max(told):
        _refuse_count(head, f"{count} fields, and {max(told)} told")
    return fields_of(x, y, weights, kind=kind, unit=unit, count=count)


def _refuse_count(head: list[Line], got: str) -> NoReturn:
    lines_with(head, "FTYP")[0].refuse(got, "as many as it says", "is a part of the file missing?")


def aperture_of(head: list[Line], file: str, unit: float) -> aperture.Aperture:
    """Return what makes the entrance pupil."""
    for line in head:
        if line.keyword == "ENPD":
            return aperture.entrance_pupil(line.positive_at(1, "a diameter") * unit)
        if line.keyword == "FNUM":
            number = line.positive_at(1, "an f-number")
            return aperture.working_f_number(number) if _flagged(line) else aperture.f_number(number)
        if line.keyword == "OBNA":
            return _of_the_object(line)
        if line.keyword == "FLOA":
            return aperture.stop_size()
    raise InputError(file, got="no aperture", expected="a line ENPD, FNUM, OBNA or FLOA",
                     remedy="add ENPD and the diameter of the entrance pupil")  # fmt: skip


def _of_the_object(line: Line) -> aperture.Aperture:
    """Return a numerical aperture, or the half angle of a cone in degrees."""
    if not _flagged(line):
        return aperture.object_aperture(line.positive_at(1, "a numerical aperture"))
    angle = line.positive_at(1, "an angle")
    if angle >= 90:
        line.refuse(f"{angle:g}°", "half the angle of a cone, below 90°")
    return aperture.object_cone(math.radians(angle))


def _flagged(line: Line) -> bool:
    return len(line.words) > 2 and line.whole_at(2, 0, 1, "a flag") == 1


def head_notes(head: list[Line], lens: Lens) -> list[str]:
    """Return what the rays do not know of."""
    factors = [line for name in VIGNETTING for line in lines_with(head, name)]
    found = vignetting_notes(factors, lens, _count(head, 3))
    for line in lines_with(head, "FTYP"):
        if line.number_at(1) == REAL:
            found.append(f"Real heights of the image (line {line.number}) are taken for paraxial ones.")
    for line in lines_with(head, "MNUM"):
        if len(line.words) > 1 and line.number_at(1) > 1:
            found.append(f"Of {line.words[1]} configurations (line {line.number}) that of the table is read.")
    return found
