"""Surfaces of CODE V's sequences: shapes, glasses, apertures, and where they stand."""

import math

import equinox as eqx
from scipy.spatial.transform import Rotation

from backlight.lenses.codev_special import SPECIAL
from backlight.lenses.codev_statements import PLACES, POWERS, Row
from backlight.lenses.glasses import Shelf
from backlight.lenses.lines import Line
from backlight.light import ConstantIndex, Material
from backlight.rays import Asphere, Conic, Pose, Profile, Surface, Toroid

MIRRORS = {"REFL": True, "REFR": False}


def surfaces_of(rows: list[Row], unit: float, radii: bool, shelf: Shelf) -> list[Surface]:
    """Return the surfaces behind the object, and planes of no effect where the axis turns behind one.

    **Arguments:** `rows`: from the object to the image; `unit`: in m; `radii`: whether lines of surfaces have those.
    """
    found: list[Surface] = []
    for row in rows[1:]:
        last = row is rows[-1]
        thickness = _finite_thickness(row) * unit
        if last and found:  # what is told of the image is how far it is out of where the lens's last distance ends
            found[-1] = eqx.tree_at(lambda one: one.thickness, found[-1], found[-1].thickness + thickness)
        mirror, medium = _behind(row, last, shelf)
        turn, pose, behind = _places(row, unit)
        ahead = 0.0 if last else thickness
        hole = row.told["CIR OBS"].positive_at(2, "a size") * unit if "CIR OBS" in row.told else None
        profile, rim = _profile(row, unit, radii), _rim(row, unit)
        if rim is not None and hole is not None and hole >= rim:
            row.told["CIR OBS"].refuse(f"{hole / unit:g}", f"an obstruction within the rim of {rim / unit:g}")
        found.append(Surface(profile, thickness=0.0 if behind else ahead, medium=medium, mirror=mirror,
                             semi_diameter=rim, hole=hole, stop="STO" in row.told, turn=turn, pose=pose))  # fmt: skip
        if behind is not None and not last:
            found.append(Surface(turn=behind, thickness=ahead))
    return found


def thickness_of(row: Row) -> float:
    """Return the distance behind a surface, which may be infinite."""
    return row.told["THI"].distance_at(1) if "THI" in row.told else row.line.distance_at(2)


def _finite_thickness(row: Row) -> float:
    return row.told["THI"].number_at(1, "a distance") if "THI" in row.told else row.line.number_at(2, "a distance")


def glass_of(row: Row, shelf: Shelf) -> Material:
    """Return the glass behind a surface, air where none is told."""
    line, name = _glass(row)
    return shelf.named(name, line) if name else ConstantIndex(1.0)


def _glass(row: Row) -> tuple[Line, str]:
    line = row.told.get("GLA", row.line)
    place = 1 if "GLA" in row.told else 3
    return line, line.words[place].strip("'\"") if place < len(line.words) else ""


def _behind(row: Row, last: bool, shelf: Shelf) -> tuple[bool, Material | None]:
    """Return whether a surface reflects, and the glass behind one that does not."""
    _, name = _glass(row)
    word = row.told["RMD"].words[1:2] if "RMD" in row.told else row.line.words[4:5]
    if word and word[0].upper() not in MIRRORS:
        row.told.get("RMD", row.line).refuse(word[0], "REFL or REFR")
    mirror = name.upper() == "REFL" or bool(word and MIRRORS[word[0].upper()])
    return mirror, None if mirror or last else glass_of(row, shelf)


def _rim(row: Row, unit: float) -> float | None:
    """Return the semi-diameter of CIR 5 or CIR CLR 5; edges and holes of the glass clip nothing."""
    line = row.told.get("CIR")
    if line is None:
        return None
    named = [word.upper() for word in line.words[1:2]] == ["CLR"]
    return line.positive_at(2 if named else 1, "a size") * unit


