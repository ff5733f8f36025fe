"""Wavelengths for which the media of a lens have an index."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array

from backlight.errors import InputError
from backlight.rays.lens import Lens
from backlight.units import nm


def is_traced(*given: Any) -> bool:
    """Return whether a number is one of a program that is traced, where nothing is known of it."""
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(given))


def demand_media(lens: Lens, wavelength: Any) -> None:
    """Refuse a wavelength for which a medium has no index; not in a program that is traced, where nothing is known.

    **Errors:** `InputError`, by a glass of its range, or with the surface.
    """
    if is_traced(lens, wavelength):
        return
    asked = np.asarray(wavelength, float)
    if not np.all((asked > 0) & np.isfinite(asked)):
        raise InputError("wavelength", got=f"{wavelength}", expected="numbers > 0, in m")
    with jax.ensure_compile_time_eval():  # what is known is looked at in a program that is traced too
        found = np.asarray(_indices(lens, jnp.ravel(jnp.asarray(asked, float))))
    wrong = ~(np.isfinite(found) & (found > 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        medium, at = lens.media()[row], np.ravel(asked)[column]
        with jax.ensure_compile_time_eval():
            medium.index(at)  # a glass with a range says so itself
        raise InputError(f"medium behind surface {row - 1}" if row else "before",
                         got=f"an index of {found[row, column]:g} at {at / nm:g} nm", expected="one > 0",
                         remedy="look at its formula")  # fmt: skip


@jax.jit
def _indices(lens: Lens, wavelength: Array) -> Array:
    return lens.indices(wavelength)
