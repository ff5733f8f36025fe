"""The classic way: the unknowns corrected after each frame, one frame after the other."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver


class FrameByFrame(Solver):
    """Step down the slope of one frame's misfit after the other's: for ½ Σ (√ŷ − √y)² alternating projections.

    O ← O − ∇Lₖ/Hₖ with Hₖ the curvature of frame k along its gradient: the part of the sample's spectrum that made the
    frame is given the recorded amplitude and keeps its phase (Maiden and Rodenburg, Ultramicroscopy 109, 1256 (2009);
    for Fourier ptychography, Zheng et al. 2013). One step is a pass over all frames, from the brightest to the darkest.
    Several unknowns are corrected from the same misfit, each along its own slope with a step of its own, as sample and
    pupil are by Ou, Zheng and Yang, Opt. Express 22, 4960 (2014): if the sample went first, it would leave the pupil
    nothing to explain.

    **Arguments:** `steps`: passes.

    A frame of small weight is followed as little as it counts beside the one of the largest.

    Valid for frames that are windows of one spectrum, and for those that are the sample carried by a unitary step, as
    holograms at several distances are (Gerchberg and Saxton 1972).
    """

    steps: int = eqx.field(static=True, default=10)
    block: int = eqx.field(static=True, default=1)

    @property
    def keeps_last(self) -> bool:
        """Yes: the objective met on the way is not that of a state."""
        return True

    def init(self, problem, z):
        """Return z."""
        return z

    def step(self, problem, state, damping):
        """Take one pass; the objective is the sum of what each frame was met with."""
        order = jnp.argsort(-jnp.mean(problem.data, axis=(-2, -1)))
        # The best step along a slope does not depend on the frame's weight: it is taken as far as the frame counts.
        counts = jnp.max(problem.weights, axis=(-2, -1)) / jnp.maximum(jnp.max(problem.weights), 1e-30)

        def corrected(z: Coordinates, frame):
            return _corrected(problem.only(frame[None]), z, counts[frame] * damping / len(z))

        state, misfits = jax.lax.scan(corrected, state, order)
        return state, jnp.sum(misfits)

    def coordinates(self, state):
        """Return z."""
        return state


def _corrected(part: Problem, z: Coordinates, share: Float[Array, ""]) -> tuple[Coordinates, Array]:
    """Return z with each unknown moved by a share of the step that would be best for it alone, and the misfit before.

    As many equal shares as there are unknowns are the mean of these steps, which raises no convex misfit.
    """
    misfit, gradient = jax.value_and_grad(part.data_term)(z)

    def moved(path: str) -> Array:
        along = lambda value: part.fisher_root(z | {path: value})  # noqa: E731
        _, change = jax.jvp(along, (z[path],), (gradient[path],))
        best = jnp.sum(gradient[path] ** 2) / jnp.maximum(jnp.sum(change**2), 1e-30)
        return z[path] - share * best * gradient[path]

    return part.project({path: moved(path) for path in z}), misfit
