"""Single precision against double, and against the round-off that is foretold."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lights import METHODS, noise

from backlight.light import Field, Grid
from backlight.wave import (
    AngularSpectrum,
    ChirpZ,
    Fraunhofer,
    FreeSpace,
    FresnelTransfer,
    FresnelTransform,
    RayleighSommerfeld,
    ScaledAngularSpectrum,
)


@eqx.filter_jit
def slopes(method, values, target, distance, wavelength, pitch, tilt):
    def loss(distance, wavelength):
        field = Field(values, Grid(values.shape, pitch, (2**-17, 2**-16)), wavelength, medium_index=1.25, tilt=tilt)
        behind = method(field, distance)
        out = behind.values
        return jnp.sum(jnp.abs(out - target * jnp.sqrt(jnp.mean(jnp.abs(out) ** 2))) ** 2) / out.size, behind

    (_, behind), gradient = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(distance, wavelength)
    return behind, gradient


def in_precision(name, distance, dtype):
    """Call with numbers that single precision has exactly, those of the method included."""
    values = noise((24, 32))
    method = jax.tree.map(lambda leaf: leaf.astype(dtype), METHODS[name])
    shape = eqx.filter_eval_shape(
        method, Field(values, Grid((24, 32), 5e-6), 5e-7), jnp.asarray(1.0, dtype)
    ).values.shape
    kind = np.result_type(dtype, np.complex64)
    numbers = (np.asarray(np.float32(x), dtype) for x in (distance, 532e-9, 5e-6, (1e2, -50.0)))
    behind, slope = slopes(method, values.astype(kind), noise(shape).astype(kind), *numbers)
    return jax.tree.map(np.asarray, behind), np.asarray(slope)


def places(grid):
    """Return the coordinates of a grid in float64, as its floats have them."""
    return [(np.arange(n) - n // 2) * float(grid.pitch[i]) + float(grid.center[i]) for i, n in enumerate(grid.shape)]


def carried(light, grid):
    """Return light with its carrier, in float64, at the places of a grid nearly its own: values in between by DFT."""
    values = np.asarray(light.values, complex)
    for axis, (place, n) in enumerate(zip(places(grid), light.grid.shape, strict=True)):
        index = (place - float(light.grid.center[axis])) / float(light.grid.pitch[axis]) + n // 2
        between = np.exp(2j * np.pi * np.outer(index, np.fft.fftfreq(n)))
        values = np.moveaxis(np.tensordot(between, np.fft.fft(values, axis=axis) / n, (1, axis)), 0, axis)
    y, x = places(grid)
    bend = float(light.curvature) * float(light.medium_index) / float(light.wavelength) / 2
    turns = [float(tilt) * r + bend * r**2 for tilt, r in zip(light.tilt, (y, x), strict=True)]
    return values * np.exp(2j * np.pi * np.add.outer(*turns))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(m, marks=[pytest.mark.slow] * (m in ("direct", "scaled", "chirp-z", "Fresnel transform")))
        for m in METHODS
    ],
)
def test_float32_fields_and_their_slopes(name):
    """The bar of tests/physics/test_float32.py: 1e-6 and 1e-4, z from 1 mm to 1 m."""
    for distance in (1e-3, 1e-2, 0.1, 1.0):
        single = in_precision(name, distance, np.float32)
        with jax.enable_x64(True):
            double = in_precision(name, distance, np.float64)
        fields, slope = [carried(one[0], single[0].grid) for one in (single, double)], np.abs(single[1] - double[1])
        assert np.linalg.norm(fields[0] - fields[1]) <= 1e-6 * np.linalg.norm(fields[1]), f"z = {distance}"
        assert np.max(slope / np.abs(double[1])) <= 1e-4, f"z = {distance}: {slope / np.abs(double[1])}"


AIMED = {"pitch": 2e-6, "center": (1e-3, 1e-3), "shape": (48, 40)}
DIM = {"pitch": 2e-6, "center": (0.9e-3, 0.9e-3), "shape": (48, 40)}
CARRIER = {"center": (0.0, 0.0), "tilt": (0.0, 0.0), "curvature": (0.0,)}
OBLIQUE = {"tilt": (6e5, 6e5)}
FAR = (2e-2, 1.1e-2)
WAYS = {
    "angular, shifted": (lambda: AngularSpectrum((64, 64), shift=rounded(1e-3, 1e-3)), 3e-3, OBLIQUE),
    "Fresnel, shifted": (lambda: FresnelTransfer((64, 64), shift=rounded(0.9e-3, 0.9e-3)), 3e-3, OBLIQUE),
    "transform, off the axis": (lambda: FresnelTransform(), 3e-3, {**OBLIQUE, "center": (2e-3, 1e-3)}),
    "chirp-z": (lambda: ChirpZ(**window(**DIM)), 3e-3, OBLIQUE),  # paraxially the light arrives there
    "far field": (lambda: Fraunhofer(**window(**DIM)), 3e-3, OBLIQUE),
    "scaled": (lambda: ScaledAngularSpectrum(**window(**AIMED)), 3e-3, OBLIQUE),
    "scaled, dim": (lambda: ScaledAngularSpectrum(**window(**DIM)), 3e-3, OBLIQUE),
    "direct, dim": (lambda: RayleighSommerfeld(**window(**DIM)), 3e-3, OBLIQUE),
    "scaled, far": (
        lambda: ScaledAngularSpectrum(samples=(512, 512), **window(1e-4, (0.0994, 0.0994), (48, 40))),
        0.3,
        OBLIQUE,
    ),
    "angular, curved": (lambda: AngularSpectrum((64, 64)), 3e-3, {"curvature": (20.0,), "center": (3e-3, 1e-3)}),
    "angular, near a focus": (lambda: AngularSpectrum((64, 64)), 49e-3, {"curvature": (-20.0,)}),
    "angular, curved, far off": (lambda: AngularSpectrum((64, 64)), 3e-3, {"curvature": (5.0,), "center": FAR}),
    "angular, shifted, far off": (
        lambda: AngularSpectrum((64, 64), shift=rounded(2.3e-5, 1.7e-5)),
        1e-3,
        {"center": FAR},
    ),
    "transform, far off": (lambda: FresnelTransform(), 1e-2, {"center": FAR}),
    "chirp-z, far off": (lambda: ChirpZ(pitch=rounded(3e-6)[0], shape=(48, 40)), 1e-2, {"center": FAR}),
    "chirp-z, curved, far off": (lambda: ChirpZ(scale=1.3), 1e-2, {"center": (2e-4, 1e-4), "curvature": (5.0,)}),
    "angular, beyond a source": (  # c/M of millions of turns
        lambda: AngularSpectrum((64, 64)),
        12e-3,
        {"curvature": (400.0,), "center": (1.6e-2, -1.3e-2), "tilt": (-7e4, 5e4)},
    ),
    "chirp-z, curved": (lambda: ChirpZ(scale=4.0), 0.05, {"curvature": (20.0,), "tilt": (1e4, 0.0)}),
}
"""Method, distance and the light's carrier: phases of up to a hundred thousand turns."""

