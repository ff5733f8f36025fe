"""How much of an image the frames do not fix: a share of its directions, without ever forming a matrix."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.inverse.curvature import data_curvature
from backlight.inverse.problem import Coordinates, Problem


class WeakModes(NamedTuple):
    """The share of directions that the data do not fix, of how many, and what that means in words."""

    share: float
    directions: int
    sentence: str


def weak_modes(
    problem: Problem, z: Coordinates, *, threshold: float = 1e-2, probes: int = 8, steps: int = 48
) -> WeakModes:
    """Return the share of eigenvalues of JᵀJ at z that are below `threshold` times the largest.

    J is the Jacobian of the loss's residuals (`fisher_root`). The eigenvalues are counted by stochastic Lanczos
    quadrature (Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 1075 (2017)): for random v the tridiagonal matrix
    of `steps` products with JᵀJ has nodes θᵢ and weights τᵢ², and Σ τᵢ² [θᵢ < threshold·θ_max] averages to the share.
    Few probes tell it to about 2 %.

    **Arguments:**

    - `problem`, `z`: the question and where it is looked at; every coordinate in z counts as a direction.
    - `threshold`: curvature relative to the strongest below which a direction counts as weak. An error along it is
      1/√threshold times that of the strongest one: ten times by default.
    - `probes`, `steps`: cost: probes·steps products with JᵀJ.

    Example:
        >>> from backlight.inverse import losses
        >>> from backlight.inverse.problem import build
        >>> from backlight.inverse.image_unknowns import UnitModulus
        >>> from backlight.systems.inline_holography import inline_hologram
        >>> system = inline_hologram(wavelength=5e-7, pixel_pitch=5e-6, distance=5e-3, shape=(16, 16))
        >>> unknowns = {"sample.transmission": UnitModulus()}
        >>> problem = build(system, system.predict(), unknowns, loss=losses.intensity())
        >>> weak_modes(problem, problem.start()).directions > 256
        True
    """
    count = sum(value.size for value in z.values())
    steps = min(steps, count)
    diagonals, beside = (np.asarray(x, float) for x in _lanczos(problem, z, probes, steps))
    spectra = [
        np.linalg.eigh(np.diag(a) + np.diag(b, 1) + np.diag(b, -1)) for a, b in zip(diagonals, beside, strict=True)
    ]
    largest = max(values[-1] for values, _ in spectra)
    share = float(np.mean([np.sum(vectors[0, values < threshold * largest] ** 2) for values, vectors in spectra]))
    return WeakModes(share, count, _sentence(problem, z, share, count, threshold))


@eqx.filter_jit
def _lanczos(
    problem: Problem, z: Coordinates, probes: int, steps: int
) -> tuple[Float[Array, "probes steps"], Float[Array, "probes rest"]]:
    """Return the diagonal of each tridiagonal matrix and what stands beside it, fully reorthogonalized."""
    flat, unravel = ravel_pytree(z)

    def product(v: Array) -> Array:
        return ravel_pytree(data_curvature(problem, z, unravel(v)))[0]

    def one(key: Array) -> tuple[Array, Array]:
        start = jax.random.rademacher(key, flat.shape, flat.dtype) / jnp.sqrt(flat.size)

        def body(carry: tuple[Array, Array], k: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            basis, v = carry
            basis = basis.at[k].set(v)
            image = product(v)
            alpha = jnp.vdot(v, image)
            for _ in range(2):
                image -= basis.T @ (basis @ image)
            beta = jnp.linalg.norm(image)
            following = jnp.where(beta > 1e-6 * jnp.abs(alpha), image / jnp.maximum(beta, 1e-30), 0.0)
            return (basis, following), (alpha, jnp.where(beta > 1e-6 * jnp.abs(alpha), beta, 0.0))

        empty = jnp.zeros((steps, flat.size), flat.dtype)
        _, (diagonal, beside) = jax.lax.scan(body, (empty, start), jnp.arange(steps))
        return diagonal, beside[:-1]

    return jax.lax.map(one, jax.random.split(jax.random.key(0), probes))


def _sentence(problem: Problem, z: Coordinates, share: float, count: int, threshold: float) -> str:
    names = " and ".join(z)
    if share * count < 0.5:
        return f"The frames fix all {count} directions of {names} to within {threshold**-0.5:.3g} times the best."
    known = [k for path in z if (k := problem.unknowns[path].knowledge)]
    already = f" Known so far: {'; '.join(known)}." if known else ""
    return (
        f"Weakly determined: {100 * share:.2g} % of the {count} directions of {names} move the frames less than "
        f"{threshold**0.5:.2g} times as much as the strongest does. Many images fit the same frames, so a small "
        f"residual does not mean a right image.{already} What would mend it: fewer unknowns (a smooth phase by its "
        "coefficients), a regularizer or a support, a second distance or wavelength."
    )
