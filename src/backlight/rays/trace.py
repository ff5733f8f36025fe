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
from backlight.rays.interfaces import diffracted, reflected, refracted
from backlight.rays.lens import Lens
from backlight.rays.phases import NoPhase
from backlight.rays.profiles import Meeting

Meet = Callable[["Step", Vector, Vector], Meeting]
Shift = Callable[["Step", Vector], tuple[Array, Vector]]


class Optics(NamedTuple):
    """What surfaces do: how a ray meets one, and λφ/2π and its gradient, `None` where no surface has a phase."""

    meet: Meet
    shift: Shift | None


class Step(NamedTuple):
    """What a ray needs to know of the surface ahead: one row of a table, or the table.

    **Attributes:** `number` of the surface; `kind`, of its profile, and `place` among those of its kind; `before` and
    `behind`, refractive indices; `mirror`; `reach`, its semi-diameter; `axes` and `origin`, its frame in that of the
    surface before, `axes` absent where nothing can be tilted; `grooved`, whether it has a phase,
    and `phase_kind` and `phase_place`, as of profiles, absent where no surface has one.
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
    grooved: Array | None
    phase_kind: Array | None
    phase_place: Array | None


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
    steps, optics = _table(lens, rays)
    _, travels = jax.lax.scan(lambda at, step: (after := _advanced(optics, at, step), after), _begin(rays), steps)
    places = jnp.stack(travels.place, axis=1)
    if lens.is_straight:
        vertices = jnp.cumsum(steps.origin, axis=0)
        return places + vertices.reshape(*vertices.shape, *(1,) * len(rays.shape))
    frames = lens.frames()
    axes, origins = (jnp.stack([getattr(f, name) for f in frames]) for name in ("axes", "origin"))
    turned = jnp.einsum("sij,sj...->si...", axes, places)
    return turned + origins.reshape(*origins.shape, *(1,) * len(rays.shape))


def _last(lens: Lens, rays: Rays) -> Travel:
    steps, optics = _table(lens, rays)
    body = jax.checkpoint(lambda at, step: (_advanced(optics, at, step), None))
    return jax.lax.scan(body, _begin(rays), steps)[0]


def _begin(rays: Rays) -> Travel:
    return Travel(rays.place, rays.way, rays.path, rays.status, rays.lost_at)


def _as_rays(rays: Rays, end: Travel) -> Rays:
    return Rays(jnp.stack(end.place), jnp.stack(end.way), rays.wavelength, path=end.path, weight=rays.weight,
                status=end.status, lost_at=end.lost_at)  # fmt: skip


def _advanced(optics: Optics, at: Travel, step: Step) -> Travel:
    """Return the rays behind the next surface."""
    place, way = _seen_from(step, at)
    meeting = optics.meet(step, place, way)
    met = place.ahead(way, meeting.distance)
    gone, passed, added = _turned(optics, step, met, way, meeting.normal)
    within = met.y**2 + met.x**2 <= step.reach**2
    status = at.status
    for fine, reason in (
        (meeting.there, RayStatus.MISSED),
        (meeting.converged, RayStatus.NOT_CONVERGED),
        (within, RayStatus.CLIPPED),
        (passed, _why_stopped(step)),
    ):
        status = jnp.where((status == RayStatus.HIT) & ~fine, jnp.asarray(reason, jnp.int8), status)
    alive = status == RayStatus.HIT
    lost_at = jnp.where((at.status == RayStatus.HIT) & ~alive, step.number, at.lost_at)
    path = at.path + jnp.where(alive, step.before * meeting.distance + added, 0.0)
    return Travel(met.where(alive, place), gone.where(alive, way), path, status, lost_at)


def _turned(optics: Optics, step: Step, met: Vector, way: Vector, normal: Vector) -> tuple[Vector, Array, Any]:
    """Return the direction behind a surface, whether there is one, and the optical path that the surface adds."""
    if optics.shift is None:
        bent, back = refracted(way, normal, step.before / step.behind), reflected(way, normal)
        return back.way.where(step.mirror, bent.way), step.mirror | bent.passed, 0.0
    added, slope = optics.shift(step, met)
    behind = jnp.where(step.mirror, step.before, step.behind)
    bent = diffracted(way, normal, step.before / behind, slope.times(1 / behind), step.mirror)
    return bent.way, bent.passed, added


def _why_stopped(step: Step) -> Any:
    if step.grooved is None:
        return RayStatus.TOTALLY_REFLECTED
    return jnp.where(step.grooved, int(RayStatus.EVANESCENT), int(RayStatus.TOTALLY_REFLECTED))


def _seen_from(step: Step, at: Travel) -> tuple[Vector, Vector]:
    """Return place and direction in the frame of the next surface."""
    place = Vector(*(a - b for a, b in zip(at.place, step.origin, strict=True)))
    if step.axes is None:
        return place, at.way
    columns = [Vector(*step.axes[:, i]) for i in range(3)]
    return Vector(*(place.dot(column) for column in columns)), Vector(*(at.way.dot(column) for column in columns))


def _table(lens: Lens, rays: Rays) -> tuple[Step, Optics]:
    """Return the rows of all surfaces, and how a ray meets the one of a row."""
    kinds, meet = _kinds([surface.profile for surface in lens.surfaces], lambda profile, *ray: profile.meet(*ray))
    grooved = [s.phase is not None for s in lens.surfaces]
    phased = any(grooved)
    phases, kick = _kinds([s.phase or NoPhase() for s in lens.surfaces], lambda phase, *at: phase.kick(*at))
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
        grooved=jnp.asarray(grooved) if phased else None,
        phase_kind=jnp.asarray(phases[0]) if phased else None,
        phase_place=jnp.asarray(phases[1]) if phased else None,
    )

    def shift(step: Step, met: Vector) -> tuple[Array, Vector]:
        waves, slope = kick(step.phase_kind, step.phase_place, met.y, met.x)
        return rays.wavelength * waves, slope.times(rays.wavelength)

    found = Optics(lambda step, *ray: meet(step.kind, step.place, *ray), shift if phased else None)
    return steps, found


def _steps(lens: Lens) -> tuple[Float[Array, "n 3"], Float[Array, "n 3 3"] | None]:
    """Return each surface's frame in that of the one before: origin, and axes where they may be turned."""
    if lens.is_straight:
        before = [jnp.zeros(()), *(jnp.asarray(s.thickness) for s in lens.surfaces[:-1])]
        along = jnp.stack(before)
        return jnp.stack([along, jnp.zeros_like(along), jnp.zeros_like(along)], axis=1), None
    frames = lens.frames()
    seen = [frames[0], *(b.seen_from(a) for a, b in pairwise(frames))]
    return jnp.stack([f.origin for f in seen]), jnp.stack([f.axes for f in seen])


