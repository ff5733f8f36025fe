"""The error of each way to propagate, predicted from where the light goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from backlight.light import Field, Grid
from backlight.wave.phase_space import DARK, Beamlets, Walk, beamlets, exact_walk, mean_across, straight_walk
from backlight.wave.sampling import (
    ROUND_OFF,
    Cause,
    Sampling,
    edge,
    fft_operations,
    input_margin,
    numbers,
    spectral_energy,
    undersampled,
)
from backlight.wave.transfer_function import STEEPEST_TANGENT


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

    def on_sphere(self) -> list[np.ndarray]:
        """Return the frequency (y, x) behind of light from each place, over the sphere about the input's center."""
        return [light.position / (self.wavelength * self.distance) for light in self.light]


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


def transfer_account(
    way: Journey,
    walks: Sequence[Walk],
    padded: Grid,
    walked: np.ndarray,
    inside: np.ndarray,
    causes: tuple[Cause, ...],
) -> Sampling:
    """Account for a method that multiplies the spectrum on a `padded` grid.

    **Arguments:** `walked`: how far each frequency walks, in half-widths of the padded grid; `inside`: the band kept.
    """
    energy, own = (spectral_energy(way.field, shape) for shape in (padded.shape, way.field.grid.shape))
    return Sampling(
        input_margin=input_margin(own),
        kernel_margin=float(inside.mean()),
        output_margin=1 / max(edge(walked, energy), 1e-9),
        energy_lost=float(energy[~inside].sum()),
        memory=2 * 8 * padded.shape[0] * padded.shape[1],
        operations=2 * fft_operations(*padded.shape),
        causes=(*causes, round_off(way, walks)),
        undersampled=undersampled(own),
        pixel_rounding=pixel_rounding(way, walks, [light.frequency for light in way.light], _center(way)),
    )


def sum_account(
    way: Journey,
    walks: Sequence[Walk],
    causes: tuple[Cause, ...],
    operations: float,
    *,
    curved: bool = True,
    digits: float = 0.0,
) -> Sampling:
    """Account for a method that sums over the input's pixels: the light it can tell apart spans λz/pitch.

    **Arguments:** `curved`: whether the light comes out on a sphere; `digits`: rad, of the phases that it writes out.
    """
    size = np.asarray(way.field.grid.shape)
    pitch = np.abs(numbers(way.field.grid.pitch))
    period = way.wavelength * abs(way.distance) / pitch
    reach = [light.reach(walk) for light, walk in zip(way.light, walks, strict=True)]
    energy = spectral_energy(way.field, way.field.grid.shape)
    return Sampling(
        input_margin=input_margin(energy),
        kernel_margin=float(min(1.0, np.min(period / (size * pitch)))),
        output_margin=float(np.min(0.5 * period / np.maximum(reach, 1e-30))),
        energy_lost=0.0,
        memory=int(2 * 8 * np.prod(size + way.shape)),
        operations=operations,
        causes=(*causes, round_off(way, walks, digits)),
        undersampled=undersampled(energy),
        pixel_rounding=pixel_rounding(
            way, walks, way.on_sphere() if curved else [light.frequency for light in way.light], _center(way)
        ),
    )


def _center(way: Journey) -> np.ndarray:
    return numbers(way.field.grid.center) + way.aim


def pixel_rounding(way: Journey, walks: Sequence[Walk], frequencies: Sequence[np.ndarray], center: np.ndarray) -> float:
    """Return 2π·2⁻²⁴·RMS(place·frequency) of the light in the window, rad: what it costs to round its pixels, float32.

    **Arguments:** `frequencies` that the light has behind; `center` of the window, from where its pixels are counted.
    """
    squares = 0.0
    for i, (light, walk) in enumerate(zip(way.light, walks, strict=True)):
        place = np.nan_to_num(light.position + walk(light.frequency), posinf=1e30, neginf=-1e30)
        seen = np.where(np.abs(place) <= 0.5 * way.width[i], light.energy, 0.0)
        turns = np.where(seen > 0, frequencies[i] * (center[i] + place), 0.0)
        squares += float((seen * turns**2).sum()) / max(float(seen.sum()), DARK)
    return float(2 * np.pi * 2.0**-24 * np.sqrt(squares))


