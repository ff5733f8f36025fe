"""Lensless stacks: many in-line holograms of one sample, the camera elsewhere in each; and stacks through focus."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex, Float

from backlight.camera import Gaussian
from backlight.errors import InputError
from backlight.inverse.direct import Direct
from backlight.inverse.estimate import default_solver
from backlight.inverse.frame_by_frame import FrameByFrame
from backlight.inverse.image_unknowns import Passive
from backlight.inverse.problem import Problem, build
from backlight.inverse.solver import Solver
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.inverse.unknowns import Balanced, Free, Interval, Unknown
from backlight.inverse.unknowns import Gaussian as GaussianPrior
from backlight.maths.holes import continued
from backlight.systems.autofocus import back_propagate, brightness
from backlight.systems.entry import SystemEntry
from backlight.systems.first_image import noise_level
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.inline_geometry import Geometry
from backlight.systems.lensless_findings import findings, unsupported
from backlight.systems.lensless_instrument import GAINS, PATHS, changed, lensless_stack, sample_in_view, scale
from backlight.systems.lensless_look import first_look, transport_look
from backlight.systems.question import Question, Start
from backlight.systems.run_words import (
    in_recorded_units,
    known_as,
    loss_and_regularizers,
    refuse_steps,
    solver_settings,
    with_steps,
)
from backlight.systems.schemas import LENSLESS_STACK

TOTAL_VARIATION = 0.6
"""As for a single hologram, see `inline_holography`, times √K/s for K frames and a sample s times finer: K/s² recorded
pixels tell of one of the sample, whose noise is as much as s/√K of theirs."""

GERCHBERG_SAXTON, TRANSPORT, PASSES = "gerchberg_saxton", "transport_of_intensity", 15
CLASSIC = (GERCHBERG_SAXTON, TRANSPORT)
ITERATIONS = 1200
TOLERANCE = 1e-5

DISTANCE, GAIN, DRIFT, BACKGROUND = 0.02, 0.1, 1e-2, 0.1
"""What is known where a run file says `true`, as standard deviations: the distances, over the longest of them; gains;
stretch, shear and turn of a frame; the uneven light of a frame. A shift is known to a pixel after the first look."""


def ask(
    frames: np.ndarray,
    instrument: Mapping[str, Any],
    unknown: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    balanced: bool = False,
) -> Question:
    """Put the default question: a passive sample of small total variation, and what else is unknown.

    **Arguments:** as `SystemEntry.ask` describes them; `balanced`: whether unknown distances keep their mean, as where
    nobody knows in which plane behind a lens the sample lies: what is told of it is then the light in the plane 0.

    The first look lays the back-propagated frames over each other and makes a first image; sample and instrument are
    then refined jointly. Two classic methods look for the sample alone, in the instrument as it is written:
    `"gerchberg_saxton"` from frame to frame, each giving it the recorded amplitude, and `"transport_of_intensity"`.
    """
    refuse_steps("lensless_stack", options)
    alone = options.get("method") in CLASSIC
    held = [name for name in unknown if alone and name != "sample"]
    unknown = {"sample": True} if alone else dict(unknown) or {"sample": True}
    _demand_one_wavelength(instrument, unknown)
    if options.get("weights") is not None:
        frames = continued(frames, np.broadcast_to(np.asarray(options["weights"]) == 0, frames.shape))
    # No light is lost on the way, so that frames differ in their mean as in their gain; how bright the bare beam is the
    # first image tells.
    levels = frames.mean(axis=(1, 2), dtype=np.float64)
    level = float(levels.mean())
    relative = np.asarray(frames, np.float32) / np.float32(level)
    noise = float(np.median([noise_level(frame) for frame in relative]))
    system = _composed(instrument, frames.shape, noise, unknown)
    if "gains" in unknown:
        system = set_leaves(system, {GAINS: jnp.asarray(levels / level, dtype=float)})
    table = {PATHS[name]: _unknown(name, system, wanted) for name, wanted in unknown.items()}
    if balanced and "distances" in unknown:
        table[PATHS["distances"]] = Balanced(table[PATHS["distances"]])
    weight = TOTAL_VARIATION * _redundancy(system) if "sample" in unknown and not alone else None
    loss, terms, told = loss_and_regularizers(options, system, relative, noise, PATHS, weight)
    problem = build(system, relative, table, loss=loss, regularizers=terms, weights=options.get("weights"))
    solver, method = _method(problem, options)
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
        settings=told | method,
        first_look=_look(unknown, options),
        finish=in_recorded_units,
        notes=_signs(instrument) + ((f"{options['method']} holds as written: {', '.join(held)}.",) if held else ()),
        contradictions=() if "shifts" in unknown else unsupported(system),
    )


def _method(problem: Problem, options: Mapping[str, Any]) -> tuple[Solver, dict[str, Any]]:
    """Return the solver, and how `[estimate]` names it."""
    name, iterations = options.get("method"), options.get("iterations")
    if name == GERCHBERG_SAXTON:
        return FrameByFrame(steps=iterations or PASSES), {"method": name, "iterations": iterations or PASSES}
    if name == TRANSPORT:
        return Direct(), {"method": name}
    solver = with_steps(default_solver(problem), iterations or ITERATIONS)
    return solver, solver_settings(solver, options)


def _look(unknown: Mapping[str, Any], options: Mapping[str, Any]) -> Callable[[Question], Start]:
    if options.get("method") == TRANSPORT:
        return transport_look
    alternating = options.get("method") == GERCHBERG_SAXTON
    return partial(
        first_look,
        span=_span(unknown.get("distances")),
        weigh=not alternating and options.get("regularizers") is None,
        transport=not alternating,
    )


def _signs(instrument: Mapping[str, Any]) -> tuple[str, ...]:
    if np.max(instrument["distances"]) >= 0:
        return ()
    return ("All distances are negative, as behind a lens that is focused beyond the sample: before a bare camera they "
            "are positive, and with the wrong sign the picture is the twin image.",)  # fmt: skip


def nominal(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> ImagingSystem:
    """Return the instrument as the user wrote it."""
    return _composed(instrument, shape, 0.01, {})


def classic(frames: np.ndarray, instrument: Mapping[str, Any]) -> Complex[np.ndarray, "y x"]:
    """Return the brightest frame, which the report shows, back-propagated over the distance the user wrote."""
    shown = int(np.argmax(frames.mean(axis=(1, 2), dtype=np.float64)))
    frame = jnp.asarray(frames[shown] / brightness(frames[shown]), dtype=float)
    return np.asarray(back_propagate(nominal(instrument, frames.shape).alone(shown), frame))


def geometry(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> Geometry:
    """Return the geometry of the frame that is furthest from the sample."""
    wavelength = float(np.max(instrument["wavelength"])) / float(instrument.get("medium_index") or 1.0)
    furthest = float(np.max(np.abs(instrument["distances"])))
    finer = float(instrument.get("super_resolution") or 1.0)
    return Geometry(wavelength, float(instrument["pixel_pitch"]) / finer, furthest, round(finer * max(shape[-2:])))


def _composed(
    given: Mapping[str, Any], shape: tuple[int, ...], noise: float, unknown: Mapping[str, Any]
) -> ImagingSystem:
    distances = np.ravel(given["distances"])
    return lensless_stack(
        wavelength=_one_or_each(given["wavelength"]),
        pixel_pitch=given["pixel_pitch"],
        distances=np.repeat(distances, shape[0]) if len(distances) == 1 else distances,
        shape=shape,
        super_resolution=given.get("super_resolution") or 1.0,
        shifts=_shifts(given.get("shifts")),
        fill_factor=given.get("fill_factor", 1.0),
        medium_index=given.get("medium_index") or 1.0,
        affine="affine" in unknown,
        background="background" in unknown,
        noise=Gaussian(noise),
    )


def _shifts(table: Float[np.ndarray, "frames xy"] | None) -> Float[np.ndarray, "frames 2"] | None:
    """Return (y, x) of a table with columns x and y."""
    return None if table is None else np.asarray(table, float)[:, ::-1]


def _one_or_each(values: Any) -> Any:
    """Return a number where there is one."""
    return float(np.ravel(values)[0]) if np.size(values) == 1 else np.asarray(values, float)


def _redundancy(system: ImagingSystem) -> float:
    return float(np.sqrt(system.frames) / system.camera.decimation)


def _span(wanted: Any) -> tuple[float, float] | None:
    return tuple(wanted["between"]) if isinstance(wanted, Mapping) and "between" in wanted else None


def _demand_one_wavelength(instrument: Mapping[str, Any], unknown: Mapping[str, Any]) -> None:
    count = np.size(instrument["wavelength"])
    if "illumination_tilt" in unknown and count > 1:
        raise InputError("[unknown] illumination_tilt", got=f"frames of {count} wavelengths",
                         expected="one wavelength", remedy="ask for shifts instead")  # fmt: skip


def _unknown(name: str, system: ImagingSystem, wanted: Any) -> Unknown:
    """Return what a line of `[unknown]` means."""
    leaves = leaf_paths(system)
    distances = np.asarray(leaves[PATHS["distances"]])
    pitch = float(np.max(np.asarray(system.camera.pitch)))
    depth = pitch**2 / float(np.min(np.asarray(system.illumination.wavelength)))
    if name == "distances" and isinstance(wanted, Mapping) and "between" in wanted:
        return Interval(*wanted["between"])
    natural = {
        "sample": Passive(),
        "illumination_tilt": Free(scale=1e-2 / scale("illumination_tilt", system)),
        "shifts": Balanced(GaussianPrior(pitch)),
        # In focus all distances are 0: they are then known to the depth in which a pixel is sharp.
        "distances": GaussianPrior(DISTANCE * float(np.max(np.abs(distances))) or depth, mean=distances),
        # A brighter beam before a darker sample records the same, and total variation prefers the darker sample.
        "gains": Balanced(GaussianPrior(GAIN, mean=leaves[GAINS])),
        "affine": GaussianPrior(DRIFT),
        "background": GaussianPrior(BACKGROUND),
    }
    return known_as(wanted, scale(name, system), natural[name])


ENTRY = SystemEntry(
    schema=LENSLESS_STACK,
    paths=PATHS,
    ask=ask,
    nominal=nominal,
    classic=classic,
    object_in_view=sample_in_view,
    geometry=geometry,
    scale=scale,
    changed=changed,
    findings=findings,
)
