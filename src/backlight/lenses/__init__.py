"""Lens files: Zemax, CODE V, plain tables and our own JSON in and out."""

from backlight.lenses.files import read_lens as read_lens
from backlight.lenses.files import write_lens as write_lens
from backlight.lenses.record import LensFile as LensFile
