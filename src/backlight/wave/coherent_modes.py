"""Coherent modes that are given as arrays, and how to find them from a mutual intensity."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Complex, Float, Inexact

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.argument import setting
from backlight.maths.leaf import POSITIVE, PROPER_SHARE, ComplexMaps, Given, Pair, Scalar, complexes, number, pair
from backlight.maths.safe import real_array
from backlight.wave.sources import TiltedSource
from backlight.wave.weights import shared


class CoherentModes(TiltedSource):
    """Partially coherent light as sampled modes, whose irradiances add: a measured or an unknown beam.

    **Arguments:**

    - `wavelength`: λ in vacuum, m.
    - `values`: the modes, shape (modes, y, x), each with the root of its weight; from a mutual intensity by `modes_of`.
      They lie on the pixels of whatever grid is asked for, of the same shape.
    - `medium_index`: n.
    - `tilt`: τ, cycles/m.

    **Errors:** `InputError` on a grid of another shape.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Grid
        >>> from backlight.wave import CoherentModes
        >>> CoherentModes(532e-9, np.ones((3, 8, 8)))(Grid((8, 8), 1e-6)).values.shape
        (3, 8, 8)
    """

    wavelength: Scalar
    values: ComplexMaps
    medium_index: Scalar
    tilt: Pair

    def __init__(self, wavelength: Given, values: Given, *, medium_index: Given = 1.0, tilt: Given = (0.0, 0.0)):
        self.wavelength = number("wavelength", wavelength, POSITIVE)
        self.medium_index = number("medium_index", medium_index, POSITIVE)
        self.values, self.tilt = complexes("values", values), pair("tilt", tilt)

    @property
    def curvature(self) -> Float[Array, ""]:
        """Curvature of the carrier, 1/m: none."""
        return real_array(0.0)

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`."""
        if self.values.shape[-2:] != grid.shape:
            raise InputError(
                "illumination",
                got=f"modes of {self.values.shape[-2:]} pixels on a grid of {grid.shape}",
                expected="modes sampled on the pixels of the plane they light",
                remedy="sample them on the grid of the sample",
            )
        values, weight = shared(self.values)
        return Field(
            values,
            grid,
            self.wavelength,
            medium_index=self.medium_index,
            tilt=self.tilt,
            weight=weight,
        )


class Decomposition(NamedTuple):
    """Coherent modes of a mutual intensity.

    **Attributes:** `values` (modes, *shape), strongest first, each with the root of its weight; `energy_left_out`, the
    share of the trace that the modes do not have.
    """

    values: Complex[np.ndarray, "modes *shape"]
    energy_left_out: float


def modes_of(mutual_intensity: Inexact[np.ndarray, "*points"], *, error: float = 1e-3) -> Decomposition:
    """Return the fewest coherent modes uₖ with W(r₁, r₂) = Σ uₖ*(r₁)·uₖ(r₂), but for a share `error` of the energy.

    The eigenvectors of W as a matrix, in float64 on the host (Wolf, J. Opt. Soc. Am. 72, 343, 1982). No other set of
    as many modes leaves out less.

    **Arguments:** `mutual_intensity`: W = ⟨U*(r₁)U(r₂)⟩, shape (*shape, *shape), e.g. (y, x, y, x); `error`: the
    largest share of ΣW(r, r) left out.

    **Errors:** `InputError` if W is no square, not Hermitian or not positive to 1e-6, or an error not in 0 … 1.

    Example:
        >>> import numpy as np
        >>> from backlight.wave import modes_of
        >>> x = np.linspace(-2, 2, 50)
        >>> modes_of(np.exp(-((x[:, None] - x) ** 2)), error=0.01).values.shape
        (5, 50)
    """
    matrix, shape = _as_matrix(mutual_intensity)
    setting("error", error, PROPER_SHARE)
    weights, vectors = np.linalg.eigh(matrix.conj())
    if not weights[-1] > 0 or weights[0] < -1e-6 * weights[-1]:
        raise _no_mutual_intensity(f"eigenvalues from {weights[0]:.3g} to {weights[-1]:.3g}", "none below 0")
    weights, vectors = np.maximum(weights[::-1], 0), vectors[:, ::-1]
    kept = np.cumsum(weights) / weights.sum()
    count = int(np.searchsorted(kept, 1 - error)) + 1
    values = (np.sqrt(weights[:count]) * vectors[:, :count]).T.reshape(count, *shape)
    return Decomposition(values, max(float(1 - kept[count - 1]), 0.0))


def _as_matrix(mutual_intensity: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    w = np.asarray(mutual_intensity)
    half = w.ndim // 2
    shape = w.shape[:half]
    if w.ndim % 2 or w.ndim == 0 or w.shape[half:] != shape:
        raise _no_mutual_intensity(f"shape {w.shape}", "twice the same axes, (y, x, y, x)")
    matrix = w.reshape(int(np.prod(shape)), -1).astype(np.complex128)
    skew = np.abs(matrix - matrix.conj().T).max()
    if not skew <= 1e-6 * np.abs(matrix).max():
        raise _no_mutual_intensity(f"W − Wᴴ up to {skew:.3g}", "a Hermitian matrix")
    return 0.5 * (matrix + matrix.conj().T), shape


def _no_mutual_intensity(got: str, expected: str) -> InputError:
    return InputError("mutual_intensity", got=got, expected=expected)
