"""Third-order aberrations: Seidel's sums, surface by surface."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.exact import Number
from backlight.rays.first_order import Paraxial, behind, first_order, moved, signed_media
from backlight.rays.launch import demand_field
from backlight.rays.lens import Lens
from backlight.rays.profiles import Profile


class Seidel(NamedTuple):
    """Seidel's sums of each surface, m: of wavefront, at the rim of the pupil and of the field.

    **Attributes:** `spherical`, S_I; `coma`, S_II; `astigmatism`, S_III; `petzval`, S_IV; `distortion`, S_V; each of
    shape (surfaces,), the image left out. `marginal`, n'u' of the marginal ray at the image.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, seidel
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> sums = seidel(lens, 0.0, 550e-9)
        >>> bool(sums.spherical[0] > 0), float(sums.coma[0])
        (True, 0.0)
    """

    spherical: Float[Array, " n"]
    coma: Float[Array, " n"]
    astigmatism: Float[Array, " n"]
    petzval: Float[Array, " n"]
    distortion: Float[Array, " n"]
    marginal: Float[Array, ""]

    def transverse(self) -> Float[Array, "6"]:
        """Return what rays of the rim are off in the image to third order, m.

        Spherical S_I, tangential coma 3S_II, tangential field 3S_III + S_IV, sagittal field S_III + S_IV, Petzval field
        S_IV and distortion S_V, each over 2n'u'.
        """
        one, two, three, four, five = (jnp.sum(terms) for terms in self[:5])
        sums = jnp.stack([one, 3 * two, 3 * three + four, three + four, four, five])
        return sums / (2 * self.marginal)


def seidel(lens: Lens, field: Number, wavelength: Number) -> Seidel:
    """Return Seidel's sums by the marginal and the chief ray (Welford, Aberrations of Optical Systems, §8.3).

    S_I = −ΣA²yΔ(u/n), S_II = −ΣAĀyΔ(u/n), S_III = −ΣĀ²yΔ(u/n), S_IV = −ΣH²cΔ(1/n) and
    S_V = −ΣĀ(Ā²yΔ(1/n²) − ȳcΔ(1/n)(H + Āy)), with A = n(u + yc), Ā alike of the chief ray and H = Āy − Aȳ; a
    deformation a₄r⁴ adds 8a₄Δn·y⁴ times (ȳ/y)⁰, …, (ȳ/y)³ to all but the fourth.

    **Arguments:** `field`: of the rim, along y, as of `launch`; `wavelength`: λ in vacuum, m.

    Tilts and decenters do not count: the sums are those of the lens without.

    **Errors:** as for `first_order`, for a lens with a surface that has a phase or is not one of revolution, and for a
    field of 90° or more.
    """
    demand_field(lens, field)
    if any(surface.phase is not None for surface in lens.surfaces):
        raise InputError("lens", got="a surface with a phase", expected="surfaces without, which have Seidel's sums",
                         remedy="trace rays instead")  # fmt: skip
    return _sums(lens, field, wavelength)


@jax.jit
def _sums(lens: Lens, field: Number, wavelength: Number) -> Seidel:
    media = signed_media(lens, jnp.asarray(wavelength, float))
    n = media.index
    first = first_order(lens, wavelength)
    radius, pupil = first.entrance_pupil_diameter / 2, first.entrance_pupil
    if lens.object_distance is None:
        slope, tilt = jnp.zeros(()), jnp.tan(field)
    else:
        reach = jnp.asarray(lens.object_distance) + pupil
        slope, tilt = radius / reach, -field / reach
    marginal = Paraxial(radius - pupil * slope, n[0] * slope)
    chief = Paraxial(-pupil * tilt, n[0] * tilt)
    terms: list[tuple[Array, ...]] = []
    for i, surface in enumerate(lens.surfaces[:-1]):
        after = behind(lens, media, i, marginal)
        terms.append(_terms(surface.profile, n[i], n[i + 1], marginal, after, chief))
        marginal, chief = (moved(lens, media, i, ray) for ray in (after, behind(lens, media, i, chief)))
    one, two, three, four, five = (jnp.stack(sums) for sums in zip(*terms, strict=True))
    return Seidel(one, two, three, four, five, marginal.momentum)


def _terms(
    profile: Profile, n: Array, n_behind: Array, marginal: Paraxial, after: Paraxial, chief: Paraxial
) -> tuple[Array, ...]:
    c, y, y_chief = profile.vertex_curvature(), marginal.height, chief.height
    a, a_chief = marginal.momentum + n * y * c, chief.momentum + n * y_chief * c
    h = a_chief * y - a * y_chief
    bend = after.momentum / n_behind**2 - marginal.momentum / n**2
    inverse, inverse_square = 1 / n_behind - 1 / n, 1 / n_behind**2 - 1 / n**2
    aspheric = 8 * profile.deformation() * (n_behind - n) * y
    return (
        -(a**2) * y * bend + aspheric * y**3,
        -a * a_chief * y * bend + aspheric * y**2 * y_chief,
        -(a_chief**2) * y * bend + aspheric * y * y_chief**2,
        -(h**2) * c * inverse,
        -a_chief * (a_chief**2 * y * inverse_square - y_chief * c * inverse * (h + a_chief * y))
        + aspheric * y_chief**3,
    )
