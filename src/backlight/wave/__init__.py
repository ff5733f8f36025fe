"""Wave-optical parts: sources, samples, propagation. Physics only."""

from backlight.wave.angular_spectrum import AngularSpectrum as AngularSpectrum
from backlight.wave.element import Chain as Chain
from backlight.wave.element import Element as Element
from backlight.wave.free_space import FreeSpace as FreeSpace
from backlight.wave.polarization import JonesElement as JonesElement
from backlight.wave.polarization import Polarized as Polarized
from backlight.wave.polarization import Polarizer as Polarizer
from backlight.wave.polarization import WavePlate as WavePlate
from backlight.wave.polarization import stokes_parameters as stokes_parameters
from backlight.wave.rotated_plane import RotatedPlane as RotatedPlane
from backlight.wave.sampling import Sampling as Sampling
from backlight.wave.sources import PlaneWave as PlaneWave
from backlight.wave.sources import SphericalWave as SphericalWave
from backlight.wave.thin_sample import ThinSample as ThinSample
from backlight.wave.vector_focus import VectorFocus as VectorFocus
from backlight.wave.zernike_phase import ZernikePhase as ZernikePhase
