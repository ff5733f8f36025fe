import numpy as np

from backlight.maths.holes import continued


def test_hidden_pixels_hold_what_their_nearest_neighbor_recorded():
    frames = np.arange(24.0).reshape(2, 3, 4)
    hidden = np.zeros((3, 4), bool)
    hidden[1, 3] = True
    for each in (hidden, np.stack([hidden, hidden])):
        found = continued(frames, each)
        assert found[0, 1, 3] in (3, 6, 11)
        np.testing.assert_array_equal(found[:, ~hidden], frames[:, ~hidden])


def test_frames_have_holes_of_their_own():
    frames, hidden = np.ones((3, 2, 2)), np.zeros((3, 2, 2), bool)
    frames[1, 0, 0], hidden[1, 0, 0], hidden[2] = 9, True, True
    np.testing.assert_array_equal(continued(frames, hidden), 1)


def test_what_is_hidden_altogether_stays_as_it_is():
    frames = np.ones((1, 2, 2))
    assert continued(frames, np.ones((2, 2), bool)) is frames
    assert continued(frames, np.zeros((2, 2), bool)) is frames
