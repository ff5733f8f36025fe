"""From signal to recorded numbers: saturation and rounding."""

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.argument import setting, whole
from backlight.maths.leaf import FINITE, POSITIVE
from backlight.maths.straight_through import straight_through


class Converter(eqx.Module):
    """An analog-to-digital converter: the nearest multiple of Δ between floor and ceiling.

    Its gradient is 1 between them (rounding passes it straight through) and 0 beyond, as the camera's is. Where a frame
    is fitted, give the converter to the noise (`Digitized`) and leave the camera without one: the prediction then
    stays linear, and a saturated pixel says "at least this".

    **Arguments:** in units of the signal; `None` for none: `step`: Δ of one code; `ceiling`: the largest and `floor`:
    the smallest signal (black level included).

    **Errors:** `InputError` for a step that is not positive or a floor that is not below the ceiling.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Converter
        >>> Converter(step=0.5, floor=0.0, ceiling=2.0)(jnp.asarray([-1.0, 0.7, 9.0])).tolist()
        [0.0, 0.5, 2.0]
    """

    step: float | None = eqx.field(static=True)
    floor: float | None = eqx.field(static=True)
    ceiling: float | None = eqx.field(static=True)

    def __init__(self, *, step: float | None = None, floor: float | None = None, ceiling: float | None = None):
        if step is not None:
            setting("step", step, POSITIVE)
        for name, limit in (("floor", floor), ("ceiling", ceiling)):
            if limit is not None:
                setting(name, limit, FINITE)
        if floor is not None and ceiling is not None and not floor < ceiling:
            raise InputError("floor", got=f"{floor} with ceiling {ceiling}", expected="floor < ceiling")
        self.step, self.floor, self.ceiling = step, floor, ceiling

    def __call__(self, signal: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return the recorded signal."""
        if self.floor is not None:
            signal = jnp.where(signal < self.floor, self.floor, signal)  # chosen, not clipped: slope 1 at the limit
        if self.ceiling is not None:
            signal = jnp.where(signal > self.ceiling, self.ceiling, signal)
        if self.step is None:
            return signal
        return straight_through(jnp.clip(jnp.round(signal / self.step), *self._codes) * self.step, signal)

    @property
    def _codes(self) -> tuple[float, float]:
        """Return the first and the last multiple of Δ within the limits; a limit that is one but for round-off is."""
        step = 1.0 if self.step is None else self.step
        low = -math.inf if self.floor is None else float(math.ceil(self.floor / step - 1e-6))
        return low, math.inf if self.ceiling is None else float(math.floor(self.ceiling / step + 1e-6))

    @property
    def variance(self) -> float:
        """Δ²/12 of the rounding, good where noise or signal wander over more than a step (Bennett 1948)."""
        return 0.0 if self.step is None else self.step**2 / 12


def adc(bits: int, full_scale: float, *, black_code: int = 0) -> Converter:
    """Return the converter with 2^bits codes over a full scale: Δ = w/(2^bits − 1), from −black·Δ up.

    The signal is measured from the black level: a camera's offset of 0 is recorded as `black_code`, and codes are
    signal/Δ + black_code.

    **Arguments:** `bits`: their number; `full_scale`: w, signal between the first and the last code; `black_code`: code
    of no signal.

    **Errors:** `InputError` for bits that are no number from 1 to 24 (float32) or a black code beyond the last.

    Example:
        >>> from backlight.camera import adc
        >>> adc(8, 255.0, black_code=16)
        Converter(step=1.0, floor=-16.0, ceiling=239.0)
    """
    codes = 2 ** whole("bits", bits, 1, 24) - 1
    whole("black_code", black_code, 0, codes - 1)
    step = setting("full_scale", full_scale, POSITIVE) / codes
    return Converter(step=step, floor=-black_code * step, ceiling=(codes - black_code) * step)
