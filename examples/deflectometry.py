"""A lens measured by what two cameras see of a display through it; simulated. Run: python deflectometry.py [FOLDER]

The display shows fringes, moved step by step; the frames tell which point of it each pixel sees. Nothing is known of
the lens but its glass: the search begins with a flat plate that stands millimeters off. Beside it the same search for
the surfaces alone, the plate standing where it was thought to.
"""

import sys
from pathlib import Path

import numpy as np

from backlight.inverse import losses
from backlight.inverse.estimate import estimate
from backlight.light import ConstantIndex
from backlight.rays import Conic, Lens, Pinhole, Surface
from backlight.systems import deflectometry
from backlight.systems.deflectometry_instrument import SOLVER, lens_unknowns
from backlight.systems.fringes import seen_points
from backlight.units import mm, nm

PITCH, PERIODS, STEPS, ACROSS = 0.11 * mm, (1152.0, 128.0, 24.0), 4, 40
RADII, THICKNESS = (-82.23 * mm, -32.14 * mm), 3.59 * mm
SHIFT, TILT = (-70.3 * mm, -1.4 * mm, 6.8 * mm), (0.021, -0.014)
MIDDLE = 500  # row and column of the display's middle
GUESS = (-68 * mm, 0.0, 6 * mm)
PATHS = {
    "front radius": "sample.lens.surfaces.0.profile.curvature",
    "back radius": "sample.lens.surfaces.1.profile.curvature",
    "thickness": "sample.lens.surfaces.0.thickness",
}
TRUE = {"front radius": RADII[0], "back radius": RADII[1], "thickness": THICKNESS}


def cameras() -> list[Pinhole]:
    """Return one camera that looks along the display's normal, and one 15° aside."""
    cos, sin = np.cos(np.deg2rad(15)), np.sin(np.deg2rad(15))
    aside = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    return [
        Pinhole((15500.0, 15500.0), (1030.0, 1040.0), distortion=(-0.1, 30.0), position=(-0.83, 0.0, 0.0)),
        Pinhole(
            (14190.0, 14200.0), (1010.0, 1020.0), distortion=(1.3, 28.0), position=(-0.95, -0.04, -0.22), axes=aside
        ),
    ]


def instrument(lens: Lens, pixels: np.ndarray, shift: tuple, tilt: tuple = (0.0, 0.0)):
    return deflectometry(lens, cameras(), pixels, wavelength=550 * nm, pitch=PITCH, shift=shift, tilt=tilt,
                         scatter=50e-6)  # fmt: skip


def meniscus(radii: tuple, thickness: float) -> Lens:
    return Lens([Surface(Conic(radii[0]), thickness=thickness, medium=ConstantIndex(1.5168)),
                 Surface(Conic(radii[1]), medium=ConstantIndex(1.0))])  # fmt: skip


def looking_through() -> np.ndarray:
    """Return a grid of pixels of each camera that looks at the middle of the lens."""
    line = np.linspace(-150, 150, ACROSS)
    y, x = np.meshgrid(line, line, indexing="ij")
    middles = ((1001.0, 1179.0), (1613.0, 886.0))
    return np.stack([np.stack([row + y.ravel(), column + x.ravel()]) for row, column in middles])


def photographed(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the frames of one camera while the display shows its fringes."""
    places = points[:, None, None] + MIDDLE
    turns = places / np.array(PERIODS)[:, None, None] - np.arange(STEPS)[:, None] / STEPS
    frames = 200 + 450 * (1 + np.cos(2 * np.pi * turns))
    return frames + rng.normal(scale=60, size=frames.shape)


def main(folder: Path | None = None) -> dict[str, float]:
    rng, pixels = np.random.default_rng(0), looking_through()
    truth = np.asarray(instrument(meniscus(RADII, THICKNESS), pixels, SHIFT, TILT).predict().values)
    frames = [photographed(points, rng)[..., None] for points in truth]
    measured = np.stack([seen_points(each, PERIODS).points[..., 0] - MIDDLE for each in frames])
    plate = instrument(meniscus((None, None), 3 * mm), pixels, GUESS)
    table = lens_unknowns(plate.sample.lens)
    asked = {"joint": table, "surfaces alone": {path: table[path] for path in PATHS.values()}}
    found = {name: estimate(plate, measured, unknowns, loss=losses.intensity(), solver=SOLVER)
             for name, unknowns in asked.items()}  # fmt: skip
    for name, fit in found.items():
        left = np.std(np.asarray(fit.system.predict().values) - measured) * PITCH
        print(f"{name}: {left * 1e6:.0f} µm left on the display")
        for what, path in PATHS.items():
            value, std = length(fit, path)
            print(f"  {what}: {value / mm:.3f} ± {std / mm:.3f} mm, true {TRUE[what] / mm:.2f} mm")
    draw(found, measured, folder or Path(__file__).parent)
    return {what: length(found["joint"], path)[0] for what, path in PATHS.items()}


def length(fit, path: str) -> tuple[float, float]:
    """Return a radius or a thickness and its standard deviation, m."""
    value, std = fit.value(path), fit.std(path) or np.nan
    return (1 / value, std / value**2) if path.endswith("curvature") else (value, std)


def draw(found: dict, measured: np.ndarray, folder: Path) -> None:
    """Write how far each pixel's point is from the measured one, for the first camera."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots(1, 3)
    systems = {"flat plate": found["joint"].initial} | {name: fit.system for name, fit in found.items()}
    for ax, (name, system) in zip(axes, systems.items(), strict=True):
        off = (np.asarray(system.predict().values)[0] - measured[0]) * PITCH / mm
        shown = ax.imshow(np.hypot(*off).reshape(ACROSS, ACROSS), cmap="magma")
        ax.set(title=name, xticks=[], yticks=[])
        figure.colorbar(shown, ax=ax, label="off on the display, mm")
    figure.savefig(folder / "deflectometry.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
