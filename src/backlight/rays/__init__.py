"""Ray-optical parts: lenses of surfaces, rays traced through them, what a lens does to first order. Physics only."""

from backlight.rays.aiming import aim as aim
from backlight.rays.first_order import FirstOrder as FirstOrder
from backlight.rays.first_order import first_order as first_order
from backlight.rays.launch import PupilPoints as PupilPoints
from backlight.rays.launch import gauss_legendre as gauss_legendre
from backlight.rays.launch import launch as launch
from backlight.rays.lens import Group as Group
from backlight.rays.lens import Lens as Lens
from backlight.rays.lens import Surface as Surface
from backlight.rays.pinhole import Pinhole as Pinhole
from backlight.rays.pose import Pose as Pose
from backlight.rays.profiles import Asphere as Asphere
from backlight.rays.profiles import Conic as Conic
from backlight.rays.profiles import Profile as Profile
from backlight.rays.seidel import Seidel as Seidel
from backlight.rays.seidel import seidel as seidel
from backlight.rays.spot import Spot as Spot
from backlight.rays.spot import spot as spot
from backlight.rays.trace import footprints as footprints
from backlight.rays.trace import trace as trace
from backlight.rays.wavefront import Wavefront as Wavefront
from backlight.rays.wavefront import wavefront as wavefront
