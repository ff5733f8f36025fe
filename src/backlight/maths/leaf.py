"""Types of the numbers a part owns: one value, or a module of values such as `PerFrame`.

To the type checker a leaf is the plain array that a part computes with: the composition unwraps `PerFrame` before it
calls a part. At run time (checked in tests only) a constructor may also be given the wrapper itself.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Int

from backlight.errors import InputError
from backlight.maths.safe import complex_array, real_array

Given = ArrayLike | Sequence[Any] | eqx.Module
"""What a constructor accepts for a leaf: a number, numbers, or a wrapper."""

if TYPE_CHECKING:  # `OneOrEach`: one number for all, or one for each axis, pixel or particle
    Scalar = Float[Array, ""]
    Pair = Float[Array, "2"]
    Vector = Float[Array, " n"]
    Indices = Int[Array, " n"]
    Points = Float[Array, "n axes"]
    OneOrEach = Float[Array, "..."]
    ComplexOneOrEach = Complex[Array, "..."]
    RealMap = Float[Array, "y x"]
    ComplexMap = Complex[Array, "y x"]
    ComplexMaps = Complex[Array, "n y x"]
    JonesVector = Complex[Array, "2"]
    JonesMap = Complex[Array, "2 2 *pixels"]
else:
    Scalar = Float[Array, ""] | eqx.Module
    Pair = Float[Array, "2"] | eqx.Module
    Vector = Float[Array, " n"] | eqx.Module
    Indices = Int[Array, " n"] | eqx.Module
    Points = Float[Array, "n axes"] | eqx.Module
    OneOrEach = Float[Array, "..."] | eqx.Module
    ComplexOneOrEach = Complex[Array, "..."] | eqx.Module
    RealMap = Float[Array, "y x"] | eqx.Module
    ComplexMap = Complex[Array, "y x"] | eqx.Module
    ComplexMaps = Complex[Array, "n y x"] | eqx.Module
    JonesVector = Complex[Array, "2"] | eqx.Module
    JonesMap = Complex[Array, "2 2 *pixels"] | eqx.Module


class Range(NamedTuple):
    """Which numbers a leaf may have when it is given; what an estimate makes of it later is not looked at."""

    words: str
    holds: Callable[[np.ndarray], np.ndarray]


POSITIVE = Range("> 0", lambda x: x > 0)
FINITE = Range("that is finite", np.isfinite)
NOT_NEGATIVE = Range("≥ 0", lambda x: x >= 0)
NONZERO = Range("other than 0", lambda x: (x > 0) | (x < 0))
SHARE = Range("from 0 to 1", lambda x: (x >= 0) & (x <= 1))
OPEN_SHARE = Range("from 0 (excluded) to 1", lambda x: (x > 0) & (x <= 1))
PROPER_SHARE = Range("between 0 and 1, both excluded", lambda x: (x > 0) & (x < 1))


def reals(where: str, value: Given, allowed: Range | None = None) -> OneOrEach:
    """Return a leaf of any shape.

    **Errors:** `InputError`, which names `where`, for what is no real number, NaN, or one that is not `allowed`.
    """
    return within(where, real_array(value, where), allowed)


def complexes(where: str, value: Given) -> Any:
    """Return a complex leaf of any shape; errors as for `reals`."""
    return complex_array(value, where)


def number(where: str, value: Given, allowed: Range | None = None) -> Scalar:
    """Return a leaf of one number; errors as for `reals`, and for another shape."""
    leaf = shaped(where, real_array(value, where), lambda shape: shape == (), "one number")
    return within(where, leaf, allowed)


def pair(where: str, value: Given, allowed: Range | None = None) -> Pair:
    """Return a leaf of two numbers (y, x); errors as for `number`."""
    leaf = shaped(where, real_array(value, where), lambda shape: shape == (2,), "two numbers (y, x)")
    return within(where, leaf, allowed)


def vector(where: str, value: Given, allowed: Range | None = None) -> Vector:
    """Return a leaf of numbers in a row; errors as for `number`."""
    leaf = shaped(where, real_array(value, where), lambda shape: len(shape) == 1, "numbers in a row")
    return within(where, leaf, allowed)


def one_or_two(where: str, value: Given, allowed: Range | None = None) -> OneOrEach:
    """Return a leaf of one number for both axes or two (y, x), as given: one stays one while it is estimated.

    **Errors:** as for `number`.
    """
    leaf = shaped(where, real_array(value, where), lambda shape: shape in ((), (2,)), "one number, or two (y, x)")
    return within(where, leaf, allowed)


def vectors(where: str, value: Given, axes: int = 2) -> Any:
    """Return a leaf whose last axis has a number for each of `axes`; errors as for `number`."""
    words = {2: "(y, x)", 3: "(z, y, x)"}[axes] + " along the last axis"
    return shaped(where, real_array(value, where), lambda shape: shape[-1:] == (axes,), words)


def frame_shape(leaf: Any) -> tuple[int, ...]:
    """Return the shape of a leaf; of a module, that of one frame."""
    return jax.tree.leaves(leaf)[0].shape[1:] if isinstance(leaf, eqx.Module) else leaf.shape


def shaped(where: str, leaf: Any, fits: Callable[[tuple[int, ...]], bool], words: str) -> Any:
    """Return the leaf; `InputError`, which names `where`, where its shape does not fit what `words` tell."""
    if not fits(frame_shape(leaf)):
        each = " for each frame" if isinstance(leaf, eqx.Module) else ""
        raise InputError(where, got=f"shape {frame_shape(leaf)}{each}", expected=f"{words}{each}")
    return leaf


def within(where: str, leaf: Any, allowed: Range | None) -> Any:
    """Return the leaf; `InputError` for known numbers outside of the range, traced ones pass."""
    if allowed is None:
        return leaf
    for values in jax.tree.leaves(leaf):
        if not isinstance(values, Tracer):
            _demand(where, np.asarray(values), allowed)
    return leaf


def _demand(where: str, values: np.ndarray, allowed: Range) -> None:
    fits = allowed.holds(values)
    if not np.all(fits):
        raise InputError(where, got=f"{values[~fits].flat[0]:g}", expected=f"a number {allowed.words}")


def numbers(value: Given) -> np.ndarray:
    """Return all numbers of a leaf, of all its frames, in one row: for what is chosen once, when a part is built."""
    return np.concatenate([np.ravel(np.asarray(one, float)) for one in jax.tree.leaves(value)])


def widest(value: Given) -> np.ndarray:
    """Return the largest modulus of a leaf of one number or two along (y, x); that of all frames along both."""
    both = np.max(np.abs(numbers(value))) if isinstance(value, eqx.Module) else np.abs(np.asarray(value, float))
    return np.broadcast_to(both, (2,))
