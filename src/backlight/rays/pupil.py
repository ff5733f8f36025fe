"""The hand-over to wave optics: the light of a point on a regular grid in the exit pupil."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.argument import whole
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.rays.exit_pupil import Leaving, at_points, chief_place, demand_light, determinant, start
from backlight.rays.first_order import first_order
from backlight.rays.launch import FieldPoint, gauss_legendre
from backlight.rays.lens import Lens
from backlight.rays.media import is_traced
from backlight.rays.openness import openness
from backlight.rays.rims import without_edges

STEPS = 5
"""Of Newton's: direction cosines are nearly linear in the pupil."""

MARGIN = 3
"""Samples about the pupil: the soft edge has fallen to 1e-7 at 2.1."""

STEEPEST = 0.5
"""Waves from sample to sample, at most: beyond the light falls outside the image that the samples tell of."""

FEWEST = 12
"""Open samples, a disc of two samples' radius: an edge is one sample wide."""

RIM, RULE = 64, gauss_legendre()
"""Rays that tell where the rim is, and how the pupil is lit."""


class Pupil(NamedTuple):
    """Light in the exit pupil.

    **Attributes:** `light`, on the sphere of radius F about the image point C, where a ray of direction s lies at
    −F·s; `focal_length`, F, m, the lens's: a wave-optical lens of F brings it to the image about C, `FocalPlane(F)`;
    `center`, C = (y, x) on the image, m; `openness`, the share of each sample that is open: the light's values are
    this times those of the open pupil; `steepest`, by how many waves W changes from sample to sample at most.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, pupil
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> found = pupil(lens, (0.0, 0.0), 550e-9, 16)
        >>> found.light.values.shape, round(float(found.focal_length), 6)
        ((16, 16), 0.1)
    """

    light: Field
    focal_length: Float[Array, ""]
    center: Float[Array, "2"]
    openness: Float[Array, "y x"]
    steepest: Float[Array, ""]


