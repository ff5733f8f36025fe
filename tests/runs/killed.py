"""Run or resume in a process of its own, to be killed: python killed.py run|resume FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import tiny

import backlight.runs as runs
from backlight.runs.checkpoint import FileCheckpoint
from backlight.systems import catalogue

catalogue.CATALOGUE["tiny"] = catalogue.Listing(tiny.SCHEMA, "tiny")
FileCheckpoint.__init__.__kwdefaults__["every"] = 0.0  # write each block, so that kills meet writes

if __name__ == "__main__":
    action, folder = sys.argv[1], Path(sys.argv[2])
    if action == "run":
        runs.run(folder / "run.toml", folder / "result")
    else:
        runs.resume(folder / "result")
