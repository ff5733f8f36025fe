"""Zemax's sequential files (.zmx), written."""

import math
from collections.abc import Iterable
from typing import Any, NoReturn

import equinox as eqx
import numpy as np
from scipy.spatial.transform import Rotation

from backlight.errors import InputError
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.lenses.zemax_surfaces import numbers_of
from backlight.light import AbbeGlass, ConstantIndex, Glass, Material
from backlight.maths.double_precision import in_double_precision
from backlight.rays import Conic, Grating, Lens, Pose, Surface

MM = 1e-3
FIELDS = {ANGLE: 0, OBJECT: 1, IMAGE: 2}


def zemax_text(told: LensFile) -> str:
    """Return a .zmx file in mm, its numbers to 17 digits.

    A turned surface stands behind a coordinate break, and one that is posed alone between two; surfaces of a group are
    posed one by one.

    **Errors:** `InputError`, with the number of the surface, for shapes, soft edges and materials that the format has
    no words for, and for a lens without its aperture.
    """
    lens = told.lens
    if lens.entrance_pupil_diameter is None:
        raise InputError("write_lens", got="a lens without entrance_pupil_diameter", expected="its aperture")
    away = "INFINITY" if lens.object_distance is None else _number(float(lens.object_distance) / MM)
    first = ["  TYPE STANDARD", "  CURV 0", f"  DISZ {away}", *_glass(0, lens.before, False)]
    rows, media = [first], lens.media()[1:]
    for number, (surface, medium) in enumerate(zip(_posed_alone(lens), media, strict=True)):
        rows += _rows(number, surface, medium)
    return "\r\n".join([*_head(told), *(line for i, row in enumerate(rows) for line in (f"SURF {i}", *row))]) + "\r\n"


def _head(told: LensFile) -> list[str]:
    fields = np.asarray(told.fields, float) / (math.pi / 180 if told.field_kind == ANGLE else MM)
    return [
        "MODE SEQ", f"NAME {told.name}".rstrip(), "UNIT MM X W X CM MR CPMM",
        f"ENPD {_number(float(told.lens.entrance_pupil_diameter) / MM)}",  # type: ignore[arg-type]
        f"FTYP {FIELDS[told.field_kind]} 0 {len(fields)} {len(told.wavelengths)} 0 0 0",
        f"XFLN {_row(fields[:, 1])}", f"YFLN {_row(fields[:, 0])}",
        *(f"WAVM {i} {_number(w * 1e6)} {_number(s)}"
          for i, (w, s) in enumerate(zip(told.wavelengths, told.weights, strict=True), 1)),
        f"PWAV {told.primary + 1}",
    ]  # fmt: skip


def _rows(number: int, surface: Surface, medium: Material) -> list[list[str]]:
    """Return the surface, and coordinate breaks before and behind it."""
    surface = _with_grooves_along_x(surface)
    before = [] if surface.turn is None else _there(surface.turn)
    if _is_break(surface):
        return [*before[:-1], [*before[-1][:-1], _distance(surface.thickness)]]
    plain = _surface(number, surface, medium)
    if surface.pose is None:
        return [*before, [*plain, _distance(surface.thickness)]]
    back = surface.thickness - np.asarray(surface.pose.shift)[0]
    return [*before, *_there(surface.pose), [*plain, "  DISZ 0"], [*_break(surface.pose, back=True), _distance(back)]]


def _with_grooves_along_x(surface: Surface) -> Surface:
    """Return a surface whose grating is turned by its pose, and not by its angle: else it is one of revolution."""
    if not isinstance(surface.phase, Grating) or float(surface.phase.angle) == 0:
        return surface
    pose = Pose() if surface.pose is None else surface.pose
    tilt = np.asarray(pose.tilt, float) - [float(surface.phase.angle), 0, 0]
    straight = Grating(surface.phase.density, surface.phase.order)
    return eqx.tree_at(lambda s: (s.phase, s.pose), surface, (straight, Pose(pose.shift, tilt)),
                       is_leaf=lambda leaf: leaf is None)  # fmt: skip


def _is_break(surface: Surface) -> bool:
    """Tell whether a surface does nothing but turn what follows."""
    plane = isinstance(surface.profile, Conic) and not float(surface.profile.curvature)
    others = surface.medium, surface.semi_diameter, surface.hole, surface.phase, surface.pose
    return (surface.turn is not None and plane and not surface.mirror and not surface.stop
            and all(other is None for other in others))  # fmt: skip


