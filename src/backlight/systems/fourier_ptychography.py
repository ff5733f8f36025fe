"""Fourier ptychography: one sharp picture from many frames, each lit by another diode, and the microscope with it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from backlight import units
from backlight.camera import Poisson
from backlight.inverse import losses
from backlight.inverse.estimate import Estimate, estimate
from backlight.inverse.first_order import Adam
from backlight.inverse.frame_by_frame import FrameByFrame
from backlight.inverse.tree import get_leaf, set_leaves
from backlight.inverse.unknowns import Free, HalfGaussian, Unknown
from backlight.inverse.unknowns import Gaussian as GaussianPrior
from backlight.light import Grid
from backlight.systems.entry import SystemEntry, Tiling
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.led_checks import PanelGeometry
from backlight.systems.led_pose import PanelPose, panel_pose
from backlight.systems.led_table import LEDTable, led_table
from backlight.systems.per_frame import is_per_frame
from backlight.systems.ptychography_findings import findings, frame_order
from backlight.systems.ptychography_instrument import (
    DEFOCUS,
    FIRST_ABERRATION,
    GAINS,
    PATHS,
    SAMPLE,
    fourier_ptychography,
    sample_in_view,
    scale,
)
from backlight.systems.ptychography_tiles import ask_tile, in_units_of, tile_in_view
from backlight.systems.question import Question, Start
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

POSE = tuple(PATHS[name] for name in ("array_shift", "array_rotation", "array_height"))

PUPIL_PIXELS = 32
DEPTHS = 3.0
"""How far an unknown defocus is looked for, in units of λ/NA²."""

MORE = 3
"""How many times half that range is added where the best of it lies at its end."""

TRIALS, TRIAL_STEPS, TRIAL_FRAMES, TRIAL_SIDE, TRIAL_RATE, POSE_STEPS = 13, 20, 25, 96, 0.1, 100

TILTS, TURN, HEIGHT, JITTER, GAIN = 0.01, 0.03, 0.03, 2e-3, 0.2
"""What a panel may be off, as standard deviations: its shift over its height, its rotation in rad, its height over
itself, the places of its diodes over the height, and their brightness."""

APERTURE, ABERRATION, PUPIL_STD, BACKGROUND_STD = 0.05, 0.5, 0.2, 0.3
"""Likewise of the numerical aperture over itself, a Zernike coefficient in rad, a pixel of the pupil, and the light in
a frame that no diode explains, over the frame's mean."""

LEAST_TRUST = 1e-4
"""In a frame on the pupil's edge: enough for it to tell the brightness of its diode, too little to bend the picture."""


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
    unknown = dict.fromkeys(corrected, True) or unknown
    table = led_table(instrument, len(frames))
    geometry(instrument, frames.shape).demand(instrument.get("upsampling"))
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
        unknowns={PATHS[name]: unknowns[PATHS[name]] for name in corrected} or unknowns,
        loss=_loss(options.get("loss") or "amplitude", relative, spread),
        regularizers=regularizers_of(told["regularizers"], PATHS),
        solver=solver,
        weights=options.get("weights"),
        tolerance=0.0,
        brightness=level,
        settings=told | {"method": options["method"] if corrected else "adam", "iterations": solver.steps},
        first_look=partial(
            _first_look, instrument=instrument, table=table, wanted=unknown, elsewhere=options.get("found")
        ),
        finish=in_recorded_units,
    )


def _solver(options: Mapping[str, Any]) -> Adam | FrameByFrame:
    if options.get("method") in CORRECTED:
        return FrameByFrame(steps=options.get("iterations") or PASSES)
    return Adam(rate=RATE, steps=options.get("iterations") or STEPS, decay=True)


# --- frames -----------------------------------------------------------------------------------------------------------


def bright_level(frames: Float[np.ndarray, "frame y x"], shining: Int[np.ndarray, " frame"] | int = 1) -> float:
    """Return the brightness that a bright-field diode makes: the median mean of the frames above half of the brightest.

    **Arguments:** `shining`: how many diodes of each frame shine straight into the objective; a bright frame of none
    counts as one of one.
    """
    means = frames.mean(axis=(-2, -1), dtype=np.float64)
    each = means / np.maximum(shining, 1)
    return float(np.median(each[means > 0.5 * means.max()]))


