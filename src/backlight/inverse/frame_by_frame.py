"""The classic way: the sample corrected after each frame, one frame after the other."""

import equinox as eqx
import jax
import jax.numpy as jnp

from backlight.inverse.problem import Coordinates
from backlight.inverse.solver import Solver


class FrameByFrame(Solver):
    """Step down the slope of one frame's misfit after the other's: for ½ Σ (√ŷ − √y)² alternating projections.

    O ← O − ∇Lₖ/Hₖ with Hₖ the largest curvature that frame k can have: the part of the sample's spectrum that made the
    frame is given the recorded amplitude and keeps its phase (Maiden and Rodenburg, Ultramicroscopy 109, 1256 (2009);
    for Fourier ptychography, Zheng et al. 2013). One step is a pass over all frames, from the brightest to the darkest.

    **Arguments:** `steps`: passes.

    Valid for frames that are windows of one spectrum: Hₖ is measured as the curvature along the gradient.
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

        def corrected(z: Coordinates, frame):
            part = problem.only(frame[None])
            misfit, gradient = jax.value_and_grad(part.data_term)(z)
            _, change = jax.jvp(part.fisher_root, (z,), (gradient,))
            energy = sum(jnp.sum(slope**2) for slope in gradient.values())
            length = damping * energy / jnp.maximum(jnp.sum(change**2), 1e-30)
            moved = {path: value - length * gradient[path] for path, value in z.items()}
            return part.project(moved), misfit

        state, misfits = jax.lax.scan(corrected, state, order)
        return state, jnp.sum(misfits)

    def coordinates(self, state):
        """Return z."""
        return state
