"""The command line: thin, it reads arguments and prints what the floors below say."""

import sys

from backlight.cli.faults import told


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    0 done, 2 usage or run file, 3 bad input, 4 diverged, 5 no space or permission, 6 memory, 130 interrupted.
    """
    from backlight.cli.app import app

    arguments = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    code = told(lambda: app(arguments, prog_name="backlight", standalone_mode=False), as_json="--json" in arguments)
    sys.exit(code)
