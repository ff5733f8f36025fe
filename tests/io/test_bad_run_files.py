"""The bad run files of the design, one named case each: row number, what is wrong, what the message must say."""

import pytest
import samples
from refusals import check, snapshot
from run_files import BETWEEN, RUN, SCHEMA

from backlight.errors import RunFileError
from backlight.io import load

RUNS = {
    "18 yaml": ("system: inline_hologram\ndata:\n  frames: a.tif\n", "YAML"),
    "18 json": ('{"system": "inline_hologram"}', "JSON"),
    "19 duplicate key": (RUN.replace("[unknown]", '[unknown]\nsample = true', 1), "line 10"),
    "19 unknown key": (RUN.replace("pixel_pitch", "pixel_pich"), "did you mean 'pixel_pitch'?"),
    "19 unknown section": (RUN.replace("[unknown]", "[unknowns]"), "did you mean 'unknown'?"),
    "19 unknown data key": (RUN.replace("frames =", "framse ="), "'frames'?"),
    "19 unknown estimate key": (RUN.replace("loss =", "los ="), "did you mean 'loss'?"),
    "19 unknown unknown": (RUN.replace("sample = true", "smaple = true"), "did you mean 'sample'?"),
    "19 unknown system": (RUN.replace("inline_hologram", "inline_holgram"), "did you mean 'inline_hologram'?"),
    "19 unknown loss": (RUN.replace('"amplitude"', '"amplitud"'), "did you mean 'amplitude'?"),
    "19 wrong type": (RUN.replace('"frames.npy"', "3"), "string"),
    "19 wrong unknown": (RUN.replace("sample = true", "sample = 1"), "true or false"),
    "19 bare number": (RUN.replace('"41 mm"', "41"), 'write "41 mm"'),
    "19 bare text": (RUN.replace("632.8 nm", "632.8"), 'write "632.8 nm"'),
    "19 unknown without a value": (RUN.replace("sample = true", "source_distance = true"),
                                   'add source_distance = "100 mm" to [instrument]'),
    "19 unknown without any value": (RUN.replace('distance = "41 mm"', "").replace(BETWEEN, "true"),
                                     'add distance = "41 mm" to [instrument]'),
    "19 frame for frames": (RUN.replace("frames =", "frame ="), "[data] frames"),
    "19 frame before the first": (RUN.replace("[instrument]", "frame = -1\n[instrument]"), "[data] frame"),
    "19 missing key": (RUN.replace('wavelength = "632.8 nm"', ""), 'wavelength = "632.8 nm"'),
    "19 missing section": (RUN.replace("[data]\nframes = \"frames.npy\"", ""), "[data]"),
    "19 interval backwards": (RUN.replace('["38 mm", "45 mm"]', '["45 mm", "38 mm"]'), "smaller value first"),
    "19 first value outside": (RUN.replace('"41 mm"', '"50 mm"'), "between 38 mm and 45 mm"),
    "19 bad axes": (RUN.replace("[instrument]", 'axes = "xx"\n[instrument]'), "axes"),
    "19 bad crop": (RUN.replace("[instrument]", "crop = [1, 2, 0, 4]\n[instrument]"), "crop"),
    "20 nested 2,000 deep": (RUN + "a = " + "[" * 2000 + "]" * 2000, "2,000 deep"),
    "20 dotted 400,000 deep": (RUN + ".".join("a" * 400_000) + " = 1", "deep"),
    "20 braces": (RUN + "a = " + "{a=" * 2000 + "1" + "}" * 2000, "deep"),
    "20 100 MB": (None, "1,000,000 bytes"),
    "28 device": (RUN.replace("frames.npy", "/dev/zero"), "a device"),
    "28 missing": (RUN.replace("frames.npy", "../nowhere/frames.npy"), "No such file"),
    "36 wavelength 532 m": (RUN.replace("632.8 nm", "532 m"), "did you mean 532 nm?"),
    "36 pixel 6.5 mm": (RUN.replace("5.86 um", "6.5 mm"), "did you mean 6.5 um?"),
    "36 index 133": (RUN.replace("[unknown]", "medium_index = 133\n[unknown]"), "did you mean 1.33?"),
    "36 distance in seconds": (RUN.replace('"41 mm"', '"41 ms"'), "units: "),
    "37 zero wavelength": (RUN.replace("632.8 nm", "0 nm"), "above zero"),
    "37 negative pixel": (RUN.replace("5.86 um", "-5.86 um"), "above zero"),
    "37 nan distance": (RUN.replace('"41 mm"', "nan"), "without a unit"),
    "40 escapes": (RUN.replace("inline_hologram", "a\\u001b[31m<script>\\n" + "b" * 5000), "characters"),
    "40 escapes in a key": (RUN.replace("pixel_pitch", '"\\u001b[2J<script>"'), "\\x1b[2J<script>"),
    "6 binary": (None, "not text"),
    "1 empty": ("", "no such key"),
}  # fmt: skip


@pytest.mark.parametrize("row", RUNS)
def test_run_file(row, tmp_path):
    text, says = RUNS[row]
    samples.npy(tmp_path / "frames.npy")
    path = tmp_path / "run.toml"
    if row == "20 100 MB":
        path.write_bytes(b"# " + b"a" * 100_000_000)
    elif row == "6 binary":
        samples.png(path)
    else:
        path.write_text(text)
    before = snapshot(tmp_path)
    with pytest.raises(RunFileError) as caught:
        load(path, SCHEMA)
    check(caught.value, RunFileError, "run.toml", says)
    assert caught.value.exit_code == 2
    assert snapshot(tmp_path) == before
