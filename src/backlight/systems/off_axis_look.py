"""A first look at an off-axis hologram: fringes, beams, twin image, focus; by itself the classic reconstruction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.inverse.scan import Scan, scan
from backlight.light import Field, Grid
from backlight.maths.fourier import crop, fast_size, pad
from backlight.maths.safe import squared_modulus
from backlight.systems import fourier_filter as ff
from backlight.systems.autofocus import brightness, gradient_sparsity
from backlight.wave import AngularSpectrum

DARK = 0.05  # of its mean brightness: what is added where the empty light divides
SPECKLED = 0.5  # the same where only the focus counts: a speckle is dark in one plane, and sharp in all
SAME = 0.01  # pictures whose sharpness differs by less are told apart by chance


class Optics(NamedTuple):
    """Wavelength in vacuum (m), index between sample and camera, pixel pitch (m), fill factor of the pixels."""

    wavelength: float
    medium_index: float
    pixel_pitch: float
    fill_factor: float = 1.0

    @classmethod
    def of(cls, instrument: Mapping[str, Any]) -> "Optics":
        """Take the numbers of a run file's `[instrument]`."""
        told = {name: instrument[name] for name in cls._fields if instrument.get(name) is not None}
        return cls(**{"medium_index": 1.0} | told)

    @property
    def tilt(self) -> float:
        """Sine of an angle over cycles per pixel."""
        return self.wavelength / self.medium_index / self.pixel_pitch

    @property
    def curvature(self) -> float:
        """Curvature (1/m) over turns per squared pixel."""
        return 2 * self.wavelength / (self.medium_index * self.pixel_pitch**2)


@dataclass(frozen=True)
class Beams:
    """The two beams of a hologram as the Fourier filter parts them, in the units of the frame, in the camera's plane.

    **Attributes:** `light`, U·|R|; `reference`, |R|²; `tilt`, cycles per pixel, and `bend`, turns per squared pixel, of
    R; `empty`, the light without a sample, of mean brightness 1, or None where it is even; `contrast` of the fringes.
    """

    light: Complex[np.ndarray, "y x"]
    reference: float
    tilt: ff.Pair
    bend: float
    empty: Complex[np.ndarray, "y x"] | None
    contrast: float

    @property
    def twin(self) -> "Beams":
        """The other reading of the same frame: U* and R*, from the opposite sideband."""
        empty = None if self.empty is None else self.empty.conj()
        opposite = (-self.tilt[0], -self.tilt[1])
        return replace(self, light=self.light.conj(), tilt=opposite, bend=-self.bend, empty=empty)


class Found(NamedTuple):
    """The classic reconstruction: the sample with its clear parts at 1, and what the beams were.

    `brightness` is that of the beam through the clear sample, in the units of the frame; `amplitude` and `phase` are
    those of the reference beside it.
    """

    transmission: Complex[np.ndarray, "y x"]
    brightness: float
    amplitude: float
    phase: float


def parted(
    frame: np.ndarray, empty: np.ndarray | None, instrument: Mapping[str, Any], unknown: Collection[str] = ()
) -> Beams:
    """Return the beams of a hologram, by the reference that is known or by the fringes in its spectrum.

    **Arguments:** `empty`: the hologram without the sample; `unknown`: names, of which a `reference_tilt` that is
    written too says only on which side it lies, and `reference_curvature` is looked for. With `empty` the latter is
    left to the empty light, which has it with all other unevenness.
    """
    optics, fixed = Optics.of(instrument), not tilt_is_sought(instrument, unknown)
    tilt = _written(instrument, optics) if fixed else _beside(ff.carrier(frame), _written(instrument, optics))
    bend = (instrument.get("reference_curvature") or 0.0) / optics.curvature
    side = ff.sideband(frame, tilt, fill_factor=optics.fill_factor)
    light = side.light * ff.phasor(frame.shape, (0.0, 0.0), bend)
    beams = Beams(light, side.reference, tilt, bend, None, side.contrast)
    if empty is not None:
        return replace(beams, empty=_empty_light(empty, beams, fixed, optics.fill_factor))
    return _straightened(beams) if "reference_curvature" in unknown else beams


def tilt_is_sought(instrument: Mapping[str, Any], unknown: Collection[str]) -> bool:
    """Tell whether the reference's tilt is to be found: it is unknown, or nothing is said of it."""
    return instrument.get("reference_tilt") is None or "reference_tilt" in unknown


def _written(instrument: Mapping[str, Any], optics: Optics) -> Any:
    """Return the written tilt in cycles per pixel, or None."""
    known = instrument.get("reference_tilt")
    return None if known is None else (known[0] / optics.tilt, known[1] / optics.tilt)


def _beside(tilt: ff.Pair, other: ff.Pair | None) -> ff.Pair:
    """Return that of ±tilt which lies on the side of the other: the same sideband of both."""
    return tilt if other is None or np.dot(tilt, other) >= 0 else (-tilt[0], -tilt[1])


def _empty_light(empty: np.ndarray, beams: Beams, fixed: bool, fill_factor: float) -> np.ndarray:
    """Return the light of the empty hologram, whose reference may have drifted since: it is read by its own fringes."""
    tilt = beams.tilt if fixed else _beside(ff.carrier(empty), beams.tilt)
    light = ff.sideband(empty, tilt, fill_factor=fill_factor).light * ff.phasor(empty.shape, (0.0, 0.0), beams.bend)
    return light / np.sqrt(np.mean(np.abs(light) ** 2))


