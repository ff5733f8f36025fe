"""What a lens does, as figures: spots, fans, contrast, wavefronts, the field, and what its numbers are worth."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from backlight import units
from backlight.errors import InputError
from backlight.lenses.analyze import Analysis, PointAnalysis
from backlight.lenses.fields import field_name, launched
from backlight.lenses.record import LensFile
from backlight.report import pictures
from backlight.report.canvas import BLUE, GRAY, ORANGE, canvas
from backlight.report.figures import STYLE
from backlight.report.lens_layout import COLORS, layout
from backlight.report.page import rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, PANEL = 4, 1.9


def draw_lens(found: Analysis) -> dict[str, "Figure"]:
    """Draw all figures of an analysis: name → figure."""
    from matplotlib import rc_context

    told, points = found.told, found.points
    with rc_context(STYLE):
        names = [point.name for point in points]
        drawn = {
            "layout": layout(told.lens, launched(told), told.wavelength, names),
            "spots": spot_diagram(points, told.wavelengths, found.airy_radius),
            "fans": fans(points, told.wavelengths),
            "mtf": contrast(points, found.limit),
            "wavefronts": wavefronts(points),
        }
        return drawn | ({} if found.heights is None else {"field": over_field(found)})


def lens_picture(told: LensFile, kind: str) -> bytes:
    """Return the layout of a lens file as PNG or SVG."""
    from matplotlib import rc_context

    fields, near = launched(told), told.lens.object_distance is not None
    with rc_context(STYLE):
        figure = layout(told.lens, fields, told.wavelength, [field_name(field, near) for field in fields])
    return rendered(figure, kind, 300)


def sensitivity_picture(tolerances: Sequence[Mapping[str, Any]], kind: str) -> bytes:
    """Return the chart of what each tolerance adds to the RMS spot as PNG or SVG; rows have name, shown and widens."""
    from matplotlib import rc_context

    names = [f"{one['name']}, {one['shown']}" for one in tolerances]
    with rc_context(STYLE):
        figure = sensitivities(
            names, 1e6 * np.array([one["widens"] for one in tolerances]), "RMS spot wider by (µm), not refocused"
        )
    return rendered(figure, kind, 300)


def spot_diagram(points: Sequence[PointAnalysis], wavelengths: Sequence[float], airy_radius: float) -> "Figure":
    """Draw where the rays of each field are on the image, all on one scale, with Airy's circle about the chief ray."""
    from matplotlib.patches import Circle

    figure, axes = _panels(len(points))
    middles = [_middle(point) for point in points]
    reach = max(float(np.abs((p.offsets - m[:, None]) * (p.weights[:, None] > 0)).max())
                for p, m in zip(points, middles, strict=True))  # fmt: skip
    reach = 1.1e6 * max(reach, airy_radius)
    for axis, point, middle in zip(axes, points, middles, strict=False):
        for number, (color, offsets, weights) in enumerate(zip(wavelengths, point.offsets, point.weights, strict=True)):
            y, x = 1e6 * offsets[:, weights > 0]
            axis.plot(x, y, ".", color=COLORS[number % len(COLORS)], markersize=1.5, label=_color(color))
        circle = Circle((0, 0), 1e6 * airy_radius, fill=False, edgecolor="black", linewidth=0.8, zorder=3)
        axis.add_patch(circle)
        cy, cx = 1e6 * middle
        axis.set(aspect="equal", xlim=(cx - reach, cx + reach), ylim=(cy - reach, cy + reach), xlabel="x (µm)")
        axis.set_title(f"{point.name}\nRMS {units.format_length(point.rms, digits=3)}")
    _first_column(axes, len(points), "y (µm)")
    _legend(figure, axes[0])
    return figure


def fans(points: Sequence[PointAnalysis], wavelengths: Sequence[float]) -> "Figure":
    """Draw what rays are off along both diameters of the pupil: the y of the fan in y, and the x of that in x."""
    figure, axes = canvas(7.2, 1.6 * len(points) + 0.5, len(points), 2)
    reach = max(float(np.abs(fan.offsets).max()) for p in points for both in p.fans for fan in both)
    for row, point in zip(axes, points, strict=True):
        for way, axis in enumerate(row):
            axis.axhline(0, color=GRAY, linewidth=0.5)
            for number, (color, both) in enumerate(zip(wavelengths, point.fans, strict=True)):
                fan, alive = both[way], np.asarray(both[way].alive)
                off = 1e6 * np.where(alive, np.asarray(fan.offsets)[way], np.nan)
                axis.plot(fan.pupil, off, color=COLORS[number % len(COLORS)], linewidth=1.0, label=_color(color))
            name = "yx"[way]
            axis.set(ylabel=f"Δ{name} (µm)", title=f"{point.name}, along {name}", ylim=(-1.1e6 * reach, 1.1e6 * reach))
            axis.locator_params(axis="x", nbins=4)
    for axis, name in zip(axes[-1], "yx", strict=True):
        axis.set(xlabel=f"pupil {name}")
    _legend(figure, axes[0][0])
    return figure


