"""Special surfaces (SPS) of CODE V's sequences, and where their coefficients (SCO) stand.

Layouts: XYP after CODE V's formula of the places, j = ((m + n)² + m + 3n)/2 + 1; ODD after its Lens System Setup
Reference Manual; ZFR and QBF as Zemax's own macro converts them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from backlight.lenses.codev_statements import Row
from backlight.lenses.lines import Line
from backlight.maths.zernike import fringe_term
from backlight.rays import Asphere, Conic, Profile, Qbfs, XYPolynomial, ZernikeSag

Build = Callable[[dict[int, float], float, float, float | None, float], Profile]
"""Coefficients by their places less the first one, conic constant, ρ, both in the unit, radius in m, unit in m."""


@dataclass(frozen=True)
class Special:
    """A kind of special surface.

    **Attributes:** `build`; `places`, of the coefficients; `conic` and `radius`, those of conic constant and ρ, 0 where
    they have but names; `name`, what a coefficient is also called, with its number.
    """

    build: Build
    places: range
    conic: int = 1
    radius: int = 0
    name: str = ""

    def __call__(self, row: Row, radius: float | None, unit: float) -> Profile:
        """Return the surface.

        **Errors:** `InputError` with the line of a coefficient that has no meaning here.
        """
        found = {"K": 0.0, "NRADIUS": 0.0}
        terms: dict[int, float] = {}
        for told in (line for name, line in row.told.items() if name.startswith("SCO")):
            place, value = self._place(told), told.number_at(2)
            if isinstance(place, str):
                found[place] = value
            elif value != 0:
                terms[place - self.places.start] = value
        line = row.told["SPS"]
        norm = found["NRADIUS"] or (line.number_at(2) if len(line.words) > 2 else 0.0) or 1.0
        if norm < 0 or (found["K"] != 0 and self.build is _forbes):
            line.refuse(f"NRADIUS {norm:g}, K {found['K']:g}", "a radius ≥ 0, and QBF on a sphere")
        if 0 in terms and self.build is _odd:
            line.refuse(f"a cone, AR1 {terms[0]:g}", "an asphere without a point")
        return self.build(terms, found["K"], norm, radius, unit)

    def _place(self, line: Line) -> int | str:
        word = line.words[1].upper() if len(line.words) > 1 else ""
        if word in ("K", "NRADIUS"):
            return word
        numbered = re.fullmatch(rf"(C|{self.name or 'C'})(\d{{1,3}})", word)
        place = 0 if numbered is None else int(numbered[2]) + (0 if numbered[1] == "C" else self.places.start - 1)
        if place and place in (self.conic, self.radius):
            return "K" if place == self.conic else "NRADIUS"
        if place not in self.places:
            line.refuse(word or "nothing", f"C{self.places.start} to C{self.places.stop - 1}, K or NRADIUS")
        return place


def _polynomial(terms, conic, norm, radius, unit):
    """Return Σ (x/ρ)^m (y/ρ)^n: x, y, x², xy, y², …"""
    powers = [(d - n, n) for d in range(1, 11) for n in range(d + 1)]
    if not terms:
        return Conic(radius, conic)
    return XYPolynomial(norm * unit, [a * unit for a in terms.values()], [powers[k] for k in terms], radius, conic)


def _odd(terms, conic, norm, radius, unit):
    """Return Σ (r/ρ)^n, n = 1, 2, …"""
    found = {k + 1: a * unit / (norm * unit) ** (k + 1) for k, a in terms.items()}
    return Asphere(radius, conic, list(found.values()), list(found)) if found else Conic(radius, conic)


def _fringe(terms, conic, norm, radius, unit):
    """Return Fringe Zernike polynomials."""
    if not terms:
        return Conic(radius, conic)
    return ZernikeSag(norm * unit, [a * unit for a in terms.values()], [fringe_term(k + 1) for k in terms], radius,
                      conic)  # fmt: skip


def _forbes(terms, conic, norm, radius, unit):
    """Return Qbfs, from a₀ on."""
    return Qbfs(norm * unit, [terms.get(k, 0.0) * unit for k in range(max(terms, default=0) + 1)], radius)


SPECIAL = {
    "XYP": Special(_polynomial, range(2, 67)),
    "ODD": Special(_odd, range(2, 32), radius=33, name="AR"),
    "ZFR": Special(_fringe, range(4, 41), radius=3),
    "QBF": Special(_forbes, range(3, 17), conic=17),
}
