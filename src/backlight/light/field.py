"""Field: complex light on a grid, with its carrier kept apart."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Int

from backlight.errors import InputError
from backlight.light.grid import Grid, on_pixels
from backlight.maths.argument import instance
from backlight.maths.leaf import NOT_NEGATIVE, POSITIVE, complexes, reals, vectors
from backlight.maths.safe import squared_modulus


class Field(eqx.Module):
    """Light in one plane, the fast-varying carrier factored out.

    The true field at r = (y, x) is

        U(r) = √w · values · exp(2πi τ·r) · exp(iπ n c |r|²/λ) · exp(i·constant)

    with w = `weight`, τ = `tilt` and c = `curvature`. The constant (optical path along the axis) is
    dropped by declaration: in float32 it would cost the phase its accuracy, and no camera sees it.

    Leading axes of `values` are modes, whose irradiances add: polarizations, coherent modes. Modes that differ in their
    carrier too (wavelengths, points of a source) have it along the same first axis: `wavelength` of shape (modes,),
    `tilt` (modes, 2), `curvature`, `medium_index` (modes,); those of a source of points and wavelengths along two
    axes, `wavelength` (wavelengths,), `tilt` (wavelengths, points, 2). Parts treat such a field mode by mode, see
    `map_modes`.

    **Arguments:**

    - `values`: complex, shape (*modes, y, x); the two last axes may be 1 and then stand for a uniform field.
    - `grid`: where the values lie.
    - `wavelength`: λ in vacuum, m.
    - `medium_index`: n, refractive index of the medium.
    - `tilt`: τ = (τ_y, τ_x), cycles/m.
    - `curvature`: c = 1/R, 1/m; positive for light that diverges from a point at distance R before the plane.
    - `weight`: w, of shape (modes,) as above: the irradiance that a mode of unit values has. It is no part of the
      values, so that light of another brightness is not propagated anew. A mode that has a weight of its own may be
      carried alone.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> light = Field(np.full((4, 6), 2j), Grid((4, 6), 1e-6), 532e-9, tilt=(1e4, 0.0))
        >>> float(light.irradiance[0, 0])
        4.0
    """

    values: Complex[Array, "*modes #y #x"]
    grid: Grid
    wavelength: Float[Array, "..."]
    medium_index: Float[Array, "..."]
    tilt: Float[Array, "... 2"]
    curvature: Float[Array, "..."]
    weight: Float[Array, "..."]

    def __init__(
        self,
        values: ArrayLike | Sequence[Any],
        grid: Grid,
        wavelength: ArrayLike,
        *,
        medium_index: ArrayLike = 1.0,
        tilt: ArrayLike | Sequence[Any] = (0.0, 0.0),
        curvature: ArrayLike = 0.0,
        weight: ArrayLike = 1.0,
    ):
        self.values = on_pixels("values of the light", complexes("values", values), instance("grid", grid, Grid))
        self.grid = grid
        self.wavelength = reals("wavelength", wavelength, POSITIVE)
        self.medium_index = reals("medium_index", medium_index, POSITIVE)
        self.tilt = vectors("tilt", tilt)
        self.curvature = reals("curvature", curvature)
        self.weight = reals("weight", weight, NOT_NEGATIVE)
        _demand_modes(self)

    @property
    def irradiance(self) -> Float[Array, "*modes #y #x"]:
        """|U|² of each mode; of the carriers only the weight changes it."""
        weight = self.weight.reshape(self.weight.shape + (1,) * (self.values.ndim - self.weight.ndim))
        return weight * squared_modulus(self.values)

    @property
    def full(self) -> Complex[Array, "*modes y x"]:
        """The values with a pixel each, also where they are uniform."""
        return jnp.broadcast_to(self.values, self.values.shape[:-2] + self.grid.shape)

    def with_values(self, values: Complex[Array, "*modes y x"]) -> "Field":
        """Return the same light with other values."""
        return eqx.tree_at(lambda field: field.values, self, on_pixels("values of the light", values, self.grid))


def _demand_modes(light: Field) -> None:
    """Refuse carriers of another number of modes than the values."""
    modes = light.values.shape[:-2]
    carriers = {"wavelength": 0, "medium_index": 0, "tilt": 1, "curvature": 0, "weight": 0}
    for name, rank in carriers.items():
        leaf = getattr(light, name)
        axes = leaf.shape[: leaf.ndim - rank]
        if any(own != count for own, count in zip(axes, modes, strict=False)):
            raise InputError(name, got=f"shape {leaf.shape}", expected=f"one, or one for each of {modes} modes")


def map_modes(part: Callable[[Field], Any], field: Field) -> Any:
    """Call `part` on each mode of a field whose carriers differ from mode to mode; at once on any other field.

    **Arguments:** `part`: field with one carrier → field, or an array.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid, map_modes
        >>> light = Field(np.ones((3, 4, 6)), Grid((4, 6), 1e-6), np.array([450e-9, 532e-9, 633e-9]))
        >>> map_modes(lambda one: one.with_values(one.values * one.wavelength), light).values.shape
        (3, 4, 6)
    """
    instance("light", field, Field)
    own = _differs(field)
    if not _carriers_differ(field):
        return part(field)
    axes = eqx.tree_at(_leaves, field, tuple(0 if one else None for one in own))
    return jax.vmap(lambda mode: map_modes(part, mode), in_axes=(axes,))(field)


def select_modes(field: Field, indices: Int[Array | np.ndarray, " n"] | int) -> Field:
    """Return the field with only the given modes of its first axis; with a single one, without that axis.

    **Arguments:** `field`: with at least one axis of modes; `indices`: which of them.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid, select_modes
        >>> light = Field(np.ones((3, 4, 6)), Grid((4, 6), 1e-6), np.array([450e-9, 532e-9, 633e-9]))
        >>> select_modes(light, np.array([0, 2])).wavelength.shape
        (2,)
    """
    some = (leaf[indices] if own else leaf for leaf, own in zip(_leaves(field), _differs(field), strict=True))
    return eqx.tree_at(_leaves, field, tuple(some))


def split_modes(field: Field) -> list[Field]:
    """Return the modes of a field whose carriers differ, one by one, also along two axes; any other field as it is.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid, split_modes
        >>> light = Field(np.ones((2, 4, 6)), Grid((4, 6), 1e-6), np.array([450e-9, 532e-9]))
        >>> [one.values.shape for one in split_modes(light)]
        [(4, 6), (4, 6)]
    """
    if not _carriers_differ(instance("light", field, Field)):
        return [field]
    return [one for i in range(field.values.shape[0]) for one in split_modes(select_modes(field, i))]


def count_modes(field: Field) -> int:
    """Return how many modes lie along the first axis of a field; 1 where its values share carrier and weight.

    Such values may be the components of a polarization, which parts mix: none can be carried without the others.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.light.field import count_modes
        >>> values, grid = np.ones((2, 4, 6)), Grid((4, 6), 1e-6)
        >>> [count_modes(Field(values, grid, 532e-9, weight=weight)) for weight in (1.0, [0.3, 0.7])]
        [1, 2]
    """
    return field.values.shape[0] if any(_differs(field)[1:]) else 1


_RANKS = (2, 0, 0, 0, 1, 0, 1, 1)


def _leaves(light: Field) -> tuple[Any, ...]:  # arrays, or what `eqx.tree_at` puts in their place
    carrier = light.wavelength, light.medium_index, light.tilt, light.curvature
    return light.values, light.weight, *carrier, light.grid.pitch, light.grid.center


def _differs(field: Field) -> list[bool]:
    """Tell of each leaf whether modes along the first axis have their own."""
    return [leaf.ndim > rank for leaf, rank in zip(_leaves(field), _RANKS, strict=True)]


def _carriers_differ(field: Field) -> bool:
    """Tell whether modes along the first axis differ in more than values and weight."""
    return any(_differs(field)[2:])
