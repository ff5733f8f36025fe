"""The one door out: whatever happens at any moment, a reader finds the old bytes or the new ones, whole.

A file is written beside its place, flushed to the disk, and renamed over it. A folder is built beside its place, gets
a manifest with the SHA-256 of every file, and is renamed; an existing folder is exchanged in one system call.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from backlight.errors import InputError, SpaceError, printable
from backlight.io.exchange import exchange
from backlight.io.process import alive

MANIFEST = "manifest.json"
SCHEMA = 1
_REMEDIES = {
    errno.ENOSPC: "free some space", errno.EDQUOT: "free some space of your quota",
    errno.EACCES: "choose a place you may write to", errno.EPERM: "choose a place you may write to",
    errno.EROFS: "choose a place that is not read-only", errno.ENAMETOOLONG: "choose a shorter name",
    errno.EFBIG: "choose a disk that takes large files", errno.ENOTDIR: "choose a place inside a folder",
}  # fmt: skip


def commit_file(path: str | Path, content: bytes | Callable[[BinaryIO], object]) -> Path:
    """Write a file so that a kill at any moment leaves the old one or the new one.

    **Arguments:** `content`, the bytes, or a function that writes them to an open binary file.

    **Raises** `SpaceError` where the disk is full or writing is not permitted; the old file is then untouched.

    >>> commit_file(tmp / "a.txt", b"hello").read_bytes()
    b'hello'
    """
    path = Path(path)
    _refuse_link(path)
    with _space_errors(path), _temporary(path) as temporary:
        with temporary.open("xb") as file:
            file.write(content) if isinstance(content, bytes) else content(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    return path


def commit_folder(
    path: str | Path,
    build: Callable[[Path], object],
    *,
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
    manifest: bool = True,
) -> Path:
    """Build a folder in one step that a kill cannot halve.

    **Arguments:** `build` fills the temporary folder it is given; `overwrite` allows an older folder with a
    manifest to be replaced once the new one is complete; `inputs` are files and folders the output must not
    touch; `manifest=False` leaves out the manifest (a Zarr folder inside a result that has one).

    **Raises** `InputError` where the output exists, is a link, or lies inside an input; `SpaceError` where it
    cannot be written.
    """
    path = Path(path)
    check_output(path, overwrite=overwrite, inputs=inputs)
    with _space_errors(path), _temporary(path) as temporary:
        temporary.mkdir()
        build(temporary)
        if manifest:
            write_manifest(temporary)
        _sync_tree(temporary)
        _into_place(temporary, path)
        _sync_folder(path.parent)
    return path


def check_output(path: str | Path, *, overwrite: bool = False, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse an output folder that exists, is a link, lies inside an input, or cannot be written.

    Cheap, so that a run can ask before it computes for an hour.
    """
    path = Path(path)
    _refuse_link(path)
    for source in map(Path, inputs):
        _refuse_overlap(path, source)
    if path.exists() and not path.is_dir():
        raise InputError(str(path), got="a file of this name", expected="a new folder", remedy="choose another --out")
    if path.is_dir() and any(path.iterdir()):
        _refuse_existing(path, overwrite)
    _refuse_unwritable(path)


def _refuse_unwritable(path: Path) -> None:
    """Try it: permissions do not tell of file systems that take no files, such as /proc."""
    parent = path.absolute().parent
    while not os.path.exists(parent):
        parent = parent.parent
    try:
        tempfile.TemporaryFile(dir=parent).close()
    except OSError as error:
        raise space_error(path, error, f"nothing can be written in {parent}") from error


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if not overwrite:
        raise InputError(str(path), got="a folder that exists", expected="a new folder",
                         remedy="choose another --out, or allow overwriting")  # fmt: skip
    if not (path / MANIFEST).is_file():
        raise InputError(str(path), got=f"a folder without {MANIFEST}", expected="an earlier result of Backlight",
                         remedy="choose another --out: other folders are never replaced")  # fmt: skip


def _refuse_link(path: Path) -> None:
    if len(os.fspath(path)) > 4096 or len(path.name) > 255:
        raise InputError(str(path), got=f"a name of {len(str(path)):,} characters", expected="a shorter name")
    if path.is_symlink():
        raise InputError(str(path), got=f"a link to {os.readlink(path)}", expected="a name of its own",
                         remedy="name the place itself")  # fmt: skip


