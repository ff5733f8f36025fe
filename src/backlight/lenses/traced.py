"""The rays of an analysis: all fields, colors and figures in one program, since compiling takes longer than tracing."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.rays import (
    MTF,
    Distortion,
    FieldCurvature,
    Lens,
    PupilPoints,
    Seidel,
    Wavefront,
    ZernikeFit,
    distortion,
    field_curvature,
    gauss_legendre,
    geometric_otf,
    launch,
    otf,
    seidel,
    strehl,
    trace,
    wavefront,
    zernike_fit,
)
from backlight.rays.colors import Colors
from backlight.rays.transfer import both_ways, mtf_of

RULE, ZERNIKES = gauss_legendre(12, 24), 22
ALONG = np.linspace(-1, 1, 33)
"""Where the rays of a fan pass the pupil."""
SQUARE = np.stack(np.meshgrid(*2 * [np.linspace(-1, 1, 41)], indexing="ij"))
WITHIN = np.hypot(*SQUARE) <= 1
"""The pupil in a square of its points."""
_PARTS = (RULE.points, np.stack([ALONG, 0 * ALONG]), np.stack([0 * ALONG, ALONG]), SQUARE[:, WITHIN])
_ENDS = np.cumsum([part.shape[1] for part in _PARTS])
RULED, ALONG_Y, ALONG_X, MAPPED = (slice(end - part.shape[1], end) for part, end in zip(_PARTS, _ENDS, strict=True))
POINTS = np.concatenate(_PARTS, axis=1)
EVERY = PupilPoints(POINTS, np.append(RULE.weights, np.zeros(POINTS.shape[1] - len(RULE.weights))))
"""All points of the pupil that are looked at; those of fans and maps count nothing in a mean."""


ONCE: dict[str, bool | str | int | float] = {"xla_backend_optimization_level": 0}
"""A program that runs once: compiled in a quarter of the time, at three times the time that it runs."""


class Traced(NamedTuple):
    """What rays tell, with an axis for the fields in front, and one for the colors in `rays` and `fronts`.

    **Attributes:** `rays` on the image, the chief ray and those through `EVERY`; `fronts` of the latter; `zernikes` and
    `strehl` of the main color; `curvature` and `distortion` over heights of the field, if there are any; `seidel` for
    the rim of the field.
    """

    rays: Rays
    fronts: Wavefront
    zernikes: ZernikeFit
    strehl: Float[Array, " fields"]
    curvature: FieldCurvature | None
    distortion: Distortion | None
    seidel: Seidel


@partial(jax.jit, static_argnames="primary", compiler_options=ONCE)
def traced(
    lens: Lens,
    fields: Float[Array | np.ndarray, "fields 2"],
    colors: Float[Array | np.ndarray, " colors"],
    heights: Float[Array | np.ndarray, " n"] | None,
    primary: int,
) -> Traced:
    """Return what rays of all fields and colors tell; `heights`: of the field, along y; `primary`: the main color."""
    main, points = colors[primary], np.append(np.zeros((2, 1)), EVERY.points, axis=1)

    def of_color(field: Array, color: Array) -> tuple[Rays, Wavefront]:
        rays = trace(lens, launch(lens, field, points, color, reference=main))
        return rays, wavefront(lens, field, color, rule=EVERY, reference=main)

    def of_field(field: Array) -> tuple[Rays, Wavefront, ZernikeFit, Array]:
        rays, fronts = jax.vmap(lambda color: of_color(field, color))(colors)
        fit = zernike_fit(jax.tree.map(lambda leaf: leaf[primary], fronts), ZERNIKES)
        return rays, fronts, fit, strehl(lens, field, main)

    return Traced(
        *jax.vmap(of_field)(jnp.asarray(fields)),
        curvature=None if heights is None else field_curvature(lens, heights, main),
        distortion=None if heights is None else distortion(lens, heights, main),
        seidel=seidel(lens, jnp.max(jnp.hypot(*jnp.asarray(fields).T)), main),
    )


@partial(jax.jit, static_argnames="samples", compiler_options=ONCE)
def contrasts(
    lens: Lens,
    fields: Float[Array | np.ndarray, "fields 2"],
    chiefs: Float[Array | np.ndarray, "fields 2"],
    colors: Colors,
    frequencies: Float[Array | np.ndarray, " n"],
    samples: int | None,
) -> MTF:
    """Return the contrast of each field about its chief ray's place on the image, one field after the other.

    **Arguments:** `samples`: of the pupil; by rays, without diffraction, where `None`.
    """
    transfer = geometric_otf if samples is None else partial(otf, samples=samples)

    nu = jnp.asarray(frequencies)

    def of_field(pair: tuple[Array, Array]) -> MTF:
        field, chief = pair
        found = transfer(lens, field, colors.wavelengths, both_ways(field, nu), weights=colors.weights,
                         reference=colors.reference, center=chief)  # fmt: skip
        return mtf_of(nu, found)

    return jax.lax.map(of_field, (jnp.asarray(fields), jnp.asarray(chiefs)))
