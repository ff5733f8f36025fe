"""Leaves of a model by path: `"detection_path.distance"`."""

from typing import TYPE_CHECKING

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array

from backlight.errors import InputError, nearest

if TYPE_CHECKING:
    Leaf = Array
else:  # numbers that JAX has not computed with yet may be numpy's, as those of a lens are
    Leaf = Array | np.ndarray


def leaf_paths(tree: object) -> dict[str, Leaf]:
    """Return every real or complex array of `tree` by its dotted path."""
    flat, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {_dotted(keys): leaf for keys, leaf in flat if eqx.is_inexact_array(leaf)}


def resolve(tree: object, path: str) -> str:
    """Return the full path of the leaf that `path` names.

    A path may stop at a part that holds a single leaf. An unknown path is answered with the closest names.
    """
    return _full(leaf_paths(tree), path)


def get_leaf(tree: object, path: str) -> Leaf:
    """Return the leaf that `path` names."""
    paths = leaf_paths(tree)
    return paths[_full(paths, path)]


def _full(paths: dict[str, Leaf], path: str) -> str:
    if path in paths:
        return path
    inside = [full for full in paths if full.startswith(path + ".")]
    if len(inside) == 1:
        return inside[0]
    if inside:
        raise InputError(path, got="a part with several leaves", expected="one leaf", remedy=nearest(path, inside))
    raise InputError(path, got="no such leaf", expected="a leaf of the model", remedy=nearest(path, paths))


def set_leaves(tree: object, values: dict[str, Leaf]):
    """Return `tree` with other leaves at the given full paths."""
    flat, structure = jax.tree_util.tree_flatten_with_path(tree)
    return structure.unflatten([values.get(_dotted(keys), leaf) for keys, leaf in flat])


def _dotted(keys: tuple) -> str:
    return ".".join(str(getattr(key, "name", getattr(key, "key", getattr(key, "idx", key)))) for key in keys)
