"""Fourier ptychography: one sharp picture from many frames, each lit by another diode, and the microscope with it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex, Float, Int

from backlight.camera import Poisson
from backlight.inverse import losses
from backlight.inverse.first_order import Adam
from backlight.inverse.frame_by_frame import FrameByFrame
from backlight.inverse.unknowns import Free, HalfGaussian, Unknown
from backlight.inverse.unknowns import Gaussian as GaussianPrior
from backlight.systems.entry import SystemEntry, Tiling
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.led_checks import PanelGeometry, turned
from backlight.systems.led_table import LEDTable, led_table
from backlight.systems.ptychography_findings import findings, frame_gains, frame_order
from backlight.systems.ptychography_frames import amplitude_noise, bright_level, rounding_floor
from backlight.systems.ptychography_instrument import (
    FIRST_ABERRATION,
    PATHS,
    fourier_ptychography,
    sample_in_view,
    scale,
)
from backlight.systems.ptychography_look import GAIN, first_look
from backlight.systems.ptychography_tiles import ask_tile, tile_in_view
from backlight.systems.ptychography_words import optics, pose, surroundings
from backlight.systems.question import Question
from backlight.systems.run_words import known_as, loss_of, refuse_steps, regularizers_of, settings
from backlight.systems.schemas import FOURIER_PTYCHOGRAPHY

EPIE = "epie"
CORRECTED = {EPIE: ("sample",), "epry": ("sample", "pupil")}
"""What the methods that go frame by frame correct after each; all else stays as it is written."""
TOTAL_VARIATION = 1.0
"""Default weight over the standard deviation of √y: the windows tell little of slow changes of the phase, and noise
there would cost the picture 3 dB."""

STEPS, RATE = 200, 0.1
"""Steps of Adam, and the first one's length in standard deviations of a parameter and in amplitudes of the sample."""

PASSES = 10
"""Passes over the frames of the alternating projections."""

PUPIL_PIXELS = 32
TILTS, TURN, HEIGHT, JITTER = 0.01, 0.03, 0.03, 2e-3
"""What a panel may be off, as standard deviations: its shift over its height, its rotation in rad, its height over
itself, and the places of its diodes over the height."""

APERTURE, ABERRATION, PUPIL_STD, BACKGROUND_STD = 0.05, 0.5, 0.2, 0.3
"""Likewise of the numerical aperture over itself, a Zernike coefficient in rad, a pixel of the pupil, and the light in
a frame that no diode explains, over the frame's mean."""


def ask(
    frames: np.ndarray, instrument: Mapping[str, Any], unknown: Mapping[str, Any], options: Mapping[str, Any]
) -> Question:
    """Put the default question: any complex sample, and what else is unknown.

    **Arguments:** as `SystemEntry.ask` describes them.

    The bright-field circles in the spectra of the frames first tell how the panel lies; an unknown defocus is then
    looked for with few frames from several starts; everything is refined jointly from there.
    """
    refuse_steps("fourier_ptychography", options)
    unknown = dict(unknown) or {"sample": True}
    corrected = CORRECTED.get(options.get("method", ""), ())
    held = [name for name in unknown if corrected and name not in corrected]
    unknown = dict.fromkeys(corrected, True) or unknown
    table = led_table(instrument, len(frames))
    geometry(instrument, frames.shape).demand(instrument.get("upsampling"), options.get("unusual") or ())
    level = bright_level(frames, _shining(instrument, table))
    relative = np.asarray(frames, np.float32) / np.float32(level)
    spread = amplitude_noise(relative)
    system = _composed(instrument, table, frames.shape, spread, unknown)
    means = relative.mean(axis=(1, 2))
    unknowns = {PATHS[name]: _unknown(name, system, wanted, means) for name, wanted in unknown.items()}
    solver = _solver(options)
    told = settings(options, "sample" in unknown and not corrected, TOTAL_VARIATION * spread)
    return Question(
        system=system,
        frames=relative,
        unknowns=unknowns,
        loss=_loss(options.get("loss") or "amplitude", relative, spread),
        regularizers=regularizers_of(told["regularizers"], PATHS),
        solver=solver,
        weights=options.get("weights"),
        tolerance=0.0,
        brightness=level,
        settings=told | {"method": options["method"] if corrected else "adam", "iterations": solver.steps},
        first_look=partial(
            first_look, instrument=instrument, table=table, wanted=unknown, elsewhere=options.get("found")
        ),
        finish=in_recorded_units,
        notes=(f"{options['method']} holds as written: {', '.join(held)}.",) if held else (),
    )


def _solver(options: Mapping[str, Any]) -> Adam | FrameByFrame:
    if options.get("method") in CORRECTED:
        return FrameByFrame(steps=options.get("iterations") or PASSES)
    return Adam(rate=RATE, steps=options.get("iterations") or STEPS, decay=True)


