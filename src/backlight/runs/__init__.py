"""Run files to result folders, and back: everything between the command line and the estimate.

Names load on first use, so that the command line can answer simple questions without loading JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backlight.runs.checking import Checked, check
    from backlight.runs.demonstration import demo
    from backlight.runs.execute import Finished, resume, run
    from backlight.runs.folder import load, read_result, save
    from backlight.runs.rendering import render
    from backlight.runs.simulation import simulate

_HOME_OF = {
    "Checked": "checking",
    "Finished": "execute",
    "check": "checking",
    "demo": "demonstration",
    "load": "folder",
    "read_result": "folder",
    "render": "rendering",
    "resume": "execute",
    "run": "execute",
    "save": "folder",
    "simulate": "simulation",
}

__all__ = [
    "Checked",
    "Finished",
    "check",
    "demo",
    "load",
    "read_result",
    "render",
    "resume",
    "run",
    "save",
    "simulate",
]


def __getattr__(name: str) -> object:
    """Load the module behind a public name on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
