"""Incoherent imaging: a scene of irradiances through a lens."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Grid, Image
from backlight.maths.argument import instance
from backlight.maths.fourier import crop, fft2, ifft2, pad
from backlight.maths.leaf import POSITIVE, Given, Scalar, number
from backlight.maths.safe import squared_modulus
from backlight.wave.objective import Objective


class IncoherentImaging(eqx.Module):
    """Image a scene that shines incoherently: E′(M r) = (|h|² ∗ E)(r)/M², h the objective's amplitude point spread.

    |h|² is scaled so that the bare pupil keeps the energy, whatever its NA; what the pupil's pixels absorb is lost.
    Its transform is the optical transfer function, of cut-off 2NA/λ (Goodman, Introduction to Fourier Optics, §6.3).

    **Arguments:**

    - `objective`: the lens; its `padding` and `edge` apply to the scene's grid.
    - `wavelength`: λ in vacuum, m.
    - `medium_index`: n of the scene's medium; only the objective's defocus depends on it.

    The pupil is laid out on pixels half as wide as the scene's, so that |h|² is sampled; valid for NA/λ < 3/(4 pitch).

    **Errors:** `InputError` for an objective with a decimation.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import Grid, Image
        >>> from backlight.wave import IncoherentImaging, Objective
        >>> lens = IncoherentImaging(Objective(0.25, 2.0), 532e-9)
        >>> round(float(lens(Image(jnp.ones((16, 16)), Grid((16, 16), 1e-6))).values[0, 0]), 4)
        0.25
    """

    objective: Objective
    wavelength: Scalar
    medium_index: Scalar

    def __init__(self, objective: Objective, wavelength: Given, *, medium_index: Given = 1.0):
        self.objective = instance("objective", objective, Objective)
        if objective.decimation != 1:
            raise InputError("objective", got=f"a decimation of {objective.decimation}", expected="1, the scene's own",
                             remedy="leave decimation out; Camera(decimation=...) makes coarser pixels")  # fmt: skip
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return M, and the curvature behind: none."""
        return self.objective.magnification(curvature)

    def __call__(self, scene: Image) -> Image:
        """Return the irradiance in the image plane."""
        scale = self.objective.scale
        grid = self.objective.padded(scene.grid)
        spectrum = fft2(pad(scene.values, grid.shape)) * self.transfer(grid)
        values = crop(jnp.real(ifft2(spectrum)), scene.grid.shape)
        return Image(values / scale**2, scene.grid.scaled(scale))

    def transfer(self, grid: Grid) -> Complex[Array, "y x"]:
        """Return the optical transfer function at the frequencies of `grid`, in FFT order; 1 at f = 0 if all passes."""
        fine = Grid((2 * grid.shape[0], 2 * grid.shape[1]), 0.5 * grid.pitch)
        coherent = self.objective.transfer(fine, self.wavelength, medium_index=self.medium_index)
        spectrum = fft2(squared_modulus(ifft2(coherent)))
        return _low(_low(spectrum, grid.shape[0], 0), grid.shape[1], 1) / self._bare(fine)

    def _bare(self, grid: Grid) -> Float[Array, ""]:
        """Return the mean over frequencies of the bare pupil's square: what the transfer at f = 0 is scaled by."""
        return jnp.mean(self.objective.stop(grid, self.wavelength) ** 2)


def _low(spectrum: Complex[Array, "y x"], n: int, axis: int) -> Complex[Array, "..."]:
    """Return the n lowest frequencies of one axis, in FFT order."""
    return jnp.roll(jnp.take(jnp.roll(spectrum, n // 2, axis), jnp.arange(n), axis), -(n // 2), axis)
