"""Save and load any tree of parts without pickle: the structure as JSON, the arrays as one NPZ, bit for bit.

`dump` and `parse` speak of bytes only; where they are kept is for the floor above. A file can name only classes of
Backlight, or those the caller passes, so that loading runs no code of the file's choosing.
"""

import dataclasses
import importlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from backlight.errors import InputError, nearest

FORMAT = 1
STRUCTURE, ARRAYS = "structure.json", "arrays.npz"
DEEPEST = 100
_CLASS = re.compile(r"backlight\.(light|maths|wave|camera|inverse|systems)(\.[a-z][a-z0-9_]*)*:[A-Za-z_]\w*")
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
ModelT = TypeVar("ModelT")


def dump(tree: object) -> dict[str, bytes]:
    """Turn a tree of parts into files: name → bytes.

    The same tree gives the same bytes. Arrays keep their type (float64 also where 64-bit is off) and every bit.

    **Errors:** `InputError` for a leaf that is no data, such as a function.

    >>> sorted(dump({"distance": 0.04}))
    ['arrays.npz', 'structure.json']
    """
    writer = _Writer({})
    structure = {"format": FORMAT, "tree": writer.node(tree, "")}
    text = json.dumps(structure, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {STRUCTURE: text.encode(), ARRAYS: _npz(writer.arrays)}


def parse(files: Mapping[str, bytes] | Callable[[str], bytes], *, classes: Iterable[type] = ()) -> Any:
    """Turn files that `dump` made into the tree.

    **Arguments:** `files`: name → bytes, as a mapping or a function that reads; `classes`: parts of your own that the
    file may name.

    **Errors:** `InputError` for a damaged file, an unknown class, or one whose fields are no longer those.
    """
    read = files.__getitem__ if isinstance(files, Mapping) else files
    structure = _structure(read(STRUCTURE))
    reader = _Reader(_Arrays(read(ARRAYS)), {_name(c): c for c in classes})
    return reader.node(structure["tree"], 0)


def _name(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


# --- tree to files ----------------------------------------------------------------------------------------------------


class _Writer(NamedTuple):
    arrays: dict[str, np.ndarray]

    def node(self, value: Any, path: str) -> object:
        if value is None or isinstance(value, bool | str) or type(value) is int:
            return value
        if isinstance(value, float) and not isinstance(value, np.generic):
            return value if np.isfinite(value) else {"float": repr(value)}
        if isinstance(value, complex) and not isinstance(value, np.generic):
            return {"complex": [repr(value.real), repr(value.imag)]}
        if isinstance(value, jax.Array | np.ndarray | np.generic):
            return self.array(value, path)
        return self.container(value, path)

    def container(self, value: Any, path: str) -> object:
        if isinstance(value, eqx.Module):
            names = [f.name for f in dataclasses.fields(value)]
            return {"class": _name(type(value)), "fields": {n: self._child(getattr(value, n), path, n) for n in names}}
        if type(value) in (tuple, list):
            kind = type(value).__name__
            return {kind: [self._child(item, path, str(i)) for i, item in enumerate(value)]}
        if type(value) is dict and all(isinstance(key, str) for key in value):
            return {"dict": {key: self._child(item, path, key) for key, item in value.items()}}
        if isinstance(value, np.dtype):
            return {"dtype": value.name}
        raise InputError(
            path or "model", got=f"a {type(value).__name__}", expected="arrays, numbers, text and equinox modules",
            remedy="make it a module with its values as fields",
        )  # fmt: skip

    def _child(self, value: Any, path: str, name: str) -> object:
        return self.node(value, f"{path}.{name}" if path else name)

    def array(self, value: Any, path: str) -> object:
        kind = "jax" if isinstance(value, jax.Array) else "numpy" if isinstance(value, np.ndarray) else "scalar"
        if kind == "jax" and jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
            return {"key": self.array(jax.random.key_data(value), path), "impl": str(jax.random.key_impl(value))}
        host = np.asarray(value)
        if host.dtype.kind not in "biufcSU":
            raise InputError(path, got=f"an array of type {host.dtype}", expected="numbers or text")
        self.arrays[path or "root"] = host
        return {"array": path or "root", "kind": kind}


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Write an uncompressed NPZ with fixed dates: the same arrays give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(value, order="C"), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue())
    return buffer.getvalue()


# --- files to tree ----------------------------------------------------------------------------------------------------


def _structure(raw: bytes) -> dict[str, Any]:
    try:
        structure = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _damaged(STRUCTURE, str(error)) from None
    if not isinstance(structure, dict) or "tree" not in structure or "format" not in structure:
        raise _damaged(STRUCTURE, "no tree in it")
    if structure["format"] != FORMAT:
        raise InputError(STRUCTURE, got=f"format {structure['format']!r}", expected=f"format {FORMAT}",
                         remedy="load it with the version of Backlight that wrote it")  # fmt: skip
    return structure


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def _damaged(file: str, what: str) -> InputError:
    return InputError(file, got=f"damaged: {what}", expected="the file as it was saved", remedy="save or copy it again")


class _Arrays:
    """The members of an NPZ; sizes are checked before anything is allocated."""

    def __init__(self, raw: bytes):
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise _damaged(ARRAYS, str(error)) from None

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            info = self._archive.getinfo(f"{name}.npy")
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{name} is compressed")
            return _array(self._archive.read(info))
        except KeyError:
            raise _damaged(ARRAYS, f"no array {name!r}") from None
        except (zipfile.BadZipFile, ValueError, TypeError, OSError, EOFError, NotImplementedError) as error:
            raise _damaged(ARRAYS, f"{name}: {error}") from None


def _array(raw: bytes) -> np.ndarray:
    file = io.BytesIO(raw)
    header = _HEADERS.get(np.lib.format.read_magic(file))
    if header is None:
        raise ValueError("an unknown version of NPY")
    shape, fortran, dtype = header(file)
    if dtype.hasobject or dtype.kind == "V":
        raise ValueError("an array that is not of numbers")
    body = raw[file.tell() :]
    count = 1
    for size in shape:
        count *= size
    if any(size < 0 for size in shape) or count * dtype.itemsize != len(body):
        raise ValueError(f"{len(body)} bytes for shape {shape}")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C").copy()


class _Reader(NamedTuple):
    arrays: _Arrays
    classes: dict[str, type]

    def node(self, value: Any, depth: int) -> Any:
        if not isinstance(value, dict):
            if isinstance(value, list):
                raise _damaged(STRUCTURE, "a bare list")
            return value
        if depth > DEEPEST:
            raise _damaged(STRUCTURE, f"nested more than {DEEPEST} deep")
        try:
            return self._known(value, depth)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise _damaged(STRUCTURE, f"{type(error).__name__} {error} in {sorted(value)}") from None

    def _known(self, value: dict[str, Any], depth: int) -> Any:
        if "class" in value:
            return self._module(value, depth)
        if "array" in value:
            return self._array(value)
        if "key" in value:
            return jax.random.wrap_key_data(self._array(value["key"]), impl=str(value["impl"]))
        for kind, build in (("tuple", tuple), ("list", list)):
            if kind in value:
                return build(self.node(item, depth + 1) for item in value[kind])
        if "dict" in value:
            return {key: self.node(item, depth + 1) for key, item in value["dict"].items()}
        if "complex" in value:
            return complex(*(float(part) for part in value["complex"]))
        return np.dtype(value["dtype"]) if "dtype" in value else float(value["float"])

    def _array(self, value: dict[str, Any]) -> Any:
        host = self.arrays[value["array"]]
        if value["kind"] == "jax":
            # Even where 64-bit is off, a float64 array that was saved comes back as one.
            with jax.enable_x64(True):
                return jnp.asarray(host)
        return host if value["kind"] == "numpy" else host[()]

    def _module(self, value: dict[str, Any], depth: int) -> Any:
        cls = self._class(value["class"])
        wanted, found = {f.name for f in dataclasses.fields(cls)}, set(value["fields"])
        if wanted != found:
            raise InputError(
                value["class"], got=f"fields {sorted(found)}", expected=f"fields {sorted(wanted)}",
                remedy="load it with the version of Backlight that wrote it",
            )  # fmt: skip
        module = object.__new__(cls)
        for name, child in value["fields"].items():
            object.__setattr__(module, name, self.node(child, depth + 1))
        return module

    def _class(self, name: str) -> Any:
        if name in self.classes:
            return self.classes[name]
        if not isinstance(name, str) or not _CLASS.fullmatch(name):
            raise InputError(
                STRUCTURE, got=f"the class {name!r}", expected="a part of Backlight",
                remedy="if the part is yours and you trust the file, load with classes=[YourPart]",
            )  # fmt: skip
        module, _, attribute = name.partition(":")
        try:
            cls = getattr(importlib.import_module(module), attribute, None)
        except ImportError:
            cls = None
        if not (isinstance(cls, type) and issubclass(cls, eqx.Module) and dataclasses.is_dataclass(cls)):
            raise InputError(STRUCTURE, got=f"the class {name!r}", expected="a part of this version of Backlight",
                             remedy=nearest(name, self.classes))  # fmt: skip
        return cls
