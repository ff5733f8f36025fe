"""A shape in numbers as Zemax's files have them: curvature, conic constant, PARM and XDAT, in a unit of length."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.rays import Asphere, Conic, Phase, Profile


@dataclass
class Numbers:
    """What a file says of a shape, in its own unit of length.

    **Attributes:** `curvature`, `conic`; `parameters` (PARM) and `extra` (XDAT) by their numbers.
    """

    curvature: float = 0.0
    conic: float = 0.0
    parameters: dict[int, float] = field(default_factory=dict)
    extra: dict[int, float] = field(default_factory=dict)

    def series(self, at: int = 1) -> list[float]:
        """Return the coefficients of a series: their count stands at `at`, a radius behind it, then they."""
        count = self.extra.get(at, 0.0)
        if count != int(count) or not 0 <= count <= 1000:
            raise InputError("", got=f"XDAT {at} {count:g}", expected="a whole number of terms, up to 1000")
        return [self.extra.get(at + 2 + i, 0.0) for i in range(int(count))]


Read = Callable[[Numbers, float], tuple[Profile, Phase | None]]
"""Numbers, and the unit in m → the surface."""
Write = Callable[[Profile, Phase | None, float], Numbers | None]
"""A surface, and the unit in m → its numbers; nothing where it is not of this type."""


@dataclass(frozen=True)
class Type:
    """A type of surface. **Attributes:** `read`, `write`; `parameters`: those with a meaning here; `extra`: whether the
    extra data has."""

    read: Read
    write: Write
    parameters: Iterable[int] = ()
    extra: bool = False


def radius_of(curvature: float, unit: float) -> float | None:
    """Return the radius, m, of a curvature in the unit; none of a plane."""
    return unit / curvature if curvature else None


def with_powers(numbers: Numbers, unit: float, terms: dict[int, float]) -> Profile:
    """Return conic and powers of r, in the unit^(1 − power)."""
    terms = {power: a * unit ** (1 - power) for power, a in sorted(terms.items()) if a != 0}
    radius = radius_of(numbers.curvature, unit)
    if not terms:
        return Conic(radius, numbers.conic)
    if min(terms) < 2:
        raise InputError("", got=f"a cone, the term r with {terms[1]:g}", expected="an asphere without a point")
    return Asphere(radius, numbers.conic, list(terms.values()), list(terms))


def powers_of(profile: Profile, unit: float, allowed: Iterable[int]) -> dict[int, float] | None:
    """Return what powers of r are multiplied with, in the unit; nothing where there are others."""
    if not isinstance(profile, Conic | Asphere):
        return None
    found: dict[int, float] = {}
    if isinstance(profile, Asphere):
        for power, a in zip(profile.powers, np.asarray(profile.coefficients, float), strict=True):
            found[power] = found.get(power, 0.0) + a * unit ** (power - 1)
    return found if set(found) <= set(allowed) else None


def based(profile: Any, unit: float, parameters: dict[int, float], extra: dict[int, float] | None = None) -> Numbers:
    """Return numbers with curvature and conic of a profile that has them."""
    return Numbers(float(profile.curvature) * unit, float(getattr(profile, "conic", 0.0)), parameters, extra or {})


def extra_of(radius: float, values: Iterable[float], before: tuple[float, ...] = ()) -> dict[int, float]:
    """Return extra data: what stands before, a count, a radius, and as many coefficients."""
    values = [float(v) for v in values]
    return dict(enumerate([*before, float(len(values)), radius, *values], 1))
