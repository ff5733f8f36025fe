"""Parameters that have one value per frame."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Shaped

from backlight.errors import InputError


class PerFrame(eqx.Module):
    """Mark a leaf as having one value per frame: `value` has shape (frames, …).

    Give it to a part in place of the value: `FreeSpace(PerFrame([1e-3, 2e-3]))`.

    **Errors:** `InputError` for a single number, and for what is no numbers.

    Example:
        >>> from backlight.systems import PerFrame
        >>> from backlight.wave import FreeSpace
        >>> FreeSpace(PerFrame([1e-3, 2e-3])).distance.value.shape
        (2,)
    """

    value: Shaped[Array, "frames ..."]

    def __init__(self, value):
        try:
            value = jnp.asarray(value)
        except (TypeError, ValueError) as error:
            raise InputError("PerFrame", got=repr(value), expected="numbers, one or more for each frame") from error
        if value.ndim == 0:
            raise InputError("PerFrame", got="one number", expected="a sequence with one value per frame")
        self.value = value


def is_per_frame(node: object) -> bool:
    """Tell whether `node` is a `PerFrame` leaf."""
    return isinstance(node, PerFrame)


def number_of_frames(tree: object) -> int:
    """Return how many frames the `PerFrame` leaves of `tree` speak of; 1 where there are none."""
    counts = {node.value.shape[0] for node in jax.tree.leaves(tree, is_leaf=is_per_frame) if is_per_frame(node)}
    if len(counts) > 1:
        raise InputError("PerFrame values", got=f"{sorted(counts)} frames", expected="the same number in each")
    return counts.pop() if counts else 1


def select_frames(tree: object, frames: object):
    """Return `tree` with only the given frames (an index array) in each `PerFrame` leaf."""
    return jax.tree.map(
        lambda node: PerFrame(node.value[frames]) if is_per_frame(node) else node, tree, is_leaf=is_per_frame
    )


def unwrap(tree: object):
    """Return `tree` with each `PerFrame` replaced by its values, and the tree of the axes to map over."""
    values = jax.tree.map(lambda node: node.value if is_per_frame(node) else node, tree, is_leaf=is_per_frame)
    axes = jax.tree.map(lambda node: 0 if is_per_frame(node) else None, tree, is_leaf=is_per_frame)
    return values, axes
