"""Damage files at random and read them: nothing may die, hang or be left behind.

    python tests/io/damage.py --files 2000 [--formats png,hdf5] [--seed 1]

prints one JSON object: per format how many were read, refused, crashed or timed out in the child, the slowest, and what
should never happen: other exceptions (`escaped`), readings longer than 10 s (`hung`), files left behind (`left`).
"""

import argparse
import contextlib
import json
import shutil
import struct
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import samples

from backlight.errors import InputError
from backlight.io import Decoder, read_frames

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**40)


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a damaged copy: one to three faults of random kinds, half of them near the head or the tail."""
    for _ in range(int(rng.integers(1, 4))):
        if not data:
            break
        data = KINDS[int(rng.integers(len(KINDS)))](data, rng)
    return data


def place(data: bytes, rng: np.random.Generator) -> int:
    near = min(len(data), 600)
    kind = rng.integers(4)
    if kind == 0:
        return int(rng.integers(near))
    if kind == 1:
        return len(data) - 1 - int(rng.integers(near))
    return int(rng.integers(len(data)))


def flip(data, rng):
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 20))):
        out[place(data, rng)] ^= 1 << int(rng.integers(8))
    return bytes(out)


def truncate(data, rng):
    return data[: int(rng.integers(len(data)))] if rng.integers(3) == 0 else data


def zero(data, rng):
    start, count = place(data, rng), int(rng.integers(1, 200))
    return data[:start] + bytes(len(data[start : start + count])) + data[start + count :]


def insert(data, rng):
    start = place(data, rng)
    return data[:start] + rng.bytes(int(rng.integers(1, 40))) + data[start:]


def delete(data, rng):
    start = place(data, rng)
    return data[:start] + data[start + int(rng.integers(1, 40)) :]


def extreme(data, rng):
    start, width = place(data, rng), int(rng.choice([1, 2, 4, 8]))
    value = EXTREMES[int(rng.integers(len(EXTREMES)))] % (1 << (8 * width))
    return data[:start] + value.to_bytes(width, str(rng.choice(["little", "big"]))) + data[start + width :]


def copy(data, rng):
    start, source, count = place(data, rng), place(data, rng), int(rng.integers(1, 64))
    return data[:start] + data[source : source + count] + data[start + count :]


KINDS = (flip, flip, extreme, extreme, truncate, zero, insert, delete, copy)


def mend_png(data: bytes) -> bytes:
    """Make the check sums of a damaged PNG right again, so that the damage reaches the decoder."""
    out, at = bytearray(data), 8
    while at + 12 <= len(out):
        length = struct.unpack(">I", out[at : at + 4])[0]
        if at + 12 + length > len(out):
            break
        check = zlib.crc32(bytes(out[at + 4 : at + 8 + length]))
        out[at + 8 + length : at + 12 + length] = check.to_bytes(4, "big")
        at += 12 + length
    return bytes(out)


def damaged_file(name: str, good: bytes, rng: np.random.Generator) -> bytes:
    data = damage(good, rng)
    return mend_png(data) if name == "png" and rng.integers(2) else data


def write_damaged(name: str, good: dict[str, bytes], path: Path, rng: np.random.Generator) -> None:
    """Write a damaged copy: of a folder, one or two of its files, more often metadata."""
    if name not in samples.FOLDERS:
        path.write_bytes(damaged_file(name, good[""], rng))
        return
    names = sorted(good)
    meta = [n for n in names if n.rsplit("/", 1)[-1].lstrip(".").startswith(("z", "zarr"))]
    hit = {str(rng.choice(meta if rng.integers(2) else names)) for _ in range(int(rng.integers(1, 3)))}
    for relative, data in good.items():
        target = path / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(damage(data, rng) if relative in hit else data)


def good_bytes(name: str, folder: Path) -> dict[str, bytes]:
    path = folder / "good"
    (samples.FILES | samples.FOLDERS)[name](path)
    if path.is_file():
        found = {"": path.read_bytes()}
        path.unlink()
        return found
    found = {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}
    shutil.rmtree(path)
    return found


def try_format(name: str, count: int, seed: int) -> dict[str, object]:
    """Read `count` damaged files of one format through the door users go through."""
    rng = np.random.default_rng([seed, sum(name.encode())])
    told: dict[str, object] = {"files": count, "read": 0, "refused": 0, "unhandled": 0, "crashed": 0, "timed_out": 0,
                               "hung": 0, "escaped": [], "left": [], "slowest_s": 0.0}  # fmt: skip
    with tempfile.TemporaryDirectory() as place, Decoder() as decoder:
        good = good_bytes(name, Path(place))
        for index in range(count):
            path = Path(place) / f"frames{index}"
            write_damaged(name, good, path, rng)
            before = sorted(str(p) for p in Path(place).rglob("*"))
            start = time.monotonic()
            outcome = attempt(path, decoder, told)
            seconds = time.monotonic() - start
            told[outcome] = int(told[outcome]) + 1  # type: ignore[call-overload]
            told["hung"] = int(told["hung"]) + (seconds > 10)  # type: ignore[call-overload]
            told["slowest_s"] = round(max(float(told["slowest_s"]), seconds), 2)  # type: ignore[arg-type]
            after = sorted(str(p) for p in Path(place).rglob("*"))
            if after != before:
                told["left"].append([p for p in after if p not in before])  # type: ignore[attr-defined]
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return told


def attempt(path: Path, decoder: Decoder, told: dict[str, object]) -> str:
    try:
        read_frames(path, decoder=decoder)
    except InputError as error:
        text = str(error)
        assert len(text.splitlines()) <= 6
        for sign, outcome in (("crashed", "crashed"), ("no end after", "timed_out"), ("cannot handle", "unhandled")):
            if sign in error.got:
                _keep(path, outcome, error.got)
                return outcome
        return "refused"
    except Exception as error:
        told["escaped"].append(f"{type(error).__name__}: {error}"[:200])  # type: ignore[attr-defined]
        _keep(path, "escaped", repr(error))
        return "unhandled"
    return "read"


KEEP: Path | None = None


def _keep(path: Path, outcome: str, why: str) -> None:
    if KEEP is not None and path.is_file():
        KEEP.mkdir(exist_ok=True)
        target = KEEP / f"{outcome}-{len(list(KEEP.iterdir()))}"
        target.write_bytes(path.read_bytes())
        with contextlib.suppress(OSError), (KEEP / "why.txt").open("a") as file:
            file.write(f"{target.name}: {why[:300]}\n")


def main() -> int:
    global KEEP
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = [*samples.FILES, *samples.FOLDERS]
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--formats", default=",".join(every))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that a reader could not handle")
    options = parser.parse_args()
    KEEP = options.keep
    result = {}
    for name in options.formats.split(","):
        result[name] = try_format(name, options.files, options.seed)
        print(name, result[name], file=sys.stderr, flush=True)
    failed = any(r["hung"] or r["escaped"] or r["left"] for r in result.values())
    print(json.dumps({"killed": 0, "failed": failed, "formats": result}, indent=1))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
