"""An off-axis hologram with an empty one beside it, simulated here, to the sample. Run: python off_axis.py [FOLDER]

Nobody tells the tilt of the reference, and the distance is 8 % wrong. The beam is uneven: the empty hologram, taken
without the sample, shows how.
"""

import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import backlight as bl
from backlight.maths.fourier import pad
from backlight.systems.off_axis_holography import ask, off_axis_hologram, sample_in_view
from backlight.units import mm, nm, um

SHAPE, DISTANCE, PATH = (96, 112), 1.2 * mm, "detection_path.parts.0.distance"
GIVEN = {"wavelength": 532 * nm, "pixel_pitch": 2.2 * um, "distance": 1.1 * mm}


def bars() -> np.ndarray:
    """Return a phase object: bars of 0.9 rad beside a hill of 2 rad."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] - np.array(SHAPE)[:, None, None] // 2
    phase = 2 * np.clip(1 - (y / 15) ** 2 - ((x + 16) / 13) ** 2, 0, None)
    phase += 0.9 * ((np.abs(y) < 14) & (np.abs(x - 16) < 10) & (np.abs(x - 16) % 8 < 3))
    return np.exp(1j * phase)


def uneven() -> np.ndarray:
    """Return the beam at the camera without a sample: a few waves of dust and reflections."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] / np.array(SHAPE)[:, None, None] - 0.5
    waves = ((1, 2, 0.3), (3, -1, 1.1), (-4, 3, 2.0), (5, 4, 0.2))
    return 1 + sum(0.09 * np.exp(2j * np.pi * (ky * y + kx * x) + 1j * at) for ky, kx, at in waves)


def simulated(sample: np.ndarray, seed: int) -> np.ndarray:
    """Return one hologram in counts."""
    microscope = off_axis_hologram(
        **GIVEN | {"distance": DISTANCE}, shape=SHAPE, reference_tilt=(-0.0686, 0.0755), reference_amplitude=1.5,
        empty=uneven(), noise=bl.camera.Gaussian(0.02),
    )  # fmt: skip
    whole = pad(jnp.asarray(sample, jnp.complex64), microscope.sample.shape, 1.0)
    microscope = eqx.tree_at(lambda m: m.sample.transmission, microscope, whole)
    return 500 * np.asarray(microscope.simulate(jax.random.key(seed)).values)


def error(found: np.ndarray) -> float:
    """Return the RMS phase error, rad, a constant phase and a tenth of the frame on each side left out."""
    turned = (found * np.conj(bars()))[tuple(slice(n // 10, n - n // 10) for n in SHAPE)]
    return float(np.std(np.angle(turned * np.exp(-1j * np.angle(turned.mean())))))


def main(folder: Path | None = None) -> dict[str, float]:
    frames, empty = simulated(bars(), 1), simulated(np.ones(SHAPE), 2)[0]
    unknown = {"sample": True, "distance": {"between": (0.8 * mm, 1.6 * mm)}, "reference_tilt": True}
    filtered = ask(frames, GIVEN, unknown, {"background": empty, "method": "fourier_filter"}).answer()
    joint = ask(frames, GIVEN, unknown, {"background": empty, "iterations": 300}).answer(error_bars=False)
    images = {name: np.asarray(sample_in_view(fit.system).values)
              for name, fit in (("Fourier filter", filtered), ("Backlight", joint))}  # fmt: skip
    for (name, image), fit in zip(images.items(), (filtered, joint), strict=True):
        shown = bl.units.format_length(fit.value(PATH), digits=4)
        print(f"{name}: distance {shown}, true 1.2 mm; phase off by {error(image):.3f} rad RMS")
    draw(frames[0], images, folder or Path(__file__).parent)
    return {"filter": error(images["Fourier filter"]), "joint": error(images["Backlight"]),
            "distance": joint.value(PATH)}  # fmt: skip


def draw(frame: np.ndarray, images: dict[str, np.ndarray], folder: Path) -> None:
    """Write the hologram and the phases beside one another."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3), layout="constrained")
    axes = figure.subplots(1, 4)
    axes[0].imshow(frame, cmap="gray")
    axes[0].set(title="hologram")
    for ax, (name, image) in zip(axes[1:], (images | {"true": bars()}).items(), strict=True):
        level = np.exp(-1j * np.angle(np.mean(image * np.conj(bars()))))
        shown = ax.imshow(np.angle(image * level), cmap="viridis", vmin=-0.5, vmax=2.2)
        ax.set(title=f"phase, {name}")
    figure.colorbar(shown, ax=axes[-1], label="rad")
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    figure.savefig(folder / "off_axis.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
