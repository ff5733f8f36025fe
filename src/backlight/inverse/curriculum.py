"""A row of searches, each from where the last one ended: how a design begins far from anything that works."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jaxtyping import Array, Float

from backlight.inverse.constraints import Constraint
from backlight.inverse.optimize import Design, optimize
from backlight.inverse.solver import Solver
from backlight.inverse.unknowns import Unknown


class Stage(NamedTuple):
    """One search of a curriculum: the arguments of `optimize` that may differ from search to search.

    **Attributes:** `merit`, `unknowns` and `constraints`, as of `optimize`.
    """

    merit: Callable[[Any], Float[Array, "..."]]
    unknowns: Mapping[str, Unknown]
    constraints: Sequence[Constraint] = ()


def curriculum(model: Any, stages: Iterable[Stage], *, solver: Solver | None = None) -> Iterator[Design]:
    """Yield what each of a row of searches finds, each one beginning with the model of the one before.

    A merit that is asked for at once may have no way downhill to anything good: a lens of flat plates loses the rays of
    a wide field. First-order powers, then a narrow beam and field, then wider ones lead there (Yang et al., Nat.
    Commun. 15, 6568 (2024)).

    **Arguments and errors:** as of `optimize`.

    Example:
        >>> import equinox as eqx
        >>> import jax.numpy as jnp
        >>> from backlight.inverse.curriculum import Stage, curriculum
        >>> from backlight.inverse.unknowns import Free
        >>> class Number(eqx.Module):
        ...     x: jnp.ndarray
        >>> stages = [Stage(lambda n, goal=goal: n.x**2 - goal, {"x": Free()}) for goal in (4.0, 9.0)]
        >>> [round(found.value("x"), 6) for found in curriculum(Number(jnp.array(1.0)), stages)]
        [2.0, 3.0]
    """
    for stage in stages:
        found = optimize(model, stage.merit, stage.unknowns, constraints=stage.constraints, solver=solver)
        model = found.model
        yield found
