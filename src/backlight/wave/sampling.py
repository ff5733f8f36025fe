"""What a grid can carry: Nyquist margins in numbers, advice in words."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field, Grid
from backlight.maths.fourier import fft2, pad
from backlight.maths.safe import squared_modulus
from backlight.wave import transfer_function


@dataclass(frozen=True)
class Sampling:
    """The account of one propagation on one grid.

    **Attributes:**

    - `input_margin`: Nyquist frequency over the highest frequency that carries energy (99.99 %); > 1 is sampled.
    - `kernel_margin`: share of the propagating band that the padded grid carries without aliasing, 0 … 1. Told, not
      judged: what a field loses by it is `energy_lost`.
    - `output_margin`: half the padded width over how far the outermost energy walks; > 1 does not wrap around.
    - `energy_lost`: share of the field's energy in frequencies that the band limit drops.
    - `memory`: bytes of the padded complex field and its kernel in float32.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace
        >>> FreeSpace(1e-3).sampling(Field(np.ones((8, 8)), Grid((8, 8), 2e-6), 532e-9)).warnings
        ()
    """

    input_margin: float
    kernel_margin: float
    output_margin: float
    energy_lost: float
    memory: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return advice, one sentence each; empty where all is well."""
        found = []
        if self.input_margin < 1.02:
            found.append("The field has energy up to the Nyquist frequency: it may be undersampled; use a finer pitch.")
        if self.output_margin < 1:
            found.append(
                f"Light walks off by {1 / self.output_margin:.2g} half-widths of the grid and would wrap around; "
                "pad more (AngularSpectrum.planned does)."
            )
        if self.energy_lost > 1e-3:
            found.append(
                f"The grid carries {self.kernel_margin:.2g} of the propagating band, and drops {self.energy_lost:.2%} "
                "of the energy with the rest; pad more or shorten the distance."
            )
        return tuple(found)


def measure(field: Field, padded: Grid, distance: Float[Array, ""] | float) -> Sampling:
    """Account for propagating `field` on the `padded` grid over `distance` (m)."""
    wavelength = field.wavelength / field.medium_index
    energy = np.asarray(squared_modulus(fft2(pad(field.values, padded.shape))), dtype=np.float64)
    energy = energy.reshape(-1, *padded.shape).sum(axis=0)
    energy /= max(energy.sum(), np.finfo(float).tiny)
    kept = np.asarray(transfer_function.band_limit(padded, wavelength, jnp.asarray(distance), field.tilt))
    walk = [
        np.abs(np.asarray(w)) * abs(float(distance)) for w in transfer_function.walk_off(padded, wavelength, field.tilt)
    ]
    half = [0.5 * n * abs(float(p)) for n, p in zip(padded.shape, padded.pitch, strict=True)]
    nyquist = [np.abs(np.asarray(f) * 2 * float(p)) for f, p in zip((padded.fy, padded.fx), padded.pitch, strict=True)]
    return Sampling(
        input_margin=1 / max(_edge(np.maximum.outer(nyquist[0], nyquist[1]), energy), 1e-9),
        kernel_margin=float(kept.mean()),
        output_margin=1 / max(_edge(np.maximum(walk[0] / half[0], walk[1] / half[1]), energy), 1e-9),
        energy_lost=float(energy[~kept].sum()),
        memory=2 * 8 * padded.shape[0] * padded.shape[1],
    )


def _edge(coordinate: np.ndarray, energy: np.ndarray, share: float = 0.9999) -> float:
    """Return the value of `coordinate` below which `share` of the energy lies."""
    order = np.argsort(coordinate, axis=None)
    reached = np.searchsorted(np.cumsum(energy.flat[order]), share)
    return float(coordinate.flat[order[min(reached, order.size - 1)]])
