"""Sources of finite size: many points, whose light does not interfere."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field, Grid
from backlight.maths import quadrature
from backlight.maths.leaf import (
    NONZERO,
    POSITIVE,
    Given,
    OneOrEach,
    Pair,
    Points,
    Scalar,
    Vector,
    number,
    numbers,
    one_or_two,
    pair,
    vectors,
    widest,
)
from backlight.maths.safe import real_array
from backlight.wave.sources import TiltedSource
from backlight.wave.weights import uniform, weights_of


class ExtendedSource(TiltedSource):
    """Köhler illumination: an incoherent source in the focal plane of a condenser, a plane wave for each of its points.

    The k-th mode is √wₖ·exp(2πi τₖ·r) with τₖ = τ + s∘pₖ/λ. What the waves share, the degree of coherence, is
    Σ wₖ·exp(2πi s∘pₖ·Δr/λ): the Fourier transform of the source (van Cittert-Zernike; Born and Wolf, §10.4.2).

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `size`: s, one number or (y, x): n·sin of the angle that a point at p = 1 is seen under. For a disc it is the
      numerical aperture of the condenser.
    - `points`: p, shape (points, 2), (y, x) in units of `size`; with size 1 a table of angles, n·sin each.
    - `weights`: w, the irradiance of each; equal ones that sum to 1 by default.
    - `medium_index`: n.
    - `tilt`: τ of the middle, cycles/m.

    Points chosen for a stated error: `disc`, `rectangle`.

    **Errors:** `InputError` for weights below 0 or of another number than the points.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import ExtendedSource
        >>> four = ExtendedSource(532e-9, 0.1, [(0, 1), (1, 0), (0, -1), (-1, 0)])
        >>> four(Grid((8, 8), 1e-6)).tilt.shape
        (4, 2)
    """

    wavelength: Scalar
    size: OneOrEach
    medium_index: Scalar
    tilt: Pair
    points: Points
    weights: Vector

    def __init__(
        self,
        wavelength: Given,
        size: Given,
        points: Given,
        weights: Given | None = None,
        *,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
    ):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.size, self.tilt = one_or_two("size", size), pair("tilt", tilt)
        self.points = vectors("points", points)
        self.weights = weights_of(weights, jax.tree.leaves(self.points)[0].shape[-2])

    @classmethod
    def disc(
        cls,
        wavelength: Given,
        numerical_aperture: Given,
        *,
        reach: float,
        error: float = 1e-2,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
    ) -> "ExtendedSource":
        """Return a uniform disc: the open aperture of a condenser.

        **Arguments:** `numerical_aperture`: of the condenser, n·sin; a leaf, under the name `size`; `reach`: m, the
        largest separation of two points of the sample whose degree of coherence 2J₁(x)/x, x = 2π·NA·reach/λ, must be
        right within `error`: the width of the field of view, or of what the optics can make interfere (a few λ/NA of
        the objective).

        **Errors:** `InputError` for an error that is not in 1e-10 … 1, or a reach that asks for too many points.
        """
        rule = quadrature.disc(max(_extent(numerical_aperture, reach, wavelength)), error)
        return cls(wavelength, numerical_aperture, *rule, medium_index=medium_index, tilt=tilt)

    @classmethod
    def rectangle(
        cls,
        wavelength: Given,
        size: Given,
        *,
        reach: float,
        error: float = 1e-2,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
    ) -> "ExtendedSource":
        """Return a uniform rectangle whose edges are seen under ±`size`; the others as for `disc`."""
        rule = quadrature.square(_extent(size, reach, wavelength), error)
        return cls(wavelength, size, *rule, medium_index=medium_index, tilt=tilt)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m: none."""
        return real_array(0.0)

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`, a mode for each point."""
        tilt = self.tilt + self.size * self.points / self.wavelength
        return Field(
            uniform(self.weights),
            grid,
            self.wavelength,
            medium_index=self.medium_index,
            tilt=tilt,
            weight=self.weights,
        )


class LED(TiltedSource):
    """A light-emitting diode of finite size at a finite distance: a spherical wave from each of its points.

    The panel is parallel to the sample's plane. The k-th mode is √wₖ·exp(2πi τₖ·r)·exp(iπ n r²/(λR)), both factors in
    the carrier, with τₖ = (n/λ)·t/√(1+|t|²) and t = t₀ − ½s∘pₖ/R, where t₀ is the tangent that belongs to the tilt τ
    of the middle. Through free space every point casts its own shadow: edges blur by s·z/R.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `size`: s, the full width of the panel, one number or (y, x), m; of a round one the diameter.
    - `distance`: R from the panel's plane to the sample's, m.
    - `points`: p, shape (points, 2), (y, x) in units of half the size.
    - `weights`: w, the irradiance of each; equal ones that sum to 1 by default.
    - `medium_index`: n, of the medium between.
    - `tilt`: τ of the middle, cycles/m: where on its panel the diode sits.

    Points chosen for a stated error: `rectangle`, `disc`.

    Valid for a field of view ≪ R. Through free space, which takes the curvature by the same theorem, shadows and
    fringes are right at any angle θ of the diode. The phase in the plane itself is that of the point's sphere near the
    axis only: it runs ahead by Δ = (πn/λR)(r² − cos θ(r² − (r·sin θ)²)), at the edge of a field of radius r by up to
    (1 − cos³θ)·πnr²/(λR): 2.6 rad at 30° and r = R/200 = 250 µm, 0.3 rad at 10°. A part that writes the curvature out
    (`Objective`, `RotatedPlane`, `VectorFocus`, a volume) and one that compares phases (`Reference`) want Δ ≪ 1.

    **Errors:** `InputError` for weights below 0 or of another number than the points.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import LED
        >>> diode = LED.rectangle(532e-9, 200e-6, 0.05, reach=50e-6)
        >>> diode.points.shape, float(diode(Grid((8, 8), 1e-6)).curvature)
        ((9, 2), 20.0)
    """

    wavelength: Scalar
    size: OneOrEach
    distance: Scalar
    medium_index: Scalar
    tilt: Pair
    points: Points
    weights: Vector

    def __init__(
        self,
        wavelength: Given,
        size: Given,
        distance: Given,
        points: Given,
        weights: Given | None = None,
        *,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
    ):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.size, self.distance = one_or_two("size", size), number("distance", distance, NONZERO)
        self.tilt = pair("tilt", tilt)
        self.points = vectors("points", points)
        self.weights = weights_of(weights, jax.tree.leaves(self.points)[0].shape[-2])

    @classmethod
    def rectangle(
        cls,
        wavelength: Given,
        size: Given,
        distance: Given,
        *,
        reach: float,
        error: float = 1e-2,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
    ) -> "LED":
        """Return a uniform rectangular diode.

        **Arguments:** `reach`: m, the largest separation of two points of the sample whose degree of coherence, a
        product of sinc(s·reach/(λR)), must be right within `error`; the others as for the class.

        **Errors:** `InputError` for an error that is not in 1e-10 … 1, or a reach that asks for too many points.
        """
        rule = quadrature.square(_extent(_aperture(size, distance, medium_index), reach, wavelength), error)
        return cls(wavelength, size, distance, *rule, medium_index=medium_index, tilt=tilt)

    @classmethod
    def disc(
        cls,
        wavelength: Given,
        size: Given,
        distance: Given,
        *,
        reach: float,
        error: float = 1e-2,
        medium_index: Given = 1.0,
        tilt: Given = (0.0, 0.0),
    ) -> "LED":
        """Return a uniform round diode, degree of coherence 2J₁(x)/x, x = πs·reach/(λR); the rest as `rectangle`."""
        rule = quadrature.disc(max(_extent(_aperture(size, distance, medium_index), reach, wavelength)), error)
        return cls(wavelength, size, distance, *rule, medium_index=medium_index, tilt=tilt)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m."""
        return 1.0 / self.distance

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`, a mode for each point."""
        middle = self.tilt * self.wavelength / self.medium_index
        tangent = middle / jnp.sqrt(1 - jnp.sum(middle**2)) - 0.5 * self.size * self.points / self.distance
        sine = tangent / jnp.sqrt(1 + jnp.sum(tangent**2, axis=-1, keepdims=True))
        return Field(
            uniform(self.weights),
            grid,
            self.wavelength,
            medium_index=self.medium_index,
            tilt=sine * (self.medium_index / self.wavelength),
            curvature=self.curvature,
            weight=self.weights,
        )


def _extent(aperture: Given, reach: float, wavelength: Given) -> tuple[float, float]:
    """Return the radians of phase between middle and edge of a source over `reach`, of the worst frame."""
    y, x = 2 * np.pi * widest(aperture) * abs(reach) / numbers(wavelength).min()
    return float(y), float(x)


def _aperture(size: Given, distance: Given, medium_index: Given) -> np.ndarray:
    """Return n·sin of half the angle a diode is seen under, of the worst frame."""
    return 0.5 * widest(size) / np.abs(numbers(distance)).min() * numbers(medium_index).max()
