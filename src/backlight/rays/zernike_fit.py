"""A wavefront as a sum of Zernike polynomials."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.argument import whole
from backlight.maths.double_precision import in_double_precision
from backlight.maths.zernike import Term, noll_term, zernikes
from backlight.rays.wavefront import Wavefront


class ZernikeFit(NamedTuple):
    """Zernike polynomials of a wavefront.

    **Attributes:** `coefficients`, in waves of path difference, that of the first polynomial first: positive where the
    wavefront is ahead, so that a delay in rad is −2π times them; `residual`, the root mean square of what they leave,
    in waves.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, wavefront, zernike_fit
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> fit = zernike_fit(wavefront(lens, (0.0, 0.0), 550e-9), 22)
        >>> fit.coefficients.shape, bool(fit.residual < 1e-3)
        ((22,), True)
    """

    coefficients: Float[Array, " terms"]
    residual: Float[Array, ""]


@in_double_precision
def zernike_fit(found: Wavefront, count: int = 37, *, order: Callable[[int], Term] = noll_term) -> ZernikeFit:
    """Return the polynomials that fit a wavefront best, by least squares over its rays with their weights.

    Lost rays have no weight: what the polynomials do there is free, and they are not orthogonal over what is left.

    **Arguments:** `count`: of polynomials; `order`: their order and norm, `noll_term` or `fringe_term`.

    **Errors:** `InputError` for fewer rays than polynomials.
    """
    terms = [order(j + 1) for j in range(whole("count", count, 1))]
    points = jnp.asarray(found.points, float)
    if points.shape[1] < count:
        raise InputError("count", got=f"{count} polynomials for {points.shape[1]} rays", expected="no more than rays",
                         remedy="trace the wavefront with a finer rule")  # fmt: skip
    root = jnp.sqrt(jnp.asarray(found.weights, float))
    rows = jnp.stack([jnp.broadcast_to(z, root.shape) for z in zernikes(terms, *points)], axis=1) * root[:, None]
    coefficients = jnp.linalg.lstsq(rows, root * found.opd)[0]
    left = root * found.opd - rows @ coefficients
    return ZernikeFit(coefficients, jnp.sqrt(jnp.sum(left**2)))
