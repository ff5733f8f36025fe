"""Curvature of the objective by Jacobian products; nothing is ever formed that is larger than z."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.inverse.problem import Coordinates, Problem


def data_curvature(
    problem: Problem, z: Coordinates, direction: Coordinates, weights: Array | float = 1.0
) -> Coordinates:
    """Return JᵀDJ·direction, the Gauss-Newton (expected) curvature of the data term; D = 1 or the given `weights`."""
    _, forward = jax.jvp(problem.fisher_root, (z,), (direction,))
    _, pull_back = jax.vjp(problem.fisher_root, z)
    return pull_back(weights * forward)[0]


def prior_curvature(problem: Problem, z: Coordinates, direction: Coordinates) -> Coordinates:
    """Return the curvature of −log prior along `direction`."""
    return jax.jvp(jax.grad(problem.prior), (z,), (direction,))[1]


def regularizer_curvature(
    problem: Problem, z: Coordinates, direction: Coordinates, *, smooth_only: bool = False
) -> Coordinates:
    """Return the curvature of the regularizers along `direction`, each by its majorizer at z.

    `smooth_only` leaves out those that act by a proximal step.
    """
    touching = problem.leaves(z)
    terms = [
        r for r in problem.regularizers if r.path in touching and not (smooth_only and problem.proximal(r.path) is r)
    ]

    def energy(at: Coordinates) -> Float[Array, ""]:
        leaves = problem.leaves(at)
        return sum((r.weight * r.majorizer(leaves[r.path], touching[r.path]) for r in terms), jnp.zeros(()))

    return jax.jvp(jax.grad(energy), (z,), (direction,))[1]


def curvature(problem: Problem, z: Coordinates, direction: Coordinates) -> Coordinates:
    """Return the whole curvature along `direction`: data, prior and regularizers."""
    return _add(
        data_curvature(problem, z, direction),
        prior_curvature(problem, z, direction),
        regularizer_curvature(problem, z, direction),
    )


def smooth_curvature(problem: Problem, z: Coordinates, direction: Coordinates) -> Coordinates:
    """Return the curvature along `direction` of all that a proximal step does not take care of."""
    return _add(
        data_curvature(problem, z, direction),
        prior_curvature(problem, z, direction),
        regularizer_curvature(problem, z, direction, smooth_only=True),
    )


def largest_curvature(problem: Problem, z: Coordinates, *, iterations: int = 12) -> Float[Array, ""]:
    """Return the largest eigenvalue of `smooth_curvature` by power iteration, from a fixed random start."""
    leaves, structure = jax.tree.flatten(z)
    keys = jax.random.split(jax.random.key(0), max(len(leaves), 1))
    start = structure.unflatten([jax.random.normal(k, x.shape, x.dtype) for k, x in zip(keys, leaves, strict=False)])

    def body(_, carry):
        direction, _ = carry
        image = smooth_curvature(problem, z, direction)
        size = norm(image)
        return jax.tree.map(lambda x: x / jnp.maximum(size, 1e-30), image), size

    scaled = jax.tree.map(lambda x: x / norm(start), start)
    return jax.lax.fori_loop(0, iterations, body, (scaled, jnp.zeros(())))[1]


def _add(*parts: Coordinates) -> Coordinates:
    return jax.tree.map(lambda *x: sum(x[1:], x[0]), *parts)


def dot(a: Coordinates, b: Coordinates) -> Float[Array, ""]:
    """Return Σ aᵢbᵢ over all coordinates."""
    return sum((jnp.vdot(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)), jnp.zeros(()))


def norm(a: Coordinates) -> Float[Array, ""]:
    """Return √(Σ aᵢ²)."""
    return jnp.sqrt(dot(a, a))
