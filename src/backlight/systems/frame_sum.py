"""The sum of a term over all frames, and its gradient, a few frames at a time.

Frames of one instrument share work: the spectrum of the sample is the same for 225 angles. It is done once. The rest is
done group by group, forward and backward while the group's arrays are in the processor's cache: at 225 frames at once
both passes would wait for memory instead, and need all of it.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxpr_as_fun
from jaxtyping import Array, Float

from backlight.systems.per_frame import number_of_frames, unwrap

CACHED, HELD = 2**18, 2**25
"""Pixels of the frames taken together: a processor's cache holds a few MB of them; elsewhere memory limits."""

Term = Callable[..., Float[Array, ""]]


def sum_over_frames(term: Term, tree: Any, *given: Array, pixels: int) -> Float[Array, ""]:
    """Return Σᵢ term(treeᵢ, i, *given), treeᵢ the tree with the i-th value of each `PerFrame`.

    Where there are more frames than one group holds, only reverse derivatives pass, and none to `given`.

    **Arguments:** `given`: arrays of all frames that the term picks its own from; `pixels` of a frame.
    """
    count = number_of_frames(tree)
    size = _group_size(count, pixels)
    values, axes = unwrap(tree)
    if size == count:
        each = jax.vmap(term, in_axes=(axes, 0, *[None] * len(given)), axis_size=count)
        return jnp.sum(each(values, jnp.arange(count), *given))
    own = jax.tree.map(lambda axis, value: None if axis is None else value, axes, values, is_leaf=_is_none)
    shared = jax.tree.map(lambda axis, value: value if axis is None else None, axes, values, is_leaf=_is_none)

    def of_frame(shared: Any, own: Any, index: Array) -> Array:
        return term(eqx.combine(shared, own), index, *jax.lax.stop_gradient(given))

    common, rest = _split(of_frame, shared, own, count)
    return _in_groups((common, own), rest, size)


def _group_size(count: int, pixels: int) -> int:
    """Return how many frames are taken together, so that all groups are about as large."""
    held = CACHED if jax.default_backend() == "cpu" else HELD
    groups = -(-count // max(held // pixels, 1))
    return -(-count // groups)


def _split(function: Callable, shared: Any, own: Any, count: int) -> tuple[list[Any], Callable]:
    """Return what `function(shared, own of a frame, index)` computes from `shared` alone, done once, and the rest."""
    arrays, fixed = eqx.partition(shared, eqx.is_array)
    flat_shared, shared_tree = jax.tree.flatten(arrays)
    first = jax.tree.map(lambda leaf: leaf[0], own)
    flat_own, own_tree = jax.tree.flatten((first, jnp.zeros((), int)))

    def flat(*leaves: Array) -> Array:
        there = eqx.combine(jax.tree.unflatten(shared_tree, leaves[: len(flat_shared)]), fixed)
        return function(there, *jax.tree.unflatten(own_tree, leaves[len(flat_shared) :]))

    closed = jax.make_jaxpr(flat)(*flat_shared, *flat_own)
    head, tail = _halves(closed, len(flat_own))
    common = jaxpr_as_fun(head)(*flat_shared)

    def rest(common: list[Any], own: Any, index: Array) -> Array:
        return jaxpr_as_fun(tail)(*common, *jax.tree.leaves((own, index)))[0]

    return common, rest


def _halves(closed: ClosedJaxpr, own: int) -> tuple[ClosedJaxpr, ClosedJaxpr]:
    """Return the operations that do not depend on the last `own` arguments, and those that do."""
    jaxpr = closed.jaxpr
    cut = len(jaxpr.invars) - own
    dependent, head, tail, handed = set(jaxpr.invars[cut:]), [], [], {}
    for equation in jaxpr.eqns:
        read = [v for v in equation.invars if not isinstance(v, Literal)]
        if dependent.isdisjoint(read):
            head.append(equation)
            continue
        tail.append(equation)
        handed |= dict.fromkeys(v for v in read if v not in dependent)
        dependent |= set(equation.outvars)
    names = jaxpr.debug_info.with_unknown_names()
    first = Jaxpr(jaxpr.constvars, jaxpr.invars[:cut], list(handed), head, debug_info=names)
    second = Jaxpr([], [*handed, *jaxpr.invars[cut:]], jaxpr.outvars, tail, debug_info=names)
    return ClosedJaxpr(first, closed.consts), ClosedJaxpr(second, [])


@eqx.filter_custom_vjp
def _in_groups(inputs: tuple[list[Any], Any], rest: Callable, size: int) -> Float[Array, ""]:
    """Return Σᵢ rest(common, ownᵢ, i)."""
    common, own = inputs

    def add(total: Array, group: tuple) -> tuple[Array, None]:
        return total + _of_group(rest, common, *group), None

    return jax.lax.scan(add, jnp.zeros(()), _groups(own, size))[0]


@_in_groups.def_fwd
def _(perturbed: Any, inputs: tuple[list[Any], Any], rest: Callable, size: int) -> tuple[Array, Any]:
    """Return the sum, and its gradient at once: the arrays of a group are not kept for later."""
    (common, own), (fixed, fixed_own) = eqx.partition(inputs, perturbed)

    def group_sum(common: Any, own: Any, fixed_own: Any, index: Array, counts: Array) -> Array:
        return _of_group(rest, eqx.combine(common, fixed), eqx.combine(own, fixed_own), index, counts)

    def add(total: tuple[Array, Any], group: tuple) -> tuple[tuple[Array, Any], Any]:
        (own, fixed_own), index, counts = group
        value, (slope, own_slope) = jax.value_and_grad(group_sum, (0, 1))(common, own, fixed_own, index, counts)
        return (total[0] + value, jax.tree.map(jnp.add, total[1], slope)), own_slope

    start = jnp.zeros(()), jax.tree.map(jnp.zeros_like, common)
    (value, slope), own_slope = jax.lax.scan(add, start, _groups((own, fixed_own), size))
    ungrouped = jax.tree.map(lambda all_, leaf: leaf.reshape(-1, *leaf.shape[2:])[: len(all_)], own, own_slope)
    return value, (slope, ungrouped)


@_in_groups.def_bwd
def _(gradient: Any, seed: Array, perturbed: Any, inputs: Any, rest: Callable, size: int) -> Any:
    return jax.tree.map(lambda leaf: seed * leaf, gradient)


def _groups(own: Any, size: int) -> tuple[Any, Array, Array]:
    """Return what is each frame's, its index, and whether it counts: the last group is filled with others."""
    count = len(jax.tree.leaves(own)[0])
    index = np.resize(np.arange(count), (-(-count // size), size))
    counts = np.arange(index.size).reshape(index.shape) < count
    return jax.tree.map(lambda leaf: leaf[index], own), jnp.asarray(index), jnp.asarray(counts)


def _of_group(rest: Callable, common: list[Any], own: Any, index: Array, counts: Array) -> Float[Array, ""]:
    terms = jax.vmap(rest, in_axes=(None, 0, 0))(common, own, index)
    return jnp.sum(jnp.where(counts, terms, 0))


def _is_none(node: object) -> bool:
    return node is None
