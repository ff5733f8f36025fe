"""ImagingSystem: the only place where the six slots are composed."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from backlight.camera import Noise
from backlight.errors import InputError
from backlight.light import Field, Grid, Image, Rays, select_modes
from backlight.light.field import count_modes
from backlight.maths.argument import instance, slot, whole
from backlight.maths.safe import real_array
from backlight.systems.frame_sum import Term, sum_over_frames
from backlight.systems.per_frame import PerFrame, number_of_frames, select_frames, unwrap

if TYPE_CHECKING:
    from backlight.camera import Camera as Recorder
    from backlight.systems.slots import Illumination, Path, Sample
else:  # a run-time check of a protocol would evaluate the properties of parts that hold a `PerFrame`
    Illumination = Path = Sample = Recorder = eqx.Module

_SLOTS = {
    "illumination": ("curvature",),
    "incident_path": ("magnification",),
    "sample": ("shape",),
    "detection_path": ("magnification",),
    "camera": ("light_pitch", "grid", "expose", "digitize"),
}
"""What is called or read of the part in each slot."""

Light = TypeVar("Light", Field, Image, Rays)
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

    def __call__(self, field: Light) -> Light:
        """Return the light unchanged."""
        return field


class ImagingSystem(eqx.Module):
    """An instrument: y = f_noise ∘ f_c ∘ f_oc ∘ f_x ∘ f_oi ∘ f_i.

    Light is a `Field`, an `Image` of incoherent light, or `Rays`. It runs forward through the slots; grids run backward
    from the camera: the sample lies on the pixels the camera expects (`light_pitch`) divided by the magnification on
    the way, so a magnification that is being estimated rescales the sample's pixels and never resamples its values.

    **Arguments:**

    - `illumination`: grid → light, with its wavefront `curvature`.
    - `incident_path`, `detection_path`: light → light, with `magnification(curvature)`.
    - `sample`: light → light, with the `shape` of its grid.
    - `camera`: light → `Image`.
    - `noise`: the distribution of the recorded frame.
    - `modes_at_once`: how many modes of the illumination are taken through the instrument at a time, and their
      irradiances added (bounds memory, also while gradients are taken); all by default. Modes are the first axis
      where carriers or weights differ along it; the components of a polarization are never split. Not for a camera
      with a color filter, which wants the modes apart.

    Any leaf may be a `PerFrame`.

    **Errors:** `InputError` for a part that does not fit its slot, and if `modes_at_once` is below 1.

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
    camera: Recorder
    noise: Noise
    modes_at_once: int | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        for where, names in _SLOTS.items():
            slot(where, getattr(self, where), *names)
        instance("noise", self.noise, Noise)
        if self.modes_at_once is not None:
            whole("modes_at_once", self.modes_at_once, 1)

    @property
    def frames(self) -> int:
        """Number of frames this instrument records."""
        return number_of_frames(self)

    @property
    def double_precision(self) -> bool:
        """Whether a part says that its numbers work too hard against each other for single precision."""
        return any(getattr(getattr(self, where), "double_precision", False) for where in _SLOTS)

    def alone(self, frame: int = 0) -> "ImagingSystem":
        """Return the instrument as it records one frame, without a frame axis."""
        values, axes = unwrap(self)
        return jax.tree.map(lambda axis, value: value if axis is None else value[frame], axes, values, is_leaf=_is_none)

    def sample_grid(self) -> Grid:
        """Return the grid of the sample plane (of the first frame)."""
        return self.alone()._grids()[1]

    def field_at_sample(self) -> Any:
        """Return the light that meets the sample (of the first frame)."""
        return self.alone()._light_at_sample()

    def predict(self, frames: Int[Array, " n"] | None = None, *, chunk: int | None = None) -> Image:
        """Return the noiseless frames, shape (frame, y, x).

        **Arguments:** `frames`: indices of the wanted frames, all by default; `chunk`: how many are computed at a time
        (bounds memory), all by default.
        """
        system = self if frames is None else select_frames(self, frames)
        return Image(_map_frames(_predict, system, chunk), self.camera_grid())

    def total(self, term: Term, *given: Array, frames: Int[Array, " n"] | None = None) -> Float[Array, ""]:
        """Return Σᵢ term(frameᵢ, noiseᵢ, i, *given) over the noiseless frames, made for reverse derivatives.

        **Arguments:** `given`: arrays that the term picks those of frame i from, no derivative passes to them;
        `frames`: as for `predict`; i counts the wanted ones.
        """
        system = self if frames is None else select_frames(self, frames)

        def of_frame(system: ImagingSystem, index: Array, *given: Array) -> Array:
            return term(_predict(system), system.noise, index, *given)

        pixels = math.prod(self.camera.shape) * self.camera.decimation**2  # of the light, which is finer than the frame
        return sum_over_frames(of_frame, system, *given, pixels=round(pixels))

    def simulate(self, key: PRNGKeyArray, *, chunk: int | None = None) -> Image:
        """Return frames with noise, shape (frame, y, x); the noise is there before the camera rounds and saturates."""
        keys = PerFrame(jax.random.split(key, self.frames))
        return Image(_map_frames(_simulate, (self, keys), chunk), self.camera_grid())

    def camera_grid(self) -> Grid:
        """Return the grid of the recorded frames."""
        return self.alone().camera.grid

    def _grids(self) -> tuple[Grid, Grid]:
        """Return the grids of the illumination's plane and of the sample's."""
        scale_in, curvature = self.incident_path.magnification(self.illumination.curvature)
        scale_out, _ = self.detection_path.magnification(curvature)
        pitch = self.camera.light_pitch / scale_out
        return Grid(self.sample.shape, pitch / scale_in), Grid(self.sample.shape, pitch)

    def _light_at_sample(self) -> Any:
        return self.incident_path(self.illumination(self._grids()[0]))

    def _light_at_camera(self) -> Field | Image | Rays:
        light = self.illumination(self._grids()[0])
        if self.modes_at_once is None or not isinstance(light, Field) or count_modes(light) == 1:
            return self._carried(light)
        return _sum_of_modes(self._carried, light, self.modes_at_once)

    def _carried(self, light: Any) -> Field | Image | Rays:
        return self.detection_path(self.sample(self.incident_path(light)))


