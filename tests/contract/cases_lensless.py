"""What a lensless camera is made of, with what it claims."""

from inputs import light

from backlight.camera import Camera, Gaussian, StrayLight
from backlight.light import Grid, Image
from backlight.maths.safe import real_array
from backlight.systems import ImagingSystem, Nothing
from backlight.testing import Case
from backlight.wave import Ambient, MeasuredPSF, Scene

VALUES = "inputs.0.values"


def pattern(shape, pitch):
    part = MeasuredPSF(light((5, 6), 4), scale=1.03, background=0.2)
    return part, (Image(real_array(light(shape)), Grid(shape, pitch)),)


def scene(shape, pitch):
    return Scene(light(shape, 3)), (Ambient()(Grid(shape, pitch)),)


def camera(shape, pitch):
    rows, columns = shape
    sensor = Camera((rows - 3, columns - 2), pitch, response=[StrayLight([0.1, -0.2, 0.05])])
    path = MeasuredPSF(light((4, 3), 4), scale=0.97, background=0.1, padding=(0, 0))
    return ImagingSystem(Ambient(), Nothing(), Scene(light(shape, 3)), path, sensor, Gaussian(0.01)), ()


GRID = ("inputs.0.grid.pitch", "inputs.0.grid.center")
CASES = [
    Case("measured point-spread function", pattern, call=lambda part, image: part(image).values, linear_in=VALUES,
         dead=GRID, may_vanish=(VALUES, "part.background")),
    Case("scene", scene, call=lambda part, image: part(image).values, linear_in=VALUES, dead=GRID,
         may_vanish=(VALUES, "part.irradiance")),
    Case("coded lensless camera", camera, call=lambda system: system.predict().values,
         scales={"part.camera.offset": 0.1}, dead=("part.noise.std", "part.camera.pitch"),
         may_vanish=("part.sample.irradiance", "part.camera.response.0.coefficients")),
]  # fmt: skip
