"""Zemax's types of surfaces: what their numbers mean, read and written. A type more is an entry of `TYPES` more.

Layouts after Zemax's macro that converts sequences of CODE V (Q-type, Binary 2, Fringe Zernike, gratings), and for the
others as open readers and writers agree on them (PyZDDE, Pyrate, Macromax, DeepLens).
"""

from collections.abc import Callable

import numpy as np

from backlight.errors import InputError
from backlight.lenses.zemax_numbers import Numbers, Type, based, extra_of, powers_of, radius_of, with_powers
from backlight.maths.zernike import fringe_term, noll_term
from backlight.rays import (
    Biconic,
    Conic,
    Grating,
    Phase,
    Profile,
    Qbfs,
    RadialPhase,
    Toroid,
    XYPolynomial,
    ZernikeSag,
)

MICROMETER = 1e-6


def _aspheric(first: int, step: int, last: int) -> Type:
    """Return aspheres whose parameters are those of the powers `first`, `first` + `step`, …"""
    powers = range(first, last + 1, step)

    def read(numbers, unit):
        return with_powers(numbers, unit, {p: numbers.parameters.get(i, 0.0) for i, p in enumerate(powers, 1)}), None

    def write(profile, phase, unit):
        terms = powers_of(profile, unit, powers)
        if phase is not None or not terms:
            return None
        return based(profile, unit, {i: terms[p] for i, p in enumerate(powers, 1) if p in terms})

    return Type(read, write, range(1, len(powers) + 1))


def _extended(step: int) -> Type:
    """Return aspheres whose extra data are those of (r/ρ)^step, (r/ρ)^(2 step), …"""

    def read(numbers, unit):
        rho = numbers.extra.get(2, 1.0) or 1.0
        terms = {step * i: a / rho ** (step * i) for i, a in enumerate(numbers.series(), 1)}
        return with_powers(numbers, unit, terms), None

    def write(profile, phase, unit):
        terms = powers_of(profile, unit, range(step, 240 * step + 1, step))
        if phase is not None or not terms:
            return None
        return based(profile, unit, {}, extra_of(1.0, [terms.get(p, 0.0) for p in range(step, max(terms) + 1, step)]))

    return Type(read, write, extra=True)


def _read_standard(numbers, unit):
    return Conic(radius_of(numbers.curvature, unit), numbers.conic), None


def _write_standard(profile, phase, unit):
    return based(profile, unit, {}) if powers_of(profile, unit, ()) == {} and phase is None else None


def _read_biconic(numbers, unit):
    """Parameters: radius and conic constant in x."""
    radius_x, conic_x = numbers.parameters.get(1, 0.0), numbers.parameters.get(2, 0.0)
    return Biconic(radius_of(numbers.curvature, unit), numbers.conic, radius_x=radius_x * unit or None, conic_x=conic_x
                   ), None  # fmt: skip


def _write_biconic(profile, phase, unit):
    if not isinstance(profile, Biconic) or phase is not None:
        return None
    curvature_x = float(profile.curvature_x)
    return based(profile, unit, {1: 1 / (curvature_x * unit) if curvature_x else 0.0, 2: float(profile.conic_x)})


TOROIDAL = range(2, 15, 2)


def _read_toroid(numbers, unit):
    """Parameters: radius of the turn about y, 0 for a cylinder; y², y⁴, … of the curve."""
    terms = {p: numbers.parameters.get(i, 0.0) for i, p in enumerate(TOROIDAL, 2)}
    return Toroid(with_powers(numbers, unit, terms), numbers.parameters.get(1, 0.0) * unit or None), None


def _write_toroid(profile, phase, unit):
    if not isinstance(profile, Toroid) or phase is not None:
        return None
    terms = powers_of(profile.curve, unit, TOROIDAL)
    if terms is None:
        return None
    turning = float(profile.turning)
    placed = {i: terms[p] for i, p in enumerate(TOROIDAL, 2) if p in terms}
    return based(profile.curve, unit, {1: 1 / (turning * unit) if turning else 0.0, **placed})


def _read_grating(numbers, unit):
    """Parameters: grooves per µm along y, and order; n' sin θ' = n sin θ + mλT."""
    return _read_standard(numbers, unit)[0], Grating(numbers.parameters.get(1, 0.0) / MICROMETER, _order(numbers, 2))


def _write_grating(profile, phase, unit):
    if powers_of(profile, unit, ()) != {} or not isinstance(phase, Grating) or float(phase.angle) != 0:
        return None
    return based(profile, unit, {1: float(phase.density) * MICROMETER, 2: float(phase.order)})


def _order(numbers: Numbers, place: int) -> int:
    order = numbers.parameters.get(place, 0.0)
    if order != int(order):
        raise InputError("", got=f"the diffraction order {order:g}", expected="a whole number")
    return int(order)


EVEN = range(2, 17, 2)


def _read_binary(numbers, unit):
    """Parameters: order, then r², r⁴, … of the surface; extra data: phases in rad of (r/ρ)², (r/ρ)⁴, …"""
    terms = {p: numbers.parameters.get(i, 0.0) for i, p in enumerate(EVEN, 1)}
    phases = numbers.series()
    phase = RadialPhase(numbers.extra.get(2, 0.0) * unit, phases, _order(numbers, 0)) if any(phases) else None
    return with_powers(numbers, unit, terms), phase


def _write_binary(profile, phase, unit):
    terms = powers_of(profile, unit, EVEN)
    if terms is None or not isinstance(phase, RadialPhase):
        return None
    placed = {i: terms[p] for i, p in enumerate(EVEN, 1) if p in terms}
    return based(profile, unit, {0: float(phase.order), **placed},
                  extra_of(float(phase.norm_radius) / unit, np.asarray(phase.coefficients, float)))  # fmt: skip


