"""The error of each way to propagate, predicted from where the light goes."""

from collections.abc import Sequence

import numpy as np

from backlight.light import Field, Grid
from backlight.wave.journey import Journey
from backlight.wave.phase_space import Walk
from backlight.wave.round_off import pixel_rounding, round_off
from backlight.wave.sampling import (
    Cause,
    Sampling,
    edge,
    fft_operations,
    input_margin,
    numbers,
    placed_energy,
    spectral_energy,
    undersampled,
)


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
        pixel_rounding=pixel_rounding(way, walks, curved=False),
        edge=way.edge,
    )


def sum_account(
    way: Journey,
    walks: Sequence[Walk],
    causes: tuple[Cause, ...],
    operations: float,
    *,
    curved: bool = True,
    digits: float = 0.0,
    periods: Sequence[float] = (np.inf, np.inf),
) -> Sampling:
    """Account for a method that sums over the input's pixels: the light it can tell apart spans λz/pitch.

    **Arguments:** `curved`: whether the light comes out on a sphere; `digits`: rad, of the phases that it writes out;
    `periods`: m, after which the method's own samples repeat the output, (y, x).
    """
    size = np.asarray(way.field.grid.shape)
    pitch = np.abs(numbers(way.field.grid.pitch))
    period = way.wavelength * abs(way.distance) / pitch
    reach = [light.reach(walk) for light, walk in zip(way.light, walks, strict=True)]
    energy = spectral_energy(way.field, way.field.grid.shape)
    apart = np.minimum(period / np.maximum(reach, 1e-30), periods / np.clip(reach, 1e-30, 0.5 * way.width))
    return Sampling(
        input_margin=input_margin(energy),
        kernel_margin=float(min(1.0, np.min(period / (size * pitch)))),
        output_margin=float(0.5 * np.min(apart)),
        energy_lost=0.0,
        memory=int(2 * 8 * np.prod(size + way.shape)),
        operations=operations,
        causes=(*causes, round_off(way, walks, digits)),
        undersampled=undersampled(energy),
        pixel_rounding=pixel_rounding(way, walks, curved=curved),
        edge=way.edge,
    )


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
    missing = way.distance / way.wavelength * 0.5 * (s / (1 + np.sqrt(np.maximum(1 - s, 0)))) ** 2
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
    places, frequencies = placed_energy(field), spectral_energy(field, field.grid.shape)
    pitch, tilt, curvature = numbers(field.grid.pitch), numbers(field.tilt), float(numbers(field.curvature))

    def moments(axis: int) -> list[float]:
        """Return the means of s², s⁴, s⁶ and s⁸ along an axis."""
        n, other = field.grid.shape[axis], 1 - axis
        place = curvature * numbers(field.grid.x if axis else field.grid.y)
        sine = place[:, None] + wavelength * (np.fft.fftfreq(n, pitch[axis]) + tilt[axis])
        share = np.outer(places.sum(axis=other), frequencies.sum(axis=other))
        return [float((share * sine ** (2 * k)).sum()) for k in (1, 2, 3, 4)]

    y, x = moments(0), moments(1)
    fourth = y[1] + 2 * y[0] * x[0] + x[1]
    eighth = y[3] + 4 * y[2] * x[0] + 6 * y[1] * x[1] + 4 * y[0] * x[2] + x[3]
    return float(np.pi * abs(z) / (4 * wavelength) * np.sqrt(max(eighth - fourth**2, 0.0)))


def far_field(way: Journey) -> Cause:
    """Say what leaving out exp(iπ|d|²/(λz)) costs, d from the input's center: ‖(exp(iπd²/λz) − 1)·u‖/‖u‖."""
    energy, pitch = placed_energy(way.field), numbers(way.field.grid.pitch)
    squares = [((np.arange(n) - n // 2) * pitch[i]) ** 2 for i, n in enumerate(energy.shape)]
    half_turns = np.add.outer(*squares) / (way.wavelength * way.distance)
    wrong = (4 * np.sin(0.5 * np.pi * half_turns) ** 2 * energy).sum()
    return Cause("the far-field phase", float(np.sqrt(wrong)), "go farther away, or use ChirpZ, which keeps the phase")
