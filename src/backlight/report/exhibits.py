"""Draw what a system has to show of its result: pictures with axes, and maps of points."""

from typing import TYPE_CHECKING

import numpy as np

from backlight.findings import Curves, Exhibit, Picture, PointMap
from backlight.report import pictures
from backlight.report.canvas import BLUE, GRAY, ORANGE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 3.6  # inches of a panel
MICROSCOPIC = 1e-4  # m: a smaller map has axes in micrometers
SEEN, DRAWN = 0.03, 0.1
"""Of a map's width: an ellipse that is narrower cannot be seen, and is drawn so wide at the most."""


def draw(exhibit: Exhibit) -> "Figure":
    """Draw an exhibit, its panels side by side."""
    columns = len(exhibit.panels)
    figure, (axes,) = canvas(WIDTH * max(columns, 1.4), WIDTH * 0.86 if columns > 1 else WIDTH * 1.2, 1, columns)
    for axis, panel in zip(axes, exhibit.panels, strict=True):
        axis.set_title(panel.title)
        if isinstance(panel, Curves):
            _curves(axis, panel)
        else:
            colored = _picture(axis, panel) if isinstance(panel, Picture) else _map(axis, panel)
            figure.colorbar(colored, ax=axis, shrink=0.8, label=panel.label)
    return figure


def _curves(axis: "Axes", panel: Curves) -> None:
    """Draw the first line strong, the others, which it is compared with, thin."""
    for number, (name, line) in enumerate(zip(panel.names, panel.lines, strict=True)):
        color = (BLUE, ORANGE, GRAY)[number % 3]
        axis.plot(panel.x, line, color=color, linewidth=0.8 if number else 1.5, label=str(name))
    axis.set(xlabel=panel.axis, ylabel=panel.label)
    axis.legend(loc="best", frameon=False)


def _picture(axis: "Axes", panel: Picture):
    from matplotlib.collections import EllipseCollection

    y, x = panel.half_width if all(panel.half_width) else (0.5 * n for n in panel.values.shape)
    rows, columns = panel.values.shape
    # The axis is the middle of pixel n//2, not the border beside it.
    extent = (-x * (1 + 1 / columns), x * (1 - 1 / columns), y * (1 - 1 / rows), -y * (1 + 1 / rows))
    view = _phases(panel.values) if panel.cyclic else pictures.gray(panel.values)
    drawn = axis.imshow(panel.values, cmap=view.colors, vmin=view.low, vmax=view.high, extent=extent,
                        interpolation="nearest")  # fmt: skip
    axis.set(xlabel=f"{panel.axis} along x", ylabel=f"{panel.axis} along y")
    if len(panel.circles):
        cy, cx, radius = panel.circles.T
        alpha = float(np.clip(12 / len(panel.circles), 0.15, 0.8))
        axis.add_collection(EllipseCollection(2 * radius, 2 * radius, 0 * radius, units="xy", facecolors="none",
                            offsets=np.stack([cx, cy], axis=-1), transOffset=axis.transData, edgecolors=ORANGE,
                            alpha=alpha, linewidths=0.6))  # fmt: skip
    return drawn


def _phases(values: np.ndarray) -> pictures.View:
    finite = values[np.isfinite(values)]
    return pictures.phase(np.exp(1j * finite)[None]) if finite.size else pictures.View("twilight", -np.pi, np.pi)


def _map(axis: "Axes", panel: PointMap):
    unit, scale = ("mm", 1e3) if np.ptp(panel.places, axis=0).max(initial=0.0) > MICROSCOPIC else ("µm", 1e6)
    y, x = scale * panel.places.T
    view = pictures.gray(panel.values)
    if len(panel.nominal):
        before = scale * panel.nominal
        axis.scatter(before[:, 1], before[:, 0], s=14, color=GRAY, marker="x", linewidths=0.6, zorder=3)
    size = float(np.clip(2500 / len(panel.places), 8, 120))
    drawn = axis.scatter(x, y, s=size, c=panel.values, cmap="cividis", vmin=view.low, vmax=view.high, zorder=2)
    if len(panel.spreads):
        factor = exaggeration(panel.places, panel.spreads)
        _ellipses(axis, x, y, (factor * scale) ** 2 * panel.spreads)
        axis.set_title(f"{panel.title} (ellipses × {factor:,.0f})" if factor > 1 else panel.title)
    axis.set(aspect="equal", xlabel=f"x ({unit})", ylabel=f"y ({unit})")
    axis.margins(0.12)
    axis.invert_yaxis()
    return drawn


def exaggeration(places: np.ndarray, spreads: np.ndarray) -> float:
    """Return how many times larger than life ellipses are drawn: 1, or 1, 2 or 5 times a power of ten."""
    widest = 2 * float(np.sqrt(max(np.nanmax(np.linalg.eigvalsh(np.nan_to_num(spreads))), 0)))
    extent = float(np.ptp(places, axis=0).max())
    if not 0 < widest < SEEN * extent:
        return 1.0
    return pictures.round_length(4 * DRAWN * extent / widest)


def _ellipses(axis: "Axes", x: np.ndarray, y: np.ndarray, spreads: np.ndarray) -> None:
    """Draw one standard deviation about each place, both in the units of the axes."""
    from matplotlib.collections import EllipseCollection

    variances, ways = np.linalg.eigh(np.nan_to_num(spreads))
    short, long = (2 * np.sqrt(np.maximum(variances[:, i], 0)) for i in (0, 1))
    angle = np.degrees(np.arctan2(ways[:, 0, 1], ways[:, 1, 1]))
    axis.add_collection(EllipseCollection(long, short, angle, units="xy", offsets=np.stack([x, y], axis=-1),
                        transOffset=axis.transData, facecolors="none", edgecolors=ORANGE, zorder=3))  # fmt: skip
