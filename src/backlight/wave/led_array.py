"""A panel of light-emitting diodes, of which a few are lit in each frame."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.leaf import (
    NOT_NEGATIVE,
    POSITIVE,
    Given,
    Indices,
    OneOrEach,
    Pair,
    Points,
    Scalar,
    Vector,
    frame_shape,
    number,
    numbers,
    one_or_two,
    pair,
    vector,
    vectors,
)
from backlight.maths.safe import real_array
from backlight.wave.weights import uniform, weights_of

REFRACTIONS = 24
"""Rounds of the fixed point of Snell's law: each leaves less than (slide thickness)/(height) of the error."""


class LEDArray(eqx.Module):
    """Light the sample by diodes of a panel below it, a plane wave for each that is lit.

    Diode k stands at q = R(φ, ℓ)·(pₖ + δₖ) + (s, −h): its place on the panel with its own offset, the panel turned by φ
    and leaning by ℓ, shifted by s and at the height h below the sample. Its light comes along −q, so that

        τₖ = −(t/√(1 + |t|²))/λ,   t = (tangent of the ray in air),   t = q/|q_z| without a slide

    (Zheng, Horstmeyer and Yang, Nat. Photonics 7, 739 (2013)). A glass slide of thickness d and index n on the way
    displaces the ray: (|q_z| − d)·t + d·t/√(n² + (n² − 1)|t|²) = q, by Snell's law.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `positions`: p, shape (diodes, 2), (y, x) on the panel, m.
    - `height`: h, m, > 0.
    - `lit`: which diodes shine together, shape (lit,); `PerFrame` of (frames, lit) for a frame after the other. Their
      irradiances add: they are modes.
    - `shift`: s, (y, x) of the panel's origin, m.
    - `rotation`: φ, rad, turns +x towards +y, as everywhere.
    - `lean`: ℓ = (ℓ_y, ℓ_x), rad: how far the panel's +y, then its +x, is raised towards the sample.
    - `offsets`: δ, shape (diodes, 2), m: what each diode is off its place.
    - `gains`: irradiance of each diode at the sample, shape (diodes,); 1 by default.
    - `slide_thickness`, `slide_index`: d, m, and n of a plane-parallel glass between panel and sample.
    - `size`: full width of a diode, one number or (y, x), m; `points`, shape (points, 2), (y, x) in units of half the
      size; `weights`: share of each. By default a single point.
    - `medium_index`: of the medium around the sample; a flat cover does not change τ.

    Valid for a field of view ≪ h: the curvature of the waves is left out, and what of it is common to all diodes is a
    curved phase of the sample. A part of the field that lies off the axis sees the panel shifted by as much.

    **Errors:** `InputError` for offsets or gains of another number than the positions, a diode that is not there, or a
    slide that is thicker than the height.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.systems import PerFrame
        >>> from backlight.wave import LEDArray
        >>> panel = LEDArray(630e-9, [(0.0, 0.0), (0.0, 4e-3)], 90e-3, lit=[1])
        >>> [round(float(t)) for t in panel(Grid((8, 8), 2e-6)).tilt * 630e-9 * 1e6]
        [0, -44401]
    """

    wavelength: Scalar
    positions: Points
    height: Scalar
    shift: Pair
    rotation: Scalar
    lean: Pair
    offsets: Points
    gains: Vector
    slide_thickness: Scalar
    slide_index: Scalar
    size: OneOrEach
    points: Points
    weights: Vector
    medium_index: Scalar
    lit: Indices

    def __init__(
        self,
        wavelength: Given,
        positions: Given,
        height: Given,
        *,
        lit: Given,
        shift: Given = (0.0, 0.0),
        rotation: Given = 0.0,
        lean: Given = (0.0, 0.0),
        offsets: Given | None = None,
        gains: Given | None = None,
        slide_thickness: Given = 0.0,
        slide_index: Given = 1.5,
        size: Given = 0.0,
        points: Given = ((0.0, 0.0),),
        weights: Given | None = None,
        medium_index: Given = 1.0,
    ):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.positions, self.height = vectors("positions", positions), number("height", height, POSITIVE)
        count = _row("positions", self.positions, None)
        self.shift, self.rotation, self.lean = pair("shift", shift), number("rotation", rotation), pair("lean", lean)
        self.offsets = vectors("offsets", np.zeros((count, 2)) if offsets is None else offsets)
        self.gains = vector("gains", np.ones(count) if gains is None else gains, NOT_NEGATIVE)
        _row("offsets", self.offsets, count)
        if frame_shape(self.gains) != (count,):
            raise InputError("gains", got=f"shape {frame_shape(self.gains)}", expected=f"{count}, one for each diode")
        self.slide_thickness = number("slide_thickness", slide_thickness, NOT_NEGATIVE)
        _demand_thin(self.slide_thickness, self.height)
        self.slide_index = number("slide_index", slide_index, POSITIVE)
        self.size, self.points = one_or_two("size", size), vectors("points", points)
        self.weights = weights_of(weights, len(numbers(points)) // 2)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.lit = _indices(lit, count)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m: none."""
        return real_array(0.0)

    def at_wavelength(self, wavelength: Float[Array, ""], medium_index: Float[Array, ""]) -> "LEDArray":
        """Return the same panel at another wavelength: the diodes stand where they are."""
        where = lambda one: (one.wavelength, one.medium_index)  # noqa: E731
        return eqx.tree_at(where, self, (wavelength, medium_index))

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`, a mode for each point of each diode that is lit."""
        sine = _refracted(self._places(), self.slide_thickness, self.slide_index)
        weight = (self.gains[self.lit][:, None] * self.weights).ravel()
        tilt = -sine.reshape(-1, 2) / self.wavelength
        values = uniform(weight)
        if weight.size == 1:
            values, tilt, weight = values[0], tilt[0], weight[0]
        return Field(values, grid, self.wavelength, medium_index=self.medium_index, tilt=tilt, weight=weight)

    def _places(self) -> Float[Array, "lit points 3"]:
        """Return q of each point that is lit, (y, x, distance below the sample)."""
        panel = (self.positions + self.offsets)[self.lit][:, None, :] + 0.5 * self.size * self.points
        cos, sin = jnp.cos(self.rotation), jnp.sin(self.rotation)
        y, x = cos * panel[..., 0] + sin * panel[..., 1], cos * panel[..., 1] - sin * panel[..., 0]
        (cy, cx), (sy, sx) = jnp.cos(self.lean), jnp.sin(self.lean)
        raised = sy * y + sx * cy * x
        return jnp.stack([cy * y - sx * sy * x + self.shift[0], cx * x + self.shift[1], self.height - raised], axis=-1)


def _refracted(
    places: Float[Array, "lit points 3"], thickness: Float[Array, ""], index: Float[Array, ""]
) -> Float[Array, "lit points 2"]:
    """Return the sine in air, along y and x, of the ray from each place through the slide to the origin.

    t = k·(y, x) with k = 1/(|z| − d + d/√(n² + (n² − 1)k²ρ²)), a strong contraction.
    """
    lateral, height = places[..., :2], places[..., 2]
    square = jnp.sum(lateral**2, axis=-1)
    k = 1 / height
    for _ in range(REFRACTIONS):
        in_glass = thickness / jnp.sqrt(index**2 + (index**2 - 1) * k**2 * square)
        k = 1 / (height - thickness + in_glass)
    return lateral * (k / jnp.sqrt(1 + k**2 * square))[..., None]


def _demand_thin(thickness: Scalar, height: Scalar) -> None:
    """Refuse a slide that does not fit below the sample, where both are known numbers."""
    known = [*jax.tree.leaves(thickness), *jax.tree.leaves(height)]
    if not any(isinstance(leaf, Tracer) for leaf in known) and numbers(thickness).max() >= numbers(height).min():
        raise InputError("slide_thickness", got=f"{numbers(thickness).max():g} m",
                         expected=f"less than the height, {numbers(height).min():g} m")  # fmt: skip


def _row(where: str, places: Given, count: int | None) -> int:
    """Check that there is one place (y, x) for each diode, and return how many."""
    shape = frame_shape(places)
    if len(shape) != 2 or shape[0] == 0 or count not in (None, shape[0]):
        raise InputError(where, got=f"shape {shape}", expected=f"({count or 'diodes'}, 2), a pair (y, x) for each")
    return shape[0]


def _indices(lit: Given, count: int) -> Any:
    """Check which diodes are lit, of every frame."""
    leaf = jax.tree.map(jnp.asarray, lit) if isinstance(lit, eqx.Module) else jnp.atleast_1d(jnp.asarray(lit))
    for values in jax.tree.leaves(leaf):
        known = np.asarray(values)
        whole = np.issubdtype(known.dtype, np.integer) and known.size > 0
        if not whole or known.min() < 0 or known.max() >= count:
            raise InputError(
                "lit", got=f"{known.ravel()[:6]}", expected=f"whole numbers from 0 to {count - 1}, a diode each"
            )
    return leaf
