"""What a phase plate in the Fourier plane of a 4f system makes of a transparent object. Run it with FOLDER.

Three plates: none, Zernike's quarter-wave dot (phase becomes brightness), a vortex (edges shine). The pictures go to
FOLDER (default: the folder of this file).
"""

import sys
from pathlib import Path

import numpy as np

from backlight.light import Field, Grid
from backlight.units import nm, um
from backlight.wave import Objective

N, PITCH, WAVELENGTH, NA, SCALE = 192, 0.5 * um, 532 * nm, 0.25, -4.0


def cells() -> np.ndarray:
    """Return the delay of three round cells with kernels and of a thin bar, rad."""
    y, x = np.mgrid[:N, :N] * 1.0
    phase = np.zeros((N, N))
    for y0, x0, radius in ((58, 62, 26), (120, 92, 34), (72, 138, 20)):
        r = np.hypot(y - y0, x - x0) / radius
        phase += 0.22 * np.sqrt(np.maximum(1 - r**2, 0)) + 0.1 * (np.hypot(y - y0 - 5, x - x0 + 6) < 0.25 * radius)
    return phase + 0.15 * ((np.abs(y - 160) < 3) & (np.abs(x - 140) < 32))


def plates(pixels: int = 256) -> dict[str, np.ndarray]:
    """Return the complex transmission of each plate on the square around the pupil."""
    v = (2 * np.arange(pixels) + 1) / pixels - 1
    rho, theta = np.hypot(v[:, None], v), np.arctan2(v[:, None], v + 0 * v[:, None])
    return {
        "no plate": np.ones((1, 1)),
        "quarter-wave dot": np.where(rho < 0.02, 1j, 1.0),
        "vortex": np.exp(1j * theta),
    }


def main(folder: Path | None = None) -> dict[str, np.ndarray]:
    phase = cells()
    light = Field(np.exp(1j * phase), Grid((N, N), PITCH), WAVELENGTH)
    images = {
        name: SCALE**2 * np.asarray(Objective(NA, SCALE, pupil=plate)(light).irradiance)
        for name, plate in plates().items()
    }
    for name, image in images.items():
        slope = np.polyfit(phase.ravel(), image.ravel(), 1)[0]
        print(f"{name}: irradiance {image.mean():.3f} ± {image.std():.3f}, changes by {slope:+.2f} per radian of delay")
    draw(phase, images, folder or Path(__file__).parent)
    return {"phase": phase, **images}


def draw(phase: np.ndarray, images: dict[str, np.ndarray], folder: Path) -> None:
    """Write object and images; the images as they stand in the image plane, upside down."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3.4), layout="constrained")
    axes = figure.subplots(1, 4)
    half = 0.5e6 * N * PITCH
    pictures = {"object: delay (rad)": phase, **{name: image[::-1, ::-1] for name, image in images.items()}}
    for axis, (title, picture) in zip(axes, pictures.items(), strict=True):
        edge = half if picture is phase else half * abs(SCALE)
        shown = axis.imshow(picture, cmap="gray", extent=[-edge, edge, edge, -edge], vmin=0)
        axis.set(title=title, xlabel="x (µm)")
        figure.colorbar(shown, ax=axis, shrink=0.8)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "four_f_phase_plate.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
