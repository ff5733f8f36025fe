"""Solvers on problems whose answer is known, and the loop around them."""

from dataclasses import replace
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
import pytest
from models import Curve, Linear, mixed

from backlight.errors import InputError
from backlight.inverse import losses, regularizers
from backlight.inverse.alternate import Alternate
from backlight.inverse.curvature import largest_curvature
from backlight.inverse.drive import MAX_HALVINGS, drive
from backlight.inverse.first_order import LBFGS, Adam
from backlight.inverse.fista import FISTA
from backlight.inverse.frame_by_frame import FrameByFrame
from backlight.inverse.image_unknowns import Absorbing
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.problem import build
from backlight.inverse.scan import scan
from backlight.inverse.solver import Solver
from backlight.inverse.unknowns import Free, Gaussian, Interval
from backlight.inverse.variable_projection import VariableProjection, learned

pytestmark = pytest.mark.usefixtures("float64")


def _curve(noise: float = 0.0, **unknowns):
    data = Curve().predict().values + noise * np.random.default_rng(0).normal(size=(1, 1, 40))
    return build(Curve(1.0, 0.5, 0.0), data, unknowns or dict.fromkeys("abc", Free()), loss=losses.intensity())


def _quadratic(loss=None, unknown=None, terms=(), weight=None):
    """Return an image seen through a well-conditioned matrix, and the matrix and the frame."""
    rng = np.random.default_rng(1)
    matrix = np.eye(30, 20) + 0.1 * rng.normal(size=(30, 20))
    frame = matrix @ rng.uniform(-0.5, 1.5, 20)
    model = Linear(jnp.full((5, 4), 0.5), jnp.asarray(matrix))
    problem = build(
        model, frame[None, None], {"u": unknown or Free(scale=1.0)}, loss=loss or losses.intensity(), regularizers=terms
    )
    return problem, matrix, frame


def _separable():
    true = mixed(std=0.01)
    data = true.predict().values
    start = eqx.tree_at(lambda m: (m.u, m.theta), true, (jnp.full((15, 15), 0.5), jnp.asarray([0.1, 0.05])))
    return build(start, data, {"u": Free(scale=1.0), "theta": Free(scale=0.1)}, loss=losses.intensity()), true


class Memory:
    """A checkpoint kept in memory, through copies as a file would be."""

    def __init__(self, stop_after: int | None = None):
        self.kept, self.saves, self.stop_after = None, 0, stop_after

    def save(self, arrays):
        self.kept = {name: np.array(value) for name, value in arrays.items()}
        self.saves += 1
        if self.saves == self.stop_after:
            raise KeyboardInterrupt

    def load(self):
        return self.kept


SOLVERS = {
    "adam": Adam(rate=0.05, steps=400, decay=True),
    "lbfgs": LBFGS(steps=40),
    "fista": FISTA(steps=300),
}


@pytest.mark.slow
@pytest.mark.parametrize("solver", [*SOLVERS.values(), VariableProjection()], ids=[*SOLVERS, "variable projection"])
def test_all_blocks_are_one_program(solver, monkeypatch):
    """The model is not traced again after the first: what a block returns has the types that it takes."""
    problem = _separable()[0] if isinstance(solver, VariableProjection) else _quadratic()[0]
    model, traced, counts = type(problem.model), [], []
    predict = model.predict
    monkeypatch.setattr(model, "predict", lambda self: traced.append(self) or predict(self))
    drive(
        problem,
        replace(solver, steps=6, block=2),
        problem.start(),
        tolerance=0.0,
        callback=lambda progress: counts.append(len(traced)),
    )
    assert len(counts) == 3
    assert counts[0] == counts[-1] > 0


@pytest.mark.parametrize("name", SOLVERS)
def test_quadratic(name):
    problem, matrix, frame = _quadratic()
    outcome = drive(problem, SOLVERS[name], problem.start(), tolerance=0.0)
    exact = np.linalg.lstsq(matrix, frame, rcond=None)[0]
    np.testing.assert_allclose(np.ravel(outcome.z["u"]), exact, atol=2e-3 if name == "adam" else 1e-6)


