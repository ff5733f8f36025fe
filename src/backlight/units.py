"""Units at the edges: parse what people write, print what they read, catch a slip of a thousand.

Inside Backlight every number is SI (m, rad, s). Units exist only where a person writes or reads a number.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from backlight.errors import InputError, nearest

pm, nm, um, mm, cm, m, km, inch = 1e-12, 1e-9, 1e-6, 1e-3, 1e-2, 1.0, 1e3, 0.0254
urad, mrad, rad = 1e-6, 1e-3, 1.0
deg = math.pi / 180
arcmin, arcsec = deg / 60, deg / 3600
ns, us, ms, s = 1e-9, 1e-6, 1e-3, 1.0
percent = 1e-2

# Factors are decimal text, so that "632.8 nm" gives the float nearest to 6.328e-7, not 632.8 * 1e-9.
_LENGTHS = {
    "pm": "1e-12", "nm": "1e-9", "um": "1e-6", "mm": "1e-3", "cm": "1e-2", "dm": "1e-1", "m": "1", "km": "1e3",
    "in": "0.0254", "Å": "1e-10",
}  # fmt: skip
_ANGLES = {
    "nrad": "1e-9", "urad": "1e-6", "mrad": "1e-3", "rad": "1",
    "deg": repr(deg), "arcmin": repr(arcmin), "arcsec": repr(arcsec),
}  # fmt: skip
_TIMES = {"ns": "1e-9", "us": "1e-6", "ms": "1e-3", "s": "1"}
_CURVATURES = {"1/m": "1", "1/cm": "1e2", "1/mm": "1e3"}
_RATIOS = {"": "1", "%": "1e-2"}
_UNITS: dict[str, dict[str, str]] = {
    "length": _LENGTHS, "angle": _ANGLES, "time": _TIMES, "curvature": _CURVATURES, "dimensionless": _RATIOS,
}  # fmt: skip
DIMENSIONS = tuple(_UNITS)
SI = {"length": "m", "angle": "rad", "time": "s", "curvature": "1/m"}
"""The SI unit of each dimension that has one."""
_COMMON = {"length": "mm", "angle": "deg", "time": "ms", "curvature": "1/m"}
_EXAMPLES = {
    "length": '"632.8 nm", "5.86 um", "41 mm"', "angle": '"10 deg", "3 mrad"', "time": '"20 ms"',
    "curvature": '"0.5 1/m"',
    "dimensionless": '1.33, "1.33" or "5 %"',
}  # fmt: skip
_WORDS = {
    "micron": "um", "microns": "um", "angstrom": "Å", "angstroms": "Å", "inch": "in", "inches": "in",
    "°": "deg", "degree": "deg", "degrees": "deg", "radian": "rad", "radians": "rad", "percent": "%",
    "second": "s", "seconds": "s", "arcminute": "arcmin", "arcminutes": "arcmin",
    "arcsecond": "arcsec", "arcseconds": "arcsec",
}  # fmt: skip
_PREFIX_WORDS = {"pico": "p", "nano": "n", "micro": "u", "milli": "m", "centi": "c", "deci": "d", "kilo": "k", "": ""}
_STEMS = {"meter": "m", "metre": "m", "radian": "rad", "second": "s"}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(.*)", re.DOTALL)


def parse(text: object, dimension: str, *, where: str = "value", name: str = "") -> float:
    """Turn a quantity as people write it into SI.

    **Arguments:** `text` such as `"632.8 nm"`; `dimension`: `"length"`, `"angle"`, `"time"`, `"curvature"` or
    `"dimensionless"`; `where` names the field in the error; `name` of the quantity, whose `BANDS` tell which unit is
    meant where none is written.

    **Returns** a finite float in m, rad, s, 1/m or 1; correctly rounded for decimal units.

    **Raises** `InputError` for a bare number in a dimensioned field, an unknown unit, or anything else.

    >>> parse("632.8 nm", "length")
    6.328e-07
    """
    units = units_of(dimension)
    expected = f"{'an' if dimension[0] in 'aeiou' else 'a'} {dimension} such as {_EXAMPLES[dimension]}"
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return _bare_number(text, dimension, expected, where, name)
    if not isinstance(text, str):
        raise InputError(where, got=repr(text), expected=expected)
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise InputError(where, got=repr(text), expected=expected, remedy=_comma_hint(text))
    unit = canonical_unit(match[2])
    if unit not in units:
        remedy = _unit_hint(match[1], match[2], dimension, name)
        raise InputError(where, got=repr(text), expected=expected, remedy=remedy)
    return _finite(Decimal(match[1]) * Decimal(units[unit]), text, expected, where)


def units_of(dimension: str) -> Mapping[str, str]:
    """Return the unit names of a dimension and their factors to SI, as decimal text."""
    if dimension not in _UNITS:
        raise InputError(
            "dimension", got=repr(dimension), expected="a known dimension", remedy=nearest(dimension, _UNITS)
        )
    return _UNITS[dimension]


def canonical_unit(unit: str) -> str:
    """Reduce the spellings of a unit to one: `µm`, `μm`, `micron`, `micrometre` → `um`."""
    unit = unit.strip().replace("µ", "u").replace("μ", "u").replace("\u212b", "Å")
    word = unit.lower()
    if word in _WORDS:
        return _WORDS[word]
    for stem, short in _STEMS.items():
        prefix, found, rest = word.partition(stem)
        if found and rest in ("", "s") and prefix in _PREFIX_WORDS:
            return _PREFIX_WORDS[prefix] + short
    return unit


def _bare_number(value: float, dimension: str, expected: str, where: str, name: str) -> float:
    if dimension != "dimensionless":
        remedy = f'write "{value} {_meant_unit(value, dimension, name)}"'
        raise InputError(where, got=f"{value!r} without a unit", expected=expected, remedy=remedy)
    return _finite(Decimal(repr(value)), repr(value), expected, where)


def _finite(value: Decimal, text: str, expected: str, where: str) -> float:
    try:
        number = float(value)
    except (OverflowError, InvalidOperation):
        number = math.inf
    if not math.isfinite(number):
        raise InputError(where, got=repr(text), expected=f"{expected}, finite")
    return number


def _comma_hint(text: str) -> str:
    return (
        f"write {text.replace(',', '.')!r}" if re.match(r"\s*[+-]?\d+,\d", text) else "write a number, a space, a unit"
    )


def _unit_hint(number: str, unit: str, dimension: str, name: str) -> str:
    if not unit.strip():
        return f'write "{number} {_meant_unit(float(number), dimension, name)}"'
    same = [u for u in _UNITS[dimension] if u.lower() == canonical_unit(unit).lower()]
    return f"did you mean {same[0]!r}?" if same else f"units: {', '.join(filter(None, _UNITS[dimension]))}"


def _meant_unit(number: float, dimension: str, name: str) -> str:
    """Return the unit that makes a bare number a usual value of the quantity, or else the dimension's common one."""
    band, ladder = BANDS.get(name), _LADDERS[dimension]
    if band is None or band.dimension != dimension:
        return _COMMON[dimension]
    usual = [rung for rung in ladder if number and band.low <= number * rung[0] <= band.high]
    if not usual:
        return _COMMON[dimension]
    return canonical_unit(min(usual, key=lambda rung: _unlike(number * rung[0], band))[1])