def amplitude_noise(frames: Float[np.ndarray, "frame y x"]) -> float:
    """Return the standard deviation of √y in the bright-field frames, from third differences (see `noise_level`)."""
    bright = frames[frames.mean(axis=(-2, -1)) > 0.5]
    rough = np.diff(np.diff(np.sqrt(np.maximum(bright, 0)), n=3, axis=-2), n=3, axis=-1)
    return max(float(np.median(np.abs(rough))) / 0.6745 / 20, 1e-4)


def code_step(frames: Float[np.ndarray, "frame y x"]) -> Float[np.ndarray, " frame"]:
    """Return the step Δ between the numbers a frame can have, 0 where they are as good as continuous."""
    return np.asarray([_step(frame) for frame in frames])


def _step(frame: np.ndarray) -> float:
    values = np.unique(frame)
    gap = float(np.min(np.diff(values))) if len(values) > 1 else 0.0
    return gap if len(values) <= frame.size**0.5 * 4 and gap > 1e-6 * float(values[-1]) else 0.0


def rounding_floor(frames: Float[np.ndarray, "frame y x"], spread: float) -> Float[np.ndarray, "frame 1 1"]:
    """Return c of each frame for `losses.amplitude`: the rounding's variance Δ²/12 beside a noise of 4σ²·y."""
    return (code_step(frames) ** 2 / (48 * spread**2))[:, None, None].astype(np.float32)


def _loss(name: str, frames: np.ndarray, spread: float) -> losses.Loss:
    if name == "amplitude":
        return losses.amplitude(jnp.asarray(rounding_floor(frames, spread)))
    return loss_of(name, spread)


# --- the first look ---------------------------------------------------------------------------------------------------


def _first_look(
    question: Question,
    instrument: Mapping[str, Any],
    table: LEDTable,
    wanted: Mapping[str, Any],
    elsewhere: Mapping[str, np.ndarray] | None,
) -> Start:
    """Find how the panel lies and the defocus, with the bright-field frames, and which frames not to trust.

    What was found elsewhere in the field is taken over instead.
    """
    leaves, notes = {} if elsewhere is None else in_units_of(question.brightness, elsewhere), []
    looks = elsewhere is None and not table.multiplexed
    if table.multiplexed:
        notes.append("Several diodes light each frame: no circle in its spectrum tells of one, and no first look was "
                     "taken for pose and defocus. They are refined from what was written.")  # fmt: skip
    if looks and {"array_shift", "array_rotation", "array_height"} & set(wanted):
        pose = panel_pose(question.frames, table.positions, table.height, **_optics(instrument))
        notes += _about_pose(pose)
        if pose is not None and "array_shift" in wanted and pose.orientation == "as written":
            leaves[PATHS["array_shift"]] = np.asarray(pose.shift)
    if looks and DEFOCUS in question.unknowns:
        leaves |= _bright_field(question, instrument, leaves, wanted)
        found = units.format_length(-float(leaves[DEFOCUS]), digits=3)
        notes.append(f"With the bright-field frames alone the defocus was found to be about {found}.")
    trust = trusted(_with(question.system, leaves))
    if not trust.all():
        left = ", ".join(str(i) for i in np.flatnonzero(trust <= LEAST_TRUST)[:12])
        notes.append(
            f"The direct light of {int(np.sum(trust < 1))} frames falls on the very edge of the pupil, where a part of "
            f"the field does not tell how much passes: they count less, or hardly at all (frames {left or 'none'})."
        )
    return Start(leaves, 1.0, tuple(notes), trust)


def trusted(system: Any) -> Float[np.ndarray, " frame"]:
    """Return how much each frame is trusted: `LEAST_TRUST` where its direct light falls within two frequency samples of
    the pupil's edge, 1 from three on.

    A beam of infinite width passes there or does not; seen through a field of finite width it does a little of both.
    """
    panel, objective = system.illumination, system.detection_path
    grid = system.sample_grid()
    sine = np.asarray(jax.vmap(lambda one: _sine(panel, one))(panel.lit.value)).reshape(-1, 2)
    sample = float(panel.wavelength) / float(np.max(np.asarray(grid.shape) * np.abs(np.asarray(grid.pitch))))
    away = np.abs(np.hypot(*sine.T) - float(objective.numerical_aperture)) / sample
    return np.clip(away - 2, LEAST_TRUST, 1).reshape(len(panel.lit.value), -1).min(axis=1).astype(np.float32)


