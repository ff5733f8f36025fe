"""Profiles of surfaces: where a ray meets them, and their normal there. The vertex is the origin, the axis is z."""

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Bool, Float

from backlight.errors import InputError
from backlight.maths.argument import whole
from backlight.maths.exact import Exact, Number, number, vector
from backlight.maths.quotient import known, quotient
from backlight.maths.vectors import Vector
from backlight.rays.newton import distance_to

TINY = 1e-30


class Meeting(NamedTuple):
    """Where a ray meets a surface.

    **Attributes:** `distance` along the ray, m, some finite number where it does not; `normal`, of any length, against
    which the surface rises along +z; `there`, whether it meets it; `converged`, whether the place is known.
    """

    distance: Float[Array, "..."]
    normal: Vector
    there: Bool[Array, "..."]
    converged: Bool[Array, "..."]


class Profile(eqx.Module):
    """The shape of a surface: its `sag` is enough, all else has a default.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.maths.vectors import Vector
        >>> from backlight.rays import Profile
        >>> class Ripple(Profile):
        ...     amplitude: float
        ...     def sag(self, y, x):
        ...         return self.amplitude * jnp.cos(1e3 * y)
        >>> ray = Vector(jnp.array(-1e-3), jnp.array(1e-3), jnp.array(0.0)), Vector(*jnp.eye(3)[0])
        >>> round(float(Ripple(1e-6).meet(*ray).distance) * 1e3, 5)
        1.00054
    """

    @abstractmethod
    def sag(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the height z of the surface above its vertex plane, m."""

    def base(self) -> tuple[Any, Any]:
        """Return curvature and conic constant of what the search for the surface starts from: a plane's."""
        return 0.0, 0.0

    def extends(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> Bool[Array, "..."]:
        """Return where there is a surface: rays that meet its continuation elsewhere have missed it."""
        return jnp.ones(jnp.broadcast_shapes(jnp.shape(y), jnp.shape(x)), bool)

    def meet(self, place: Vector, way: Vector) -> Meeting:
        """Return where rays meet the surface: the root of z − sag(y, x) = 0, by Newton's iteration from the base."""
        start = meet_conic(*self.base(), place, way)
        distance, converged = distance_to(self, place, way, start.distance)
        met = place.ahead(way, distance)
        y, x = self.slopes(met.y, met.x)
        normal = Vector(jnp.ones_like(y), -y, -x)
        return Meeting(distance, normal, start.there & self.extends(met.y, met.x), converged)

    def slopes(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> tuple[Array, Array]:
        """Return ∂z/∂y and ∂z/∂x."""
        one = jnp.ones_like(y)
        _, along_y = jax.jvp(lambda y: self.sag(y, x), (y,), (one,))
        _, along_x = jax.jvp(lambda x: self.sag(y, x), (x,), (one,))
        return along_y, along_x

    def vertex_curvature(self) -> Float[Array, ""]:
        """Return c = ∂²z/∂y² at the vertex, 1/m: what a paraxial ray in the plane of y and z sees."""
        zero = jnp.zeros(())
        return jax.grad(jax.grad(lambda y: self.sag(y, zero)))(zero)

    def deformation(self) -> Float[Array, ""]:
        """Return what r⁴ is multiplied with beyond the sphere of the vertex's curvature, 1/m³.

        **Errors:** `InputError` where the surface is not one of revolution: Seidel's sums are not defined for it.
        """
        raise InputError("profile", got=type(self).__name__, expected="a surface of revolution",
                         remedy="trace rays instead")  # fmt: skip


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

    def __init__(self, radius: Number | int | None = None, conic: Number | int = 0.0):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)

    def sag(self, y, x):
        """Return c r²/(1 + √(1 − (1+κ) c² r²)); beyond the rim of an ellipsoid, where there is none, c r²."""
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


class Revolution(Profile):
    """A surface of revolution about z: its `height` over r² tells everything.

    Example:
        >>> from backlight.rays import Revolution
        >>> class Bowl(Revolution):
        ...     def height(self, square):
        ...         return 10 * square
        >>> float(Bowl().vertex_curvature()), float(Bowl().deformation())  # 2·10, and −c³/8
        (20.0, -1000.0)
    """

    @abstractmethod
    def height(self, square: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the sag at r², m."""

    def sag(self, y, x):
        """Return the height at y² + x²."""
        return self.height(y**2 + x**2)

    def slopes(self, y, x):
        """Return 2y and 2x times the derivative by r², which one differentiation tells."""
        square = y**2 + x**2
        _, slope = jax.jvp(self.height, (square,), (jnp.ones_like(square),))
        return 2 * slope * y, 2 * slope * x

    def vertex_curvature(self):
        """Return twice the derivative by r²."""
        return 2 * jax.grad(self.height)(jnp.zeros(()))

    def deformation(self):
        """Return what r⁴ is multiplied with, less c³/8."""
        fourth = jax.grad(jax.grad(self.height))(jnp.zeros(())) / 2
        return fourth - self.vertex_curvature() ** 3 / 8


class Asphere(Revolution):
    """Conic and powers of the distance from the axis: z = c r²/(1 + √(1 − (1+κ) c² r²)) + Σ aⱼ r^pⱼ.

    **Arguments:** `radius`, `conic`: as of `Conic`; `coefficients`: aⱼ, in m^(1−pⱼ); `powers`: pⱼ, 4, 6, 8, … where
    left out. Odd ones make an odd asphere. Catalogues give aⱼ in mm^(1−pⱼ): times 1e3^(pⱼ−1).

    **Errors:** `InputError` for another number of powers than of coefficients, and for a power that is no whole number
    of 2 or more.

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
        radius: Number | int | None = None,
        conic: Number | int = 0.0,
        coefficients: list[float] | tuple[float, ...] | np.ndarray | Array = (),
        powers: list[int] | tuple[int, ...] | None = None,
    ):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)
        self.coefficients = vector("coefficients", coefficients)
        count = self.coefficients.shape[0]
        given = range(4, 4 + 2 * count, 2) if powers is None else powers
        self.powers = tuple(whole("powers", power, 2) for power in given)
        if len(self.powers) != count:
            raise InputError("powers", got=f"{self.powers} of {count} coefficients",
                             expected="a power for each coefficient")  # fmt: skip

    def height(self, square):
        """Return the sag at r²."""
        powers = (self.coefficients[i] * _power(square, power) for i, power in enumerate(self.powers))
        return conic_sag(self.curvature, self.conic, square) + sum(powers, jnp.zeros_like(square))

    def base(self):
        """Return those of the conic."""
        return self.curvature, self.conic

    def extends(self, y, x):
        """Return where the conic does."""
        return conic_extends(self.curvature, self.conic, y**2 + x**2)


def conic_extends(curvature: Any, conic: Any, square: Any) -> Array:
    """Return whether a conic has a point at r²."""
    return (1 + conic) * curvature**2 * square < 1


@jax.custom_jvp
def conic_sag(curvature: Any, conic: Any, square: Any) -> Array:
    """Return c r²/(1 + √(1 − (1+κ) c² r²)) at r²; beyond the rim c r², so that it does not jump there."""
    there, root = _conic_root(curvature, conic, square)
    return curvature * square / (1 + jnp.where(there, root, 0.0))


@conic_sag.defjvp
def _conic_sag_jvp(at: tuple, by: tuple) -> tuple[Array, Array]:
    """By c r² + (1+κ) c z² = 2z, which takes one division where the quotient's rule takes three."""
    (curvature, conic, square), (by_curvature, by_conic, by_square) = at, by
    height = conic_sag(curvature, conic, square)
    there, root = _conic_root(curvature, conic, square)
    change = (square + (1 + conic) * height**2) * by_curvature + curvature * (height**2 * by_conic + by_square)
    beyond = square * by_curvature + curvature * by_square
    return height, jnp.where(there, change / (2 * root), beyond)


def _conic_root(curvature: Any, conic: Any, square: Any) -> tuple[Any, Any]:
    inside = 1 - (1 + conic) * curvature**2 * square
    return inside > 0, jnp.sqrt(jnp.where(inside > 0, inside, 1.0))


def meet_conic(curvature: Any, conic: Any, place: Vector, way: Vector) -> Meeting:
    """Return where rays meet a conic, planes too: of a hyperboloid, the sheet of the vertex, where N has a z > 0."""
    stretched = 1 + conic
    distance = _conic_distance(curvature, stretched, place, way)
    there = known(distance)
    distance = jnp.where(there, distance, 0.0)
    normal = _conic_normal(curvature, stretched, place.ahead(way, distance))
    return Meeting(distance, normal, there & ((stretched >= 0) | (normal.z > 0)), there)


@jax.custom_jvp
def _conic_distance(curvature: Any, stretched: Any, place: Vector, way: Vector) -> Array:
    """Return the root C/(B ± √(B² − AC)) of A t² − 2B t + C = 0, for planes too.

    No quotient where the ray misses.
    """
    a = curvature * (way.y**2 + way.x**2 + stretched * way.z**2)
    b = way.z - curvature * (way.y * place.y + way.x * place.x + stretched * way.z * place.z)
    c = curvature * (place.y**2 + place.x**2 + stretched * place.z**2) - 2 * place.z
    square = b**2 - a * c
    root = jnp.sqrt(jnp.where(square > 0, square, 1.0))
    below = jnp.where(way.z < 0, -root, root) + b
    return quotient(c, below, (square > 0) & (jnp.abs(below) > TINY))


@_conic_distance.defjvp
def _conic_distance_jvp(at: tuple, by: tuple) -> tuple[Array, Array]:
    """By the equation c(x² + y² + (1+κ)z²) − 2z = 0 of the place that is met: no derivative of a root."""
    curvature, stretched, place, way = at
    by_curvature, by_stretched, by_place, by_way = by
    distance = _conic_distance(*at)
    there = known(distance)
    finite = jnp.where(there, distance, 0.0)
    met, moved = place.ahead(way, finite), by_place.ahead(by_way, finite)
    normal = _conic_normal(curvature, stretched, met)
    bulge = met.y**2 + met.x**2 + stretched * met.z**2
    change = normal.dot(moved) - 0.5 * (bulge * by_curvature + curvature * met.z**2 * by_stretched)
    slope = normal.dot(way)
    return distance, -change / jnp.where(there & (slope != 0), slope, 1.0)


def _conic_normal(curvature: Any, stretched: Any, met: Vector) -> Vector:
    return Vector(1 - curvature * stretched * met.z, -curvature * met.y, -curvature * met.x)


def curvature_of(radius: Number | int | None) -> Exact:
    """Return 1/R, 0 for a plane."""
    if radius is None:
        return number("radius", 0.0)
    is_number = not isinstance(radius, eqx.Module | Tracer) and np.ndim(radius) == 0
    if is_number and radius == 0:
        raise InputError("radius", got="0", expected="a radius other than 0", remedy="leave it out for a plane")
    return number("radius", jax.tree.map(lambda r: 1 / r, number("radius", radius)))


def _power(square: Any, power: int) -> Any:
    """Return r^power from r², with finite derivatives on the axis."""
    half = square ** (power // 2)
    if power % 2 == 0:
        return half
    off = square > 0
    return half * jnp.where(off, jnp.sqrt(jnp.where(off, square, 1.0)), 0.0)
