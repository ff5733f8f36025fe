"""What a frame has that its prediction has not, in amplitude, where shot noise is alike in bright and dark pixels."""

import numpy as np
from jaxtyping import Float

Stack = Float[np.ndarray, "frame y x"]


def squares(frames: Stack, predicted: Stack, weights: Stack) -> Float[np.ndarray, "2 frame"]:
    """Return Σ(√y − √ŷ)² and Σy of each frame, over the pixels that count."""
    return np.asarray([_squares(*frame) for frame in zip(frames, predicted, weights, strict=True)]).T


def unexplained(squares: Float[np.ndarray, "2 frame"]) -> Float[np.ndarray, " frame"]:
    """Return ‖√y − √ŷ‖/‖√y‖ of each frame; NaN where no pixel counts."""
    error, size = squares
    return np.sqrt(error / np.where(size > 0, size, np.nan))


def _squares(frame: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    root, model = (np.sqrt(np.maximum(x[weights > 0], 0)) for x in (frame, predicted))
    return float(np.sum((root - model) ** 2, dtype=float)), float(np.sum(root**2, dtype=float))
