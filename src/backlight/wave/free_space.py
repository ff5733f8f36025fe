"""A stretch of homogeneous medium."""

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import equinox as eqx
import jax
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid, map_modes, split_modes
from backlight.maths.argument import slot
from backlight.maths.leaf import Given, Scalar, number
from backlight.maths.precise import Precise, precise
from backlight.maths.safe import known_zero, real_array
from backlight.wave.angular_spectrum import AngularSpectrum
from backlight.wave.curved_carrier import carrier_remainder
from backlight.wave.propagation_error import carrier_phase
from backlight.wave.round_off import curved_round_off
from backlight.wave.sampling import Sampling


class Propagator(Protocol):
    """What `FreeSpace` asks of a method: move a field with a flat carrier (curvature 0), and tell how well it can."""

    @property
    def scale(self) -> Float[Array, ""] | float:
        """Return how much wider the pixels come out, 1 where they stay."""
        ...

    @property
    def curved(self) -> bool:
        """Return whether the light comes out on the sphere about the input's center, curvature 1/z."""
        ...

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        ...

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return what the grid costs."""
        ...


if TYPE_CHECKING:
    Method = Propagator
else:  # a run-time check of the protocol would ask for a scale where there may be none
    Method = eqx.Module


class FreeSpace(eqx.Module):
    """Propagate over `distance` (z, m), by default with the band-limited angular spectrum.

    A curved carrier of curvature c is taken along by the Fresnel scaling theorem, which is paraxial: with M = 1 + z·c
    the values are propagated over z/M on their own pixels, and come out on a grid M times wider, M times fainter, with
    curvature c/M and tilt τ/M. For c = 0 this is the plain method. Behind a focus M is negative, and so is the pitch:
    the picture is upside down, and the values change their sign. At the focus itself (M = 0) there is no picture.

    What the theorem misses is a phase, about π z s⁴/(4λ) of light at the sine s (`Sampling.carrier_phase`); the
    irradiance is off by a tenth of it and less: behind a point source 5 mm away, 20 mm further and out to s = 0.05, the
    phase is off by 0.09 rad, the irradiance by 1e-3.

    **Arguments:**

    - `distance`: z, m; either sign. A leaf: it can be an unknown.
    - `method`: how to propagate a field.

    **Errors:** `InputError` for a method that is none, such as its name.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace
        >>> light = Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 532e-9, curvature=1 / 0.1)
        >>> round(1e6 * float(FreeSpace(0.05)(light).grid.pitch[0]), 3)
        1.5
    """

    distance: Scalar
    method: Method

    def __init__(self, distance: Given, method: Method | None = None):
        self.distance = number("distance", distance)
        self.method = AngularSpectrum() if method is None else slot("method", method, "scale", "curved", "sampling")

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return how much wider the pixels come out, M = (1 + z·c) · scale of the method, and the curvature behind."""
        scale = self._scale(curvature).rounded()
        # A sphere of radius z/M on pixels M times as wide, and the c/M that was there: 1/z in all.
        return scale * self.method.scale, 1 / self.distance if self.method.curved else curvature / scale

    def __call__(self, field: Field) -> Field:
        """Return the field at the far end."""
        return map_modes(self._propagated, field)

    def sampling(self, field: Field) -> Sampling:
        """Return the margins, the predicted error and the memory of this propagation; of modes, the worst one's."""
        return max((self._account(mode) for mode in split_modes(field)), key=lambda account: account.error)

    def _account(self, field: Field) -> Sampling:
        if known_zero(field.curvature):
            return self.method.sampling(field, self.distance)
        scale = self._scale(field.curvature).rounded()
        flat = (self.distance / self._scale(field.curvature)).rounded()
        account = self.method.sampling(_flat(field), flat)
        behind = 1 / self.distance if self.method.curved else field.curvature / scale
        causes = (*account.causes, curved_round_off(field, flat, scale, behind, account))
        y, x = (abs(float(scale)) * edge for edge in account.edge)
        return replace(account, causes=causes, carrier_phase=carrier_phase(field, self.distance), edge=(y, x))

    def _scale(self, curvature: Float[Array, ""]) -> Precise:
        """Return M = 1 + z·c: near a focus little is left of the 1, and of the digits of a float."""
        scale = 1.0 + precise(self.distance) * curvature
        if known_zero(scale.plain):
            raise InputError(
                "distance of FreeSpace", got="the focus of a curved carrier", expected="a plane before or behind it",
                remedy="use FocalPlane for a lens with the light in its front focal plane",
            )  # fmt: skip
        return scale

    def _propagated(self, field: Field) -> Field:
        if known_zero(field.curvature):
            return self.method(field, self.distance)
        scale = self._scale(field.curvature)
        moved = self.method(_flat(field), (self.distance / scale).rounded())
        return _magnified(moved, scale, field.curvature)


@jax.jit
def _magnified(moved: Field, scale: Precise, curvature: Float[Array, ""]) -> Field:
    """Return light of a flat carrier as that of a carrier of `curvature` in front, M times wider."""
    pitch, center = (precise(part) * scale for part in (moved.grid.pitch, moved.grid.center))
    grid, tilt = Grid(moved.grid.shape, pitch.rounded(), center.rounded()), precise(moved.tilt) / scale
    behind = (precise(moved.curvature) / scale + curvature) / scale
    wavelength = precise(moved.wavelength) / moved.medium_index
    return Field(
        moved.values * (carrier_remainder(grid, tilt, behind, wavelength) / scale.rounded()),
        grid,
        moved.wavelength,
        medium_index=moved.medium_index,
        tilt=tilt.rounded(),
        curvature=behind.rounded(),
        weight=moved.weight,
    )


def _flat(field: Field) -> Field:
    return eqx.tree_at(lambda light: light.curvature, field, real_array(0.0))
