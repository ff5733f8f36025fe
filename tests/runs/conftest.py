import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from backlight.inverse.tree import set_leaves
from backlight.io import write_tiff
from backlight.systems import catalogue

sys.path.insert(0, str(Path(__file__).parent))

RUN_FILE = """
system = "tiny"
[data]
frames = "frame.tif"
[instrument]
wavelength = "632.8 nm"
pixel_pitch = "5 um"
distance = "2.1 mm"
[unknown]
sample = true
distance = {{ between = ["1.8 mm", "2.4 mm"] }}
[estimate]
iterations = {iterations}
"""


def truth(shape=(32, 40)):
    import tiny

    instrument = {"wavelength": 632.8e-9, "pixel_pitch": 5e-6, "distance": 2e-3}
    system = tiny.nominal(instrument, shape)
    y, x = np.mgrid[: shape[0], : shape[1]]
    sample = 1 - 0.6 * ((x // 5) % 2) * (abs(y - 16) < 8) * (abs(x - 20) < 12)
    system = set_leaves(system, {"sample.transmission": jnp.asarray(sample, jnp.complex64)})
    frame = np.asarray(system.predict().values[0])
    return frame + 0.005 * np.random.default_rng(0).normal(size=shape)


@pytest.fixture
def listed(monkeypatch):
    import tiny

    listing = catalogue.Listing(tiny.SCHEMA, "tiny")
    monkeypatch.setitem(catalogue.CATALOGUE, "tiny", listing)


@pytest.fixture
def run_file(listed, tmp_path):
    write_tiff(tmp_path / "frame.tif", truth(), pixel_size=5e-6)
    path = tmp_path / "run.toml"
    path.write_text(RUN_FILE.format(iterations=40))
    return path
