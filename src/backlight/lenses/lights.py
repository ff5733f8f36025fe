"""Light and fields as files state them: what of them has no meaning is refused, what is left out is told."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from backlight.lenses.lines import Line
from backlight.lenses.record import ANGLE
from backlight.rays import Lens

LONGEST = 1e-3
"""m: a wavelength beyond is in another unit than was thought."""


class Colors(NamedTuple):
    """**Attributes:** `wavelengths`, m, and their `weights`; `primary`, the number of the main one; `notes`."""

    wavelengths: tuple[float, ...]
    weights: tuple[float, ...]
    primary: int
    notes: tuple[str, ...] = ()


class Fields(NamedTuple):
    """**Attributes:** `points`, (y, x), rad or m; `notes`."""

    points: tuple[tuple[float, float], ...]
    notes: tuple[str, ...] = ()


def wavelength_at(line: Line, place: int, unit: float) -> float:
    """Return a word as a wavelength, m."""
    wavelength = line.positive_at(place, "a wavelength") * unit
    if wavelength >= LONGEST:
        line.refuse(line.words[place], f"a wavelength in {'µm' if unit == 1e-6 else 'nm'}, below 1 mm")
    return wavelength


def weight_at(line: Line | None, place: int) -> float:
    """Return a word as a weight, 1 where there is none."""
    if line is None or place >= len(line.words):
        return 1.0
    weight = line.number_at(place, "a weight")
    if weight < 0:
        line.refuse(line.words[place], "a weight ≥ 0")
    return weight


def colors_of(told: Sequence[tuple[float, float]], primary: int, lines: Sequence[Line]) -> Colors:
    """Return what counts of wavelengths and weights; the main one stays, if without weight.

    **Arguments:** `lines`: of the weights, the last one for those that follow.
    """
    if not any(weight for _, weight in told):
        lines[0].refuse("wavelengths without any weight", "one weight > 0")
    kept = [i for i, (_, weight) in enumerate(told) if weight or i == primary]
    lost = [i for i in range(len(told)) if i not in kept]
    notes = [f"{_listed('Wavelength', lost)} (line {lines[min(lost[0], len(lines) - 1)].number}) left out: of weight 0."
             ] if lost else []  # fmt: skip
    return Colors(tuple(told[i][0] for i in kept), tuple(told[i][1] for i in kept), kept.index(primary), tuple(notes))


def fields_of(
    x: Line | None, y: Line | None, weights: Line | None, *, kind: str, unit: float, count: int | None = None
) -> Fields:
    """Return fields of what was told one axis after the other; the axis that is not told is 0.

    **Arguments:** `unit`: of heights, m; `count`: how many count of what may stand there.

    **Errors:** `InputError` with the line of an angle of 90° or more, and of weights below 0 or all of 0.
    """
    xs, ys = ([] if line is None else _places(line, kind, unit, count) for line in (x, y))
    number = max(len(xs), len(ys), 1)
    xs, ys = (along + [0.0] * (number - len(along)) for along in (xs, ys))
    told = [weight_at(weights, i) for i in range(1, number + 1)]
    points = tuple((b, a) for a, b, weight in zip(xs, ys, told, strict=True) if weight)
    if weights is None:
        return Fields(points)
    if not points:
        weights.refuse("fields without any weight", "one weight > 0")
    lost = [i for i, weight in enumerate(told) if not weight]
    notes = [f"{_listed('Field', lost)} (line {weights.number}) left out: of weight 0."] if lost else []
    if len({weight for weight in told if weight}) > 1:
        notes.append(f"Weights of fields (line {weights.number}) are not used: all count alike.")
    return Fields(points, tuple(notes))


def _places(line: Line, kind: str, unit: float, count: int | None) -> list[float]:
    values = line.numbers()[:count]
    for value in values:
        if kind == ANGLE and not abs(value) < 90:
            line.refuse(f"{value:g}°", "angles against the axis below 90°")
    return [value * (math.pi / 180 if kind == ANGLE else unit) for value in values]


def vignetting_notes(factors: Iterable[Line], lens: Lens, count: int | None = None) -> list[str]:
    """Return what is to be told of vignetting factors: nothing where every surface has a rim, which cuts the light.

    **Arguments:** `count`: how many fields count.
    """
    told = [line for line in factors if any(line.numbers()[:count])]
    if not told or all(surface.semi_diameter is not None for surface in lens.surfaces[:-1] if surface.turn is None):
        return []
    fields = sorted({i for line in told for i, value in enumerate(line.numbers()[:count]) if value != 0})
    return [f"Vignetting factors of {_listed('field', fields)} (line {told[0].number}) are not used: the full pupil is "
            "traced, and only rims that the file gives clip rays."]  # fmt: skip


def _listed(what: str, indices: list[int]) -> str:
    """Return 'Field 2', 'Fields 2 and 3' of numbers from 0."""
    *others, last = (str(i + 1) for i in indices)
    return f"{what}s {', '.join(others)} and {last}" if others else f"{what} {last}"
