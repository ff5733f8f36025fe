"""The reference of the scattering forms against an independent library."""

import numpy as np
import pytest
from mie import angular, coefficients, scattered_x

M, SIZE = 1.58 / 1.33, 12.66


def test_amplitudes_agree_with_miepython():
    miepython = pytest.importorskip("miepython", reason="the optional reference for Mie scattering is not installed")
    cosine = np.cos(np.deg2rad([0.0, 10.0, 45.0, 90.0, 170.0]))
    a, b = coefficients(M, SIZE)
    n = np.arange(1, len(a) + 1)
    pi, tau = angular(len(a), cosine)
    size = (2 * n + 1) / (n * (n + 1))
    library = miepython.S1_S2(M, SIZE, cosine, norm="wiscombe")  # time factor exp(+iωt): conjugate
    assert np.allclose((size * a) @ pi + (size * b) @ tau, np.conj(library[0]), rtol=1e-6)
    assert np.allclose((size * a) @ tau + (size * b) @ pi, np.conj(library[1]), rtol=1e-6)


def test_the_optical_theorem_holds():
    """Extinction from the coefficients equals scattering where nothing is absorbed."""
    a, b = coefficients(M, SIZE)
    n = np.arange(1, len(a) + 1)
    assert np.isclose(np.sum((2 * n + 1) * (a + b).real), np.sum((2 * n + 1) * (abs(a) ** 2 + abs(b) ** 2)), rtol=1e-12)


def test_the_field_far_away_is_the_amplitude_over_the_distance():
    k = 2 * np.pi * 1.33 / 0.66e-6
    a, b = coefficients(M, k * 1e-6)
    n = np.arange(1, len(a) + 1)
    forward = 0.5 * np.sum((2 * n + 1) * (a + b))
    far = 1.0
    assert np.isclose(scattered_x(far, 0.0, 1e-12, 1e-6, 0.25, 1.33, 0.66e-6), 1j * forward / (k * far), rtol=1e-5)
