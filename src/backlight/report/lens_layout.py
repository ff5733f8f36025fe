"""A lens in the plane of y and z: its surfaces and glasses, and rays through it."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.lenses.record import AIR_BELOW
from backlight.lenses.traced import ONCE
from backlight.light import RayStatus
from backlight.maths.double_precision import doubled, in_double_precision
from backlight.rays import Lens, footprints, launch, trace
from backlight.rays.rims import without_rims
from backlight.report.canvas import BLUE, GRAY, ORANGE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9", "#e69f00", GRAY)  # Okabe and Ito 2008
GLASS, EDGE = "#dbe7f0", "#333333"
MARGIN, LEAD = 1.04, 0.15
"""An index from which on a medium is drawn; a surface over the rays it has; the way to it over the lens's length."""


class Bundle(NamedTuple):
    """Rays of a field, as they are drawn.

    **Attributes:** `places`, (z, y) from the start to the image, m, NaN behind where a ray is lost; `met`, where those
    which arrive met each surface, (z, y, x), in the frame of the first vertex.
    """

    places: Float[np.ndarray, "points 2 rays"]
    met: Float[np.ndarray, "surfaces 3 rays"]


def layout(
    lens: Lens, fields: Float[np.ndarray, "n 2"], wavelength: float, names: Sequence[str] = (), count: int = 7
) -> "Figure":
    """Draw a lens, with a fan of `count` rays of each field, as of `launch`."""
    drawn = bundles(lens, fields, wavelength, count)
    outline = outlines(lens, drawn)
    ends = np.concatenate([*outline, *(b.places.transpose(0, 2, 1).reshape(-1, 2) for b in drawn)])
    long, high = np.nanmax(ends, axis=0) - np.nanmin(ends, axis=0)
    figure, ((axis,),) = canvas(7.2, float(np.clip(7.2 * high / long, 1.4, 6.5)) + 0.8, 1, 1)
    _glasses(axis, lens, outline, wavelength)
    for number, bundle in enumerate(drawn):
        color, label = COLORS[number % len(COLORS)], names[number] if number < len(names) else None
        lines = axis.plot(*1e3 * bundle.places.transpose(1, 0, 2), color=color, linewidth=0.6, zorder=2)
        lines[0].set_label(label or "_")
    _surfaces(axis, lens, outline, wavelength)
    axis.set(aspect="equal", xlabel="z (mm)", ylabel="y (mm)")
    if names:
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(drawn), 6), frameon=False)
    return figure


@in_double_precision
def bundles(lens: Lens, fields: Float[np.ndarray, "n 2"], wavelength: float, count: int = 7) -> list[Bundle]:
    """Return rays of each field through a diameter of the pupil along y.

    A ray that is clipped ends on the surface that does so, one that misses a surface on the one before it.
    """
    along = np.linspace(-1, 1, count)
    found = _traced(lens, np.asarray(fields, float), np.stack([along, 0 * along]), wavelength)
    corners = [0, *(i + 1 for i in _corners(lens, wavelength))]
    return [_bundle(lens, corners, *map(np.asarray, one)) for one in zip(*found, strict=True)]


@partial(jax.jit, compiler_options=ONCE)
def _traced(lens: Lens, fields: Array, points: Array, wavelength: Array) -> tuple[Array, ...]:
    """Return of each field where rays begin and go, meet surfaces without rims, and what becomes of them with rims."""

    def of_field(field: Array) -> tuple[Array, ...]:
        rays = launch(lens, field, points, wavelength)
        end = trace(lens, rays)
        return rays.position, rays.direction, footprints(without_rims(lens), rays), end.status, end.lost_at

    return jax.vmap(of_field)(fields)


def _corners(lens: Lens, wavelength: float) -> list[int]:
    """Return the surfaces at which a ray can turn or end: to others it may go backwards."""
    n, last = _indices(lens, wavelength), len(lens.surfaces) - 1
    return [i for i, surface in enumerate(lens.surfaces)
            if i == last or surface.mirror or n[i] != n[i + 1] or surface.semi_diameter is not None]  # fmt: skip


def _bundle(
    lens: Lens,
    corners: list[int],
    position: np.ndarray,
    direction: np.ndarray,
    met: np.ndarray,
    status: np.ndarray,
    lost_at: np.ndarray,
) -> Bundle:
    begin = position + direction * (-_lead(lens) - position[0]) / direction[0]
    places = np.concatenate([begin[None], met])[:, :2]
    last = np.where(status == RayStatus.HIT, len(met), lost_at + (status == RayStatus.CLIPPED))
    gone = np.arange(len(places))[:, None] > last
    return Bundle(np.where(gone[:, None], np.nan, places)[corners], met[:, :, status == RayStatus.HIT])


