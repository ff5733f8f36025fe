"""A camera with a mask or a diffuser from a run file: what it leaves, how it is judged, and what is refused."""

import tomllib

import numpy as np
import pytest
from PIL import Image
from scipy.signal import fftconvolve

from backlight import runs
from backlight.errors import InputError
from backlight.io import load, template, write_tiff
from backlight.runs.ask import ask, read_job
from backlight.runs.nominal import pixel_notes
from backlight.systems.catalogue import all_schemas
from backlight.systems.coded_imaging import darkest

SHAPE, LEVEL = (24, 32), 40.0


def pattern():
    """A few bright points within the middle of the picture, on a level of 4 counts."""
    psf = np.zeros(SHAPE)
    psf[tuple(np.random.default_rng(0).integers(8, 16, (2, 12)))] = 900.0
    return psf + 4


def frame():
    """A square and a bar through that pattern, in numpy's own convolution, in counts; the scene's corners are dark."""
    scene = np.zeros(SHAPE)
    scene[8:14, 12:18], scene[15:17, 8:24] = 1000.0, 500.0
    h = (pattern() - 4) / np.sum(pattern() - 4)
    clean = fftconvolve(scene, h)[12 : 12 + SHAPE[0], 16 : 16 + SHAPE[1]]
    return (clean + LEVEL + np.random.default_rng(1).normal(size=SHAPE)).astype(np.float32)


def prepare(folder, *, psf='psf = "psf.tif"\npsf_background = 4.0\n', unknown="background = true\n", data="", more=""):
    write_tiff(folder / "frame.tif", frame())
    write_tiff(folder / "psf.tif", pattern().astype(np.float32))
    file = folder / "run.toml"
    file.write_text(
        f'system = "coded_lensless"\n[data]\nframes = "frame.tif"\n{data}[instrument]\n{psf}'
        f"[unknown]\nsample = true\n{unknown}{more}"
    )
    return file


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coded")
    return runs.run(prepare(folder), folder / "result")


def test_the_result_holds_the_scene_and_what_is_known_of_the_camera(finished):
    result = finished.result
    assert finished.exit_code == 0
    assert result["parameters"]["background"]["value"] == pytest.approx(LEVEL, abs=3)
    assert result["parameters"]["background"]["status"] == "estimated"
    assert result["parameters"]["psf_scale"] == {"value": 1.0, "unit": "", "std": None, "status": "fixed"}
    assert result["parameters"]["sample"]["file"] == "object.npy"
    assert not any("hot pixels" in warning for warning in result["warnings"])
    assert [source["path"].rpartition("/")[2] for source in result["inputs"]] == ["psf.tif", "frame.tif"]
    scene = np.load(finished.out / "object.npy")
    assert scene.dtype == np.float32
    assert scene.shape == SHAPE
    assert scene[9:13, 13:17].mean() == pytest.approx(1000, rel=0.1)
    assert scene[:5].mean() < 30


def test_pixels_that_were_held_out_judge_it_beside_the_camera_as_written(finished):
    fit = finished.result["data_fit"]
    assert 0 < fit["rms_held_out"] < fit["rms_held_out_as_written"] < LEVEL
    assert fit["nrmse_fitted"] <= fit["nrmse_held_out"]
    with np.load(finished.out / "pictures.npz") as kept:
        assert kept["classic"].shape == SHAPE
        assert kept["classic"].dtype == np.float32
    page = (finished.out / "report.html").read_text()
    assert "instrument as written" in page
    assert "phase" not in page.partition("How well the model")[0]


def test_what_was_held_out_worse_predicted_than_as_written_is_said():
    told = pixel_notes({"rms_held_out": 105.0, "rms_held_out_as_written": 91.0})
    assert "off by 91 and not by 105" in told[-1]
    assert len(pixel_notes({"rms_held_out": 90.0, "rms_held_out_as_written": 91.0})) == 1
    assert pixel_notes({}) == []


def test_the_resolved_run_file_says_what_was_done(finished):
    told = tomllib.loads((finished.out / "run.toml").read_text())
    assert told["estimate"]["method"] == "admm"
    assert told["estimate"]["held_out"] == 20
    assert told["instrument"]["psf"].endswith("psf.tif")


def test_another_distance_and_level_are_simulated(finished, tmp_path):
    told = runs.simulate(finished.out, tmp_path / "nearer.tif", ["psf_scale=1.3", "background=0"])
    assert told["changed"] == {"psf_scale": 1.3, "background": 0.0}
    assert told["shape"] == [1, *SHAPE]


def test_the_report_is_drawn_again(finished, tmp_path):
    assert runs.render(finished.out, tmp_path / "again.html").stat().st_size > 10_000


def test_check_says_what_is_asked(tmp_path):
    found = runs.check(prepare(tmp_path, unknown="psf_scale = true\n"))
    assert found.unknowns["psf_scale"] == 1
    assert found.unknowns["sample"] > 4 * SHAPE[0] * SHAPE[1] * 0.9
    assert any("pixels 1 µm apart" in note for note in found.notes)


