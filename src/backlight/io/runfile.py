"""Read, write and propose run files.

```toml
system = "inline_hologram"
[data]
frames = "hologram.mat"
[instrument]
wavelength = "632.8 nm"
[unknown]
distance = { between = ["38 mm", "45 mm"] }
```

Names of files are relative to the run file. They may be absolute or go up with `..`, because data often lie beside the
folder of the analysis; what they lead to must be a regular file or a folder. Devices, pipes, sockets are refused.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backlight import units
from backlight.errors import RunFileError, nearest
from backlight.io.runmodel import Between, DataSection, EstimateSection, Known, Prior, Regularizer, RunFile, Unknown
from backlight.io.runpaths import check_files
from backlight.io.runvalues import ValueReader, example
from backlight.io.toml import load_toml
from backlight.schema import Key, OneOf, SystemSchema, Way

SECTIONS = ("system", "unusual", "data", "instrument", "unknown", "estimate")
MANY_FRAMES = ("held_out", "halves")
"""What `[estimate]` says of several frames of one sample."""
TILES = ("tile", "tile_overlap")
"""What it says of a field that is taken apart."""
SectionT = TypeVar("SectionT", bound=BaseModel)


Offered = Callable[[DataSection, Path], Mapping[str, Known]]


def load(
    path: str | Path,
    schema: SystemSchema | Mapping[str, SystemSchema],
    *,
    need_data: bool = True,
    offered: Offered | None = None,
) -> RunFile:
    """Read and check a run file.

    **Arguments:** `schema` of one system, or of all by name; `need_data=False` accepts a file without `[data]`;
    `offered`, from `[data]` and the run file's folder to what the frames' own file says of the instrument, in SI: asked
    where `[instrument]` leaves out what it must say, and only that is taken.

    **Returns** a `RunFile` in SI. **Raises** `RunFileError` that names the field, the value found and the remedy.
    """
    path = Path(path)
    table = load_toml(path)
    _known_names(table, SECTIONS, str(path), "key or section")
    chosen = _choose(table.get("system"), schema, path)
    unusual = _names(table.get("unusual", []), path)
    data = table.get("data")
    if data is None and need_data:
        raise RunFileError(f"{path} [data]", got="no such section", expected="the frames",
                           remedy='add [data] and a line frames = "hologram.tif"')  # fmt: skip
    reader = _Reader(path, chosen, unusual)
    unknown = reader.unknown(_table(table, "unknown", path))
    frames = None if data is None else _section(DataSection, data, f"{path} [data]")
    written = _table(table, "instrument", path)
    lacking = reader.lacking(written, unknown)
    said = offered(frames, path.parent) if offered and lacking and frames is not None else {}
    taken = {name: value for name, value in said.items() if name in lacking}
    instrument = reader.instrument(written, unknown, taken)
    estimate = _section(EstimateSection, _table(table, "estimate", path), f"{path} [estimate]")
    _check_choices(estimate, chosen, path)
    _check_tiles(estimate, chosen, path)
    run = RunFile(
        chosen.system,
        frames,
        instrument,
        unknown,
        estimate,
        unusual,
        path.parent,
        tuple(taken),
    )
    check_files(run, path)
    return run


def _choose(name: object, schema: SystemSchema | Mapping[str, SystemSchema], path: Path) -> SystemSchema:
    schemas = {schema.system: schema} if isinstance(schema, SystemSchema) else schema
    if not isinstance(name, str):
        got = "no such key" if name is None else repr(name)
        raise RunFileError(f"{path} system", got=got, expected="the name of a system", remedy=nearest("", schemas))
    if name not in schemas:
        raise RunFileError(f"{path} system", got=repr(name), expected="a known system", remedy=nearest(name, schemas))
    return schemas[name]


def _names(value: object, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise RunFileError(f"{path} unusual", got=repr(value), expected='names, such as ["wavelength"]')
    return tuple(value)


def _table(table: Mapping[str, object], name: str, path: Path) -> dict[str, object]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise RunFileError(f"{path} {name}", got=repr(value), expected=f"a section [{name}]")
    return value


def _known_names(table: Mapping[str, object], names: Any, where: str, what: str) -> None:
    for name in table:
        if name not in names:
            raise RunFileError(where, got=f"{what} {name!r}", expected=f"a known {what}", remedy=nearest(name, names))


def _section(model: type[SectionT], value: object, where: str) -> SectionT:
    """Validate one section, and put the first of pydantic's findings into our words."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        findings = error.errors(include_url=False)
    first = min(findings, key=lambda f: f["type"] != "extra_forbidden")
    place = ".".join(str(p) for p in first["loc"] if not str(p).startswith(("constrained", "list[", "str")))
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        remedy = nearest(name, _fields_at(model, first["loc"][:-1]))
        raise RunFileError(where, got=f"key {name!r}", expected="a known key", remedy=remedy)
    got = "no such key" if first["type"] == "missing" else repr(first["input"])
    expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    raise RunFileError(f"{where} {place}", got=got, expected=expected, remedy=_help(model, first["loc"]))


