"""The choice of a method: what it takes, what it refuses, and why."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from lights import WAVELENGTH, noise, start

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.wave import (
    AngularSpectrum,
    ChirpZ,
    FresnelTransfer,
    choose,
)


def test_the_choice_takes_the_cheapest_safe_method_and_says_why():
    field = start()
    short, long = choose(field, 3e-4), choose(field, 1.0, window=Grid((16, 16), 6e-4))
    assert isinstance(short.method, AngularSpectrum | FresnelTransfer)
    assert isinstance(long.method, ChirpZ)
    for choice in (short, long):
        choice.sampling.demand(1e-3)
        for word in ("taken", "refused", "predicted error", "margins", "energy lost", "MB"):
            assert word in choice.explanation
    with pytest.raises(InputError, match="aliasing"):
        ChirpZ(scale=1.0).sampling(field, 3e-4).demand()


def test_the_choice_raises_where_nothing_is_safe_unless_overridden():
    field, window = start(highest=1e5), Grid((16, 16), 4e-6, (3e-3, 0.0))
    with pytest.raises(InputError, match="at best a predicted error"):
        choose(field, 2e-3, window=window)
    assert "override" in choose(field, 2e-3, window=window, override=True).explanation
    # 3e-3 are the tails of a spectrum that ends at the Nyquist frequency: the soft band cuts them to 3e-4, which the
    # prediction does not know
    assert "taken" in choose(field, 2e-3, window=Grid((16, 16), 4e-6), tolerance=5e-3).explanation


def test_over_no_distance_light_stays_on_its_pixels(recwarn):
    field = start()
    assert "padding (0, 0): taken" in choose(field, 0.0).explanation
    assert not recwarn.list
    with pytest.raises(InputError, match="0 m"):
        choose(field, 0.0, window=Grid((16, 16), 1e-6))


def test_the_choice_refuses_light_that_may_be_undersampled():
    noisy = Field(noise((32, 32)), Grid((32, 32), 4e-6), WAVELENGTH)
    with pytest.raises(InputError, match="finer pixels"):
        choose(noisy, 1e-3)
    assert choose(noisy, 1e-3, override=True).sampling.warnings


def test_the_choice_measures_the_stated_band():
    """A plane wave walks nowhere; what will fill the band does."""
    flat = Field(np.ones((1, 1)), Grid((32, 32), 4e-6), 532e-9)
    narrow, wide = (choose(flat, 1e-3, bandwidth=b, override=True) for b in (5e3, 1.2e5))
    assert wide.sampling.output_margin < narrow.sampling.output_margin or wide.method.padding > narrow.method.padding
    with pytest.raises(InputError, match="bandwidth"):
        choose(flat, 1e-3, bandwidth=1e6)


def test_the_choice_knows_the_focus_of_the_carrier():
    field = Field(np.ones((8, 8)), Grid((8, 8), 4e-6), 532e-9, curvature=-10.0)
    with pytest.raises(InputError, match="focus"):
        choose(field, 0.1)


def test_the_choice_knows_the_curvature_of_every_mode():
    """The second mode is in focus where the first is far from it; and no window fits both on its way there."""
    two = start().with_values(jnp.stack([start().values] * 2))
    two = eqx.tree_at(lambda light: light.curvature, two, jnp.asarray([0.0, -10.0]))
    with pytest.raises(InputError, match="focus"):
        choose(two, 0.1)
    with pytest.raises(InputError, match=r"0\.988 to 1 times"):
        choose(two, 1.2e-3, window=Grid((16, 16), 1e-5), override=True)
    assert choose(two, 3e-4).sampling.error <= 1e-3


def test_a_curved_carrier_that_the_scaling_misses_is_refused_unless_overridden():
    """0.2 rad and more of π z s⁴/(4λ): no method mends what all of them are given."""
    light = Field(np.ones((64, 64)), Grid((64, 64), 1e-6), 0.5e-6, tilt=(0.0, 2e5), curvature=1 / 2e-3)
    with pytest.raises(InputError, match=r"curved carrier(.|\n)*override"):
        choose(light, 2e-3, bandwidth=1e5)
    taken = choose(light, 2e-3, bandwidth=1e5, override=True)
    assert "besides, the curved carrier's phase is off by" in taken.explanation
