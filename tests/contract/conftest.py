"""Most of the time of the contract is compilation of programs that run once."""

import jax
import pytest

OPTIMIZED = ("jit", "precision")
"""Checks of what the optimizer may change: how sums are fused and rounded."""


@pytest.fixture(autouse=True)
def compile_quickly(request):
    """Leave the optimizer out, except where its work is what is checked."""
    check = request.node.callspec.params.get("check") if hasattr(request.node, "callspec") else None
    jax.config.update("jax_disable_most_optimizations", check not in OPTIMIZED)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