def _fields_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    return list((Regularizer if "regularizers" in loc else model).model_fields)


def _help(model: type[BaseModel], loc: tuple[Any, ...]) -> str:
    found = model.model_fields.get(str(loc[0])) if loc else None
    return found.description or "" if found else ""


def _said(thing: OneOf, given: Collection[str]) -> set[str]:
    """Return what of a thing is said."""
    return {name for way in thing.ways for name in way.keys}.intersection(given)


def _sized(unknown: Mapping[str, Unknown]) -> list[str]:
    """Return the unknowns that come with a value of their own."""
    return [name for name, value in unknown.items() if isinstance(value, Between | Prior)]


def ways_in_words(thing: OneOf) -> str:
    """Return the ways to say a thing, for a person."""
    return "; or ".join(_way(way) for way in thing.ways)


def _way(way: Way) -> str:
    return _listed(way.needs) + (f" (with {_listed(way.takes)} where wanted)" if way.takes else "")


def _listed(names: Iterable[str]) -> str:
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last


class _Reader:
    """Turns `[instrument]` and `[unknown]` into SI by the keys of one system."""

    def __init__(self, path: Path, schema: SystemSchema, unusual: tuple[str, ...]):
        self.path, self.schema, self.values = path, schema, ValueReader(unusual)

    def lacking(self, table: Collection[str], unknown: Mapping[str, Unknown]) -> set[str]:
        """Return the keys that `[instrument]` should have and has not."""
        required = {k.name for k in self.schema.instrument if k.required and k.name not in table}
        silent = [thing for thing in self.schema.one_of if not _said(thing, table)]
        return required.union(*(way.needs for thing in silent for way in thing.ways)) - set(_sized(unknown))

    def instrument(
        self, table: dict[str, object], unknown: dict[str, Unknown], taken: Mapping[str, Known]
    ) -> dict[str, Known]:
        """Return what is known, in SI; `taken` is so already."""
        where = f"{self.path} [instrument]"
        _known_names(table, [k.name for k in self.schema.instrument], where, "key")
        for thing in self.schema.one_of:
            self._one_way(thing, [*table, *taken, *_sized(unknown)])
        values: dict[str, Known] = {}
        for key in self.schema.instrument:
            if key.name in table:
                values[key.name] = self.values.known(key, table[key.name], f"{where} {key.name}")
            elif key.name in taken:
                said = f"{where} {key.name}, as the frames' file says"
                values[key.name] = self.values.checked(key, taken[key.name], said)
            elif key.required and not isinstance(unknown.get(key.name), Between | Prior):
                line = f"{key.name} = {example(key)}"
                raise RunFileError(f"{where} {key.name}", got="no such key", expected=key.help, remedy=f"add {line}")
            elif key.default is None and unknown.get(key.name) is True and self._needs_start(key):
                self._refuse_without_value(key)
            self._inside(key, values.get(key.name), unknown.get(key.name))
        return values

    def _one_way(self, thing: OneOf, given: Collection[str]) -> None:
        """Demand that one way to say a thing is complete, and nothing is said that belongs to another."""
        said = _said(thing, given)
        if any(set(way.needs) <= set(said) <= set(way.keys) for way in thing.ways):
            return
        meant = min(thing.ways, key=lambda way: len(set(way.needs) - said) + len(said - set(way.keys)))
        missing = [name for name in meant.needs if name not in said]
        extra = sorted(said - set(meant.keys))
        lines = [f"{name} = {example(key)}" for name in missing if (key := self.schema.instrument_key(name))]
        remedy = [f"add {_listed(lines)}"] * bool(missing) + [f"remove {_listed(extra)}"] * bool(extra)
        raise RunFileError(f"{self.path} [instrument]", got=_listed(sorted(said)) or f"nothing about {thing.help}",
                           expected=f"{thing.help} in one way: {ways_in_words(thing)}",
                           remedy="; ".join(remedy))  # fmt: skip

    def _needs_start(self, key: Key) -> bool:
        """Tell whether the unknown of this name is a number that nothing in the frames tells."""
        unknown = self.schema.unknown_key(key.name)
        return not key.found and unknown is not None and unknown.dimension != "field"

    def _refuse_without_value(self, key: Key) -> None:
        """Say that a number cannot be looked for from nowhere."""
        raise RunFileError(f"{self.path} [unknown] {key.name}", got="true, and no value in [instrument]",
                           expected="a first value, or { between = [low, high] }",
                           remedy=f"add {key.name} = {example(key)} to [instrument], with your value")  # fmt: skip

    def _inside(self, key: Key, value: Known | None, unknown: Unknown | None) -> None:
        if isinstance(unknown, Between) and isinstance(value, float) and not unknown.low <= value <= unknown.high:
            span = " and ".join(units.format_quantity(v, key.dimension) for v in (unknown.low, unknown.high))
            raise RunFileError(f"{self.path} [instrument] {key.name}", got=units.format_quantity(value, key.dimension),
                               expected=f"a first value between {span}, as [unknown] says",
                               remedy="widen the interval or correct the value")  # fmt: skip

    def unknown(self, table: dict[str, object]) -> dict[str, Unknown]:
        where = f"{self.path} [unknown]"
        _known_names(table, [k.name for k in self.schema.unknown], where, "key")
        keys = {key.name: key for key in self.schema.unknown}
        return {name: self.values.unknown(keys[name], value, f"{where} {name}") for name, value in table.items()}


