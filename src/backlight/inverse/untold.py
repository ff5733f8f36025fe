"""What the frames cannot tell, in words."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array
from scipy.sparse.csgraph import connected_components

from backlight.inverse.directions import SAME
from backlight.inverse.image_unknowns import Absorbing, UnitModulus
from backlight.inverse.problem import FEW, Problem
from backlight.inverse.unknowns import Free

CLOSE = 0.95
"""Numbers whose errors are correlated by more are named together."""

MOST_NAMES = 4
"""Names in one sentence."""


def names_of(path: str, value: Array) -> list[str]:
    """Return a name for each number of a leaf: its path, with an index where it has several."""
    return [path] if value.size == 1 else [f"{path}[{i}]" for i in range(value.size)]


def correlated(names: tuple[str, ...], correlation: np.ndarray) -> list[str]:
    """Say which numbers go together, those that all go with each other in one sentence."""
    close = np.abs(correlation) > CLOSE
    _, group = connected_components(close, directed=False)
    sentences = []
    for members in (np.flatnonzero(group == label) for label in np.unique(group)):
        pairs = [correlation[i, j] for i in members for j in members if i < j and close[i, j]]
        if len(pairs) == 1:
            errors = f"their errors are correlated by {pairs[0]:+.3f}"
        elif pairs:
            errors = f"errors are correlated by {min(map(abs, pairs)):.3f} and more"
        else:
            continue
        sentences.append(f"{_listed([names[i] for i in members])} are hard to tell apart: {errors}.")
    return sentences


def _listed(names: list[str]) -> str:
    shown = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} others"]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


@dataclass(frozen=True)
class Weakest:
    """Puts the directions that the frames cannot tell into words."""

    problem: Problem
    names: tuple[str, ...]
    relative: np.ndarray
    unit: np.ndarray
    alone: np.ndarray

    def sentences(self, directions: np.ndarray, lost: np.ndarray) -> list[str]:
        """Return a sentence for each direction."""
        return [self._sentence(direction, lost) for direction in directions.T]

    def _sentence(self, direction: np.ndarray, lost: np.ndarray) -> str:
        moved = [int(i) for i in np.argsort(-np.abs(direction), kind="stable") if abs(direction[i]) > 0.05]
        images = [] if self._leaves_frames(direction) else _images(self.problem)
        what = self._change(moved, direction)
        effect = f"can be undone by a change of {' and '.join(images)}" if images else "leaves the frames as they are"
        if not any(lost[i] for i in moved):
            return f"The frames do not tell it: {what} {effect}; the error bars rest on the stated prior alone."
        return f"Not identifiable: {what} {effect}. {_remedy(self.problem, images)}"

    def _leaves_frames(self, direction: np.ndarray) -> bool:
        """Tell whether nothing else needs to change to undo this."""
        return bool(direction @ self.alone @ direction < SAME * (direction @ direction))

    def _change(self, moved: list[int], direction: np.ndarray) -> str:
        if len(moved) == 1:
            return f"any change of {self.names[moved[0]]}"
        sign = np.sign(direction[moved[0]])
        rates = direction * self.unit * self.relative
        if np.all(np.isfinite(rates[moved])):
            percent = rates / abs(rates[moved]).max() * np.sign(rates[moved[0]])
            return "changing " + " together with ".join(f"{self.names[i]} by {percent[i]:+.2g} %" for i in moved)
        return "moving " + " together with ".join(
            f"{self.names[i]} {'up' if direction[i] * sign > 0 else 'down'}" for i in moved
        )


def _remedy(problem: Problem, images: list[str]) -> str:
    if not images:
        return "To mend it: fix one of them, or give it a prior (Gaussian)."
    known = [problem.unknowns[path] for path in images]
    told = [unknown.knowledge for unknown in known if unknown.knowledge]
    so_far = f"Known of the sample so far: {'; '.join(told)}. " if told else ""
    means = []
    if not any(isinstance(unknown, Absorbing | UnitModulus) for unknown in known):
        means.append("know the sample to be purely absorbing or purely phase")
    if any(isinstance(unknown, Free) for unknown in known):
        means.append("know it to be passive")
    if all(getattr(unknown, "support", None) is None for unknown in known):
        means.append("give a support")
    means += ["prefer a sparse sample or one of small total variation", "record a second wavelength or known distance"]
    return f"{so_far}To mend it: {', '.join(means)}, or give the parameter a prior (Gaussian)."


def _images(problem: Problem) -> list[str]:
    return [path for path, value in problem.start().items() if value.size > FEW]
