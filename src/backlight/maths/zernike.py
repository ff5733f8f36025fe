"""Zernike polynomials on the unit disc, in Noll's order and normalization."""

import numpy as np
from jaxtyping import Float, Int
from scipy.special import eval_jacobi

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


def zernike(
    j: int, rho: Float[np.ndarray, "*shape"], theta: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Return Z_j(ρ, θ) = N R_n^|m|(ρ) · cos(mθ) or sin(|m|θ), with mean square 1 over the disc; 0 outside.

    N² = n + 1 for m = 0 and 2(n + 1) otherwise. The radial part is a Jacobi polynomial,
    R_n^m = (−1)^k ρ^m P_k^(m,0)(1 − 2ρ²), k = (n − m)/2, which stays exact at orders where the sum of factorials
    has lost every digit (Born and Wolf, Principles of Optics, §9.2).

    **Arguments:** `j`: Noll's index; `rho`: radius over that of the disc; `theta`: angle from the x axis, rad.

    Example:
        >>> import numpy as np
        >>> round(float(zernike(4, np.array(1.0), np.array(0.0))), 4)
        1.7321
    """
    n, m = noll(j)
    order = abs(m)
    k = (n - order) // 2
    radial = (-1) ** k * rho**order * eval_jacobi(k, order, 0, 1 - 2 * rho**2)
    angular = np.cos(order * theta) if m >= 0 else np.sin(order * theta)
    norm = np.sqrt((n + 1) * (1 if m == 0 else 2))
    return np.where(rho <= 1, norm * radial * angular, 0.0)


def zernike_modes(
    modes: Int[np.ndarray, " modes"] | range, shape: tuple[int, int]
) -> Float[np.ndarray, "modes rows columns"]:
    """Return Z_j for each Noll index of `modes` on the largest disc that fits the pixels' grid.

    **Arguments:** `modes`: Noll indices; `shape`: (rows, columns). The disc is centered between the outer pixels and
    reaches the outer edge of the shorter side.

    Example:
        >>> zernike_modes(range(1, 7), (8, 10)).shape
        (6, 8, 10)
    """
    y, x = (np.arange(n) - (n - 1) / 2 for n in shape)
    radius = min(shape) / 2
    rho, theta = np.hypot(y[:, None], x) / radius, np.arctan2(y[:, None], x + 0 * y[:, None])
    return np.stack([zernike(int(j), rho, theta) for j in modes])
