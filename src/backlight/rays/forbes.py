"""Forbes's polynomials for mild aspheres."""

from typing import Any

import jax.numpy as jnp

from backlight.maths.exact import Exact, Number, number, vector
from backlight.maths.leaf import POSITIVE
from backlight.rays.profiles import Revolution, conic_sag, curvature_of


class Qbfs(Revolution):
    """Sphere and polynomials of orthogonal slopes: z = c r²/(1 + √(1 − c²r²)) + u²(1−u²)/√(1 − c²r²) · Σ aₘ Qₘ(u²).

    u = r/ρ; each aₘ is the root mean square slope it adds along the normal, times ρ (Forbes, Opt. Express 15, 5218
    (2007)), by the recurrence that is stable to any order (Opt. Express 18, 19700 (2010)).

    **Arguments:** `norm_radius`: ρ of the clear aperture, m; `coefficients`: aₘ, m, m = 0, 1, …; `radius`: of the
    best-fit sphere, m, a plane where `None`.

    **Errors:** `InputError` for ρ ≤ 0.

    Example:
        >>> from backlight.rays import Qbfs
        >>> surface = Qbfs(10e-3, [1e-6])
        >>> round(float(surface.sag(5e-3, 0.0)) * 1e6, 4), float(surface.sag(10e-3, 0.0))
        (0.1875, 0.0)
    """

    curvature: Exact
    coefficients: Exact
    norm_radius: Exact

    def __init__(self, norm_radius: Number | int, coefficients: Any, radius: Number | int | None = None):
        self.curvature, self.norm_radius = curvature_of(radius), number("norm_radius", norm_radius, POSITIVE)
        self.coefficients = vector("coefficients", coefficients)

    def height(self, square):
        """Return the sag at r²."""
        u = square / self.norm_radius**2
        inside = 1 - self.curvature**2 * square
        cosine = jnp.sqrt(jnp.where(inside > 0, inside, 1.0))
        return conic_sag(self.curvature, 0.0, square) + u * (1 - u) / cosine * self._sum(u)

    def base(self):
        """Return those of the sphere."""
        return self.curvature, 0.0

    def extends(self, y, x):
        """Return where the sphere is."""
        return self.curvature**2 * (y**2 + x**2) < 1

    def _sum(self, u):
        terms = q_polynomials(self.coefficients.shape[0], u)
        return sum((self.coefficients[m] * q for m, q in enumerate(terms)), jnp.zeros_like(u))


def q_polynomials(count: int, u: Any) -> list[Any]:
    """Return Q₀ … at u = (r/ρ)², from Pₘ₊₁ = (2 − 4u)Pₘ − Pₘ₋₁ = fₘ₊₁Qₘ₊₁ + gₘQₘ + hₘ₋₁Qₘ₋₁."""
    f, g, h = [2.0, 19**0.5 / 2], [-0.5], []
    p, q = [2 + 0 * u, 6 - 8 * u], [1 + 0 * u, (13 - 16 * u) / 19**0.5]
    for m in range(2, count):
        h.append(-m * (m - 1) / (2 * f[m - 2]))
        g.append(-(1 + g[m - 2] * h[m - 2]) / f[m - 1])
        f.append((m * (m + 1) + 3 - g[m - 1] ** 2 - h[m - 2] ** 2) ** 0.5)
        p.append((2 - 4 * u) * p[-1] - p[-2])
        q.append((p[-1] - g[m - 1] * q[-1] - h[m - 2] * q[-2]) / f[m])
    return q[:count]