def contrast(points: Sequence[PointAnalysis], limit: Float[np.ndarray, " n"]) -> "Figure":
    """Draw the contrast of each field, tangential in full and sagittal dotted, and the limit by diffraction dashed."""
    figure, ((axis,),) = canvas(7.2, 3.4, 1, 1)
    for number, point in enumerate(points):
        color, frequencies = COLORS[number % len(COLORS)], 1e-3 * np.asarray(point.mtf.frequencies)
        label = point.name + ("" if point.diffracted else ", by rays")
        axis.plot(frequencies, point.mtf.tangential, color=color, label=f"{label}, tangential")
        axis.plot(frequencies, point.mtf.sagittal, color=color, linestyle=":", label=f"{label}, sagittal")
    axis.plot(frequencies, limit, color="black", linestyle="--", linewidth=0.9, label="limit by diffraction")
    axis.set(xlabel="frequency (cycles/mm)", ylabel="contrast", ylim=(0, 1.03), xlim=(0, frequencies[-1]))
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def wavefronts(points: Sequence[PointAnalysis]) -> "Figure":
    """Draw the wavefront of each field over the pupil, all on one scale."""
    figure, axes = _panels(len(points))
    view = pictures.signed(np.concatenate([p.opd[np.isfinite(p.opd)] for p in points]))
    for axis, point in zip(axes, points, strict=False):
        drawn = axis.imshow(point.opd, cmap=view.colors, vmin=view.low, vmax=view.high, origin="lower",
                            extent=(-1, 1, -1, 1), interpolation="nearest")  # fmt: skip
        axis.set(xlabel="pupil x", title=f"{point.name}\nRMS {point.rms_wavefront:.3g} waves")
    _first_column(axes, len(points), "pupil y")
    figure.colorbar(drawn, ax=list(axes), shrink=0.7, label="path difference (waves)")
    return figure


def over_field(found: Analysis) -> "Figure":
    """Draw the foci of narrow bundles, and the distortion, over the field."""
    if found.heights is None or found.curvature is None or found.distortion is None:
        raise InputError("found", got="a lens whose fields are all on the axis", expected="one with a field")
    figure, (axes,) = canvas(7.2, 3.2, 1, 2)
    near = found.told.lens.object_distance is not None
    heights = 1e3 * found.heights if near else np.rad2deg(found.heights)
    for name, style in (("tangential", "-"), ("sagittal", ":")):
        axes[0].plot(1e3 * np.asarray(getattr(found.curvature, name)), heights, style, color=BLUE, label=name)
    axes[1].plot(1e2 * np.asarray(found.distortion.relative), heights, color=ORANGE)
    for axis, title, label in zip(
        axes, ("field curvature", "distortion"), ("focus from the image (mm)", "distortion (%)"), strict=True
    ):
        axis.axvline(0, color=GRAY, linewidth=0.5)
        axis.set(xlabel=label, title=title, ylim=(0, heights[-1]))
        axis.locator_params(axis="x", nbins=5)
    axes[0].set(ylabel="object height (mm)" if near else "field (°)")
    axes[0].legend(loc="best", frameon=False)
    return figure


def sensitivities(names: Sequence[str], values: Float[np.ndarray, " n"], label: str, most: int = 20) -> "Figure":
    """Draw a bar for each number of a lens, the longest first, `most` of them at the most; `label` tells the unit."""
    values = np.asarray(values, float)
    order = np.argsort(-np.abs(values), kind="stable")[:most][::-1]
    figure, ((axis,),) = canvas(7.2, 0.24 * len(order) + 0.8, 1, 1)
    axis.barh([names[i] for i in order], values[order], height=0.6,
              color=[BLUE if values[i] >= 0 else ORANGE for i in order])  # fmt: skip
    axis.axvline(0, color=GRAY, linewidth=0.5)
    axis.set(xlabel=label)
    return figure


def _middle(point: PointAnalysis) -> Float[np.ndarray, "2"]:
    """Return the middle of what a spot's rays span."""
    there = point.offsets.transpose(0, 2, 1)[point.weights > 0]
    return (there.max(axis=0) + there.min(axis=0)) / 2


def _panels(count: int) -> tuple["Figure", list["Axes"]]:
    """Return panels row by row; those that are left over are empty."""
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure, axes = canvas(max(PANEL * columns, 4.0), (PANEL + 0.6) * rows, rows, columns)
    flat = list(axes.ravel())
    for axis in flat[count:]:
        axis.remove()
    return figure, flat[:count]


def _first_column(axes: Sequence["Axes"], count: int, label: str) -> None:
    for axis in axes[: count : min(count, COLUMNS)]:
        axis.set(ylabel=label)


def _legend(figure: "Figure", axis: "Axes") -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 6), frameon=False, markerscale=5)


def _color(wavelength: float) -> str:
    return units.format_length(wavelength)
