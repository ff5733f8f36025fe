"""Measured holograms: the distance agrees with independent scans and the image is clean. Looked at, too: docs/."""

import jax.numpy as jnp
import numpy as np
import pytest

from backlight.io import read_frames
from backlight.systems.autofocus import back_propagate
from backlight.systems.inline_holography import DISTANCE, ask, nominal, sample_in_view

pytestmark = [pytest.mark.real, pytest.mark.slow]

USAF = {"wavelength": 632.8e-9, "pixel_pitch": 5.86e-6}
MICROSCOPIC = {"wavelength": 532e-9, "pixel_pitch": 1.12e-6}


@pytest.fixture(scope="module")
def usaf(shared_data):
    return read_frames(shared_data("holography/inline_usaf.mat"), key="exp_data", crop=(239, 254, 476, 476)).array


def answered(usaf, start, **options):
    question = ask(usaf, USAF | {"distance": start}, {"sample": True, "distance": True}, options)
    return question.answer(error_bars=False)


@pytest.mark.long
def test_usaf_distance_from_every_start(usaf):
    """An independent autofocus gave 41.43 mm."""
    distances = [answered(usaf, start).value(DISTANCE) for start in (38e-3, 41.5e-3, 45e-3)]
    assert np.all(np.abs(np.array(distances) - 41.45e-3) <= 0.15e-3), distances
    assert np.ptp(distances) <= 0.02e-3, distances


def test_usaf_image_is_clean_and_resolved(usaf):
    answer = answered(usaf, 41.5e-3, iterations=200)
    assert abs(answer.value(DISTANCE) - 41.45e-3) <= 0.15e-3
    found = np.abs(np.asarray(sample_in_view(answer.system).values))
    system = nominal(USAF | {"distance": answer.value(DISTANCE)}, usaf.shape)
    classic = np.abs(np.asarray(back_propagate(system, jnp.asarray(usaf[0]))))
    clear = (slice(110, 160), slice(160, 220))  # no bar here
    assert ripple(found[clear]) <= 0.5 * ripple(classic[clear])
    # group 5, element 6: three upright bars of 8.8 µm, 1.5 pixels each
    bars = found[321:331, 349:363].mean(axis=0)
    assert len(minima(bars)) == 3, bars
    assert np.all(np.isin(np.diff(minima(bars)), (2, 3, 4))), bars


def ripple(amplitude):
    return amplitude.std() / amplitude.mean()


def minima(profile, depth=0.04):
    """Return where the profile has a dip that is `depth` below the highest value within two pixels on either side."""
    dips = [i for i in range(2, len(profile) - 2) if profile[i] == profile[i - 1 : i + 2].min()]
    deep = [i for i in dips if min(profile[i - 2 : i].max(), profile[i + 1 : i + 3].max()) - profile[i] > depth]
    return np.array(deep)


@pytest.mark.long
@pytest.mark.parametrize(("name", "distance"), [("usaf", 1060e-6), ("rbc", 310e-6)])
def test_microscopic_holograms(shared_data, name, distance):
    """Independent Tamura scans gave 1060 and 310 µm."""
    frames = read_frames(shared_data(f"holography/dcod_{name}_hologram.tif")).array
    empty = read_frames(shared_data(f"holography/dcod_{name}_background.tif"), role="background").array
    start = MICROSCOPIC | {"distance": 1.05 * distance}
    answer = ask(frames / empty, start, {"sample": True, "distance": True}, {}).answer(error_bars=False)
    assert abs(answer.value(DISTANCE) / distance - 1) <= 1e-2
