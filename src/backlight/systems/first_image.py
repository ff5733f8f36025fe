"""A first image of a sample that is lit from behind, and what it tells of the bare beam."""

from collections.abc import Callable

import equinox as eqx
import numpy as np
from jaxtyping import Array, Complex

from backlight.inverse.estimate import estimate
from backlight.inverse.fista import FISTA
from backlight.light import Field
from backlight.systems.autofocus import brightness
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.question import Question

SAMPLE = "sample.transmission"
STEPS = 60


def first_image(
    question: Question,
    system: ImagingSystem,
    back_propagated: Complex[Array, "y x"],
    in_view: Callable[[ImagingSystem], Field],
) -> tuple[ImagingSystem, float]:
    """Reconstruct under a beam surely too bright, and return the instrument with that image and the true brightness.

    **Arguments:** `system`, to begin with instead of the question's; `back_propagated`, a frame at the sample;
    `in_view`, system → the sample in the frame's field of view.

    The frames alone leave a gauge: a brighter beam and a darker sample predict the same. It is fixed by calling the
    most frequent transmission 1. The beam must not be too faint on the way, since |t| ≤ 1 would then cut the sample
    off; the 90th percentile of the back-propagated irradiance is above the clear background in every sparse sample.
    """
    bright = float(np.percentile(np.abs(np.asarray(back_propagated)) ** 2, 90))
    found = estimate(
        system,
        question.frames / np.float32(bright),
        {SAMPLE: question.unknowns[SAMPLE]},
        loss=question.loss,
        regularizers=[term for term in question.regularizers if term.path == SAMPLE],
        solver=FISTA(steps=STEPS),
        mask=question.weights,
        error_bars=False,
    )
    clear = brightness(np.abs(np.asarray(in_view(found.system).values)) ** 2)
    transmission = found.system.sample.transmission / np.sqrt(clear)
    return eqx.tree_at(lambda s: s.sample.transmission, found.system, transmission), bright * clear


def noise_level(frame: np.ndarray) -> float:
    """Return the standard deviation of white noise: the median of |Δ_y³ Δ_x³ y|/20, which fringes hardly touch.

    Third differences, because fringes of a few pixels pass the first ones: they made the noise 50 % too large.
    """
    rough = np.diff(np.diff(frame, n=3, axis=-2), n=3, axis=-1)
    return max(float(np.median(np.abs(rough))) / 0.6745 / 20, 1e-4)
