"""Imaging by a point-spread function that changes over the field: a few convolutions with smooth weights."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Image
from backlight.maths.argument import whole
from backlight.maths.fourier import crop, fast_size, pad
from backlight.maths.leaf import Given, OneOrEach, frame_shape, reals
from backlight.maths.safe import real_array


class VaryingPSF(eqx.Module):
    """Blur a scene by patterns that change over it: E′ = Σₖ pₖ ∗ (mₖ·E), mₖ(r) = Σᵢ cᵢₖ·wᵢ(r).

    A point of the scene makes the picture Σₖ mₖ(r)·pₖ about itself. The nodes i lie evenly over the scene, on its
    outermost pixels too; wᵢ is linear between them along y and x, so a point at a node makes the picture of that node,
    and one between them a mean of the four about it (Nagy and O'Leary, SIAM J. Sci. Comput. 19, 1063 (1998)). What
    falls beyond the scene's border is lost.

    **Arguments:**

    - `patterns`: pₖ, shape (k, y, x), on the scene's pixels; pixel n//2 is the point itself.
    - `shares`: cᵢₖ, shape (rows, columns, k) for nodes in rows and columns, rows along y. `in_few_patterns` finds both.

    **Errors:** `InputError` for other shapes.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import Grid, Image
        >>> from backlight.wave import VaryingPSF
        >>> sharp, wide = [[0.0, 1.0, 0.0]], [[0.25, 0.5, 0.25]]
        >>> lens = VaryingPSF([sharp, wide], [[[1.0, 0.0], [0.0, 1.0]]])  # one row of two nodes
        >>> points = Image(jnp.zeros((1, 8)).at[0, jnp.array([0, 6])].set(1.0), Grid((1, 8), 1e-6))
        >>> [abs(round(float(e), 2)) for e in lens(points).values[0]]
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.21, 0.57, 0.21]
    """

    patterns: OneOrEach
    shares: OneOrEach

    def __init__(self, patterns: Given, shares: Given):
        self.patterns, self.shares = reals("patterns", patterns), reals("shares", shares)
        shapes = frame_shape(self.patterns), frame_shape(self.shares)
        if len(shapes[0]) != 3 or len(shapes[1]) != 3 or shapes[0][0] != shapes[1][-1]:
            raise InputError("patterns and shares", got=f"shapes {shapes[0]} and {shapes[1]}",
                             expected="(k, y, x) and (rows, columns, k)")  # fmt: skip

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of the picture of a point."""
        shape = frame_shape(self.patterns)
        return shape[-2], shape[-1]

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""] | float]:
        """Return 1 and the curvature unchanged: the scene is told in places of the image."""
        return real_array(1.0), curvature

    def __call__(self, scene: Image) -> Image:
        """Return the irradiance in the image."""
        shape = scene.grid.shape
        rows, columns = (fast_size(n + m - 1) for n, m in zip(shape, self.window, strict=True))
        wide = rows, columns
        weighted = jnp.fft.rfft2(pad(self.maps(shape) * scene.values, wide))
        transfer = jnp.fft.rfft2(jnp.fft.ifftshift(pad(self.patterns, wide), axes=(-2, -1)))
        blurred = jnp.fft.irfft2(jnp.sum(weighted * transfer, axis=0), s=wide)
        return Image(crop(blurred, shape), scene.grid)

    def maps(self, shape: tuple[int, int]) -> Float[Array, "k y x"]:
        """Return mₖ, how much of each pattern the points of a scene of `shape` make."""
        nodes = frame_shape(self.shares)
        rows, columns = (_hats(n, count) for n, count in zip(shape, nodes, strict=False))
        return jnp.einsum("yi,ijk,xj->kyx", rows, self.shares, columns, precision="highest")


class FewPatterns(NamedTuple):
    """Many patterns by few.

    **Attributes:** `part`, the imaging; `error`, the root mean square over nodes and pixels of what is left out, over
    that of the patterns.
    """

    part: VaryingPSF
    error: Float[Array, ""]


def in_few_patterns(stack: Float[Array, "rows columns y x"], rank: int | None = None) -> FewPatterns:
    """Return imaging by the `rank` patterns that give the patterns of the nodes best, their energies exactly.

    With the first singular vectors U and V of the stack H, one row for each node, it is H·V·(Uᵀ·H·V)⁻¹·Uᵀ·H. U and V
    are held where it is differentiated: the derivative is that of the best approximation but for terms of the size of
    what is left out, and finite where singular values are alike.

    **Arguments:** `rank`: all patterns of the stack as they are where `None`.

    **Errors:** `InputError` for a rank beyond the number of nodes or of pixels.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.wave import in_few_patterns
        >>> stack = jnp.arange(1.0, 5.0)[:, None] * jnp.asarray([1.0, 2.0, 1.0])
        >>> float(in_few_patterns(stack[:, None, None, :], 1).error) < 1e-6
        True
    """
    rows, columns, *pixels = stack.shape
    flat = stack.reshape(rows * columns, -1)
    if rank is None:
        shares = jnp.eye(rows * columns, dtype=flat.dtype).reshape(rows, columns, -1)
        return FewPatterns(VaryingPSF(flat.reshape(-1, *pixels), shares), jnp.zeros((), flat.dtype))
    rank = whole("rank", rank, 1, min(flat.shape))
    left, sizes, right = jnp.linalg.svd(jax.lax.stop_gradient(flat), full_matrices=False)
    there = sizes[:rank] > 100 * jnp.finfo(sizes.dtype).eps * sizes[0]
    left, right = left[:, :rank] * there, right[:rank].T * there
    along, across = (jnp.matmul(*pair, precision="highest") for pair in ((flat, right), (left.T, flat)))
    core = jnp.matmul(left.T, along, precision="highest") + jnp.diag(1.0 - there)
    shares = jnp.linalg.solve(core.T, along.T).T
    energy = shares @ jnp.sum(across, axis=1)
    shares = shares * (jnp.sum(flat, axis=1) / jnp.where(energy != 0, energy, 1.0))[:, None]
    error = jnp.sqrt(jnp.sum(sizes[rank:] ** 2) / jnp.sum(sizes**2))
    return FewPatterns(VaryingPSF(across.reshape(rank, *pixels), shares.reshape(rows, columns, rank)), error)


def _hats(n: int, nodes: int) -> Float[Array, "n nodes"]:
    """Return the weight of each node in each of n pixels, linear between nodes; one node has all."""
    if nodes == 1:
        return jnp.ones((n, 1))
    place = jnp.arange(n) * ((nodes - 1) / max(n - 1, 1))
    return jnp.maximum(1 - jnp.abs(place[:, None] - jnp.arange(nodes)), 0)
