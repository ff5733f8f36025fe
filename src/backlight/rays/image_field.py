"""What a lens does over its field: distortion, curvature of the image, light that is lost towards the corners."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.rays.exit_pupil import chief_place, determinant, exit_pupil, start
from backlight.rays.launch import FieldPoint, PupilPoints, demand_field
from backlight.rays.lens import Lens
from backlight.rays.media import is_traced
from backlight.rays.trace import trace

Map = Callable[[Array], Array]


class Distortion(NamedTuple):
    """Where points of the field are imaged.

    **Attributes:** `height` of the chief ray on the image, m; `ideal`, where it should be, m; `relative`, height over
    ideal less 1; 0 on the axis.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, distortion
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> found = distortion(lens, [0.0, 0.1], 550e-9)  # Snell: tan θ' < tan θ/n
        >>> round(float(found.relative[1]), 5)
        -0.00278
    """

    height: Float[Array, " n"]
    ideal: Float[Array, " n"]
    relative: Float[Array, " n"]


class FieldCurvature(NamedTuple):
    """Where narrow bundles are in focus.

    **Attributes:** `tangential`, z of the focus of rays in the plane of y and z, from the vertex of the image, m;
    `sagittal`, of rays beside that plane.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, field_curvature
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> found = field_curvature(lens, [0.0, 0.1], 550e-9)
        >>> bool(found.tangential[1] < found.sagittal[1] < -1e-4)
        True
    """

    tangential: Float[Array, " n"]
    sagittal: Float[Array, " n"]


@in_double_precision
def distortion(
    lens: Lens,
    fields: Float[Array | np.ndarray, " n"] | Sequence[float],
    wavelength: Number,
    *,
    ideal: Map = jnp.tan,
    aimed: bool = False,
    reference: Number | None = None,
) -> Distortion:
    """Return how far chief rays are from where a lens without distortion would have them, s·g(θ).

    The scale s is the lens's own for the smallest fields, exactly: the focal length where the image is in focus.

    **Arguments:** `fields`: along y, as of `launch`; `ideal`: g, tan for a lens that keeps straight lines straight;
    `lambda angle: angle` for an f·θ lens. It is not asked of an object that is near: its heights are kept.

    **Errors:** `InputError` where a chief ray is lost, and in a program that is traced in 32 bits.
    """
    fields = jnp.asarray(fields, float)
    reference = wavelength if reference is None else reference
    _demand_chiefs("distortion", lens, fields, wavelength, reference, aimed)

    heights, scale = _heights(lens, jnp.append(fields, 0.0), wavelength, reference, aimed)
    wanted = ideal if lens.object_distance is None else lambda height: height
    ideal_scale = jax.jvp(wanted, (jnp.zeros(()),), (jnp.ones(()),))[1]
    found, target = heights[:-1] - heights[-1], scale / ideal_scale * wanted(fields)
    off = target != 0
    return Distortion(found, target, jnp.where(off, found / jnp.where(off, target, 1.0) - 1, 0.0))


@in_double_precision
def image_scale(lens: Lens, wavelength: Number, *, aimed: bool = False) -> Float[Array, ""]:
    """Return the scale of the image, ∂y/∂tan θ or ∂y/∂h of the chief ray on the axis: the focal length, m, where the
    image of an object at infinity is in focus, the magnification for an object that is near.

    **Errors:** as of `distortion`.
    """
    chief_place("image_scale", lens, jnp.zeros(2), wavelength, wavelength, aimed)
    return _heights(lens, jnp.zeros(1), wavelength, wavelength, aimed)[1]


@in_double_precision
def field_curvature(
    lens: Lens,
    fields: Float[Array | np.ndarray, " n"] | Sequence[float],
    wavelength: Number,
    *,
    aimed: bool = False,
    reference: Number | None = None,
) -> FieldCurvature:
    """Return the foci of the narrow bundles about chief rays, exactly: rays beside a ray are its derivatives.

    A ray at height y of slope m = tan has a neighbor at y + dy of slope m + dm, which it meets −dy/dm further along z:
    what Coddington's equations follow from surface to surface.

    **Arguments and errors:** as of `distortion`.
    """
    reference = wavelength if reference is None else reference
    fields = jnp.asarray(fields, float)
    _demand_chiefs("field_curvature", lens, fields, wavelength, reference, aimed)

    return FieldCurvature(*_foci(lens, fields, wavelength, reference, aimed))


@in_double_precision
def relative_illumination(
    lens: Lens,
    fields: Float[Array | np.ndarray, " n"] | Sequence[float],
    wavelength: Number,
    *,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
) -> Float[Array, " n"]:
    """Return how bright the image of an evenly bright object is against the middle of the field, vignetting included.

    E = L·Φ·|∂e/∂r|: the étendue that the pupil takes in from a point of the field, over the area of the image that the
    chief rays map it to. Where the image is sharp, that is the area of the exit pupil in direction cosines as the point
    of the image sees it, ∫cos θ'dΩ' (Rimmer, Proc. SPIE 655, 99 (1986)); elsewhere it is still what a smooth scene
    gives. Where rays are lost a rule's error falls slowly: see `quadrature_error`.

    **Arguments:** as of `distortion`; `rule`: points of the pupil; `aimed`: they are those of the real stop.

    **Errors:** `InputError` for fields of 90° or more, and where the chief ray of the middle is lost.
    """
    fields = jnp.asarray(fields, float)
    demand_field(lens, fields)
    middle = wavelength if reference is None else reference
    chief_place("relative_illumination", lens, jnp.zeros(2), wavelength, middle, aimed)

    def along_y(field: Array) -> Array:
        both = jnp.stack([field, jnp.zeros_like(field)])
        return illumination(lens, both, wavelength, rule=rule, aimed=aimed, reference=reference)

    return jax.vmap(along_y)(fields) / along_y(jnp.zeros(()))


@in_double_precision
def illumination(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    *,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
) -> Float[Array, ""]:
    """Return the irradiance of the image at a point of the field, E/L: see `relative_illumination`."""
    reference = wavelength if reference is None else reference
    light = exit_pupil(lens, field, wavelength, rule=rule, aimed=aimed, reference=reference)
    area = _mapping(lens, jnp.asarray(field, float), wavelength, reference, aimed)
    return light.received * jnp.sum(light.power) * area


def _demand_chiefs(where: str, lens: Lens, fields: Array, wavelength: Number, reference: Number, aimed: bool) -> None:
    """Refuse fields whose chief ray is lost; not in a program that is traced."""
    if is_traced(lens, fields, wavelength, reference):
        return
    for field in (0.0, *np.asarray(fields)):
        chief_place(f"{where} at the field {field:g}", lens, jnp.array([field, 0.0]), wavelength, reference, aimed)


@partial(jax.jit, static_argnames="aimed")
def _mapping(lens: Lens, field: Array, wavelength: Any, reference: Any, aimed: bool) -> Float[Array, ""]:
    """Return |∂e/∂r|: of what the field's étendue counts by, direction cosines or places, over places of the image."""
    index = lens.before.index(jnp.asarray(wavelength, float))

    def mapped(at: Array) -> tuple[Array, Array]:
        begin = start(lens, at, jnp.zeros((2, 1)), wavelength, reference, aimed)
        told = index * begin.direction[1:, 0] if lens.object_distance is None else at
        return told, trace(lens, begin).position[1:, 0]

    told, image = jax.jacfwd(mapped)(field)
    return jnp.abs(determinant(*told.T) / determinant(*image.T))


