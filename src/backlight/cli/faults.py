"""Errors in words: at most six lines, no traceback, and the exit code that scripts can tell apart."""

import json
import os
import sys
from collections.abc import Callable

from backlight.errors import BacklightError, printable

MOST_LINES = 6


def told(command: Callable[[], object], *, as_json: bool = False) -> int:
    """Call a command; print its error, if any, on the standard error; return the exit code."""
    from typer import Abort

    try:
        code = command()
    except BacklightError as error:
        return _say(str(error), error.exit_code, as_json)
    except (Abort, KeyboardInterrupt):
        return _say("interrupted", 130, as_json)
    except BrokenPipeError:  # the reader of a pipe, such as head, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        # Typer's usage errors have a message and an exit code, but no public base class.
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        lines = f"{printable(message())}\n  do this:  backlight --help lists the commands"
        return _say(lines, getattr(error, "exit_code", 2), as_json)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int, as_json: bool) -> int:
    lines = message.splitlines()[:MOST_LINES]
    if as_json:
        print(json.dumps({"error": {"message": "\n".join(lines), "exit_code": code}}, ensure_ascii=False))
    else:
        print("\n".join(["error: " + lines[0], *lines[1:]] if lines else ["error"]), file=sys.stderr)
    return code
