"""Bytes to records and back: the only door for foreign files, and the only one out.

Names load on first use, so that importing this package costs nothing: no reader, no pydantic, no numpy.
"""

from typing import TYPE_CHECKING

from backlight.lazy import lazily

if TYPE_CHECKING:
    from backlight.io.arrays import write_npy, write_ome_zarr, write_tiff
    from backlight.io.commit import commit_file, commit_folder, read_manifest
    from backlight.io.formats import recognize
    from backlight.io.frames import Frames, read_frames
    from backlight.io.jsonfile import read_json, write_json
    from backlight.io.ptylab import ptylab_metadata
    from backlight.io.reader import Record, info, read
    from backlight.io.runfile import load
    from backlight.io.runmodel import Between, DataSection, EstimateSection, Prior, Regularizer, RunFile
    from backlight.io.runpaths import data_paths, instrument_paths
    from backlight.io.runtext import dump, template
    from backlight.io.sandbox import Decoder, Limits
    from backlight.io.tables import read_rows, read_table

_HOMES = {
    "arrays": ("write_npy", "write_ome_zarr", "write_tiff"),
    "commit": ("commit_file", "commit_folder", "read_manifest"),
    "formats": ("recognize",),
    "frames": ("Frames", "read_frames"),
    "jsonfile": ("read_json", "write_json"),
    "ptylab": ("ptylab_metadata",),
    "reader": ("Record", "info", "read"),
    "runfile": ("load",),
    "runpaths": ("data_paths", "instrument_paths"),
    "runmodel": ("Between", "DataSection", "EstimateSection", "Prior", "Regularizer", "RunFile"),
    "runtext": ("dump", "template"),
    "sandbox": ("Decoder", "Limits"),
    "tables": ("read_rows", "read_table"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Between",
    "DataSection",
    "Decoder",
    "EstimateSection",
    "Frames",
    "Limits",
    "Prior",
    "Record",
    "Regularizer",
    "RunFile",
    "commit_file",
    "commit_folder",
    "data_paths",
    "dump",
    "info",
    "instrument_paths",
    "load",
    "ptylab_metadata",
    "read",
    "read_frames",
    "read_json",
    "read_manifest",
    "read_rows",
    "read_table",
    "recognize",
    "template",
    "write_json",
    "write_npy",
    "write_ome_zarr",
    "write_tiff",
]

__getattr__ = lazily(__name__, _HOME_OF)
