"""Most of the time of these tests is compilation of programs that run once."""

import jax
import pytest


@pytest.fixture
def compiled_quickly():
    """Leave the optimizer out."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