def _straightened(beams: Beams) -> Beams:
    """Return the beams with the curvature, and then the tilt, that leave the clear light flat."""
    half = max(beams.light.shape) / 2
    bend = ff.bending(beams.light, 0.5 * ff.radius(beams.tilt) / (2 * half))
    light = beams.light * ff.phasor(beams.light.shape, (0.0, 0.0), bend)
    peak = np.unravel_index(np.argmax(np.abs(np.fft.fft2(light))), light.shape)
    rest = ff.sharpest(light, [float(np.fft.fftfreq(n)[i]) for n, i in zip(light.shape, peak, strict=True)])
    tilt = (beams.tilt[0] - rest[0], beams.tilt[1] - rest[1])
    light = light * ff.phasor(light.shape, (-rest[0], -rest[1]))
    return replace(beams, light=light, bend=beams.bend + bend, tilt=tilt)


def at_sample(
    light: Complex[Array, "y x"],
    empty: Complex[Array, "y x"] | None,
    distance: Float[Array, ""],
    optics: Optics,
    *,
    dark: float = DARK,
) -> Complex[Array, "y x"]:
    """Return the light moved back to the sample, over the empty light moved back there as well.

    Divided in the camera's plane, what is uneven in the light that meets the sample would stay, and would be sharpest
    at no distance at all. The division is Wiener's, so that dark speckles of the empty light add no noise;
    `dark` is what it adds, as a share of the mean brightness.
    """
    moved = _moved_back(light, distance, optics)
    if empty is None:
        return moved
    clear = _moved_back(empty, distance, optics)
    bright = squared_modulus(clear)
    return moved * jnp.conj(clear) / (bright + dark * jnp.mean(bright))


def _moved_back(light: Array, distance: Array, optics: Optics) -> Array:
    rows, columns = light.shape[-2:]
    shape = (fast_size(rows), fast_size(columns))
    # Beyond the frame the light goes on as it is on average, or the border would shine.
    around = pad(light - jnp.mean(light), shape) + jnp.mean(light)
    field = Field(around, Grid(shape, optics.pixel_pitch), optics.wavelength, medium_index=optics.medium_index)
    return crop(AngularSpectrum(band_limit=False)(field, -jnp.asarray(distance, field.grid.pitch.dtype)).values,
                (rows, columns))  # fmt: skip


class Focus(NamedTuple):
    """Where the sample is sharpest: in which reading of the frame, and at what distance, m.

    `lead` is by how much the next reading is less sharp at its best, as a share; `unclear`, the first and the last
    distance where this one is as sharp to within `SAME`, if they lie further apart than the depth of
    field, `depth`, m.
    """

    reading: Beams
    distance: float
    lead: float
    unclear: tuple[float, float] | None
    depth: float


def focused(readings: Sequence[Beams], optics: Optics, low: float, high: float) -> Focus:
    """Find the reading of the frame and the distance between `low` and `high` (m) where the sample is sharpest.

    The twin of a sample in focus at z is in focus at −z, so a distance known to be positive tells them apart.
    """
    scans = [_scan(reading, optics, low, high) for reading in readings]
    best = [float(np.nanmax(found.scores)) for found in scans]
    order = np.argsort(best)[::-1]
    lead = 1 - best[order[1]] / best[order[0]] if len(best) > 1 else 1.0
    reading, found = readings[order[0]], scans[order[0]]
    depth = _depth(reading, optics)
    return Focus(reading, found.best, lead, _unclear(found, depth), depth)


def _unclear(found: Scan, depth: float) -> tuple[float, float] | None:
    sharp = found.values[found.scores > (1 - SAME) * np.nanmax(found.scores)]
    first, last = float(sharp.min()), float(sharp.max())
    return (first, last) if last - first > depth else None


def _depth(beams: Beams, optics: Optics) -> float:
    """Return the depth of field n·p²/(λf²) of a sideband of radius f, m."""
    return optics.medium_index * optics.pixel_pitch**2 / (optics.wavelength * ff.radius(beams.tilt) ** 2)


def _scan(beams: Beams, optics: Optics, low: float, high: float) -> Scan:
    reach = ff.radius(beams.tilt)
    every = max(int(0.5 / reach), 1)  # the sideband fills no more pixels than these
    light, empty = (None if u is None else _single(ff.faded(u)[::every, ::every]) for u in (beams.light, beams.empty))
    coarse = optics._replace(pixel_pitch=every * optics.pixel_pitch)
    score = eqx.Partial(_sharpness, light, empty, coarse)
    if not high > low:
        return Scan(np.array([low]), np.array([float(score(jnp.asarray(low, float)))]), low)
    count = int(np.clip(2 * (high - low) / _depth(beams, optics), 15, 201)) | 1
    return scan(score, low, high, count=count)


@eqx.filter_jit
def _sharpness(light: Array, empty: Array | None, optics: Optics, distance: Array) -> Array:
    return gradient_sparsity(at_sample(light, empty, distance, optics, dark=SPECKLED))


def _single(values: np.ndarray) -> Array:
    return jnp.asarray(values, jnp.result_type(float, jnp.complex64))


def classic_of(beams: Beams, optics: Optics, distance: float) -> Found:
    """Return the sample at `distance` by the Fourier filter alone.

    A frame leaves two things open: which brightness is the beam's and which the sample's, and where phase is zero. The
    most frequent transmission is called 1, and the sample's mean phase 0.
    """
    empty = None if beams.empty is None else _single(beams.empty)
    raw = np.asarray(at_sample(_single(beams.light), empty, jnp.asarray(distance, float), optics))
    clear = float(np.sqrt(brightness(np.abs(raw) ** 2)))
    phase = -float(np.angle(raw.mean()))
    amplitude = beams.reference / clear
    return Found(raw / clear * np.exp(1j * phase), clear**2 / beams.reference, amplitude, phase)
