"""The parts of the foundation, with what they claim."""

import numpy as np
from inputs import NO_CARRIER, SCALES, VALUES, WAVELENGTH, Z, field, light, noise

from backlight.camera import Camera, Converter, Gaussian, Poisson, PoissonGaussian
from backlight.light import Field, Grid
from backlight.systems import ImagingSystem, Nothing
from backlight.testing import Case
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, SphericalWave, ThinSample


def lossy_sample(shape):
    rng = np.random.default_rng(1)
    return ThinSample(rng.uniform(0.3, 0.9, shape) * np.exp(1j * rng.uniform(-1, 1, shape)))


def curved(shape, pitch):
    carrier = {"tilt": (2e4, -3e4), "curvature": 1e4}
    return FreeSpace(Z, AngularSpectrum(padding=(3, 2))), (field(shape, pitch, **carrier),)


def irradiance(shape, pitch):
    values = np.sqrt(light((shape[0] + 2, shape[1] + 3)))
    return Field(values, Grid((shape[0] + 2, shape[1] + 3), pitch), WAVELENGTH)


def camera(shape, pitch, **options):
    part = Camera(shape, pitch, gain=1.3, offset=0.1, background=(0.1, -0.2, 0.05), **options)
    return part, (irradiance(shape, pitch),)


def likelihood(part):
    return lambda shape, pitch: (part(), (light(shape), light(shape, 3)))


def hologram(shape, pitch):
    system = ImagingSystem(
        SphericalWave(WAVELENGTH, 1e-4, tilt=(2e4, 3e4)),
        Nothing(),
        ThinSample(0.5 + 0.1 * noise((shape[0] + 3, shape[1] + 2))),
        FreeSpace(Z, AngularSpectrum(padding=(2, 3), band_limit=False)),
        Camera(shape, pitch, background=(0.1, -0.2, 0.05), fill_factor=0.9),
        Gaussian(0.01),
    )
    return system, ()


def predict(system):
    return system.predict().values


CAMERA = {
    "call": lambda part, light: part(light).values,
    "dead": ("part.pitch", "inputs.0.curvature", *NO_CARRIER),
}
LIKELIHOOD = {"call": lambda part, mean, data: part.negative_log_likelihood(mean, data), "dead": ()}

CASES = [
    Case("plane wave", lambda s, p: (PlaneWave(WAVELENGTH, tilt=(0, 1e5)), (Grid(s, p),)), may_vanish=("part.tilt",)),
    Case("spherical wave", lambda s, p: (SphericalWave(WAVELENGTH, 0.01), (Grid(s, p),)), scales=SCALES),
    Case("thin sample", lambda s, p: (lossy_sample(s), (field(s, p),)), linear_in=VALUES, scales=SCALES,
         may_vanish=("part.transmission", VALUES)),
    Case("free space, curved and band-limited", curved, linear_in=VALUES, scales=SCALES,
         may_vanish=(VALUES, "inputs.0.tilt", "inputs.0.curvature", "part.distance")),
    Case("camera", lambda s, p: camera(s, p, fill_factor=0.8, converter=Converter(ceiling=10.0)), scales=SCALES,
         may_vanish=(VALUES, "part.background", "part.offset"), **CAMERA),
    Case("camera, quantized", lambda s, p: camera(s, p, converter=Converter(step=0.25)), differentiable=False,
         float32_error=0.05, may_vanish=(VALUES,), **CAMERA),
    Case("Gaussian likelihood", likelihood(lambda: Gaussian(0.1)), **LIKELIHOOD),
    Case("Poisson likelihood", likelihood(lambda: Poisson(50.0)), float32_error=5e-6,
         may_vanish=("inputs.0", "inputs.1"), **LIKELIHOOD),
    Case("Poisson-Gaussian likelihood", likelihood(lambda: PoissonGaussian(50.0, 0.1)), float32_error=5e-6,
         may_vanish=("inputs.0", "inputs.1"), **LIKELIHOOD),
    Case("in-line hologram", hologram, call=predict, scales={"part.camera.offset": 0.1}, dead=("part.noise.std",),
         may_vanish=("part.illumination.tilt", "part.sample.transmission")),
]  # fmt: skip
