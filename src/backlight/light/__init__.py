"""What travels between the parts of an instrument."""

from backlight.light.air import Air as Air
from backlight.light.catalog import glass as glass
from backlight.light.catalog import glass_names as glass_names
from backlight.light.field import Field as Field
from backlight.light.field import map_modes as map_modes
from backlight.light.field import select_modes as select_modes
from backlight.light.field import split_modes as split_modes
from backlight.light.glasses import Glass as Glass
from backlight.light.glasses import GlassAt as GlassAt
from backlight.light.glasses import ThermalChange as ThermalChange
from backlight.light.grid import Grid as Grid
from backlight.light.image import Image as Image
from backlight.light.materials import AbbeGlass as AbbeGlass
from backlight.light.materials import Cauchy as Cauchy
from backlight.light.materials import ConstantIndex as ConstantIndex
from backlight.light.materials import Material as Material
from backlight.light.materials import PowerSeries as PowerSeries
from backlight.light.materials import Sellmeier as Sellmeier
from backlight.light.rays import Rays as Rays
from backlight.light.rays import RayStatus as RayStatus
