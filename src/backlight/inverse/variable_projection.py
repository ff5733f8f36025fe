"""The joint strategy for one image and a few instrument parameters."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.inverse.fista import FISTA
from backlight.inverse.marginal import marginal_curvature
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver


class VariableProjectionState(NamedTuple):
    """The image's solver and θ, φ and its gradient there, its curvature, and the next move of θ."""

    image: Any
    theta: Coordinates
    objective: Float[Array, ""]
    gradient: Float[Array, " p"]
    curvature: Float[Array, "p p"]
    move: Float[Array, " p"]
    count: Float[Array, ""]


class VariableProjection(Solver):
    """Minimize φ(θ) = min_x J(x, θ): the image is solved for at every θ (Golub and Pereyra 2003).

    One step moves θ by a quasi-Newton step, and then the image by `inner` of its own solver at fixed θ. By the envelope
    theorem ∇φ = ∂J/∂θ at the solved image. A step that raises the objective is taken back, with the image. The
    curvature starts as the Gauss-Newton one with the image marginalized, measured once the image has taken shape, and
    is corrected by damped BFGS updates (see `learned`). The image is never solved exactly: near the minimum its own
    settling changes objective and gradient more than θ does, and a step that did not tell θ's part teaches nothing.

    **Arguments:**

    - `parameters`: paths of θ; all unknowns with at most `few` numbers where empty.
    - `image`: the solver of the image; its states have the image's coordinates as `z`.
    - `steps`: θ steps; `inner`: image steps in each; `warm_up`: further first steps that move the image only.
    - `conjugate_gradients`: steps spent on the first curvature.
    """

    parameters: tuple[str, ...] = eqx.field(static=True, default=())
    image: Solver = eqx.field(default_factory=FISTA)
    steps: int = eqx.field(static=True, default=30)
    inner: int = eqx.field(static=True, default=20)
    warm_up: int = eqx.field(static=True, default=1)
    few: int = eqx.field(static=True, default=200)
    conjugate_gradients: int = eqx.field(static=True, default=10)
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
        still, infinite = jnp.zeros(count), jnp.full((), jnp.inf)
        return VariableProjectionState(solved, theta, infinite, still, jnp.eye(count), still, jnp.zeros(()))

    def step(self, problem, state, damping):
        """Move θ, solve the image for it, and keep both if that was for the better; the objective is the one met."""
        tried = self._tried(problem, state, damping)
        following = jax.lax.cond(
            tried.count <= self.warm_up + 1,
            lambda: tried._replace(curvature=self._first_curvature(problem, tried)),
            lambda: _kept(state, tried),
        )
        return following._replace(move=-jnp.linalg.solve(following.curvature, following.gradient)), tried.objective

    def coordinates(self, state):
        """Return image and θ."""
        return state.image.z | state.theta

    def _tried(self, problem: Problem, state: VariableProjectionState, damping: Array) -> VariableProjectionState:
        """Return the state after the next move, the image solved for it."""
        start, unravel = ravel_pytree(state.theta)
        move = jnp.where(state.count > self.warm_up, damping * state.move, 0.0)
        theta = unravel(start + move)
        part = problem.restricted(theta, tuple(state.image.z))
        body = lambda image, _: self.image.step(part, image, damping)  # noqa: E731
        image, objectives = jax.lax.scan(body, state.image, None, length=self.inner)
        gradient = ravel_pytree(jax.grad(problem.restricted(image.z, tuple(theta)).smooth_objective)(theta))[0]
        return VariableProjectionState(image, theta, objectives[-1], gradient, state.curvature, move, state.count + 1)

    def _first_curvature(self, problem: Problem, state: VariableProjectionState) -> Float[Array, "p p"]:
        z = self.coordinates(state)
        matrix = marginal_curvature(problem, z, tuple(state.theta), iterations=self.conjugate_gradients)
        # Marquardt's damping: where the frames tell nothing, an unfinished image would move θ at random.
        return matrix + 1e-2 * jnp.diag(jnp.diag(matrix)) + 1e-12 * jnp.eye(len(matrix))

    def _parameters(self, z: Coordinates) -> tuple[str, ...]:
        return self.parameters or tuple(path for path, value in z.items() if value.size <= self.few)


def _kept(state: VariableProjectionState, tried: VariableProjectionState) -> VariableProjectionState:
    """Return the better of both, wiser by what was tried."""
    rise = tried.objective - state.objective
    curvature = learned(state.curvature, tried.move, rise, state.gradient, tried.gradient)
    better = jax.tree.map(lambda new, old: jnp.where(rise <= 0, new, old), tried, state)
    return better._replace(curvature=curvature, count=tried.count)


def learned(
    curvature: Float[Array, "p p"],
    move: Float[Array, " p"],
    rise: Float[Array, ""],
    before: Float[Array, " p"],
    after: Float[Array, " p"],
) -> Float[Array, "p p"]:
    """Return the curvature B after a `move` s that changed φ by `rise`, and its gradient from `before` to `after`.

    Between the gradients g and g + y of a convex function its rise is one between sᵀg and sᵀ(g + y). A rise outside
    of it came from elsewhere, as y may have, and B stays; unless φ rose at all: a Newton step does that only where the
    curvature is more than twice the expected one.
    """
    foretold = jnp.vdot(move, before), jnp.vdot(move, after)
    borne_out = (jnp.minimum(*foretold) <= rise) & (rise <= jnp.maximum(*foretold))
    image, raised = curvature @ move, rise > 0
    too_flat = raised & (foretold[1] - foretold[0] < 2 * jnp.vdot(move, image))
    change = jnp.where(too_flat, 2 * image, after - before)
    return jnp.where(borne_out | raised, damped_bfgs(curvature, move, change), curvature)


def damped_bfgs(
    curvature: Float[Array, "p p"], move: Float[Array, " p"], change: Float[Array, " p"]
) -> Float[Array, "p p"]:
    """Return the curvature B after a `move` s changed the gradient by `change` y.

    B − B s sᵀB/(sᵀBs) + r rᵀ/(sᵀr) with r = τy + (1−τ)Bs, τ the largest ≤ 1 that keeps sᵀr ≥ 0.2·sᵀBs (Powell 1978;
    Nocedal and Wright 2006, procedure 18.2).
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
