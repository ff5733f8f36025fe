"""A question put to a system: everything `estimate` needs, ready to be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from backlight.inverse.drive import Checkpoint, Progress
from backlight.inverse.estimate import Estimate, estimate
from backlight.inverse.losses import Loss
from backlight.inverse.regularizers import Regularizer
from backlight.inverse.solver import Solver
from backlight.inverse.tree import get_leaf, set_leaves
from backlight.inverse.uncertainty import Uncertainty
from backlight.inverse.unknowns import Unknown

LEAF = "leaf."
NUMBERS = "noise", "weight"


@dataclass(frozen=True)
class Start:
    """Where the search begins, as a first look at the frames found it.

    **Attributes:** `leaves`, path → value in the system; `brightness` of the bare beam, in units of the question's
    frames; `notes`, what was found, in sentences; `trust` in each frame, 0 for one that the model cannot explain, all
    alike where `None`; `noise`, that of the frames over what was assumed; `weight`, that of the regularizers over what
    was asked; `contradictions`, what the frames say against the run file, in sentences.
    """

    leaves: Mapping[str, np.ndarray]
    brightness: float
    notes: tuple[str, ...]
    trust: np.ndarray | None = None
    noise: float = 1.0
    weight: float = 1.0
    contradictions: tuple[str, ...] = ()

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays, for a file."""
        kept = {LEAF + path: value for path, value in self.leaves.items()}
        trust = {} if self.trust is None else {"trust": np.asarray(self.trust, np.float32)}
        told = {name: np.asarray(getattr(self, name), np.float64) for name in ("brightness", *NUMBERS)}
        words = {name: np.asarray(getattr(self, name), np.str_) for name in ("notes", "contradictions")}
        return kept | trust | told | words

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> "Start":
        """Return the start that `arrays` described, to the bit."""
        leaves = {name.removeprefix(LEAF): value for name, value in arrays.items() if name.startswith(LEAF)}
        notes, against = (tuple(map(str, arrays.get(name, ()))) for name in ("notes", "contradictions"))
        numbers = {name: float(arrays[name]) for name in NUMBERS if name in arrays}
        brightness = float(arrays["brightness"])
        return cls(leaves, brightness, notes, arrays.get("trust"), contradictions=against, **numbers)

    def weighed(self, weights: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
        """Return the weights of pixels of frames of `shape`, times the trust in their frame."""
        if self.trust is None:
            return weights
        trust = np.asarray(self.trust, np.float32)[:, None, None]
        return trust * (np.ones(shape, np.float32) if weights is None else weights)


@dataclass(frozen=True)
class Question:
    """What is asked of which system.

    **Attributes:**

    - `system`: the instrument at its start; `frames`: (frame, y, x), in the units the system predicts.
    - `unknowns`, `loss`, `regularizers`, `solver`, `weights`, `tolerance`: see `estimate`.
    - `brightness`: of the bare beam as recorded; the frames are relative to it.
    - `settings`: `[estimate]` in full; asked with it, the question is the same.
    - `first_look`: finds the `Start` from the frames; `None` once that is done. It costs dozens of reconstructions, so
      it waits for `answer`: who only asks what to expect goes without.
    - `finish`: `(system, brightness)` → the system that predicts the frames as they were recorded.
    - `finer`: system → its frames on a finer grid, see `estimate`.
    - `notes`: what was found and assumed, in sentences; `contradictions`, what the frames say against the run file.
    - `held_out`: numbers of the frames, or a map (frame, y, x) of the pixels, that neither the first look's fits nor
      the estimate are told, to see afterwards how well they are predicted; none where `None`.
    """

    system: Any
    frames: np.ndarray
    unknowns: dict[str, Unknown]
    loss: Loss
    regularizers: tuple[Regularizer, ...]
    solver: Solver
    weights: np.ndarray | None
    tolerance: float
    brightness: float
    settings: Mapping[str, Any]
    first_look: "Callable[[Question], Start] | None"
    finish: Callable[[Any, float], Any]
    finer: Callable[[Any], np.ndarray] | None = None
    notes: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    held_out: np.ndarray | None = None

    @property
    def mask(self) -> np.ndarray | None:
        """The weights of the pixels, 0 where they are held out."""
        if self.held_out is None:
            return self.weights
        told = np.ones(self.frames.shape, np.float32) if self.weights is None else np.array(self.weights)
        told[self.held_out] = 0
        return told

    def look(self) -> dict[str, np.ndarray]:
        """Take the first look, and return what it found as arrays that a run can keep; none where it was taken."""
        return {} if self.first_look is None else self.first_look(replace(self, weights=self.mask)).arrays()

    def begun(self, found: Mapping[str, np.ndarray]) -> "Question":
        """Return the question after the first look that found these arrays."""
        if self.first_look is None:
            return self
        start = Start.of(found)
        told = replace(self, system=set_leaves(self.system, {p: jnp.asarray(v) for p, v in start.leaves.items()}))
        return replace(
            told if start.noise == start.weight == 1 else told.reweighed(start.noise, start.weight),
            frames=self.frames / np.float32(start.brightness),
            weights=start.weighed(self.weights, self.frames.shape),
            brightness=self.brightness * start.brightness,
            notes=(*self.notes, *start.notes),
            contradictions=(*self.contradictions, *start.contradictions),
            first_look=None,
        )

    def reweighed(self, noise: float, weight: float) -> "Question":
        """Return the question of frames whose noise, and of regularizers whose weight, is as many times as large."""
        terms = [{**term, "weight": term["weight"] * weight} for term in self.settings["regularizers"]]
        return replace(
            self,
            system=eqx.tree_at(lambda s: s.noise.std, self.system, self.system.noise.std * noise),
            regularizers=tuple(replace(term, weight=term.weight * weight) for term in self.regularizers),
            settings={**self.settings, "regularizers": terms},
        )

    def answer(
        self,
        *,
        callback: Callable[[Progress], None] | None = None,
        checkpoint: Checkpoint | None = None,
        time_limit: float | None = None,
        error_bars: bool = True,
    ) -> Estimate:
        """Take the first look, if nobody has, and run `estimate` on the question."""
        if self.first_look is not None:
            begun = self.begun(self.look())
            return begun.answer(callback=callback, checkpoint=checkpoint, time_limit=time_limit, error_bars=error_bars)
        found = estimate(
            self.system,
            self.frames,
            self.unknowns,
            loss=self.loss,
            regularizers=self.regularizers,
            solver=self.solver,
            mask=self.mask,
            tolerance=self.tolerance,
            callback=callback,
            checkpoint=checkpoint,
            time_limit=time_limit,
            error_bars=error_bars,
            finer=self.finer,
            notes=self.notes,
        )
        system, initial = (self.finish(tree, self.brightness) for tree in (found.system, found.initial))
        return replace(found, system=system, initial=initial, uncertainty=self._in_recorded_units(found))

    def _in_recorded_units(self, found: Estimate) -> Uncertainty | None:
        """Return the error bars in the units of the finished system: what finishes a leaf finishes its bar."""
        if found.uncertainty is None:
            return None
        std = {path: jnp.asarray(value) for path, value in found.uncertainty.std.items()}
        finished = self.finish(set_leaves(found.system, std), self.brightness)
        return replace(found.uncertainty, std={path: np.asarray(get_leaf(finished, path)) for path in std})
