"""A first look at a hologram: back-propagation, the brightness of the bare beam, the distance in focus."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.inverse.scan import Scan, scan
from backlight.light import Field, Grid
from backlight.maths.fourier import crop, fast_size, pad
from backlight.maths.safe import square_root, squared_modulus
from backlight.systems.imaging_system import ImagingSystem
from backlight.wave import AngularSpectrum


def back_propagate(
    system: ImagingSystem, frame: Float[Array, "y x"], distance: Float[Array, ""] | None = None
) -> Complex[Array, "y x"]:
    """Return √frame propagated back from the camera to the sample: the classic reconstruction, twin image included.

    **Arguments:** `system`: with `FreeSpace` as detection path; `frame`: irradiance relative to the bare beam;
    `distance`: instead of the system's own, m.
    """
    path: Any = system.detection_path
    far = path.distance if distance is None else distance
    path = eqx.tree_at(lambda p: p.distance, path, far)
    scale, _ = path.magnification(system.illumination.curvature)
    shape = (fast_size(frame.shape[0]), fast_size(frame.shape[1]))
    field = Field(
        pad(square_root(frame), shape, 1.0),
        Grid(shape, system.camera.pitch / scale),
        system.illumination.wavelength,
        medium_index=system.illumination.medium_index,
    )
    moved = AngularSpectrum(band_limit=False)(field, -far / scale)
    return crop(moved.values, (frame.shape[0], frame.shape[1]))


def brightness(irradiance: Float[Array, "y x"] | np.ndarray) -> float:
    """Return the most frequent value of a map, smoothed over ±5 %: the level of a clear background.

    The mode, not the mean: an absorbing sample pulls the mean down.
    """
    values = np.asarray(irradiance, float).ravel()
    low, high = np.percentile(values, [1, 99])
    if not high > low:
        return float(max(high, np.finfo(np.float32).tiny))
    counts, edges = np.histogram(values, bins=400, range=(low, high))
    width = int(np.clip(0.05 * np.median(values) / (edges[1] - edges[0]), 1, 100))
    smooth = np.convolve(counts, np.hanning(2 * width + 3), mode="same")
    return float(0.5 * (edges[:-1] + edges[1:])[int(np.argmax(smooth))])


def gradient_sparsity(u: Complex[Array, "y x"]) -> Float[Array, ""]:
    """Return rms(|∇u|)/⟨|∇u|⟩ of the complex field: largest where its gradient sits in the fewest pixels.

    Propagation is unitary and commutes with ∇, so the rms hardly changes with distance; what changes is the mean, which
    is the total variation that the reconstruction will minimize. It is the Tamura coefficient of the gradient (Zhang et
    al., Opt. Lett. 42, 3824 (2017)) taken of the field rather than of its amplitude: an amplitude alone is sharp at
    wrong distances where a sample delays light as well as absorbing it. A tenth of the field on each side is left out,
    where the frame's border diffracts.
    """
    rows, columns = u.shape[0] // 10, u.shape[1] // 10
    inner = u[rows : u.shape[0] - rows, columns : u.shape[1] - columns]
    down, right = inner[1:, :-1] - inner[:-1, :-1], inner[:-1, 1:] - inner[:-1, :-1]
    squares = squared_modulus(down) + squared_modulus(right)
    return jnp.sqrt(jnp.mean(squares)) / jnp.maximum(jnp.mean(square_root(squares)), 1e-20)


def depth_of_field(system: ImagingSystem, distance: float, shape: tuple[int, int]) -> float:
    """Return λ/NA², m, at the camera, with the aperture set by the pixels or by the frame, whichever is smaller."""
    wavelength = float(system.illumination.wavelength / system.illumination.medium_index)
    pitch = float(jnp.max(system.camera.pitch))
    aperture = min(wavelength / (2 * pitch), 0.5 * min(shape) * pitch / max(abs(distance), pitch), 0.99)
    return wavelength / aperture**2


def focus(system: ImagingSystem, frame: Float[Array, "y x"], low: float, high: float) -> Scan:
    """Scan the distance between `low` and `high` (m) for the sharpest back-propagation."""
    step = 0.5 * depth_of_field(system, low, (frame.shape[0], frame.shape[1]))
    count = int(np.clip((high - low) / step, 21, 201)) | 1
    frame = jnp.asarray(frame)
    return scan(lambda z: gradient_sparsity(back_propagate(system, frame, z)), low, high, count=count)
