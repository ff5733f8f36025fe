"""Materials, with what they claim: an index, and derivatives by every number."""

import numpy as np

from backlight.light import AbbeGlass, Air, Cauchy, ConstantIndex, PowerSeries, Sellmeier, glass
from backlight.testing import Case

LINES = np.array([480e-9, 550e-9, 640e-9])
THERMAL = tuple(f"part.thermal.{name}" for name in ("powers", "resonant", "resonance"))


def case(name, build, **claims):
    return Case(name, lambda shape, pitch: (build(), (LINES,)), call=lambda part, lines: part.index(lines), **claims)


CASES = [
    case("constant index", lambda: ConstantIndex(1.5), dead=("inputs.0",)),
    case("Cauchy's formula", lambda: Cauchy([1.5, 4e-15, 2e-29])),
    case("Sellmeier's formula", lambda: Sellmeier([1.04, 0.23, 1.01], [6e-15, 2e-14, 1.0e-10])),
    case("power series", lambda: PowerSeries([2.27, -0.01, 0.0106, 2e-4, -7.6e-6], [0, 2, -2, -4, -6])),
    case("glass by two numbers", lambda: AbbeGlass(1.62, 36.4)),
    case("air", lambda: Air(300.0, 9e4)),
    case("glass of a catalog", lambda: glass("N-SF6"), dead=THERMAL),
    case("glass at a temperature", lambda: glass("N-SF6").at(320.0), dead=("part.glass.thermal.powers",)),
]
