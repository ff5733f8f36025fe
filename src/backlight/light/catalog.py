"""Glasses by name."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from backlight.errors import InputError, nearest
from backlight.light.glasses import Glass, ThermalChange
from backlight.light.materials import Material, PowerSeries, Sellmeier
from backlight.units import um

_ICE = 273.15


def glass(name: str) -> Glass:
    """Return a glass of a maker's catalog: `"N-BK7"`, or `"SCHOTT:N-BK7"`.

    A name that several makers have is that of the first of SCHOTT, OHARA, HOYA, HIKARI, CDGM, SUMITA, VITRON, AMI and
    OTHER, which has crystals and plastics (`CAF2`, `FUSED-SILICA`, `PMMA`, `POLYCARBONATE`, …). Capitals or not is one.

    Makers' indices are relative to air of their reference temperature (mostly 20 °C, Ohara's 25 °C) and 101325 Pa, by
    the wavelength in air: see `Glass`. Data: refractiveindex.info (public domain, CC0), catalogs of 2017 (CDGM's 2022).

    **Errors:** `InputError` for an unknown maker or glass, with names that are close.

    Example:
        >>> from backlight.light import glass
        >>> f"{glass('N-SF11').index(587.5618e-9):.5f}"
        '1.78472'
    """
    makers = _makers()
    maker, _, rest = name.upper().rpartition(":")
    if maker and maker not in makers:
        raise InputError("glass", got=repr(name), expected="a maker before the colon", remedy=nearest(maker, makers))
    wanted = [makers[maker]] if maker else list(makers.values())
    found = next((catalog[rest] for catalog in wanted if rest in catalog), None)
    if found is None:
        names = {known for catalog in wanted for known in catalog}
        raise InputError("glass", got=repr(name), expected="a glass of the catalog", remedy=nearest(rest, names))
    return _built(rest, found)


def glass_names() -> list[str]:
    """Return all names that `glass` takes, each with its maker: `"SCHOTT:N-BK7"`, in the order of the makers."""
    return [f"{maker}:{name}" for maker, catalog in _makers().items() for name in catalog]


@cache
def _makers() -> dict[str, dict[str, dict[str, Any]]]:
    return json.loads(files("backlight.light").joinpath("glasses.json").read_text(encoding="utf-8"))


def _built(name: str, told: dict[str, Any]) -> Glass:
    low, high = told["range"]
    return Glass(_dispersion(told), wavelengths=(low * um, high * um), thermal=_thermal(told.get("thermal")),
                 reference=_ICE + told["celsius"], name=name)  # fmt: skip


def _dispersion(told: dict[str, Any]) -> Material:
    terms = told.get("powers") or told["sellmeier"]
    if "powers" in told:
        return PowerSeries(terms[0::2], terms[1::2])
    return Sellmeier(terms[0::2], [c * um**2 for c in terms[1::2]])


def _thermal(constants: list[Any] | None) -> ThermalChange | None:
    if constants is None:
        return None
    *powers, e0, e1, resonance = constants
    return ThermalChange(powers, [e0 * um**2, e1 * um**2], resonance * um)
