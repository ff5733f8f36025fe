"""Our own lens files: JSON that holds every part with every bit."""

import dataclasses
import json
import typing
from types import NoneType
from typing import Any

import equinox as eqx
import numpy as np

from backlight import light, rays
from backlight.errors import InputError, nearest
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.rays import Lens

FORMAT = "backlight-lens/1"
DEEPEST = 30
WORDS: dict[type, str] = {
    rays.Profile: "a profile", rays.Pose: "a Pose", rays.Phase: "a phase", light.Material: "a material",
    bool: "true or false", int: "a number of a surface", np.ndarray: "one number",
}  # fmt: skip
"""What a field of a surface, a group or a lens can be."""


def classes() -> dict[str, type]:
    """Return the parts that a file can name: those of `backlight.rays` and the materials of `backlight.light`."""
    parts = [part for module in (rays, light) for part in vars(module).values() if isinstance(part, type)]
    structure = rays.Lens, rays.Surface, rays.Group, rays.Pose
    wanted = (*structure, rays.Profile, rays.Phase, light.Material, light.ThermalChange)
    return {part.__name__: part for part in parts if issubclass(part, wanted)}


def to_form(told: LensFile) -> dict[str, Any]:
    """Return what `from_form` reads, of dictionaries, lists, numbers and text."""
    rest = {f.name: getattr(told, f.name) for f in dataclasses.fields(told) if f.name != "lens"}
    rest["fields"] = np.asarray(told.fields, float).tolist()
    rest["notes"], rest["wavelengths"], rest["weights"] = (list(rest[n]) for n in ("notes", "wavelengths", "weights"))
    return {"format": FORMAT, **rest, "lens": _written(told.lens)}


def from_form(form: Any, file: str) -> LensFile:
    """Return the lens file of a form.

    **Errors:** `InputError`, which names the place, for another format, a part that is not known, one that lacks
    something or has what it does not know, and numbers that are none.
    """
    if not isinstance(form, dict) or form.get("format") != FORMAT:
        got = repr(form.get("format")) if isinstance(form, dict) else type(form).__name__
        raise InputError(f"{file}, format", got=got, expected=FORMAT)
    lens = _read(form.get("lens"), f"{file}, lens", classes(), 0)
    if not isinstance(lens, Lens):
        raise InputError(f"{file}, lens", got=type(lens).__name__, expected="a Lens")
    _demand_parts(lens, file)
    kind = form.get("field_kind", ANGLE)
    if kind not in (ANGLE, OBJECT, IMAGE):
        raise InputError(f"{file}, field_kind", got=repr(kind), expected=f"{ANGLE}, {OBJECT} or {IMAGE}")
    wavelengths, weights = (_numbers(form.get(name), f"{file}, {name}", (-1,)) for name in ("wavelengths", "weights"))
    fields, primary = _numbers(form.get("fields"), f"{file}, fields", (-1, 2)), form.get("primary", 0)
    if len(weights) != len(wavelengths) or type(primary) is not int or not 0 <= primary < len(wavelengths):
        raise InputError(f"{file}, wavelengths", got=f"{len(wavelengths)}, {len(weights)} weights, primary {primary}",
                         expected="as many weights, and the number of one of them")  # fmt: skip
    for name, fits, expected in (
        ("wavelengths", np.all(wavelengths > 0), "numbers > 0, m"),
        ("weights", np.all(weights >= 0) and np.any(weights > 0), "numbers ≥ 0, one of them > 0"),
        ("fields", kind != ANGLE or np.all(np.abs(fields) < np.pi / 2), "angles below π/2"),
    ):
        if not fits:
            raise InputError(f"{file}, {name}", got=repr(form[name])[:80], expected=expected)
    notes = tuple(str(note) for note in form.get("notes", ()))
    return LensFile(
        lens=lens,
        name=str(form.get("name", "")),
        wavelengths=tuple(map(float, wavelengths)),
        weights=tuple(map(float, weights)),
        primary=primary,
        fields=tuple((float(y), float(x)) for y, x in fields),
        field_kind=kind,
        notes=notes,
    )


