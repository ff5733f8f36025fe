"""Derivatives against finite differences, forward against reverse, and leaves that do nothing."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from backlight.testing.case import (
    Case,
    ContractError,
    as_real,
    map_named,
    named_leaves,
    output_arrays,
    random_like,
)

STEPS = 0.1 * 0.5 ** np.arange(12)
"""Steps of the finite differences, in units of the leaf's size."""


def central_difference(values: Callable[[np.ndarray], np.ndarray], steps: np.ndarray = STEPS) -> tuple[float, float]:
    """Return f′(0) and its estimated error by Richardson extrapolation of central differences.

    The tableau is Ridders' (Adv. Eng. Software 4, 75, 1982): of all extrapolations, the one that agrees best with its
    two parents is taken, which balances truncation against round-off. What agrees by chance is doubted as much as the
    round-off of the values allows.

    **Arguments:** `values`: t (m,) → f(t) (m,); `steps`: halved from one to the next.

    Example:
        >>> import numpy as np
        >>> from backlight.testing import central_difference
        >>> slope, error = central_difference(np.sin)
        >>> abs(slope - 1) < 1e-10
        True
    """
    both = np.asarray(values(np.concatenate([steps, -steps])), dtype=np.float64)
    column = (both[: len(steps)] - both[len(steps) :]) / (2 * steps)
    round_off = np.finfo(np.float64).eps * np.max(np.abs(both)) / steps
    best, error = float(column[0]), np.inf
    for order in range(1, len(steps)):
        finer = column[1:] + (column[1:] - column[:-1]) / (4.0**order - 1)
        doubt = np.maximum(np.abs(finer - column[1:]), np.abs(finer - column[:-1])) + round_off[order:]
        i = int(np.argmin(doubt))
        if doubt[i] < error:
            best, error = float(finer[i]), float(doubt[i])
        column = finer
    return best, error


def check_gradients(case: Case) -> None:
    """Compare forward, reverse and finite differences of every leaf in double precision; find dead leaves.

    Forward = reverse within 1e-12 of the terms whose sum is the derivative along a random direction (round-off is
    theirs, however much of them cancels); both = central difference within 1e-7 of that derivative.
    Values and gradients must be finite where each leaf of `may_vanish` is zero.
    """
    with jax.enable_x64(True):
        tree = case.tree()
        terms = _random_functional(case, tree)

        def loss(tree: Any) -> Any:
            return jnp.mean(terms(tree))

        differentiate = eqx.filter_jit(eqx.filter_value_and_grad(loss))
        _check_dark(case, tree, differentiate)
        gradient = named_leaves(differentiate(tree)[1])

        @eqx.filter_jit
        def line(direction: Any, t: Any) -> tuple[Any, Any, Any]:
            """Return the slope at 0, that of its terms without their signs, and the values at t along a direction."""
            slopes = eqx.filter_jvp(terms, (tree,), (_arrays(direction),))[1]
            values = jax.lax.map(lambda s: loss(_moved(tree, direction, s)), t)
            return jnp.mean(slopes), jnp.mean(jnp.abs(slopes)), values

        for name, leaf in named_leaves(tree).items():
            direction = _direction(case, tree, name)
            tangent = named_leaves(direction)[name]
            size = float(jnp.linalg.norm(jnp.ravel(gradient[name])) * jnp.linalg.norm(jnp.ravel(tangent)))
            if _is_dead(case, name, leaf, size):
                continue
            slope, unsigned, values = line(direction, jnp.asarray(np.concatenate([STEPS, -STEPS])))
            reverse = float(jnp.sum(gradient[name] * tangent).real)
            _compare_modes(case, name, float(slope), reverse, max(size, float(unsigned)))
            if case.differentiable:
                _compare_difference(case, name, float(slope), size, np.asarray(values))


