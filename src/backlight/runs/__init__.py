"""Run files to result folders, and back: everything between the command line and the estimate.

Names load on first use, so that the command line can answer simple questions without loading JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backlight.runs.check import Checked, check
    from backlight.runs.demo import demo
    from backlight.runs.execute import Finished, resume, run
    from backlight.runs.folder import load, read_result, save
    from backlight.runs.render import render
    from backlight.runs.simulate import simulate

_HOME_OF = {
    "Checked": "check",
    "Finished": "execute",
    "check": "check",
    "demo": "demo",
    "load": "folder",
    "read_result": "folder",
    "render": "render",
    "resume": "execute",
    "run": "execute",
    "save": "folder",
    "simulate": "simulate",
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
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value  # a function may have its file's name: the function is what callers mean
    return value
