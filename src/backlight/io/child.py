"""The child process that decodes foreign files: limited in memory, time and reach, and expendable.

Started by `sandbox.py` as `python -I -S -c ...`; requests come as lines of JSON, answers go as a line of JSON followed
by the bytes of the array.
"""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

_BASE_MEMORY = 1_500_000_000  # interpreter, numpy, zarr: address space, most of it never touched


def serve() -> None:
    """Answer requests until the parent closes the pipe."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not reach the parent
    _limit_for_good()
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        _answer(json.loads(line), answers)


def _answer(request: dict[str, Any], answers: BinaryIO) -> None:
    from backlight.errors import InputError

    path = Path(request["path"])
    array = None
    try:
        _limit(request["seconds"], _BASE_MEMORY)
        head, array = _work(request, path)
    except InputError as error:
        parts = {"where": error.where, "got": error.got, "expected": error.expected, "remedy": error.remedy}
        head = {"error": parts}
    except MemoryError:
        head = {"fault": "more memory than the file's size explains"}
    except Exception as error:  # a reader met what it did not expect: the file is damaged, or we are
        head = {"fault": f"{type(error).__name__}: {error}"[:300]}
    payload = b"" if array is None else memoryview(array.reshape(-1).view("u1"))
    answers.write(json.dumps(head).encode() + b"\n")
    answers.write(payload)
    answers.flush()


def _work(request: dict[str, Any], path: Path) -> tuple[dict[str, Any], Any]:
    from backlight.io import decode
    from backlight.io.header import check_declared, choose

    infos = decode.describe(path)
    if request["do"] == "describe":
        return {"infos": [i.to_json() for i in infos[:200]]}, None
    info = choose(path, infos, request["key"])
    check_declared(path, info, request["largest"])
    _limit(request["seconds"], _BASE_MEMORY + 6 * info.nbytes)
    info, array = decode.decode(path, info)
    return {"info": info.to_json()}, array


def _limit_for_good() -> None:
    """No core files, no files written: a reader that is taken over cannot leave anything behind."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit(seconds: float, memory: int) -> None:
    """Set the soft limits for one request; the parent watches the clock on top."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + int(seconds) + 1, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
