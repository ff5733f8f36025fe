"""How every benchmark of a compiled evaluation takes its times."""

import time
from typing import Any

import equinox as eqx
import jax
import numpy as np

from backlight.inverse.problem import Problem


def product(question: Problem) -> tuple:
    """Return what a solver evaluates, as it does: the question is an argument of the compiled function."""
    arrays, static = eqx.partition(question, eqx.is_array)

    def evaluate(arrays, z):
        asked = eqx.combine(arrays, static)
        return jax.value_and_grad(lambda z: asked.smooth_objective(z))(z)

    return evaluate, (arrays, question.start())


def compiled(function, arguments) -> dict[str, Any]:
    """Return the compiled function as `run`, the seconds that took, and the bytes it needs beside its arguments."""
    lowered = jax.jit(function).lower(*arguments)
    start = time.perf_counter()
    run = lowered.compile()
    seconds = time.perf_counter() - start
    memory = run.memory_analysis()
    return {
        "run": run,
        "compile_seconds": seconds,
        "memory_bytes": int(memory.temp_size_in_bytes + memory.output_size_in_bytes),
    }


def least_times(candidates: dict, repeats: int) -> dict[str, float]:
    """Return the least time of each, measured in turns so that a busy machine slows them all."""
    best = dict.fromkeys(candidates, np.inf)
    for _ in range(repeats):
        for name, (run, arguments) in candidates.items():
            start = time.perf_counter()
            jax.block_until_ready(run(*arguments))
            best[name] = min(best[name], time.perf_counter() - start)
    return best
