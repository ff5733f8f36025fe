"""The light of a point behind a lens, ray by ray: its phase over the direction cosines, and its share of the light."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.maths.vectors import Vector
from backlight.rays.aiming import aim
from backlight.rays.launch import FieldPoint, PupilPoints, gauss_legendre, launch
from backlight.rays.lens import Lens
from backlight.rays.trace import demand_chief, trace


class ExitPupil(NamedTuple):
    """The light that leaves a lens towards the image of a point, ray by ray.

    Near the image it is U(C + ρ) = Σ a·exp(2πi(q·ρ/λ − W)), a sum of plane waves: q are the optical direction cosines
    n's, W the path differences against a sphere about C of infinite radius, so that the exit pupil may be anywhere.

    **Attributes:** `opd`, W in waves: the chief ray less the ray; `cosines`, q = (q_y, q_x); `stretch`, |∂q/∂p|, by p
    of the pupil's points; `power`, of each ray, that of all which set out being 1; `weights` of the rule, for means
    over the rays; all three are 0 for lost rays. `points`, p; `received`, what the pupil takes in without rims: its
    area, m², or that in direction cosines for a point that is near; `center`, C = (y, x) on the image, m; `offsets`,
    (y, x) from there to where each ray lands, m; `wavelength`.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, exit_pupil
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> light = exit_pupil(lens, (0.0, 0.0), 550e-9)
        >>> light.cosines.shape, round(float(light.power.sum()), 9)
        ((2, 72), 1.0)
    """

    opd: Float[Array, " n"]
    cosines: Float[Array, "2 n"]
    stretch: Float[Array, " n"]
    power: Float[Array, " n"]
    weights: Float[Array, " n"]
    points: Float[Array, "2 n"]
    received: Float[Array, ""]
    center: Float[Array, "2"]
    offsets: Float[Array, "2 n"]
    wavelength: Float[Array, ""]

    @property
    def amplitudes(self) -> Float[Array, " n"]:
        """Amplitude a of each plane wave: √(power · πw|∂q/∂p|)/λ, so that ∫|U|²d²ρ is the power.

        A bundle of power P over directions Δ²f = Δ²q/λ² is a plane wave of |a|² = P·Δ²f (Parseval).
        """
        square = jnp.pi * self.power * self.weights * self.stretch
        lit = square > 0
        return jnp.where(lit, jnp.sqrt(jnp.where(lit, square, 1.0)), 0.0) / self.wavelength


@in_double_precision
def exit_pupil(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    *,
    rule: PupilPoints | None = None,
    aimed: bool = False,
    reference: Number | None = None,
    center: Float[Array | np.ndarray, "2"] | Sequence[float] | None = None,
) -> ExitPupil:
    """Return the light of a point behind the lens.

    An object at infinity lights the entrance pupil evenly; a point that is near shines by Lambert's law.

    **Arguments:** as of `wavefront`; `center`: C, where the chief ray of the reference wavelength meets the image if
    `None`.

    **Errors:** `InputError` where the chief ray is lost, or all others, and in a program that is traced in 32 bits.
    """
    rule = gauss_legendre() if rule is None else rule
    reference = wavelength if reference is None else reference
    field = jnp.asarray(field, float)
    if center is None:
        center = chief_place("exit_pupil", lens, field, reference, reference, aimed)
    numbers = (jnp.asarray(a, float) for a in (wavelength, reference, center))
    light = leaving(lens, field, rule, *numbers, aimed)
    demand_light("exit_pupil", light.weights, lens, field, reference)
    return light


def demand_light(where: str, found: Array, lens: Lens, field: Array, reference: Number) -> None:
    """Refuse a result that is dark everywhere because no ray passes; not in a program that is traced.

    **Errors:** `InputError`, which names `where`, with what became of most of the rays.
    """
    if isinstance(found, Tracer) or bool(jnp.any(found != 0)):
        return
    points = jnp.concatenate([jnp.zeros((2, 1)), gauss_legendre().points], axis=1)
    demand_chief(where, trace(lens, start(lens, field, points, reference, reference, False)))


def chief_place(
    where: str, lens: Lens, field: Array, wavelength: Number, reference: Number, aimed: bool = False
) -> Float[Array, "2"]:
    """Return (y, x) where the chief ray meets the image.

    **Errors:** `InputError`, which names `where`, if it does not.
    """
    rays = trace(lens, start(lens, field, jnp.zeros((2, 1)), wavelength, reference, aimed))
    demand_chief(where, rays)
    return rays.position[1:, 0]


def start(lens: Lens, field: Array, points: Array, wavelength: Number, reference: Number, aimed: bool) -> Rays:
    """Return rays of a point through points of the entrance pupil, or of the real stop where they are `aimed`."""
    return (aim if aimed else launch)(lens, field, points, wavelength, reference=reference)


class Leaving(NamedTuple):
    """What one trace tells of points p of the pupil.

    **Attributes:** `path` at C, against which q·ρ counts; `cosines`, q; `columns`, ∂q/∂p_y and ∂q/∂p_x; `brightness`,
    |∂e/∂p| of what the object lights evenly: the entrance pupil, or the directions from a point that is near; `passed`,
    the share of the light; `offsets`, from C to where the ray lands.
    """

    path: Array
    cosines: Array
    columns: tuple[Array, Array]
    brightness: Array
    passed: Array
    offsets: Array


@partial(jax.jit, static_argnames="aimed")
def at_points(
    lens: Lens, field: Array, points: Array, wavelength: Array, reference: Array, center: Array, aimed: bool = False
) -> Leaving:
    """Trace rays of a point, and how their ends change over the pupil."""
    index = lens.indices(wavelength)
    middle = Vector(lens.surfaces[-1].profile.sag(center[0], center[1]), center[0], center[1])

    def told(at: Array) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
        begin = start(lens, field, at, wavelength, reference, aimed)
        end = trace(lens, begin)
        entered = begin.position[1:] if lens.object_distance is None else index[0] * begin.direction[1:]
        path = end.path - index[-1] * end.place.minus(middle).dot(end.way)
        offsets = jnp.stack([end.place.y - center[0], end.place.x - center[1]])
        return (entered, index[-1] * end.direction[1:]), (path, jnp.where(end.alive, end.weight, 0.0), offsets)

    ways = (jnp.zeros_like(points).at[i].set(1.0) for i in (0, 1))
    (cosines, (path, passed, offsets), by_y), (_, _, by_x) = (_change(told, points, way) for way in ways)
    return Leaving(path, cosines, (by_y[1], by_x[1]), jnp.abs(determinant(by_y[0], by_x[0])), passed,
                   offsets)  # fmt: skip


def _change(told, at: Array, way: Array) -> tuple[Array, tuple[Array, ...], tuple[Array, Array]]:
    (_, cosines), change, rest = jax.jvp(told, (at,), (way,), has_aux=True)
    return cosines, rest, change


@partial(jax.jit, static_argnames="aimed")
def leaving(
    lens: Lens,
    field: Array,
    rule: PupilPoints,
    wavelength: Array,
    reference: Array,
    center: Array,
    aimed: bool,
) -> ExitPupil:
    """Return the light about C; the first ray that is traced is the chief ray."""
    points = jnp.concatenate([jnp.zeros((2, 1)), jnp.asarray(rule.points, float)], axis=1)
    found = at_points(lens, field, points, wavelength, reference, center, aimed)
    told, given = found.passed[1:] > 0, jnp.asarray(rule.weights, float)
    weights = jnp.where(told, given, 0.0)
    power = given * found.brightness[1:]
    return ExitPupil(
        opd=jnp.where(told, (found.path[0] - found.path[1:]) / wavelength, 0.0),
        cosines=found.cosines[:, 1:],
        stretch=jnp.where(told, jnp.abs(determinant(*found.columns)[1:]), 0.0),
        power=found.passed[1:] * power / jnp.sum(power),
        weights=weights,
        points=points[:, 1:],
        received=jnp.pi * jnp.sum(power),
        center=center,
        offsets=found.offsets[:, 1:],
        wavelength=wavelength,
    )


def determinant(first: Array, second: Array) -> Array:
    """Return the determinant of 2 × 2 matrices of these columns."""
    return first[0] * second[1] - first[1] * second[0]
