"""What every benchmark does with its numbers: it says on which machine they were taken, prints them and keeps them."""

import json
import platform
from typing import Any

import jax


def publish(report: dict[str, Any], file: str | None) -> dict[str, Any]:
    """Return the report with the machine in it, after printing it as JSON and writing it to `file` if there is one."""
    machine = {
        "device": jax.devices()[0].device_kind,
        "jax": jax.__version__,
        "python": platform.python_version(),
    }
    report = report | {"machine": machine}
    text = json.dumps(report, indent=2)
    print(text)
    if file:
        with open(file, "w", encoding="utf-8") as out:
            out.write(text + "\n")
    return report
