"""Whether panel, objective and pixels can make one picture, said before anything is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Bool, Float, Int

from backlight import units
from backlight.errors import InputError
from backlight.maths.leaf import Given

OVERLAP = 0.35
"""Share of a pupil that a neighbor must cover for the phase to be found (Dong et al., Opt. Express 22, 5455 (2014))."""
SPARE = 1.02  # of the spectrum's reach: a panel that turns out lower or shifted stays on the grid


def turned(places: Float[np.ndarray, "diodes 2"], rotation: Given) -> Float[np.ndarray, "diodes 2"]:
    """Return places (y, x) turned by `rotation`, +x towards +y, as an `LEDArray` turns them."""
    cos, sin = np.cos(np.asarray(rotation, float)), np.sin(np.asarray(rotation, float))
    return places @ np.array([[cos, -sin], [sin, cos]])


@dataclass(frozen=True)
class PanelGeometry:
    """The share of the object's spectrum that each frame holds: a disc of radius NA/λ about sin θ/λ.

    **Arguments:** `positions`, (y, x) of each frame's diode from the axis, m; `height` of the panel below the sample,
    m; `numerical_aperture`; `wavelength` in vacuum, m; `pixel_pitch` of the frames at the sample, m; `medium_index`;
    `glass_thickness`, m, and `glass_index` of a slide between panel and sample, taken paraxially: it brings the panel
    nearer by d(1 − 1/n); `each`, what has such a disc: a frame, or a diode where several light a frame; `numbers` of
    these in words, from 0 where `None`; `table`, whether a table tells the places, not pitch and distance.
    """

    positions: Float[np.ndarray, "frames 2"]
    height: float
    numerical_aperture: float
    wavelength: float
    pixel_pitch: float
    medium_index: float = 1.0
    glass_thickness: float = 0.0
    glass_index: float = 1.52
    each: str = "frame"
    numbers: Int[np.ndarray, " frames"] | None = None
    table: bool = False

    @property
    def sines(self) -> Float[np.ndarray, "frames 2"]:
        """Return the sines (y, x) of the light's angles in air."""
        height = self.height - self.glass_thickness * (1 - 1 / self.glass_index)
        return self.positions / np.sqrt(height**2 + np.sum(self.positions**2, axis=-1, keepdims=True))

    @property
    def bright(self) -> Bool[np.ndarray, " frames"]:
        """Tell which diodes shine straight into the objective."""
        return np.hypot(*self.sines.T) < self.numerical_aperture

    @property
    def overlaps(self) -> Float[np.ndarray, " frames"]:
        """Return the share of each frame's pupil that the nearest other one covers."""
        sines, nearest = self.sines, np.full(len(self.positions), np.inf)
        for i, sine in enumerate(sines):
            distance = np.hypot(*(sines - sine).T)
            distance[i] = np.inf
            nearest[i] = distance.min()
        half = np.clip(nearest / (2 * self.numerical_aperture), 0, 1)
        return 2 / np.pi * (np.arccos(half) - half * np.sqrt(1 - half**2))

    @property
    def synthetic_aperture(self) -> float:
        """Return the numerical aperture of the picture: the objective's and the panel's."""
        return float(np.hypot(*self.sines.T).max()) + self.numerical_aperture

    @property
    def least_upsampling(self) -> int:
        """Return how many times finer than the frames' the picture's pixels must be to hold its spectrum."""
        return max(ceil(SPARE * self._reach), 1)

    @property
    def _reach(self) -> float:
        """Return how far the picture's spectrum reaches, over the band of the frames' pixels."""
        return float(np.abs(self.sines).max() + self.numerical_aperture) / self.wavelength * 2 * self.pixel_pitch

    @property
    def sampling(self) -> dict[str, float]:
        """Return the numbers that tell what the frames can hold; `finest_detail` is half a period, m."""
        return {
            "finest_detail": self.wavelength / (2 * self.synthetic_aperture),
            "synthetic_aperture": self.synthetic_aperture,
            f"bright_field_{self.each}s": float(self.bright.sum()),
            "least_overlap": float(self.overlaps.min()),
            "pupil_over_band": self._pupil_over_band,
        }

    @property
    def _pupil_over_band(self) -> float:
        return 2 * self.pixel_pitch * self.numerical_aperture / self.wavelength

    def demand(self, upsampling: int | None = None, unusual: Sequence[str] = ()) -> None:
        """Refuse what no reconstruction can mend.

        **Arguments:** `upsampling` that is asked for; `unusual`, what the user calls right though it looks wrong:
        `led_pitch` or `led_positions` for pupils that hardly overlap.

        **Errors:** `InputError` for pixels too coarse for the pupil, light that leaves the cone of propagating waves,
        pupils of which most stand apart or overlap by less than `OVERLAP`, or a picture whose pixels do not hold the
        frames' spectrum.
        """
        self._demand_pixels()
        self._demand_cone()
        self._demand_overlap(unusual)
        if upsampling is not None and upsampling < self._reach:
            raise InputError("upsampling", got=f"{upsampling}", expected=f"{self.least_upsampling} or more: the light "
                             f"reaches a numerical aperture of {self.synthetic_aperture:.3g}",
                             remedy=f"write upsampling = {self.least_upsampling}, or leave it out")  # fmt: skip

    def _demand_pixels(self) -> None:
        if self._pupil_over_band < 1:
            return
        largest = units.format_length(self.wavelength / (2 * self.numerical_aperture), digits=3)
        raise InputError("pixel_pitch", got=f"{units.format_length(self.pixel_pitch)} at the sample",
                         expected=f"less than λ/(2 NA) = {largest}, or the pupil does not fit into a frame's spectrum",
                         remedy="check pixel_pitch (at the sample: the camera's over the magnification), "
                         "numerical_aperture and wavelength")  # fmt: skip

    def _demand_cone(self) -> None:
        steep = np.hypot(*self.sines.T) + self.numerical_aperture
        worst = int(np.argmax(steep))
        if steep[worst] < self.medium_index:
            return
        remedy = f"check {self._written('led_distance and led_pitch')} and the unit{self._slip()}"
        raise InputError(self._written("led_distance"), got=f"{self.each} {self._named([worst])} at a sine of "
                         f"{steep[worst] - self.numerical_aperture:.3g}, aperture {self.numerical_aperture:g}",
                         expected=f"a sum below {self.medium_index:g}: beyond, light does not propagate",
                         remedy=remedy)  # fmt: skip

    def _written(self, described: str) -> str:
        """Return what tells the places of the diodes, of a panel that is `described` or has a table."""
        return "led_positions" if self.table else described

    def _slip(self) -> str:
        """Return the places of the diodes as a hint."""
        width = units.format_length(float(np.abs(self.positions).max()), digits=3)
        return f": the outermost is {width} off the axis, {units.format_length(self.height, digits=3)} below"

    def _demand_overlap(self, unusual: Sequence[str]) -> None:
        place, apart, low = self._written("led_pitch"), self.overlaps == 0, self.overlaps < OVERLAP
        remedy = f"check numerical_aperture, {self._written('led_distance, led_pitch')} and the unit{self._slip()}"
        expected = f"neighbors that cover each other by {OVERLAP:.0%} or more"
        if len(apart) == 1 or apart.mean() > 0.5:
            raise InputError(place, got=f"{int(apart.sum())} of {len(apart)} whose pupil meets no other",
                             expected=expected, remedy=remedy)  # fmt: skip
        if low.mean() > 0.5 and place not in unusual:
            raise InputError(place, got=f"{int(low.sum())} of {len(low)} whose pupil is covered by its nearest "
                             f"neighbor's to {np.median(self.overlaps):.0%} or so", expected=expected,
                             remedy=f"{remedy} (if it is right: unusual = [{place!r}] at the top)")  # fmt: skip

    def advice(self) -> str:
        """Return what is odd, in sentences, or nothing."""
        told = (self._about_size(), self._about_overlap(), self._about_bright())
        return " ".join(filter(None, told))

    def _about_size(self) -> str:
        usual = units.BANDS["led_distance"]
        if usual.low <= self.height <= usual.high:
            return ""
        lengths = " to ".join(units.format_length(h) for h in (usual.low, usual.high))
        return (f"The panel stands {units.format_length(self.height, digits=3)} below the sample, where panels stand "
                f"{lengths}: check {self._written('led_distance')} and the unit. Where x and y have the same slip "
                "the angles are right, but lengths as array_shift will be as wrong.")  # fmt: skip

    def _named(self, some: Sequence[int] | np.ndarray) -> str:
        """Return the numbers of some, the first six at most."""
        shown = ", ".join(str(int(i) if self.numbers is None else int(self.numbers[i])) for i in some[:6])
        return shown if len(some) <= 6 else f"{shown}, …"

    def _about_overlap(self) -> str:
        low = np.flatnonzero(self.overlaps < OVERLAP)
        if not len(low):
            return ""
        return (f"The pupils of {len(low)} of {len(self.positions)} {self.each}s (of {self._named(low)}) overlap their "
                f"nearest neighbor by less than {OVERLAP:.0%}, the least by {self.overlaps.min():.0%}: their phase is "
                "hardly tied to the others'.")  # fmt: skip

    def _about_bright(self) -> str:
        if len(self.bright) > 1 and self.bright.all():
            return ("Every diode shines straight into the objective: dark frames are not what they are taken for, and "
                    f"{self._written('led_distance, led_pitch')} or the unit is wrong{self._slip()}. If they are "
                    "right, the picture is hardly finer than a frame.")  # fmt: skip
        if self.bright.any():
            return ""
        return ("No diode shines straight into the objective: there is no bright-field frame, or "
                f"{self._written('led_distance')} or array_shift is wrong{self._slip()}.")  # fmt: skip