def _loss(name: str, frames: np.ndarray, spread: float) -> losses.Loss:
    if name == "amplitude":
        return losses.amplitude(jnp.asarray(rounding_floor(frames, spread)))
    return loss_of(name, spread)


# --- what the words of a run file mean --------------------------------------------------------------------------------


def geometry(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> PanelGeometry:
    """Return what panel, objective and pixels can tell together."""
    table = led_table(instrument, shape[0])
    panel = _panel(instrument, table)
    used = replace(panel, positions=panel.positions[table.used], numbers=table.used)
    return replace(used, each="diode") if table.multiplexed else used


def _upsampling(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> int:
    """Return how many times finer than the frames' the picture's pixels are."""
    return instrument.get("upsampling") or geometry(instrument, shape).least_upsampling


def _panel(instrument: Mapping[str, Any], table: LEDTable) -> PanelGeometry:
    """Return the geometry of all diodes."""
    written = pose(instrument)
    positions = turned(table.positions, written["rotation"]) + written["shift"]
    told = instrument.get("led_positions") is not None
    return PanelGeometry(positions, table.height, **optics(instrument), **surroundings(instrument), table=told)


def _shining(instrument: Mapping[str, Any], table: LEDTable) -> Int[np.ndarray, " frame"]:
    """Return how many diodes of each frame shine straight into the objective, as written."""
    return _panel(instrument, table).bright[table.lit].sum(axis=1)


def nominal(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> ImagingSystem:
    """Return the instrument as the user wrote it."""
    return _composed(instrument, led_table(instrument, shape[0]), shape, 0.01, {})


def classic(frames: np.ndarray, instrument: Mapping[str, Any]) -> Complex[np.ndarray, "y x"]:
    """Return the sample by alternating projections, with the instrument as the user wrote it."""
    question = ask(frames, instrument, {"sample": True}, {"method": EPIE, "found": {}})  # no look at what is written
    return np.asarray(sample_in_view(question.answer(error_bars=False).system).values)


def in_recorded_units(system: ImagingSystem, level: float) -> ImagingSystem:
    """Return the system that predicts frames `level` times brighter, noise included."""
    where = lambda s: (s.camera.gain, s.camera.offset.value, s.noise.quanta)  # noqa: E731
    gain, offset, quanta = where(system)
    return eqx.tree_at(where, system, (gain * level, offset * level, quanta / level))


def _composed(
    instrument: Mapping[str, Any], table: LEDTable, shape: tuple[int, ...], spread: float, unknown: Mapping[str, Any]
) -> ImagingSystem:
    order = unknown.get("zernike", 0)
    return fourier_ptychography(
        **optics(instrument),
        **surroundings(instrument),
        **pose(instrument),
        positions=table.positions,
        height=table.height,
        lit=table.lit,
        shape=shape,
        upsampling=instrument.get("upsampling"),
        defocus=instrument.get("defocus") or 0.0,
        aberrations=_terms(order),
        pupil=PUPIL_PIXELS if "pupil" in unknown else 1,
        noise=Poisson(0.25 / spread**2),
    )


def _terms(order: Any) -> int:
    """Return how many of Noll's terms from the fifth on there are up to a radial order; `true` is the fourth."""
    order = 4 if order is True else int(order)
    return max((order + 1) * (order + 2) // 2 - (FIRST_ABERRATION - 1), 0)


def _unknown(name: str, system: Any, wanted: Any, means: Float[np.ndarray, " frame"]) -> Unknown:
    """Return what a line of `[unknown]` means, of frames of these means."""
    panel = system.illumination
    height = float(panel.height)
    depth = float(panel.wavelength / system.detection_path.numerical_aperture**2)
    natural = {
        "sample": Free(),
        "array_shift": GaussianPrior(TILTS * height),
        "array_rotation": GaussianPrior(TURN),
        "array_height": GaussianPrior(HEIGHT * height),
        "led_positions": GaussianPrior(JITTER * height),
        "led_gains": GaussianPrior(GAIN),
        "defocus": Free(scale=depth / 3),
        "numerical_aperture": GaussianPrior(APERTURE * float(system.detection_path.numerical_aperture)),
        "zernike": GaussianPrior(ABERRATION),
        "pupil": GaussianPrior(PUPIL_STD),
        "background": HalfGaussian(BACKGROUND_STD * np.maximum(means, 1e-6 * means.max())),
    }
    return known_as(wanted, scale(name, system), natural[name])


ENTRY = SystemEntry(
    schema=FOURIER_PTYCHOGRAPHY,
    paths=PATHS,
    ask=ask,
    nominal=nominal,
    classic=classic,
    object_in_view=sample_in_view,
    geometry=geometry,
    scale=scale,
    findings=findings,
    frame_order=frame_order,
    frame_gains=frame_gains,
    tiling=Tiling(partial(ask_tile, ask, _upsampling), tile_in_view),
)
