"""Run files to result folders, and back: everything between the command line and the estimate.

Names load on first use, so that the command line can answer simple questions without loading JAX.
"""

from typing import TYPE_CHECKING

from backlight.lazy import lazily

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

__getattr__ = lazily(__name__, _HOME_OF)
