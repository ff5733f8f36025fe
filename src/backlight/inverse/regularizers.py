"""Regularizers: what is preferred among samples that explain the frames equally well; sums over pixels."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact

from backlight.errors import InputError
from backlight.inverse.proximal import shrink, summed_gradient, total_variation_prox, zero_dual
from backlight.inverse.unknowns import pack
from backlight.maths.differences import forward_differences, second_differences

Leaf = Inexact[Array, "... y x"]


class Regularizer(eqx.Module):
    """β·R(leaf) for the leaf at `path`."""

    path: eqx.AbstractVar[str]
    weight: eqx.AbstractVar[float | Float[Array, ""]]

    @abstractmethod
    def value(self, leaf: Leaf) -> Float[Array, ""]:
        """Return R(leaf), without the weight, smooth enough to be differentiated."""

    @abstractmethod
    def majorizer(self, leaf: Leaf, at: Leaf) -> Float[Array, ""]:
        """Return the quadratic that touches R at `at` from above: its curvature stands for R's in error bars."""


class Proximal(Regularizer):
    """A regularizer with a proximal step."""

    @abstractmethod
    def exact(self, z: Float[Array, "..."]) -> Float[Array, ""]:
        """Return R without smoothing, for real planes z (channels, y, x)."""

    @abstractmethod
    def start_prox(self, z: Float[Array, "..."]) -> Any:
        """Return the state that successive proximal steps hand on."""

    @abstractmethod
    def prox(self, z: Float[Array, "..."], step: Float[Array, ""], state: Any, project) -> tuple[Array, Any]:
        """Return argmin ½‖u − z‖² + step·R(u) over the allowed u, and the state handed on."""


class TotalVariation(Proximal):
    """Isotropic total variation Σ √(|Δ_y u/a_y|² + |Δ_x u/a_x|² + ε²) − ε, of real or complex u.

    A complex u counts as one vector, so an edge in amplitude and phase is one edge (Rudin, Osher, Fatemi 1992;
    complex form: Gao and Cao, Light: Adv. Manuf. 4, 6 (2023)).

    **Arguments:**

    - `path`, `weight`: which leaf, β.
    - `aspect`: a = pitch (y, x) over their geometric mean, for anisotropic grids.
    - `epsilon`: ε, rounds the corner at 0 for the solvers that need a gradient; the proximal step is exact.
    """

    path: str = eqx.field(static=True)
    weight: float | Float[Array, ""]
    aspect: tuple[float, float] = eqx.field(static=True, default=(1.0, 1.0))
    epsilon: float = eqx.field(static=True, default=1e-2)
    inner_steps: int = eqx.field(static=True, default=10)

    def value(self, leaf):
        """Return the smoothed total variation."""
        return jnp.sum(jnp.sqrt(self._squares(leaf) + self.epsilon**2) - self.epsilon)

    def majorizer(self, leaf, at):
        """Return ½ Σ |∇u|²/√(|∇u₀|² + ε²) (lagged diffusivity)."""
        weights = jax.lax.stop_gradient(1 / jnp.sqrt(self._squares(at) + self.epsilon**2))
        return 0.5 * jnp.sum(weights * self._squares(leaf))

    def exact(self, z):
        """Return Σ |∇u|."""
        return summed_gradient(z, self.aspect)

    def start_prox(self, z):
        """Return the dual field, zero."""
        return zero_dual(z)

    def prox(self, z, step, state, project):
        """Return the constrained denoising of z (Beck and Teboulle, IEEE TIP 18, 2419 (2009))."""
        return total_variation_prox(z, step, state, project, self.aspect, self.inner_steps)

    def _squares(self, leaf: Leaf) -> Array:
        # Plane by plane: summed along an axis, they cost a processor eight times as much.
        planes = pack(leaf).reshape(-1, *leaf.shape[-2:])
        return sum((dy**2 + dx**2 for dy, dx in (forward_differences(p, self.aspect) for p in planes)), jnp.zeros(()))


