"""Glasses and air against what makers and metrologists have printed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import AbbeGlass, Air, Cauchy, ConstantIndex, PowerSeries, Sellmeier, glass
from backlight.light.catalog import _makers
from backlight.light.materials import C_LINE, D_LINE, F_LINE

PRINTED = {  # data sheets: n_d, V_d
    "SCHOTT:N-BK7": (1.51680, 64.17),
    "N-SF11": (1.78472, 25.68),
    "F2": (1.62004, 36.37),
    "SF6": (1.80518, 25.43),
    "N-SK16": (1.62041, 60.32),
    "N-FK51A": (1.48656, 84.47),
    "N-LASF9": (1.85025, 32.17),
    "N-KZFS4": (1.61336, 44.49),
    "OHARA:S-FPL51": (1.49700, 81.54),
    "S-FPL53": (1.43875, 94.93),
    "S-TIH53": (1.84666, 23.78),
    "HOYA:FCD1": (1.49700, 81.61),
    "HIKARI:J-SK16": (1.62041, 60.25),
    "CDGM:H-K9L": (1.51680, 64.20),
    "SUMITA:K-LAK12": (1.67790, 55.5),
}
DN_DT = {  # N-BK7's data sheet, 1e-6/K: between two temperatures (°C), at 1060 nm, e and g: relative, then absolute
    (-40, -20): ([2.4, 2.9, 3.3], [0.3, 0.8, 1.2]),
    (20, 40): ([2.4, 3.0, 3.5], [1.1, 1.6, 2.1]),
    (60, 80): ([2.5, 3.1, 3.7], [1.5, 2.1, 2.7]),
}
ICE = 273.15


@pytest.mark.parametrize("name", PRINTED)
def test_catalog_glasses_have_the_printed_index_and_abbe_number(name):
    """n_d to its last digit; V_d to what the last digit of n_F − n_C, 1e-6, and its own rounding leave."""
    nd, vd = PRINTED[name]
    with jax.enable_x64(True):
        d, f, c = np.asarray(glass(name).index(np.array([D_LINE, F_LINE, C_LINE])))
    assert abs(d - nd) < 1e-5
    assert abs((d - 1) / (f - c) - vd) < vd * 1e-6 / (f - c) + (0.05 if "SUMITA" in name else 0.005)


def test_the_whole_catalog_is_of_glasses():
    """Every entry by numpy in the middle of its range; one in 20 as it is built, at that index."""
    for maker, glasses in _makers().items():
        for number, (name, told) in enumerate(glasses.items()):
            microns = np.sqrt(np.prod(told["range"]))
            terms = np.reshape(told.get("powers") or told["sellmeier"], (-1, 2))
            n = np.sqrt(np.sum(terms[:, 0] * microns ** terms[:, 1]) if "powers" in told else
                        1 + np.sum(terms[:, 0] * microns**2 / (microns**2 - terms[:, 1])))  # fmt: skip
            assert 1.2 < n < 4.2, name
            assert len(told.get("thermal", range(6))) == 6
            if number % 20 == 0:
                found = glass(f"{maker}:{name}")
                assert np.isclose(found.index(microns * 1e-6), n, rtol=1e-6)
                assert found.thermal is None or abs(found.at(300.0).index(microns * 1e-6) - n) < 2e-3


def test_a_name_that_several_makers_have_is_the_first_ones():
    assert glass("f2").index(D_LINE) == glass("SCHOTT:F2").index(D_LINE) != glass("HIKARI:F2").index(D_LINE)


@pytest.mark.parametrize(
    ("name", "words"),
    [("N-BK77", "'N-BK7'"), ("SCHOT:N-BK7", "'SCHOTT'"), ("OHARA:N-BK7", "glass of the catalog"), ("", "glass of")],
)
def test_unknown_glasses_are_refused_with_close_names(name, words):
    with pytest.raises(InputError, match=words):
        glass(name)


def test_a_wavelength_outside_of_the_range_is_refused():
    bk7 = glass("N-BK7")
    for wavelength in (200e-9, np.array([500e-9, 3e-6])):
        with pytest.raises(InputError, match="from 300 to 2500 nm"):
            bk7.index(wavelength)
    assert bk7.index(jnp.float32(0.3e-6)) > 1.5  # the end itself, in single precision
    assert 1.6 < bk7.dispersion.index(200e-9) < 1.7


@pytest.mark.parametrize(
    ("celsius", "pressure", "refractivity"),
    [(20, 80e3, 21458.0), (20, 100e3, 26824.4), (20, 120e3, 32191.6), (10, 100e3, 27774.7), (30, 100e3, 25937.2)],
)
def test_air_has_the_printed_refractivity(celsius, pressure, refractivity):
    """Dry air at 633 nm, 1e8 (n − 1), to the last digit; and Edlén's equation as Birch and Downs have revised it.

    The two equations are said to agree within 1e-8 (Stone and Zimmerman, NIST).
    """
    with jax.enable_x64(True):
        found = (float(Air(ICE + celsius, pressure).index(633e-9)) - 1) * 1e8
    square = 1 / 0.633**2
    standard = 8342.54 + 2406147 / (130 - square) + 15998 / (38.9 - square)
    density = pressure / 96095.43 * (1 + 1e-8 * (0.601 - 0.00972 * celsius) * pressure) / (1 + 0.003661 * celsius)
    assert abs(found - refractivity) < 0.06
    assert abs(found - standard * density) < 1


def test_standard_air_and_vacuum():
    """At 15 °C and 101325 Pa the dispersion formula stands alone; at 0 Pa there is nothing."""
    with jax.enable_x64(True):
        assert np.isclose(Air(288.15, 101325).index(633e-9) - 1, 2.7653021e-4, rtol=1e-7)
        assert Air(288.15, 0.0).index(633e-9) == 1


@pytest.mark.parametrize("celsius", DN_DT)
def test_a_glass_changes_with_temperature_as_printed(celsius):
    """To half of the last digit; relative to air of the same temperature, and absolute."""
    relative, absolute = DN_DT[celsius]
    with jax.enable_x64(True):
        lines = np.array([1060.0e-9, 546.074e-9, 435.834e-9]) * float(Air().index(D_LINE))
        n = [np.asarray(glass("N-BK7").at(ICE + t).index(lines)) for t in celsius]
        air = [np.asarray(Air(ICE + t).index(lines)) for t in celsius]
    span = celsius[1] - celsius[0]
    assert np.allclose((n[1] - n[0]) / span * 1e6, absolute, atol=0.051)
    assert np.allclose((n[1] / air[1] - n[0] / air[0]) / span * 1e6, relative, atol=0.051)


def test_at_its_own_temperature_a_glass_in_air_is_the_makers():
    with jax.enable_x64(True):
        air = Air(298.15)
        part, vacuum = glass("S-FPL51"), 550e-9
        n = air.index(vacuum)
        assert np.isclose(part.at(298.15).index(vacuum) / n, part.index(vacuum / n), rtol=1e-15)


def test_a_glass_without_thermal_constants_has_no_temperature():
    with pytest.raises(InputError, match="no thermal constants"):
        glass("PMMA").at(300.0)


@pytest.mark.parametrize(("nd", "vd"), [(1.5168, 64.17), (1.9, 18.0)])
def test_a_glass_of_two_numbers_has_both(nd, vd):
    """To 1e-12 and what n_F − n_C, a difference of numbers 100 times as large, leaves of 64 bits."""
    with jax.enable_x64(True):
        d, f, c = np.asarray(AbbeGlass(nd, vd).index(np.array([D_LINE, F_LINE, C_LINE])))
    assert abs(d - nd) < 1e-15
    assert np.isclose((d - 1) / (f - c), vd, rtol=1e-12)


def test_a_power_series_and_sellmeier_agree_where_both_are_told():
    """Schott has printed BK7 by both: six places in the visible."""
    old = PowerSeries([2.2718929, -1.0108077e-2, 1.0592509e-2, 2.0816965e-4, -7.6472538e-6, 4.9240991e-7],
                      [0, 2, -2, -4, -6, -8])  # fmt: skip
    lines = np.linspace(405e-9, 1000e-9, 9)
    with jax.enable_x64(True):
        assert np.allclose(old.index(lines), glass("N-BK7").index(lines), atol=1e-5)


def test_materials_are_exact_where_the_default_is_single_precision():
    """Leaves written in 32 bits would be off by 3e-8: 3 nm of path in 100 mm of glass."""
    told = {"strengths": [1.03961212, 0.231792344, 1.01046945],
            "resonances": [6.00069867e-15, 2.00179144e-14, 1.03560653e-10]}  # fmt: skip
    parts = Sellmeier(**told), ConstantIndex(1.1), Cauchy([1.1, 1e-15]), AbbeGlass(1.1, 30.1), glass("N-BK7")
    square = (550e-9) ** 2
    exact = np.sqrt(1 + sum(b * square / (square - c) for b, c in zip(*told.values(), strict=True)))
    with jax.enable_x64(True):
        found = [float(part.index(550e-9)) for part in parts]
    slope = 0.1 / 30.1 * ((D_LINE / 550e-9) ** 2 - 1) / ((D_LINE / F_LINE) ** 2 - (D_LINE / C_LINE) ** 2)
    assert np.allclose(found, [exact, 1.1, 1.1 + 1e-15 / square, 1.1 + slope, exact], rtol=4e-16, atol=0)
    assert parts[0].index(550e-9).dtype == jnp.float32


def test_leaves_of_materials_may_be_traced_or_wrapped():
    slope = jax.jit(jax.grad(lambda nd: AbbeGlass(nd, 60.0).index(486.1327e-9)))(1.5)
    assert np.isclose(slope, 1 + 0.7 / 60, atol=1e-3)
    assert jax.jit(lambda b: Sellmeier([b, 0.2], [1e-14, 2e-14]).index(550e-9))(1.0) > 1


def test_materials_with_wrong_numbers_are_refused():
    wrong = {
        "nd": lambda: AbbeGlass(-1.0, 30.0),
        "vd": lambda: AbbeGlass(1.5, 0.0),
        "temperature": lambda: Air(-3.0),
        "pressure": lambda: Air(300.0, -1.0),
        "as many": lambda: PowerSeries([1.0, 2.0], [0]),
        "whole": lambda: PowerSeries([1.0], [100]),
    }
    for words, build in wrong.items():
        with pytest.raises(InputError, match=words):
            build()
