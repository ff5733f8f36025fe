"""Numbers known twice: plainly, for derivatives, and with twice the digits, for phases of thousands of turns."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from backlight.maths import double_float as df
from backlight.maths.straight_through import straight_through
from backlight.maths.turns import wave


class Precise(eqx.Module):
    """A number as a float that can be differentiated, and as a pair of floats that has its value.

    A formula written once, in +, −, ·, / and `root`, gives both: the pair is right to about 2⁻³⁵ of the number in
    float32 (1e-6 rad in 5000 turns), the plain float carries the derivative. See `precise`, `fraction` and `phasor`.
    """

    plain: Float[Array, "..."]
    double: df.Double

    def __add__(self, other: Any) -> "Precise":
        """Return the sum."""
        other = precise(other)
        return Precise(self.plain + other.plain, df.add(self.double, other.double))

    def __radd__(self, other: Any) -> "Precise":
        """Return the sum."""
        return self + other

    def __neg__(self) -> "Precise":
        """Return the negative."""
        return Precise(-self.plain, df.negate(self.double))

    def __sub__(self, other: Any) -> "Precise":
        """Return the difference."""
        return self + (-precise(other))

    def __rsub__(self, other: Any) -> "Precise":
        """Return the difference."""
        return -self + other

    def __mul__(self, other: Any) -> "Precise":
        """Return the product."""
        other = precise(other)
        return Precise(self.plain * other.plain, df.multiply(self.double, other.double))

    def __rmul__(self, other: Any) -> "Precise":
        """Return the product."""
        return self * other

    def __truediv__(self, other: Any) -> "Precise":
        """Return the quotient."""
        other = precise(other)
        return Precise(self.plain / other.plain, df.divide(self.double, other.double))

    def __rtruediv__(self, other: Any) -> "Precise":
        """Return the quotient."""
        return precise(other) / self

    def __getitem__(self, index: Any) -> "Precise":
        """Return one number of many, or the same ones along other axes."""
        return jax.tree.map(lambda part: part[index], self)

    def root(self) -> "Precise":
        """Return the square root, of a number > 0."""
        return Precise(jnp.sqrt(self.plain), df.square_root(self.double))

    def rounded(self) -> Float[Array, "..."]:
        """Return the nearest float."""
        return straight_through(self.double.hi + self.double.lo, self.plain)


def precise(x: Any) -> Precise:
    """Take a float, or an array of them, as it is.

    Example:
        >>> from backlight.maths.precise import phasor, precise
        >>> third = precise(1.0) / 3.0
        >>> abs(complex(phasor(third * 3e5 + 0.25)) - 1j) < 1e-6
        True
    """
    if isinstance(x, Precise):
        return x
    plain = x if isinstance(x, jax.Array) else jnp.asarray(x, jnp.result_type(float))
    return Precise(plain, df.exact(jnp.asarray(jax.lax.stop_gradient(plain))))


def pi() -> Precise:
    """Return π."""
    hi = np.asarray(np.pi, jnp.result_type(float))
    lo = (np.pi - float(hi)) + 1.2246467991473532e-16
    return Precise(jnp.asarray(hi), df.Double(jnp.asarray(hi), jnp.asarray(lo, hi.dtype)))


def where(chosen: Bool[Array, "..."], number: Precise, other: Any) -> Precise:
    """Return `number` where it is chosen, `other` elsewhere."""
    return jax.tree.map(lambda a, b: jnp.where(chosen, a, b), number, precise(other))


def cosine_sine(angle: Precise) -> tuple[Precise, Precise]:
    """Return cos and sin of an angle up to π/2, rad."""
    cos, sin = df.cosine_sine(angle.double)
    return Precise(jnp.cos(angle.plain), cos), Precise(jnp.sin(angle.plain), sin)


def fraction(turns: Precise) -> Float[Array, "..."]:
    """Return the number less its nearest whole one, in −½ … ½, with the derivative of the number itself."""
    return _apart(_fraction, turns)


def phasor(turns: Precise) -> Complex[Array, "..."]:
    """Return exp(2πi·turns)."""
    return _apart(_phasor, turns)


def phasors(*turns: Precise) -> list[Complex[Array, " n"]]:
    """Return exp(2πi·turns) of two rows of numbers or more."""
    return _in_loop(_phasor, turns)


def separable(y: Complex[Array, " ny"], x: Complex[Array, " nx"]) -> Complex[Array, "ny nx"]:
    """Return y·x as an image, from a factor for each axis."""
    return y[:, None] * x[None, :]


def _apart(function: Callable[[Precise], Array], turns: Precise) -> Array:
    """Apply a function so that the compiler does not repeat it for each pixel: a row in two halves, in a loop."""
    if turns.plain.ndim != 1:
        return jax.lax.optimization_barrier(function(turns))
    half = turns.plain.shape[0] // 2
    return jnp.concatenate(_in_loop(function, (turns[:half], turns[half:])))


def _in_loop(function: Callable[[Precise], Array], rows: Sequence[Precise]) -> list[Array]:
    """Apply a function of many steps to rows one after the other, so that the compiler does not repeat the steps.

    It weaves what is known of a row and a column into the loop over all pixels, and finds it anew for each of them: a
    chirp-z transform then takes twice as long. A barrier alone does not hinder it. A loop does, of two rounds or more.
    """
    counts = [row.plain.shape[0] for row in rows]
    longest = max(counts)
    padded = [jax.tree.map(lambda part: jnp.pad(part, (0, longest - part.shape[0])), row) for row in rows]
    found = jax.lax.map(function, jax.tree.map(lambda *parts: jnp.stack(parts), *padded))
    return [row[:count] for row, count in zip(found, counts, strict=True)]


def _phasor(turns: Precise) -> Complex[Array, "..."]:
    return wave(_fraction(turns))


def _fraction(turns: Precise) -> Float[Array, "..."]:
    return straight_through(df.fraction(turns.double), turns.plain)
