"""Names of glasses in files."""

import re
from collections.abc import Mapping, Sequence

import jax.numpy as jnp

from backlight.errors import InputError, nearest
from backlight.lenses.lines import Line
from backlight.light import AbbeGlass, ConstantIndex, Material, glass, glass_names

AIR_NAMES = "AIR", "VACUUM"
OLD = {"SSK4": (1.61765, 55.14), "SK1": (1.61025, 56.71), "F15": (1.60565, 37.83)}
"""Index and Abbe number of glasses that stand in older designs and in no catalog of today (Schott, 1967)."""

SHEETS = {"B270": (1.523, 58.5)}
"""Index and Abbe number that makers state of glasses that are in no catalog, for want of tolerances: proposed only."""


def told_glass(text: str) -> tuple[str, Material]:
    """Return name and glass of a text such as 'B270=1.523,58.5': a name, n_d and V_d.

    **Errors:** `InputError` for another text, and for numbers that are no glass's.
    """
    told = re.fullmatch(r"\s*([^=,\s]+)\s*=\s*(\d+\.?\d*)\s*,\s*(\d+\.?\d*)\s*", text)
    if told is None or not (1 <= float(told[2]) < 5 and 0 < float(told[3]) < 1000):
        raise InputError("--glass", got=repr(text), expected="a name, n_d from 1 to 5 and V_d above 0",
                         remedy="write it as --glass B270=1.523,58.5")  # fmt: skip
    return told[1], AbbeGlass(float(told[2]), float(told[3]))


class Shelf:
    """The glasses of a file.

    **Attributes:** `own`: materials by names in capitals, the reader's and the file's, which come before those of the
    catalog; `models`: what was told by two numbers, so that its dispersion is a model's, with its lines; `taken`: the
    glasses of the lens, with their names and lines.
    """

    def __init__(self, own: Mapping[str, Material]):
        self.own = {name.upper(): material for name, material in own.items()}
        self.models: dict[str, list[int]] = {}
        self.taken: list[tuple[str, Line, Material]] = []

    def named(self, name: str, line: Line) -> Material:
        """Return the glass of a name: an own one, air, digits of index and Abbe number, or one of the catalog, with or
        without its maker and its hyphens.

        **Errors:** `InputError` with the line, close names, and how to give a glass.
        """
        found = self._looked_up(name, line)
        self.taken.append((name, line, found))
        return found

    def demand_inside(self, wavelengths: Sequence[float]) -> None:
        """Refuse, with the line of the glass, a wavelength at which it is not known."""
        for name, line, material in self.taken:
            try:
                material.index(jnp.asarray(wavelengths))
            except InputError as error:
                line.refuse(f"{error.got} in {name}", error.expected,
                            "leave the wavelength out, or give a glass that is known there")  # fmt: skip

    def _looked_up(self, name: str, line: Line) -> Material:
        if name.upper() in self.own:
            return self.own[name.upper()]
        if name.upper() in AIR_NAMES:
            return ConstantIndex(1.0)
        numbers = OLD.get(_bare(name)) or _digits(name)
        return _of_catalog(name, line, self.own) if numbers is None else self.model(name, *numbers, line)

    def model(self, name: str, index: float, abbe: float, line: Line) -> Material:
        """Return the glass of n_d and V_d, without dispersion where V_d is 0, and remember to tell of it.

        **Errors:** `InputError` with the line of what is no glass.
        """
        if not 1 <= index < 5 or abbe < 0:
            line.refuse(f"index {index:g}, Abbe's number {abbe:g}", "a glass: 1 ≤ n < 5, V ≥ 0")
        if abbe == 0:
            return ConstantIndex(index)
        self.models.setdefault(name, []).append(line.number)
        return AbbeGlass(index, abbe)

    @property
    def notes(self) -> list[str]:
        """What is to be told of the glasses."""
        told = [f"{name} ({'line' if len(at) == 1 else 'lines'} {', '.join(map(str, at))})"
                for name, at in self.models.items()]  # fmt: skip
        names = ", ".join(told[:20]) + (f" and {len(told) - 20} more" if len(told) > 20 else "")
        return [f"Known by index and Abbe's number alone, their dispersion a model's: {names}."] if told else []


def _digits(name: str) -> tuple[float, float] | None:
    """Return index and Abbe number of 517642, 517.642, 516800.641700, 1.5168:64.17 or 1.5168/64.17."""
    told = re.fullmatch(r"(\d\.\d+)[:/](\d+\.?\d*)", name)
    if told:
        return float(told[1]), float(told[2])
    told = re.fullmatch(r"(\d{3,9})\.(\d{3,9})", name) or re.fullmatch(r"(\d{3})(\d{3})", name)
    return None if told is None else (1 + int(told[1]) / 10 ** len(told[1]), int(told[2]) / 10 ** (len(told[2]) - 2))


def _of_catalog(name: str, line: Line, own: Mapping[str, Material]) -> Material:
    plain, _, maker = name.upper().partition("_")
    wanted = _bare(plain)
    found = next((known for known in glass_names() if _bare(known.rpartition(":")[2]) == wanted
                  and known.upper().startswith(maker)), None)  # fmt: skip
    if found is None:
        every = {known.rpartition(":")[2] for known in glass_names()} | set(own)
        index, abbe = SHEETS.get(wanted, ("nd", "Vd"))
        close, sheet = nearest(plain, every), " of its data sheet" if wanted in SHEETS else ""
        line.refuse(f"the unknown glass {name!r}", f"a name of the catalog{f'; {close}' * close.startswith('did')}",
                    f"give n_d and V_d{sheet}: --glass {name}={index},{abbe}, or in Python "
                    f"glasses={{{name!r}: AbbeGlass({index}, {abbe})}}")  # fmt: skip
    try:
        return glass(found)
    except InputError as error:  # pragma: no cover - a name of the catalog
        line.refuse(error.got, error.expected, error.remedy)


def _bare(name: str) -> str:
    return name.upper().replace("-", "").replace(" ", "")
