"""The lensless camera with a mask or a diffuser: how it is composed, and how it is composed anew with other numbers."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

from backlight.camera import Camera, Gaussian, Noise, StrayLight
from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import Image
from backlight.maths.fourier import crop, fast_size
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.wave import Ambient, MeasuredPSF, Scene

SAMPLE = "sample.irradiance"
SCALE = "detection_path.scale"
BACKGROUND = "camera.response.0.coefficients"

PATHS = {
    "sample": SAMPLE,
    "psf_scale": SCALE,
    "background": BACKGROUND,
    "pixel_pitch": "camera.pitch",
}


def coded_lensless(
    *,
    psf: Float[np.ndarray, "y x"],
    shape: tuple[int, ...],
    pixel_pitch: float = 1e-6,
    psf_scale: float = 1.0,
    reach: float | None = None,
    background_degree: int = 0,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose a lensless camera with a measured point-spread function, before a dark scene.

    y = C(h_s ∗ x) + Σ cₖ Lₖ: the scene x, an irradiance on a grid that extends beyond the sensor as far as the pattern
    h reaches, is convolved with h at the scale s; C cuts out the sensor, so that no light wraps around (Antipa et al.,
    Optica 5, 1 (2018), eq. 7). L are smooth functions over the frame: light that no scene explains.

    **Arguments:**

    - `psf`: h, measured with the same pixels, its own background taken off, not negative, shape (y, x) of the frames.
      Its sum is divided out: an even scene of 1 gives a frame of 1.
    - `shape`: of the frames, (…, y, x); only the last two numbers are used.
    - `pixel_pitch`: p, m; it only tells how far apart the pixels of frame and scene lie.
    - `psf_scale`: s, the pattern's size over the measured one; above 1 for objects nearer than the measured point.
    - `reach`: the largest s that will be asked for.
    - `background_degree`: d of the (d + 1)² Legendre products of the background; 0 for a uniform level.
    - `noise`: of the frames; Gaussian of standard deviation 0.01 where `None`.

    **Returns:** an `ImagingSystem`; the unknowns' paths are `sample.irradiance`, `detection_path.scale`,
    `camera.response.0.coefficients`.

    Where the pattern's axis lies is a gauge, as is a shift of the pattern: both shift the scene.

    **Errors:** `InputError` for a pattern of another shape than the frames, with negative or infinite numbers or
    without light, and for a scale outside 0.5 … 2.

    Example:
        >>> import numpy as np
        >>> system = coded_lensless(psf=np.eye(12, 16), shape=(12, 16))
        >>> system.predict().values.shape, system.sample.shape
        ((1, 12, 16), (24, 32))
    """
    rows, columns = int(shape[-2]), int(shape[-1])
    pattern = np.asarray(psf, float)
    if pattern.shape != (rows, columns):
        raise InputError("psf", got=f"shape {pattern.shape}", expected=f"shape {(rows, columns)}, that of the frames",
                         remedy="measure it with the same pixels, crop and binning")  # fmt: skip
    part = MeasuredPSF(pattern, scale=psf_scale, padding=(0, 0))
    reach = max(psf_scale, 1.0 if reach is None else reach)
    ambient: Any = Ambient()
    scene: Any = Scene(np.zeros(scene_shape((rows, columns), reach)))
    return ImagingSystem(
        illumination=ambient,
        incident_path=Nothing(),
        sample=scene,
        detection_path=MeasuredPSF(part.values / float(pattern.sum()), scale=psf_scale, padding=(0, 0)),
        camera=Camera(
            (rows, columns), pixel_pitch, response=[StrayLight(np.zeros((background_degree + 1) ** 2))]
        ),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def scene_shape(shape: tuple[int, int], reach: float) -> tuple[int, int]:
    """Return the pixels of a scene all of whose light that can reach the sensor comes from its grid."""
    rows, columns = (fast_size(n + ceil(reach * n) - 1) for n in shape)
    return rows, columns


def scene_in_view(system: ImagingSystem) -> Image:
    """Return the scene's irradiance on the sensor's own pixels, with their grid."""
    sample: Any = system.sample
    return Image(crop(sample.irradiance, system.camera.shape), system.camera.grid)


def transfer(system: ImagingSystem) -> Complex[Array, "y f"]:
    """Return the transfer function of the pattern on the scene's grid."""
    path: Any = system.detection_path
    return path.transfer(system.sample.shape)


def seen(system: ImagingSystem, light: Float[Array, "Y X"]) -> Float[Array, "1 y x"]:
    """Return the frame of the light in the sensor's plane, beyond its borders too."""
    return system.camera(Image(light, system.sample_grid())).values[None]
