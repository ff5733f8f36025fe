"""What gratings and diffractive surfaces add to the phase of the light that meets them."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.maths.exact import Exact, number, vector
from backlight.maths.leaf import POSITIVE
from backlight.maths.vectors import Vector


class Phase(eqx.Module):
    """A phase mφ(y, x) of a surface: a ray's optical path grows by λ·mφ/2π, and its direction follows the gradient.

    Example:
        >>> from backlight.rays import Phase
        >>> class Axicon(Phase):
        ...     def waves(self, y, x):
        ...         return 1e5 * (y**2 + x**2) ** 0.5
        >>> round(float(Axicon().waves(3e-3, 4e-3)), 3)
        500.0
    """

    @abstractmethod
    def waves(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return mφ/2π at (y, x) of the surface, m."""

    def kick(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> tuple[Array, Vector]:
        """Return mφ/2π and its gradient, 1/m."""
        one = jnp.ones_like(y)
        waves, along_y = jax.jvp(lambda y: self.waves(y, x), (y,), (one,))
        _, along_x = jax.jvp(lambda x: self.waves(y, x), (x,), (one,))
        return waves, Vector(jnp.zeros_like(along_y), along_y, along_x)

    def curvature(self) -> Float[Array, ""]:
        """Return ∂²/∂y² of mφ/2π at the vertex, 1/m²: a power of −λ times that."""
        zero = jnp.zeros(())
        return jax.grad(jax.grad(lambda y: self.waves(y, zero)))(zero)


class Grating(Phase):
    """Straight grooves, equally spaced in the vertex plane: mφ/2π = m·g·(y cos α + x sin α).

    **Arguments:** `density`: g, grooves per m; `order`: m; `angle`: α from y towards x of the direction across the
    grooves, rad.

    Example:
        >>> from backlight.rays import Grating
        >>> float(Grating(600e3, order=-1).waves(1e-3, 0.0))
        -600.0
    """

    density: Exact
    angle: Exact
    order: int = eqx.field(static=True)

    def __init__(self, density: Any, order: int = 1, angle: Any = 0.0):
        self.density, self.angle, self.order = number("density", density), number("angle", angle), int(order)

    def waves(self, y, x):
        """Return the number of grooves from the vertex, times the order."""
        return self.order * self.density * (y * jnp.cos(self.angle) + x * jnp.sin(self.angle))


class RadialPhase(Phase):
    """Rings: mφ = m Σ aⱼ (r/ρ)^2j, j = 1, 2, … (Zemax's Binary 2).

    **Arguments:** `norm_radius`: ρ, m; `coefficients`: aⱼ, rad; `order`: m. A thin lens of focal length f at λ has
    a₁ = −πρ²/(λf), and f·λ is constant.

    **Errors:** `InputError` for ρ ≤ 0.

    Example:
        >>> import numpy as np
        >>> from backlight.rays import RadialPhase
        >>> round(float(RadialPhase(1e-3, [-2 * np.pi * 50]).waves(1e-3, 0.0)), 3)
        -50.0
    """

    coefficients: Exact
    norm_radius: Exact
    order: int = eqx.field(static=True)

    def __init__(self, norm_radius: Any, coefficients: Any, order: int = 1):
        self.norm_radius = number("norm_radius", norm_radius, POSITIVE)
        self.coefficients = vector("coefficients", coefficients)
        self.order = int(order)

    def waves(self, y, x):
        """Return m/2π Σ aⱼ (r/ρ)^2j."""
        square = (y**2 + x**2) / self.norm_radius**2
        total = jnp.zeros_like(square)
        for j in reversed(range(self.coefficients.shape[0])):
            total = (total + self.coefficients[j]) * square
        return self.order / (2 * jnp.pi) * total


class NoPhase(Phase):
    """What a surface without grooves adds, in a lens where another has some."""

    def waves(self, y, x):
        """Return 0."""
        return jnp.zeros_like(y * x)
