"""Models made better under constraints, against optima in closed form."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.constraints import equal, within
from backlight.inverse.optimize import optimize
from backlight.inverse.unknowns import Free


class Point(eqx.Module):
    x: jax.Array
    y: jax.Array


START = Point(jnp.array(0.3), jnp.array(0.9))
BOTH = {"x": Free(scale=1.0), "y": Free(scale=1.0)}


def to_2_1(point):
    return jnp.stack([point.x - 2, point.y - 1])


def radius(point):
    return jnp.sqrt(point.x**2 + point.y**2)


def total(point):
    return point.x + point.y


def place(found):
    return np.array([found.value("x"), found.value("y")])


def test_the_nearest_point_of_a_circle():
    found = optimize(START, to_2_1, BOTH, constraints=[equal(radius, 1.0)])
    np.testing.assert_allclose(place(found), np.array([2, 1]) / np.sqrt(5), atol=1e-8)
    assert found.status == "converged"
    assert found.merit == pytest.approx(0.5 * (np.sqrt(5) - 1) ** 2, rel=1e-8)
    assert found.violations["radius"] < 1e-8


def test_a_bound_that_is_met_holds_and_one_that_is_not_does_nothing():
    """min (x−2)² + (y−1)² under x + y ≤ 2: (3/2, 1/2); under x + y ≤ 4: the free optimum."""
    met = optimize(START, to_2_1, BOTH, constraints=[within(total, high=2.0)])
    np.testing.assert_allclose(place(met), [1.5, 0.5], atol=1e-8)
    free = optimize(START, to_2_1, BOTH, constraints=[within(total, -1.0, 4.0)])
    np.testing.assert_allclose(place(free), [2, 1], atol=1e-8)
    both = optimize(START, to_2_1, BOTH, constraints=[within(total, high=2.0), equal(lambda p: p.x - p.y, 0.0)])
    np.testing.assert_allclose(place(both), [1, 1], atol=1e-8)


def test_the_size_of_a_constraint_changes_the_way_and_not_the_end():
    found = optimize(START, to_2_1, BOTH, constraints=[equal(radius, 1.0, size=1e-3)])
    np.testing.assert_allclose(place(found), np.array([2, 1]) / np.sqrt(5), atol=1e-8)


def test_what_cannot_be_obeyed_is_told():
    found = optimize(START, to_2_1, BOTH, constraints=[within(radius, high=1.0), within(total, low=2.0)])
    assert found.status == "infeasible"
    assert "out of bounds by" in found.stop_reason
    assert max(found.violations.values()) > 0.1
    with pytest.raises(InputError, match="low ≤ high"):
        within(total, 2.0, 1.0)


def test_a_search_that_is_stopped_is_not_followed_by_another():
    def stop(_):
        raise KeyboardInterrupt

    found = optimize(START, to_2_1, BOTH, constraints=[equal(radius, 1.0)], callback=stop)
    assert found.status == "stopped"
    assert found.iterations == 1
    assert found.violations["radius"] > 0.1
