"""The off-axis holographic instrument: how it is composed, and how it is composed anew with other numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex

from backlight.camera import Camera, Gaussian, Noise
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import Field, Grid
from backlight.maths.fourier import crop, pad
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.wave import AngularSpectrum, Chain, FreeSpace, PlaneWave, Reference, ThinSample

SAMPLE = "sample.transmission"
DISTANCE = "detection_path.parts.0.distance"
REFERENCE = "detection_path.parts.1"
TILT, CURVATURE, AMPLITUDE, PHASE = (f"{REFERENCE}.{name}" for name in ("tilt", "curvature", "amplitude", "phase"))
EMPTY, EMPTY_DISTANCE = "incident_path.parts.0.transmission", "incident_path.parts.1.distance"
GAIN = "camera.gain"

PATHS = {
    "sample": SAMPLE,
    "wavelength": "illumination.wavelength",
    "pixel_pitch": "camera.pitch",
    "distance": DISTANCE,
    "medium_index": "illumination.medium_index",
    "reference_tilt": TILT,
    "reference_curvature": CURVATURE,
    "background": "camera.background",
}

FRINGES = 0.3
"""Fringes per pixel along both axes, where nothing is said: then the three lobes of the spectrum stand apart."""


def off_axis_hologram(
    *,
    wavelength: float,
    pixel_pitch: float,
    distance: float,
    shape: tuple[int, ...],
    reference_tilt: Sequence[float] | None = None,
    reference_curvature: float = 0.0,
    reference_amplitude: float = 1.0,
    medium_index: float = 1.0,
    empty: Complex[np.ndarray, "y x"] | None = None,
    reach: float | None = None,
    fill_factor: float = 1.0,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose an off-axis holographic instrument with an empty sample.

    y = |P_z{E·t} + R|² on the camera's pixels, with E = P_{−z}{E_c} the light that meets the sample and R a tilted,
    curved reference wave.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `pixel_pitch`: p, m; at the sample where a lens stands between.
    - `distance`: z, sample to camera (to the plane the camera sees), m.
    - `shape`: of the frames, (…, y, x); only the last two numbers are used.
    - `reference_tilt`: sines of the angles (y, x) between R and the axis; τ_R = n·tilt/λ. Where `None`, 0.3 fringes per
      pixel along both axes.
    - `reference_curvature`: c_R, 1/m; 0 for a plane reference.
    - `reference_amplitude`: a, relative to the beam through the clear sample.
    - `medium_index`: n between sample and camera.
    - `empty`: E_c, the light in the camera's plane without a sample, complex (y, x) as the frames; 1 where `None`.
    - `reach`, `fill_factor`, `noise`: as for `inline_hologram`.

    **Returns:** an `ImagingSystem`; the unknowns' paths are `sample.transmission`, `detection_path.parts.0.distance`,
    `detection_path.parts.1.tilt`, `.curvature`, `.amplitude`,
    `.phase`, `camera.background`, `camera.gain`. With `empty` the
    distance stands a second time, negative, at `incident_path.parts.1.distance`.

    Example:
        >>> system = off_axis_hologram(wavelength=532e-9, pixel_pitch=2e-6, distance=1e-3, shape=(96, 128))
        >>> system.predict().values.shape
        (1, 96, 128)
    """
    rows, columns = int(shape[-2]), int(shape[-1])
    reach = distance if reach is None else max(reach, distance)
    frame = Grid((rows, columns), pixel_pitch)
    padding = AngularSpectrum.planned(frame, 0.5 * wavelength, reach, medium_index=medium_index).padding
    method = AngularSpectrum(reach=0.5 * reach)
    sample = (rows + padding[0], columns + padding[1])
    tilt = (
        (FRINGES / pixel_pitch,) * 2
        if reference_tilt is None
        else np.multiply(reference_tilt, medium_index / wavelength)
    )
    return ImagingSystem(
        illumination=PlaneWave(wavelength, medium_index=medium_index),
        incident_path=Nothing()
        if empty is None
        else Chain(ThinSample(around(empty, sample)), FreeSpace(-distance, method)),
        sample=ThinSample(np.ones(sample, complex)),
        detection_path=Chain(
            FreeSpace(distance, method), Reference(reference_amplitude, tilt=tilt, curvature=reference_curvature)
        ),
        camera=Camera((rows, columns), pixel_pitch, fill_factor=fill_factor),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def around(empty: np.ndarray, shape: tuple[int, int]) -> Array:
    """Return the empty light on the sample's grid: beyond the frame as it is on average."""
    return pad(jnp.asarray(empty), shape, complex(np.mean(empty)))


def sample_in_view(system: ImagingSystem) -> Field:
    """Return the sample's transmission where the camera sees it, with its grid."""
    sample: Any = system.sample
    values = crop(sample.transmission, system.camera.shape)
    return Field(values, Grid(system.camera.shape, system.sample_grid().pitch), system.illumination.wavelength)


def scale(name: str, system: ImagingSystem) -> float:
    """Return the run file's unit over the leaf's: the sine of an angle is λ/n times a spatial frequency."""
    if name != "reference_tilt":
        return 1.0
    return float(system.illumination.wavelength / system.illumination.medium_index)


def changed(system: ImagingSystem, changes: Mapping[str, ArrayLike]) -> ImagingSystem:
    """Return the instrument with some numbers changed; what is not named stays, the angle of the reference too.

    **Arguments:** `changes`: name in the run file → SI value; `reference_tilt` are the angles along y and x.
    """
    leaves = leaf_paths(system)
    angle = jnp.asarray(changes.get("reference_tilt", leaves[TILT] * scale("reference_tilt", system)))
    given: dict[str, ArrayLike] = {PATHS[name]: value for name, value in changes.items() if name != "reference_tilt"}
    if "distance" in changes and EMPTY_DISTANCE in leaves:
        given[EMPTY_DISTANCE] = -jnp.asarray(changes["distance"])
    system = set_leaves(system, {p: jnp.full(leaves[p].shape, v, leaves[p].dtype) for p, v in given.items()})
    tilt = jnp.full(2, angle / scale("reference_tilt", system), leaves[TILT].dtype)
    return eqx.tree_at(lambda s: s.detection_path.parts[1].tilt, system, tilt)