def _sum_of_modes(carry: Callable[[Field], Field | Image], light: Field, at_once: int) -> Image:
    """Carry `at_once` modes at a time and return the sum of their irradiances; dark ones fill the last chunk."""
    count = count_modes(light)
    chunks = np.resize(np.arange(count), (-(-count // at_once), at_once))
    lit = np.arange(chunks.size).reshape(chunks.shape) < count

    @jax.checkpoint
    def irradiance(chunk: tuple[Array, Array]) -> Image:
        return _total(carry(_lit(select_modes(light, chunk[0]), chunk[1])))

    def add(total: Image, chunk: tuple[Array, Array]) -> tuple[Image, None]:
        image = irradiance(chunk)
        return Image(total.values + image.values, image.grid), None

    all_chunks = jnp.asarray(chunks), jnp.asarray(lit)
    image = jax.eval_shape(irradiance, (all_chunks[0][0], all_chunks[1][0]))
    start = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), image)
    return jax.lax.scan(add, start, all_chunks)[0]


def _lit(light: Field, which: Bool[Array, " modes"]) -> Field:
    """Return the light with some modes dark."""
    lit = which.reshape(-1, *[1] * (light.weight.ndim - 1))
    return eqx.tree_at(lambda field: field.weight, light, jnp.where(lit, light.weight, 0))


def _total(light: Field | Image) -> Image:
    """Return the irradiance of all modes, on the grid of the first."""
    values = light.values if isinstance(light, Image) else light.irradiance
    values = jnp.sum(values, axis=tuple(range(values.ndim - 2)))
    pitch, center = (leaf.reshape(-1, 2)[0] for leaf in (light.grid.pitch, light.grid.center))
    return Image(jnp.broadcast_to(values, light.grid.shape), Grid(light.grid.shape, pitch, center))


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
