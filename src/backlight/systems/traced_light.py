"""Rays in the slots of an instrument: pixels that look, a lens in their way, a screen on which they end."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Grid, Image, Rays
from backlight.maths.argument import instance
from backlight.maths.leaf import POSITIVE, Given, OneOrEach, Scalar, number, reals
from backlight.rays import Lens, Pinhole, Pose, trace
from backlight.rays.pose import Frame, standard_frame


class PixelRays(eqx.Module):
    """Illumination: rays along which the pixels of a camera look; light goes the same way back.

    **Arguments:** `camera`; `pixels`, (y, x) along the first axis; `wavelength` in vacuum, m. Where there are several
    cameras, their leaves and `pixels` are `PerFrame`.

    Example:
        >>> from backlight.rays import Pinhole
        >>> from backlight.systems.traced_light import PixelRays
        >>> PixelRays(Pinhole((1e4, 1e4), (0.0, 0.0)), [[0.0, 100.0], [0.0, 0.0]], 550e-9)(None).shape
        (2,)
    """

    camera: Pinhole
    pixels: OneOrEach
    wavelength: Scalar

    def __init__(self, camera: Pinhole, pixels: Given, wavelength: Given):
        self.camera, self.pixels = instance("camera", camera, Pinhole), reals("pixels", pixels)
        self.wavelength = number("wavelength", wavelength, POSITIVE)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Return 0: rays carry their directions themselves."""
        return jnp.zeros(())

    def __call__(self, grid: Grid | None) -> Rays:
        """Return the rays; they lie on no grid."""
        return self.camera.rays(self.pixels, self.wavelength)


class TracedLens(eqx.Module):
    """Sample: a lens that stands somewhere in the way of rays; they leave behind its last surface.

    **Arguments:**

    - `lens`: its last surface is one of glass, not an image.
    - `shift`: where its first vertex is, (z, y, x), m.
    - `tilt`: about its first vertex, about y and about x, rad, right-handed; `roll`: about its axis, before.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import ConstantIndex, Rays
        >>> from backlight.rays import Conic, Lens, Surface
        >>> from backlight.systems.traced_light import TracedLens
        >>> lens = Lens([Surface(Conic(50e-3), thickness=5e-3, medium=ConstantIndex(1.5)),
        ...              Surface(medium=ConstantIndex(1.0))])
        >>> behind = TracedLens(lens, shift=(0.1, 0.0, 0.0))(Rays([0.0, 1e-3, 0.0], [1.0, 0.0, 0.0], 550e-9))
        >>> round(float(behind.position[0]), 6), round(float(behind.direction[1] / behind.direction[0]), 5)
        (0.105, -0.01)
    """

    lens: Lens
    shift: OneOrEach
    tilt: OneOrEach
    roll: Scalar

    def __init__(self, lens: Lens, *, shift: Given = (0.0, 0.0, 0.0), tilt: Given = (0.0, 0.0), roll: Given = 0.0):
        self.lens, self.shift = instance("lens", lens, Lens), reals("shift", shift)
        self.tilt, self.roll = reals("tilt", tilt), number("roll", roll)

    @property
    def double_precision(self) -> bool:
        """Yes: a curvature undoes nearly all of what another does."""
        return True

    @property
    def shape(self) -> tuple[int, int]:
        """A grid of one point: rays lie on none."""
        return 1, 1

    def frame(self) -> Frame:
        """Return the frame of the first vertex."""
        tilt = jnp.concatenate([jnp.reshape(self.roll, (1,)), jnp.asarray(self.tilt)])
        return standard_frame().posed(Pose(jnp.asarray(self.shift), tilt))

    def __call__(self, rays: Rays) -> Rays:
        """Return the rays behind the last surface."""
        frame = self.frame()
        behind = trace(self.lens, frame.entered_by(rays))
        return frame.left_by(self.lens.frames()[-1].left_by(behind))


class Screen(eqx.Module):
    """Camera: where rays meet a plane z = const, in units of its pitch: frames of two rows, y and x.

    **Arguments:** `points`: how many rays there are; `pitch` of the display, m; `z` of its plane, m.

    Example:
        >>> from backlight.light import Rays
        >>> from backlight.systems.traced_light import Screen
        >>> Screen(1, 1e-4, 0.5)(Rays([[0.0], [0.0], [0.0]], [[1.0], [0.01], [0.0]], 550e-9)).values.round(3).tolist()
        [[50.0], [0.0]]
    """

    points: int = eqx.field(static=True)
    pitch: Scalar
    z: Scalar

    def __init__(self, points: int, pitch: Given, z: Given = 0.0):
        self.points, self.pitch, self.z = points, number("pitch", pitch, POSITIVE), number("z", z)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a frame."""
        return 2, self.points

    @property
    def decimation(self) -> int:
        """Return 1."""
        return 1

    @property
    def light_pitch(self) -> Float[Array, "2"]:
        """Return the display's pitch."""
        return jnp.broadcast_to(self.pitch, (2,))

    @property
    def grid(self) -> Grid:
        """The rays, one beside the other."""
        return Grid(self.shape, self.light_pitch)

    def __call__(self, rays: Rays) -> Image:
        """Return where the rays meet the plane."""
        return Image(self.expose(rays), self.grid)

    def expose(self, rays: Rays) -> Float[Array, "two n"]:
        """Return where the rays meet the plane; a lost ray, where it would without what lies behind."""
        place, way = rays.place, rays.way
        met = place.ahead(way, (self.z - place.z) / way.z)
        return jnp.stack([met.y, met.x]) / self.pitch

    def digitize(self, values: Float[Array, "two n"]) -> Float[Array, "two n"]:
        """Return the values as they are."""
        return values