def _refuse_overlap(path: Path, source: Path) -> None:
    out, real = path.resolve(), source.resolve()
    if out == real or (real.is_dir() and out.is_relative_to(real)):
        raise InputError(str(path), got=f"a place inside the input {source}", expected="a place outside the input",
                         remedy="choose another --out")  # fmt: skip
    if real.is_relative_to(out):
        raise InputError(str(path), got=f"a folder that holds the input {source}", expected="a folder without inputs",
                         remedy="choose another --out")  # fmt: skip


def write_manifest(folder: Path) -> None:
    """Write the manifest of a folder, last: a folder without it is unfinished."""
    from backlight.io.jsonfile import to_json

    files = {
        name: {"sha256": sha256(folder / name), "bytes": (folder / name).stat().st_size} for name in _files(folder)
    }
    commit_file(folder / MANIFEST, to_json({"schema": SCHEMA, "files": files}).encode())


def read_manifest(path: str | Path, *, verify: bool = True) -> dict[str, Any]:
    """Return the files of a committed folder: name → `{"sha256": ..., "bytes": ...}`.

    **Raises** `InputError` where there is no manifest (an unfinished folder), or a file is missing or was changed.
    """
    from backlight.io.jsonfile import read_json

    path = Path(path)
    if not (path / MANIFEST).is_file():
        raise InputError(str(path), got=f"no {MANIFEST}", expected="a complete result folder",
                         remedy="the run that wrote it did not finish: run it again or resume it")  # fmt: skip
    table = read_json(path / MANIFEST)
    files = table.get("files") if isinstance(table, dict) else None
    if not isinstance(files, dict) or table.get("schema") != SCHEMA:
        raise InputError(str(path / MANIFEST), got="another layout", expected=f"schema {SCHEMA} with files")
    for name, entry in files.items():
        _verify(path, name, entry, verify)
    return files


def _verify(folder: Path, name: str, entry: object, verify: bool) -> None:
    from backlight.io.formats import inside

    file = inside(folder / name, folder)
    if not file.is_file():
        raise InputError(str(file), got="no such file", expected="the file its manifest lists")
    if not isinstance(entry, dict) or file.stat().st_size != entry.get("bytes"):
        raise InputError(str(file), got=f"{file.stat().st_size:,} bytes", expected="the size its manifest lists",
                         remedy="the file was changed or cut: run again")  # fmt: skip
    if verify and sha256(file) != entry.get("sha256"):
        raise InputError(str(file), got="changed bytes (SHA-256 differs)", expected="the bytes its manifest lists",
                         remedy="the file was changed or damaged: run again")  # fmt: skip


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file; of a folder, that of the sorted names and hashes of its files."""
    path = Path(path)
    if path.is_dir():
        lines = [f"{sha256(path / name)}  {name}\n" for name in _files(path)]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[str]:
    found = [Path(root, name) for root, _, names in os.walk(folder) for name in names]
    return sorted(f.relative_to(folder).as_posix() for f in found if f.relative_to(folder).as_posix() != MANIFEST)


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """Name a sibling that tells host and process, so that the next commit can remove what a kill left behind."""
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise space_error(path, error) from error
    stem = f".{path.name[:100]}.partial-{socket.gethostname()[:40]}-"
    _remove_leftovers(path.absolute().parent, stem)
    temporary = path.absolute().parent / f"{stem}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        yield temporary
    finally:
        _remove(temporary)


def _remove_leftovers(folder: Path, stem: str) -> None:
    for entry in os.scandir(folder):
        pid = entry.name[len(stem) :].split("-")[0] if entry.name.startswith(stem) else ""
        if pid.isdigit() and not alive(int(pid)):
            _remove(Path(entry.path))


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _into_place(temporary: Path, path: Path) -> None:
    if path.is_dir() and any(path.iterdir()):
        exchange(temporary, path)  # the old folder is now the temporary one and is removed with it
    else:
        os.replace(temporary, path)


def _sync_tree(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            _sync(Path(root, name))
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _space_errors(path: Path) -> Iterator[None]:
    """Put "disk full" and "not permitted" into words; the place keeps what it had."""
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        if isinstance(error, SpaceError | InputError) or error.errno not in _REMEDIES:
            raise
        raise space_error(path, error) from error


def space_error(path: str | Path, error: OSError, got: str = "") -> SpaceError:
    """Say why nothing can be written, and what helps."""
    reason = ": ".join(filter(None, (got, error.strerror or str(error))))
    return SpaceError(f"{printable(path)}\n  got:      {printable(reason)}\n  expected: a place to write\n"
                      f"  do this:  {_REMEDIES.get(error.errno or 0, 'choose another place')}; "
                      "nothing was overwritten")  # fmt: skip
