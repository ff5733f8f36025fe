"""How much of a fringe's contrast a lens passes on: transfer functions, as waves make them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.maths.double import in_double_precision
from backlight.maths.safe import amplitude
from backlight.rays.colors import colors_of
from backlight.rays.exit_pupil import chief_place
from backlight.rays.lens import Lens
from backlight.rays.pupil import Pupil, drawn, spread_of


class MTF(NamedTuple):
    """Contrast of fringes in the image.

    **Attributes:** `frequencies`, cycles/m; `tangential`, of fringes whose light and dark follow each other along the
    field's direction (y on the axis); `sagittal`, across it.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, mtf
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=1e-3)
        >>> contrast = mtf(lens, (0.0, 0.0), 550e-9, [5e3])  # of a cut-off of 18e3
        >>> round(float(contrast.tangential[0]), 2), round(float(contrast.sagittal[0]), 2)
        (0.65, 0.65)
    """

    frequencies: Float[Array, " n"]
    tangential: Float[Array, " n"]
    sagittal: Float[Array, " n"]


@in_double_precision
def otf(
    lens: Lens,
    field: Float[Array, "2"],
    wavelength: Float[Array, "*colors"] | float,
    frequencies: Float[Array, "2 n"],
    *,
    weights: Float[Array, " colors"] | None = None,
    samples: int = 64,
    reference: Float[Array, ""] | float | None = None,
    center: Float[Array, "2"] | None = None,
) -> Complex[Array, " n"]:
    """Return the optical transfer function ∫E(ρ)·exp(−2πi ν·ρ)d²ρ/∫E d²ρ of a point's image.

    It is the autocorrelation of the pupil, taken by way of |U|² on pixels that sample it. The soft edge of the pupil's
    samples rounds the peak at ν = 0: by 1 % with 64 samples, at frequencies below 2/64 of the cut-off. Elsewhere it is
    right to 1e-3 with 64 samples, for a pupil without hard edges within.

    **Arguments:** `frequencies`: ν = (ν_y, ν_x), cycles/m; `samples`: of the pupil along an axis, see `pupil`: W must
    change by less than half a wave from one to the next; the rest as of `psf`.

    **Errors:** as of `psf`.
    """
    colors = colors_of(wavelength, weights, reference)
    field = jnp.asarray(field, float)
    if center is None:
        center = chief_place("otf", lens, field, colors.reference, colors.reference)
    found = jax.vmap(lambda color: drawn(lens, field, color, colors.reference, jnp.asarray(center, float), samples))(
        colors.wavelengths
    )
    passed, energy = jax.vmap(lambda one: _transferred(one, jnp.asarray(frequencies, float)))(found)
    return colors.weights @ passed / (colors.weights @ energy)


@in_double_precision
def mtf(
    lens: Lens,
    field: Float[Array, "2"],
    wavelength: Float[Array, "*colors"] | float,
    frequencies: Float[Array, " n"],
    *,
    weights: Float[Array, " colors"] | None = None,
    samples: int = 64,
    reference: Float[Array, ""] | float | None = None,
) -> MTF:
    """Return the contrast of fringes in the image of a point, diffraction included.

    **Arguments:** `frequencies`: |ν|, cycles/m; the rest as of `otf`.

    **Errors:** as of `otf`.
    """
    frequencies = jnp.asarray(frequencies, float)
    both = both_ways(field, frequencies)
    found = otf(lens, field, wavelength, both, weights=weights, samples=samples, reference=reference)
    return mtf_of(frequencies, found)


def both_ways(field: Float[Array, "2"], frequencies: Float[Array, " n"]) -> Float[Array, "2 m"]:
    """Return frequencies along the field's direction, and then those across it."""
    field = jnp.asarray(field, float)
    size = jnp.sqrt(jnp.maximum(jnp.sum(field**2), 1e-300))
    y, x = jnp.where(size > 1e-12, field / size, jnp.asarray([1.0, 0.0]))
    return jnp.concatenate([jnp.outer(jnp.stack([y, x]), frequencies), jnp.outer(jnp.stack([-x, y]), frequencies)], 1)


def mtf_of(frequencies: Float[Array, " n"], found: Complex[Array, " m"]) -> MTF:
    """Return the contrast of what `both_ways` asked for."""
    tangential, sagittal = jnp.split(amplitude(jnp.asarray(found)), 2)
    return MTF(frequencies, tangential, sagittal)


@jax.jit
def _transferred(found: Pupil, frequencies: Float[Array, "2 n"]) -> tuple[Complex[Array, " n"], Float[Array, ""]]:
    """Return ∫E·exp(−2πi ν·ρ), and the energy: with open shares for their squares, which lose some at the rim."""
    values, grid = spread_of(found.light, found.focal_length)
    y, x = (jnp.exp(-2j * jnp.pi * nu[:, None] * at) for nu, at in zip(frequencies, (grid.y, grid.x), strict=True))
    irradiance = (values.real**2 + values.imag**2).astype(y.dtype)
    passed = jnp.sum(jnp.matmul(y, irradiance, precision="highest") * x, axis=1) * jnp.prod(grid.pitch)
    light, some = found.light.values, found.openness > 1e-6
    square = jnp.where(some, (light.real**2 + light.imag**2) / jnp.where(some, found.openness, 1.0), 0.0)
    return passed, jnp.sum(square) * jnp.prod(found.light.grid.pitch)
