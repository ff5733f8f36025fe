"""From light to numbers: the sensor and its noise."""

from backlight.camera.color import Mosaic as Mosaic
from backlight.camera.converter import Converter as Converter
from backlight.camera.converter import adc as adc
from backlight.camera.noise import Digitized as Digitized
from backlight.camera.noise import Gaussian as Gaussian
from backlight.camera.noise import Noise as Noise
from backlight.camera.noise import Poisson as Poisson
from backlight.camera.noise import PoissonGaussian as PoissonGaussian
from backlight.camera.noise import SensorNoise as SensorNoise
from backlight.camera.placement import Affine as Affine
from backlight.camera.placement import Placement as Placement
from backlight.camera.placement import RollingShutter as RollingShutter
from backlight.camera.placement import Rotation as Rotation
from backlight.camera.placement import Shift as Shift
from backlight.camera.response import DarkCurrent as DarkCurrent
from backlight.camera.response import Flicker as Flicker
from backlight.camera.response import NaturalVignetting as NaturalVignetting
from backlight.camera.response import PixelGain as PixelGain
from backlight.camera.response import ResponseCurve as ResponseCurve
from backlight.camera.response import Stage as Stage
from backlight.camera.response import StrayLight as StrayLight
from backlight.camera.response import Vignetting as Vignetting
from backlight.camera.sensor import Camera as Camera
