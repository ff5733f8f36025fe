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


def demand_band(aperture: Scalar, field: Field, shape: tuple[int, int], samples: tuple[int, int]) -> None:
    """Refuse a pupil that the band does not hold, where all numbers are known: they are not while a function is traced.

    On all samples of a spectrum of `shape` the disc of radius NA/λ about −τ lies below the Nyquist frequency; on fewer,
    which lie about the axis whatever the tilt, below their highest frequency.
    """
    leaves = (aperture, field.wavelength, field.tilt, field.grid.pitch)
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        return
    sine, wavelength, tilt, pitch = (np.asarray(leaf, float) for leaf in leaves)
    highest = np.divide(samples, shape) / (2 * np.abs(pitch))
    off, words = (np.abs(tilt), " + |τ|") if samples == shape else (0.0, "")
    share = float(np.max((sine / wavelength + off) / highest))
    if share > 1 + 1e-6:
        raise InputError(
            "numerical_aperture", got=f"a pupil that reaches to {share:.3g} times the highest frequency of its band",
            expected=f"NA/λ{words} below 1/(2 · pitch) of the light, or of the image where it is decimated",
            remedy=f"give the light pixels {share:.3g} times finer" + ("" if words else ", or decimate less"),
        )  # fmt: skip
