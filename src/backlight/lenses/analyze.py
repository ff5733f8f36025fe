"""What a lens does to the light and the fields it was made for: all that its report shows, in numbers."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from backlight.errors import InputError
from backlight.lenses.describe import described
from backlight.lenses.fields import field_name, launched
from backlight.lenses.record import LensFile
from backlight.lenses.traced import ALONG, ALONG_X, ALONG_Y, EVERY, MAPPED, RULED, WITHIN, Traced, contrasts, traced
from backlight.light import RayStatus
from backlight.maths.double_precision import in_double_precision
from backlight.rays import MTF, Distortion, Fan, FieldCurvature, Lens, Seidel
from backlight.rays.colors import colors_of
from backlight.rays.trace import demand_chief

FREQUENCIES, PLACES = 61, 21
SAMPLES = (64, 96, 128, 192, 256)
"""Of the pupil in a contrast with diffraction; a wavefront that wants more has its contrast by rays alone."""


@dataclass(frozen=True)
class PointAnalysis:
    """What a lens makes of one point of the object.

    **Attributes:** `name`, `field` as of `launch`; `offsets`, (y, x) on the image from the chief ray of the main
    wavelength, m, one color after the other, with `weights` of its rays; `rms` of all colors about their mean, m;
    `fans`, along y and along x of each color; `rms_wavefront` at the main wavelength, in waves, and its path
    differences over a square of the pupil in `opd`, NaN where there is no light; `strehl`, NaN where it takes too many
    rays, far below 0.01; `zernikes` and `residual` in waves; `mtf` of all colors, `diffracted` or by rays alone.
    """

    name: str
    field: Float[np.ndarray, "2"]
    offsets: Float[np.ndarray, "colors 2 n"]
    weights: Float[np.ndarray, "colors n"]
    rms: float
    fans: tuple[tuple[Fan, Fan], ...]
    rms_wavefront: float
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
    told = dataclasses.replace(told, lens=_with_any_image(told.lens))
    rim = float(np.max(np.hypot(*fields.T)))
    heights = np.linspace(0, rim, PLACES) if rim else None
    found = jax.tree.map(np.asarray, traced(told.lens, fields, np.asarray(told.wavelengths), heights, told.primary))
    aperture = abs(float(found.seidel.marginal))
    if not aperture:
        raise InputError("lens", got="no power: light that leaves as it came", expected="a lens that makes an image",
                         remedy="look at it with backlight lens draw")  # fmt: skip
    spots = _spots(told, found)
    frequencies = np.linspace(0, min(2 * aperture / told.wavelength, 0.5 / spots.rms.max()), FREQUENCIES)
    seen = _each((spots, found.fronts, found.zernikes, found.strehl))
    contrast = _contrast(told, fields, spots.chief, found, frequencies)
    shares = np.asarray(told.weights) / np.sum(told.weights)
    limit = sum(w * diffraction_limit(frequencies, color, aperture)
                for w, color in zip(shares, told.wavelengths, strict=True))  # fmt: skip
    return Analysis(
        told=told,
        first=first,
        points=tuple(_point(told, field, one, *made) for field, one, made in zip(fields, seen, contrast, strict=True)),
        numerical_aperture=aperture,
        airy_radius=0.61 * told.wavelength / aperture,
        limit=np.asarray(limit),
        heights=heights,
        curvature=found.curvature,
        distortion=found.distortion,
        seidel=found.seidel,
    )


def diffraction_limit(
    frequencies: Float[np.ndarray, " n"], wavelength: float, numerical_aperture: float
) -> Float[np.ndarray, " n"]:
    """Return the contrast of a round pupil without aberrations, (2/π)(acos s − s√(1 − s²)) with s = νλ/(2NA)."""
    s = np.minimum(np.asarray(frequencies) * wavelength / (2 * numerical_aperture), 1)
    return 2 / np.pi * (np.arccos(s) - s * np.sqrt(1 - s**2))


def _with_any_image(lens: Lens) -> Lens:
    """Return the lens without a rim of its image: that tells how large a sensor is, not which light is lost."""
    return eqx.tree_at(lambda one: one.surfaces[-1].semi_diameter, lens, None, is_leaf=lambda leaf: leaf is None)


class _Spots(NamedTuple):
    """Where rays are: `offsets` from the main `chief` ray's place, (field, color, y and x, ray), m; `weights` of the
    rule's; `rms` of all colors about their mean, (field).
    """

    chief: Any
    offsets: Any
    alive: Any
    weights: Any
    rms: Any


def _spots(told: LensFile, found: Traced) -> _Spots:
    for of_main in _each(jax.tree.map(lambda leaf: leaf[:, told.primary], found.rays)):
        demand_chief("lens", jax.tree.map(jnp.asarray, of_main))
    place, alive = found.rays.position[:, :, 1:], found.rays.status[:, :, 1:] == RayStatus.HIT
    chief = place[:, told.primary, :, 0]
    offsets = np.where(alive[:, :, None], place[..., 1:] - chief[:, None, :, None], 0.0)
    weights = np.where(alive, found.rays.weight[:, :, 1:] * EVERY.weights, 0.0)[..., RULED]
    weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-30)
    shares = weights * np.asarray(told.weights)[:, None] / np.sum(told.weights)
    mean = np.einsum("fcn,fcin->fi", shares, offsets[..., RULED])
    square = np.einsum("fcn,fcin->f", shares, (offsets[..., RULED] - mean[:, None, :, None]) ** 2)
    return _Spots(chief, offsets, alive, weights, np.sqrt(square))


def _contrast(
    told: LensFile, fields: np.ndarray, chiefs: np.ndarray, found: Traced, frequencies: np.ndarray
) -> list[tuple[MTF, bool]]:
    """Return each field's contrast, and whether it is diffracted: where `SAMPLES` of the pupil are enough."""
    steps = [np.diff(found.fronts.opd[..., part]) for part in (ALONG_Y, ALONG_X)]
    wanted = 2 * np.abs(np.concatenate(steps, axis=-1)).max(axis=(1, 2)) * (len(ALONG) - 1)  # the steepest color's
    diffracted = wanted <= SAMPLES[-1]
    samples = min(n for n in SAMPLES if n >= wanted[diffracted].max(initial=0))
    colors, contrast = colors_of(told.wavelengths, told.weights, told.wavelength), {}
    for where, count in ((np.flatnonzero(diffracted), samples), (np.flatnonzero(~diffracted), None)):
        if len(where):
            of_these = contrasts(told.lens, fields[where], chiefs[where], colors, frequencies, count)
            contrast |= dict(zip(where, _each(jax.tree.map(np.asarray, of_these)), strict=True))
    return [(contrast[i], bool(diffracted[i])) for i in range(len(fields))]


