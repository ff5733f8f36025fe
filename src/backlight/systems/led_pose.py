"""How a panel of diodes lies, read from the circles in the spectra of bright-field frames.

Where the direct light of a diode passes the objective, a frame is |1 + s|² with s the sample's light, and its spectrum
shows the pupil twice: as a circle of radius NA/λ about +sin θ/λ, and, because a frame is real, about −sin θ/λ (Eckert,
Phillips and Waller, Appl. Opt. 57, 5434 (2018)). So a frame tells the direction of its diode up to the sign, and the
bright-field frames together tell how the panel is shifted, turned and scaled, and whether its table has its axes
swapped or one of them mirrored. A table with both axes mirrored fits as well: to the conjugate sample, with the defocus
of the other sign. So a mirrored y and a mirrored x cannot be told apart.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize

from backlight.errors import InputError

WRITTEN = "as written"
ORIENTATIONS = {
    WRITTEN: ((1, 0), (0, 1)),
    "x and y swapped": ((0, 1), (1, 0)),
    "one axis mirrored": ((-1, 0), (0, 1)),
    "x and y swapped and one axis mirrored": ((0, -1), (1, 0)),
}
"""Which (y, x) a table may mean, up to the sign of both, as matrices on (y, x)."""

WHICH_AXIS = "Which one they do not tell: with the other axis mirrored, the sample is conjugate, the defocus reversed."

CROP = 256  # pixels of a frame's middle that are looked at: further out the panel seems shifted
SAMPLES = 24  # of the spectrum, and places where a circle is tried, a radius of the pupil
STEP = 1 / SAMPLES
BLUR = 0.4  # samples by which a rim seems too wide: frames fade out towards their border, and spectra blur
ANGLES, DEPTHS, ROUNDS = 48, 4, 300
OUTLINE = 0.12  # of the radius, the width of the two rims that are compared
REACH = 1.25  # of the aperture, how far from the axis circles are tried
SEARCH = 0.5  # of the aperture, how far the panel may be shifted
CERTAIN, DOUBTFUL = 4.0, 2.0  # standard deviations
BRIGHT = 0.4  # of a bright-field frame's brightness: darker ones are taken for dark field
LEAST = 4  # bright-field frames that a pose of four numbers can be read from


@dataclass(frozen=True)
class PanelPose:
    """What the bright-field circles say of the panel.

    **Attributes:** `orientation`, a name of `ORIENTATIONS`, another than the written one only where that is certain;
    `lead` over its `rival`, the best other one, in standard deviations of what no circle makes: above `CERTAIN` it is
    sure, below 0 the rival fits better; `lead_over_written`, likewise, 0 for the written one; `shift` (y, x) of the
    panel, m, `rotation`, rad, and `height`, m, of the table so oriented, `numerical_aperture`, each with a standard
    deviation; `bright`, which frames were looked at.
    """

    orientation: str
    lead: float
    rival: str
    lead_over_written: float
    shift: Float[np.ndarray, "2"]
    shift_std: Float[np.ndarray, "2"]
    rotation: float
    rotation_std: float
    height: float
    height_std: float
    numerical_aperture: float
    numerical_aperture_std: float
    bright: Bool[np.ndarray, " frames"]

    def oriented(self, positions: Float[np.ndarray, "frames 2"]) -> Float[np.ndarray, "frames 2"]:
        """Return the table with its axes as the frames show them."""
        return positions @ np.array(ORIENTATIONS[self.orientation], float).T

    def advice(self) -> str:
        """Return what the frames say against the table as it was written, in sentences, or nothing."""
        told = f"The circles in the spectra of the {int(self.bright.sum())} bright-field frames fit the diodes' table"
        remedy = "check the order of its columns and the signs of its axes."
        if self.lead_over_written > CERTAIN:
            which = f" {WHICH_AXIS}" if "mirrored" in self.orientation else ""
            return (f"{told} with {self.orientation} (by {self.lead_over_written:.1f} standard deviations): "
                    f"{remedy}{which}")  # fmt: skip
        if self.lead < -DOUBTFUL:
            return f"{told} better with {self.rival}, though not for certain: {remedy}"
        return ""


def panel_pose(
    frames: Float[np.ndarray, "frames y x"],
    positions: Float[np.ndarray, "diodes 2"],
    height: float,
    *,
    numerical_aperture: float,
    wavelength: float,
    pixel_pitch: float,
) -> PanelPose | None:
    """Return how the panel lies, or `None` where fewer than four frames are bright field.

    **Arguments:** `frames`, irradiances; `positions`, (y, x) of each frame's diode, m; `height` of the panel below the
    sample, m; `numerical_aperture`; `wavelength`, m; `pixel_pitch` at the sample, m.

    Valid for a pupil inside the frame's band, and a sample that lets more light pass straight than it scatters.

    **Errors:** `InputError` where frames and positions are not as many.
    """
    if len(frames) != len(positions):
        raise InputError("positions", got=f"{len(positions)} diodes", expected=f"{len(frames)}, one for each frame")
    middle = _middle(np.asarray(frames))
    bright = _bright(middle, positions, height, numerical_aperture)
    if bright.sum() < LEAST:
        return None
    radius = [n * pixel_pitch * numerical_aperture / wavelength for n in middle.shape[1:]]
    spectra = np.stack([_even_spectrum(frame, radius) for frame in middle[bright]])
    period, width = [n / r for n, r in zip(middle.shape[1:], radius, strict=True)], max(OUTLINE, 1.5 / min(radius))
    table = positions[bright] / height
    panels = {
        name: _Panel(spectra, table @ np.array(matrix, float).T, period, numerical_aperture, width)
        for name, matrix in ORIENTATIONS.items()
    }
    looks = {name: _shifted(panel) for name, panel in panels.items()}
    likely = sorted(looks, key=lambda name: -looks[name].scores.mean())[:2]
    fits = {name: _fitted(panels[name], looks[name]) for name in {*likely, WRITTEN}}
    best = max(fits, key=lambda name: fits[name].scores.mean())
    chosen = best if _lead(fits[best], fits[WRITTEN]) > CERTAIN else WRITTEN
    leads = {name: _lead(fits[chosen], fit) for name, fit in fits.items() if name != chosen}
    rival = min(leads, key=leads.__getitem__)
    scale, rotation, y, x, aperture = fits[chosen].pose
    std, blur = fits[chosen].std, BLUR / min(radius)
    return PanelPose(
        chosen,
        leads[rival],
        rival,
        _lead(fits[chosen], fits[WRITTEN]),
        np.array([y, x]) * height / scale,
        std[2:4] * height / scale,
        float(rotation),
        float(std[1]),
        float(height / scale),
        float(np.hypot(std[0] / scale, blur) * height / scale),
        float(abs(aperture) * numerical_aperture),
        float(np.hypot(std[4], blur) * numerical_aperture),
        bright,
    )


def _middle(frames: np.ndarray) -> np.ndarray:
    rows, columns = (min(n, CROP) for n in frames.shape[1:])
    top, left = ((n - m) // 2 for n, m in zip(frames.shape[1:], (rows, columns), strict=True))
    return frames[:, top : top + rows, left : left + columns]


def _bright(frames: np.ndarray, positions: np.ndarray, height: float, aperture: float) -> np.ndarray:
    """Tell which frames are bright field: by their brightness, against as many as the table says are."""
    mean = frames.mean(axis=(1, 2), dtype=np.float64)
    inside = np.hypot(*_sine(positions / height).T) < aperture
    count = max(int(inside.sum()), 1)
    return mean > BRIGHT * np.median(np.sort(mean)[-count:])


def _sine(tangent: np.ndarray) -> np.ndarray:
    return tangent / np.sqrt(1 + np.sum(tangent**2, axis=-1, keepdims=True))


# --- one frame --------------------------------------------------------------------------------------------------------


def _places(reach: float) -> np.ndarray:
    """Return coordinates along one axis of the spectrum, in units of the pupil's radius, the axis in the middle."""
    count = round(reach * SAMPLES)
    return np.arange(-count, count + 1) / SAMPLES


