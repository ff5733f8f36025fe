"""Sums over many rays, some at a time."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import ConstantIndex, Rays
from backlight.rays import Conic, Lens, Surface, sum_over_rays, trace
from backlight.rays.many import each_in_groups

MM = 1e-3


def bundle(count):
    rng = np.random.default_rng(0)
    place = np.stack([np.full(count, -MM), *(3 * MM * rng.uniform(-1, 1, (2, count)))])
    return Rays(place.reshape(3, 2, -1), [[[1.0]], [[0.02]], [[0.0]]], np.array([[500e-9], [600e-9]]))


def lens():
    return Lens([Surface(Conic(30 * MM), thickness=4 * MM, medium=ConstantIndex(1.5), semi_diameter=2.8 * MM),
                 Surface(Conic(-40 * MM), thickness=30 * MM, medium=ConstantIndex(1.0)), Surface()])  # fmt: skip


def squares(lens, rays):
    end = trace(lens, rays)
    return jnp.sum(jnp.where(end.alive, end.position[1] ** 2 + end.position[2] ** 2, 0.0)) / MM**2


@pytest.mark.parametrize("at_once", [pytest.param(7, marks=pytest.mark.slow), 50, 4096])
def test_sum_and_gradient_are_those_of_all_at_once(at_once):
    """Groups that do not divide the number of rays, and one of them all; lost rays stay out."""
    with jax.enable_x64(True):
        given, rays = jax.tree.map(jnp.asarray, lens()), bundle(100)
        assert not np.all(trace(given, rays).alive)
        whole = jax.value_and_grad(lambda model: squares(model, rays))(given)
        parts = jax.value_and_grad(lambda model: sum_over_rays(squares, model, rays, at_once=at_once))(given)
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(parts), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("color", ["each", "one"])
def test_rays_in_groups_end_where_they_do(color):
    """The last group reaches back over rays that have been through; forward, and in derivatives by lens and rays."""
    with jax.enable_x64(True):
        given, rays = jax.tree.map(jnp.asarray, lens()), bundle(100)
        if color == "one":
            rays = Rays(rays.position, rays.direction, 500e-9)
        whole, parts = (
            lambda model, rays: trace(model, rays),
            lambda model, rays: each_in_groups(lambda some: trace(model, some), rays, at_once=30),
        )
        for a, b in zip(*(jax.tree.leaves(f(given, rays)) for f in (whole, parts)), strict=True):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-17)

        def moved(f):
            def height(model, place):
                end = f(model, eqx.tree_at(lambda r: r.position, rays, place))
                return jnp.sum(jnp.sin(end.position[1] / MM) + end.path)

            return jax.grad(height, argnums=(0, 1))(given, rays.position)

        for a, b in zip(jax.tree.leaves(moved(whole)), jax.tree.leaves(moved(parts)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_memory_does_not_grow_with_the_rays():
    """Eight times the rays, the same scratch memory but for the rays themselves: 40 bytes each in 32 bits."""
    given = jax.tree.map(jnp.asarray, lens())

    def scratch(count):
        rays = bundle(count)
        slope = jax.jit(jax.grad(lambda model, rays: sum_over_rays(squares, model, rays, at_once=1000)))
        return slope.lower(given, rays).compile().memory_analysis().temp_size_in_bytes

    assert scratch(80_000) - scratch(10_000) < 70_000 * 50


def test_no_rays_at_once_are_refused():
    with pytest.raises(InputError, match="at_once"):
        sum_over_rays(squares, lens(), bundle(10), at_once=0)
