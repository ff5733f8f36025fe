"""The lensless camera with a mask or a diffuser: how it is composed, and what a solver asks of it."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.camera import Camera, Gaussian, Noise, StrayLight
from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import Image
from backlight.maths.fourier import crop, fast_size, pad
from backlight.maths.leaf import Given
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.wave import Ambient, MeasuredPSF, Scene

SAMPLE = "sample.irradiance"
SCALE = "detection_path.scale"
PSF_BACKGROUND = "detection_path.background"
BACKGROUND = "camera.offset"
STRAY_LIGHT = "camera.response.0.coefficients"

PATHS = {
    "sample": SAMPLE,
    "psf_scale": SCALE,
    "psf_background": PSF_BACKGROUND,
    "background": BACKGROUND,
    "stray_light": STRAY_LIGHT,
    "pixel_pitch": "camera.pitch",
}


def coded_lensless(
    *,
    psf: Given,
    shape: tuple[int, ...],
    pixel_pitch: float = 1e-6,
    psf_scale: float = 1.0,
    psf_background: float = 0.0,
    background: float = 0.0,
    stray_degree: int = 0,
    reach: float = 1.0,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose a lensless camera with a measured point-spread function, before a dark scene.

    y = C(h_s ∗ x) + o + Σ cₖ Lₖ: the scene x, an irradiance on a grid that extends beyond the sensor as far as the
    pattern h reaches, is convolved with h at the scale s; C cuts out the sensor, so that no light wraps around (Antipa
    et al., Optica 5, 1 (2018), eq. 7). o and the smooth Lₖ are light that no scene explains.

    **Arguments:**

    - `psf`: what a point of light made of the same pixels, not negative, shape (y, x) of the frames. Its sum above its
      background is divided out: an even scene of 1 gives a frame of 1.
    - `shape`: of the frames, (…, y, x); only the last two numbers are used.
    - `pixel_pitch`: p, m; it only tells how far apart the pixels of frame and scene lie.
    - `psf_scale`: s, the pattern's size over the measured one; above 1 for objects nearer than the measured point.
    - `psf_background`: level of `psf` without the point, in its own units.
    - `background`: o, in units of the frames.
    - `stray_degree`: d of the (d + 1)² − 1 coefficients c, zero at first; none where 0.
    - `reach`: the largest s that will be asked for.
    - `noise`: of the frames; Gaussian of standard deviation 0.01 where `None`.

    **Returns:** an `ImagingSystem`; the unknowns' paths are `sample.irradiance`, `detection_path.scale`,
    `detection_path.background`, `camera.offset`, `camera.response.0.coefficients`.

    About which point the pattern grows is a gauge, as is where it lies: both shift the scene.

    **Errors:** `InputError` for a pattern of another shape than the frames, with negative or infinite numbers or
    without light, and for a scale outside 0.5 … 2.

    Example:
        >>> import numpy as np
        >>> system = coded_lensless(psf=np.eye(12, 16), shape=(12, 16))
        >>> system.predict().values.shape, system.sample.shape
        ((1, 12, 16), (24, 32))
    """
    frame = int(shape[-2]), int(shape[-1])
    pattern = MeasuredPSF(psf, scale=psf_scale, background=psf_background, padding=(0, 0))
    if pattern.values.shape != frame:
        raise InputError("psf", got=f"shape {pattern.values.shape}", expected=f"shape {frame}, that of the frames",
                         remedy="measure both with the same pixels, crop and binning")  # fmt: skip
    ambient: Any = Ambient()
    path: Any = _of_unit_sum(pattern)
    scene: Any = Scene(np.zeros(scene_shape(frame, max(psf_scale, reach))))
    stray = [StrayLight(np.zeros((stray_degree + 1) ** 2 - 1))] if stray_degree else []
    return ImagingSystem(
        illumination=ambient,
        incident_path=Nothing(),
        sample=scene,
        detection_path=path,
        camera=Camera(frame, pixel_pitch, offset=background, response=stray),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def _of_unit_sum(pattern: MeasuredPSF) -> MeasuredPSF:
    values, level = np.asarray(pattern.values, float), float(pattern.background)
    total = float(np.sum(values - level))
    if not total > 0:
        raise InputError("psf_background", got=f"{level:g}", expected=f"less than the mean of psf, {values.mean():.4g}",
                         remedy="give the level of psf where no light of the point arrives")  # fmt: skip
    return MeasuredPSF(values / total, scale=pattern.scale, background=level / total, padding=pattern.padding)


def scene_shape(shape: tuple[int, int], reach: float) -> tuple[int, int]:
    """Return the pixels of the scene that light can come from, for a pattern `reach` times as large as measured."""
    rows, columns = (fast_size(n + ceil(reach * n) - 1) for n in shape)
    return rows, columns


def scene_in_view(system: ImagingSystem) -> Image:
    """Return the scene's irradiance in as many pixels as the sensor has, with their grid."""
    sample: Any = system.sample
    return Image(crop(sample.irradiance, system.camera.shape), system.camera.grid)


def transfer(system: ImagingSystem) -> Complex[Array, "y f"]:
    """Return the transfer function of the pattern on the scene's grid."""
    path: Any = system.detection_path
    return path.transfer(system.sample.shape)


def seen(system: ImagingSystem, light: Float[Array, "Y X"]) -> Float[Array, "1 y x"]:
    """Return the frame of light in the sensor's plane, on the scene's grid."""
    return system.camera(Image(light, system.sample_grid())).values[None]


def changed(system: ImagingSystem, changes: Mapping[str, Any]) -> ImagingSystem:
    """Return the camera with these numbers; the scene goes on in the dark where a larger pattern reaches beyond it."""
    leaves = leaf_paths(system)
    filled = {PATHS[n]: jnp.full(leaves[PATHS[n]].shape, v, leaves[PATHS[n]].dtype) for n, v in changes.items()}
    system = set_leaves(system, filled)
    needed = scene_shape(system.camera.shape, float(leaf_paths(system)[SCALE]))
    wide = max(leaves[SAMPLE].shape[0], needed[0]), max(leaves[SAMPLE].shape[1], needed[1])
    scene: Any = Scene(pad(leaves[SAMPLE], wide))
    return eqx.tree_at(lambda s: s.sample, system, scene)


def in_recorded_units(system: ImagingSystem, level: float) -> ImagingSystem:
    """Return the system that predicts frames `level` times brighter: the light comes from the scene."""
    bright = (SAMPLE, BACKGROUND, STRAY_LIGHT, "noise.std")
    return set_leaves(system, {path: leaf * level for path, leaf in leaf_paths(system).items() if path in bright})
