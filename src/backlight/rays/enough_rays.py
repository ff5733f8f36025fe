"""How many rays a diffraction integral takes."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.rays.colors import Colors
from backlight.rays.exit_pupil import ExitPupil, demand_light, leaving
from backlight.rays.launch import PupilPoints, gauss_legendre
from backlight.rays.lens import Lens

FEWEST = 20, 64
"""Rings and arms: enough for phases of 40 rad per radius of the pupil, see `phase_of`."""

MOST, LOOK = 300_000, gauss_legendre(12, 12)


class Enough(NamedTuple):
    """Points of the pupil, and the phase per radius up to which they are to be trusted, rad; no limit: infinite."""

    points: PupilPoints
    phase: float


def enough_rays(where: str, lens: Lens, field: Any, colors: Colors, center: Any, reach: Any) -> Enough:
    """Return points for the sum of waves at places up to `reach` (m) from `center`.

    In a program that is traced nothing can be found: it gets the fewest, and what they can be trusted with.

    **Errors:** `InputError`, which names `where`, without light, and where more than 300 000 rays are needed.
    """
    rings, arms = size_of_enough(where, lens, field, colors, center, reach)
    known = not _is_traced(lens, field, colors, center, reach)
    return Enough(gauss_legendre(rings, arms), np.inf if known else resolved(rings, arms))


def size_of_enough(where: str, lens: Lens, field: Any, colors: Colors, center: Any, reach: Any) -> tuple[int, int]:
    """Return rings and arms that are enough, the fewest in a program that is traced."""
    if _is_traced(lens, field, colors, center, reach):
        return FEWEST
    lights = [leaving(lens, field, LOOK, color, colors.reference, center, False) for color in colors.wavelengths]
    for light in lights:
        demand_light(where, light.weights, lens, field, colors.reference)
    phase = max(float(phase_of(light, reach)) for light in lights)
    rings, arms = _size(FEWEST[0], 0.25 * phase + 10), _size(FEWEST[1], phase + 16)
    if rings * arms > MOST:
        raise InputError(where, got=f"{phase / 2 / np.pi:.0f} waves from ray to ray of the pupil's radius",
                         expected=f"a picture of less than {MOST} rays",
                         remedy="geometric_psf, or a smaller window, or a rule of your own")  # fmt: skip
    return rings, arms


def phase_of(light: ExitPupil, reach: Any) -> Float[Array, ""]:
    """Return by how much the phase changes from the middle of the pupil to its rim, rad: g = 2π·NA·|ε|/λ at most.

    ε is the distance from where a ray lands to the place that is looked at.
    """
    lit = light.weights > 0
    middle = jnp.sum(light.cosines * light.weights, axis=1, keepdims=True) / jnp.maximum(jnp.sum(light.weights), 1e-30)
    aperture, farthest = (
        jnp.max(jnp.where(lit, jnp.sqrt(jnp.sum(off**2, axis=0) + 1e-60), 0.0))
        for off in (light.cosines - middle, light.offsets)
    )
    return 2 * jnp.pi * aperture * (farthest + reach) / light.wavelength


def resolved(rings: int, arms: int) -> float:
    """Return the phase per radius that points resolve, rad: g + 16 arms a turn of g, g/4 + 10 rings, points of r²."""
    return float(min(4 * (rings - 10), arms - 16))


def trusted(values: Array, light: ExitPupil, reach: Any, phase: Any) -> Array:
    """Return the values, NaN where the points do not resolve the phase: rather none than a wrong picture."""
    return jnp.where(phase_of(light, reach) <= phase, values, jnp.nan)


def _is_traced(*given: Any) -> bool:
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(given))


def _size(least: int, wanted: float) -> int:
    """Return one of few sizes, a factor 1.5 apart: each is a program of its own."""
    steps = max(0, np.ceil(np.log(wanted / least) / np.log(1.5)))
    return int(np.ceil(least * 1.5**steps / 2) * 2)
