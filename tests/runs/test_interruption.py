"""When a search ended by itself, and when something stopped it."""

from types import SimpleNamespace

import pytest

from backlight.runs.interruption import ended_by_itself


@pytest.mark.parametrize(
    ("status", "iterations", "itself"),
    [("converged", 3, True), ("diverged", 3, True), ("stopped", 10, True), ("stopped", 3, False)],
)
def test_a_search_that_took_all_of_its_steps_ended_by_itself(status, iterations, itself):
    question = SimpleNamespace(solver=SimpleNamespace(steps=10))
    assert ended_by_itself(question, SimpleNamespace(status=status, iterations=iterations)) == itself
