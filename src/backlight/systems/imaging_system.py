"""ImagingSystem: the only place where the six slots are composed."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from backlight.camera import Camera, Noise
from backlight.errors import InputError
from backlight.light import Field, Grid, Image
from backlight.systems.per_frame import number_of_frames, select_frames, unwrap


class Nothing(eqx.Module):
    """An empty path."""

    def magnification(self, curvature: Float[Array, ""]) -> tuple[float, Float[Array, ""]]:
        """Return 1 and the curvature unchanged."""
        return 1.0, curvature

    def __call__(self, field: Field) -> Field:
        """Return the light unchanged."""
        return field


class ImagingSystem(eqx.Module):
    """An instrument: y = f_noise ∘ f_c ∘ f_oc ∘ f_x ∘ f_oi ∘ f_i.

    Light runs forward through the slots; grids run backward from the camera: the sample lies on the camera's pixels
    divided by the magnification on the way, so a magnification that is being estimated rescales the sample's pixels
    and never resamples its values.

    **Arguments:**

    - `illumination`: grid → `Field`, with its wavefront `curvature`.
    - `incident_path`, `detection_path`: `Field` → `Field`, with `magnification(curvature)`.
    - `sample`: `Field` → `Field`, with the `shape` of its grid.
    - `camera`: `Field` → `Image`.
    - `noise`: the distribution of the recorded frame.

    Any leaf may be a `PerFrame`.
    """

    illumination: eqx.Module
    incident_path: eqx.Module
    sample: eqx.Module
    detection_path: eqx.Module
    camera: Camera
    noise: Noise

    @property
    def frames(self) -> int:
        """Number of frames this instrument records."""
        return number_of_frames(self)

    def sample_grid(self) -> Grid:
        """Return the grid of the sample plane (of the first frame)."""
        return _first_frame(self)._sample_grid()

    def field_at_sample(self) -> Field:
        """Return the light that meets the sample (of the first frame)."""
        system = _first_frame(self)
        return system.incident_path(system.illumination(system._sample_grid()))

    def predict(self, frames: Int[Array, " n"] | None = None, *, chunk: int | None = None) -> Image:
        """Return the noiseless frames, shape (frame, y, x).

        **Arguments:** `frames`: indices of the wanted frames, all by default; `chunk`: how many are computed at a time
        (bounds memory), all by default.
        """
        system = self if frames is None else select_frames(self, frames)
        count = number_of_frames(system)
        if chunk is None or chunk >= count:
            return Image(_all_frames(system, count), self.camera_grid())
        return Image(_in_chunks(system, count, chunk), self.camera_grid())

    def simulate(self, key: PRNGKeyArray, *, chunk: int | None = None) -> Image:
        """Return frames with noise, shape (frame, y, x)."""
        clean = self.predict(chunk=chunk)
        return Image(self.noise.sample(key, clean.values), clean.grid)

    def camera_grid(self) -> Grid:
        """Return the grid of the recorded frames."""
        return _first_frame(self).camera.grid

    def _sample_grid(self) -> Grid:
        curvature = self.illumination.curvature
        _, curvature = self.incident_path.magnification(curvature)
        scale, _ = self.detection_path.magnification(curvature)
        return Grid(self.sample.shape, self.camera.pitch / scale)

    def _record(self) -> Float[Array, "y x"]:
        field = self.incident_path(self.illumination(self._sample_grid()))
        return self.camera(self.detection_path(self.sample(field))).values


def _first_frame(system: ImagingSystem) -> ImagingSystem:
    values, axes = unwrap(system)
    return jax.tree.map(lambda axis, value: value if axis is None else value[0], axes, values, is_leaf=_is_none)


def _all_frames(system: ImagingSystem, count: int) -> Float[Array, "frame y x"]:
    """Map over the frame axis; what does not depend on the frame is computed once."""
    values, axes = unwrap(system)
    if all(axis is None for axis in jax.tree.leaves(axes, is_leaf=_is_none)):
        return jnp.broadcast_to(values._record(), (count, *system.camera.shape))
    return jax.vmap(_record, in_axes=(axes,))(values)


def _in_chunks(system: ImagingSystem, count: int, chunk: int) -> Float[Array, "frame y x"]:
    if chunk < 1:
        raise InputError("chunk", got=str(chunk), expected="a number of frames ≥ 1")
    record: Callable = lambda index: _all_frames(select_frames(system, index[None]), 1)[0]  # noqa: E731
    return jax.lax.map(jax.checkpoint(record), jnp.arange(count), batch_size=chunk)


def _record(system: ImagingSystem) -> Float[Array, "y x"]:
    return system._record()


def _is_none(node: object) -> bool:
    return node is None
