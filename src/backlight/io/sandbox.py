"""Decode foreign files in a child process, so that a file can at worst cost its own reading.

The child has limits on memory, processor time and files written; the parent watches the clock, and believes nothing
the child says about sizes without checking it. A child that dies or hangs becomes an `InputError` that names the file.
"""

import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from backlight.errors import BacklightError, InputError
from backlight.io.header import ITEM_BYTES, ArrayInfo

if TYPE_CHECKING:
    import numpy as np

_LONGEST_LINE = 8_000_000
_START_SECONDS = 60.0  # a cold interpreter on a busy machine; no file is open yet
_CODE = "import sys, json; sys.path[:0] = json.loads(sys.argv[1]); from backlight.io.child import serve; serve()"


@dataclass(frozen=True)
class Limits:
    """What one file may cost: seconds of wall time (more for large files), and bytes of the decoded array."""

    seconds: float = 8.0
    largest: int = field(default_factory=lambda: max(1_000_000_000, _physical_memory() // 3))

    def seconds_for(self, size: int) -> float:
        """Grant large files a second per 10 MB on top."""
        return self.seconds + size / 10_000_000


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8_000_000_000


class Decoder:
    """A child process that decodes file after file, started on first use and again after a crash.

    ```python
    with Decoder() as decoder:
        info, array = decoder.decode("hologram.tif")
    ```
    """

    def __init__(self, limits: Limits | None = None):
        self.limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None):
        self.close()

    def describe(self, path: str | Path) -> list[ArrayInfo]:
        """List the arrays of a file from its header."""
        head, _ = self._ask(Path(path), "describe", None)
        return [_array_info(path, entry) for entry in head["infos"]]

    def decode(self, path: str | Path, key: str | None = None) -> "tuple[ArrayInfo, np.ndarray]":
        """Decode one array of a file."""
        head, array = self._ask(Path(path), "decode", key)
        assert array is not None
        return _array_info(path, head["info"]), array

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, path: Path, do: str, key: str | None) -> "tuple[dict[str, Any], np.ndarray | None]":
        process = self._running()
        seconds = self.limits.seconds_for(_size(path))
        request = {
            "do": do,
            "path": str(path.absolute()),
            "key": key,
            "seconds": seconds,
            "largest": self.limits.largest,
        }
        late = threading.Event()
        clock = threading.Timer(seconds, lambda: (late.set(), process.kill()))
        clock.daemon = True
        clock.start()
        try:
            stdin, stdout = _pipes(process)
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            head = _head(stdout, path)
            return head, _payload(stdout, head, self.limits.largest) if "info" in head else None
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, BacklightError):
                raise
            raise self._died(path, late.is_set(), seconds) from None
        except BaseException:
            self.close()  # interrupted half-way: the pipe holds the rest of an answer nobody reads
            raise
        finally:
            clock.cancel()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = _start()
        return self._process

    def _died(self, path: Path, late: bool, seconds: float) -> InputError:
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.communicate()
        got = (
            f"no end after {seconds:.0f} s of reading"
            if late
            else f"the reader crashed ({_reason(process.returncode)})"
        )
        return InputError(
            str(path), got=got, expected="an intact file", remedy="copy the file again, or save it as TIFF"
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    except OSError:
        return 0


def _reason(code: int) -> str:
    import signal

    if code < 0:
        names = {s.value: s.name for s in signal.Signals}
        return names.get(-code, f"signal {-code}")
    return f"exit code {code}"


def _start() -> "subprocess.Popen[bytes]":
    """Start the child with a bare environment: no plugins, no threads of its own, nothing to inherit."""
    if not sys.executable:
        raise InputError("reader", got="no Python interpreter to start", expected="sys.executable",
                         remedy="read the file with trusted=True")  # fmt: skip
    command = [sys.executable, "-I", "-S", "-c", _CODE, json.dumps(_search_path())]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=_environment(),
                               pipesize=1 << 20, close_fds=True, cwd=os.path.abspath(os.sep))  # fmt: skip
    _await_start(process)
    return process


def _await_start(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the child's first line, so that a slow start is not charged to a file."""
    clock = threading.Timer(_START_SECONDS, process.kill)
    clock.daemon = True
    clock.start()
    try:
        if _pipes(process)[1].readline(64) != b"ready\n":
            process.kill()
            process.communicate()
            raise InputError("reader", got="a child process that does not start", expected="a working Python",
                             remedy="read the file with trusted=True")  # fmt: skip
    finally:
        clock.cancel()


def _search_path() -> list[str]:
    own = str(Path(__file__).resolve().parents[2])
    return [own, *(p for p in sys.path if p and os.path.isabs(p) and p != own)]


def _environment() -> Mapping[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "LD_LIBRARY_PATH")}
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return {**kept, **threads, "HDF5_PLUGIN_PRELOAD": "::", "HDF5_USE_FILE_LOCKING": "FALSE", "HOME": os.devnull}


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _head(stdout: IO[bytes], path: Path) -> dict[str, Any]:
    line = stdout.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise EOFError
    head = json.loads(line)
    if "error" in head:
        raise InputError(**{k: str(head["error"][k]) for k in ("where", "got", "expected", "remedy")})
    if "fault" in head:
        raise InputError(str(path), got=f"content its reader cannot handle ({head['fault']})",
                         expected="an intact file", remedy="copy the file again, or save it as TIFF")  # fmt: skip
    return head


def _payload(stdout: IO[bytes], head: dict[str, Any], largest: int) -> "np.ndarray":
    """Read the array into memory of the size that its own description, checked here, allows."""
    import numpy as np

    shape, dtype = [int(n) for n in head["info"]["shape"]], str(head["info"]["dtype"])
    if dtype not in ITEM_BYTES or min(shape) < 1 or len(shape) > 8 or math.prod(shape) * ITEM_BYTES[dtype] > largest:
        raise ValueError(f"{shape} {dtype}")
    array = np.empty(shape, dtype)
    view, place = array.reshape(-1).view(np.uint8).data, 0
    while place < len(view):
        got = stdout.readinto(view[place:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        place += got
    return array


def _array_info(path: str | Path, entry: dict[str, Any]) -> ArrayInfo:
    known: dict[str, Any] = {name: entry[name] for name in ArrayInfo.__dataclass_fields__}
    known["shape"], known["warnings"] = tuple(entry["shape"]), tuple(entry["warnings"])
    return ArrayInfo(**known)
