"""What a lens loses as it is built: how much each number matters, and what to expect after refocusing."""

from collections.abc import Iterable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight import units
from backlight.errors import InputError, nearest
from backlight.inverse.tree import leaf_paths
from backlight.lenses import LensFile
from backlight.lenses.describe import demand_light
from backlight.lenses.fields import launched
from backlight.lenses.record import AIR_BELOW
from backlight.light import Material
from backlight.maths.double_precision import in_double_precision
from backlight.rays import Lens, Pose, Surface, gauss_legendre
from backlight.rays.rims import without_rims
from backlight.systems.lens_merit import bundles, spots
from backlight.systems.tolerancing import Tolerance, monte_carlo, sensitivities
from backlight.units import um

DIMENSIONS = {
    "radius": "dimensionless", "thickness": "length", "index": "dimensionless", "decenter": "length", "tilt": "angle",
}  # fmt: skip
USUAL = {"radius": 1e-3, "thickness": 20e-6, "index": 5e-4, "decenter": 10e-6, "tilt": 0.5e-3}
"""Standard deviations of a careful workshop: of a radius, over the radius; the others in SI."""
CURVATURES = {"curvature": "", "curve.curvature": "", "curvature_x": " x", "turning": " x"}
"""Leaves of profiles that are curvatures, and along which axis where there are two."""
DIGITS = 12
"""Of meters: what is below a picometer is round-off."""
RULE = gauss_legendre(4, 8)


class OffIndex(Material):
    """A material whose index is off by the same at all wavelengths."""

    base: Material
    by: Float[Array | np.ndarray, ""]

    def index(self, wavelength: Any) -> Array:
        """Return n + δ."""
        return self.base.index(wavelength) + self.by


def parsed(given: Iterable[str]) -> dict[str, float]:
    """Return tolerances by kind from texts such as `thickness=20um`; the usual ones where there are none.

    **Errors:** `InputError` for a kind that is not known and for what is no quantity.
    """
    found = {}
    for text in given:
        kind, _, size = text.partition("=")
        if kind not in DIMENSIONS or not size:
            raise InputError("--tolerance", got=repr(text), expected=f"{', '.join(DIMENSIONS)} = a size",
                             remedy=nearest(kind, DIMENSIONS))  # fmt: skip
        found[kind] = units.parse(size, DIMENSIONS[kind], where=f"--tolerance {kind}")
        if not found[kind] > 0:
            raise InputError(f"--tolerance {kind}", got=size, expected="a standard deviation > 0")
    return found or USUAL


@in_double_precision
def toleranced(told: LensFile, sizes: dict[str, float], *, samples: int = 256, seed: int = 0) -> dict[str, Any]:
    """Return the RMS spot over fields and wavelengths as built, and by how much each number widens it, in m.

    The image is refocused in each sample, and for the nominal lens, not for the single numbers.

    **Arguments:** `sizes`: standard deviations by kind, see `USUAL`.

    **Errors:** `InputError` for a lens that nothing passes, or in which nothing can be off.
    """
    demand_light(told)
    nominal = without_rims(told.lens)
    lens, named = _loose(nominal), _tolerances(told, sizes)
    if not named:
        raise InputError("lens", got="no surface that has such numbers", expected="something to be off")
    rays = bundles(nominal, launched(told), np.asarray(told.wavelengths), rule=RULE, reference=told.wavelength)
    merit = lambda one: spots(one, rays)  # noqa: E731
    tolerances = list(named.values())
    off = sensitivities(lens, merit, tolerances)
    focus = f"surfaces.{len(lens.surfaces) - 2}.thickness"
    built = monte_carlo(lens, merit, tolerances, samples=samples, seed=seed, compensators=[focus])
    perfect = monte_carlo(lens, merit, [one._replace(sigma=0.0) for one in tolerances], samples=2, compensators=[focus])
    widened = np.round(_rms(off.nominal + np.abs(off.first) + off.second / 2) - _rms(off.nominal), DIGITS)
    return {
        "rms_spot": {
            "nominal": float(_rms(np.min(perfect.merit))),
            "expected": float(_rms(np.mean(built.merit))),
            "median": float(np.median(_rms(built.merit))),
            "nine_of_ten": float(np.percentile(_rms(built.merit), 90)),
        },
        "refocusing": float(np.std(built.moves)),
        "samples": samples,
        "tolerances": [
            {"name": name, "shown": _shown(name, sizes), "size": one.sigma, "widens": float(by)}
            for (name, one), by in zip(named.items(), widened, strict=True)
        ],
    }


def _shown(name: str, sizes: dict[str, float]) -> str:
    kind = name.split()[0]
    return f"{100 * sizes[kind]:.3g} %" if kind == "radius" else units.format_quantity(sizes[kind], DIMENSIONS[kind])


def _rms(merit: Any) -> np.ndarray:
    """Return √‖r‖² in m of ½‖r‖² in µm²."""
    return um * np.sqrt(2 * np.maximum(np.asarray(merit, float), 0.0))


def _loose(lens: Lens) -> Lens:
    """Return the lens with a pose and an index of its own for every surface."""

    def loosened(surface: Surface, medium: Material) -> Surface:
        given = (surface.pose or Pose(), None if surface.mirror else OffIndex(medium, np.zeros(())))
        return eqx.tree_at(lambda s: (s.pose, s.medium), surface, given, is_leaf=lambda leaf: leaf is None)

    rows = tuple(loosened(*pair) for pair in zip(lens.surfaces, lens.media()[1:], strict=True))
    return eqx.tree_at(lambda one: one.surfaces, lens, rows)


def _tolerances(told: LensFile, sizes: dict[str, float]) -> dict[str, Tolerance]:
    """Return what can be off, by name: at surfaces that bend or reflect light, and between them."""
    lens, paths = told.lens, leaf_paths(told.lens)
    indices = np.asarray(lens.indices(jnp.asarray(told.wavelength)))
    found: dict[str, Tolerance] = {}

    def add(i: int, kind: str, path: str, scale: float = 1.0, at: tuple[int, ...] = (), way: str = "") -> None:
        if kind in sizes:
            found[f"{kind} {i}{way}"] = Tolerance(f"surfaces.{i}.{path}", scale * sizes[kind], at)

    for i, surface in enumerate(lens.surfaces[:-1]):
        for leaf, way in CURVATURES.items():
            curvature = float(np.asarray(paths.get(f"surfaces.{i}.profile.{leaf}", 0.0)))
            if curvature:
                add(i, "radius", f"profile.{leaf}", abs(curvature), way=way)
        if float(surface.thickness) and i < len(lens.surfaces) - 2:
            add(i, "thickness", "thickness")
        if indices[i + 1] > AIR_BELOW and not surface.mirror:
            add(i, "index", "medium.by")
        if surface.mirror or indices[i] != indices[i + 1]:
            for at, way in ((1, " y"), (2, " x")):
                add(i, "decenter", "pose.shift", at=(at,), way=way)
            for at, way in ((2, " about x"), (1, " about y")):
                add(i, "tilt", "pose.tilt", at=(at,), way=way)
    return found
