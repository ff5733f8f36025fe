"""Stopping a run from outside: the first signal ends it at the next block, the second at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from backlight.errors import BacklightError


class Interrupted(BacklightError):
    """The run was stopped before it had anything to keep."""

    exit_code = 130


class Interruption:
    """Remembers that the user, or the system, asked the run to stop."""

    def __init__(self, tell: Callable[[str], None] = lambda text: None) -> None:
        self.asked, self.tell = False, tell

    def handle(self, *_: object) -> None:
        """Note the first request; on the second, leave at once."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        with suppress(RuntimeError):  # the signal came while something was being printed
            self.tell("stopping at the end of this block of steps; once more to stop at once")

    def obey(self) -> None:
        """Stop here if asked to: the solver keeps its best state."""
        if self.asked:
            raise KeyboardInterrupt


def ended_by_itself(question: Any, estimate: Any) -> bool:
    """Tell whether a search went on to its own end: it settled, failed, or took all of its steps."""
    return estimate.status != "stopped" or estimate.iterations >= question.solver.steps


@contextmanager
def listening(tell: Callable[[str], None] = lambda text: None) -> Iterator[Interruption]:
    """Turn SIGINT and SIGTERM into a request while the block runs (in the main thread; elsewhere nothing changes).

    `tell` gets a sentence when it comes.
    """
    interruption = Interruption(tell)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, interruption.handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
