"""Computations in 64 bits beside others in 32."""

import jax
import jax.numpy as jnp
import numpy as np

from backlight.maths.double_precision import in_double_precision


def test_what_was_used_in_64_bits_can_be_used_in_32_after():
    """A loop that closes over numpy's number, as over that of a lens; then a program in 32 bits that takes it."""
    number = np.array(0.3)
    shared = jax.jit(lambda x, i: x * i)

    @in_double_precision
    def looped(number):
        return jax.lax.map(lambda i: shared(number, i), jnp.arange(3.0))

    assert looped(number).dtype == np.float64
    found = jax.jit(lambda x: jax.lax.map(lambda i: shared(x, i), jnp.arange(3.0)))(number)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, [0, 0.3, 0.6], rtol=1e-6)
