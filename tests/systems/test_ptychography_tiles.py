"""A part of the field sees the panel shifted, and its sample without the curvature that all diodes share."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from field_twin import APERTURE, FINER, HEIGHT, WAVELENGTH, field_twin, given

from backlight.inverse.tree import get_leaf, set_leaves
from backlight.inverse.unknowns import Gaussian, Interval
from backlight.light import Grid
from backlight.runs.tiles import layout
from backlight.systems.catalogue import CATALOGUE
from backlight.systems.fourier_ptychography import ask
from backlight.systems.per_frame import is_per_frame
from backlight.systems.ptychography_instrument import BACKGROUND, DEFOCUS, GAINS, SAMPLE, ZERNIKE
from backlight.systems.ptychography_tiles import SHIFT, ask_tile, tile_in_view

SIZE, TILE = 64, 32
PLACES = layout((SIZE, SIZE), TILE).tiles
CORNER = next(tile for tile in PLACES if tile.corner == (0, SIZE - TILE))
SHIFTED = (0.04e-3, -0.02e-3)
UNKNOWN = {"sample": True, "array_shift": True, "led_gains": True, "defocus": True, "zernike": 2, "background": True}


@pytest.fixture(scope="module")
def twin():
    return field_twin(SIZE, shift=SHIFTED)


def question_of(twin, tile, unknown=None, found=None, **more):
    frames = twin.frames[:, *tile.part]
    written = given(twin) | {"array_shift": SHIFTED, "upsampling": FINER} | more
    return ask_tile(
        ask,
        lambda instrument, shape: instrument["upsampling"],
        frames,
        written,
        unknown or {"sample": True},
        {},
        tile.center,
        found,
    )


def truth_in(twin, tile, shape):
    """Return the true sample about a tile's center on pixels as fine as the instrument's."""
    row, column = (len(twin.sample) // 2 + FINER * c - n // 2 for c, n in zip(tile.center, shape, strict=True))
    return twin.sample[row : row + shape[0], column : column + shape[1]]


def predicted(twin, tile, question):
    """Return what the part's instrument predicts of the true sample under waves of the true curvature."""
    grid = question.system.sample_grid()
    curved = np.pi / (WAVELENGTH * HEIGHT) * (np.asarray(grid.y)[:, None] ** 2 + np.asarray(grid.x) ** 2)
    sample = truth_in(twin, tile, grid.shape) * np.exp(1j * curved)
    return set_leaves(question.system, {SAMPLE: jnp.asarray(sample, jnp.complex64)})


def misfit(twin, tile, system):
    """Return what is left of the frames, their border apart: light comes from beyond it."""
    inner = np.s_[:, 3:-3, 3:-3]
    frames, seen = twin.frames[:, *tile.part][inner], np.asarray(system.predict().values)[inner]
    frames, seen = (np.sqrt(f / f.mean()) for f in (frames, seen))
    return np.linalg.norm(frames - seen) / np.linalg.norm(frames)


def test_a_part_off_the_axis_sees_the_panel_shifted_the_other_way(twin):
    question = question_of(twin, CORNER)
    offset = 2e-6 * np.asarray(CORNER.center)
    assert np.all(np.abs(offset) > 30e-6)
    np.testing.assert_allclose(get_leaf(question.system, SHIFT), SHIFTED - offset, rtol=1e-5)
    here = predicted(twin, CORNER, question)
    moved = [set_leaves(here, {SHIFT: jnp.asarray(SHIFTED + side * offset, float)}) for side in (0, 1)]
    right, unmoved, wrong = (misfit(twin, CORNER, system) for system in (here, *moved))
    assert right < 0.1
    assert unmoved > 2 * right
    assert wrong > unmoved


