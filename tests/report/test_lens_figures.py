"""Figures of a lens hold the curves that they are made from, in the units on their axes."""

import numpy as np
import pytest
from matplotlib.patches import Circle, Polygon

from backlight.lenses import LensFile
from backlight.lenses.analyze import PointAnalysis, diffraction_limit
from backlight.lenses.fields import launched
from backlight.light import ConstantIndex
from backlight.rays import MTF, Conic, Fan, Lens, Pose, Surface, launch, trace
from backlight.report import lens_figures
from backlight.report.lens_layout import bundles, layout, outlines

GLASS, AIR = ConstantIndex(1.5), ConstantIndex(1.0)
WAVELENGTH = 550e-9
FIELDS = np.deg2rad([[0.0, 0.0], [5.0, 0.0]])


def lens(**front):
    return Lens(
        [
            Surface(Conic(50e-3), thickness=5e-3, medium=GLASS, stop=True, **front),
            Surface(Conic(-50e-3), thickness=48e-3, medium=AIR),
            Surface(),
        ],
        entrance_pupil_diameter=10e-3,
    )


def parts(figure, name):
    return [line for line in figure.axes[0].lines if line.get_gid() == name]


def test_rays_end_where_they_are_traced():
    figure = layout(lens(), FIELDS, WAVELENGTH, ["0°", "5°"], count=5)
    rays = [line for line in figure.axes[0].lines if line.get_gid() is None]
    assert len(rays) == 10
    points = np.stack([np.linspace(-1, 1, 5), np.zeros(5)])
    ends = np.concatenate([trace(lens(), launch(lens(), field, points, WAVELENGTH)).position[1] for field in FIELDS])
    assert [line.get_ydata()[-1] for line in rays] == pytest.approx(1e3 * ends, abs=1e-4)  # mm, of 32 bits
    assert [line.get_xdata()[-1] for line in rays] == pytest.approx([53.0] * 10, abs=1e-4)
    assert len({line.get_color() for line in rays}) == 2
    axis = figure.axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("z (mm)", "y (mm)")
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["0°", "5°"]


def test_glass_is_between_its_surfaces():
    figure = layout(lens(semi_diameter=8e-3), FIELDS, WAVELENGTH)
    (glass,) = [patch for patch in figure.axes[0].patches if isinstance(patch, Polygon)]
    z, y = glass.get_xy().T
    assert y.max() == pytest.approx(8.0)
    assert z.min() == pytest.approx(0.0, abs=1e-9)  # the vertices of both surfaces
    assert z.max() == pytest.approx(5.0, abs=1e-9)
    rim = 50 - np.sqrt(50**2 - 8**2)
    assert np.isclose(z[np.isclose(y, 8.0)], rim).any()
    assert len(parts(figure, "stop")) == 2
    assert all(np.abs(line.get_ydata()).min() == pytest.approx(8.0) for line in parts(figure, "stop"))


def test_a_clipped_ray_ends_at_the_rim_that_clips_it():
    (bundle,) = bundles(lens(semi_diameter=3e-3), FIELDS[:1], WAVELENGTH, 5)
    outer = bundle.places[:, :, -1]  # at 5 mm
    assert np.isfinite(outer[:2]).all()
    assert outer[1, 1] == pytest.approx(5e-3)
    assert np.isnan(outer[2:]).all()
    assert np.isfinite(bundle.places[:, :, 2]).all()
    assert bundle.met.shape == (3, 3, 3)


def test_a_fold_is_drawn_where_it_stands():
    turned = Pose(tilt=(0.0, 0.0, -np.pi / 4))
    fold = Lens(
        [
            Surface(thickness=40e-3, stop=True),
            Surface(mirror=True, turn=turned),
            Surface(turn=turned, thickness=-30e-3),
            Surface(),
        ],
        entrance_pupil_diameter=10e-3,
    )
    drawn = bundles(fold, FIELDS[:1], WAVELENGTH, 3)
    middle = drawn[0].places[:, :, 1]
    up = np.sign(middle[-1, 1])
    assert middle[-1] == pytest.approx([40e-3, up * 30e-3], abs=1e-8)
    assert len(middle) == 3  # start, mirror, image: planes that only count distances are left out
    mirror = outlines(fold, drawn)[1]
    slope = np.diff(mirror[[0, -1]], axis=0)[0]
    assert abs(slope[0] / slope[1]) == pytest.approx(1.0, rel=1e-6)
    assert len(parts(layout(fold, FIELDS[:1], WAVELENGTH), "mirror")) == 1