def _point(
    told: LensFile,
    field: np.ndarray,
    seen: tuple[Any, ...],
    mtf: MTF,
    diffracted: bool,
) -> PointAnalysis:
    """Return what is told of a point; `seen`: its spots, wavefronts, Zernike fit and Strehl ratio."""
    spots, fronts, fitted, ratio = seen
    along: Any = ALONG
    fan = lambda part, offsets, opd, alive: Fan(along, offsets[:, part], opd[part], alive[part])  # noqa: E731
    fans = (
        (fan(ALONG_Y, *one), fan(ALONG_X, *one)) for one in zip(spots.offsets, fronts.opd, spots.alive, strict=True)
    )
    square, lit = np.full(WITHIN.shape, np.nan), spots.alive[told.primary]
    square[WITHIN] = np.where(lit, fronts.opd[told.primary], np.nan)[MAPPED]
    return PointAnalysis(
        name=field_name(field, told.lens.object_distance is not None),
        field=field,
        offsets=spots.offsets[..., RULED],
        weights=spots.weights,
        rms=float(spots.rms),
        fans=tuple(fans),
        rms_wavefront=float(fronts.rms[told.primary]),
        opd=square - np.nanmean(square),
        strehl=float(ratio),
        zernikes=fitted.coefficients,
        residual=float(fitted.residual),
        mtf=mtf,
        diffracted=diffracted,
    )


def _each(tree: Any) -> list[Any]:
    """Return what a tree of arrays holds for each field."""
    leaves, kind = jax.tree.flatten(tree)
    return [jax.tree.unflatten(kind, parts) for parts in zip(*leaves, strict=True)]


def _row(point: PointAnalysis) -> dict[str, Any]:
    return {
        "name": point.name,
        "field": point.field.tolist(),
        "rms_spot": point.rms,
        "rms_wavefront": point.rms_wavefront,
        "strehl": point.strehl if math.isfinite(point.strehl) else None,
        "zernikes": point.zernikes.tolist(),
        "zernike_residual": point.residual,
        "mtf": {name: np.asarray(value).tolist() for name, value in point.mtf._asdict().items()},
        "mtf_with_diffraction": point.diffracted,
    }
