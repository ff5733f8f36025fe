"""A lensless camera with a mask or a diffuser: the scene, the pattern's true size and the background, of one frame."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from backlight.camera import Gaussian
from backlight.errors import InputError
from backlight.inverse import losses
from backlight.inverse.admm import ADMM
from backlight.inverse.image_unknowns import NonNegative
from backlight.inverse.solver import Solver
from backlight.inverse.unknowns import Interval, Unknown
from backlight.inverse.variable_projection import VariableProjection
from backlight.systems.coded_instrument import (
    PATHS,
    SAMPLE,
    changed,
    coded_lensless,
    in_recorded_units,
    scene_in_view,
    seen,
    transfer,
)
from backlight.systems.entry import SystemEntry
from backlight.systems.first_image import noise_level
from backlight.systems.held_out import drawn_pixels
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.question import Question
from backlight.systems.run_words import (
    known_as,
    refuse_steps,
    regularizers_of,
    settings,
    solver_settings,
    span,
    with_steps,
)
from backlight.systems.schemas import CODED_LENSLESS

TOTAL_VARIATION = 0.6
"""Default weight 0.6·σ·‖h‖, σ the standard deviation of the noise: noise of σ in the frame is one of σ·‖h‖ in what the
pattern throws back, and total variation of about the noise's size flattens it and keeps edges of a few times that."""

TOLERANCE = 1e-4
SCALE = "psf_scale", "dimensionless"
WITHIN = 0.1  # of the pattern's size: how far from the written scale an unknown one is looked for
IMAGE_STEPS, THETA_STEPS, STEPS_EACH, WARM_UP = 160, 20, 15, 6
HELD_OUT = 20  # one pixel in so many: enough to judge by, and too few to be missed


def ask(
    frames: np.ndarray, instrument: Mapping[str, Any], unknown: Mapping[str, Any], options: Mapping[str, Any]
) -> Question:
    """Put the default question: a non-negative scene of small total variation, and what else is unknown.

    **Arguments:** as `SystemEntry.ask` describes them; `psf` in `instrument` is the picture of a point, (y, x).

    An even glow of the scene and a level on the sensor make the same frames, and a scene below zero is none: a frame
    tells of its level only that it is no larger than its darkest part. An unknown level is taken to be as large.

    **Errors:** `InputError` for frames without light, and for what `coded_lensless` refuses.
    """
    refuse_steps("coded_lensless", options)
    _refuse_empty_frame(options)
    unknown = dict(unknown) or {"sample": True}
    _demand_sample(unknown)
    level = _brightness(frames)
    relative = np.asarray(frames, np.float32) / np.float32(level)
    noise = noise_level(relative[0])
    if "background" in unknown:
        background = darkest(relative[0], options.get("weights"))
    else:
        background = (instrument.get("background") or 0.0) / level
    system = _composed(instrument, frames.shape, background, noise, unknown)
    searched = {name: wanted for name, wanted in unknown.items() if name != "background"}
    table = {PATHS[name]: _unknown(name, instrument, wanted) for name, wanted in searched.items()}
    told = settings({"loss": "intensity"} | dict(options), True, TOTAL_VARIATION * noise * _norm(system))
    solver = with_steps(_solver(table), options.get("iterations"))
    return Question(
        system=system,
        frames=relative,
        unknowns=table,
        loss=losses.BY_NAME[told["loss"]](),
        regularizers=regularizers_of(told["regularizers"], PATHS),
        solver=solver,
        weights=options.get("weights"),
        tolerance=TOLERANCE,
        brightness=level,
        settings=told | solver_settings(solver, options),
        first_look=None,
        finish=in_recorded_units,
        notes=_notes(system, level, instrument, unknown),
    )


def held_out_pixels(shape: tuple[int, ...], seed: int = 0) -> Float[np.ndarray, "*frames y x"]:
    """Return weights that are 0 in 5 % of the pixels, drawn at random, and 1 in the others.

    How well an answer that was not told them predicts these pixels tells how good it is; how well it fits the others
    does not.

    **Arguments:** `shape` of the frames; `seed` of the draw.

    Example:
        >>> round(float(held_out_pixels((100, 100)).mean()), 2)
        0.95
    """
    return (~drawn_pixels(shape, HELD_OUT, seed)).astype(np.float32)


