"""In-line holography: one beam through the sample onto a bare camera, plane or spherical."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from backlight.camera import Gaussian
from backlight.inverse.estimate import default_solver
from backlight.inverse.image_unknowns import Passive
from backlight.inverse.problem import build
from backlight.inverse.tree import leaf_paths
from backlight.inverse.unknowns import Common, Free, Tied, Unknown
from backlight.inverse.unknowns import Gaussian as GaussianPrior
from backlight.systems.autofocus import back_propagate, brightness, focus
from backlight.systems.entry import SystemEntry
from backlight.systems.first_image import first_image, noise_level
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.inline_geometry import geometry
from backlight.systems.inline_instrument import (
    DISTANCE,
    GAIN,
    NUMBERS,
    PATHS,
    SAMPLE,
    SOURCE,
    changed,
    finer_frames,
    inline_hologram,
    magnification,
    sample_in_view,
    scale,
    unit_gain,
)
from backlight.systems.question import Question, Start
from backlight.systems.run_words import (
    in_recorded_units,
    known_as,
    loss_and_regularizers,
    refuse_steps,
    solver_settings,
    span,
    with_steps,
)
from backlight.systems.schemas import INLINE_HOLOGRAM
from backlight.wave import SphericalWave

TOTAL_VARIATION = 0.6
"""Default weight s²·0.6/σ, with σ the standard deviation of √y for frames relative to the bare beam and s² the variance
of the loss's residuals: 0.6 σ beside ½ Σ (√y − √ŷ)², and the same strength beside any other loss.

A denoiser that weighs total variation with about its noise's standard deviation flattens the noise and keeps edges of
a few times that height; less follows the noise, and an image that does lets the distance wander.
"""

TOLERANCE = 1e-4
BACKGROUND_DEGREE = 2
BACKGROUND_STD = 0.2


def ask(
    frames: np.ndarray, instrument: Mapping[str, Any], unknown: Mapping[str, Any], options: Mapping[str, Any]
) -> Question:
    """Put the default question: a passive sample of small total variation, and what else is unknown.

    **Arguments:** as `SystemEntry.ask` describes them.

    An unknown distance is first looked for by a focus scan over its whole range; a first image then tells the
    brightness of the bare beam, to which the frames are taken relative; both are refined jointly.
    """
    refuse_steps("inline_hologram", options)
    unknown = dict(unknown) or {"sample": True}
    low, high = span(instrument["distance"], unknown.get("distance", False), 0.15)
    level = brightness(frames)
    relative = np.asarray(frames, np.float32) / np.float32(level)
    noise = noise_level(relative)
    system = _composed(instrument, frames.shape, high, noise, unknown)
    table = _with_unit_beam(system, {PATHS[name]: _unknown(name, system, wanted) for name, wanted in unknown.items()})
    weight = TOTAL_VARIATION if SAMPLE in table else None
    loss, terms, told = loss_and_regularizers(options, system, relative, noise, PATHS, weight)
    problem = build(system, relative, table, loss=loss, regularizers=terms, weights=options.get("weights"))
    solver = with_steps(default_solver(problem), options.get("iterations"))
    return Question(
        system=system,
        frames=relative,
        unknowns=table,
        loss=loss,
        regularizers=terms,
        solver=solver,
        weights=options.get("weights"),
        tolerance=TOLERANCE,
        brightness=level,
        settings=told | solver_settings(solver, options),
        first_look=partial(_first_look, low=low, high=high),
        finish=in_recorded_units,
        finer=finer_frames if SAMPLE in table else None,
    )


def _with_unit_beam(system: ImagingSystem, table: dict[str, Unknown]) -> dict[str, Unknown]:
    """Let the gain follow M² where a spherical wave's distances move.

    Frames are taken relative to the bare beam, so its brightness says nothing of the magnification. With a gain that
    stood still it would seem to, and pull the distances.
    """
    moving = isinstance(system.illumination, SphericalWave) and {DISTANCE, SOURCE} & set(table)
    return table | {GAIN: Tied((DISTANCE, SOURCE), _unit_gain)} if moving else table


def _unit_gain(distance: Array, source_distance: Array) -> Array:
    return jnp.asarray(magnification(distance, source_distance) ** 2)


# --- the first look ---------------------------------------------------------------------------------------------------


def _first_look(question: Question, low: float, high: float) -> Start:
    """Find the distance in focus between `low` and `high`, the first image, and the brightness of the bare beam."""
    system, beam, notes = question.system, 1.0, []
    if DISTANCE in question.unknowns and high > low:
        system, sentence = _focused(system, question.frames[0], low, high)
        notes.append(sentence)
    if SAMPLE in question.unknowns:
        system, beam = first_image(
            question, system, back_propagate(system, jnp.asarray(question.frames[0])), sample_in_view
        )
    level = question.brightness * beam
    notes.append(f"Frames are taken relative to the bare beam, whose brightness was found to be {level:.5g}.")
    leaves = leaf_paths(system)
    return Start({path: np.asarray(leaves[path]) for path in (SAMPLE, DISTANCE, GAIN)}, beam, tuple(notes))


def _focused(system: ImagingSystem, frame: np.ndarray, low: float, high: float) -> tuple[ImagingSystem, str]:
    found = focus(system, jnp.asarray(frame), low, high)
    sentence = (
        f"The distance was first looked for between {low * 1e3:.4g} and {high * 1e3:.4g} mm by the sharpness of the "
        f"back-propagated field (sparsity of its complex gradient): {found.best * 1e3:.5g} mm."
    )
    system = eqx.tree_at(lambda s: s.detection_path.distance, system, jnp.asarray(found.best, dtype=float))
    return eqx.tree_at(lambda s: s.camera.gain, system, unit_gain(system)), sentence


# --- what the words of a run file mean --------------------------------------------------------------------------------


def nominal(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> ImagingSystem:
    """Return the instrument as the user wrote it."""
    return _composed(instrument, shape, instrument["distance"], 0.01, {})


def classic(frames: np.ndarray, instrument: Mapping[str, Any]) -> Complex[np.ndarray, "y x"]:
    """Return the first frame, back-propagated over the distance the user wrote."""
    frame = jnp.asarray(frames[0] / brightness(frames[0]), dtype=float)
    return np.asarray(back_propagate(nominal(instrument, frames.shape), frame))


def _composed(given: Mapping[str, Any], shape, reach: float, std: float, unknown: Mapping[str, Any]) -> ImagingSystem:
    known = {name: given[name] for name in NUMBERS if given.get(name) is not None}
    system = inline_hologram(**known, shape=shape, reach=reach, noise=Gaussian(std))
    if "background" in unknown:
        flat = jnp.zeros((BACKGROUND_DEGREE + 1) ** 2 - 1)
        system = eqx.tree_at(lambda s: s.camera.background, system, flat)
    return system


def _unknown(name: str, system: ImagingSystem, wanted: Any) -> Unknown:
    """Return what a line of `[unknown]` means."""
    if name == "sample":
        return Passive()
    if name == "background":
        return GaussianPrior(BACKGROUND_STD)
    free = Free(scale=1e-2 / scale(name, system)) if name == "illumination_tilt" else None
    inner = known_as(wanted, scale(name, system), free)
    return Common(inner) if name == "pixel_pitch" else inner


ENTRY = SystemEntry(
    schema=INLINE_HOLOGRAM,
    paths=PATHS,
    ask=ask,
    nominal=nominal,
    classic=classic,
    object_in_view=sample_in_view,
    geometry=geometry,
    scale=scale,
    changed=changed,
)