def _monomials(degree: int) -> list[tuple[int, int]]:
    """Return (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), … up to a degree: powers of x and y."""
    return [(d - j, j) for d in range(1, degree + 1) for j in range(d + 1)]


def _read_polynomial(numbers, unit):
    """Extra data: x, y, x², xy, y², …, each over ρ."""
    found = [(a * unit, powers) for a, powers in zip(numbers.series(), _monomials(44), strict=False) if a != 0]
    if not found:
        return _read_standard(numbers, unit)
    return XYPolynomial(numbers.extra.get(2, 0.0) * unit, [a for a, _ in found], [p for _, p in found],
                        radius_of(numbers.curvature, unit), numbers.conic), None  # fmt: skip


def _write_polynomial(profile, phase, unit):
    if not isinstance(profile, XYPolynomial) or phase is not None or (0, 0) in profile.powers:
        return None
    degree = max((i + j for i, j in profile.powers), default=1)
    if degree > 20:
        return None
    found = dict.fromkeys(_monomials(degree), 0.0)
    for powers, a in zip(profile.powers, np.asarray(profile.coefficients, float), strict=True):
        found[powers] += a / unit
    return based(profile, unit, {}, extra_of(float(profile.norm_radius) / unit, found.values()))


def _zernike(term: Callable, count: int) -> Type:
    """Return conics with polynomials in one order. Parameters 9 and 10 would shift them; θ counts from x to y."""
    order = [term(j) for j in range(1, count + 1)]

    def read(numbers, unit):
        series = numbers.series()
        if len(series) > count:
            raise InputError("", got=f"{len(series)} Zernike polynomials", expected=f"up to {count}")
        found = [(a * unit, one) for a, one in zip(series, order, strict=False) if a != 0]
        if not found:
            return _read_standard(numbers, unit)
        return ZernikeSag(numbers.extra.get(2, 0.0) * unit, [a for a, _ in found], [one for _, one in found],
                          radius_of(numbers.curvature, unit), numbers.conic), None  # fmt: skip

    def write(profile, phase, unit):
        if not isinstance(profile, ZernikeSag) or phase is not None or not set(profile.terms) <= set(order):
            return None
        values = [0.0] * (1 + max((order.index(one) for one in profile.terms), default=0))
        for one, a in zip(profile.terms, np.asarray(profile.coefficients, float), strict=True):
            values[order.index(one)] += a / unit
        return based(profile, unit, {}, extra_of(float(profile.norm_radius) / unit, values))

    return Type(read, write, extra=True)


def _read_q(numbers, unit):
    """Extra data: 0 for Qbfs, then count, ρ, and a₀, a₁, …"""
    if numbers.extra.get(1, 0.0) != 0:
        raise InputError("", got=f"Q polynomials of type {numbers.extra[1]:g}", expected="type 0, Qbfs")
    if numbers.conic != 0:
        raise InputError("", got=f"Qbfs on a conic, CONI {numbers.conic:g}", expected="Qbfs on a sphere")
    return Qbfs(numbers.extra.get(3, 0.0) * unit, [a * unit for a in numbers.series(at=2)],
                radius_of(numbers.curvature, unit)), None  # fmt: skip


def _write_q(profile, phase, unit):
    if not isinstance(profile, Qbfs) or phase is not None:
        return None
    values = np.asarray(profile.coefficients, float) / unit
    return based(profile, unit, {}, extra_of(float(profile.norm_radius) / unit, values, before=(0.0,)))


TYPES: dict[str, Type] = {
    "STANDARD": Type(_read_standard, _write_standard),
    "EVENASPH": _aspheric(2, 2, 16),
    "ODDASPHE": _aspheric(1, 1, 8),
    "XASPHERE": _extended(2),
    "XOSPHERE": _extended(1),
    "BICONICX": Type(_read_biconic, _write_biconic, (1, 2)),
    "TOROIDAL": Type(_read_toroid, _write_toroid, range(1, 9)),
    "DGRATING": Type(_read_grating, _write_grating, (1, 2)),
    "BINARY_2": Type(_read_binary, _write_binary, range(1, 9), extra=True),
    "XPOLYNOM": Type(_read_polynomial, _write_polynomial, extra=True),
    "SZERNSAG": _zernike(noll_term, 231),
    "FZERNSAG": _zernike(fringe_term, 37),
    "QED_TYPE": Type(_read_q, _write_q, extra=True),
}


def shape_of(name: str, numbers: Numbers, unit: float) -> tuple[Profile, Phase | None]:
    """Return the surface of a type.

    **Errors:** `InputError` for a type that is not known, and for numbers that would mean what there is no surface for.
    """
    if name not in TYPES:
        raise InputError("", got=f"the surface type {name}", expected=f"one of {', '.join([*TYPES, 'COORDBRK'])}")
    kind = TYPES[name]
    known = set(kind.parameters)
    beyond = [i for i, value in sorted(numbers.parameters.items()) if i > 0 and i not in known and value != 0]
    if beyond:
        told = f"{min(known)} to {max(known)}" if known else "none"
        raise InputError("", got=f"PARM {beyond[0]}", expected=f"parameters of a surface {name}: {told}")
    if not kind.extra and any(numbers.series()):
        raise InputError("", got="terms in XDAT", expected=f"none of a surface {name}")
    return kind.read(numbers, unit)


def numbers_of(profile: Profile, phase: Phase | None, unit: float) -> tuple[str, Numbers] | None:
    """Return type and numbers of a surface; nothing where no type is like it."""
    found = ((name, kind.write(profile, phase, unit)) for name, kind in TYPES.items())
    return next(((name, numbers) for name, numbers in found if numbers is not None), None)