TWINS = ("Fresnel, shifted", "transform, off the axis", "chirp-z", "far field", "scaled, dim", "scaled, far")
"""Ways that others stand beside: among the slow tests."""


def rounded(*numbers):
    """Return what single precision makes of numbers, so that both precisions are asked the same."""
    return tuple(float(np.float32(x)) for x in numbers)


def window(pitch, center, shape):
    return {"pitch": rounded(pitch)[0], "center": rounded(*center), "shape": shape}


def sent(name):
    """Return the light behind, and the account."""
    method, distance, carrier = WAYS[name]
    center, tilt, curvature = (rounded(*carrier.get(k, d)) for k, d in CARRIER.items())
    r = np.arange(-32, 32) / 8.0
    grid = Grid((64, 64), *rounded(2e-6), center)
    light = Field(np.exp(-(r[:, None] ** 2) - r**2), grid, *rounded(0.5e-6), tilt=tilt, curvature=curvature[0])
    path = FreeSpace(*rounded(distance), method())
    return jax.tree.map(np.asarray, path(light)), path.sampling(light)


@pytest.mark.parametrize("name", [pytest.param(w, marks=[pytest.mark.slow] * (w in TWINS)) for w in WAYS])
def test_round_off_is_less_than_is_foretold(name):
    """A millimeter off the axis the last digit of a carrier's curvature is 1.5e-4 rad: it must be in the values."""
    single, account = sent(name)
    with jax.enable_x64(True):
        double, _ = sent(name)
    told = np.linalg.norm([cause.error for cause in account.causes if cause.name.startswith("round-off")])
    single, double = (carried(one, single.grid) for one in (single, double))
    off = np.linalg.norm(single - double) / np.linalg.norm(double)
    assert off <= told < 5e-4


def test_close_to_a_focus_plain_calls_are_as_right_as_compiled_ones():
    """At M = 1.3e-4 little is left of 1 + z·c in a float: amplitude and curvature are those of twice the digits."""
    r = np.arange(-32, 32) / 8.0
    light = Field(np.exp(-(r[:, None] ** 2) - r**2), Grid((64, 64), *rounded(1e-4)), *rounded(0.5e-6), curvature=-20.0)
    path = FreeSpace(*rounded(0.0499937), FresnelTransform())
    plain, compiled = path(light), jax.jit(lambda light: path(light))(light)
    assert np.allclose(plain.values, compiled.values, atol=1e-5 * np.abs(compiled.values).max())
    assert float(plain.curvature) == pytest.approx(1 / 0.0499937, rel=1e-3)


@pytest.mark.parametrize("distance", [20e-6, 1e-3])
def test_round_off_of_steep_light_is_foretold(distance):
    """White noise up to a sine of 0.83: what is beyond the tangent, 100 turns of it, is counted in one float."""
    values = noise((32, 24))
    found = []
    for x64 in (False, True):
        with jax.enable_x64(x64):
            light = Field(values, Grid((32, 24), *rounded(3e-7)), *rounded(0.5e-6))
            path = FreeSpace(*rounded(distance), AngularSpectrum((0, 0), band_limit=False))
            found.append(np.asarray(path(light).values))
            if not x64:
                told = next(cause.error for cause in path.sampling(light).causes if cause.name == "round-off")
    assert np.linalg.norm(found[0] - found[1]) <= told * np.linalg.norm(found[1]) < 1e-2 * np.linalg.norm(found[1])
