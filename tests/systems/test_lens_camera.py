"""A camera with a lens: pictures that change over the field, differentiable by the lens."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import ConstantIndex, Grid, Image
from backlight.maths.fourier import crop
from backlight.rays import Conic, Lens, Surface, image_scale, psf, relative_illumination
from backlight.systems import LensImaging, lens_camera

MM, LIGHT, PITCH = 1e-3, 550e-9, 20e-6
GLASS, AIR = ConstantIndex(1.5), ConstantIndex(1.0)
CURVATURE = "lens.surfaces.1.profile.curvature"


@pytest.fixture(autouse=True)
def compiled_quickly():
    """Leave the optimizer out: these programs run once."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def singlet():
    rows = [Surface(Conic(51.5 * MM), thickness=5 * MM, medium=GLASS, stop=True),
            Surface(Conic(-360 * MM), thickness=85.5 * MM, medium=AIR), Surface()]  # fmt: skip
    return Lens(rows, entrance_pupil_diameter=5 * MM)


def optics(nodes, **given):
    return LensImaging(singlet(), LIGHT, nodes=nodes, window=(9, 7), **given)


def made_at(part, shape, place):
    """Return what a point makes, as the part has it."""
    return jnp.tensordot(part.maps(shape)[:, place[0], place[1]], part.patterns, 1)


@pytest.mark.slow
def test_a_point_makes_its_own_picture_the_better_the_more_nodes_there_are(float64):
    """Between nodes the error falls with the square of their distance; at a node there is none."""
    grid, place = Grid((64, 48), PITCH), (20, 30)
    scale = float(image_scale(singlet(), LIGHT))
    field = np.arctan(np.array([grid.y[20], grid.x[30]]) / scale)
    own = np.asarray(psf(singlet(), field, LIGHT, (9, 7), PITCH).values)
    own = own / own.sum() * float(relative_illumination(singlet(), [np.hypot(*field)], LIGHT)[0])
    errors = []
    for n in (2, 3, 5):
        part = optics((n, n)).at(grid)
        errors.append(float(np.abs(made_at(part, grid.shape, place) - own).max() / own.max()))
    assert errors[0] > 3 * errors[1] > 9 * errors[2]
    assert errors[2] < 0.01
    corner = np.arctan(np.array([grid.y[0], grid.x[-1]]) / scale)
    there = np.asarray(psf(singlet(), corner, LIGHT, (9, 7), PITCH).values)
    np.testing.assert_allclose(part.patterns[4] / part.patterns[4].sum(), there / there.sum(), rtol=1e-9)


@pytest.mark.slow
def test_few_patterns_do_for_many_nodes_and_keep_the_light(float64):
    grid = Grid((40, 40), PITCH)
    whole = optics((4, 4)).at(grid)
    few = optics((4, 4), rank=5).compressed(grid)
    assert 1e-6 < float(few.error) < 0.03
    light = Image(jnp.zeros((40, 40)).at[8:32, 8:32].set(jnp.asarray(np.random.default_rng(0).uniform(size=(24, 24)))),
                  grid)  # fmt: skip
    images = [np.asarray(part(light).values) for part in (whole, few.part)]
    assert np.linalg.norm(images[0] - images[1]) < 0.03 * np.linalg.norm(images[0])
    lit = float(jnp.sum(jnp.sum(whole.maps(grid.shape) * light.values, axis=(1, 2)) * whole.patterns.sum((1, 2))))
    for image in images:
        assert image.sum() == pytest.approx(lit, rel=1e-9)
        assert image.sum() == pytest.approx(float(light.values.sum()), rel=1e-3)  # of a small field


@pytest.mark.slow
def test_a_frame_is_differentiated_by_the_lens(float64):
    part = optics((2, 1))
    system = lens_camera(optics=part, shape=(6, 8), pixel_pitch=PITCH)
    points = jnp.zeros(system.sample.shape).at[5, 6].set(1.0).at[9, 8].set(2.0)
    system = eqx.tree_at(lambda s: s.sample.irradiance, system, points)
    path = f"detection_path.{CURVATURE}"

    @jax.jit
    def loss(curvature):
        return jnp.sum(set_leaves(system, {path: curvature}).predict().values ** 2)

    value = np.asarray(leaf_paths(system)[path])
    slope = float(jax.jit(jax.grad(loss))(jnp.asarray(value)))
    ends = [float(loss(jnp.asarray(value + k * 1e-4))) for k in (-2, -1, 1, 2)]
    assert slope == pytest.approx((ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / 12e-4, rel=1e-6)
    frame = system.predict().values[0]
    image = part.at(system.sample_grid())(Image(points, system.sample_grid()))
    np.testing.assert_allclose(frame, crop(image.values, (6, 8)), atol=1e-14)


@pytest.mark.slow
def test_in_single_precision_a_lens_is_refused_and_its_numbers_work():
    part = optics((1, 2))
    with pytest.raises(InputError, match="64 bits"):
        lens_camera(optics=part, shape=(6, 8), pixel_pitch=PITCH).predict()
    grid = lens_camera(optics=part, shape=(6, 8), pixel_pitch=PITCH).sample_grid()
    system = lens_camera(optics=part.at(grid), shape=(6, 8), pixel_pitch=PITCH)
    light = np.random.default_rng(1).uniform(size=system.sample.shape)
    system = eqx.tree_at(lambda s: s.sample.irradiance, system, jnp.asarray(light))
    frame = np.asarray(system.predict().values[0])
    assert frame.dtype == np.float32
    with jax.enable_x64(True):
        double = part(Image(jnp.asarray(light), Grid(system.sample.shape, PITCH)))
        np.testing.assert_allclose(frame, crop(double.values, (6, 8)), rtol=1e-5)


@pytest.mark.slow
def test_too_few_rays_are_told_or_give_no_picture(float64):
    """A window far wider than the light: the rays at its corners turn faster than few of them resolve."""
    part = LensImaging(singlet(), LIGHT, nodes=(1, 1), window=(9, 7), rule=(10, 24))
    with pytest.raises(InputError, match=r"10 rings of 24 rays(.|\n)*30 of 96"):
        lens_camera(optics=part, shape=(6, 8), pixel_pitch=PITCH)
    assert np.isnan(np.asarray(part.at(Grid((6, 8), PITCH)).patterns)).all()
    wide = LensImaging(singlet(), LIGHT, nodes=(1, 1), window=(31, 31))
    grid = Grid((6, 8), PITCH)
    assert np.isfinite(np.asarray(wide.at(grid).patterns)).all()
    assert np.isnan(np.asarray(jax.jit(lambda part: part.pictures(grid))(wide))).all()
    assert np.isfinite(np.asarray(jax.jit(lambda part: part.pictures(grid))(wide.ready_for(grid)))).all()
