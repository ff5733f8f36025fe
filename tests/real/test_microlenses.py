"""Two measured planes of an array of microlenses behind a field stop: the lenses and the flat between them."""

import numpy as np
import pytest
from scipy import ndimage

from backlight.io import read
from backlight.systems.transport_of_intensity import transport_of_intensity

pytestmark = [pytest.mark.real, pytest.mark.slow]

PITCH = 4.65e-6 / 20


@pytest.fixture(scope="module")
def frames(shared_data):
    """Return both planes without the dark counts, which the corners show, behind the stop."""
    names = ("microlens_I0.tiff", "microlens_Iz.tiff")
    planes = np.stack([read(shared_data(f"phase/{name}")).array for name in names]).astype(float)
    return planes - np.median(planes[:, :16, :16], axis=(1, 2), keepdims=True)


@pytest.fixture(scope="module")
def phase(frames):
    return np.asarray(transport_of_intensity(frames, [0.0, -1e-6], wavelength=550e-9, pixel_pitch=PITCH), float)


@pytest.fixture(scope="module")
def lit(frames):
    """Return where the stop is open: the largest bright region, without holes."""
    bright, _ = ndimage.label(frames.mean(axis=0) > threshold(frames.mean(axis=0)))
    return ndimage.binary_fill_holes(bright == np.argmax(np.bincount(bright.ravel())[1:]) + 1)


@pytest.fixture(scope="module")
def lenses(phase, lit):
    """Return (y, x, R) of each whole lens: the high regions within the stop; R is where the profile is steepest."""
    flat = phase - plane(phase, lit)
    regions, count = ndimage.label((flat > threshold(flat[lit])) & lit)
    inner = ndimage.binary_erosion(lit)
    whole = [i for i in range(1, count + 1) if inner[regions == i].all()]
    largest = max(np.sum(regions == i) for i in whole)
    return [lens(flat, regions == i) for i in whole if np.sum(regions == i) > largest / 2]


def threshold(values):
    """Return the level that parts values into two classes, by Otsu's criterion."""
    counts, edges = np.histogram(values, 256)
    middle = 0.5 * (edges[1:] + edges[:-1])
    below, sums = np.cumsum(counts), np.cumsum(counts * middle)
    apart = (sums[-1] * below - sums * below[-1]) ** 2 / np.maximum(below * (below[-1] - below), 1)
    return middle[np.argmax(apart)]


def plane(values, where):
    """Return the plane of least squares through some of the values: drift of the stage and a tilt of the light."""
    y, x = np.indices(values.shape)
    basis = np.stack([np.ones(values.shape), y, x])
    return np.tensordot(np.linalg.lstsq(basis[:, where].T, values[where], rcond=None)[0], basis, 1)


def lens(flat, region):
    y, x = ndimage.center_of_mass(region)
    radius = distance(flat.shape, y, x).astype(int)
    most = int(2 * np.sqrt(region.sum() / np.pi))
    profile = (np.bincount(radius.ravel(), flat.ravel()) / np.bincount(radius.ravel()))[:most]
    return y, x, 1 + int(np.argmin(np.gradient(profile)[1:]))


def distance(shape, y, x):
    rows, columns = np.indices(shape)
    return np.hypot(rows - y, columns - x)


def parabola(values, y, x, radius):
    """Return the sag and the residual of a parabola, its vertex free, over the whole lens."""
    inside = distance(values.shape, y, x) < radius
    rows, columns = (i[inside] - c for i, c in zip(np.indices(values.shape), (y, x), strict=True))
    basis = np.stack([np.ones(rows.shape), rows, columns, -(rows**2 + columns**2) / radius**2], 1)
    found = np.linalg.lstsq(basis, values[inside], rcond=None)[0]
    return found[3], values[inside] - basis @ found


def test_each_whole_lens_is_a_parabola(phase, lenses):
    """Looked at: six round lenses; dust and scratches leave dimples of 1 % to 4 % of the sag."""
    assert len(lenses) == 6
    fits = [parabola(phase, *found) for found in lenses]
    sags = np.array([sag for sag, _ in fits])
    assert all(np.std(residual) <= 0.05 * sag for sag, residual in fits)
    assert all(np.quantile(np.abs(residual), 0.99) <= 0.05 * sag for sag, residual in fits)
    assert np.std(sags) <= 0.02 * np.mean(sags)


def test_the_substrate_between_the_lenses_is_flat(phase, lit, lenses):
    """A parabola fits whatever error of the border or of the exposure adds to a lens; the flat between would bend."""
    middles = np.array(sorted(found[:2] for found in lenses)).reshape(2, 3, 2)
    middles = np.array([sorted(row, key=lambda m: m[1]) for row in middles.tolist()])
    down, right = (middles[1] - middles[0]).mean(axis=0), (middles[:, 2] - middles[:, 0]).mean(axis=0) / 2
    np.testing.assert_allclose([np.linalg.norm(down), np.linalg.norm(right)], 75e-6 / PITCH, rtol=0.02)
    edge = 1.1 * np.mean([found[2] for found in lenses])  # the objective blurs the edge
    between = ndimage.binary_erosion(lit, iterations=10)
    for i in range(-2, 3):
        for j in range(-2, 3):
            between &= distance(phase.shape, *(middles.mean(axis=(0, 1)) + (i - 0.5) * down + j * right)) > edge
    rest = phase - plane(phase, between)
    height = np.mean([rest[int(y), int(x)] for y, x, _ in lenses])
    assert np.std(rest[between]) <= 0.04 * height
