"""What an estimate says of the way it ended."""

import pytest
from models import Curve

from backlight.inverse import losses
from backlight.inverse.estimate import estimate
from backlight.inverse.first_order import Adam
from backlight.inverse.unknowns import Free


@pytest.mark.parametrize(("steps", "told"), [(20, True), (400, False)])
def test_error_bars_of_a_search_that_was_cut_off_on_its_way_say_so(steps, told):
    """The frames do not fit exactly, so the objective settles at what is left of them."""
    frames = Curve(a=2.0, b=1.3).predict().values
    frames = frames.at[..., ::2].add(0.05).at[..., 1::2].add(-0.05)
    unknowns = {"a": Free(), "b": Free(), "c": Free()}
    found = estimate(Curve(a=1.0, b=0.6), frames, unknowns, loss=losses.intensity(), tolerance=0.0,
                     solver=Adam(steps=steps))  # fmt: skip
    assert found.status == "stopped"
    assert any("cut off while the objective still fell" in note for note in found.notes) == told
