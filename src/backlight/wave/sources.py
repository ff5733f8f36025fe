"""Illumination: light that arrives at the sample when nothing is there."""

from abc import abstractmethod

import equinox as eqx
import jax
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.leaf import NONZERO, POSITIVE, Given, Pair, Scalar, number, pair
from backlight.maths.safe import complex_array, real_array


class TiltedSource(eqx.Module):
    """A source of one wavelength, whose direction is its `tilt`, n·sin(angle)/λ.

    Example:
        >>> from backlight.wave import PlaneWave, TiltedSource
        >>> isinstance(PlaneWave(532e-9), TiltedSource)
        True
    """

    wavelength: eqx.AbstractVar[Scalar]
    medium_index: eqx.AbstractVar[Scalar]
    tilt: eqx.AbstractVar[Pair]

    def __check_init__(self):
        """Refuse a direction that is none, where the numbers are known."""
        tilt, wavelength, index = self.tilt, self.wavelength, self.medium_index
        if all(isinstance(x, jax.Array) and not isinstance(x, Tracer) for x in (tilt, wavelength, index)):
            sine = float(np.hypot(*np.asarray(tilt, float)) * wavelength / index)
            if not sine < 1:
                raise InputError("tilt", got=f"λ|τ|/n = {sine:.3g}, the sine of an angle", expected="less than 1",
                                 remedy="tilt is n·sin(angle)/λ, in cycles/m")  # fmt: skip

    @abstractmethod
    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`."""

    def at_wavelength(self, wavelength: Float[Array, ""], medium_index: Float[Array, ""]) -> "TiltedSource":
        """Return the same source at another wavelength, seen under the same angle: τ is scaled by λ₀/λ."""
        tilt = self.tilt * (self.wavelength / wavelength)
        where = lambda one: (one.wavelength, one.medium_index, one.tilt)  # noqa: E731
        return eqx.tree_at(where, self, (wavelength, medium_index, tilt))


class PlaneWave(TiltedSource):
    """A plane wave of unit irradiance: U = exp(2πi τ·r).

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `medium_index`: n.
    - `tilt`: τ = (τ_y, τ_x) = n·sin(angle)/λ, cycles/m. It rides in the field's carrier; no fringe is sampled.

    **Errors:** `InputError` for |τ| ≥ n/λ, where they are known numbers.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave
        >>> PlaneWave(532e-9, tilt=(0.0, 1e5))(Grid((4, 6), 1e-6)).values.shape
        (1, 1)
    """

    wavelength: Scalar
    medium_index: Scalar
    tilt: Pair

    def __init__(self, wavelength: Given, *, medium_index: Given = 1.0, tilt: Given = (0.0, 0.0)):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.tilt = pair("tilt", tilt)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m: none."""
        return real_array(0.0)

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`."""
        return Field(complex_array([[1.0]]), grid, self.wavelength, medium_index=self.medium_index, tilt=self.tilt)


class SphericalWave(TiltedSource):
    """A wave from a point at `source_distance` before the plane: U = exp(iπ n |r|²/(λR)), unit irradiance.

    The paraxial sphere rides in the field's carrier, so that free space turns it into the equivalent plane-wave
    problem (Fresnel scaling theorem; Paganin, Coherent X-Ray Optics, 2006, appendix B): after a distance z the image
    is magnified by M = 1 + z/R and diffracted over z/M.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `source_distance`: R, from the point source to the sample, m.
    - `medium_index`: n.
    - `tilt`: τ, cycles/m, of the central ray.

    Valid paraxially: field of view ≪ R.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import SphericalWave
        >>> float(SphericalWave(532e-9, 0.5)(Grid((4, 6), 1e-6)).curvature)
        2.0
    """

    wavelength: Scalar
    source_distance: Scalar
    medium_index: Scalar
    tilt: Pair

    def __init__(
        self, wavelength: Given, source_distance: Given, *, medium_index: Given = 1.0, tilt: Given = (0.0, 0.0)
    ):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.source_distance = number("source_distance", source_distance, NONZERO)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.tilt = pair("tilt", tilt)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m."""
        return 1.0 / self.source_distance

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`."""
        return Field(
            complex_array([[1.0]]),
            grid,
            self.wavelength,
            medium_index=self.medium_index,
            tilt=self.tilt,
            curvature=self.curvature,
        )
