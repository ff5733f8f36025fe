"""The coded lensless camera on simulated frames: the model, the pattern's scale, the background, what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lensless_twin import SHAPE, binned, measured, record, scene

from backlight.errors import InputError
from backlight.inverse.tree import set_leaves
from backlight.maths.fourier import crop
from backlight.systems.coded_imaging import ask, darkest, held_out_pixels
from backlight.systems.coded_instrument import BACKGROUND, SAMPLE, SCALE, coded_lensless, scene_in_view
from backlight.testing import central_difference


def direct(x, h, shape):
    """Sum over all pixels of the scene, one by one: y[i] = Σ x[j]·h[i − j], all counted from their pixels n//2."""
    y = np.zeros(shape)
    for j in np.ndindex(x.shape):
        for k in np.ndindex(h.shape):
            at = [a - n // 2 + b - m // 2 + s // 2
                  for a, n, b, m, s in zip(j, x.shape, k, h.shape, shape, strict=True)]  # fmt: skip
            if all(0 <= i < s for i, s in zip(at, shape, strict=True)):
                y[tuple(at)] += x[j] * h[k]
    return y


@pytest.mark.parametrize("shape", [(6, 8), (7, 9), (5, 8)])
def test_the_frame_is_the_convolution_without_what_wraps_around(shape, float64):
    rng = np.random.default_rng(0)
    psf = rng.uniform(0.2, 1, shape)
    system = coded_lensless(psf=psf, shape=shape, psf_background=0.1, background=0.3)
    x = rng.uniform(0, 1, system.sample.shape)
    got = set_leaves(system, {SAMPLE: jnp.asarray(x)}).predict().values[0]
    pattern = (psf - 0.1) / np.sum(psf - 0.1)
    np.testing.assert_allclose(got, direct(x, pattern, shape) + 0.3, atol=1e-12)


def test_the_slope_along_the_scale_is_the_finite_difference(float64):
    system = coded_lensless(psf=measured((24, 31), 8), shape=(24, 31), reach=1.1)
    x = jnp.asarray(np.random.default_rng(1).uniform(0, 1, system.sample.shape))

    def energy(s):
        return jnp.sum(set_leaves(system, {SAMPLE: x, SCALE: s}).predict().values ** 2)

    for s in (0.97, 1.0, 1.06):
        slope, doubt = central_difference(lambda t, s=s: np.asarray(jax.vmap(energy)(jnp.asarray(s + t))))
        assert float(jax.grad(energy)(jnp.asarray(s))) == pytest.approx(slope, rel=1e-6, abs=10 * doubt)


def psnr(fit):
    true = np.asarray(crop(jnp.asarray(binned(scene())), SHAPE))
    return 10 * np.log10(true.max() ** 2 / np.mean((np.asarray(scene_in_view(fit.system).values) / 3000 - true) ** 2))


def missed(fit, frame, weights):
    """RMS error of the pixels that the estimate was not told."""
    return float(np.sqrt(np.mean((np.asarray(fit.system.predict().values)[0] - frame)[weights[0] == 0] ** 2)))


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "level"), [(1.06, 40.0), (0.95, 100.0)])
def test_scale_and_background_are_found_and_the_scene_gains(scale, level):
    """Noise is 2 counts of 1250. The twin's pixels are means over parts, the model's are points of a lattice."""
    frame, weights = record(scale=scale, background=level, noise=2.0), held_out_pixels((1, *SHAPE))
    known, options = {"psf": measured()}, {"weights": weights}
    joint = ask(frame[None], known, {"sample": True, "psf_scale": True, "background": True}, options)
    plain = ask(frame[None], known | {"background": level}, {"sample": True}, options)
    joint, plain = joint.answer(error_bars=False), plain.answer(error_bars=False)
    assert joint.value(SCALE) == pytest.approx(scale, abs=0.005)
    assert joint.value(BACKGROUND) == pytest.approx(level, abs=4)
    assert psnr(joint) >= psnr(plain) + 4
    assert missed(joint, frame, weights) <= 0.6 * missed(plain, frame, weights)


def test_the_darkest_part_is_the_level():
    assert darkest(record(background=40.0, noise=2.0)) == pytest.approx(40, abs=6)


PSF = measured((12, 16), 4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"psf": PSF[:-1]}, r"psf[\s\S]*shape \(12, 16\)"),
        ({"psf": np.pad(PSF, 3)}, r"psf[\s\S]*shape \(18, 22\)"),
        ({"psf": PSF - 1}, r"values[\s\S]*≥ 0"),
        ({"psf": 0 * PSF}, "zeros only"),
        ({"psf": np.where(PSF.max() == PSF, np.nan, PSF)}, "NaN"),
        ({"psf": np.where(PSF.max() == PSF, np.inf, PSF)}, "finite"),
        ({"psf": PSF.ravel()}, r"pixels \(y, x\)"),
        ({"psf_scale": 0.3}, r"scale[\s\S]*between 0.5 and 2"),
        ({"psf_background": 2.0}, r"psf_background[\s\S]*less than the mean"),
    ],
)
def test_what_is_no_pattern_is_refused(changes, words):
    with pytest.raises(InputError, match=words):
        coded_lensless(**{"psf": PSF, "shape": (12, 16)} | changes)


@pytest.mark.parametrize(
    ("frame", "unknown", "words"),
    [(0 * PSF, {}, "no light"), (PSF, {"psf_scale": True}, "no sample"), (PSF[1:], {}, "shape")],
)
def test_what_cannot_be_asked_is_refused(frame, unknown, words):
    with pytest.raises(InputError, match=words):
        ask(frame[None], {"psf": PSF}, unknown, {})
