"""What frames under a panel of diodes say of themselves: their brightness, their noise, and how they were rounded."""

import numpy as np
from jaxtyping import Float, Int


def bright_level(frames: Float[np.ndarray, "frame y x"], shining: Int[np.ndarray, " frame"] | int = 1) -> float:
    """Return the brightness that a bright-field diode makes: the median mean of the frames above half of the brightest.

    **Arguments:** `shining`: how many diodes of each frame shine straight into the objective; a bright frame of none
    counts as one of one.
    """
    means = frames.mean(axis=(-2, -1), dtype=np.float64)
    each = means / np.maximum(shining, 1)
    return float(np.median(each[means > 0.5 * means.max()]))


def amplitude_noise(frames: Float[np.ndarray, "frame y x"]) -> float:
    """Return the standard deviation of √y in the bright-field frames, from third differences (see `noise_level`)."""
    bright = frames[frames.mean(axis=(-2, -1)) > 0.5]
    rough = np.diff(np.diff(np.sqrt(np.maximum(bright, 0)), n=3, axis=-2), n=3, axis=-1)
    return max(float(np.median(np.abs(rough))) / 0.6745 / 20, 1e-4)


def code_step(frames: Float[np.ndarray, "frame y x"]) -> Float[np.ndarray, " frame"]:
    """Return the step Δ between the numbers a frame can have, 0 where they are as good as continuous."""
    return np.asarray([_step(frame) for frame in frames])


def _step(frame: np.ndarray) -> float:
    values = np.unique(frame)
    gap = float(np.min(np.diff(values))) if len(values) > 1 else 0.0
    return gap if len(values) <= frame.size**0.5 * 4 and gap > 1e-6 * float(values[-1]) else 0.0


def rounding_floor(frames: Float[np.ndarray, "frame y x"], spread: float) -> Float[np.ndarray, "frame 1 1"]:
    """Return c of each frame for `losses.amplitude`: the rounding's variance Δ²/12 beside a noise of 4σ²·y."""
    return (code_step(frames) ** 2 / (48 * spread**2))[:, None, None].astype(np.float32)
