"""What is not known, and what is known about it: one object per leaf, kept beside the model.

An unknown owns the map between a leaf of the model and the real array z (its coordinates) that a solver sees.
`like` is the leaf at the start: it tells the type, the shape and the natural size.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Inexact

from backlight.errors import InputError


class Unknown(eqx.Module):
    """Base of all unknowns."""

    @abstractmethod
    def coordinates(self, leaf: Inexact[Array, "..."], like: Inexact[Array, "..."]) -> Float[Array, "..."]:
        """Return z for a leaf."""

    @abstractmethod
    def leaf(self, z: Float[Array, "..."], like: Inexact[Array, "..."]) -> Inexact[Array, "..."]:
        """Return the leaf at z."""

    def project(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the nearest z that the knowledge allows."""
        return z

    def tangent(self, z: Float[Array, "..."], direction: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the part of `direction` along which z may move both ways without leaving what is allowed."""
        return direction

    def prior_residual(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return r with −log prior(z) = ½ Σ r², nats."""
        return jnp.zeros((0,), z.dtype)

    def penalty(self, z: Float[Array, "..."]) -> Float[Array, ""]:
        """Return −log prior(z) = ½ Σ r², nats."""
        return 0.5 * jnp.sum(self.prior_residual(z) ** 2)

    @property
    def linear(self) -> bool:
        """Tell whether the leaf is linear in z within a convex set."""
        return False

    def is_leaf(self, like: Inexact[Array, "..."]) -> bool:
        """Tell whether z is the leaf itself, a complex one as two real planes: a proximal step may act on z."""
        return self.linear

    @property
    def knowledge(self) -> str:
        """Say in words what is known; empty where nothing is."""
        return ""


class Free(Unknown):
    """Know nothing: leaf = z, or scale·z for a real leaf.

    **Arguments:** `scale`: size of a natural change of a real leaf; its largest magnitude at the start where `None`.
    """

    scale: float | None = eqx.field(static=True, default=None)

    def coordinates(self, leaf, like):
        """Return leaf/scale, a complex leaf as two real planes."""
        return pack(leaf) if jnp.iscomplexobj(like) else leaf / self._size(like)

    def leaf(self, z, like):
        """Return scale·z, or the complex leaf of the two planes."""
        return unpack(z) if jnp.iscomplexobj(like) else z * self._size(like)

    @property
    def linear(self) -> bool:
        """Linear where no scale is asked for."""
        return self.scale is None or self.scale == 1

    def is_leaf(self, like):
        """Tell whether z is not scaled."""
        return jnp.iscomplexobj(like) or self.scale == 1

    def _size(self, like: Array) -> Array | float:
        if self.scale is not None:
            return self.scale
        largest = jnp.max(jnp.abs(like)) if like.size else jnp.ones(())
        return jnp.where(largest > 0, largest, 1.0)


class Positive(Unknown):
    """Know that the leaf is greater than zero: leaf = exp(z)."""

    def coordinates(self, leaf, like):
        """Return log(leaf)."""
        if not bool(jnp.all(leaf > 0)):
            raise InputError("Positive", got=f"a start of {float(jnp.min(leaf)):.3g}", expected="a start above zero")
        return jnp.log(leaf)

    def leaf(self, z, like):
        """Return exp(z)."""
        return jnp.exp(z)

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return "positive"


class Interval(Unknown):
    """Know two bounds: leaf = low + (high − low)·σ(z) with the logistic σ.

    **Arguments:** `low` < `high`, in the unit of the leaf.
    """

    low: float = eqx.field(static=True)
    high: float = eqx.field(static=True)

    def __check_init__(self):
        if not self.low < self.high:
            raise InputError("Interval", got=f"({self.low}, {self.high})", expected="low < high")

    def coordinates(self, leaf, like):
        """Return the logit of the position between the bounds; a start on or beyond a bound moves 0.1 % inside."""
        position = jnp.clip((leaf - self.low) / (self.high - self.low), 1e-3, 1 - 1e-3)
        return jnp.log(position) - jnp.log1p(-position)

    def leaf(self, z, like):
        """Return low + (high − low)·σ(z)."""
        return self.low + (self.high - self.low) * jax.nn.sigmoid(z)

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return f"between {self.low:.6g} and {self.high:.6g} (SI)"


class Gaussian(Unknown):
    """Know a mean and a standard deviation: leaf = mean + std·z with −log prior = ½ Σ z².

    **Arguments:** `mean` (the leaf's start where `None`) and `std`, in the unit of the leaf; numbers or arrays.
    """

    std: Float[Array, "..."]
    mean: Inexact[Array, "..."] | None

    def __init__(self, std, mean=None):
        self.std = jnp.asarray(std, dtype=float)
        self.mean = None if mean is None else jnp.asarray(mean, jnp.result_type(jnp.asarray(mean), float))
        if not np.all(np.asarray(self.std) > 0):
            raise InputError("Gaussian std", got=str(std), expected="a number > 0")

    def coordinates(self, leaf, like):
        """Return (leaf − mean)/std."""
        return pack((leaf - self._mean(like)) / self.std)

    def leaf(self, z, like):
        """Return mean + std·z."""
        return self._mean(like) + self.std * (unpack(z) if jnp.iscomplexobj(like) else z)

    def prior_residual(self, z):
        """Return z."""
        return z

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return "normally distributed (a Gaussian prior)"

    def _mean(self, like: Array) -> Array:
        return like if self.mean is None else self.mean


class HalfGaussian(Gaussian):
    """Know that the leaf is not below zero and how large it may be: leaf = std·z, z ≥ 0, with −log prior = ½ Σ z².

    **Arguments:** `std`, in the unit of the leaf; a number or an array.
    """

    def __init__(self, std):
        super().__init__(std, mean=0.0)

    def project(self, z):
        """Return max(z, 0)."""
        return jnp.maximum(z, 0.0)

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return "not below zero (a half-Gaussian prior)"


class Common(Unknown):
    """Know that all numbers of a leaf grow by one factor: leaf = start·factor, such as both sides of a pixel.

    **Arguments:** `of`: what is known of the first number of the leaf.
    """

    of: Unknown

    def coordinates(self, leaf, like):
        """Return the coordinates of the first number."""
        return self.of.coordinates(leaf.ravel()[0], like.ravel()[0])

    def leaf(self, z, like):
        """Return the start times the factor of the first number."""
        first = like.ravel()[0]
        return like * (self.of.leaf(z, first) / first)

    def prior_residual(self, z):
        """Return that of the first number."""
        return self.of.prior_residual(z)

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return self.of.knowledge


class Balanced(Unknown):
    """Know the mean over the frames: leaf = x − x̄ + start̄, x what is otherwise known, the mean along the first axis.

    A gauge that is fixed: where all may move together and something else undoes it, as a shift of all frames is one of
    the sample.

    **Arguments:** `of`: what is known of the numbers otherwise.
    """

    of: Unknown

    def coordinates(self, leaf, like):
        """Return the coordinates of the numbers."""
        return self.of.coordinates(leaf, like)

    def leaf(self, z, like):
        """Return the numbers, their mean that of the start."""
        free = self.of.leaf(z, like)
        return free - jnp.mean(free, axis=0) + jnp.mean(like, axis=0)

    def project(self, z):
        """Return the nearest that is otherwise allowed."""
        return self.of.project(z)

    def prior_residual(self, z):
        """Return that of the numbers."""
        return self.of.prior_residual(z)

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return " and ".join(filter(None, (self.of.knowledge, "of a mean that stays as it was (a gauge)")))


class Tied(Unknown):
    """Know that the leaf is a function of other leaves: leaf = function(value of each path in `to`).

    **Arguments:**

    - `to`: paths of the leaves it depends on.
    - `function`: maps their values, in that order, to this leaf; differentiable.

    Example:
        >>> tied = Tied(("illumination.source_distance",), lambda source: 0.1 - source)
    """

    to: tuple[str, ...] = eqx.field(static=True)
    function: Callable[..., Array] = eqx.field(static=True)

    def coordinates(self, leaf, like):
        """Tied leaves have no coordinates of their own."""
        return jnp.zeros((0,), like.real.dtype)

    def leaf(self, z, like):
        """Return the leaf as it is; `resolve` gives it its value."""
        return like

    def resolve(self, leaves: Mapping[str, Array]) -> Array:
        """Return the value of the tied leaf, given all leaves of the model by path."""
        return self.function(*(leaves[path] for path in self.to))

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return "tied to " + ", ".join(self.to)


def pack(leaf: Inexact[Array, "*shape"]) -> Float[Array, "..."]:
    """Return a complex leaf as two real planes (2, *shape), a real one as it is."""
    return jnp.stack([leaf.real, leaf.imag]) if jnp.iscomplexobj(leaf) else leaf


def unpack(z: Float[Array, "2 *shape"]) -> Complex[Array, "*shape"]:
    """Return the complex leaf of two real planes."""
    return jax.lax.complex(z[0], z[1])
