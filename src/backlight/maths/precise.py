"""Numbers known twice: plainly, for derivatives, and with twice the digits, for phases of thousands of turns."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.maths import double_float as df
from backlight.maths.turns import cos_sin


class Precise(eqx.Module):
    """A number as a float that can be differentiated, and as a pair of floats that has its value.

    A formula written once, in +, −, ·, / and `root`, gives both: the pair is right to about 2⁻³⁵ of the number in
    float32 (1e-6 rad in 5000 turns), the plain float carries the derivative. See `precise` and `phasor`.
    """

    plain: Float[Array, "..."]
    double: df.Double

    def __add__(self, other: Any) -> "Precise":
        """Return the sum."""
        other = precise(other)
        return Precise(self.plain + other.plain, df.add(self.double, other.double))

    def __neg__(self) -> "Precise":
        """Return the negative."""
        return Precise(-self.plain, df.negate(self.double))

    def __sub__(self, other: Any) -> "Precise":
        """Return the difference."""
        return self + (-precise(other))

    def __mul__(self, other: Any) -> "Precise":
        """Return the product."""
        other = precise(other)
        return Precise(self.plain * other.plain, df.multiply(self.double, other.double))

    def __truediv__(self, other: Any) -> "Precise":
        """Return the quotient."""
        other = precise(other)
        return Precise(self.plain / other.plain, df.divide(self.double, other.double))

    def __getitem__(self, index: Any) -> "Precise":
        """Return one number of many, or the same ones along other axes."""
        return jax.tree.map(lambda part: part[index], self)

    def root(self) -> "Precise":
        """Return the square root, of a number > 0."""
        return Precise(jnp.sqrt(self.plain), df.square_root(self.double))


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


def phasor(turns: Precise) -> Complex[Array, "..."]:
    """Return exp(2πi·turns): the value by the exact number, the derivative by the plain one.

    The result is closed to the compiler, which would otherwise weave the many steps for a row and a column into the
    loop over all pixels and repeat them there.
    """
    slope = turns.plain - jax.lax.stop_gradient(turns.plain)  # 0, with the derivative of the phase
    cos, sin = cos_sin(df.fraction(turns.double) + slope)
    return jax.lax.optimization_barrier(jax.lax.complex(cos, sin))


def separable(y: Complex[Array, " ny"], x: Complex[Array, " nx"]) -> Complex[Array, "ny nx"]:
    """Return y·x as an image, from a factor for each axis."""
    return y[:, None] * x[None, :]