class Sparsity(Proximal):
    """Σ √(|u − u₀|² + ε²) − ε: few pixels differ from the `background` u₀ (ℓ1).

    **Arguments:** `path`, `weight`; `background`: u₀, a real number; `epsilon`: ε.
    """

    path: str = eqx.field(static=True)
    weight: float | Float[Array, ""]
    background: float = eqx.field(static=True, default=1.0)
    epsilon: float = eqx.field(static=True, default=1e-2)
    inner_steps: int = eqx.field(static=True, default=4)

    def value(self, leaf):
        """Return the smoothed ℓ1 norm."""
        return jnp.sum(jnp.sqrt(self._squares(pack(leaf)) + self.epsilon**2) - self.epsilon)

    def majorizer(self, leaf, at):
        """Return ½ Σ |u − u₀|²/√(|at − u₀|² + ε²)."""
        weights = jax.lax.stop_gradient(1 / jnp.sqrt(self._squares(pack(at)) + self.epsilon**2))
        return 0.5 * jnp.sum(weights * self._squares(pack(leaf)))

    def exact(self, z):
        """Return Σ |u − u₀|."""
        return jnp.sum(jnp.sqrt(self._squares(z)))

    def start_prox(self, z):
        """Return the dual vectors, zero."""
        return jnp.zeros_like(z)

    def prox(self, z, step, state, project):
        """Return the constrained soft threshold: it is `shrink` where the constraint is not met.

        Projected gradient on the dual, u = P(z − step·p), p ← P_{|p|≤1}(p + (u − u₀)/step), started from `state`. A
        threshold followed by a projection is not the minimum on a disc.
        """
        step, background = jnp.maximum(step, 1e-12), self._background(z)

        def climb(p):
            ahead = p + (project(z - step * p) - background) / step
            return ahead - shrink(ahead, jnp.ones((), z.dtype))

        dual = jax.lax.fori_loop(0, self.inner_steps, lambda _, p: climb(p), state)
        return project(z - step * dual), dual

    def _squares(self, z: Array) -> Array:
        difference = (z - self._background(z)) ** 2
        return difference if z.ndim <= 2 else jnp.sum(difference, axis=0)

    def _background(self, z: Array) -> Array:
        planes = jnp.zeros((z.shape[0], 1, 1), z.dtype).at[0].set(self.background) if z.ndim > 2 else self.background
        return jnp.asarray(planes, z.dtype)


class Tikhonov(Regularizer):
    """½ Σ |u − u₀|².

    **Arguments:** `path`, `weight`; `background`: u₀.
    """

    path: str = eqx.field(static=True)
    weight: float | Float[Array, ""]
    background: complex | float = eqx.field(static=True, default=0.0)

    def value(self, leaf):
        """Return ½ Σ |u − u₀|²."""
        return 0.5 * jnp.sum(pack(leaf - self.background) ** 2)

    def majorizer(self, leaf, at):
        """Return itself."""
        return self.value(leaf)


class Hessian(Regularizer):
    """Σ √(|u_yy|² + 2|u_xy|² + |u_xx|² + ε²) − ε: prefers planes to plateaus (Lefkimmiatis et al. 2012).

    **Arguments:** `path`, `weight`; `aspect`: pitch (y, x) over their geometric mean; `epsilon`: ε.
    """

    path: str = eqx.field(static=True)
    weight: float | Float[Array, ""]
    aspect: tuple[float, float] = eqx.field(static=True, default=(1.0, 1.0))
    epsilon: float = eqx.field(static=True, default=1e-2)

    def value(self, leaf):
        """Return the smoothed Frobenius norm of the Hessian, summed."""
        return jnp.sum(jnp.sqrt(self._squares(leaf) + self.epsilon**2) - self.epsilon)

    def majorizer(self, leaf, at):
        """Return ½ Σ |Hu|²/√(|H u₀|² + ε²)."""
        weights = jax.lax.stop_gradient(1 / jnp.sqrt(self._squares(at) + self.epsilon**2))
        return 0.5 * jnp.sum(weights * self._squares(leaf))

    def _squares(self, leaf: Leaf) -> Array:
        planes = pack(leaf)
        squares = second_differences(planes, self.aspect) ** 2
        return jnp.sum(squares, axis=tuple(range(squares.ndim - 2)))


def total_variation(path: str, weight: float, *, aspect=(1.0, 1.0), epsilon: float = 1e-2) -> Regularizer:
    """Return β times the isotropic total variation of the leaf at `path`."""
    return TotalVariation(path, _weight(weight), tuple(aspect), epsilon)


def l1(path: str, weight: float, *, background: float = 1.0) -> Regularizer:
    """Return β times the ℓ1 distance of the leaf from its `background`."""
    return Sparsity(path, _weight(weight), background)


def tikhonov(path: str, weight: float, *, background: complex | float = 0.0) -> Regularizer:
    """Return β/2 times the squared distance of the leaf from its `background`."""
    return Tikhonov(path, _weight(weight), background)


def hessian(path: str, weight: float, *, aspect=(1.0, 1.0)) -> Regularizer:
    """Return β times the norm of the leaf's second derivatives."""
    return Hessian(path, _weight(weight), tuple(aspect))


BY_NAME = {"total_variation": total_variation, "l1": l1, "tikhonov": tikhonov, "hessian": hessian}
"""The regularizers a run file can name."""


def _weight(weight: float) -> float:
    if not weight >= 0:
        raise InputError("regularizer weight", got=str(weight), expected="a number ≥ 0")
    return float(weight)
