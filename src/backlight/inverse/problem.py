"""Problem: the question asked of a model and its data, as one function of real coordinates."""

from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from typing import Any, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from backlight.errors import InputError
from backlight.inverse.losses import Loss, stated_variance
from backlight.inverse.regularizers import Proximal, Regularizer
from backlight.inverse.tree import get_leaf, leaf_paths, resolve, set_leaves
from backlight.inverse.unknowns import Tied, Unknown

Coordinates = dict[str, Array]
"""The real array z of each unknown, by path."""

FEW = 200
"""Unknowns of up to this many numbers are parameters of the instrument; larger ones are images, marginalized."""


class ForwardModel(Protocol):
    """What the inverse floor asks of a model: a tree of arrays that predicts frames."""

    def predict(self) -> Any:
        """Return an object whose `values` are the predicted frames."""
        ...


class Problem(eqx.Module):
    """J(z) = L(predict(leaves(z)), y) + Σ βₙ Rₙ + s²·Σ −log prior.

    **Arguments:**

    - `model`: the forward model, every leaf at its start.
    - `data`, `weights`: recorded frames and the weight of each pixel (0 for dead and saturated ones).
    - `unknowns`: full path → `Unknown`.
    - `loss`, `regularizers`: the terms.
    - `unit`: s², the variance that one unit of the loss stands for, 1 for a likelihood: a prior is in nats, and a sum
      of squared residuals is not. Without it a prior would outweigh the frames by 1/s², ten thousand times and more.
    - `frozen`: coordinates that are held for the time being.
    - `frames`: indices of the frames that are asked about for the time being, of a model that can predict some of its
      frames; all where `None`.
    - `forward`: model → y where y is not what the model predicts, but how good it is.
    """

    model: Any
    data: Float[Array, "frame y x"]
    weights: Float[Array, "frame y x"]
    unknowns: dict[str, Unknown]
    loss: Loss
    regularizers: tuple[Regularizer, ...]
    unit: Float[Array, ""]
    frozen: Coordinates
    frames: Int[Array, " n"] | None = None
    forward: Callable[[Any], Array] | None = eqx.field(static=True, default=None)

    def start(self) -> Coordinates:
        """Return the coordinates of the model as it is."""
        leaves = leaf_paths(self.model)
        return {
            path: unknown.project(unknown.coordinates(leaves[path], leaves[path]))
            for path, unknown in self.unknowns.items()
            if not isinstance(unknown, Tied) and path not in self.frozen
        }

    def leaves(self, z: Coordinates) -> dict[str, Array]:
        """Return the unknown leaves, tied ones included."""
        at_start = leaf_paths(self.model)
        known = {path: self.unknowns[path].leaf(value, at_start[path]) for path, value in (self.frozen | z).items()}
        for path, tied in _tied_in_order(self.unknowns):
            known[path] = jnp.reshape(tied.resolve(at_start | known), at_start[path].shape)
        return known

    def assemble(self, z: Coordinates):
        """Return the model at z."""
        return set_leaves(self.model, self.leaves(z))

    def predict(self, z: Coordinates) -> Float[Array, "frame y x"]:
        """Return the frames predicted at z."""
        model = self.assemble(z)
        if self.forward is not None:
            return self.forward(model)
        return model.predict().values if self.frames is None else model.predict(self.frames).values

    def only(self, frames: Int[Array, " n"]) -> "Problem":
        """Return the problem of some of the frames."""
        where = lambda p: (p.data, p.weights, p.loss, p.frames)  # noqa: E731
        chosen = self.data[frames], self.weights[frames], self.loss.only(frames), frames
        return eqx.tree_at(where, self, chosen, is_leaf=lambda leaf: leaf is None)

    def data_term(self, z: Coordinates) -> Float[Array, ""]:
        """Return L; a model that can sum over its frames does so, for less time and memory."""
        model = self.assemble(z)
        if self.forward is not None or not hasattr(model, "total"):
            return self.loss(self.predict(z), self.data, self.weights, self._noise(z))
        numbers, fixed = eqx.partition(self.loss, eqx.is_array)
        leaves, tree = jax.tree.flatten(numbers)

        def term(predicted: Array, noise: Any, frame: Array, data: Array, weights: Array, *leaves: Array) -> Array:
            loss, one = eqx.combine(jax.tree.unflatten(tree, leaves), fixed), frame[None]
            return loss.only(one)(predicted[None], data[one], weights[one], noise)

        return model.total(term, self.data, self.weights, *leaves, frames=self.frames)

    def data_terms(self, z: Coordinates) -> Float[Array, "frame y x"]:
        """Return what each pixel adds to L."""
        return self.weights * self.loss.terms(self.predict(z), self.data, self._noise(z))

    def smooth_objective(self, z: Coordinates, *, without: tuple[str, ...] = ()) -> Float[Array, ""]:
        """Return J with every regularizer in its differentiable form, but for the proximal ones of `without`."""
        leaves = self.leaves(z)
        total = self.data_term(z) + self.prior(z)
        for regularizer in self.regularizers:
            if regularizer.path in leaves and not (isinstance(regularizer, Proximal) and regularizer.path in without):
                total += regularizer.weight * regularizer.value(leaves[regularizer.path])
        return total

    def prior(self, z: Coordinates) -> Float[Array, ""]:
        """Return s²·Σ −log prior of the coordinates in z."""
        return self.unit * sum((self.unknowns[path].penalty(value) for path, value in z.items()), jnp.zeros(()))

    def project(self, z: Coordinates) -> Coordinates:
        """Return the nearest allowed coordinates."""
        return {path: self.unknowns[path].project(value) for path, value in z.items()}

    def fisher_root(self, z: Coordinates) -> Array:
        """Return r with JᵀJ the expected curvature of L, weights included."""
        root = self.loss.fisher_root(self.predict(z), self.data, self._noise(z))
        return root * jnp.sqrt(self.weights)

    def proximal(self, path: str) -> Proximal | None:
        """Return the regularizer whose proximal step acts on `path`, if there is exactly one and z is the leaf."""
        found = [r for r in self.regularizers if r.path == path and isinstance(r, Proximal)]
        return found[0] if len(found) == 1 and self.unknowns[path].is_leaf(get_leaf(self.model, path)) else None

    def restricted(self, z: Coordinates, paths: tuple[str, ...]) -> "Problem":
        """Return the problem in the coordinates at `paths` alone, the others held where z has them."""
        held = {path: value for path, value in z.items() if path not in paths}
        return eqx.tree_at(lambda p: p.frozen, self, self.frozen | held, is_leaf=lambda x: x is self.frozen)

    def _noise(self, z: Coordinates):
        return getattr(self.assemble(z), "noise", None)


