"""A first look at a lensless stack: how bright each frame is, where the camera was, and a first image."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.systems.autofocus import back_propagate, focus
from backlight.systems.first_image import first_image
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.lensless_findings import unsupported
from backlight.systems.lensless_instrument import (
    DISTANCES,
    SAMPLE,
    SHIFTS,
    TILT,
    sample_in_view,
    wavelengths,
    with_room,
)
from backlight.systems.lensless_transport import transportable, transported, with_sample
from backlight.systems.question import Question, Start
from backlight.systems.registration import LaidOver, laid_over
from backlight.systems.weighing import weighed


def first_look(question: Question, span: tuple[float, float] | None, weigh: bool, transport: bool) -> Start:
    """Find distances, the camera's places, a first image with the brightness of the bare beam, weights and noise.

    **Arguments:** `span`, between which distances, m, each frame is to be brought into focus; `None` where the
    distances that are written will do to begin with; `weigh`, whether to find out how much regularizers weigh;
    `transport`, whether to begin with the transport of intensity where there are planes for it.
    """
    system, notes, against = question.system, [], ()
    if span is not None and span[0] <= 0 <= span[1]:
        # In the plane 0 a recorded amplitude is as sharp as it can be, whatever it shows.
        notes.append("Distances begin where they are written: sharpness does not tell a plane near 0.")
    elif span is not None:
        system, sentence = _focused(system, question.frames, span)
        notes.append(sentence)
    if {SHIFTS, TILT} & set(question.unknowns) and len(question.frames) > 1:
        system, found = registered(question, system)
        notes.append(_words(found))
        system = with_room(system)
        against = (*_against(found), *(unsupported(system) if SHIFTS in question.unknowns else ()))
    beam, weight, noise = 1.0, 1.0, 1.0
    if SAMPLE in question.unknowns:
        # Slow changes of a strong phase hardly change what an empty sample diffracts: a search that begins there ends
        # with a phase wound about points without light. Fine structure the frames tell soon, whatever the start.
        if transport and transportable(system):
            system = with_sample(system, transported(system, question.frames))
            notes.append("The search begins with the transport of intensity through the frames.")
        near = _at_sample(system, question.frames, 0)
        system, beam = first_image(question, system, near, sample_in_view)
    if SAMPLE in question.unknowns and weigh and system.camera.decimation > 1:
        system, weight, noise = weighed(question, system, beam)
        notes.append(f"Regularizers weigh {weight:.3g} of what a single hologram asks for: pixels that were kept back "
                     "are then predicted best.")  # fmt: skip
    notes.append(f"Frames are taken relative to the bare beam, whose brightness was found to be "
                 f"{question.brightness * beam:.5g}.")  # fmt: skip
    leaves = leaf_paths(system)
    begun = {path: np.asarray(leaves[path]) for path in {*question.unknowns, SAMPLE}}
    return Start(begun, beam, tuple(notes), noise=noise, weight=weight, contradictions=against)


def transport_look(question: Question) -> Start:
    """Find the sample by the transport of intensity alone.

    **Errors:** `InputError` for frames that are no planes of one light on the sample's own pixels.
    """
    if not transportable(question.system):
        raise InputError("[estimate] method transport_of_intensity", got="frames that are no planes of one light",
                         expected="two distances or more, one wavelength, and no super_resolution")  # fmt: skip
    found = np.asarray(transported(question.system, question.frames))
    return Start({SAMPLE: found}, 1.0, ("The phase is that of the transport of intensity, carried to the sample.",))


def _focused(
    system: ImagingSystem, frames: Float[np.ndarray, "frame y x"], span: tuple[float, float]
) -> tuple[ImagingSystem, str]:
    """Bring each frame into focus by itself."""
    found = [focus(system.alone(number), jnp.asarray(frame), *span).best for number, frame in enumerate(frames)]
    shown = ", ".join(f"{z * 1e6:.4g}" for z in found)
    sentence = f"Distances were first looked for by the sharpness of each frame back-propagated: {shown} µm."
    return set_leaves(system, {DISTANCES: jnp.asarray(found, dtype=float)}), sentence


def registered(question: Question, system: ImagingSystem) -> tuple[ImagingSystem, LaidOver]:
    """Find where the camera looked in each frame, beside where it is written to have looked.

    What grows with the distance is taken for a tilt of the light where that is unknown, the rest for shifts.
    """
    pitch = np.asarray(system.camera.pitch, float)
    found = laid_over([np.asarray(_at_sample(system, question.frames, n)) for n in range(len(question.frames))])
    leaves = leaf_paths(system)
    written = np.asarray(leaves[SHIFTS], float)
    # A camera that looks aside by d sees the picture moved by −d; the frames tell no shift that all have.
    places = -found.moved * pitch
    places += (written - places)[~found.lost].mean(axis=0)
    places = np.where(found.lost[:, None], written, places)
    places += (written - places).mean(axis=0)
    new = {}
    if TILT in question.unknowns:
        distances = np.asarray(leaves[DISTANCES], float)
        if np.ptp(distances) > 0:
            slope = np.polyfit(distances, places - written, 1)[0]
            # Light of sine s is z·s aside at z: as if the camera looked −z·s aside.
            new[TILT] = jnp.asarray(leaves[TILT] - slope / wavelengths(system)[0], dtype=float)
            places = places - (distances - distances.mean())[:, None] * slope
    if SHIFTS in question.unknowns:
        new[SHIFTS] = jnp.asarray(places, dtype=float)
    return set_leaves(system, new), found


def _words(found: LaidOver) -> str:
    far = float(np.max(np.abs(found.moved), initial=0.0))
    doubt = "" if found.sure.any() else " Little detail tells where: these are the likeliest places."
    return f"The back-propagated frames were laid over each other: they lie up to {far:.3g} pixels aside.{doubt}"


def _against(found: LaidOver) -> tuple[str, ...]:
    """Say which frames show another sample, as far as anybody can tell."""
    if not found.lost.any():
        return ()
    return (f"Nothing of what other frames show was found again in {_frames(found.lost)}, taken to look where it is "
            "written: leave out what shows something else, or write about where it looked into shifts.",)  # fmt: skip


def _frames(which: Bool[np.ndarray, " frames"]) -> str:
    return f"frame{'s' * bool(which.sum() > 1)} {', '.join(map(str, np.flatnonzero(which)))}"


def _at_sample(system: ImagingSystem, frames: np.ndarray, number: int) -> Complex[Array, "y x"]:
    return back_propagate(system.alone(number), jnp.asarray(frames[number]))
