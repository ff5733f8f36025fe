"""What ran where: versions, peak memory, the bytes that went in."""

import glob
import hashlib
import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from backlight.io.commit import sha256
from backlight.io.runmodel import RunFile
from backlight.io.runpaths import data_paths, instrument_paths

_PACKAGES = ("backlight", "jax", "jaxlib", "equinox", "optax", "numpy", "scipy")


def versions() -> dict[str, str]:
    """Return the versions that decide a result: packages, Python, system."""
    found = {name: _version(name) for name in _PACKAGES}
    return found | {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def device() -> str:
    """Name the device the computation runs on."""
    import jax

    found = jax.devices()[0]
    return f"{found.platform}: {found.device_kind}"


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def total_memory() -> int | None:
    """Return the machine's memory in bytes, or the control group's limit where that is lower."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def input_files(run: RunFile) -> list[Path]:
    """Return the files and folders a run file reads, patterns expanded."""
    found: list[Path] = []
    for paths in data_paths(run).values():
        for path in paths:
            matches = [] if path.exists() else sorted(glob.glob(str(path)))
            found += [Path(match) for match in matches] or [path]
    return found + list(instrument_paths(run).values())


def input_hashes(run: RunFile) -> list[dict[str, object]]:
    """Return path and SHA-256 of each input."""
    return [{"path": str(path.resolve()), "sha256": sha256(path)} for path in input_files(run)]


def fingerprint(*texts: object) -> str:
    """Return one hash of settings and inputs, for a checkpoint to carry."""
    return hashlib.sha256("\n".join(map(str, texts)).encode()).hexdigest()
