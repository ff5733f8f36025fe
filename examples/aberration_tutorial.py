"""One intensity frame, two parametrizations of the same phase. Run: python aberration_tutorial.py [FOLDER]

A smooth phase of 136 Zernike polynomials is seen after 100 mm of free space. A free phase map fits the frame and is
wrong; the coefficients fit it and are right. Pictures go to FOLDER (default: the folder of this file).
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

import backlight as bl
from backlight.inverse.first_order import Adam
from backlight.inverse.image_identifiability import weak_modes
from backlight.inverse.problem import build
from backlight.systems import Nothing
from backlight.units import mm, nm, um

SHAPE, MODES = (128, 128), 136
PHASE_MAP, COEFFICIENTS = "sample.transmission", "incident_path.aberrations.coefficients"


class Found(NamedTuple):
    """What one parametrization led to."""

    fit: bl.Estimate
    loss: np.ndarray
    error: float
    phase: np.ndarray


def instrument(plate=None) -> bl.ImagingSystem:
    """Return a bare camera 100 mm behind a clear sample, on its own 128 × 128 pixels; a plate may lie on the sample."""
    sample = bl.wave.ThinSample(np.ones(SHAPE))
    free_space = bl.wave.FreeSpace(100 * mm, bl.wave.AngularSpectrum(band_limit=False))
    camera = bl.camera.Camera(SHAPE, 5 * um)
    return bl.ImagingSystem(
        bl.wave.PlaneWave(500 * nm), plate or Nothing(), sample, free_space, camera, bl.camera.Gaussian(1e-3)
    )


def plate(coefficients) -> bl.wave.ZernikePhase:
    """Return a delay over the largest disc that the camera sees."""
    return bl.wave.ZernikePhase(bl.wave.NollZernikes(coefficients), 64 * 5 * um)


def phase_behind(system) -> np.ndarray:
    """Return the phase of the light behind the sample, rad."""
    return np.angle(np.asarray(system.sample(system.field_at_sample()).full))


def fitted(start, frame, path, unknown, rate, steps, truth) -> Found:
    """Fit one leaf with Adam; the loss is told as the mean squared error of the intensity."""
    fit = bl.estimate(
        start,
        frame,
        {path: unknown},
        loss=bl.losses.intensity(),
        solver=Adam(rate=rate, steps=steps),
        tolerance=0.0,
        error_bars=False,
    )
    phase = phase_behind(fit.system)
    last = np.mean((np.asarray(fit.system.predict().values) - np.asarray(frame)) ** 2)
    loss = np.append(2 * np.asarray(fit.history["objective"]) / frame.size, last)
    return Found(fit, loss, float(np.std(phase - truth)), phase)


def main(folder: Path | None = None) -> dict[str, object]:
    truth = instrument(plate(0.01 * np.random.default_rng(0).random(MODES)))
    frame, true_phase = np.asarray(truth.predict().values), phase_behind(truth)
    free = fitted(instrument(), frame, PHASE_MAP, bl.UnitModulus(), 5e-3, 900, true_phase)
    few = fitted(instrument(plate(np.zeros(MODES))), frame, COEFFICIENTS, bl.Free(scale=1.0), 1e-3, 200, true_phase)
    problem = build(free.fit.system, frame, {PHASE_MAP: bl.UnitModulus()}, loss=bl.losses.intensity())
    warning = weak_modes(problem, problem.start(), probes=4)
    problem = build(few.fit.system, frame, {COEFFICIENTS: bl.Free(scale=1.0)}, loss=bl.losses.intensity())
    assurance = weak_modes(problem, problem.start(), steps=MODES, probes=4)
    print(f"true phase: spread {true_phase.std():.3f} rad")
    for name, found in {"(a) free phase map": free, "(b) coefficients": few}.items():
        print(f"{name}: loss {found.loss[0]:.1e} -> {found.loss[-1]:.1e} in {len(found.loss) - 1} steps, ", end="")
        print(f"phase wrong by {found.error:.2g} rad (RMS, its mean left out)")
    print("(a)", warning.sentence)
    print("(b)", assurance.sentence)
    draw(true_phase, frame[0], free, few, folder or Path(__file__).parent)
    return {"free": free, "few": few, "warning": warning, "assurance": assurance, "spread": float(true_phase.std())}


def draw(truth, frame, free: Found, few: Found, folder: Path) -> None:
    """Write one figure per parametrization: truth, frame, phase found, error, loss."""
    from matplotlib.figure import Figure

    limit = 3 * float(truth.std())
    for name, found in {"free_phase_map": free, "coefficients": few}.items():
        figure = Figure(figsize=(15, 3), layout="constrained")
        axes = figure.subplots(1, 5)
        maps = {"true phase (rad)": truth, "phase found (rad)": found.phase, "error (rad)": found.phase - truth}
        for axis, (title, values) in zip(axes[[0, 2, 3]], maps.items(), strict=True):
            shown = axis.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit)
            axis.set(title=title, xticks=[], yticks=[])
            figure.colorbar(shown, ax=axis, shrink=0.8)
        axes[1].imshow(frame, cmap="gray")
        axes[1].set(title="frame", xticks=[], yticks=[])
        axes[4].semilogy(found.loss)
        axes[4].set(title="mean squared intensity error", xlabel="step")
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / f"aberrations_{name}.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