def _wrapped(f: np.ndarray, period: float) -> np.ndarray:
    """Return the frequency that the camera's pixels take f for."""
    return (f + period / 2) % period - period / 2


def _log_spectrum(frame: np.ndarray) -> np.ndarray:
    """Return log |F[I]| of a frame that fades out towards its border, the axis in the middle."""
    frame = np.asarray(frame, float)
    window = [np.hanning(n + 2)[1:-1] for n in frame.shape]
    weight = window[0][:, None] * window[1]
    power = np.abs(np.fft.fft2((frame - np.sum(frame * weight) / weight.sum()) * weight)) ** 2
    return 0.5 * np.log(np.fft.fftshift(power) + 1e-12 * power.max() + np.finfo(float).tiny)


def _even_spectrum(frame: np.ndarray, radius: list[float]) -> np.ndarray:
    """Return log |F[I]| on `SAMPLES` samples a radius, from 0, noise, to 1, what is usual inside the pupil.

    Above 1 it is cut: what stands out there are the sample's own lines.
    """
    spectrum = _log_spectrum(frame)
    f = [(np.arange(n) - n // 2) / r for n, r in zip(frame.shape, radius, strict=True)]
    far = np.hypot(f[0][:, None], f[1])
    floor = float(np.mean(spectrum[far >= np.quantile(far, 0.9)]))
    usual = float(np.median(spectrum[(far > 0.2) & (far < 0.8)]))
    rows, columns = (_average(_places(1 + REACH), n, r) for n, r in zip(frame.shape, radius, strict=True))
    return np.clip((rows @ spectrum @ columns.T - floor) / max(usual - floor, 0.1), 0, 1).astype(np.float32)


def _average(f: np.ndarray, count: int, radius: float) -> np.ndarray:
    """Return the matrix that averages a spectrum's samples around the frequencies f, in radii."""
    own = (np.arange(count) - count // 2) / radius
    width = max(1 / radius, 1 / SAMPLES)
    share = np.clip(1 - np.abs(_wrapped(f[:, None] - own, count / radius)) / width, 0, None)
    return share / share.sum(axis=1, keepdims=True)


# --- all frames -------------------------------------------------------------------------------------------------------


class _Panel:
    """The spectra of the bright-field frames, and how well a pose of the panel outlines all of them.

    A pose is (scale, rotation, shift y, shift x, aperture): tangents = scale·R(rotation)·table + shift, and the
    aperture in units of the written one.
    """

    def __init__(self, spectra: np.ndarray, table: np.ndarray, period: list[float], aperture: float, width: float):
        self.spectra, self.table, self.period, self.aperture = spectra, table, period, aperture
        angle = 2 * np.pi * np.arange(ANGLES) / ANGLES
        self.rim = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
        self.depths = width * (np.arange(DEPTHS) + 0.5) / DEPTHS

    def scores(self, pose: np.ndarray) -> np.ndarray:
        """Return how well each frame is outlined."""
        radius, centers = abs(pose[4]), _sine(self.tangents(pose)) / self.aperture
        levels = [self._along(centers, radius, radius * (1 + side * self.depths)) for side in (-1, 1)]
        return levels[0] - levels[1]

    def tangents(self, pose: np.ndarray) -> np.ndarray:
        """Return the tangents of the diodes' directions."""
        cos, sin = pose[0] * np.cos(pose[1]), pose[0] * np.sin(pose[1])
        y, x = self.table.T
        return np.stack([cos * y + sin * x, cos * x - sin * y], axis=-1) + pose[2:4]

    def _along(self, centers: np.ndarray, radius: float, radii: np.ndarray) -> np.ndarray:
        """Return each spectrum's mean along circles, without what the mirror image covers."""
        points = centers[:, None, None, :] + radii[:, None, None] * self.rim
        free = np.sqrt(np.sum((points + centers[:, None, None, :]) ** 2, axis=-1)) - radius
        share = np.clip(0.5 + free * SAMPLES, 0, 1)
        values = self._values(_wrapped(points[..., 0], self.period[0]), _wrapped(points[..., 1], self.period[1]))
        return np.sum(share * values, axis=(1, 2)) / np.maximum(np.sum(share, axis=(1, 2)), 1)

    def _values(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the spectra between their samples, linearly; shape (frames, depths, angles)."""
        most = self.spectra.shape[1] - 1.001
        at = [np.clip(f * SAMPLES + self.spectra.shape[1] // 2, 0, most) for f in (y, x)]
        (i, j), (v, u) = [a.astype(int) for a in at], [a % 1 for a in at]
        k = np.arange(len(self.spectra))[:, None, None]
        above = self.spectra[k, i, j] * (1 - u) + self.spectra[k, i, j + 1] * u
        return above * (1 - v) + (self.spectra[k, i + 1, j] * (1 - u) + self.spectra[k, i + 1, j + 1] * u) * v


@dataclass(frozen=True)
class _Fit:
    """A pose (see `_Panel`), its standard deviations, the score of each frame, and how far scores of any pose vary."""

    pose: np.ndarray
    std: np.ndarray
    scores: np.ndarray
    noise: np.ndarray


def _shifted(panel: _Panel) -> _Fit:
    """Fit the shift alone, on a grid."""
    places = _places(SEARCH)[::2] * panel.aperture
    starts = [np.array([1.0, 0.0, y, x, 1.0]) for y in places for x in places]
    seen = np.stack([panel.scores(pose) for pose in starts])
    best = int(np.argmax(seen.mean(axis=1)))
    return _Fit(starts[best], np.full(5, np.inf), seen[best], seen.std(axis=0))


def _fitted(panel: _Panel, look: _Fit) -> _Fit:
    """Fit everything, from the shift that was found, by the simplex method."""
    steps = np.array([0.03, 0.03, 0.05 * panel.aperture, 0.05 * panel.aperture, 0.03])
    corners = look.pose + np.concatenate([np.zeros((1, 5)), np.diag(steps)])
    options = {"initial_simplex": corners / steps, "xatol": 1e-2, "fatol": 1e-6, "maxfev": ROUNDS}
    found = minimize(lambda z: -float(panel.scores(z * steps).mean()), corners[0] / steps, method="Nelder-Mead",
                     options=options)  # fmt: skip
    pose = found.x * steps
    return _Fit(pose, _std(panel, pose, 0.3 * steps), panel.scores(pose), look.noise)


def _std(panel: _Panel, pose: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return standard deviations by how the frames disagree about the slope (Huber's sandwich)."""
    ways = np.diag(steps)
    up, down = (np.stack([panel.scores(pose + sign * way) for way in ways]) for sign in (1, -1))
    slopes = (up - down) / 2
    bend = np.array([[_bend(panel, pose, a, b) for a in ways] for b in ways])
    inverse = np.linalg.pinv(bend)
    variance = inverse @ (slopes @ slopes.T) @ inverse
    return steps * np.sqrt(np.diag(variance))


def _bend(panel: _Panel, pose: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    return sum(s * t * float(panel.scores(pose + s * a + t * b).sum()) for s, t in signs) / 4


def _lead(best: _Fit, other: _Fit) -> float:
    """Return how much better all frames are outlined, over how much that varies where nothing is outlined."""
    return float(np.sum(best.scores - other.scores) / (np.sqrt(2 * np.sum(best.noise**2)) + 1e-12))
