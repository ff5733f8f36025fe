"""Whole instruments: the six-slot composition and its catalogue."""

from backlight.systems.imaging_system import ImagingSystem as ImagingSystem
from backlight.systems.imaging_system import Nothing as Nothing
from backlight.systems.per_frame import PerFrame as PerFrame
