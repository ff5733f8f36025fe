"""Memory and time of the gradient through 200 slices of a multi-slice sample.

Run: python benchmarks/multislice.py [--size 512] [--slices 200] [--repeats 1] [--no-run] [--json FILE]

Memory is what the compiled gradient needs besides its arguments and its result, over what it would take to store the
field behind every slice. Time is that of the gradient over that of the forward model, and the forward model's over its
bare transforms (one there and one back for each slice).
"""

import argparse
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from reporting import publish

from backlight.light import Field, Grid
from backlight.wave import MultiSlice

WAVELENGTH, PITCH, THICKNESS = 532e-9, 0.25e-6, 0.5e-6
LIMIT = 0.25


def energy(contrast, thickness):
    """Return a real number that depends on every pixel behind the sample."""
    field = Field(
        jnp.ones((1, 1), jnp.complex64),
        Grid(contrast.shape[1:], PITCH),
        WAVELENGTH,
        medium_index=1.33,
        tilt=(0.0, 2e5),
    )
    behind = MultiSlice(contrast, thickness)(field)
    return jnp.sum(behind.irradiance[: contrast.shape[1] // 2])


def transforms(contrast, thickness):
    """Return the same after the transforms alone."""
    start = jnp.ones(contrast.shape[1:], contrast.dtype)
    there_and_back = lambda u, _: (jnp.fft.ifft2(jnp.fft.fft2(u)), None)  # noqa: E731
    return jnp.sum(jax.lax.scan(there_and_back, start, length=contrast.shape[0])[0].real)


CANDIDATES = {
    "transforms": transforms,
    "forward": energy,
    "gradient": jax.grad(energy),
    "gradient with thickness": jax.grad(energy, argnums=(0, 1)),
}
SIDES = ("gradient", "gradient with thickness")


def measure(slices: int, size: int, repeats: int, run: bool) -> dict:
    """Return memory (bytes and share of all fields) and times (s)."""
    shapes = jax.ShapeDtypeStruct((slices, size, size), jnp.complex64), jax.ShapeDtypeStruct((), jnp.float32)
    start = time.perf_counter()
    compiled = {name: jax.jit(function).lower(*shapes).compile() for name, function in CANDIDATES.items()}
    compile_seconds = time.perf_counter() - start
    memory = {name: int(part.memory_analysis().temp_size_in_bytes) for name, part in compiled.items()}
    every_slice = slices * size**2 * 8
    share = {name: memory[name] / every_slice for name in SIDES}
    report = {
        "slices": slices,
        "size": size,
        "memory_bytes": memory,
        "share_of_storing_every_slice": share,
        "met": {name: share[name] <= LIMIT for name in SIDES},
        "compile_seconds": compile_seconds,
    }
    if run:
        seconds = _least_times(compiled, slices, size, repeats)
        report["seconds"] = seconds
        report["gradient_over_forward"] = seconds["gradient"] / seconds["forward"]
        report["forward_over_transforms"] = seconds["forward"] / seconds["transforms"]
    return report


def _least_times(compiled: dict, slices: int, size: int, repeats: int) -> dict[str, float]:
    """Return the least time of each, measured in turns so that a busy machine slows them all."""
    rng = np.random.default_rng(0)
    contrast = np.empty((slices, size, size), np.complex64)
    for one in contrast:
        one[:] = 0.01 * rng.random((size, size), np.float32)
    arguments = jnp.asarray(contrast), jnp.float32(THICKNESS)
    best = dict.fromkeys(compiled, np.inf)
    for _ in range(repeats):
        for name, part in compiled.items():
            start = time.perf_counter()
            jax.block_until_ready(part(*arguments))
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512, help="pixels along one side")
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--no-run", action="store_true", help="compile and account for the memory only")
    parser.add_argument("--json", help="file to write to, besides standard output")
    asked = parser.parse_args(arguments)
    report = {
        "benchmark": "multi-slice, gradient of an irradiance with respect to the volume",
        "limits": {"share_of_storing_every_slice": LIMIT},
        "results": [measure(asked.slices, asked.size, asked.repeats, not asked.no_run)],
    }
    return publish(report, asked.json)


if __name__ == "__main__":
    sys.exit(0 if all(all(result["met"].values()) for result in main()["results"]) else 1)
