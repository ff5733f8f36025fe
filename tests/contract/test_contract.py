"""Each part keeps the contract; and the contract notices a part that does not."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cases import CASES
from cases_foundation import lossy_sample
from inputs import NO_CARRIER, field

from backlight.testing import CHECKS, Case, ContractError, central_difference, check_saved
from backlight.testing.checks import check_energy, check_grids, check_precision, check_vmap
from backlight.testing.gradients import check_curvature, check_gradients

SLOW = ("jit", "vmap", "grids", "curvature")
"""Checks that compile every part more than once, or for long; the others run each time."""


SLOW_PARTS = (
    "chirp-z, scaled",
    "decimating objective",
    "scaled angular spectrum",
    "Gaussian Schell-model beam",
    "leaning plane",
    "spectrum of an LED array",
    "Hermite-Gauss beam",
    "angular spectrum, shifted",
    "multi-slice, lossless",
    "an instrument with points and wavelengths",
    "coded lensless camera",
    "incoherent imaging",
    "LED array",
    "vector focus",
    "Laguerre-Gauss beam",
    "lens of conics and aspheres",
    "lens of tilted surfaces",
    "spot",
    "toroid",
    "B-spline",
    "picture of a point by rays",
    "contrast by rays",
    "first Born",
    "spheres",
    "Jones matrix a pixel",
    "biconic",
    "Zernike sag",
    "XY polynomial",
    "Fraunhofer",
    "focal plane, scaled",
    "Forbes asphere",
)
"""Parts that take longest to compile: only adjoint and energy run each time; of others of their kind all do."""


def checks_of_parts():
    """Return every part with every check."""
    for case in CASES:
        for check in CHECKS:
            slow = check in SLOW or (case.name in SLOW_PARTS and check in ("gradients", "precision"))
            marks = [pytest.mark.slow] * slow
            yield pytest.param(case, check, marks=marks, id=f"{case.name}-{check}")


@pytest.mark.parametrize(("case", "check"), list(checks_of_parts()))
def test_contract(case, check):
    CHECKS[check](case)


class Broken(eqx.Module):
    """A part with one flaw, chosen by a function."""

    strength: jax.Array
    unused: jax.Array
    flaw: object = eqx.field(static=True)

    def __call__(self, light):
        return self.flaw(self.strength, light.values)


def broken(flaw, **claims):
    def build(shape, pitch):
        return Broken(jnp.asarray(0.5), jnp.asarray(1.0), flaw), (field(shape, pitch),)

    return Case("broken", build, **claims)


@jax.custom_jvp
def _wrong_slope(strength):
    return strength


@_wrong_slope.defjvp
def _(primals, tangents):
    return primals[0], 2 * tangents[0]


@jax.custom_jvp
def _straight(strength):
    return strength**2


@_straight.defjvp
def _(primals, tangents):
    return primals[0] ** 2, 2 * jax.lax.stop_gradient(primals[0]) * tangents[0]


@jax.custom_batching.custom_vmap
def _factor(strength):
    return jnp.ones_like(strength)


@_factor.def_vmap
def _(axis_size, in_batched, strength):
    return 2 * jnp.ones_like(strength), in_batched[0]


IGNORED = (*NO_CARRIER, "inputs.0.curvature", "inputs.0.weight", "part.unused")
BROKEN = {
    "gradient": (
        check_gradients,
        broken(lambda s, u: _wrong_slope(s) * jnp.abs(u) ** 2, dead=IGNORED),
        "central difference",
    ),
    "curvature": (
        check_curvature,
        broken(lambda s, u: _straight(s) * jnp.abs(u) ** 2, dead=IGNORED),
        "second derivative",
    ),
    "frozen leaf": (
        check_gradients,
        broken(lambda s, u: jax.lax.stop_gradient(s) * jnp.abs(u) ** 2),
        "zero everywhere",
    ),
    "dark pixels": (
        check_gradients,
        broken(lambda s, u: s * jnp.abs(u) ** 0.5, may_vanish=("inputs.0.values",)),
        "finite",
    ),
    "precision": (check_precision, broken(lambda s, u: jnp.cos(1e5 * s * jnp.abs(u))), "float32 against float64"),
    "dtype": (check_grids, broken(lambda s, u: jnp.abs(s * u).astype(jnp.float16)), "dtype"),
    "batch": (check_vmap, broken(lambda s, u: s * u * _factor(s)), "vmap"),
}


@pytest.mark.parametrize("flaw", BROKEN)
def test_the_contract_notices(flaw):
    check, case, words = BROKEN[flaw]
    with pytest.raises(ContractError, match=words):
        check(case)


def test_the_contract_notices_lost_energy():
    case = Case("lossy", lambda shape, pitch: (lossy_sample(shape), (field(shape, pitch),)), energy_ratio=1.0)
    with pytest.raises(ContractError, match="behind/before"):
        check_energy(case)


def test_the_contract_notices_a_system_saved_with_other_numbers(tmp_path):
    part = lossy_sample((4, 5))
    shelf = {}
    check_saved(part, shelf.__setitem__, shelf.__getitem__, tmp_path, predict=lambda part: part.transmission)
    with pytest.raises(ContractError, match="other bits"):
        check_saved(
            part,
            lambda path, part: shelf.update({path: type(part)(part.transmission * 1.001)}),
            shelf.__getitem__,
            tmp_path,
            predict=lambda part: part.transmission,
        )


def test_central_differences_reach_ten_digits():
    slope, doubt = central_difference(lambda t: np.exp(3 * t))
    assert abs(slope - 3) < 1e-10
    assert doubt < 1e-9
