"""Types of the numbers a part owns: one value, or a module of values such as `PerFrame`.

To the type checker a leaf is the plain array that a part computes with: the composition unwraps `PerFrame` before it
calls a part. At run time (checked in tests only) a constructor may also be given the wrapper itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

Given = ArrayLike | Sequence[Any] | eqx.Module
"""What a constructor accepts for a leaf: a number, numbers, or a wrapper."""

if TYPE_CHECKING:  # a `Level` is one number or a map, a `RealMap` always a map
    Scalar = Float[Array, ""]
    Pair = Float[Array, "2"]
    Vector = Float[Array, " n"]
    Level = Float[Array, "#y #x"]
    RealMap = Float[Array, "y x"]
    ComplexMap = Complex[Array, "y x"]
else:
    Scalar = Float[Array, ""] | eqx.Module
    Pair = Float[Array, "2"] | eqx.Module
    Vector = Float[Array, " n"] | eqx.Module
    Level = Float[Array, "..."] | eqx.Module
    RealMap = Float[Array, "y x"] | eqx.Module
    ComplexMap = Complex[Array, "y x"] | eqx.Module
