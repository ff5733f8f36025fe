"""The error bars mean what they say: over many noise draws they cover the true distance as often as stated.

Every draw is fitted from values that are off, image and distance jointly. The samples lie inside their constraints
(0.2 < |t| < 0.9 within the support), so that no bound is active.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian, Poisson
from backlight.inverse import losses
from backlight.inverse.curvature import curvature
from backlight.inverse.first_order import LBFGS
from backlight.inverse.image_unknowns import Absorbing, Passive
from backlight.inverse.problem import build
from backlight.inverse.uncertainty import uncertainty
from backlight.inverse.unknowns import Free
from backlight.systems import ImagingSystem, PerFrame
from backlight.systems.imaging_system import Nothing
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, ThinSample

pytestmark = pytest.mark.slow

SAMPLE, DISTANCE = "sample.transmission", "detection_path.distance"
DRAWS = 150
WARM_UP, NEWTON, CONJUGATE_GRADIENTS = 15, 6, 90
SIZE, HALF = 24, 4
Z = 0.6e-3


def _support() -> np.ndarray:
    inside = slice(SIZE // 2 - HALF, SIZE // 2 + HALF)
    support = np.zeros((SIZE, SIZE), bool)
    support[inside, inside] = True
    return support


def _instrument(*, delay: float, distance, noise) -> ImagingSystem:
    """Return the true instrument with a rough random sample within the support."""
    rng = np.random.default_rng(5)
    t = rng.uniform(0.35, 0.75, (SIZE, SIZE)) * np.exp(1j * delay * rng.uniform(-1, 1, (SIZE, SIZE)))
    path = FreeSpace(distance, AngularSpectrum(padding=(8, 8), reach=2 * Z))
    sample = ThinSample(np.where(_support(), t, 1.0))
    return ImagingSystem(PlaneWave(5e-7), Nothing(), sample, path, Camera((SIZE, SIZE), 5e-6), noise)


def _fits(problem, frames, starts):
    """Return the minimum each draw leads to, all draws in one program: L-BFGS, then Gauss-Newton to the last digit."""
    solver = LBFGS()

    def newton(question, z):
        within = lambda d: {path: question.unknowns[path].tangent(z[path], value) for path, value in d.items()}  # noqa: E731
        gradient = within(jax.grad(question.smooth_objective)(z))
        apply = lambda d: within(curvature(question, z, within(d)))  # noqa: E731
        move = jax.scipy.sparse.linalg.cg(apply, gradient, tol=1e-8, maxiter=CONJUGATE_GRADIENTS)[0]
        return jax.tree.map(jnp.subtract, z, move)

    def one(data, z):
        question = eqx.tree_at(lambda p: p.data, problem, data)
        step = lambda s, _: (solver.step(question, s, jnp.ones(()))[0], None)  # noqa: E731
        z = solver.coordinates(jax.lax.scan(step, solver.init(question, z), None, length=WARM_UP)[0])
        before = jax.lax.scan(lambda z, _: (newton(question, z), None), z, None, length=NEWTON)[0]
        return before, newton(question, before)

    return eqx.filter_jit(jax.vmap(one))(frames, starts)


def _pulls(true: ImagingSystem, unknowns: dict, loss, *, off: float = 0.02) -> np.ndarray:
    """Return (estimate − truth)/std of each unknown distance, shape (draw, distance)."""
    frames = jax.vmap(lambda key: true.simulate(key).values)(jax.random.split(jax.random.key(1), DRAWS))
    blank = eqx.tree_at(lambda s: s.sample.transmission, true, jnp.where(_support(), 0.5 + 0j, 1.0))
    problem = build(blank, frames[0], unknowns, loss=loss)
    start = problem.start()
    (path,) = [p for p in start if p.startswith(DISTANCE)]
    shift = 1 + off * np.random.default_rng(2).uniform(-1, 1, (DRAWS, *start[path].shape))
    starts = {name: jnp.broadcast_to(value, (DRAWS, *value.shape)) for name, value in start.items()}
    before, ends = _fits(problem, frames, starts | {path: starts[path] * shift})
    sizes = jnp.abs(jax.vmap(lambda z: problem.leaves(start | {SAMPLE: z})[SAMPLE])(ends[SAMPLE]))[:, _support()]
    assert 0.1 < float(jnp.min(sizes)) <= float(jnp.max(sizes)) < 0.95  # a bound that was met would narrow the bars
    pulls, last_moves = [], []
    for i in range(DRAWS):
        z = {name: value[i] for name, value in ends.items()}
        std = uncertainty(eqx.tree_at(lambda p: p.data, problem, frames[i]), z).std[path]
        found, earlier = (problem.leaves(start | {path: at[path][i]})[path] for at in (ends, before))
        pulls.append(np.ravel((found - problem.leaves(start)[path]) / std))
        last_moves.append(np.max(np.abs(found - earlier) / std))
    assert np.median(last_moves) < 0.05  # converged, against the error bar
    return np.asarray(pulls)


def _check(pulls: np.ndarray) -> None:
    for pull in pulls.T:
        within, almost = np.mean(np.abs(pull) < 1) * 100, np.mean(np.abs(pull) < 1.96) * 100
        print(f"68 %: {within:.1f}  95 %: {almost:.1f}  mean {pull.mean():+.2f}  rms {np.sqrt(np.mean(pull**2)):.3f}")
        assert abs(within - 68) <= 7
        assert abs(almost - 95) <= 4


@pytest.mark.usefixtures("float64")
def test_absorbing_sample_on_a_support():
    true = _instrument(delay=0.0, distance=Z, noise=Gaussian(0.01))
    _check(_pulls(true, {SAMPLE: Absorbing(support=_support()), DISTANCE: Free()}, losses.likelihood()))


@pytest.mark.usefixtures("float64")
def test_absorbing_sample_under_the_amplitude_loss():
    true = _instrument(delay=0.0, distance=Z, noise=Gaussian(0.01))
    _check(_pulls(true, {SAMPLE: Absorbing(support=_support()), DISTANCE: Free()}, losses.amplitude()))


@pytest.mark.usefixtures("float64")
def test_complex_sample_on_a_support_under_shot_noise():
    true = _instrument(delay=0.6, distance=Z, noise=Poisson(10000.0))
    _check(_pulls(true, {SAMPLE: Passive(support=_support()), DISTANCE: Free()}, losses.likelihood()))


@pytest.mark.usefixtures("float64")
def test_complex_sample_at_two_unknown_distances():
    true = _instrument(delay=0.6, distance=PerFrame([Z, 1.6 * Z]), noise=Gaussian(0.01))
    _check(_pulls(true, {SAMPLE: Passive(support=_support()), DISTANCE: Free()}, losses.likelihood()))
