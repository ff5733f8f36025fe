"""Lorenz-Mie theory of a sphere, in float64.

Bohren and Huffman, Absorption and Scattering of Light by Small Particles, 1983, chapter 4.
"""

import numpy as np
from scipy.special import spherical_jn, spherical_yn


def coefficients(relative_index, size):
    """Return a_n and b_n, n = 1, 2, … (eq. 4.56, 4.57; x = ka, m = n_sphere/n_medium; time factor exp(−iωt))."""
    n = np.arange(1, int(size + 4.05 * size ** (1 / 3) + 3))
    m, x = complex(relative_index), float(size)
    inside, inside_slope = _riccati(n, m * x)
    outside, outside_slope = _riccati(n, x)
    wave = outside + 1j * x * spherical_yn(n, x)
    wave_slope = outside_slope + 1j * (spherical_yn(n, x) + x * spherical_yn(n, x, derivative=True))
    a = (m * inside * outside_slope - outside * inside_slope) / (m * inside * wave_slope - wave * inside_slope)
    b = (inside * outside_slope - m * outside * inside_slope) / (inside * wave_slope - m * wave * inside_slope)
    return a, b


def _riccati(n, z):
    """Return ψ = z·j_n(z) and its derivative."""
    return z * spherical_jn(n, z), spherical_jn(n, z) + z * spherical_jn(n, z, derivative=True)


def angular(count, cosine):
    """Return π_n and τ_n, n = 1 … count along the first axis (eq. 4.47)."""
    pi, tau = np.zeros((count + 1, *cosine.shape)), np.zeros((count + 1, *cosine.shape))
    pi[1], tau[1] = 1, cosine
    for n in range(2, count + 1):
        pi[n] = (2 * n - 1) / (n - 1) * cosine * pi[n - 1] - n / (n - 1) * pi[n - 2]
        tau[n] = n * cosine * pi[n] - (n + 1) * pi[n - 1]
    return pi[1:], tau[1:]


def scattered_x(z, y, x, radius, contrast, medium_index, wavelength):
    """Return E_x of what a sphere at the origin scatters out of x̂·exp(ikz), over exp(ikz), at points outside."""
    k = 2 * np.pi * medium_index / wavelength
    a, b = coefficients(1 + contrast / medium_index, k * radius)
    z, y, x = np.broadcast_arrays(z, y, x)
    r = np.sqrt(x**2 + y**2 + z**2)
    cos, sin, azimuth = z / r, np.hypot(x, y) / r, np.arctan2(y, x)
    pi, tau = angular(len(a), cos)
    total = np.zeros((3, *r.shape), complex)
    for n, (a_n, b_n) in enumerate(zip(a, b, strict=True), start=1):
        h = spherical_jn(n, k * r) + 1j * spherical_yn(n, k * r)
        slope = spherical_jn(n, k * r, derivative=True) + 1j * spherical_yn(n, k * r, derivative=True)
        riccati = h / (k * r) + slope
        size = 1j**n * (2 * n + 1) / (n * (n + 1))
        p, t = pi[n - 1], tau[n - 1]
        total[0] += size * 1j * a_n * n * (n + 1) * sin * p * h / (k * r)
        total[1] += size * (1j * a_n * t * riccati - b_n * p * h)
        total[2] += size * (-1j * a_n * p * riccati + b_n * t * h)
    along = total[0] * sin * np.cos(azimuth) ** 2 + total[1] * cos * np.cos(azimuth) ** 2
    return (along - total[2] * np.sin(azimuth) ** 2) * np.exp(-1j * k * z)
