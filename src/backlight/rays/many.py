"""Many rays, a few thousand at a time: what becomes of them, and a sum over them with its gradient."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Rays, RayStatus
from backlight.maths.argument import whole

CACHED, PARALLEL = 4096, 2**20
"""Rays whose paths through all surfaces fit a processor's cache, forward and backward, and those that fill a GPU."""


def usual_group() -> int:
    """Return how many rays at a time JAX's default device takes best."""
    return CACHED if jax.default_backend() == "cpu" else PARALLEL


def sum_over_rays(
    term: Callable[[Any, Rays], Float[Array, ""]], model: Any, rays: Rays, *, at_once: int | None = None
) -> Float[Array, ""]:
    """Return Σ term(model, some of the rays), so many of them at a time.

    The gradient is taken together with the sum: of each group nothing is kept, so that memory does not grow with the
    number of rays, and a group stays in the cache. Reverse derivatives by `model` pass, none by the rays.

    **Arguments:** `term`: such as the sum of squares of where rays end; the last group is filled with rays of the one
    before, as lost ones (`alive` is false). `model`: a tree, such as a `Lens`. `at_once`: as many as the
    cache holds where `None`, a million on a GPU.

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
    at_once = usual_group() if at_once is None else whole("at_once", at_once, 1)
    # Numbers of numpy's would be closed over by the loop, which spoils them for later programs of another precision.
    model, rays = jax.tree.map(lambda leaf: jnp.asarray(leaf) if eqx.is_array_like(leaf) else leaf, (model, rays))
    rays = jax.lax.stop_gradient(rays)
    if rays.path.size <= at_once:
        return term(model, rays)
    return _in_groups(model, (term, _in_a_row(rays), at_once))


def each_in_groups(change: Callable[[Rays], Rays], rays: Rays, *, at_once: int) -> Rays:
    """Return change(rays), so many of them at a time: each group goes through all surfaces within the cache.

    **Arguments:** `change`: of each ray alone, not of its wavelength.
    """
    row = _in_a_row(rays)

    def put(ends: Rays, begin: Array) -> tuple[Rays, None]:
        start = jnp.minimum(begin, row.path.size - at_once)  # the last group reaches back, to the same once more
        new = change(_slices(row, start, at_once))
        write = lambda old, new: jax.lax.dynamic_update_slice_in_dim(old, new, start, axis=-1) if new.ndim else old  # noqa: E731
        return jax.tree.map(write, ends, new), None

    ends, _ = jax.lax.scan(put, jax.tree.map(jnp.zeros_like, row), _begins(row, at_once))
    reshaped = jax.tree.map(lambda end, given: end.reshape(given.shape), _without_color(ends), _without_color(rays))
    return eqx.tree_at(lambda r: r.wavelength, reshaped, rays.wavelength, is_leaf=lambda leaf: leaf is None)


def _without_color(rays: Rays) -> Rays:
    return eqx.tree_at(lambda r: r.wavelength, rays, None)


@eqx.filter_custom_vjp
def _in_groups(model: Any, rest: tuple[Callable, Rays, int]) -> Float[Array, ""]:
    term, rays, at_once = rest
    return _total(lambda group: term(model, group), rays, at_once)


@_in_groups.def_fwd
def _(perturbed: Any, model: Any, rest: tuple[Callable, Rays, int]) -> tuple[Array, Any]:
    """Return the sum, and its gradient at once."""
    term, rays, at_once = rest
    free, fixed = eqx.partition(model, perturbed)
    return _total(
        lambda group: jax.value_and_grad(lambda free: term(eqx.combine(free, fixed), group))(free), rays, at_once
    )


@_in_groups.def_bwd
def _(slope: Any, seed: Array, perturbed: Any, model: Any, rest: Any) -> Any:
    return jax.tree.map(lambda leaf: seed * leaf, slope)


def _total(term: Callable[[Rays], Any], rays: Rays, at_once: int) -> Any:
    """Return the sum of a tree of numbers over all groups."""
    begins = _begins(rays, at_once)
    zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), jax.eval_shape(term, _group(rays, begins[0], at_once)))
    add = lambda total, begin: (jax.tree.map(jnp.add, total, term(_group(rays, begin, at_once))), None)  # noqa: E731
    return jax.lax.scan(add, zeros, begins)[0]


def _begins(rays: Rays, at_once: int) -> Array:
    return at_once * jnp.arange(-(-rays.path.size // at_once))


def _in_a_row(rays: Rays) -> Rays:
    """Return the rays along one axis; a wavelength of all stays one number, and so does every index of refraction."""
    axes, wavelength = len(rays.shape), rays.wavelength
    wavelength = jnp.ravel(wavelength)[0] if wavelength.size == 1 else jnp.broadcast_to(wavelength, rays.shape)
    rays = eqx.tree_at(lambda r: r.wavelength, rays, wavelength)
    return jax.tree.map(lambda leaf: leaf.reshape(*leaf.shape[: leaf.ndim - axes], -1) if leaf.ndim else leaf, rays)


def _group(rays: Rays, begin: Array, at_once: int) -> Rays:
    """Return so many rays from there, slices of what there is; the last group reaches back to lost copies."""
    start = jnp.minimum(begin, rays.path.size - at_once)
    slices = _slices(rays, start, at_once)
    again = start + jnp.arange(at_once) < begin
    status = jnp.where(again, jnp.int8(RayStatus.MISSED), slices.status)
    return eqx.tree_at(lambda r: r.status, slices, status)


def _slices(rays: Rays, start: Array, at_once: int) -> Rays:
    take = lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, start, at_once, axis=-1) if leaf.ndim else leaf  # noqa: E731
    return jax.tree.map(take, rays)
