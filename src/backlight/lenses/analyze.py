"""What a lens does to the light and the fields it was made for: all that its report shows, in numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from backlight.errors import InputError
from backlight.lenses.describe import described
from backlight.lenses.fields import field_name, launched
from backlight.lenses.record import LensFile
from backlight.maths.double import in_double_precision
from backlight.rays import (
    MTF,
    Distortion,
    Fan,
    FieldCurvature,
    PupilPoints,
    Seidel,
    Wavefront,
    distortion,
    field_curvature,
    gauss_legendre,
    geometric_mtf,
    mtf,
    ray_fans,
    seidel,
    spot,
    strehl,
    wavefront,
    zernike_fit,
)

SPOT, FRONT = gauss_legendre(8, 24), gauss_legendre(12, 24)
ZERNIKES, FREQUENCIES, PLACES, MAP = 22, 61, 21, 41
SAMPLES, MOST_SAMPLES = 64, 256
"""Of the pupil in a contrast with diffraction; a wavefront that wants more has its contrast by rays alone."""


@dataclass(frozen=True)
class PointAnalysis:
    """What a lens makes of one point of the object.

    **Attributes:** `name`, `field` as of `launch`; `offsets`, (y, x) on the image from the chief ray of the main
    wavelength, m, one color after the other, with `weights` of its rays; `rms` of all colors about their mean, m;
    `fans`, along y and along x of each color; `front` at the main wavelength, and `points` of the pupil, a square, with
    its path differences in `opd`, NaN where there is no light; `strehl`, `zernikes` and `residual` in waves; `mtf` of
    all colors, `diffracted` or by rays alone.
    """

    name: str
    field: Float[np.ndarray, "2"]
    offsets: Float[np.ndarray, "colors 2 n"]
    weights: Float[np.ndarray, "colors n"]
    rms: float
    fans: tuple[tuple[Fan, Fan], ...]
    front: Wavefront
    opd: Float[np.ndarray, "y x"]
    strehl: float
    zernikes: Float[np.ndarray, " terms"]
    residual: float
    mtf: MTF
    diffracted: bool


@dataclass(frozen=True)
class Analysis:
    """What a lens does.

    **Attributes:** `first`, as of `described`; `points`, field by field; `numerical_aperture` of the image on the axis,
    n'u'; `airy_radius`, m; `limit`, the contrast of the same beam without aberrations; `heights` of the field along y,
    with `curvature` and `distortion`, `None` where the lens has no field; `seidel` for the rim of the field.
    """

    told: LensFile
    first: dict[str, Any]
    points: tuple[PointAnalysis, ...]
    numerical_aperture: float
    airy_radius: float
    limit: Float[np.ndarray, " frequencies"]
    heights: Float[np.ndarray, " n"] | None
    curvature: FieldCurvature | None
    distortion: Distortion | None
    seidel: Seidel

    def table(self) -> dict[str, Any]:
        """Return the numbers as dictionaries and lists, in SI and waves."""
        sums = {name: np.asarray(getattr(self.seidel, name)) for name in Seidel._fields if name != "marginal"}
        over = {} if self.heights is None or self.curvature is None or self.distortion is None else {
            "field": self.heights.tolist(),
            "tangential_focus": np.asarray(self.curvature.tangential).tolist(),
            "sagittal_focus": np.asarray(self.curvature.sagittal).tolist(),
            "distortion": np.asarray(self.distortion.relative).tolist(),
        }  # fmt: skip
        return {
            **self.first,
            "numerical_aperture": self.numerical_aperture,
            "airy_radius": self.airy_radius,
            "points": [_row(point) for point in self.points],
            "over_field": over,
            "seidel": {name: {"surfaces": v.tolist(), "sum": float(v.sum())} for name, v in sums.items()},
        }


@in_double_precision
def analyzed(told: LensFile) -> Analysis:
    """Return what a lens does to its light and fields.

    **Errors:** `InputError` where a chief ray is lost, and for fields that no ray can set out from.
    """
    first, fields = described(told), launched(told)
    rim = float(np.max(np.hypot(*fields.T)))
    sums = seidel(told.lens, rim, told.wavelength)
    aperture = abs(float(sums.marginal))
    if not aperture:
        raise InputError("lens", got="no power: light that leaves as it came", expected="a lens that makes an image",
                         remedy="look at it with backlight lens draw")  # fmt: skip
    spots = [_spots(told, field) for field in fields]
    worst = max(_rms(told, *found) for found in spots)
    frequencies = np.linspace(0, min(2 * aperture / told.wavelength, 0.5 / worst), FREQUENCIES)
    shares = np.asarray(told.weights) / np.sum(told.weights)
    limit = sum(w * diffraction_limit(frequencies, color, aperture)
                for w, color in zip(shares, told.wavelengths, strict=True))  # fmt: skip
    heights = np.linspace(0, rim, PLACES) if rim else None
    return Analysis(
        told=told,
        first=first,
        points=tuple(_point(told, *pair, frequencies) for pair in zip(fields, spots, strict=True)),
        numerical_aperture=aperture,
        airy_radius=0.61 * told.wavelength / aperture,
        limit=np.asarray(limit),
        heights=heights,
        curvature=None if heights is None else field_curvature(told.lens, heights, told.wavelength),
        distortion=None if heights is None else distortion(told.lens, heights, told.wavelength),
        seidel=sums,
    )


def diffraction_limit(
    frequencies: Float[np.ndarray, " n"], wavelength: float, numerical_aperture: float
) -> Float[np.ndarray, " n"]:
    """Return the contrast of a round pupil without aberrations, (2/π)(acos s − s√(1 − s²)) with s = νλ/(2NA)."""
    s = np.minimum(np.asarray(frequencies) * wavelength / (2 * numerical_aperture), 1)
    return 2 / np.pi * (np.arccos(s) - s * np.sqrt(1 - s**2))


def _spots(told: LensFile, field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets of all colors from the main one's chief ray, and the weights of their rays."""
    found = [spot(told.lens, field, color, rule=SPOT, reference=told.wavelength) for color in told.wavelengths]
    chief = found[told.primary].chief
    offsets = np.stack([np.asarray(s.offsets + (s.chief - chief)[:, None]) for s in found])
    return offsets, np.stack([np.asarray(s.weights) for s in found])


