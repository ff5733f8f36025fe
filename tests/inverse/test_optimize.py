"""Models made better by a merit function, with the unknowns and solvers of `estimate`."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.optimize import optimize
from backlight.inverse.unknowns import Free, Interval, Tied


class Point(eqx.Module):
    x: jax.Array
    y: jax.Array


def rosenbrock(point):
    return jnp.stack([1 - point.x, 10 * (point.y - point.x**2)])


START = Point(jnp.array(-1.2), jnp.array(1.0))
BOTH = {"x": Free(), "y": Free()}


def test_a_curved_valley_is_followed_to_its_end_in_double_precision():
    found = optimize(START, rosenbrock, BOTH)
    assert not jax.config.read("jax_enable_x64")
    assert abs(found.value("x") - 1) < 3e-8  # single precision ends at 1e-4
    assert found.merit < 1e-15 < found.initial_merit
    assert found.initial_merit == pytest.approx(0.5 * (2.2**2 + 4.4**2), rel=1e-6)
    assert found.status in ("converged", "stopped")
    assert found.history["x"][0] == pytest.approx(-1.2, rel=1e-6)
    assert isinstance(found.model.x, np.ndarray)


def test_bounds_and_ties_hold():
    bounded = optimize(START, rosenbrock, {"x": Interval(-2.0, 0.5), "y": Free()})
    assert bounded.value("x") == pytest.approx(0.5, abs=1e-3)
    assert bounded.value("y") == pytest.approx(bounded.value("x") ** 2, abs=1e-3)
    tied = optimize(START, rosenbrock, {"x": Free(), "y": Tied(("x",), lambda x: 2 * x)})
    assert tied.value("y") == pytest.approx(2 * tied.value("x"), rel=1e-12)


def test_a_merit_without_numbers_is_refused():
    with pytest.raises(InputError, match="no numbers"):
        optimize(START, lambda v: jnp.zeros(0) * v.x, {"x": Free()})


def test_what_cannot_be_begun_is_refused():
    with pytest.raises(InputError, match="did you mean"):
        optimize(START, rosenbrock, {"xx": Free()})
    with pytest.raises(InputError, match="finite"):
        optimize(START, lambda point: jnp.log(point.x), BOTH)
