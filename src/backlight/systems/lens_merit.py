"""What a lens is to be: spots as residuals, constraints with names, and solves that need no search."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.constraints import Constraint, within
from backlight.light import Rays
from backlight.maths.double_precision import doubled, in_double_precision
from backlight.maths.safe import square_root
from backlight.rays import Lens, PupilPoints, aim, first_order, gauss_legendre, launch, trace
from backlight.rays.colors import colors_of
from backlight.rays.first_order import image_distance
from backlight.rays.rims import without_rims
from backlight.units import um

LOST = 1e5
"""µm that a ray counts as off which meets no image: a lens that loses light is no good one."""


def bundles(
    lens: Lens,
    fields: Float[Array, "fields 2"] | np.ndarray,
    wavelengths: Float[Array, " colors"] | np.ndarray | float,
    *,
    rule: PupilPoints | None = None,
    reference: float | None = None,
    aimed: bool = False,
) -> Rays:
    """Return the rays of several points and colors, (fields, colors, rays), to be traced in one call.

    **Arguments:** as of `launch`; `rule`: points of the pupil and their weights; `reference`: λ by which the pupil is
    found, the middle one where `None`; `aimed`: whether points are those of the real stop.
    """
    if jnp.ndim(jnp.asarray(fields)) != 2:
        raise InputError("fields", got=f"shape {jnp.shape(jnp.asarray(fields))}", expected="(fields, 2), each (y, x)")
    rule = gauss_legendre(3, 8) if rule is None else rule
    colors = colors_of(wavelengths, None, reference)
    send, points = aim if aimed else launch, jnp.asarray(rule.points, float)
    of_one = lambda field, color: send(lens, field, points, color, reference=colors.reference)  # noqa: E731
    rays = jax.vmap(jax.vmap(of_one, (None, 0)), (0, None))(jnp.asarray(fields, float), colors.wavelengths)
    place, way = (jnp.moveaxis(vector, 2, 0) for vector in (rays.position, rays.direction))
    return Rays(place, way, colors.wavelengths[:, None], path=rays.path, weight=jnp.asarray(rule.weights, float))


def spots(lens: Lens, rays: Rays, *, by_color: bool = False) -> Float[Array, " n"]:
    """Return how far rays are from the middle of their spot, in µm: ‖r‖² is the mean of the spots' mean squares.

    Rims do not cut here: a lens would be the better the more of its rays it clips. Rays that meet no surface, or are
    totally reflected, count as `LOST`.

    **Arguments:** `rays`: as of `bundles`, of the lens as it is now or, for rays that stay, as it was; `by_color`:
    whether every color has a middle of its own, so that lateral color does not count.
    """
    met = trace(without_rims(lens), rays := doubled(rays))
    axes = -1 if by_color else (-2, -1)
    share = rays.weight / jnp.sum(rays.weight, axis=-1, keepdims=True) / np.prod(rays.shape[:-1])
    told = jnp.where(met.alive, share, 0.0)
    middle = jnp.sum(told * met.position[1:], axis=axes, keepdims=True)
    middle = middle / jnp.maximum(jnp.sum(told, axis=axes, keepdims=True), 1e-30)
    off = jnp.where(met.alive, (met.position[1:] - middle) / um, LOST)
    return jnp.ravel(square_root(share) * off)


def focal_length(wavelength: float, low: float, high: float | None = None) -> Constraint:
    """Return low ≤ f' ≤ high, f' = low where there is no `high`."""
    return _length(lambda lens: first_order(lens, wavelength).efl, low, high, "focal length")


def total_track(low: float, high: float | None = None) -> Constraint:
    """Return bounds of the distance from the first vertex to the image."""
    return _length(lambda lens: sum(jnp.asarray(s.thickness) for s in lens.surfaces[:-1]), low, high, "total track")


def center_thickness(surface: int, low: float, high: float | None = None) -> Constraint:
    """Return bounds of the thickness behind a surface, on the axis."""
    thickness = lambda lens: jnp.asarray(lens.surfaces[surface].thickness)  # noqa: E731
    return _length(thickness, low, high, f"center thickness {surface}")


def edge_thickness(surface: int, height: float, low: float, high: float | None = None) -> Constraint:
    """Return bounds of the thickness behind a surface at a height from the axis, glass or air."""

    def thickness(lens: Lens) -> Array:
        front, back = (s.profile.sag(jnp.asarray(height, float), jnp.zeros(()))
                       for s in lens.surfaces[surface : surface + 2])  # fmt: skip
        return lens.surfaces[surface].thickness + back - front

    return _length(thickness, low, high, f"edge thickness {surface}")


def _length(of, low: float, high: float | None, name: str) -> Constraint:
    return within(of, low, low if high is None else high, size=um, name=name)


@in_double_precision
def refocused(lens: Lens, wavelength: float) -> Lens:
    """Return the lens with its image where first order sees it."""
    return eqx.tree_at(lambda one: one.surfaces[-2].thickness, lens, image_distance(lens, wavelength))


@in_double_precision
def with_focal_length(lens: Lens, value: float, wavelength: float, *, surface: int = -2) -> Lens:
    """Return the lens with one surface bent so that f' = `value`: 1/f' is linear in every curvature.

    **Arguments:** `surface`: its number, the last one before the image where left out.

    **Errors:** `InputError` for a focal length of 0.
    """
    if value == 0:
        raise InputError("value", got="0", expected="a focal length other than 0, m")
    bent = lambda c: eqx.tree_at(lambda one: one.surfaces[surface].profile.curvature, lens, c)  # noqa: E731
    power = lambda c: 1 / first_order(bent(c), wavelength).efl  # noqa: E731
    ends = jnp.asarray([-1 / value, 1 / value])
    low, high = power(ends[0]), power(ends[1])
    return bent(ends[0] + (1 / value - low) / (high - low) * (ends[1] - ends[0]))
