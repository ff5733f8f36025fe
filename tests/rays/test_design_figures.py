"""Spots and designs against the figures that the tables' own tracer (dO, Wang, Chen and Heidrich 2022) gives.

Its convention, found by trial and good to its three digits: rays stand on a square grid in the plane of the first
vertex, those that all semi-diameters let through count, but for that of the image, and the spot is about their mean,
color by color. The grid is as wide as the first surface's rim at that field, or, "over the entrance pupil", as the box
about those of 101 × 101 rays at 580 nm that come through. The stop has vacuum behind it, also in air.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference as ref

from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.optimize import optimize
from backlight.inverse.unknowns import Free
from backlight.light import Rays
from backlight.maths.double_precision import doubled
from backlight.rays import Asphere, Lens, trace
from backlight.rays.rims import without_rims
from backlight.systems.lens_merit import spots

MM, UM = 1e-3, 1e-6
NIKON = "lenses/Nikon-z35-f1.8-JPA2019090949-example2.txt"
COLORS, ANGLES = np.array([656.2725, 587.5618, 486.1327]) * 1e-9, (0, 10, 20, 32.45)
ASPHERES = (16, 17)

pytestmark = pytest.mark.real


def read(path) -> Lens:
    lens = ref.table(path)
    return eqx.tree_at(lambda one: one.surfaces[-1].semi_diameter, lens, None)


def sent(angle, y, x, wavelength) -> Rays:
    """Return rays of a grid in the plane of the first vertex, flat."""
    y, x = (part.ravel() for part in np.meshgrid(y, x, indexing="ij"))
    way = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle)), 0.0])
    return Rays(np.stack([0 * y, y, x]), way[:, None], wavelength)


def rim(lens: Lens, angle, count, wavelength, *, pupil: bool = False) -> Rays:
    """Return the grid as wide as the first rim, or as the box about the rays that come through."""
    front = lens.surfaces[0]
    radius = float(front.semi_diameter)
    reach = radius + np.tan(np.deg2rad(angle)) * float(doubled(front.profile).sag(jnp.asarray(radius), jnp.zeros(())))
    even = lambda low, high, n: np.linspace(low, high, n)  # noqa: E731
    if not pupil:
        return sent(angle, even(-reach, reach, count), even(-reach, reach, count), wavelength)
    tried = sent(angle, even(-reach, reach, 101), even(-reach, reach, 101), 580e-9)
    y, x = np.asarray(tried.position)[1:, np.asarray(trace(lens, tried).alive)]
    return sent(angle, even(y.min(), y.max(), count), even(x.min(), x.max(), count), wavelength)


def rms(lens: Lens, rays: Rays) -> float:
    met = trace(lens, rays)
    place = np.asarray(met.position)[1:, np.asarray(met.alive)]
    return float(np.sqrt(np.mean(np.sum((place - place.mean(axis=1, keepdims=True)) ** 2, axis=0))) / UM)


def mean_rms(lens: Lens) -> float:
    return float(np.mean([rms(lens, rim(lens, angle, 31, color)) for angle in ANGLES for color in COLORS]))


def test_the_double_gauss(shared_data):
    with jax.enable_x64(True):
        lens = read(shared_data("lenses/double_gauss_US02532751-1.txt"))
        found = [rms(lens, rim(lens, angle, 31, 587.5618e-9, pupil=True)) for angle in (0, 7, 14, 21)]
    np.testing.assert_allclose(found, [4.18, 5.00, 6.96, 7.46], rtol=2e-3)


def test_the_objective_as_patented_and_without_its_aspheres(shared_data):
    with jax.enable_x64(True):
        lens = read(shared_data(NIKON))
        assert mean_rms(lens) == pytest.approx(0.443, rel=2e-3)
        assert mean_rms(without_aspheres(lens)) == pytest.approx(28.06, rel=1e-3)


def without_aspheres(lens: Lens) -> Lens:
    for i in ASPHERES:
        sphere = Asphere(1 / float(lens.surfaces[i].profile.curvature), 0.0, [0.0])
        lens = eqx.tree_at(lambda one: one.surfaces[i].profile, lens, sphere)  # noqa: B023
    return lens


def open_rays(lens: Lens, count: int) -> Rays:
    """Return the rays at x ≥ 0 that come through the lens as it is, all of them; those at x > 0 count twice."""
    every = [rim(lens, angle, count, COLORS[1]) for angle in ANGLES]
    kept = [np.asarray(trace(lens, rays).alive) & (np.asarray(rays.position[2]) > -1e-9) for rays in every]
    size = max(part.sum() for part in kept)
    place, way = (np.zeros((3, len(ANGLES), 1, size)) for _ in range(2))
    weight = np.zeros((len(ANGLES), 1, size))
    for i, (rays, keep) in enumerate(zip(every, kept, strict=True)):
        first = np.resize(np.flatnonzero(keep), size)  # those that are repeated to fill the row have no weight
        place[:, i, 0], way[:, i, 0] = np.asarray(rays.position)[:, first], np.asarray(rays.direction)[:, first]
        weight[i, 0] = np.where(np.arange(size) < keep.sum(), 1.0 + (place[2, i, 0] > 1e-9), 0.0)
    return Rays(place, way, COLORS[:, None], weight=weight)


@pytest.mark.slow
def test_the_objective_finds_its_aspheres(shared_data):
    """18 curvatures, 2 conics, 2 terms of r⁴, at most 20 steps; all fields and colors in one trace."""
    with jax.enable_x64(True):
        patented = read(shared_data(NIKON))
        start, rays = without_aspheres(patented), open_rays(patented, 31)
    unknowns = {f"surfaces.{i}.profile.curvature": Free() for i in range(19) if i != patented.stop}
    unknowns |= {f"surfaces.{i}.profile.conic": Free() for i in ASPHERES}
    unknowns |= {f"surfaces.{i}.profile.coefficients": Free(scale=1e8) for i in ASPHERES}
    found = optimize(without_rims(start), lambda lens: spots(lens, rays, by_color=True), unknowns,
                     solver=LevenbergMarquardt(steps=1, inner=20))  # fmt: skip
    rims = [surface.semi_diameter for surface in start.surfaces]
    where = lambda one: [surface.semi_diameter for surface in one.surfaces]  # noqa: E731
    with jax.enable_x64(True):
        assert mean_rms(eqx.tree_at(where, found.model, rims, is_leaf=lambda leaf: leaf is None)) < 0.40
    assert found.seconds < 30


@pytest.mark.slow
def test_a_condenser_lens(shared_data):
    """25.3 to 2.89 µm over curvature, conic and r⁴ of its one curved surface: a square of ±15 mm, corners included."""
    with jax.enable_x64(True):
        lens = without_rims(read(shared_data("lenses/ACL5040U.txt")))
        across = np.linspace(-15, 15, 31) * MM
        flat = sent(0, across, across, 532.8e-9)
    rays = Rays(np.asarray(flat.position)[:, None, None], np.asarray(flat.direction)[:, None, None], 532.8e-9)
    unknowns = {f"surfaces.0.profile.{name}": Free() for name in ("curvature", "conic", "coefficients")}
    found = optimize(lens, lambda lens: spots(lens, rays), unknowns, solver=LevenbergMarquardt(steps=3, inner=5))
    assert np.sqrt(2 * found.initial_merit) == pytest.approx(25.3, rel=0.01)
    assert np.sqrt(2 * found.merit) < 2.9