# --- printing ---------------------------------------------------------------------------------------------------------

_LADDERS = {
    "length": ((1e3, "km"), (1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm"), (1e-12, "pm")),
    "angle": ((1.0, "rad"), (1e-3, "mrad"), (1e-6, "µrad"), (1e-9, "nrad")),
    "time": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "curvature": ((1.0, "1/m"),),
    "dimensionless": ((1.0, ""),),
}


def format_quantity(value: float, dimension: str, std: float | None = None, digits: int = 4) -> str:
    """Print an SI value in the unit a person would choose, with its uncertainty where there is one.

    The uncertainty keeps one significant digit (two if the first is 1) and the value as many decimals.

    >>> format_quantity(0.0414523, "length", std=6.1e-6)
    '41.452 ± 0.006 mm'
    """
    scale, unit = _rung(value or std or 0.0, dimension)
    tail = f" {unit}" if unit else ""
    if std is None or not math.isfinite(std) or std <= 0 or not math.isfinite(value):
        return f"{_significant(value / scale, digits)}{tail}"
    decimals = _decimals_of_std(std / scale)
    return f"{value / scale:.{decimals}f} ± {std / scale:.{decimals}f}{tail}"


def format_length(value: float, std: float | None = None, digits: int = 4) -> str:
    """Print a length in metres: `0.04145` → `"41.45 mm"`."""
    return format_quantity(value, "length", std, digits)


def format_angle(value: float, std: float | None = None, digits: int = 4) -> str:
    """Print an angle in radians: milliradians below 0.1 rad, degrees above."""
    if abs(value) < 0.1 or not math.isfinite(value):
        return format_quantity(value, "angle", std, digits)
    text = format_quantity(value / deg, "dimensionless", None if std is None else std / deg, digits)
    return f"{text} deg"


def spell(value: float, dimension: str) -> str:
    """Write an SI value so that `parse` gives exactly the same float back.

    >>> spell(6.328e-07, "length")
    '632.8 nm'
    """
    if not math.isfinite(value):
        raise InputError("value", got=repr(value), expected="a finite number")
    if dimension == "dimensionless":
        return repr(float(value))
    unit = canonical_unit(_rung(value, dimension)[1])
    number = Decimal(repr(float(value))) / Decimal(_UNITS[dimension][unit])
    return f"{number.normalize():f} {unit}"


def _rung(value: float, dimension: str) -> tuple[float, str]:
    ladder = _LADDERS[dimension]
    if value == 0 or not math.isfinite(value):
        return next((rung for rung in ladder if rung[0] == 1.0), ladder[0])
    # 0.9995 keeps 999.96 nm from being printed as "1000 nm".
    return next((rung for rung in ladder if abs(value) >= 0.99995 * rung[0]), ladder[-1])


def _significant(value: float, digits: int) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)) + 1e-12))
    text = f"{value:.{decimals}f}" if decimals < 12 else f"{value:.{digits - 1}e}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _decimals_of_std(std: float) -> int:
    exponent = math.floor(math.log10(std))
    leading_one = round(std / 10.0**exponent, 6) < 1.95
    return min(15, max(0, -exponent + (1 if leading_one else 0)))


