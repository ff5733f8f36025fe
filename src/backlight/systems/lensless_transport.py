"""The transport of intensity through a stack as the start of its sample."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.inverse.tree import leaf_paths
from backlight.light import Field
from backlight.maths.bandlimited import filtered, shift_transfer
from backlight.maths.fourier import pad
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.lensless_instrument import DISTANCES, SHIFTS, TILT, wavelengths
from backlight.systems.transport_of_intensity import transported_field
from backlight.wave import AngularSpectrum

FADE = 1 / 8
"""Of the frame: over so much of it at each border the field fades to that of no sample."""


def transportable(system: ImagingSystem) -> bool:
    """Return whether the frames are planes of one light on the sample's pixels: two distances or more, one color."""
    distances = np.asarray(leaf_paths(system)[DISTANCES])
    return bool(np.ptp(distances) > 0) and len(wavelengths(system)) == 1 and system.camera.decimation == 1


def transported(system: ImagingSystem, frames: Float[np.ndarray, "frame y x"]) -> Complex[Array, "Y X"]:
    """Return the sample that the transport of intensity finds: the light at the mean distance, carried back to it."""
    distances = np.asarray(leaf_paths(system)[DISTANCES], float)
    middle = float(distances.mean())
    grid = system.sample_grid()
    wavelength = wavelengths(system)[0]
    light = transported_field(
        np.maximum(aligned(system, frames), 0), distances, middle, wavelength=wavelength, pixel_pitch=grid.pitch
    )
    values = light.values / jnp.exp(1j * jnp.angle(jnp.sum(light.values)))
    window = jnp.asarray(_fading(values.shape[0])[:, None] * _fading(values.shape[1]))
    there = Field(1 + pad(window * (values - 1), grid.shape), grid, wavelength)
    return AngularSpectrum()(there, jnp.asarray(-middle, dtype=float)).values


def aligned(system: ImagingSystem, frames: Float[np.ndarray, "frame y x"]) -> Float[np.ndarray, "frame y x"]:
    """Return the frames as a camera that never moved would have recorded them in light along the axis."""
    leaves = leaf_paths(system)
    shifts, tilt = np.asarray(leaves[SHIFTS], float), np.asarray(leaves[TILT], float) * wavelengths(system)[0]
    # Light of sine s is z·s aside at z.
    moves = (np.asarray(leaves[DISTANCES], float)[:, None] * tilt - shifts) / np.asarray(system.camera.pitch, float)
    return np.stack([
        np.asarray(filtered(jnp.asarray(frame), shift_transfer(frame.shape, tuple(move))))
        for frame, move in zip(frames, jnp.asarray(moves, dtype=float), strict=True)
    ])  # fmt: skip


def with_sample(system: ImagingSystem, values: Complex[Array, "y x"]) -> ImagingSystem:
    """Return the system with another sample."""
    where: Any = lambda s: s.sample.transmission  # noqa: E731
    return eqx.tree_at(where, system, jnp.asarray(values, where(system).dtype))


def _fading(n: int) -> np.ndarray:
    rise = np.sin(0.5 * np.pi * np.clip((np.arange(n) + 0.5) / (FADE * n), 0, 1)) ** 2
    return rise * rise[::-1]