@pytest.mark.parametrize("name", ["adam", "fista"])
def test_quadratic_within_bounds(name):
    rng = np.random.default_rng(1)
    matrix = np.eye(30, 20) + 0.1 * rng.normal(size=(30, 20))
    frame = matrix @ rng.uniform(-0.5, 1.5, 20)
    model = Linear(jnp.full((5, 4), 0.5 + 0j), jnp.asarray(matrix))
    problem = build(model, frame[None, None], {"u": Absorbing()}, loss=losses.intensity())
    z = np.ravel(drive(problem, SOLVERS[name], problem.start(), tolerance=0.0).z["u"])
    slope = matrix.T @ (matrix @ z - frame)
    assert np.all((z >= 0) & (z <= 1))
    assert np.all(np.abs(slope[(z > 1e-9) & (z < 1 - 1e-9)]) < 5e-3)
    assert np.all(slope[z <= 1e-9] > -5e-3)
    assert np.all(slope[z >= 1 - 1e-9] < 5e-3)


def test_fista_with_a_smooth_regularizer_much_steeper_than_the_data():
    term = regularizers.tikhonov("u", 50.0)
    problem, matrix, frame = _quadratic(terms=[term])
    outcome = drive(problem, FISTA(steps=200), problem.start(), tolerance=0.0)
    exact = np.linalg.solve(matrix.T @ matrix + 50 * np.eye(20), matrix.T @ frame)
    np.testing.assert_allclose(np.ravel(outcome.z["u"]), exact, atol=1e-6)


@pytest.mark.slow
def test_fista_with_total_variation_meets_a_gradient_method_on_the_rounded_form():
    term = regularizers.total_variation("u", 0.2, epsilon=1e-4)
    problem, _, _ = _quadratic(terms=[term])
    proximal = drive(problem, FISTA(steps=400), problem.start(), tolerance=0.0)
    smooth = drive(problem, LBFGS(steps=400), problem.start(), tolerance=0.0)
    np.testing.assert_allclose(proximal.z["u"], smooth.z["u"], atol=5e-3)


def test_largest_curvature():
    problem, matrix, _ = _quadratic()
    found = largest_curvature(problem, problem.start(), iterations=100)
    assert float(found) == pytest.approx(np.linalg.norm(matrix, 2) ** 2, rel=1e-6)


def test_levenberg_marquardt_recovers_a_curve_and_agrees_with_optimistix():
    problem = _curve(noise=0.01)
    outcome = drive(problem, LevenbergMarquardt(), problem.start(), tolerance=1e-14)
    residual = lambda p, _: p[0] * jnp.exp(-p[1] * problem.model.t) + p[2] - problem.data[0, 0]  # noqa: E731
    solver = optx.LevenbergMarquardt(rtol=1e-10, atol=1e-10)
    reference = optx.least_squares(residual, solver, jnp.asarray([1.0, 0.5, 0.0])).value
    found = problem.leaves(outcome.z)
    np.testing.assert_allclose([found[p] for p in "abc"], reference, rtol=1e-6)
    np.testing.assert_allclose([found[p] for p in "abc"], [2.0, 1.3, 0.4], atol=0.03)
    assert outcome.status == "converged"


def test_levenberg_marquardt_weighs_priors():
    problem = _curve(a=Gaussian(1e-4, mean=1.7), b=Free(), c=Free())
    outcome = drive(problem, LevenbergMarquardt(), problem.start())
    assert float(problem.leaves(outcome.z)["a"]) == pytest.approx(1.7, abs=1e-3)


@pytest.mark.parametrize("options", [{"loss": losses.huber()}, {"terms": [regularizers.tikhonov("u", 1.0)]}])
def test_levenberg_marquardt_refuses_what_is_no_least_squares(options):
    problem, _, _ = _quadratic(**options)
    with pytest.raises(InputError, match="LBFGS"):
        drive(problem, LevenbergMarquardt(), problem.start())


