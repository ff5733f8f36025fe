"""Wave-optical parts: sources, samples, propagation. Physics only."""

from backlight.wave.angular_spectrum import AngularSpectrum as AngularSpectrum
from backlight.wave.element import Chain as Chain
from backlight.wave.element import Element as Element
from backlight.wave.free_space import FreeSpace as FreeSpace
from backlight.wave.reference import Reference as Reference
from backlight.wave.sampling import Sampling as Sampling
from backlight.wave.sources import PlaneWave as PlaneWave
from backlight.wave.sources import SphericalWave as SphericalWave
from backlight.wave.thin_sample import ThinSample as ThinSample
from backlight.wave.zernike_phase import ZernikePhase as ZernikePhase
