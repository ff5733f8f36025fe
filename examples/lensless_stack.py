"""In-line holograms of one sample, the sensor elsewhere in each, simulated here, to a picture finer than the pixels.

Nobody tells where the sensor was, how far away, and how bright each frame is. Run: python lensless_stack.py [FOLDER]
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import backlight as bl
from backlight.inverse.tree import set_leaves
from backlight.systems.lensless_instrument import PATHS, lensless_stack, sample_in_view
from backlight.systems.lensless_super_resolution import ask
from backlight.units import nm, um

FRAMES, PIXELS, PITCH, DISTANCE = 9, 48, 1.85 * um, 0.15e-3
SENSOR = {"wavelength": 532 * nm, "pixel_pitch": PITCH, "fill_factor": 0.8}
GIVEN = SENSOR | {"distances": [DISTANCE] * FRAMES, "super_resolution": 3}
UNKNOWN = dict.fromkeys(("sample", "shifts", "distances", "gains"), True)
OPTIONS = {"iterations": 150, "regularizers": [{"kind": "total_variation", "weight": 0.001}]}
"""A weight of one's own spares the look at the noise, which takes several times as long as the answer."""

LINES = {0.5: (-6, -7), 1: (-6, 6), 2: (8, -2)}
"""Width of four lines and their gaps → where their middle is, (row, column); sensor pixels."""
FINER = 6  # points of the true sample across a sensor pixel: twice as many as the picture has


def sample(shape: tuple[int, int]) -> np.ndarray:
    """Return dark lines of half, one and two sensor pixels, and discs that delay by 0.8 rad."""
    y, x = (np.mgrid[: shape[0], : shape[1]] - np.array(shape)[:, None, None] // 2) / FINER
    t, rng = np.ones(shape, complex), np.random.default_rng(0)
    for width, (row, column) in LINES.items():
        at = x - column + 4 * width
        t[(np.abs(y - row) < 4) & (at >= 0) & (at < 8 * width) & (at % (2 * width) < width)] = 0.2
    for _ in range(60):
        row, column, radius = *rng.uniform(-0.7, 0.7, 2) * PIXELS, rng.uniform(1, 2.5)
        if np.hypot(row, column) > 16:
            t[np.hypot(y - row, x - column) < radius] *= 0.9 * np.exp(0.8j)
    return t


def microscope() -> bl.ImagingSystem:
    """Return the instrument as it truly is, with the sample in it: it goes on far beyond the frame."""
    rng = np.random.default_rng(1)
    system = lensless_stack(
        **SENSOR, distances=DISTANCE * rng.uniform(0.98, 1.02, FRAMES), shape=(FRAMES, PIXELS, PIXELS), margin=24,
        shifts=rng.uniform(-PITCH, PITCH, (FRAMES, 2)), super_resolution=FINER, noise=bl.camera.Gaussian(0.01),
    )  # fmt: skip
    values = {"sample": sample(system.sample.shape), "gains": rng.uniform(0.9, 1.1, FRAMES)}
    return set_leaves(system, {PATHS[name]: jnp.asarray(value) for name, value in values.items()})


def shifts(fit: bl.ImagingSystem) -> np.ndarray:
    """Return where the sensor was, in pixels, less the mean: a shift of all frames is one of the sample."""
    places = np.asarray(fit.camera.placement[0].offset.value, float) / PITCH
    return places - places.mean(axis=0)


def distances(fit: bl.ImagingSystem) -> np.ndarray:
    return np.asarray(fit.detection_path.distance.value, float)


def main(folder: Path | None = None) -> dict[str, float]:
    true = microscope()
    frames = 500 * np.asarray(true.simulate(jax.random.key(0)).values)
    joint = ask(frames, GIVEN, UNKNOWN, OPTIONS).answer(error_bars=False).system
    fixed = ask(frames, GIVEN, {"sample": True, "gains": True}, OPTIONS).answer(error_bars=False).system
    result = {}
    for name, fit in (("as written", fixed), ("joint", joint)):
        shift = float(np.sqrt(np.mean(np.sum((shifts(fit) - shifts(true)) ** 2, axis=1))))
        away = distances(fit) / distances(true) - 1
        result |= {f"shift, {name}": shift, f"distance, {name}": float(np.sqrt(np.mean(away**2)))}
        print(f"{name}: shifts off by {shift:.4f} pixels RMS; distances off by {100 * np.sqrt(np.mean(away**2)):.3f} % "
              f"RMS, {100 * np.abs(away).max():.3f} % at most")  # fmt: skip
    draw(frames[0], {"as written": fixed, "joint": joint, "true": true}, folder or Path(__file__).parent)
    return result


def draw(frame: np.ndarray, fits: dict[str, bl.ImagingSystem], folder: Path) -> None:
    """Write a frame, the track of the sensor, and what was found and is true, modulus above phase."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.2), layout="constrained")
    axes = figure.subplots(2, 4)
    axes[0, 0].imshow(frame, cmap="gray")
    axes[0, 0].set(title="one of nine frames", xticks=[], yticks=[])
    for column, (name, fit) in zip(axes.T[1:], fits.items(), strict=True):
        values = np.asarray(sample_in_view(fit).values)
        values = values * np.exp(-1j * np.angle(values.mean()))
        column[0].imshow(np.abs(values), cmap="gray", vmin=0, vmax=1.1)
        shown = column[1].imshow(np.angle(values), cmap="viridis", vmin=-0.3, vmax=1.0)
        column[0].set(title=f"modulus, {name}", xticks=[], yticks=[])
        column[1].set(title=f"phase, {name}", xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes[1, 3], label="rad")
    for name, mark in (("true", "o"), ("joint", "+")):
        y, x = shifts(fits[name]).T
        axes[1, 0].plot(x, y, mark, mfc="none", ms=9, label=name)
    axes[1, 0].set(title="where the sensor was", xlabel="pixels along x", ylabel="pixels along y", aspect="equal")
    axes[1, 0].invert_yaxis()
    axes[1, 0].legend()
    figure.savefig(folder / "lensless_stack_example.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
