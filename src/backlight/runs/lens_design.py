"""A better lens: the shape of its surfaces and the air between them, for small spots at a focal length."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.constraints import equal
from backlight.inverse.optimize import optimize
from backlight.inverse.tree import get_leaf, leaf_paths, resolve, set_leaves
from backlight.inverse.unknowns import Free, Interval, Unknown
from backlight.lenses import LensFile
from backlight.lenses.describe import demand_light
from backlight.lenses.fields import field_name, launched
from backlight.lenses.record import AIR_BELOW
from backlight.light import RayStatus
from backlight.maths.double_precision import in_double_precision
from backlight.rays import Lens, first_order, gauss_legendre, launch, trace
from backlight.rays.rims import without_rims
from backlight.units import mm

RULE = gauss_legendre(4, 8)
OFF, TIGHT = 1e-4, 1e-5
"""Of the focal length: what it may be off by, and what counts as a spot of `UNIT` while it is searched."""
NARROWEST, WIDEST = 0.2, 3.0
"""What a space of air may become over what it is."""
UNIT, LOST = 1e-6, 0.1
"""m: a residual of 1, and what a lost ray counts as: worse than any spot."""


def improved(
    told: LensFile, *, free: tuple[str, ...] = (), efl: float | None = None
) -> tuple[LensFile, dict[str, Any]]:
    """Return the lens file with small spots over its fields and wavelengths, and what was before and after.

    **Arguments:** `free`: paths of leaves of the lens, curvatures and spaces of air where there are none; `efl`: the
    focal length that is wanted, m, the one it has where `None`.

    **Errors:** `InputError` for unknown paths, for a lens that has no light, no focal length or nothing to change, and
    where the focal length is not to be had.
    """
    demand_light(told)
    chosen = tuple(resolve(told.lens, path) for path in free) or _default(told)
    if not chosen:
        raise InputError("lens", got="no bent surface and no space of air", expected="something to change",
                         remedy="name leaves with --free")  # fmt: skip
    fields, bare = launched(told), without_rims(told.lens)
    wanted = _efl(told) if efl is None else efl
    if not np.isfinite(wanted) or wanted == 0:
        raise InputError("efl", got=f"{wanted:g} m", expected="a focal length")

    def merit(lens: Lens) -> Float[Array, " n"]:
        return jnp.concatenate(_spots(told, lens, fields)) / UNIT

    def power(lens: Lens) -> Float[Array, ""]:
        return wanted / first_order(lens, told.wavelength).efl

    found = optimize(bare, merit, {path: _unknown(told.lens, path) for path in chosen},
                     constraints=[equal(power, 1.0, size=TIGHT, name="efl")])  # fmt: skip
    values: dict[str, Any] = {path: np.asarray(get_leaf(found.model, path), float) for path in chosen}
    better = dataclasses.replace(told, lens=set_leaves(told.lens, values))
    if not abs(found.constraints["efl"] - 1) < OFF:
        raise InputError("efl", got=f"{_efl(better) / mm:.6g} mm at best", expected=f"{wanted / mm:g} mm",
                         remedy="free other numbers, or go there in steps")  # fmt: skip
    demand_light(better)
    spots = list(zip(_rms(told, fields), _rms(better, fields), strict=True))
    if any(after > LOST / 2 > before for before, after in spots):
        raise InputError("lens", got="no design: a search that ended where rays are lost",
                         expected="fields that stay lit", remedy="free fewer numbers")  # fmt: skip
    report = {
        "merit": {"before": found.initial_merit, "after": found.merit},
        "efl": {"before": _efl(told), "after": _efl(better)},
        "rms_spots": [
            {"field": field_name(field, told.lens.object_distance is not None), "before": before, "after": after}
            for field, (before, after) in zip(fields, spots, strict=True)
        ],
        "free": {
            path: {"before": np.asarray(get_leaf(told.lens, path)).tolist(), "after": values[path].tolist()}
            for path in chosen
        },
        "status": found.status,
        "stop_reason": found.stop_reason,
        "iterations": found.iterations,
    }
    return better, report


def _default(told: LensFile) -> tuple[str, ...]:
    """Return the curvatures of bent surfaces and the spaces of air, but for what stands before the first surface."""
    paths = leaf_paths(told.lens)
    with_air = np.asarray(_indices(told)) < AIR_BELOW
    found = []
    for i, surface in enumerate(told.lens.surfaces[:-1]):
        curvature, thickness = f"surfaces.{i}.profile.curvature", f"surfaces.{i}.thickness"
        if curvature in paths and float(np.asarray(paths[curvature])) != 0:
            found.append(curvature)
        if with_air[i + 1] and float(surface.thickness) != 0:
            found.append(thickness)
    return tuple(found)


def _unknown(lens: Lens, path: str) -> Unknown:
    """Return what is known of a leaf: a thickness keeps its sign, and about its size."""
    start = float(np.asarray(get_leaf(lens, path)).ravel()[0])
    if path.endswith(".thickness") and start:
        low, high = sorted((NARROWEST * start, WIDEST * start))
        return Interval(low, high)
    return Free()


def _spots(told: LensFile, lens: Lens, fields: np.ndarray) -> list[Float[Array, " n"]]:
    """Return offsets of each field's rays of all colors from their mean, so weighted that ‖·‖² is the mean square."""
    shares = np.asarray(told.weights)[:, None] / np.sum(told.weights) * RULE.weights
    found = []
    for field in fields:
        bundles = [launch(lens, field, RULE.points, color, reference=told.wavelength) for color in told.wavelengths]
        rays = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(trace(lens, bundle) for bundle in bundles))
        lit = jnp.where(rays.status == RayStatus.HIT, shares, 0.0)[:, None]
        place = rays.position[:, 1:]
        mean = jnp.sum(lit * place, axis=(0, 2)) / jnp.maximum(jnp.sum(lit), 1e-30)
        off = jnp.where(lit > 0, place - mean[:, None], LOST)
        found.append(jnp.ravel(off * np.sqrt(shares)[:, None]))
    return found


@in_double_precision
def _rms(told: LensFile, fields: np.ndarray) -> list[float]:
    return [float(jnp.linalg.norm(off)) for off in _spots(told, without_rims(told.lens), fields)]


@in_double_precision
def _efl(told: LensFile) -> float:
    return float(first_order(told.lens, told.wavelength).efl)


@in_double_precision
def _indices(told: LensFile) -> np.ndarray:
    return np.asarray(told.lens.indices(jnp.asarray(told.wavelength)))
