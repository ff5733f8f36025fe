"""The catalogue: which systems a run file can name. It loads nothing, so that it can be listed at once.

A new system adds one line to `CATALOGUE` and a module with a `SystemEntry` (see `entry.py`) named `ENTRY`; its schema
stands in `backlight.systems.schemas`, where no numerical library is needed to read it.
"""

from dataclasses import dataclass
from importlib import import_module

from backlight.errors import InputError, nearest
from backlight.schema import SystemSchema
from backlight.systems import schemas
from backlight.systems.entry import SystemEntry


@dataclass(frozen=True)
class Listing:
    """One line of the catalogue.

    **Arguments:** `schema` of the run file; `module` that holds the system's `ENTRY`.
    """

    schema: SystemSchema
    module: str

    @property
    def name(self) -> str:
        """Name in the run file."""
        return self.schema.system

    @property
    def summary(self) -> str:
        """One sentence."""
        return self.schema.help

    def load(self) -> SystemEntry:
        """Import the system and return its `SystemEntry`."""
        return import_module(self.module).ENTRY


CATALOGUE = {
    listing.name: listing
    for listing in (
        Listing(schemas.INLINE_HOLOGRAM, "backlight.systems.inline_holography"),
        Listing(schemas.OFF_AXIS_HOLOGRAM, "backlight.systems.off_axis_holography"),
        Listing(schemas.FOURIER_PTYCHOGRAPHY, "backlight.systems.fourier_ptychography"),
        Listing(schemas.LENSLESS_STACK, "backlight.systems.lensless_super_resolution"),
        Listing(schemas.MULTI_HEIGHT, "backlight.systems.through_focus"),
        Listing(schemas.CODED_LENSLESS, "backlight.systems.coded_imaging"),
    )
}


def find(name: str) -> Listing:
    """Return the listing of a system.

    **Errors:** `InputError` with the nearest names.
    """
    if name not in CATALOGUE:
        raise InputError("system", got=repr(name), expected="a known system", remedy=nearest(name, CATALOGUE))
    return CATALOGUE[name]


def all_schemas() -> dict[str, SystemSchema]:
    """Return the run-file schema of every system, by name."""
    return {name: listing.schema for name, listing in CATALOGUE.items()}
