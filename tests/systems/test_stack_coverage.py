"""Error bars of shifts and distances of a stack: as often right as they claim, over many draws of the noise."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
import stack_twin as twin

from backlight.inverse import losses
from backlight.inverse.drive import drive
from backlight.inverse.problem import build
from backlight.inverse.tree import set_leaves
from backlight.inverse.uncertainty import uncertainty
from backlight.inverse.unknowns import Free
from backlight.inverse.variable_projection import VariableProjection
from backlight.systems.lensless_instrument import PATHS
from backlight.systems.lensless_super_resolution import ask

PIXELS, FRAMES, FINER, NOISE, DRAWS, AGAIN = 16, 16, 1.5, 0.01, 100, 20
JUDGED = ("shifts", "distances")


def instrument():
    """Return the instrument as it truly is, and what is unknown of it; its own frames are what is drawn from."""
    true, rng = twin.truth(FRAMES, 0), np.random.default_rng(0)
    given = {"wavelength": twin.WAVELENGTH, "pixel_pitch": twin.PITCH, "distances": list(true.distances),
             "super_resolution": FINER, "fill_factor": twin.FILL, "shifts": true.shifts[:, ::-1]}  # fmt: skip
    unknown = dict.fromkeys(("sample", "gains", *JUDGED), True)
    question = ask(np.ones((FRAMES, PIXELS, PIXELS), np.float32), given, unknown, {})
    shape = question.system.sample.shape
    f = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij"))
    rough = np.fft.ifft2(np.fft.fft2(rng.standard_normal(shape)) / (0.05 + f)).real
    rough /= rough.std()
    sample = np.exp(0.5j * rough) * (0.8 - 0.1 * np.tanh(np.roll(rough, 7, 0)))
    leaves = {PATHS["sample"]: sample.astype("c8"), PATHS["gains"]: np.ones(FRAMES)}
    system = set_leaves(question.system, {path: jnp.asarray(value) for path, value in leaves.items()})
    return system, question.unknowns | {PATHS["sample"]: Free()}


@pytest.mark.long
def test_error_bars_cover_over_a_hundred_draws():
    """Without total variation, whose pull is no noise, and a sample that nothing holds. The bars change little between
    draws: every twentieth is asked for its own."""
    system, unknowns = instrument()
    clean, rng = np.asarray(system.predict().values), np.random.default_rng(0)
    problem = build(system, clean, unknowns, loss=losses.amplitude())
    start, paths = problem.start(), [PATHS[name] for name in JUDGED]
    true, pulls, bars = problem.leaves(start), [], None
    for draw in range(DRAWS):
        frames = jnp.asarray(clean + NOISE * rng.standard_normal(clean.shape), jnp.float32)
        problem = eqx.tree_at(lambda p: p.data, problem, frames)
        found = drive(problem, VariableProjection(steps=100), start, tolerance=1e-7).z
        if draw % AGAIN == 0:
            bars = uncertainty(problem, found)
        leaves = problem.leaves(found)
        pulls.append(np.concatenate([np.ravel((leaves[p] - true[p]) / bars.std[p]) for p in paths]))
        if draw % 4 == 3: w = np.abs(pulls); print(draw, [(round(float(np.mean(w[:, s] < 1)),3), round(float(np.mean(w[:, s] < 1.96)),3), round(float(np.sqrt(np.mean(w[:,s]**2))),2)) for s in (slice(0, 32), slice(32, None))], flush=True)
    within = np.abs(pulls)
    assert np.mean(within < 1) == pytest.approx(0.68, abs=0.07)
    assert np.mean(within < 1.96) == pytest.approx(0.95, abs=0.04)
