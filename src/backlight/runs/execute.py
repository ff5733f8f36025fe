"""Run a run file: read, ask, estimate, leave a result folder that appears only when it is complete."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backlight.errors import InputError, MemoryPlanError, printable
from backlight.io import commit_folder, dump, read_manifest
from backlight.io.commit import check_output
from backlight.runs import machine
from backlight.runs.ask import Asked, Job, ask, read_job, resolved
from backlight.runs.checkpoint import FileCheckpoint
from backlight.runs.folder import RESULT, read_result
from backlight.runs.interruption import Interrupted, Interruption, ended_by_itself, listening
from backlight.runs.mosaic import conclude_tiles
from backlight.runs.nominal import Nominal, answer_nominal, compares_nominal
from backlight.runs.parameters import traced
from backlight.runs.quality import Compared, compare_halves
from backlight.runs.result import Conclusion, build_result, conclude, result_table
from backlight.runs.tiled import Work, answer_tiles, counted
from backlight.runs.workspace import CHECKPOINT, RUN_FILE, Workspace

DIVERGED, INTERRUPTED = 4, 130
CUT = "The user stopped the run before it had made the pictures that this one was to be compared with."


@dataclass(frozen=True)
class Finished:
    """How a run ended.

    **Attributes:** `out`, the result folder; `result`, its `result.json`; `exit_code`, 0, 4 (diverged) or 130
    (interrupted; `backlight resume` goes on).
    """

    out: Path
    result: dict[str, Any]
    exit_code: int


@dataclass(frozen=True)
class Listener:
    """Who hears of a run.

    **Arguments:** `message` gets sentences; `progress` a `Progress` after each block and the unknowns by run-file name.
    """

    message: Callable[[str], None] = lambda text: None
    progress: Callable[[Any, dict[str, float]], None] = lambda progress, values: None


def run(
    path: str | Path,
    out: str | Path,
    *,
    overwrite: bool = False,
    trusted: bool = False,
    time_limit: float | None = None,
    listener: Listener | None = None,
) -> Finished:
    """Run a run file into a result folder.

    **Arguments:** `path` of the run file; `out`, a new folder (`overwrite` replaces an earlier result, once the new
    one is complete); `trusted` decodes inputs in this process; `time_limit` in seconds; `listener`, told on the way.

    **Errors:** `RunFileError`, `InputError`, `SpaceError`, `MemoryPlanError`; a run that diverges or is interrupted
    is no error: it leaves its best state and an exit code.

    ```python
    finished = bl.run("run.toml", "result")
    finished.result["parameters"]["distance"]
    ```
    """
    started, listener = time.perf_counter(), listener or Listener()
    job, workspace = read_job(path), Workspace(out)
    check_output(workspace.out, overwrite=overwrite, inputs=machine.input_files(job.run))
    asked = _asked(job, listener, trusted)
    text = dump(resolved(asked), job.schema, absolute=True)
    facts = {"inputs": [source["sha256"] for source in asked.recorded.sources], "overwrite": overwrite}
    workspace.begin(text, facts | {"versions": machine.versions()}, overwrite=overwrite)
    return _finish(asked, workspace, text, started, listener, overwrite, time_limit)


def resume(
    out: str | Path, *, trusted: bool = False, time_limit: float | None = None, listener: Listener | None = None
) -> Finished:
    """Go on with a run that was killed or interrupted, to the same bits as if it had not been.

    **Arguments:** as of `run`; `out` is the folder it was to write.

    **Errors:** `InputError` if nothing unfinished is there, or the inputs have changed since.
    """
    started, listener, workspace = time.perf_counter(), listener or Listener(), Workspace(out)
    if not workspace.exists:
        _reopen(workspace)
    job_facts = workspace.take_over()
    if _already_committed(workspace):
        workspace.discard()
        return _finished(workspace.out, read_result(workspace.out))
    job = read_job(workspace.folder / RUN_FILE)
    asked = _asked(job, listener, trusted)
    if [source["sha256"] for source in asked.recorded.sources] != job_facts.get("inputs"):
        raise InputError(str(workspace.out), got="inputs that changed since the run began", expected="the same files",
                         remedy=f"start anew: backlight run {workspace.folder / RUN_FILE} --out ...")  # fmt: skip
    text = dump(resolved(asked), job.schema, absolute=True)
    return _finish(asked, workspace, text, started, listener, bool(job_facts.get("overwrite")), time_limit)


def _reopen(workspace: Workspace) -> None:
    """Make a working folder from an interrupted result, which the whole one will replace: also if this resume fails."""
    if not workspace.out.is_dir():
        raise InputError(str(workspace.out), got="no such run", expected="the --out folder of an unfinished run",
                         remedy="backlight run RUN.toml --out FOLDER starts one")  # fmt: skip
    read_manifest(workspace.out)
    result = read_result(workspace.out)
    if not any((workspace.out / CHECKPOINT).glob("*.npz")):
        raise InputError(str(workspace.out), got=f"a run that is over ({result['stop']['reason']})",
                         expected="an unfinished run", remedy="nothing is left to do")  # fmt: skip
    inputs = [source["sha256"] for source in result["inputs"]]
    workspace.restore(workspace.out, {"inputs": inputs, "overwrite": True})


def _asked(job: Job, listener: Listener, trusted: bool) -> Asked:
    listener.message("reading the frames")
    with _memory_in_words():
        asked = ask(job, trusted=trusted)
    shape = " × ".join(map(str, asked.recorded.frames.shape))
    listener.message(f"{shape} pixels (frame × y × x) from {_named(job)}")
    for warning in asked.warnings:
        listener.message(f"note: {warning}")
    return asked


def _named(job: Job) -> str:
    """Return what the run file calls the frames."""
    frames = "" if job.run.data is None else job.run.data.frames
    return frames if isinstance(frames, str) else f"{len(frames)} files"


def _begun(asked: Asked, checkpoint: FileCheckpoint, listener: Listener) -> Asked:
    """Take the first look at the frames, or take it over from the run that is resumed."""
    with _memory_in_words():
        question = asked.question.begun(checkpoint.start(asked.question.look))
    for note in question.notes:
        listener.message(note)
    for sentence in question.contradictions:
        listener.message(f"warning: {sentence}")
    return replace(asked, question=question)


def _finish(
    asked: Asked,
    workspace: Workspace,
    text: str,
    started: float,
    listener: Listener,
    overwrite: bool,
    time_limit: float | None,
) -> Finished:
    """Answer the question and commit the result."""
    mark = machine.fingerprint(text, [source["sha256"] for source in asked.recorded.sources], machine.versions())
    checkpoint = FileCheckpoint(workspace.checkpoints, mark)
    workspace.log("start", system=asked.job.run.system, versions=machine.versions())
    with _kept_on_interrupt(workspace, checkpoint):
        asked = _begun(asked, checkpoint, listener)
    with listening(listener.message) as interruption, _kept_on_interrupt(workspace, checkpoint):
        work = Work(
            keeper=lambda number: FileCheckpoint(workspace.checkpoints / f"tile-{number:04d}", mark),
            hear=_callback(asked, workspace, listener, interruption),
            log=workspace.log,
            asked_to_stop=lambda: interruption.asked,
            deadline=None if time_limit is None else time.perf_counter() + time_limit,
        )
        with _memory_in_words():
            conclusion, whole = _concluded(asked, checkpoint, work, listener, time_limit)
        if not whole:
            checkpoint.flush()
        listener.message("writing the result")
        interrupted = interruption.asked and not whole
        table = result_table(conclusion, time.perf_counter() - started, interrupted, workspace.run_id)
        build = build_result(conclusion, table, workspace, unfinished=not whole)
        out = commit_folder(workspace.out, build, overwrite=overwrite, inputs=machine.input_files(asked.job.run))
    workspace.discard()
    return _finished(out, table)


def _concluded(
    asked: Asked, checkpoint: FileCheckpoint, work: Work, listener: Listener, time_limit: float | None
) -> tuple[Conclusion, bool]:
    """Answer the question, that of each tile where there are tiles, and tell whether nothing was left undone."""
    tiles = 0 if asked.layout is None else len(asked.layout.tiles)
    hear = counted(work.hear, 0, tiles) if tiles else work.hear
    bars = asked.job.run.estimate.error_bars is not False
    estimate = asked.question.answer(callback=hear, checkpoint=checkpoint, time_limit=time_limit, error_bars=bars)
    whole = ended_by_itself(asked.question, estimate)
    if tiles:
        answers = answer_tiles(asked, estimate, work)
        return conclude_tiles(asked, estimate, answers), whole and len(answers) == tiles
    compared = _compared(asked, estimate, work, listener) if whole else None
    written = _written(asked, estimate, work, listener) if whole else None
    cut = (bool(asked.job.run.estimate.halves) or compares_nominal(asked)) and work.asked_to_stop()
    if whole and cut:
        estimate = replace(estimate, stop_reason=f"{estimate.stop_reason} {CUT}")
    return conclude(asked, estimate, compared, written), whole and not cut


def _compared(asked: Asked, estimate: Any, work: Work, listener: Listener) -> Compared | None:
    """Compare the pictures of two halves of the frames where the run asks for it; none if that was interrupted."""
    if not asked.job.run.estimate.halves or estimate.status == "diverged" or work.asked_to_stop():
        return None
    listener.message("estimating the sample from each half of the frames")
    compared = compare_halves(asked, estimate, work.hear)
    return None if work.asked_to_stop() else compared


def _written(asked: Asked, estimate: Any, work: Work, listener: Listener) -> Nominal | None:
    """Answer with the instrument as written where an estimate is compared with it; none if that was interrupted."""
    if not compares_nominal(asked) or estimate.status == "diverged" or work.asked_to_stop():
        return None
    listener.message("estimating the sample with the instrument as written, to compare")
    found = answer_nominal(asked, work.hear)
    return None if work.asked_to_stop() else found


def _finished(out: Path, table: dict[str, Any]) -> Finished:
    stop = table["stop"]
    return Finished(out, table, DIVERGED if stop["status"] == "diverged" else INTERRUPTED if stop["interrupted"] else 0)


def _already_committed(workspace: Workspace) -> bool:
    """Tell whether the kill came after the result was in place and before the working folder was removed."""
    return (workspace.out / RESULT).is_file() and read_result(workspace.out).get("run_id") == workspace.run_id


def _callback(asked: Asked, workspace: Workspace, listener: Listener, interruption: Interruption):
    def told(progress: Any) -> None:
        values = {name: float(value) for name, value in traced(asked, progress.values).items()}
        workspace.log("progress", iteration=progress.iteration, objective=progress.objective, values=values)
        listener.progress(progress, values)
        interruption.obey()

    return told


@contextmanager
def _kept_on_interrupt(workspace: Workspace, checkpoint: FileCheckpoint) -> Iterator[None]:
    """Keep the checkpoint and say how to go on where a second signal leaves no time for a result."""
    try:
        yield
    except KeyboardInterrupt:
        checkpoint.flush()
        resume_command = f"backlight resume {workspace.out}"
        raise Interrupted(f"interrupted; the state is kept\n  go on:    {printable(resume_command)}") from None


@contextmanager
def _memory_in_words() -> Iterator[None]:
    """Turn "out of memory", whoever says it, into one error."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise MemoryPlanError(
            f"not enough memory\n  got:      {printable(error, 160)}\n  expected: a problem that fits\n"
            "  do this:  crop the frames ([data] crop), or run where there is more memory"
        ) from None
