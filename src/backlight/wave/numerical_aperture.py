"""What an aperture may be in a medium."""

import jax
import numpy as np
from jax.core import Tracer

from backlight.errors import InputError
from backlight.maths.leaf import Scalar


def demand_aperture(aperture: Scalar, index: Scalar) -> None:
    """Refuse NA ≥ n where both are known numbers: they are not while a function is traced."""
    known = [leaf for part in (aperture, index) for leaf in jax.tree.leaves(part)]
    if any(isinstance(number, Tracer) for number in known):
        return
    largest, least = np.asarray(known[0]).max(), np.asarray(known[1]).min()
    if not largest < least:
        raise InputError(
            "numerical_aperture", got=f"{largest:g} in a medium of index {least:g}",
            expected="0 < NA < n: rays at a right angle to the axis at most",
            remedy="give the light its medium_index (1.33 in water, 1.52 in immersion oil)",
        )  # fmt: skip
