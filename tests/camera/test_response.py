"""Stages of the response, the mosaic and the converter."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import (
    Camera,
    Converter,
    DarkCurrent,
    Flicker,
    Mosaic,
    NaturalVignetting,
    PixelGain,
    ResponseCurve,
    Vignetting,
    adc,
)
from backlight.errors import InputError
from backlight.light import Field, Grid, Image

GRID = Grid((5, 8), (2e-6, 3e-6))
ONES = jnp.ones(GRID.shape)


def test_vignetting_counts_from_the_center_in_half_diagonals():
    half = np.hypot(2 * 2e-6, 3.5 * 3e-6)
    rho2 = ((GRID.y[:, None] - 1e-6) ** 2 + GRID.x**2) / half**2
    assert np.allclose(Vignetting([-0.3, 0.1], center=(1e-6, 0.0))(ONES, GRID), 1 - 0.3 * rho2 + 0.1 * rho2**2)


def test_natural_vignetting_is_the_fourth_power_of_the_cosine():
    angle = np.arctan(np.hypot(GRID.y[:, None], GRID.x) / 1e-5)
    assert np.allclose(NaturalVignetting(1e-5)(ONES, GRID), np.cos(angle) ** 4, rtol=1e-6)


def test_the_maps_mean_is_not_the_gain():
    values = np.random.default_rng(0).uniform(0.5, 1.5, GRID.shape)
    for scale in (1.0, 7.0):
        frame = PixelGain(scale * values)(ONES, GRID)
        assert np.isclose(frame.mean(), 1)
        assert np.allclose(frame, values / values.mean(), rtol=1e-6)


def test_flicker_makes_bands_that_a_whole_period_of_exposure_removes():
    bands = Flicker(0.3, 100.0, 1e-3, phase=0.25)(ONES, GRID)
    rows = np.arange(5) - 2
    assert np.allclose(bands, 1 + 0.3 * np.cos(2 * np.pi * (0.1 * rows + 0.25))[:, None], atol=1e-6)
    assert np.allclose(Flicker(0.3, 100.0, 1e-3, exposure=1e-2)(ONES, GRID), 1, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_the_curve_is_monotone_smooth_and_undone_by_its_inverse():
    curve = ResponseCurve([0.5, -1.0, 0.2], 6.0)
    signal = jnp.linspace(-2, 9, 2001)[None]
    bent = curve(signal, GRID)
    slope = np.diff(bent[0]) / np.diff(signal[0])
    assert np.allclose(curve(jnp.asarray([[0.0, 6.0]]), GRID), [[0, 6]])
    assert slope.min() > 0
    assert np.abs(np.diff(slope)).max() < 0.02
    assert np.allclose(curve.inverse(bent), signal, atol=1e-12)
    assert np.allclose(ResponseCurve([0.0, 0.0], 6.0)(signal, GRID), signal)
    middle = jax.grad(lambda s: curve(s[None, None], GRID)[0, 0])(2.0)
    assert np.isclose(middle / jax.grad(lambda s: curve(s[None, None], GRID)[0, 0])(0.0), np.exp(0.5))


def test_stages_act_in_their_order_before_gain_and_offset():
    light = Image(2 * ONES, GRID)
    dark, halved = DarkCurrent(3.0, 2.0), NaturalVignetting(1e3)
    camera = Camera(GRID.shape, GRID.pitch, gain=10.0, offset=1.0, response=[dark, halved])
    assert np.allclose(camera(light).values, 10 * (2 + 6) + 1)


def test_a_bayer_frame_starts_with_its_pattern_and_each_pixel_sees_its_channel():
    grid, wavelengths = Grid((4, 6), 1e-6), np.array([630e-9, 532e-9, 450e-9])
    irradiance = np.random.default_rng(1).uniform(1, 2, (3, 2, 4, 6))
    sensitivity = np.asarray([[0.8, 0.2, 0.0], [0.1, 0.9, 0.1], [0.0, 0.2, 0.7]])
    frame = Camera((4, 6), 1e-6, color=Mosaic(sensitivity, "GRBG"))(Field(np.sqrt(irradiance), grid, wavelengths))
    channels = np.einsum("cm,mpyx->cyx", sensitivity, irradiance)
    expected = channels[1].copy()
    expected[0::2, 1::2], expected[1::2, 0::2] = channels[0, 0::2, 1::2], channels[2, 1::2, 0::2]
    assert np.allclose(frame.values, expected, rtol=1e-6)


@pytest.mark.parametrize("wavelength", [532e-9, [450e-9, 630e-9]])
def test_a_mosaic_mixes_wavelengths_and_sums_what_else_there_is(wavelength):
    """Two components of a polarization are no two colors."""
    count = np.size(wavelength)
    values = np.random.default_rng(2).uniform(1, 2, (*np.shape(wavelength), 2, 4, 6))
    sensitivity = np.random.default_rng(3).random((1, count))
    camera = Camera((4, 6), 1e-6, color=Mosaic(sensitivity, "M", channels="M"))
    got = camera(Field(values, Grid((4, 6), 1e-6), np.array(wavelength))).values
    each = (values**2).reshape(count, 2, 4, 6).sum(axis=1)
    assert np.allclose(got, np.tensordot(sensitivity[0], each, 1), rtol=1e-5)


def test_codes_run_from_zero_to_the_last():
    signal = jnp.linspace(-50, 300, 100)
    codes = adc(6, 252.0, black_code=3)(signal) / 4.0 + 3
    assert (codes.min(), codes.max()) == (0, 63)
    assert np.array_equal(codes, np.round(codes))
    assert Converter(step=0.5).variance == pytest.approx(0.25 / 12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Converter(step=0.0), "step"),
        (lambda: Converter(floor=2.0, ceiling=1.0), "floor < ceiling"),
        (lambda: adc(0, 1.0), "bits"),
        (lambda: adc(8, 1.0, black_code=255), "black_code"),
        (lambda: Mosaic(np.eye(3), "RGB"), "square"),
        (lambda: Mosaic(np.eye(3), "RGGX"), "letters among"),
        (lambda: Mosaic(np.eye(2)), "one for each channel"),
        (lambda: Mosaic(np.eye(3)).mix(jnp.ones((2, 4, 4))), "2 wavelengths"),
        (lambda: ResponseCurve((), 1.0), "log_slopes"),
    ],
)
def test_impossible_parts_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_the_last_code_lies_below_the_ceiling():
    assert Converter(step=1.0, ceiling=2.6)(jnp.asarray(5.0)) == 2.0
    assert Converter(step=1.0, floor=-1.4, ceiling=2.0)(jnp.asarray([-9.0, 9.0])).tolist() == [-1.0, 2.0]
    assert Converter(step=0.1, ceiling=0.3)(jnp.asarray(5.0)) == pytest.approx(0.3)  # a multiple but for round-off
    with pytest.raises(InputError, match="ceiling"):
        Converter(ceiling=np.inf)
