"""A part of the field under a panel of diodes: what it shares with the others, and how it sees the panel."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from backlight.inverse.unknowns import Gaussian, Unknown
from backlight.light import Field
from backlight.systems.ptychography_instrument import BACKGROUND, DEFOCUS, PATHS, ZERNIKE, sample_in_view
from backlight.systems.ptychography_words import optics, pose
from backlight.systems.question import Question

SHARED = ("array_shift", "array_rotation", "array_height", "led_positions", "numerical_aperture")
"""What is one and the same for the whole field, and is found in its middle."""

SHIFT = PATHS["array_shift"]

FOCUS, ABERRATION = 0.2, 0.2
"""How much tiles side by side differ, as standard deviations: the defocus over λ/NA², and a Zernike coefficient in
rad."""


def ask_tile(
    ask: Callable[..., Question],
    upsampling: Callable[[Mapping[str, Any], tuple[int, ...]], int],
    frames: np.ndarray,
    instrument: Mapping[str, Any],
    unknown: Mapping[str, Any],
    options: Mapping[str, Any],
    center: tuple[int, int],
    found: Mapping[str, np.ndarray] | None,
) -> Question:
    """Put the question of a part of the field.

    A diode at q is seen from r at q − r: the part sees the panel shifted by −r.

    **Arguments:** `ask` of the whole field, and its arguments; `upsampling`, from instrument and shape of the frames to
    that of the whole field, which all parts have; `center`, r, (y, x), pixels; `found`, path → value of
    what is known from the middle of the field and from a neighbor: what all parts share is held at it, the rest starts
    from it. `None` in the middle.
    """
    offset = optics(instrument)["pixel_pitch"] * np.asarray(center, float)
    shift = pose(instrument)["shift"] - offset
    finer = upsampling(instrument, frames.shape)
    seen = {**instrument, "array_shift": tuple(shift.tolist()), "upsampling": finer}
    if found is None:
        return ask(frames, seen, unknown, options)
    begun = {**found, SHIFT: found[SHIFT] - offset} if SHIFT in found else dict(found)
    varying = {name: wanted for name, wanted in unknown.items() if name not in SHARED}
    question = ask(frames, seen, varying, {**options, "found": begun})
    return replace(question, unknowns=question.unknowns | _near(question, varying))


def in_units_of(level: float, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what was found in recorded frames as it is in frames relative to `level`."""
    return {path: value / level if path == BACKGROUND else value for path, value in found.items()}


def tile_in_view(system: Any) -> Field:
    """Return the sample without the curvature of the diodes' waves, which each part has about its own middle.

    The wave of a diode at q is exp(ik|q − r|): beside its tilt, which is the panel's, it has the phase πr²/(λh) that
    all diodes share, with h the height of the panel less what a slide brings it nearer, d(1 − 1/n).
    """
    view, panel = sample_in_view(system), system.illumination
    height = panel.height - panel.slide_thickness * (1 - 1 / panel.slide_index)
    phase = jnp.pi / (panel.wavelength * height) * (view.grid.y[:, None] ** 2 + view.grid.x**2)
    return view.with_values(view.values * jnp.exp(-1j * phase))


def _near(question: Question, wanted: Mapping[str, Any]) -> dict[str, Unknown]:
    """Return what is known of the aberrations of a part beside another, where the user knows nothing."""
    system = question.system
    depth = float(system.illumination.wavelength / system.detection_path.numerical_aperture**2)
    natural = {"defocus": (DEFOCUS, FOCUS * depth), "zernike": (ZERNIKE, ABERRATION)}
    told = {path: Gaussian(std) for name, (path, std) in natural.items() if not isinstance(wanted.get(name), Mapping)}
    return {path: unknown for path, unknown in told.items() if path in question.unknowns}
