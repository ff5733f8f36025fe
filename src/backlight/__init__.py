"""Backlight: differentiable imaging. From raw frames to the image, the true instrument, and the error bars of both.

```python
import backlight as bl

microscope = bl.systems.inline_hologram(wavelength=632.8e-9, pixel_pitch=5.86e-6, distance=41e-3, shape=frames.shape)
fit = bl.estimate(microscope, frames, {"sample.transmission": bl.Passive(), ...}, loss=bl.losses.amplitude())
```

Names load on first use: importing the package is cheap and changes no setting of JAX.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backlight import camera, io, light, report, systems, testing, units, wave
    from backlight.errors import BacklightError, InputError
    from backlight.inverse import (
        Estimate,
        Free,
        Gaussian,
        Interval,
        Passive,
        Positive,
        Tied,
        UnitModulus,
        estimate,
        identifiability,
        losses,
        regularizers,
        solvers,
    )
    from backlight.runs import check, load, run, save
    from backlight.systems import ImagingSystem, PerFrame

__version__ = "0.1.0"

_HOME_OF = {
    **dict.fromkeys(("camera", "io", "light", "report", "systems", "testing", "units", "wave"), ""),
    **dict.fromkeys(("BacklightError", "InputError"), "errors"),
    **dict.fromkeys(
        ("Estimate", "Free", "Gaussian", "Interval", "Passive", "Positive", "Tied", "UnitModulus", "estimate",
         "identifiability", "losses", "regularizers", "solvers"), "inverse"),
    **dict.fromkeys(("check", "load", "run", "save"), "runs"),
    **dict.fromkeys(("ImagingSystem", "PerFrame"), "systems"),
}  # fmt: skip

__all__ = [
    "BacklightError",
    "Estimate",
    "Free",
    "Gaussian",
    "ImagingSystem",
    "InputError",
    "Interval",
    "Passive",
    "PerFrame",
    "Positive",
    "Tied",
    "UnitModulus",
    "camera",
    "check",
    "estimate",
    "identifiability",
    "io",
    "light",
    "load",
    "losses",
    "regularizers",
    "report",
    "run",
    "save",
    "solvers",
    "systems",
    "testing",
    "units",
    "wave",
]


def __getattr__(name: str) -> object:
    """Load what is behind a public name on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOME_OF[name]
    return getattr(import_module(f"{__name__}.{home}"), name) if home else import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
