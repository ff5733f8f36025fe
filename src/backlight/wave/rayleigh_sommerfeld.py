"""The diffraction integral as it stands: the reference, exact and slow."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid
from backlight.maths.leaf import Given
from backlight.maths.precise import Precise, phasor, precise
from backlight.maths.safe import real_array
from backlight.wave.coordinates import positions
from backlight.wave.journey import journey
from backlight.wave.propagation_error import aliasing, sum_account
from backlight.wave.sampling import Sampling
from backlight.wave.window import Window, demand_distance


class RayleighSommerfeld(eqx.Module):
    """Propagate by the direct sum over the input's pixels of the first Rayleigh-Sommerfeld integral.

        U(r) = 1/(2π) Σ U(r′)·(z/R)·(1/R − ik)·exp(ik(R − z))/R · pixel area,   R = √(|r−r′|² + z²)

    (Goodman, Fourier Optics, §3.5), without exp(ikz); R − z is taken as |r−r′|²/(R+z). For z < 0 the conjugate kernel.

    **Arguments:** `scale` or `pitch`, `center`, `shape`: the output's pixels, by default the input's; with `scale`
    about the optical axis, see `Window`.

    Valid at any angle, also close by as long as the input's pixels sample the kernel: see `sampling`. It takes a
    spherical wave from every input pixel to every output pixel: for small windows and as a reference.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace, RayleighSommerfeld
        >>> light = Field(np.ones((8, 8)), Grid((8, 8), 1e-6), 500e-9)
        >>> FreeSpace(1e-3, RayleighSommerfeld(shape=(1, 3)))(light).values.shape
        (1, 3)
    """

    window: Window

    def __init__(
        self,
        *,
        scale: Given | None = None,
        pitch: Given | None = None,
        center: Given | None = None,
        shape: tuple[int, int] | None = None,
    ):
        self.window = Window(scale=scale, pitch=pitch, center=center, shape=shape)

    @property
    def scale(self) -> Float[Array, ""]:
        """How much wider the pixels come out: 1 where nothing else is asked for."""
        return real_array(1.0) if self.window.ratio is None and self.window.pitch is None else self.window.scale

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: it stays flat."""
        return False

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        demand_distance(distance)
        output = self._output(field.grid)
        values = _direct_sum(field, distance, output)
        return eqx.tree_at(lambda light: (light.values, light.grid), field, (values, output))

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the margins and the predicted error: copies of the spectrum that reach the output window."""
        demand_distance(distance)
        way = journey(field, distance, self._output(field.grid))
        pairs = float(np.prod(field.grid.shape)) * float(np.prod(self.window.shape_from(field.grid.shape)))
        return sum_account(way, way.walks(), (aliasing(way, way.walks()),), 400 * pairs, curved=False)

    def _output(self, grid: Grid) -> Grid:
        pitch = self.window.pitch_from(precise(grid.pitch), precise(grid.pitch)).plain
        center = grid.center if self.window.middle is None else self.window.middle
        return Grid(self.window.shape_from(grid.shape), pitch, center)


@jax.jit
def _direct_sum(field: Field, distance: Array, output: Grid) -> Complex[Array, "*modes y x"]:
    """Sum row by row of the output, so that memory holds one row times the input."""
    wavelength = precise(field.wavelength) / field.medium_index
    (y, x), (rows, columns) = ([positions(grid, axis) for axis in (0, 1)] for grid in (field.grid, output))
    across, values = columns[:, None] - x[None, :], field.full
    area = jnp.abs(jnp.prod(field.grid.pitch))

    @jax.checkpoint
    def row(place: Precise) -> Array:
        kernel = _kernel(place - y, across, wavelength, distance, field.tilt)
        return jnp.einsum("...yx,kyx->...k", values, kernel, precision="highest")

    return jnp.moveaxis(jax.lax.map(row, rows), 0, -2) * area


def _kernel(
    down: Precise, across: Precise, wavelength: Precise, distance: Array, tilt: Array
) -> Complex[Array, "k y x"]:
    """Return the wave of each input pixel at the output pixels of one row, over the carrier exp(2πi τ·(r−r′))."""
    forward, z = jnp.sign(distance), precise(jnp.abs(distance))
    square = (across * across)[:, None, :] + (down * down)[None, :, None]
    radius = (square + z * z).root()
    carrier = (across * tilt[1])[:, None, :] + (down * tilt[0])[None, :, None]
    turns = square / ((radius + z) * wavelength) * forward - carrier
    r, wavenumber = radius.plain, 2 * jnp.pi / wavelength.plain
    spreading = z.plain / (2 * jnp.pi * r**2)
    return jax.lax.complex(spreading / r, -spreading * wavenumber * forward) * phasor(turns)
