"""An objective: the object's light through an aberrated pupil, magnified."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Field, Grid, map_modes
from backlight.maths import edges
from backlight.maths.argument import instance, setting, whole, whole_pair
from backlight.maths.fourier import crop, fft2, ifft2, pad
from backlight.maths.leaf import NONZERO, POSITIVE, ComplexMap, Given, Scalar, complexes, frame_shape, number
from backlight.maths.safe import known_zero, real_array
from backlight.maths.turns import wave
from backlight.wave import transfer_function
from backlight.wave.angular_spectrum import padded_grid
from backlight.wave.curved_carrier import without_curvature
from backlight.wave.numerical_aperture import demand_aperture, demand_band
from backlight.wave.spectrum_window import window_about_axis, within
from backlight.wave.zernikes import NollZernikes, Zernikes

_BEYOND = 1.5
"""Place along an axis, in units of the pupil's radius, beyond which its phase goes on unchanged: no light passes."""


class Objective(eqx.Module):
    """Image the object: U′(M r) = F⁻¹[P(f + τ)·F[U]](r)/M, a telecentric (4f) system in a scalar model.

    The coherent pupil is P(f) = A(|f|λ/NA) · p(fλ/NA) · exp(iφ(fλ/NA)) · H(f; z): a disc A of radius NA/λ with a soft
    edge, free complex pixels p, aberrations φ, and defocus by the exact transfer function of the medium (no paraxial
    step). It is evaluated at the light's own frequencies, the carrier's tilt τ included: tilted illumination shifts
    the pupil exactly, off the grid's samples too, and differentiably. A curvature of the carrier is written out first:
    the grid must sample it. Goodman, Introduction to Fourier Optics, §6.2.

    Behind it the light is in air on pixels M times as large, tilt τ/M, curvature 0; what passes keeps its energy. For
    M < 0 the picture is upside down and so is the pitch, as behind a focus of `FreeSpace`.

    **Arguments:**

    - `numerical_aperture`: NA = n·sin(half angle) on the object's side, > 0.
    - `scale`: M, size of the image over that of the object; negative where the image is inverted.
    - `defocus`: z, m, in the object's medium: how far behind the object's plane, along the light, the plane in focus
      lies. `FreeSpace(z)` before an objective in focus is the same.
    - `aberrations`: φ over the pupil, `NollZernikes` or `FringeZernikes`; tilts shift the picture.
    - `pupil`: p, complex, shape (rows, columns) of pixels on the square around the pupil's disc, interpolated
      linearly; a phase plate, a stop, an apodization. Shape (1, 1) is uniform.
    - `padding`: pixels (y, x) added to the grid before the transform, in total, against the wrap-around of the tails
      of the point spread function.
    - `decimation`: how many times fewer pixels the image has along an axis than the object, padding included. Only
      the samples of the spectrum that can pass the pupil are then transformed back, which is what makes many angles of
      illumination cheap; with M they are `decimation` times as wide.
    - `band`: side of the square of frequency samples about the axis on which the pupil is evaluated, even; nothing
      passes outside of it. All that the image has where `None`. A pupil of radius R = NA·L/λ samples and its soft edge
      need 2R + 6·`edge`.
    - `edge`: width of the pupil's soft edge in frequency samples of the padded grid; A = ½(1 + erf(√π·d)) at d widths
      from the edge. It multiplies the point spread function by exp(−π(edge·r/L)²), L the padded grid's width. Without
      it NA would act in steps.

    Valid where the scalar model is (NA up to about 0.6), for a pupil inside the grid's band, NA/λ + |τ| < 1/(2 pitch);
    and for irradiances without aliasing 2NA/λ < 1/(2 pitch). With a decimation D, the image's band must hold the pupil:
    NA/λ < 1/(2D pitch), and for its irradiance twice that.

    **Errors:** `InputError` for NA ≤ 0, or NA ≥ n of the light that comes or a pupil beyond the grid's band (where
    these are known numbers: not while a function is traced), scale 0, a negative padding, a decimation or a band that
    leaves no even number of samples, an edge ≤ 0, or a pupil that is not two-dimensional.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import Objective
        >>> light = Field(np.ones((32, 32)), Grid((32, 32), 0.5e-6), 532e-9)
        >>> image = Objective(0.25, -20.0)(light)
        >>> round(1e6 * float(image.grid.pitch[0]), 3), round(float(image.irradiance[0, 0]), 4)
        (-10.0, 0.0025)
    """

    numerical_aperture: Scalar
    scale: Scalar
    defocus: Scalar
    aberrations: Zernikes
    pupil: ComplexMap
    padding: tuple[int, int] = eqx.field(static=True)
    decimation: int = eqx.field(static=True)
    band: int | None = eqx.field(static=True)
    edge: float = eqx.field(static=True)

    def __init__(
        self,
        numerical_aperture: Given,
        scale: Given = 1.0,
        *,
        defocus: Given = 0.0,
        aberrations: Zernikes | None = None,
        pupil: Given = ((1.0,),),
        padding: tuple[int, int] = (0, 0),
        decimation: int = 1,
        band: int | None = None,
        edge: float = 1.0,
    ):
        self.numerical_aperture = number("numerical_aperture", numerical_aperture, POSITIVE)
        self.scale = number("scale", scale, NONZERO)
        self.defocus = number("defocus", defocus)
        self.aberrations = NollZernikes() if aberrations is None else instance("aberrations", aberrations, Zernikes)
        self.pupil = complexes("pupil", pupil)
        if len(frame_shape(self.pupil)) != 2:
            raise InputError(
                "pupil", got=f"shape {frame_shape(self.pupil)}", expected="complex pixels, shape (rows, columns)"
            )
        self.padding, self.edge = whole_pair("padding", padding, 0), setting("edge", edge, POSITIVE)
        self.decimation = whole("decimation", decimation, 1)
        self.band = None if band is None else 2 * whole("band / 2", 0.5 * band, 1)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return how much wider the pixels come out, M·decimation, and the curvature behind: none."""
        return self.scale * self.decimation, real_array(0.0)

    def __call__(self, field: Field) -> Field:
        """Return the light in the image plane."""
        return map_modes(self._imaged, field)

    def transfer(
        self,
        grid: Grid,
        wavelength: Float[Array, ""] | float,
        *,
        tilt: Float[Array, "2"] | tuple[float, float] = (0.0, 0.0),
        medium_index: Float[Array, ""] | float = 1.0,
    ) -> Complex[Array, "y x"]:
        """Return the coherent transfer function P(f + τ) at the frequencies of `grid`, in FFT order.

        **Arguments:** `wavelength`: λ in vacuum, m; `tilt`: τ, cycles/m; `medium_index`: n of the object's medium.
        """
        demand_aperture(self.numerical_aperture, real_array(medium_index))
        carrier = real_array(wavelength), real_array(tilt)
        return self._defocused(self._pupil_function(grid, *carrier), grid, *carrier, real_array(medium_index))

    def padded(self, grid: Grid) -> Grid:
        """Return the grid on which the Fourier filter works."""
        return padded_grid(grid, self.padding)

    def stop(
        self,
        grid: Grid,
        wavelength: Float[Array, ""] | float,
        tilt: Float[Array, "2"] | tuple[float, float] = (0.0, 0.0),
    ) -> Float[Array, "y x"]:
        """Return the bare disc A at the frequencies of `grid`, in FFT order."""
        return self._disc(grid, *self._coordinates(grid, real_array(wavelength), real_array(tilt)))

    def _imaged(self, field: Field) -> Field:
        demand_aperture(self.numerical_aperture, field.medium_index)
        light = without_curvature(field)
        grid = self.padded(light.grid)
        spectrum, tilt, band = fft2(pad(light.full, grid.shape)), light.tilt, grid
        samples = self._samples(grid.shape)
        demand_band(self.numerical_aperture, field, grid.shape, samples)
        if samples != grid.shape:
            spectrum, band, tilt = window_about_axis(spectrum, grid, tilt, samples)
        passed = spectrum * self._pupil_function(band, light.wavelength, tilt)
        carried = self._defocused(passed, band, light.wavelength, tilt, light.medium_index)
        rows, columns = (n // self.decimation for n in grid.shape)
        coarse = Grid((rows, columns), grid.pitch * self.decimation, grid.center)
        rows, columns = (-(-n // self.decimation) for n in light.grid.shape)
        image = coarse.resized((rows, columns))
        # Scaled by a real number and where samples are few: complex ones are divided slowly.
        scaled = carried * (1 / (self.scale * self.decimation**2))
        values = crop(ifft2(within(scaled, coarse.shape)), image.shape)
        return Field(values, image.scaled(self.scale), light.wavelength, tilt=tilt / self.scale, weight=light.weight)

    def _samples(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return on how many samples the pupil is evaluated, of a spectrum of `shape`."""
        if self.decimation == 1 and self.band is None:
            return shape
        if any(n % (2 * self.decimation) for n in shape):
            raise InputError(
                "decimation" if self.decimation > 1 else "band",
                got=f"{self.decimation if self.decimation > 1 else self.band}, of light on {shape} pixels, "
                "padding included",
                expected="an even number of pixels behind it on both axes",
                remedy=f"pad the light to multiples of {2 * self.decimation} pixels",
            )
        rows, columns = (n // self.decimation for n in shape)
        return (rows, columns) if self.band is None else (min(self.band, rows), min(self.band, columns))

    def _pupil_function(self, grid: Grid, wavelength: Array, tilt: Array) -> Complex[Array, "y x"]:
        """Return P without the defocus."""
        y, x, radius = self._coordinates(grid, wavelength, tilt)
        passed = self._disc(grid, y, x, radius)
        y, x = jnp.clip(y, -_BEYOND, _BEYOND), jnp.clip(x, -_BEYOND, _BEYOND)
        return passed * interpolated(self.pupil, y[:, 0], x[0]) * _delay(self.aberrations, y, x)

    def _coordinates(self, grid: Grid, wavelength: Array, tilt: Array) -> tuple[Array, Array, Array]:
        """Return f + τ along y and x in units of the pupil's radius, and that radius, cycles/m."""
        radius = self.numerical_aperture / wavelength
        return (grid.fy + tilt[0])[:, None] / radius, (grid.fx + tilt[1])[None, :] / radius, radius

    def _disc(self, grid: Grid, y: Array, x: Array, radius: Array) -> Float[Array, "y x"]:
        height, width = (self.edge / (n * jnp.abs(p) * radius) for n, p in zip(grid.shape, grid.pitch, strict=True))
        return edges.disc(y, x, jnp.ones_like(radius), (height, width))

    def _defocused(self, spectrum: Array, grid: Grid, wavelength: Array, tilt: Array, medium_index: Array) -> Array:
        if known_zero(self.defocus):
            return spectrum
        return transfer_function.carry(spectrum, grid, wavelength, self.defocus, tilt, medium_index, None)


def interpolated(
    pixels: Complex[Array, "rows columns"], y: Float[Array, " y"], x: Float[Array, " x"]
) -> Complex[Array, "#y #x"]:
    """Return the pixels of the square −1 … 1 on the lattice y × x, linearly between their centers; the border goes on
    outside."""
    if pixels.shape == (1, 1):
        return pixels
    rows, columns = (_hats(n, at) for n, at in zip(pixels.shape, (y, x), strict=True))
    # In planes: with real shares among complex numbers half of the products would be with zero.
    planes = jnp.stack([pixels.real, pixels.imag])
    return jax.lax.complex(*jnp.einsum("ym,cmn,xn->cyx", rows, planes, columns, precision="highest"))


def _hats(count: int, places: Float[Array, " n"]) -> Float[Array, "n count"]:
    """Return the share that each pixel has in the value at each place: few products of matrices are what a processor
    does best, and so is their derivative."""
    at = jnp.clip(0.5 * count * (places + 1) - 0.5, 0, count - 1)
    return jnp.maximum(1 - jnp.abs(at[:, None] - jnp.arange(count)), 0)


def _delay(aberrations: Zernikes, y: Array, x: Array) -> Complex[Array, "..."] | float:
    if aberrations.coefficients.shape[-1] == 0:
        return 1.0
    return wave(aberrations.phase(y, x) / (2 * jnp.pi))
