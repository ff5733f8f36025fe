"""Frames under a panel of diodes, simulated here, to one sharp picture. Run: python fourier_ptychography.py [FOLDER]

The panel is shifted, turned and too low, every diode has its own brightness, and the sample is out of focus: of all
that the reconstruction is told nothing.
"""

import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import backlight as bl
from backlight.systems.fourier_ptychography import ask, fourier_ptychography, sample_in_view
from backlight.units import mm, nm, um
from backlight.wave import rectangular_layout

SIDE, PIXELS = 9, 48
GIVEN = {
    "wavelength": 630 * nm, "numerical_aperture": 0.1, "pixel_pitch": 1.845 * um,
    "led_pitch": 4 * mm, "led_rows": SIDE, "led_columns": SIDE, "led_distance": 90 * mm,
}  # fmt: skip
TRUE = {"shift": (0.6 * mm, -0.4 * mm), "rotation": 0.02, "height": 88.5 * mm, "defocus": 30 * um}
UNKNOWN = ("sample", "array_shift", "array_rotation", "array_height", "led_gains", "defocus")


def cells(n: int, pitch: float, seed: int) -> np.ndarray:
    """Return discs that delay by up to a radian and absorb a little, complex (n, n)."""
    rng = np.random.default_rng(seed)
    y, x = (np.mgrid[:n, :n] - n / 2) * pitch
    thickness, half = np.zeros((n, n)), 0.4 * n * pitch
    for _ in range(24):
        row, column, radius = *rng.uniform(-half, half, 2), rng.uniform(3 * um, 7 * um)
        thickness += rng.uniform(0.3, 1) / (1 + np.exp((np.hypot(y - row, x - column) - radius) / (0.6 * um)))
    return np.exp((1j - 0.15) * thickness)


def microscope() -> bl.ImagingSystem:
    """Return the microscope as it truly is, with the sample in it."""
    system = fourier_ptychography(
        **{name: GIVEN[name] for name in ("wavelength", "numerical_aperture", "pixel_pitch")},
        positions=rectangular_layout(SIDE, SIDE, 4 * mm), height=TRUE["height"], shape=(SIDE**2, PIXELS, PIXELS),
        defocus=TRUE["defocus"], noise=bl.camera.Poisson(5000.0),
    )  # fmt: skip
    gains = np.random.default_rng(1).uniform(0.8, 1.2, SIDE**2)
    sample = cells(system.sample.shape[0], float(system.sample_grid().pitch[0]), 3)
    where = lambda s: (s.illumination.shift, s.illumination.rotation, s.illumination.gains, s.sample.transmission)  # noqa: E731
    values = (jnp.asarray(TRUE["shift"]), jnp.asarray(TRUE["rotation"]), jnp.asarray(gains), jnp.asarray(sample))
    return eqx.tree_at(where, system, tuple(v.astype(old.dtype) for v, old in zip(values, where(system), strict=True)))


def phase(system: bl.ImagingSystem) -> np.ndarray:
    """Return the sample's phase in view, its mean direction 0."""
    values = np.asarray(sample_in_view(system).values)
    return np.angle(values * np.exp(-1j * np.angle(values.mean())))


def draw(file: Path, frames: np.ndarray, pictures: dict[str, np.ndarray]) -> None:
    """Draw the brightest frame and the phases beside each other."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 1 + len(pictures), figsize=(3.4 * (1 + len(pictures)), 3.6), layout="constrained")
    axes[0].imshow(frames[np.argmax(frames.mean(axis=(1, 2)))], cmap="gray")
    axes[0].set_title("a bright-field frame")
    for axis, (name, picture) in zip(axes[1:], pictures.items(), strict=True):
        axis.imshow(picture, cmap="gray", vmin=-0.6, vmax=1.6)
        axis.set_title(name)
    for axis in axes:
        axis.set_axis_off()
    figure.savefig(file, dpi=100)


def main(folder: Path) -> dict[str, object]:
    """Simulate, reconstruct, print what was found, and draw."""
    true = microscope()
    frames = 200 * np.asarray(true.simulate(jax.random.key(0)).values)
    joint = ask(frames, GIVEN, dict.fromkeys(UNKNOWN, True), {}).answer(error_bars=False)
    classic = ask(frames, GIVEN, {"sample": True}, {"method": "epie"}).answer(error_bars=False)
    panel, objective = joint.system.illumination, joint.system.detection_path
    found = {"shift": panel.shift, "rotation": panel.rotation, "height": panel.height, "defocus": -objective.defocus}
    for name, value in found.items():
        print(f"{name:9} {np.round(np.asarray(value, float), 6)}, true {np.asarray(TRUE[name])} (m, rad)")
    misfits = [one.quality.nrmse_amplitude for one in (joint, classic)]
    print(f"misfit    {misfits[0]:.3f}, alternating projections {misfits[1]:.3f}")
    pictures = {"nominal, alternating projections": classic, "joint": joint}
    phases = {name: phase(one.system) for name, one in pictures.items()} | {"true": phase(true)}
    draw(folder / "fourier_ptychography_example.png", frames, phases)
    return {name: np.asarray(value, float) for name, value in found.items()} | {"misfits": misfits}


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
