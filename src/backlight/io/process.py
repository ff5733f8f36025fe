"""Which process is meant by a number: the system gives the number of one that has ended to another."""

import os
from pathlib import Path


def alive(pid: int, start: int | None = None) -> bool:
    """Tell whether a process still runs; with its `started`, whether it is the same one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        pass
    now = started(pid)
    return None in (start, now) or start == now


def started(pid: int) -> int | None:
    """Return when a process began, in clock ticks since the machine did, or None where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # Field 22 of proc(5). The name, field 2, stands in brackets and may hold anything.
    return int(text.rpartition(b")")[2].split()[19])
