"""Volumes and particles: planes, memory of the gradient, agreement with each other, bad arguments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, FirstBorn, FreeSpace, MultiSlice, Spheres, ThinSample, WavePropagation
from backlight.wave.checkpointed_scan import block_length, checkpointed_scan
from backlight.wave.sphere_projection import mean_chord
from backlight.wave.wave_propagation import interpolation

GRID = Grid((24, 32), 0.3e-6)
RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal((24, 32)) + 1j * RNG.standard_normal((24, 32))
VOLUMES = {
    "multi-slice": MultiSlice,
    "wave propagation": lambda contrast, dz: WavePropagation(contrast, dz, references=(0.0, 0.1)),
    "first Born": FirstBorn,
}


def field(values=NOISE, **carrier):
    return Field(values, GRID, 0.5e-6, medium_index=1.33, **carrier)


@pytest.mark.parametrize("volume", VOLUMES.values(), ids=VOLUMES)
def test_a_volume_of_medium_is_free_space_from_its_front_to_its_back(volume):
    light = field(tilt=(2e5, -3e5))
    behind = volume(np.zeros((4, 24, 32)), 0.75e-6)(light).values
    expected = FreeSpace(3e-6, AngularSpectrum(band_limit=False))(light).values
    assert np.linalg.norm(behind - expected) <= 1e-6 * np.linalg.norm(expected)


def test_one_slice_acts_in_its_middle():
    thin = np.full((24, 32), 0.01) + 0.005 * RNG.random((24, 32))
    half = FreeSpace(1e-6, AngularSpectrum(band_limit=False))
    expected = half(ThinSample(np.exp(2j * np.pi * thin * 2 / 0.5))(half(field()))).values
    behind = MultiSlice(thin[None], 2e-6)(field()).values
    assert np.linalg.norm(behind - expected) <= 1e-6 * np.linalg.norm(expected)


def test_an_imaginary_contrast_absorbs_by_beer_and_lambert():
    behind = MultiSlice(np.full((5, 24, 32), 0.01j), 1e-6)(field(np.ones((1, 1))))
    assert np.allclose(behind.irradiance, np.exp(-4 * np.pi * 0.01 * 5 / 0.5), rtol=1e-5)


def test_a_curved_carrier_is_the_fringe_it_stands_for():
    curvature = 2e3
    r2 = np.add.outer(np.asarray(GRID.y) ** 2, np.asarray(GRID.x) ** 2)
    sphere = np.exp(1j * np.pi * 1.33 * curvature * r2 / 0.5e-6)
    layer = MultiSlice(0.02 * RNG.random((3, 24, 32)), 1e-6)
    carried = layer(field(curvature=curvature))
    written = layer(field(NOISE * sphere)).values
    assert float(carried.curvature) == pytest.approx(curvature)
    assert np.allclose(carried.values * sphere, written, atol=1e-5)


def test_modes_with_carriers_of_their_own_are_passed_one_by_one():
    layer = MultiSlice(0.02 * RNG.random((2, 24, 32)), 1e-6)
    wavelengths, tilts = np.array([0.45e-6, 0.6e-6]), np.array([[0.0, 2e5], [1e5, 0.0]])
    both = layer(Field(np.stack([NOISE, 2 * NOISE]), GRID, wavelengths, tilt=tilts)).values
    for i in range(2):
        one = layer(Field((i + 1) * NOISE, GRID, wavelengths[i], tilt=tilts[i])).values
        assert np.allclose(both[i], one, atol=1e-5)


def test_multi_slice_walks_at_the_angle_of_the_medium_where_wave_propagation_refracts():
    """A beam at 40° from air into glass: Snell's angle is 25.4°, and 40° is off by 77 %."""
    x = np.asarray(Grid((2, 128), 0.25e-6).x)
    tilt = (0.0, np.sin(np.deg2rad(40)) / 0.5e-6)
    beam = Field(np.exp(-((x / 4e-6) ** 2)) * np.ones((2, 1)), Grid((2, 128), 0.25e-6), 0.5e-6, tilt=tilt)
    glass = np.full((2, 2, 128), 0.5)

    def walk(sample):
        return np.average(x, weights=np.asarray(sample(beam).irradiance)[0])

    snell = 8e-6 * np.tan(np.arcsin(np.sin(np.deg2rad(40)) / 1.5))
    assert walk(WavePropagation(glass, 4e-6, references=(0.0, 0.5))) == pytest.approx(snell, rel=2e-3)
    assert walk(MultiSlice(glass, 4e-6)) == pytest.approx(8e-6 * np.tan(np.deg2rad(40)), rel=1e-2)


