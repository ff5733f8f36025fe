"""Wave-optical parts: sources, samples, propagation. Physics only."""

from backlight.wave.angular_spectrum import AngularSpectrum as AngularSpectrum
from backlight.wave.beams import Beam as Beam
from backlight.wave.beams import GaussianBeam as GaussianBeam
from backlight.wave.beams import HermiteGauss as HermiteGauss
from backlight.wave.beams import LaguerreGauss as LaguerreGauss
from backlight.wave.coherent_modes import CoherentModes as CoherentModes
from backlight.wave.coherent_modes import modes_of as modes_of
from backlight.wave.element import Chain as Chain
from backlight.wave.element import Element as Element
from backlight.wave.extended_source import LED as LED
from backlight.wave.extended_source import ExtendedSource as ExtendedSource
from backlight.wave.free_space import FreeSpace as FreeSpace
from backlight.wave.gaussian_schell import GaussianSchell as GaussianSchell
from backlight.wave.sampling import Sampling as Sampling
from backlight.wave.sources import PlaneWave as PlaneWave
from backlight.wave.sources import SphericalWave as SphericalWave
from backlight.wave.spectrum import SpectralLine as SpectralLine
from backlight.wave.spectrum import Spectrum as Spectrum
from backlight.wave.thin_sample import ThinSample as ThinSample
from backlight.wave.zernike_phase import ZernikePhase as ZernikePhase
