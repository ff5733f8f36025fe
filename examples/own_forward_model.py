"""A forward model of your own in twenty lines: anything with arrays and `predict()` can be asked about.

Two Gaussian spots on a camera; where they are, how bright and how wide is unknown. Run: python own_forward_model.py
"""

import equinox as eqx
import jax
import jax.numpy as jnp

import backlight as bl


class Spots(eqx.Module):
    """Σ aₖ exp(−|r − rₖ|²/(2w²)) + b on a 48 × 64 camera."""

    center: jax.Array  # (spot, 2), pixels
    brightness: jax.Array  # (spot,)
    width: jax.Array
    background: jax.Array

    def predict(self) -> bl.light.Image:
        y, x = jnp.mgrid[:48, :64]
        squared = (y - self.center[:, 0, None, None]) ** 2 + (x - self.center[:, 1, None, None]) ** 2
        spots = self.brightness[:, None, None] * jnp.exp(-squared / (2 * self.width**2))
        return bl.light.Image((spots.sum(axis=0) + self.background)[None], bl.light.Grid((48, 64), 5e-6))


def main() -> bl.Estimate:
    truth = Spots(jnp.array([[20.3, 18.8], [26.1, 40.2]]), jnp.array([1.0, 0.6]), jnp.array(4.0), jnp.array(0.1))
    frames = truth.predict().values + 0.02 * jax.random.normal(jax.random.key(0), (1, 48, 64))
    guess = Spots(jnp.array([[18.0, 20.0], [28.0, 38.0]]), jnp.array([0.8, 0.8]), jnp.array(5.0), jnp.array(0.0))
    unknowns = {
        "center": bl.Free(),
        "brightness": bl.Positive(),
        "width": bl.Interval(1.0, 10.0),
        "background": bl.Free(),
    }
    fit = bl.estimate(guess, frames, unknowns, loss=bl.losses.intensity())
    print(fit.stop_reason)
    for path in unknowns:
        print(f"{path}: {fit.value(path)} ± {fit.std(path)}, true {getattr(truth, path)}")
    return fit


if __name__ == "__main__":
    main()
