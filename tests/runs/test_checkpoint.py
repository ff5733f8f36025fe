"""Checkpoints: whole or absent, the last two kept, never another run's."""

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.runs.checkpoint import FileCheckpoint


def state(step):
    return {"run.iteration": np.asarray(step), "best.sample": np.full((2, 3), step, np.float32)}


def test_the_newest_state_comes_back_bit_for_bit(tmp_path):
    keeper = FileCheckpoint(tmp_path, "mark", every=0)
    for step in range(5):
        keeper.save(state(step))
    found = FileCheckpoint(tmp_path, "mark").load()
    assert {k: v.tobytes() for k, v in found.items()} == {k: v.tobytes() for k, v in state(4).items()}
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_a_damaged_state_gives_way_to_the_one_before(tmp_path):
    keeper = FileCheckpoint(tmp_path, "mark", every=0)
    keeper.save(state(1))
    keeper.save(state(2))
    newest = max(tmp_path.glob("*.npz"))
    newest.write_bytes(newest.read_bytes()[:100])
    assert FileCheckpoint(tmp_path, "mark").load()["run.iteration"] == 1


def test_a_state_of_other_settings_is_refused(tmp_path):
    FileCheckpoint(tmp_path, "mark", every=0).save(state(1))
    with pytest.raises(InputError, match="another run"):
        FileCheckpoint(tmp_path, "other").load()


def test_frequent_states_reach_the_disk_when_asked(tmp_path):
    keeper = FileCheckpoint(tmp_path, "mark", every=1000)
    keeper.save(state(1))
    keeper.save(state(2))
    assert FileCheckpoint(tmp_path, "mark").load()["run.iteration"] == 1
    keeper.flush()
    assert FileCheckpoint(tmp_path, "mark").load()["run.iteration"] == 2


def test_nothing_is_nothing(tmp_path):
    assert FileCheckpoint(tmp_path / "none", "mark").load() is None
