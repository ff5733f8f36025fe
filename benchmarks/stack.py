"""Time and memory of one loss-and-gradient evaluation of a lensless stack with everything unknown; JSON out.

Run: python benchmarks/stack.py [--frames 9] [--pixels 128] [--finer 3] [--repeats 15] [--json FILE]

Unknown are the sample, shifts, distances and gains. The yardstick, interleaved in the same process, least time of all
repeats: the transforms on the sample's grid that one evaluation cannot do without, one of the sample, one back for each
frame, and there and back again as real ones for its shift and the area of its pixels; and as many for the gradient.
"""

import argparse
import sys

import jax
import jax.numpy as jnp
import numpy as np
from reporting import publish
from timing import compiled, least_times, product

from backlight.inverse.problem import Problem, build
from backlight.systems.lensless_super_resolution import ask

WAVELENGTH, PITCH, DISTANCE, FILL = 532e-9, 1.85e-6, 0.15e-3, 0.8
LIMIT = 1.8


def problem(frames: int, pixels: int, finer: float) -> Problem:
    """Return the question that a run file would put."""
    rng = np.random.default_rng(0)
    given = {
        "wavelength": WAVELENGTH,
        "pixel_pitch": PITCH,
        "distances": [DISTANCE] * frames,
        "super_resolution": finer,
        "fill_factor": FILL,
        "shifts": rng.uniform(-PITCH, PITCH, (frames, 2)),
    }
    recorded = rng.uniform(0.5, 1.5, (frames, pixels, pixels)).astype(np.float32)
    question = ask(recorded, given, dict.fromkeys(("sample", "shifts", "distances", "gains"), True), {})
    return build(question.system, question.frames, question.unknowns, loss=question.loss)


def bare_transforms(frames: int):
    """Return the transforms of a sample and its frames that depend on each other, and nothing else."""

    def real(u):
        return jnp.fft.irfft2(jnp.fft.rfft2(u), s=u.shape)

    def one(spectrum):
        light = jnp.fft.ifft2(spectrum)
        there = real(light.real)
        back = real(there)
        return jnp.fft.fft2(jax.lax.complex(back, light.imag))

    def all_of(u):
        spectrum = jnp.fft.fft2(u)
        sums = jax.lax.fori_loop(0, frames, lambda k, s: s + one(spectrum * (1 + 0.1 * k)), jnp.zeros_like(spectrum))
        return jnp.fft.ifft2(sums)

    return all_of


def measure(frames: int, pixels: int, finer: float, repeats: int) -> dict:
    """Return times (s), their ratio and memory (bytes)."""
    question = problem(frames, pixels, finer)
    size = question.model.sample.shape
    rng = np.random.default_rng(1)
    field = jnp.asarray(rng.normal(size=size) + 1j * rng.normal(size=size), jnp.complex64)
    candidates = {"backlight": product(question), "fft": (bare_transforms(frames), (field,))}
    found = {name: compiled(function, arguments) for name, (function, arguments) in candidates.items()}
    best = least_times({name: (found[name]["run"], candidates[name][1]) for name in found}, repeats)
    ratio = best["backlight"] / best["fft"]
    return {
        "frames": [frames, pixels, pixels],
        "sample": size,
        "seconds": best,
        "ratio": ratio,
        "met": bool(ratio <= LIMIT),
        "compile_seconds": {name: part["compile_seconds"] for name, part in found.items()},
        "memory_bytes": {name: part["memory_bytes"] for name, part in found.items()},
    }


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=9)
    parser.add_argument("--pixels", type=int, default=128, help="of a frame, along one side")
    parser.add_argument("--finer", type=float, default=3, help="pixels of the sample along one of the camera's")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", help="file to write to, besides standard output")
    asked = parser.parse_args(arguments)
    report = {
        "benchmark": "lensless stack, loss and gradient, everything unknown",
        "limit": LIMIT,
        "results": [measure(asked.frames, asked.pixels, asked.finer, asked.repeats)],
    }
    return publish(report, asked.json)


if __name__ == "__main__":
    sys.exit(0 if all(result["met"] for result in main()["results"]) else 1)
