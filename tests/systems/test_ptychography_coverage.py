"""Error bars of pose, defocus and Zernikes: as often right as they claim, over many draws of the noise."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from ptychography_twin import FINER, GIVEN, cells, truth

from backlight.camera import Poisson
from backlight.inverse import losses
from backlight.inverse.drive import drive
from backlight.inverse.first_order import Adam
from backlight.inverse.problem import build
from backlight.inverse.regularizers import total_variation
from backlight.inverse.tree import set_leaves
from backlight.inverse.uncertainty import uncertainty
from backlight.systems.fourier_ptychography import PATHS, TOTAL_VARIATION, ask

SIDE, PIXELS, QUANTA, DRAWS, AGAIN = 7, 32, 300.0, 100, 20
JUDGED = ("array_shift", "array_rotation", "array_height", "defocus", "zernike")
GIVEN = GIVEN | {"led_rows": SIDE, "led_columns": SIDE}


def instrument():
    """Return the instrument as it truly is, and what is unknown of it; its own frames are what is drawn from."""
    told, side = truth(0, SIDE), SIDE
    given = GIVEN | {
        "array_shift": list(told.shift), "array_rotation": told.rotation, "led_distance": told.height,
        "defocus": told.defocus,
    }  # fmt: skip
    unknown = dict.fromkeys(("sample", "led_gains", *JUDGED), True)
    question = ask(np.ones((side**2, PIXELS, PIXELS), np.float32), given, unknown, {})
    system = question.system
    rows, columns = system.sample.shape
    fine = cells(PIXELS, 0)[:: FINER // system.detection_path.decimation, :: FINER // system.detection_path.decimation]
    top, left = (len(fine) - rows) // 2, (len(fine) - columns) // 2
    sample = fine[top : top + rows, left : left + columns]
    aberrations = np.append(told.aberrations, 0)
    leaves = {PATHS["sample"]: sample.astype("c8"), PATHS["zernike"]: aberrations, PATHS["led_gains"]: told.gains}
    system = set_leaves(system, {path: jnp.asarray(value) for path, value in leaves.items()})
    return eqx.tree_at(lambda s: s.noise, system, Poisson(QUANTA)), question.unknowns


@pytest.mark.long
@pytest.mark.parametrize("weight", [0.0, TOTAL_VARIATION])
def test_error_bars_cover_over_a_hundred_draws(weight):
    """The bars change little between draws: every twentieth is asked for its own."""
    system, unknowns = instrument()
    clean, rng = np.asarray(system.predict().values), np.random.default_rng(0)
    flat = total_variation(PATHS["sample"], weight * (0.25 / QUANTA) ** 0.5)
    problem = build(system, clean, unknowns, loss=losses.amplitude(0.375 / QUANTA), regularizers=(flat,) * (weight > 0))
    start, paths = problem.start(), [PATHS[name] for name in JUDGED]
    true, pulls, bars = problem.leaves(start), [], None
    for draw in range(DRAWS):
        frames = jnp.asarray(rng.poisson(clean * QUANTA) / QUANTA, jnp.float32)
        problem = eqx.tree_at(lambda p: p.data, problem, frames)
        found = drive(problem, Adam(rate=0.1, steps=200, decay=True), start, tolerance=0.0).z
        if draw % AGAIN == 0:
            bars = uncertainty(problem, found, iterations=30)
        leaves = problem.leaves(found)
        pulls.append(np.concatenate([np.ravel((leaves[p] - true[p]) / bars.std[p]) for p in paths]))
    within = np.abs(pulls)
    assert np.mean(within < 1) == pytest.approx(0.68, abs=0.07)
    assert np.mean(within < 1.96) == pytest.approx(0.95, abs=0.04)