def _sine(panel: Any, lit: Array) -> Array:
    """Return the sines of the light of the diodes that are lit."""
    one = eqx.tree_at(lambda p: p.lit, panel, lit, is_leaf=is_per_frame)
    return one(Grid((2, 2), 1.0)).tilt * panel.wavelength


def _about_pose(pose: PanelPose | None) -> list[str]:
    if pose is None:
        return ["Too few frames are bright field for their spectra to tell how the panel lies."]
    if pose.orientation != "as written":
        return [pose.advice()] if pose.advice() else []
    y, x = (units.format_length(s, digits=3) for s in pose.shift)
    return [f"The circles in the spectra of {int(pose.bright.sum())} bright-field frames lie as if the panel were "
            f"shifted by {y} along y and {x} along x."]  # fmt: skip


def _with(system: Any, leaves: Mapping[str, np.ndarray]) -> Any:
    return set_leaves(system, {path: jnp.asarray(value) for path, value in leaves.items()})


def _bright_field(
    question: Question, instrument: Mapping[str, Any], leaves: Mapping[str, np.ndarray], wanted: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Return the defocus and the pose that the brightest frames tell.

    They are few, and their windows overlap in the middle of the spectrum: no dark-field detail has yet settled where a
    wrong pose puts it. Several defoci are tried, for from a single start pupil recovery ends in a wrong valley; what
    gets furthest in a few steps is refined with the panel.
    """
    low, high = _range(instrument, wanted["defocus"])
    chosen = np.sort(np.argsort(-question.frames.mean(axis=(1, 2)), kind="stable")[:TRIAL_FRAMES])
    cut = np.s_[chosen, *(_middle(n) for n in question.frames.shape[1:])]
    frames = question.frames[cut]
    small = _few(_with(question.system, leaves), instrument, chosen, frames.shape[1:])
    weights = trusted(small)[:, None, None] * (
        np.ones_like(frames) if question.weights is None else question.weights[cut]
    )

    def refined(z: float, unknowns: dict[str, Unknown], steps: int) -> Estimate:
        start = _with(small, {DEFOCUS: np.asarray(-z)})
        solver = Adam(rate=TRIAL_RATE, steps=steps, block=TRIAL_STEPS, decay=steps > TRIAL_STEPS)
        loss = question.loss.only(jnp.asarray(chosen))
        return estimate(
            start, frames, unknowns, loss=loss, solver=solver, mask=weights, tolerance=0.0, error_bars=False
        )

    base = {SAMPLE: Free(), GAINS: GaussianPrior(GAIN)}
    best = least(
        lambda z: float(refined(z, base, TRIAL_STEPS).history["objective"][-1]),
        np.linspace(low, high, TRIALS),
        beyond=wanted["defocus"] is True,
    )
    told = {path: question.unknowns[path] for path in (DEFOCUS, *POSE) if path in question.unknowns}
    found = refined(best, base | told, POSE_STEPS).system
    return {path: np.asarray(get_leaf(found, path)) for path in told}


def least(objective: Callable[[float], float], trials: Float[np.ndarray, " n"], *, beyond: bool) -> float:
    """Return the trial of the least objective; where that is the last one to a side, look on there if `beyond`."""
    found = {z: objective(z) for z in trials}
    for _ in range(MORE if beyond else 0):
        best = min(found, key=found.__getitem__)
        if best not in (min(found), max(found)):
            break
        reach = np.sign(best - np.mean(trials)) * (np.ptp(trials) / 2)
        found |= {z: objective(z) for z in np.linspace(best, best + reach, TRIALS // 2 + 1)[1:]}
    return min(found, key=found.__getitem__)


def _middle(pixels: int) -> slice:
    """Return the middle of a side, an even number of pixels."""
    side = min(pixels, TRIAL_SIDE)
    return slice((pixels - side) // 2, (pixels - side) // 2 + side)


def _range(instrument: Mapping[str, Any], wanted: Any) -> tuple[float, float]:
    if isinstance(wanted, Mapping) and "between" in wanted:
        return tuple(wanted["between"])
    if isinstance(wanted, Mapping):
        return wanted["value"] - 3 * wanted["std"], wanted["value"] + 3 * wanted["std"]
    reach = DEPTHS * instrument["wavelength"] / instrument["numerical_aperture"] ** 2
    return instrument.get("defocus", 0.0) - reach, instrument.get("defocus", 0.0) + reach


def _few(system: Any, instrument: Mapping[str, Any], chosen: np.ndarray, shape: tuple[int, int]) -> ImagingSystem:
    """Return the instrument with few diodes, small frames, and only the detail that those tell of."""
    small = fourier_ptychography(
        **_optics(instrument),
        **_surroundings(instrument),
        positions=np.asarray(system.illumination.positions)[chosen],
        height=float(system.illumination.height),
        shape=(len(chosen), *shape),
        noise=system.noise,
    )
    where = lambda s: (s.illumination.shift, s.illumination.rotation)  # noqa: E731
    return eqx.tree_at(where, small, where(system))


# --- what the words of a run file mean --------------------------------------------------------------------------------


def geometry(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> PanelGeometry:
    """Return what panel, objective and pixels can tell together."""
    table = led_table(instrument, shape[0])
    panel = _panel(instrument, table)
    used = replace(panel, positions=panel.positions[table.used], numbers=table.used)
    return replace(used, each="diode") if table.multiplexed else used


def _panel(instrument: Mapping[str, Any], table: LEDTable) -> PanelGeometry:
    """Return the geometry of all diodes."""
    positions = table.positions + np.asarray(instrument.get("array_shift") or (0.0, 0.0), float)
    return PanelGeometry(positions, table.height, **_optics(instrument), **_surroundings(instrument))


def _shining(instrument: Mapping[str, Any], table: LEDTable) -> Int[np.ndarray, " frame"]:
    """Return how many diodes of each frame shine straight into the objective, as written."""
    return _panel(instrument, table).bright[table.lit].sum(axis=1)


def nominal(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> ImagingSystem:
    """Return the instrument as the user wrote it."""
    return _composed(instrument, led_table(instrument, shape[0]), shape, 0.01, {})


def classic(frames: np.ndarray, instrument: Mapping[str, Any]) -> Complex[np.ndarray, "y x"]:
    """Return the sample by alternating projections, with the instrument as the user wrote it."""
    question = ask(frames, instrument, {"sample": True}, {"method": EPIE})
    return np.asarray(sample_in_view(question.answer(error_bars=False).system).values)


def in_recorded_units(system: ImagingSystem, level: float) -> ImagingSystem:
    """Return the system that predicts frames `level` times brighter, noise included."""
    where = lambda s: (s.camera.gain, s.camera.offset.value, s.noise.quanta)  # noqa: E731
    gain, offset, quanta = where(system)
    return eqx.tree_at(where, system, (gain * level, offset * level, quanta / level))


def _optics(instrument: Mapping[str, Any]) -> dict[str, Any]:
    pitch = instrument.get("pixel_pitch")
    if pitch is None:
        pitch = instrument["camera_pixel"] / instrument["magnification"]
    known = {name: instrument[name] for name in ("wavelength", "numerical_aperture")}
    return known | {"pixel_pitch": pitch}


def _surroundings(instrument: Mapping[str, Any]) -> dict[str, Any]:
    names = ("glass_thickness", "glass_index", "medium_index")
    return {name: instrument[name] for name in names if instrument.get(name) is not None}


def _composed(
    instrument: Mapping[str, Any], table: LEDTable, shape: tuple[int, ...], spread: float, unknown: Mapping[str, Any]
) -> ImagingSystem:
    order = unknown.get("zernike", 0)
    system: Any = fourier_ptychography(
        **_optics(instrument),
        **_surroundings(instrument),
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
    shift = instrument.get("array_shift")
    pose = (np.zeros(2) if shift is None else np.asarray(shift, float), instrument.get("array_rotation") or 0.0)
    where = lambda s: (s.illumination.shift, s.illumination.rotation)  # noqa: E731
    return eqx.tree_at(where, system, tuple(jnp.asarray(value, dtype=float) for value in pose))


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
    frame_gains="led_gains",
    tiling=Tiling(partial(ask_tile, ask), tile_in_view),
)
