"""Rays through a lens, surface by surface."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Rays, RayStatus
from backlight.maths.double_precision import doubled
from backlight.maths.vectors import Vector
from backlight.rays.interfaces import diffracted, reflected, refracted
from backlight.rays.lens import Lens
from backlight.rays.many import each_in_groups, usual_group
from backlight.rays.rims import share
from backlight.rays.table import Optics, Step, table

MANY = 2**18
"""Rays whose numbers overflow the cache from surface to surface: beyond they go through the lens in groups."""


class Travel(NamedTuple):
    """Where a ray is, in the frame of the surface it met last; its `weight` only where a surface can change that."""

    place: Vector
    way: Vector
    path: Array
    status: Array
    lost_at: Array
    weight: Array | None


@jax.jit
def trace(lens: Lens, rays: Rays) -> Rays:
    """Return the rays where they meet the last surface, in its frame.

    A loop over the surfaces, one program for all of them: what is kept for derivatives is where each ray was before
    each surface, 59 bytes in double precision, and the rest is computed anew.

    **Arguments:** `rays`: in the frame of the first vertex, in front of it or behind.

    **Returns:** rays with their optical path Σ n·t added to what they had, and their weight times what soft edges and
    central obscurations let pass; lost ones with their `status`.

    Example:
        >>> from backlight.light import ConstantIndex, Rays
        >>> from backlight.rays import Conic, Lens, Surface, trace
        >>> ball = Lens([Surface(Conic(5e-3), thickness=10e-3, medium=ConstantIndex(1.5)),
        ...              Surface(Conic(-5e-3), thickness=2.5e-3, medium=ConstantIndex(1.0)), Surface()])
        >>> near = trace(ball, Rays([0.0, 1e-5, 0.0], [1.0, 0.0, 0.0], 550e-9))
        >>> abs(float(near.position[1])) < 1e-9
        True
    """
    rays = doubled(rays)  # those of 32 bits in a program of 64 would meet numbers of another kind
    through = lambda some: _as_rays(some, _last(lens, some))  # noqa: E731
    if rays.path.size <= MANY or rays.path.size <= (group := usual_group()):
        return through(rays)
    return each_in_groups(through, rays, at_once=group)


def demand_chief(where: str, rays: Rays) -> None:
    """Refuse a bundle whose first ray, the chief one, is lost: nothing can be counted from it; or all the others.

    **Errors:** `InputError` with what became of it, or of most of the others, and at which surface; not in a program
    that is traced, where no ray is known yet.
    """
    if isinstance(rays.status, Tracer):
        return
    status, lost_at = np.asarray(rays.status), np.asarray(rays.lost_at)
    arrived = status == RayStatus.HIT
    if arrived[0] and (arrived.size == 1 or arrived[1:].any()):
        return
    if arrived[0]:
        surfaces, counts = np.unique(lost_at[1:], return_counts=True)
        surface = int(surfaces[np.argmax(counts)])
        fate = RayStatus(int(status[lost_at == surface][0]))
        got = f"the chief ray alone; {np.max(counts)} of the others {_told(fate)} at surface {surface}"
    else:
        got = f"a chief ray that is {_told(RayStatus(int(status[0])))} at surface {int(lost_at[0])}, "
        got += f"{np.sum(arrived)} others arrive"
    raise InputError(where, got=got, expected="a beam that meets the image",
                     remedy="look at that surface's radius, semi_diameter and medium, and at the field")  # fmt: skip


def _told(fate: RayStatus) -> str:
    return fate.name.lower().replace("_", " ")


@jax.jit
def footprints(lens: Lens, rays: Rays) -> Float[Array, "surfaces 3 *rays"]:
    """Return where the rays meet each surface, (z, y, x) in the frame of the first vertex."""
    rays = doubled(rays)
    steps, optics = table(lens, rays)
    begin = _begin(rays, steps)
    _, travels = jax.lax.scan(lambda at, step: (after := _advanced(optics, at, step), after), begin, steps)
    places = jnp.stack(travels.place, axis=1)
    if lens.is_straight:
        vertices = jnp.cumsum(steps.origin, axis=0)
        return places + vertices.reshape(*vertices.shape, *(1,) * len(rays.shape))
    frames = lens.frames()
    axes, origins = (jnp.stack([getattr(f, name) for f in frames]) for name in ("axes", "origin"))
    turned = jnp.einsum("sij,sj...->si...", axes, places)
    return turned + origins.reshape(*origins.shape, *(1,) * len(rays.shape))


def gathered(lens: Lens, rays: Rays, gather: Callable[[Any, Any, Vector], Any], start: Any, rows: Any) -> Any:
    """Return what is told along the way: told = gather(told, row, place) on each surface, in its frame.

    **Arguments:** `rows`: a tree of arrays, a row for each surface.
    """
    steps, optics = table(lens, rays)

    def advance(at: tuple[Travel, Any], ahead: tuple[Step, Any]) -> tuple[tuple[Travel, Any], None]:
        (before, told), (step, row) = at, ahead
        behind = _advanced(optics, before, step)
        return (behind, gather(told, row, behind.place)), None

    return jax.lax.scan(advance, (_begin(rays, steps), start), (steps, rows))[0][1]


def _last(lens: Lens, rays: Rays) -> Travel:
    steps, optics = table(lens, rays)
    body = jax.checkpoint(lambda at, step: (_advanced(optics, at, step), None))
    return jax.lax.scan(body, _begin(rays, steps), steps)[0]


def _begin(rays: Rays, steps: Step) -> Travel:
    weight = None if steps.aperture is None else rays.weight
    return Travel(rays.place, rays.way, rays.path, rays.status, rays.lost_at, weight)


def _as_rays(rays: Rays, end: Travel) -> Rays:
    """Return the rays at their end; directions are of unit length already."""
    weight = rays.weight if end.weight is None else end.weight
    changed = (jnp.stack(end.place), jnp.stack(end.way), end.path, weight, end.status, end.lost_at)
    return eqx.tree_at(lambda r: (r.position, r.direction, r.path, r.weight, r.status, r.lost_at), rays, changed)


def _advanced(optics: Optics, at: Travel, step: Step) -> Travel:
    """Return the rays behind the next surface."""
    place, way = _seen_from(step, at)
    meeting = optics.meet(step.profile, place, way)
    met = place.ahead(way, meeting.distance)
    gone, passed, added = _turned(optics, step, met, way, meeting.normal)
    within = met.y**2 + met.x**2 <= step.reach**2
    was_alive = at.status == RayStatus.HIT
    alive = was_alive & meeting.there & meeting.converged & within & passed
    fate = _why_stopped(step)
    for fine, reason in (
        (within, RayStatus.CLIPPED),
        (meeting.converged, RayStatus.NOT_CONVERGED),
        (meeting.there, RayStatus.MISSED),
    ):
        fate = jnp.where(fine, fate, jnp.asarray(reason, jnp.int8))
    newly_lost = was_alive & ~alive
    status = jnp.where(newly_lost, fate, at.status)
    lost_at = jnp.where(newly_lost, step.number, at.lost_at)
    path = at.path + jnp.where(alive, step.before * meeting.distance + added, 0.0)
    place = met.where(alive, place)
    weight = at.weight
    if weight is not None and step.aperture is not None:
        weight = weight * jnp.where(alive, share(step.aperture, place), 1.0)
    return Travel(place, gone.where(alive, way), path, status, lost_at, weight)


def _turned(optics: Optics, step: Step, met: Vector, way: Vector, normal: Vector) -> tuple[Vector, Array, Any]:
    """Return the direction behind a surface, whether there is one, and the optical path that the surface adds."""
    if optics.shift is None or step.phase is None:
        bent = refracted(way, normal, step.before / step.behind)
        if step.mirror is None:
            return bent.way, bent.passed, 0.0
        return reflected(way, normal).where(step.mirror, bent.way), step.mirror | bent.passed, 0.0
    added, slope = optics.shift(step.phase, met)
    mirror = jnp.asarray(False) if step.mirror is None else step.mirror
    bent = diffracted(way, normal, step.before / step.behind, slope.times(1 / step.behind), mirror)
    return bent.way, bent.passed, added


def _why_stopped(step: Step) -> Any:
    if step.grooved is None:
        return jnp.int8(RayStatus.TOTALLY_REFLECTED)
    return jnp.where(step.grooved, jnp.int8(RayStatus.EVANESCENT), jnp.int8(RayStatus.TOTALLY_REFLECTED))


def _seen_from(step: Step, at: Travel) -> tuple[Vector, Vector]:
    """Return place and direction in the frame of the next surface."""
    place = Vector(*(a - b for a, b in zip(at.place, step.origin, strict=True)))
    if step.axes is None:
        return place, at.way
    columns = [Vector(*step.axes[:, i]) for i in range(3)]
    return Vector(*(place.dot(column) for column in columns)), Vector(*(at.way.dot(column) for column in columns))
