"""The in-line holographic instrument: how it is composed, and how it is composed anew with other numbers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates
from jaxtyping import Array, Complex

from backlight.camera import Camera, Gaussian, Noise
from backlight.inverse.tree import leaf_paths
from backlight.light import Field, Grid
from backlight.maths.fourier import crop
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, SphericalWave, ThinSample

SAMPLE = "sample.transmission"
DISTANCE = "detection_path.distance"
SOURCE = "illumination.source_distance"
GAIN = "camera.gain"

PATHS = {
    "sample": SAMPLE,
    "wavelength": "illumination.wavelength",
    "pixel_pitch": "camera.pitch",
    "distance": DISTANCE,
    "source_distance": SOURCE,
    "medium_index": "illumination.medium_index",
    "background": "camera.background",
    "illumination_tilt": "illumination.tilt",
}

NUMBERS = ("wavelength", "pixel_pitch", "distance", "source_distance", "medium_index")


def inline_hologram(
    *,
    wavelength: float,
    pixel_pitch: float,
    distance: float,
    shape: tuple[int, ...],
    source_distance: float | None = None,
    medium_index: float = 1.0,
    reach: float | None = None,
    fill_factor: float = 1.0,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose an in-line holographic instrument with an empty sample.

    y = |P_z{t}|² on the camera's pixels; with a point source at R before the sample the same over z/M on pixels p/M,
    M = 1 + z/R (Fresnel scaling theorem). The camera's gain is M², so that the bare beam records 1.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `pixel_pitch`: p, m.
    - `distance`: z, sample to camera, m.
    - `shape`: of the frames, (…, y, x); only the last two numbers are used.
    - `source_distance`: R, point source to sample, m; `None` for a collimated beam.
    - `medium_index`: n between sample and camera.
    - `reach`: the largest distance that will be asked for, m; the sample's grid extends beyond the camera as light of
      half the Nyquist frequency walks off over it (at most to twice the frame).
    - `fill_factor`: side of a pixel's light-sensitive square over the pitch.
    - `noise`: of the frames; Gaussian of 1 % of the bare beam where `None`.

    **Returns:** an `ImagingSystem`; the unknowns' paths are `sample.transmission`, `detection_path.distance`,
    `illumination.source_distance`, `illumination.tilt`, `camera.pitch`, `camera.background`, `camera.gain`.

    Example:
        >>> system = inline_hologram(wavelength=532e-9, pixel_pitch=2e-6, distance=1e-3, shape=(96, 128))
        >>> system.predict().values.shape
        (1, 96, 128)
    """
    rows, columns = int(shape[-2]), int(shape[-1])
    reach = distance if reach is None else max(reach, distance)
    scale = magnification(reach, source_distance)
    frame = Grid((rows, columns), pixel_pitch / scale)
    padding = AngularSpectrum.planned(frame, 0.5 * wavelength, reach / scale, medium_index=medium_index).padding
    beam = (
        PlaneWave(wavelength, medium_index=medium_index)
        if source_distance is None
        else SphericalWave(wavelength, source_distance, medium_index=medium_index)
    )
    return ImagingSystem(
        illumination=beam,
        incident_path=Nothing(),
        sample=ThinSample(np.ones((rows + padding[0], columns + padding[1]), complex)),
        detection_path=FreeSpace(distance, AngularSpectrum(reach=0.5 * reach / scale)),
        camera=Camera(
            (rows, columns), pixel_pitch, gain=magnification(distance, source_distance) ** 2, fill_factor=fill_factor
        ),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def magnification(distance, source_distance):
    """Return M = 1 + z/R, or 1 for a collimated beam (`source_distance` is `None`)."""
    return 1.0 if source_distance is None else 1 + distance / source_distance


def sample_in_view(system: ImagingSystem) -> Field:
    """Return the sample's transmission where the camera sees it, with its grid."""
    sample: Any = system.sample
    values = crop(sample.transmission, system.camera.shape)
    return Field(values, Grid(system.camera.shape, system.sample_grid().pitch), system.illumination.wavelength)


def scale(name: str, system: ImagingSystem) -> float:
    """Return the run file's unit over the leaf's: an angle is λ/n times a spatial frequency."""
    if name != "illumination_tilt":
        return 1.0
    return float(system.illumination.wavelength / system.illumination.medium_index)


def changed(system: ImagingSystem, changes: Mapping[str, Any]) -> ImagingSystem:
    """Return the instrument as `inline_hologram` composes it with some numbers changed, before the same sample.

    What is not named stays: the angle of the beam (not its spatial frequency), the brightness the bare beam has in the
    frames, the camera. The sample keeps its size, in meters, and its transmission, also at another wavelength.

    **Arguments:** `changes`: name in the run file → SI value.
    """
    leaves, tilt = leaf_paths(system), "illumination_tilt"
    given = {name: float(np.ravel(leaves[PATHS[name]])[0]) for name in NUMBERS if PATHS[name] in leaves}
    given |= {name: value for name, value in changes.items() if name in NUMBERS}
    bare = inline_hologram(**given, shape=system.camera.shape, reach=_reach(system), noise=system.noise)
    angle = changes.get(tilt, leaves[PATHS[tilt]] * scale(tilt, system))
    gain = system.camera.gain * (bare.camera.gain / unit_gain(system))
    camera = eqx.tree_at(lambda c: (c.pitch, c.gain), system.camera, (bare.camera.pitch, gain))
    beam = jnp.full(2, angle / scale(tilt, bare), dtype=float)
    kept = (beam, resampled(leaves[SAMPLE], system.sample_grid(), bare.sample_grid()), camera)
    return eqx.tree_at(lambda s: (s.illumination.tilt, s.sample.transmission, s.camera), bare, kept)


def unit_gain(system: ImagingSystem) -> Array:
    """Return the gain that makes the bare beam record 1: M²."""
    path: Any = system.detection_path
    return jnp.asarray(magnification(path.distance, getattr(system.illumination, "source_distance", None)) ** 2)


def resampled(values: Complex[Array, "y x"], old: Grid, new: Grid) -> Complex[Array, "Y X"]:
    """Return a sample on another grid about the same center: linear between the pixels, clear where it was unknown.

    Values stay to the bit where the pixels keep their size. Larger pixels take single values, no means.
    """
    ratio = np.asarray(new.pitch, float) / np.asarray(old.pitch, float)
    lines = [(np.arange(n) - n // 2) * r + m // 2 for n, m, r in zip(new.shape, old.shape, ratio, strict=True)]
    return map_coordinates(values, list(jnp.meshgrid(*lines, indexing="ij")), order=1, mode="constant", cval=1.0)


def _reach(system: ImagingSystem) -> float:
    """Return the distance the grid was planned for: r, from the r/(1 + r/R) that the propagator knows."""
    path: Any = system.detection_path
    inverse = 0.5 / path.method.reach
    # R may have been estimated since, so that the difference can vanish: the grid then reaches as far as it can.
    return float(1 / max(inverse - float(system.illumination.curvature), 1e-3 * inverse))


def finer_frames(system: ImagingSystem) -> np.ndarray:
    """Return the frames of the same instrument and sample, computed on a grid twice as fine and half as wide again.

    A pixel of the sample is taken as a uniform square, a pixel of the camera as the mean of its four quarters; around
    the sample all is clear, as it is taken to be.
    """
    rows, columns = system.camera.shape
    sample: Any = system.sample
    margin = [n // 4 for n in sample.shape]
    wider = jnp.pad(sample.transmission, [(m, m) for m in margin], constant_values=1)
    squares = jnp.repeat(jnp.repeat(wider, 2, axis=-2), 2, axis=-1)
    camera: Any = replace(system.camera, shape=(2 * rows, 2 * columns), pitch=system.camera.pitch / 2)
    fine = eqx.tree_at(lambda s: (s.sample.transmission, s.camera), system, (squares, camera))
    quarters = np.asarray(fine.predict().values).reshape(-1, rows, 2, columns, 2)
    return quarters.mean(axis=(2, 4))
