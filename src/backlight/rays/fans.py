"""Ray fans: aberrations along two diameters of the pupil."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from backlight.maths.argument import whole
from backlight.maths.double_precision import in_double_precision
from backlight.maths.exact import Number
from backlight.rays.exit_pupil import chief_place, start
from backlight.rays.launch import FieldPoint, PupilPoints
from backlight.rays.lens import Lens
from backlight.rays.trace import trace
from backlight.rays.wavefront import wavefront


class Fan(NamedTuple):
    """Aberrations along a diameter of the pupil.

    **Attributes:** `pupil`, from −1 to 1; `offsets`, (y, x) on the image from the chief ray, m; `opd`, in waves;
    `alive`, whether a ray arrives: what is told of others is 0.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, ray_fans
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> along_y, along_x = ray_fans(lens, (0.0, 0.0), 550e-9)
        >>> along_y.offsets.shape, bool(along_y.alive.all())
        ((2, 33), True)
    """

    pupil: Float[Array, " n"]
    offsets: Float[Array, "2 n"]
    opd: Float[Array, " n"]
    alive: Bool[Array, " n"]


@in_double_precision
def ray_fans(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    count: int = 33,
    *,
    aimed: bool = False,
    reference: Number | None = None,
) -> tuple[Fan, Fan]:
    """Return the aberrations along the pupil's diameters in y and in x: the tangential and the sagittal fan of a field
    along y.

    **Arguments:** `count`: of rays in a fan; the rest as of `wavefront`.

    **Errors:** as of `wavefront`.
    """
    along = np.linspace(-1, 1, whole("count", count, 2))
    points = np.concatenate([np.stack([along, 0 * along]), np.stack([0 * along, along])], axis=1)
    rule = PupilPoints(points, np.full(2 * count, 0.5 / count))
    front = wavefront(lens, field, wavelength, rule=rule, aimed=aimed, reference=reference)
    reference = wavelength if reference is None else reference
    field = jnp.asarray(field, float)
    chief = chief_place("ray_fans", lens, field, wavelength, reference, aimed)
    rays = trace(lens, start(lens, field, jnp.asarray(points), wavelength, reference, aimed))
    offsets = jnp.where(rays.alive, rays.position[1:] - chief[:, None], 0.0)
    halves = (slice(0, count), slice(count, None))
    tangential, sagittal = (
        Fan(jnp.asarray(along), offsets[:, half], front.opd[half], rays.alive[half]) for half in halves
    )
    return tangential, sagittal
