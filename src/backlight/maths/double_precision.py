"""Computations that single precision would spoil."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from backlight.errors import InputError

Function = TypeVar("Function", bound=Callable[..., Any])


def in_double_precision(function: Function) -> Function:
    """Run a function in 64 bits, whatever JAX's default is, and leave the default as it is.

    Where the default is 32 bits its arrays are numpy's: JAX would round them when they are used next.

    **Errors:** `InputError` inside of a program that is traced in 32 bits, where that cannot be done any more.
    """

    @wraps(function)
    def doubled(*args: Any, **options: Any) -> Any:
        if jnp.result_type(float) == jnp.float64:
            return function(*args, **options)
        if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((args, options))):
            raise InputError(function.__name__, got="a program in single precision, which loses parts of a wavelength",
                             expected="64 bits", remedy="with jax.enable_x64(True): around the whole computation"
                             )  # fmt: skip
        with jax.enable_x64(True):
            args, options = jax.tree.map(_taken, (args, options))
            return jax.tree.map(_kept, function(*args, **options))

    return doubled  # type: ignore[return-value]


def doubled(tree: Any) -> Any:
    """Return a tree whose real arrays are in 64 bits where JAX computes in them, in its 32 where not."""
    real = lambda leaf: eqx.is_inexact_array(leaf) and not jnp.iscomplexobj(leaf)  # noqa: E731
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, float) if real(leaf) else leaf, tree)


def _taken(leaf: Any) -> Any:
    """Return numpy's array as JAX's: one of numpy's that a program in 64 bits closes over is spoilt for 32."""
    return jnp.asarray(leaf) if isinstance(leaf, np.ndarray) and leaf.dtype == np.float64 else leaf


def _kept(leaf: Any) -> Any:
    return np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf
