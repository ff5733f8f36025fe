"""The sensor: noise against the mean, rounding, and what the area of a pixel does to detail."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from closed_forms import coordinates, relative
from scipy.stats import norm
from validation import Curve, closed_form

from backlight.camera import Camera, Converter, Digitized, Gaussian, Rotation, SensorNoise, Shift
from backlight.light import Grid, Image

LEVELS = np.asarray([12.0, 14.0, 22.0, 40.0, 60.0])
QUANTA, READ, OFFSET, DARK, STEP = 25.0, 0.4, 10.0, 2.0, 0.5


@functools.cache
def _photon_transfer(precision):
    """Return mean and variance of 60,000 pixels at each level, and the line they should lie on."""
    noise = Digitized(SensorNoise(QUANTA, READ, offset=OFFSET, dark=DARK), Converter(step=STEP))
    frames = noise.sample(jax.random.key(0), jnp.broadcast_to(jnp.asarray(LEVELS, float)[:, None], (5, 60000)))
    frames = np.asarray(frames, float)
    expected = (LEVELS - OFFSET + DARK) / QUANTA + READ**2 + STEP**2 / 12
    return frames.mean(axis=1), frames.var(axis=1), expected


def _transfer_curve():
    mean, variance, expected = _photon_transfer(jnp.result_type(float).name)
    return Curve(mean, variance, expected, "mean (units of the frame)", "variance")


@closed_form(
    16, "Photon transfer: variance over mean",
    source="v = (s + d)/q + σ² + Δ²/12; EMVA standard 1288, release 4.0, eq. 11", float32=0.023, float64=0.023,
    why="60,000 pixels know a variance to 0.58 %, here are 4 standard errors of the worst level", curve=_transfer_curve,
)  # fmt: skip
def photon_transfer():
    mean, variance, expected = _photon_transfer(jnp.result_type(float).name)
    assert np.abs(mean - LEVELS).max() < 4 * np.sqrt(expected.max() / 60000)
    return np.abs(variance / expected - 1).max()


@closed_form(
    16, "Rounding: RMS error of a step over √12",
    source="Δ/√12; Bennett, Bell Syst. Tech. J. 27, 446, 1948", float32=0.01, float64=0.01,
    why="the RMS of 40,000 equally distributed errors is known to 0.22 %, four standard errors are 0.9 %",
)  # fmt: skip
def quantization():
    signal = jnp.asarray(np.random.default_rng(0).uniform(3, 9, (200, 200)), float)
    frame = Camera((200, 200), 1e-6, converter=Converter(step=0.25))(Image(signal, Grid((200, 200), 1e-6))).values
    return abs(float(jnp.std(frame - signal)) / (0.25 / 12**0.5) - 1)


@closed_form(
    16, "Saturated and dark pixels: their share",
    source="1 − Φ((c − ŷ)/σ), Φ((f − ŷ)/σ); Tobin, Econometrica 26, 24, 1958", float32=2e-6, float64=1e-12,
    why="logarithms of tail probabilities to 8 σ, to the round-off of log Φ",
)  # fmt: skip
def censored():
    limits = Digitized(Gaussian(0.5), Converter(floor=-1.0, ceiling=2.0))
    mean = np.linspace(-2, 3, 11)
    pairs = [(2.0, norm.logsf(2, mean, 0.5)), (-1.0, norm.logcdf(-1, mean, 0.5))]
    return max(
        relative(-limits.negative_log_likelihood(jnp.asarray(mean, float), jnp.full(11, data, float)), expected)
        for data, expected in pairs
    )


N, COARSE, DECIMATION, PITCH, SOFT = 128, 32, 4, 1e-6, 1.0
HARMONICS = np.asarray([1, 3, 5, 7])
FREQUENCIES = np.stack([-HARMONICS / N, HARMONICS / 16])


@functools.cache
def slanted_edges():
    """Return bars of 16 pixels, their soft edges slanted by one in eight, as the sum of their first odd harmonics."""
    x = coordinates(N, 1.0)
    waves = np.sin(2 * np.pi * (FREQUENCIES[0, :, None, None] * x[:, None] + FREQUENCIES[1, :, None, None] * x))
    return 0.5 + np.tensordot(edge_spectrum(), waves, axes=1)


def edge_spectrum():
    squares = (FREQUENCIES**2).sum(axis=0)
    return 2 / (np.pi * HARMONICS) * np.exp(-2 * (np.pi * SOFT) ** 2 * squares)


@eqx.filter_jit
def _frame(light, offset):
    camera = Camera((COARSE, COARSE), DECIMATION * PITCH, fill_factor=1.0, decimation=DECIMATION,
                    placement=[Shift(offset)])  # fmt: skip
    return camera(Image(light, Grid((N, N), PITCH))).values


def interleaved(shifts=DECIMATION):
    """Return the picture that frames at `shifts`² positions within a pixel make when woven into each other."""
    light = jnp.asarray(slanted_edges(), float)
    steps = np.arange(shifts) * DECIMATION * PITCH / shifts
    frames = [[_frame(light, jnp.asarray((y, x), float)) for x in steps] for y in steps]
    return np.asarray(frames).transpose(2, 0, 3, 1).reshape(COARSE * shifts, -1)


def transfer(picture):
    """Return amplitude over that of the light at the harmonics the slanted edges are made of."""
    spectrum = np.fft.fft2(picture) / picture.size
    rows, columns = np.rint(FREQUENCIES * N).astype(int)
    n = len(picture)
    return 2 * np.abs(spectrum[rows % n, columns % n]) / edge_spectrum()


def pixel_transfer():
    """Return sinc·sinc of the camera's square pixels."""
    return np.prod(np.sinc(DECIMATION * FREQUENCIES), axis=0)


