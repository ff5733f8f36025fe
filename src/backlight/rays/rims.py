"""How much of a ray's light the edges of a surface let pass, where they are soft or where there is a hole."""

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.maths.vectors import Vector
from backlight.rays.lens import Lens, Surface

FAR = 1e6
"""Radius of a rim that is not there, m: its square is a number in single precision."""


class Aperture(NamedTuple):
    """Radii of rim and hole, FAR and 0 where there is none, and the width over which they fade, 0 for sharp ones, m."""

    rim: Float[Array, "..."]
    hole: Float[Array, "..."]
    width: Float[Array, "..."]


def reaches(surfaces: Sequence[Surface]) -> Float[Array, " n"]:
    """Return how far from the axis of each surface rays are lost, m: where a soft edge has faded out."""
    return jnp.stack([_reach(surface) for surface in surfaces])


def apertures(surfaces: Sequence[Surface]) -> Aperture | None:
    """Return the aperture of each surface; `None` where all that they do is to lose rays."""
    if all(surface.hole is None and surface.soft_edge is None for surface in surfaces):
        return None
    return all_apertures(surfaces)


def all_apertures(surfaces: Sequence[Surface]) -> Aperture:
    """Return the aperture of each surface."""
    rows = [(s.semi_diameter, s.hole, s.soft_edge) for s in surfaces]
    absent = (FAR, 0.0, 0.0)
    filled = [[jnp.asarray(a if a is not None else b, float) for a, b in zip(r, absent, strict=True)] for r in rows]
    return Aperture(*(jnp.stack(column) for column in zip(*filled, strict=True)))


def without_rims(lens: Lens) -> Lens:
    """Return the lens with surfaces of any size."""
    return _without(lens, "semi_diameter")


def without_edges(lens: Lens) -> Lens:
    """Return the lens with surfaces of any size that nothing obscures."""
    return _without(lens, "semi_diameter", "hole", "soft_edge")


def _without(lens: Lens, *names: str) -> Lens:
    told = lambda one: [getattr(s, name) for s in one.surfaces for name in names]  # noqa: E731
    return eqx.tree_at(told, lens, [None] * len(told(lens)), is_leaf=lambda node: node is None)


def share(aperture: Aperture, place: Vector) -> Float[Array, "..."]:
    """Return what passes at a place: 3t² − 2t³ with t = ½ + (a² − r²)/(2aw), cut to 0 … 1, of a rim a of width w.

    t is ½ + (a − r)/w at the edge. It ends, so that what is far outside is dark; it counts r², so that the axis is no
    singular point and a round beam loses as much inside the edge as it gains outside: πa² for any w ≤ a.
    """
    square = place.y**2 + place.x**2
    rim, hole, width = aperture
    return _passed(rim**2 - square, 2 * rim * width) * _passed(square - hole**2, 2 * hole * width)


def within(aperture: Aperture, place: Vector) -> Float[Array, "..."]:
    """Return how far inside its sharp edges a place is, m, negative outside: (a² − r²)/2a, right at the edge."""
    square = place.y**2 + place.x**2
    rim, hole, width = aperture
    from_hole = jnp.where(hole > 0, (square - hole**2) / (2 * jnp.where(hole > 0, hole, 1.0)), FAR)
    return jnp.where(width > 0, FAR, jnp.minimum((rim**2 - square) / (2 * rim), from_hole))


def _passed(inside: Array, scale: Array) -> Array:
    soft = scale > 0
    t = jnp.clip(0.5 + inside / jnp.where(soft, scale, 1.0), 0.0, 1.0)
    return jnp.where(soft, t**2 * (3 - 2 * t), jnp.where(inside >= 0, 1.0, 0.0))


def _reach(surface: Surface) -> Array:
    if surface.semi_diameter is None:
        return jnp.asarray(jnp.inf)
    rim = jnp.asarray(surface.semi_diameter)
    return rim if surface.soft_edge is None else jnp.sqrt(rim * (rim + surface.soft_edge))