def test_variable_projection_on_separable_least_squares():
    problem, true = _separable()
    outcome = drive(problem, VariableProjection(steps=25), problem.start(), tolerance=0.0)
    np.testing.assert_allclose(problem.leaves(outcome.z)["theta"], true.theta, atol=1e-4)
    np.testing.assert_allclose(outcome.z["u"], true.u, atol=1e-3)


@pytest.mark.slow
def test_variable_projection_takes_back_a_step_that_raises_the_objective():
    problem, _ = _separable()
    solver = VariableProjection(warm_up=0)
    step = eqx.filter_jit(lambda state: solver.step(problem, state, jnp.ones(())))
    state, met = step(solver.init(problem, problem.start()))
    far = jnp.asarray([30.0, -20.0])
    following, worse = step(state._replace(move=far))
    assert worse > met == following.objective
    for kept, before in zip(jax.tree.leaves((following.image, following.theta)),
                            jax.tree.leaves((state.image, state.theta)), strict=True):  # fmt: skip
        np.testing.assert_array_equal(kept, before)
    assert far @ following.curvature @ far >= 2 * (far @ state.curvature @ far)


def test_curvature_is_learned_where_objective_and_gradient_agree():
    """On a parabola the secant holds; what the image's settling adds to the fall of the objective teaches nothing."""
    true, guess = jnp.asarray([[3.0, 1.0], [1.0, 2.0]]), jnp.eye(2)
    before, move = jnp.asarray([-1.0, 0.4]), jnp.asarray([0.3, -0.2])
    after, rise = before + true @ move, before @ move + 0.5 * move @ true @ move
    np.testing.assert_allclose(learned(guess, move, rise, before, after) @ move, true @ move, rtol=1e-12)
    np.testing.assert_array_equal(learned(guess, move, rise - 1.0, before, after), guess)
    raised = learned(guess, move, jnp.asarray(1.0), before, before)
    np.testing.assert_allclose(move @ raised @ move, 2 * move @ move, rtol=1e-12)


@pytest.mark.parametrize("fresh", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_alternate_on_separable_least_squares(fresh):
    problem, true = _separable()
    solver = Alternate(((("theta",), LevenbergMarquardt(), 3), ((), FISTA(), 15)), steps=60, fresh=fresh)
    outcome = drive(problem, solver, problem.start(), tolerance=0.0)
    np.testing.assert_allclose(problem.leaves(outcome.z)["theta"], true.theta, atol=2e-3)
    assert np.all(np.diff(outcome.history["objective"]) < 1e-9)


@pytest.mark.slow
def test_alternate_with_regularizer_on_the_other_block():
    plain, _ = _separable()
    terms = [regularizers.total_variation("u", 1e-3)]
    problem = build(plain.model, plain.data, plain.unknowns, loss=plain.loss, regularizers=terms)
    solver = Alternate(((("u",), FISTA(), 10), (("theta",), LevenbergMarquardt(), 2)), steps=5)
    objective = drive(problem, solver, problem.start()).history["objective"]
    assert objective[-1] < 0.1 * objective[0]


@pytest.mark.parametrize("blocks", [((("theta",), Adam(), 1),), ((("u",), Adam(), 1), (("u", "theta"), Adam(), 1))])
def test_alternate_blocks_must_share_the_unknowns_out(blocks):
    problem, _ = _separable()
    with pytest.raises(InputError, match="blocks"):
        drive(problem, Alternate(blocks), problem.start())


RESUMED = {
    "adam": (_curve, Adam(steps=60, block=10, decay=True)),
    "lbfgs": (_curve, LBFGS(steps=20, block=4)),
    "levenberg-marquardt": (lambda: _curve(noise=0.05), LevenbergMarquardt(steps=8, block=2)),
    "fista": (lambda: _quadratic(terms=[regularizers.total_variation("u", 0.1)])[0], FISTA(steps=50, block=10)),
    "variable projection": (lambda: _separable()[0], VariableProjection(steps=6, inner=5)),
    "alternate": (
        lambda: _separable()[0],
        Alternate(((("theta",), LevenbergMarquardt(), 2), ((), LBFGS(), 3)), steps=4),
    ),
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in ("alternate", "variable projection"))) for n in RESUMED]
)
def test_resume_is_bit_identical(name):
    make, solver = RESUMED[name]
    problem = make()
    whole = drive(problem, solver, problem.start(), tolerance=0.0)
    memory = Memory(stop_after=2)
    cut = drive(problem, solver, problem.start(), tolerance=0.0, checkpoint=memory)
    assert cut.iterations < whole.iterations
    resumed = drive(problem, solver, problem.start(), tolerance=0.0, checkpoint=memory)
    assert resumed.reason == whole.reason
    assert resumed.iterations == whole.iterations
    for path in whole.z:
        np.testing.assert_array_equal(resumed.z[path], whole.z[path])
    for one, other in zip(jax.tree.leaves(resumed.state), jax.tree.leaves(whole.state), strict=True):
        np.testing.assert_array_equal(one, other)
    for trace in whole.history:
        np.testing.assert_array_equal(resumed.history[trace], whole.history[trace])


