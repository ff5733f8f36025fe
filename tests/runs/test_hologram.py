"""The run file in a result is resolved, and the first look at the frames is taken once, by the run alone."""

import os
import re
import signal
import tomllib

import jax.numpy as jnp
import numpy as np
import pytest

import backlight.runs as runs
from backlight import units
from backlight.errors import InputError
from backlight.inverse.tree import set_leaves
from backlight.io import read_frames, write_tiff
from backlight.runs.execute import Listener
from backlight.runs.interruption import Interrupted
from backlight.systems import inline_holography
from backlight.systems.inline_holography import inline_hologram

pytestmark = pytest.mark.slow

INSTRUMENT = {"wavelength": 632.8e-9, "pixel_pitch": 5e-6, "distance": 2e-3}
SHORT = """
system = "inline_hologram"
[data]
frames = "frame.tif"
[instrument]
wavelength = "632.8 nm"
pixel_pitch = "5 um"
[unknown]
sample = true
distance = { between = ["1.8 mm", "2.4 mm"] }
"""
FIXED = SHORT.replace("distance = {", "# distance = {").replace('"5 um"', '"5 um"\ndistance = "2 mm"')


def hologram(shape=(48, 56)):
    system = inline_hologram(**INSTRUMENT, shape=shape)
    y, x = np.indices(system.sample.shape) - np.array(system.sample.shape)[:, None, None] // 2
    sample = 1 - 0.6 * ((x // 5) % 2) * (abs(y) < 10) * (abs(x) < 14)
    frame = np.asarray(set_leaves(system, {"sample.transmission": jnp.asarray(sample, jnp.complex64)}).predict().values)
    return np.round(200 * (frame[0] + 0.01 * np.random.default_rng(0).normal(size=shape))).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hologram")
    write_tiff(folder / "frame.tif", hologram(), pixel_size=5e-6)
    (folder / "run.toml").write_text(SHORT)
    return folder


@pytest.fixture(scope="module")
def finished(folder):
    return runs.run(folder / "run.toml", folder / "result")


@pytest.fixture
def looks(monkeypatch):
    """Count the first looks by what they cost: the focus scan and the first image."""
    counted = []
    for name in ("_focused", "first_image"):
        real = getattr(inline_holography, name)
        monkeypatch.setattr(inline_holography, name, lambda *a, real=real, name=name: counted.append(name) or real(*a))
    return counted


def same(one, other):
    assert (one.out / "object.npy").read_bytes() == (other.out / "object.npy").read_bytes()
    assert one.result["parameters"] == other.result["parameters"]
    assert one.result["data_fit"] == other.result["data_fit"]


def test_every_default_that_was_taken_is_written_out_and_gives_the_same_numbers(finished, tmp_path, monkeypatch):
    table = tomllib.loads((finished.out / "run.toml").read_text())
    assert table["instrument"]["medium_index"] == 1.0
    assert table["instrument"]["distance"] == "2.1 mm"
    assert table["data"]["quantity"] == "intensity"
    assert table["data"]["saturation"] == 255
    [term] = table["estimate"].pop("regularizers")
    assert (term["kind"], term["on"]) == ("total_variation", "sample")
    assert 0 < term["weight"] < 0.1
    settings = {"loss": "amplitude", "method": "variable_projection", "iterations": 600, "seed": 0}
    assert table["estimate"] == settings
    monkeypatch.setattr(inline_holography, "TOTAL_VARIATION", 6.0)  # what was taken is kept where it would be another
    again = runs.run(finished.out / "run.toml", tmp_path / "again")
    same(again, finished)
    assert (again.out / "run.toml").read_text() == (finished.out / "run.toml").read_text()


@pytest.mark.slow
def test_no_unknown_means_the_sample(folder, tmp_path):
    text = FIXED.replace("sample = true", "").replace("frame.tif", str(folder / "frame.tif"))
    (tmp_path / "run.toml").write_text(text + "[estimate]\niterations = 20\n")
    table = tomllib.loads((runs.run(tmp_path / "run.toml", tmp_path / "result").out / "run.toml").read_text())
    assert table["unknown"] == {"sample": True}
    assert table["estimate"]["method"] == "fista"
    assert table["estimate"]["iterations"] == 20


def test_check_takes_no_first_look(folder, looks):
    found = runs.check(folder / "run.toml")
    assert looks == []
    assert found.memory > 0
    assert found.unknowns["distance"] == 1


@pytest.mark.slow
def test_resume_goes_on_from_the_first_look_that_was_taken(finished, folder, tmp_path, looks):
    def stop(progress, values):
        os.kill(os.getpid(), signal.SIGINT)

    half = runs.run(folder / "run.toml", tmp_path / "result", listener=Listener(progress=stop))
    assert half.exit_code == 130
    assert looks == ["_focused", "first_image"]
    told = []
    whole = runs.resume(tmp_path / "result", listener=Listener(message=told.append))
    assert looks == ["_focused", "first_image"]
    assert any("first looked for" in sentence for sentence in told)
    assert whole.result["notes"] == finished.result["notes"]
    same(whole, finished)


def test_a_first_look_that_was_damaged_is_taken_again(finished, folder, tmp_path, looks):
    class Killed(BaseException):
        pass

    def killed(progress, values):
        raise Killed

    with pytest.raises(Killed):
        runs.run(folder / "run.toml", tmp_path / "result", listener=Listener(progress=killed))
    start = tmp_path / "result.partial" / "checkpoint" / "start.npz"
    start.write_bytes(start.read_bytes()[:100])
    same(runs.resume(tmp_path / "result"), finished)
    assert looks == 2 * ["_focused", "first_image"]


@pytest.mark.slow
def test_a_first_look_that_was_interrupted_is_taken_by_resume(finished, folder, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(inline_holography, "first_image", interrupted)
        with pytest.raises(Interrupted, match="backlight resume"):
            runs.run(folder / "run.toml", tmp_path / "result")
    same(runs.resume(tmp_path / "result"), finished)


@pytest.mark.parametrize("change", ["wavelength=650 nm", "medium_index=1.33", "pixel_pitch=6 um", "distance=3 mm",
                                    "illumination_tilt=2 mrad, -1 mrad"])  # fmt: skip
def test_every_number_of_the_instrument_can_be_set(finished, tmp_path, change):
    told = runs.simulate(finished.out, tmp_path / "f.tif", [change])
    frames = read_frames(tmp_path / "f.tif")
    assert list(told["changed"]) == [change.partition("=")[0]]
    before = np.asarray(runs.load(finished.out).predict().values[0])
    assert np.abs(frames.array[0] - before).max() > 0.02 * before.max()
    assert np.median(frames.array) == pytest.approx(np.median(before), rel=0.1)


def test_a_collimated_beam_has_no_source_distance_to_set(finished, tmp_path):
    with pytest.raises(InputError, match="does not have"):
        runs.simulate(finished.out, tmp_path / "f.tif", ["source_distance=100 mm"])


@pytest.mark.parametrize("name", ["sample", "background", "source_distance", "zzz"])
def test_a_refused_change_offers_only_what_can_be_set(finished, tmp_path, name):
    with pytest.raises(InputError) as error:
        runs.simulate(finished.out, tmp_path / "f.tif", [f"{name}=1 mm"])
    for offered in re.findall(r"\w+", error.value.remedy.removeprefix("did you mean").removeprefix("choose one of")):
        if offered != "or":
            assert offered in ("distance", "illumination_tilt", "medium_index", "pixel_pitch", "wavelength")


def test_a_stack_is_answered_with_how_to_pick_a_frame(folder, tmp_path):
    stack = np.stack([hologram()] * 3)
    write_tiff(tmp_path / "stack.tif", stack, pixel_size=5e-6)
    text = FIXED.replace("frame.tif", "stack.tif")
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(InputError) as error:
        runs.check(tmp_path / "run.toml", identifiable=False)
    for words in ("stack.tif", "3 frames", "inline_hologram", "frame = 0 to [data]"):
        assert words in str(error.value)
    (tmp_path / "run.toml").write_text(text.replace("[instrument]", "frame = 2\n[instrument]"))
    assert runs.check(tmp_path / "run.toml", identifiable=False).frames == (1, 48, 56)


@pytest.mark.slow
def test_the_report_shows_back_propagation_over_the_distance_that_was_found(finished, folder, tmp_path):
    page = (finished.out / "report.html").read_text()
    found = units.format_length(finished.result["parameters"]["distance"]["value"], digits=5)
    assert f'<span class="left">back-propagation over {found}, as found</span>' in page
    with np.load(finished.out / "pictures.npz") as pictures:
        assert np.abs(pictures["classic_found"] - pictures["classic"]).max() > 1e-3
    (tmp_path / "run.toml").write_text(
        FIXED.replace("frame.tif", str(folder / "frame.tif")) + "[estimate]\niterations = 5\n"
    )
    page = (runs.run(tmp_path / "run.toml", tmp_path / "result").out / "report.html").read_text()
    assert '<span class="left">back-propagation over 2 mm, as written</span>' in page
    assert ", as found" not in page


@pytest.mark.slow
def test_a_run_that_truly_diverges_leaves_a_finite_state_and_its_code(folder, tmp_path):
    weight = '[[estimate.regularizers]]\nkind = "total_variation"\nweight = 1e38\n'
    text = SHORT.replace("frame.tif", str(folder / "frame.tif"))
    (tmp_path / "run.toml").write_text(text + weight)
    finished = runs.run(tmp_path / "run.toml", tmp_path / "result")
    assert finished.exit_code == 4
    assert finished.result["stop"]["status"] == "diverged"
    assert "not an answer" in (finished.out / "report.html").read_text()
    assert np.isfinite(np.load(finished.out / "object.npy")).all()
    assert np.isfinite(finished.result["parameters"]["distance"]["value"])
    assert finished.result["parameters"]["distance"]["std"] is None
    with pytest.raises(InputError, match="over"):
        runs.resume(finished.out)


@pytest.mark.slow
def test_notes_have_the_user_s_names_and_units(folder, tmp_path):
    text = FIXED.replace("frame.tif", str(folder / "frame.tif"))
    bounds = 'illumination_tilt = { between = ["-5 mrad", "5 mrad"] }\ndistance = { between = ["1.9 mm", "2.2 mm"] }\n'
    (tmp_path / "run.toml").write_text(text + bounds + "[estimate]\niterations = 20\n")
    result = runs.run(tmp_path / "run.toml", tmp_path / "result").result
    told = " ".join([*result["notes"], *result["uncertainty"]["weakest"]])
    assert "illumination_tilt is taken to be between -5 mrad and 5 mrad." in told
    assert "distance is taken to be between 1.9 mm and 2.2 mm." in told
    assert "(SI)" not in told
