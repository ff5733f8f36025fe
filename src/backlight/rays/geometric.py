"""The picture that a lens makes of a point, as rays make it."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Grid, Image
from backlight.maths.exact import Number
from backlight.rays.colors import Colors, colors_of
from backlight.rays.exit_pupil import chief_place, demand_light
from backlight.rays.launch import FieldPoint, PupilPoints, gauss_legendre, launch
from backlight.rays.lens import Lens
from backlight.rays.trace import trace
from backlight.rays.transfer import MTF, both_ways, mtf_of

RINGS, ARMS = 20, 64
DENSE = gauss_legendre(64, 192)


def geometric_psf(
    lens: Lens,
    field: FieldPoint,
    wavelength: Float[Array | np.ndarray, "*colors"] | Sequence[float] | float,
    shape: tuple[int, int],
    pitch: Float[Array | np.ndarray, "..."] | Sequence[float] | float,
    *,
    weights: Float[Array | np.ndarray, " colors"] | Sequence[float] | None = None,
    rule: PupilPoints | None = None,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Image:
    """Return the irradiance of a point's image by rays, each shared among the four pixels about it.

    The share falls linearly to 0 a pixel away, so the picture is continuous in all numbers of the lens; it is that of
    the rays through a pixel twice over, blurred by a triangle. Over all pixels Σ E·pitch² is the share of the rays that
    arrive.

    **Arguments:** as of `psf`; `rule`: 64 rings of 192 rays where `None`: there should be several in a pixel.

    **Errors:** `InputError` where the chief ray is lost, or all others.
    """
    colors = colors_of(wavelength, weights, reference)
    field = jnp.asarray(field, float)
    if center is None:
        center = chief_place("geometric_psf", lens, field, colors.reference, colors.reference)
    grid = Grid(shape, pitch, jnp.asarray(center, float))
    offsets, shares = _rays("geometric_psf", lens, field, colors, DENSE if rule is None else rule, grid.center)
    rows, columns = (
        jnp.maximum(0.0, 1 - jnp.abs(at[:, None] / step - off / step))
        for at, step, off in zip((_centered(grid).y, _centered(grid).x), grid.pitch, offsets, strict=True)
    )
    values = jnp.matmul(rows * shares, columns.T, precision="highest")
    return Image(values / jnp.abs(jnp.prod(grid.pitch)), grid)


def geometric_otf(
    lens: Lens,
    field: FieldPoint,
    wavelength: Float[Array | np.ndarray, "*colors"] | Sequence[float] | float,
    frequencies: Float[Array | np.ndarray, "2 n"] | Sequence[float],
    *,
    weights: Float[Array | np.ndarray, " colors"] | Sequence[float] | None = None,
    rule: PupilPoints | None = None,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Complex[Array, " n"]:
    """Return Σ w·exp(−2πi ν·offset) over the rays: the transform of the spot itself, with no bins.

    **Arguments:** as of `otf`; `rule`: 20 rings of 64 rays where `None`: right while ν times the spot's radius is below
    8.

    **Errors:** `InputError` where the chief ray is lost, or all others.
    """
    colors = colors_of(wavelength, weights, reference)
    field = jnp.asarray(field, float)
    if center is None:
        center = chief_place("geometric_otf", lens, field, colors.reference, colors.reference)
    chosen = gauss_legendre(RINGS, ARMS) if rule is None else rule
    offsets, shares = _rays("geometric_otf", lens, field, colors, chosen, jnp.asarray(center, float))
    turns = jnp.asarray(frequencies, float).T @ offsets
    return jnp.exp(-2j * jnp.pi * turns) @ shares / jnp.maximum(jnp.sum(shares), 1e-30)


def geometric_mtf(
    lens: Lens,
    field: FieldPoint,
    wavelength: Float[Array | np.ndarray, "*colors"] | Sequence[float] | float,
    frequencies: Float[Array | np.ndarray, " n"] | Sequence[float],
    *,
    weights: Float[Array | np.ndarray, " colors"] | Sequence[float] | None = None,
    rule: PupilPoints | None = None,
    reference: Number | None = None,
) -> MTF:
    """Return the contrast of fringes in the image of a point as rays make it: right where aberrations are many waves.

    **Arguments and errors:** as of `geometric_otf`; `frequencies`: |ν|, cycles/m.
    """
    frequencies = jnp.asarray(frequencies, float)
    both = both_ways(field, frequencies)
    return mtf_of(frequencies, geometric_otf(lens, field, wavelength, both, weights=weights, rule=rule,
                                             reference=reference))  # fmt: skip


def _centered(grid: Grid) -> Grid:
    return Grid(grid.shape, grid.pitch)


def _rays(
    where: str, lens: Lens, field: Array, colors: Colors, rule: PupilPoints, center: Array
) -> tuple[Array, Array]:
    """Return where the rays of all colors are about `center`, and the share of the light in each."""
    points = jnp.asarray(rule.points, float)[:, None]
    bundle = launch(lens, field, jnp.broadcast_to(points, (2, colors.wavelengths.shape[0], points.shape[2])),
                    colors.wavelengths[:, None], reference=colors.reference)  # fmt: skip
    end = trace(lens, bundle)
    shares = jnp.where(end.alive, end.weight * colors.weights[:, None] * jnp.asarray(rule.weights, float), 0.0)
    demand_light(where, shares, lens, field, colors.reference)
    return (end.position[1:] - center[:, None, None]).reshape(2, -1), shares.ravel()
