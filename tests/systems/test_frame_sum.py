"""The sum over frames in groups: the same numbers as all at once, what frames share done once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.inverse import losses
from backlight.inverse.problem import build
from backlight.inverse.unknowns import Free, Positive
from backlight.systems import PerFrame, frame_sum
from backlight.systems.fourier_ptychography import fourier_ptychography

PIXELS = 16


def panel(count=5):
    """Return the question of a panel of diodes, nothing about it being symmetric or at its best."""
    random = np.random.default_rng(0)
    positions = random.uniform(-8e-3, 8e-3, (count, 2))
    system = fourier_ptychography(
        wavelength=0.63e-6, numerical_aperture=0.1, pixel_pitch=1.845e-6, positions=positions, height=0.09,
        shape=(count, PIXELS, PIXELS),
    )  # fmt: skip
    frames = random.uniform(0.5, 1.5, (count, PIXELS, PIXELS))
    unknowns = {"sample.transmission": Free(), "illumination.gains": Positive(), "detection_path.defocus": Free(1e-5)}
    return build(system, frames, unknowns, loss=losses.amplitude(jnp.asarray(random.uniform(0.1, 0.2, (count, 1, 1)))))


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [pytest.param(2, marks=pytest.mark.slow), 5])
def test_groups_add_up_to_all_frames_at_once(float64, monkeypatch, at_once):
    monkeypatch.setattr(frame_sum, "CACHED", at_once * PIXELS**2)
    problem = panel()
    z = {
        path: value + 0.1 * jax.random.normal(jax.random.key(1), value.shape) for path, value in problem.start().items()
    }

    def all_at_once(z):
        return problem.loss(problem.predict(z), problem.data, problem.weights)

    value, gradient = jax.jit(jax.value_and_grad(lambda z: problem.data_term(z)))(z)
    expected, slope = jax.jit(jax.value_and_grad(all_at_once))(z)
    assert value == pytest.approx(float(expected), rel=1e-12)
    assert jax.jit(lambda z: problem.data_term(z))(z) == pytest.approx(float(expected), rel=1e-12)
    for path in z:
        difference = jnp.linalg.norm(gradient[path] - slope[path])
        assert difference <= 1e-10 * jnp.linalg.norm(slope[path]), path


@pytest.mark.slow
def test_some_of_the_frames_add_up_too(float64, monkeypatch):
    monkeypatch.setattr(frame_sum, "CACHED", PIXELS**2)
    problem = panel()
    z = problem.start()
    of = jax.jit(lambda frames, z: problem.only(frames).data_term(z))
    one_by_one = sum(float(of(jnp.array([i]), z)) for i in (1, 3))
    assert of(jnp.array([1, 3]), z) == pytest.approx(one_by_one, rel=1e-12)


def test_what_frames_share_is_transformed_once(monkeypatch):
    monkeypatch.setattr(frame_sum, "CACHED", PIXELS**2)
    problem = panel()
    jaxpr = jax.make_jaxpr(jax.value_and_grad(problem.data_term))(problem.start())
    wide = problem.model.sample.shape
    assert widths_of_transforms(jaxpr.jaxpr, inside=False).count(wide) == 2  # there and back
    assert wide not in widths_of_transforms(jaxpr.jaxpr, inside=True)
    assert widths_of_transforms(jaxpr.jaxpr, inside=True)


def widths_of_transforms(jaxpr, inside, in_loop=False):
    """Return the shapes of all Fourier transforms that lie in loops, or that do not."""
    found = []
    for equation in jaxpr.eqns:
        if equation.primitive.name == "fft" and in_loop == inside:
            found.append(equation.invars[0].aval.shape[-2:])
        for nested in jax.tree.leaves(equation.params, is_leaf=lambda p: hasattr(p, "eqns") or hasattr(p, "jaxpr")):
            nested = getattr(nested, "jaxpr", nested)
            if hasattr(nested, "eqns"):
                found += widths_of_transforms(nested, inside, in_loop or equation.primitive.name == "scan")
    return found


def test_a_value_of_each_frame_has_its_own_gradient(float64, monkeypatch):
    monkeypatch.setattr(frame_sum, "CACHED", 2)
    weight, power = jnp.arange(1.0, 6), jnp.asarray(3.0)

    def total(weight, power):
        return frame_sum.sum_over_frames(
            lambda tree, i, data: tree[0] ** tree[1] * data[i], (PerFrame(weight), power), weight, pixels=1
        )

    by_weight, by_power = jax.grad(total, (0, 1))(weight, power)
    np.testing.assert_allclose(by_weight, 3 * weight**3, rtol=1e-12)  # none through the data
    np.testing.assert_allclose(by_power, jnp.sum(weight**4 * jnp.log(weight)), rtol=1e-12)
