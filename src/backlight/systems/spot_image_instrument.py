"""The spot of a point source behind a lens, as a camera sees it: what tells where the lens stands."""

from typing import Any, cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.camera import Camera, Gaussian, Noise
from backlight.errors import InputError
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.optimize import optimize
from backlight.inverse.unknowns import Free
from backlight.light import Grid, Image, Rays
from backlight.maths.argument import whole
from backlight.maths.leaf import POSITIVE, Given, OneOrEach, Pair, Scalar, number, reals
from backlight.rays import Lens
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.systems.traced_light import TracedLens

MARGIN = 4
"""Pixels of the camera by which the light reaches beyond the frame on each side."""


class PointSource(eqx.Module):
    """Illumination: rays from a point through a round aperture in the plane z = 0, of irradiance 1 in its middle.

    A ray stands for the light of a square of the aperture, A·(d/r)³ with d the distance of the source from the plane
    and r that from the point: the inverse square, and the slope.

    **Arguments:** `position`: (z, y, x), m, z < 0; `diameter` of the aperture, m; `wavelength`, m; `across`: how many
    rays lie on its diameter.

    Example:
        >>> from backlight.systems.spot_image_instrument import PointSource
        >>> rays = PointSource((-0.1, 0.0, 0.0), 1e-3, 550e-9, across=9)(None)
        >>> rays.shape, float(rays.weight.max())
        ((97,), 1.0)
    """

    position: OneOrEach
    diameter: Scalar
    wavelength: Scalar
    across: int = eqx.field(static=True)

    def __init__(self, position: Given, diameter: Given, wavelength: Given, *, across: int = 128):
        self.position, self.diameter = reals("position", position), number("diameter", diameter, POSITIVE)
        self.wavelength, self.across = number("wavelength", wavelength, POSITIVE), whole("across", across, 2)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Return 0: rays carry their directions themselves."""
        return jnp.zeros(())

    def __call__(self, grid: Grid | None) -> Rays:
        """Return the rays where they pass the aperture; they lie on no grid. `weight` is their irradiance."""
        y, x, inside = _cells_of_a_disc(self.across)
        place = jnp.stack([jnp.zeros_like(y), self.diameter * y, self.diameter * x])
        way = place - jnp.reshape(self.position, (3, 1))
        far = self.position[0] ** 2 / jnp.sum(way**2, axis=0)
        return Rays(place, way, self.wavelength, weight=inside * far**1.5)

    @property
    def area(self) -> Float[Array, ""]:
        """Area of the aperture that a ray stands for, m²."""
        return (self.diameter / self.across) ** 2


class Landing(eqx.Module):
    """Detection path: rays become the irradiance where they land, each spread over a cubic B-spline of the grid.

    The spline is two pixels of this grid wide to either side and twice differentiable: so is the image, by where the
    rays land. Rays should lie closer than its pixels do.

    **Arguments:** `shape` of the grid; `pitch` of its pixels, m; `z` of its plane, m; `area` that a ray stands for, m².

    Example:
        >>> from backlight.light import Rays
        >>> from backlight.systems.spot_image_instrument import Landing
        >>> landed = Landing((8, 8), 1e-6, 0.01, 1e-12)(Rays([[0.0], [0.0], [0.0]], [[1.0], [0.0], [0.0]], 550e-9))
        >>> round(float(landed.values.sum()), 6), round(float(landed.values[4, 4]), 6)  # (2/3)²
        (1.0, 0.444444)
    """

    shape: tuple[int, int] = eqx.field(static=True)
    pitch: Pair
    z: Scalar
    area: Scalar

    def __init__(self, shape: tuple[int, int], pitch: Given, z: Given, area: Given):
        self.shape, self.pitch = shape, jnp.broadcast_to(reals("pitch", pitch, POSITIVE), (2,))
        self.z, self.area = number("z", z), number("area", area, POSITIVE)

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return 1 and 0: no grid goes through."""
        return jnp.ones(()), jnp.zeros(())

    def __call__(self, rays: Rays) -> Image:
        """Return the irradiance on the grid."""
        met = rays.place.ahead(rays.way, (self.z - rays.place.z) / rays.way.z)
        light = jnp.where(rays.alive, rays.weight, 0.0) * self.area / (self.pitch[0] * self.pitch[1])
        rows, columns = (
            _spread(at / pitch + n // 2) for at, pitch, n in zip((met.y, met.x), self.pitch, self.shape, strict=True)
        )
        shares = light * rows[1][:, None] * columns[1][None]
        total = jnp.zeros(self.shape, shares.dtype).at[rows[0][:, None], columns[0][None]].add(shares, mode="drop")
        return Image(total, Grid(self.shape, self.pitch))


def spot_image(
    lens: Lens,
    *,
    source: Given,
    beam: float,
    wavelength: float,
    shift: Given,
    tilt: Given = (0.0, 0.0),
    camera_z: float,
    pixel_pitch: float,
    shape: tuple[int, int],
    noise: Noise | None = None,
    across: int = 256,
    finer: int = 8,
) -> ImagingSystem:
    """Compose a point source, an aperture, a lens behind it, and a camera that sees the spot, in focus or out of it.

    **Arguments:** lengths in m, places (z, y, x) with the aperture at z = 0:

    - `lens`: its last surface is one of glass; `shift` and `tilt`: where it is thought to stand (`TracedLens`).
    - `source`: the point; `beam`: diameter of the aperture; `wavelength`.
    - `camera_z`, `pixel_pitch`, `shape`: of the camera.
    - `across`: rays on the beam's diameter; `finer`: pixels of the light per pixel of the camera. A caustic is smeared
      over one of them, which moves what is found by 1/finer²: with 8 by a third of what noise of 2 % of the peak does.

    **Returns:** an `ImagingSystem`; what is to be found is `sample.shift`, `sample.tilt`, `camera.gain` and what of the
    lens is not known; a frame of irradiance 1 is that in the middle of the aperture.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Surface
        >>> lens = Lens([Surface(Conic(26e-3), thickness=5e-3, medium=ConstantIndex(1.5)),
        ...              Surface(medium=ConstantIndex(1.0))])
        >>> system = spot_image(lens, source=(-1.0, 0.0, 0.0), beam=4e-3, wavelength=550e-9, shift=(5e-3, 0.0, 0.0),
        ...                     camera_z=50e-3, pixel_pitch=50e-6, shape=(32, 32), across=32)
        >>> system.predict().values.shape
        (1, 32, 32)
    """
    light = PointSource(source, beam, wavelength, across=across)
    return ImagingSystem(
        cast(Any, light),
        Nothing(),
        TracedLens(lens, shift=shift, tilt=tilt),
        Landing((_grown(shape[0], finer), _grown(shape[1], finer)), pixel_pitch / finer, camera_z, light.area),
        Camera(shape, pixel_pitch, decimation=finer, fill_factor=1.0),
        Gaussian(0.01) if noise is None else noise,
    )


def aligned(system: ImagingSystem, frames: Float[Array | np.ndarray, "frame y x"]) -> ImagingSystem:
    """Return the instrument whose spots lie where those of the frames do, as wide and as bright.

    The lens is shifted, and the camera's gain set: a start for `estimate`, which compares pixel by pixel and finds no
    spot that its own does not touch.

    **Errors:** `InputError` for frames without light.
    """
    frames = np.asarray(frames, float)
    if not np.max(frames) > 0:
        raise InputError("frames", got="no light", expected="frames of a spot")
    wanted = np.asarray(_moments(jnp.asarray(frames)))
    found = optimize(system, lambda model: _moments(model.predict().values) - wanted, {"sample.shift": Free(1e-3)},
                     solver=LevenbergMarquardt(steps=2, inner=15))  # fmt: skip
    light = float(np.sum(frames)) / float(jnp.sum(found.model.predict().values))
    shift, gain = jnp.asarray(found.value("sample.shift"), float), system.camera.gain * light
    return eqx.tree_at(lambda s: (s.sample.shift, s.camera.gain), system, (shift, gain))


def _moments(frames: Float[Array, "frame y x"]) -> Float[Array, "frame moments"]:
    """Return center (y, x) and width of what is brighter than a tenth of the brightest, pixels."""
    lit = jnp.where(frames > 0.1 * jnp.max(frames), frames, 0.0)
    share = lit / jnp.sum(lit, axis=(1, 2), keepdims=True)
    y, x = (jnp.arange(n, dtype=float) for n in frames.shape[1:])
    center_y, center_x = jnp.sum(share, axis=2) @ y, jnp.sum(share, axis=1) @ x
    square = jnp.sum(share, axis=2) @ y**2 - center_y**2 + jnp.sum(share, axis=1) @ x**2 - center_x**2
    return jnp.stack([center_y, center_x, jnp.sqrt(square)], axis=1)


def _grown(pixels: int, finer: int) -> int:
    """Return how many pixels of the light a side needs: the camera filters on a periodic grid."""
    return (pixels + 2 * MARGIN) * finer


def _cells_of_a_disc(across: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the middles (y, x) of the cells of a square grid that a disc of diameter 1 touches, and their shares of it
    to first order: without them its edge is a staircase."""
    line = (np.arange(across + 2) - (across + 1) / 2) / across
    y, x = np.meshgrid(line, line, indexing="ij")
    share = np.clip((0.5 - np.hypot(y, x)) * across + 0.5, 0, 1)
    return y[share > 0], x[share > 0], share[share > 0]


def _spread(at: Float[Array, " n"]) -> tuple[Array, Array]:
    """Return the four pixels that a ray at a place, in pixels, is spread over, and its shares by the cubic B-spline."""
    first = jnp.floor(at)
    t = at - first
    shares = jnp.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / 6
    pixels = first.astype(jnp.int32) + jnp.arange(-1, 3)[:, None]
    return jnp.where(pixels < 0, jnp.iinfo(jnp.int32).max, pixels), shares  # JAX would count from the other side
