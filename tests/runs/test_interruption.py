"""When a search ended by itself, and when something stopped it."""

from types import SimpleNamespace

import pytest

from backlight.runs.interruption import Interruption, ended_by_itself


@pytest.mark.parametrize(
    ("status", "iterations", "itself"),
    [("converged", 3, True), ("diverged", 3, True), ("stopped", 10, True), ("stopped", 3, False)],
)
def test_a_search_that_took_all_of_its_steps_ended_by_itself(status, iterations, itself):
    question = SimpleNamespace(solver=SimpleNamespace(steps=10))
    assert ended_by_itself(question, SimpleNamespace(status=status, iterations=iterations)) == itself


def test_the_first_request_is_acknowledged_and_the_second_obeyed_at_once():
    said = []
    interruption = Interruption(said.append)
    interruption.handle()
    assert interruption.asked
    assert "once more" in said[0]
    with pytest.raises(KeyboardInterrupt):
        interruption.handle()
    assert len(said) == 1
