"""Blur that changes over a scene."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Grid, Image
from backlight.wave import MeasuredPSF, VaryingPSF, in_few_patterns

pytestmark = pytest.mark.usefixtures("float64")
RNG = np.random.default_rng(3)
STACK = RNG.uniform(size=(2, 3, 5, 4))


def scene(shape=(14, 11)):
    return Image(jnp.asarray(RNG.uniform(size=shape)), Grid(shape, 1e-6))


@pytest.mark.slow
def test_a_pattern_that_is_alike_everywhere_is_a_convolution():
    light, pattern = scene(), STACK[0, 0]
    part = in_few_patterns(jnp.broadcast_to(pattern, (2, 3, 5, 4))).part
    wanted = MeasuredPSF(pattern)(light).values
    np.testing.assert_allclose(part(light).values, wanted, atol=1e-13)
    one = in_few_patterns(jnp.broadcast_to(pattern, (2, 3, 5, 4)), 1)
    np.testing.assert_allclose(one.part(light).values, wanted, atol=1e-13)
    assert float(one.error) < 1e-12


@pytest.mark.slow
def test_a_point_makes_the_picture_of_its_node_and_the_mean_between_nodes():
    part = in_few_patterns(jnp.asarray(STACK)).part
    for place, wanted in {(20, 40): STACK[1, 2], (0, 20): STACK[0, 1], (10, 30): STACK[:, 1:].mean((0, 1))}.items():
        wide = jnp.zeros((31, 51)).at[place[0] + 5, place[1] + 5].set(2.0)
        maps = part.maps((21, 41))
        light = Image(wide, Grid((31, 51), 1e-6))
        inner = Image(wide[5:26, 5:46], Grid((21, 41), 1e-6))
        picked = jnp.tensordot(maps[:, place[0], place[1]], part.patterns, 1)
        np.testing.assert_allclose(picked, wanted, rtol=1e-12)
        full = MeasuredPSF(wanted)(light).values[5:26, 5:46]
        np.testing.assert_allclose(part(inner).values, full, atol=1e-13)


def test_few_patterns_leave_what_their_error_says_and_keep_the_energy():
    stack = jnp.asarray(STACK)
    errors = []
    for rank in (1, 3, 6):
        found = in_few_patterns(stack, rank)
        shown = jnp.einsum("ijk,kyx->ijyx", found.part.shares, found.part.patterns)
        off = float(jnp.linalg.norm(shown - stack) / jnp.linalg.norm(stack))
        assert off == pytest.approx(float(found.error), rel=0.05, abs=1e-13)  # the energies cost a little
        np.testing.assert_allclose(shown.sum((2, 3)), stack.sum((2, 3)), rtol=1e-12)
        errors.append(off)
    assert errors[0] > errors[1] > 1e-2
    assert errors[2] < 1e-13


@pytest.mark.slow
def test_derivatives_stay_finite_where_singular_values_are_alike():
    """Equal energies in patterns that do not overlap; and derivatives by differences with all patterns there are."""
    alike = jnp.eye(4).reshape(1, 4, 2, 2)
    light = scene((6, 6))

    def loss(stack, rank):
        return jnp.sum(in_few_patterns(stack, rank).part(light).values ** 2)

    assert bool(jnp.isfinite(jax.grad(loss)(alike, 2)).all())
    stack, way = jnp.asarray(STACK), jnp.asarray(RNG.normal(size=STACK.shape))
    slope = float(jnp.vdot(jax.grad(loss)(stack, 6), way))
    ends = [float(loss(stack + k * 1e-5 * way, 6)) for k in (-1, 1)]
    assert slope == pytest.approx((ends[1] - ends[0]) / 2e-5, rel=1e-7)


@pytest.mark.parametrize("shapes", [((2, 3, 3), (1, 2, 3)), ((3, 3), (1, 1, 3))])
def test_shapes_that_do_not_fit_are_refused(shapes):
    with pytest.raises(InputError, match="rows, columns"):
        VaryingPSF(np.ones(shapes[0]), np.ones(shapes[1]))


def test_a_rank_beyond_the_nodes_is_refused():
    with pytest.raises(InputError, match="rank"):
        in_few_patterns(jnp.asarray(STACK), 7)
