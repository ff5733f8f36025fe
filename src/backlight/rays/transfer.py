"""How much of a fringe's contrast a lens passes on: transfer functions, as waves make them."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.maths.argument import whole
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.maths.safe import amplitude
from backlight.rays.colors import Colors, colors_of
from backlight.rays.exit_pupil import chief_place, demand_light
from backlight.rays.launch import FieldPoint
from backlight.rays.lens import Lens
from backlight.rays.openness import slopes
from backlight.rays.pupil import STEEPEST, Pupil, demand_samples, drawn, spread_of

SAMPLES = 64, 128, 256, 512, 1024


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
    field: FieldPoint,
    wavelength: Float[Array | np.ndarray, "*colors"] | Sequence[float] | float,
    frequencies: Float[Array | np.ndarray, "2 n"] | Sequence[float],
    *,
    weights: Float[Array | np.ndarray, " colors"] | Sequence[float] | None = None,
    samples: int | None = None,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Complex[Array, " n"]:
    """Return the optical transfer function ∫E(ρ)·exp(−2πi ν·ρ)d²ρ/∫E d²ρ of a point's image.

    It is the autocorrelation of the pupil, taken by way of |U|² on pixels that sample it, and set right for the soft
    edge of the pupil's samples. Right to 1e-3 where what is open is some 50 samples wide, to a percent where it is ten,
    to several in a ring of two.

    **Arguments:** `frequencies`: ν = (ν_y, ν_x), cycles/m; `samples`: of the pupil along an axis, see `pupil`: W must
    change by less than half a wave from one to the next; where `None`, as many as that takes, from 64 on, and 64 in a
    program that is traced; the rest as of `psf`.

    **Errors:** as of `psf`; as of `pupil` for too few samples, and where more than 1024 are needed.
    """
    colors = colors_of(wavelength, weights, reference)
    field, frequencies = jnp.asarray(field, float), jnp.asarray(frequencies, float)
    if frequencies.ndim != 2 or frequencies.shape[0] != 2:
        raise InputError("frequencies", got=f"shape {frequencies.shape}", expected="(2, n): ν_y and ν_x, cycles/m",
                         remedy="mtf takes |ν|")  # fmt: skip
    if center is None:
        center = chief_place("otf", lens, field, colors.reference, colors.reference)
    found = _pupils(lens, field, colors, jnp.asarray(center, float), samples)
    demand_light("otf", found.openness, lens, field, colors.reference)
    demand_samples("otf", found, found.openness.shape[-1])
    passed, energy = jax.vmap(lambda one: _transferred(one, frequencies))(found)
    return colors.weights @ passed / (colors.weights @ energy)


def _pupils(lens: Lens, field: Array, colors: Colors, center: Array, samples: int | None) -> Pupil:
    """Return the pupils of all colors, of `samples`, or of the fewest that do not alias."""
    draw = jax.vmap(drawn, in_axes=(None, None, 0, None, None, None))
    count = SAMPLES[0] if samples is None else whole("samples", samples, 16)
    while True:
        found = draw(lens, field, colors.wavelengths, colors.reference, center, count)
        steepest = jnp.max(found.steepest)
        if isinstance(steepest, Tracer) or float(steepest) <= STEEPEST:
            return found
        finer = [n for n in SAMPLES if n > 2 * float(steepest) * count] if samples is None else []
        if not finer:
            demand_samples("otf", found, count)
        count = finer[0]


@in_double_precision
def mtf(
    lens: Lens,
    field: FieldPoint,
    wavelength: Float[Array | np.ndarray, "*colors"] | Sequence[float] | float,
    frequencies: Float[Array | np.ndarray, " n"] | Sequence[float],
    *,
    weights: Float[Array | np.ndarray, " colors"] | Sequence[float] | None = None,
    samples: int | None = None,
    reference: Number | None = None,
) -> MTF:
    """Return the contrast of fringes in the image of a point, diffraction included.

    **Arguments:** `frequencies`: |ν|, cycles/m; the rest as of `otf`.

    **Errors:** as of `otf`.
    """
    frequencies = jnp.asarray(frequencies, float)
    both = both_ways(field, frequencies)
    found = otf(lens, field, wavelength, both, weights=weights, samples=samples, reference=reference)
    return mtf_of(frequencies, found)


def both_ways(field: FieldPoint, frequencies: Float[Array, " n"]) -> Float[Array, "2 m"]:
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
    """Return ∫E·exp(−2πi ν·ρ), and the energy ∫E."""
    values, grid = spread_of(found.light, found.focal_length)
    y, x = (jnp.exp(-2j * jnp.pi * nu[:, None] * at) for nu, at in zip(frequencies, (grid.y, grid.x), strict=True))
    irradiance = (values.real**2 + values.imag**2).astype(y.dtype)
    soft = jnp.sum(jnp.matmul(y, irradiance, precision="highest") * x, axis=1) * jnp.prod(grid.pitch)
    lost, energy = _lost_at_the_rim(found, frequencies)
    shifts = jnp.abs(_step(found)[:, None] * frequencies)
    # Of n samples nothing is left at a shift of n; from there on the transform would begin anew.
    overlap = jnp.all(shifts < jnp.asarray(found.light.grid.shape, float)[:, None], axis=0)
    return jnp.where(overlap, soft + lost, 0.0), energy


def _step(found: Pupil) -> Float[Array, "2"]:
    """Return by how many samples a frequency of 1/m shifts the pupil against itself, along y and x."""
    light = found.light
    return light.wavelength / light.medium_index * found.focal_length / light.grid.pitch


def _lost_at_the_rim(found: Pupil, frequencies: Array) -> tuple[Complex[Array, " n"], Float[Array, ""]]:
    """Return what the soft rim takes from the autocorrelation of a hard one, and the energy.

    Over two soft edges that are shifted against each other by d samples ∫s(x)s(x+d)dx falls short of that of two hard
    ones by κ(d)·∫(s − s²)dx. For s = ½(1 + erf(√π·x)) it is κ = exp(−πd²/2) − (π/√2)|d|·erfc(√(π/2)|d|): 1 at 0, where
    the soft pupil's energy is short of all of that, and gone at 2.
    """
    light, open_ = found.light, found.openness
    some = open_ > 1e-6
    share = jnp.where(some, open_, 1.0)
    hard = jnp.where(some, light.values.real**2 + light.values.imag**2, 0.0) / share  # |A|²·s of |A·s|²
    edge, phase = slopes(open_), _phase_steps(light.values)
    length = jnp.sqrt(jnp.sum(edge**2, axis=0) + 1e-20)
    step = _step(found)

    def lost(frequency: Array) -> Array:
        shift = step * frequency
        d = jnp.abs(jnp.einsum("i,iyx->yx", shift, edge)) / length
        share_lost = jnp.exp(-jnp.pi / 2 * d**2) - jnp.pi / 2**0.5 * d * jax.scipy.special.erfc((jnp.pi / 2) ** 0.5 * d)
        turned = jnp.exp(-1j * jnp.einsum("i,iyx->yx", shift, phase))
        return jnp.sum(hard * (1 - share) * share_lost * turned)

    area = jnp.prod(light.grid.pitch)
    return jax.lax.map(lost, frequencies.T) * area, jnp.sum(hard) * area


def _phase_steps(values: Complex[Array, "y x"]) -> Float[Array, "2 y x"]:
    """Return by how much the phase grows from sample to sample along y and x."""
    ahead = (jnp.roll(values, -1, axis) * jnp.conj(values) for axis in (0, 1))
    means = jnp.stack([step + jnp.roll(step, 1, axis) for axis, step in enumerate(ahead)])
    dark = means == 0
    return jnp.where(dark, 0.0, jnp.angle(jnp.where(dark, 1.0, means)))