# --- plausibility -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Band:
    """The values a quantity takes in real instruments: used to notice a wrong prefix, not to forbid physics.

    Where `low` is negative the quantity has a sign, and `typical` is its size.
    """

    dimension: str
    low: float
    high: float
    typical: float


# Bounds are narrow enough that a visible-light value wrong by 1000 falls outside.
BANDS: dict[str, Band] = {
    "wavelength": Band("length", 1e-9, 1e-4, 550e-9),
    "pixel_pitch": Band("length", 10e-9, 200e-6, 4e-6),
    "camera_pixel": Band("length", 100e-9, 200e-6, 4e-6),
    "distance": Band("length", 100e-9, 10.0, 20e-3),
    "source_distance": Band("length", 1e-6, 100.0, 0.1),
    "focal_length": Band("length", 10e-6, 20.0, 50e-3),
    "defocus": Band("length", -10e-3, 10e-3, 50e-6),
    "led_pitch": Band("length", 50e-6, 0.2, 4e-3),
    "led_distance": Band("length", 1e-3, 2.0, 90e-3),
    "thickness": Band("length", 1e-9, 0.5, 1e-3),
    "bandwidth": Band("length", 1e-15, 1e-6, 10e-9),
    "reference_tilt": Band("angle", -math.pi / 2, math.pi / 2, 30e-3),
    "illumination_tilt": Band("angle", -math.pi / 2, math.pi / 2, 3e-3),
    "medium_index": Band("dimensionless", 0.95, 4.2, 1.33),
    "numerical_aperture": Band("dimensionless", 1e-4, 1.75, 0.25),
    "magnification": Band("dimensionless", 1e-3, 1e3, 10.0),
}


def plausible(name: str, value: float, *, where: str | None = None) -> float:
    """Check that a quantity has a value real instruments have, and answer a slip of a prefix with the likely unit.

    **Arguments:** `name` of the quantity (`BANDS` lists the known ones; of others only finiteness is checked),
    `value` in SI, `where` names the field in the error.

    **Returns** `value`. **Raises** `InputError` where it is not finite, not positive where it has no sign, or outside
    its band.

    >>> plausible("wavelength", 532e-9)
    5.32e-07
    """
    where, band = where or name, BANDS.get(name)
    shown = format_quantity(value, band.dimension if band else "dimensionless", digits=6)
    if not math.isfinite(value):
        raise InputError(where, got=f"{name} {value}", expected="a finite number")
    if band is None or band.low <= value <= band.high:
        return value
    if value <= 0 < band.low:
        raise InputError(where, got=f"{name} {shown}", expected="a value above zero")
    low, high = (format_quantity(v, band.dimension) for v in (band.low, band.high))
    raise InputError(
        where, got=f"{name} {shown}", expected=f"between {low} and {high}", remedy=likely(value, band)
    )  # fmt: skip


def likely(value: float, band: Band) -> str:
    """Name the nearest value of the band that differs from `value` only by a prefix."""
    factors = [10.0 ** (3 * k) for k in range(-5, 6)]
    if band.dimension == "dimensionless":
        factors = [10.0**k for k in range(-4, 5)]
    options = [value * f for f in factors if band.low <= value * f <= band.high]
    if not options:
        return "check the number and its unit"
    best = min(options, key=lambda v: _unlike(v, band))
    return f"did you mean {format_quantity(best, band.dimension, digits=6).replace('µ', 'u')}?"


def _unlike(value: float, band: Band) -> float:
    """Return how far the size of a value, other than 0, is from the typical one, as a logarithm."""
    return abs(math.log(abs(value) / band.typical))
