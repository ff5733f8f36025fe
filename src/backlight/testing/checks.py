"""The checks that need no derivative, and the list of them all."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from backlight.light import Field, split_modes
from backlight.testing.case import (
    Case,
    ContractError,
    map_named,
    named_leaves,
    output_arrays,
    random_like,
    relative_error,
)
from backlight.testing.gradients import check_curvature, check_gradients

ODD = (11, 5), (3e-6, 2e-6)
"""An odd, anisotropic grid; the other checks run on an odd × even one."""


def check_grids(case: Case) -> None:
    """Demand finite numbers in the default precision on an odd grid with anisotropic pixels."""
    for leaf in output_arrays(case.compiled(case.tree(*ODD))):
        default = jnp.result_type(complex if jnp.iscomplexobj(leaf) else float)
        if leaf.dtype != default:
            raise ContractError(case, "grids", compared=f"dtype on {ODD[0]}", got=leaf.dtype, expected=default)
        if not bool(jnp.all(jnp.isfinite(leaf))):
            raise ContractError(case, "grids", compared=f"output on {ODD[0]}", got="NaN or ∞", expected="finite")


def check_jit(case: Case) -> None:
    """Compare the compiled call with the plain one: 1e-5 in single precision, where a fused operation rounds once."""
    tree = case.tree()
    error = relative_error(case.compiled(tree), case.run(tree))
    if not error <= 1e-5:
        raise ContractError(case, "jit", compared="jit against eager", got=f"{error:.2g}", expected="≤ 1e-5")


def check_vmap(case: Case) -> None:
    """Compare a map over all leaves at once with a loop, in double precision: 1e-12."""
    if not case.vmaps:
        return
    with jax.enable_x64(True):
        first = case.tree()
        second = map_named(lambda _, leaf: leaf * 1.01, first)
        stacked = jax.tree.map(lambda a, b: jnp.stack([a, b]) if eqx.is_inexact_array(a) else a, first, second)
        axes = jax.tree.map(lambda a: 0 if eqx.is_inexact_array(a) else None, first)
        mapped = eqx.filter_jit(eqx.filter_vmap(case.run, in_axes=(axes,)))(stacked)
        for i, tree in enumerate((first, second)):
            one = jax.tree.map(lambda a, i=i: a[i] if eqx.is_array(a) else a, mapped)
            error = relative_error(one, case.compiled(tree))
            if not error <= 1e-12:
                raise ContractError(
                    case, "vmap", compared=f"vmap against loop, item {i}", got=f"{error:.2g}", expected="≤ 1e-12"
                )


def check_precision(case: Case) -> None:
    """Compare single with double precision on the same (single precision) numbers: `float32_error`.

    Light is compared on one carrier: what the floats of the other round off, its values make up for.
    """
    single = case.tree()
    got = case.compiled(single)
    with jax.enable_x64(True):
        got, double = (map_named(_in_double, tree) for tree in (got, single))
        expected = case.compiled(double)
        error = relative_error(_on_carriers_of(expected, got), _on_carriers_of(expected, expected))
    if not error <= case.float32_error:
        raise ContractError(
            case,
            "precision",
            compared="float32 against float64",
            got=f"{error:.2g}",
            expected=f"≤ {case.float32_error:g}",
        )


def _in_double(_: str, leaf: jax.Array) -> jax.Array:
    return leaf.astype(jnp.result_type(leaf.dtype, jnp.float64))


def _on_carriers_of(expected: Any, got: Any) -> Any:
    """Write light of nearly the same carriers and places on those of the expected light."""

    def rewritten(one: Any, other: Any) -> Any:
        if not isinstance(one, Field):
            return other
        return [_on_carrier_of(*modes) for modes in zip(split_modes(one), split_modes(other), strict=True)]

    return jax.tree.map(rewritten, expected, got, is_leaf=lambda node: isinstance(node, Field))


def _on_carrier_of(expected: Field, got: Field) -> Field:
    y, x = expected.grid.y[:, None], expected.grid.x
    tilt, curvature = got.tilt - expected.tilt, got.curvature - expected.curvature
    bend = 0.5 * curvature * expected.medium_index / expected.wavelength
    return got.with_values(got.values * jnp.exp(2j * jnp.pi * (tilt[0] * y + tilt[1] * x + bend * (y**2 + x**2))))


def check_adjoint(case: Case) -> None:
    """Check linearity in the leaf `linear_in` and ⟨y, A x⟩ = ⟨Aᴴ y, x⟩, in double precision: 1e-12."""
    name = case.linear_in
    if name is None:
        return
    with jax.enable_x64(True):
        tree = case.tree()
        leaf = named_leaves(tree)[name]
        apply = eqx.filter_jit(lambda x: _output(case.run(_with(tree, name, x))))
        x1, x2 = random_like(leaf, 4), random_like(leaf, 5)
        error = relative_error(apply(2 * x1 - 3 * x2), 2 * apply(x1) - 3 * apply(x2))
        if not error <= 1e-12:
            raise ContractError(
                case, "adjoint", compared="A(2x₁ − 3x₂)", got=f"{error:.2g}", expected="linear to 1e-12"
            )
        y = random_like(apply(x1), 6)
        (transposed,) = jax.vjp(apply, x1)[1](jnp.conj(y))
        forward, backward = complex(jnp.vdot(y, apply(x1))), complex(jnp.sum(transposed * x1))
        if not abs(forward - backward) <= 1e-12 * abs(forward):
            raise ContractError(case, "adjoint", compared="⟨Aᴴy, x⟩ with ⟨y, Ax⟩", got=backward, expected=forward)


def check_energy(case: Case) -> None:
    """Compare Σ|U|²·pixel area behind with `energy_ratio` times that before, in double precision: 1e-12."""
    if case.energy_ratio is None:
        return
    with jax.enable_x64(True):
        tree = case.tree()
        before, behind = _energy(tree["inputs"][0]), _energy(case.compiled(tree))
    if not abs(behind - case.energy_ratio * before) <= 1e-12 * before:
        raise ContractError(case, "energy", compared="behind/before", got=behind / before, expected=case.energy_ratio)


def check_saved(
    system: Any,
    save: Callable[[Any, Any], Any],
    load: Callable[[Any], Any],
    path: Any,
    *,
    predict: Callable[[Any], Any],
) -> None:
    """Demand that `load(path)` after `save(path, system)` predicts the same bits.

    **Arguments:** `predict`: system → output.

    Example:
        >>> from backlight.testing import check_saved
        >>> from backlight.wave import FreeSpace
        >>> shelf = {}
        >>> check_saved(FreeSpace(1e-3), shelf.__setitem__, shelf.get, "key", predict=lambda part: part.distance)
    """
    case = Case(type(system).__name__, build=lambda shape, pitch: (system, ()))
    save(path, system)
    again = load(path)
    if jax.tree.structure(again) != jax.tree.structure(system):
        raise ContractError(case, "save", compared="structure", got=again, expected=system)
    pairs = zip(output_arrays(predict(again)), output_arrays(predict(system)), strict=True)
    if not all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs):
        raise ContractError(case, "save", compared="prediction of the loaded system", got="other bits", expected="same")


CHECKS: dict[str, Callable[[Case], None]] = {
    "grids": check_grids,
    "jit": check_jit,
    "vmap": check_vmap,
    "precision": check_precision,
    "gradients": check_gradients,
    "curvature": check_curvature,
    "adjoint": check_adjoint,
    "energy": check_energy,
}
"""Every check by name: `pytest.mark.parametrize` over it and over your cases."""


def check_part(case: Case) -> None:
    """Run every check on a case.

    **Errors:** `ContractError`, an `AssertionError`, at the first broken promise.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.testing import Case, check_part
        >>> from backlight.wave import ThinSample
        >>> def build(shape, pitch):
        ...     return ThinSample(np.full(shape, 0.5)), (Field(np.ones(shape), Grid(shape, pitch), 5e-7),)
        >>> check_part(Case("half", build, energy_ratio=0.25, scales={"inputs.0.tilt": 1e3}))
    """
    for check in CHECKS.values():
        check(case)


def _with(tree: Any, name: str, value: Any) -> Any:
    return map_named(lambda path, leaf: value if path == name else leaf, tree)


def _output(output: Any) -> Any:
    """Return the one array a linear part gives: the values of a field, or the array itself."""
    return output.values if hasattr(output, "values") else output


def _energy(field: Field) -> float:
    values = jnp.broadcast_to(field.values, field.values.shape[:-2] + field.grid.shape)
    return float(jnp.sum(jnp.abs(values) ** 2) * jnp.abs(jnp.prod(field.grid.pitch)))