def test_fields_of_every_kind_are_angles_or_heights():
    near = Lens(lens().surfaces, entrance_pupil_diameter=10e-3, object_distance=0.1)
    assert launched(LensFile(lens(), fields=((0.1, 0.0),))).tolist() == [[0.1, 0.0]]
    assert launched(LensFile(near, fields=((0.1, 0.0),)))[0, 0] == pytest.approx(-0.1 * np.tan(0.1))
    heights = launched(LensFile(lens(), fields=((1e-3, 0.0),), field_kind="image height"))
    assert trace(lens(), launch(lens(), heights[0], np.zeros((2, 1)), WAVELENGTH)).position[1, 0] == pytest.approx(
        1e-3, rel=1e-3
    )


@pytest.fixture
def point():
    along, rng = np.linspace(-1, 1, 9), np.random.default_rng(0)
    offsets = 1e-6 * rng.normal(size=(2, 2, 30))
    fan = Fan(along, np.stack([3e-6 * along, 5e-6 * along]), along**2, along < 0.9)
    square = np.where(np.hypot(*np.mgrid[-1:1:9j, -1:1:9j]) <= 1, 0.25, np.nan)
    frequencies = np.linspace(0, 100e3, 21)
    return PointAnalysis(
        name="5°",
        field=FIELDS[1],
        offsets=offsets,
        weights=np.full((2, 30), 1 / 30),
        rms=1.5e-6,
        fans=((fan, fan), (fan, fan)),
        rms_wavefront=0.07,
        opd=square,
        strehl=0.8,
        zernikes=np.zeros(22),
        residual=0.0,
        mtf=MTF(frequencies, 1 - frequencies / 2e5, 1 - frequencies / 1e5),
        diffracted=True,
    )


def test_spots_are_in_micrometers_with_airys_circle(point):
    figure = lens_figures.spot_diagram([point], [486e-9, 656e-9], 3e-6)
    axis = figure.axes[0]
    assert [line.get_label() for line in axis.lines] == ["486 nm", "656 nm"]
    assert axis.lines[0].get_ydata() == pytest.approx(1e6 * point.offsets[0, 0])
    assert axis.lines[0].get_xdata() == pytest.approx(1e6 * point.offsets[0, 1])
    (airy,) = [patch for patch in axis.patches if isinstance(patch, Circle)]
    assert airy.radius == pytest.approx(3.0)
    assert "RMS 1.5 µm" in axis.get_title()
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("x (µm)", "y (µm)")


def test_fans_show_y_along_y_and_x_along_x(point):
    figure = lens_figures.fans([point], [486e-9, 656e-9])
    for axis, slope, name in zip(figure.axes, (3.0, 5.0), "yx", strict=True):
        values = axis.lines[1].get_ydata()
        assert values[:-1] == pytest.approx(slope * np.linspace(-1, 1, 9)[:-1])
        assert np.isnan(values[-1])  # a lost ray has no place
        assert axis.get_ylabel() == f"Δ{name} (µm)"


def test_the_dashed_line_is_the_contrast_of_a_perfect_lens(point):
    frequencies = np.asarray(point.mtf.frequencies)
    limit = diffraction_limit(frequencies, WAVELENGTH, 0.05)
    axis = lens_figures.contrast([point], limit).axes[0]
    tangential, sagittal, dashed = axis.lines
    half = np.arccos(frequencies * WAVELENGTH / 0.1)
    assert dashed.get_linestyle() == "--"
    assert dashed.get_ydata() == pytest.approx((2 * half - np.sin(2 * half)) / np.pi)  # two circles that overlap
    assert tangential.get_ydata() == pytest.approx(point.mtf.tangential)
    assert sagittal.get_ydata() == pytest.approx(point.mtf.sagittal)
    assert axis.get_xlim() == (0, 100)
    assert axis.get_xlabel() == "frequency (cycles/mm)"
    assert diffraction_limit(np.array([0.0, 1e6]), WAVELENGTH, 0.05).tolist() == [1.0, 0.0]


def test_wavefronts_are_in_waves(point):
    figure = lens_figures.wavefronts([point])
    shown = figure.axes[0].images[0]
    assert np.nanmax(shown.get_array()) == 0.25
    assert "RMS 0.07 waves" in figure.axes[0].get_title()
    assert figure.axes[-1].get_ylabel() == "path difference (waves)"


def test_the_longest_bar_stands_on_top():
    figure = lens_figures.sensitivities(["a", "b", "c"], np.array([0.1, -3.0, 1.0]), "RMS spot (µm)", most=2)
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["c", "b"]
    assert [bar.get_width() for bar in axis.patches] == [1.0, -3.0]
    assert axis.get_xlabel() == "RMS spot (µm)"
