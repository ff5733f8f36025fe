"""Adam and L-BFGS of Optax, with projection onto what is known."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from backlight.inverse.problem import Coordinates
from backlight.inverse.solver import Solver


class FirstOrderState(NamedTuple):
    """Coordinates and the optimizer's memory."""

    z: Coordinates
    memory: Any


class Adam(Solver):
    """Adam (Kingma and Ba 2015), its rate falling to a hundredth along a cosine if `decay`.

    **Arguments:** `rate`: step in coordinates (z is scaled to about one); `steps`; `block`: steps per compiled call.
    """

    rate: float = eqx.field(static=True, default=1e-2)
    steps: int = eqx.field(static=True, default=500)
    decay: bool = eqx.field(static=True, default=False)
    block: int = eqx.field(static=True, default=25)

    def init(self, problem, z):
        """Return the start with empty moments."""
        return FirstOrderState(z, self._optimizer().init(z))

    def step(self, problem, state, damping):
        """Take one step."""
        loss, gradient = jax.value_and_grad(problem.smooth_objective)(state.z)
        update, memory = self._optimizer().update(gradient, state.memory, state.z)
        return FirstOrderState(problem.project(_moved(state.z, update, damping)), memory), loss

    def coordinates(self, state):
        """Return z."""
        return state.z

    def _optimizer(self) -> optax.GradientTransformation:
        rate = optax.cosine_decay_schedule(self.rate, self.steps, alpha=0.01) if self.decay else self.rate
        return optax.adam(rate)


class LBFGS(Solver):
    """L-BFGS with a zoom line search (Nocedal and Wright, Numerical Optimization, 2006, ch. 3 and 7).

    **Arguments:** `steps`; `memory`: pairs kept; `block`: steps per compiled call.
    """

    steps: int = eqx.field(static=True, default=200)
    memory: int = eqx.field(static=True, default=10)
    block: int = eqx.field(static=True, default=10)

    def init(self, problem, z):
        """Return the start with an empty memory."""
        return FirstOrderState(z, self._optimizer().init(z))

    def step(self, problem, state, damping):
        """Take one step and search along it."""
        value, gradient = optax.value_and_grad_from_state(problem.smooth_objective)(state.z, state=state.memory)
        update, memory = self._optimizer().update(
            gradient, state.memory, state.z, value=value, grad=gradient, value_fn=problem.smooth_objective
        )
        z = problem.project(_moved(state.z, update, damping))
        return FirstOrderState(z, _forget_if_moved(memory, _moved(state.z, update, 1.0), z)), value

    def coordinates(self, state):
        """Return z."""
        return state.z

    def _optimizer(self) -> optax.GradientTransformationExtraArgs:
        return optax.lbfgs(memory_size=self.memory)


def _moved(z: Coordinates, update: Any, damping: Array | float) -> Coordinates:
    """Return z + damping·update."""
    return {path: value + (damping * update[path]).astype(value.dtype) for path, value in z.items()}


def _forget_if_moved(memory: Any, before: Coordinates, after: Coordinates) -> Any:
    """Make the line search recompute value and gradient where projection or damping moved the point it remembers."""
    moved = jnp.array(False)
    for path, value in before.items():
        moved |= jnp.any(value != after[path])
    remembered: Array = optax.tree_utils.tree_get(memory, "value")
    return optax.tree_utils.tree_set(memory, value=jnp.where(moved, jnp.inf, remembered))