def _demand_parts(lens: Lens, file: str) -> None:
    """Refuse parts where others belong: they were put together without their constructors.

    What belongs where is what the classes say of their fields; a number there is one number.
    """
    rows = [(f"lens.surfaces.{i}", row) for i, row in enumerate(_parts(lens.surfaces, rays.Surface, file, "surfaces"))]
    rows += [(f"lens.groups.{i}", group) for i, group in enumerate(_parts(lens.groups, rays.Group, file, "groups"))]
    for where, part in [("lens", lens), *rows]:
        for name, hint in typing.get_type_hints(type(part)).items():
            kinds = set(typing.get_args(hint)) or {hint}
            value: Any = getattr(part, name)
            if (value is None and NoneType in kinds) or name in ("surfaces", "groups"):
                continue
            kind = next((kind for kind in WORDS if kind in kinds), np.ndarray)
            if not isinstance(value, kind) or (isinstance(value, np.ndarray) and value.ndim):
                raise InputError(f"{file}, {where}.{name}", got=repr(value)[:80], expected=WORDS[kind])


def _parts(values: Any, kind: type, file: str, name: str) -> tuple[Any, ...]:
    if not isinstance(values, tuple) or not all(isinstance(value, kind) for value in values):
        raise InputError(f"{file}, lens.{name}", got=repr(values)[:80], expected=f"a list of {kind.__name__}s")
    return values


def _numbers(value: Any, where: str, shape: tuple[int, ...]) -> np.ndarray:
    try:
        found = np.asarray(value, float).reshape(shape)
    except (TypeError, ValueError):
        raise InputError(where, got=repr(value)[:80], expected="numbers") from None
    if not found.size or not np.all(np.isfinite(found)):
        raise InputError(where, got=repr(value)[:80], expected="finite numbers, one at least")
    return found


def _written(value: Any) -> Any:
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, tuple | list):
        return [_written(item) for item in value]
    if isinstance(value, eqx.Module):
        if classes().get(type(value).__name__) is not type(value):
            raise InputError(type(value).__name__, got="a part of your own", expected="a part of Backlight",
                             remedy="keep such a lens as Python, or with backlight.save")  # fmt: skip
        parts = {f.name: _written(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"part": type(value).__name__, **parts}
    array = np.asarray(value)
    return {"numbers": array.tolist(), "type": str(array.dtype)}


def _read(value: Any, where: str, known: dict[str, type], depth: int) -> Any:
    if depth > DEEPEST:
        raise InputError(where, got="parts within parts within parts", expected=f"at most {DEEPEST} deep")
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, list):
        return tuple(_read(item, f"{where}.{i}", known, depth + 1) for i, item in enumerate(value))
    if "numbers" in value:
        return _array(value, where)
    return _part(value, where, known, depth)


def _array(value: dict[str, Any], where: str) -> np.ndarray:
    if value.get("type") not in ("float64", "float32", "int64", "int32"):
        raise InputError(where, got=repr(value.get("type")), expected="float64, float32 or int64")
    try:
        array = np.asarray(value["numbers"], value["type"])
    except (TypeError, ValueError, OverflowError):
        raise InputError(where, got=repr(value["numbers"])[:80], expected="numbers") from None
    if not np.all(np.isfinite(array)):
        raise InputError(where, got="NaN or an infinite number", expected="finite numbers")
    return array


def _part(value: dict[str, Any], where: str, known: dict[str, type], depth: int) -> eqx.Module:
    """Return a part with just these fields, as its class would be with them.

    It is not built by its constructor, which would compute its fields anew from radii and lists, to the last bit but
    one. Each field must be there, and none beside them.
    """
    name = value.get("part")
    if not isinstance(name, str) or name not in known:
        raise InputError(where, got=f"the part {name!r}", expected="a part of a lens", remedy=nearest(str(name), known))
    names = [f.name for f in dataclasses.fields(known[name])]
    given = [key for key in value if key != "part"]
    if sorted(names) != sorted(given):
        odd = sorted(set(names) ^ set(given))
        raise InputError(f"{where}, {name}", got=f"{', '.join(odd)} missing or unknown", expected=", ".join(names))
    part = object.__new__(known[name])
    for key in names:
        object.__setattr__(part, key, _read(value[key], f"{where}.{key}", known, depth + 1))
    return part


def parsed(text: str, file: str) -> LensFile:
    """Return the lens file of JSON text.

    **Errors:** `InputError` with line and column of what is no JSON; those of `from_form`.
    """
    try:
        form = json.loads(text, parse_constant=lambda word: None)
    except (json.JSONDecodeError, RecursionError) as error:
        place = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{file}{place}", got=str(error)[:120], expected="JSON") from None
    return from_form(form, file)