def build(model, data, unknowns, *, loss, regularizers=(), weights=None, forward=None) -> Problem:
    """Check the parts of a question against each other and return the problem.

    **Arguments:** as of `Problem`, the paths of `unknowns` as short as they are clear.

    **Errors:** `InputError` for a path that names no leaf (with the closest names), for frames whose shape is not the
    model's, for NaN or infinite pixels that no mask excludes, and for a regularizer of a leaf that is not unknown.
    """
    # A lens keeps its numbers as numpy's, in double precision: here it is decided in which one is computed.
    model = jax.tree.map(lambda leaf: jnp.asarray(leaf) if isinstance(leaf, np.ndarray) else leaf, model)
    table = {resolve(model, path): unknown for path, unknown in unknowns.items()}
    table = {path: _checked_unknown(model, path, unknown) for path, unknown in table.items()}
    if not table:
        raise InputError("unknowns", got="none", expected="at least one leaf path", remedy="see leaf_paths(model)")
    _demand_something_to_find(table)
    predict = forward or _frames_of
    frames, weights = _checked_frames(model, data, weights, predict)
    terms = tuple(_at_full_path(r, model, table) for r in regularizers)
    unit = unit_of(loss, getattr(model, "noise", None), frames, weights)
    return Problem(model, frames, weights, table, loss, terms, unit, {}, forward=forward)


