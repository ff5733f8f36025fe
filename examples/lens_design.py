"""A triplet, f = 50 mm, f/4, ±10°, from plates that are nearly flat. Run: python lens_design.py

By a sequence of merits: first-order powers, then spots of a narrow beam and field, then of wider ones, each search from
where the last one ended. Focal length and air spaces are constraints. Then what is built of it, with tolerances.
"""

from collections.abc import Iterator

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from backlight.inverse.curriculum import Stage, curriculum
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.optimize import Design
from backlight.inverse.unknowns import Free
from backlight.light import Cauchy, ConstantIndex
from backlight.rays import Conic, Lens, Surface, first_order
from backlight.systems.lens_merit import bundles, center_thickness, focal_length, spots
from backlight.systems.tolerancing import Tolerance, monte_carlo, sensitivities
from backlight.units import mm, nm, um

COLORS, GREEN, FOCAL_LENGTH = np.array([486.1, 587.6, 656.3]) * nm, 587.6 * nm, 50 * mm
CROWN, FLINT, AIR = Cauchy([1.6057, 5.40e-15]), Cauchy([1.5956, 8.92e-15]), ConstantIndex(1.0)
STEPS = ((4 * mm, (0, 4), False), (8 * mm, (0, 5, 7), True), (12.5 * mm, (0, 7, 10), True))
"""Diameter of the beam, field angles in degrees, and whether the air spaces may change."""


def plates() -> Lens:
    """Return three plates with radii of a meter, twenty times the focal length."""
    signs, behind = (1, -1, -1, 1, 1, -1), (CROWN, AIR, FLINT, AIR, CROWN, AIR)
    thickness = np.array([3.5, 6, 1.5, 6, 3.5, 42]) * mm
    rows = [Surface(Conic(sign * 1.0), thickness=t, medium=medium, stop=i == 3)
            for i, (sign, t, medium) in enumerate(zip(signs, thickness, behind, strict=True))]  # fmt: skip
    return Lens([*rows, Surface()], entrance_pupil_diameter=12.5 * mm)


def powers(lens: Lens) -> jnp.ndarray:
    """Return focal length and focus against what is wanted, and curvatures, which should be small."""
    first = first_order(lens, GREEN)
    bends = jnp.stack([surface.profile.curvature for surface in lens.surfaces[:6]])
    return jnp.concatenate([jnp.stack([first.efl - FOCAL_LENGTH, first.back_focus]) / mm, 0.01 * bends])


def seen(diameter: float, angles: tuple[float, ...]):
    """Return the merit of a beam and a field: spots over all colors."""

    def merit(lens: Lens) -> jnp.ndarray:
        lens = eqx.tree_at(lambda one: one.entrance_pupil_diameter, lens, jnp.asarray(diameter))
        return spots(lens, bundles(lens, np.deg2rad([[angle, 0.0] for angle in angles]), COLORS))

    return merit


def stages() -> Iterator[Stage]:
    """Return the searches: powers first, then spots."""
    bends = {f"surfaces.{i}.profile.curvature": Free(scale=20.0) for i in range(6)}
    spaces = {f"surfaces.{i}.thickness": Free() for i in (1, 3, 5)}
    obeyed = [focal_length(GREEN, FOCAL_LENGTH), center_thickness(5, 20 * mm, 60 * mm)]
    obeyed += [center_thickness(i, 1 * mm, 12 * mm) for i in (1, 3)]
    yield Stage(powers, bends)
    for diameter, angles, moving in STEPS:
        yield Stage(seen(diameter, angles), bends | (spaces if moving else {}), obeyed if moving else obeyed[:1])


def main() -> Design:
    """Design, tell what comes of it, and return the last design."""
    _, *designs = curriculum(plates(), stages(), solver=LevenbergMarquardt(steps=8, inner=10))
    for (diameter, angles, _), found in zip(STEPS, designs, strict=True):
        lens = found.model
        print(f"beam {diameter / mm:4.1f} mm, to {angles[-1]:2d}°: RMS spot {np.sqrt(2 * found.merit):5.2f} µm, "
              f"focal length {found.constraints['focal length'] / mm:.4f} mm, {found.seconds:.1f} s")  # fmt: skip
    off = [Tolerance(f"surfaces.{i}.thickness", 20 * um) for i in range(5)]
    merit = seen(*STEPS[-1][:2])
    print("each thickness off by 20 µm adds to ½‖r‖²:", np.round(sensitivities(lens, merit, off).second / 2, 2))
    built = monte_carlo(lens, merit, off, samples=200, compensators=["surfaces.5.thickness"])
    print(f"90 % of what is built, refocused, is better than {np.sqrt(2 * np.percentile(built.merit, 90)):.2f} µm")
    return found


if __name__ == "__main__":
    main()
