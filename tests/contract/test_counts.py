"""The contract suite compares many derivatives, and the count of them counts what is there."""

import jax
from cases_foundation import lossy_sample
from counts import all_gradient_checks, gradient_checks
from inputs import VALUES, field

from backlight.testing import Case


def test_a_case_counts_its_live_leaves_its_dark_ones_and_its_adjoint():
    """A leaf that does something is compared with forward mode and with a difference: twice."""
    build = lambda shape, pitch: (lossy_sample(shape), (field(shape, pitch),))  # noqa: E731
    leaves = len(jax.tree.leaves(build((4, 5), 1e-6)))
    assert gradient_checks(Case("plain", build)) == 2 * leaves
    claimed = Case("claimed", build, dead=("inputs.0.curvature",), may_vanish=(VALUES,), linear_in=VALUES)
    assert gradient_checks(claimed) == 2 * (leaves - 1) + leaves + 1
    assert gradient_checks(Case("staircase", build, differentiable=False)) == leaves


def test_there_are_many():
    assert all_gradient_checks() >= 1200
