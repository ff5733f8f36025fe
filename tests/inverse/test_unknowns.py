"""Maps between leaves and coordinates; what is allowed; paths; how a question is checked."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import Curve, Linear

from backlight.errors import InputError
from backlight.inverse import image_unknowns, losses, regularizers, unknowns
from backlight.inverse.problem import build
from backlight.inverse.tree import get_leaf, leaf_paths, resolve, set_leaves
from backlight.inverse.unknowns import pack, unpack

pytestmark = pytest.mark.usefixtures("float64")

RNG = np.random.default_rng(0)
COMPLEX = 0.6 * np.exp(1j * RNG.uniform(-3, 3, (5, 4))) * RNG.uniform(0.3, 1, (5, 4))
REAL = RNG.uniform(0.2, 0.9, (5, 4))
SUPPORT = np.zeros((5, 4), bool)
SUPPORT[1:4, 1:3] = True

CASES = {
    "free complex": (unknowns.Free(), COMPLEX),
    "free real": (unknowns.Free(), np.asarray([3e-3, -1e-3])),
    "free at zero": (unknowns.Free(), np.zeros(3)),
    "free with a scale": (unknowns.Free(scale=1e-2), np.asarray(0.5)),
    "positive": (unknowns.Positive(), np.asarray([1e-3, 4.0])),
    "interval": (unknowns.Interval(38e-3, 45e-3), np.asarray(41e-3)),
    "gaussian": (unknowns.Gaussian(0.1, mean=2), np.asarray([1.9, 2.3])),
    "gaussian at its start": (unknowns.Gaussian([0.1, 0.2]), np.asarray([1.9, 2.3])),
    "gaussian complex": (unknowns.Gaussian(0.1), COMPLEX),
    "half gaussian": (unknowns.HalfGaussian([0.1, 0.2]), np.asarray([0.1, 0.3])),
    "common": (unknowns.Common(unknowns.Free()), np.asarray([5e-6, 6e-6])),
    "common interval": (unknowns.Common(unknowns.Interval(4e-6, 6e-6)), np.asarray([5e-6, 6e-6])),
    "passive": (image_unknowns.Passive(), COMPLEX),
    "absorbing": (image_unknowns.Absorbing(), REAL + 0j),
    "unit modulus": (image_unknowns.UnitModulus(), COMPLEX / np.abs(COMPLEX)),
    "passive on a support": (image_unknowns.Passive(support=SUPPORT), np.where(SUPPORT, COMPLEX, 1.0)),
    "absorbing on a support": (image_unknowns.Absorbing(support=SUPPORT, outside=0.0), np.where(SUPPORT, REAL, 0) + 0j),
}


def _case(name):
    unknown, leaf = CASES[name]
    return unknown, jnp.asarray(leaf)


@pytest.mark.parametrize("name", CASES)
def test_round_trip(name):
    unknown, leaf = _case(name)
    z = unknown.coordinates(leaf, leaf)
    assert not jnp.iscomplexobj(z)
    back = unknown.leaf(z, leaf)
    assert back.shape == leaf.shape
    assert back.dtype == leaf.dtype
    np.testing.assert_allclose(back, leaf, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(unknown.coordinates(back, leaf), z, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(unknown.project(z), z, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_projection_is_idempotent_and_the_nearest(name):
    unknown, leaf = _case(name)
    z = unknown.coordinates(leaf, leaf)
    rng = np.random.default_rng(1)
    wild = z + 2 * jnp.asarray(rng.normal(size=z.shape))
    nearest = unknown.project(wild)
    np.testing.assert_allclose(unknown.project(nearest), nearest, atol=1e-12)
    for _ in range(50):
        other = unknown.project(z + 2 * jnp.asarray(rng.normal(size=z.shape)))
        assert jnp.linalg.norm(nearest - wild) <= jnp.linalg.norm(other - wild) + 1e-9


@pytest.mark.parametrize("name", CASES)
def test_tangent_is_an_orthogonal_projection(name):
    unknown, leaf = _case(name)
    rng = np.random.default_rng(2)
    z = unknown.coordinates(leaf, leaf)
    z = unknown.project(z + jnp.asarray(rng.normal(size=z.shape)))
    a, b = (jnp.asarray(rng.normal(size=z.shape)) for _ in range(2))
    once = unknown.tangent(z, a)
    np.testing.assert_allclose(unknown.tangent(z, once), once, atol=1e-12)
    np.testing.assert_allclose(jnp.vdot(once, b), jnp.vdot(a, unknown.tangent(z, b)), atol=1e-12)


def test_a_tangent_step_stays_within_the_constraint_to_first_order():
    z = pack(jnp.exp(1j * jnp.linspace(0, 3, 6)).reshape(2, 3) * jnp.asarray([[1.0, 0.5, 1.0]]))
    direction = image_unknowns.Passive().tangent(z, jnp.asarray(RNG.normal(size=z.shape)))
    for sign in (-1, 1):
        assert float(jnp.max(jnp.abs(unpack(z + sign * 1e-4 * direction)))) < 1 + 1e-7


def test_bounds_hold_far_out():
    leaf = jnp.asarray(41e-3)
    interval = unknowns.Interval(38e-3, 45e-3)
    for z in (-50.0, 50.0):
        assert 38e-3 <= float(interval.leaf(jnp.asarray(z), leaf)) <= 45e-3
    assert float(unknowns.Positive().leaf(jnp.asarray(-50.0), leaf)) > 0
    start = interval.leaf(interval.coordinates(jnp.asarray(60e-3), leaf), leaf)
    assert 44.9e-3 < float(start) < 45e-3


def test_samples_obey_what_is_known():
    z = jnp.asarray(np.random.default_rng(3).normal(size=(2, 5, 4)) * 2)
    passive = image_unknowns.Passive(support=SUPPORT)
    t = passive.leaf(passive.project(z), jnp.asarray(COMPLEX))
    assert float(jnp.max(jnp.abs(t))) <= 1 + 1e-12
    np.testing.assert_array_equal(t[~SUPPORT], 1.0)
    absorbing = image_unknowns.Absorbing()
    t = absorbing.leaf(absorbing.project(z[0]), jnp.asarray(COMPLEX))
    assert float(jnp.max(jnp.abs(t.imag))) == 0
    assert float(jnp.min(t.real)) >= 0
    assert float(jnp.max(t.real)) <= 1
    np.testing.assert_allclose(jnp.abs(image_unknowns.UnitModulus().leaf(z[0], jnp.asarray(COMPLEX))), 1.0)


def test_gaussian_prior_is_half_the_squared_number_of_standard_deviations():
    prior, leaf = unknowns.Gaussian(0.5, mean=1.0), jnp.asarray([2.0, 0.5])
    z = prior.coordinates(leaf, leaf)
    assert float(prior.penalty(z)) == pytest.approx(0.5 * (4 + 1))
    common = unknowns.Common(prior)
    assert float(common.penalty(common.coordinates(leaf, leaf))) == pytest.approx(2.0)
    assert float(unknowns.Free().penalty(z)) == 0


def test_common_keeps_the_ratio():
    leaf = jnp.asarray([5e-6, 6e-6])
    moved = unknowns.Common(unknowns.Free()).leaf(jnp.asarray(2.0), leaf)
    np.testing.assert_allclose(moved, 2 * leaf)


def test_coordinates_of_real_leaves_are_of_order_one():
    leaf = jnp.asarray([3e-3, -1e-3])
    assert float(jnp.max(jnp.abs(unknowns.Free().coordinates(leaf, leaf)))) == 1


def test_which_coordinates_are_the_leaf_itself():
    assert unknowns.Free().is_leaf(jnp.asarray(COMPLEX))
    assert not unknowns.Free().is_leaf(jnp.asarray(REAL))
    assert unknowns.Free(scale=1.0).is_leaf(jnp.asarray(REAL))
    assert image_unknowns.Passive().is_leaf(jnp.asarray(COMPLEX))
    assert not image_unknowns.UnitModulus().is_leaf(jnp.asarray(COMPLEX))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: unknowns.Interval(2.0, 1.0), "low < high"),
        (lambda: unknowns.Gaussian(0.0), "std"),
        (lambda: unknowns.Positive().coordinates(jnp.asarray(-1.0), jnp.asarray(-1.0)), "above zero"),
    ],
)
def test_nonsense_is_refused(call, word):
    with pytest.raises(InputError, match=word):
        call()


def test_every_knowledge_has_words():
    for name, (unknown, _) in CASES.items():
        assert bool(unknown.knowledge) != name.startswith(("free", "common")) or name == "common interval"
    assert "support" in image_unknowns.Passive(support=SUPPORT).knowledge
    assert "a" in unknowns.Tied(("a",), lambda a: a).knowledge


class Nested(eqx.Module):
    part: Curve
    other: dict
    pair: list


def _nested() -> Nested:
    return Nested(Curve(), {"gain": jnp.ones(())}, [jnp.zeros(2), jnp.ones(2)])


def test_paths_name_every_leaf_and_set_it():
    tree = _nested()
    assert set(leaf_paths(tree)) == {"part.a", "part.b", "part.c", "part.t", "other.gain", "pair.0", "pair.1"}
    moved = set_leaves(tree, {"part.b": jnp.asarray(7.0), "pair.1": jnp.zeros(2)})
    assert float(get_leaf(moved, "part.b")) == 7
    assert float(jnp.sum(moved.pair[1])) == 0
    assert float(moved.part.a) == float(tree.part.a)


def test_a_mistyped_path_is_answered_with_the_closest_names():
    tree = _nested()
    assert resolve(tree, "other") == "other.gain"
    with pytest.raises(InputError, match=r"'other\.gain'"):
        resolve(tree, "other.gian")
    with pytest.raises(InputError, match="several"):
        resolve(tree, "part")


def _problem(table, model=None, data=None, **options):
    model = model or Curve()
    data = model.predict().values if data is None else data
    return build(model, data, table, loss=losses.intensity(), **options)


@pytest.mark.parametrize(
    ("table", "options", "word"),
    [
        ({}, {}, "unknowns"),
        ({"aa": unknowns.Free()}, {}, "no such leaf"),
        ({"a": unknowns.Free()}, {"data": jnp.zeros((1, 2, 3))}, "shape"),
        ({"a": unknowns.Free()}, {"data": jnp.full((1, 1, 40), jnp.nan)}, "40 NaN"),
        ({"a": unknowns.Free()}, {"regularizers": [regularizers.tikhonov("b", 1.0)]}, "not unknown"),
        ({"a": unknowns.Tied(("bb",), lambda b: b), "b": unknowns.Free()}, {}, "bb"),
        ({"a": unknowns.Tied(("b",), lambda b: b)}, {}, "nothing to find"),
        ({"a": unknowns.Tied(("b",), lambda b: b), "b": unknowns.Tied(("c",), lambda c: c)}, {}, "tied"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(table, options, word):
    with pytest.raises(InputError, match=word):
        _problem(table, **options)


def test_a_support_must_have_the_sample_s_shape():
    model = Linear(jnp.asarray(COMPLEX), jnp.ones((3, 20)))
    with pytest.raises(InputError, match="support of u"):
        _problem({"u": image_unknowns.Passive(support=np.ones((3, 3)))}, model)


def test_masked_pixels_may_be_anything():
    model = Curve()
    data = model.predict().values.at[0, 0, 3].set(jnp.nan)
    problem = _problem({"a": unknowns.Free()}, model, data, weights=jnp.isfinite(data))
    assert float(problem.data_term(problem.start())) == 0
    assert float(jax.grad(problem.smooth_objective)(problem.start())["a"]) == 0


def test_frames_without_a_frame_axis_are_one_frame():
    assert _problem({"a": unknowns.Free()}, data=jnp.zeros((1, 40))).data.shape == (1, 1, 40)


def test_tied_leaves_follow():
    problem = _problem({"b": unknowns.Free(), "c": unknowns.Tied(("b", "a"), lambda b, a: a - b)})
    z = problem.start()
    assert set(z) == {"b"}
    moved = problem.assemble({"b": z["b"] * 2})
    assert float(moved.c) == pytest.approx(2.0 - 2.6)
    held = problem.restricted(z, ())
    assert float(held.assemble({}).c) == pytest.approx(2.0 - 1.3)


def test_restricted_holds_the_others():
    problem = _problem({"a": unknowns.Free(), "b": unknowns.Gaussian(0.1, mean=1.0)})
    z = problem.start() | {"b": jnp.asarray(2.0)}
    part = problem.restricted(z, ("a",))
    assert set(part.start()) == {"a"}
    assert float(part.assemble({"a": z["a"]}).b) == pytest.approx(1.2)
    assert float(part.data_term({"a": z["a"]})) == pytest.approx(float(problem.data_term(z)))
    again = part.restricted({"a": z["a"]}, ())
    assert float(again.data_term({})) == pytest.approx(float(problem.data_term(z)))


def test_the_objective_is_the_sum_of_its_parts():
    model = Linear(jnp.asarray(REAL), jnp.asarray(RNG.normal(size=(7, 20))))
    term = regularizers.tikhonov("u", 0.3)
    problem = _problem({"u": unknowns.Gaussian(0.2, mean=0.5)}, model, jnp.zeros((1, 1, 7)), regularizers=[term])
    z = problem.start()
    by_hand = (
        0.5 * np.sum(np.asarray(model.matrix @ np.ravel(REAL)) ** 2)
        + 0.15 * np.sum(np.asarray(REAL) ** 2)
        + 0.5 * np.sum(((np.asarray(REAL) - 0.5) / 0.2) ** 2)
    )
    assert float(problem.smooth_objective(z)) == pytest.approx(by_hand)


def test_only_a_single_proximal_term_on_plain_coordinates_acts_by_its_step():
    term, model = regularizers.total_variation("u", 1.0), Linear(jnp.asarray(COMPLEX), jnp.ones((3, 20)))
    assert _problem({"u": image_unknowns.Passive()}, model, regularizers=[term]).proximal("u") is not None
    assert _problem({"u": image_unknowns.UnitModulus()}, model, regularizers=[term]).proximal("u") is None
    assert _problem({"u": image_unknowns.Passive()}, model, regularizers=[term, term]).proximal("u") is None
    scaled = Linear(5 * jnp.asarray(REAL), jnp.ones((3, 20)))
    assert _problem({"u": unknowns.Free()}, scaled, regularizers=[term]).proximal("u") is None


def test_what_is_not_below_zero_is_projected_there():
    half = unknowns.HalfGaussian(0.5)
    z = half.project(jnp.asarray([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(z, [0.0, 0.0, 2.0])
    np.testing.assert_array_equal(half.leaf(z, z), [0.0, 0.0, 1.0])
    assert float(half.penalty(z)) == pytest.approx(2.0)
