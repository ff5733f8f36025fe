"""Many equal steps one after the other, whose reverse mode keeps few of the states between them."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array

from backlight.maths.straight_through import straight_through

State = TypeVar("State")
Step = TypeVar("Step")


def checkpointed_scan(step: Callable[[State, Step], State], state: State, steps: Step) -> State:
    """Return the state after all `steps` (leading axis), with O(√n) states kept for the gradient.

    The steps are cut into blocks. Only the states between blocks are stored on the way; the gradient runs a block
    again, stores its inner states, and goes back through it step by step, each from its own state: two more runs of
    the whole in exchange for the memory (Griewank, Optim. Methods Softw. 1, 35 (1992)).

    **Arguments:** `step`: (state, one step) → state; `steps`: arrays with the steps along their first axis.

    Where n has no divisor near √n the rest is a shorter block, at the price of a copy of `steps`.
    """
    count = jax.tree.leaves(steps)[0].shape[0]
    length = block_length(count)
    whole = count - count % length
    indexed = (jnp.arange(count), steps)
    head = jax.tree.map(lambda leaf: leaf[:whole].reshape(-1, length, *leaf.shape[1:]), indexed)
    frozen = jax.lax.stop_gradient(steps)

    def read(state: State, one: tuple[Array, Step]) -> State:
        # A scan in a scan copies each block of its steps before it goes through them. So the values are read from the
        # whole by their index, which copies nothing, and the block is only what derivatives go by.
        index, live = one
        known = jax.tree.map(lambda leaf: jax.lax.dynamic_index_in_dim(leaf, index, keepdims=False), frozen)
        return step(state, jax.tree.map(straight_through, known, live))

    state = _scanned(lambda state, block: _scanned(read, state, block), state, head)
    if whole == count:
        return state
    return _scanned(step, state, jax.tree.map(lambda leaf: leaf[whole:], steps))


def block_length(count: int) -> int:
    """Return how many of `count` steps make a block: the divisor with the least memory near √(count/2), else that.

    A block of m steps stores m states and m derivatives, what lies between the blocks count/m states.
    """
    root = max(round((count / 2) ** 0.5), 1)
    divisors = [n for n in range((root + 1) // 2, 2 * root + 1) if count % n == 0]
    return min(divisors, key=lambda n: 2 * n + count // n, default=root)


def _scanned(step: Callable[[State, Step], State], state: State, steps: Step) -> State:
    """Repeat a step and store nothing of its inside."""
    again = jax.checkpoint(lambda state, one: (step(state, one), None), prevent_cse=False)
    return jax.lax.scan(again, state, steps)[0]
