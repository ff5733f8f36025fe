"""What the words of a run file mean to every system: unknowns, losses, regularizers, methods."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from backlight import units
from backlight.errors import InputError, RunFileError, nearest
from backlight.inverse import losses, regularizers
from backlight.inverse.admm import ADMM
from backlight.inverse.first_order import LBFGS, Adam
from backlight.inverse.fista import FISTA
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.problem import unit_of
from backlight.inverse.solver import Solver
from backlight.inverse.unknowns import Free, Gaussian, Interval, Unknown
from backlight.inverse.variable_projection import VariableProjection
from backlight.systems.imaging_system import ImagingSystem

METHODS = {
    VariableProjection: "variable_projection",
    FISTA: "fista",
    LevenbergMarquardt: "levenberg_marquardt",
    LBFGS: "lbfgs",
    Adam: "adam",
    ADMM: "admm",
}


def refuse_steps(system: str, options: Mapping[str, Any]) -> None:
    """Say that a key is of no use here, where silence would let it seem obeyed."""
    if options.get("steps") is not None:
        raise RunFileError("[estimate] steps", got=repr(options["steps"]), remedy="remove the line",
                           expected=f"no such key: {system} scales its own steps")  # fmt: skip


def span(
    value: float, wanted: Any, share: float, name: str = "distance", dimension: str = "length"
) -> tuple[float, float]:
    """Return where a positive unknown may lie: its bounds, ±4 standard deviations, or ± a share of its value.

    **Arguments:** `name`, `dimension`: of the unknown, for the `RunFileError` of a deviation that reaches down to 0.
    """
    if isinstance(wanted, Mapping) and "between" in wanted:
        return tuple(wanted["between"])
    if isinstance(wanted, Mapping):
        return _four_deviations(wanted["value"], wanted["std"], name, dimension)
    return (value * (1 - share), value * (1 + share)) if wanted else (value, value)


def _four_deviations(value: float, std: float, name: str, dimension: str) -> tuple[float, float]:
    if value <= 4 * std:
        told = (units.format_quantity(number, dimension) for number in (value, std))
        raise RunFileError(f"[unknown] {name}", got=" with std ".join(told),
                           expected=f"a std below a quarter of the value, for {name} is positive",
                           remedy="give the range instead: { between = [lowest, highest] }")  # fmt: skip
    return value - 4 * std, value + 4 * std


def known_as(wanted: Any, factor: float, free: Unknown | None = None) -> Unknown:
    """Return what a line of `[unknown]` means for a number.

    **Arguments:** `wanted`: `True`, `{"between": (low, high)}` or `{"value": v, "std": s}`; `factor`: from the leaf to
    the run file's unit; `free`: what `True` means.
    """
    if isinstance(wanted, Mapping) and "between" in wanted:
        low, high = sorted(bound / factor for bound in wanted["between"])
        return Interval(low, high)
    if isinstance(wanted, Mapping):
        return Gaussian(wanted["std"] / abs(factor), mean=wanted["value"] / factor)
    return Free() if free is None else free


def settings(options: Mapping[str, Any], has_sample: bool, weight: float) -> dict[str, Any]:
    """Return loss, regularizers and seed as `[estimate]` names them, with the defaults where nothing is said."""
    asked = options.get("regularizers")
    if asked is None:
        asked = [{"kind": "total_variation", "weight": weight}] if has_sample else []
    terms = [{"kind": t["kind"], "weight": t["weight"], "on": t.get("on") or "sample"} for t in asked]
    return {"loss": options.get("loss") or "amplitude", "seed": options.get("seed", 0), "regularizers": terms}


def loss_and_regularizers(
    options: Mapping[str, Any],
    system: ImagingSystem,
    frames: np.ndarray,
    noise: float,
    paths: Mapping[str, str],
    weight: float | None,
) -> tuple[losses.Loss, tuple[regularizers.Regularizer, ...], dict[str, Any]]:
    """Return what is asked for of frames relative to a bare beam, and how `[estimate]` names it in full.

    **Arguments:** `frames`, `noise`: y, the standard deviation of its noise; `paths`: name in the run file → leaf;
    `weight`: of total variation by default, in units of the noise of √y; `None` where no sample is asked for.
    """
    loss = loss_of(options.get("loss") or "amplitude", noise)
    unit = float(unit_of(loss, system.noise, jnp.asarray(frames), 1.0)) / (noise / 2)
    told = settings(options, weight is not None, (weight or 0.0) * unit)
    return loss, regularizers_of(told["regularizers"], paths), told


def loss_of(name: str, noise: float) -> losses.Loss:
    """Return the loss of that name, scaled by the noise found where it has a scale of its own."""
    scaled = {"poisson": lambda: losses.poisson(noise**-2), "l1": lambda: losses.l1(noise)}
    return scaled[name]() if name in scaled else losses.BY_NAME[name]()


def regularizers_of(terms: list[dict[str, Any]], paths: Mapping[str, str]) -> tuple[regularizers.Regularizer, ...]:
    """Return the regularizers of these names, on the leaves that `paths` gives."""
    for term in terms:
        if term["on"] not in paths:
            remedy = nearest(term["on"], paths)
            raise InputError("regularizer on", got=repr(term["on"]), expected="an unknown", remedy=remedy)
    return tuple(regularizers.BY_NAME[term["kind"]](paths[term["on"]], term["weight"]) for term in terms)


def with_steps(chosen: Solver, iterations: int | None) -> Solver:
    """Return the solver with the number of image steps that was asked for."""
    if iterations is None:
        return chosen
    if isinstance(chosen, VariableProjection):
        # Fewer image steps at a time where there would be none after which the instrument moves.
        inner = min(chosen.inner, iterations // (chosen.warm_up + 1))
        if inner < 1:
            raise RunFileError("[estimate] iterations", got=str(iterations), expected=f"{chosen.warm_up + 1} or more: "
                               "the first ones leave the instrument where it is written")  # fmt: skip
        return replace(chosen, steps=max(iterations // inner, 1), inner=inner)
    return replace(chosen, steps=iterations)


def solver_settings(solver: Solver, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return method and number of image steps as `[estimate]` names them.

    **Errors:** `RunFileError` for a method that these unknowns do not have, where silence would let it seem obeyed.
    """
    method = METHODS[type(solver)]
    if options.get("method") not in (None, method):
        raise RunFileError("[estimate] method", got=repr(options["method"]), remedy="remove the line",
                           expected=f"{method!r}, the one method for these unknowns")  # fmt: skip
    steps = solver.steps * (solver.inner if isinstance(solver, VariableProjection) else 1)
    return {"method": method, "iterations": options.get("iterations") or steps}


def in_recorded_units(system: ImagingSystem, level: float) -> ImagingSystem:
    """Return the system that predicts frames `level` times brighter, noise included."""
    gain = jax.tree.map(lambda g: g * level, system.camera.gain)  # one, or one for each frame
    system = eqx.tree_at(lambda s: s.camera.gain, system, gain)
    return eqx.tree_at(lambda s: s.noise.std, system, replace_fn=lambda std: std * level)