def _places(row: Row, unit: float) -> tuple[Pose | None, Pose | None, Pose | None]:
    """Return how the axis turns before a surface, where it stands alone, and how the axis turns behind it.

    DAR: it stands alone; BEN: the axis turns once more behind it, as light does at a mirror; REV: it stands as it was,
    and the axis turns back behind it. The distance counts along the turned axis.
    """
    kinds = [name for name in ("DAR", "BEN", "REV") if name in row.told]
    if not any(name in row.told for name in PLACES):
        return None, None, None
    if len(kinds) > 1:
        row.told[kinds[1]].refuse(" and ".join(kinds), "one of DAR, BEN and REV")
    x, y, z = (row.number(name) * unit for name in PLACES[:3])
    about_x, about_y, about_z = (math.radians(row.number(name)) for name in PLACES[3:])
    place = Pose((z, y, x), (about_z, -about_y, -about_x))  # CODE V turns left-handed about x and y
    if kinds == ["DAR"]:
        return None, place, None
    if kinds == ["REV"]:
        return None, None, _inverse(place)
    if kinds == ["BEN"]:
        if about_x and about_y and not about_z:
            row.told["BEN"].refuse("a bend about x and y", "a bend about one of them, or with CDE",
                                   "CODE V adds a turn about z of its own: tell it by CDE")  # fmt: skip
        return place, None, Pose(tilt=place.tilt)
    return place, None, None


def _inverse(pose: Pose) -> Pose:
    """Return R⁻¹(r − d) for R r + d."""
    (z, y, x), (about_z, about_y, about_x) = pose.shift, pose.tilt  # type: ignore[misc]
    back = Rotation.from_euler("XYZ", (about_x, about_y, about_z)).inv()
    x, y, z = back.apply([-x, -y, -z])
    about_x, about_y, about_z = back.as_euler("XYZ")
    return Pose((z, y, x), (about_z, about_y, about_x))


def _profile(row: Row, unit: float, radii: bool) -> Profile:
    radius = _radius(row, unit, radii)
    if "SPS" in row.told:
        line = row.told["SPS"]
        kind = line.words[1].upper() if len(line.words) > 1 else ""
        if kind not in SPECIAL:
            line.refuse(f"the special surface {kind or 'of no name'}", f"one of {', '.join(SPECIAL)}")
        return SPECIAL[kind](row, radius, unit)
    strange = next((line for name, line in row.told.items() if name.startswith("SCO")), None)
    if strange is not None:
        strange.refuse("a coefficient of a special surface", "SPS and its kind above it")
    return _of_curves(row, radius, unit)


def _of_curves(row: Row, radius: float | None, unit: float) -> Profile:
    """Return a conic with powers of r, or one in y that is turned about a radius in x (YTO; CYL, without one)."""
    terms = {p: row.number(k) * unit ** (1 - p) for k, p in POWERS.items() if row.number(k) != 0}
    curve = _asphere(radius, row.number("K"), terms)
    across = _across(row, unit)
    if "YTO" in row.told:
        return Toroid(curve, across)
    if across is not None:
        row.told.get("RDX", row.told.get("CUX", row.line)).refuse("a radius in x", "YTO, a toroid in y, above it")
    return Toroid(curve) if "CYL" in row.told else curve


def _asphere(radius: float | None, conic: float, terms: dict[int, float]) -> Profile:
    return Asphere(radius, conic, list(terms.values()), list(terms)) if terms else Conic(radius, conic)


def _radius(row: Row, unit: float, radii: bool) -> float | None:
    for keyword, as_radius in (("RDY", True), ("CUY", False)):
        if keyword in row.told:
            return _bent(row.told[keyword], unit, as_radius)
    return _bent(row.line, unit, radii)


def _across(row: Row, unit: float) -> float | None:
    return next((_bent(row.told[k], unit, r) for k, r in (("RDX", True), ("CUX", False)) if k in row.told), None)


def _bent(line: Line, unit: float, radii: bool) -> float | None:
    """Return the radius, m, of a number that is one or a curvature; a plane where it is 0 or infinite."""
    told = line.distance_at(1)
    if told == 0 or math.isinf(told):
        return None
    return told * unit if radii else unit / told
