import math
from pathlib import Path

import pytest
import samples
from run_files import RUN, SCHEMA

from backlight.errors import RunFileError
from backlight.io import Between, Prior, data_paths, dump, load, template
from backlight.schema import Key, SystemSchema


@pytest.fixture
def folder(tmp_path):
    samples.npy(tmp_path / "frames.npy")
    samples.npy(tmp_path / "frames.tif")
    return tmp_path


def loaded(folder: Path, text: str, schema=SCHEMA, **options):
    (folder / "run.toml").write_text(text)
    return load(folder / "run.toml", schema, **options)


def test_values_are_si(folder):
    run = loaded(folder, RUN)
    assert run.system == "inline_hologram"
    assert run.instrument == {"wavelength": 6.328e-7, "pixel_pitch": 5.86e-6, "distance": 0.041}
    assert run.unknown == {"sample": True, "distance": Between(low=0.038, high=0.045)}
    assert run.data is not None
    assert data_paths(run) == {"frames": [folder / "frames.npy"]}


VARIANTS = [
    RUN,
    RUN.replace('{ between = ["38 mm", "45 mm"] }', '{ value = "41 mm", std = "0.1 mm" }'),
    RUN.replace('{ between = ["38 mm", "45 mm"] }', "true"),
    RUN + 'seed = 7\niterations = 300\n[[estimate.regularizers]]\nkind = "total_variation"\nweight = 2e-3\n',
    RUN + "regularizers = []\nsteps = { distance = 0.5 }\n",
    RUN.replace('"frames.npy"', '["frames.npy", "frames.npy"]\ncrop = [2, 3, 8, 9]\nsaturation = 4095'),
    RUN.replace("632.8 nm", "0.3333333333333333 mm").replace("system", 'unusual = ["wavelength"]\nsystem'),
    RUN.replace('distance = "41 mm"\n', ""),
]


@pytest.mark.parametrize("text", VARIANTS)
@pytest.mark.parametrize("absolute", [False, True])
def test_dump_comes_back_equal(text, absolute, folder, tmp_path_factory):
    run = loaded(folder, text)
    again = loaded(folder, dump(run, SCHEMA))
    assert again == run
    assert again.instrument == run.instrument
    if absolute:
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        moved = loaded(elsewhere, dump(run, SCHEMA, absolute=True))
        assert moved.unknown == run.unknown
        assert data_paths(moved)["frames"][0] == folder / "frames.npy"


def test_prior(folder):
    assert loaded(folder, VARIANTS[1]).unknown["distance"] == Prior(value=0.041, std=1e-4)


def test_template_loads_and_names_every_key(folder):
    text = template(SCHEMA)
    run = loaded(folder, text)
    assert run.instrument["wavelength"] == 6.328e-7
    for key in (*SCHEMA.instrument, *SCHEMA.unknown):
        assert f"{key.name} =" in text
        assert key.help in text
    everything = "\n".join(
        line.removeprefix("# ") if " = " in line and "#" in line else line for line in text.split("\n")
    )
    assert "1 nm to 100 µm" in everything


def test_other_kinds_of_key(folder):
    schema = SystemSchema(
        "s",
        "A system",
        (Key("count", "count", "number", low=1, high=9), Key("mode", "text", "mode", choices=("a", "b")),
         Key("flip", "flag", "flip"), Key("heights", "length", "heights", many=True),
         Key("tilt", "angle", "tilt", low=-0.5, high=0.5)),
        (Key("tilt", "angle", "tilt"),),
    )  # fmt: skip
    text = (
        'system = "s"\n[instrument]\ncount = 3\nmode = "a"\nflip = true\nheights = ["1 mm", "-2 mm"]\ntilt = "10 deg"\n'
    )
    run = loaded(folder, text, schema, need_data=False)
    assert run.instrument["heights"] == (1e-3, -2e-3)
    assert run.instrument["tilt"] == pytest.approx(math.pi / 18)
    assert loaded(folder, dump(run, schema), schema, need_data=False) == run
    for old, new, says in (
        ("count = 3", "count = 30", "at most 9"),
        ("count = 3", "count = true", "whole number"),
        ('"a"', '"c"', "choose one of"),
        ("true", '"yes"', "true or false"),
        ('"10 deg"', '"60 deg"', "at most 500 mrad"),
        ('["1 mm", "-2 mm"]', "[]", "empty"),
        ('"-2 mm"', "2", "heights[1]"),
    ):
        with pytest.raises(RunFileError) as error:
            loaded(folder, text.replace(old, new, 1), schema, need_data=False)
        assert says in str(error.value)


def test_schemas_by_name(folder):
    assert loaded(folder, RUN, {"inline_hologram": SCHEMA}).system == "inline_hologram"
    with pytest.raises(RunFileError, match="a known system"):
        loaded(folder, RUN, {"fourier": SCHEMA})


def test_unusual_accepts_what_plausibility_refuses(folder):
    assert loaded(folder, VARIANTS[6]).instrument["wavelength"] == pytest.approx(1 / 3000)


@pytest.mark.parametrize("form", ['{ between = ["90 mm", "0.2 m"] }', '{ value = "0.1 m", std = "1 mm" }', "false"])
def test_an_unknown_with_a_value_of_its_own_needs_none_in_the_instrument(form, folder):
    text = RUN.replace("sample = true", f"sample = true\nsource_distance = {form}")
    assert "source_distance" not in loaded(folder, text).instrument
