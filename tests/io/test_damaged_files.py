"""A quick round of `damage.py`, which reads 2,000 damaged files of every format when called by hand."""

import damage
import pytest
import samples


@pytest.mark.parametrize("name", [*samples.FILES, *samples.FOLDERS])
def test_damaged_files_do_not_kill_hang_or_leave_anything(name):
    told = damage.try_format(name, 20, seed=3)
    assert told["escaped"] == []
    assert told["left"] == []
    assert told["hung"] == 0