def phase_digits(turns: float) -> float:
    """Return 2π·2⁻³⁵ of a phase: what it costs to count it in two floats (`maths.precise`), rad, float32."""
    return float(2 * np.pi * 2.0**-35 * turns)


def integral_digits(
    field: Field, way: Journey, natural: bool, curvature: object, chirp: object, behind: object
) -> float:
    """Return what the float's digits cost in `fourier_integral`, rad, float32: phases written out, a pitch of its own.

    **Arguments:** as for `fourier_integral`; `way`, of length L; `natural`: whether the pitch is λL/(N·pitch), rounded.
    """
    start, end = np.abs(numbers(field.grid.center)), np.abs(_center(way)) + 0.5 * way.width
    bend, tail = (abs(float(numbers(rate))) / (2 * way.wavelength) for rate in (curvature, behind))
    turns = (
        np.abs(way.tilt) * start + bend * start**2 + start * end / abs(way.wavelength * way.distance) + tail * end**2
    )
    if not natural:
        return phase_digits(turns.sum())
    rate = float(numbers(chirp)) / way.wavelength
    cycles = [light.energy * (light.position * (light.frequency + rate * light.position)) ** 2 for light in way.light]
    return float(np.hypot(phase_digits(turns.sum()), 2 * np.pi * 2.0**-24 * np.sqrt(np.sum([c.sum() for c in cycles]))))


def aliasing(way: Journey, walks: Sequence[Walk]) -> Cause:
    """Say what a sum over the input's pixels brings into the window from the copies of the spectrum."""
    found = [light.aliased(walk, width) for light, walk, width in zip(way.light, walks, way.width, strict=True)]
    return Cause(
        "aliasing of the sum over the input's pixels",
        np.sqrt(sum(found)),
        "take finer input pixels, a smaller output window or a longer distance; AngularSpectrum for short distances",
    )


def paraxial(way: Journey) -> Cause:
    """Say what the Fresnel phase −λz|f+τ|²/2 misses of the exact one, over the light that reaches the window."""
    energy = spectral_energy(way.field, way.field.grid.shape)
    pitch = numbers(way.field.grid.pitch)
    axes = [np.fft.fftfreq(n, pitch[i]) for i, n in enumerate(energy.shape)]
    landed = [
        light.landed(walk, width, f)
        for light, walk, width, f in zip(way.light, way.straight_walks(), way.width, axes, strict=True)
    ]
    sine = [way.wavelength * (f + tilt) for f, tilt in zip(axes, way.tilt, strict=True)]
    s = np.add.outer(sine[0] ** 2, sine[1] ** 2)
    missing = way.distance / way.wavelength * np.where(s < 1, 0.5 * (s / (1 + np.sqrt(np.maximum(1 - s, 0)))) ** 2, 0.5)
    wrong = np.where(s < 1, 4 * np.sin(np.pi * missing) ** 2, 1.0)
    seen = energy * np.multiply.outer(*landed)
    error = np.sqrt((seen * wrong).sum() / max(seen.sum(), np.finfo(float).tiny))
    return Cause("the paraxial phase", float(error), "use AngularSpectrum, or ScaledAngularSpectrum for other pixels")


def folding(
    way: Journey,
    walks: Sequence[Walk],
    kept: Sequence[np.ndarray],
    periods: Sequence[float],
    remedy: str,
    *,
    leak: float = 1.0,
) -> tuple[Cause, Cause]:
    """Say what a grid of `periods` folds into the window, and what is missing there because it was not `kept`.

    **Arguments:** `leak`: energy that the band's edges ring into the window, over that of sharp ones.
    """
    axes = list(zip(way.light, walks, kept, way.width, strict=True))
    wrapped = [
        light.wrapped(walk, keep, width, period)
        for (light, walk, keep, width), period in zip(axes, periods, strict=True)
    ]
    missed = [
        light.missed(walk, keep, width) + leak * light.rung(walk, keep, width) for light, walk, keep, width in axes
    ]
    return (
        Cause("wrap-around", np.sqrt(sum(wrapped)), remedy),
        Cause("frequencies left out", np.sqrt(sum(missed)), remedy),
    )


