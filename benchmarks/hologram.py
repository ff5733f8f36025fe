"""Time and memory of one loss-and-gradient evaluation of the in-line hologram with unknown sample and distance.

Run: python benchmarks/hologram.py [--size 1024 --size 2048] [--repeats 15] [--json FILE]

Two yardsticks in the same process, interleaved, least time of all repeats: the four bare complex transforms that one
evaluation cannot do without (one there, one back, and their adjoints), and the same mathematics by hand (`plain.py`).
"""

import argparse
import resource
import sys

import jax
import jax.numpy as jnp
import numpy as np
from plain import loss_and_gradient
from reporting import publish
from timing import compiled, least_times, product

from backlight import losses
from backlight.camera import Camera, Gaussian
from backlight.inverse.image_unknowns import Passive
from backlight.inverse.problem import Problem, build
from backlight.inverse.unknowns import Interval
from backlight.systems import ImagingSystem, Nothing
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, ThinSample

WAVELENGTH, PITCH, DISTANCE, REACH = 632.8e-9, 5.86e-6, 41e-3, 45e-3
LIMITS = {"fft": 2.0, "plain": 1.0}
SHARE = 0.8
"""Side of the frame over the side of the sample's grid."""


def problem(size: int) -> Problem:
    """Return the joint problem: a passive complex sample on size × size pixels and the distance, amplitude loss."""
    rows = int(size * SHARE)
    rng = np.random.default_rng(0)
    sample = rng.uniform(0.3, 0.9, (size, size)) * np.exp(1j * rng.uniform(-0.5, 0.5, (size, size)))
    system = ImagingSystem(
        PlaneWave(WAVELENGTH),
        Nothing(),
        ThinSample(sample),
        FreeSpace(DISTANCE, AngularSpectrum(reach=REACH)),
        Camera((rows, rows), PITCH),
        Gaussian(0.01),
    )
    frame = rng.uniform(0.2, 1.0, (rows, rows)).astype(np.float32)
    unknowns = {"sample.transmission": Passive(), "detection_path.distance": Interval(38e-3, REACH)}
    return build(system, frame, unknowns, loss=losses.amplitude())


def bare_transforms():
    """Return four transforms of one complex plane that depend on each other, and nothing else."""
    return jax.jit(lambda u: jnp.fft.fft2(jnp.fft.ifft2(jnp.fft.ifft2(jnp.fft.fft2(u)))))


def measure(size: int, repeats: int) -> dict:
    """Return times (s), ratios and memory (bytes) of one size."""
    question = problem(size)
    z = question.start()
    planes, distance = z["sample.transmission"], jnp.float32(DISTANCE)
    field = jax.lax.complex(planes[0], planes[1])
    by_hand = loss_and_gradient(question.data[0], (size, size), WAVELENGTH, PITCH, REACH)
    candidates = {
        "backlight": product(question),
        "plain": (by_hand, (planes, distance)),
        "fft": (bare_transforms(), (field,)),
    }
    found = {name: compiled(function, arguments) for name, (function, arguments) in candidates.items()}
    agreement = _agreement(found, candidates, question)
    best = least_times({name: (found[name]["run"], candidates[name][1]) for name in found}, repeats)
    ratios = {name: best["backlight"] / best[name] for name in LIMITS}
    return {
        "size": size,
        "seconds": best,
        "ratio": ratios,
        "met": {name: bool(ratios[name] <= limit) for name, limit in LIMITS.items()},
        "compile_seconds": {name: part["compile_seconds"] for name, part in found.items()},
        "memory_bytes": {name: part["memory_bytes"] for name, part in found.items()},
        "relative_difference_from_plain": agreement,
    }


def _agreement(found: dict, candidates: dict, question: Problem) -> dict:
    """Return how far the two ways differ: they must be the same mathematics."""
    ours, ours_slope = found["backlight"]["run"](*candidates["backlight"][1])
    theirs, (image, distance) = found["plain"]["run"](*candidates["plain"][1])
    z = question.start()["detection_path.distance"]
    slope = jax.grad(lambda v: question.unknowns["detection_path.distance"].leaf(v, z))(z)
    image_slope = ours_slope["sample.transmission"]
    return {
        "loss": abs(float(ours / theirs) - 1),
        "image_gradient": float(jnp.linalg.norm(image_slope - image) / jnp.linalg.norm(image)),
        "distance_gradient": abs(float(ours_slope["detection_path.distance"] / slope / distance) - 1),
    }


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, action="append", help="pixels along one side; may be repeated")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", help="file to write to, besides standard output")
    asked = parser.parse_args(arguments)
    report = {
        "benchmark": "in-line hologram, loss and gradient, unknown sample and distance",
        "limits": LIMITS,
        "results": [measure(size, asked.repeats) for size in asked.size or (1024, 2048)],
        "peak_resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    return publish(report, asked.json)


if __name__ == "__main__":
    met = [value for result in main()["results"] for value in result["met"].values()]
    sys.exit(0 if all(met) else 1)
