"""Laser beams: Gaussian, Hermite-Gauss, Laguerre-Gauss, anywhere along their axis."""

from abc import abstractmethod
from math import factorial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid
from backlight.maths.argument import whole, whole_pair
from backlight.maths.leaf import POSITIVE, Given, OneOrEach, Pair, Scalar, number, one_or_two, pair
from backlight.maths.safe import real_array
from backlight.wave.beam_axis import HIGHEST, Axis, modes, phase
from backlight.wave.sources import TiltedSource
from backlight.wave.weights import shared


class Beam(TiltedSource):
    """Light of finite width about its own axis, in a plane `position` behind its waist.

    The sphere of a beam is in the values and not in the carrier (`curvature` is 0): free space does not widen the
    spectrum of a beam, so a grid that resolves the waist resolves the sphere at any distance; and the radius of a
    beam's sphere depends on the wavelength, whereas wavelengths that meet on one camera need one grid.

    **Arguments:** see `GaussianBeam`; a subclass gives the `values`.

    Example:
        >>> from backlight.wave import Beam, GaussianBeam
        >>> isinstance(GaussianBeam(532e-9, 1e-4), Beam)
        True
    """

    wavelength: Scalar
    waist: OneOrEach
    position: Scalar
    medium_index: Scalar
    tilt: Pair
    center: Pair

    def __init__(
        self,
        wavelength: Given,
        waist: Given,
        *,
        position: Given = 0.0,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
        center: Given = (0.0, 0.0),
    ):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.waist, self.position = one_or_two("waist", waist, POSITIVE), number("position", position)
        self.tilt, self.center = pair("tilt", tilt), pair("center", center)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Curvature of the carrier, 1/m: none, the sphere is in the values."""
        return real_array(0.0)

    @abstractmethod
    def values(self, grid: Grid) -> Complex[Array, "*modes y x"]:
        """Return the field on `grid` without its tilt."""

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`."""
        values, weight = shared(self.values(grid))
        return Field(
            values,
            grid,
            self.wavelength,
            medium_index=self.medium_index,
            tilt=self.tilt,
            weight=weight,
        )

    def axes(self, grid: Grid, waist: Float[Array, "*axes"]) -> tuple[Axis, Axis]:
        """Return what happens along y and along x, for modes of the given waist."""
        wide = jnp.broadcast_to(waist, (2,))
        y, x = (
            Axis(
                grid.shape[i], grid.pitch[i], grid.center[i], self.center[i], wide[i],
                self.position, self.wavelength, self.medium_index,
            )
            for i in range(2)
        )  # fmt: skip
        return y, x


class GaussianBeam(Beam):
    """A Gaussian beam of unit irradiance in the middle of its waist: U = (q₀/q)·exp(ik r²/(2q)).

    q = z − i z_R, z_R = π n w²/λ (Siegman, Lasers, 1986, §17.1): the radius, where the irradiance is 1/e² of that in
    the middle, is w√(1+ζ²) with ζ = z/z_R, the sphere has the radius z + z_R²/z, the Gouy phase is −arctan ζ. Two
    waists make an elliptic beam, each axis with its own z_R and half of the Gouy phase.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `waist`: w, m; one number, or two (y, x).
    - `position`: z of the plane behind the waist, m; negative for light on its way to a focus.
    - `medium_index`: n.
    - `tilt`: τ of the axis, cycles/m, in the carrier.
    - `center`: (y, x) where the axis meets the plane, m.

    Valid paraxially: w ≫ λ.

    **Errors:** `InputError` if `waist` is neither one number nor two.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import GaussianBeam
        >>> beam = GaussianBeam(532e-9, 1e-4)(Grid((8, 8), 1e-4))
        >>> [round(float(x), 4) for x in beam.irradiance[4, 4:6]]
        [1.0, 0.1353]
    """

    def values(self, grid: Grid) -> Complex[Array, "y x"]:
        """Return (q₀/q)·exp(ik r²/(2q))."""
        rows, columns = (modes(1, axis)[0] for axis in self.axes(grid, self.waist))
        return rows[:, None] * columns


