"""Parts that lie on pixels of their own, or are given what is no light, say so."""

import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, DarkCurrent, PixelGain
from backlight.errors import InputError
from backlight.light import ConstantIndex, Field, Grid, Image
from backlight.wave import (
    DiffractiveElement,
    FirstBorn,
    JonesElement,
    MultiSlice,
    PhaseMask,
    PlaneWave,
    Scene,
    Spheres,
    ThinSample,
    WavePropagation,
)

GRID = Grid((4, 6), 1e-6)
LIGHT = Field(np.ones((4, 6)), GRID, 500e-9)
TWO = Field(np.ones((2, 4, 6)), GRID, 500e-9)
PICTURE = Image(jnp.ones((4, 6)), GRID)
SMALL, VOLUME = np.ones((4, 5)), np.zeros((2, 4, 5))


@pytest.mark.parametrize(
    ("part", "light", "words"),
    [
        (lambda: ThinSample(SMALL), LIGHT, "transmission"),
        (lambda: PhaseMask(SMALL), LIGHT, "phase"),
        (lambda: DiffractiveElement(1e-7 * SMALL, ConstantIndex(1.5)), LIGHT, "height"),
        (lambda: JonesElement(np.ones((2, 2, 4, 5))), TWO, "matrix"),
        (lambda: Scene(SMALL), PICTURE, "irradiance"),
        (lambda: MultiSlice(VOLUME, 1e-6), LIGHT, "contrast"),
        (lambda: FirstBorn(VOLUME, 1e-6), LIGHT, "contrast"),
        (lambda: WavePropagation(VOLUME, 1e-6, references=(0.0, 0.1)), LIGHT, "contrast"),
        (lambda: Spheres([[0.0, 0.0, 0.0]], 2e-6, 0.01, (4, 5)), LIGHT, "plane"),
        (lambda: Camera((4, 6), 1e-6, response=[PixelGain(SMALL)]), PICTURE, "pixel gain"),
        (lambda: Camera((4, 6), 1e-6, response=[DarkCurrent(SMALL, 1.0)]), PICTURE, "dark current"),
    ],
)
def test_maps_of_other_pixels_are_refused(part, light, words):
    with pytest.raises(InputError, match=rf"{words}(.|\n)*5\)(.|\n)*\(4, 6\)"):
        part()(light)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: PixelGain(np.zeros((4, 6))), "not all of them 0"),
        (lambda: PixelGain([[1.0, -1.0]]), "≥ 0"),
        (lambda: PlaneWave(500e-9, tilt=(0.0, 2.1e6)), r"sine of an angle(.|\n)*less than 1"),
    ],
)
def test_numbers_that_make_no_picture_are_refused(build, words):
    with pytest.raises(InputError, match=words):
        build()


CALLS = """
import jax.numpy as jnp
import numpy as np
from backlight.camera import Camera, Mosaic
from backlight.errors import InputError
from backlight.wave import Chain, FreeSpace, PhaseMask, Polarizer, ThinLens, ThinSample, choose
picture = np.ones((4, 6))
for call in (FreeSpace(1e-3), FreeSpace(1e-3).sampling, ThinLens(1e-2), ThinSample(picture), PhaseMask(picture),
             Polarizer(0.0), Chain(FreeSpace(1e-3)), Camera((4, 6), 1e-6), lambda light: choose(light, 1e-3),
             lambda light: Mosaic(light[0])):
    try:
        call(picture)
    except InputError as error:
        assert "ndarray" in str(error) or "wavelengths" in str(error), error
    else:
        raise AssertionError(call)
"""


def test_arrays_are_no_light():
    """In a process of its own: here the types of arguments are looked at first."""
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
