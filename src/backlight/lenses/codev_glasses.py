"""Private glasses of CODE V's sequences: indices at wavelengths, between PRV and END."""

from collections.abc import Mapping

import numpy as np

from backlight.lenses.glasses import Shelf
from backlight.lenses.lines import Line
from backlight.light import ConstantIndex, Material, PowerSeries

POWERS = [0, -2, 2, -4, -6, -8]
"""Of the wavelength in n²: Schott's series, in the order in which more wavelengths call for more."""
ROUGH = 5e-5


def shelf_of(private: list[Line], glasses: Mapping[str, Material]) -> Shelf:
    """Return the glasses of a file; the reader's come before its private ones.

    **Errors:** `InputError` with the line of one that is not told by indices at the wavelengths of PWL.
    """
    own: dict[str, Material] = {}
    wavelengths: list[float] = []
    for line in private:
        if line.keyword == "PWL":
            wavelengths = [line.positive_at(i, "a wavelength in nm") * 1e-3 for i in range(1, len(line.words))]
        elif line.keyword not in ("PRV", "END"):
            own[line.words[0].strip("'\"").upper()] = _tabulated(line, wavelengths)
    return Shelf(own | {name.upper(): material for name, material in glasses.items()})


def _tabulated(line: Line, microns: list[float]) -> Material:
    """Return the glass that has these indices: Schott's series through up to six, its best fit to more."""
    indices = np.array(line.numbers())
    if not microns or len(indices) != len(microns) or not np.all((indices >= 1) & (indices < 5)):
        line.refuse(" ".join(line.words)[:80], "a name and as many indices, 1 ≤ n < 5, as PWL has wavelengths")
    if len(indices) == 1:
        return ConstantIndex(indices[0])
    powers = POWERS[: len(indices)]
    columns = np.stack([np.array(microns) ** p for p in powers], axis=1)
    coefficients = np.linalg.lstsq(columns, indices**2, rcond=None)[0]
    off = float(np.max(np.abs(np.sqrt(np.maximum(columns @ coefficients, 0)) - indices)))
    if not off < ROUGH:
        line.refuse(f"indices that are {off:.1g} off Schott's series", f"a dispersion that it has to {ROUGH:g}",
                    f"give the glass yourself: glasses={{{line.words[0]}: material}}")  # fmt: skip
    return PowerSeries(coefficients, powers)
