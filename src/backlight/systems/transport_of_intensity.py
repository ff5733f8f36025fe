"""Transport of intensity: the phase of light from how its brightness changes along the axis.

Light flows along the gradient of its phase. What brightens from plane to plane is where more flows in than out:
k ∂I/∂z = −∇·(I ∇φ) (Teague, J. Opt. Soc. Am. 73, 1434 (1983)), with k = 2πn/λ and the phase growing along the light.
Nothing wraps and no iteration hangs in a valley: one linear equation has the phase, however many radians it has.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.light.grid import pitch_pair
from backlight.maths.argument import whole
from backlight.maths.leaf import NOT_NEGATIVE, POSITIVE, number
from backlight.maths.no_flux import cosines, laplacian_modes, weighted_poisson
from backlight.maths.safe import real_array, square_root
from backlight.wave import AngularSpectrum

Frames = Float[Array, "plane y x"] | np.ndarray | Sequence[Any]
Distances = Sequence[float] | np.ndarray | Float[Array, " plane"]
Pitch = float | Sequence[float] | np.ndarray | Float[Array, "..."]

DARKEST = 0.01
"""Share of the brightest pixel below which a pixel counts as that bright: with no light there is no phase."""


def transport_of_intensity(
    frames: Frames,
    distances: Distances,
    *,
    wavelength: float | Float[Array, ""],
    pixel_pitch: Pitch,
    medium_index: float | Float[Array, ""] = 1.0,
    degree: int = 1,
    noise: float | Float[Array, ""] | None = None,
    regularization: float | Float[Array, ""] | None = None,
) -> Float[Array, "y x"]:
    """Find the phase of light from frames in two or more planes.

    −∇·(I ∇φ) + ε I φ = k ∂I/∂z, for the I that is measured, uneven or not: Teague's auxiliary function, I∇φ = ∇ψ, is
    not used, as it leaves out the curl of I∇φ. I and ∂I/∂z are those of the polynomial of least squares through the
    frames, at the mean distance: with two planes the mean and the difference of the frames, right to the second order
    in their spacing. The phase is that of the plane at the mean distance; `transported_field` carries it to another.

    No light is taken to cross the border of the frame (even reflection). That is exact where the frame shows a field
    stop with dark around it, which keeps the light that crosses its edge in the picture, and where the light is flat
    near the border; periodic borders would be exact for neither.

    **Arguments:**

    - `frames`: I, irradiance in any unit after dark counts are taken off, one for each plane; they are scaled to equal
      sums, as nothing crosses the border.
    - `distances`: z of each plane along the light, m. In any order; only differences matter.
    - `wavelength`: λ in vacuum, m.
    - `pixel_pitch`: p at the sample (camera's over the magnification), m; one number or (p_y, p_x).
    - `medium_index`: n between the planes.
    - `degree`: of the polynomial in z; 3 and more take out the curvature of I(z) that far planes have.
    - `noise`: standard deviation of a pixel of a frame, in the unit of the frames; `None`: by the finest structures of
      ∂I/∂z.
    - `regularization`: ε, 1/m²: structures slower than √ε rad/m fade. `None`: the ε of the smallest expected square
      error of the phase at this noise, see `least_risk`.

    **Returns:** φ, rad, whose mean weighted by I is 0. In the dark it is a smooth continuation.

    **Validity:** paraxial, and planes so near that a structure of spatial frequency f has πλz f²/n ≪ 1; partly coherent
    light where its angles are even over the frame (then φ is the mean). A phase with singularities is not found.

    **Errors:** `InputError` for fewer than two frames, frames and distances of different number, equal distances,
    too high a degree, or frames without light.

    Example:
        >>> import jax.numpy as jnp
        >>> x = (jnp.arange(64) - 31.5) * 1e-6
        >>> sag = jnp.exp(-(x[:, None] ** 2 + x**2) / (2 * 8e-6**2))
        >>> bend = sag * ((x[:, None] ** 2 + x**2) / 8e-6**4 - 2 / 8e-6**2)  # ∇² of it
        >>> k, z = 2 * jnp.pi / 500e-9, 1e-6
        >>> frames = jnp.stack([1 + z / k * bend, 1 - z / k * bend])
        >>> phase = transport_of_intensity(frames, [-z, z], wavelength=500e-9, pixel_pitch=1e-6)
        >>> bool(abs(phase[32, 32] - phase[0, 0] - sag[32, 32]) < 0.02)
        True
    """
    fit = _Line.of(frames, distances, degree)
    side, sides = _cell(pixel_pitch)
    per_change = _per_change(fit.level, wavelength, side, medium_index)
    source = per_change * fit.change
    if regularization is None:
        spread = fine_noise(source) if noise is None else per_change * fit.gain * number("noise", noise, NOT_NEGATIVE)
        damping = least_risk(source, spread, sides)
    else:
        damping = number("regularization", regularization, NOT_NEGATIVE) * side**2
    bright = fit.level / jnp.mean(fit.level)
    bright = jnp.maximum(bright, DARKEST * jnp.max(bright))
    return weighted_poisson(bright, source, sides=sides, damping=damping, contrast=1 / DARKEST)


def transported_field(
    frames: Frames,
    distances: Distances,
    at: float,
    *,
    wavelength: float | Float[Array, ""],
    pixel_pitch: Pitch,
    medium_index: float | Float[Array, ""] = 1.0,
    degree: int = 1,
    noise: float | Float[Array, ""] | None = None,
    regularization: float | Float[Array, ""] | None = None,
) -> Field:
    """Return the light in the plane z = `at`: √I exp(iφ) of the mean distance, propagated to there.

    A start for an iterative phase retrieval, which has no limit of small distances. Arguments, validity and errors as
    for `transport_of_intensity`; `at`: m, on the scale of `distances`.

    Example:
        >>> import jax.numpy as jnp
        >>> optics = {"wavelength": 500e-9, "pixel_pitch": 1e-6}
        >>> transported_field(jnp.ones((2, 32, 48)), [0.0, 1e-5], 0.0, **optics).values.shape
        (32, 48)
    """
    fit = _Line.of(frames, distances, degree)
    optics = {"wavelength": wavelength, "pixel_pitch": pixel_pitch, "medium_index": medium_index}
    phase = transport_of_intensity(frames, distances, **optics, degree=degree, noise=noise,
                                   regularization=regularization)  # fmt: skip
    values = square_root(fit.level) * jnp.exp(1j * phase)
    middle = Field(values, Grid((phase.shape[0], phase.shape[1]), pixel_pitch), wavelength, medium_index=medium_index)
    return AngularSpectrum(band_limit=False)(middle, jnp.asarray(at - fit.distance, dtype=float))


def expected_error(
    shape: tuple[int, int],
    distances: Distances,
    *,
    noise: float | Float[Array, ""],
    wavelength: float | Float[Array, ""],
    pixel_pitch: Pitch,
    medium_index: float | Float[Array, ""] = 1.0,
    degree: int = 1,
    regularization: float | Float[Array, ""] = 0.0,
) -> Float[Array, ""]:
    """Return the standard deviation of the phase that white noise of the frames causes, in even light.

    σ_φ² = (k σ_g/I)² ⟨1/(q² + ε)²⟩ over the cosines of the frame, the constant left out; σ_g is the noise of ∂I/∂z. The
    sum converges fast: nearly all of it is the few broadest waves, the clouds that the equation is known for, so that
    without ε it grows with the area of the frame.

    **Arguments:** `noise`: σ of a pixel of a frame over its brightness; the others as for `transport_of_intensity`.

    **Returns:** σ_φ, rad, root mean square over the frame; what ε takes from the phase itself is not in it.

    Example:
        >>> optics = {"wavelength": 500e-9, "pixel_pitch": 1e-6, "noise": 0.01}
        >>> near, far = (float(expected_error((64, 64), [0.0, z], **optics)) for z in (1e-6, 2e-6))
        >>> round(near / far, 3)
        2.0
    """
    side, sides = _cell(pixel_pitch)
    gain = jnp.linalg.norm(_weights(distances, degree)[1])
    spread = noise * gain * _per_change(jnp.ones(()), wavelength, side, medium_index)
    modes = laplacian_modes(shape, sides).at[0, 0].set(jnp.inf)
    return spread * jnp.sqrt(jnp.mean(1 / (modes + regularization * side**2) ** 2))


@jax.jit
def least_risk(
    source: Float[Array, "y x"], noise: float | Float[Array, ""], sides: Float[Array, "2"]
) -> Float[Array, ""]:
    """Return the ε that makes Σ|φ_ε − φ|² smallest, as estimated without knowing φ.

    φ_ε = s/(q² + ε), with s = q²φ + white noise of σ, has the expected square error Σ (σ² + ε²φ²)/(q² + ε)² over the
    cosines of the frame; φ² is not known, but (s² − σ²)/q⁴ has it as its mean (Stein, Ann. Statist. 9, 1135 (1981)). So
    there is no constant to choose: ε is as large as clouds of noise outweigh what the sample has in the same broad
    waves, and 0 where they do not. Looked for among sixty values between the q² of the broadest wave and the finest.
    Few waves decide, as the broadest ones are the clouds: of pure noise the ε found varies much from frame to frame.

    **Arguments:** `source`: k ∂I/∂z over the mean brightness, in units of a cell; `noise`: σ of its pixels; `sides`:
    of a cell.

    **Returns:** ε in units of a cell, taken as a constant by gradients.
    """
    modes = laplacian_modes((source.shape[0], source.shape[1]), sides).ravel()[1:]
    power = jax.lax.stop_gradient(cosines(source - jnp.mean(source)).ravel()[1:] ** 2)
    variance = jax.lax.stop_gradient(jnp.asarray(noise, power.dtype) ** 2)

    def risk(damping):
        kept = modes / (modes + damping)
        return jnp.sum(((1 - kept) ** 2 * (power - variance) + kept**2 * variance) / modes**2)

    limits = jnp.stack([jnp.min(modes), jnp.max(modes)])
    candidates = jnp.concatenate(
        [jnp.zeros(1), jnp.exp(jnp.linspace(jnp.log(limits[0]), jnp.log(limits[1]), 60))]
    ).astype(power.dtype)
    return candidates[jnp.argmin(jax.lax.map(risk, candidates))]


def fine_noise(values: Float[Array, "y x"]) -> Float[Array, ""]:
    """Return the standard deviation of white noise, by what four neighbors in a square do not share.

    (a − b − c + d)/2 is zero for any plane through them and has the noise of one pixel; the median of its size over
    0.6745, as edges and dust are few.
    """
    square = values[1:, 1:] - values[:-1, 1:] - values[1:, :-1] + values[:-1, :-1]
    return jax.lax.stop_gradient(jnp.median(jnp.abs(square)) / 2 / 0.6745)


class _Line(NamedTuple):
    """The polynomial through the frames at its middle: I, ∂I/∂z, σ_g over σ, and z there."""

    level: Float[Array, "y x"]
    change: Float[Array, "y x"]
    gain: Float[Array, ""]
    distance: float | Float[Array, ""]

    @classmethod
    def of(cls, frames, distances: Distances, degree: int) -> "_Line":
        stack, weights = _frames(frames), _weights(distances, degree)
        if len(stack) != weights.shape[1]:
            raise InputError("frames and distances", got=f"{len(stack)} frames and {weights.shape[1]} distances",
                             expected="one distance for each frame")  # fmt: skip
        level, change = jnp.tensordot(weights, stack, 1)
        return cls(level, change, jnp.linalg.norm(weights[1]), _mean(distances))


def _frames(frames) -> Float[Array, "plane y x"]:
    """Return the frames scaled to their mean sum."""
    stack = real_array(frames, "frames")
    if stack.ndim != 3 or len(stack) < 2:
        raise InputError("frames", got=f"an array of shape {stack.shape}", expected="(plane, y, x), two planes or more",
                         remedy="stack the frame in focus and one out of focus")  # fmt: skip
    sums = jnp.mean(stack, axis=(1, 2))
    if not isinstance(sums, Tracer) and not bool(jnp.all(sums > 0)):
        raise InputError("frames", got=f"a frame of mean {float(jnp.min(sums)):.3g}", expected="light in every frame",
                         remedy="take off no more than the dark counts")  # fmt: skip
    return stack * (jnp.mean(sums) / sums)[:, None, None]


def _weights(distances: Distances, degree: int) -> Float[Array, "2 plane"]:
    """Return what each frame counts in I and in ∂I/∂z (1/m) at the mean distance."""
    offsets = _host(distances) - _mean(distances)
    known = not isinstance(offsets, Tracer)
    planes = len(np.unique(offsets)) if known else offsets.size
    if offsets.ndim != 1 or planes < 2:
        raise InputError("distances", got=f"{planes} different distances", expected="two or more, in m",
                         remedy="the change along the axis needs frames in different planes")  # fmt: skip
    whole("degree", degree, 1, planes - 1)
    lib = np if known else jnp
    reach = lib.max(lib.abs(offsets))
    rows = lib.linalg.pinv((offsets / reach)[:, None] ** np.arange(degree + 1))
    return jnp.asarray(lib.stack([rows[0], rows[1] / reach]), dtype=float)


def _host(distances: Distances) -> Any:
    """Return the distances in float64 where they are known: planes lie µm apart, mm away."""
    return distances if isinstance(distances, Tracer) else np.asarray(distances, float)


def _mean(distances: Distances) -> Any:
    return _host(distances).mean()


def _cell(pixel_pitch: Pitch) -> tuple[Float[Array, ""], Float[Array, "2"]]:
    """Return the side of a square as large as a pixel, m, and the pixel's sides over it."""
    pitch = pitch_pair(pixel_pitch)
    side = jnp.sqrt(pitch[0]) * jnp.sqrt(pitch[1])
    return side, pitch / side


def _per_change(level: Array, wavelength, side: Array, medium_index) -> Float[Array, ""]:
    """Return k·side²/⟨I⟩, what ∂I/∂z is multiplied with; no number on the way leaves the range of float32."""
    length = number("wavelength", wavelength, POSITIVE) / number("medium_index", medium_index, POSITIVE)
    return (2 * jnp.pi * side / length) * (side / jnp.mean(level))
