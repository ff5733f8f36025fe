"""Partially coherent beams of Gaussian width and Gaussian coherence."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Grid
from backlight.maths.argument import setting
from backlight.maths.leaf import POSITIVE, PROPER_SHARE, Given, OneOrEach, numbers, one_or_two, widest
from backlight.maths.safe import square_root
from backlight.wave.beam_axis import HIGHEST, modes
from backlight.wave.beams import Beam


class GaussianSchell(Beam):
    """A Gaussian Schell-model beam by its coherent modes.

    At the waist W(r₁, r₂) = √(I(r₁)I(r₂))·exp(−|r₁−r₂|²/(2σ²)) with I = exp(−2r²/w²). Its modes are Hermite-Gauss of
    the waist w_c = (a² + 2ab)^−¼, a = 1/w², b = 1/(2σ²), with irradiances √(2c/(a+b+c))·tⁿ per axis, c = 1/w_c²,
    t = b/(a+b+c) (Starikov and Wolf, J. Opt. Soc. Am. 72, 923, 1982): the share of the n-th is (1−t)tⁿ. All spread
    alike, with z_R = π n w_c²/λ: by as much more as the beam is less coherent.

    **Arguments:**

    - `wavelength`, `position`, `medium_index`, `tilt`, `center`: as for `GaussianBeam`.
    - `waist`: w, where the irradiance is 1/e² of that in the middle, m; one number, or two (y, x).
    - `coherence_width`: σ, m; one number, or two (y, x).
    - `error`: the largest share of the energy in the modes left out, of the beam as built. The modes are kept, and not
      made brighter, when `waist` or `coherence_width` change: see `energy_left_out`.

    Valid paraxially: the width and σ ≫ λ.

    **Errors:** `InputError` for an error not between 0 and 1, or a beam that needs modes of an order above 120.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import GaussianSchell
        >>> beam = GaussianSchell(532e-9, 1e-4, 1e-4, error=1e-2)
        >>> beam(Grid((8, 8), 5e-5)).values.shape, round(float(beam.energy_left_out), 4)
        ((9, 8, 8), 0.0072)
    """

    coherence_width: OneOrEach
    orders: tuple[tuple[int, int], ...] = eqx.field(static=True)

    def __init__(
        self,
        wavelength: Given,
        waist: Given,
        coherence_width: Given,
        *,
        error: float = 1e-3,
        position: Given = 0.0,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
        center: Given = (0.0, 0.0),
    ):
        super().__init__(wavelength, waist, position=position, medium_index=medium_index, tilt=tilt, center=center)
        self.coherence_width = one_or_two("coherence_width", coherence_width, POSITIVE)
        setting("error", error, PROPER_SHARE)
        self.orders = orders_for(_ratios(widest(waist), _narrowest(coherence_width)), error)

    @property
    def energy_left_out(self) -> Float[Array, ""]:
        """Share of the beam's energy in the modes that are left out."""
        ratio = jnp.broadcast_to(_ratios(self.waist, self.coherence_width), (2,))
        return 1 - jnp.sum(jnp.prod((1 - ratio) * ratio ** np.asarray(self.orders), axis=-1))

    def values(self, grid: Grid) -> Complex[Array, "modes y x"]:
        """Return the modes, each with the root of its irradiance."""
        a, b, c = _gaussians(self.waist, self.coherence_width)
        ratio, first = (jnp.broadcast_to(one, (2,)) for one in (b / (a + b + c), jnp.sqrt(2 * c / (a + b + c))))
        chosen = np.asarray(self.orders)
        sides = []
        for i, axis in enumerate(self.axes(grid, c**-0.5)):
            count = int(chosen[:, i].max()) + 1
            weights = first[i] * ratio[i] ** jnp.arange(count)
            sides.append((square_root(weights)[:, None] * modes(count, axis))[chosen[:, i]])
        return sides[0][:, :, None] * sides[1][:, None, :]


def orders_for(ratio: np.ndarray, error: float) -> tuple[tuple[int, int], ...]:
    """Return the fewest orders (y, x), brightest first, that leave out at most `error` of Σ Π(1−t)tⁿ."""
    n = np.arange(HIGHEST + 1)
    y, x = ((1 - t) * t**n for t in ratio)
    share = np.outer(y, x)
    brightest = np.argsort(-share, axis=None, kind="stable")
    count = int(np.searchsorted(np.cumsum(share.flat[brightest]), 1 - error)) + 1
    orders = np.stack(np.unravel_index(brightest[:count], share.shape), axis=-1)
    if count > share.size or orders.max() == HIGHEST:
        raise InputError(
            "coherence_width",
            got=f"a beam that needs modes of an order above {HIGHEST} for an error of {error:g}",
            expected="a coherence not that much narrower than the beam",
            remedy="state a larger error, or describe the light by the points of its source (ExtendedSource)",
        )
    return tuple((int(m), int(n)) for m, n in orders)


def _gaussians(waist, coherence_width):
    """Return a, b, c of Starikov and Wolf: exp(−a(x₁²+x₂²) − b(x₁−x₂)²) has modes of the width of exp(−cx²)."""
    a, b = waist**-2.0, 0.5 * coherence_width**-2.0
    return a, b, (a * (a + 2 * b)) ** 0.5


def _ratios(waist, coherence_width):
    a, b, c = _gaussians(waist, coherence_width)
    return b / (a + b + c)


def _narrowest(width: Given) -> np.ndarray:
    both = np.min(np.abs(numbers(width))) if isinstance(width, eqx.Module) else np.abs(np.asarray(width, float))
    return np.broadcast_to(both, (2,))
