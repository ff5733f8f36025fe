"""The reference wave of a hologram."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Complex

from backlight.light import Field, map_modes
from backlight.maths.leaf import Given, JonesVector, Pair, Scalar, number, pair
from backlight.maths.precise import phasors, precise, separable
from backlight.wave.coordinates import positions
from backlight.wave.element import Element
from backlight.wave.polarization import components, jones_vector


class Reference(Element):
    """Add a reference wave to the light: U → U + R, R(r) = J·a·exp(iφ + 2πi τ_R·r + iπ n c_R |r|²/λ).

    A camera behind it records |U + R|², whose cross term U·R* carries amplitude and phase of U on fringes of frequency
    −τ_R (off-axis holography: Leith and Upatnieks, J. Opt. Soc. Am. 52, 1123 (1962)). What the field has in its carrier
    is taken off R, so that R is written out on the grid as its values are.

    Light and reference come from one source: what the weight of a mode (`Field.weight`) is of its light, it is of the
    reference it meets. Of all modes together that has the irradiance a² where the weights sum to 1, and fringes are as
    strong however many modes describe the source.

    **Arguments:**

    - `amplitude`: a, relative to the values of a light that is one mode.
    - `tilt`: τ_R = (τ_y, τ_x) = n·sin(angle)/λ, cycles/m.
    - `curvature`: c_R, 1/m; positive for a reference that diverges from a point at 1/c_R before the plane.
    - `phase`: φ, rad. No frame tells it from a constant phase of the light: it says where that of the light is zero.
    - `jones`: J = (Jx, Jy) of a reference for polarized light, complex; |Jx|² + |Jy|² = 1 gives it the irradiance a².
      Without it J is 1 for each component of the light: polarized light meets a reference at 45°, of irradiance 2a².

    Valid where the grid samples the fringes: |τ_R| + n|c_R| r/λ below the Nyquist frequency. Whole turns are taken off
    in two floats, so that thousands of fringes lose no digit.

    **Errors:** `InputError` for `jones` of another shape; with `jones`, for light without polarization.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import Reference
        >>> light = Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 532e-9)
        >>> behind = Reference(2.0, tilt=(0.0, 0.25e6))(light)
        >>> [round(float(x), 3) for x in behind.irradiance[0]]
        [5.0, 1.0, 5.0, 9.0, 5.0, 1.0]
    """

    amplitude: Scalar
    tilt: Pair
    curvature: Scalar
    phase: Scalar
    jones: JonesVector | None

    def __init__(
        self,
        amplitude: Given = 1.0,
        *,
        tilt: Given = (0.0, 0.0),
        curvature: Given = 0.0,
        phase: Given = 0.0,
        jones: Given | None = None,
    ):
        self.amplitude = number("amplitude", amplitude)
        self.tilt = pair("tilt", tilt)
        self.curvature = number("curvature", curvature)
        self.phase = number("phase", phase)
        self.jones = None if jones is None else jones_vector(jones)

    def __call__(self, field: Field) -> Field:
        """Return the light and the reference together."""
        return map_modes(self._added, field)

    def _added(self, field: Field) -> Field:
        return field.with_values(field.full + self._polarized(field))

    def _polarized(self, field: Field) -> Complex[Array, "*component y x"]:
        """Return R in each component of the field."""
        if self.jones is None:
            return self._against(field)
        components(field)
        return self.jones[:, None, None] * self._against(field)

    @eqx.filter_jit
    def _against(self, field: Field) -> Complex[Array, "y x"]:
        """Return R over the field's carrier."""
        bend = (precise(self.curvature) - field.curvature) * field.medium_index / (precise(field.wavelength) * 2.0)

        lean = precise(self.tilt) - field.tilt
        y, x = phasors(*((bend * r + lean[i]) * r for i, r in enumerate(positions(field.grid, i) for i in (0, 1))))
        return separable(self.amplitude * jnp.exp(1j * self.phase) * y, x)
