"""The bad JSON of the design."""

import pytest
from refusals import check

from backlight.errors import InputError
from backlight.io import read_json


@pytest.mark.parametrize(
    ("text", "says"),
    [('{"a": NaN}', "NaN"), ('{"a": 1e999}', "too large"), ('{"a": 1, "a": 2}', "duplicate key 'a'"),
     ('{"a": -Infinity}', "Infinity"), ("[" * 100_000, "deep"), ("{", "Expecting"), ("\xff", "codec")],
    ids=["21 nan", "21 1e999", "21 duplicate", "21 infinity", "21 deep", "21 cut", "21 not utf-8"],
)  # fmt: skip
def test_json(text, says, tmp_path):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        read_json(tmp_path / "a.json")
    check(caught.value, InputError, "a.json", says)
