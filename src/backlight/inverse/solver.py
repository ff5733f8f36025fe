"""What a solver is: a start and a step, both pure; the loop around it is in `drive`."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from backlight.inverse.problem import Coordinates, Problem


class Solver(eqx.Module):
    """Base of all solvers.

    A state is a tree of arrays. `step` returns the next state and the objective it found on the way, so that a block
    of steps runs compiled and a checkpoint is nothing but the arrays of the state.
    """

    steps: eqx.AbstractVar[int]
    block: eqx.AbstractVar[int]

    @property
    def keeps_last(self) -> bool:
        """Tell whether the last finite state is the answer, not the one of the lowest objective.

        True for accelerated methods: their objective is met at extrapolated points and is not monotone.
        """
        return False

    @abstractmethod
    def init(self, problem: Problem, z: Coordinates) -> Any:
        """Return the first state."""

    @abstractmethod
    def step(self, problem: Problem, state: Any, damping: Float[Array, ""]) -> tuple[Any, Float[Array, ""]]:
        """Return the next state and the objective; `damping` ≤ 1 shortens the step after a failure."""

    @abstractmethod
    def coordinates(self, state: Any) -> Coordinates:
        """Return z of a state."""
