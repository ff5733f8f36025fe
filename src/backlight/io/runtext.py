"""Write run files: the resolved one of a finished run, and the commented one a user starts from."""

import textwrap
from pathlib import Path

from backlight import units
from backlight.errors import printable
from backlight.io.runfile import TILES, not_of_one_frame, ways_in_words
from backlight.io.runmodel import Between, DataSection, EstimateSection, Known, Prior, RunFile, Unknown
from backlight.io.runpaths import data_paths, instrument_paths
from backlight.io.runvalues import example
from backlight.schema import Key, SystemSchema


def dump(run: RunFile, schema: SystemSchema, *, absolute: bool = False) -> str:
    """Write a run file as TOML that `load` reads back as an equal `RunFile`.

    **Arguments:** `schema` gives each key its dimension; `absolute=True` writes whole file names, so that the text
    works from any folder.
    """
    import tomli_w

    table: dict[str, object] = {"system": run.system}
    if run.unusual:
        table["unusual"] = list(run.unusual)
    if run.data is not None:
        table["data"] = _data(run, absolute)
    dimensions = {key.name: key.dimension for key in (*schema.unknown, *schema.instrument)}
    files = {name: path.absolute() for name, path in instrument_paths(run).items()} if absolute else {}
    table["instrument"] = {n: _known(files.get(n, v), dimensions[n]) for n, v in run.instrument.items()}
    table["unknown"] = {n: _unknown(v, dimensions[n]) for n, v in run.unknown.items()}
    table["estimate"] = run.estimate.model_dump(exclude_none=True)
    return tomli_w.dumps(table)


def _data(run: RunFile, absolute: bool) -> dict[str, object]:
    assert run.data is not None
    table = run.data.model_dump(exclude_none=True)
    if absolute:
        for field, paths in data_paths(run).items():
            names = [str(Path(p).absolute()) for p in paths]
            table[field] = names if isinstance(table[field], list) else names[0]
    return table


def _known(value: Known, dimension: str) -> object:
    if isinstance(value, tuple):
        return [_known(v, dimension) for v in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and dimension in units.SI:
        return units.spell(value, dimension)
    return value


def _unknown(value: Unknown, dimension: str) -> object:
    if isinstance(value, Between):
        return {"between": [_known(value.low, dimension), _known(value.high, dimension)]}
    if isinstance(value, Prior):
        return {"value": _known(value.value, dimension), "std": _known(value.std, dimension)}
    return value


# --- the template -----------------------------------------------------------------------------------------------------


def template(schema: SystemSchema) -> str:
    """Write a commented run file with every key of a system, its unit and range.

    Required keys are live lines with an example value; the others are commented out.
    """
    parts = [
        f"# {printable(schema.help)}",
        "# Lengths and angles are text with a unit. File names are relative to this file.",
        f'system = "{schema.system}"',
        _data_template(schema),
        "[instrument]  # what is known",
        *(line for thing in schema.one_of for line in _comment(f"{thing.help}: {ways_in_words(thing)}")),
        *(_key_lines(key, schema) for key in schema.instrument),
        "",
        "[unknown]  # what is not: true, { between = [low, high] } or { value = ..., std = ... }",
        *(_unknown_lines(key, schema) for key in schema.unknown),
        _estimate_template(schema),
    ]
    return "\n".join(parts) + "\n"


def _data_template(schema: SystemSchema) -> str:
    lines = ["", "[data]", "# TIFF, OME-TIFF, PNG, JPEG, BMP, NPY, NPZ, MAT, HDF5 or OME-Zarr, recognized by content"]
    examples = {"frames": '"frames.tif"', "key": '"exp_data"', "axes": '"yxf"', "quantity": '"intensity"',
                "dark": "16.0", "background": '"empty.tif"', "frame": "0", "crop": "[0, 0, 512, 512]",
                "saturation": "4095.0", "mask": '"dead_pixels.png"'}  # fmt: skip
    for name, field in DataSection.model_fields.items():
        if name == "background" and not schema.takes_background:
            continue
        live = "" if field.is_required() else "# "
        lines += [*_comment(field.description or ""), f"{live}{name} = {examples[name]}"]
    return "\n".join([*lines, ""])


def _estimate_template(schema: SystemSchema) -> str:
    lines = ["", "[estimate]  # every key has a default"]
    choices = {"loss": schema.losses, "method": schema.methods}
    shown = {"error_bars": True, "held_out": 10, "halves": True, "tile": 256, "tile_overlap": 32}
    defaults = {"seed": 0, "iterations": 500} | shown | schema.defaults
    left_out = ("steps", "regularizers", *not_of_one_frame(schema), *(() if schema.tiled else TILES))
    for name, field in EstimateSection.model_fields.items():
        if name in left_out:
            continue
        names = choices.get(name, ())
        told = f"{field.description}{': ' + ', '.join(names) if names else ''}"
        value = defaults.get(name, names[0] if names else "default")
        lines += [*_comment(told), f"# {name} = {_literal(value)}"]
    kind = schema.regularizers[0] if schema.regularizers else "total_variation"
    lines += ["#", "# [[estimate.regularizers]]", *_comment(f"kind: {', '.join(schema.regularizers) or 'by name'}")]
    return "\n".join([*lines, f'# kind = "{kind}"', "# weight = 2e-3"])


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _key_lines(key: Key, schema: SystemSchema) -> str:
    live = key.required or any(key.name in thing.ways[0].needs for thing in schema.one_of)
    span = _range(key)
    told = [*_comment(f"{key.help} ({span})" if span else key.help)]
    shown = example(key) if key.default is None else _default(key)
    return "\n".join([*told, f"{'' if live else '# '}{key.name} = {shown}"])


def _default(key: Key) -> str:
    if isinstance(key.default, float) and key.dimension in units.SI:
        return f'"{units.spell(key.default, key.dimension)}"'
    return _literal(key.default)


def _range(key: Key) -> str:
    if key.choices:
        return "one of: " + ", ".join(key.choices)
    if key.dimension in ("flag", "text", "file", "picture", "rows", "field"):
        return ""
    dimension = "dimensionless" if key.dimension == "count" else key.dimension
    low, high = key.low, key.high
    band = units.BANDS.get(key.name)
    if band is not None:
        low, high = (band.low if low is None else low), (band.high if high is None else high)
    words = [w if v is None else units.format_quantity(v, dimension) for v, w in ((low, "…"), (high, "…"))]
    return f"{key.dimension}, {words[0]} to {words[1]}" if (low, high) != (None, None) else key.dimension


def _unknown_lines(key: Key, schema: SystemSchema) -> str:
    forms = {"field": "true or false", "count": "true or a whole number"}.get(
        key.dimension, f"{key.dimension}; true, between, or value and std"
    )
    live = "" if key.required else "# "
    return "\n".join([*_comment(f"{key.help} ({forms})"), f"{live}{key.name} = true"])


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(printable(text, 1000), 116)]
