import numpy as np
import pytest

from backlight.errors import InputError
from backlight.systems.led_table import led_table
from backlight.wave import rectangular_layout, ring_layout, spiral_order

RECTANGLE = {"led_pitch": 4e-3, "led_rows": 3, "led_columns": 5, "led_distance": 0.09}


def test_a_rectangle_is_read_row_by_row_about_its_middle():
    table = led_table(RECTANGLE, 15)
    np.testing.assert_allclose(table.positions, rectangular_layout(3, 5, 4e-3))
    assert table.height == 0.09


def test_a_spiral_begins_at_the_middle_diode_which_is_below_the_sample():
    table = led_table({"led_pitch": 4e-3, "led_rows": 4, "led_columns": 4, "led_distance": 0.09,
                       "led_order": "spiral"}, 16)  # fmt: skip
    np.testing.assert_allclose(table.positions[:4], [[0, 0], [0, 4e-3], [4e-3, 4e-3], [4e-3, 0]], atol=1e-12)
    expected = rectangular_layout(4, 4, 4e-3)[spiral_order(4, 4)]
    np.testing.assert_allclose(np.diff(table.positions, axis=0), np.diff(expected, axis=0), atol=1e-12)


def test_the_center_is_the_diode_below_the_sample():
    table = led_table(RECTANGLE | {"led_center": (0.0, 1.5)}, 15)
    np.testing.assert_allclose(table.positions[0], [0, -6e-3], atol=1e-12)
    np.testing.assert_allclose(table.positions[-1], [8e-3, 10e-3], atol=1e-12)


def test_rings_begin_in_the_middle():
    table = led_table({"led_pitch": 9e-3, "led_rings": (1, 8), "led_distance": 0.11}, 9)
    np.testing.assert_allclose(table.positions, ring_layout((1, 8), 9e-3))


@pytest.mark.parametrize("side", [-1, 1])
def test_a_table_is_x_y_z_and_its_height_is_below_whatever_the_sign(side):
    places = np.array([[1e-3, 2e-3, side * 0.09], [3e-3, -4e-3, side * 0.09]])
    table = led_table({"led_positions": places}, 2)
    np.testing.assert_allclose(table.positions, [[2e-3, 1e-3], [-4e-3, 3e-3]])
    assert table.height == 0.09


def test_groups_say_which_diodes_light_a_frame():
    table = led_table(RECTANGLE | {"led_groups": ((0, 7), (7, 2), (1, 0))}, 3)
    assert table.positions.shape == (15, 2)
    assert table.lit.tolist() == [[0, 7], [7, 2], [1, 0]]
    assert table.used.tolist() == [0, 1, 2, 7]
    assert table.multiplexed
    alone = led_table(RECTANGLE, 15)
    assert alone.lit.ravel().tolist() == list(range(15))
    assert not alone.multiplexed


def test_diodes_of_a_dome_keep_their_directions():
    places = np.array([[0, 0, -0.1], [30e-3, 10e-3, -0.08], [-50e-3, 0, -0.05]])
    table = led_table({"led_positions": places}, 3)
    np.testing.assert_allclose(table.positions / table.height, places[:, 1::-1] / -places[:, 2:], atol=1e-12)


@pytest.mark.parametrize(
    ("instrument", "frames", "says"),
    [
        (RECTANGLE, 14, "15 diodes for 14 frames"),
        (RECTANGLE, 16, "of the lit diodes alone"),
        ({"led_positions": np.ones((3, 3))}, 2, "a line for each frame"),
        ({"led_positions": np.array([[0, 0, -1.0], [0, 0, -1.0], [0, 0, 1.0]])}, 3, "1000 mm for diode 2"),
        ({"led_positions": np.zeros((1, 3))}, 1, "for diode 0, on the other side or at 0"),
        (RECTANGLE | {"led_groups": ((0, 1), (2, 3))}, 3, "2 groups for 3 frames"),
        (RECTANGLE | {"led_groups": ((0, 1), (2,))}, 2, "groups of 1 or 2 diodes"),
        (RECTANGLE | {"led_groups": ((0, 1), (2, 15))}, 2, "diode 15 in frame 1"),
        (RECTANGLE | {"led_groups": ((0, 1), (2, 2))}, 2, "frame 1 names twice"),
    ],
)
def test_frames_without_a_diode_and_diodes_without_a_side_are_refused(instrument, frames, says):
    with pytest.raises(InputError) as error:
        led_table(instrument, frames)
    assert says in str(error.value)


def test_nominal_tables_of_measured_sets_are_described_in_words(shared_data):
    from backlight.io import read_table

    written = read_table(shared_data("fourier_ptychography/bloodsmear_leds.csv"), ("x", "y", "z"))
    words = {"led_pitch": 4e-3, "led_rows": 15, "led_columns": 15, "led_order": "spiral", "led_distance": 90.88e-3}
    ours, theirs = led_table(words, 225), led_table({"led_positions": written}, 225)
    np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-9)
    assert ours.height == pytest.approx(theirs.height)
    written = read_table(shared_data("fourier_ptychography/phase_usaf_93led_leds.csv"), ("x", "y", "z"))
    words = {"led_pitch": 9e-3, "led_rings": (1, 8, 12, 16, 24, 32), "led_distance": 110e-3}
    y, x = led_table(words, 93).positions.T
    turned = np.stack([x, -y], axis=-1)  # array_rotation = "90 deg", from +x towards +y
    np.testing.assert_allclose(turned, led_table({"led_positions": written}, 93).positions, atol=1e-8)
