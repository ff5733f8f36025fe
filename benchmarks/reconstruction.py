"""How well one simulated hologram gives back its sample and its distance: nominal, joint and known; JSON out.

    python benchmarks/reconstruction.py [--amplitude FILE --phase FILE] [--start 1.08] [--pixels 160]

Without files the object is the synthetic one of the tests. The frame is made by another code path on a grid twice as
fine; the distance starts off by `--start`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from backlight.io import read
from backlight.systems.autofocus import back_propagate
from backlight.systems.inline_holography import DISTANCE, ask, inline_hologram, sample_in_view

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "systems"))
import hologram_twin as twin

FULL_DISTANCE = 60e-3


def main() -> None:
    arguments = parsed()
    if arguments.amplitude:
        truth = read(arguments.amplitude).array * np.exp(1j * read(arguments.phase).array)
        distance = FULL_DISTANCE
    else:
        truth, distance = twin.cells(arguments.pixels), twin.DISTANCE
    frames = twin.record(truth, distance=distance, pitch=twin.PITCH, noise=0.01)[None]
    found = {"back-propagation at the true distance": judged(classic(frames, distance), truth)}
    runs = {
        "nominal": (arguments.start * distance, {"sample": True}),
        "joint": (arguments.start * distance, {"sample": True, "distance": True}),
        "known": (distance, {"sample": True}),
    }
    for name, (start, unknown) in runs.items():
        found[name] = answered(frames, start, unknown, truth, distance)
    print(json.dumps(found, indent=2))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--amplitude", help="square image of the object's amplitude, sampled at 5.86 um")
    parser.add_argument("--phase", help="the same of its phase, rad")
    parser.add_argument("--start", type=float, default=1.08, help="distance assumed over the true one")
    parser.add_argument("--pixels", type=int, default=160, help="side of the synthetic object")
    return parser.parse_args()


def classic(frames: np.ndarray, distance: float) -> np.ndarray:
    system = inline_hologram(wavelength=twin.WAVELENGTH, pixel_pitch=twin.PITCH, distance=distance, shape=frames.shape)
    return np.asarray(back_propagate(system, jnp.asarray(frames[0])))


def answered(frames, start, unknown, truth, distance) -> dict[str, float]:
    began = time.perf_counter()
    known = {"wavelength": twin.WAVELENGTH, "pixel_pitch": twin.PITCH, "distance": start}
    estimate = ask(frames, known, unknown, {}).answer(error_bars=False)
    seconds = time.perf_counter() - began
    error = estimate.value(DISTANCE) / distance - 1
    image = np.asarray(sample_in_view(estimate.system).values)
    return judged(image, truth) | {"distance_error": error, "iterations": estimate.iterations, "seconds": seconds}


def judged(image: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    return {
        "amplitude_psnr_db": twin.amplitude_psnr(image, truth),
        "complex_psnr_db": twin.complex_psnr(image, truth),
        "phase_rmse_rad": twin.phase_rmse(image, truth),
    }


if __name__ == "__main__":
    main()
