"""Wavelengths that are looked at together."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError


class Colors(NamedTuple):
    """Wavelengths, weights that sum to 1, and the wavelength by which pupil and chief ray are found."""

    wavelengths: Float[Array, " n"]
    weights: Float[Array, " n"]
    reference: Float[Array, ""]


def colors_of(wavelength: Any, weights: Any = None, reference: Any = None) -> Colors:
    """Return one wavelength or several with their weights, alike where `None`; the reference is the middle one.

    **Errors:** `InputError` for another number of weights, for negative ones and for none above 0.
    """
    wavelengths = jnp.atleast_1d(jnp.asarray(wavelength, float))
    shares = jnp.ones_like(wavelengths) if weights is None else jnp.atleast_1d(jnp.asarray(weights, float))
    if shares.shape != wavelengths.shape or wavelengths.ndim != 1:
        raise InputError("weights", got=f"shape {shares.shape} for wavelengths of shape {wavelengths.shape}",
                         expected="one for each wavelength")  # fmt: skip
    if not isinstance(shares, Tracer) and not (bool(jnp.all(shares >= 0)) and float(jnp.sum(shares)) > 0):
        raise InputError("weights", got=f"{shares}", expected="numbers of 0 and more, not all 0")
    middle = wavelengths[wavelengths.shape[0] // 2]
    return Colors(wavelengths, shares / jnp.sum(shares), middle if reference is None else jnp.asarray(reference, float))