def check_curvature(case: Case) -> None:
    """Compare second derivatives with differences of the gradient, in double precision.

    Along one random direction of all leaves at once, H·d by forward over reverse, so that mixed derivatives count;
    leaf by leaf within `curvature_error` of it, of the gradient's part or of a thousandth of the largest one, or
    within three times the doubt of the differences. A rule of derivatives that takes for a
    constant what it multiplies by is right at first order and wrong here.
    """
    if not case.differentiable:
        return
    with jax.enable_x64(True):
        tree = case.tree()
        terms = _random_functional(case, tree)
        gradient = eqx.filter_grad(lambda tree: jnp.mean(terms(tree)))
        along = map_named(lambda name, leaf: _tangent(case, name, leaf), tree)
        parts = named_leaves(along)

        def told(tree: Any) -> dict[str, Any]:
            """Return the gradient's part along each leaf's direction."""
            found = named_leaves(gradient(tree))
            return {name: jnp.sum(found[name] * parts[name]).real for name in parts}

        @eqx.filter_jit
        def line(t: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            bent = eqx.filter_jvp(told, (tree,), (_arrays(along),))[1]  # `None` where it is 0 for sure
            bent = {name: jnp.zeros(()) if bent[name] is None else bent[name] for name in parts}
            return bent, jax.lax.map(lambda s: told(_moved(tree, along, s)), t)

        bent, values = line(jnp.asarray(np.concatenate([STEPS, -STEPS])))
        largest = max(float(jnp.abs(bent[name])) for name in parts)
        for name in parts:
            _compare_bend(case, name, float(bent[name]), np.asarray(values[name]), largest)


def _compare_bend(case: Case, name: str, bend: float, values: np.ndarray, largest: float) -> None:
    difference, doubt = central_difference(lambda _: values)
    size = max(abs(bend), abs(difference), float(np.max(np.abs(values))), 1e-3 * largest)
    if not abs(bend - difference) <= max(case.curvature_error * size, 3 * doubt):
        raise ContractError(
            case, "curvature", compared=f"second derivative along {name} against a difference of gradients",
            got=f"{bend:.12g}", expected=f"{difference:.12g} ± {doubt:.1g}, to {case.curvature_error:g} of {size:.3g}",
        )  # fmt: skip


def _check_dark(case: Case, tree: Any, differentiate: Callable[[Any], tuple[Any, Any]]) -> None:
    """Demand finite values and gradients where each leaf of `may_vanish` is zero."""
    leaves = named_leaves(tree)
    for name in case.may_vanish:
        if name not in leaves:
            raise ContractError(case, "gradients", compared=name, got="no such leaf", expected=sorted(leaves))
        dark = map_named(lambda path, leaf, name=name: jnp.zeros_like(leaf) if path == name else leaf, tree)
        value, gradient = differentiate(dark)
        broken = [path for path, leaf in named_leaves(gradient).items() if not bool(jnp.all(jnp.isfinite(leaf)))]
        if broken or not bool(jnp.isfinite(value)):
            raise ContractError(
                case, "gradients", compared=f"value and gradients at {name} = 0",
                got=f"value {value}, not finite: {broken}", expected="finite numbers; see backlight.maths.safe",
            )  # fmt: skip


def _random_functional(case: Case, tree: Any) -> Callable[[Any], Any]:
    """Return the terms w·output + ½ w′·output² of weights scaled to each number: sensitive to signs and to sizes."""
    arrays = [as_real(leaf) for leaf in output_arrays(case.compiled(tree))]
    reference = jnp.concatenate([jnp.ravel(leaf) for leaf in arrays])
    scale = jnp.concatenate([jnp.ravel(_inverse_size(leaf)) for leaf in arrays])
    first, second = random_like(reference, 1), random_like(reference, 2)

    def functional(tree: Any) -> Any:
        output = case.observe(tree) * scale
        return first * output + 0.5 * second * output**2

    return functional


def _inverse_size(leaf: Any) -> Any:
    """Return 1/|x| of each number, for small ones that of a thousandth of the array's largest; 1 where all are 0."""
    largest = jnp.max(jnp.abs(leaf), initial=0.0)
    return 1 / jnp.where(largest > 0, jnp.maximum(jnp.abs(leaf), 1e-3 * largest), 1.0)


def _direction(case: Case, tree: Any, name: str) -> Any:
    """Return a random tangent in one leaf; zero in the others."""
    return map_named(lambda path, leaf: _tangent(case, name, leaf) if path == name else jnp.zeros_like(leaf), tree)


def _tangent(case: Case, name: str, leaf: Any) -> Any:
    """Return a random tangent as large as the leaf."""
    size = (case.scales or {}).get(name) or float(jnp.max(jnp.abs(leaf), initial=0.0)) or 1.0
    return size * random_like(leaf, 3)


def _arrays(tree: Any) -> Any:
    return eqx.filter(tree, eqx.is_inexact_array)


def _moved(tree: Any, direction: Any, t: Any) -> Any:
    arrays, rest = eqx.partition(tree, eqx.is_inexact_array)
    return eqx.combine(jax.tree.map(lambda leaf, step: leaf + t * step, arrays, _arrays(direction)), rest)


def _compare_modes(case: Case, name: str, slope: float, reverse: float, size: float) -> None:
    if not abs(slope - reverse) <= 1e-12 * size:
        raise ContractError(
            case, "gradients", compared=f"derivative along {name}, forward against reverse",
            got=f"{slope:.15g} against {reverse:.15g}", expected=f"equal to 1e-12 of {size:.3g}",
        )  # fmt: skip


def _compare_difference(case: Case, name: str, slope: float, size: float, values: np.ndarray) -> None:
    difference, doubt = central_difference(lambda _: values)
    if not abs(slope - difference) <= 1e-7 * size:
        raise ContractError(
            case, "gradients", compared=f"derivative along {name} against a central difference",
            got=f"{slope:.12g}", expected=f"{difference:.12g} ± {doubt:.1g}, to 1e-7 of {size:.3g}",
        )  # fmt: skip


def _is_dead(case: Case, name: str, leaf: Any, size: float) -> bool:
    """Tell whether a leaf does nothing, and refuse if that was not declared. The functional is of order one."""
    dead = size < 1e-14
    if dead and name not in case.dead:
        raise ContractError(
            case, "gradients", compared=f"{name}, shape {leaf.shape}", got="a gradient that is zero everywhere",
            expected="an effect on the output, or the leaf's name in Case.dead",
        )  # fmt: skip
    if not dead and name in case.dead:
        raise ContractError(case, "gradients", compared=name, got="a gradient", expected="none: declared dead")
    return dead