@in_double_precision
def pupil(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    samples: int = 64,
    *,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Pupil:
    """Return the light of a point in the exit pupil, for a wave-optical part to carry on.

    Rays are aimed by Newton's iteration so that their direction cosines s lie on a grid. Their phase is −2πW (it grows
    with the optical path), their amplitude √(d²e/d²r), the light that enters per area of the pupil: even where the sine
    condition holds. Edges, the rim's and those of apertures in the lens, are soft: one sample wide. ∫|U|² is the share
    of the light that comes through, but for edges: of a sample that is open to s it is s².

    **Arguments:** `samples`: along an axis, from 16 on; the rest as of `exit_pupil`.

    Valid where W changes by less than half a wave from sample to sample.

    **Errors:** as of `exit_pupil`, where fewer than 12 samples are open, and where W changes faster; in a program that
    is traced all values are NaN then.
    """
    samples = whole("samples", samples, 16)
    field = jnp.asarray(field, float)
    reference = jnp.asarray(wavelength if reference is None else reference, float)
    if center is None:
        center = chief_place("pupil", lens, field, reference, reference)
    found = drawn(lens, field, jnp.asarray(wavelength, float), reference, jnp.asarray(center, float), samples)
    demand_light("pupil", found.openness, lens, field, reference)
    demand_samples("pupil", found, samples)
    return found


def demand_samples(where: str, found: Pupil, samples: int) -> None:
    """Refuse pupils whose samples alias or are too few; not in a program that is traced, where nothing is known."""
    if is_traced(found):
        return
    open_ = float(jnp.min(jnp.sum(found.openness, axis=(-1, -2))))
    if open_ < FEWEST:
        raise InputError(where, got=f"{open_:.1f} open samples of {samples} x {samples}", expected=f"at least {FEWEST}",
                         remedy="more samples, or an entrance pupil as narrow as what the rims leave open"
                         )  # fmt: skip
    steepest = float(jnp.max(found.steepest))
    if steepest <= STEEPEST:
        return
    raise InputError(where, got=f"{steepest:.2g} waves from sample to sample with {samples} samples",
                     expected=f"at most {STEEPEST}", remedy=f"samples={int(2.2 * steepest * samples)}, or "
                     "geometric_psf and geometric_mtf where there are too many")  # fmt: skip


@partial(jax.jit, static_argnames="samples")
def drawn(lens: Lens, field: Array, wavelength: Array, reference: Array, center: Array, samples: int) -> Pupil:
    """Return the light of a point in the exit pupil."""
    bare = without_edges(lens)

    def traced(points: Array) -> Leaving:
        return at_points(bare, field, points, wavelength, reference, center)

    frame = _frame(traced(jnp.asarray(np.concatenate([np.zeros((2, 1)), _rim(), RULE.points], axis=1))), samples)
    wanted = frame.middle[:, None, None] - frame.step[:, None, None] * _lattice(samples)
    points = _aimed(traced, frame, wanted, samples)
    light = traced(points)
    radius = jnp.sqrt(jnp.maximum(jnp.sum(points**2, axis=0), 1e-12))
    across = jnp.einsum("ij,iyx->jyx", frame.inverse, points / radius) * frame.step[:, None, None]
    from_rim = (1 - radius) / jnp.sqrt(jnp.sum(across**2, axis=0))
    share, passed = openness(lens, start(bare, field, points, wavelength, reference, False), from_rim)
    open_ = (light.passed > 0) & (passed > 0)
    share = jnp.where(open_, share, 0.0)
    index, focal_length = lens.indices(wavelength)[-1], jnp.abs(first_order(lens, reference).efl)
    scale = focal_length / index
    spread = jnp.maximum(jnp.abs(determinant(*light.columns)), 1e-12) * scale**2
    square = passed * light.brightness / frame.total / spread
    opd = jnp.where(open_, (frame.path - light.path) / wavelength, 0.0)
    values = jnp.sqrt(jnp.where(open_, square, 1.0)) * share * jnp.exp(-2j * jnp.pi * opd)
    steepest = _steepest(opd, share > 0.01)
    values = jnp.where(steepest <= STEEPEST, values, jnp.nan)
    grid = Grid((samples, samples), scale * frame.step, -scale * frame.middle)
    light = Field(values, grid, wavelength, medium_index=index)
    return Pupil(light, focal_length, center, share, steepest)


def _steepest(opd: Array, open_: Array) -> Array:
    """Return the largest change of W between neighbors that are both open."""
    along_y = jnp.where(open_[1:] & open_[:-1], jnp.abs(opd[1:] - opd[:-1]), 0.0)
    along_x = jnp.where(open_[:, 1:] & open_[:, :-1], jnp.abs(opd[:, 1:] - opd[:, :-1]), 0.0)
    return jnp.maximum(jnp.max(along_y), jnp.max(along_x))


class _Frame(NamedTuple):
    """Where the pupil lies in direction cosines q.

    **Attributes:** `middle`, and `step` between samples; `start` and `inverse`, of the linear fit p = ∂p/∂q·(q − q₀);
    `path` of the chief ray; `total`, what the whole pupil is lit with.
    """

    middle: Array
    step: Array
    start: Array
    inverse: Array
    path: Array
    total: Array


def _frame(light: Leaving, samples: int) -> _Frame:
    """Look at the chief ray, the rim and the rule, in this order."""
    rim, rest = slice(1, 1 + RIM), slice(1 + RIM, None)
    there = jnp.where(light.passed[rim] > 0, light.cosines[:, rim], light.cosines[:, :1])
    top, bottom, mean = (of(there, axis=1) for of in (jnp.max, jnp.min, jnp.mean))
    linear = 2 / RIM * there @ _rim().T  # on a ring Σ p pᵀ is half the number of its points
    return _Frame(
        middle=(top + bottom) / 2,
        step=(top - bottom) / (samples - 2 * MARGIN),
        start=mean,
        inverse=jnp.linalg.inv(linear),
        path=light.path[0],
        total=jnp.pi * jnp.sum(jnp.asarray(RULE.weights) * light.brightness[rest]),
    )


def _aimed(traced: Callable[[Array], Leaving], frame: _Frame, wanted: Array, samples: int) -> Array:
    """Return points of the entrance pupil whose rays leave in given directions; some beyond its rim where none do.

    Derivatives are right to first order: the last step is differentiated, at a Jacobian that is held.
    """
    farthest = 1 + 4 * MARGIN / samples

    def kept(points: Array) -> Array:
        radius = jnp.sqrt(jnp.maximum(jnp.sum(points**2, axis=0), 1e-12))
        return points * jnp.minimum(1.0, farthest / radius)

    def better(points: Array) -> Array:
        light = traced(points)
        by_y, by_x = (jax.lax.stop_gradient(column) for column in light.columns)
        off, area = light.cosines - wanted, determinant(by_y, by_x)
        area = jnp.where(jnp.abs(area) > 1e-12, area, jnp.inf)
        return points - jnp.stack([determinant(off, by_x), determinant(by_y, off)]) / area

    first = kept(jnp.einsum("ij,jyx->iyx", frame.inverse, wanted - frame.start[:, None, None]))
    points = jax.lax.fori_loop(0, STEPS, lambda _, at: kept(better(at)), jax.lax.stop_gradient(first))
    return kept(better(jax.lax.stop_gradient(points)))


def _rim() -> np.ndarray:
    angle = 2 * np.pi * (np.arange(RIM) + 0.5) / RIM
    return np.stack([np.sin(angle), np.cos(angle)])


def _lattice(samples: int) -> np.ndarray:
    index = np.arange(samples) - float(samples // 2)
    return np.stack(np.meshgrid(index, index, indexing="ij"))


def spread_of(light: Field, focal_length: Array) -> tuple[Complex[Array, "y x"], Grid]:
    """Return the light in the image about C on twice as many pixels as it has: |U|² is then sampled without aliasing.

    U(ρ) = ∫ u(r)·exp(−2πi r·ρ/(λF)) d²r/(λF), but for factors of modulus 1.
    """
    shape = tuple(2 * n for n in light.grid.shape)
    spread = light.wavelength / light.medium_index * focal_length
    pitch = spread / (light.grid.pitch * jnp.asarray(shape, float))
    values = jnp.fft.fftshift(jnp.fft.fft2(light.values, s=shape)) * jnp.prod(light.grid.pitch) / spread
    return values, Grid((shape[0], shape[1]), pitch)
