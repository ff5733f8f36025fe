"""The full electric field in the focus of a high-aperture objective."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid, map_modes
from backlight.light.grid import grid_shape
from backlight.maths.leaf import NONZERO, POSITIVE, Given, Scalar, number
from backlight.maths.precise import Precise, phasor, precise, where
from backlight.maths.safe import real_array, square_root
from backlight.wave.coordinates import positions
from backlight.wave.curved_carrier import without_curvature
from backlight.wave.numerical_aperture import demand_aperture
from backlight.wave.polarization import components

HIGHEST = jax.lax.Precision.HIGHEST


class VectorFocus(eqx.Module):
    """Focus a polarized pupil field by an aplanatic objective: (Ex, Ey) on the pupil → (Ex, Ey, Ez) in the focus.

    A ray through ρ of the pupil arrives under n sin θ = |ρ|/f (Abbe's sine condition). With σ = ρ/(n f) the Debye
    integral over the pupil is

        E(r, z) = −i/(λf) ∬ A(ρ)/√cos θ · exp(2πi (n z (cos θ − 1) − ρ·r/f)/λ) d²ρ,
        A_xy = P − σ (σ·P)/(1 + cos θ),   A_z = σ·P

    (Richards and Wolf, Proc. R. Soc. A 253, 358 (1959); 1/√cos θ is their √cos θ over dΩ = d²ρ/cos θ). It is a matrix
    product along y and one along x, to any small grid. Aberrations are a phase on the pupil field before. Power is
    kept: the plane waves of the focus carry Σ|E(f)|² cos θ = Σ|P|² through the focal plane, while ∬|E|² dr is
    ∬|P|²/cos θ dρ, more by the share of light that crosses the plane slantwise.

    **Arguments:**

    - `focal_length`: f, m, in air (of a tube lens over the magnification, for a microscope objective).
    - `numerical_aperture`: NA = n sin α < n. Pixels on the rim |ρ| = f·NA count by their share of it.
    - `scale`: pixels of the focus over pixels of the pupil.
    - `medium_index`: n behind the lens.
    - `defocus`: z, m; the plane beyond the focus where the field is wanted.
    - `shape`: (rows, columns) of the grid in the focus; `None` for the pupil's.

    Valid for f ≫ λ (Debye), light within a half period |r| < λf/(2·pixel of the pupil) of the axis.
    Near the focus the error falls with the square of the pupil's pixel; that of the whole energy, if the rim is lit,
    with the pixel. A tilt of the pupil field moves the focus by λfτ.

    **Errors:** `InputError` for NA ≥ n; and for light without two components on axis −3.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, Polarized, VectorFocus
        >>> pupil = Polarized(PlaneWave(532e-9), (1, 0))(Grid((64, 64), 40e-6))
        >>> spot = VectorFocus(2e-3, 0.6, 1e-3, shape=(9, 9))(pupil)
        >>> spot.values.shape, bool(spot.irradiance[0, 4, 4] > spot.irradiance[0, 4, 8])
        ((3, 9, 9), True)
    """

    focal_length: Scalar
    numerical_aperture: Scalar
    scale: Scalar
    medium_index: Scalar
    defocus: Scalar
    shape: tuple[int, int] | None = eqx.field(static=True)

    def __init__(
        self,
        focal_length: Given,
        numerical_aperture: Given,
        scale: Given,
        *,
        medium_index: Given = 1.0,
        defocus: Given = 0.0,
        shape: tuple[int, int] | None = None,
    ):
        self.focal_length = number("focal_length", focal_length, NONZERO)
        self.numerical_aperture = number("numerical_aperture", numerical_aperture, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.scale, self.defocus = number("scale", scale, NONZERO), number("defocus", defocus)
        self.shape = None if shape is None else grid_shape(shape)
        demand_aperture(self.numerical_aperture, self.medium_index)

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return `scale`, and no curvature: the sphere that converges on the focus is in the integral."""
        return self.scale, real_array(0.0)

    def __call__(self, field: Field) -> Field:
        """Return the field about the focus."""
        return map_modes(self._focused, field)

    def _focused(self, field: Field) -> Field:
        field = without_curvature(field)
        pupil = field.grid
        focus = Grid(pupil.shape if self.shape is None else self.shape, pupil.pitch * self.scale)
        area = pupil.pitch[0] * pupil.pitch[1] / (field.wavelength * self.focal_length)
        rays = self._refracted(components(field), pupil, field.wavelength) * (-1j * area)
        along_y, along_x = (self._waves(field, focus, axis) for axis in (0, 1))
        values = jnp.matmul(jnp.matmul(along_y, rays, precision=HIGHEST), along_x.T, precision=HIGHEST)
        return Field(values, focus, field.wavelength, medium_index=self.medium_index, weight=field.weight)

    def _refracted(
        self, values: Complex[Array, "*modes 2 #y #x"], pupil: Grid, wavelength: Float[Array, ""]
    ) -> Complex[Array, "*modes 3 y x"]:
        """Return A/√cos θ with the phase of the defocus, rays within the aperture."""
        bend = precise(self.medium_index) * self.focal_length
        sy, sx = (positions(pupil, axis) / bend for axis in (0, 1))
        cosine = self._cosine(sy[:, None], sx)
        delay = phasor(precise(self.defocus) * self.medium_index / wavelength * (cosine - 1.0))
        cosine = cosine.rounded()
        weight = delay * (self._open(pupil) / jnp.sqrt(cosine))
        y, x = sy.rounded()[:, None], sx.rounded()
        px, py = values[..., 0, :, :], values[..., 1, :, :]
        radial = x * px + y * py
        inward = radial / (1 + cosine)
        return jnp.stack([(px - x * inward) * weight, (py - y * inward) * weight, radial * weight], axis=-3)

    def _cosine(self, sy: Precise, sx: Precise) -> Precise:
        """Return cos θ = √(1 − |σ|²); pixels that reach beyond the rim take the rim's."""
        square = sy * sy + sx * sx
        rim = (self.numerical_aperture / self.medium_index) ** 2
        return (1.0 - where(square.plain < rim, square, rim)).root()

    def _open(self, pupil: Grid) -> Float[Array, "y x"]:
        """Return how much of each pixel lies within the rim, linear across it: a slope in NA can follow."""
        y, x = pupil.y[:, None], pupil.x
        radius = square_root(y**2 + x**2)
        along = square_root((pupil.pitch[0] * y) ** 2 + (pupil.pitch[1] * x) ** 2)  # radius · pixel along it
        center = along == 0
        pixels = (self.focal_length * self.numerical_aperture - radius) * radius / jnp.where(center, 1.0, along)
        return jnp.where(center, 1.0, jnp.clip(pixels + 0.5, 0, 1))

    def _waves(self, field: Field, focus: Grid, axis: int) -> Complex[Array, "focus pupil"]:
        """Return exp(2πi ρ·(τ − r/(λf))) of an axis: the direct transform to a grid of any pitch."""
        cycles = field.tilt[axis] - positions(focus, axis) / (precise(field.wavelength) * self.focal_length)
        return phasor(cycles[:, None] * positions(field.grid, axis))
