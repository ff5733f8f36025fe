"""Curvature of a few parameters θ with the image marginalized: the Schur complement, by conjugate gradients."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.inverse.curvature import curvature
from backlight.inverse.problem import Coordinates, Problem


def marginal_curvature(
    problem: Problem, z: Coordinates, parameters: tuple[str, ...], *, iterations: int = 60, rtol: float = 1e-3
) -> Float[Array, "p p"]:
    """Return F_θθ − F_θx F_xx⁻¹ F_xθ, the curvature left to θ when the image x answers every move of it.

    It is formed as the energy of the joint moves (see `joint_moves`), which errs only in second order of the error of
    the answers and is never negative.

    **Arguments:** `parameters`: paths of θ; `iterations`, `rtol`: of the conjugate gradients.
    """
    moves = joint_moves(problem, z, parameters, iterations=iterations, rtol=rtol)
    return energies(lambda direction: curvature(problem, z, direction), moves)


def joint_moves(
    problem: Problem, z: Coordinates, parameters: tuple[str, ...], *, iterations: int = 60, rtol: float = 1e-3
) -> Coordinates:
    """Return for each number of θ its move with the image's best answer, stacked along a new first axis.

    The answer to a move e of θ is −s with F_xx s = F_xθ e, within what the constraints leave free.
    """
    theta = {path: z[path] for path in parameters}
    image = {path: value for path, value in z.items() if path not in parameters}
    _, unravel = ravel_pytree(theta)
    count = sum(value.size for value in theta.values())
    still = jax.tree.map(jnp.zeros_like, z)

    def apply(direction: Coordinates) -> Coordinates:
        return _tangent(problem, z, curvature(problem, z, _tangent(problem, z, direction)))

    def joint_move(unit: Array) -> Coordinates:
        moved = _tangent(problem, z, still | unravel(unit))
        if not image:
            return moved
        answer = _solve(lambda x: _only(apply(still | x), image), _only(apply(moved), image), iterations, rtol)
        return moved | jax.tree.map(jnp.negative, _tangent(problem, z, answer))

    return jax.lax.map(joint_move, jnp.eye(count, dtype=jnp.result_type(float)))


def energies(apply: Callable[[Coordinates], Coordinates], moves: Coordinates) -> Float[Array, "p p"]:
    """Return mᵢ·A·mⱼ for a symmetric A and stacked moves m; of A·m one at a time is held."""
    total = jax.lax.map(lambda move: products(moves, jax.tree.map(lambda x: x[None], apply(move)))[:, 0], moves)
    return 0.5 * (total + total.T)


def products(moves: Coordinates, others: Coordinates) -> Float[Array, "p q"]:
    """Return mᵢ·nⱼ of stacked moves m and others n, over the coordinates that m has."""
    flat = [(jnp.reshape(m, (len(m), -1)), jnp.reshape(others[path], (len(others[path]), -1)))
            for path, m in moves.items()]  # fmt: skip
    return sum((m @ n.T for m, n in flat[1:]), flat[0][0] @ flat[0][1].T)


def _tangent(problem: Problem, z: Coordinates, direction: Coordinates) -> Coordinates:
    return {path: problem.unknowns[path].tangent(z[path], value) for path, value in direction.items()}


def _only(z: Coordinates, wanted: Coordinates) -> Coordinates:
    return {path: z[path] for path in wanted}


def _solve(apply, right: Coordinates, iterations: int, rtol: float) -> Coordinates:
    # Not lineax' conjugate gradients: a right side of zeros (an image that θ does not touch) gave NaN there.
    return jax.scipy.sparse.linalg.cg(apply, right, tol=rtol, maxiter=iterations)[0]
