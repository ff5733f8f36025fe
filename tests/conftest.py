"""Shared set-up: array shapes are checked at run time, measured data are found, 64-bit is switched whole.

Most of the time of these tests is compilation. One cache for the workers, and for the programs that tests start, lets
each program be compiled once; it lives as long as the session.
"""

import os
import pathlib
import shutil
import tempfile

import jax
import pytest
from jaxtyping import install_import_hook

DIRECTORY, SHORTEST = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
CACHE = None if DIRECTORY in os.environ else tempfile.mkdtemp(prefix="backlight-tests-")
if CACHE:  # workers and children inherit it
    os.environ |= {DIRECTORY: CACHE, SHORTEST: "0.3"}
jax.config.update("jax_compilation_cache_dir", os.environ[DIRECTORY])
jax.config.update("jax_persistent_cache_min_compile_time_secs", float(os.environ.get(SHORTEST, "0.3")))

# Before the first import of the package. Only the numerical floors carry array shapes.
install_import_hook(
    [f"backlight.{floor}" for floor in ("maths", "light", "wave", "camera", "inverse", "systems", "testing")],
    "beartype.beartype",
)


def pytest_unconfigure():
    """Remove the cache where it was made: in the controller, after its workers have ended."""
    if CACHE:
        shutil.rmtree(CACHE, ignore_errors=True)


SHARED_DATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """Return a function that gives the path of a measured file, and skips the test where it is absent."""

    def find(name: str) -> pathlib.Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"measured data ../shared/data/{name} is not here; it is not part of the package")
        return path

    return find


@pytest.fixture
def float64():
    """Run the whole test in 64-bit, closed forms included."""
    with jax.enable_x64(True):
        yield
