"""A question put to a system: everything `estimate` needs, ready to be asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backlight.inverse.drive import Checkpoint, Progress
from backlight.inverse.estimate import Estimate, estimate
from backlight.inverse.losses import Loss
from backlight.inverse.regularizers import Regularizer
from backlight.inverse.solver import Solver
from backlight.inverse.unknowns import Unknown


@dataclass(frozen=True)
class Question:
    """What is asked of which system.

    **Attributes:**

    - `system`: the instrument at its start; `frames`: (frame, y, x), in the units the system predicts.
    - `unknowns`, `loss`, `regularizers`, `solver`, `weights`, `tolerance`: see `estimate`.
    - `notes`: what was assumed, in sentences.
    - `finish`: turns the calibrated system into the one that predicts the frames as they were recorded.
    """

    system: Any
    frames: np.ndarray
    unknowns: dict[str, Unknown]
    loss: Loss
    regularizers: tuple[Regularizer, ...]
    solver: Solver
    weights: np.ndarray | None
    notes: tuple[str, ...]
    tolerance: float
    finish: Callable[[Any], Any]

    def answer(
        self,
        *,
        callback: Callable[[Progress], None] | None = None,
        checkpoint: Checkpoint | None = None,
        time_limit: float | None = None,
        error_bars: bool = True,
    ) -> Estimate:
        """Run `estimate` on the question."""
        found = estimate(
            self.system,
            self.frames,
            self.unknowns,
            loss=self.loss,
            regularizers=self.regularizers,
            solver=self.solver,
            mask=self.weights,
            tolerance=self.tolerance,
            callback=callback,
            checkpoint=checkpoint,
            time_limit=time_limit,
            error_bars=error_bars,
            notes=self.notes,
        )
        return replace(found, system=self.finish(found.system), initial=self.finish(found.initial))