def grazing(way: Journey) -> Cause:
    """Say how much of the light is nearly along the plane and lands a window's width and more from where it is counted.

    The rays of one axis are followed with the mean direction along the other, which does not do where 1 − s is not
    large beside what s varies by.
    """
    energy, pitch = spectral_energy(way.field, way.field.grid.shape), numbers(way.field.grid.pitch)
    axes = [np.fft.fftfreq(n, pitch[i]) for i, n in enumerate(energy.shape)]
    sine = np.meshgrid(*(way.wavelength * (f + tilt) for f, tilt in zip(axes, way.tilt, strict=True)), indexing="ij")
    squared = 1 - sine[0] ** 2 - sine[1] ** 2
    flat = (squared > 0) & (squared < GRAZING)
    lost = np.zeros_like(flat)
    for i, walk in enumerate(way.walks()):
        there = way.distance * sine[i] / np.sqrt(np.maximum(squared, 1e-30)) - way.aim[i]
        counted = np.expand_dims(walk(axes[i]), 1 - i)
        lost |= flat & ~(np.abs(there - counted) <= way.width[i])
    return Cause("grazing light", float(np.sqrt(energy[lost].sum())), "sample the light on a plane that faces it")


GRAZING = 0.1
"""Squared cosine below which light counts as grazing."""


def carrier_phase(field: Field, distance: object) -> float:
    """Return the RMS phase, rad, that the scaling theorem misses behind a curved carrier: π z s⁴/(4λ) of each sine s.

    That is the term of the exact phase after the paraxial one. s = λ(f+τ) + c·r; place and frequency, and both axes,
    count as independent.
    """
    z, wavelength = float(numbers(distance)), float(field.wavelength) / float(field.medium_index)
    places = np.abs(np.asarray(field.full).reshape(-1, *field.grid.shape)) ** 2
    places, frequencies = places.sum(axis=0, dtype=float), spectral_energy(field, field.grid.shape)
    pitch, tilt, curvature = numbers(field.grid.pitch), numbers(field.tilt), float(numbers(field.curvature))

    def moments(axis: int) -> list[float]:
        """Return the means of s², s⁴, s⁶ and s⁸ along an axis."""
        n, other = field.grid.shape[axis], 1 - axis
        place = curvature * numbers(field.grid.x if axis else field.grid.y)
        sine = place[:, None] + wavelength * (np.fft.fftfreq(n, pitch[axis]) + tilt[axis])
        share = np.outer(places.sum(axis=other) / max(places.sum(), np.finfo(float).tiny), frequencies.sum(axis=other))
        return [float((share * sine ** (2 * k)).sum()) for k in (1, 2, 3, 4)]

    y, x = moments(0), moments(1)
    fourth = y[1] + 2 * y[0] * x[0] + x[1]
    eighth = y[3] + 4 * y[2] * x[0] + 6 * y[1] * x[1] + 4 * y[0] * x[2] + x[3]
    return float(np.pi * abs(z) / (4 * wavelength) * np.sqrt(max(eighth - fourth**2, 0.0)))