class HermiteGauss(Beam):
    """A Hermite-Gauss mode, U_mn = u_m(y)·u_n(x), of the power of the `GaussianBeam` with the same waist.

    u_n(x) = ψ_n(√2 x/w(z))·exp(i[ζx²/w(z)² − (n + ½)·arctan ζ])/(1+ζ²)^¼ with the Hermite functions ψ_n
    (Siegman, Lasers, 1986, §17.5): it keeps its shape, and its Gouy phase is −(m + n + 1)·arctan ζ.

    **Arguments:** `orders`: (m, n), along y and x; the others as for `GaussianBeam`.

    Valid paraxially: w ≫ λ√max(m, n).

    **Errors:** `InputError` for orders that are not two integers from 0 to 120.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import HermiteGauss
        >>> beam = HermiteGauss(532e-9, 1e-4, (0, 1))(Grid((8, 8), 1e-4))
        >>> [round(float(x), 4) for x in beam.values[4, 3:6].real]
        [-0.7358, 0.0, 0.7358]
    """

    orders: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self,
        wavelength: Given,
        waist: Given,
        orders: tuple[int, int],
        *,
        position: Given = 0.0,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
        center: Given = (0.0, 0.0),
    ):
        super().__init__(wavelength, waist, position=position, medium_index=medium_index, tilt=tilt, center=center)
        self.orders = whole_pair("orders", orders, 0, HIGHEST)

    def values(self, grid: Grid) -> Complex[Array, "y x"]:
        """Return u_m(y)·u_n(x)."""
        y, x = self.axes(grid, self.waist)
        return modes(self.orders[0] + 1, y)[-1][:, None] * modes(self.orders[1] + 1, x)[-1]


class LaguerreGauss(Beam):
    """A Laguerre-Gauss mode: a vortex of charge l with p dark rings, of the power of the `GaussianBeam`.

    U = √(p!/(p+|l|)!)·t^½|l|·L_p^|l|(t)·exp(−½t + ilφ + iζr²/w(z)² − iN·arctan ζ)/√(1+ζ²), t = 2r²/w(z)²,
    N = 2p + |l| + 1 (Allen et al., Phys. Rev. A 45, 8185, 1992); φ runs from the x axis towards the y axis.

    **Arguments:** `radial`: p, 0 … 30; `azimuthal`: l, of either sign, |l| ≤ 30; `waist`: one number; the others as for
    `GaussianBeam`.

    Valid paraxially: w ≫ λ√N.

    **Errors:** `InputError` for orders out of range, or two waists.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import LaguerreGauss
        >>> beam = LaguerreGauss(532e-9, 1e-4, 0, 1)(Grid((8, 8), 1e-4))
        >>> [complex(beam.values[at]).imag.__round__(4) for at in ((4, 4), (5, 4), (3, 4))]
        [0.0, 0.5203, -0.5203]
    """

    radial: int = eqx.field(static=True)
    azimuthal: int = eqx.field(static=True)

    def __init__(
        self,
        wavelength: Given,
        waist: Given,
        radial: int,
        azimuthal: int,
        *,
        position: Given = 0.0,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
        center: Given = (0.0, 0.0),
    ):
        number("waist", waist)  # a Laguerre-Gauss mode is round
        super().__init__(wavelength, waist, position=position, medium_index=medium_index, tilt=tilt, center=center)
        self.radial, self.azimuthal = whole("radial", radial, 0, 30), whole("azimuthal", azimuthal, -30, 30)

    def values(self, grid: Grid) -> Complex[Array, "y x"]:
        """Return the mode."""
        y, x = self.axes(grid, self.waist)
        p, turn, charge = self.radial, np.sign(self.azimuthal), abs(self.azimuthal)
        height, width = np.sqrt(2) * y.scaled[:, None], np.sqrt(2) * x.scaled
        square = height**2 + width**2
        norm = np.sqrt(factorial(p) / factorial(p + charge)) * (1 + x.relative_position**2) ** -0.5
        size = norm * _laguerre(p, charge, square) * jnp.exp(-0.5 * square)
        gouy = (2 * p + charge + 1) * jnp.arctan(x.relative_position)
        vortex = jax.lax.complex(jnp.broadcast_to(width, square.shape), jnp.broadcast_to(turn * height, square.shape))
        return size * vortex**charge * phase(y.sphere[:, None] + x.sphere, gouy)


def _laguerre(p: int, charge: int, t: Float[Array, "y x"]) -> Float[Array, "y x"]:
    """Return L_p^charge(t) by (k+1)L_{k+1} = (2k+1+charge−t)L_k − (k+charge)L_{k−1}."""
    before, here = jnp.zeros_like(t), jnp.ones_like(t)
    for k in range(p):
        before, here = here, ((2 * k + 1 + charge - t) * here - (k + charge) * before) / (k + 1)
    return here
