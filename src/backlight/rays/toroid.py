"""Surfaces with two radii: toroids and biconics."""

import jax.numpy as jnp

from backlight.maths.argument import instance
from backlight.maths.exact import Exact, Number, number
from backlight.rays.profiles import Profile, curvature_of


class Toroid(Profile):
    """Curve z(y) turned about an axis parallel to y at z = R: z = R − √((R − z(y))² − x²), as CODE V and Zemax define.

    **Arguments:** `curve`: a profile, of which the section x = 0 is turned; `radius`: R of the turn, seen in x, m; a
    cylinder where `None`. The leaves are those of the curve and `turning`, 1/R.

    **Errors:** `InputError` for a radius of 0. A ray that meets no point of the surface has missed it.

    Example:
        >>> from backlight.rays import Conic, Toroid
        >>> ball = Toroid(Conic(50e-3), 50e-3)
        >>> round(float(ball.sag(3e-3, 4e-3)) * 1e3, 4)
        0.2506
    """

    curve: Profile
    turning: Exact

    def __init__(self, curve: Profile, radius: Number | int | None = None):
        self.curve, self.turning = instance("curve", curve, Profile), curvature_of(radius)

    def sag(self, y, x):
        """Return z(y) + x²/R/(k + √(k² − x²/R²)) with k = 1 − z(y)/R, the same without cancellation."""
        height = self.curve.sag(y, jnp.zeros_like(jnp.asarray(y)))
        k = 1 - self.turning * height
        square = k**2 - (self.turning * x) ** 2
        there = square > 0
        return height + jnp.where(there, self.turning * x**2 / (k + jnp.sqrt(jnp.where(there, square, 1.0))), 0.0)

    def extends(self, y, x):
        """Return where |x| < |R − z(y)|, on the curve."""
        k = 1 - self.turning * self.curve.sag(y, jnp.zeros_like(y))
        return (k**2 > (self.turning * x) ** 2) & self.curve.extends(y, jnp.zeros_like(y))


class Biconic(Profile):
    """Two conics at right angles: z = (c_y y² + c_x x²)/(1 + √(1 − (1+κ_y) c_y² y² − (1+κ_x) c_x² x²)).

    **Arguments:** `radius`, `conic`: R = 1/c_y, m, and κ_y in the plane of y and z; `radius_x`, `conic_x`: alike in
    that of x and z; a plane's where `None`. The leaves are `curvature`, `conic`, `curvature_x` and `conic_x`.

    **Errors:** `InputError` for a radius of 0.

    Example:
        >>> from backlight.rays import Biconic
        >>> round(float(Biconic(50e-3, radius_x=50e-3).sag(3e-3, 4e-3)) * 1e3, 4)
        0.2506
    """

    curvature: Exact
    conic: Exact
    curvature_x: Exact
    conic_x: Exact

    def __init__(
        self,
        radius: Number | int | None = None,
        conic: Number | int = 0.0,
        *,
        radius_x: Number | int | None = None,
        conic_x: Number | int = 0.0,
    ):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)
        self.curvature_x, self.conic_x = curvature_of(radius_x), number("conic_x", conic_x)

    def sag(self, y, x):
        """Return the height; the vertex plane's 0 beyond the rim."""
        inside = self._inside(y, x)
        there = inside > 0
        height = (self.curvature * y**2 + self.curvature_x * x**2) / (1 + jnp.sqrt(jnp.where(there, inside, 1.0)))
        return jnp.where(there, height, 0.0)

    def extends(self, y, x):
        """Return where the root is real."""
        return self._inside(y, x) > 0

    def _inside(self, y, x):
        return 1 - (1 + self.conic) * (self.curvature * y) ** 2 - (1 + self.conic_x) * (self.curvature_x * x) ** 2
