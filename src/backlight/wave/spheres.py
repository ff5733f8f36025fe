"""Particles: spheres anywhere about the sample plane."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from backlight.errors import InputError
from backlight.light import Field, map_modes
from backlight.light.grid import grid_shape
from backlight.maths.fourier import fft2, ifft2
from backlight.maths.leaf import (
    POSITIVE,
    ComplexOneOrEach,
    Given,
    OneOrEach,
    Points,
    complexes,
    frame_shape,
    reals,
    vectors,
)
from backlight.wave import transfer_function
from backlight.wave.checkpointed_scan import checkpointed_scan
from backlight.wave.curved_carrier import carried_sphere, without_curvature
from backlight.wave.sphere_projection import chord_lengths
from backlight.wave.volume import phase_factor


class Spheres(eqx.Module):
    """Scatter light at spheres, each in the plane of its center: U = U₀ + Σ_p P(−z_p)[(t_p − 1)·P(z_p)U₀].

    P(z) is free space over z and t_p = exp(2πi Δn·l/λ) the projection of the sphere along the carrier, with the length
    l of the chord averaged over the width of a pixel, so that the rim moves smoothly. The light is given, and comes
    out, in the plane z = 0 of the sample; a sphere at z < 0 lies before it. Every sphere sees the undisturbed light:
    what one scatters onto another is left out. A curved carrier is written out on the pixels, which must sample it, and
    taken off behind. The gradient keeps O(√n) fields.

    **Arguments:**

    - `positions`: (z, y, x) of each center, m, shape (n, 3).
    - `radii`: R, m; one number or n.
    - `contrast`: Δn = n_sphere − n_medium, complex; one number or n. n_medium is the field's.
    - `shape`: (rows, columns) of the grid.

    Valid for spheres of R ≥ 2 pixels, weak lenses: πΔn·R/λ·(Δn/n) ≪ 1 (thicker ones: `MultiSlice`), whose shadow stays
    on the grid between z_p and the plane, which repeats itself sideways.

    **Errors:** `InputError` if `positions` are not three numbers each, or none.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import Spheres
        >>> ball = Spheres([[0.0, 0.0, 0.0]], 4e-6, 0.01, (32, 32))
        >>> behind = ball(Field(np.ones((32, 32)), Grid((32, 32), 0.5e-6), 0.5e-6))
        >>> round(float(np.angle(behind.values[16, 16])), 2), round(2 * np.pi * 0.01 * 8 / 0.5, 2)
        (1.0, 1.01)
    """

    positions: Points
    radii: OneOrEach
    contrast: ComplexOneOrEach
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(self, positions: Given, radii: Given, contrast: Given, shape: tuple[int, int]):
        self.positions, self.radii = vectors("positions", positions, 3), reals("radii", radii, POSITIVE)
        self.contrast = complexes("contrast", contrast)
        self.shape = grid_shape(shape)
        shape_given = frame_shape(self.positions)
        if len(shape_given) != 2 or not shape_given[0]:
            raise InputError("positions", got=f"shape {shape_given}", expected="(z, y, x) of one sphere or more")

    def __call__(self, field: Field) -> Field:
        """Return the light as it is in the sample plane, z = 0."""
        return map_modes(self._scattered, field)

    def _scattered(self, field: Field) -> Field:
        if field.grid.shape != self.shape:
            raise InputError(
                "shape of the spheres' plane", got=str(self.shape), expected=f"the light's {field.grid.shape}",
                remedy="give Spheres the rows and columns of the light",
            )  # fmt: skip
        light = without_curvature(field)
        incident = fft2(light.full)

        def carried(spectrum: Array, distance: Array) -> Array:
            return transfer_function.carry(
                spectrum, field.grid, field.wavelength, distance, field.tilt, field.medium_index, None
            )

        def step(total: Array, sphere: tuple[Array, Array, Array]) -> Array:
            position, radius, contrast = sphere
            chord = chord_lengths(field, position[1:], radius)
            change = phase_factor(contrast * chord / field.wavelength) - 1
            return total + carried(fft2(change * ifft2(carried(incident, position[0]))), -position[0])

        count = len(self.positions)
        each = (self.positions, jnp.broadcast_to(self.radii, (count,)), jnp.broadcast_to(self.contrast, (count,)))
        values = ifft2(checkpointed_scan(step, incident, each))
        return field.with_values(values if light is field else values * jnp.conj(carried_sphere(field)))
