"""A sum over many rays and its gradient, a few thousand rays at a time."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Rays, RayStatus
from backlight.maths.argument import whole

AT_ONCE = 4096
"""Rays whose paths through all surfaces fit into a processor's cache, forward and backward."""


def sum_over_rays(
    term: Callable[[Any, Rays], Float[Array, ""]], model: Any, rays: Rays, *, at_once: int = AT_ONCE
) -> Float[Array, ""]:
    """Return Σ term(model, some of the rays), so many of them at a time.

    The gradient is taken together with the sum: of each group nothing is kept, so that memory does not grow with the
    number of rays, and a group stays in the cache. Reverse derivatives by `model` pass, none by the rays.

    **Arguments:** `term`: such as the sum of squares of where rays end; the last group is filled with rays that are
    lost (`alive` is false). `model`: a tree, such as a `Lens`.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import ConstantIndex, Rays
        >>> from backlight.rays import Conic, Lens, Surface, sum_over_rays, trace
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.1, medium=ConstantIndex(1.5)), Surface()])
        >>> heights = jnp.linspace(-1e-3, 1e-3, 1000)
        >>> rays = Rays(jnp.stack([0 * heights, heights, 0 * heights]), [[1.0], [0.0], [0.0]], 550e-9)
        >>> def square(lens, rays):
        ...     end = trace(lens, rays)
        ...     return jnp.sum(jnp.where(end.alive, end.position[1] ** 2, 0.0))
        >>> total = sum_over_rays(square, lens, rays, at_once=64)
        >>> bool(jnp.isclose(total, square(lens, rays), rtol=1e-4))
        True
    """
    at_once = whole("at_once", at_once, 1)
    count = rays.path.size
    if count <= at_once:
        return term(model, rays)
    return _in_groups(model, (term, _groups(jax.lax.stop_gradient(rays), at_once)))


@eqx.filter_custom_vjp
def _in_groups(model: Any, rest: tuple[Callable, Rays]) -> Float[Array, ""]:
    term, groups = rest
    each = lambda total, group: (total + term(model, group), None)  # noqa: E731
    return jax.lax.scan(each, jnp.zeros((), groups.path.dtype), groups)[0]


@_in_groups.def_fwd
def _(perturbed: Any, model: Any, rest: tuple[Callable, Rays]) -> tuple[Array, Any]:
    """Return the sum, and its gradient at once."""
    term, groups = rest
    free, fixed = eqx.partition(model, perturbed)

    def add(total: tuple[Array, Any], group: Rays) -> tuple[tuple[Array, Any], None]:
        value, slope = jax.value_and_grad(lambda free: term(eqx.combine(free, fixed), group))(free)
        return (total[0] + value, jax.tree.map(jnp.add, total[1], slope)), None

    start = jnp.zeros((), groups.path.dtype), jax.tree.map(jnp.zeros_like, free)
    (value, slope), _ = jax.lax.scan(add, start, groups)
    return value, slope


@_in_groups.def_bwd
def _(slope: Any, seed: Array, perturbed: Any, model: Any, rest: Any) -> Any:
    return jax.tree.map(lambda leaf: seed * leaf, slope)


def _groups(rays: Rays, at_once: int) -> Rays:
    """Return the rays in groups along a new first axis."""
    count = rays.path.size
    more = -count % at_once

    def grouped(leaf: Array, filler: Any) -> Array:
        leaf = leaf.reshape(*leaf.shape[: leaf.ndim - len(rays.shape)], count)
        filled = jnp.pad(leaf, [*[(0, 0)] * (leaf.ndim - 1), (0, more)], constant_values=filler)
        return jnp.moveaxis(filled.reshape(*leaf.shape[:-1], -1, at_once), -2, 0)

    wavelength = jnp.broadcast_to(rays.wavelength, rays.shape)
    last = wavelength.ravel()[-1]
    fields = {"position": 0.0, "direction": 0.0, "path": 0.0, "weight": 0.0, "lost_at": -1,
              "status": jnp.int8(RayStatus.MISSED)}  # fmt: skip
    told = {name: grouped(getattr(rays, name), filler) for name, filler in fields.items()} | {
        "wavelength": grouped(wavelength, last)
    }
    names = tuple(told)
    return eqx.tree_at(lambda r: tuple(getattr(r, name) for name in names), rays, tuple(told.values()))
