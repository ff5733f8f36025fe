"""The surfaces of a lens as one table, so that one loop, and one program, traces through all of them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.vectors import Vector
from backlight.rays.lens import Lens
from backlight.rays.phases import NoPhase
from backlight.rays.profiles import Meeting
from backlight.rays.rims import Aperture, apertures, reaches


class Choice(NamedTuple):
    """Which of several parts: its `kind`, and its `row` among those of its kind."""

    kind: Array
    row: Array


class Step(NamedTuple):
    """What a ray needs to know of the surface ahead: one row of a table, or the table.

    **Attributes:** `number` of the surface; `profile`, which; `before` and `behind`, refractive indices; `mirror`;
    `reach`, beyond which rays are lost; `origin` and `axes`, its frame in that of the surface before; `phase`, which,
    and whether it is `grooved` at all; `aperture`. What no surface of the lens has is absent: `mirror`, `axes` where
    nothing can be tilted, `phase` and `grooved`, `aperture` where edges are sharp and nothing is obscured.
    """

    number: Array
    profile: Choice
    before: Array
    behind: Array
    mirror: Array | None
    reach: Array
    origin: Array
    axes: Array | None
    phase: Choice | None
    grooved: Array | None
    aperture: Aperture | None


class Optics(NamedTuple):
    """What surfaces do: how a ray meets one, and λφ/2π and its gradient, `None` where no surface has a phase."""

    meet: Callable[[Choice, Vector, Vector], Meeting]
    shift: Callable[[Choice, Vector], tuple[Array, Vector]] | None


def table(lens: Lens, rays: Rays) -> tuple[Step, Optics]:
    """Return the rows of all surfaces, and what the ones of a row do."""
    count, dtype = len(lens.surfaces), rays.position.dtype
    profiles, meet = _sorted([s.profile for s in lens.surfaces], "meet")
    phases, grooved, shift = _phases(lens, rays)
    index = lens.indices(rays.wavelength).astype(dtype)
    origin, axes = _frames(lens)
    mirrors = [s.mirror for s in lens.surfaces]
    steps = Step(
        number=jnp.arange(count, dtype=jnp.int16),
        profile=profiles,
        before=index[:-1],
        behind=index[1:],
        mirror=jnp.asarray(mirrors) if any(mirrors) else None,
        reach=reaches(lens.surfaces).astype(dtype),
        origin=origin.astype(dtype),
        axes=None if axes is None else axes.astype(dtype),
        phase=phases,
        grooved=grooved,
        aperture=jax.tree.map(lambda leaf: leaf.astype(dtype), apertures(lens.surfaces)),
    )
    return steps, Optics(meet, shift)


def _frames(lens: Lens) -> tuple[Float[Array, "n 3"], Float[Array, "n 3 3"] | None]:
    """Return each surface's frame in that of the one before: origin, and axes where they may be turned."""
    if lens.is_straight:
        before = [jnp.zeros(()), *(jnp.asarray(s.thickness) for s in lens.surfaces[:-1])]
        along = jnp.stack(before)
        return jnp.stack([along, jnp.zeros_like(along), jnp.zeros_like(along)], axis=1), None
    frames = lens.frames()
    seen = [frames[0], *(b.seen_from(a) for a, b in pairwise(frames))]
    return jnp.stack([f.origin for f in seen]), jnp.stack([f.axes for f in seen])


def _phases(lens: Lens, rays: Rays) -> tuple[Choice | None, Array | None, Any]:
    """Return which phase each surface has, whether it has one, and the path and its gradient that one adds."""
    grooved = [surface.phase is not None for surface in lens.surfaces]
    if not any(grooved):
        return None, None, None
    chosen, kick = _sorted([s.phase or NoPhase() for s in lens.surfaces], "kick")

    def shift(choice: Choice, met: Vector) -> tuple[Array, Vector]:
        waves, slope = kick(choice, met.y, met.x)
        return rays.wavelength * waves, slope.times(rays.wavelength)

    return chosen, jnp.asarray(grooved), shift


def _sorted(parts: list[Any], method: str) -> tuple[Choice, Callable[..., Any]]:
    """Sort parts (profiles, phases) by kind, and return which is which, and what calls a method of one of them.

    Parts of one kind are rows of one table; the loop over surfaces branches by kind, and a new kind needs no change
    here.
    """
    structures = [(jax.tree.structure(p), tuple(np.shape(leaf) for leaf in jax.tree.leaves(p))) for p in parts]
    known = list(dict.fromkeys(structures))
    kinds = np.array([known.index(s) for s in structures])
    rows = np.array([int(np.sum(kinds[:i] == kinds[i])) for i in range(len(kinds))])
    tables: list[Any] = [
        jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(x) for x in leaves]),
                     *(p for p, k in zip(parts, kinds, strict=True) if k == kind))
        for kind in range(len(known))
    ]  # fmt: skip

    def branch(table: Any) -> Callable[..., Any]:
        def called(row: Array, *given: Any) -> Any:
            part = jax.tree.map(lambda leaf: leaf[row], table)
            return getattr(part, method)(*given)

        return called

    branches = [branch(table) for table in tables]

    def call(choice: Choice, *given: Any) -> Any:
        if len(branches) == 1:
            return branches[0](choice.row, *given)
        return jax.lax.switch(choice.kind, branches, choice.row, *given)

    return Choice(jnp.asarray(kinds), jnp.asarray(rows)), call
