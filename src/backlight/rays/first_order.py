"""What a lens does to first order: focal lengths, pupils, principal planes, exact and differentiable."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.exact import Number
from backlight.rays.lens import Lens
from backlight.rays.media import demand_media


class Paraxial(NamedTuple):
    """A ray of height y and slope u = dy/dz, linear in both.

    **Attributes:** `height`, m; `momentum`, n·u, where n counts negative after an odd number of mirrors.
    """

    height: Float[Array, "..."]
    momentum: Float[Array, "..."]


class Media(NamedTuple):
    """What a paraxial ray passes.

    **Attributes:** `index`, n before the first surface and behind each, negative where light goes backwards; at the
    `wavelength`, m.
    """

    index: list[Float[Array, ""]]
    wavelength: Float[Array, ""]


class FirstOrder(NamedTuple):
    """What a lens does to first order, at one wavelength. Lengths in m, places along +z.

    **Attributes:**

    - `efl`: effective focal length f' = −y₁/u'ₖ times n' (−y₁/(n'u'ₖ) in air), positive where light is focused.
    - `bfl`: from the last vertex to the rear focal point; `ffl`: from the first vertex to the front one.
    - `rear_principal`, `front_principal`: from the last and from the first vertex.
    - `entrance_pupil`: from the first vertex; `exit_pupil`: from the last one.
    - `entrance_pupil_diameter`, `exit_pupil_diameter`, `stop_diameter`.
    - `f_number`: f'/entrance pupil diameter.
    - `back_focus`: from the image surface to the rear focal point.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, first_order
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> found = first_order(lens, 550e-9)
        >>> round(float(found.efl), 6), round(float(found.bfl), 6)  # f/(n−1)·R, and n' of it in the glass behind
        (0.1, 0.15)
    """

    efl: Float[Array, ""]
    bfl: Float[Array, ""]
    ffl: Float[Array, ""]
    rear_principal: Float[Array, ""]
    front_principal: Float[Array, ""]
    entrance_pupil: Float[Array, ""]
    exit_pupil: Float[Array, ""]
    entrance_pupil_diameter: Float[Array, ""]
    exit_pupil_diameter: Float[Array, ""]
    stop_diameter: Float[Array, ""]
    f_number: Float[Array, ""]
    back_focus: Float[Array, ""]


def first_order(lens: Lens, wavelength: Number) -> FirstOrder:
    """Return focal lengths, pupils and principal planes, along the axis as if nothing were tilted.

    Two rays through y' = y + t·u and n'u' = nu − y(n' − n)c tell everything (Welford, Aberrations of Optical Systems,
    §3); c is the curvature at the vertex, in the plane of y and z.

    **Arguments:** `wavelength`: λ in vacuum, m.

    **Errors:** `InputError` for a lens without a stop, without the diameter of its entrance pupil or with nothing
    before its image, and for a wavelength for which a medium has no index.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, first_order
        >>> glass, air = ConstantIndex(1.5), ConstantIndex(1.0)
        >>> thick = Lens([Surface(Conic(50e-3), thickness=10e-3, medium=glass, stop=True),
        ...               Surface(Conic(-50e-3), thickness=48e-3, medium=air), Surface()],
        ...              entrance_pupil_diameter=10e-3)
        >>> round(float(first_order(thick, 550e-9).efl) * 1e3, 3)
        51.724
    """
    if lens.entrance_pupil_diameter is None:
        raise InputError("lens", got="no entrance_pupil_diameter", expected="the diameter of the beam on the axis, m")
    if len(lens.surfaces) < 2:
        raise InputError("lens", got="one surface", expected="one that bends light, and the image")
    demand_media(lens, wavelength)
    return _first_order(lens, wavelength)


@jax.jit
def _first_order(lens: Lens, wavelength: Number) -> FirstOrder:
    media, last = signed_media(lens, jnp.asarray(wavelength, float)), len(lens.surfaces) - 1
    one, zero = jnp.ones(()), jnp.zeros(())
    parallel, inclined = (_behind_last(lens, media, ray) for ray in (Paraxial(one, zero), Paraxial(zero, one)))
    # [[a, b], [c, d]] takes (y, nu) of the first vertex to that of the last; b is not asked for.
    (a, c), d = parallel, inclined.momentum
    before, behind = media.index[0], media.index[last]
    to_stop = [_at(lens, media, lens.stop, ray) for ray in (Paraxial(one, zero), Paraxial(zero, one))]
    entrance = before * to_stop[1].height / to_stop[0].height
    stretch = to_stop[0].height  # of the stop over the entrance pupil
    chief = _behind_last(lens, media, Paraxial(-entrance, before * one))
    telecentric = chief.momentum == 0
    exit_ = jnp.where(telecentric, jnp.inf, -behind * chief.height / jnp.where(telecentric, 1.0, chief.momentum))
    efl, bfl = -1 / c, -behind * a / c
    diameter = jnp.asarray(lens.entrance_pupil_diameter)
    return FirstOrder(
        efl=efl,
        bfl=bfl,
        ffl=before * d / c,
        rear_principal=bfl - behind * efl,
        front_principal=before * d / c + before * efl,
        entrance_pupil=entrance,
        exit_pupil=exit_,
        entrance_pupil_diameter=diameter,
        exit_pupil_diameter=diameter * jnp.abs(before / chief.momentum),
        stop_diameter=diameter * jnp.abs(stretch),
        f_number=jnp.abs(efl) / diameter,
        back_focus=bfl - lens.surfaces[last - 1].thickness,
    )


def image_distance(lens: Lens, wavelength: Number) -> Float[Array, ""]:
    """Return the distance from the last vertex to where first order sees the image of the object, m."""
    media = signed_media(lens, jnp.asarray(wavelength, float))
    one, zero = jnp.ones(()), jnp.zeros(())
    far = lens.object_distance is None
    ray = Paraxial(one, zero) if far else Paraxial(jnp.asarray(lens.object_distance), media.index[0])
    height, momentum = _behind_last(lens, media, ray)
    return -media.index[len(lens.surfaces) - 1] * height / momentum


def signed_media(lens: Lens, wavelength: Float[Array, ""]) -> Media:
    """Return the media of a lens at λ."""
    found, sign = [], 1
    for index, mirror in zip(lens.indices(wavelength), [False, *(s.mirror for s in lens.surfaces)], strict=True):
        sign = -sign if mirror else sign
        found.append(sign * index)
    return Media(found, wavelength)


def behind(lens: Lens, media: Media, i: int, ray: Paraxial) -> Paraxial:
    """Return a ray behind surface i, at its vertex."""
    surface = lens.surfaces[i]
    power = (media.index[i + 1] - media.index[i]) * surface.profile.vertex_curvature()
    if surface.phase is not None:
        power -= media.wavelength * surface.phase.curvature()
    return Paraxial(ray.height, ray.momentum - power * ray.height)


def moved(lens: Lens, media: Media, i: int, ray: Paraxial) -> Paraxial:
    """Return a ray that is behind surface i at the vertex of the next one."""
    return Paraxial(ray.height + lens.surfaces[i].thickness * ray.momentum / media.index[i + 1], ray.momentum)


def _at(lens: Lens, media: Media, end: int, ray: Paraxial) -> Paraxial:
    """Return the ray of the first vertex in front of surface `end`, at its vertex."""
    for i in range(end):
        ray = moved(lens, media, i, behind(lens, media, i, ray))
    return ray


def _behind_last(lens: Lens, media: Media, ray: Paraxial) -> Paraxial:
    """Return the ray of the first vertex behind the last surface before the image, at its vertex."""
    last = len(lens.surfaces) - 2
    return behind(lens, media, last, _at(lens, media, last, ray))
