"""Pixels that an estimate is not told, to see afterwards how well it predicts them."""

import numpy as np
from jaxtyping import Bool


def drawn_pixels(shape: tuple[int, ...], one_in: int, seed: int) -> Bool[np.ndarray, "*frames y x"]:
    """Return which pixels are held out: each with the probability 1/`one_in`, drawn by `seed`.

    Example:
        >>> round(float(drawn_pixels((100, 100), 20, seed=0).mean()), 2)
        0.05
    """
    return np.random.default_rng(seed).random(shape) < 1 / one_in