def _check_choices(estimate: EstimateSection, schema: SystemSchema, path: Path) -> None:
    asked = [("loss", estimate.loss, schema.losses), ("method", estimate.method, schema.methods)]
    asked += [("regularizers.kind", r.kind, schema.regularizers) for r in estimate.regularizers or []]
    asked += [("steps", name, tuple(k.name for k in schema.unknown)) for name in estimate.steps or {}]
    for field, name, names in asked:
        if name is not None and names and name not in names:
            where = f"{path} [estimate] {field}"
            raise RunFileError(where, got=repr(name), expected="a known name", remedy=nearest(name, names))
    for name in not_of_one_frame(schema):
        if getattr(estimate, name):
            raise RunFileError(f"{path} [estimate] {name}", got=f"{getattr(estimate, name)!r}".lower(),
                               expected=f"no such key: {schema.system} takes a single frame",
                               remedy="remove the line")  # fmt: skip


def not_of_one_frame(schema: SystemSchema) -> tuple[str, ...]:
    """Return the keys of `[estimate]` that mean nothing to a system because it takes a single frame."""
    return tuple(n for n in MANY_FRAMES if schema.one_frame and not (n == "held_out" and schema.holds_out_pixels))


def _check_tiles(estimate: EstimateSection, schema: SystemSchema, path: Path) -> None:
    """Refuse tiles where a system has none, an overlap of none, and halves of the frames of each."""
    written = [name for name in TILES if getattr(estimate, name) is not None]
    if written and not schema.tiled:
        raise RunFileError(f"{path} [estimate] {written[0]}", got=repr(getattr(estimate, written[0])),
                           expected=f"no such key: {schema.system} takes the field as a whole",
                           remedy="remove the line")  # fmt: skip
    if written == ["tile_overlap"]:
        raise RunFileError(f"{path} [estimate] tile_overlap", got="no tile beside it",
                           expected="the overlap of tiles", remedy="add tile = 256, or remove the line")  # fmt: skip
    if written and estimate.halves:
        raise RunFileError(f"{path} [estimate] halves", got="true beside tile",
                           expected="a field that is taken as a whole: its two pictures are compared",
                           remedy="remove the line, or crop the frames to one tile ([data] crop)")  # fmt: skip
