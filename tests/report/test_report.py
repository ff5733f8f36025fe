"""The report is one file that fetches nothing, escapes what is foreign, and has numbers a reader can check."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection

from backlight.findings import Curves, Exhibit, PointMap
from backlight.report import Content, Parameter, exhibits, pictures, write_figures, write_page
from backlight.report.figures import draw_all


def bars(rows=120, columns=160):
    y, x = np.mgrid[:rows, :columns]
    return np.where((x // 10) % 2 * ((y > 30) & (y < 90)), 0.3, 1.0)


@pytest.fixture
def content():
    rng = np.random.default_rng(0)
    truth = bars() * np.exp(0.4j * (bars() - 0.5))
    frame = np.abs(truth) ** 2 + 0.02 * rng.normal(size=truth.shape)
    return Content(
        title='hologram <script>alert("x")</script>\x1b[31m.tif',
        status="converged",
        reason="Converged: the objective fell by less than 1e-06 of itself over two blocks.",
        frame=frame,
        predicted=np.abs(truth) ** 2,
        object=truth,
        classics={
            f"back-propagation over {place}": truth + 0.1 * rng.normal(size=truth.shape)
            for place in ("40 mm, as written", "41.452 mm, as found")
        },
        object_pitch=(5.86e-6, 5.86e-6),
        frame_pitch=(5.86e-6, 5.86e-6),
        parameters=(
            Parameter("distance", "length", 0.040, 0.0414523, 6.1e-6, True),
            Parameter("wavelength", "length", 632.8e-9, 632.8e-9, None, False),
            Parameter("medium_index", "dimensionless", 1.0, 1.0, None, False),
        ),
        history={"objective": np.geomspace(100, 1, 200), "distance": 0.0414523 - 1.4e-3 * 0.97 ** np.arange(200)},
        fit={"nrmse_amplitude": 0.0123, "reduced_chi2": 1.02, "autocorrelation": None, "white": True},
        notes=("The sample was taken as passive: |t| ≤ 1.", "<b>bold</b>"),
        warnings=("A constant phase is in no frame.",),
        facts={"backlight": "0.1.0", "input": "a\nb"},
    )


def test_the_page_fetches_nothing_and_escapes_foreign_text(content, tmp_path):
    text = write_page(tmp_path / "report.html", content).read_text()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:)""", text)
    assert "http:" not in text.replace('http-equiv="Content', "")
    assert "https:" not in text
    assert "<script>alert" not in text
    assert "<b>bold" not in text
    assert "\x1b" not in text
    assert text.count("<script>") == 1
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text


def test_the_page_shows_value_and_error_bar(content, tmp_path):
    text = write_page(tmp_path / "report.html", content).read_text()
    assert "41.452 ± 0.006 mm" in text
    assert '<tr class="fixed"><td>wavelength</td>' in text
    assert "A constant phase is in no frame." in text
    assert text.count('type="range"') == 2
    assert len(text) < 4_000_000


def test_before_and_after_tell_the_distance_of_the_classic_picture(content, tmp_path):
    text = write_page(tmp_path / "report.html", content).read_text()
    labels = re.findall(r'<span class="left">([^<]*)</span>', text)
    assert labels == 2 * ["back-propagation over 41.452 mm, as found"]
    titles = [axis.get_title() for axis in draw_all(content)["comparison"].axes]
    for title in (
        "back-propagation\n40 mm, as written",
        "back-propagation\n41.452 mm, as found",
        "Backlight",
    ):
        assert titles.count(title) == 2


def test_figures_come_as_png_and_svg(content, tmp_path):
    names = {path.name for path in write_figures(tmp_path, content)}
    assert names == {f"{f}.{kind}" for f in ("comparison", "residual", "convergence") for kind in ("png", "svg")}
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    ElementTree.parse(tmp_path / "residual.svg")


def test_the_same_content_gives_the_same_bytes(content, tmp_path):
    first, second = (write_page(tmp_path / name, content).read_bytes() for name in "ab")
    assert first == second


@pytest.mark.parametrize("shape", [(40, 90), (91, 33), (1, 1), (8, 400)])
def test_odd_shapes_constant_and_broken_numbers_are_drawn(content, shape, tmp_path):
    from dataclasses import replace

    flat = np.ones(shape, complex)
    broken = np.full(shape, np.nan)
    odd = replace(content, frame=broken, predicted=np.zeros(shape), object=flat, classics={}, history={}, fit={})
    assert write_page(tmp_path / "r.html", odd).stat().st_size > 1000


