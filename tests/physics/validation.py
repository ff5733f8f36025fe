"""Closed forms as data: each is run by the tests in both precisions, and again for docs/validation.md.

A module `forms_*.py` beside this file holds functions marked with `@closed_form`; each returns its error.
"""

import importlib
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

PRECISIONS = ("float32", "float64")


@dataclass(frozen=True)
class Curve:
    """What a plot on the page shows: the closed form as a line, ours as dots."""

    x: np.ndarray
    got: np.ndarray
    expected: np.ndarray
    label_x: str
    label_y: str


@dataclass(frozen=True)
class ClosedForm:
    """A result of the library beside a formula or an independent method.

    **Attributes:** `number` of the family (docs/validation.md); `title`; `source` of the formula; `tolerance` by
    precision and `why` it is what it is; `measure()` → the error; `curve()` → what to plot, or None.
    """

    number: int
    title: str
    source: str
    tolerance: Mapping[str, float]
    why: str
    measure: Callable[[], float]
    curve: Callable[[], Curve] | None = None

    @property
    def name(self) -> str:
        """Name of the test."""
        return f"{self.number}-{self.measure.__name__}"


def closed_form(number: int, title: str, *, source: str, float32: float, float64: float, why: str, curve=None):
    """Mark a function that returns an error: it must stay below the tolerance of the precision it runs in."""

    def mark(measure: Callable[[], float]) -> ClosedForm:
        return ClosedForm(number, title, source, {"float32": float32, "float64": float64}, why, measure, curve)

    return mark


def convergence_order(steps, errors) -> float:
    """Return p of error ∝ step^p by a straight line through the logarithms."""
    return float(np.polyfit(np.log(np.asarray(steps)), np.log(np.asarray(errors)), 1)[0])


def all_forms() -> list[ClosedForm]:
    """Return the closed forms of all modules, by number."""
    modules = [importlib.import_module(f.stem) for f in sorted(pathlib.Path(__file__).parent.glob("forms_*.py"))]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, ClosedForm)]
    return sorted(found, key=lambda form: form.number)
