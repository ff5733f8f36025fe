"""Sources of many wavelengths, many points and many modes, with what they claim."""

import numpy as np
from inputs import WAVELENGTH, Z, noise

from backlight.camera import Camera, Gaussian
from backlight.light import Grid
from backlight.systems import ImagingSystem, Nothing
from backlight.testing import Case
from backlight.wave import (
    LED,
    AngularSpectrum,
    CoherentModes,
    ExtendedSource,
    FreeSpace,
    GaussianBeam,
    GaussianSchell,
    HermiteGauss,
    LaguerreGauss,
    LEDArray,
    PlaneWave,
    SpectralLine,
    Spectrum,
    ThinSample,
)

SCALES = {
    "inputs.0.center": 1e-5,
    "part.lean": 0.1,
    "part.center": 1e-5,
    "part.position": 1e-4,
    "part.tilt": 1e4,
    "part.points": 0.5,
}
BEAM = {"position": 2e-4, "tilt": (1e4, -2e4), "center": (1e-6, 2e-6)}
POINTS = [(0.2, 0.9), (-0.5, 0.1), (0.3, -0.6)]
WEIGHTS = [0.2, 0.5, 0.3]


CARRIED = {"float32_error": 1e-5}
"""Of carriers of 20 turns from the axis to the edge, whose tilt is rounded."""


def source(build, name, **claims):
    return Case(name, lambda shape, pitch: (build(shape), (Grid(shape, pitch),)), scales=SCALES, **claims)


def tilted():
    return PlaneWave(WAVELENGTH, medium_index=1.33, tilt=(1e5, -2e5))


def many_points():
    return ExtendedSource(WAVELENGTH, (0.1, 0.2), POINTS, WEIGHTS, medium_index=1.33, tilt=(1e4, 2e4))


def color(shape, pitch):
    """Points of several wavelengths through a whole instrument, two modes at a time."""
    return ImagingSystem(
        Spectrum(many_points(), [0.4e-6, 0.5e-6, 0.6e-6], WEIGHTS, medium_indices=[1.34, 1.33, 1.32]),
        Nothing(),
        ThinSample(0.5 + 0.1 * noise(shape)),
        FreeSpace(Z, AngularSpectrum(padding=(2, 3), band_limit=False)),
        Camera(shape, pitch),
        Gaussian(0.01),
        modes_at_once=2,
    ), ()


def panel(_):
    """Two diodes of three, each of three points, turned, leaning and behind glass."""
    return LEDArray(
        WAVELENGTH, [(1e-3, 2e-3), (-3e-3, 1e-3), (2e-3, -2e-3)], 8e-3, lit=[2, 0], shift=(3e-4, -2e-4), rotation=0.1,
        lean=(0.05, -0.08), offsets=np.full((3, 2), 5e-5), gains=WEIGHTS, slide_thickness=1e-3, slide_index=1.52,
        size=(2e-4, 3e-4), points=POINTS, weights=WEIGHTS, medium_index=1.33,
    )  # fmt: skip


PANEL = ("positions", "shift", "rotation", "lean", "offsets", "gains", "slide_thickness", "size", "points")

CASES = [
    source(lambda _: many_points(), "points of a source",
           may_vanish=("part.tilt", "part.points", "part.size", "part.weights")),
    source(lambda _: LED(WAVELENGTH, (1e-3, 2e-3), 5e-3, POINTS, WEIGHTS, medium_index=1.33, tilt=(2e5, 3e5)), "LED",
           **CARRIED, may_vanish=("part.tilt", "part.points", "part.size", "part.weights")),
    source(panel, "LED array", **CARRIED, may_vanish=tuple(f"part.{name}" for name in PANEL)),
    source(lambda _: Spectrum(tilted(), [0.4e-6, 0.5e-6, 0.6e-6], WEIGHTS), "spectrum",
           may_vanish=("part.source.tilt", "part.weights")),
    source(lambda shape: Spectrum(panel(shape), [0.4e-6, 0.5e-6, 0.6e-6], WEIGHTS), "spectrum of an LED array",
           **CARRIED, dead=("part.source.wavelength",),
           may_vanish=("part.weights", *(f"part.source.{name}" for name in PANEL))),
    source(lambda _: SpectralLine(tilted(), 2e-8, [-0.5, 0.1, 0.6], WEIGHTS), "spectral line",
           **CARRIED, may_vanish=("part.width", "part.points", "part.weights")),
    source(lambda _: GaussianBeam(WAVELENGTH, (8e-6, 12e-6), medium_index=1.33, **BEAM), "Gaussian beam",
           may_vanish=("part.position", "part.center")),
    source(lambda _: HermiteGauss(WAVELENGTH, 9e-6, (2, 1), medium_index=1.33, **BEAM), "Hermite-Gauss beam",
           may_vanish=("part.position", "part.center")),
    source(lambda _: LaguerreGauss(WAVELENGTH, 9e-6, 1, -2, medium_index=1.33, **BEAM), "Laguerre-Gauss beam",
           may_vanish=("part.position", "part.center")),
    source(lambda _: GaussianSchell(WAVELENGTH, 9e-6, (6e-6, 2e-5), error=0.05, medium_index=1.33, **BEAM),
           "Gaussian Schell-model beam", may_vanish=("part.position", "part.center")),
    source(lambda shape: CoherentModes(WAVELENGTH, np.stack([noise(shape), noise(shape, 1)]), tilt=(1e4, 2e4)),
           "coherent modes", may_vanish=("part.values", "part.tilt")),
    Case("an instrument with points and wavelengths", color, call=lambda system: system.predict().values,
         scales={"part.camera.offset": 0.1},
         dead=("part.noise.std", "part.illumination.source.medium_index"),
         may_vanish=("part.illumination.weights", "part.sample.transmission")),
]  # fmt: skip
