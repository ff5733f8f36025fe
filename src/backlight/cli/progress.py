"""The progress line: loss, time left, and where the unknowns are."""

import sys
import time
from typing import Any

from backlight import units
from backlight.cli import show
from backlight.schema import SystemSchema

_PLAIN_EVERY = 5.0  # seconds between lines where the output is no terminal


class ProgressLine:
    """Shows a run on the standard error: one line that is rewritten in a terminal, a line now and then elsewhere."""

    def __init__(self, schemas: dict[str, SystemSchema]):
        keys = [key for schema in schemas.values() for key in (*schema.instrument, *schema.unknown)]
        self._dimensions = {key.name: key.dimension for key in keys}
        self._terminal = sys.stderr.isatty()
        self._shown, self._width = -_PLAIN_EVERY, 0

    def message(self, text: str) -> None:
        """Print a sentence above the line."""
        self.clear()
        show.note(text)

    def progress(self, progress: Any, values: dict[str, float]) -> None:
        """Show where the run is."""
        text = self.text(progress, values)
        if self._terminal:
            print("\r" + text.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(text)
        elif time.monotonic() - self._shown >= _PLAIN_EVERY:
            self._shown = time.monotonic()
            show.note(text)

    def text(self, progress: Any, values: dict[str, float]) -> str:
        """Return the line."""
        told = "".join(f"  {name} {self._value(name, value)}" for name, value in list(values.items())[:4])
        left = f"at most {progress.seconds_left:.0f} s left"
        part = f"{progress.part}  " if progress.part else ""
        text = f"{part}{progress.iteration}/{progress.total}  loss {progress.objective:.5g}{told}  {left}"
        return "".join(c for c in text if c.isprintable())[:200]

    def clear(self) -> None:
        """Wipe the line."""
        if self._terminal and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
        self._width = 0

    def _value(self, name: str, value: float) -> str:
        dimension = self._dimensions.get(name, "dimensionless")
        known = dimension in units.SI
        return units.format_quantity(value, dimension if known else "dimensionless", digits=6)
