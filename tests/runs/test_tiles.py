"""Tiles cover a frame, and parts of one field are put together to the field again."""

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.runs.agreement import agreement, leveled
from backlight.runs.mosaic import _notes
from backlight.runs.tiles import blend, layout

LAYOUTS = [((64, 64), 32, None), ((50, 81), [16, 24], 5), ((40, 40), 40, 4), ((33, 100), [32, 20], 10)]


@pytest.mark.parametrize(("frame", "tile", "overlap"), LAYOUTS)
def test_tiles_cover_the_frame_and_overlap_by_what_was_asked(frame, tile, overlap):
    found = layout(frame, tile, overlap)
    seen = np.zeros(frame, int)
    for one in found.tiles:
        assert seen[one.part].shape == found.shape
        seen[one.part] += 1
    assert seen.min() == 1
    assert all(n % 2 for n in found.counts)
    asked = min(found.shape) // 8 if overlap is None else overlap
    assert all(shared >= asked for shared, count in zip(found.overlap, found.counts, strict=True) if count > 1)


@pytest.mark.parametrize(("frame", "tile", "overlap"), LAYOUTS)
def test_the_first_tile_is_the_center_and_each_other_touches_one_before_it(frame, tile, overlap):
    found = layout(frame, tile, overlap)
    assert found.tiles[0].center == (0, 0)
    for number, one in enumerate(found.tiles):
        pixel = [c + size // 2 for c, size in zip(one.corner, one.shape, strict=True)]
        assert one.center == tuple(p - n // 2 for p, n in zip(pixel, frame, strict=True))
        before = [np.abs(np.subtract(one.corner, other.corner)) < found.shape for other in found.tiles[:number]]
        assert number == 0 or any(near.all() for near in before)


def field(frame, finer, seed=0):
    rng = np.random.default_rng(seed)
    shape = [n * finer for n in frame]
    return rng.normal(size=shape) + 1j * rng.normal(size=shape) + 0.3


def cut(found, values, finer, rng):
    """Return the parts of a field, each times a complex number of its own."""
    parts = {}
    for number, one in enumerate(found.tiles):
        rows, columns = (slice(side.start * finer, side.stop * finer) for side in one.part)
        parts[number] = values[rows, columns] * rng.uniform(0.5, 2) * np.exp(2j * np.pi * rng.uniform())
    return parts


@pytest.mark.parametrize(("frame", "tile", "overlap"), LAYOUTS)
@pytest.mark.parametrize("finer", [1, 3])
def test_parts_of_one_field_become_the_field_to_rounding(frame, tile, overlap, finer):
    found, values = layout(frame, tile, overlap), field(frame, finer)
    parts = cut(found, values, finer, np.random.default_rng(1))
    factors, difference = agreement(found, parts)
    assert factors[0] == pytest.approx(1)
    first = parts[0].ravel()[0] / values[tuple(n * finer for n in found.tiles[0].corner)]
    np.testing.assert_allclose(blend(found, parts, factors), first * values, rtol=1e-12, atol=1e-12)
    assert difference < 1e-6 or len(parts) == 1


def test_what_parts_disagree_by_is_told():
    """Noise of 0.1 of the amplitude in each part is a difference of √2·0.1."""
    found, rng = layout((128, 128), 48, 16), np.random.default_rng(2)
    parts = cut(found, np.exp(1j * rng.normal(size=(128, 128))), 1, rng)
    noisy = {i: p * (1 + 0.1 * (rng.normal(size=p.shape) + 1j * rng.normal(size=p.shape)) / 2**0.5)
             for i, p in parts.items()}  # fmt: skip
    assert agreement(found, noisy)[1] == pytest.approx(0.1 * 2**0.5, rel=0.1)


def bent(found, values, finer, rng, noise=0.0):
    """Return the parts of a field, each but the first with a factor, a slope and a curvature of its own, and noise."""
    parts = cut(found, values, finer, rng)
    for number, part in parts.items():
        y, x = np.meshgrid(*(np.linspace(-0.5, 0.5, n) for n in part.shape), indexing="ij")
        a, b, c = rng.uniform(-3, 3, 3) * (number > 0)
        grain = rng.normal(size=part.shape) + 1j * rng.normal(size=part.shape)
        parts[number] = part * np.exp(1j * (a * y + b * x + c * (y**2 + x**2))) * (1 + noise * grain / 2**0.5)
    return parts


@pytest.mark.parametrize(("frame", "tile", "overlap"), LAYOUTS)
def test_parts_that_are_bent_become_the_field_as_the_first_one_has_it(frame, tile, overlap):
    found, values = layout(frame, tile, overlap), field(frame, 2)
    parts = bent(found, values, 2, np.random.default_rng(1))
    level = leveled(found, parts)
    np.testing.assert_array_equal(level[0], parts[0])
    made = blend(found, level, agreement(found, level)[0])
    difference = made / np.vdot(values, made) * np.vdot(values, values) - values
    assert np.linalg.norm(difference) < 0.02 * np.linalg.norm(values)


def test_parts_that_agree_stay_as_they_are():
    """Independent noise of 0.3 bends a part of 48² by what its overlaps tell it to, a few mrad at the border."""
    found, rng = layout((128, 128), 48, 16), np.random.default_rng(2)
    parts = {i: field((128, 128), 1)[tile.part] for i, tile in enumerate(found.tiles)}
    noisy = {i: p * (1 + 0.3 * rng.normal(size=p.shape)) for i, p in parts.items()}
    for i, part in leveled(found, noisy).items():
        assert np.max(np.abs(np.angle(part * np.conj(noisy[i])))) < 0.1


def test_noise_and_bends_leave_the_noise():
    """Noise of 0.1 of the amplitude in each part is a difference of √2·0.1, whatever bends the parts."""
    found, rng = layout((128, 128), 48, 16), np.random.default_rng(3)
    parts = bent(found, np.exp(1j * rng.normal(size=(128, 128))), 1, rng, noise=0.1)
    assert agreement(found, parts)[1] > 0.3
    assert agreement(found, leveled(found, parts))[1] == pytest.approx(0.1 * 2**0.5, rel=0.1)


def test_a_part_that_agrees_with_none_is_as_bright_as_they_are():
    """A part whose phase is nonsense: its product with each neighbor is nearly nothing, its brightness tells all."""
    found, rng = layout((128, 128), 48, 16), np.random.default_rng(4)
    parts = {i: field((128, 128), 1)[tile.part] for i, tile in enumerate(found.tiles)}
    parts[3] = 5 * parts[3] * np.exp(2j * np.pi * rng.random(parts[3].shape))
    factors, _ = agreement(found, parts)
    assert abs(factors.pop(3)) == pytest.approx(1 / 5, rel=1e-6)
    np.testing.assert_allclose(np.abs(list(factors.values())), 1, rtol=1e-6)


def test_tiles_that_are_missing_leave_their_place_blank():
    found, values = layout((64, 64), 32), field((64, 64), 1)
    parts = {i: p for i, p in cut(found, values, 1, np.random.default_rng(1)).items() if i < 3}
    made = blend(found, parts, agreement(found, parts)[0])
    seen = np.zeros((64, 64), bool)
    for i in parts:
        seen[found.tiles[i].part] = True
    assert np.all(made[~seen] == 0)
    np.testing.assert_allclose(made[seen] / made[seen][0], values[seen] / values[seen][0], rtol=1e-10)


def test_a_cross_fade_has_no_edge():
    """Two levels meet smoothly: no step is larger than that of sin² over the overlap."""
    found = layout((32, 96), [32, 48], 16)
    parts = {i: np.full(found.shape, float(t.corner[1] > 24)) for i, t in enumerate(found.tiles)}
    steps = np.abs(np.diff(blend(found, parts), axis=1))
    assert steps.max() < 1.1 * np.pi / 2 / min(found.overlap[1:])


@pytest.mark.parametrize(
    ("tile", "overlap", "named"),
    [(31, None, "even"), (0, None, "even"), (128, None, "no larger"), (32, 17, "1 to 16"), (32, 0, "1 to 16")],
)
def test_tiles_that_fit_no_frame_are_refused(tile, overlap, named):
    with pytest.raises(InputError, match=named):
        layout((64, 64), tile, overlap)


@pytest.mark.parametrize(("difference", "told"), [(0.05, False), (0.5, True), (float("nan"), False)])
def test_tiles_that_contradict_each_other_are_named(difference, told):
    field = layout((64, 64), 32)
    notes = _notes(field, dict.fromkeys(range(len(field.tiles))), difference)
    assert any("one field" in note for note in notes) == told
