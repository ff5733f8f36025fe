"""Zernike polynomials on the unit disc: Noll's and Fringe order, on the host and as functions of traced coordinates."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError


def noll(j: int) -> tuple[int, int]:
    """Return (n, m) of Noll's index j = 1, 2, …: radial order and azimuthal frequency, m < 0 for the sine.

    Within an order |m| grows, and an even j is a cosine (Noll, J. Opt. Soc. Am. 66, 207 (1976)).

    **Errors:** `InputError` for j < 1.

    Example:
        >>> [noll(j) for j in (1, 2, 3, 4, 5)]
        [(0, 0), (1, 1), (1, -1), (2, 0), (2, -2)]
    """
    if j < 1:
        raise InputError("Noll index", got=str(j), expected="an integer ≥ 1")
    n = 0
    while (n + 1) * (n + 2) // 2 < j:
        n += 1
    position = j - n * (n + 1) // 2 - 1
    m = 2 * ((position + 1) // 2) if n % 2 == 0 else 2 * (position // 2) + 1
    return n, m if j % 2 == 0 else -m


def fringe(j: int) -> tuple[int, int]:
    """Return (n, m) of the Fringe index j = 1 … 37 (University of Arizona, Wyant), m < 0 for the sine.

    Terms of one n + |m| stand together, |m| falling; the 37th closes the set with ρ¹² out of turn (Wyant and Creath,
    Applied Optics and Optical Engineering XI, 1992, table III).

    **Errors:** `InputError` for j outside 1 … 37.

    Example:
        >>> [fringe(j) for j in (2, 3, 4, 5, 7, 9)]
        [(1, 1), (1, -1), (2, 0), (2, 2), (3, 1), (4, 0)]
    """
    if not 1 <= j <= 37:
        raise InputError("Fringe index", got=str(j), expected="an integer from 1 to 37", remedy="use Noll's order")
    if j == 37:
        return 12, 0
    group = int(np.ceil(np.sqrt(j)))
    below = group**2 - j
    order = (below + 1) // 2
    return 2 * (group - 1) - order, -order if below % 2 else order


def noll_norm(n: int, m: int) -> float:
    """Return N of mean square 1 over the disc: N² = n + 1 for m = 0 and 2(n + 1) otherwise."""
    return float(np.sqrt((n + 1) * (1 if m == 0 else 2)))


class Term(NamedTuple):
    """One polynomial: norm · R_n^|m|(ρ) · cos(mθ), or sin(|m|θ) for m < 0."""

    n: int
    m: int
    norm: float


def noll_term(j: int) -> Term:
    """Return the polynomial of Noll's index j, of mean square 1."""
    n, m = noll(j)
    return Term(n, m, noll_norm(n, m))


def fringe_term(j: int) -> Term:
    """Return the polynomial of the Fringe index j, 1 at the edge."""
    return Term(*fringe(j), 1.0)


def zernike_sum(
    coefficients: Float[Array, " terms"],
    terms: Sequence[Term],
    y: Float[Array, "*#shape"],
    x: Float[Array, "*#shape"],
) -> Float[Array, "..."]:
    """Return Σ cₖ Zₖ at (y, x) in units of the disc's radius, as polynomials: smooth also at the center and outside.

    **Arguments:** `coefficients`: cₖ; `terms`: which polynomial each belongs to; `y`, `x`: may be traced.
    """
    total = jnp.zeros(jnp.broadcast_shapes(jnp.shape(y), jnp.shape(x)), jnp.result_type(y, x))
    for coefficient, polynomial in zip(coefficients, zernikes(terms, y, x), strict=True):
        total += coefficient * polynomial
    return total


def zernikes(terms: Sequence[Term], y: Any, x: Any) -> list[Any]:
    """Return the polynomials at (y, x) in units of the disc's radius, NumPy's arrays or traced ones.

    With s = ρ², R_n^m = ρ^m P_k^(0,m)(2s − 1), k = (n − m)/2, by the recurrence of Jacobi's polynomials, which keeps
    its digits at orders where the sum of factorials has lost them (Born and Wolf, Principles of Optics, §9.2); ρ^m
    cos mθ and ρ^m sin mθ are the parts of (x + iy)^m.
    """
    square = y**2 + x**2
    harmonics = _harmonics(max((abs(term.m) for term in terms), default=0), y, x)
    radials = {order: _radials(order, terms, square) for order in sorted({abs(term.m) for term in terms})}
    return [norm * radials[abs(m)][(n - abs(m)) // 2] * harmonics[abs(m)][0 if m >= 0 else 1] for n, m, norm in terms]


def _harmonics(highest: int, y: Any, x: Any) -> list[tuple[Any, Any]]:
    """Return real and imaginary part of (x + iy)^m, m = 0 … highest."""
    found = [(1.0, 0.0)]
    for _ in range(highest):
        real, imag = found[-1]
        found.append((x * real - y * imag, x * imag + y * real))
    return found


def _radials(order: int, terms: Sequence[Term], square: Any) -> list[Any]:
    """Return R_n^m/ρ^m = P_k^(0,m)(2ρ² − 1) for k = 0 … the highest that `terms` ask for."""
    highest = max((term.n - order) // 2 for term in terms if abs(term.m) == order)
    found = [square**0, 1 + (order + 2) * (square - 1)]
    for k in range(2, highest + 1):
        a = 2 * k + order
        linear = (a - 1) * (a * (a - 2) * (2 * square - 1) - order**2)
        before = 2 * (k - 1) * (k + order - 1) * a
        found.append((linear * found[-1] - before * found[-2]) / (2 * k * (k + order) * (a - 2)))
    return found