def test_stop_reasons():
    problem = _curve()
    limit = drive(problem, Adam(steps=10, block=5), problem.start(), tolerance=0.0)
    assert limit.status == "stopped"
    assert "10 iterations" in limit.reason
    assert limit.history["objective"].shape == (10,)
    assert limit.history["b"][0] == 0.5
    late = drive(problem, Adam(), problem.start(), time_limit=0.0)
    assert late.status == "stopped"
    assert "time limit" in late.reason
    done = drive(_curve(noise=0.01), LBFGS(steps=500), problem.start())
    assert done.status == "converged"
    assert done.iterations < 500


def test_one_step_is_a_step():
    problem, _, _ = _quadratic()
    outcome = drive(problem, Adam(steps=1), problem.start())
    assert problem.smooth_objective(outcome.z) < problem.smooth_objective(problem.start())


def test_total_variation_falls_at_every_stage():
    problem, _, _ = _quadratic(terms=[regularizers.total_variation("u", 0.3)])
    objective = drive(problem, FISTA(steps=300), problem.start(), tolerance=0.0).history["objective"]
    assert objective[-1] == pytest.approx(objective.min(), rel=1e-5)


def test_ctrl_c_after_the_last_step_changes_nothing():
    def callback(progress):
        if progress.iteration == progress.total:
            raise KeyboardInterrupt

    problem = _curve()
    outcome = drive(problem, Adam(steps=10, block=5), problem.start(), callback=callback)
    assert outcome.iterations == 10
    assert "the limit" in outcome.reason


def test_ctrl_c_in_the_callback_keeps_the_best():
    problem, seen = _curve(), []

    def callback(progress):
        seen.append(progress)
        if len(seen) == 3:
            raise KeyboardInterrupt

    outcome = drive(problem, Adam(block=5), problem.start(), callback=callback)
    assert outcome.status == "stopped"
    assert "user" in outcome.reason
    assert outcome.iterations == 15
    assert float(problem.smooth_objective(outcome.z)) < outcome.history["objective"].min(), "the last step counts"
    assert seen[-1].objective == pytest.approx(outcome.history["objective"].min())
    assert [p.iteration for p in seen] == [5, 10, 15]
    assert set(seen[-1].values) == {"a", "b", "c"}


class Runaway(Solver):
    """Walk along z; NaN where a step is longer than `longest`."""

    longest: float
    steps: int = 30
    block: int = 5

    def init(self, problem, z):
        return z

    def step(self, problem, state, damping):
        far = (state["b"] > 0.6) & (damping > self.longest)
        moved = state["b"] + jnp.where(far, jnp.nan, 0.02 * damping)
        return state | {"b": moved}, problem.smooth_objective(state)

    def coordinates(self, state):
        return state


