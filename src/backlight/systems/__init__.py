"""Whole instruments: the six-slot composition and its catalogue.

Names load on first use, so that the command line can list the catalogue without loading JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backlight.systems.imaging_system import ImagingSystem, Nothing
    from backlight.systems.inline_holography import inline_hologram
    from backlight.systems.per_frame import PerFrame

_HOME_OF = {
    "ImagingSystem": "imaging_system",
    "Nothing": "imaging_system",
    "PerFrame": "per_frame",
    "inline_hologram": "inline_holography",
}

__all__ = ["ImagingSystem", "Nothing", "PerFrame", "inline_hologram"]


def __getattr__(name: str) -> object:
    """Load the module behind a public name on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