def unit_of(loss: Loss, noise: Any, frames: Array, weights: Array | float) -> Float[Array, ""]:
    """Return s², the mean variance that noise gives a residual of the loss; 1 for likelihoods and without a noise."""
    if loss.likelihood or noise is None:
        return jnp.ones(())
    variance = stated_variance(loss, noise, frames, frames)
    weights = jnp.broadcast_to(weights, variance.shape)
    return jnp.sum(weights * variance) / jnp.maximum(jnp.sum(weights), 1.0)


def _checked_unknown(model, path: str, unknown: Unknown) -> Unknown:
    support = getattr(unknown, "support", None)
    shape = get_leaf(model, path).shape
    if support is not None and support.shape != shape[-2:]:
        raise InputError(
            f"support of {path}",
            got=f"shape {support.shape}",
            expected=f"shape {shape[-2:]}, that of the leaf",
            remedy="the sample's grid may be larger than the frame, see sample_grid()",
        )
    if not isinstance(unknown, Tied):
        return unknown
    return Tied(tuple(resolve(model, other) for other in unknown.to), unknown.function)


def _demand_something_to_find(table: dict[str, Unknown]) -> None:
    if all(isinstance(unknown, Tied) for unknown in table.values()):
        raise InputError("unknowns", got="nothing to find", expected="at least one leaf that is not tied to others")
    try:
        _tied_in_order(table)
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise InputError("unknowns", got=f"a circle of ties: {circle}", expected="ties that end somewhere") from None


def _tied_in_order(table: dict[str, Unknown]) -> list[tuple[str, Tied]]:
    """Return the tied leaves, each after those it depends on."""
    tied = {path: unknown for path, unknown in table.items() if isinstance(unknown, Tied)}
    order = TopologicalSorter({path: unknown.to for path, unknown in tied.items()}).static_order()
    return [(path, tied[path]) for path in order if path in tied]


def _checked_frames(model, data, weights, predict: Callable[[Any], Array]) -> tuple[Array, Array]:
    frames = jnp.asarray(getattr(data, "values", data), dtype=float)
    expected = eqx.filter_eval_shape(predicted, predict, model).shape
    if frames.ndim == len(expected) - 1:
        frames = frames[None]
    if frames.shape != expected:
        raise InputError("frames", got=f"shape {frames.shape}", expected=f"shape {expected}, as the model predicts")
    weights = jnp.ones_like(frames) if weights is None else jnp.broadcast_to(jnp.asarray(weights, float), expected)
    bad = int(jnp.sum(~jnp.isfinite(frames) & (weights > 0)))
    if bad:
        raise InputError(
            "frames",
            got=f"{bad} NaN or infinite pixels",
            expected="finite numbers",
            remedy="give those pixels weight 0 (mask)",
        )
    return jnp.where(weights > 0, frames, 0.0), weights


def _frames_of(model: Any) -> Array:
    return model.predict().values


@eqx.filter_jit
def predicted(predict: Callable[[Any], Array], model: Any) -> Array:
    """Return predict(model): its shape, once asked for, is known."""
    return predict(model)


def _at_full_path(regularizer: Regularizer, model, table: dict[str, Unknown]) -> Regularizer:
    path = resolve(model, regularizer.path)
    if path not in table:
        raise InputError(
            f"regularizer of {path}",
            got="a leaf that is not unknown",
            expected="one of " + ", ".join(table),
            remedy="add it to the unknowns or drop the regularizer",
        )
    return type(regularizer)(**{**_fields(regularizer), "path": path})


def _fields(module: eqx.Module) -> dict[str, Any]:
    return {name: getattr(module, name) for name in module.__dataclass_fields__}
