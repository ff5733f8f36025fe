"""The joint strategy for one image and a few instrument parameters."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.inverse.fista import FISTA, FISTAState
from backlight.inverse.marginal import marginal_curvature
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver


class VariableProjectionState(NamedTuple):
    """The image's solver, θ, and what is known of φ: its curvature, the last move and the last gradient."""

    image: FISTAState
    theta: Coordinates
    first: Float[Array, "p p"]
    curvature: Float[Array, "p p"]
    move: Float[Array, " p"]
    gradient: Float[Array, " p"]
    count: Float[Array, ""]


class VariableProjection(Solver):
    """Minimize φ(θ) = min_x J(x, θ): the image is solved for at every θ (Golub and Pereyra 2003).

    One step moves θ by a quasi-Newton step, and then the image by `inner` FISTA steps at fixed θ. By the envelope
    theorem ∇φ = ∂J/∂θ at the solved image. The curvature starts as the Gauss-Newton one with the image marginalized,
    measured once the image has taken shape, and is corrected by damped BFGS updates (Powell 1978; Nocedal and Wright
    2006, procedure 18.2). The image is never solved exactly, so gradient differences are noisy: a step may lower the
    curvature it meets by a factor of five at most, and all of them together stay within `trust`.

    **Arguments:**

    - `parameters`: paths of θ; all unknowns with at most `few` numbers where empty.
    - `image`: the solver of the image.
    - `steps`: θ steps; `inner`: image steps in each; `warm_up`: further first steps that move the image only.
    - `conjugate_gradients`: steps spent on the first curvature.
    - `trust`: lowest and highest curvature, over the first one, in every direction.
    """

    parameters: tuple[str, ...] = eqx.field(static=True, default=())
    image: FISTA = eqx.field(default_factory=FISTA)
    steps: int = eqx.field(static=True, default=30)
    inner: int = eqx.field(static=True, default=20)
    warm_up: int = eqx.field(static=True, default=1)
    few: int = eqx.field(static=True, default=200)
    conjugate_gradients: int = eqx.field(static=True, default=10)
    trust: tuple[float, float] = eqx.field(static=True, default=(0.25, 4.0))
    block: int = eqx.field(static=True, default=1)

    @property
    def keeps_last(self) -> bool:
        """Yes."""
        return True

    def init(self, problem, z):
        """Return the start; the curvature is measured after the warm-up."""
        theta = {path: z[path] for path in self._parameters(z)}
        image = {path: value for path, value in z.items() if path not in theta}
        solved = self.image.init(problem.restricted(theta, tuple(image)), image)
        count = ravel_pytree(theta)[0].size
        return VariableProjectionState(
            solved, theta, jnp.eye(count), jnp.eye(count), jnp.zeros(count), jnp.zeros(count), jnp.zeros(())
        )

    def step(self, problem, state, damping):
        """Move θ, then solve the image for it: the two always belong together."""
        state = state._replace(count=state.count + 1)
        state = jax.lax.cond(
            state.count > self.warm_up + 1,
            lambda: self._move_theta(problem, state, damping),
            lambda: state,
        )
        image, objective = self._move_image(problem, state, damping)
        return state._replace(image=image), objective

    def coordinates(self, state):
        """Return image and θ."""
        return state.image.z | state.theta

    def _move_image(self, problem: Problem, state: VariableProjectionState, damping: Array):
        part = problem.restricted(state.theta, tuple(state.image.z))
        body = lambda image, _: self.image.step(part, image, damping)  # noqa: E731
        image, objectives = jax.lax.scan(body, state.image, None, length=self.inner)
        return image, objectives[-1]

    def _move_theta(self, problem: Problem, state: VariableProjectionState, damping: Array):
        part = problem.restricted(state.image.z, tuple(state.theta))
        theta, unravel = ravel_pytree(state.theta)
        gradient = ravel_pytree(jax.grad(part.smooth_objective)(state.theta))[0]
        fresh = state.count == self.warm_up + 2
        first = jax.lax.cond(fresh, lambda: self._first_curvature(problem, state), lambda: state.first)
        learned = damped_bfgs(state.curvature, state.move, gradient - state.gradient)
        curvature = jnp.where(fresh, first, bounded(learned, first, self.trust))
        move = -damping * jnp.linalg.solve(curvature, gradient)
        return VariableProjectionState(
            state.image, unravel(theta + move), first, curvature, move, gradient, state.count
        )

    def _first_curvature(self, problem: Problem, state: VariableProjectionState) -> Float[Array, "p p"]:
        z = self.coordinates(state)
        matrix = marginal_curvature(problem, z, tuple(state.theta), iterations=self.conjugate_gradients)
        # Marquardt's damping: where the frames tell nothing, an unfinished image would move θ at random.
        return matrix + 1e-2 * jnp.diag(jnp.diag(matrix)) + 1e-12 * jnp.eye(len(matrix))

    def _parameters(self, z: Coordinates) -> tuple[str, ...]:
        return self.parameters or tuple(path for path, value in z.items() if value.size <= self.few)


def damped_bfgs(
    curvature: Float[Array, "p p"], move: Float[Array, " p"], change: Float[Array, " p"]
) -> Float[Array, "p p"]:
    """Return the curvature B after a `move` s changed the gradient by `change` y.

    B − B s sᵀB/(sᵀBs) + r rᵀ/(sᵀr) with r = τy + (1−τ)Bs, τ the largest ≤ 1 that keeps sᵀr ≥ 0.2·sᵀBs.
    """
    image = curvature @ move
    expected, met = jnp.vdot(move, image), jnp.vdot(move, change)
    tau = jnp.where(met >= 0.2 * expected, 1.0, 0.8 * expected / jnp.maximum(expected - met, 1e-30))
    blend = tau * change + (1 - tau) * image
    updated = (
        curvature
        - jnp.outer(image, image) / jnp.maximum(expected, 1e-30)
        + jnp.outer(blend, blend) / jnp.maximum(jnp.vdot(move, blend), 1e-30)
    )
    return jnp.where(expected > 0, updated, curvature)


def bounded(
    curvature: Float[Array, "p p"], reference: Float[Array, "p p"], between: tuple[float, float]
) -> Float[Array, "p p"]:
    """Return `curvature` with its eigenvalues relative to `reference` clipped to `between`."""
    root = jnp.linalg.cholesky(reference)
    half = jax.scipy.linalg.solve_triangular(root, curvature, lower=True)
    relative = jax.scipy.linalg.solve_triangular(root, half.T, lower=True)
    values, vectors = jnp.linalg.eigh(0.5 * (relative + relative.T))
    scaled = root @ vectors
    return (scaled * jnp.clip(values, *between)) @ scaled.T
