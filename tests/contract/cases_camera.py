"""Cameras with all their parts, and the likelihoods that go with them."""

import numpy as np
from inputs import NO_CARRIER, NO_GRID, VALUES, WAVELENGTH, light

from backlight.camera import (
    Affine,
    Camera,
    Converter,
    DarkCurrent,
    Digitized,
    Flicker,
    Gaussian,
    Mosaic,
    NaturalVignetting,
    PixelGain,
    ResponseCurve,
    RollingShutter,
    Rotation,
    SensorNoise,
    Shift,
    Vignetting,
)
from backlight.light import Field, Grid, Image
from backlight.maths.safe import real_array
from backlight.testing import Case

CARRIER = ("inputs.0.curvature", *NO_CARRIER)


def field(shape, pitch):
    return Field(np.sqrt(light(shape)), Grid(shape, pitch), WAVELENGTH)


def finer(shape, pitch, factor):
    """Return light on pixels `factor` times finer, a little wider than the frame."""
    return field(tuple(int(factor * n) + 3 for n in shape), tuple(p / factor for p in pitch))


def shifted(shape, pitch):
    part = Camera(shape, pitch, fill_factor=0.9, decimation=1.5, placement=[Shift((0.3e-6, -0.7e-6))])
    return part, (finer(shape, pitch, 1.5),)


def turned(shape, pitch):
    drift = Affine([[0.01, -0.02], [0.015, 0.005]])
    places = [Shift((0.3e-6, -0.7e-6)), Rotation(0.02), drift, RollingShutter((3e-3, -2e-3), 1e-5)]
    part = Camera(shape, pitch, decimation=2, placement=places)
    return part, (finer(shape, pitch, 2),)


def response(shape, pitch):
    stages = [
        NaturalVignetting(5e-5, center=(1e-6, -2e-6)),
        Vignetting([-0.2, 0.1], center=(2e-6, 1e-6)),
        PixelGain(light(shape, 5)),
        Flicker(0.2, 100.0, 3e-4, phase=0.1, exposure=2e-3),
        DarkCurrent(0.1 * light(shape, 6), 0.7),
        ResponseCurve([-0.2, 0.3, -0.5], 2.0),
    ]
    return Camera(shape, pitch, response=stages), (Image(real_array(light(shape)), Grid(shape, pitch)),)


def bayer(shape, pitch):
    values = np.sqrt(light((3, 2, *shape)))
    sensitivity = [[0.8, 0.2, 0.1], [0.2, 0.9, 0.2], [0.1, 0.1, 0.7]]
    spectrum = Field(values, Grid(shape, pitch), np.array([450e-9, 532e-9, 633e-9]))
    return Camera(shape, pitch, fill_factor=0.5, color=Mosaic(sensitivity)), (spectrum,)


def likelihood(part, data=light):
    return lambda shape, pitch: (part(shape), (light(shape), data(shape, 3)))


def cut(shape, seed):
    """Return data a tenth of which is at the limits."""
    return np.clip(light(shape, seed), 0.6, 1.4)


RECORD = {"call": lambda part, light: part(light).values}
NLL = {"call": lambda part, mean, data: part.negative_log_likelihood(mean, data)}
LIMITS = Converter(step=0.01, floor=0.6, ceiling=1.4)

CASES = [
    Case("camera, shifted by parts of a pixel", shifted, dead=CARRIER, scales={"part.offset": 0.1},
         may_vanish=(VALUES, "part.placement.0.offset"), **RECORD),
    Case("camera, turned and moving", turned, dead=CARRIER, scales={"part.offset": 0.1},
         curvature_error=3e-4,  # of the interpolation's window, see tests/maths/test_bandlimited.py
         may_vanish=(VALUES, "part.placement.1.angle", "part.placement.3.velocity"), **RECORD),
    Case("camera, response", response, dead=NO_GRID, scales={"part.offset": 0.1},
         may_vanish=(VALUES, "part.response.3.modulation", "part.response.3.exposure", "part.response.4.rate",
                     "part.response.5.log_slopes", "part.response.1.center"), **RECORD),
    Case("camera, mosaic", bayer, dead=("part.pitch", *CARRIER), scales={"part.offset": 0.1},
         may_vanish=(VALUES, "part.color.sensitivity"), **RECORD),
    Case("sensor likelihood", likelihood(lambda s: SensorNoise(50.0, 0.1, offset=0.1, dark=0.1 * light(s, 7),
         nonuniformity=0.03)), float32_error=5e-6, may_vanish=("inputs.0", "part.dark", "part.offset"), **NLL),
    Case("digitized likelihood", likelihood(lambda s: Digitized(Gaussian(0.1), LIMITS), cut), float32_error=5e-6,
         may_vanish=("inputs.0",), **NLL),
]  # fmt: skip
