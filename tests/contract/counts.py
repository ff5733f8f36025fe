"""How many comparisons of derivatives the contract suite makes, counted without making them."""

from cases import CASES

from backlight.testing.case import Case, named_leaves


def gradient_checks(case: Case) -> int:
    """Count a case's comparisons: reverse with forward mode and with a central difference per leaf that does something,
    each leaf's gradient per leaf made zero (all `check_gradients`), one adjoint (`check_adjoint`)."""
    leaves = named_leaves(case.tree())
    live = len(leaves.keys() - set(case.dead))
    return live * (2 if case.differentiable else 1) + len(leaves) * len(case.may_vanish) + (case.linear_in is not None)


def all_gradient_checks() -> int:
    """Return the sum over all parts."""
    return sum(map(gradient_checks, CASES))
