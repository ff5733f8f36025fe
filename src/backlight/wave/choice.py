"""The choice of a propagation method, with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.argument import instance, setting
from backlight.maths.fourier import fast_size
from backlight.maths.leaf import FINITE, POSITIVE
from backlight.maths.safe import complex_array
from backlight.wave.angular_spectrum import AngularSpectrum
from backlight.wave.chirp_z import ChirpZ
from backlight.wave.far_field import Fraunhofer
from backlight.wave.free_space import FreeSpace, Method
from backlight.wave.fresnel import FresnelTransfer
from backlight.wave.rayleigh_sommerfeld import RayleighSommerfeld
from backlight.wave.sampling import PHASE, SAMPLED, Sampling, input_margin, numbers, spectral_energy
from backlight.wave.scaled_angular_spectrum import ScaledAngularSpectrum


@dataclass(frozen=True)
class Choice:
    """A method for `FreeSpace`, the account of it, and why it was taken.

    **Attributes:** `method`; `sampling`: its margins, energy lost, predicted error, memory; `explanation`: a text with
    every candidate in the order of its cost.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import choose
        >>> x = np.arange(-32, 32) * 4e-6
        >>> light = Field(np.exp(-(x[:, None] ** 2 + x**2) / 30e-6**2), Grid((64, 64), 4e-6), 532e-9)
        >>> choose(light, 1e-3).sampling.error < 1e-3
        True
    """

    method: Method
    sampling: Sampling
    explanation: str


def choose(
    field: Field,
    distance: float,
    *,
    window: Grid | None = None,
    bandwidth: float | None = None,
    tolerance: float = 1e-3,
    override: bool = False,
) -> Choice:
    """Return the cheapest method whose predicted error in the output window is at most `tolerance`.

    **Arguments:**

    - `field`: the light, concrete numbers; it is measured on the host.
    - `distance`: z, m.
    - `window`: the wanted output pixels; by default the input's, widened with a curved carrier. Modes that a distance
      widens differently share no window.
    - `bandwidth`: highest spatial frequency the light will have about its carrier, cycles/m; by default that of `field`
      is measured. Say it where the light is not there yet: a plane wave in the place of a sample.
    - `tolerance`: relative L2 error.
    - `override`: take the most accurate candidate where none is good enough, and go on with undersampled light.

    The prediction starts from the samples as they are: light with energy up to the Nyquist frequency may have been
    undersampled before, which no method mends, and is refused. A grid that is lit to its border, or an aperture's edge,
    is what its samples say: a sharp edge that was meant between them has more light than they, by percents nearby.

    **Errors:** `InputError` where no candidate is good enough, or a curved carrier is off by more than 0.1 rad
    (`Sampling.carrier_phase`), unless `override`; where the distance ends in a focus of a mode's carrier; for a window
    that its modes do not share; where the grid cannot hold the bandwidth.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import choose
        >>> x = np.arange(-32, 32) * 4e-6
        >>> light = Field(np.exp(-(x[:, None] ** 2 + x**2) / 30e-6**2), Grid((64, 64), 4e-6), 532e-9)
        >>> print(choose(light, 1e-3).explanation.splitlines()[0])
        AngularSpectrum, padding (0, 0): taken
    """
    distance, tolerance = setting("distance", distance, FINITE), setting("tolerance", tolerance, POSITIVE)
    instance("field", field, Field)
    if window is not None:
        instance("window", window, Grid)
    light = field if bandwidth is None else _filled(field, bandwidth)
    if bandwidth is None and not override:
        _demand_sampled(light)
    output = _flat_window(field, distance, window)
    found = [(method, FreeSpace(distance, method).sampling(light)) for method in _candidates(field, distance, output)]
    found.sort(key=lambda one: one[1].operations)
    safe = [one for one in found if one[1].error <= tolerance]
    best = safe[0] if safe else min(found, key=lambda one: one[1].error)
    if not safe and not override:
        raise InputError(
            f"propagation over {distance:.3g} m",
            got=f"at best a predicted error of {best[1].error:.2g} ({_described(best[0])})",
            expected=f"at most {tolerance:.2g} in the output window",
            remedy=f"{max(best[1].causes, key=lambda cause: cause.error).remedy}; or override=True to go on",
        )
    if best[1].carrier_phase > PHASE and not override:
        raise InputError(
            f"propagation over {distance:.3g} m",
            got=f"a curved carrier, whose paraxial scaling is off by {best[1].carrier_phase:.2g} rad RMS",
            expected=f"at most {PHASE} rad, by any method",
            remedy="sample the sphere itself (curvature 0); or override=True where the irradiance alone counts",
        )
    return Choice(best[0], best[1], "\n".join(_judged(*one, one is best, tolerance) for one in found))


def _demand_sampled(light: Field) -> None:
    if not np.any(np.asarray(light.values)):
        raise InputError("light", got="none: all values are 0", expected="light to measure",
                         remedy="say bandwidth=... and give the light that will be there")  # fmt: skip
    margin = input_margin(spectral_energy(light, light.grid.shape))
    if margin < SAMPLED:
        raise InputError(
            "sampling of the light", got="energy up to the Nyquist frequency of its pixels",
            expected=f"a margin of {SAMPLED}: else it may have been undersampled, and no method would notice",
            remedy="use finer pixels; say bandwidth=... if the light is there by intent; or override=True to go on",
        )  # fmt: skip


def _candidates(field: Field, distance: float, output: Grid) -> Iterator[Method]:
    """Name what can give the output window."""
    grid = field.grid
    if output.shape == grid.shape and np.allclose(output.pitch, grid.pitch, rtol=1e-6, atol=0):
        shift = numbers(output.center) - numbers(grid.center)
        moved = None if np.all(np.abs(shift) < 1e-6 * np.abs(numbers(grid.pitch))) else tuple(shift)
        for share in (0.0, 0.5, 1.0):
            rows, columns = (fast_size(int((1 + share) * n)) - n if share else 0 for n in grid.shape)
            yield AngularSpectrum((rows, columns), shift=moved)
            yield FresnelTransfer((rows, columns), shift=moved)
    elif distance == 0:
        raise InputError(
            "propagation over 0 m", got="a window of other pixels", expected="the pixels of the light",
            remedy="leave `window` out: without a distance light is not carried to other pixels",
        )  # fmt: skip
    if distance == 0:  # the others have λz in a denominator
        return
    wavelength = float(np.max(numbers(field.wavelength) / numbers(field.medium_index)))
    pixels = {"pitch": output.pitch, "center": output.center, "shape": output.shape}
    yield ChirpZ(**pixels)
    yield Fraunhofer(**pixels)
    ways = distance / _widenings(field, distance)
    planned = [ScaledAngularSpectrum.planned(grid, wavelength, z, output) for z in ways]
    yield max(planned, key=lambda method: np.prod(numbers(method.samples)))
    yield RayleighSommerfeld(**pixels)


def _widenings(field: Field, distance: float) -> np.ndarray:
    """Return M = 1 + zc of each curvature that a mode's carrier has."""
    scales = 1 + distance * np.unique(numbers(field.curvature))
    if np.any(np.abs(scales) < 1e-6):
        raise InputError(
            "propagation", got=f"the focus of the carrier, {distance:.3g} m away",
            expected="a plane before or behind it",
            remedy="use FocalPlane, or put the curvature on the values and use ChirpZ",
        )  # fmt: skip
    return scales