def test_the_scale_bar_is_round_and_as_long_as_it_says(content):
    axis = draw_all(content)["comparison"].axes[0]
    width = 160 * 5.86e-6
    length = pictures.round_length(width)
    assert axis.texts[0].get_text() == "200 µm"
    assert axis.patches[1].get_width() * width == pytest.approx(length)


@pytest.mark.parametrize(("width", "bar"), [(1e-3, 2e-4), (4e-3, 1e-3), (9.4e-4, 2e-4), (2.1e-6, 5e-7), (0.0, 0.0)])
def test_round_lengths(width, bar):
    assert pictures.round_length(width) == pytest.approx(bar)


def test_the_spectrum_of_white_noise_is_flat():
    _, power = pictures.radial_spectrum(np.random.default_rng(1).normal(size=(200, 300)))
    assert np.abs(power[3:] - 1).max() < 0.15


def test_a_wrapped_phase_gets_a_cyclic_map():
    ramp = np.linspace(-np.pi, np.pi, 10_000).reshape(100, 100)
    assert pictures.phase(np.exp(1j * ramp)).colors == "twilight"
    assert pictures.phase(np.exp(0.25j * ramp)).colors == "cividis"
    dark = np.where(np.abs(ramp) > 2, 0.01, 1.0) * np.exp(1j * np.where(np.abs(ramp) > 2, ramp, 0))
    assert pictures.phase(dark).colors == "cividis"


def test_a_constant_phase_does_not_show():
    u = np.exp(1j * np.random.default_rng(2).normal(0, 0.2, (30, 40)))
    np.testing.assert_allclose(pictures.level_phase(u * np.exp(2.5j)), pictures.level_phase(u), atol=1e-9)


def panel(std):
    """Nine diodes 4 mm apart, known to `std` along y and half of that along x."""
    places = 4e-3 * np.stack(np.mgrid[:3, :3], axis=-1).reshape(-1, 2)
    spreads = np.broadcast_to(np.diag([std**2, std**2 / 4]), (9, 2, 2))
    return PointMap("diodes", places, np.linspace(0.8, 1.2, 9), "brightness", places + 1e-4, spreads)


@pytest.mark.parametrize(("std", "factor"), [(1e-3, 1), (4e-6, 100), (1e-9, 200_000)])
def test_ellipses_too_small_to_be_seen_are_drawn_larger_and_say_so(std, factor):
    """The map is 8 mm wide."""
    axis = exhibits.draw(Exhibit("panel", "", (panel(std),))).axes[0]
    assert axis.get_title() == ("diodes" if factor == 1 else f"diodes (ellipses × {factor:,})")
    (ellipses,) = (drawn for drawn in axis.collections if isinstance(drawn, EllipseCollection))
    long, short = (getattr(ellipses, f"get_{side}")() for side in ("widths", "heights"))
    np.testing.assert_allclose(long, 1e3 * 2 * std * factor, rtol=1e-6)
    np.testing.assert_allclose(short, 1e3 * std * factor, rtol=1e-6)
    np.testing.assert_allclose(np.abs(ellipses.get_angles()), 90, atol=1e-6)
    assert 1e3 * 2 * std * factor > 0.03 * 8


def test_places_without_error_are_drawn_as_they_are():
    assert exhibits.draw(Exhibit("panel", "", (panel(0.0),))).axes[0].get_title() == "diodes"


def test_a_map_of_a_few_pixels_has_axes_in_micrometers():
    wide = panel(1e-3)
    small = PointMap("track", wide.places * 1e-3, wide.values, "frame", wide.nominal * 1e-3, wide.spreads * 1e-6)
    for one, unit in ((wide, "mm"), (small, "µm")):
        axis = exhibits.draw(Exhibit("panel", "", (one,))).axes[0]
        assert axis.get_xlabel() == f"x ({unit})"
        (ellipses,) = (drawn for drawn in axis.collections if isinstance(drawn, EllipseCollection))
        np.testing.assert_allclose(ellipses.get_widths(), 2, rtol=1e-6)


def test_curves_are_drawn_by_name():
    lines = Curves("FRC", np.arange(4.0), np.arange(8.0).reshape(2, 4), np.array(["halves", "1/7"]), "1/µm", "c")
    (axis,) = exhibits.draw(Exhibit("rings", "", (lines,))).axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["halves", "1/7"]
    np.testing.assert_array_equal(axis.lines[1].get_ydata(), [4, 5, 6, 7])
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("1/µm", "c")


if __name__ == "__main__":  # python tests/report/test_report.py FOLDER: look at the pages
    import pathlib
    import sys

    write_page(pathlib.Path(sys.argv[1]) / "report.html", content.__wrapped__())
    write_figures(sys.argv[1], content.__wrapped__())
