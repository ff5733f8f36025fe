"""Leaves of a model by path: `"detection_path.distance"`."""

import equinox as eqx
import jax
from jaxtyping import Array

from backlight.errors import InputError, nearest


def leaf_paths(tree: object) -> dict[str, Array]:
    """Return every real or complex array of `tree` by its dotted path."""
    flat, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {_dotted(keys): leaf for keys, leaf in flat if eqx.is_inexact_array(leaf)}


def resolve(tree: object, path: str) -> str:
    """Return the full path of the leaf that `path` names.

    A path may stop at a part that holds a single leaf. An unknown path is answered with the closest names.
    """
    paths = leaf_paths(tree)
    if path in paths:
        return path
    inside = [full for full in paths if full.startswith(path + ".")]
    if len(inside) == 1:
        return inside[0]
    if inside:
        raise InputError(path, got="a part with several leaves", expected="one leaf", remedy=nearest(path, inside))
    raise InputError(path, got="no such leaf", expected="a leaf of the model", remedy=nearest(path, paths))


def get_leaf(tree: object, path: str) -> Array:
    """Return the leaf that `path` names."""
    return leaf_paths(tree)[resolve(tree, path)]


def set_leaves(tree: object, values: dict[str, Array]):
    """Return `tree` with other leaves at the given full paths."""
    flat, structure = jax.tree_util.tree_flatten_with_path(tree)
    return structure.unflatten([values.get(_dotted(keys), leaf) for keys, leaf in flat])


def _dotted(keys: tuple) -> str:
    return ".".join(str(getattr(key, "name", getattr(key, "key", getattr(key, "idx", key)))) for key in keys)
