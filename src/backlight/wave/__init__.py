"""Wave-optical parts: sources, samples, propagation. Physics only."""

from backlight.wave.angular_spectrum import AngularSpectrum as AngularSpectrum
from backlight.wave.chirp_z import ChirpZ as ChirpZ
from backlight.wave.choice import Choice as Choice
from backlight.wave.choice import choose as choose
from backlight.wave.element import Chain as Chain
from backlight.wave.element import Element as Element
from backlight.wave.far_field import FocalPlane as FocalPlane
from backlight.wave.far_field import Fraunhofer as Fraunhofer
from backlight.wave.free_space import FreeSpace as FreeSpace
from backlight.wave.fresnel import FresnelTransfer as FresnelTransfer
from backlight.wave.fresnel import FresnelTransform as FresnelTransform
from backlight.wave.rayleigh_sommerfeld import RayleighSommerfeld as RayleighSommerfeld
from backlight.wave.sampling import Cause as Cause
from backlight.wave.sampling import Sampling as Sampling
from backlight.wave.scaled import ScaledAngularSpectrum as ScaledAngularSpectrum
from backlight.wave.sources import PlaneWave as PlaneWave
from backlight.wave.sources import SphericalWave as SphericalWave
from backlight.wave.thin_sample import ThinSample as ThinSample
from backlight.wave.window import Window as Window
from backlight.wave.zernike_phase import ZernikePhase as ZernikePhase
