"""A picture through a diffuser, simulated here, and reconstructed. Run: python coded_lensless.py [FOLDER]

The pattern that the diffuser makes of a point was measured from another distance than the scene's: it is 4 % too
small. Light from aside lies on the sensor.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import backlight as bl
from backlight.inverse.tree import set_leaves
from backlight.maths.fourier import pad
from backlight.systems.coded_imaging import ask, held_out_pixels
from backlight.systems.coded_instrument import BACKGROUND, SAMPLE, SCALE, coded_lensless, scene_in_view

SHAPE, TRUE_SCALE, LEVEL = (72, 96), 1.04, 0.08


def caustic() -> np.ndarray:
    """Return what the diffuser makes of a point: a net of bright lines within its round stop."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] - np.array(SHAPE)[:, None, None] // 2
    rng = np.random.default_rng(4)
    directions, phases = rng.uniform(0, np.pi, 9), rng.uniform(0, 2 * np.pi, 9)
    wave = sum(np.cos(0.45 * (np.cos(a) * y + np.sin(a) * x) + p) for a, p in zip(directions, phases, strict=True))
    return (np.exp(-((wave / 0.7) ** 2)) + 0.02) / (1 + np.exp(np.hypot(y, x) - 26))


def picture() -> np.ndarray:
    """Return the scene: a ring, a bright bar and a wedge."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] - np.array(SHAPE)[:, None, None] // 2
    ring = np.abs(np.hypot(y + 4, x + 16) - 11) < 3
    bar = 1.3 * ((np.abs(y + 12) < 4) & (np.abs(x - 18) < 11))
    return ring + bar + 0.8 * ((np.abs(y - 12) < 9) & (np.abs(x - 16) < 0.5 * (y - 2)))


def simulated() -> np.ndarray:
    """Return the frame that the camera records."""
    camera = coded_lensless(
        psf=caustic(), shape=SHAPE, psf_scale=TRUE_SCALE, background=LEVEL, noise=bl.camera.Gaussian(0.001)
    )
    scene = pad(jnp.asarray(picture(), jnp.float32), camera.sample.shape)
    return np.asarray(set_leaves(camera, {SAMPLE: scene}).simulate(jax.random.key(0)).values)


def main(folder: Path | None = None) -> dict[str, float]:
    frames, known = simulated(), {"psf": caustic(), "background": LEVEL}
    weights = held_out_pixels(frames.shape)
    fixed = ask(frames, known, {"sample": True}, {"weights": weights}).answer(error_bars=False)
    joint = ask(frames, known, {"sample": True, "psf_scale": True, "background": True}, {"weights": weights})
    joint = joint.answer(error_bars=False)
    missed = {}
    for name, fit in (("scale 1", fixed), ("Backlight", joint)):
        misfit = (np.asarray(fit.system.predict().values) - frames)[weights == 0]
        missed[name] = float(np.sqrt(np.mean(misfit**2)))
        print(f"{name}: pixels that were held out are off by {missed[name]:.2g} of {frames.max():.2g}")
    print(f"scale {joint.value(SCALE):.4f}, true {TRUE_SCALE}; background {joint.value(BACKGROUND):.4f}, true {LEVEL}")
    draw(frames[0], {"scale 1": fixed, "Backlight": joint}, folder or Path(__file__).parent)
    return {"scale": joint.value(SCALE), "background": joint.value(BACKGROUND), **missed}


def draw(frame: np.ndarray, fits: dict, folder: Path) -> None:
    """Write the pattern, the frame and the pictures beside one another."""
    from matplotlib.figure import Figure

    scenes = {name: np.asarray(scene_in_view(fit.system).values) for name, fit in fits.items()}
    figure = Figure(figsize=(13, 2.4), layout="constrained")
    shown = {"a point": caustic(), "frame": frame, **scenes, "true": picture()}
    for ax, (name, image) in zip(figure.subplots(1, 5), shown.items(), strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=None if name in ("a point", "frame") else 1.3)
        ax.set(title=name, xticks=[], yticks=[])
    figure.savefig(folder / "coded_lensless.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
