"""Whole instruments: the six-slot composition and its catalogue.

Names load on first use, so that the command line can list the catalogue without loading JAX.
"""

from typing import TYPE_CHECKING

from backlight.lazy import lazily

if TYPE_CHECKING:
    from backlight.systems.coded_instrument import coded_lensless
    from backlight.systems.deflectometry_instrument import deflectometry
    from backlight.systems.imaging_system import ImagingSystem, Nothing
    from backlight.systems.inline_holography import inline_hologram
    from backlight.systems.lens_instrument import LensImaging, lens_camera
    from backlight.systems.lensless_instrument import lensless_stack, multi_height
    from backlight.systems.off_axis_instrument import off_axis_hologram
    from backlight.systems.per_frame import PerFrame
    from backlight.systems.spot_image_instrument import spot_image

_HOME_OF = {
    "ImagingSystem": "imaging_system",
    "LensImaging": "lens_instrument",
    "Nothing": "imaging_system",
    "PerFrame": "per_frame",
    "coded_lensless": "coded_instrument",
    "deflectometry": "deflectometry_instrument",
    "inline_hologram": "inline_holography",
    "lens_camera": "lens_instrument",
    "lensless_stack": "lensless_instrument",
    "multi_height": "lensless_instrument",
    "off_axis_hologram": "off_axis_instrument",
    "spot_image": "spot_image_instrument",
}

__all__ = [
    "ImagingSystem",
    "LensImaging",
    "Nothing",
    "PerFrame",
    "coded_lensless",
    "deflectometry",
    "inline_hologram",
    "lens_camera",
    "lensless_stack",
    "multi_height",
    "off_axis_hologram",
    "spot_image",
]

__getattr__ = lazily(__name__, _HOME_OF)
