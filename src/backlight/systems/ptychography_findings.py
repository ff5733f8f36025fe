"""What a Fourier-ptychographic result tells beside the sample: pupil, panel, coverage of the spectrum, residuals."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from backlight.findings import Exhibit, Findings, Picture, PointMap
from backlight.inverse.tree import get_leaf, set_leaves
from backlight.light import Grid
from backlight.systems.frame_order import by_angle
from backlight.systems.imaging_system import ImagingSystem
from backlight.systems.ptychography_instrument import FIRST_ABERRATION, sample_in_view

PUPIL_SIDE = 128
SIDE = 512  # pixels of the picture of the spectrum
STRONG, DECADES = 99.9, 4.0
"""The percentile of the spectrum's power that is drawn white, the light that goes straight on being far above, and how
many decades below is black."""

POSE = ("illumination.shift", "illumination.rotation", "illumination.height")


def findings(estimate: Any, nominal: ImagingSystem, residuals: Float[np.ndarray, " frames"]) -> Findings:
    """Return the pupil as an array, the finest detail, and the figures of panel, pupil and spectrum.

    **Arguments:** `estimate`; `nominal`, the instrument as the user wrote it; `residuals`, the share of the amplitude
    that is not explained in each frame.
    """
    system = estimate.system
    pupil = pupil_function(system)
    sines, aperture = _sines(system), float(system.detection_path.numerical_aperture)
    lit = np.asarray(system.illumination.lit.value)
    reach = float(np.hypot(*sines[np.unique(lit)].T).max()) + aperture
    wavelength = float(system.illumination.wavelength)
    return Findings(
        arrays={"pupil": pupil},
        numbers={"finest_detail": wavelength / (2 * reach), "synthetic_aperture": reach},
        exhibits=(
            _pupil(pupil, aperture),
            _panel(estimate, nominal, lit, residuals),
            _spectrum(system, sines[np.unique(lit)], aperture),
        ),
        notes=_notes(system),
    )


def pupil_function(system: ImagingSystem, side: int = PUPIL_SIDE) -> Complex[np.ndarray, "y x"]:
    """Return the pupil with its aberrations and defocus over the square −NA … NA, the axis at pixel n//2, 0 outside."""
    objective: Any = system.detection_path
    light: Any = system.illumination
    wavelength = light.wavelength
    grid = Grid((side, side), wavelength / (2 * objective.numerical_aperture))
    transfer = objective.transfer(grid, wavelength, medium_index=light.medium_index)
    stop = objective.stop(grid, wavelength)
    f = np.fft.fftfreq(side) * 2
    inside = np.hypot(f[:, None], f) <= 1
    # The soft edge is there for the derivative by the aperture; it is half way down where the pupil ends.
    bare = np.where(inside, np.asarray(transfer) / np.where(inside, np.asarray(stop), 1), 0)
    return np.fft.fftshift(bare).astype(np.complex64)


def frame_gains(system: Any) -> str | None:
    """Return the unknown that is a frame's own brightness: none where the diodes of a frame shine in others too."""
    return "led_gains" if system.illumination.lit.value.shape[-1] == 1 else None


def frame_order(system: ImagingSystem) -> Int[np.ndarray, " frames"]:
    """Return the frames by the angle of their light, see `by_angle`; that of several diodes is their mean."""
    light: Any = system.illumination
    return by_angle(_sines(system)[np.asarray(light.lit.value)].mean(axis=1))


def _sines(system: Any) -> Float[np.ndarray, "diodes 2"]:
    """Return the sines (y, x) of the direction of each diode's light, as the sample's frequencies see them."""
    panel = system.illumination
    everyone = eqx.tree_at(lambda p: p.lit, panel, jnp.arange(len(panel.positions)))
    tilt = everyone(Grid((2, 2), 1e-6)).tilt.reshape(-1, 2)
    return -np.asarray(tilt * panel.wavelength, float)


def _notes(system: Any) -> tuple[str, ...]:
    count = system.detection_path.aberrations.coefficients.shape[-1]
    if not count:
        return ()
    last = FIRST_ABERRATION + count - 1
    return (f"zernike[0] to zernike[{count - 1}] are Noll's terms {FIRST_ABERRATION} to {last}, in rad.",)


# --- figures ----------------------------------------------------------------------------------------------------------


def _pupil(pupil: np.ndarray, aperture: float) -> Exhibit:
    half, axis = (aperture, aperture), "sin θ"
    lit = np.abs(pupil) > 0
    phase = np.where(lit, np.angle(pupil * np.exp(-1j * np.angle(pupil.sum() + 1e-30))), np.nan)
    return Exhibit(
        "pupil",
        "The pupil that was found, aberrations and defocus included, over the objective's aperture.",
        (
            Picture("pupil, amplitude", np.where(lit, np.abs(pupil), np.nan), half, axis, label="amplitude"),
            Picture("pupil, phase", phase, half, axis, label="phase (rad)", cyclic=True),
        ),
    )


