"""Zemax's sequential files (.zmx), written."""

import math
from collections.abc import Iterable

import numpy as np

from backlight.errors import InputError
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.light import AbbeGlass, CatalogGlass, ConstantIndex, Material
from backlight.rays import Asphere, Conic, Pose, Profile, Surface

MM = 1e-3
FIELDS = {ANGLE: 0, OBJECT: 1, IMAGE: 3}
EVEN, ODD = set(range(2, 18, 2)), set(range(2, 9))


def zemax_text(told: LensFile) -> str:
    """Return a .zmx file in mm, its numbers to 17 digits; a turned surface stands behind a coordinate break, and one
    that is posed alone between two.

    **Errors:** `InputError` for groups, for poses with a despace along with a tilt, and for surfaces and materials that
    the format has no words for.
    """
    lens = told.lens
    if lens.groups:
        raise InputError("write_lens", got="groups of surfaces", expected="surfaces with poses of their own in .zmx",
                         remedy="write .json")  # fmt: skip
    if lens.entrance_pupil_diameter is None:
        raise InputError("write_lens", got="a lens without entrance_pupil_diameter", expected="its aperture")
    away = "INFINITY" if lens.object_distance is None else _number(float(lens.object_distance) / MM)
    first = ["  TYPE STANDARD", "  CURV 0", f"  DISZ {away}", *_glass(lens.before, False, told.wavelength)]
    rows, media = [first], lens.media()[1:]
    for surface, medium in zip(lens.surfaces, media, strict=True):
        rows += _rows(surface, medium, told.wavelength)
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


def _rows(surface: Surface, medium: Material, wavelength: float) -> list[list[str]]:
    """Return the surface, and coordinate breaks before and behind it."""
    plain = _surface(surface, medium, wavelength)
    breaks = _is_break(surface)
    if breaks and surface.pose is None:
        return [[*_break(surface.turn), f"  DISZ {_number(float(surface.thickness) / MM)}"]]
    before = [] if surface.turn is None else [[*_break(surface.turn), "  DISZ 0"]]
    if surface.pose is None:
        return [*before, [*plain, f"  DISZ {_number(float(surface.thickness) / MM)}"]]
    there, back = _break(surface.pose), _break(surface.pose, back=True)
    return [*before, [*there, "  DISZ 0"], [*plain, "  DISZ 0"],
            [*back, f"  DISZ {_number(float(surface.thickness) / MM)}"]]  # fmt: skip


def _is_break(surface: Surface) -> bool:
    """Tell whether a surface does nothing but turn what follows."""
    return (surface.turn is not None and isinstance(surface.profile, Conic) and not float(surface.profile.curvature)
            and surface.medium is None and not surface.mirror and not surface.stop
            and surface.semi_diameter is None)  # fmt: skip


def _break(pose: Pose | None, back: bool = False) -> list[str]:
    shift, tilt = (np.zeros(3), np.zeros(3)) if pose is None else (np.asarray(pose.shift), np.asarray(pose.tilt))
    if shift[0] != 0:
        raise InputError("write_lens", got=f"a surface that is shifted by {shift[0]:g} m along the axis",
                         expected="shifts across it in .zmx", remedy="put it into the thicknesses, or write .json"
                         )  # fmt: skip
    sign = -1 if back else 1
    values = [*(sign * shift[[2, 1]] / MM), *(sign * np.rad2deg(tilt[[2, 1, 0]])), int(back)]
    return ["  TYPE COORDBRK", "  CURV 0", *(f"  PARM {i} {_number(v)}" for i, v in enumerate(values, 1))]


def _surface(surface: Surface, medium: Material, wavelength: float) -> list[str]:
    if not isinstance(surface.profile, Conic | Asphere):
        raise InputError("write_lens", got=f"a surface of kind {type(surface.profile).__name__}",
                         expected="conics and aspheres in .zmx", remedy="write .json")  # fmt: skip
    kind, terms = _terms(surface.profile)
    lines = [f"  TYPE {kind}", f"  CURV {_number(float(surface.profile.curvature) * MM)}",
             f"  CONI {_number(float(surface.profile.conic))}", *terms]  # fmt: skip
    if surface.stop:
        lines.append("  STOP")
    if surface.semi_diameter is not None:
        lines.append(f"  DIAM {_number(float(surface.semi_diameter) / MM)} 1 0 0 1")
    return lines + _glass(medium, surface.mirror, wavelength)


def _terms(profile: Profile) -> tuple[str, list[str]]:
    if not isinstance(profile, Asphere):
        return "STANDARD", []
    terms = dict(zip(profile.powers, np.asarray(profile.coefficients, float), strict=True))
    kind = next((k for k, powers in (("EVENASPH", EVEN), ("ODDASPHE", ODD)) if set(terms) <= powers), None)
    if kind is None:
        raise InputError("write_lens", got=f"an asphere of powers {profile.powers}",
                         expected="even ones up to 16, or any from 2 to 8, in .zmx", remedy="write .json")  # fmt: skip
    place = {p: p // 2 if kind == "EVENASPH" else p for p in terms}
    return kind, [f"  PARM {place[p]} {_number(a * MM ** (p - 1))}" for p, a in terms.items()]


def _glass(medium: Material, mirror: bool, wavelength: float) -> list[str]:
    if mirror:
        return ["  GLAS MIRROR 0 0 1.5 40"]
    if isinstance(medium, CatalogGlass):
        return [f"  GLAS {medium.name.rpartition(':')[2]} 0 0 1.5 40"]
    if isinstance(medium, AbbeGlass):
        return [f"  GLAS ___BLANK 1 0 {_number(float(medium.nd))} {_number(float(medium.vd))}"]
    if isinstance(medium, ConstantIndex):
        index = float(medium.n)
        return [] if index == 1 else [f"  GLAS ___BLANK 1 0 {_number(index)} 0"]
    raise InputError("write_lens", got=f"the material {type(medium).__name__}",
                     expected="a glass of the catalog, AbbeGlass or ConstantIndex in .zmx", remedy="write .json")  # fmt: skip


def _row(values: Iterable[float]) -> str:
    return " ".join(_number(v) for v in values)


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