def test_a_number_that_is_not_finite_halves_the_step_and_goes_on():
    problem = _curve(b=Free(scale=1.0))
    outcome = drive(problem, Runaway(0.3), problem.start(), tolerance=0.0)
    assert outcome.iterations == 30
    assert np.all(np.isfinite(outcome.history["objective"]))
    assert np.isfinite(outcome.z["b"])


def test_divergence_ends_with_a_reason_and_the_best_finite_state():
    problem = _curve(b=Free(scale=1.0))
    outcome = drive(problem, Runaway(0.0), problem.start(), tolerance=0.0)
    assert outcome.status == "diverged"
    assert f"halved {MAX_HALVINGS} times" in outcome.reason
    assert outcome.iterations == 5
    assert np.isfinite(outcome.z["b"])
    assert float(problem.smooth_objective(outcome.z)) == pytest.approx(outcome.history["objective"].min())


@pytest.mark.parametrize("solver", [Adam(rate=1e300), LBFGS(), LevenbergMarquardt(), FISTA()])
def test_a_nan_objective_from_the_start_keeps_the_start(solver):
    problem = eqx.tree_at(lambda p: p.data, _curve(), jnp.full((1, 1, 40), jnp.nan))
    outcome = drive(problem, solver, problem.start())
    assert outcome.status == "diverged"
    for path, value in problem.start().items():
        np.testing.assert_array_equal(outcome.z[path], value)


def test_scan_finds_the_highest_of_many_valleys():
    score = lambda x: jnp.cos(40 * x) - 3 * (x - 0.62) ** 2  # noqa: E731
    found = scan(score, 0.0, 1.0, count=41)
    xs = np.linspace(0, 1, 200001)
    assert found.best == pytest.approx(xs[np.argmax(np.cos(40 * xs) - 3 * (xs - 0.62) ** 2)], abs=1e-4)
    assert found.values.shape == found.scores.shape == (82,)
    assert np.all(np.diff(found.values) >= 0)


@pytest.mark.parametrize("top", [0.0, 0.03, 0.97, 1.0])
def test_scan_at_the_ends(top):
    assert scan(lambda x: -((x - top) ** 2), 0.0, 1.0, count=11).best == pytest.approx(top, abs=1e-6)


def test_scan_passes_over_nan():
    found = scan(lambda x: jnp.where(x < 0.3, jnp.nan, -((x - 0.5) ** 2)), 0.0, 1.0)
    assert found.best == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("wrong", [{"low": 1.0, "high": 0.0}, {"low": 0.0, "high": 1.0, "count": 2}])
def test_scan_refuses_nonsense(wrong):
    with pytest.raises(InputError, match="scan"):
        scan(lambda x: x, **wrong)


def test_interval_unknowns_never_leave_their_bounds():
    problem = _curve(b=Interval(0.4, 0.9))
    outcome = drive(problem, LBFGS(), problem.start())
    assert outcome.history["b"].min() >= 0.4
    assert float(problem.leaves(outcome.z)["b"]) == pytest.approx(0.4, abs=1e-3)


def test_a_frame_is_followed_frame_by_frame_as_far_as_it_counts():
    """One number, which starts as the bright frame shows it; the dark one, met last, shows another."""

    class Twice(eqx.Module):
        level: jax.Array

        def predict(self, frames=None):
            return SimpleNamespace(values=jnp.broadcast_to(self.level, (2 if frames is None else len(frames), 1, 2)))

    def moved(weight):
        frames = jnp.stack([jnp.full((1, 2), 1.0), jnp.full((1, 2), 0.25)])
        weights = jnp.stack([jnp.ones((1, 2)), jnp.full((1, 2), weight)])
        problem = build(Twice(jnp.asarray(1.0)), frames, {"level": Free()}, loss=losses.amplitude(), weights=weights)
        return float(FrameByFrame(steps=1).step(problem, problem.start(), jnp.ones(()))[0]["level"]) - 1

    assert moved(1e-4) == pytest.approx(1e-4 * moved(1.0), rel=0.05)
