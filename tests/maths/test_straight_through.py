"""A value by one formula and its derivatives by another, wherever the function is called."""

import jax
import jax.numpy as jnp
import pytest

from backlight.maths.straight_through import straight_through


def cube(x):
    return straight_through(jnp.floor(x), x**3)


def in_a_loop(function):
    step = jax.checkpoint(lambda total, x: (total + function(x), None))
    return lambda x: jax.lax.scan(step, 0.0, x[None])[0]


def mapped(function):
    return lambda x: jnp.sum(jax.lax.map(jax.checkpoint(function), x[None]))


@pytest.mark.parametrize("around", [lambda f: f, jax.jit, jax.checkpoint, in_a_loop, mapped])
def test_derivatives_of_every_order_are_those_of_the_live_number(around):
    function, x = around(cube), jnp.asarray(2.5)
    assert function(x) == 2
    for differentiate in (jax.grad, jax.jacfwd):
        first = differentiate(function)
        assert first(x) == pytest.approx(3 * 2.5**2)
        assert jax.grad(first)(x) == pytest.approx(6 * 2.5)
        assert jax.jacfwd(first)(x) == pytest.approx(6 * 2.5)
        assert jax.grad(jax.jacfwd(first))(x) == pytest.approx(6)


def test_either_number_may_be_one_of_many():
    many, one = jnp.arange(3.0), jnp.asarray(7.0)
    assert jax.vmap(straight_through, (0, None))(many, one).tolist() == [0, 1, 2]
    assert jax.vmap(straight_through, (None, 0))(one, many).tolist() == [7, 7, 7]
    slopes = jax.vmap(jax.grad(lambda live, value: straight_through(value, live**2)), (0, None))(many, one)
    assert slopes.tolist() == [0, 2, 4]


def test_the_live_number_costs_nothing_where_no_derivative_is_asked_for():
    compiled = jax.jit(cube).lower(jnp.asarray(2.5)).compile().as_text()
    assert "multiply" not in compiled
    assert "floor" in compiled


def test_the_live_number_is_brought_to_the_shape_of_the_value():
    assert jax.grad(lambda x: straight_through(jnp.ones(3), x).sum())(1.0) == 3
