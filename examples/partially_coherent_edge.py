"""The image of an edge, the condenser closed, half open and open. Run: python partially_coherent_edge.py [FOLDER]

σ is the aperture of the condenser over that of the objective. Coherent light (σ = 0) overshoots, rings, and has a
quarter of its brightness at the edge. As the condenser opens the ringing goes, and the brightness at the edge grows
towards one half, which is what incoherent light would have.
"""

import sys
from pathlib import Path

import numpy as np

import backlight as bl
from backlight.light import Field, map_modes
from backlight.maths.fourier import fft2, ifft2
from backlight.systems import Nothing
from backlight.units import nm, um

APERTURE, WAVELENGTH, PITCH = 0.25, 532 * nm, 0.25 * um
SHAPE = (4, 256)
OPENINGS = (0.0, 0.3, 0.7, 1.0)


class RoundPupil(bl.wave.Element):
    """A round aperture in the Fourier plane of a 1 : 1 lens."""

    aperture: float

    def __call__(self, field: Field) -> Field:
        """Drop what the aperture stops, mode by mode."""
        return map_modes(self._stopped, field)

    def _stopped(self, field: Field) -> Field:
        y, x = field.grid.fy + field.tilt[0], field.grid.fx + field.tilt[1]
        inside = y[:, None] ** 2 + x**2 <= (self.aperture / field.wavelength) ** 2
        return field.with_values(ifft2(fft2(field.full) * inside))


def microscope(opening: float) -> bl.ImagingSystem:
    """Return a microscope that looks at a half-plane; the grid repeats it, with a second edge far away."""
    condenser = bl.wave.ExtendedSource.disc(WAVELENGTH, opening * APERTURE, reach=20 * um, error=1e-3)
    edge = bl.wave.ThinSample(np.broadcast_to(np.arange(SHAPE[1]) >= SHAPE[1] // 2, SHAPE))
    camera = bl.camera.Camera(SHAPE, PITCH)
    return bl.ImagingSystem(
        condenser, Nothing(), edge, RoundPupil(APERTURE), camera, bl.camera.Poisson(1e4), modes_at_once=64
    )


def main(folder: Path | None = None) -> dict[float, np.ndarray]:
    images = {opening: np.asarray(microscope(opening).predict().values)[0, 0] for opening in OPENINGS}
    middle = SHAPE[1] // 2
    for opening, image in images.items():
        at_edge = 0.5 * (image[middle - 1] + image[middle])
        points = len(microscope(opening).illumination.weights)
        print(f"sigma {opening:.1f}: {points} source points, edge at {at_edge:.2f}, highest {image.max():.2f}")
    draw(images, folder or Path(__file__).parent)
    return images


def draw(images: dict[float, np.ndarray], folder: Path) -> None:
    """Write the profiles across the edge, and the images above one another."""
    from matplotlib.figure import Figure

    x = (np.arange(SHAPE[1]) - SHAPE[1] // 2 + 0.5) * PITCH / um
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for opening, image in images.items():
        left.plot(x, image, label=f"σ = {opening:g}")
    left.axvline(0, color="0.8", zorder=0)
    left.set(title="irradiance across the edge", xlabel="x (µm)", xlim=(-8, 8))
    left.legend()
    rows = np.repeat(np.stack(list(images.values())), 40, axis=0)
    right.imshow(rows, cmap="gray", extent=(x[0], x[-1], len(images), 0), aspect="auto")
    right.set(title="seen by the camera", xlabel="x (µm)", xlim=(-8, 8))
    right.set_yticks(np.arange(len(images)) + 0.5, [f"σ = {opening:g}" for opening in images])
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "partially_coherent_edge.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
