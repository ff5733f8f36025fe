"""A lensless camera by hand: the alternating direction method of multipliers that is published for diffuser cameras.

Nothing of Backlight is used: this is the yardstick of the coded lensless camera. The point-spread function is taken as
measured, its scale 1, and a background level is taken off beforehand. Non-negative, of small total variation
(anisotropic), all steps but for Fourier filters and thresholds in closed form; float32 throughout (Antipa et al.,
Optica 5, 1 (2018), supplement 1).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np


def solver(psf: np.ndarray, weight: float, penalty: float, ratio: float = 1.0) -> tuple[Callable, Callable]:
    """Return (frame, weights, steps) → scene, on a grid twice as large, and scene → frame.

    argmin ½ Σ w(C(h∗v) − y)² + weight·Σ(|Δ_y v| + |Δ_x v|), v ≥ 0. The splittings h∗v, Δv and v share one `penalty`,
    each relative to the size of its operator.
    """
    rows, columns = psf.shape
    wide = (2 * rows, 2 * columns)
    frame = np.s_[rows // 2 : rows // 2 + rows, columns // 2 : columns // 2 + columns]
    h = np.zeros(wide)
    h[frame] = psf / psf.sum()
    transfer = jnp.asarray(np.fft.rfft2(np.fft.ifftshift(h)), jnp.complex64)
    fy, fx = np.fft.fftfreq(wide[0])[:, None], np.fft.rfftfreq(wide[1])
    laplace = jnp.asarray(4 * np.sin(np.pi * fy) ** 2 + 4 * np.sin(np.pi * fx) ** 2, jnp.float32)
    size = float(np.sqrt((h**2).sum()))  # gain of the pattern for noise: how large Δv and v are beside h∗v
    a, b = penalty, ratio * penalty * size**2
    inverse = 1 / (a * jnp.abs(transfer) ** 2 + b * laplace + b)

    def blur(v, filter):
        return jnp.fft.irfft2(filter * jnp.fft.rfft2(v), s=wide)

    def differences(v):
        return jnp.stack([jnp.roll(v, -1, axis) - v for axis in (0, 1)])

    def adjoint(d):
        return sum(jnp.roll(d[axis], 1, axis) - d[axis] for axis in (0, 1))

    def solve(data, weights, steps):
        inside, y = (jnp.zeros(wide).at[frame].set(array) for array in (weights, weights * data))

        def step(state, _):
            v, (p, q, r) = state
            seen, slopes = blur(v, transfer), differences(v)
            light = (y + a * (seen + p)) / (inside + a)
            slope = slopes + q
            slope = jnp.sign(slope) * jnp.maximum(jnp.abs(slope) - weight / b, 0)
            positive = jnp.maximum(v + r, 0)
            p, q, r = p + seen - light, q + slopes - slope, r + v - positive
            pulled = jnp.fft.rfft2(b * (adjoint(slope - q) + positive - r))
            v = jnp.fft.irfft2(inverse * (pulled + a * jnp.conj(transfer) * jnp.fft.rfft2(light - p)), s=wide)
            return (v, (p, q, r)), None

        nothing = jnp.zeros(wide)
        start = nothing, (nothing, jnp.zeros((2, *wide)), nothing)
        return jnp.maximum(jax.lax.scan(step, start, None, length=steps)[0][0], 0)

    return jax.jit(solve, static_argnums=2), jax.jit(lambda v: blur(v, transfer)[frame])
