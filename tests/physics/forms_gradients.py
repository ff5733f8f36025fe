"""Slopes of light in free space in its field, distance, wavelength, index, pitch and tilt."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from closed_forms import noise, relative
from validation import closed_form

from backlight.light import Field, Grid
from backlight.maths.safe import amplitude, complex_array, real_array
from backlight.testing import central_difference
from backlight.testing.gradients import STEPS
from backlight.wave import AngularSpectrum, FreeSpace

SHAPE = (9, 12)
STOP = np.arange(SHAPE[1]) % 3 > 0
KNOBS = {"distance": 3e-5, "wavelength": 5e-7, "index": 1.33, "pitch": (2e-6, 3e-6), "tilt": (2e4, -3e4)}


def _leaves(values):
    """Return the leaves in the precision of the moment, rounded to single precision first: the same in both."""
    rounded = {name: np.asarray(value, np.float32) for name, value in KNOBS.items()}
    return {"values": complex_array(values.astype(np.complex64)), **jax.tree.map(real_array, rounded)}


def _behind(leaves):
    grid = Grid(SHAPE, leaves["pitch"])
    field = Field(leaves["values"], grid, leaves["wavelength"], medium_index=leaves["index"], tilt=leaves["tilt"])
    return FreeSpace(leaves["distance"], AngularSpectrum((2, 3), band_limit=False))(field)


def _half_dark():
    return _leaves(noise(SHAPE) * (np.arange(SHAPE[0]) < 5)[:, None])


def _loss(leaves):
    """Σ w·|U|² with random weights of either sign: no slope is zero."""
    return jnp.sum(real_array(noise(SHAPE, 1).real) * _behind(leaves).irradiance)


def _directions(leaves):
    """Return leaf → a step as large as the leaf in a random direction, all others at rest; sorted, as JAX sorts."""
    sizes = {name: jnp.max(jnp.abs(leaf)) for name, leaf in leaves.items()}
    rng = np.random.default_rng(2)
    steps = {name: sizes[name] * rng.standard_normal(leaf.shape).astype(np.float32) for name, leaf in leaves.items()}
    still = jax.tree.map(jnp.zeros_like, leaves)
    return {name: still | {name: steps[name].astype(leaves[name].dtype)} for name in sorted(leaves)}


@eqx.filter_jit
def _both_modes(leaves, directions):
    """Return per leaf the slope by forward and by reverse mode and the largest it could be, ‖gradient‖·‖step‖."""
    gradient = jax.grad(_loss)(leaves)
    forward = [jax.jvp(_loss, (leaves,), (step,))[1] for step in directions.values()]
    reverse = [jnp.sum(gradient[name] * step[name]).real for name, step in directions.items()]
    norm = lambda leaf: jnp.linalg.norm(jnp.ravel(leaf))  # noqa: E731
    size = [norm(gradient[name]) * norm(step[name]) for name, step in directions.items()]
    return jnp.stack(forward), jnp.stack(reverse), jnp.stack(size)


def _slopes():
    leaves = _half_dark()
    return [np.asarray(a, np.float64) for a in _both_modes(leaves, _directions(leaves))]


@functools.cache
def _differences():
    """Return the slopes by extrapolated central differences, in double precision."""
    with jax.enable_x64(True):
        leaves = _half_dark()
        along = eqx.filter_jit(
            lambda step, t: jax.lax.map(lambda s: _loss(jax.tree.map(lambda x, dx: x + s * dx, leaves, step)), t)
        )
        t = jnp.asarray(np.concatenate([STEPS, -STEPS]))
        losses = [np.asarray(along(step, t)) for step in _directions(leaves).values()]
    return np.array([central_difference(lambda _, values=values: values)[0] for values in losses])


@closed_form(
    17, "Slopes in field, z, λ, n, pitch and tilt, half the field dark",
    source="central differences in float64, extrapolated; Ridders, Adv. Eng. Software 4, 75 (1982)",
    float32=1e-4, float64=1e-7,
    why="float64: what the differences themselves are good for; float32: the bar a calibration asks for",
)  # fmt: skip
def central_differences():
    forward, _, size = _slopes()
    return np.max(np.abs(forward - _differences()) / size)


@closed_form(
    17, "Forward mode = reverse mode", source="one derivative, two orders of the chain rule",
    float32=1e-5, float64=1e-12, why="round-off of sums over a few hundred terms",
)  # fmt: skip
def forward_and_reverse():
    forward, reverse, size = _slopes()
    return np.max(np.abs(forward - reverse) / size)


@closed_form(
    17, "Adjoint of propagation", source="⟨y, Ax⟩ = ⟨Aᴴy, x⟩", float32=1e-6, float64=1e-12,
    why="round-off of two transforms",
)  # fmt: skip
def adjoint():
    leaves = _leaves(noise(SHAPE))
    forward, transpose = jax.vjp(lambda values: _behind(leaves | {"values": values}).values, leaves["values"])
    y = complex_array(noise(SHAPE, 3))
    inner = complex(jnp.vdot(y, forward))
    outer = complex(jnp.sum(transpose(jnp.conj(y))[0] * leaves["values"]))
    return abs(inner - outer) / float(jnp.linalg.norm(y) * jnp.linalg.norm(forward))


@closed_form(
    17, "Amplitudes with dark pixels: the slopes are those of the lit pixels alone",
    source="∂|U| = 0 at U = 0, by convention", float32=1e-5, float64=1e-12, why="round-off",
)  # fmt: skip
def dark_pixels():
    weights = real_array(noise(SHAPE, 1).real)

    def stopped(leaves):
        return jnp.sum(weights * amplitude(_behind(leaves).values * STOP))

    def lit(leaves):
        return jnp.sum((weights * jnp.sqrt(_behind(leaves).irradiance))[:, STOP])

    got, expected = (jax.jit(jax.grad(loss))(_leaves(noise(SHAPE))) for loss in (stopped, lit))
    return max(relative(got[name], np.asarray(expected[name])) for name in got)


@closed_form(
    17, "No light at all: no slope, and none that is not a number", source="∂|U| = 0 at U = 0, by convention",
    float32=0.0, float64=0.0, why="exactly zero",
)  # fmt: skip
def zero_field():
    gradient = jax.jit(jax.grad(lambda leaves: jnp.sum((amplitude(_behind(leaves).values) - 1) ** 2)))
    return np.max([np.max(np.abs(leaf)) for leaf in gradient(_leaves(np.zeros(SHAPE))).values()])


def _phase_slopes(distance, wavelength, index, tilt):
    """Slopes of φ = 2πz(√(n²/λ² − τ²) − n/λ) in z, λ, n, τ."""
    axial = np.sqrt((index / wavelength) ** 2 - tilt**2)
    lag = -(tilt**2) / (axial + index / wavelength)
    per_index = -lag / (wavelength * axial)
    slopes = (lag, -distance * index / wavelength * per_index, distance * per_index, -distance * tilt / axial)
    return 2 * np.pi * np.array(slopes)


@closed_form(
    17, "Phase of a tilted plane wave: slopes in z, λ, n and tilt over 1 mm … 0.3 m",
    source="φ = 2πz(√(n²/λ² − τ²) − n/λ), differentiated by hand", float32=1e-5, float64=1e-12,
    why="carrier-free: a dozen roundings and no cancellation; by exp(ikz) float32 loses 1e-1",
)  # fmt: skip
def phase_slopes():
    def plane(knobs):
        z, wavelength, index, tilt = knobs
        both = jnp.stack([jnp.zeros_like(tilt), tilt])
        field = Field(jnp.ones((1, 1)), Grid((4, 4), 2e-6), wavelength, medium_index=index, tilt=both)
        return FreeSpace(z, AngularSpectrum(band_limit=False))(field).values[0, 0]

    slopes = jax.jit(lambda knobs: jnp.imag(jnp.conj(plane(knobs)) * jax.jacfwd(plane)(knobs)))
    worst = 0.0
    for z in (1e-3, 1e-2, 0.3):
        knobs = np.array([z, 532e-9, 1.33, 2e5], np.float32)
        got = np.asarray(slopes(real_array(knobs)))
        worst = max(worst, np.max(np.abs(got / _phase_slopes(*knobs.astype(float)) - 1)))
    return worst
