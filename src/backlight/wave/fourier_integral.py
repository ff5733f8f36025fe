"""The integral that Fresnel, Fraunhofer and a lens share, on any output pixels."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid
from backlight.maths.chirp_z import centered, centered_fft2, zoom
from backlight.maths.precise import Precise, phasor, phasors, precise, separable
from backlight.wave.curved_carrier import carrier_remainder, sphere
from backlight.wave.window import Window


@jax.jit
def fourier_integral(
    field: Field, length: Float[Array, ""], window: Window, curvature: Precise, chirp: Precise, behind: Precise
) -> Field:
    """Return U(r) = 1/(iλL) ∫ u(r′)·exp(iπ(κ(2r′·r₀ − r₀²) + χ|r′ − r₀|²)/λ)·exp(−2πi r·r′/(λL)) dr′.

    With κ = χ the quadratic phase is exp(iπκ|r′|²/λ), written about the input's center r₀ so that its fast part is
    taken along exactly: as a walk of the output's center, λL(τ + κr₀/λ), and as the output's tilt, −r₀/(λL).

    **Arguments:**

    - `field`: u with its tilt τ; its own curvature is not looked at.
    - `length`: L, m, a distance or a focal length, either sign.
    - `curvature`: κ, 1/m; `chirp`: χ, 1/m, the same, or 0 in the far field.
    - `behind`: the curvature that the output carries, 1/m; what its float rounds off stays with the values.
    """
    wavelength = precise(field.wavelength) / field.medium_index
    spread, pitch, start = wavelength * length, precise(field.grid.pitch), precise(field.grid.center)
    place = _placed(field, spread, window, curvature / wavelength)
    values = field.full * sphere(Grid(field.grid.shape, field.grid.pitch), chirp / wavelength)
    if window.natural:
        values = centered_fft2(values * _turned(field.grid.shape, place.middle))
    else:
        values = zoom(values, place.middle, pitch * place.grid.pitch / spread, place.grid.shape)
    constant = (precise(field.tilt) + curvature * start / wavelength * 0.5) * start
    factor = phasor(constant[0] + constant[1]) * (-1j * jnp.abs(jnp.prod(field.grid.pitch)) / spread.plain)
    tilt = -(start / spread)
    return Field(
        values * factor * carrier_remainder(place.grid, tilt, behind, wavelength),
        place.grid,
        field.wavelength,
        medium_index=field.medium_index,
        tilt=tilt.rounded(),
        curvature=behind.rounded(),
        weight=field.weight,
    )


@jax.jit
def output_grid(field: Field, length: Float[Array, ""], window: Window, curvature: Precise) -> Grid:
    """Return the grid on which `fourier_integral` gives its result."""
    wavelength = precise(field.wavelength) / field.medium_index
    return _placed(field, wavelength * length, window, curvature / wavelength).grid


class _Place(eqx.Module):
    """Output pixels, as their floats have them, and the frequency of the middle one in cycles per input sample."""

    grid: Grid
    middle: Precise


def _placed(field: Field, spread: Precise, window: Window, rate: Precise) -> _Place:
    """Place a window at λL·(tilt + rate·r₀), or at its own center."""
    pitch, tilt = precise(field.grid.pitch), precise(field.tilt) + rate * precise(field.grid.center)
    own = spread / (pitch * jnp.asarray(field.grid.shape, pitch.plain.dtype))
    center = (spread * tilt).rounded() if window.middle is None else window.middle
    grid = Grid(window.shape_from(field.grid.shape), window.pitch_from(pitch, own).rounded(), center)
    return _Place(grid, pitch * (precise(center) / spread - tilt))


def _turned(shape: tuple[int, int], middle: Precise) -> Complex[Array, "y x"]:
    """Return exp(−2πi·middle·n′): a single FFT then lands on the rounded center. Of no derivative, as all rounding."""
    middle = jax.lax.stop_gradient(middle)
    return separable(*phasors(*(-(middle[i] * centered(n)) for i, n in enumerate(shape))))
