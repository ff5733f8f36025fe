"""Light over position and direction: where each part of it lands, and so what a propagation gets wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backlight.light import Field
from backlight.wave.sampling import lit_modes

Walk = Callable[[np.ndarray], np.ndarray]
"""Spatial frequency along one axis, cycles/m → how far sideways that light walks, m; ∞ where it does not arrive."""

REPLICAS = (-3, -2, -1, 1, 2, 3)

MOST_COPIES = 8
"""Copies on either side that are looked for in a window: with more of them, all is wrong."""

DARK = 1e-9
"""Share of the energy below which a window counts as dark: Gaussians do not tell what their far tails do."""


@dataclass(frozen=True)
class Beamlets:
    """The energy of a field along one axis, over position and spatial frequency.

    **Attributes:** `position` (k, 1), m from the grid's center; `frequency` (1, l), cycles/m, without the carrier;
    `energy` (k, l), 1 in total; `pitch`, m; `zone`, width of the Gaussian, m; `nyquist`, m, energy per frequency at the
    end of the spectrum.
    """

    position: np.ndarray
    frequency: np.ndarray
    energy: np.ndarray
    pitch: float
    zone: float
    nyquist: float

    def share(self, cells: np.ndarray) -> float:
        """Return the share of the energy in the cells of a mask."""
        return float(self.energy[np.broadcast_to(cells, self.energy.shape)].sum())

    def arriving(self, walk: Walk, width: float) -> float:
        """Return the share that lands within `width` about the output's center, at least `DARK`."""
        return max(self.share(_within(self.position + walk(self.frequency), width)), DARK)

    def dimmed(self, walk: Walk, width: float) -> float:
        """Return the share that lands in a window, also in one that is narrower than the rays lie apart."""
        landing = walk(np.sort(self.frequency[0]))
        apart = np.abs(np.diff(landing[np.isfinite(landing)]))
        wide = max(width, self.zone, float(np.median(apart)) if apart.size else 0.0)
        return self.arriving(walk, wide) * width / wide

    def missed(self, walk: Walk, kept: np.ndarray, width: float) -> float:
        """Return what would land in the window but is not kept, over what lands there; all, where nothing does."""
        inside, arriving = _within(self.position + walk(self.frequency), width), self.arriving(walk, width)
        return self.share(inside & ~kept) / arriving if arriving > DARK else 1.0

    def rung(self, walk: Walk, kept: np.ndarray, width: float) -> float:
        """Return what sharp edges of the band diffract into the window, over what lands there.

        The edge at f of a spectrum F leaves |F(f)|/(2πΔ) at Δ from where its light lands.
        """
        order = np.argsort(self.frequency[0])
        keep = np.broadcast_to(kept, self.frequency.shape)[0, order]
        edges = order[np.flatnonzero(keep[1:] != keep[:-1])]
        density = self.energy[:, edges] / abs(self.frequency[0, 1])
        landing = np.abs(self.position + walk(self.frequency[:, edges]))
        nearest = np.maximum(np.maximum(landing - 0.5 * width, 0), self.zone)
        ringing = density / (4 * np.pi**2) * (1 / nearest - 1 / (nearest + width))
        return float(np.nan_to_num(ringing).sum()) / self.arriving(walk, width)

    def landed(self, walk: Walk, width: float, frequency: np.ndarray) -> np.ndarray:
        """Return the share of the light of each frequency that lands in the window."""
        order = np.argsort(self.frequency[0])
        inside = np.where(_within(self.position + walk(self.frequency), width), self.energy, 0).sum(axis=0)
        share = inside / np.maximum(self.energy.sum(axis=0), 1e-300)
        return np.interp(frequency, self.frequency[0, order], share[order])

    def wrapped(self, walk: Walk, kept: np.ndarray, width: float, period: float) -> float:
        """Return what a grid of `period` folds into the window, from outside and from within, over what lands there.

        The samples end their spectrum F at the Nyquist frequency, and that edge rings as any other (see `rung`): not
        wrong by itself, but its slow tails are folded in, too.
        """
        landing = np.nan_to_num(self.position + walk(self.frequency), posinf=1e30, neginf=-1e30)
        lit = kept & (np.abs(landing) < 1e29)
        nearest, most = np.round(landing / period), min(int(np.ceil(0.5 * width / period)), MOST_COPIES)
        copies = [nearest + k for k in range(-most, most + 1)]  # more than one, where the window is wider than a period
        folded = sum(self.share(lit & (k != 0) & _within(landing - period * k, width)) for k in copies)
        return (folded + self._folded_tails(walk, kept, width, period)) / self.arriving(walk, width)

    def _folded_tails(self, walk: Walk, kept: np.ndarray, width: float, period: float) -> float:
        """Return the energy that the edges at ± the Nyquist frequency, where kept, ring into the window's copies.

        On the samples themselves both cancel; they do not once their light has landed apart.
        """
        last = self.frequency.shape[1] // 2
        edges = np.array([last, last + 1]) if self.frequency.shape[1] % 2 else np.array([last])
        lit = np.broadcast_to(kept, self.frequency.shape)[0, edges]
        there = self.energy[:, edges]
        density = np.where(lit, self.nyquist * there / np.maximum(there.sum(axis=0), 1e-300), 0.0)
        apart = np.abs(np.ptp(np.nan_to_num(walk(np.array([0.5, -0.5]) / self.pitch), posinf=1e30)))
        landing = np.nan_to_num(self.position + walk(self.frequency[:, edges]), posinf=1e30, neginf=-1e30)
        folded = 0.0
        for copy in (-period, period):
            nearest = np.maximum(np.abs(landing - copy) - 0.5 * width, self.zone)
            ringing = density / (4 * np.pi**2) * (1 / nearest - 1 / (nearest + width))
            folded += float((ringing * np.minimum(1, apart / nearest) ** 2).sum())
        return folded

    def aliased(self, walk: Walk, width: float) -> float:
        """Return what the copies of the spectrum, 1/pitch apart, bring into the window, over what lands there."""
        copies = [self.position + walk(self.frequency + k / self.pitch) for k in REPLICAS]
        return sum(self.share(_within(landing, width)) for landing in copies) / self.arriving(walk, width)

    def reach(self, walk: Walk, share: float = 0.9999) -> float:
        """Return how far from the output's center the outermost energy lands, m."""
        landing = np.abs(self.position + walk(self.frequency))
        order = np.argsort(landing, axis=None)
        place = np.searchsorted(np.cumsum(self.energy.flat[order]), share)
        return float(landing.flat[order[min(place, order.size - 1)]])


