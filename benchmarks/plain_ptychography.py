"""Fourier ptychography by hand: the plain loop that a good practitioner writes in JAX.

Nothing of Backlight is used: this is the yardstick of `ptychography.py`. The instrument is nominal: each frame is a
window of the object's spectrum on whole samples, seen through a free pupil of one number a sample. Adam over object and
pupil, batches of frames, amplitude loss; complex64 throughout.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

State = tuple[Any, Any]
"""Unknowns, `{"object": (2, N, N), "pupil": (2, n, n)}` as real and imaginary parts, and Adam's memory."""


class Loop(NamedTuple):
    """Where to start; state → the state after all frames, in batches; state → the predicted amplitudes."""

    start: State
    epoch: Callable[[State, jax.Array], State]
    predict: Callable[[State], jax.Array]


def corners(sines: np.ndarray, wavelength: float, pitch: float, pixels: int, wide: int) -> np.ndarray:
    """Return the first row and column of each frame's window in the centered spectrum of `wide` samples a side."""
    shift = np.rint(sines / wavelength * pixels * pitch).astype(np.int32)
    first = shift + (wide - pixels) // 2
    if first.min() < 0 or first.max() > wide - pixels:
        raise ValueError("a window leaves the spectrum: take a finer object")
    return first


def loop(places: np.ndarray, aperture: np.ndarray, wide: int, batch: int, rate: float) -> Loop:
    """Return the loop over frames whose windows begin at `places`, (frame, 2), within the `aperture`, (n, n) of 0, 1.

    The number of frames is a multiple of `batch`.
    """
    n = aperture.shape[0]
    inside, adam = jnp.asarray(aperture, jnp.float32), optax.adam(rate)
    first = jnp.asarray(places).reshape(-1, batch, 2)

    def amplitudes(unknown, chosen):
        picture, pupil = (jax.lax.complex(*unknown[name]) for name in ("object", "pupil"))
        spectrum = jnp.fft.fftshift(jnp.fft.fft2(picture)) * (n / wide) ** 2
        windows = jax.vmap(lambda at: jax.lax.dynamic_slice(spectrum, (at[0], at[1]), (n, n)))(chosen)
        seen = jnp.fft.ifft2(jnp.fft.ifftshift(windows * (inside * pupil), axes=(-2, -1)))
        return jnp.sqrt(seen.real**2 + seen.imag**2 + 1e-12)

    def loss(unknown, chosen, recorded):
        return 0.5 * jnp.sum((amplitudes(unknown, chosen) - recorded) ** 2)

    def update(state, both):
        unknown, memory = state
        step, memory = adam.update(jax.grad(loss)(unknown, *both), memory)
        return (optax.apply_updates(unknown, step), memory), None

    def epoch(state, recorded):
        return jax.lax.scan(update, state, (first, recorded.reshape(-1, batch, n, n)))[0]

    def predict(state):
        return jax.lax.map(lambda chosen: amplitudes(state[0], chosen), first).reshape(-1, n, n)

    one = lambda side: jnp.stack([jnp.ones((side, side)), jnp.zeros((side, side))])  # noqa: E731
    unknown = {"object": one(wide), "pupil": one(n)}
    return Loop((unknown, adam.init(unknown)), epoch, predict)
