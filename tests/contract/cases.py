"""Every part of the physics floors: the cases of all `cases_*.py` beside this file."""

import importlib
import pathlib

CASES = [
    case
    for file in sorted(pathlib.Path(__file__).parent.glob("cases_*.py"))
    for case in importlib.import_module(file.stem).CASES
]
