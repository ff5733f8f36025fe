"""Beam propagation through a volume, slice by slice."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field
from backlight.maths.fourier import fft2, ifft2
from backlight.maths.leaf import NONZERO, ComplexMaps, Given, Scalar, number
from backlight.wave import transfer_function
from backlight.wave.checkpointed_scan import checkpointed_scan
from backlight.wave.volume import Volume, phase_factor, slices


class MultiSlice(Volume):
    """Pass slice after slice: exact diffraction in the medium over dz/2, the phase of the slice, diffraction over dz/2.

    U ← F⁻¹[H·F[p·F⁻¹[H·F[U]]]] with H = H(dz/2), the transfer function of free space, which is not paraxial (van Roey
    et al., J. Opt. Soc. Am. 71, 803 (1981)), and p = exp(2πi Δn·dz/(λ cos θ)·(1 − Δn·tan²θ/(2n))), θ the angle of the
    carrier in the medium: √((n+Δn)² − n² sin²θ) − n cos θ to second order in Δn, and Δn itself on axis. The split is
    symmetric and errs by dz² (Strang, SIAM J. Numer. Anal. 5, 506 (1968)). Neighboring halves are done in one.

    The gradient keeps about 3√slices fields, see `checkpointed_scan`.

    **Arguments:**

    - `contrast`: Δn = n − n_medium, complex, shape (slices, y, x); Im Δn > 0 absorbs. n_medium is the field's.
    - `thickness`: dz of one slice, m.

    Light enters at the front of the first slice and leaves at the back of the last; the medium's own phase is dropped.
    The volume repeats itself sideways. Valid without reflections and for waves near the carrier's direction: one that
    scatters by α off it gains the phase 2πΔn·L/λ as if it ran along, wrong by a share of about α²/2 (`WavePropagation`
    takes every direction at its own).

    **Errors:** `InputError` if `contrast` has not three axes, or no slice.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import MultiSlice
        >>> layer = MultiSlice(np.full((3, 4, 6), 0.025), 1e-6)
        >>> behind = layer(Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 0.5e-6))
        >>> round(float(np.angle(behind.values[0, 0]) / (2 * np.pi)), 4)
        0.15
    """

    contrast: ComplexMaps
    thickness: Scalar

    def __init__(self, contrast: Given, thickness: Given):
        self.contrast, self.thickness = slices(contrast), number("thickness", thickness, NONZERO)

    def _passed(self, field: Field) -> Complex[Array, "*modes y x"]:
        half = transfer_function.free_space(
            field.grid, field.wavelength, 0.5 * self.thickness, field.tilt, field.medium_index
        )
        per_contrast, bend = self._turns(field)

        def step(values: Array, one: tuple[Array, Array]) -> Array:
            contrast, last = one
            spectrum = fft2(values * phase_factor(per_contrast * contrast * (1 - bend * contrast)))
            return ifft2(spectrum * (half * jnp.where(last, 1, half)))

        last = np.arange(self.contrast.shape[0]) == self.contrast.shape[0] - 1
        return checkpointed_scan(step, ifft2(half * fft2(field.values)), (self.contrast, jnp.asarray(last)))

    def _turns(self, field: Field) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return dz/(λ cos θ) and tan²θ/(2n) of the carrier."""
        sine_squared = jnp.sum((field.wavelength / field.medium_index * field.tilt) ** 2)
        cosine_squared = 1 - sine_squared
        return (
            self.thickness / (field.wavelength * jnp.sqrt(cosine_squared)),
            sine_squared / (2 * field.medium_index * cosine_squared),
        )