def _there(pose: Pose) -> list[list[str]]:
    """Return coordinate breaks that lead to a pose: along the axis, which a break does last, by one of its own."""
    along = float(np.asarray(pose.shift)[0])
    ahead = [] if along == 0 else [["  TYPE COORDBRK", "  CURV 0", _distance(along)]]
    return [*ahead, [*_break(pose), "  DISZ 0"]]


def _break(pose: Pose, back: bool = False) -> list[str]:
    shift, tilt = np.asarray(pose.shift), np.asarray(pose.tilt)
    sign = -1 if back else 1
    values = [*(sign * shift[[2, 1]] / MM), *(sign * np.rad2deg(tilt[[2, 1, 0]])), int(back)]
    return ["  TYPE COORDBRK", "  CURV 0", *(f"  PARM {i} {_number(v)}" for i, v in enumerate(values, 1))]


def _surface(number: int, surface: Surface, medium: Material) -> list[str]:
    if surface.soft_edge is not None:
        _refuse(number, "a soft edge", "sharp ones")
    found = numbers_of(surface.profile, surface.phase, MM)
    if found is None:
        grooves = "" if surface.phase is None else f" with a {type(surface.phase).__name__}"
        _refuse(number, f"a {type(surface.profile).__name__}{grooves}", "what one of its types is like")
    kind, numbers = found
    lines = [f"  TYPE {kind}", f"  CURV {_number(numbers.curvature)}", f"  CONI {_number(numbers.conic)}"]
    lines += [f"  PARM {i} {_number(v)}" for i, v in numbers.parameters.items()]
    lines += [f"  XDAT {i} {_number(v)} 0 0 1 0 0" for i, v in numbers.extra.items()]
    return [*lines, *_aperture(surface), *_glass(number, medium, surface.mirror)]


def _aperture(surface: Surface) -> list[str]:
    lines = ["  STOP"] if surface.stop else []
    rim, hole = (None if r is None else _number(float(r) / MM) for r in (surface.semi_diameter, surface.hole))
    if rim is not None:
        lines.append(f"  DIAM {rim} 1 0 0 1")
    if hole is not None:
        lines.append(f"  OBSC 0 {hole}" if rim is None else f"  CLAP {hole} {rim}")
    return lines


@in_double_precision
def _posed_alone(lens: Lens) -> list[Surface]:
    """Return the surfaces, with what groups do to them in a pose of each."""
    found = list(lens.surfaces)
    without = [eqx.tree_at(lambda s: s.pose, s, None, is_leaf=lambda leaf: leaf is None) for s in found]
    nominal, frames = Lens(without).frames() if lens.groups else [], lens.frames()
    for i in sorted({i for group in lens.groups for i in range(group.first, group.last + 1)}):
        seen = frames[i].seen_from(nominal[i])
        about_x, about_y, about_z = Rotation.from_matrix(np.asarray(seen.axes)[::-1, ::-1]).as_euler("XYZ")
        pose = Pose(np.asarray(seen.origin), (about_z, about_y, about_x))
        found[i] = eqx.tree_at(lambda s: s.pose, without[i], pose, is_leaf=lambda leaf: leaf is None)
    return found


def _refuse(number: int, got: str, expected: str) -> NoReturn:
    raise InputError(f"write_lens, surface {number}", got=got, expected=f"{expected} in .zmx",
                     remedy="write .json, which keeps it")  # fmt: skip


def _glass(number: int, medium: Material, mirror: bool) -> list[str]:
    if mirror:
        return ["  GLAS MIRROR 0 0 1.5 40"]
    if isinstance(medium, Glass):
        return [f"  GLAS {medium.name} 0 0 1.5 40"]
    if isinstance(medium, AbbeGlass):
        return [f"  GLAS ___BLANK 1 0 {_number(float(medium.nd))} {_number(float(medium.vd))}"]
    if isinstance(medium, ConstantIndex):
        index = float(medium.n)
        return [] if index == 1 else [f"  GLAS ___BLANK 1 0 {_number(index)} 0"]
    _refuse(number, f"the material {type(medium).__name__}", "a glass of the catalog, AbbeGlass or ConstantIndex")


def _distance(value: Any) -> str:
    return f"  DISZ {_number(float(value) / MM)}"


def _row(values: Iterable[float]) -> str:
    return " ".join(_number(v) for v in values)


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