def _rms(told: LensFile, offsets: np.ndarray, weights: np.ndarray) -> float:
    shares = weights * np.asarray(told.weights)[:, None] / np.sum(told.weights)
    mean = np.einsum("cn,cin->i", shares, offsets)
    return float(np.sqrt(np.einsum("cn,cin->", shares, (offsets - mean[:, None]) ** 2)))


def _point(
    told: LensFile, field: np.ndarray, spots: tuple[np.ndarray, np.ndarray], frequencies: np.ndarray
) -> PointAnalysis:
    lens, main = told.lens, told.wavelength
    fans = tuple(_fans(told, field, color) for color in told.wavelengths)
    front = wavefront(lens, field, main, rule=FRONT)
    fitted = zernike_fit(front, ZERNIKES)
    contrast, diffracted = _contrast(told, field, frequencies, fans[told.primary])
    return PointAnalysis(
        name=field_name(field, lens.object_distance is not None),
        field=field,
        offsets=spots[0],
        weights=spots[1],
        rms=_rms(told, *spots),
        fans=fans,
        front=front,
        opd=_map(told, field),
        strehl=float(strehl(lens, field, main, rule=FRONT)),
        zernikes=np.asarray(fitted.coefficients),
        residual=float(fitted.residual),
        mtf=contrast,
        diffracted=diffracted,
    )


def _fans(told: LensFile, field: np.ndarray, color: float) -> tuple[Fan, Fan]:
    """Return the fans of a color, from the chief ray of the main one."""
    found = ray_fans(told.lens, field, color, reference=told.wavelength)
    main, own = (
        spot(told.lens, field, w, rule=SPOT, reference=told.wavelength).chief for w in (told.wavelength, color)
    )
    along_y, along_x = (fan._replace(offsets=fan.offsets + (own - main)[:, None]) for fan in found)
    return along_y, along_x


def _contrast(told: LensFile, field: np.ndarray, frequencies: np.ndarray, fans: tuple[Fan, Fan]) -> tuple[MTF, bool]:
    steepest = max(float(np.max(np.abs(np.diff(np.asarray(fan.opd))))) * (len(fan.pupil) - 1) for fan in fans)
    light = {"weights": np.asarray(told.weights), "reference": told.wavelength}
    colors = np.asarray(told.wavelengths)
    if 2 * steepest > MOST_SAMPLES:
        return geometric_mtf(told.lens, field, colors, frequencies, **light), False
    samples = SAMPLES if 2 * steepest <= SAMPLES else MOST_SAMPLES
    return mtf(told.lens, field, colors, frequencies, samples=samples, **light), True


def _map(told: LensFile, field: np.ndarray) -> np.ndarray:
    """Return path differences over a square of pupil points, without their mean."""
    along = np.linspace(-1, 1, MAP)
    y, x = np.meshgrid(along, along, indexing="ij")
    within = y**2 + x**2 <= 1
    points = np.stack([y[within], x[within]])
    found = wavefront(told.lens, field, told.wavelength, rule=PupilPoints(points, np.full(points.shape[1], 1.0)))
    alive = np.asarray(found.weights) > 0
    values = np.full(y.shape, np.nan)
    opd = np.where(alive, np.asarray(found.opd), np.nan)
    values[within] = opd - np.nanmean(opd)
    return values


def _row(point: PointAnalysis) -> dict[str, Any]:
    return {
        "field": point.field.tolist(),
        "rms_spot": point.rms,
        "rms_wavefront": float(point.front.rms),
        "strehl": point.strehl,
        "zernikes": point.zernikes.tolist(),
        "zernike_residual": point.residual,
        "mtf": {name: np.asarray(value).tolist() for name, value in point.mtf._asdict().items()},
        "mtf_with_diffraction": point.diffracted,
    }
