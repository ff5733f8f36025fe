"""A camera that looks along straight lines through one point: what is told of it by its calibration."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.leaf import NONZERO, Given, OneOrEach, Pair, reals
from backlight.maths.vectors import Vector
from backlight.rays.pose import Pose

STEPS = 8
"""Of the iteration that takes the distortion back; it gains a factor of the distortion itself, 1e-2 and less, each."""


class Pinhole(eqx.Module):
    """Pixels p = f·(1 + k₁r² + k₂r⁴)·q + c of what lies at q = (Y, X)/Z, r² = q·q, in the camera's frame (Brown 1966).

    **Arguments:** pairs are (y, x):

    - `focal_length`: f, pixels; `center`: c, the principal point, pixels; `distortion`: (k₁, k₂).
    - `position`: of the pinhole, (z, y, x), m.
    - `axes`: the camera's own z, y and x as columns, (z, y, x) each: what a calibration gives as R, transposed.
    - `tilt`: a further turn in the camera's own frame, (γ, β, α) as of `Pose`, rad; a leaf to be found.

    **Errors:** `InputError` for a focal length of 0.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.rays import Pinhole
        >>> camera = Pinhole((1e4, 1e4), (512.0, 512.0), position=(-1.0, 0.0, 0.0))
        >>> ray = camera.rays(jnp.array([[512.0], [612.0]]), 550e-9)  # 100 pixels to the right
        >>> round(float(ray.direction[2, 0] / ray.direction[0, 0]), 6)
        0.01
    """

    focal_length: Pair
    center: Pair
    distortion: Pair
    position: OneOrEach
    axes: OneOrEach
    tilt: OneOrEach

    def __init__(
        self,
        focal_length: Given,
        center: Given,
        *,
        distortion: Given = (0.0, 0.0),
        position: Given = (0.0, 0.0, 0.0),
        axes: Given = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        tilt: Given = (0.0, 0.0, 0.0),
    ):
        self.focal_length, self.center = reals("focal_length", focal_length, NONZERO), reals("center", center)
        self.distortion, self.position = reals("distortion", distortion), reals("position", position)
        self.axes, self.tilt = reals("axes", axes), reals("tilt", tilt)

    def rays(self, pixels: Float[Array, "2 *n"], wavelength: Float[Array, ""] | float) -> Rays:
        """Return the rays along which pixels (y, x) look, from the pinhole on."""
        seen = Vector(jnp.ones(()), *self._undistorted(pixels))
        turned = jnp.asarray(self.axes) @ Pose(tilt=jnp.asarray(self.tilt)).matrix()
        way = jnp.stack([Vector(*row).dot(seen) for row in turned])
        place = jnp.reshape(jnp.asarray(self.position), (3, *(1,) * (way.ndim - 1)))
        return Rays(jnp.broadcast_to(place, way.shape), way, wavelength)

    def _undistorted(self, pixels: Float[Array, "2 *n"]) -> tuple[Array, Array]:
        """Return (Y, X)/Z of what pixels see."""
        y, x = ((pixels[i] - self.center[i]) / self.focal_length[i] for i in (0, 1))
        out_y, out_x = y, x
        for _ in range(STEPS):
            square = out_y**2 + out_x**2
            factor = 1 + self.distortion[0] * square + self.distortion[1] * square**2
            out_y, out_x = y / factor, x / factor
        return out_y, out_x