@partial(jax.jit, static_argnames="aimed")
def _heights(lens: Lens, fields: Array, wavelength: Any, reference: Any, aimed: bool) -> tuple[Array, Array]:
    """Return the heights of chief rays on the image, and how the height of the last one, at 0, grows with its field."""
    change = jnp.zeros_like(fields).at[-1].set(1.0)
    height = jax.vmap(lambda field: _chief(lens, field, wavelength, reference, aimed).position[1, 0])
    heights, slopes = jax.jvp(height, (fields,), (change,))
    return heights, slopes[-1]


def _chief(lens: Lens, field: Array, wavelength: Any, reference: Any, aimed: bool, points: Array | None = None) -> Rays:
    both = jnp.stack([field, jnp.zeros_like(field)])
    at = jnp.zeros((2, 1)) if points is None else points
    return trace(lens, start(lens, both, at, wavelength, reference, aimed))


@partial(jax.jit, static_argnames="aimed")
def _foci(lens: Lens, fields: Array, wavelength: Any, reference: Any, aimed: bool) -> tuple[Array, Array]:
    """Return the tangential and the sagittal focus of each field."""

    def focus(field: Array, axis: int) -> Array:
        def ray(points: Array) -> tuple[Array, Array]:
            """Return height in the vertex plane of the image, and slope."""
            rays = _chief(lens, field, wavelength, reference, aimed, points)
            slope = rays.direction[1 + axis] / rays.direction[0]
            return rays.position[1 + axis] - slope * rays.position[0], slope

        at = jnp.zeros((2, 1))
        _, (height, slope) = jax.jvp(ray, (at,), (at.at[axis].set(1.0),))
        return -height[0] / slope[0]

    return jax.vmap(lambda field: (focus(field, 0), focus(field, 1)))(fields)
