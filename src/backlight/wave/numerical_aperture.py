"""What an aperture may be in a medium, and on a grid."""

import jax
import numpy as np
from jax.core import Tracer

from backlight.errors import InputError
from backlight.light import Field
from backlight.maths.leaf import Scalar


def demand_aperture(aperture: Scalar, index: Scalar) -> None:
    """Refuse NA ≥ n where both are known numbers: they are not while a function is traced."""
    known = [leaf for part in (aperture, index) for leaf in jax.tree.leaves(part)]
    if any(isinstance(number, Tracer) for number in known):
        return
    largest, least = np.asarray(known[0]).max(), np.asarray(known[1]).min()
    if not largest < least:
        raise InputError(
            "numerical_aperture", got=f"{largest:g} in a medium of index {least:g}",
            expected="0 < NA < n: rays at a right angle to the axis at most",
            remedy="give the light its medium_index (1.33 in water, 1.52 in immersion oil)",
        )  # fmt: skip


def demand_band(aperture: Scalar, field: Field, decimation: int) -> None:
    """Refuse a pupil that the grid's band does not hold, where all numbers are known.

    Without a decimation the disc of radius NA/λ about −τ lies below the Nyquist frequency; with one, about any tilt,
    below that of the decimated pixels.
    """
    leaves = (aperture, field.wavelength, field.tilt, field.grid.pitch)
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        return
    sine, wavelength, tilt, pitch = (np.asarray(leaf, float) for leaf in leaves)
    off, word = (np.abs(tilt), " + |τ|") if decimation == 1 else (0.0, "")
    share = float(np.max((sine / wavelength + off) * 2 * decimation * np.abs(pitch)))
    if share > 1 + 1e-6:
        raise InputError(
            "numerical_aperture", got=f"a pupil that reaches to {share:.3g} times the Nyquist frequency",
            expected=f"NA/λ{word} below 1/(2 · pitch), that of the image where it is decimated",
            remedy=f"give the light pixels {share:.3g} times finer{', or decimate less' if decimation > 1 else ''}",
        )  # fmt: skip
