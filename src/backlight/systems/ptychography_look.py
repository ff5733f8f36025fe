"""The first look at frames under a panel of diodes: how the panel lies, the defocus, and which frames to trust."""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight import units
from backlight.inverse.estimate import Estimate, estimate
from backlight.inverse.first_order import Adam
from backlight.inverse.tree import get_leaf, set_leaves
from backlight.inverse.unknowns import Free, Unknown
from backlight.inverse.unknowns import Gaussian as GaussianPrior
from backlight.light import Grid
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.led_pose import CERTAIN, WRITTEN, PanelPose, panel_pose
from backlight.systems.led_table import LEDTable
from backlight.systems.per_frame import is_per_frame
from backlight.systems.ptychography_instrument import DEFOCUS, GAINS, PATHS, SAMPLE, fourier_ptychography
from backlight.systems.ptychography_tiles import in_units_of
from backlight.systems.ptychography_words import optics, surroundings
from backlight.systems.question import Question, Start

POSE = tuple(PATHS[name] for name in ("array_shift", "array_rotation", "array_height"))

DEPTHS = 3.0
"""How far an unknown defocus is looked for, in units of λ/NA²."""

MORE = 3
"""How many times half that range is added where the best of it lies at its end."""

TRIALS, TRIAL_STEPS, TRIAL_FRAMES, TRIAL_SIDE, TRIAL_RATE, POSE_STEPS = 13, 20, 25, 96, 0.1, 100

GAIN = 0.2
"""What the brightness of a diode may be off, as a standard deviation."""

LEAST_TRUST = 1e-4
"""In a frame on the pupil's edge: enough for it to tell the brightness of its diode, too little to bend the picture."""


def first_look(
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
    against = ()
    looks = elsewhere is None and not table.multiplexed
    if table.multiplexed:
        notes.append("Several diodes light each frame: no circle in its spectrum tells of one, and no first look was "
                     "taken for pose and defocus. They are refined from what was written.")  # fmt: skip
    if looks:
        pose = panel_pose(question.frames, table.positions, table.height, **optics(instrument))
        notes += _about_pose(pose)
        against = () if pose is None else tuple(filter(None, [pose.advice()]))
        if pose is not None and "array_shift" in wanted and pose.orientation == WRITTEN:
            leaves[PATHS["array_shift"]] = np.asarray(pose.shift)
    if looks and DEFOCUS in question.unknowns:
        leaves |= _bright_field(question, instrument, leaves, wanted)
        found = units.format_length(-float(leaves[DEFOCUS]), digits=3)
        notes.append(f"With the bright-field frames alone the defocus was found to be about {found}{_place(leaves)}.")
    trust = trusted(_with(question.system, leaves))
    if np.any(trust < 1):
        less, hardly = (_numbers(which) for which in ((trust < 1) & (trust > LEAST_TRUST), trust <= LEAST_TRUST))
        notes.append("The direct light of some frames falls on the very edge of the pupil, where a part of the field "
                     f"does not tell how much passes. These count less: {less}; these hardly: {hardly}.")  # fmt: skip
    return Start(leaves, 1.0, tuple(notes), trust, contradictions=against)


def _numbers(which: np.ndarray) -> str:
    """Return the numbers of the frames for which this is true, the first twelve at most."""
    some = np.flatnonzero(which)
    return (", ".join(map(str, some[:12])) or "none") + ", …" * (len(some) > 12)


def _place(leaves: Mapping[str, np.ndarray]) -> str:
    """Return where the panel was found to be shifted to, if that was asked."""
    if PATHS["array_shift"] not in leaves:
        return ""
    y, x = (units.format_length(float(s), digits=3) for s in leaves[PATHS["array_shift"]])
    return f", and the panel shifted by {y} along y and {x} along x: the search begins there"


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
    if pose.advice():
        return []
    y, x = (units.format_length(s, digits=3) for s in pose.shift)
    unsure = " Whether its axes are swapped, or one of them mirrored, they do not tell." if pose.lead < CERTAIN else ""
    return [f"The circles in the spectra of {int(pose.bright.sum())} bright-field frames lie as if the panel were "
            f"shifted by {y} along y and {x} along x.{unsure}"]  # fmt: skip


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
    panel = system.illumination
    return fourier_ptychography(
        **optics(instrument),
        **surroundings(instrument),
        positions=np.asarray(panel.positions)[chosen],
        height=float(panel.height),
        shift=panel.shift,
        rotation=panel.rotation,
        shape=(len(chosen), *shape),
        noise=system.noise,
    )
