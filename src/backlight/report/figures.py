"""Figures ready for a paper: scale bars, units, color-blind-safe maps, as matplotlib figures without global state."""

from typing import TYPE_CHECKING, Any

import numpy as np

from backlight import units
from backlight.report import exhibits, pictures
from backlight.report.canvas import BLUE, GRAY, ORANGE, canvas
from backlight.report.content import Content, Parameter
from backlight.report.pictures import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE: Any = {"font.size": 8, "font.family": "DejaVu Sans", "svg.fonttype": "path", "svg.hashsalt": "backlight"}


def draw_all(content: Content) -> dict[str, "Figure"]:
    """Draw every figure of a report: name → figure."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        drawn = {"comparison": comparison(content), "residual": residual(content)}
        drawn |= {exhibit.name: exhibits.draw(exhibit) for exhibit in content.exhibits}
        return drawn | ({"convergence": convergence(content)} if content.history else {})


def comparison(content: Content) -> "Figure":
    """Draw the frame, the classic reconstructions and the estimate side by side, amplitude above phase."""
    if not np.iscomplexobj(content.object):
        return _scenes(content)
    found = [*content.classics.items(), ("Backlight", content.object)]
    columns = 1 + len(found)
    figure, axes = canvas(7.2, 7.2 / columns * 2 * _ratio(content.frame) + 0.5, 2, columns)
    frame, predicted = content.frame, content.predicted
    levels = pictures.gray(frame)
    _picture(axes[0][0], frame, levels, content.frame_pitch, f"recorded frame{_numbered(content)}")
    _picture(axes[1][0], predicted, levels, content.frame_pitch, "predicted frame")
    amplitudes = pictures.gray(*(np.abs(u) for _, u in found))
    phases = pictures.phase(*(u for _, u in found))
    for column, (name, u) in enumerate(found, 1):
        pitch = _pitch(content, u)
        _picture(axes[0][column], np.abs(u), amplitudes, pitch, _titled(name))
        _picture(axes[1][column], pictures.level_phase(u), phases, pitch, _titled(name))
    _color_bar(figure, axes[0][-1], "amplitude |t|")
    _color_bar(figure, axes[1][-1], "phase (rad)")
    return figure


def _scenes(content: Content) -> "Figure":
    """Draw the frame, what the model says of it, and the irradiances that were found, side by side."""
    found = [*content.classics.items(), ("Backlight", content.object)]
    columns = 2 + len(found)
    figure, (axes,) = canvas(7.2, 7.2 / columns * _ratio(content.frame) + 0.5, 1, columns)
    levels, brightness = pictures.gray(content.frame), pictures.gray(*(values for _, values in found))
    for axis, name, frame in zip(axes, ("recorded", "predicted"), (content.frame, content.predicted), strict=False):
        _picture(axis, frame, levels, content.frame_pitch, f"{name} frame")
    for axis, (name, values) in zip(axes[2:], found, strict=True):
        _picture(axis, values, brightness, _pitch(content, values), _titled(name))
    _color_bar(figure, axes[-1], "irradiance")
    return figure


def _pitch(content: Content, picture: np.ndarray) -> tuple[float, float]:
    """Return the pitch (y, x) of a picture of the object's field: a classic one may have fewer pixels."""
    y, x = (p * n / m for p, n, m in zip(content.object_pitch, content.object.shape, picture.shape, strict=True))
    return y, x


def _numbered(content: Content) -> str:
    return "" if content.frame_number is None else f" {content.frame_number}"


def _titled(name: str) -> str:
    """Put where a method was told to look on a line of its own: four pictures stand side by side."""
    return name.replace(" over ", "\n")


