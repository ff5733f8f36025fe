"""Reference lenses, as they are told in millimeters, as lenses."""

import json
from typing import Any

import equinox as eqx
import jax.numpy as jnp

from backlight.light import Cauchy, ConstantIndex, Material, Sellmeier
from backlight.rays import Asphere, Conic, Lens, Pose, Surface, Toroid

MM, UM = 1e-3, 1e-6
AIR = ConstantIndex(1.0)


class Powers(Material):
    """n² = Σ aⱼ λ^pⱼ, λ in µm: a test's own glass."""

    terms: tuple[tuple[float, int], ...] = eqx.field(static=True)

    def index(self, wavelength):
        return jnp.sqrt(sum(a * (jnp.asarray(wavelength) / UM) ** p for a, p in self.terms))


def load(path) -> dict[str, Any]:
    """Return cases by name, and the glasses."""
    read = json.loads(path.read_text())
    return {case["id"]: case for case in read["cases"]} | {"glasses": read["glasses"]}


def glass(told: Any, glasses: dict[str, Any]) -> Material:
    if isinstance(told, dict):
        return ConstantIndex(told["n"])
    if told == "AIR":
        return AIR
    found = glasses[told]
    if "a_p" in found:
        return Powers(tuple((a, p) for a, p in found["a_p"]))
    terms = found["B_C"]
    return Sellmeier(terms[0::2], [c * UM**2 for c in terms[1::2]])


def lens_of(surfaces: list[dict], glasses: dict[str, Any], diameter: float | None, **given: Any) -> Lens:
    return Lens([row(one, glasses) for one in surfaces],
                entrance_pupil_diameter=None if diameter is None else diameter * MM, **given)  # fmt: skip


def row(told: dict, glasses: dict[str, Any]) -> Surface:
    radius = None if told["R"] is None else told["R"] * MM
    powers = told.get("even_asphere") or told.get("radial_polynomial") or {}
    conic = told.get("conic", 0.0)
    if powers:
        orders = [int(name.removeprefix("r^")) for name in powers]
        values = [a * MM ** (1 - p) for a, p in zip(powers.values(), orders, strict=True)]
        profile: Any = Asphere(radius, conic, values, orders)
    else:
        profile = Conic(radius, conic)
    if "toroid" in told:
        second, fourth = told["toroid"]["y_profile_poly_y2_y4"]
        curve = Asphere(radius, conic, [second / MM, fourth / MM**3], [2, 4])
        profile = Toroid(curve, told["toroid"]["Rx"] * MM)
    medium = told.get("medium_after")
    mirror = medium == "MIRROR"
    known = medium not in (None, "MIRROR", "(unchanged)")
    return Surface(profile, thickness=told.get("t", 0.0) * MM, mirror=mirror, stop=told.get("stop", False),
                   medium=glass(medium, glasses) if known else None, pose=pose(told))  # fmt: skip


def pose(told: dict) -> Pose | None:
    """Return what CODE V calls a decenter and return: its ADE and BDE are left-handed, its CDE is right-handed."""
    if "decenter_xyz" not in told:
        return None
    x, y, z = told["decenter_xyz"]
    ade, bde, cde = (jnp.deg2rad(jnp.asarray(angle)) for angle in told["tilt_deg_ade_bde_cde"])
    return Pose((z * MM, y * MM, x * MM), (float(cde), -float(bde), -float(ade)))


def loosened(lens: Lens, wavelength: float, at: Pose | None = None) -> Lens:
    """Return the lens with indices as numbers, and surfaces that can be moved."""
    rows = [
        Surface(s.profile, thickness=s.thickness, stop=s.stop, pose=at or Pose(),
                medium=ConstantIndex(float(medium.index(wavelength))))
        for s, medium in zip(lens.surfaces, lens.media()[1:], strict=True)
    ]  # fmt: skip
    return Lens(rows, entrance_pupil_diameter=lens.entrance_pupil_diameter)


LINES = {"F": 0.4861, "D": 0.5893, "C": 0.6563}
"""Fraunhofer's as the tables' own tracer takes them, µm: the index n_d is met at D."""

NAMED = {"SSK4": (1.6177, 55.116), "SK1": (1.6103, 56.712), "F15": (1.6057, 37.831), "SK16": (1.6204, 60.306),
         "B270": (1.5229, 58.5), "N-BK7": (1.5168, 64.17)}  # fmt: skip
"""n and V."""


def two_term_glass(n: float, abbe: float) -> Material:
    """Return n = A + B/λ² with n at D and n_F − n_C = (n − 1)/V."""
    b = (n - 1) / abbe / (LINES["F"] ** -2 - LINES["C"] ** -2)
    return Cauchy([n - b * LINES["D"] ** -2, b * UM**2])


def table(path) -> Lens:
    """Return the lens of a table in mm: kind, distance from the vertex before, radius, diameter, material behind."""
    media = {"VACUUM": ConstantIndex(1.0), "AIR": ConstantIndex(1.000293)}
    media |= {"OCCLUDER": media["VACUUM"]}  # so that a stop in air refracts a little, as in the tables' own tracer
    media |= {name: two_term_glass(*numbers) for name, numbers in NAMED.items()}
    rows = [line.split() for line in path.read_text().splitlines()[2:] if line.strip()]
    thickness = [float(row[1]) for row in rows[2:]] + [0.0]
    surfaces = []
    for (kind, _, radius, diameter, medium, *shape), t in zip(rows[1:], thickness, strict=True):
        conic, *powers = [float(value) for value in shape] or [0.0]
        bend = float(radius) * MM or None
        scaled = [a * MM ** -(2 * i + 3) for i, a in enumerate(powers)]
        known = media[medium] if medium in media else two_term_glass(*map(float, medium.split("/")))
        surfaces.append(Surface(Asphere(bend, conic, scaled) if powers else Conic(bend, conic), thickness=t * MM,
                                medium=known, semi_diameter=float(diameter) * MM / 2, stop=kind == "A"))  # fmt: skip
    return Lens(surfaces, before=media[rows[0][4]])
