"""Straight edges in the near field."""

import numpy as np
from closed_forms import coordinates, free_space, fresnel_edges, relative
from validation import closed_form

PITCH = 2e-6


def _behind_rectangle():
    """Return the field behind a rectangle whose edges lie between pixels, and the product of Fresnel integrals."""
    n, z = (240, 300), 3e-3
    low, high = (-60e-6 - PITCH / 2, -90e-6 - PITCH / 2), (40e-6 + PITCH / 2, 80e-6 + PITCH / 2)
    axes = [coordinates(size, PITCH) for size in n]
    mask = [((x > a) & (x < b)).astype(float) for x, a, b in zip(axes, low, high, strict=True)]
    expected = [fresnel_edges(x, a, b, z) for x, a, b in zip(axes, low, high, strict=True)]
    got = free_space(np.multiply.outer(*mask), PITCH, z, padding=n).values
    return got, np.multiply.outer(*expected)


@closed_form(
    4, "Rectangle in the near field, by angular spectrum",
    source="product of Fresnel integrals; Born and Wolf, Principles of Optics, §8.7", float32=3e-2, float64=3e-2,
    why="the grid cuts the spectrum of the edges, which falls as 1/f: 3 % in the mean over the picture",
)  # fmt: skip
def rectangle_by_angular_spectrum():
    return relative(*_behind_rectangle())


@closed_form(
    4, "Knife edge: a quarter of the light at the shadow line",
    source="Born and Wolf, Principles of Optics, §8.7.3", float32=3e-3, float64=3e-3,
    why="the edge lies between two pixels, whose mean differs by the curvature of the fringes, p²/(λz)",
)  # fmt: skip
def knife_edge():
    n, z = 1200, 2e-3
    edge = (coordinates(n, PITCH) > -PITCH / 2).astype(float)[None]
    irradiance = np.asarray(free_space(edge, PITCH, z).irradiance)[0]
    return abs(0.5 * (irradiance[n // 2 - 1] + irradiance[n // 2]) - 0.25)
