"""A field and the way it goes, in concrete numbers: what errors are predicted from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backlight.light import Field, Grid
from backlight.wave.phase_space import Beamlets, Walk, beamlets, exact_walk, mean_across, straight_walk
from backlight.wave.sampling import numbers, spectral_energy


@dataclass(frozen=True)
class Journey:
    """A field, the way it goes, and the window where it is looked at: concrete numbers, on the host.

    **Attributes:** `wavelength` in the medium; `distance`; `tilt` of the carrier; `aim`: the output's center minus the
    input's; `width`: the output's, m, and `shape`; `light`: the field in phase space; `across`: frequency along one
    axis → the square of the sine along the other. All pairs are (y, x).
    """

    field: Field
    wavelength: float
    distance: float
    tilt: np.ndarray
    aim: np.ndarray
    width: np.ndarray
    shape: tuple[int, int]
    light: tuple[Beamlets, Beamlets]
    across: tuple[Callable, Callable]

    @property
    def center(self) -> np.ndarray:
        """The output's, m."""
        return numbers(self.field.grid.center) + self.aim

    @property
    def edge(self) -> tuple[float, float]:
        """How far from the axis the output reaches, m."""
        y, x = np.abs(self.center) + 0.5 * self.width
        return float(y), float(x)

    def walks(self, distance: float | None = None) -> tuple[Walk, Walk]:
        """Return where the light of a frequency goes, at any angle."""
        z, (tilt_y, tilt_x) = self.distance if distance is None else distance, self.tilt
        return (
            exact_walk(self.wavelength, z, tilt_y, self.aim[0], self.across[0]),
            exact_walk(self.wavelength, z, tilt_x, self.aim[1], self.across[1]),
        )

    def straight_walks(self, distance: float | None = None) -> tuple[Walk, Walk]:
        """Return where the light goes paraxially."""
        z = self.distance if distance is None else distance
        y, x = (straight_walk(self.wavelength, z, self.tilt[i], self.aim[i]) for i in (0, 1))
        return y, x


def journey(field: Field, distance: object, output: Grid) -> Journey:
    """Take the numbers out of a field and its output grid."""
    z, wavelength = float(numbers(distance)), float(field.wavelength) / float(field.medium_index)
    return Journey(
        field=field,
        wavelength=wavelength,
        distance=z,
        tilt=numbers(field.tilt),
        aim=numbers(output.center) - numbers(field.grid.center),
        width=np.abs(numbers(output.pitch)) * np.asarray(output.shape),
        shape=output.shape,
        light=beamlets(field, z),
        across=_across(field, wavelength),
    )


def _across(field: Field, wavelength: float) -> tuple[Callable, Callable]:
    """Return, for light of a frequency along y, the mean square of its sine along x; and the other way round."""
    energy, pitch = spectral_energy(field, field.grid.shape), numbers(field.grid.pitch)
    y, x = (
        (wavelength * (np.fft.fftfreq(n, pitch[i]) + numbers(field.tilt)[i])) ** 2
        for i, n in enumerate(field.grid.shape)
    )
    return mean_across(energy, x, abs(pitch[0])), mean_across(energy.T, y, abs(pitch[1]))
