"""Glasses exchanged: an achromat becomes one whose third color is in focus too."""

import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.unknowns import Free, Interval
from backlight.light import ConstantIndex, glass
from backlight.rays import Conic, Lens, Surface, first_order
from backlight.systems.glass_exchange import exchange_glasses
from backlight.systems.lens_merit import focal_length

MM = 1e-3
COLORS = np.array([486.1327e-9, 587.5618e-9, 656.2725e-9])
FLINTS = ("F2", "SF6", "N-KZFS4", "N-BK7")


def doublet(flint):
    """Return a thin cemented doublet."""
    return Lens([Surface(Conic(60 * MM), thickness=1e-6, medium=glass("N-BK7"), stop=True),
                 Surface(Conic(-45 * MM), thickness=1e-6, medium=glass(flint)),
                 Surface(Conic(-150 * MM), thickness=100 * MM, medium=ConstantIndex(1.0)), Surface()],
                entrance_pupil_diameter=5 * MM)  # fmt: skip


def colors_apart(lens):
    return jnp.stack([first_order(lens, w).efl for w in COLORS]) / MM - 100.0


def secondary_spectrum(flint):
    """Return |P₁ − P₂|/(V₁ − V₂) of a pair with N-BK7, what is left of a thin achromat's length in the third color."""
    told = []
    for name in ("N-BK7", flint):
        f, d, c = (float(glass(name).index(w)) for w in COLORS)
        told.append(((f - d) / (f - c), (d - 1) / (f - c)))
    (p1, v1), (p2, v2) = told
    return abs(p1 - p2) / max(abs(v1 - v2), 1e-9)


def test_the_flint_of_the_least_secondary_spectrum_is_found():
    table = {f"surfaces.{i}.profile.curvature": Free() for i in (0, 1)}
    found = exchange_glasses(doublet("F2"), colors_apart, table, {1: [glass(name) for name in FLINTS]}, rounds=1)
    best = min(FLINTS[:3], key=secondary_spectrum)
    assert found.glasses[1].name == best
    assert found.design.model.surfaces[1].medium.name == best
    assert found.design.model.surfaces[0].medium.name == "N-BK7"
    assert 0.5 * np.sum(np.asarray(colors_apart(found.design.model)) ** 2) == pytest.approx(
        found.design.merit, rel=1e-2
    )
    assert found.design.merit < 0.5 * found.design.initial_merit


def test_lists_for_no_glass_are_refused():
    with pytest.raises(InputError, match="surface 3"):
        exchange_glasses(doublet("F2"), colors_apart, {}, {3: [glass("F2")]})
    with pytest.raises(InputError, match="0 behind surface 1"):
        exchange_glasses(doublet("F2"), colors_apart, {}, {1: []})


def test_a_glass_with_which_the_constraints_cannot_be_obeyed_is_not_taken():
    """Of index 1.01 a lens of the wanted power would have to be bent more than it may be; it makes no spots, though."""
    lens = Lens([Surface(Conic(60 * MM), thickness=2 * MM, medium=ConstantIndex(1.5), stop=True),
                 Surface(thickness=100 * MM, medium=ConstantIndex(1.0)), Surface()],
                entrance_pupil_diameter=5 * MM)  # fmt: skip
    table = {"surfaces.0.profile.curvature": Interval(5.0, 30.0)}
    bent = lambda lens: jnp.stack([0.01 * lens.surfaces[0].medium.n])  # noqa: E731
    found = exchange_glasses(lens, bent, table, {0: [ConstantIndex(1.01)]}, rounds=1,
                             constraints=[focal_length(COLORS[1], 90 * MM)])  # fmt: skip
    assert float(found.glasses[0].n) == 1.5
    assert found.design.constraints["focal length"] == pytest.approx(90 * MM, rel=1e-6)
