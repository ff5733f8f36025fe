"""The Fourier-ptychographic microscope: how it is composed, and where its unknowns lie."""

from typing import Any

import numpy as np
from jaxtyping import Float

from backlight.camera import Camera, Gaussian, Noise
from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.fourier import crop, fast_size
from backlight.maths.leaf import Given
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.systems.led_checks import PanelGeometry, turned
from backlight.systems.per_frame import PerFrame
from backlight.wave import LEDArray, NollZernikes, Objective, ThinSample

SAMPLE = "sample.transmission"
DEFOCUS, ZERNIKE, PUPIL = (f"detection_path.{name}" for name in ("defocus", "aberrations.coefficients", "pupil"))
GAINS, OFFSETS = "illumination.gains", "illumination.offsets"
BACKGROUND = "camera.offset.value"

PATHS = {
    "sample": SAMPLE,
    "wavelength": "illumination.wavelength",
    "numerical_aperture": "detection_path.numerical_aperture",
    "array_shift": "illumination.shift",
    "array_rotation": "illumination.rotation",
    "array_height": "illumination.height",
    "led_positions": OFFSETS,
    "led_gains": GAINS,
    "defocus": DEFOCUS,
    "zernike": ZERNIKE,
    "pupil": PUPIL,
    "background": BACKGROUND,
}

FIRST_ABERRATION = 5
"""Noll's index: piston and tilt, which shifts the picture, are no aberrations, and defocus has a leaf of its own."""

MARGIN = 16
"""Pixels of the frame by which the sample goes on beyond it on each side, three to five times λ/NA: what the camera
sees at its border comes from there, and the sample is periodic. With half of it the panel of a synthetic instrument
came out twice as far from the truth: what the point spread function's tails bring was taken for a turn of it."""

SOFT = 6
"""Samples of the pupil's soft edge, both sides together, that the band has to hold."""


def fourier_ptychography(
    *,
    wavelength: float,
    numerical_aperture: float,
    pixel_pitch: float,
    positions: Float[np.ndarray, "diodes 2"],
    height: float,
    shape: tuple[int, ...],
    lit: np.ndarray | None = None,
    shift: Given = (0.0, 0.0),
    rotation: Given = 0.0,
    upsampling: int | None = None,
    defocus: float = 0.0,
    aberrations: int = 0,
    pupil: int = 1,
    glass_thickness: float = 0.0,
    glass_index: float = 1.52,
    medium_index: float = 1.0,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose a microscope that sees one sample in the light of one diode after the other, with an empty sample.

    y_k = g_k·|F⁻¹[P(f + τ_k)·F[t]]|² on the camera's pixels: each frame is a window of one spectrum (Zheng, Horstmeyer
    and Yang, Nat. Photonics 7, 739 (2013)).

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `numerical_aperture`: of the objective, on the sample's side.
    - `pixel_pitch`: p of the camera over the magnification, m.
    - `positions`: of the diodes on the panel, (y, x), m; `height` of the panel below the sample, m.
    - `shape`: of the frames, (frame, y, x), y and x even.
    - `lit`: which diodes shine together in each frame, shape (frames, diodes at once); one after the other where
      `None`.
    - `shift`, (y, x), m, and `rotation`, rad, of the panel: as of `LEDArray`.
    - `upsampling`: how many times finer the sample's pixels are; enough for what the frames can tell where `None`.
    - `defocus`: z, m: how far the sample lies behind the plane in focus, along the light; its light is seen through
      exp(−i k_z z).
    - `aberrations`: how many Zernike coefficients, from Noll's fifth on; `pupil`: free pixels along a side of it.
    - `glass_thickness`, `glass_index`: of a slide between panel and sample.
    - `medium_index`: n of the sample's medium.

    **Returns:** an `ImagingSystem`; the unknowns' paths are in `PATHS`.

    **Errors:** `InputError` for frames with an odd side.

    Example:
        >>> places = [(0.0, 0.0), (0.0, 4e-3), (4e-3, 0.0)]
        >>> system = fourier_ptychography(wavelength=630e-9, numerical_aperture=0.1, pixel_pitch=1.8e-6,
        ...                               positions=places, height=90e-3, shape=(3, 32, 32))
        >>> system.predict().values.shape, system.sample.shape
        ((3, 32, 32), (96, 96))
    """
    rows, columns = _even(shape)
    places = np.asarray(positions, float)
    lit = np.arange(len(places))[:, None] if lit is None else np.asarray(lit)
    seen = turned(places, rotation) + np.asarray(shift, float)
    geometry = PanelGeometry(seen[np.unique(lit)], height, numerical_aperture, wavelength, pixel_pitch,
                             glass_thickness=glass_thickness, glass_index=glass_index)  # fmt: skip
    times = upsampling or geometry.least_upsampling
    light = tuple(fast_size(n + 2 * MARGIN) for n in (rows, columns))
    return ImagingSystem(
        illumination=LEDArray(
            wavelength,
            places,
            height,
            lit=PerFrame(lit),
            shift=shift,
            rotation=rotation,
            slide_thickness=glass_thickness,
            slide_index=glass_index,
            medium_index=medium_index,
        ),
        incident_path=Nothing(),
        sample=ThinSample(np.ones((light[0] * times, light[1] * times), complex)),
        detection_path=Objective(
            numerical_aperture,
            defocus=-defocus,
            aberrations=NollZernikes(np.zeros(aberrations), first=FIRST_ABERRATION),
            pupil=np.ones((pupil, pupil), complex),
            decimation=times,
            band=_band(numerical_aperture, wavelength, pixel_pitch, max(light)),
        ),
        camera=Camera((rows, columns), pixel_pitch, offset=PerFrame(np.zeros(len(lit)))),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def sample_in_view(system: Any) -> Field:
    """Return the sample's transmission where the camera sees it, with its grid."""
    sample, path = system.sample, system.detection_path
    shape = tuple(n * path.decimation for n in system.camera.shape)
    return Field(
        crop(sample.transmission, shape), Grid(shape, system.sample_grid().pitch), system.illumination.wavelength
    )


def scale(name: str, system: ImagingSystem) -> float:
    """Return the run file's number over the leaf's: the plane in focus lies before a sample that lies behind it."""
    return -1.0 if name == "defocus" else 1.0


def _band(numerical_aperture: float, wavelength: float, pitch: float, pixels: int) -> int:
    """Return the even side, in frequency samples, of the square that holds the pupil, 5 % to spare."""
    radius = numerical_aperture / wavelength * pitch * pixels
    return min(2 * int(np.ceil(1.05 * radius + 0.5 * SOFT)), pixels)


def _even(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = int(shape[-2]), int(shape[-1])
    if rows % 2 or columns % 2:
        raise InputError("frames", got=f"{rows} × {columns} pixels", expected="even numbers of rows and columns",
                         remedy="cut a row or a column off: [data] crop = [row, column, rows, columns]")  # fmt: skip
    return rows, columns
