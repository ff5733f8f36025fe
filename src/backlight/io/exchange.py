"""Exchange two folders in one step, where the system can; in two recoverable steps where it cannot."""

import ctypes
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h
_RENAME_SWAP = 2  # sys/stdio.h, macOS


def exchange(first: Path, second: Path) -> None:
    """Swap the names of two existing folders on one file system.

    Linux (renameat2) and macOS (renamex_np) do it in one system call, so no moment exists without `second`. File
    systems without that call get two renames; a kill between them leaves the old folder under `first`'s name with
    ".old" appended.
    """
    if not _swap(os.fsencode(first), os.fsencode(second)):
        old = first.with_name(first.name + ".old")
        os.rename(second, old)
        os.rename(first, second)
        os.rename(old, first)


def _swap(first: bytes, second: bytes) -> bool:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return libc.renamex_np(first, second, ctypes.c_uint(_RENAME_SWAP)) == 0
        return libc.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_RENAME_EXCHANGE)) == 0
    except (OSError, AttributeError, TypeError):
        return False