def _kinds(parts: list[Any], call: Callable[..., Any]) -> tuple[np.ndarray, Callable[..., Any]]:
    """Sort parts (profiles, phases) by kind, and return kind and place of each, and what calls one of them.

    Parts of one kind are rows of one table; the loop over surfaces branches by kind, and a new kind needs no change
    here.
    """
    structures = [(jax.tree.structure(p), tuple(np.shape(leaf) for leaf in jax.tree.leaves(p))) for p in parts]
    known = list(dict.fromkeys(structures))
    kinds = np.array([known.index(s) for s in structures])
    places = np.array([int(np.sum(kinds[:i] == kinds[i])) for i in range(len(kinds))])
    tables: list[Any] = [
        jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(x) for x in leaves]),
                     *(p for p, k in zip(parts, kinds, strict=True) if k == kind))
        for kind in range(len(known))
    ]  # fmt: skip

    def branch(table: Any) -> Callable[..., Any]:
        return lambda row, *given: call(jax.tree.map(lambda leaf: leaf[row], table), *given)

    branches = [branch(table) for table in tables]

    def called(kind: Array, row: Array, *given: Any) -> Any:
        return branches[0](row, *given) if len(branches) == 1 else jax.lax.switch(kind, branches, row, *given)

    return np.stack([kinds, places]), called
