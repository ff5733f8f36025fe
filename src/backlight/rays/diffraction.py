"""The picture that a lens makes of a point, as waves make it."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid, Image
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.maths.safe import squared_modulus
from backlight.rays.colors import Colors, colors_of
from backlight.rays.enough_rays import Enough, enough_rays, trusted
from backlight.rays.exit_pupil import ExitPupil, chief_place, demand_light, exit_pupil, leaving
from backlight.rays.launch import FieldPoint, PupilPoints
from backlight.rays.lens import Lens


@in_double_precision
def psf(
    lens: Lens,
    field: FieldPoint,
    wavelength: Float[Array | np.ndarray, "*colors"] | Sequence[float] | float,
    shape: tuple[int, int],
    pitch: Float[Array | np.ndarray, "..."] | Sequence[float] | float,
    *,
    weights: Float[Array | np.ndarray, " colors"] | Sequence[float] | None = None,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Image:
    """Return the irradiance of a point's image, |∫a(f)·exp(2πi(f·ρ − W(f)))d²f|² (Debye's integral, scalar).

    The integral over the pupil is a sum over Gauss-Legendre points, each a plane wave of its own direction: there is no
    grid in the pupil, no staircase at its rim, and any pixels will do. Over all pixels Σ E·pitch² is the share of the
    light that comes through the lens.

    **Arguments:**

    - `field`, `aimed`: as of `wavefront`; `reference`: λ by which pupil and chief ray are found, the middle one of
      several where `None`.
    - `wavelength`: λ in vacuum, m; one or several; `weights`: of the colors, alike where `None`; they are made to sum
      to 1.
    - `shape`, `pitch`: of the pixels, m; `center`: (y, x) of pixel n//2, on the chief ray where `None`.
    - `rule`: rays; as many as are enough where `None`. In a program that is traced nothing can be found: it is 20 rings
      of 64, enough while no ray lands more than 6 λ/NA from a pixel, and beyond the picture is NaN. Give a finer one
      there, of about 1.6·d + 10 rings and 6.3·d + 16 arms for a distance of d·λ/NA; what you give is not checked.

    Valid for small angles of polarization (NA up to about 0.6), and an exit pupil many wavelengths wide.

    **Errors:** `InputError` where the chief ray is lost, or all others, and in a program that is traced in 32 bits.
    """
    colors = colors_of(wavelength, weights, reference)
    field = jnp.asarray(field, float)
    if center is None:
        center = chief_place("psf", lens, field, colors.reference, colors.reference, aimed)
    grid = Grid(shape, pitch, jnp.asarray(center, float))
    enough = _enough("psf", rule, lens, field, colors, grid)
    values = picture(lens, field, colors, grid, enough, aimed=aimed)
    demand_light("psf", values, lens, field, colors.reference)
    return Image(values, grid)


def _enough(where: str, rule: PupilPoints | None, lens: Lens, field: Array, colors: Colors, grid: Grid) -> Enough:
    if rule is not None:
        return Enough(rule, np.inf)
    return enough_rays(where, lens, field, colors, grid.center, reach_of(grid))


@partial(jax.jit, static_argnames="aimed")
def picture(
    lens: Lens, field: Array, colors: Colors, grid: Grid, enough: Enough, *, aimed: bool = False
) -> Float[Array, "y x"]:
    """Return the irradiance of a point's image on a grid, NaN where the rays cannot be trusted."""

    def one(wavelength: Array) -> Array:
        light = leaving(lens, field, enough.points, wavelength, colors.reference, grid.center, aimed)
        values = squared_modulus(_waves(light, Grid(grid.shape, grid.pitch), jnp.zeros(2)))
        return trusted(values, light, reach_of(grid), enough.phase)

    return jnp.tensordot(colors.weights, jax.vmap(one)(colors.wavelengths), 1)


@in_double_precision
def focused(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    shape: tuple[int, int],
    pitch: Float[Array | np.ndarray, "..."] | Sequence[float] | float,
    *,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Field:
    """Return the light of a point's image itself, of which `psf` is the irradiance: wave optics can carry it on.

    Its tilt is the mean direction of the light. The grid's middle is that of `psf`; its phase is that of `exit_pupil`.

    **Arguments and errors:** as of `psf`, for one wavelength.
    """
    colors = colors_of(wavelength, None, reference)
    field = jnp.asarray(field, float)
    if center is None:
        center = chief_place("focused", lens, field, colors.reference, colors.reference, aimed)
    place = Grid(shape, pitch, jnp.asarray(center, float))
    enough = _enough("focused", rule, lens, field, colors, place)
    light = exit_pupil(lens, field, wavelength, rule=enough.points, aimed=aimed, reference=reference,
                       center=place.center)  # fmt: skip
    tilt = light.cosines @ light.power / jnp.sum(light.power) / light.wavelength
    index = lens.indices(light.wavelength)[-1]
    values = trusted(_waves(light, Grid(shape, pitch), tilt), light, reach_of(place), enough.phase)
    values = values * jnp.exp(-2j * jnp.pi * (tilt @ light.center))  # the carrier counts from the axis
    return Field(values, place, light.wavelength, medium_index=index, tilt=tilt)


def reach_of(grid: Grid) -> Array:
    """Return how far the corners are from the middle."""
    return jnp.linalg.norm(grid.pitch * jnp.asarray(grid.shape, float)) / 2


@jax.jit
def _waves(light: ExitPupil, grid: Grid, tilt: Float[Array, "2"]) -> Complex[Array, "y x"]:
    """Return Σ a·exp(2πi(q·ρ/λ − τ·ρ − W)) about C.

    The exponential is one of y times one of x, so the sum is a product of matrices.
    """
    y, x = (
        jnp.exp(2j * jnp.pi * at[:, None] * (along / light.wavelength - one))
        for at, along, one in zip((grid.y, grid.x), light.cosines, tilt, strict=True)
    )
    return jnp.matmul(y * (light.amplitudes * jnp.exp(-2j * jnp.pi * light.opd)), x.T, precision="highest")


@in_double_precision
def strehl(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    *,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
) -> Float[Array, ""]:
    """Return how bright the image is against that of the same pupil without aberrations: |Σ a·exp(−2πiW)|²/(Σ a)².

    W is without the tilt that fits it best, weighted as the light is: the place is that of the light's centroid, and to
    second order in W the peak.

    **Arguments and errors:** as of `exit_pupil`; `rule`: as of `psf`.
    """
    field = jnp.asarray(field, float)
    if rule is not None:
        enough = Enough(rule, np.inf)
    else:
        colors = colors_of(wavelength, None, reference)
        chief = chief_place("strehl", lens, field, colors.reference, colors.reference, aimed)
        enough = enough_rays("strehl", lens, field, colors, chief, 0.0)
    light = exit_pupil(lens, field, wavelength, rule=enough.points, aimed=aimed, reference=reference)
    return trusted(_strehl(light), light, 0.0, enough.phase)


@jax.jit
def _strehl(light: ExitPupil) -> Float[Array, ""]:
    share = light.amplitudes / jnp.sum(light.amplitudes)
    off = light.cosines - (light.cosines @ share)[:, None]
    tilt = jnp.linalg.solve((off * share) @ off.T, (off * share) @ light.opd)
    turned = jnp.sum(share * jnp.exp(-2j * jnp.pi * (light.opd - tilt @ off)))
    return turned.real**2 + turned.imag**2
