"""How far one picture lies beside another."""

import numpy as np
import pytest

from backlight.systems.registration import displacement, laid_over


def picture(shape, moved=(0.0, 0.0), seed=0, width=2.0):
    """Return a smooth random picture (y, x), wider than it is seen, and moved by a part of a pixel by Fourier."""
    rng = np.random.default_rng(seed)
    f = [np.fft.fftfreq(n) for n in shape]
    smooth = np.exp(-2 * (np.pi * width) ** 2 * (f[0][:, None] ** 2 + f[1] ** 2))
    wave = np.exp(-2j * np.pi * (f[0][:, None] * moved[0] + f[1] * moved[1]))
    made = np.fft.ifft2(np.fft.fft2(rng.normal(size=shape)) * smooth * wave).real
    return made / made.std()


@pytest.mark.parametrize("shape", [(64, 64), (51, 80)])
@pytest.mark.parametrize("moved", [(0.0, 0.0), (1.3, -4.7), (-9.2, 6.5)])
def test_a_move_is_found_to_a_few_hundredths_of_a_pixel(shape, moved):
    rng = np.random.default_rng(1)
    seen = picture(shape, moved) + 0.1 * rng.normal(size=shape)
    np.testing.assert_allclose(displacement(seen, picture(shape)), moved, atol=0.1)


def test_complex_fields_with_a_mean_are_moved_alike():
    one, other = (2 + np.exp(1j * picture((64, 64), moved)) for moved in ((0.0, 0.0), (3.4, -2.2)))
    np.testing.assert_allclose(displacement(other, one), (3.4, -2.2), atol=0.1)


def test_pictures_without_anything_lie_where_they_are():
    np.testing.assert_array_equal(displacement(np.ones((16, 16)), np.ones((16, 16))), (0, 0))


@pytest.mark.parametrize("width", [0.3, 3.0, 8.0])
def test_unlike_pictures_are_never_sure_and_like_ones_are(width):
    """Over the widest details few of them fit into a picture, and chance makes more of it."""
    unlike = [picture((96, 96), seed=seed, width=width) for seed in range(16)]
    for pictures in (unlike, [np.exp(1j * each) for each in unlike]):
        assert not laid_over(pictures).sure.any()
    like = [picture((96, 96), moved, width=min(width, 3.0)) for moved in ((0, 0), (5.0, -7.0), (20.0, 3.0))]
    found = laid_over(like)
    assert found.sure.all()
    np.testing.assert_allclose(found.moved, [(0, 0), (5, -7), (20, 3)], atol=0.3)


def test_pictures_find_their_place_by_way_of_others():
    scene = picture((64, 200), width=1.5)
    parts = [scene[:, at : at + 64] for at in (0, 60, 20, 40, 136)]
    found = laid_over(parts)
    np.testing.assert_array_equal(found.sure, [True, True, True, True, False])
    np.testing.assert_array_equal(found.lost, ~found.sure)
    np.testing.assert_allclose(found.moved[:4], [(0, 0), (0, -60), (0, -20), (0, -40)], atol=0.1)


@pytest.mark.parametrize("alien", [0, 2])
def test_a_picture_of_something_else_is_lost_and_leaves_the_others_where_they_are(alien):
    moves = [(0.0, 0.0), (2.0, -3.0), (-1.5, 2.5), (4.0, 1.0), (1.0, 1.0)]
    pictures = [picture((64, 64), move) for move in moves]
    pictures[alien] = picture((64, 64), seed=7)
    found = laid_over(pictures)
    good = np.arange(5) != alien
    np.testing.assert_array_equal(found.sure, good)
    np.testing.assert_array_equal(found.lost, ~good)
    off = (found.moved - np.array(moves))[good]
    np.testing.assert_allclose(off - off.mean(axis=0), 0, atol=0.1)


def test_pictures_of_too_little_detail_have_their_likeliest_place():
    y, x = np.mgrid[:64, :64]
    blobs = [1 - 0.5 * np.exp(-((y - 32 - dy) ** 2 + (x - 32) ** 2) / 400) for dy in (0, 3)]
    found = laid_over(blobs)
    assert not found.sure.any()
    assert not found.lost.any()
    np.testing.assert_allclose(found.moved, [(0, 0), (3, 0)], atol=0.5)
