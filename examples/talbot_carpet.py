"""The Talbot carpet: light behind a grating repeats its picture. Run: python talbot_carpet.py [FOLDER]

At a period of four wavelengths the textbooks' paraxial length 2d²/λ is 1.8 % too long: after 27 of them there is light
where the picture is dark. The length is measured where the fringes vanish, at three quarters of it, by following their
slope in the distance. The picture goes to FOLDER (default: the folder of this file).
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import backlight as bl
from backlight.units import nm, um

WAVELENGTH, PERIOD, PIXELS = 532 * nm, 2 * um, 32
EXACT = WAVELENGTH / (1 - np.sqrt(1 - (WAVELENGTH / PERIOD) ** 2))
PARAXIAL = 2 * PERIOD**2 / WAVELENGTH


def irradiance(distance):
    """Return one period of the light at `distance` (m) behind a grating of orders 0 and ±1."""
    grid = bl.light.Grid((1, PIXELS), PERIOD / PIXELS)
    grating = bl.light.Field(0.5 + 0.5 * jnp.cos(2 * jnp.pi / PERIOD * grid.x)[None, :], grid, WAVELENGTH)
    return bl.wave.FreeSpace(distance, bl.wave.AngularSpectrum(band_limit=False))(grating).irradiance[0]


@jax.jit
def fringe(distance):
    """Return the fringes of one period: 1 as at the grating, −1 shifted by half a period, 0 where they vanish."""
    x = jnp.arange(PIXELS) / PIXELS - 0.5
    return 4 * jnp.mean(irradiance(distance) * jnp.cos(2 * jnp.pi * x))


def measured_length() -> float:
    """Return 4/3 of the distance where the fringes vanish for the second time, by Newton's method."""
    distance, both = 0.75 * PARAXIAL, jax.jit(jax.value_and_grad(fringe))
    for _ in range(5):
        contrast, slope = both(distance)
        distance -= float(contrast / slope)
    return distance / 0.75


def main(folder: Path | None = None) -> dict[str, float]:
    found = measured_length()
    lengths = {"measured": found, "exact": EXACT, "paraxial": PARAXIAL}
    print("Talbot length:", ", ".join(f"{name} {1e6 * length:.3f} µm" for name, length in lengths.items()))
    far = {name: float(fringe(27 * length)) for name, length in lengths.items()}
    print("fringes after 27 of them:", ", ".join(f"{name} {contrast:+.2f}" for name, contrast in far.items()))
    draw(folder or Path(__file__).parent)
    return lengths | {"after 27 exact": far["exact"], "after 27 paraxial": far["paraxial"]}


def draw(folder: Path) -> None:
    """Write the carpet up to the first repeat, and the fringes about the 27th."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    carpet, far = figure.subplots(1, 2, width_ratios=(1.3, 1))
    z = jnp.linspace(0, 1.1 * EXACT, 110)
    picture = np.tile(np.asarray(jax.jit(jax.vmap(irradiance))(z)).T, (4, 1))
    extent = (0, 1.1e6 * EXACT, 0, 4e6 * PERIOD)
    shown = carpet.imshow(picture, extent=extent, cmap="cividis", aspect="auto", origin="lower", interpolation="none")
    figure.colorbar(shown, ax=carpet, label="irradiance")
    carpet.axvline(1e6 * EXACT, color="#d55e00", label="exact")
    carpet.axvline(1e6 * PARAXIAL, color="white", linestyle="--", label="paraxial")
    carpet.set(xlabel="z (µm)", ylabel="x (µm)", title="from the grating to its picture")
    carpet.legend(loc="upper center", facecolor="#444444", labelcolor="white")
    repeats = np.linspace(26, 28, 81)
    far.plot(repeats, np.cos(2 * np.pi * repeats), color="#d55e00", label="exact")
    far.plot(repeats, np.cos(2 * np.pi * repeats * EXACT / PARAXIAL), color="#666666", linestyle="--", label="paraxial")
    far.plot(repeats, jax.vmap(fringe)(jnp.asarray(repeats * EXACT)), ".", color="#0072b2", label="Backlight")
    far.set(xlabel="z / exact Talbot length", ylabel="fringes", ylim=(-1.1, 1.5), title="the 27th picture")
    far.legend(loc="upper center", ncols=3, frameon=False, fontsize="small")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "talbot_carpet.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
