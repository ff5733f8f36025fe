"""Whether wavelength, pixels, frame and distance can belong together, said before anything is computed.

A plausible band has room for every microscope and every sensor, so a slip of a thousand in the distance stays inside.
Compared with the frame it shows: then light either spreads over less than a pixel, or over far more than the frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backlight import units

CONTACT = 1.0  # p²/(λz) from which light spreads over less than a pixel
FAR = 0.05  # N_F of the frame below which it holds a small part of one fringe zone
COARSE = 8.0  # pixels of the finest detail from which we say that pixels are wasted
HOPELESS = 20.0  # ... from which the distance is rather wrong than inconvenient
CLEAR = 0.1  # p²/(λz) up to which a distance is worth suggesting


@dataclass(frozen=True)
class Geometry:
    """In-line geometry: a source at R before the sample (None: collimated), a bare camera at z behind it.

    A spherical wave is the plane wave's problem over z/M on pixels p/M with M = 1 + z/R (Fresnel scaling theorem).

    **Arguments:** `wavelength`, λ in the medium, m; `pixel_pitch`, p, m; `distance`, z, m; `pixels`, N, along the
    longer side of the frame; `source_distance`, R, m.
    """

    wavelength: float
    pixel_pitch: float
    distance: float
    pixels: int
    source_distance: float | None = None

    @property
    def magnification(self) -> float:
        """Return M."""
        return 1 + self.distance / self.source_distance if self.source_distance else 1.0

    @property
    def pixel_fresnel_number(self) -> float:
        """Return p²/(λzM): above 1 a pixel's light stays in its pixel."""
        return self.pixel_pitch**2 / (self.wavelength * self.distance * self.magnification)

    @property
    def frame_fresnel_number(self) -> float:
        """Return (Np)²/(4λzM): how many fringe zones fit between the center of the frame and its edge."""
        return self.pixels**2 * self.pixel_fresnel_number / 4

    @property
    def finest_detail(self) -> float:
        """Return the finest half period at the sample, m, whose light from the center still meets the frame.

        λ/(2 NA) with NA = Np/(2z), or the pixel if that is coarser.
        """
        return max(1.0, self._finest_pixels) * self.pixel_pitch / self.magnification

    @property
    def _finest_pixels(self) -> float:
        return 1 / (self.pixels * self.pixel_fresnel_number)

    @property
    def sampling(self) -> dict[str, float]:
        """Return the numbers that tell what the frame can hold."""
        names = ("finest_detail", "frame_fresnel_number", "pixel_fresnel_number")
        return {name: getattr(self, name) for name in names}

    def advice(self) -> str:
        """Return what is odd in a sentence with the likely slip of a prefix, or nothing."""
        found = self._odd()
        grave = self.pixel_fresnel_number > CONTACT or self._finest_pixels > HOPELESS
        return f"{found} {self._meant()}" if found and grave else found

    def _odd(self) -> str:
        z = f"distance = {units.format_length(self.distance)}"
        if self.pixel_fresnel_number > CONTACT:
            return (f"At {z} light spreads over less than a pixel (p²/λz = {self.pixel_fresnel_number:.3g}): the frame "
                    "is a contact shadow without fringes.")  # fmt: skip
        width = units.format_length(self.pixels * self.pixel_pitch)
        if self.frame_fresnel_number < FAR:
            return (f"At {z} the frame, {width} wide, holds {self.frame_fresnel_number:.2g} of a fringe zone "
                    "(N²p²/4λz): this is the far field.")  # fmt: skip
        if self._finest_pixels > COARSE:
            detail = units.format_length(self.finest_detail, digits=2)
            pixels = round(self._finest_pixels)
            return (f"At {z} light of detail finer than {detail} ({pixels} pixels) misses the frame, {width} wide: "
                    "that detail is lost.")  # fmt: skip
        return ""

    def _meant(self) -> str:
        """Return the distance that differs by a prefix and would be sensible."""
        others = [replace(self, distance=self.distance * factor) for factor in (1e-3, 1e3)]
        sensible = [o for o in others if not o._odd() and o.pixel_fresnel_number < CLEAR]
        if not sensible:
            return "Check distance, pixel_pitch and wavelength."
        shown = units.format_length(sensible[0].distance, digits=6).replace("µ", "u")
        return f'Did you mean "{shown}"? (If it is right: unusual = ["distance"] at the top.)'


def geometry(instrument: Mapping[str, Any], shape: tuple[int, ...]) -> Geometry:
    """Return the geometry that an `[instrument]` in SI tells."""
    wavelength, pitch, distance = (float(instrument[name]) for name in ("wavelength", "pixel_pitch", "distance"))
    index = float(instrument.get("medium_index") or 1.0)
    return Geometry(wavelength / index, pitch, distance, max(shape[-2:]), instrument.get("source_distance"))