def darkest(frame: Float[np.ndarray, "y x"], weights: Float[np.ndarray, "*one y x"] | None = None) -> float:
    """Return the mean of the darkest block of a frame, a twenty-fourth of its shorter side wide.

    **Arguments:** `weights`: 0 for pixels that must not count; all do where `None`.
    """
    counts = np.ones(frame.shape) if weights is None else np.asarray(weights).reshape(frame.shape) > 0
    light, pixels = (_blocks(values) for values in (np.where(counts, frame, 0.0), counts))
    seen = pixels >= 0.5 * pixels.max()
    return max(float(np.min(light[seen] / pixels[seen])), 0.0)


def _blocks(values: np.ndarray) -> Float[np.ndarray, "rows columns"]:
    side = max(min(values.shape) // 24, 2)
    rows, columns = (n // side for n in values.shape)
    return values[: rows * side, : columns * side].reshape(rows, side, columns, side).sum(axis=(1, 3), dtype=float)


def _refuse_empty_frame(options: Mapping[str, Any]) -> None:
    if options.get("background") is not None:
        raise InputError("[data] background", got="an empty frame", expected="none: light from aside is a level here",
                         remedy="write its level as background in [instrument], or background = true in [unknown]"
                         )  # fmt: skip


def _demand_sample(unknown: Mapping[str, Any]) -> None:
    if not unknown.get("sample"):
        raise InputError("[unknown]", got="no sample", expected="sample = true: nobody knows the scene beforehand")


def _brightness(frames: np.ndarray) -> float:
    level = float(np.percentile(frames[np.isfinite(frames)], 99.9))
    if not level > 0:
        raise InputError("frames", got="no light", expected="a frame of a scene")
    return level


def _notes(
    system: ImagingSystem, level: float, instrument: Mapping[str, Any], unknown: Mapping[str, Any]
) -> tuple[str, ...]:
    told = {
        "The level of light that no scene explains was taken from the darkest part of the frame, "
        f"{float(system.camera.offset) * level:.4g}: a smaller one and a scene that glows evenly make the same frame.":
        "background" in unknown,
        "Where the pattern lies, and about which point it grows, only shifts the scene.": "psf_scale" in unknown,
        "No pixel_pitch was written: lengths are those of pixels 1 µm apart.": instrument.get("pixel_pitch") is None,
    }  # fmt: skip
    return tuple(sentence for sentence, said in told.items() if said)


def _norm(system: ImagingSystem) -> float:
    """Return ‖h‖, of a pattern of sum 1."""
    path: Any = system.detection_path
    return float(np.sqrt(np.sum(np.asarray(path.values - path.background, float) ** 2)))


def _composed(
    given: Mapping[str, Any], shape: tuple[int, ...], background: float, noise: float, unknown: Mapping[str, Any]
) -> ImagingSystem:
    names = ("psf", "pixel_pitch", "psf_scale", "psf_background")
    known = _lifted({name: given[name] for name in names if given.get(name) is not None})
    reach = span(known.get("psf_scale", 1.0), unknown.get("psf_scale", False), WITHIN, *SCALE)[1]
    return coded_lensless(**known, shape=shape, reach=reach, background=background, noise=Gaussian(noise))


def _lifted(known: dict[str, Any]) -> dict[str, Any]:
    """Return pattern and background without what a subtraction has left below zero: only their difference counts."""
    low = min(float(np.min(known["psf"])), 0.0)
    return known | {"psf": np.asarray(known["psf"]) - low, "psf_background": known.get("psf_background", 0.0) - low}


def _unknown(name: str, given: Mapping[str, Any], wanted: Any) -> Unknown:
    """Return what a line of `[unknown]` means."""
    if name == "sample":
        return NonNegative()
    return known_as(wanted, 1.0, Interval(*span(given.get("psf_scale") or 1.0, True, WITHIN, *SCALE)))


def _solver(table: Mapping[str, Unknown]) -> Solver:
    image = ADMM(path=SAMPLE, transfer=transfer, seen=seen, steps=IMAGE_STEPS)
    theta = tuple(path for path in table if path != SAMPLE)
    if not theta:
        return image
    return VariableProjection(parameters=theta, image=image, steps=THETA_STEPS, inner=STEPS_EACH, warm_up=WARM_UP)


def nominal(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> ImagingSystem:
    """Return the camera as the user wrote it."""
    return _composed(instrument, shape, instrument.get("background") or 0.0, 0.01, {})


ENTRY = SystemEntry(
    schema=CODED_LENSLESS,
    paths={name: PATHS[name] for name in ("sample", "psf_scale", "background", "pixel_pitch")},
    ask=ask,
    nominal=nominal,
    classic=None,
    object_in_view=scene_in_view,
    changed=changed,
)