def curved_round_off(field: Field, distance: object, pixel_rounding: float) -> Cause:
    """Say what is rounded in the equivalent flat problem: its distance z/M, 2π·2⁻²⁴·(z/(Mλ))·g, RMS, and the pixels.

    g = 1 − cos of each direction. z itself is what the field is asked for; z/M is found from it, and rounded, and so
    are pixels M times as wide.
    """
    wavelength = float(field.wavelength) / float(field.medium_index)
    energy = spectral_energy(field, field.grid.shape)
    pitch, tilt = numbers(field.grid.pitch), numbers(field.tilt)
    y, x = ((wavelength * (np.fft.fftfreq(n, pitch[i]) + tilt[i])) ** 2 for i, n in enumerate(energy.shape))
    delay = 1 - np.sqrt(np.maximum(1 - np.add.outer(y, x), 0))
    turns = 2.0**-24 * abs(float(numbers(distance))) / wavelength * np.sqrt((energy * delay**2).sum())
    error = _single(field) * np.hypot(2 * np.pi * turns, pixel_rounding)
    return Cause("round-off behind a curved carrier", float(error), "use float64")


def _single(field: Field) -> float:
    """Return the last digit of a field's numbers over that of single precision."""
    return float(np.finfo(field.values.dtype).eps / np.finfo(np.float32).eps)


def round_off(way: Journey, walks: Sequence[Walk], digits: float = 0.0) -> Cause:
    """Say what the float's digits cost: in single precision 1e-6 of all the light, of which a dim window sees little.

    The phase of a carrier is counted in two floats, to 2π·2⁻³⁵ of its z/λ·|λτ|² turns; that of light at another angle
    beyond the tangent there, δ turns (`transfer_function.beyond_tangent`), in one: 2π·2⁻²⁴·(2δ + (s−s₀)·dδ/ds).

    **Arguments:** `digits`: rad, what else the method counts.
    """
    reached = [light.dimmed(walk, width) for light, walk, width in zip(way.light, walks, way.width, strict=True)]
    dim = ROUND_OFF / np.sqrt(max(np.prod(reached), ROUND_OFF**2))
    per_wavelength = abs(way.distance) / way.wavelength
    carrier = phase_digits(per_wavelength * np.sum((way.wavelength * way.tilt) ** 2))
    found = np.linalg.norm([dim, carrier, digits, _beyond(way) * per_wavelength])
    return Cause("round-off", float(max(_single(way.field) * found, ROUND_OFF)), "use float64")


def _beyond(way: Journey) -> float:
    """Return the RMS of 2π·2⁻²⁴·(2δ + (s−s₀)·dδ/ds) over the light, of one wavelength of way."""
    energy, pitch = spectral_energy(way.field, way.field.grid.shape), numbers(way.field.grid.pitch)
    axes = (np.fft.fftfreq(n, pitch[i]) + way.tilt[i] for i, n in enumerate(energy.shape))
    s, start = np.add.outer(*((way.wavelength * f) ** 2 for f in axes)), np.sum((way.wavelength * way.tilt) ** 2)
    start = start if start < STEEPEST_TANGENT else 0.0
    off, cosine, at_start = s - start, np.sqrt(np.maximum(1 - s, 1e-9)), np.sqrt(1 - start)
    beyond = off**2 / (2 * at_start * (at_start + cosine) ** 2)
    digits = 2 * beyond + np.abs(off * (0.5 / cosine - 0.5 / at_start))
    return float(2 * np.pi * 2.0**-24 * np.sqrt((energy * np.where(s < 1, digits, 0.0) ** 2).sum()))


def far_field(way: Journey) -> Cause:
    """Say what leaving out exp(iπ|d|²/(λz)) costs, d from the input's center: ‖(exp(iπd²/λz) − 1)·u‖/‖u‖."""
    energy = np.abs(np.asarray(way.field.full).reshape(-1, *way.field.grid.shape)) ** 2
    energy = energy.sum(axis=0, dtype=float)
    pitch = numbers(way.field.grid.pitch)
    squares = [((np.arange(n) - n // 2) * pitch[i]) ** 2 for i, n in enumerate(energy.shape)]
    half_turns = np.add.outer(*squares) / (way.wavelength * way.distance)
    wrong = (4 * np.sin(0.5 * np.pi * half_turns) ** 2 * energy).sum() / max(energy.sum(), np.finfo(float).tiny)
    return Cause("the far-field phase", float(np.sqrt(wrong)), "go farther away, or use ChirpZ, which keeps the phase")
