"""The Airy pattern of an objective beside the formula. Run: python airy.py [FOLDER]

A point is imaged through a bare pupil, and through one with half a radian of coma. Pictures go to FOLDER (default: the
folder of this file).
"""

import sys
from pathlib import Path

import numpy as np
from scipy.special import j1

from backlight.light import Field, Grid
from backlight.units import nm, um
from backlight.wave import NollZernikes, Objective

N, PITCH, WAVELENGTH, NA = 256, 0.4 * um, 532 * nm, 0.25


def point_image(objective: Objective) -> np.ndarray:
    """Return the irradiance of a point's image, 1 at the peak of a perfect one."""
    point = np.zeros((N, N))
    point[N // 2, N // 2] = 1 / (np.pi * (NA / WAVELENGTH * PITCH) ** 2)
    return np.asarray(objective(Field(point, Grid((N, N), PITCH), WAVELENGTH)).irradiance)


def airy(r: np.ndarray) -> np.ndarray:
    """Return [2J₁(x)/x]², x = 2π NA r/λ."""
    x = np.maximum(2 * np.pi * NA / WAVELENGTH * np.abs(r), 1e-9)
    return (2 * j1(x) / x) ** 2


def main(folder: Path | None = None) -> dict[str, float]:
    image = point_image(Objective(NA))
    coma = point_image(Objective(NA, aberrations=NollZernikes([0.5], first=8)))
    r = (np.arange(N) - N // 2) * PITCH
    row = image[N // 2]
    found = {"largest error": float(np.abs(row - airy(r)).max()), "Strehl ratio with coma": float(coma.max())}
    for name, value in found.items():
        print(f"{name}: {value:.4f}")
    draw(image, coma, r, row, folder or Path(__file__).parent)
    return found


def draw(image: np.ndarray, coma: np.ndarray, r: np.ndarray, row: np.ndarray, folder: Path) -> None:
    """Write the two point images and the row through the middle of the first."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    middle = slice(N // 2 - 16, N // 2 + 17)
    extent = [1e6 * (r[middle][0] - PITCH / 2), 1e6 * (r[middle][-1] + PITCH / 2)]
    for axis, picture, title in zip(axes, (image, coma), ("bare pupil", "0.5 rad of coma"), strict=False):
        axis.imshow(picture[middle, middle] ** 0.4, cmap="magma", extent=[*extent, *extent[::-1]])
        axis.set(title=f"{title} (irradiance to the power 0.4)", xlabel="x (µm)", ylabel="y (µm)")
        axis.title.set_fontsize(9)
    fine = np.linspace(r[middle][0], r[middle][-1], 500)
    axes[2].semilogy(1e6 * fine, airy(fine), label="[2J₁(x)/x]²")
    axes[2].semilogy(1e6 * r[middle], row[middle], "o", markersize=3, label="objective")
    axes[2].set(xlabel="x (µm)", ylabel="irradiance", ylim=(1e-6, 2))
    axes[2].legend(fontsize=8)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "airy.png", dpi=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
