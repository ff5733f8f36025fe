"""Profiles of surfaces: where a ray meets them, and their normal there. The vertex is the origin, the axis is z."""

from abc import abstractmethod
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from backlight.errors import InputError
from backlight.maths.exact import Exact, number, vector
from backlight.maths.vectors import Vector
from backlight.rays.newton import distance_to

TINY = 1e-30


class Meeting(NamedTuple):
    """Where a ray meets a surface.

    **Attributes:** `distance` along the ray, m, and 0 where it does not; `normal`, of unit length, against which the
    surface rises along +z; `there`, whether it meets it; `converged`, whether the place is known.
    """

    distance: Float[Array, "..."]
    normal: Vector
    there: Bool[Array, "..."]
    converged: Bool[Array, "..."]


class Profile(eqx.Module):
    """The shape of a surface.

    Example:
        >>> from backlight.rays import Profile
        >>> from backlight.rays.newton import distance_to
        >>> from backlight.rays.profiles import Meeting
        >>> class Ripple(Profile):
        ...     amplitude: float
        ...     def sag(self, y, x):
        ...         return self.amplitude * jnp.cos(1e3 * y)
        ...     def meet(self, place, way):
        ...         distance, known = distance_to(self, place, way, jnp.zeros_like(place.z))
        ...         slope = -1e3 * self.amplitude * jnp.sin(1e3 * place.ahead(way, distance).y)
        ...         size = 1 / jnp.sqrt(1 + slope**2)
        ...         return Meeting(distance, Vector(size, -slope * size, 0 * size), known, known)
        ...     def vertex_curvature(self):
        ...         return -1e6 * self.amplitude
        ...     def deformation(self):
        ...         return 1e12 * self.amplitude / 24
        >>> import jax.numpy as jnp
        >>> from backlight.maths.vectors import Vector
        >>> ray = Vector(jnp.array(-1e-3), jnp.array(1e-3), jnp.array(0.0)), Vector(*jnp.eye(3)[0])
        >>> round(float(Ripple(1e-6).meet(*ray).distance) * 1e3, 5)
        1.00054
    """

    @abstractmethod
    def sag(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the height z of the surface above its vertex plane, m."""

    @abstractmethod
    def meet(self, place: Vector, way: Vector) -> Meeting:
        """Return where rays meet the surface."""

    @abstractmethod
    def vertex_curvature(self) -> Float[Array, ""]:
        """Return c = ∂²z/∂y² at the vertex, 1/m: what a paraxial ray in the plane of y and z sees."""

    @abstractmethod
    def deformation(self) -> Float[Array, ""]:
        """Return what r⁴ is multiplied with beyond the sphere of the vertex's curvature, 1/m³."""


class Conic(Profile):
    """Plane, sphere, or conic of revolution: z = c r²/(1 + √(1 − (1+κ) c² r²)).

    **Arguments:** `radius`: R = 1/c of the vertex, m, positive where the center of curvature is on the side of +z; a
    plane where `None`. `conic`: κ, 0 for a sphere, −1 for a paraboloid, below for a hyperboloid. The leaves are
    `curvature` and `conic`, so that a plane can be bent.

    **Errors:** `InputError` for a radius of 0.

    Example:
        >>> from backlight.rays import Conic
        >>> round(float(Conic(50e-3).sag(3e-3, 4e-3)) * 1e3, 4)
        0.2506
    """

    curvature: Exact
    conic: Exact

    def __init__(self, radius: float | None = None, conic: float | int = 0.0):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)

    def sag(self, y, x):
        """Return c r²/(1 + √(1 − (1+κ) c² r²)); the vertex plane's 0 beyond the rim of an ellipsoid."""
        return conic_sag(self.curvature, self.conic, y**2 + x**2)

    def meet(self, place, way):
        """Return the root of c(x² + y² + (1+κ)z²) − 2z = 0 along the ray that is next to the vertex plane."""
        return meet_conic(self.curvature, self.conic, place, way)

    def vertex_curvature(self):
        """Return c."""
        return jnp.asarray(self.curvature)

    def deformation(self):
        """Return κc³/8."""
        return jnp.asarray(self.conic * self.curvature**3 / 8)


