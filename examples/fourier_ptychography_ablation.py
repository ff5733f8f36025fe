"""What each unknown is worth: left at its nominal value in turn, with fewer diodes, with 4-bit frames.

Run: python fourier_ptychography_ablation.py [FOLDER]. The instrument is that of `fourier_ptychography.py`; it takes a
few minutes, prints a table and draws it.
"""

import sys
from pathlib import Path

import jax
import numpy as np
from fourier_ptychography import GIVEN, PIXELS, SIDE, UNKNOWN, microscope

from backlight.systems.fourier_ptychography import ask, sample_in_view
from backlight.units import mm
from backlight.wave import rectangular_layout

BITS = 4
BORDER = 0.125
"""Part of the picture along each side that is not judged: the frames tell less of it."""


def without(name: str) -> tuple[str, ...]:
    """Return the unknowns but one."""
    return tuple(other for other in UNKNOWN if other != name)


def some_diodes(every: int) -> np.ndarray:
    """Return the numbers of a half (2) or a quarter (4) of the diodes, spread over the panel."""
    row, column = np.mgrid[:SIDE, :SIDE].reshape(2, -1) - SIDE // 2
    kept = (row + column) % 2 == 0 if every == 2 else (row % 2 == 0) & (column % 2 == 0)
    return np.flatnonzero(kept)


def coarse(frames: np.ndarray) -> np.ndarray:
    """Return the frames in codes of a few bits, bright field and dark field each exposed to the full scale."""
    peaks = frames.max(axis=(1, 2))
    bright = peaks > 0.3 * peaks.max()
    full = np.where(bright, peaks[bright].max(), peaks[~bright].max())[:, None, None]
    return np.round(frames / full * (2**BITS - 1)) / (2**BITS - 1) * full


def cases(frames: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray, tuple[str, ...]]]:
    """Return by name: frames, the numbers of their diodes, and what is asked for."""
    every = np.arange(SIDE**2)
    held = {f"{name} as written": (frames, every, without(name)) for name in UNKNOWN if name != "sample"}
    fewer = {name: (frames[some_diodes(n)], some_diodes(n), UNKNOWN) for name, n in (("half", 2), ("a quarter", 4))}
    return {
        "everything unknown": (frames, every, UNKNOWN),
        **held,
        "nothing but the sample": (frames, every, ("sample",)),
        **{f"{name} of the diodes": case for name, case in fewer.items()},
        f"{BITS}-bit frames": (coarse(frames), every, UNKNOWN),
    }


def judged(frames: np.ndarray, diodes: np.ndarray, unknown: tuple[str, ...], truth: np.ndarray) -> tuple[float, ...]:
    """Return the phase's error, rad RMS, PSNR of the complex picture, dB, and the misfit of the frames."""
    places = rectangular_layout(SIDE, SIDE, 4 * mm)[diodes]
    table = np.column_stack([places[:, ::-1], np.full(len(places), -GIVEN["led_distance"])])
    given = {name: value for name, value in GIVEN.items() if not name.startswith("led_")} | {"led_positions": table}
    given["upsampling"] = len(truth) // PIXELS
    answer = ask(frames, given, dict.fromkeys(unknown, True), {}).answer(error_bars=False)
    found, true = (inner(picture) for picture in (np.asarray(sample_in_view(answer.system).values), truth))
    found = found * np.vdot(found, true) / np.vdot(found, found)
    error = np.mean(np.abs(found - true) ** 2) / np.max(np.abs(true)) ** 2
    return float(np.std(np.angle(found * true.conj()))), float(-10 * np.log10(error)), answer.quality.nrmse_amplitude


def inner(picture: np.ndarray) -> np.ndarray:
    """Return the picture without its border."""
    n = round(BORDER * len(picture))
    return picture[n:-n, n:-n]


def draw(file: Path, table: dict[str, tuple[float, ...]]) -> None:
    """Draw error of the phase and misfit, a bar for each case."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for axis, column, label in zip(axes, (0, 2), ("error of the phase (rad RMS)", "misfit of the frames"), strict=True):
        axis.barh(list(table), [row[column] for row in table.values()], color="#4477aa")
        axis.set_xlabel(label)
    axes[0].invert_yaxis()
    figure.savefig(file, dpi=100)


def main(folder: Path, names: tuple[str, ...] | None = None) -> dict[str, tuple[float, ...]]:
    """Reconstruct each case (all, or those of these names), print a table and draw it."""
    true = microscope()
    frames = 200 * np.asarray(true.simulate(jax.random.key(0)).values)
    truth = np.asarray(sample_in_view(true).values)
    table = {}
    print("| | phase, rad RMS | PSNR, dB | misfit |\n|---|---|---|---|")
    for name, case in cases(frames).items():
        if names is None or name in names:
            table[name] = judged(*case, truth)
            print(f"| {name} | {table[name][0]:.3f} | {table[name][1]:.1f} | {table[name][2]:.3f} |", flush=True)
    draw(folder / "fourier_ptychography_ablation.png", table)
    return table


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
