"""What each unknown of a run file is worth: left at its nominal value in turn, with fewer frames, in coarser codes.

Run: python benchmarks/ablation.py RUN.toml [--held-out 10] [--bits 4] [--json FILE] [--picture FILE.png]

Every tenth frame is held out of all cases. Each case is judged by ‖√y − √ŷ‖/‖√y‖ of those frames, each with its best
gain where gains are unknown, and of the frames that it was told; both over the frames that the first look with
everything unknown trusts.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from reporting import publish

from backlight.runs.ask import Asked, ask, every, put, read_job
from backlight.runs.quality import trusted_weights, with_own_gains
from backlight.runs.residuals import squares, unexplained

SAMPLE = "sample"


@dataclass(frozen=True)
class Case:
    """One line of the table.

    **Arguments:** `name`; `unknown`, names that stay unknown; `told`, the share of the frames; `bits` of a code, all
    that were recorded where `None`.
    """

    name: str
    unknown: tuple[str, ...]
    told: int = 1
    bits: int | None = None


def cases(unknown: tuple[str, ...], bits: int) -> Iterator[Case]:
    """Yield the cases of a run file with these unknowns."""
    yield Case("everything unknown", unknown)
    for name in unknown:
        if name != SAMPLE:
            yield Case(f"{name} as written", tuple(other for other in unknown if other != name))
    yield Case("nothing but the sample", (SAMPLE,))
    yield Case("half of the frames", unknown, told=2)
    yield Case("a quarter of the frames", unknown, told=4)
    yield Case(f"{bits}-bit frames", unknown, bits=bits)


def coarse(frames: np.ndarray, bits: int) -> np.ndarray:
    """Return the frames in fewer codes, bright and dark ones each exposed to the full scale."""
    peaks = frames.max(axis=(1, 2))
    bright = peaks > 0.3 * peaks.max()
    scale = np.where(bright, peaks[bright].max(), peaks[~bright].max(initial=0))[:, None, None] / (2**bits - 1)
    return (np.round(frames / scale) * scale).astype(frames.dtype)


def asked_as(asked: Asked, case: Case, held_out: np.ndarray) -> Asked:
    """Return what is asked in one case."""
    unknown = {name: value for name, value in asked.job.run.unknown.items() if name in case.unknown}
    job = replace(asked.job, run=replace(asked.job.run, unknown=unknown))
    frames = asked.recorded.frames if case.bits is None else coarse(asked.recorded.frames, case.bits)
    recorded = replace(asked.recorded, frames=frames)
    question = put(job, asked.entry, recorded)
    order = asked.entry.frame_order(question.system)
    untold = np.union1d(held_out, np.setdiff1d(order, order[:: case.told]))
    return replace(asked, job=job, recorded=recorded, question=replace(question, held_out=untold))


def judged(asked: Asked, truth: Asked, held_out: np.ndarray, weights: np.ndarray | None) -> tuple[dict, np.ndarray]:
    """Answer, and return the figures and the weights they were taken with: what the look trusts where `None`."""
    asked = replace(asked, question=asked.question.begun(asked.question.look()))
    weights = trusted_weights(asked) if weights is None else weights
    estimate = asked.question.answer(error_bars=False)
    predicted = with_own_gains(asked, np.asarray(estimate.system.predict(chunk=25).values))
    left = squares(truth.recorded.frames, predicted, weights)
    told = np.setdiff1d(np.arange(len(predicted)), asked.question.held_out)
    figures = {name: float(unexplained(left[:, chosen].sum(axis=1, keepdims=True))[0])
               for name, chosen in (("told", told), ("held_out", held_out))}  # fmt: skip
    return figures | {"seconds": estimate.seconds, "status": estimate.status}, weights


def draw(file: str, table: dict[str, dict[str, Any]]) -> None:
    """Draw both figures, a bar for each case."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 0.35 * len(table) + 1), layout="constrained")
    for offset, name, color in ((-0.2, "told", "#4477aa"), (0.2, "held_out", "#ee6677")):
        axis.barh(np.arange(len(table)) + offset, [row[name] for row in table.values()], 0.4, color=color, label=name)
    axis.set_yticks(np.arange(len(table)), list(table))
    axis.set_xlabel("‖√y − √ŷ‖ / ‖√y‖")
    axis.invert_yaxis()
    axis.legend()
    figure.savefig(file, dpi=100)


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run_file", type=Path)
    parser.add_argument("--held-out", type=int, default=10, help="every so many-th frame is held out")
    parser.add_argument("--bits", type=int, default=4, help="of the coarser codes")
    parser.add_argument("--json", help="file to write to, besides standard output")
    parser.add_argument("--picture", help="PNG to draw")
    given = parser.parse_args(arguments)
    job = read_job(given.run_file)
    estimate = job.run.estimate.model_copy(update={"held_out": given.held_out})
    asked = ask(replace(job, run=replace(job.run, estimate=estimate)))
    held_out, weights, table = every(given.held_out, len(asked.recorded.frames)), None, {}
    for case in cases(tuple(name for name, value in job.run.unknown.items() if value is not False), given.bits):
        table[case.name], weights = judged(asked_as(asked, case, held_out), asked, held_out, weights)
        print(case.name, table[case.name], file=sys.stderr, flush=True)
    if given.picture:
        draw(given.picture, table)
    return publish({"benchmark": f"ablation of {given.run_file.name}", "results": table}, given.json)


if __name__ == "__main__":
    main()
