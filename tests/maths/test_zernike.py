"""Zernike polynomials: order, normalization, orthogonality, closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import eval_jacobi

from backlight.errors import InputError
from backlight.maths.zernike import Term, fringe, noll, noll_norm, noll_term, zernike_sum, zernikes


def disc():
    """Return radii, angles and weights of an exact quadrature on the unit disc, for polynomials up to degree 60."""
    node, weight = np.polynomial.legendre.leggauss(40)
    square = 0.5 * (node + 1)
    theta = 2 * np.pi * np.arange(80) / 80
    rho, theta = np.meshgrid(np.sqrt(square), theta, indexing="ij")
    return rho, theta, np.broadcast_to(0.5 * weight[:, None] / 80, rho.shape)


def zernike(j, rho, theta):
    """N R_n^|m|(ρ) · cos(mθ) or sin(|m|θ), R_n^m = (−1)^k ρ^m P_k^(m,0)(1 − 2ρ²), k = (n − m)/2."""
    n, m = noll(j)
    order, k = abs(m), (n - abs(m)) // 2
    angular = np.cos(order * theta) if m >= 0 else np.sin(order * theta)
    return noll_norm(n, m) * (-1) ** k * rho**order * eval_jacobi(k, order, 0, 1 - 2 * rho**2) * angular


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
    polynomials = zernikes([noll_term(j) for j in range(1, 137)], rho * np.sin(theta), rho * np.cos(theta))
    modes = np.stack([mode.ravel() for mode in polynomials])
    np.testing.assert_allclose((modes * weight.ravel()) @ modes.T, np.eye(136), atol=1e-11)


def test_closed_forms():
    rho, theta, _ = disc()
    tilt, coma, spherical = zernikes([noll_term(j) for j in (2, 7, 11)], rho * np.sin(theta), rho * np.cos(theta))
    np.testing.assert_allclose(tilt, 2 * rho * np.cos(theta), atol=1e-13)
    np.testing.assert_allclose(coma, 8**0.5 * (3 * rho**3 - 2 * rho) * np.sin(theta), atol=1e-12)
    np.testing.assert_allclose(spherical, 5**0.5 * (6 * rho**4 - 6 * rho**2 + 1), atol=1e-12)


def on_terms(terms, rho, theta):
    """Return each polynomial alone, as the JAX sum gives it."""
    sums = jax.jit(jax.vmap(lambda c: zernike_sum(c, terms, rho * jnp.sin(theta), rho * jnp.cos(theta))))
    return np.asarray(sums(jnp.eye(len(terms))))


def test_fringe_table():
    """The first sixteen of the University of Arizona: peak 1, cosine before sine."""
    rho, theta, _ = disc()
    c, s = np.cos, np.sin
    table = [
        1 + 0 * rho, rho * c(theta), rho * s(theta), 2 * rho**2 - 1, rho**2 * c(2 * theta), rho**2 * s(2 * theta),
        (3 * rho**3 - 2 * rho) * c(theta), (3 * rho**3 - 2 * rho) * s(theta), 6 * rho**4 - 6 * rho**2 + 1,
        rho**3 * c(3 * theta), rho**3 * s(3 * theta),
        (4 * rho**4 - 3 * rho**2) * c(2 * theta), (4 * rho**4 - 3 * rho**2) * s(2 * theta),
        (10 * rho**5 - 12 * rho**3 + 3 * rho) * c(theta), (10 * rho**5 - 12 * rho**3 + 3 * rho) * s(theta),
        20 * rho**6 - 30 * rho**4 + 12 * rho**2 - 1,
    ]  # fmt: skip
    with jax.enable_x64(True):
        got = on_terms([Term(*fringe(j), 1.0) for j in range(1, 17)], rho, theta)
    np.testing.assert_allclose(got, table, atol=1e-13)
    assert len({fringe(j) for j in range(1, 38)}) == 37
    assert fringe(37) == (12, 0)
    for j in (0, 38):
        with pytest.raises(InputError):
            fringe(j)


def test_the_traced_sum_is_the_polynomials_of_the_host():
    rho, theta, _ = disc()
    expected = np.stack([zernike(j, rho, theta) for j in range(1, 56)])
    terms = [noll_term(j) for j in range(1, 56)]
    np.testing.assert_allclose(on_terms(terms, rho, theta), expected, atol=3e-4)
    with jax.enable_x64(True):
        np.testing.assert_allclose(on_terms(terms, rho, theta), expected, atol=1e-11)


def test_the_traced_sum_has_its_slopes_at_the_center():
    """Tilt, astigmatism and coma at ρ = 0: d/dx of 2x, √6(x² − y²) and √8(3ρ² − 2)x."""
    terms = [noll_term(j) for j in (2, 6, 8)]
    total = lambda x, k: zernike_sum(jnp.eye(3)[k], terms, jnp.zeros(()), x)  # noqa: E731
    slopes = [float(jax.grad(total)(0.0, k)) for k in range(3)]
    np.testing.assert_allclose(slopes, [2, 0, -2 * 8**0.5], rtol=1e-6)
