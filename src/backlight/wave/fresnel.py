"""Fresnel diffraction on the input's pixels (transfer function) and on its own (single FFT)."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid
from backlight.maths.argument import instance, setting, whole_pair
from backlight.maths.fourier import crop, fft2, ifft2, pad
from backlight.maths.leaf import NOT_NEGATIVE, Given, Pair, pair
from backlight.maths.precise import phasors, precise, separable
from backlight.maths.safe import real_array
from backlight.wave.angular_spectrum import REMEDY, displaced, displacement, padded_grid
from backlight.wave.coordinates import frequencies
from backlight.wave.fourier_integral import fourier_integral, output_grid
from backlight.wave.journey import journey
from backlight.wave.propagation_error import aliasing, folding, paraxial, sum_account, transfer_account
from backlight.wave.round_off import integral_digits, pitch_digits
from backlight.wave.sampling import Sampling, fft_operations, numbers
from backlight.wave.window import Window, demand_distance


class FresnelTransfer(eqx.Module):
    """Propagate by U → F⁻¹[H·F[U]] with the paraxial H = exp(−iπλz|f+τ|²) (Goodman, Fourier Optics, §4.2).

    **Arguments:** `padding`, `band_limit`, `reach`, `shift`: as for `AngularSpectrum`.

    Valid paraxially, (z/λ)·(λf)⁴/8 ≪ 1: what it misses is in `sampling`. The kernel is a product of rows and columns.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace, FresnelTransfer
        >>> light = Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 532e-9)
        >>> round(float(FreeSpace(1e-6, FresnelTransfer())(light).irradiance[2, 3]), 3)
        1.0
    """

    padding: tuple[int, int] = eqx.field(static=True)
    band_limit: bool = eqx.field(static=True)
    reach: float | None = eqx.field(static=True)
    shift: Pair | None

    def __init__(
        self,
        padding: tuple[int, int] = (0, 0),
        band_limit: bool = True,
        reach: float | None = None,
        shift: Given | None = None,
    ):
        self.padding, self.band_limit = whole_pair("padding", padding, 0), instance("band_limit", band_limit, bool)
        self.reach = None if reach is None else setting("reach", reach, NOT_NEGATIVE)
        self.shift = None if shift is None else pair("shift", shift)

    @property
    def scale(self) -> float:
        """How much wider the pixels come out: not at all."""
        return 1.0

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: it stays flat."""
        return False

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        grid = padded_grid(field.grid, self.padding)
        reach = jnp.inf if not self.band_limit else distance if self.reach is None else self.reach
        kernel = _transfer(grid, field, distance, self.shift, jnp.asarray(reach, grid.pitch.dtype))
        values = crop(ifft2(fft2(pad(field.full, grid.shape)) * kernel), field.grid.shape)
        return displaced(field.with_values(values), self.shift)

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the margins and the predicted error: as for `AngularSpectrum`, and what is not paraxial."""
        padded = padded_grid(field.grid, self.padding)
        way = journey(field, distance, displaced(field, self.shift).grid)
        widths = [n * abs(float(p)) for n, p in zip(padded.shape, padded.pitch, strict=True)]
        reach = way.distance if self.reach is None else self.reach
        kept = [
            (not self.band_limit) | (np.abs(walk(light.frequency)) <= 0.5 * width)
            for walk, light, width in zip(way.straight_walks(reach), way.light, widths, strict=True)
        ]
        walked = [
            np.abs(walk(np.fft.fftfreq(n, p))) / (0.5 * width)
            for walk, n, p, width in zip(way.straight_walks(), padded.shape, numbers(padded.pitch), widths, strict=True)
        ]
        farthest = np.maximum.outer(*walked)
        causes = (*folding(way, way.straight_walks(), kept, widths, REMEDY), paraxial(way))
        inside = farthest <= 1 if self.band_limit else farthest >= 0
        return transfer_account(way, way.straight_walks(), padded, farthest, inside, causes)


class FresnelTransform(eqx.Module):
    """Propagate by one FFT of the light times a chirp: U(r) = 1/(iλz) ∫ U(r′)·exp(iπ|r−r′|²/(λz)) dr′.

    The output's pitch is λz/(N·pitch); its center walks with the tilt, by λzτ; its quadratic phase rides in the
    curvature 1/z, so that the values stay smooth (Goodman, Fourier Optics, §4.2). For z < 0 the pixels run backward.

    **Arguments:** `padding`: pixels (y, x) added before the transform, for finer output pixels.

    Valid paraxially and where λz/pitch, the width of the output, holds all the light: see `sampling`.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace, FresnelTransform
        >>> light = Field(np.ones((4, 8)), Grid((4, 8), 1e-6), 500e-9)
        >>> moved = FreeSpace(1e-3, FresnelTransform())(light)
        >>> [round(1e6 * float(p), 2) for p in moved.grid.pitch]
        [125.0, 62.5]
    """

    padding: tuple[int, int] = eqx.field(static=True)

    def __init__(self, padding: tuple[int, int] = (0, 0)):
        self.padding = whole_pair("padding", padding, 0)

    @property
    def scale(self) -> Float[Array, ""]:
        """How much wider the pixels come out: it depends on the distance, so asking raises `InputError`."""
        return Window().scale

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: yes, of curvature 1/z."""
        return True

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        demand_distance(distance)
        curvature = precise(1.0) / distance
        return fourier_integral(self._padded(field), distance, Window(), curvature, curvature, curvature)

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the margins and the predicted error: light outside the output's width, and what is not paraxial."""
        demand_distance(distance)
        padded = self._padded(field)
        z = real_array(distance)
        way = journey(padded, z, output_grid(padded, z, Window(), precise(1.0) / z))
        walks, operations = way.straight_walks(), fft_operations(*way.shape)
        digits = np.hypot(integral_digits(padded, way, curvature=1 / z, behind=1 / z), pitch_digits(way, chirp=1 / z))
        return sum_account(way, walks, (aliasing(way, walks), paraxial(way)), operations, digits=digits)

    def _padded(self, field: Field) -> Field:
        grid = padded_grid(field.grid, self.padding)
        return eqx.tree_at(lambda light: (light.values, light.grid), field, (pad(field.full, grid.shape), grid))


@jax.jit
def _transfer(
    grid: Grid, field: Field, distance: Array, shift: Array | None, reach: Array
) -> Complex[Array, "rows columns"]:
    """Return H·exp(2πi f·shift) within the band that walks at most half the grid from the shift over `reach`."""
    wavelength = precise(field.wavelength) / field.medium_index
    turns, inside = [], []
    for i, n in enumerate(grid.shape):
        f = frequencies(grid, i)
        tilted = f + field.tilt[i]
        fresnel = -(tilted * tilted * wavelength * 0.5 * distance)
        aim = 0.0 if shift is None else shift[i]
        turns.append(fresnel if shift is None else fresnel + f * displacement(field, shift)[i])
        walk = jnp.where(jnp.isinf(reach), 0.0, reach * wavelength.plain * tilted.plain - aim)
        inside.append(jax.lax.stop_gradient(jnp.abs(walk) <= 0.5 * n * jnp.abs(grid.pitch[i])))
    return separable(*(jnp.where(*axis, 0.0) for axis in zip(inside, phasors(*turns), strict=True)))