class Asphere(Profile):
    """Conic and powers of the distance from the axis: z = c r²/(1 + √(1 − (1+κ) c² r²)) + Σ aⱼ r^pⱼ.

    **Arguments:** `radius`, `conic`: as of `Conic`; `coefficients`: aⱼ, in m^(1−pⱼ); `powers`: pⱼ, 4, 6, 8, … where
    left out. Odd ones make an odd asphere. Catalogues give aⱼ in mm^(1−pⱼ): times 1e3^(pⱼ−1).

    **Errors:** `InputError` for another number of powers than of coefficients, and for a power below 2.

    Example:
        >>> from backlight.rays import Asphere
        >>> surface = Asphere(20e-3, -0.6, [2e3], powers=[4])  # 2e-6 mm⁻³
        >>> round(float(surface.sag(10e-3, 0.0)) * 1e3, 4)
        2.5858
    """

    curvature: Exact
    conic: Exact
    coefficients: Exact
    powers: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self,
        radius: float | None = None,
        conic: float | int = 0.0,
        coefficients: list[float] | tuple[float, ...] | np.ndarray | Array = (),
        powers: list[int] | tuple[int, ...] | None = None,
    ):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)
        self.coefficients = vector("coefficients", coefficients)
        count = self.coefficients.shape[0]
        self.powers = tuple(range(4, 4 + 2 * count, 2)) if powers is None else tuple(int(p) for p in powers)
        if len(self.powers) != count or any(p < 2 for p in self.powers):
            raise InputError("powers", got=f"{self.powers} of {count} coefficients",
                             expected="a power of 2 or more for each coefficient")  # fmt: skip

    def sag(self, y, x):
        """Return the height."""
        square = y**2 + x**2
        return conic_sag(self.curvature, self.conic, square) + self._polynomial(square)

    def meet(self, place, way):
        """Return the root of z − sag(y, x) = 0 along the ray by Newton's iteration from where it meets the conic."""
        start = meet_conic(self.curvature, self.conic, place, way)
        distance, converged = distance_to(self, place, way, start.distance)
        return Meeting(distance, self._normal(place.ahead(way, distance)), start.there, converged)

    def vertex_curvature(self):
        """Return c + 2a₂."""
        return jnp.asarray(self.curvature) + 2 * self._coefficient(2)

    def deformation(self):
        """Return (1+κ)c³/8 + a₄ − (c + 2a₂)³/8."""
        conic = (1 + self.conic) * self.curvature**3 / 8
        return conic + self._coefficient(4) - self.vertex_curvature() ** 3 / 8

    def _coefficient(self, power: int) -> Array:
        return jnp.asarray(self.coefficients[self.powers.index(power)] if power in self.powers else 0.0)

    def slope(self, square: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return (1/r)·∂z/∂r at r²."""
        root = jnp.sqrt(jnp.maximum(1 - (1 + self.conic) * self.curvature**2 * square, 1e-12))
        return self.curvature / root + sum(
            power * self.coefficients[i] * _power(square, power - 2) for i, power in enumerate(self.powers)
        )

    def _polynomial(self, square: Array) -> Array:
        return sum(
            (self.coefficients[i] * _power(square, p) for i, p in enumerate(self.powers)), jnp.zeros_like(square)
        )

    def _normal(self, place: Vector) -> Vector:
        slope = self.slope(place.y**2 + place.x**2)
        y, x = -slope * place.y, -slope * place.x
        size = 1 / jnp.sqrt(1 + y**2 + x**2)
        return Vector(size, y * size, x * size)


def conic_sag(curvature: Array, conic: Array, square: Array) -> Array:
    """Return c r²/(1 + √(1 − (1+κ) c² r²)) at r²."""
    inside = 1 - (1 + conic) * curvature**2 * square
    return jnp.where(inside > 0, curvature * square / (1 + jnp.sqrt(jnp.where(inside > 0, inside, 1.0))), 0.0)


def meet_conic(curvature: Array, conic: Array, place: Vector, way: Vector) -> Meeting:
    """Return where rays meet a conic: C/(B ± √(B² − AC)) of A t² − 2B t + C = 0, which holds for planes too."""
    stretched = 1 + conic
    a = curvature * (way.y**2 + way.x**2 + stretched * way.z**2)
    b = way.z - curvature * (way.y * place.y + way.x * place.x + stretched * way.z * place.z)
    c = curvature * (place.y**2 + place.x**2 + stretched * place.z**2) - 2 * place.z
    square = b**2 - a * c
    there = square > 0
    root = jnp.sqrt(jnp.where(there, square, 1.0))
    below = jnp.where(way.z < 0, -1.0, 1.0) * root + b
    there &= jnp.abs(below) > TINY
    distance = jnp.where(there, c / jnp.where(there, below, 1.0), 0.0)
    met = place.ahead(way, distance)
    normal = Vector(1 - curvature * stretched * met.z, -curvature * met.y, -curvature * met.x)
    return Meeting(distance, normal.times(1 / jnp.sqrt(jnp.maximum(normal.dot(normal), TINY))), there, there)


def curvature_of(radius: float | None) -> Exact:
    """Return 1/R, 0 for a plane."""
    if radius is None:
        return number("radius", 0.0)
    if not isinstance(radius, eqx.Module) and np.ndim(radius) == 0 and radius == 0:
        raise InputError("radius", got="0", expected="a radius other than 0", remedy="leave it out for a plane")
    return number("radius", jax.tree.map(lambda r: 1 / r, number("radius", radius)))


def _power(square: Array, power: int) -> Array:
    """Return r^power from r², with finite derivatives on the axis."""
    half = square ** (power // 2)
    if power % 2 == 0:
        return half
    off = square > 0
    return half * jnp.where(off, jnp.sqrt(jnp.where(off, square, 1.0)), 0.0)
