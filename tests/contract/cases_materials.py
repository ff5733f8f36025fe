"""Materials, with what they claim: an index, and derivatives by every number.

The numbers of a leaf are of one size, as differences along all of them at once need: no glass that is made.
"""

import numpy as np

from backlight.light import AbbeGlass, Air, Cauchy, ConstantIndex, Glass, PowerSeries, Sellmeier, ThermalChange
from backlight.testing import Case

LINES = np.array([480e-9, 550e-9, 640e-9])
RANGE = 50e-9, 5e-6  # differences move the lines far, and beyond it the index is NaN
THERMAL = tuple(f"part.thermal.{name}" for name in ("powers", "resonant", "resonance"))


def made_up():
    change = ThermalChange([2e-4, 1e-4, 1e-5], [4e-18, 2e-18], 0.17e-6)
    return Glass(PowerSeries([2.0, 0.3, 0.2], [0, 2, -2]), thermal=change, wavelengths=RANGE)


def case(name, build, **claims):
    return Case(name, lambda shape, pitch: (build(), (LINES,)), call=lambda part, lines: part.index(lines), **claims)


CASES = [
    case("constant index", lambda: ConstantIndex(1.5), dead=("inputs.0",)),
    case("Cauchy's formula", lambda: Cauchy([1.5]), dead=("inputs.0",)),
    case("Sellmeier's formula", lambda: Sellmeier([1.0, 0.3], [1e-14, 2e-14])),
    case("power series", lambda: PowerSeries([2.0, 0.3, 0.2], [0, 2, -2])),
    case("glass by two numbers", lambda: AbbeGlass(1.62, 36.4)),
    case("air", lambda: Air(300.0, 9e4)),
    case("glass of a catalog", made_up, dead=THERMAL),
    case("glass at a temperature", lambda: made_up().at(294.15)),
]
