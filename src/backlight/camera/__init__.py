"""From light to numbers: the sensor and its noise."""

from backlight.camera.noise import Gaussian as Gaussian
from backlight.camera.noise import Noise as Noise
from backlight.camera.noise import Poisson as Poisson
from backlight.camera.noise import PoissonGaussian as PoissonGaussian
from backlight.camera.sensor import Camera as Camera