def beamlets(field: Field, length: float) -> tuple[Beamlets, Beamlets]:
    """Return the light of both axes in phase space, seen through Gaussians of √(λL/2π).

    That width spreads the landing points the least (a fresnel zone): λf is known to λL/(4πσ) from a piece σ wide.

    **Arguments:** `length`: L, m, over which it will travel.
    """
    values = lit_modes(field)
    wavelength = abs(float(field.wavelength) / float(field.medium_index))
    pitch = np.abs(np.asarray(field.grid.pitch, float))
    zone = np.sqrt(wavelength * abs(length) / (2 * np.pi))
    return (
        _beamlets(np.moveaxis(values, 1, -1).reshape(-1, values.shape[1]), pitch[0], zone),
        _beamlets(values.reshape(-1, values.shape[2]), pitch[1], zone),
    )


def _beamlets(rows: np.ndarray, pitch: float, zone: float) -> Beamlets:
    """Slide a Gaussian along the rows: out to 6σ, where it is 1e-8, in steps of σ."""
    n = rows.shape[1]
    sigma = float(np.clip(zone / pitch, 1.0, max(n / 6, 1.0)))
    half = int(np.ceil(6 * sigma))
    gaussian = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    padded = np.pad(rows, ((0, 0), (half, half)))
    places = np.arange(0, n, max(int(sigma), 1))
    pieces = [np.fft.fft(padded[:, p : p + 2 * half + 1] * gaussian) for p in places]
    energy = np.stack([(np.abs(piece) ** 2).sum(axis=0, dtype=float) for piece in pieces])
    return Beamlets(
        position=((places - n // 2) * pitch)[:, None],
        frequency=np.fft.fftfreq(2 * half + 1, pitch)[None, :],
        energy=energy / max(energy.sum(), np.finfo(float).tiny),
        pitch=pitch,
        zone=sigma * pitch,
        nyquist=_last_density(rows, pitch),
    )


def _last_density(rows: np.ndarray, pitch: float) -> float:
    """Return the energy per frequency about the Nyquist frequency, of 1 in total: the mean of the last five samples."""
    n = rows.shape[1]
    energy = (np.abs(np.fft.fft(rows)) ** 2).sum(axis=0, dtype=float)
    last = np.arange(n // 2 - 2, n // 2 + 3) % n
    return float(energy[last].mean() / max(energy.sum(), np.finfo(float).tiny)) * n * pitch


def straight_walk(wavelength: float, distance: float, tilt: float, aim: float) -> Walk:
    """Return the paraxial walk zλ(f+τ), counted from `aim`, m."""
    return lambda frequency: distance * wavelength * (frequency + tilt) - aim


def exact_walk(wavelength: float, distance: float, tilt: float, aim: float, across: Callable) -> Walk:
    """Return the walk z·s/√(1 − s² − s′²) with s = λ(f+τ), counted from `aim`.

    **Arguments:** `across`: f → the square of the sine s′ along the other axis that light of this frequency has: light
    along the diagonal is steeper than each axis tells.
    """

    def walk(frequency: np.ndarray) -> np.ndarray:
        sine = wavelength * (frequency + tilt)
        cosine_squared = 1 - sine**2 - across(frequency)
        cosine = np.sqrt(np.maximum(cosine_squared, 1e-30))
        return np.where(cosine_squared > 0, distance * sine / cosine - aim, np.inf)

    return walk


def mean_across(energy: np.ndarray, square: np.ndarray, pitch: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return f → the mean over the energy of what lies at f of a quantity of the other axis.

    **Arguments:** `energy` (n, m) of each frequency of both axes, in FFT order; `square` (m,), the quantity; `pitch`,
    m, of the first axis: beyond ±1/(2·pitch) the spectrum goes on periodically.
    """
    tiny = np.finfo(float).tiny
    everywhere = energy.sum(axis=0) @ square / max(energy.sum(), tiny)
    spare = 1e-9 * energy.mean() + tiny  # where it is dark: as all of the light
    mean = (energy @ square + spare * everywhere) / (energy.sum(axis=1) + spare)
    places = np.fft.fftfreq(len(mean), pitch)
    return lambda frequency: np.interp(frequency, places, mean, period=1 / pitch)


def _within(landing: np.ndarray, width: float) -> np.ndarray:
    return np.abs(landing) <= 0.5 * width
