"""ImagingSystem: the only place where the six slots are composed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from backlight.camera import Camera, Noise
from backlight.errors import InputError
from backlight.light import Field, Grid, Image
from backlight.maths.safe import real_array
from backlight.systems.per_frame import PerFrame, number_of_frames, select_frames, unwrap

if TYPE_CHECKING:
    from backlight.systems.slots import Illumination, Path, Sample
else:  # a run-time check of a protocol would evaluate the properties of parts that hold a `PerFrame`
    Illumination = Path = Sample = eqx.Module

Record = Callable[[Any], Float[Array, "y x"]]


class Nothing(eqx.Module):
    """An empty path.

    Example:
        >>> from backlight.systems import Nothing
        >>> Nothing()
        Nothing()
    """

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return 1 and the curvature unchanged."""
        return real_array(1.0), curvature

    def __call__(self, field: Field) -> Field:
        """Return the light unchanged."""
        return field


class ImagingSystem(eqx.Module):
    """An instrument: y = f_noise ∘ f_c ∘ f_oc ∘ f_x ∘ f_oi ∘ f_i.

    Light runs forward through the slots; grids run backward from the camera: the sample lies on the pixels the camera
    expects (`light_pitch`) divided by the magnification on the way, so a magnification that is being estimated rescales
    the sample's pixels and never resamples its values.

    **Arguments:**

    - `illumination`: grid → `Field`, with its wavefront `curvature`.
    - `incident_path`, `detection_path`: `Field` → `Field`, with `magnification(curvature)`.
    - `sample`: `Field` → `Field`, with the `shape` of its grid.
    - `camera`: `Field` → `Image`.
    - `noise`: the distribution of the recorded frame.

    Any leaf may be a `PerFrame`.

    Example:
        >>> import numpy as np
        >>> from backlight.camera import Camera, Poisson
        >>> from backlight.systems import ImagingSystem, Nothing, PerFrame
        >>> from backlight.wave import FreeSpace, PlaneWave, ThinSample
        >>> system = ImagingSystem(PlaneWave(532e-9), Nothing(), ThinSample(np.ones((8, 8))),
        ...                        FreeSpace(PerFrame([1e-3, 2e-3])), Camera((8, 8), 2e-6), Poisson(1000.0))
        >>> system.predict().values.shape
        (2, 8, 8)
    """

    illumination: Illumination
    incident_path: Path
    sample: Sample
    detection_path: Path
    camera: Camera
    noise: Noise

    @property
    def frames(self) -> int:
        """Number of frames this instrument records."""
        return number_of_frames(self)

    def sample_grid(self) -> Grid:
        """Return the grid of the sample plane (of the first frame)."""
        return _first_frame(self)._grids()[1]

    def field_at_sample(self) -> Field:
        """Return the light that meets the sample (of the first frame)."""
        return _first_frame(self)._light_at_sample()

    def predict(self, frames: Int[Array, " n"] | None = None, *, chunk: int | None = None) -> Image:
        """Return the noiseless frames, shape (frame, y, x).

        **Arguments:** `frames`: indices of the wanted frames, all by default; `chunk`: how many are computed at a time
        (bounds memory), all by default.
        """
        system = self if frames is None else select_frames(self, frames)
        return Image(_map_frames(_predict, system, chunk), self.camera_grid())

    def simulate(self, key: PRNGKeyArray, *, chunk: int | None = None) -> Image:
        """Return frames with noise, shape (frame, y, x); the noise is there before the camera rounds and saturates."""
        keys = PerFrame(jax.random.split(key, self.frames))
        return Image(_map_frames(_simulate, (self, keys), chunk), self.camera_grid())

    def camera_grid(self) -> Grid:
        """Return the grid of the recorded frames."""
        return _first_frame(self).camera.grid

    def _grids(self) -> tuple[Grid, Grid]:
        """Return the grids of the illumination's plane and of the sample's."""
        scale_in, curvature = self.incident_path.magnification(self.illumination.curvature)
        scale_out, _ = self.detection_path.magnification(curvature)
        pitch = self.camera.light_pitch / scale_out
        return Grid(self.sample.shape, pitch / scale_in), Grid(self.sample.shape, pitch)

    def _light_at_sample(self) -> Field:
        return self.incident_path(self.illumination(self._grids()[0]))

    def _light_at_camera(self) -> Field | Image:
        return self.detection_path(self.sample(self._light_at_sample()))


def _first_frame(system: ImagingSystem) -> ImagingSystem:
    values, axes = unwrap(system)
    return jax.tree.map(lambda axis, value: value if axis is None else value[0], axes, values, is_leaf=_is_none)


def _predict(system: ImagingSystem) -> Float[Array, "y x"]:
    return system.camera(system._light_at_camera()).values


def _simulate(system_and_key: tuple[ImagingSystem, PRNGKeyArray]) -> Float[Array, "y x"]:
    system, key = system_and_key
    return system.camera.digitize(system.noise.sample(key, system.camera.expose(system._light_at_camera())))


@eqx.filter_jit
def _map_frames(record: Record, tree: object, chunk: int | None) -> Float[Array, "frame y x"]:
    """Call `record` on the tree of each frame: all at once, or `chunk` of them at a time."""
    count = number_of_frames(tree)
    if chunk is not None and chunk < 1:
        raise InputError("chunk", got=str(chunk), expected="a number of frames ≥ 1")
    if chunk is None or chunk >= count:
        return _all_frames(record, tree)
    one: Record = lambda index: _all_frames(record, select_frames(tree, index[None]))[0]  # noqa: E731
    return jax.lax.map(jax.checkpoint(one), jnp.arange(count), batch_size=chunk)


def _all_frames(record: Record, tree: object) -> Float[Array, "frame y x"]:
    """Map over the frame axis; what does not depend on the frame is computed once."""
    values, axes = unwrap(tree)
    if all(axis is None for axis in jax.tree.leaves(axes, is_leaf=_is_none)):
        return record(values)[None]
    return jax.vmap(record, in_axes=(axes,))(values)


def _is_none(node: object) -> bool:
    return node is None
