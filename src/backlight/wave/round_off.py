"""What the last digits of floats cost a propagation, predicted from where the light goes."""

from collections.abc import Sequence

import numpy as np

from backlight.light import Field
from backlight.wave.journey import Journey
from backlight.wave.phase_space import DARK, Walk
from backlight.wave.sampling import Cause, Sampling, numbers, spectral_energy
from backlight.wave.transfer_function import STEEPEST_TANGENT

ROUND_OFF = 1e-6
"""What single precision may cost a field (docs/conventions.md)."""

FLOAT = 2 * np.pi * 2.0**-24
"""rad that a turn is rounded to where phases are counted in one float."""

TWO_FLOATS = 2 * np.pi * 2.0**-35
"""rad that a turn is rounded to where they are counted in two (`maths.precise`)."""


def round_off(way: Journey, walks: Sequence[Walk], digits: float = 0.0) -> Cause:
    """Say what the float's digits cost: in single precision 1e-6 of all the light, of which a dim window sees little.

    The phase of a carrier is z/λ·|λτ|² turns, in two floats; that of light at another angle beyond the tangent there,
    δ turns (`transfer_function.beyond_tangent`), is counted in one: 2π·2⁻²⁴·(2δ + (s−s₀)·dδ/ds).

    **Arguments:** `digits`: rad, what else the method counts, in single precision.
    """
    reached = [light.dimmed(walk, width) for light, walk, width in zip(way.light, walks, way.width, strict=True)]
    dim = ROUND_OFF / np.sqrt(max(np.prod(reached), ROUND_OFF**2))
    per_wavelength = abs(way.distance) / way.wavelength
    carrier = TWO_FLOATS * per_wavelength * np.sum((way.wavelength * way.tilt) ** 2)
    found = np.linalg.norm([dim, carrier, digits, _beyond(way) * per_wavelength])
    single = _single(way.field)
    remedy = "use float64" if single == 1 else f"nothing below {ROUND_OFF:g} is foretold"
    return Cause("round-off", float(max(single * found, ROUND_OFF)), remedy)


def curved_round_off(field: Field, distance: object, scale: object, behind: object, flat: Sampling) -> Cause:
    """Say what is rounded in the equivalent flat problem: its distance z/M, 2π·2⁻²⁴·(z/(Mλ))·g, RMS, and the pixels.

    g = 1 − cos of each direction. z itself is what the field is asked for; z/M is found from it, and rounded, and so
    are pixels M times as wide. M and the curvature behind are known in two floats each: far off the axis that counts.

    **Arguments:** `distance`: z/M, m; `scale`: M; `behind`: the curvature, 1/m; `flat`: account of the flat problem.
    """
    wavelength = float(field.wavelength) / float(field.medium_index)
    energy = spectral_energy(field, field.grid.shape)
    pitch, tilt = numbers(field.grid.pitch), numbers(field.tilt)
    y, x = ((wavelength * (np.fft.fftfreq(n, pitch[i]) + tilt[i])) ** 2 for i, n in enumerate(energy.shape))
    delay = 1 - np.sqrt(np.maximum(1 - np.add.outer(y, x), 0))
    turns = abs(float(numbers(distance))) / wavelength * np.sqrt((energy * delay**2).sum())
    edge = np.abs(float(numbers(scale))) * np.asarray(flat.edge)
    bend = 0.5 * np.abs(float(numbers(behind))) * np.sum(edge**2) / wavelength
    error = np.linalg.norm([FLOAT * turns, flat.pixel_rounding, 2 * TWO_FLOATS * bend])
    return Cause("round-off behind a curved carrier", float(_single(field) * error), "use float64")


def integral_digits(field: Field, way: Journey, *, curvature: object, behind: object) -> float:
    """Return what the phases that `fourier_integral` writes out cost, rad, float32.

    They are counted from the input's center to the edge of the window.

    **Arguments:** `way`: of length L; `curvature` in front and `behind`, 1/m.
    """
    start, end = np.abs(numbers(field.grid.center)), np.asarray(way.edge)
    bend, bend_behind = (abs(float(numbers(rate))) / (2 * way.wavelength) for rate in (curvature, behind))
    crossed = start * end / abs(way.wavelength * way.distance)
    turns = np.abs(way.tilt) * start + bend * start**2 + crossed + bend_behind * end**2
    return float(TWO_FLOATS * turns.sum())


def pitch_digits(way: Journey, *, chirp: object) -> float:
    """Return what it costs to round the pitch λL/(N·pitch) of a single FFT: 2π·2⁻²⁴·RMS(x·(f + χx/λ)), rad, float32.

    The light of a place x in front has the frequency x/(λL) behind, and that of a frequency f lands at λLf + χLx.
    """
    rate = float(numbers(chirp)) / way.wavelength
    turns = [(light.position * (light.frequency + rate * light.position), light.energy) for light in way.light]
    return float(FLOAT * np.sqrt(sum((energy * cycles**2).sum() for cycles, energy in turns)))


def pixel_rounding(way: Journey, walks: Sequence[Walk], *, curved: bool) -> float:
    """Return what it costs to round pitch and center of the output: 2π·2⁻²⁴·RMS(place·frequency), rad, float32.

    **Arguments:** `curved`: whether the light is written on a sphere: that of a place x in front has the frequency
    x/(λz).
    """
    squares = 0.0
    for light, walk, center, width in zip(way.light, walks, way.center, way.width, strict=True):
        place = np.nan_to_num(light.position + walk(light.frequency), posinf=1e30, neginf=-1e30)
        seen = np.where(np.abs(place) <= 0.5 * width, light.energy, 0.0)
        frequency = light.position / (way.wavelength * way.distance) if curved else light.frequency
        turns = np.where(seen > 0, frequency * (center + place), 0.0)
        squares += float((seen * turns**2).sum()) / max(float(seen.sum()), DARK)
    return float(FLOAT * np.sqrt(squares))


def _beyond(way: Journey) -> float:
    """Return the RMS of 2π·2⁻²⁴·(2δ + (s−s₀)·dδ/ds) over the light, of one wavelength of way."""
    energy, pitch = spectral_energy(way.field, way.field.grid.shape), numbers(way.field.grid.pitch)
    axes = (np.fft.fftfreq(n, pitch[i]) + way.tilt[i] for i, n in enumerate(energy.shape))
    s, start = np.add.outer(*((way.wavelength * f) ** 2 for f in axes)), np.sum((way.wavelength * way.tilt) ** 2)
    start = start if start < STEEPEST_TANGENT else 0.0
    off, cosine, at_start = s - start, np.sqrt(np.maximum(1 - s, 1e-9)), np.sqrt(1 - start)
    beyond = off**2 / (2 * at_start * (at_start + cosine) ** 2)
    digits = 2 * beyond + np.abs(off * (0.5 / cosine - 0.5 / at_start))
    return float(FLOAT * np.sqrt((energy * np.where(s < 1, digits, 0.0) ** 2).sum()))


def _single(field: Field) -> float:
    """Return the last digit of a field's numbers over that of single precision."""
    return float(np.finfo(field.values.dtype).eps / np.finfo(np.float32).eps)
