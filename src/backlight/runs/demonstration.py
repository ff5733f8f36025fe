"""The demonstration: a hologram whose distance nobody measured, with the truth kept aside to compare."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from backlight import units
from backlight.errors import InputError
from backlight.io import commit_file, write_json, write_tiff
from backlight.io.commit import check_output
from backlight.runs.execute import Finished, Listener, run
from backlight.runs.target import resolution_target

WAVELENGTH, PITCH, SIZE = 632.8e-9, 3.45e-6, 256
NOMINAL, LOW, HIGH = 10e-3, 9e-3, 11e-3
NOISE = 0.01
TRUTH = "truth.json"

_RUN_FILE = """\
# A simulated hologram of a resolution target. Replace the frames and the numbers by your own.
system = "inline_hologram"

[data]
frames = "hologram.tif"

[instrument]
wavelength = "{wavelength}"
pixel_pitch = "{pitch}"
distance = "{nominal}"            # a guess; the true one is in truth.json

[unknown]
sample = true
distance = {{ between = ["{low}", "{high}"] }}
"""


def demo(
    out: str | Path, *, overwrite: bool = False, seed: int = 0, listener: Listener | None = None
) -> tuple[Finished, Mapping[str, float]]:
    """Simulate a hologram, reconstruct it, and return the result with the truth.

    **Arguments:** `out`, a new folder for hologram, run file and result; `overwrite` allows an old demonstration to
    be replaced; `seed` draws distance and noise.
    """
    out, listener = Path(out), listener or Listener()
    _refuse_foreign(out, overwrite)
    check_output(out / "result", overwrite=overwrite)
    rng = np.random.default_rng(seed)
    distance = float(rng.uniform(0.95 * NOMINAL, 1.05 * NOMINAL))
    listener.message(f"simulating a hologram of {SIZE} × {SIZE} pixels; its distance is kept secret")
    frame = hologram(distance, rng)
    truth = {"distance": distance}
    write_tiff(out / "hologram.tif", frame, pixel_size=PITCH)
    write_json(out / TRUTH, truth)
    commit_file(out / "run.toml", _run_file().encode())
    return run(out / "run.toml", out / "result", overwrite=overwrite, listener=listener), truth


def _refuse_foreign(out: Path, overwrite: bool) -> None:
    """Write into a new folder, or, if allowed, into an older demonstration: never among somebody's files."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    ours = (out / TRUTH).is_file() and (out / "hologram.tif").is_file()
    if not (ours and overwrite):
        remedy = "add --overwrite" if ours else "choose another --out"
        raise InputError(str(out), got="a folder that exists", expected="a new folder", remedy=remedy)


def hologram(distance: float, rng: np.random.Generator) -> np.ndarray:
    """Return a noisy hologram of the target, computed on a grid twice as fine and twice as wide as the camera's."""
    from backlight.camera import Camera, Gaussian
    from backlight.systems import ImagingSystem, Nothing
    from backlight.wave import FreeSpace, PlaneWave, ThinSample

    scene = np.ones((3 * SIZE, 3 * SIZE))
    part = slice(SIZE // 2, SIZE // 2 + 2 * SIZE)
    scene[part, part] = resolution_target(2 * SIZE)
    camera = Camera((2 * SIZE, 2 * SIZE), PITCH / 2)
    system = ImagingSystem(
        PlaneWave(WAVELENGTH), Nothing(), ThinSample(scene), FreeSpace(distance), camera, Gaussian(NOISE)
    )
    fine = np.asarray(system.predict().values[0], np.float64)
    frame = fine.reshape(SIZE, 2, SIZE, 2).mean(axis=(1, 3))
    return (frame + NOISE * rng.normal(size=frame.shape)).astype(np.float32)


def _run_file() -> str:
    lengths = {"wavelength": WAVELENGTH, "pitch": PITCH, "nominal": NOMINAL, "low": LOW, "high": HIGH}
    return _RUN_FILE.format(**{name: units.spell(value, "length") for name, value in lengths.items()})
