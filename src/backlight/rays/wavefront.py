"""The wavefront of a point of the object: optical paths against a sphere about its image."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.maths.vectors import Vector
from backlight.rays.aiming import aim
from backlight.rays.first_order import first_order
from backlight.rays.launch import FieldPoint, PupilPoints, gauss_legendre, launch
from backlight.rays.lens import Lens
from backlight.rays.trace import demand_chief, trace

FAR = 1e12
"""Meters to an exit pupil that is infinitely far away."""


class Wavefront(NamedTuple):
    """Optical path differences over the pupil.

    **Attributes:** `opd`, in waves, chief ray minus ray: positive where the wavefront is ahead; `points`, (y, x) of
    the pupil; `weights`, 0 for lost rays, which sum to 1 (NaN: none arrives); `radius` of the reference sphere, m;
    `rms`, the standard deviation over the pupil, in waves.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, wavefront
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> found = wavefront(lens, (0.0, 0.0), 550e-9)
        >>> found.opd.shape, bool(found.rms > 0)
        ((72,), True)
    """

    opd: Float[Array, " n"]
    points: Float[Array, "2 n"]
    weights: Float[Array, " n"]
    radius: Float[Array, ""]
    rms: Float[Array, ""]


@in_double_precision
def wavefront(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    *,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> Wavefront:
    """Return the wavefront of a point, against the sphere about its image that passes the middle of the exit pupil.

    A path of 100 mm is to be known to a thousandth of a wave, 5e-9 of it: computed in 64 bits, also where JAX's default
    is 32.

    **Arguments:** `field`, `reference`: as of `launch`; `rule`: points of the pupil; `aimed`: whether they are those of
    the real stop, not of the entrance pupil as first order sees it; `center`: (y, x) of the sphere's middle on the
    image, that of the chief ray where `None`.

    **Errors:** `InputError` where the chief ray is lost, or all others, with the surface.
    """
    rule = gauss_legendre() if rule is None else rule
    points = jnp.concatenate([jnp.zeros((2, 1)), jnp.asarray(rule.points, float)], axis=1)
    start = (aim if aimed else launch)(lens, jnp.asarray(field, float), points, wavelength, reference=reference)
    rays = trace(lens, start)
    demand_chief("wavefront", rays)
    first = first_order(lens, wavelength if reference is None else reference)
    return _against_sphere(lens, rays, first.exit_pupil, points, rule.weights, center)


@jax.jit
def _against_sphere(
    lens: Lens, rays: Rays, exit_pupil: Array, points: Array, weights: Array, center: Array | None
) -> Wavefront:
    """Return the wavefront of rays on the image, the first of which is the chief ray."""
    middle = Vector(*rays.position[:, 0]) if center is None else _on_image(lens, jnp.asarray(center, float))
    exit_pupil = jnp.where(jnp.isfinite(exit_pupil), exit_pupil, FAR)
    pupil = Vector(exit_pupil - lens.surfaces[-2].thickness, jnp.zeros(()), jnp.zeros(()))
    away = middle.minus(pupil)
    radius = jnp.sign(away.z) * jnp.sqrt(away.dot(away))
    path = rays.path + lens.indices(rays.wavelength)[-1] * _to_sphere(rays, middle, radius)
    told = rays.alive[1:]
    weights = jnp.where(told, weights * rays.weight[1:], 0.0)
    passed = jnp.sum(weights)
    weights = jnp.where(passed > 0, weights / jnp.maximum(passed, 1e-30), jnp.nan)
    opd = jnp.where(told, (path[0] - path[1:]) / rays.wavelength, 0.0)
    spread = jnp.sum(weights * (opd - jnp.sum(weights * opd)) ** 2)
    return Wavefront(opd, points[:, 1:], weights, radius, jnp.sqrt(spread))


def _on_image(lens: Lens, center: Array) -> Vector:
    return Vector(lens.surfaces[-1].profile.sag(center[0], center[1]), center[0], center[1])


def _to_sphere(rays: Rays, middle: Vector, radius: Array) -> Array:
    """Return how far along each ray, from the image, the sphere about `middle` is, but for its radius.

    The signed radius R counts from the pupil to the image along z. Backwards where R > 0, by b + √(b² − q² + R²) of a
    ray that passes `middle` at a distance of √(q² − b²). The R that all rays have in common is left out, as
    (b² − q²)/(√(b² − q² + R²) + R), so that nothing is lost where the pupil is far away, or infinitely far.
    """
    off = rays.place.minus(middle)
    along = off.dot(rays.way)
    side = jnp.sign(radius) * jnp.where(rays.way.z < 0, -1.0, 1.0)
    nearer, size = along**2 - off.dot(off), jnp.abs(radius)
    return -along - side * nearer / (jnp.sqrt(jnp.maximum(nearer + radius**2, 0.0)) + size)