def _edge_curve():
    return Curve(DECIMATION * FREQUENCIES[1], transfer(interleaved()), np.abs(pixel_transfer()),
                 "cycles per camera pixel (one frame's limit: 0.5)", "MTF")  # fmt: skip


@closed_form(
    16, "Sub-pixel shifts super-resolve a slanted edge: its MTF from 16 frames is the pixel's",
    source="sinc(f_y p)·sinc(f_x p); Boreman, Modulation Transfer Function, 2001, §2.1", float32=1e-5, float64=1e-12,
    why="exact for band-limited light; round-off, averaged over 16,384 pixels, over the edge's weakest harmonic",
    curve=_edge_curve,
)  # fmt: skip
def super_resolution():
    return np.abs(transfer(interleaved()) - np.abs(pixel_transfer())).max()


@closed_form(
    16, "Pixel area at a fractional decimation and a turned camera: waves keep their form",
    source="cos 2πf·R(θ)r times sinc(f_y′ p)·sinc(f_x′ p), f′ along the turned sides", float32=2e-6, float64=2e-6,
    why="the Kaiser-Bessel interpolation between pixels is right within 1e-6 in either precision",
)  # fmt: skip
def turned():
    n, angle, ratio = (48, 60), 0.2, 1.25
    f = np.asarray([7 / n[0], -11 / n[1]])
    y, x = (coordinates(m, 1.0) for m in n)
    light = Image(jnp.asarray(1 + 0.5 * np.cos(2 * np.pi * (f[0] * y[:, None] + f[1] * x)), float), Grid(n, 1e-6))
    camera = Camera((24, 30), ratio * 1e-6, fill_factor=1.0, decimation=ratio, placement=[Rotation(angle)])
    y, x = (coordinates(m, ratio) for m in (24, 30))
    along = np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ f
    expected = 1 + 0.5 * np.prod(np.sinc(ratio * along)) * np.cos(2 * np.pi * (along[0] * y[:, None] + along[1] * x))
    return relative(eqx.filter_jit(camera)(light).values, expected)
