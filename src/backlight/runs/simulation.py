"""Predict what a calibrated instrument would record, also with some of its parameters changed."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from backlight import units
from backlight.errors import InputError, nearest
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.io import write_tiff
from backlight.io.runvalues import example
from backlight.runs.folder import load, read_result
from backlight.runs.result import rounded
from backlight.schema import Key, SystemSchema
from backlight.systems import catalogue
from backlight.systems.entry import SystemEntry

Value = float | tuple[float, ...]


def simulate(
    result: str | Path, out: str | Path, changes: Iterable[str] = (), *, noise: bool = False, seed: int = 0
) -> dict[str, Any]:
    """Write the frames that the system of a result would record, as TIFF.

    **Arguments:** `changes`, each `"distance=45 mm"` or `"array_shift=0.1 mm, 0.2 mm"` with a name of the run file;
    what they do not name stays, and so does the sample: its size and its transmission, also at another wavelength.
    `noise` adds the camera's, drawn by `seed`.

    **Returns** what was written: path, shape, changes in SI.
    """
    table, system = read_result(result), load(result)
    listing = catalogue.find(table["system"])
    entry = listing.load()
    keys = _settable(system, entry)
    wanted = dict(_change(text, listing.schema, keys, system, entry) for text in changes)
    if wanted:
        system = _changed(system, entry, {n: v if isinstance(v, float) else np.asarray(v) for n, v in wanted.items()})
    frames = _frames(system, noise, seed)
    pitch = np.asarray(system.camera_grid().pitch)
    write_tiff(out, frames if len(frames) > 1 else frames[0], pixel_size=rounded(np.mean(np.abs(pitch))))
    return {"out": str(out), "shape": list(frames.shape), "changed": wanted, "noise": noise}


def _settable(system: Any, entry: SystemEntry) -> dict[str, Key]:
    """Return the numbers that this system has: by name, their keys."""
    leaves, keys = leaf_paths(system), (*entry.schema.unknown, *entry.schema.instrument)
    own = {key.name: key for key in keys if key.dimension in units.DIMENSIONS and entry.paths.get(key.name) in leaves}
    return {key.name: key for key in entry.schema.simulated} | own


def _change(
    text: str, schema: SystemSchema, keys: Mapping[str, Key], system: Any, entry: SystemEntry
) -> tuple[str, Value]:
    """Read one `name=value` with the name's own unit and plausible range."""
    name, equals, value = text.partition("=")
    name = name.strip()
    where = f"--set {text}"
    if not equals:
        raise InputError(where, got="no =", expected='a change such as distance="45 mm"')
    if name not in keys:
        known = schema.instrument_key(name) or schema.unknown_key(name)
        got = f"{name!r}, which this system does not have as a number" if known else repr(name)
        raise InputError(where, got=got, expected="a number of this system", remedy=nearest(name, keys))
    if keys[name].many:
        return name, _values(keys[name], value, int(leaf_paths(system)[entry.paths[name]].size), where)
    return name, _value(keys[name], value, where)


def _values(key: Key, text: str, count: int, where: str) -> tuple[float, ...]:
    """Read as many values as the instrument has, in brackets or not."""
    parts = text.strip().strip("\"'").removeprefix("[").removesuffix("]").split(",")
    if len(parts) != count:
        shown = example(key).replace('"', "")
        raise InputError(where, got=f"{len(parts)} value" + "s" * (len(parts) != 1),
                         expected=f"{count}: {key.help}", remedy=f'write --set {key.name}="{shown}"')  # fmt: skip
    return tuple(_value(key, part, where) for part in parts)


def _value(key: Key, text: str, where: str) -> float:
    text = text.strip().strip("\"'")
    return units.plausible(key.alike or key.name, units.parse(text, key.dimension, where=where, name=key.name),
                           where=where)  # fmt: skip


def _changed(system: Any, entry: SystemEntry, wanted: Mapping[str, Any]) -> Any:
    """Return the system with these numbers, by its own rule or leaf by leaf."""
    if entry.changed is not None:
        return entry.changed(system, wanted)
    leaves = leaf_paths(system)
    old = {name: leaves[entry.paths[name]] for name in wanted}
    scaled = {name: value / entry.scale(name, system) for name, value in wanted.items()}
    return set_leaves(system, {entry.paths[n]: jnp.full(x.shape, scaled[n], x.dtype) for n, x in old.items()})


def _frames(system: Any, noise: bool, seed: int) -> np.ndarray:
    if not noise:
        return np.asarray(system.predict().values)
    return np.asarray(system.simulate(jax.random.key(seed)).values)
