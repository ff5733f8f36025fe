"""Shared set-up: array shapes are checked at run time, measured data are found, memory is given back."""

import itertools
import os
import pathlib

# Before JAX starts: tests compile far more than they compute, and a tenth of the time goes into making code faster.
# One piece a program: two workers fill both cores, and cutting programs up for more costs a sixth of all.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + (
    " --xla_llvm_disable_expensive_passes=true --xla_cpu_parallel_codegen_split_count=1"
)

import jax
import pytest
from jaxtyping import install_import_hook

# Before the first import of the package. Only the numerical floors carry array shapes.
install_import_hook(
    [f"backlight.{floor}" for floor in ("maths", "light", "wave", "rays", "camera", "inverse", "systems", "testing")],
    "beartype.beartype",
)

SHARED_DATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


TESTS = itertools.count(1)


@pytest.fixture(autouse=True)
def forget_programs():
    """Forget all compiled programs now and then: thousands of them would fill the memory of a worker."""
    yield
    if next(TESTS) % 100 == 0:
        jax.clear_caches()


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
