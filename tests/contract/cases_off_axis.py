"""The reference wave, with what it claims; and the whole off-axis instrument."""

from inputs import SCALES, VALUES, WAVELENGTH, Z, field, noise

from backlight.camera import Camera, Gaussian
from backlight.systems import ImagingSystem, Nothing
from backlight.testing import Case
from backlight.wave import AngularSpectrum, Chain, FreeSpace, PlaneWave, Reference, ThinSample

FRINGES = {"tilt": (1.1e5, -0.7e5), "curvature": 2e3, "phase": 0.7}
REFERENCE_SCALES = SCALES | {"part.curvature": 1e3}


def reference(shape, pitch):
    return Reference(1.3, **FRINGES), (field(shape, pitch, tilt=(2e4, -3e4), curvature=1e3),)


def polarized(shape, pitch):
    return Reference(1.3, **FRINGES, jones=(0.6, 0.8j)), (field(shape, pitch, modes=(2,)),)


def hologram(shape, pitch):
    path = Chain(FreeSpace(Z, AngularSpectrum(padding=(2, 3), band_limit=False)), Reference(1.3, **FRINGES))
    sample = ThinSample(0.5 + 0.1 * noise((shape[0] + 3, shape[1] + 2)))
    beam = PlaneWave(WAVELENGTH, tilt=(2e4, 3e4))
    return ImagingSystem(beam, Nothing(), sample, path, Camera(shape, pitch, fill_factor=0.9), Gaussian(0.01)), ()


CASES = [
    Case("reference wave against a carrier", reference, scales=REFERENCE_SCALES,
         may_vanish=(VALUES, "part.amplitude", "part.curvature", "inputs.0.tilt", "inputs.0.curvature")),
    Case("polarized reference wave", polarized, scales=REFERENCE_SCALES, may_vanish=(VALUES, "part.jones")),
    Case("off-axis hologram", hologram, call=lambda system: system.predict().values,
         scales={"part.camera.offset": 0.1}, dead=("part.noise.std",),
         may_vanish=("part.illumination.tilt", "part.sample.transmission")),
]  # fmt: skip
