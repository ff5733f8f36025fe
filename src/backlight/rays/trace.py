"""Rays through a lens, surface by surface."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Rays, RayStatus
from backlight.maths.vectors import Vector
from backlight.rays.interfaces import reflected, refracted
from backlight.rays.lens import Lens
from backlight.rays.profiles import Meeting, Profile

Meet = Callable[["Step", Vector, Vector], Meeting]


class Step(NamedTuple):
    """What a ray needs to know of the surface ahead: one row of a table, or the table.

    **Attributes:** `number` of the surface; `kind`, of its profile, and `place` among those of its kind; `before` and
    `behind`, refractive indices; `mirror`; `reach`, its semi-diameter; `axes` and `origin`, its frame in that of the
    surface before, `axes` absent where nothing can be tilted.
    """

    number: Array
    kind: Array
    place: Array
    before: Array
    behind: Array
    mirror: Array
    reach: Array
    origin: Array
    axes: Array | None


class Travel(NamedTuple):
    """Where a ray is, in the frame of the surface it met last."""

    place: Vector
    way: Vector
    path: Array
    status: Array
    lost_at: Array


@jax.jit
def trace(lens: Lens, rays: Rays) -> Rays:
    """Return the rays where they meet the last surface, in its frame.

    A loop over the surfaces, one program for all of them: what is kept for derivatives is where each ray was before
    each surface, 59 bytes in double precision, and the rest is computed anew.

    **Arguments:** `rays`: in the frame of the first vertex, in front of it or behind.

    **Returns:** rays with their optical path Σ n·t added to what they had; lost ones with their `status`.

    Example:
        >>> from backlight.light import ConstantIndex, Rays
        >>> from backlight.rays import Conic, Lens, Surface, trace
        >>> ball = Lens([Surface(Conic(5e-3), thickness=10e-3, medium=ConstantIndex(1.5)),
        ...              Surface(Conic(-5e-3), thickness=2.5e-3, medium=ConstantIndex(1.0)), Surface()])
        >>> near = trace(ball, Rays([0.0, 1e-5, 0.0], [1.0, 0.0, 0.0], 550e-9))
        >>> abs(float(near.position[1])) < 1e-9
        True
    """
    return _as_rays(rays, _last(lens, rays))


def demand_chief(where: str, rays: Rays) -> None:
    """Refuse a bundle whose first ray, the chief one, is lost: nothing can be counted from it.

    **Errors:** `InputError` with what became of it and at which surface; not in a program that is traced, where no ray
    is known yet.
    """
    if isinstance(rays.status, Tracer) or rays.status[0] == RayStatus.HIT:
        return
    fate = RayStatus(int(rays.status[0])).name.lower().replace("_", " ")
    others = int(jnp.sum(rays.alive))
    raise InputError(where, got=f"a chief ray that is {fate} at surface {int(rays.lost_at[0])}, {others} others arrive",
                     expected="one that meets the image",
                     remedy="look at that surface's radius, semi_diameter and medium, and at the field")  # fmt: skip


@jax.jit
def footprints(lens: Lens, rays: Rays) -> Float[Array, "surfaces 3 *rays"]:
    """Return where the rays meet each surface, (z, y, x) in the frame of the first vertex."""
    steps, meet = _table(lens, rays)
    _, travels = jax.lax.scan(lambda at, step: (after := _advanced(meet, at, step), after), _begin(rays), steps)
    places = jnp.stack(travels.place, axis=1)
    if lens.is_straight:
        vertices = jnp.cumsum(steps.origin, axis=0)
        return places + vertices.reshape(*vertices.shape, *(1,) * len(rays.shape))
    frames = lens.frames()
    axes, origins = (jnp.stack([getattr(f, name) for f in frames]) for name in ("axes", "origin"))
    turned = jnp.einsum("sij,sj...->si...", axes, places)
    return turned + origins.reshape(*origins.shape, *(1,) * len(rays.shape))


def _last(lens: Lens, rays: Rays) -> Travel:
    steps, meet = _table(lens, rays)
    body = jax.checkpoint(lambda at, step: (_advanced(meet, at, step), None))
    return jax.lax.scan(body, _begin(rays), steps)[0]


def _begin(rays: Rays) -> Travel:
    return Travel(rays.place, rays.way, rays.path, rays.status, rays.lost_at)


def _as_rays(rays: Rays, end: Travel) -> Rays:
    return Rays(jnp.stack(end.place), jnp.stack(end.way), rays.wavelength, path=end.path, weight=rays.weight,
                status=end.status, lost_at=end.lost_at)  # fmt: skip


def _advanced(meet: Meet, at: Travel, step: Step) -> Travel:
    """Return the rays behind the next surface."""
    place, way = _seen_from(step, at)
    meeting = meet(step, place, way)
    met = place.ahead(way, meeting.distance)
    bent = refracted(way, meeting.normal, step.before / step.behind)
    back = reflected(way, meeting.normal)
    passed = step.mirror | bent.passed
    gone = back.way.where(step.mirror, bent.way)
    within = met.y**2 + met.x**2 <= step.reach**2
    status = at.status
    for fine, reason in (
        (meeting.there, RayStatus.MISSED),
        (meeting.converged, RayStatus.NOT_CONVERGED),
        (within, RayStatus.CLIPPED),
        (passed, RayStatus.TOTALLY_REFLECTED),
    ):
        status = jnp.where((status == RayStatus.HIT) & ~fine, jnp.int8(reason), status)
    alive = status == RayStatus.HIT
    lost_at = jnp.where((at.status == RayStatus.HIT) & ~alive, step.number, at.lost_at)
    path = at.path + jnp.where(alive, step.before * meeting.distance, 0.0)
    return Travel(met.where(alive, place), gone.where(alive, way), path, status, lost_at)


def _seen_from(step: Step, at: Travel) -> tuple[Vector, Vector]:
    """Return place and direction in the frame of the next surface."""
    place = Vector(*(a - b for a, b in zip(at.place, step.origin, strict=True)))
    if step.axes is None:
        return place, at.way
    columns = [Vector(*step.axes[:, i]) for i in range(3)]
    return Vector(*(place.dot(column) for column in columns)), Vector(*(at.way.dot(column) for column in columns))


def _table(lens: Lens, rays: Rays) -> tuple[Step, Meet]:
    """Return the rows of all surfaces, and how a ray meets the one of a row."""
    kinds, meet = _kinds([surface.profile for surface in lens.surfaces])
    count, dtype = len(lens.surfaces), rays.position.dtype
    n = lens.indices(rays.wavelength).astype(dtype)
    reach = [jnp.inf if s.semi_diameter is None else s.semi_diameter for s in lens.surfaces]
    origin, axes = _steps(lens)
    steps = Step(
        number=jnp.arange(count, dtype=jnp.int16),
        kind=jnp.asarray(kinds[0]),
        place=jnp.asarray(kinds[1]),
        before=n[:-1],
        behind=n[1:],
        mirror=jnp.asarray([s.mirror for s in lens.surfaces]),
        reach=jnp.stack([jnp.asarray(r, dtype) for r in reach]),
        origin=origin.astype(dtype),
        axes=None if axes is None else axes.astype(dtype),
    )
    return steps, meet


def _steps(lens: Lens) -> tuple[Float[Array, "n 3"], Float[Array, "n 3 3"] | None]:
    """Return each surface's frame in that of the one before: origin, and axes where they may be turned."""
    if lens.is_straight:
        before = [jnp.zeros(()), *(jnp.asarray(s.thickness) for s in lens.surfaces[:-1])]
        along = jnp.stack(before)
        return jnp.stack([along, jnp.zeros_like(along), jnp.zeros_like(along)], axis=1), None
    frames = lens.frames()
    seen = [frames[0], *(b.seen_from(a) for a, b in pairwise(frames))]
    return jnp.stack([f.origin for f in seen]), jnp.stack([f.axes for f in seen])