def _flat_window(field: Field, distance: float, window: Grid | None) -> Grid:
    """Return the window as the method sees it, in the plane problem that stands for a curved carrier."""
    scales = _widenings(field, distance)
    if window is None:
        return field.grid
    if np.ptp(scales) > 1e-6 * np.abs(scales).max():
        raise InputError(
            "window", got=f"modes that come out from {scales.min():.3g} to {scales.max():.3g} times as wide",
            expected="modes of one curvature: a method's pixels are widened with each of them",
            remedy="choose for each mode (light.split_modes), or leave `window` out",
        )  # fmt: skip
    return window.scaled(1 / scales[0])


def _filled(field: Field, bandwidth: float) -> Field:
    """Return light as bright as the field that fills the band with white noise: the worst that may come."""
    nyquist = 0.5 / np.abs(numbers(field.grid.pitch)).max()
    if not 0 < bandwidth <= nyquist:
        raise InputError(
            "bandwidth", got=f"{bandwidth:.3g} cycles/m", expected=f"more than 0, at most the grid's {nyquist:.3g}",
            remedy="use finer pixels",
        )  # fmt: skip
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(field.grid.shape) + 1j * rng.standard_normal(field.grid.shape)
    band = np.hypot(*np.meshgrid(numbers(field.grid.fy), numbers(field.grid.fx), indexing="ij")) <= bandwidth
    speckle = np.fft.ifft2(np.fft.fft2(noise) * band)
    return field.with_values(complex_array(np.abs(np.asarray(field.full)) * speckle / np.abs(speckle).mean()))


def _described(method: Method) -> str:
    """Name a method and the size of its work."""
    name = type(method).__name__
    if isinstance(method, AngularSpectrum | FresnelTransfer):
        return f"{name}, padding {method.padding}" + ("" if method.shift is None else ", shifted")
    if isinstance(method, ScaledAngularSpectrum):
        return f"{name}, samples {method.samples}"
    return name


def _judged(method: Method, account: Sampling, taken: bool, tolerance: float) -> str:
    """Say what becomes of one candidate, and why."""
    if taken:
        verdict = "taken" if account.error <= tolerance else "taken by override"
    else:
        verdict = "refused" if account.error > tolerance else "good as well, but dearer"
    worst = max(account.causes, key=lambda cause: cause.error)
    curved = account.carrier_phase > 0
    carrier = [f"  besides, the curved carrier's phase is off by {account.carrier_phase:.2g} rad RMS"] * curved
    return "\n".join(
        [
            f"{_described(method)}: {verdict}",
            f"  predicted error {account.error:.2g} (at most {tolerance:.2g}), most of it by {worst.name}",
            f"  margins: input {account.input_margin:.2g}, kernel {account.kernel_margin:.2g}, "
            f"output {account.output_margin:.2g}; energy lost {account.energy_lost:.2g}",
            f"  {account.memory / 1e6:.3g} MB, {account.operations:.2g} operations",
            *carrier,
        ]
    )