def _spectrum(system: ImagingSystem, sines: np.ndarray, aperture: float) -> Exhibit:
    view = sample_in_view(system)
    wavelength = float(np.asarray(view.wavelength))
    power = np.abs(np.fft.fftshift(np.fft.fft2(np.asarray(view.values)))) ** 2
    step = max(-(-max(power.shape) // SIDE), 1)
    rows, columns = (n // step for n in power.shape)
    small = power[: rows * step, : columns * step].reshape(rows, step, columns, step).mean(axis=(1, 3))
    strong = max(float(np.percentile(small, STRONG)), 1e-30)
    levels = np.log10(np.clip(small / strong, 10**-DECADES, 1))
    half = tuple(0.5 * wavelength / np.abs(np.asarray(view.grid.pitch, float)))
    circles = np.concatenate([sines, np.full((len(sines), 1), aperture)], axis=1)
    picture = Picture("spectrum of the object", levels, (half[0], half[1]), "sin θ", circles, "log₁₀ relative power")
    return Exhibit(
        "spectrum", "The object's spectrum, and the disc that the light of each diode brings of it.", (picture,)
    )


def _panel(estimate: Any, nominal: Any, lit: np.ndarray, residuals: np.ndarray) -> Exhibit:
    panel, written = estimate.system.illumination, nominal.illumination
    height = written.height
    places, before = (np.asarray(seen(one, height), float) for one in (panel, written))
    gains = np.asarray(panel.gains, float)
    return Exhibit(
        "panel",
        "Where the diodes are, seen from the sample and drawn at the height that was written (crosses: as written; "
        "ellipses: one standard deviation of the panel's pose, larger than life where the title says so), how bright "
        "they are, and the share of the amplitude left unexplained in the frames of each. A trend across the panel "
        "means that its pose is still wrong; a ring that stands out, that its light is not what the model says.",
        (
            PointMap("diodes", places, gains, "brightness", before, spreads(estimate, height)),
            PointMap("residual by diode", places, by_diode(lit, residuals, len(places)), "‖√y − √ŷ‖ / ‖√y‖"),
        ),
    )


def by_diode(
    lit: Int[np.ndarray, "frames together"], residuals: Float[np.ndarray, " frames"], diodes: int
) -> Float[np.ndarray, " diodes"]:
    """Return the mean residual of the frames that each diode lights; NaN for one that lights none that counts."""
    told = np.isfinite(residuals)
    count = np.bincount(lit[told].ravel(), minlength=diodes)
    total = np.bincount(lit[told].ravel(), np.repeat(residuals[told], lit.shape[1]), minlength=diodes)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def seen(panel: Any, height: Float[Array, ""]) -> Float[Array, "diodes 2"]:
    """Return where the diodes stand, (y, x) m, carried along their rays to a plane at `height` below the sample."""
    cos, sin = jnp.cos(panel.rotation), jnp.sin(panel.rotation)
    place = panel.positions + panel.offsets
    turned = jnp.stack([cos * place[:, 0] + sin * place[:, 1], cos * place[:, 1] - sin * place[:, 0]], axis=-1)
    return (turned + panel.shift) * height / panel.height


def spreads(estimate: Any, height: Float[Array, ""]) -> Float[np.ndarray, "diodes 2 2"]:
    """Return the covariance of each place that follows from that of the panel's pose; none where there is no such."""
    paths = [path for path in POSE if estimate.std(path) is not None]
    if not paths:
        return np.zeros((0, 2, 2))
    covariance = _covariance(estimate, paths)
    system = estimate.system
    by = jax.jacobian(lambda pose: seen(set_leaves(system, pose).illumination, height))(
        {path: jnp.asarray(get_leaf(system, path)) for path in paths}
    )
    count = len(system.illumination.positions)
    slopes = np.concatenate([np.asarray(by[path], float).reshape(count, 2, -1) for path in paths], axis=-1)
    return np.einsum("kap,pq,kbq->kab", slopes, covariance, slopes)


def _covariance(estimate: Any, paths: list[str]) -> np.ndarray:
    bars = estimate.uncertainty
    chosen = [i for path in paths for i, name in enumerate(bars.names) if name.split("[")[0] == path]
    std = np.concatenate([np.ravel(estimate.std(path)) for path in paths])
    return np.asarray(bars.correlation)[np.ix_(chosen, chosen)] * std[:, None] * std
