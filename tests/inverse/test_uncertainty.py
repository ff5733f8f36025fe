"""Error bars against dense linear algebra; what frames cannot tell, in words, before any frame exists."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from models import Curve, mixed

from backlight.camera import Camera, Gaussian
from backlight.inverse import losses, regularizers, unknowns
from backlight.inverse.curvature import curvature
from backlight.inverse.estimate import estimate
from backlight.inverse.identifiability import identifiability
from backlight.inverse.image_unknowns import Absorbing, Passive
from backlight.inverse.marginal import marginal_curvature
from backlight.inverse.problem import build
from backlight.inverse.quality import assess
from backlight.inverse.uncertainty import uncertainty
from backlight.inverse.unknowns import Common, Free
from backlight.inverse.untold import correlated
from backlight.systems import ImagingSystem, PerFrame
from backlight.systems.imaging_system import Nothing
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, SphericalWave, ThinSample

SAMPLE, DISTANCE = "sample.transmission", "detection_path.distance"


def _mixed(loss, *, terms=(), theta=None, noise=True):
    true = mixed()
    frames = true.predict().values + 0.1 * np.random.default_rng(3).normal(size=(1, 1, 400))
    model = true if noise else eqx.tree_at(lambda m: m.noise, true, None)
    table = {"u": Free(scale=1.0), "theta": theta or Free(scale=0.1)}
    return build(model, frames, table, loss=loss, regularizers=terms)


def _dense(problem, z) -> tuple[np.ndarray, int]:
    """Return the whole curvature, column by column, θ first."""
    flat, unravel = ravel_pytree(z)
    columns = jax.lax.map(lambda e: ravel_pytree(curvature(problem, z, unravel(e)))[0], jnp.eye(flat.size))
    return np.asarray(columns), z["theta"].size


CASES = {
    "likelihood": {"loss": losses.likelihood()},
    "likelihood and prior": {"loss": losses.likelihood(), "theta": unknowns.Gaussian(0.02)},
    "likelihood and tikhonov": {"loss": losses.likelihood(), "terms": (regularizers.tikhonov("u", 20.0),)},
    "likelihood and total variation": {"loss": losses.likelihood(), "terms": (regularizers.total_variation("u", 3.0),)},
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (i != 1)) for i, name in enumerate(CASES)]
)
def test_std_is_the_square_root_of_the_dense_inverse(name):
    problem = _mixed(**CASES[name])
    z = problem.start()
    dense, count = _dense(problem, z)
    np.testing.assert_allclose(dense, dense.T, atol=1e-8)
    covariance = np.linalg.inv(dense)[:count, :count]
    schur = marginal_curvature(problem, z, ("theta",), iterations=300, rtol=1e-9)
    np.testing.assert_allclose(schur, np.linalg.inv(covariance), rtol=1e-6)
    against = jax.grad(lambda z: problem.data_term(z) + problem.prior(z))(z)  # what regularizers pull against
    pulled = np.linalg.solve(dense, ravel_pytree(against)[0])[:count] * bool(problem.regularizers)
    covariance += np.outer(pulled, pulled)
    size = 0.02 if "prior" in name else 0.1
    found = uncertainty(problem, z, iterations=300)
    rtol = 1e-4 if problem.regularizers else 1e-5  # the pull is of first order in what conjugate gradients leave
    np.testing.assert_allclose(found.std["theta"], size * np.sqrt(np.diag(covariance)), rtol=rtol)
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    np.testing.assert_allclose(found.correlation, correlation, atol=1e-5)
    assert found.identifiable == {"theta": True}


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_a_least_squares_loss_gives_the_bars_of_the_likelihood():
    bars = [
        uncertainty(p, p.start(), iterations=300).std["theta"]
        for p in (_mixed(losses.likelihood()), _mixed(losses.intensity()))
    ]
    np.testing.assert_allclose(bars[0], bars[1], rtol=0.15)


@pytest.mark.usefixtures("float64")
def test_without_a_noise_model_the_residual_tells_the_scale():
    problem = _mixed(losses.intensity(), noise=False)
    z = problem.start()
    dense, count = _dense(problem, z)
    residual = np.asarray(problem.predict(z) - problem.data)
    covariance = np.mean(residual**2) * np.linalg.inv(dense)[:count, :count]
    found = uncertainty(problem, z, iterations=300).std["theta"]
    np.testing.assert_allclose(found, 0.1 * np.sqrt(np.diag(covariance)), rtol=1e-5)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("std", "expected"), [(1e-3, 1e-3), (1e3, None)])
def test_a_prior_is_not_scaled_by_a_loss_without_unit(std, expected):
    model = eqx.tree_at(lambda m: m.a, Curve(), jnp.asarray(2.0))
    frames = model.predict().values + 0.3 * np.random.default_rng(0).normal(size=(1, 1, 40))
    problem = build(model, frames, {"a": unknowns.Gaussian(std)}, loss=losses.intensity())
    found = float(uncertainty(problem, problem.start()).std["a"])
    seen = np.exp(-1.3 * np.asarray(model.t))
    alone = np.sqrt(np.mean((np.asarray(frames - model.predict().values)) ** 2) / np.sum(seen**2))
    assert found == pytest.approx(alone if expected is None else expected, rel=1e-3)


@pytest.mark.usefixtures("float64")
def test_parameters_alone_and_images_alone():
    frames = Curve().predict().values
    signs = np.random.default_rng(0).choice([-0.1, 0.1], frames.shape)
    problem = build(Curve(), frames + signs, {"a": Free(), "b": Free()}, loss=losses.intensity())
    flat = lambda z: ravel_pytree(problem.fisher_root(z))[0]  # noqa: E731
    jacobian = np.stack([np.asarray(x) for x in jax.jacobian(flat)(problem.start()).values()], axis=1)
    covariance = 0.01 * np.linalg.inv(jacobian.T @ jacobian)
    found = uncertainty(problem, problem.start())
    np.testing.assert_allclose([found.std["a"] / 2.0, found.std["b"] / 1.3], np.sqrt(np.diag(covariance)), rtol=1e-6)
    true = mixed()
    image = build(true, true.predict().values, {"u": Free(scale=1.0)}, loss=losses.likelihood())
    assert uncertainty(image, image.start()) is None


def test_quality_of_a_good_and_of_a_bad_fit():
    true = mixed(std=0.1)
    frames = true.predict().values + 0.1 * np.random.default_rng(3).normal(size=(1, 1, 400))
    problem = build(true, frames, {"u": Free(scale=1.0)}, loss=losses.likelihood())
    good = assess(problem, problem.start())
    assert good.white
    assert good.reduced_chi2 == pytest.approx(1, abs=0.25)
    bad = assess(problem, {"u": problem.start()["u"] * 0 + 0.5 + jnp.linspace(0, 2, 225).reshape(15, 15)})
    assert not bad.white
    assert bad.reduced_chi2 > 10
    assert bad.nrmse_amplitude > good.nrmse_amplitude


def _instrument(*, distance=1.2e-3, source=None, gray=False) -> ImagingSystem:
    size = 32
    beam = PlaneWave(5e-7) if source is None else SphericalWave(5e-7, source)
    values = np.random.default_rng(0).uniform(0.3, 0.8, (size, size)) if gray else np.ones((size, size))
    path = FreeSpace(distance, AngularSpectrum(reach=1.2e-3))
    return ImagingSystem(beam, Nothing(), ThinSample(values), path, Camera((20, 20), 5e-6), Gaussian(0.01))


def _support() -> np.ndarray:
    support = np.zeros((32, 32), bool)
    support[10:22, 10:22] = True
    return support


def test_numbers_that_go_together_are_named_in_one_sentence():
    names = (*(f"gains[{i}]" for i in range(6)), "tilt", "shift", "alone")
    correlation = np.eye(9)
    correlation[:6, :6] += 0.98 * (1 - np.eye(6))
    correlation[6, 7] = correlation[7, 6] = -0.97
    assert correlated(names, correlation) == [
        "gains[0], gains[1], gains[2] and 3 others are hard to tell apart: errors are correlated by 0.980 and more.",
        "tilt and shift are hard to tell apart: their errors are correlated by -0.970.",
    ]
    assert correlated((), np.zeros((0, 0))) == []


def test_a_free_sample_hides_the_distance():
    found = identifiability(_instrument(), {SAMPLE: Free(), DISTANCE: Free()})
    assert found.identifiable == {DISTANCE: False}
    assert np.isnan(found.std[DISTANCE])
    (sentence,) = found.sentences
    assert sentence.startswith("Not identifiable: any change of detection_path.distance can be undone")
    for word in (SAMPLE, "passive", "absorbing", "phase", "support", "sparse", "wavelength", "distance", "prior"):
        assert word in sentence


@pytest.mark.slow
def test_words_do_not_advise_what_is_known_already():
    (sentence,) = identifiability(_instrument(), {SAMPLE: Passive(), DISTANCE: Free()}).sentences
    assert "Known of the sample so far: passive" in sentence
    assert "know it to be passive" not in sentence


@pytest.mark.slow
def test_a_real_sample_on_a_support_tells_the_distance():
    found = identifiability(_instrument(), {SAMPLE: Absorbing(support=_support()), DISTANCE: Free()})
    assert found.identifiable == {DISTANCE: True}
    assert 1e-8 < float(found.std[DISTANCE]) < 2e-5
    assert found.sentences == ()


@pytest.mark.slow
def test_pitch_against_distance():
    table = {SAMPLE: Absorbing(support=_support()), DISTANCE: Free(), "camera.pitch": Common(Free())}
    found = identifiability(_instrument(), table)
    assert found.identifiable == {DISTANCE: False, "camera.pitch": False}
    assert found.sentences == (
        "Not identifiable: changing camera.pitch by +0.5 % together with detection_path.distance by +1 % "
        "leaves the frames as they are. To mend it: fix one of them, or give it a prior (Gaussian).",
    )


@pytest.mark.slow
def test_source_distance_against_distance_where_the_brightness_is_not_known():
    table = {SAMPLE: Absorbing(support=_support()), DISTANCE: Free(), "illumination.source_distance": Free()}
    found = identifiability(_instrument(source=20e-3), table | {"camera.gain": Free()})
    assert not any(found.identifiable.values())
    (sentence,) = found.sentences
    for word in (DISTANCE, "illumination.source_distance", "camera.gain", "leaves the frames as they are"):
        assert word in sentence


@pytest.mark.slow
def test_source_distance_and_distance_with_a_free_sample():
    table = {SAMPLE: Free(), DISTANCE: Free(), "illumination.source_distance": Free()}
    found = identifiability(_instrument(source=2e-3), table)
    assert not any(found.identifiable.values())
    assert DISTANCE in found.sentences[0]
    assert "illumination.source_distance" in found.sentences[1]


@pytest.mark.slow
def test_tilt_against_a_shift_of_the_sample():
    table = {SAMPLE: Absorbing(), "illumination.tilt": Free(scale=1e3)}
    found = identifiability(_instrument(gray=True), table)
    assert found.identifiable == {"illumination.tilt": False}
    assert all("can be undone by a change of sample.transmission" in sentence for sentence in found.sentences)


@pytest.mark.slow
def test_a_prior_alone_gives_its_own_error_bar_and_says_so():
    found = identifiability(_instrument(), {SAMPLE: Free(), DISTANCE: unknowns.Gaussian(1e-4)})
    assert float(found.std[DISTANCE]) == pytest.approx(1e-4, rel=1e-3)
    assert "rest on the stated prior alone" in found.sentences[0]


@pytest.mark.slow
def test_two_distances_tell_a_complex_sample_on_a_support():
    system = _instrument(distance=PerFrame([0.8e-3, 1.2e-3]))
    found = identifiability(system, {SAMPLE: Passive(support=_support()), DISTANCE: Free()})
    assert all(found.identifiable.values())
    assert found.std[f"{DISTANCE}.value"].shape == (2,)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("loss", [losses.intensity(), losses.likelihood()], ids=["least squares", "likelihood"])
def test_a_prior_and_the_frames_are_weighed_by_their_variances(loss):
    """Mean and error bar of a Gaussian prior times a Gaussian likelihood, whatever the units of the loss."""
    noise, prior, seen = 0.02, 0.01, np.exp(-1.3 * np.asarray(Curve().t))
    model = Noisy(Curve(a=1.97), Gaussian(noise))
    frames = Curve(a=2.0).predict().values
    found = estimate(model, frames, {"curve.a": unknowns.Gaussian(prior)}, loss=loss, tolerance=1e-12)
    precision = np.sum(seen**2) / noise**2
    expected = (2.0 * precision + 1.97 / prior**2) / (precision + 1 / prior**2)
    assert found.value("curve.a") == pytest.approx(expected, abs=1e-6)
    assert found.std("curve.a") == pytest.approx((precision + 1 / prior**2) ** -0.5, rel=1e-3)


class Noisy(eqx.Module):
    """A curve with a stated noise."""

    curve: Curve
    noise: Gaussian

    def predict(self):
        return self.curve.predict()
