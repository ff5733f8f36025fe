"""The joint strategy by blocks: a few steps in some of the unknowns, then a few in others."""

from typing import Any, NamedTuple

import equinox as eqx
import jax

from backlight.errors import InputError
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver

Block = tuple[tuple[str, ...], Solver, int]
"""Paths that move (all that no other block names where empty), with which solver, for how many steps in a turn."""


class AlternateState(NamedTuple):
    """All coordinates, and the memory each block's solver goes on with."""

    z: Coordinates
    blocks: tuple[Any, ...]


class Alternate(Solver):
    """Minimize over blocks of unknowns in turn, the others held (Bertsekas, Nonlinear Programming, 2016, §3.7).

    One step is one round over the blocks. A block's solver keeps its memory (moments, curvature pairs, duals) from
    round to round; with `fresh` it starts anew each time, which L-BFGS needs: it remembers values of the objective, and
    those change when the other blocks move.

    **Arguments:** `blocks`: (paths, solver, steps) each, in turn, no paths for all unknowns that are left; `steps`:
    rounds; `fresh`; `block`: rounds per compiled call.

    **Errors:** `InputError` where the blocks do not share the unknowns out among them.

    Example:
        >>> from backlight.inverse.alternate import Alternate
        >>> from backlight.inverse.first_order import Adam
        >>> from backlight.inverse.fista import FISTA
        >>> solver = Alternate(((("detection_path.distance",), Adam(), 5), ((), FISTA(), 20)), steps=30)
        >>> solver.steps
        30
    """

    blocks: tuple[Block, ...]
    steps: int = eqx.field(static=True, default=50)
    fresh: bool = eqx.field(static=True, default=True)
    block: int = eqx.field(static=True, default=1)

    def init(self, problem, z):
        """Return the start of every block."""
        states = []
        for paths, (_, solver, _) in zip(self._paths(z), self.blocks, strict=True):
            states.append(solver.init(problem.restricted(z, paths), _only(z, paths)))
        return AlternateState(z, tuple(states))

    def step(self, problem, state, damping):
        """Move each block in turn; the objective is that of the start of the round."""
        z, states, objective = state.z, [], problem.smooth_objective(state.z)
        for paths, (_, solver, count), inner in zip(self._paths(z), self.blocks, state.blocks, strict=True):
            part = problem.restricted(z, paths)
            inner = solver.init(part, _only(z, paths)) if self.fresh else inner
            inner = _run(solver, part, inner, damping, count)
            z, states = z | solver.coordinates(inner), [*states, inner]
        return AlternateState(z, tuple(states)), objective

    def coordinates(self, state):
        """Return z."""
        return state.z

    def _paths(self, z: Coordinates) -> list[tuple[str, ...]]:
        """Return the paths of each block, the unnamed ones filled in."""
        named = [path for paths, _, _ in self.blocks for path in paths]
        rest = tuple(path for path in z if path not in named)
        filled = [tuple(paths) or rest for paths, _, _ in self.blocks]
        given = sorted(path for paths in filled for path in paths)
        if given != sorted(z):
            raise InputError(
                "blocks of Alternate",
                got=", ".join(given) or "none",
                expected="each of these in exactly one block: " + ", ".join(sorted(z)),
                remedy="name full leaf paths; an empty tuple stands for all that is left",
            )
        return filled


def _run(solver: Solver, part: Problem, state: Any, damping: Any, count: int) -> Any:
    """Return the state after `count` steps."""
    return jax.lax.scan(lambda s, _: solver.step(part, s, damping), state, None, length=count)[0]


def _only(z: Coordinates, paths: tuple[str, ...]) -> Coordinates:
    return {path: z[path] for path in paths}
