"""Draw what a system has to show of its result: pictures with axes, and maps of points."""

from typing import TYPE_CHECKING

import numpy as np

from backlight.findings import Exhibit, Picture, PointMap
from backlight.report import pictures
from backlight.report.canvas import GRAY, ORANGE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 3.6  # inches of a panel
MM = 1e3


def draw(exhibit: Exhibit) -> "Figure":
    """Draw an exhibit, its panels side by side."""
    columns = len(exhibit.panels)
    figure, (axes,) = canvas(WIDTH * max(columns, 1.4), WIDTH * 0.86 if columns > 1 else WIDTH * 1.2, 1, columns)
    for axis, panel in zip(axes, exhibit.panels, strict=True):
        colored = _picture(axis, panel) if isinstance(panel, Picture) else _map(axis, panel)
        axis.set_title(panel.title)
        figure.colorbar(colored, ax=axis, shrink=0.8, label=panel.label)
    return figure


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
    y, x = MM * panel.places.T
    view = pictures.gray(panel.values)
    if len(panel.nominal):
        before = MM * panel.nominal
        axis.scatter(before[:, 1], before[:, 0], s=14, color=GRAY, marker="x", linewidths=0.6, zorder=1)
    size = float(np.clip(2500 / len(panel.places), 8, 120))
    drawn = axis.scatter(x, y, s=size, c=panel.values, cmap="cividis", vmin=view.low, vmax=view.high, zorder=2)
    if len(panel.spreads):
        _ellipses(axis, x, y, panel.spreads)
    axis.set(aspect="equal", xlabel="x (mm)", ylabel="y (mm)")
    axis.margins(0.12)
    axis.invert_yaxis()
    return drawn


def _ellipses(axis: "Axes", x: np.ndarray, y: np.ndarray, spreads: np.ndarray) -> None:
    """Draw one standard deviation about each place."""
    from matplotlib.collections import EllipseCollection

    variances, ways = np.linalg.eigh(np.nan_to_num(spreads))
    short, long = (2 * MM * np.sqrt(np.maximum(variances[:, i], 0)) for i in (0, 1))
    angle = np.degrees(np.arctan2(ways[:, 0, 1], ways[:, 1, 1]))
    axis.add_collection(EllipseCollection(long, short, angle, units="xy", offsets=np.stack([x, y], axis=-1),
                        transOffset=axis.transData, facecolors="none", edgecolors=ORANGE, zorder=3))  # fmt: skip