def _lead(lens: Lens) -> float:
    """Return how far in front of the lens rays are drawn: from the object, if it is near enough to be seen."""
    vertices = np.stack([np.asarray(frame.origin) for frame in lens.frames()])
    lead = LEAD * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    return lead if lens.object_distance is None else float(min(lens.object_distance, 10 * lead))


@in_double_precision
def outlines(lens: Lens, drawn: Sequence[Bundle]) -> list[Float[np.ndarray, "n 2"]]:
    """Return (z, y) along each surface, up to its semi-diameter, or to the rays that use it."""
    lens, found = doubled(lens), []
    for i, (surface, frame) in enumerate(zip(lens.surfaces, lens.frames(), strict=True)):
        axes, origin = np.asarray(frame.axes), np.asarray(frame.origin)
        met = np.concatenate([b.met[i] for b in drawn], axis=1) if drawn else np.zeros((3, 0))
        used = np.abs(axes.T[1] @ (met - origin[:, None])).max(initial=0.0)
        half = MARGIN * float(used) if surface.semi_diameter is None else float(surface.semi_diameter)
        y = np.linspace(-half, half, 81)
        sag = surface.profile.sag(jnp.asarray(y), jnp.zeros_like(y))
        local = np.stack([np.broadcast_to(sag, y.shape), y, 0 * y])
        found.append((axes @ local + origin[:, None])[:2].T)
    return found


def _glasses(axis: "Axes", lens: Lens, outline: Sequence[np.ndarray], wavelength: float) -> None:
    """Fill what is between two surfaces, with a rim as wide as the wider one."""
    for index, (front, back) in zip(_indices(lens, wavelength)[1:], pairwise(outline), strict=False):
        if index > AIR_BELOW:
            ring = np.concatenate([_with_rim(front, back), _with_rim(back, front)[::-1]])
            axis.fill(*1e3 * ring.T, facecolor=GLASS, edgecolor=EDGE, linewidth=0.6, zorder=1)


def _with_rim(curve: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return a curve with flat ends, so that it is as wide as the other one."""
    span, wanted = np.linalg.norm(curve[-1] - curve[0]), np.linalg.norm(other[-1] - other[0])
    if not span or span >= wanted:
        return curve
    more = (curve[-1] - curve[0]) / span * (wanted - span) / 2
    return np.concatenate([[curve[0] - more], curve, [curve[-1] + more]])


def _surfaces(axis: "Axes", lens: Lens, outline: Sequence[np.ndarray], wavelength: float) -> None:
    """Draw mirrors, the stop, the image, and surfaces at which light is bent; others only count distances."""
    indices = _indices(lens, wavelength)
    widest = max(float(np.linalg.norm(curve[-1] - curve[0])) for curve in outline)
    for i, (surface, curve) in enumerate(zip(lens.surfaces, outline, strict=True)):
        z, y = 1e3 * curve.T
        if surface.mirror:
            axis.plot(z, y, color=EDGE, linewidth=2.2, zorder=3, solid_capstyle="butt", gid="mirror")
        elif i == len(outline) - 1:
            axis.plot(z, y, color="black", linewidth=1.2, zorder=3, gid="image")
        elif indices[i] != indices[i + 1]:
            axis.plot(z, y, color=EDGE, linewidth=0.6, zorder=3, gid="surface")
        if surface.stop:
            _stop(axis, curve, 0.08 * widest)


def _stop(axis: "Axes", curve: np.ndarray, length: float) -> None:
    """Draw the blades of the stop, beyond the light that it lets through."""
    across = curve[-1] - curve[0]
    across = across / max(float(np.linalg.norm(across)), 1e-12)
    for edge, way in ((curve[0], -across), (curve[-1], across)):
        blade = np.stack([edge, edge + length * way])
        axis.plot(*1e3 * blade.T, color="black", linewidth=2.2, zorder=4, solid_capstyle="butt", gid="stop")


@in_double_precision
def _indices(lens: Lens, wavelength: float) -> Float[np.ndarray, " media"]:
    return np.asarray(lens.indices(jnp.asarray(wavelength)))