@pytest.mark.parametrize("count", [1, 2, 7, 12, 13, 29, 200])
def test_blocks_hold_every_step_and_few_of_them(count):
    length = block_length(count)
    assert 2 * length + -(-count // length) <= 2 * (2 * count) ** 0.5 + 2  # states kept, near the least there can be
    steps = jnp.arange(1.0, count + 1)
    total, slope = jax.value_and_grad(
        lambda x: checkpointed_scan(lambda s, one: 0.5 * s + one**2, jnp.asarray(0.0), x)
    )(steps)
    weights = 0.5 ** np.arange(count - 1, -1, -1.0)
    assert np.isclose(total, np.sum(weights * np.asarray(steps) ** 2))
    assert np.allclose(slope, 2 * weights * np.asarray(steps), rtol=1e-5)


def test_the_gradient_stores_few_of_the_fields_between_the_slices():
    """Of 64² pixels as of 512²: what XLA allots does not depend on the size of a field."""
    volume = jax.ShapeDtypeStruct((200, 64, 64), jnp.complex64)

    def energy(contrast):
        light = Field(jnp.ones((1, 1), jnp.complex64), Grid((64, 64), 0.25e-6), 0.5e-6)
        return jnp.sum(MultiSlice(contrast, 0.5e-6)(light).irradiance[:32])

    compiled = jax.jit(jax.grad(energy)).lower(volume).compile()
    assert compiled.memory_analysis().temp_size_in_bytes <= 0.25 * 200 * 64**2 * 8


def test_weights_between_references_are_a_straight_line_and_go_on_beyond():
    x = jnp.asarray([-0.1, 0.0, 0.05, 0.1, 0.25, 0.4])
    nodes = (0.0, 0.1, 0.3)
    weights = np.stack(interpolation(x, nodes))
    assert np.allclose(weights.sum(axis=0), 1, atol=1e-6)
    assert np.allclose(np.asarray(nodes) @ weights, x, atol=1e-6)


@pytest.mark.slow
def test_a_sphere_before_the_plane_is_its_shadow_carried_to_the_plane():
    place, depth = (0.6e-6, -0.9e-6), 3e-6
    free = FreeSpace(depth, AngularSpectrum(band_limit=False))
    flat = Spheres([[0.0, *place]], 1.2e-6, 0.05 + 0.01j, (24, 32))
    light = field(np.ones((1, 1)), tilt=(2e5, 0.0))
    expected = free(flat(light)).values
    before = FreeSpace(depth, AngularSpectrum(band_limit=False))(light)
    behind = Spheres([[-depth, *place]], 1.2e-6, 0.05 + 0.01j, (24, 32))(before).values
    assert np.linalg.norm(behind - expected) <= 2e-6 * np.linalg.norm(expected)


def test_the_shadow_under_a_tilt_is_an_ellipse_as_long_as_the_ray():
    tilt = (0.0, 0.6 * 1.33 / 0.5e-6)
    grid = Grid((64, 64), 0.2e-6)
    light = Field(np.ones((1, 1)), grid, 0.5e-6, medium_index=1.33, tilt=tilt)
    turns = np.angle(Spheres([[0.0, 0.0, 0.0]], 3e-6, 1e-3, (64, 64))(light).values) / (2 * np.pi) * 0.5e-6 / 1e-3
    assert turns[32, 32] == pytest.approx(6e-6, rel=1e-2)
    assert np.sum(turns) * 0.2e-6**2 == pytest.approx(4 / 3 * np.pi * 27e-18 / 0.8, rel=5e-3)


def test_the_mean_chord_is_the_mean_of_the_chord_and_keeps_its_digits():
    radius, half = 1.0, 0.004
    rho = np.array([0.0, 0.002, 0.3, 0.9, 0.995, 0.999, 1.003, 1.1])
    fine = (np.arange(200000) + 0.5) / 200000 * 2 - 1
    expected = [np.mean(2 * np.sqrt(np.maximum(1 - (r + half * fine) ** 2, 0))) for r in rho]
    got = mean_chord(jnp.asarray(rho**2), jnp.asarray(radius), jnp.asarray(half))
    assert np.allclose(got, expected, atol=3e-6)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: MultiSlice(np.zeros((4, 5)), 1e-6), "three axes"),
        (lambda: FirstBorn(np.zeros((0, 4, 5)), 1e-6), "at least one slice"),
        (lambda: WavePropagation(np.zeros((1, 4, 5)), 1e-6, references=(0.0,)), "two or more"),
        (lambda: WavePropagation(np.zeros((1, 4, 5)), 1e-6, references=(0.1, 0.0)), "ascending"),
        (lambda: WavePropagation(np.full((1, 4, 5), 0.1), 1e-6, references=(1.33, 1.43)), "span"),
        (lambda: Spheres([[0.0, 1.0]], 1e-6, 0.1, (4, 5)), r"\(z, y, x\)"),
        (lambda: Spheres(np.zeros((0, 3)), 1e-6, 0.1, (4, 5)), "one sphere or more"),
    ],
)
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(InputError, match=words):
        build()