def _kinds(profiles: list[Profile]) -> tuple[np.ndarray, Meet]:
    """Sort profiles by kind, and return kind and place of each, and how a ray meets one of them.

    Surfaces of one kind are rows of one table; the loop over surfaces branches by kind, and a new kind needs no change
    here.
    """
    structures = [(jax.tree.structure(p), tuple(np.shape(leaf) for leaf in jax.tree.leaves(p))) for p in profiles]
    known = list(dict.fromkeys(structures))
    kinds = np.array([known.index(s) for s in structures])
    places = np.array([int(np.sum(kinds[:i] == kinds[i])) for i in range(len(kinds))])
    tables: list[Any] = [
        jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(x) for x in leaves]),
                     *(p for p, k in zip(profiles, kinds, strict=True) if k == kind))
        for kind in range(len(known))
    ]  # fmt: skip

    def branch(table: Any) -> Callable[[Array, Vector, Vector], Meeting]:
        return lambda place_, place, way: jax.tree.map(lambda leaf: leaf[place_], table).meet(place, way)

    branches = [branch(table) for table in tables]

    def meet(step: Step, place: Vector, way: Vector) -> Meeting:
        if len(branches) == 1:
            return branches[0](step.place, place, way)
        return jax.lax.switch(step.kind, branches, step.place, place, way)

    return np.stack([kinds, places]), meet
