"""Where a surface stands: shifts and turns, differentiable at 0 too."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.exact import Exact, vector


class Pose(eqx.Module):
    """A place and an orientation beside the nominal ones.

    A point r of the surface stands at R r + d, with R = R_x(α) R_y(β) R_z(γ): turned about z first, then about y, then
    about x, each right-handed (α > 0 moves what lies at +y towards +z).

    **Arguments:** `shift`: d = (despace z, decenter y, decenter x), m; `tilt`: (γ, β, α), rad, about z, y and x.

    Example:
        >>> from backlight.rays import Pose
        >>> Pose(tilt=(0.0, 0.0, 1e-3)).tilt.shape
        (3,)
    """

    shift: Exact
    tilt: Exact

    def __init__(self, shift: Any = (0.0, 0.0, 0.0), tilt: Any = (0.0, 0.0, 0.0)):
        self.shift, self.tilt = vector("shift", shift), vector("tilt", tilt)

    def matrix(self) -> Float[Array, "3 3"]:
        """Return R, for vectors (z, y, x)."""
        about_z, about_y, about_x = jnp.asarray(self.tilt)
        return _turn(about_x, 0, 1) @ _turn(about_y, 2, 0) @ _turn(about_z, 1, 2)


class Frame(eqx.Module):
    """Axes and origin: a point r of the frame lies at `origin` + `axes` @ r.

    **Arguments:** vectors (z, y, x); `axes` has the frame's own as columns.
    """

    origin: Float[Array, "*n 3"]
    axes: Float[Array, "*n 3 3"]

    def ahead(self, distance: Any) -> "Frame":
        """Return the frame `distance` further along its own z."""
        return Frame(self.origin + distance * self.axes[..., 0], self.axes)

    def posed(self, pose: Pose | None) -> "Frame":
        """Return the frame of what stands in this one with a pose."""
        return self if pose is None else self.holding(Frame(jnp.asarray(pose.shift), pose.matrix()))

    def holding(self, inner: "Frame") -> "Frame":
        """Return a frame that is given in the coordinates of this one."""
        return Frame(self.origin + self.axes @ inner.origin, self.axes @ inner.axes)

    def seen_from(self, other: "Frame") -> "Frame":
        """Return this frame in the coordinates of another."""
        return Frame(other.axes.T @ (self.origin - other.origin), other.axes.T @ self.axes)

    def entered_by(self, rays: Rays) -> Rays:
        """Return rays in the coordinates of this frame."""
        axes = jnp.asarray(self.axes)
        away = rays.position - jnp.reshape(self.origin, (3, *(1,) * len(rays.shape)))
        return _turned(rays, jnp.tensordot(axes.T, away, 1), jnp.tensordot(axes.T, rays.direction, 1))

    def left_by(self, rays: Rays) -> Rays:
        """Return rays that are given in the coordinates of this frame in those in which it stands."""
        axes = jnp.asarray(self.axes)
        place = jnp.tensordot(axes, rays.position, 1) + jnp.reshape(self.origin, (3, *(1,) * len(rays.shape)))
        return _turned(rays, place, jnp.tensordot(axes, rays.direction, 1))


def standard_frame() -> Frame:
    """Return the frame at the origin."""
    return Frame(jnp.zeros(3), jnp.eye(3))


def _turned(rays: Rays, place: Array, way: Array) -> Rays:
    return Rays(place, way, rays.wavelength, path=rays.path, weight=rays.weight, status=rays.status,
                lost_at=rays.lost_at)  # fmt: skip


def _turn(angle: Array, forth: int, back: int) -> Float[Array, "3 3"]:
    """Return the turn in the plane of two axes (0: z, 1: y, 2: x) that moves axis `back` towards axis `forth`."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    both, across, rest = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    both[forth, forth] = both[back, back] = 1
    across[forth, back], across[back, forth] = 1, -1
    rest[3 - forth - back, 3 - forth - back] = 1
    return cos * both + sin * across + rest
