"""How good a fit is, told without ground truth."""

from dataclasses import dataclass

import numpy as np

from backlight.inverse.problem import Coordinates, Problem


@dataclass(frozen=True)
class Quality:
    """Fit quality from the residual alone.

    **Attributes:**

    - `nrmse_amplitude`: ‖√y − √ŷ‖/‖√y‖.
    - `reduced_chi2`: mean of (y − ŷ)²/σ²(ŷ) under the model's noise; `None` without a noise model.
    - `autocorrelation`: largest |correlation| of the residual with itself shifted by 1 … 10 pixels; a white residual of
      N pixels stays below about 4/√N.
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
    used = weights > 0
    root, model = np.sqrt(np.maximum(data, 0)), np.sqrt(np.maximum(predicted, 0))
    error = np.where(used, root - model, 0)
    correlation = largest_autocorrelation(error, used)
    return Quality(
        float(np.linalg.norm(error) / max(np.linalg.norm(root[used]), 1e-30)),
        _reduced_chi2(problem, data, predicted, used),
        correlation,
        bool(correlation < 4 / np.sqrt(max(used.sum(), 1))),
    )


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
    return float(((data - predicted) ** 2 / np.maximum(variance, 1e-30))[used].mean())
