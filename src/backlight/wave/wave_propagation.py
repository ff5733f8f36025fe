"""Wave propagation method: diffraction at the index of each pixel."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Field
from backlight.maths.fourier import fft2, ifft2
from backlight.maths.leaf import NONZERO, ComplexMaps, Given, Scalar, number
from backlight.wave import transfer_function
from backlight.wave.checkpointed_scan import checkpointed_scan
from backlight.wave.volume import Volume, phase_factor, slices


class WavePropagation(Volume):
    """Diffract every slice in the index of each pixel: right at wide angles, where one medium for all is not.

    U(r) ← Σ_f F[U](f)·exp(2πi f·r)·exp(2πi dz·√(n(r)²/λ² − |f+τ|²)) (Brenner and Singer, Appl. Opt. 32, 4984 (1993)).
    The sum is one transform for each reference index, and a pixel takes what lies between its two neighbors
    (Schmidt et al., Opt. Express 24, 30188 (2016)), linearly and after its own phase on axis, 2πΔn·dz/λ, is taken out:
    exact for the references themselves, and on axis for any index. Half of that phase acts before the diffraction and
    half behind it, which makes the slices' middles the planes where the index lies.

    **Arguments:**

    - `contrast`: Δn = n − n_medium, complex, shape (slices, y, x); Im Δn > 0 absorbs. n_medium is the field's.
    - `thickness`: dz of one slice, m.
    - `references`: contrasts (real, ascending, two or more) that span Re Δn. For a sample of two materials: both.

    Light enters at the front of the first slice and leaves at the back of the last; the medium's own phase is dropped.
    The volume repeats itself sideways. One transform more per reference than `MultiSlice` has. Valid without
    reflections, which carry energy away from a step of the index and are not subtracted here.

    **Errors:** `InputError` if `contrast` has not three axes, or no slice; if `references` are fewer than two or not
    ascending, or do not span the contrast that is given: beyond them the straight line makes light from nothing.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import WavePropagation
        >>> glass = WavePropagation(np.full((3, 4, 6), 0.5), 0.75e-6, references=(0.0, 0.5))
        >>> behind = glass(Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 0.6e-6, tilt=(0.0, 0.9 / 0.6e-6)))
        >>> turns = 3 * 0.75 / 0.6 * (np.sqrt(1.5**2 - 0.9**2) - 1)
        >>> round(float(np.angle(behind.values[0, 0]) / (2 * np.pi)) - float(turns), 3)
        -1.0
    """

    contrast: ComplexMaps
    thickness: Scalar
    references: tuple[float, ...] = eqx.field(static=True)

    def __init__(self, contrast: Given, thickness: Given, *, references: tuple[float, ...]):
        self.contrast, self.thickness = slices(contrast), number("thickness", thickness, NONZERO)
        self.references = tuple(float(c) for c in references)
        if len(references) < 2 or any(a >= b for a, b in itertools.pairwise(self.references)):
            raise InputError("references", got=repr(references), expected="two or more contrasts in ascending order")
        _demand_span(self.references, self.contrast)

    def _passed(self, field: Field) -> Complex[Array, "*modes y x"]:
        kernels = [
            transfer_function.free_space(
                field.grid, field.wavelength, self.thickness, field.tilt, field.medium_index + reference
            )
            for reference in self.references
        ]
        per_contrast = 0.5 * self.thickness / field.wavelength

        def step(values: Array, contrast: Array) -> Array:
            half = phase_factor(per_contrast * contrast)
            spectrum = fft2(half * values)
            shares = interpolation(jnp.real(contrast), self.references)
            return half * sum(share * ifft2(spectrum * kernel) for share, kernel in zip(shares, kernels, strict=True))

        return checkpointed_scan(step, field.values, self.contrast)


def _demand_span(references: tuple[float, ...], contrast: ComplexMaps) -> None:
    """Refuse contrasts beyond the references, but for round-off; not in a program that is traced."""
    for volume in jax.tree.leaves(contrast):
        if isinstance(volume, Tracer):
            continue
        low, high = float(jnp.min(volume.real)), float(jnp.max(volume.real))
        slack = 1e-6 * (references[-1] - references[0])
        if low < references[0] - slack or high > references[-1] + slack:
            raise InputError(
                "references",
                got=f"{references[0]:.4g} to {references[-1]:.4g} for a contrast of {low:.4g} to {high:.4g}",
                expected="contrasts n − n_medium that span the sample's",
                remedy=f"references=({min(low, references[0]):.4g}, …, {max(high, references[-1]):.4g})",
            )  # fmt: skip


def interpolation(x: Float[Array, "*shape"], nodes: tuple[float, ...]) -> list[Float[Array, "*shape"]]:
    """Return the weight of each node in the straight line through the two nodes nearest to x, also beyond them."""
    left = jnp.clip(jnp.searchsorted(jnp.asarray(nodes, x.dtype), x, side="right") - 1, 0, len(nodes) - 2)
    weights = [jnp.zeros_like(x) for _ in nodes]
    for i, (low, high) in enumerate(itertools.pairwise(nodes)):
        share = (x - low) / (high - low)
        weights[i] += jnp.where(left == i, 1 - share, 0.0)
        weights[i + 1] += jnp.where(left == i, share, 0.0)
    return weights