def test_the_light_of_a_part_is_the_slope_of_the_diodes_waves(twin):
    """The phase of a spherical wave, by differences of exact distances about the part's center."""
    panel = question_of(twin, CORNER).system.illumination
    places, (y, x), step = twin.table + twin.shift, 2e-6 * np.asarray(CORNER.center), 1e-6
    cycles = lambda y, x: np.sqrt((places[:, 0] - y) ** 2 + (places[:, 1] - x) ** 2 + HEIGHT**2) / WAVELENGTH  # noqa: E731
    slopes = [(cycles(y + dy, x + dx) - cycles(y - dy, x - dx)) / (2 * step) for dy, dx in ((step, 0), (0, step))]
    everyone = eqx.tree_at(lambda p: p.lit, panel, jnp.arange(len(places)), is_leaf=is_per_frame)
    tilt = np.asarray(everyone(Grid((2, 2), 1e-6)).tilt).reshape(-1, 2)
    np.testing.assert_allclose(tilt.T, slopes, rtol=1e-4, atol=1)


def test_the_shared_curvature_is_taken_out_of_the_view(twin):
    question = question_of(twin, CORNER)
    view = tile_in_view(predicted(twin, CORNER, question))
    expected = truth_in(twin, CORNER, view.grid.shape)
    np.testing.assert_allclose(view.values, expected, atol=2e-5)


def test_a_slide_brings_the_panel_nearer(twin):
    thick, index = 1e-3, 1.5
    plain, behind = (
        tile_in_view(question_of(twin, CORNER, **glass).system)
        for glass in ({}, {"glass_thickness": thick, "glass_index": index})
    )
    ratio = np.angle(behind.values[0, 0]) / np.angle(plain.values[0, 0])
    assert abs(np.angle(plain.values[0, 0])) < 3
    assert ratio == pytest.approx(HEIGHT / (HEIGHT - thick * (1 - 1 / index)), rel=1e-4)


def found_elsewhere():
    return {
        SHIFT: np.array([0.05e-3, 0.0], np.float32),
        GAINS: np.full(25, 1.1, np.float32),
        DEFOCUS: np.float32(-7e-6),
        ZERNIKE: np.array([0.1, -0.2], np.float32),
        BACKGROUND: np.full(25, 40.0, np.float32),
    }


def test_a_part_starts_from_what_was_found_and_holds_what_all_share(twin):
    question = question_of(twin, CORNER, UNKNOWN, found_elsewhere())
    assert set(question.unknowns) == {SAMPLE, GAINS, DEFOCUS, ZERNIKE, BACKGROUND}
    began = question.begun(question.look())
    for path in (GAINS, DEFOCUS, ZERNIKE):
        np.testing.assert_allclose(get_leaf(began.system, path), found_elsewhere()[path], rtol=1e-6)
    offset = 2e-6 * np.asarray(CORNER.center)
    np.testing.assert_allclose(get_leaf(began.system, SHIFT), found_elsewhere()[SHIFT] - offset, rtol=1e-5)
    np.testing.assert_allclose(get_leaf(began.system, BACKGROUND), 40 / began.brightness, rtol=1e-5)
    assert began.weights.shape == (25, TILE, TILE)


def test_a_part_prefers_the_defocus_and_the_aberrations_of_its_neighbor(twin):
    question = question_of(twin, CORNER, UNKNOWN, found_elsewhere())
    assert isinstance(question.unknowns[DEFOCUS], Gaussian)
    assert float(question.unknowns[DEFOCUS].std) == pytest.approx(0.2 * WAVELENGTH / APERTURE**2)
    assert float(question.unknowns[ZERNIKE].std) == pytest.approx(0.2)
    bounded = UNKNOWN | {"defocus": {"between": (-20e-6, 20e-6)}}
    assert isinstance(question_of(twin, CORNER, bounded, found_elsewhere()).unknowns[DEFOCUS], Interval)


def test_schema_and_entry_agree_about_tiles():
    for listing in CATALOGUE.values():
        assert listing.schema.tiled == (listing.load().tiling is not None)
