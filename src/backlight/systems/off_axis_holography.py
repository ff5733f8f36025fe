"""Off-axis holography: a tilted reference beam writes amplitude and phase of the light onto fringes."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from backlight import units
from backlight.camera import Gaussian
from backlight.errors import RunFileError
from backlight.inverse import losses
from backlight.inverse.direct import Direct
from backlight.inverse.estimate import default_solver
from backlight.inverse.problem import build, unit_of
from backlight.inverse.unknowns import Free, Tied, Unknown
from backlight.inverse.unknowns import Gaussian as GaussianPrior
from backlight.maths.fourier import pad
from backlight.systems import fourier_filter as ff
from backlight.systems.entry import SystemEntry
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.inline_instrument import finer_frames
from backlight.systems.off_axis_instrument import (
    AMPLITUDE,
    CURVATURE,
    DISTANCE,
    EMPTY,
    EMPTY_DISTANCE,
    PATHS,
    PHASE,
    SAMPLE,
    TILT,
    around,
    changed,
    off_axis_hologram,
    sample_in_view,
    scale,
)
from backlight.systems.off_axis_look import SAME, Beams, Focus, Optics, classic_of, focused, parted
from backlight.systems.question import Question, Start
from backlight.systems.run_words import (
    in_recorded_units,
    known_as,
    loss_of,
    refuse_steps,
    regularizers_of,
    settings,
    solver_settings,
    span,
    with_steps,
)
from backlight.systems.schemas import OFF_AXIS_HOLOGRAM

FOURIER_FILTER = "fourier_filter"
END = 0.01
"""Of the interval, or of the depth of field if that is less: a distance found nearer to a bound lies at it."""
TOTAL_VARIATION = 0.6
"""Default weight s²·0.6/σ with σ the standard deviation of √y, as for `inline_hologram`."""

TOLERANCE = 1e-4
BACKGROUND_DEGREE = 2
BACKGROUND_STD = 0.2
STRONGEST = 1.02  # contrast that noise and the rim of the filter's window may make of 1
FRINGE = 0.1  # of a fringe across the frame: the natural step of the reference's tilt and curvature


def ask(
    frames: np.ndarray, instrument: Mapping[str, Any], unknown: Mapping[str, Any], options: Mapping[str, Any]
) -> Question:
    """Put the default question: a sample of small total variation, and what else is unknown.

    **Arguments:** as `SystemEntry.ask` describes them; `reference_tilt` in `instrument` is found from the spectrum
    where it is absent.

    The Fourier filter parts the beams at once; the first look tells the two readings of the frame apart by their focus,
    finds an unknown distance, and moves the light back to the sample: the classic reconstruction, which is the answer
    where `method` is "fourier_filter" and the start of the joint estimate where it is not.
    """
    refuse_steps("off_axis_hologram", options)
    unknown = dict(unknown) or {"sample": True}
    _demand_true("reference_tilt", unknown)
    frame, optics = np.asarray(frames[0], float), Optics.of(instrument)
    low, high = span(instrument["distance"], unknown.get("distance", False), 0.15)
    beams = parted(frame, options.get("background"), instrument, unknown)
    level = float(np.mean(np.abs(beams.light) ** 2)) / beams.reference
    relative = np.asarray(frames, np.float32) / np.float32(level)
    noise = max(ff.noise_level(frame, beams.tilt) / level, 1e-4)
    system = _composed(instrument, frames.shape, high, noise, unknown, beams, optics)
    table = _unknowns(system, unknown)
    loss = loss_of(options.get("loss") or "amplitude", noise)
    strength = float(_unit(loss, system, relative)) / float(_unit(losses.amplitude(), system, relative)) ** 0.5
    told = settings(options, SAMPLE in table, TOTAL_VARIATION * strength)
    terms = regularizers_of(told["regularizers"], PATHS)
    direct = options.get("method") == FOURIER_FILTER
    problem = build(system, relative, table, loss=loss, regularizers=terms, weights=options.get("weights"))
    solver = _direct(options) if direct else with_steps(default_solver(problem), options.get("iterations"))
    return Question(
        system=system,
        frames=relative,
        unknowns={SAMPLE: table[SAMPLE]} if direct else table,
        loss=loss,
        regularizers=() if direct else terms,
        solver=solver,
        weights=options.get("weights"),
        tolerance=TOLERANCE,
        brightness=level,
        settings=(told | {"method": FOURIER_FILTER}) if direct else told | solver_settings(solver, options),
        first_look=partial(_first_look, beams=beams, optics=optics, instrument=instrument, low=low, high=high),
        finish=in_recorded_units,
        finer=finer_frames if SAMPLE in table and beams.empty is None else None,
        notes=(_about_fringes(beams, optics, instrument), *_about_contrast(beams, optics)),
    )


def _unit(loss: losses.Loss, system: ImagingSystem, frames: np.ndarray) -> Array:
    return unit_of(loss, system.noise, jnp.asarray(frames), 1.0)


def _direct(options: Mapping[str, Any]) -> Direct:
    if options.get("iterations") is not None:
        raise RunFileError("[estimate] iterations", got=repr(options["iterations"]), remedy="remove the line",
                           expected=f"no such key: method {FOURIER_FILTER!r} does not iterate")  # fmt: skip
    return Direct()


# --- the first look ---------------------------------------------------------------------------------------------------


def _first_look(
    question: Question, beams: Beams, optics: Optics, instrument: Mapping[str, Any], low: float, high: float
) -> Start:
    """Tell the two readings apart, find the distance in focus, and reconstruct the sample by the Fourier filter."""
    focus, notes = _reading(beams, optics, instrument, low, high)
    beams, distance = focus.reading, focus.distance
    found, shape = classic_of(beams, optics, distance), question.system.sample.shape
    notes.append(
        f"The brightness of the beam through the clear sample was found to be {found.brightness:.5g}, that of the "
        f"reference {found.amplitude**2:.4g} times as much."
    )
    leaves = {
        DISTANCE: distance,
        TILT: np.array(beams.tilt) / optics.pixel_pitch,
        CURVATURE: beams.bend * optics.curvature,
        AMPLITUDE: found.amplitude,
        PHASE: found.phase,
    }
    if SAMPLE in question.unknowns:
        leaves[SAMPLE] = pad(jnp.asarray(found.transmission), shape, 1.0)
    if beams.empty is not None:
        leaves |= {EMPTY: around(beams.empty, shape), EMPTY_DISTANCE: -distance}
    kept = {path: np.asarray(value) for path, value in leaves.items()}
    against = (*_at_an_end(low, high, focus), *_as_sharp_elsewhere(focus))
    return Start(kept, found.brightness / question.brightness, tuple(notes), contradictions=against)


def _at_an_end(low: float, high: float, focus: Focus) -> tuple[str, ...]:
    """Say that the sample is sharpest where the search ends: it may be sharper beyond."""
    margin = END * min(high - low, focus.depth)
    if high <= low or low + margin < focus.distance < high - margin:
        return ()
    end = units.format_length(low if focus.distance <= low + margin else high)
    return (f"The sample is sharpest at the very end of the distances that were allowed, {end}: it may lie beyond. "
            "Widen `between`, or write a distance that you know.",)  # fmt: skip


def _as_sharp_elsewhere(focus: Focus) -> tuple[str, ...]:
    """Say that sharpness does not tell the distance: an estimate starts at one and does not come to another."""
    if focus.unclear is None:
        return ()
    first, last = (units.format_length(z) for z in focus.unclear)
    return (f"The sample is as sharp, to {100 * SAME:g} %, at distances as far apart as {first} and {last}: that the "
            f"sharpest, {units.format_length(focus.distance)}, was taken is little more than chance. Look at the "
            "picture at others, and write a narrower `between`, or a `crop` about one object.",)  # fmt: skip


def _reading(
    beams: Beams, optics: Optics, instrument: Mapping[str, Any], low: float, high: float
) -> tuple[Focus, list[str]]:
    """Return how the beams are to be read and the distance in focus, both in sentences too."""
    if instrument.get("reference_tilt") is not None:
        focus = focused((beams,), optics, low, high)
        return focus, _about_distance(low, high, focus.distance)
    focus = focused((beams, beams.twin), optics, low, high)
    doubt = (
        ", though hardly: write reference_tilt with the other sign if the picture is its twin"
        if focus.lead < SAME
        else ""
    )
    sentence = (
        "A frame and its mirror image in the spectrum tell the same of a sample at z and of its complex conjugate at "
        f"−z; the one that is sharper at a positive distance was taken, by {100 * focus.lead:.2g} % of the sharpness"
        f"{doubt}."
    )
    return focus, [sentence, *_about_distance(low, high, focus.distance)]


def _about_distance(low: float, high: float, found: float) -> list[str]:
    if not high > low:
        return []
    between = " and ".join(units.format_length(z) for z in (low, high))
    return [f"The distance was first looked for between {between} by the sharpness of the sample: "
            f"{units.format_length(found, digits=5)}."]  # fmt: skip


def _about_fringes(beams: Beams, optics: Optics, instrument: Mapping[str, Any]) -> str:
    fringes = " and ".join(f"{abs(f):.5f}" for f in beams.tilt)
    origin = "as written" if instrument.get("reference_tilt") is not None else "found in the spectrum"
    flat = "the empty hologram" if beams.empty is not None else "the sample's clear surroundings"
    return (
        f"The reference makes {fringes} fringes per pixel along y and x, {origin}. A tilt or a curvature of the sample "
        f"is one of the reference, and so is a constant phase: {flat} is called flat, and the sample's mean phase 0."
    )


def _about_contrast(beams: Beams, optics: Optics) -> list[str]:
    if beams.contrast <= STRONGEST:
        return []
    return [
        f"The fringes have {beams.contrast:.2f} times the contrast that two equally bright beams make through pixels "
        f"of fill factor {optics.fill_factor:g}: the brightness of the reference is a guess. Write the camera's "
        "fill_factor in [instrument] if it is smaller; else the frame lacks light that does not fluctuate (a dark "
        "level that was taken off twice), or is no intensity."
    ]


def nominal(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> ImagingSystem:
    """Return the instrument as the user wrote it."""
    return off_axis_hologram(**_known(instrument), shape=shape)


def classic(
    frames: np.ndarray, instrument: Mapping[str, Any], background: np.ndarray | None = None
) -> Complex[np.ndarray, "y x"]:
    """Return the first frame, filtered and moved back over the distance the user wrote."""
    optics, z = Optics.of(instrument), instrument["distance"]
    beams = parted(np.asarray(frames[0], float), background, instrument)
    focus, _ = _reading(beams, optics, instrument, z, z)
    return classic_of(focus.reading, optics, z).transmission


# --- what the words of a run file mean --------------------------------------------------------------------------------


def _known(instrument: Mapping[str, Any]) -> dict[str, Any]:
    names = ("wavelength", "pixel_pitch", "distance", "medium_index", "reference_tilt", "reference_curvature",
             "fill_factor")  # fmt: skip
    return {name: instrument[name] for name in names if instrument.get(name) is not None}


def _composed(instrument, shape, reach: float, std: float, unknown, beams: Beams, optics: Optics) -> ImagingSystem:
    found = {
        "reference_tilt": [f * optics.tilt for f in beams.tilt],
        "reference_curvature": beams.bend * optics.curvature,
        "reference_amplitude": (beams.reference**2 / float(np.mean(np.abs(beams.light) ** 2))) ** 0.5,
    }
    system = off_axis_hologram(
        **_known(instrument) | found, shape=shape, reach=reach, noise=Gaussian(std), empty=beams.empty
    )
    if "background" in unknown:
        flat = jnp.zeros((BACKGROUND_DEGREE + 1) ** 2 - 1)
        system = eqx.tree_at(lambda s: s.camera.background, system, flat)
    return system


def _unknowns(system: ImagingSystem, unknown: Mapping[str, Any]) -> dict[str, Unknown]:
    """Return what the lines of `[unknown]` mean; the empty light is moved back as far as the sample's."""
    table = {PATHS[name]: _unknown(name, system, wanted) for name, wanted in unknown.items()}
    if DISTANCE in table and hasattr(system.incident_path, "parts"):
        table[EMPTY_DISTANCE] = Tied((DISTANCE,), jnp.negative)
    return table


def _unknown(name: str, system: ImagingSystem, wanted: Any) -> Unknown:
    if name == "background":
        return GaussianPrior(BACKGROUND_STD)
    if name == "sample":
        return Free()
    width = float(jnp.min(system.camera.pitch)) * max(system.camera.shape)
    per_turn = 8 * scale("reference_tilt", system) / width**2  # curvature that bends the edge by a turn
    natural = {"reference_tilt": Free(scale=FRINGE / width), "reference_curvature": Free(scale=FRINGE * per_turn)}
    return known_as(wanted, scale(name, system), natural.get(name))


def _demand_true(name: str, unknown: Mapping[str, Any]) -> None:
    if isinstance(unknown.get(name), Mapping):
        raise RunFileError(f"[unknown] {name}", got="bounds or a std", remedy=f"write {name} = true",
                           expected="true: its two angles have no bounds in common")  # fmt: skip


ENTRY = SystemEntry(
    schema=OFF_AXIS_HOLOGRAM,
    paths=PATHS,
    ask=ask,
    nominal=nominal,
    classic=classic,
    object_in_view=sample_in_view,
    scale=scale,
    changed=changed,
)
