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

from backlight.lazy import lazily

if TYPE_CHECKING:
    from backlight import camera, io, light, report, systems, testing, units, wave
    from backlight.errors import BacklightError, InputError
    from backlight.inverse import losses, regularizers, solvers
    from backlight.inverse.estimate import Estimate, estimate
    from backlight.inverse.identifiability import identifiability
    from backlight.inverse.image_unknowns import Absorbing, Passive, UnitModulus
    from backlight.inverse.unknowns import Free, Gaussian, Interval, Positive, Tied
    from backlight.runs import check, load, run, save
    from backlight.systems import ImagingSystem, PerFrame

__version__ = "0.1.0"

_MODULES = {
    **{name: name for name in ("camera", "io", "light", "report", "systems", "testing", "units", "wave")},
    **{name: f"inverse.{name}" for name in ("losses", "regularizers", "solvers")},
}
_HOMES = {
    "errors": ("BacklightError", "InputError"),
    "inverse.estimate": ("Estimate", "estimate"),
    "inverse.identifiability": ("identifiability",),
    "inverse.image_unknowns": ("Absorbing", "Passive", "UnitModulus"),
    "inverse.unknowns": ("Free", "Gaussian", "Interval", "Positive", "Tied"),
    "runs": ("check", "load", "run", "save"),
    "systems": ("ImagingSystem", "PerFrame"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Absorbing",
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
    if name in _MODULES:
        return import_module(f"{__name__}.{_MODULES[name]}")
    return lazily(__name__, _HOME_OF)(name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
