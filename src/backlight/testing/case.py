"""A case: one part with its inputs, and what is claimed about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Inexact

from backlight.maths.safe import complex_array, real_array

Shape = tuple[int, int]
Pitch = tuple[float, float]


class ContractError(AssertionError):
    """A part broke the contract; the message says what was compared, what came out and what was expected.

    Example:
        >>> from backlight.testing import ContractError
        >>> issubclass(ContractError, AssertionError)
        True
    """

    def __init__(self, case: "Case", check: str, *, compared: str, got: object, expected: object):
        super().__init__(f"{case.name}, {check}: {compared}\n  got:      {got}\n  expected: {expected}")


@dataclass(frozen=True)
class Case:
    """A part, its inputs and its claims.

    **Arguments:**

    - `name`: shown in failures.
    - `build`: (shape, pitch) → (part, inputs), built anew in the precision of the moment. Values must not depend on
      the precision; let random numbers come from numpy with a fixed seed.
    - `call`: how the part is used; by default `part(*inputs)`. Its output may be any tree of arrays.
    - `linear_in`: path of the input leaf in which the part is linear, e.g. `"inputs.0.values"`.
    - `energy_ratio`: Σ|U|²·pixel area behind over before, where the part claims one; 1 for a lossless part.
    - `dead`: paths of leaves that by declaration change nothing.
    - `may_vanish`: paths of leaves that may be all zero: gradients stay finite there.
    - `scales`: path → typical size of a leaf that is zero here (a tilt, an offset), for finite differences.
    - `float32_error`: largest relative difference between single and double precision.
    - `curvature_error`: largest relative difference between second derivatives and differences of the gradient.
    - `differentiable`: `False` for staircases (quantization): finite differences are left out.
    - `vmaps`: `False` where a leaf cannot be mapped over.

    Leaves are named `part.…` and `inputs.0.…`.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.testing import Case
        >>> from backlight.wave import ThinSample
        >>> def build(shape, pitch):
        ...     return ThinSample(np.full(shape, 0.5)), (Field(np.ones(shape), Grid(shape, pitch), 5e-7),)
        >>> Case("half", build, energy_ratio=0.25).name
        'half'
    """

    name: str
    build: Callable[[Shape, Pitch], tuple[Any, tuple[Any, ...]]]
    call: Callable[..., Any] = lambda part, *inputs: part(*inputs)
    linear_in: str | None = None
    energy_ratio: float | None = None
    dead: tuple[str, ...] = ()
    may_vanish: tuple[str, ...] = ()
    scales: dict[str, float] | None = None
    float32_error: float = 1e-6
    curvature_error: float = 1e-6
    differentiable: bool = True
    vmaps: bool = True

    def tree(self, shape: Shape = (9, 12), pitch: Pitch = (2e-6, 3e-6)) -> dict[str, Any]:
        """Build the part and its inputs as one tree."""
        part, inputs = self.build(shape, pitch)
        return jax.tree.map(_on_device, {"part": part, "inputs": inputs})

    def run(self, tree: dict[str, Any]) -> Any:
        """Call the part."""
        return self.call(tree["part"], *tree["inputs"])

    @cached_property
    def compiled(self) -> Callable[[dict[str, Any]], Any]:
        """`run`, compiled: one function for all checks, which would each compile their own."""
        return eqx.filter_jit(self.run)

    def observe(self, tree: dict[str, Any]) -> Inexact[Array, " n"]:
        """Return every real number of the output in one row, each array scaled by nothing."""
        return jnp.concatenate([jnp.ravel(as_real(leaf)) for leaf in output_arrays(self.run(tree))])


def _on_device(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return leaf
    return complex_array(leaf) if np.iscomplexobj(leaf) else real_array(leaf)


def output_arrays(output: Any) -> list[Array]:
    """Return the inexact arrays of an output."""
    return [leaf for leaf in jax.tree.leaves(output) if eqx.is_inexact_array(leaf)]


def as_real(leaf: Array) -> Array:
    """Return real and imaginary part stacked, or the real array itself."""
    return jnp.stack([leaf.real, leaf.imag]) if jnp.iscomplexobj(leaf) else leaf


def named_leaves(tree: Any) -> dict[str, Array]:
    """Return path → array of every differentiable leaf."""
    pairs = jax.tree_util.tree_leaves_with_path(eqx.filter(tree, eqx.is_inexact_array))
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in pairs if leaf.size}


def map_named(function: Callable[[str, Array], Array], tree: Any) -> Any:
    """Map (path, leaf) → leaf over the inexact arrays of `tree`; the rest stays."""
    arrays, rest = eqx.partition(tree, eqx.is_inexact_array)
    named = jax.tree_util.tree_map_with_path(
        lambda path, leaf: function(jax.tree_util.keystr(path, simple=True, separator="."), leaf), arrays
    )
    return eqx.combine(named, rest)


def random_like(leaf: Array, seed: int) -> Array:
    """Return reproducible standard normal numbers in the shape and type of `leaf`."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(leaf.shape)
    if jnp.iscomplexobj(leaf):
        values = (values + 1j * rng.standard_normal(leaf.shape)) / 2**0.5
    return jnp.asarray(values, leaf.dtype)


def relative_error(got: Any, expected: Any) -> float:
    """Return ‖got − expected‖/‖expected‖ over all arrays of two outputs, the worst of them."""
    pairs = zip(output_arrays(got), output_arrays(expected), strict=True)
    return max((_relative(np.asarray(a), np.asarray(b)) for a, b in pairs), default=0.0)


def _relative(got: np.ndarray, expected: np.ndarray) -> float:
    if got.shape != expected.shape:
        return float("inf")
    size = float(np.linalg.norm(expected))
    return float(np.linalg.norm(got - expected)) / (size or 1.0)
