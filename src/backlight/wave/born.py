"""Single scattering: the first Born approximation."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from backlight.light import Field
from backlight.maths.fourier import fft2, ifft2
from backlight.maths.leaf import NONZERO, ComplexMaps, Given, Scalar, number
from backlight.wave import transfer_function
from backlight.wave.checkpointed_scan import checkpointed_scan
from backlight.wave.volume import Volume, slices


class FirstBorn(Volume):
    """Add what each slice scatters out of the undisturbed light: U = U₀ + Σⱼ scattered by slice j, at the back.

    U_s = ∫ G·V·U₀ d³r with V = (2π/λ)²(n² − n_medium²) and the Green function G of the medium (Born and Wolf,
    Principles of Optics, §13.1). Plane wave by plane wave (Weyl) G is i/(2k_z)·exp(i k_z|z|), so each slice adds
    F[U_s](f) += H(f, to the back)·iπ·dz/(λ n cos θ_f)·F[(n² − n_medium²)·U₀]: forward scattering only, from the middle
    of each slice (error dz²). Linear in n² − n_medium² and in the light.

    **Arguments:**

    - `contrast`: Δn = n − n_medium, complex, shape (slices, y, x); Im Δn > 0 absorbs. n_medium is the field's.
    - `thickness`: dz of one slice, m.

    Light enters at the front of the first slice and leaves at the back of the last; the medium's own phase is dropped.
    The volume repeats itself sideways. Valid where the phase of the sample, 2πΔn·L/λ, is ≪ 1; energy is not kept.

    **Errors:** `InputError` if `contrast` has not three axes, or no slice.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FirstBorn
        >>> thin = FirstBorn(np.full((2, 4, 6), 1e-5), 1e-6)
        >>> behind = thin(Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 0.5e-6))
        >>> round(float(behind.values[0, 0].imag) / (2 * np.pi * 2e-5 / 0.5), 3)
        1.0
    """

    contrast: ComplexMaps
    thickness: Scalar

    def __init__(self, contrast: Given, thickness: Given):
        self.contrast, self.thickness = slices(contrast), number("thickness", thickness, NONZERO)

    def _passed(self, field: Field) -> Complex[Array, "*modes y x"]:
        half = transfer_function.free_space(
            field.grid, field.wavelength, 0.5 * self.thickness, field.tilt, field.medium_index
        )
        strength = np.pi * self.thickness / (field.wavelength * field.medium_index)
        source = half * (strength * _per_cosine(field))

        def step(spectra: tuple[Array, Array], contrast: Array) -> tuple[Array, Array]:
            incident, scattered = spectra
            incident = half * incident
            light = contrast * (2 * field.medium_index + contrast) * ifft2(incident)
            return half * incident, half * (half * scattered) + source * fft2(light)

        spectrum = fft2(field.values)
        incident, scattered = checkpointed_scan(step, (spectrum, jnp.zeros_like(spectrum)), self.contrast)
        return ifft2(incident + scattered)


def _per_cosine(field: Field) -> Complex[Array, "y x"]:
    """Return i/cos θ_f; real and decreasing for evanescent waves.

    It is infinite for waves along the slices, but integrable: nearer to them than one frequency sample δf the average
    over the sample stands for it, 1/√|1 − s| → 1/√(δs/8) with s = (λ|f+τ|/n)² and δs = 2λδf/n.
    """
    wavelength = field.wavelength / field.medium_index
    gy, gx = wavelength * (field.grid.fy + field.tilt[0]), wavelength * (field.grid.fx + field.tilt[1])
    cosine_squared = (1 - gy**2)[:, None] - (gx**2)[None, :]
    sample = jnp.max(1 / (jnp.asarray(field.grid.shape) * jnp.abs(field.grid.pitch)))
    size = jax.lax.rsqrt(jnp.maximum(jnp.abs(cosine_squared), 0.25 * wavelength * sample))
    nothing = jnp.zeros_like(size)
    return jnp.where(cosine_squared > 0, jax.lax.complex(nothing, size), jax.lax.complex(size, nothing))
