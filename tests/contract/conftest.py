"""Most of the time of the contract is compilation of programs that run once."""

import jax
import pytest

from backlight.testing import Case

OPTIMIZED = ("jit",)
"""Checks of what the optimizer may change, how sums are fused and rounded: with it as without it."""


@pytest.fixture(autouse=True)
def compile_quickly(request, monkeypatch):
    """Leave the optimizer out, except where its work is what is checked, but for operations run one by one."""
    check = request.node.callspec.params.get("check") if hasattr(request.node, "callspec") else None
    jax.config.update("jax_disable_most_optimizations", check not in OPTIMIZED)
    if check == "jit":
        plain = Case.run
        monkeypatch.setattr(Case, "run", lambda case, tree: _unoptimized(plain, case, tree))
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def _unoptimized(run, case, tree):
    """Run operations, or trace them: what is traced is compiled later, with the optimizer."""
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        return run(case, tree)
    finally:
        jax.config.update("jax_disable_most_optimizations", False)
