"""Regularizers against loops, their majorizers, and proximal steps against optimality and an independent solver."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from backlight.errors import InputError
from backlight.inverse import regularizers
from backlight.inverse.image_unknowns import Passive
from backlight.inverse.proximal import shrink, total_variation_prox, zero_dual
from backlight.inverse.unknowns import pack, unpack

pytestmark = pytest.mark.usefixtures("float64")

ASPECT = (0.8, 1.25)


def _leaf(kind: str, seed: int = 0, shape=(5, 4)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if kind == "complex" else real


def total_variation(u, eps, aspect=ASPECT):
    total, (rows, columns) = 0.0, u.shape
    for i in range(rows):
        for j in range(columns):
            dy = (u[i + 1, j] - u[i, j]) / aspect[0] if i + 1 < rows else 0.0
            dx = (u[i, j + 1] - u[i, j]) / aspect[1] if j + 1 < columns else 0.0
            total += np.sqrt(abs(dy) ** 2 + abs(dx) ** 2 + eps**2) - eps
    return total


def hessian(u, eps, aspect=ASPECT):
    ay, ax = aspect
    total = 0.0
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            yy = (u[i + 1, j] - 2 * u[i, j] + u[i - 1, j]) / ay**2
            xx = (u[i, j + 1] - 2 * u[i, j] + u[i, j - 1]) / ax**2
            xy = (u[i + 1, j + 1] - u[i + 1, j - 1] - u[i - 1, j + 1] + u[i - 1, j - 1]) / (4 * ay * ax)
            total += np.sqrt(abs(yy) ** 2 + 2 * abs(xy) ** 2 + abs(xx) ** 2 + eps**2) - eps
    return total


CASES = {
    "total_variation": (
        regularizers.total_variation("u", 1.0, aspect=ASPECT, epsilon=0.03),
        lambda u: total_variation(u, 0.03),
    ),
    "hessian": (regularizers.hessian("u", 1.0, aspect=ASPECT), lambda u: hessian(u, 0.01)),
    "l1": (
        regularizers.l1("u", 1.0, background=0.7),
        lambda u: np.sum(np.sqrt(np.abs(u - 0.7) ** 2 + 1e-4) - 1e-2),
    ),
    "tikhonov": (regularizers.tikhonov("u", 1.0, background=0.3), lambda u: 0.5 * np.sum(np.abs(u - 0.3) ** 2)),
}


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", CASES)
def test_formula(name, kind):
    regularizer, by_hand = CASES[name]
    leaf = _leaf(kind)
    assert float(regularizer.value(jnp.asarray(leaf))) == pytest.approx(by_hand(leaf), rel=1e-12)


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", CASES)
def test_majorizer_touches_and_lies_above(name, kind):
    regularizer, _ = CASES[name]
    at = jnp.asarray(_leaf(kind))
    above = lambda u: regularizer.value(at) + regularizer.majorizer(u, at) - regularizer.majorizer(at, at)  # noqa: E731
    for seed in range(5):
        for size in (1e-2, 1.0, 10.0):
            u = at + size * jnp.asarray(_leaf(kind, seed + 1))
            assert float(above(u)) >= float(regularizer.value(u)) - 1e-12
    slopes = [
        jax.grad(lambda z, f=f: f(unpack(z) if kind == "complex" else z))(pack(at)) for f in (above, regularizer.value)
    ]
    np.testing.assert_allclose(slopes[0], slopes[1], atol=1e-12)


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", ["total_variation", "l1"])
def test_exact_form_is_the_limit_of_the_smooth_one(name, kind):
    maker = {"total_variation": regularizers.TotalVariation, "l1": regularizers.Sparsity}[name]
    leaf = jnp.asarray(_leaf(kind))
    smooth = maker(path="u", weight=1.0, epsilon=1e-9).value(leaf)
    assert float(maker(path="u", weight=1.0).exact(pack(leaf))) == pytest.approx(float(smooth), rel=1e-7)


def test_a_constant_costs_nothing():
    flat = jnp.full((4, 6), 0.3 + 0.2j)
    assert float(regularizers.total_variation("u", 1.0).value(flat)) == 0
    assert float(regularizers.hessian("u", 1.0).value(flat + jnp.arange(4)[:, None])) == pytest.approx(0, abs=1e-12)


def _disc(z):
    return pack(unpack(z) / jnp.maximum(jnp.abs(unpack(z)), 1.0))


@pytest.mark.parametrize("constrained", [False, True])
@pytest.mark.parametrize("kind", ["real", "complex"])
def test_total_variation_prox_against_an_independent_solver(kind, constrained):
    if constrained and kind == "real":
        project, bound = (lambda z: jnp.clip(z, 0.0, 1.0)), "box"
    elif constrained:
        project, bound = _disc, "disc"
    else:
        project, bound = (lambda z: z), None
    z, step = pack(jnp.asarray(1.2 * _leaf(kind, 3, (4, 4)))), 0.4
    found, _ = total_variation_prox(z, jnp.asarray(step), zero_dual(z), project, ASPECT, 3000)
    best = _brute_force(np.asarray(z), step, bound)
    np.testing.assert_allclose(found, best, atol=2e-3)
    exact = regularizers.TotalVariation("u", 1.0, ASPECT)
    energy = lambda u: float(0.5 * jnp.sum((u - z) ** 2) + step * exact.exact(jnp.asarray(u)))  # noqa: E731
    assert energy(found) <= energy(best) + 1e-6


def _brute_force(z: np.ndarray, step: float, bound: str | None) -> np.ndarray:
    """Minimize with SciPy, the corner rounded by 1e-5 and the constraint as an inequality."""
    smooth = regularizers.TotalVariation("u", 1.0, ASPECT, 1e-5)

    def energy(flat):
        u = flat.reshape(z.shape)
        return 0.5 * jnp.sum((u - z) ** 2) + step * smooth.value(unpack(u) if z.ndim > 2 else u)

    both = jax.jit(jax.value_and_grad(energy))
    start = np.asarray(_disc(jnp.asarray(z)) if bound == "disc" else np.clip(z, 0, 1) if bound else z) * 0.9
    rules = []
    if bound == "disc":
        inside = jax.jit(lambda flat: 1 - jnp.sum(flat.reshape(z.shape) ** 2, axis=0).ravel())
        rules = [{"type": "ineq", "fun": inside, "jac": jax.jit(jax.jacobian(inside))}]
    result = scipy.optimize.minimize(
        lambda x: tuple(np.asarray(v, float) for v in both(x)),
        start.ravel(),
        jac=True,
        method="SLSQP" if rules else "L-BFGS-B",
        bounds=[(0, 1)] * z.size if bound == "box" else None,
        constraints=rules,
        options={"maxiter": 3000, "ftol": 1e-13},
    )
    return result.x.reshape(z.shape)


def test_the_dual_handed_on_shortens_the_way():
    z, step = pack(jnp.asarray(_leaf("complex", 1, (8, 8)))), jnp.asarray(0.3)
    best, dual = total_variation_prox(z, step, zero_dual(z), lambda u: u, (1.0, 1.0), 2000)
    warm, _ = total_variation_prox(z, step, dual, lambda u: u, (1.0, 1.0), 8)
    cold, _ = total_variation_prox(z, step, zero_dual(z), lambda u: u, (1.0, 1.0), 8)
    assert float(jnp.linalg.norm(warm - best)) < 0.05 * float(jnp.linalg.norm(cold - best))


def test_shrink_moves_vectors_of_planes_and_plain_numbers():
    np.testing.assert_allclose(shrink(jnp.asarray([[3.0, -0.5, 0.0]]), jnp.asarray(1.0)), [[2.0, 0.0, 0.0]])
    planes = jnp.asarray([[[3.0]], [[4.0]]])
    np.testing.assert_allclose(shrink(planes, jnp.asarray(1.0)), 0.8 * planes)


@pytest.mark.parametrize("kind", ["real", "complex"])
def test_sparsity_prox_is_a_minimum(kind):
    regularizer = regularizers.Sparsity("u", 1.0, 1.0, inner_steps=800)
    project = Passive().project if kind == "complex" else (lambda z: jnp.clip(z, 0.0, 1.0))
    z = pack(jnp.asarray(_leaf(kind, 4)))
    found, _ = regularizer.prox(z, jnp.asarray(0.5), regularizer.start_prox(z), project)
    energy = lambda u: 0.5 * jnp.sum((u - z) ** 2) + 0.5 * regularizer.exact(u)  # noqa: E731
    rng = np.random.default_rng(0)
    moves = jnp.asarray(10 ** rng.uniform(-4, 0, (300, *[1] * z.ndim)) * rng.normal(size=(300, *z.shape)))
    near = jax.jit(jax.vmap(lambda move: energy(project(found + move))))(moves)
    assert float(energy(found)) <= float(jnp.min(near)) + 1e-7


@pytest.mark.parametrize("kind", ["real", "complex"])
def test_sparsity_prox_without_a_constraint_is_the_soft_threshold(kind):
    regularizer, z = regularizers.Sparsity("u", 1.0, 0.0), pack(jnp.asarray(_leaf(kind, 4)))
    found, _ = regularizer.prox(z, jnp.asarray(0.5), regularizer.start_prox(z), lambda u: u)
    np.testing.assert_allclose(found, shrink(z, jnp.asarray(0.5)), atol=1e-12)


def test_weights_below_zero_are_refused():
    with pytest.raises(InputError, match="weight"):
        regularizers.total_variation("u", -1.0)
