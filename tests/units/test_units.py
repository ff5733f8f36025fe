import math

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight import units
from backlight.errors import InputError

registry = pint.UnitRegistry()
LENGTHS = [
    "pm",
    "nm",
    "um",
    "µm",
    "μm",
    "mm",
    "cm",
    "m",
    "km",
    "micron",
    "micrometer",
    "micrometre",
    "nanometers",
    "inch",
]
ANGLES = ["rad", "mrad", "urad", "µrad", "deg", "degree", "degrees", "°", "arcmin", "arcsec", "milliradian"]
TIMES = ["s", "ms", "us", "µs", "ns", "second", "millisecond"]
CASES = (
    [(u, "length", "m") for u in LENGTHS] + [(u, "angle", "rad") for u in ANGLES] + [(u, "time", "s") for u in TIMES]
)
quick = settings(derandomize=True, max_examples=40, deadline=None)
numbers = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)


@pytest.mark.parametrize(("unit", "dimension", "si"), CASES)
def test_agrees_with_pint(unit, dimension, si):
    for number in ("1", "632.8", "-0.5", ".25", "1e3", "2.5E-2", "+7."):
        for gap in ("", " ", "\u00a0"):
            expected = float(registry.Quantity(float(number), unit).to(si).magnitude)
            assert units.parse(f"{number}{gap}{unit}", dimension) == pytest.approx(expected, rel=1e-12)


@quick
@given(numbers, st.sampled_from(CASES))
def test_agrees_with_pint_for_any_number(number, case):
    unit, dimension, si = case
    expected = float(registry.Quantity(number, unit).to(si).magnitude)
    assert units.parse(f"{number!r} {unit}", dimension) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(("text", "value"), [("1.33", 1.33), ("5 %", 0.05), ("5%", 0.05), (1.33, 1.33), (2, 2.0)])
def test_dimensionless(text, value):
    assert units.parse(text, "dimensionless") == value


def test_decimal_units_are_correctly_rounded():
    assert units.parse("632.8 nm", "length") == 6.328e-7
    assert units.parse("5.86 um", "length") == 5.86e-6


@pytest.mark.parametrize(
    ("text", "dimension", "says"),
    [
        (41, "length", '"41 mm"'),
        (0.041, "length", "without a unit"),
        ("41", "length", '"41 mm"'),
        ("632,8 nm", "length", "632.8 nm"),
        ("5 MM", "length", "'mm'"),
        ("5 furlong", "length", "units: "),
        ("10 deg", "length", "units: "),
        ("10 nm", "angle", "units: "),
        (0.02, "angle", "an angle such as"),
        ("about 3 mm", "length", "a number, a space, a unit"),
        ("", "length", "such as"),
        (None, "length", "such as"),
        (True, "length", "True"),
        (float("nan"), "dimensionless", "finite"),
        ("1e999 m", "length", "finite"),
        ("nan mm", "length", "such as"),
        ("3 mm 4", "length", "units: "),
        ("3 %", "length", "units: "),
        (["3 mm"], "length", "such as"),
    ],
)
def test_refuses_and_shows_the_spelling(text, dimension, says):
    with pytest.raises(InputError) as error:
        units.parse(text, dimension, where="distance")
    assert says in str(error.value)
    assert str(error.value).startswith("distance")
    assert len(str(error.value).splitlines()) <= 6


@quick
@given(st.floats(1e-12, 1e6), st.sampled_from(["length", "angle", "time", "curvature", "dimensionless"]))
def test_spell_comes_back_exactly(value, dimension):
    assert units.parse(units.spell(value, dimension), dimension) == value


@pytest.mark.parametrize("value", [0.0, -3e-3, 6.328e-7, 1 / 3, 5e-15, 123456.789])
def test_spell_special_values(value):
    assert units.parse(units.spell(value, "length"), "length") == value


@pytest.mark.parametrize(
    ("value", "std", "text"),
    [
        (41.45e-3, None, "41.45 mm"),
        (0.0414523, 6.1e-6, "41.452 ± 0.006 mm"),
        (0.0414523, 1.2e-6, "41.4523 ± 0.0012 mm"),
        (532e-9, None, "532 nm"),
        (5.86e-6, None, "5.86 µm"),
        (0, None, "0 m"),
        (-55e-6, None, "-55 µm"),
        (999.99e-9, None, "1 µm"),
        (1.0, 0.25, "1.0 ± 0.2 m"),
        (41e-3, math.inf, "41 mm"),
        (math.nan, None, "nan m"),
    ],
)
def test_format_length(value, std, text):
    assert units.format_length(value, std) == text


def test_format_angle():
    assert units.format_angle(3e-3) == "3 mrad"
    assert units.format_angle(10 * units.deg) == "10 deg"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("wavelength", 532.0, "did you mean 532 nm?"),
        ("wavelength", 532e-6, "did you mean 532 nm?"),
        ("wavelength", 0.532e-9, "did you mean 532 nm?"),
        ("pixel_pitch", 6.5e-3, "did you mean 6.5 um?"),
        ("pixel_pitch", 6.5e-9, "did you mean 6.5 um?"),
        ("pixel_pitch", 6.5, "did you mean 6.5 um?"),
        ("distance", 41.0, "did you mean 41 mm?"),
        ("distance", 41e3, "did you mean 41 mm?"),
        ("medium_index", 133.0, "did you mean 1.33?"),
        ("reference_tilt", -20.0, "did you mean -20 mrad?"),
        ("medium_index", 0.0, "above zero"),
        ("wavelength", 0.0, "above zero"),
        ("wavelength", -532e-9, "above zero"),
        ("distance", math.nan, "finite"),
        ("distance", math.inf, "finite"),
        ("anything", math.nan, "finite"),
    ],
)
def test_implausible_values_name_the_likely_one(name, value, says):
    with pytest.raises(InputError, match="got") as error:
        units.plausible(name, value)
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) <= 6


@pytest.mark.parametrize(
    ("name", "value"),
    [("wavelength", 632.8e-9), ("wavelength", 13.5e-9), ("wavelength", 10.6e-6), ("pixel_pitch", 85e-9),
     ("distance", 310e-6), ("distance", 1.0), ("medium_index", 1.0), ("numerical_aperture", 1.49), ("other", -3.0),
     ("reference_tilt", -0.3), ("reference_tilt", 0.0)],
)  # fmt: skip
def test_real_values_pass(name, value):
    assert units.plausible(name, value) == value


@pytest.mark.parametrize(
    ("name", "number", "unit"),
    [("wavelength", "632.8", "nm"), ("wavelength", "0.6328", "um"), ("pixel_pitch", "5.86", "um"),
     ("distance", "41", "mm"), ("distance", "0.041", "m"), ("source_distance", "100", "mm"), ("other", "3", "mm"),
     ("", "3", "mm"), ("distance", "-3", "mm"), ("reference_tilt", "-0.02", "rad"), ("reference_tilt", "20", "mrad"),
     ("reference_tilt", "0", "deg"), ("illumination_tilt", "1", "mrad")],
)  # fmt: skip
@pytest.mark.parametrize("write", [str, float])
def test_a_bare_number_gets_the_unit_that_the_quantity_usually_has(name, number, unit, write):
    with pytest.raises(InputError) as error:
        units.parse(write(number), "angle" if "tilt" in name else "length", name=name)
    assert error.value.remedy == f'write "{write(number)} {unit}"'
