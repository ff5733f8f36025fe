"""How far a mean over the pupil may be off."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.rays.launch import PupilPoints, gauss_legendre


def quadrature_error(
    quantity: Callable[[PupilPoints], Float[Array, "..."]], rings: int = 6, arms: int = 12
) -> Float[Array, "..."]:
    """Return an estimate of the error that `gauss_legendre(rings, arms)` leaves in a quantity.

    It is what the quantity changes by with one ring less, plus what it changes by with two arms less and with one:
    where a rule converges each step gains a factor, so the change is the error of the coarser rule and bounds that of
    the finer one. Where rays are lost, a rule converges by the power 3/2 of its points at best and unevenly; three
    changes are then seldom all small.

    **Arguments:** `quantity`: rule → number or array, such as `lambda rule: spot(lens, field, λ, rule=rule).rms`.

    **Errors:** `InputError` for a rule that has no coarser ones.
    """
    if rings < 2 or arms < 4:
        raise InputError("rings and arms", got=f"{rings} and {arms}", expected="at least 2 rings of 4 rays")
    found = jnp.asarray(quantity(gauss_legendre(rings, arms)))
    coarser = (gauss_legendre(rings - 1, arms), gauss_legendre(rings, arms - 2), gauss_legendre(rings, arms - 1))
    return sum((jnp.abs(found - jnp.asarray(quantity(rule))) for rule in coarser), jnp.zeros_like(found))
