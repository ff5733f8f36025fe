"""Zernike polynomials: order, normalization, orthogonality, closed forms."""

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.maths.zernike import noll, zernike, zernike_modes


def disc():
    """Return radii, angles and weights of an exact quadrature on the unit disc, for polynomials up to degree 60."""
    node, weight = np.polynomial.legendre.leggauss(40)
    square = 0.5 * (node + 1)
    theta = 2 * np.pi * np.arange(80) / 80
    rho, theta = np.meshgrid(np.sqrt(square), theta, indexing="ij")
    return rho, theta, np.broadcast_to(0.5 * weight[:, None] / 80, rho.shape)


def test_nolls_table():
    assert [noll(j) for j in range(1, 12)] == [
        (0, 0), (1, 1), (1, -1), (2, 0), (2, -2), (2, 2), (3, -1), (3, 1), (3, -3), (3, 3), (4, 0)
    ]  # fmt: skip
    assert len({noll(j) for j in range(1, 137)}) == 136
    assert noll(136)[0] == 15
    with pytest.raises(InputError):
        noll(0)


def test_orthonormal_over_the_disc_up_to_order_fifteen():
    rho, theta, weight = disc()
    modes = np.stack([zernike(j, rho, theta).ravel() for j in range(1, 137)])
    np.testing.assert_allclose((modes * weight.ravel()) @ modes.T, np.eye(136), atol=1e-11)


def test_closed_forms():
    rho, theta, _ = disc()
    np.testing.assert_allclose(zernike(2, rho, theta), 2 * rho * np.cos(theta), atol=1e-13)
    np.testing.assert_allclose(zernike(7, rho, theta), 8**0.5 * (3 * rho**3 - 2 * rho) * np.sin(theta), atol=1e-12)
    np.testing.assert_allclose(zernike(11, rho, theta), 5**0.5 * (6 * rho**4 - 6 * rho**2 + 1), atol=1e-12)


def test_on_pixels_they_keep_their_mean_square_and_end_at_the_disc():
    modes = zernike_modes(range(1, 11), (200, 260))
    inside = modes[0] > 0
    assert (modes[:, ~inside] == 0).all()
    np.testing.assert_allclose((modes[:, inside] ** 2).mean(axis=1), 1, atol=0.03)
