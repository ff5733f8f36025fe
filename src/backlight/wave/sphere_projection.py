"""How far light runs through a sphere."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Field
from backlight.maths.safe import square_root


def chord_lengths(field: Field, center: Float[Array, "2"], radius: Float[Array, ""]) -> Float[Array, "y x"]:
    """Return the length of the chord along the carrier through each pixel of the plane of the sphere's center.

    A line through r along the unit vector with sideways components λτ/n passes the center at ρ² = |r|² − (r·λτ/n)²;
    its chord is 2√(R² − ρ²).

    **Arguments:** `center`: (y, x), m; `radius`: R, m.
    """
    sine = field.wavelength / field.medium_index * field.tilt
    y, x = (field.grid.y - center[0])[:, None], (field.grid.x - center[1])[None, :]
    squared_distance = y**2 + x**2 - (y * sine[0] + x * sine[1]) ** 2
    return mean_chord(squared_distance, radius, 0.5 * jnp.sqrt(jnp.abs(jnp.prod(field.grid.pitch))))


@jax.custom_jvp
def mean_chord(
    squared_distance: Float[Array, "*shape"], radius: Float[Array, ""], half_width: Float[Array, ""]
) -> Float[Array, "*shape"]:
    """Return the mean of 2√(R² − ρ′²) over ρ − h ≤ ρ′ ≤ ρ + h, 0 outside.

    R²/(2h)·[δ + sin δ·cos σ] with δ, σ = β ∓ α, sin α = (ρ − h)/R and sin β = (ρ + h)/R, both within ±1. The chord
    itself has an infinite slope at the rim; its mean has not. sin δ is written without the difference of large terms
    that would cost a sphere of R/h ≫ 1 its digits. It is a function of ρ², smooth at the center where ρ itself is not.
    """
    distance = square_root(squared_distance)
    low, high, cos_low, cos_high = _ends(distance, radius, half_width)
    delta = _opening(distance, radius, half_width)
    return radius**2 / (2 * half_width) * (delta + jnp.sin(delta) * (cos_low * cos_high - low * high))


@mean_chord.defjvp
def _mean_chord_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    squared_distance, radius, half_width = primals
    mean = mean_chord(*primals)
    distance = square_root(squared_distance)
    _, _, cos_low, cos_high = _ends(distance, radius, half_width)
    by_square = _slope(distance, radius, half_width)
    by_radius = _opening(distance, radius, half_width) * radius / half_width
    by_width = ((cos_high + cos_low) * radius - mean) / half_width
    return mean, by_square * tangents[0] + by_radius * tangents[1] + by_width * tangents[2]


def _slope(distance: Array, radius: Array, half_width: Array) -> Array:
    """Return (cos β − cos α)·R/(2hρ), the derivative by ρ²; within the rim without ρ, by which it is 0/0 at 0."""
    _, _, cos_low, cos_high = _ends(distance, radius, half_width)
    within = distance + half_width < radius
    both = jnp.where(within, cos_low + cos_high, 1.0)
    apart = jnp.where(distance > 0, distance, 1.0)
    return jnp.where(within, -2 / (radius * both), (cos_high - cos_low) * radius / (2 * half_width * apart))


def _ends(distance: Array, radius: Array, half_width: Array) -> tuple[Array, Array, Array, Array]:
    """Return sin α, sin β, cos α, cos β."""
    low, high = (jnp.clip(end / radius, -1.0, 1.0) for end in (distance - half_width, distance + half_width))
    return low, high, square_root((1 - low) * (1 + low)), square_root((1 - high) * (1 + high))


def _opening(distance: Array, radius: Array, half_width: Array) -> Array:
    """Return δ = β − α."""
    low, high, cos_low, cos_high = _ends(distance, radius, half_width)
    width = jnp.clip((radius + half_width - distance) / radius, 0.0, jnp.minimum(2 * half_width / radius, 2.0))
    both = cos_low + cos_high
    sine = width * (cos_low + low * (low + high) / jnp.where(both > 0, both, 1.0))
    return jnp.arctan2(sine, cos_low * cos_high + low * high)