def test_the_pattern_is_cropped_with_the_frame(tmp_path):
    asked = ask(read_job(prepare(tmp_path, data="crop = [2, 4, 18, 20]\n")))
    np.testing.assert_allclose(asked.instrument["psf"], pattern()[2:20, 4:24])


def test_a_level_that_was_taken_off_beforehand_changes_nothing(tmp_path):
    """Noise below zero stays noise about zero."""
    noisy = pattern() + np.random.default_rng(2).normal(0, 0.3, SHAPE) * (np.indices(SHAPE)[0] < 4)
    systems = []
    for level in (4.0, 0.0):
        file = prepare(tmp_path, psf=f'psf = "psf.tif"\npsf_background = {level}\n')
        write_tiff(tmp_path / "psf.tif", (noisy - 4 + level).astype(np.float32))
        systems.append(ask(read_job(file)).question.system.detection_path)
    assert (noisy < 4).any()
    one, other = (np.asarray(path.values - path.background) for path in systems)
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_one_pixel_in_so_many_is_held_out_by_the_seed(tmp_path):
    seeds = [ask(read_job(prepare(tmp_path, more=f"[estimate]\nheld_out = 4\nseed = {n}\n"))) for n in (0, 0, 1)]
    first, again, other = (asked.question.held_out for asked in seeds)
    assert first.mean() == pytest.approx(0.25, abs=0.06)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pixels_that_do_not_count_are_not_the_darkest():
    weights = (frame() < 60).astype(np.float32)
    weights[:4, :4] = 0
    seen = np.where(np.indices(SHAPE).max(axis=0) < 4, 0, frame())
    assert darkest(seen, weights[None]) == pytest.approx(LEVEL, abs=3)
    assert darkest(seen) == 0


def test_the_template_is_a_run_file(tmp_path):
    prepare(tmp_path)
    (tmp_path / "frames.tif").write_bytes((tmp_path / "frame.tif").read_bytes())
    (tmp_path / "run.toml").write_text(template(all_schemas()["coded_lensless"]))
    assert load(tmp_path / "run.toml", all_schemas()).instrument["psf"].name == "psf.tif"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"psf": ""}, r"psf[\s\S]*no such key[\s\S]*add psf = \"psf.tif\""),
        ({"psf": 'psf = "other.tif"\n'}, r"\[instrument\] psf[\s\S]*other.tif"),
        ({"psf": "psf = 3\n"}, r"psf[\s\S]*the name of a file"),
        ({"psf": 'psf = "psf.tif"\npsf_scale = 3.0\n'}, "at most 2"),
        ({"psf": 'psf = "psf.tif"\npsf_background = 200.0\n'}, r"psf_background[\s\S]*less than the mean"),
        ({"unknown": "gain = true\n"}, "gain"),
        ({"data": 'background = "frame.tif"\n'}, r"\[data\] background[\s\S]*\[unknown\]"),
        ({"more": "[estimate]\nhalves = true\n"}, "single frame"),
        ({"more": '[estimate]\nmethod = "variable_projection"\n'}, "admm"),
    ],
)
def test_what_a_run_file_cannot_say_is_refused(tmp_path, changes, words):
    with pytest.raises(InputError, match=words):
        runs.check(prepare(tmp_path, **changes))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (pattern()[:-2], r"psf[\s\S]*\(22, 32\)[\s\S]*\(24, 32\)[\s\S]*same pixels, crop and binning"),
        (0 * pattern(), r"psf.tif[\s\S]*all-zero[\s\S]*light in it"),
        (0 * pattern() + 7, r"psf.tif[\s\S]*constant"),
        (np.where(pattern() > 100, np.nan, pattern()), r"psf.tif[\s\S]*NaN[\s\S]*finite"),
        (pattern() - 5, r"psf.tif[\s\S]*negative pixels[\s\S]*raw counts"),
    ],
)
def test_what_is_no_picture_of_a_point_is_refused(tmp_path, picture, words):
    file = prepare(tmp_path)
    write_tiff(tmp_path / "psf.tif", picture.astype(np.float32))
    with pytest.raises(InputError, match=words):
        runs.check(file)


def test_a_picture_of_a_point_in_color_is_refused(tmp_path):
    file = prepare(tmp_path)
    color = np.stack([pattern(), pattern() / 2, pattern()], axis=-1) / 4
    Image.fromarray(color.astype(np.uint8)).save(tmp_path / "psf.tif")
    with pytest.raises(InputError, match=r"psf.tif[\s\S]*color picture[\s\S]*convert to grey"):
        runs.check(file)


@pytest.mark.slow
def test_the_size_of_the_pattern_is_found_with_an_error_bar(tmp_path):
    file = prepare(tmp_path, unknown="psf_scale = true\nbackground = true\n")
    found = runs.run(file, tmp_path / "result").result["parameters"]["psf_scale"]
    assert found["value"] == pytest.approx(1, abs=0.03)
    assert found["std"] > 0


def test_the_template_offers_no_empty_frame():
    """It would be refused: light from aside is a level of the instrument here."""
    schemas = all_schemas()
    assert "empty.tif" not in template(schemas["coded_lensless"])
    assert "empty.tif" in template(schemas["lensless_stack"])
