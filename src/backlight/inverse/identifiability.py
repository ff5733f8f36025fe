"""What frames would tell of the unknowns, before there are any."""

from collections.abc import Mapping, Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from backlight.inverse.image_unknowns import Absorbing, Passive, UnitModulus
from backlight.inverse.losses import Loss, NoiseLikelihood
from backlight.inverse.problem import FEW, build
from backlight.inverse.regularizers import Regularizer
from backlight.inverse.uncertainty import Uncertainty, uncertainty
from backlight.inverse.unknowns import Free, Unknown
from backlight.maths.double_precision import doubled, in_double_precision


def identifiability(
    system, unknowns: Mapping[str, Unknown], *, loss: Loss | None = None, regularizers: Sequence[Regularizer] = ()
) -> Uncertainty | None:
    """Say what frames of `system` would tell about the unknowns, before any frame exists.

    The frames are those the system predicts, with its own noise. A blank image (all values equal) diffracts nothing
    and would tell nothing, so it is replaced by a probe of discs that absorb and delay.

    **Arguments:** `loss`: the noise's likelihood where `None`; weights of regularizers count in its units.

    Example:
        >>> from backlight.systems.inline_holography import inline_hologram
        >>> from backlight.inverse.unknowns import Free
        >>> system = inline_hologram(wavelength=5e-7, pixel_pitch=5e-6, distance=5e-3, shape=(48, 48))
        >>> unknowns = {"sample.transmission": Free(), "detection_path.distance": Free()}
        >>> identifiability(system, unknowns).identifiable
        {'detection_path.distance': False}
    """
    if getattr(system, "double_precision", False):
        return in_double_precision(lambda s: _foreseen(doubled(s), unknowns, loss, regularizers))(system)
    return _foreseen(system, unknowns, loss, regularizers)


def _foreseen(system, unknowns, loss, regularizers) -> Uncertainty | None:
    frames = system.predict().values
    problem = build(system, frames, unknowns, loss=loss or NoiseLikelihood(), regularizers=regularizers)
    start = problem.start()
    z = problem.project({path: _probe(problem.unknowns[path], value) for path, value in start.items()})
    problem = eqx.tree_at(lambda p: p.data, problem, problem.predict(z))
    return uncertainty(problem, z, iterations=200)


def _probe(unknown: Unknown, value: Array) -> Array:
    """Replace a blank image by discs that absorb and delay; leave everything else."""
    if value.size <= FEW or value.ndim < 2 or not isinstance(unknown, Free | Passive | Absorbing | UnitModulus):
        return value
    blank = all(float(jnp.ptp(plane)) == 0 for plane in value.reshape(-1, *value.shape[-2:]))
    if not blank:
        return value
    discs = _discs((value.shape[-2], value.shape[-1]))
    if value.ndim == 2:
        return value + (discs if isinstance(unknown, UnitModulus) else -0.7 * discs)
    t = (1 - 0.6 * discs) * np.exp(0.8j * discs)
    return jnp.asarray(np.stack([t.real, t.imag]), value.dtype)


def _discs(shape: tuple[int, int]) -> np.ndarray:
    """Return a fixed pattern of soft discs with values 0 … 1."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    pattern = np.zeros(shape)
    for _ in range(12):
        cy, cx, radius = (
            rng.uniform(0.25, 0.75) * shape[0] / max(shape),
            rng.uniform(0.25, 0.75) * shape[1] / max(shape),
            rng.uniform(0.02, 0.08),
        )
        edge = (radius - np.hypot(y - cy, x - cx)) * max(shape)
        pattern = np.maximum(pattern, rng.uniform(0.4, 1.0) * np.clip(edge + 0.5, 0, 1))
    return pattern