def residual(content: Content) -> "Figure":
    """Draw what the model leaves unexplained, and its spectrum: flat if it is white."""
    figure, (axes,) = canvas(7.2, 3.4, 1, 2)
    values = content.residual
    _picture(axes[0], values, pictures.signed(values), content.frame_pitch, "residual √y − √ŷ")
    _color_bar(figure, axes[0], "")
    frequency, power = pictures.radial_spectrum(values)
    axes[1].axhline(1, color=GRAY, linewidth=0.8)
    axes[1].semilogy(frequency, np.maximum(power, 1e-6), color=BLUE)
    axes[1].set(xlabel="frequency / Nyquist", ylabel="power / mean", title="residual spectrum (white: flat at 1)")
    return figure


def convergence(content: Content) -> "Figure":
    """Draw the objective and each scalar unknown over the iterations."""
    traces = [p for p in content.parameters if p.estimated and p.name in content.history]
    figure, axes = canvas(7.2, 2.0 * (1 + len(traces)), 1 + len(traces), 1)
    objective = np.asarray(content.history.get("objective", ()))
    axes[0][0].plot(objective, color=BLUE)
    if np.all(objective > 0) and objective.size and objective.max() > 10 * objective.min():
        axes[0][0].set_yscale("log")
    axes[0][0].set(ylabel="objective")
    for axis, parameter in zip((row[0] for row in axes[1:]), traces, strict=True):
        _trace(axis, np.asarray(content.history[parameter.name]), parameter)
    axes[-1][0].set(xlabel="iteration")
    return figure


def _trace(axis: "Axes", values: np.ndarray, parameter: Parameter) -> None:
    scale, unit = _unit(parameter)
    axis.plot(values / scale, color=BLUE)
    if parameter.value is not None:
        axis.axhline(parameter.value / scale, color=GRAY, linewidth=0.8)
        if parameter.std:
            low, high = (parameter.value + side * parameter.std for side in (-1, 1))
            axis.axhspan(low / scale, high / scale, color=ORANGE, alpha=0.3, linewidth=0, label="± 1 std")
            axis.legend(loc="best", frameon=False)
    axis.ticklabel_format(useOffset=False)
    axis.set(ylabel=f"{parameter.name}{f' ({unit})' if unit else ''}")


def _unit(parameter: Parameter) -> tuple[float, str]:
    if parameter.dimension not in units.SI or not parameter.value:
        return 1.0, ""
    unit = parameter.shown(parameter.value).rpartition(" ")[2]
    factors = {name: float(text) for name, text in units.units_of(parameter.dimension).items()}
    return factors.get(units.canonical_unit(unit), 1.0), unit


def _picture(axis: "Axes", values: np.ndarray, view: View, pitch: tuple[float, float], title: str) -> None:
    small = pictures.shrink(values)
    aspect = pitch[0] / pitch[1] if pitch[1] else 1.0
    axis.imshow(small, cmap=view.colors, vmin=view.low, vmax=view.high, aspect=aspect, interpolation="nearest")
    axis.set_axis_off()
    axis.set_title(title)
    _scale_bar(axis, values.shape[1] * abs(pitch[1]))


def _scale_bar(axis: "Axes", width: float) -> None:
    """Draw a bar of a round length at the lower left, on a plate that any picture leaves readable."""
    from matplotlib.patches import Rectangle

    length = pictures.round_length(width)
    if not length:
        return
    share, place = length / width, axis.transAxes
    plate = Rectangle((0.02, 0.02), share + 0.04, 0.115, transform=place, facecolor="black", alpha=0.65, linewidth=0)
    axis.add_patch(plate)
    axis.add_patch(Rectangle((0.04, 0.04), share, 0.015, transform=place, facecolor="white", linewidth=0))
    text = units.format_length(length)
    axis.text(0.04 + share / 2, 0.065, text, transform=place, color="white", ha="center", va="bottom", fontsize=7)


def _color_bar(figure: "Figure", axis: "Axes", label: str) -> None:
    figure.colorbar(axis.images[0], ax=axis, shrink=0.8, label=label)


def _ratio(values: np.ndarray) -> float:
    return min(max(values.shape[0] / values.shape[1], 0.25), 2.5)
