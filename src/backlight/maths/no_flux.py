"""Second-order equations on a rectangle whose border nothing crosses: cosines and conjugate gradients.

The grid's samples are the middles of cells; a flux lives on the face between two cells, and the faces of the border
have none. Continued evenly over its border (about the border, half a sample outside) such a map is smooth, which is why
cosines (the DCT of type 2) are the modes of the five-point Laplacian here. A Fourier series would join opposite borders
instead and turn what differs between them into a source.
"""

import math
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.fft import dctn, idctn
from jaxtyping import Array, Float

from backlight.maths.differences import forward_differences

Sides = Sequence[float | Float[Array, ""]] | Float[Array, "2"]


def cosines(u: Float[Array, "y x"]) -> Float[Array, "y x"]:
    """Return the orthonormal cosine spectrum of a map; the constant comes first."""
    return dctn(u, norm="ortho")


def from_cosines(spectrum: Float[Array, "y x"]) -> Float[Array, "y x"]:
    """Invert `cosines`."""
    return idctn(spectrum, norm="ortho")


def laplacian_modes(shape: tuple[int, int], sides: Sides = (1.0, 1.0)) -> Float[Array, "y x"]:
    """Return what −∇² does to each cosine: (2/h_y)² sin²(πm/2M) + (2/h_x)² sin²(πn/2N).

    **Arguments:** `sides`: (h_y, h_x) of a cell.
    """
    rows, columns = ((2 * np.sin(np.pi * np.arange(n) / (2 * n))) ** 2 for n in shape)
    return jnp.asarray(rows)[:, None] / sides[0] ** 2 + jnp.asarray(columns) / sides[1] ** 2


def divergence(flux: Float[Array, "2 y x"], sides: Sides = (1.0, 1.0)) -> Float[Array, "y x"]:
    """Return ∇·F of a flux on the faces behind each cell, as `forward_differences` gives it; the last faces count 0."""
    down, right = flux[0].at[-1].set(0), flux[1].at[:, -1].set(0)
    return (down - jnp.roll(down, 1, axis=0)) / sides[0] + (right - jnp.roll(right, 1, axis=1)) / sides[1]


def at_faces(u: Float[Array, "y x"]) -> Float[Array, "2 y x"]:
    """Return the mean of a map over the two cells of each face, on the faces behind each cell."""
    down, right = jnp.roll(u, -1, axis=0), jnp.roll(u, -1, axis=1)
    return 0.5 * jnp.stack([u + down, u + right])


@partial(jax.jit, static_argnames=("contrast", "tolerance"))
def weighted_poisson(
    weight: Float[Array, "y x"],
    source: Float[Array, "y x"],
    *,
    sides: Sides = (1.0, 1.0),
    damping: Float[Array, ""] | float = 0.0,
    contrast: float = 100.0,
    tolerance: float = 1e-5,
) -> Float[Array, "y x"]:
    """Solve −∇·(w ∇u) + ε w u = s − ⟨s⟩ with no flux through the border.

    Conjugate gradients on v = √(ε − ∇²) u: for an even weight one step is exact, otherwise the number of steps follows
    from the largest ratio of weights (the error falls by (√c − 1)/(√c + 1) a step), and the tolerance counts in
    gradients of u, so that slow structures are solved as well as fast ones.

    **Arguments:**

    - `weight`: w > 0; on a face the mean of its two cells.
    - `source`: s. Its mean is taken out: as much must flow in as out.
    - `sides`: (h_y, h_x) of a cell.
    - `damping`: ε, in 1/side².
    - `contrast`: c, the largest weight over the smallest, for the number of steps.
    - `tolerance`: of the gradients, relative.

    **Returns:** u, whose mean weighted by w is 0.

    **Validity:** five-point differences: a cosine of q rad per side comes out too large by a share q²/12.

    Example:
        >>> import jax.numpy as jnp
        >>> wave = jnp.cos(jnp.pi * (jnp.arange(40) + 0.5) / 40)[:, None] * jnp.ones(3)
        >>> u = weighted_poisson(jnp.ones((40, 3)), wave)
        >>> round(float(u[0, 0] / wave[0, 0] * (jnp.pi / 40) ** 2), 2)
        1.0
    """
    shape = (source.shape[0], source.shape[1])
    modes = (laplacian_modes(shape, sides) + damping).at[0, 0].set(0)
    half = jnp.where(modes > 0, jnp.sqrt(1 / jnp.where(modes > 0, modes, 1)), 0)
    faces = at_faces(weight)

    def balanced(u: Array) -> Array:
        return u - jnp.sum(weight * u) / jnp.sum(weight)

    def operator(v: Array) -> Array:
        u = balanced(from_cosines(half * v))
        pushed = damping * weight * u - divergence(faces * forward_differences(u, sides), sides)
        return half * cosines(pushed)

    steps = math.ceil(0.5 * math.sqrt(contrast) * math.log(2 / tolerance)) + 1
    v, _ = jax.scipy.sparse.linalg.cg(operator, half * cosines(source), tol=tolerance, maxiter=steps)
    return balanced(from_cosines(half * v))
