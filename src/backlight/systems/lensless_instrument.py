"""The instrument of a lensless stack: how it is composed, and where its unknowns lie."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.camera import Affine, Camera, Gaussian, Noise, Shift
from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import Field, Grid
from backlight.maths.fourier import crop, fast_size, pad
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.systems.per_frame import PerFrame, select_frames
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, ThinSample

SAMPLE, TILT = "sample.transmission", "illumination.tilt"
DISTANCES, SHIFTS = "detection_path.distance.value", "camera.placement.0.offset.value"
GAINS, AFFINE, BACKGROUND = "camera.gain.value", "camera.placement.1.matrix.value", "camera.background.value"

PATHS = {
    "sample": SAMPLE,
    "wavelength": "illumination.wavelength",
    "wavelengths": "illumination.wavelength.value",
    "pixel_pitch": "camera.pitch",
    "distances": DISTANCES,
    "shifts": SHIFTS,
    "gains": GAINS,
    "affine": AFFINE,
    "illumination_tilt": TILT,
    "medium_index": "illumination.medium_index",
    "background": BACKGROUND,
}

FINEST = 6.0
"""How many times smaller than the camera's the sample's pixels may be."""

MARGIN = 1 / 8
"""Of the frame: by how much the sample goes on beyond it on each side at most. Light from there comes into the frame;
what lies further outside is told by little of it."""

BACKGROUND_DEGREE = 2


def lensless_stack(
    *,
    wavelength: float | Sequence[float] | np.ndarray,
    pixel_pitch: float,
    distances: Sequence[float] | np.ndarray,
    shape: tuple[int, ...],
    super_resolution: float | int = 1.0,
    shifts: Sequence[Sequence[float]] | np.ndarray | None = None,
    fill_factor: float | int = 1.0,
    medium_index: float = 1.0,
    affine: bool = False,
    background: bool = False,
    margin: int | None = None,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose an instrument that records in-line holograms of one sample, each with the camera elsewhere.

    yₖ = gₖ·(|P_zₖ{t}|² ∗ pixel)(r + dₖ + Aₖr): the sample t lies on pixels s times smaller than the camera's.

    **Arguments:**

    - `wavelength`: λ in vacuum, m; one, or one for each frame.
    - `pixel_pitch`: p of the camera, m.
    - `distances`: zₖ, sample to camera in each frame, m; either sign where a lens stands between.
    - `shape`: of the frames, (frame, y, x).
    - `super_resolution`: s, from 1 to 6, not necessarily whole. A camera whose pixels are sensitive all over
      (`fill_factor` 1) sees nothing of a period p of its pixels: the mean over a pixel of such fringes is 0.
    - `shifts`: dₖ, where the camera's middle looks, (y, x), m; none where `None`.
    - `fill_factor`: side of a pixel's light-sensitive square over the pitch.
    - `medium_index`: n between sample and camera.
    - `affine`: whether each frame has an affine drift Aₖ, 0 at first (it takes longer to resample).
    - `background`: whether each frame has a smooth background of its own, even at first.
    - `margin`: the camera's pixels by which the sample goes on beyond the frame on each side; where `None`, as far as
      light of half the camera's Nyquist frequency walks over the longest distance, and the shifts, up to an eighth of
      the frame beside the shifts.
    - `noise`: of the frames; Gaussian of 1 % of the bare beam where `None`.

    **Returns:** an `ImagingSystem`; the unknowns' paths are `PATHS`.

    **Errors:** `InputError` for numbers of distances, shifts or wavelengths other than that of the frames, and for a
    super-resolution that is not from 1 to 6.

    Valid for a sample whose transmission is the same at all wavelengths.

    Example:
        >>> system = lensless_stack(wavelength=532e-9, pixel_pitch=1.85e-6, distances=[250e-6, 260e-6],
        ...                         shape=(2, 32, 48), super_resolution=2)
        >>> system.predict().values.shape
        (2, 32, 48)
    """
    frames, rows, columns = shape
    _demand_one_each("distances", len(distances), frames)
    if np.ndim(wavelength):
        _demand_one_each("wavelength", len(np.asarray(wavelength)), frames)
    if not 1 <= super_resolution <= FINEST:
        raise InputError("super_resolution", got=f"{super_resolution:g}", expected=f"from 1 to {FINEST:g}")
    places = np.zeros((frames, 2)) if shifts is None else np.asarray(shifts, float)
    if places.shape != (frames, 2):
        raise InputError("shifts", got=f"shape {places.shape}", expected=f"({frames}, 2): y and x of each frame, m")
    longest = float(np.max(np.abs(distances)))
    if margin is None:
        margin = _margin((rows, columns), pixel_pitch, float(np.max(wavelength)) / medium_index, longest, places)
    size = _size((rows, columns), margin, float(super_resolution))
    placement: list[Any] = [Shift(PerFrame(places))]
    return ImagingSystem(
        illumination=PlaneWave(PerFrame(wavelength) if np.ndim(wavelength) else wavelength, medium_index=medium_index),
        incident_path=Nothing(),
        sample=ThinSample(np.ones(size, complex)),
        detection_path=FreeSpace(PerFrame(np.asarray(distances, float)), AngularSpectrum(reach=0.5 * longest)),
        camera=Camera(
            (rows, columns),
            pixel_pitch,
            gain=PerFrame(np.ones(frames)),
            background=PerFrame(np.zeros((frames, (BACKGROUND_DEGREE + 1) ** 2 - 1))) if background else (),
            fill_factor=fill_factor,
            decimation=super_resolution,
            placement=[*placement, Affine(PerFrame(np.zeros((frames, 2, 2))))] if affine else placement,
        ),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def multi_height(
    *,
    wavelength: float | Sequence[float] | np.ndarray,
    pixel_pitch: float,
    distances: Sequence[float] | np.ndarray,
    shape: tuple[int, ...],
    shifts: Sequence[Sequence[float]] | np.ndarray | None = None,
    fill_factor: float | int = 1.0,
    medium_index: float = 1.0,
    affine: bool = False,
    background: bool = False,
    margin: int | None = None,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose a stack through focus: `lensless_stack` with the sample on the camera's own pixels.

    Behind a lens `pixel_pitch` is at the sample, and distances are counted from the plane in focus, either sign.

    Example:
        >>> system = multi_height(wavelength=532e-9, pixel_pitch=0.16e-6, distances=[-20e-6, 20e-6], shape=(2, 32, 48))
        >>> system.camera.decimation
        1.0
    """
    return lensless_stack(
        wavelength=wavelength, pixel_pitch=pixel_pitch, distances=distances, shape=shape, shifts=shifts,
        fill_factor=fill_factor, medium_index=medium_index, affine=affine, background=background, margin=margin,
        noise=noise,
    )  # fmt: skip


def with_room(system: ImagingSystem) -> ImagingSystem:
    """Return the system, where frames look past the sample's border with a sample that reaches beyond all of them.

    Without it light of the other side would come round there. The new part has no effect on the light.
    """
    camera, leaves, grid = system.camera, leaf_paths(system), system.sample_grid()
    shifts, pitch = np.asarray(leaves[SHIFTS], float), np.abs(np.asarray(camera.pitch, float))
    reach = (np.asarray(grid.shape) * np.abs(np.asarray(grid.pitch, float)) - np.asarray(camera.shape) * pitch) / 2
    if np.all(np.abs(shifts) <= reach):
        return system
    longest = float(np.max(np.abs(leaves[DISTANCES])))
    margin = _margin(camera.shape, float(np.max(pitch)), float(np.max(wavelengths(system))), longest, shifts)
    size = _size(camera.shape, margin, float(camera.decimation))
    old = leaves[SAMPLE]
    wide = max(size[0], old.shape[0]), max(size[1], old.shape[1])
    return set_leaves(system, {SAMPLE: 1 + pad(old - 1, wide)})


def sample_in_view(system: ImagingSystem) -> Field:
    """Return the sample's transmission where the camera sees it, with its grid."""
    sample: Any = system.sample
    rows, columns = (round(n * system.camera.decimation) for n in system.camera.shape)
    grid = Grid((rows, columns), system.sample_grid().pitch)
    return Field(crop(sample.transmission, grid.shape), grid, wavelengths(system)[0])


def wavelengths(system: ImagingSystem) -> Float[np.ndarray, " n"]:
    """Return the wavelength in the medium, m: one, or one for each frame."""
    light: Any = system.illumination
    given = jax.tree.leaves(light.wavelength)[0]
    return np.atleast_1d(np.asarray(given, float)) / float(light.medium_index)


def scale(name: str, system: ImagingSystem) -> float:
    """Return the run file's unit over the leaf's: an angle is λ/n times a spatial frequency."""
    return float(wavelengths(system)[0]) if name == "illumination_tilt" else 1.0


def changed(system: ImagingSystem, changes: Mapping[str, Any]) -> ImagingSystem:
    """Return the instrument with some numbers changed; with `distance` the one frame it would record from there.

    That frame has the mean of the gains, wavelength and background of the first one, and the camera where its shifts
    are 0: where it would have drifted to, no frame tells.
    """
    leaves = leaf_paths(system)
    told = {PATHS[n]: _filled(leaves[PATHS[n]], v / scale(n, system)) for n, v in changes.items() if n != "distance"}
    system = set_leaves(system, told)
    return system if "distance" not in changes else _one_frame(system, changes["distance"])


def _one_frame(system: ImagingSystem, distance: Any) -> ImagingSystem:
    """Return the instrument of a single frame at a distance."""
    gain = jnp.mean(leaf_paths(system)[GAINS])
    one = select_frames(system, jnp.zeros(1, int))
    new = {DISTANCES: distance, GAINS: gain, SHIFTS: 0.0, AFFINE: 0.0}
    leaves = leaf_paths(one)
    return set_leaves(one, {path: _filled(leaves[path], value) for path, value in new.items() if path in leaves})


def _filled(leaf: Array, value: Any) -> Array:
    value = jnp.asarray(value, leaf.dtype)
    return jnp.broadcast_to(value.reshape(()) if value.size == 1 else value, leaf.shape)


def _demand_one_each(name: str, count: int, frames: int) -> None:
    if count != frames:
        raise InputError(
            name, got=f"{count} values", expected=f"{frames}, one for each frame",
            remedy="write one value for each of [data] frames, in their order",
        )  # fmt: skip


def _size(shape: tuple[int, int], margin: int, finer: float) -> tuple[int, int]:
    """Return the samples along each side of a grid that goes on beyond the frame by so many of its pixels."""
    rows, columns = (fast_size(int(np.ceil((n + 2 * margin) * finer))) for n in shape)
    return rows, columns


def _margin(
    shape: tuple[int, int], pitch: float, wavelength: float, distance: float, shifts: Float[np.ndarray, "frames 2"]
) -> int:
    """Return by how many pixels of the camera the sample goes on beyond the frame."""
    sine = min(wavelength / (4 * pitch), 0.999)
    walk = distance * sine / (1 - sine**2) ** 0.5 / pitch
    aside = float(np.max(np.abs(shifts), initial=0.0)) / pitch
    return int(np.ceil(aside + 2 + min(walk, MARGIN * max(shape))))
