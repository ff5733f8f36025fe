"""What a grid can carry: Nyquist margins and the predicted error in numbers, advice in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from backlight.errors import InputError
from backlight.light import Field


@dataclass(frozen=True)
class Cause:
    """One reason why a propagated field is wrong: its relative L2 error in the output window, and what helps.

    Example:
        >>> from backlight.wave import Cause
        >>> Cause("wrap-around", 0.01, "pad more").error
        0.01
    """

    name: str
    error: float
    remedy: str


@dataclass(frozen=True)
class Sampling:
    """The account of one propagation on one grid.

    **Attributes:**

    - `input_margin`: Nyquist frequency over the highest frequency that carries energy (99.99 %); > 1 is sampled.
    - `kernel_margin`: share of the propagating band that the padded grid carries without aliasing, 0 … 1. Told, not
      judged: what a field loses by it is `energy_lost`. For sums over the input's pixels: Nyquist frequency over that
      of the fastest phase under the sum, at most 1.
    - `output_margin`: half the width that the method can tell apart over how far the outermost energy walks (for sums:
      lands); > 1 does not wrap around.
    - `energy_lost`: share of the field's energy in frequencies that the band limit drops.
    - `memory`: bytes of the padded complex field and its kernel in float32.
    - `operations`: floating-point operations, roughly.
    - `causes`: what makes the result wrong, by how much, and what helps.
    - `undersampled`: share of the energy at the Nyquist frequency of the input's pixels where `input_margin` is too
      small, else 0: as much may have been folded in before. It is not in `error`, which starts from the samples as
      they are; `demand` counts it.
    - `carrier_phase`: rad RMS, what the paraxial scaling of a curved carrier misses of the phase behind it. It is not
      in `error`: the irradiance is off by a tenth of it and less.
    - `pixel_rounding`: rad RMS, what it costs in float32 if pitch and center of the output are rounded. Most methods
      compute light for the rounded pixels; it is in `error` where they cannot.
    - `edge`: m, how far from the optical axis the output reaches along y and x.

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
    operations: float = 0.0
    causes: tuple[Cause, ...] = ()
    undersampled: float = 0.0
    carrier_phase: float = 0.0
    pixel_rounding: float = 0.0
    edge: tuple[float, float] = (0.0, 0.0)

    @property
    def error(self) -> float:
        """The predicted relative L2 error of the field in the output window: its causes, taken as independent."""
        return _together(self.causes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return advice, one sentence each; empty where all is well."""
        found = []
        if self.input_margin < SAMPLED:
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
        if self.carrier_phase > PHASE:
            found.append(
                f"A curved carrier is taken along paraxially: the phase behind is off by {self.carrier_phase:.2g} rad "
                "RMS, the irradiance by a tenth of it and less; where the phase counts, sample the sphere itself "
                "(curvature 0)."
            )
        return tuple(found)

    def demand(self, error: float = 1e-3) -> None:
        """Refuse a propagation that is predicted to be off by more than `error` (relative, L2, in the output window).

        Light that may have been undersampled is off by what may have been folded in, √`undersampled`.

        **Errors:** `InputError` with the largest cause and what helps against it.

        Example:
            >>> import numpy as np
            >>> from backlight.light import Field, Grid
            >>> from backlight.wave import ChirpZ, FreeSpace
            >>> light = Field(np.ones((8, 8)), Grid((8, 8), 2e-6), 532e-9)
            >>> FreeSpace(1e-5, ChirpZ(scale=1.0)).sampling(light).demand()
            Traceback (most recent call last):
            ...
            backlight.errors.InputError: propagation: aliasing...
        """
        folded = Cause("undersampling of the light", float(np.sqrt(self.undersampled)), "use finer pixels")
        causes = *self.causes, folded
        found = _together(causes)
        if found <= error:  # not where it is NaN
            return
        worst = max(causes, key=lambda cause: cause.error)
        raise InputError(
            f"propagation: {worst.name}",
            got=f"a predicted error of {found:.2g}, {worst.error:.2g} of it by {worst.name}",
            expected=f"at most {error:.2g} of the field in the output window",
            remedy=worst.remedy,
        )


SAMPLED = 1.02
"""Input margin below which light may be undersampled."""

PHASE = 0.1
"""rad: a carrier's phase that is off by more is told."""


def _together(causes: tuple[Cause, ...]) -> float:
    return float(np.sqrt(sum(cause.error**2 for cause in causes)))


def spectral_energy(field: Field, shape: tuple[int, int]) -> np.ndarray:
    """Return the share of the energy in each frequency of a grid of `shape`, all modes together."""
    energy = (np.abs(np.fft.fft2(lit_modes(field), s=shape)) ** 2).sum(axis=0, dtype=np.float64)
    return energy / max(energy.sum(), np.finfo(float).tiny)


def lit_modes(field: Field) -> np.ndarray:
    """Return the values of all modes, one after the other, each times the root of its weight."""
    weight = np.asarray(field.weight).reshape(*field.weight.shape, *[1] * (field.values.ndim - field.weight.ndim))
    return (np.sqrt(weight) * np.asarray(field.full)).reshape(-1, *field.grid.shape)


def placed_energy(field: Field) -> np.ndarray:
    """Return the share of the energy in each pixel, all modes together."""
    energy = (np.abs(lit_modes(field)) ** 2).sum(axis=0, dtype=np.float64)
    return energy / max(energy.sum(), np.finfo(float).tiny)


def input_margin(energy: np.ndarray) -> float:
    """Return the Nyquist frequency over the highest frequency that carries energy."""
    return 1 / max(edge(_over_nyquist(energy), energy), 1e-9)


def undersampled(energy: np.ndarray) -> float:
    """Return the share of the energy at the Nyquist frequency where the input margin is below `SAMPLED`, else 0."""
    if input_margin(energy) >= SAMPLED:
        return 0.0
    return float(energy[_over_nyquist(energy) > 1 / SAMPLED].sum())


def _over_nyquist(energy: np.ndarray) -> np.ndarray:
    return np.maximum.outer(*(np.abs(2 * np.fft.fftfreq(n)) for n in energy.shape))


def edge(coordinate: np.ndarray, energy: np.ndarray, share: float = 0.9999) -> float:
    """Return the value of `coordinate` below which `share` of the energy lies."""
    order = np.argsort(coordinate, axis=None)
    reached = np.searchsorted(np.cumsum(energy.flat[order]), share)
    return float(coordinate.flat[order[min(reached, order.size - 1)]])


def fft_operations(*sizes: int) -> float:
    """Return 5·n·log₂n of a transform of n = Π sizes numbers."""
    n = float(np.prod(sizes))
    return 5 * n * np.log2(max(n, 2.0))


def zoom_operations(before: tuple[int, int], behind: tuple[int, int]) -> float:
    """Return what two chirp-z transforms cost, along y and then along x."""
    (rows, columns), (new_rows, new_columns) = before, behind
    down = 2 * columns * fft_operations(rows + new_rows)
    return down + 2 * new_rows * fft_operations(columns + new_columns)


def numbers(value: Any) -> np.ndarray:
    """Return a leaf as float64 numbers on the host."""
    return np.asarray(value, dtype=np.float64)
