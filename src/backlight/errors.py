"""Errors a user can act on: what was got, what was expected, what to do."""

import difflib
from collections.abc import Iterable


class BacklightError(Exception):
    """Base of every error that Backlight raises on purpose."""

    exit_code = 1


class InputError(BacklightError, ValueError):
    """A value, a file or a call that cannot be used as it is.

    **Arguments:** `got`, `expected` and `remedy` are sentence fragments; `where` names the file, field or
    argument. The message is at most six lines and safe to print in a terminal.
    """

    exit_code = 3

    def __init__(self, where: str, *, got: str, expected: str, remedy: str = ""):
        self.where, self.got, self.expected, self.remedy = where, got, expected, remedy
        lines = [printable(where), f"  got:      {printable(got)}", f"  expected: {printable(expected)}"]
        if remedy:
            lines.append(f"  do this:  {printable(remedy)}")
        super().__init__("\n".join(lines))


class RunFileError(InputError):
    """The run file itself is wrong (exit code 2)."""

    exit_code = 2


class SpaceError(BacklightError, OSError):
    """No space left, or no permission to write (exit code 5)."""

    exit_code = 5


class MemoryPlanError(BacklightError, MemoryError):
    """The problem does not fit into memory (exit code 6)."""

    exit_code = 6


def printable(text: object, limit: int = 300) -> str:
    """Make foreign text safe for a terminal: control characters escaped, length limited."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return safe if len(safe) <= limit else f"{safe[: limit - 30]} … ({len(safe)} characters)"


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the closest of `names`: `"did you mean 'distance'?"`, or the list where none is close."""
    options = sorted(names)
    close = difflib.get_close_matches(name, options, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "choose one of: " + ", ".join(options) if options else "there is nothing to choose from"
