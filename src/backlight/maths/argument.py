"""Checks of arguments that are no leaves: counts, settings, and parts given to other parts."""

import inspect
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.maths.leaf import Range
from backlight.maths.safe import real_array


def setting(where: str, value: Any, allowed: Range) -> float:
    """Return a fixed number that is no leaf.

    **Errors:** `InputError`, which names `where`, for what is no number, or one that is not `allowed`.
    """
    if np.shape(real_array(value, where)) != () or not allowed.holds(np.asarray(value)):
        raise InputError(where, got=repr(value), expected=f"a number {allowed.words}")
    return float(value)


def whole(where: str, value: Any, least: int, most: int | None = None) -> int:
    """Return a whole number from `least` on; errors as for `setting`."""
    if not _is_whole(value, least, most):
        raise InputError(where, got=repr(value), expected=f"a whole number {_limits(least, most)}")
    return int(value)


def whole_pair(where: str, value: Any, least: int, most: int | None = None) -> tuple[int, int]:
    """Return two whole numbers (rows, columns) from `least` on; errors as for `setting`."""
    given = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if len(given) != 2 or not all(_is_whole(n, least, most) for n in given):
        raise InputError(where, got=repr(value), expected=f"two whole numbers (y, x), each {_limits(least, most)}")
    return int(given[0]), int(given[1])


def slot(where: str, value: Any, *names: str) -> Any:
    """Return a part that can be called and has the given attributes; they are not evaluated.

    **Errors:** `InputError`, which names `where` and what the part lacks.
    """
    if isinstance(value, type):
        raise InputError(where, got=f"the class {value.__name__}", expected="a part of that class",
                         remedy=f"build it: {value.__name__}(...)")  # fmt: skip
    missing = [name for name in ("__call__", *names) if inspect.getattr_static(value, name, None) is None]
    if missing:
        wanted = ", ".join(f"`{name}`" for name in ("__call__", *names))
        raise InputError(where, got=f"{kind_of(value)} without {missing[0]}", expected=f"a part with {wanted}")
    return value


def instance(where: str, value: Any, kind: type) -> Any:
    """Return an object of the given class; `InputError`, which names `where`, for another."""
    if not isinstance(value, kind):
        raise InputError(where, got=kind_of(value), expected=f"a {kind.__name__}")
    return value


def instances(where: str, values: Any, kind: type) -> tuple[Any, ...]:
    """Return several objects of the given class; `InputError`, which names `where`, for others, or a single one."""
    if not isinstance(values, Iterable):
        raise InputError(where, got=kind_of(values), expected=f"a list of {kind.__name__}s", remedy="put it in a list")
    return tuple(instance(where, value, kind) for value in values)


def kind_of(value: Any) -> str:
    """Return what an object is, in words."""
    return f"text, {value!r}" if isinstance(value, str) else f"a {type(value).__name__}"


def _is_whole(value: Any, least: int, most: int | None) -> bool:
    if not isinstance(value, Real):
        return False
    number = float(value)
    return number.is_integer() and least <= number and (most is None or number <= most)


def _limits(least: int, most: int | None) -> str:
    return f"≥ {least}" if most is None else f"from {least} to {most}"
