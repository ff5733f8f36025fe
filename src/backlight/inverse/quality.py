"""How good a fit is, told without ground truth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from backlight.inverse.losses import IntensityL2
from backlight.inverse.problem import Coordinates, Problem


@dataclass(frozen=True)
class Quality:
    """Fit quality from the residual alone, over the pixels that count (see `pixels_that_count`).

    **Attributes:**

    - `nrmse_amplitude`: ‖√y − √ŷ‖/‖√y‖.
    - `reduced_chi2`: Σ(y − ŷ)²/Σσ²(ŷ) under the model's noise, which dark pixels, where σ² is hardly known, do not
      decide; `None` without a noise model.
    - `autocorrelation`: largest |correlation| of the residual with itself shifted by 1 … 10 pixels; a white residual of
      N pixels of one size stays below about 4/√N.
    - `white`: whether it does.
    """

    nrmse_amplitude: float
    reduced_chi2: float | None
    autocorrelation: float
    white: bool


def assess(problem: Problem, z: Coordinates) -> Quality:
    """Return the quality of the fit at z."""
    data, weights = (np.asarray(x, float) for x in (problem.data, problem.weights))
    predicted = np.asarray(problem.predict(z), float)
    used = pixels_that_count(weights)
    residual = np.where(used, _residual(problem, data, predicted), 0)
    correlation = largest_autocorrelation(residual, used)
    return Quality(
        nrmse_amplitude(data, predicted, used),
        _reduced_chi2(problem, data, predicted, used),
        correlation,
        bool(correlation < 4 / np.sqrt(max(_as_many_alike(residual), 1.0))),
    )


def _residual(problem: Problem, data: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return what the loss squares where that is the difference itself, that of amplitudes else."""
    return data - predicted if isinstance(problem.loss, IntensityL2) else _root(data) - _root(predicted)


def _as_many_alike(residual: np.ndarray) -> float:
    """Return how many normal residuals of one size scatter their correlations as these do: 3(Σr²)²/Σr⁴."""
    return 3 * float(np.sum(residual**2)) ** 2 / max(float(np.sum(residual**4)), 1e-300)


def pixels_that_count(weights: Float[np.ndarray, "*shape"]) -> Bool[np.ndarray, "*shape"]:
    """Tell which pixels count: those of more than half the largest weight, as those of a frame that a first look does
    not trust are not."""
    return weights > 0.5 * weights.max(initial=0)


def nrmse_amplitude(
    data: Float[np.ndarray, "*shape"], predicted: Float[np.ndarray, "*shape"], used: Bool[np.ndarray, "*shape"]
) -> float:
    """Return ‖√y − √ŷ‖/‖√y‖ over the pixels that are used; NaN where there is no light in any."""
    root, model = (_root(values[used]) for values in (data, predicted))
    size = float(np.linalg.norm(root))
    return float(np.linalg.norm(root - model)) / size if size else float("nan")


def own_gains(
    data: Float[np.ndarray, "frame y x"],
    predicted: Float[np.ndarray, "frame y x"],
    weights: Float[np.ndarray, "frame y x"],
) -> Float[np.ndarray, " frame"]:
    """Return the gain g of each frame for which √(g·ŷ) is nearest to √y: √g = Σ w√(yŷ)/Σ wŷ, 1 for a dark one.

    Example:
        >>> own_gains(np.full((1, 2, 2), 3.0), np.full((1, 2, 2), 2.0), np.ones((1, 2, 2))).tolist()
        [1.5]
    """
    root, model = _root(data), _root(predicted)
    light = np.sum(weights * model**2, axis=(1, 2))
    common = np.sum(weights * root * model, axis=(1, 2))
    return np.where(light > 0, common / np.where(light > 0, light, 1), 1) ** 2


def _root(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(np.asarray(values, float), 0))


def largest_autocorrelation(residual: np.ndarray, used: np.ndarray, *, reach: int = 10) -> float:
    """Return the largest |autocorrelation| of frames (frame, y, x) at lags of 1 … `reach` pixels along y or x."""
    centered = np.where(used, residual - residual[used].mean(), 0) if used.any() else residual
    energy = (centered**2).sum()
    if energy == 0:
        return 0.0
    found = [0.0]
    for lag in range(1, reach + 1):
        if lag < centered.shape[-2]:
            found.append((centered[..., lag:, :] * centered[..., :-lag, :]).sum() / energy)
        if lag < centered.shape[-1]:
            found.append((centered[..., :, lag:] * centered[..., :, :-lag]).sum() / energy)
    return float(np.abs(found).max())


def _reduced_chi2(problem: Problem, data, predicted, used) -> float | None:
    noise = getattr(problem.model, "noise", None)
    if noise is None:
        return None
    variance = np.asarray(noise.variance(predicted.astype(np.float32)), float)
    return float(
        np.sum((data - predicted)[used] ** 2) / max(np.sum(np.broadcast_to(variance, data.shape)[used]), 1e-30)
    )
