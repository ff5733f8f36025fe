"""One hologram, simulated here, to the sample and the distance, all from Python. Run: python hologram.py

The distance is 5 % wrong at the start. The sample is known to be passive, and flat where nothing is seen.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import backlight as bl
from backlight.systems.inline_holography import ask
from backlight.units import mm, nm, um


def simulated(distance: float) -> np.ndarray:
    """Return a hologram of a few dark and phase-shifting bars and a disc."""
    y, x = np.mgrid[:96, :128]
    bars = (np.abs(y - 48) < 22) & sum(np.abs(x - at) < half for at, half in ((36, 2), (50, 4), (72, 7))).astype(bool)
    bars |= np.hypot(y - 40, x - 96) < 9
    microscope = bl.systems.inline_hologram(wavelength=633 * nm, pixel_pitch=4 * um, distance=distance, shape=(96, 128))
    rows, columns = microscope.sample.shape
    sample = np.ones((rows, columns), complex)
    top, left = rows // 2 - 48, columns // 2 - 64
    sample[top : top + 96, left : left + 128] = np.where(bars, 0.5 * np.exp(0.5j), 1.0)
    instrument = eqx.tree_at(lambda m: m.sample.transmission, microscope, jnp.asarray(sample, jnp.complex64))
    return np.asarray(instrument.simulate(jax.random.key(1)).values)


def main() -> bl.Estimate:
    frames = simulated(4.2 * mm)
    question = ask(
        frames,
        {"wavelength": 633 * nm, "pixel_pitch": 4 * um, "distance": 4.0 * mm},
        {"sample": True, "distance": {"between": (3.8 * mm, 4.6 * mm)}},
        {},
    )
    fit = question.answer()
    path = "detection_path.distance"
    shown = bl.units.format_length(fit.value(path), fit.std(path), digits=6)
    print(f"distance {shown}, true 4.2 mm; {fit.stop_reason}")
    return fit


if __name__ == "__main__":
    main()
