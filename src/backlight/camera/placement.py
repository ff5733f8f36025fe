"""Where the camera's pixels look: displacements of their positions in the plane of the light."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Grid
from backlight.maths.leaf import FINITE, Given, Pair, RealMap, Scalar, frame_shape, number, pair, reals

Move = Float[Array, "*shape"]


class Placement(eqx.Module):
    """A displacement of the pixels; where it is one vector for the whole frame, the resampling is a product in Fourier.

    Example:
        >>> from backlight.camera import Placement, Shift
        >>> isinstance(Shift((1e-6, 0.0)), Placement)
        True
    """

    @abstractmethod
    def displacement(self, y: Float[Array, "#y #x"], x: Float[Array, "#y #x"], grid: Grid) -> tuple[Move, Move]:
        """Return (y, x) displacements, m, of pixels at `y`, `x`; both of shape () where they are the same for all.

        **Arguments:** `y`, `x`: positions in the plane of the light, m; `grid`: the camera's.
        """

    @property
    @abstractmethod
    def turn(self) -> Float[Array, ""] | None:
        """By what angle the sides of a pixel are turned, rad, +x toward +y; `None` where they never are."""


class Shift(Placement):
    """A camera moved sideways: its pixel at r looks at r + d, so the picture moves by −d.

    Exact for light below the Nyquist frequency of its grid. The grid is periodic: pixels that look past its edge see
    what is on the other side, so let the light be wider than the frame by 2|d| at least. A camera that knows d refuses
    light that ends more than a pixel too early; while a function is traced it cannot.

    **Arguments:** `offset`: d = (y, x), m.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Camera, Shift
        >>> from backlight.light import Grid, Image
        >>> light = Image(jnp.eye(4, 6), Grid((4, 6), 1e-6))
        >>> frame = Camera((4, 6), 1e-6, placement=[Shift((0.0, 1e-6))])(light).values
        >>> [round(abs(float(v))) for v in frame[1]]
        [1, 0, 0, 0, 0, 0]
    """

    offset: Pair

    def __init__(self, offset: Given):
        self.offset = pair("offset", offset)

    @property
    def turn(self) -> None:
        """None."""
        return None

    def displacement(self, y, x, grid):
        """Return d."""
        return self.offset[0], self.offset[1]


class Rotation(Placement):
    """A camera turned about the optical axis: its pixel at r looks at R(θ)·r, R turning +x toward +y.

    Values between the light's pixels are within 1e-6 of the band-limited picture, at any angle (`maths.bandlimited`);
    the sensitive area of each pixel turns along.

    **Arguments:** `angle`: θ, rad.

    Example:
        >>> import numpy as np
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Camera, Rotation
        >>> from backlight.light import Grid, Image
        >>> light = Image(jnp.zeros((5, 5)).at[2, 3].set(1.0), Grid((5, 5), 1e-6))
        >>> frame = Camera((5, 5), 1e-6, placement=[Rotation(np.pi / 2)])(light).values
        >>> round(float(frame[1, 2]), 5)
        1.0
    """

    angle: Scalar

    def __init__(self, angle: Given):
        self.angle = number("angle", angle)

    @property
    def turn(self) -> Float[Array, ""]:
        """θ."""
        return self.angle

    def displacement(self, y, x, grid):
        """Return R(θ)·r − r, with cos θ − 1 as −2 sin²(θ/2)."""
        sin, less = jnp.sin(self.angle), -2 * jnp.sin(0.5 * self.angle) ** 2
        return less * y + sin * x, less * x - sin * y


class Affine(Placement):
    """A picture stretched, sheared and turned: the pixel at r looks at r + A·r.

    Values between the light's pixels as for `Rotation`; the sensitive area of a pixel is turned by the rotation that A
    contains, and keeps its size.

    **Arguments:** `matrix`: A, ((yy, yx), (xy, xx)), 0 for none.

    Valid for |A| ≪ 1, a drift.

    Example:
        >>> from backlight.camera import Affine
        >>> from backlight.light import Grid
        >>> grid = Grid((4, 6), 1e-6)
        >>> dy, dx = Affine([[0.0, 0.0], [0.0, 0.5]]).displacement(grid.y[:, None], grid.x, grid)
        >>> [round(1e6 * float(d), 3) for d in dx[0]]
        [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0]
    """

    matrix: RealMap

    def __init__(self, matrix: Given):
        self.matrix = reals("matrix", matrix, FINITE)
        if frame_shape(self.matrix)[-2:] != (2, 2):
            raise InputError("matrix", got=f"shape {frame_shape(self.matrix)}", expected="(2, 2): (yy, yx), (xy, xx)")

    @property
    def turn(self) -> Float[Array, ""]:
        """The angle of the rotation nearest to 1 + A, +x toward +y."""
        (yy, yx), (xy, xx) = self.matrix
        return jnp.arctan2(yx - xy, 2 + yy + xx)

    def displacement(self, y, x, grid):
        """Return A·r."""
        (yy, yx), (xy, xx) = self.matrix
        return yy * y + yx * x, xy * y + xx * x


class RollingShutter(Placement):
    """Rows read one after the other while the picture moves over the sensor: row j looks at r − v·t_j.

    t_j = (j − rows//2)·T, T the line time, from the moment the middle row is read; the motion during the exposure of a
    row is left out. A motion along the columns stretches the picture, one along the rows shears it.

    **Arguments:** `velocity`: v = (y, x) of the picture on the sensor, m/s; `line_time`: T, s.

    Example:
        >>> from backlight.camera import RollingShutter
        >>> from backlight.light import Grid
        >>> grid = Grid((4, 6), 1e-6)
        >>> dy, dx = RollingShutter((0.0, 0.01), 1e-5).displacement(grid.y[:, None], grid.x, grid)
        >>> [round(1e6 * float(d), 3) for d in dx[:2, 0]]
        [0.2, 0.1]
    """

    velocity: Pair
    line_time: Scalar

    def __init__(self, velocity: Given, line_time: Given):
        self.velocity, self.line_time = pair("velocity", velocity), number("line_time", line_time)

    @property
    def turn(self) -> None:
        """None: each pixel is a square at its own time."""
        return None

    def displacement(self, y, x, grid):
        """Return −v·t_j."""
        time = row_times(grid.shape[0], self.line_time)[:, None]
        return -self.velocity[0] * time, -self.velocity[1] * time


def row_times(rows: int, line_time: Float[Array, ""]) -> Float[Array, " rows"]:
    """Return when each row is read, s, from the middle row on."""
    return (jnp.arange(rows) - rows // 2) * line_time


def total_displacement(parts: tuple[Placement, ...], grid: Grid) -> tuple[Move, Move]:
    """Return where all `parts`, one after the other, take the pixels of `grid`, less where they lie."""
    y, x = grid.y[:, None], grid.x[None, :]
    total = (jnp.zeros((), y.dtype), jnp.zeros((), x.dtype))
    for part in parts:
        move = part.displacement(y + total[0], x + total[1], grid)
        total = (total[0] + move[0], total[1] + move[1])
    return total


def total_turn(parts: tuple[Placement, ...]) -> Float[Array, ""] | None:
    """Return the angle of the pixels' sides behind all `parts`; `None` where none of them turns."""
    angles = [part.turn for part in parts if part.turn is not None]
    return sum(angles[1:], angles[0]) if angles else None
