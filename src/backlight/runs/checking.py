"""Look at a run before it runs: sampling, memory, free parameters, what the frames cannot tell apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax

from backlight import units
from backlight.inverse.identifiability import identifiability
from backlight.inverse.problem import Problem, build
from backlight.runs import machine
from backlight.runs.ask import Asked, ask, put, read_job
from backlight.runs.data import Recorded
from backlight.runs.result import in_words

PROBE, LEAST = 160, 32
"""Pixels: identifiability is asked of the frame's center, which has the whole frame's physics, and of a smaller one
where there are many frames, but not below the least."""


@dataclass(frozen=True)
class Checked:
    """What `check` found.

    **Attributes:** `frames`, shape (frame, y, x); `unknowns`, name → how many numbers; `sampling`, the `finest_detail`
    (half period, m) whose light meets the frame, and the Fresnel numbers of frame and pixel;
    `memory`, bytes that one step needs, and `memory_here`, what the machine has; `tiles` in words, where there are any;
    `notes` and `warnings`, sentences.
    """

    frames: tuple[int, ...]
    unknowns: dict[str, int]
    sampling: dict[str, float]
    memory: int | None
    memory_here: int | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    tiles: str | None = None

    def table(self) -> dict[str, Any]:
        """Return everything as a dictionary."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def rows(self) -> list[tuple[object, ...]]:
        """Return lines of a table for people."""
        found: list[tuple[object, ...]] = [("frames", f"{' × '.join(map(str, self.frames))} (frame × y × x)")]
        found += [] if self.tiles is None else [("field", self.tiles)]
        found += [(f"unknown {name}", f"{count:,} numbers") for name, count in self.unknowns.items()]
        found += [(name.replace("_", " "), _shown(name, value)) for name, value in self.sampling.items()]
        here = "" if self.memory_here is None else f" of {self.memory_here / 1e9:.1f} GB here"
        found += [] if self.memory is None else [("memory", f"{self.memory / 1e9:.2f} GB{here}")]
        return found + [("note", note) for note in self.notes]


def _shown(name: str, value: float) -> str:
    return units.format_length(value, digits=3) if name == "finest_detail" else f"{value:.3g}"


def check(path: str | Path, *, identifiable: bool = True, trusted: bool = False) -> Checked:
    """Read a run file and its frames, and say what to expect, without running it.

    **Arguments:** `path`; `identifiable`, whether to ask what the frames can tell (takes seconds); `trusted` decodes
    the inputs in this process.

    **Errors:** those of `run` for a run file or frames that cannot be used.
    """
    asked = ask(read_job(path), trusted=trusted)
    question = asked.question
    problem = build(question.system, question.frames, question.unknowns, loss=question.loss,
                    regularizers=question.regularizers, weights=question.weights)  # fmt: skip
    memory, here = _memory(problem), machine.total_memory()
    if asked.layout is not None and memory is not None:  # all frames and their weights, beside those of a tile
        memory += 2 * 4 * int(asked.recorded.frames.size)
    warnings = [*asked.warnings, *question.contradictions, *_too_large(memory, here)]
    if identifiable and asked.job.run.estimate.error_bars is not False:
        warnings += _weak(asked)
    names = {leaf: name for name, leaf in asked.entry.paths.items()}
    unknowns = {names.get(leaf, leaf): int(value.size) for leaf, value in problem.start().items()}
    frames = tuple(asked.recorded.frames.shape)
    tiles = None if asked.layout is None else asked.layout.words
    return Checked(frames, unknowns, _sampling(asked), memory, here, tuple(question.notes), tuple(warnings), tiles)


def _sampling(asked: Asked) -> dict[str, float]:
    return {} if asked.geometry is None else asked.geometry.sampling


def _memory(problem: Problem) -> int | None:
    """Return the bytes that one loss and gradient needs, from the compiled program's own account."""
    arrays, fixed = eqx.partition(problem, eqx.is_array)  # arguments: the frames count

    def step(arrays: Any, z: Any) -> Any:
        return jax.value_and_grad(eqx.combine(arrays, fixed).smooth_objective)(z)

    account = jax.jit(step).lower(arrays, problem.start()).compile().memory_analysis()
    if account is None:
        return None
    return account.temp_size_in_bytes + account.argument_size_in_bytes + account.output_size_in_bytes


def _too_large(memory: int | None, here: int | None) -> list[str]:
    # A solver keeps a few more copies of the image than one step does.
    if memory is None or here is None or 2 * memory < here:
        return []
    return [
        f"One step needs {memory / 1e9:.1f} GB and a solver about twice that; this machine has {here / 1e9:.1f} GB. "
        "Crop the frames ([data] crop)."
    ]


def _weak(asked: Asked) -> list[str]:
    """Ask the center of the frames what they can tell, before any estimate.

    Not where a picture of the instrument belongs to the whole frame: the scene is dark then, and tells nothing yet.
    """
    if asked.recorded.pictures:
        return []
    question = put(asked.job, asked.entry, _central(asked.recorded))
    bars = identifiability(question.system, question.unknowns, regularizers=question.regularizers, loss=question.loss)
    return [in_words(sentence, asked) for sentence in bars.sentences] if bars else []


def _central(recorded: Recorded) -> Recorded:
    rows, columns = recorded.frames.shape[-2:]
    side = max(LEAST, 2 * round(PROBE / len(recorded.frames) ** 0.5)) if len(recorded.frames) > 1 else PROBE
    top, left = (max(0, (n - side) // 2) for n in (rows, columns))
    return recorded.part((slice(top, top + side), slice(left, left + side)))
