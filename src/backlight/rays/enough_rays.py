"""How many rays a diffraction integral takes."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from backlight.errors import InputError
from backlight.rays.colors import Colors
from backlight.rays.exit_pupil import exit_pupil
from backlight.rays.launch import PupilPoints, gauss_legendre
from backlight.rays.lens import Lens
from backlight.rays.spot import spot

RINGS, ARMS = 20, 64
"""The fewest: enough for phases of 40 rad per radius of the pupil, see `enough_rays`."""

MOST = 300_000


def enough_rays(lens: Lens, field: Any, colors: Colors, center: Any, reach: Any) -> PupilPoints:
    """Return points for the sum of waves at places up to `reach` (m) from `center`.

    From the middle of the pupil to its rim the phase of the ray that lands ε from a place changes by at most about
    g = 2π·NA·|ε|/λ per radius. g + 16 arms resolve a turn of that, and g/4 + 10 rings, which are points of r². In a
    program that is traced nothing is known: it gets the fewest.

    **Errors:** `InputError` where more than 300 000 rays are needed.
    """
    if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((lens, field, colors, center, reach))):
        return gauss_legendre(RINGS, ARMS)
    cosines = exit_pupil(lens, field, colors.reference, reference=colors.reference).cosines
    aperture = float(jnp.max(jnp.linalg.norm(cosines - jnp.mean(cosines, axis=1, keepdims=True), axis=0)))
    phase = 0.0
    for color in colors.wavelengths:
        found = spot(lens, field, color, rule=gauss_legendre(12, 12), reference=colors.reference)
        off = jnp.linalg.norm(found.offsets + (found.chief - center)[:, None], axis=0)
        farthest = float(jnp.max(jnp.where(found.weights > 0, off, 0.0))) + float(reach)
        phase = max(phase, 2 * np.pi * aperture * farthest / float(color))
    rings, arms = _size(RINGS, 0.25 * phase + 10), _size(ARMS, phase + 16)
    if rings * arms > MOST:
        raise InputError("rays", got=f"{phase / 2 / np.pi:.0f} waves from ray to ray of the pupil's radius",
                         expected=f"a picture of less than {MOST} rays",
                         remedy="geometric_psf, or a smaller window, or a rule of your own")  # fmt: skip
    return gauss_legendre(rings, arms)


def _size(least: int, wanted: float) -> int:
    """Return one of few sizes, a factor 1.5 apart: each is a program of its own."""
    steps = max(0, np.ceil(np.log(wanted / least) / np.log(1.5)))
    return int(np.ceil(least * 1.5**steps / 2) * 2)
