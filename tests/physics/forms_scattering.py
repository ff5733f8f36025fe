"""Light in matter: spheres, slabs, refraction."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from closed_forms import coordinates, relative, through
from mie import scattered_x
from validation import Curve, closed_form, convergence_order

from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, FirstBorn, FreeSpace, MultiSlice, PlaneWave, Spheres, WavePropagation

WATER, POLYSTYRENE, WAVELENGTH = 1.33, 0.25, 0.66e-6
RADIUS, PLANE, WINDOW = 1e-6, 4e-6, 4e-6
"""A sphere of ka = 12.7, looked at 4 µm behind its center within 45°."""
N, PITCH, SLICES, THICKNESS = 96, 0.15e-6, 20, 0.11e-6


def ball(radius=RADIUS, count=SLICES, thickness=THICKNESS):
    """Return the share of a sphere in each voxel, by the distance of the voxel's center from the rim."""
    z = (np.arange(count) - (count - 1) / 2) * thickness
    x = coordinates(N, PITCH)
    r = np.sqrt(z[:, None, None] ** 2 + x[:, None] ** 2 + x**2)
    return np.clip((radius - r) / PITCH + 0.5, 0, 1)


def water(values=None, shape=(N, N), pitch=PITCH, tilt=(0.0, 0.0)):
    values = np.ones(shape) if values is None else values
    return Field(values, Grid(shape, pitch), WAVELENGTH, medium_index=WATER, tilt=tilt)


@eqx.filter_jit
def _to_plane(sample, distance, field):
    return FreeSpace(distance, AngularSpectrum(band_limit=False))(sample(field)).values


def _seen(sample, depth):
    return np.asarray(_to_plane(sample, jnp.asarray(PLANE - depth / 2), water())) - 1


@functools.cache
def _mie(contrast):
    x = coordinates(N, PITCH)
    return scattered_x(PLANE, x[:, None], x[None, :], RADIUS, contrast, WATER, WAVELENGTH)


def _error(scattered, contrast):
    """Return the error of a scattered field within the window over what Mie's theory has there."""
    x = coordinates(N, PITCH)
    inside = x[:, None] ** 2 + x**2 < WINDOW**2
    return relative(scattered[inside], _mie(contrast)[inside])


def _volume(cls, contrast, **options):
    return _seen(cls(contrast * ball(), THICKNESS, **options), SLICES * THICKNESS)


def _projected(contrast):
    return _seen(Spheres([[0.0, 0.0, 0.0]], RADIUS, contrast, (N, N)), 0.0)


def _hologram():
    got = _volume(WavePropagation, POLYSTYRENE, references=(0.0, POLYSTYRENE))
    irradiance = (abs(1 + u[N // 2]) ** 2 for u in (got, _mie(POLYSTYRENE)))
    return Curve(1e6 * coordinates(N, PITCH), *irradiance, "x (µm)", "irradiance")


MIE = "Bohren and Huffman, Absorption and Scattering of Light by Small Particles, 1983, ch. 4"


@closed_form(
    15, "Polystyrene sphere in water, ka = 13, field 4 µm behind: wave propagation method", source=MIE,
    float32=0.086, float64=0.086, curve=_hologram,
    why="it reflects nothing: a surface would take the amplitude Δn/(2n + Δn) = 0.086 of the light that meets it",
)  # fmt: skip
def sphere_wave_propagation():
    return _error(_volume(WavePropagation, POLYSTYRENE, references=(0.0, POLYSTYRENE)), POLYSTYRENE)


@closed_form(
    15, "Polystyrene sphere in water, ka = 13, field 4 µm behind: multi-slice", source=MIE, float32=0.12, float64=0.12,
    why="beside the missing reflection (0.086) light bent by α ≈ Δn/n at each surface, 0.37 in all, is given the phase "
    "of straight light: a share α²/2 of 4.8 rad at most, half of it on average over the sphere",
)  # fmt: skip
def sphere_multi_slice():
    return _error(_volume(MultiSlice, POLYSTYRENE), POLYSTYRENE)


@closed_form(
    15, "Polystyrene sphere in water, ka = 13, field 4 µm behind: projected phase", source=MIE,
    float32=0.5, float64=0.5,
    why="no diffraction within the sphere: πΔn·R/λ·Δn/n = 0.22 rad of what the projection leaves out is not small",
)  # fmt: skip
def sphere_projected():
    return _error(_projected(POLYSTYRENE), POLYSTYRENE)


WEAK = 0.005


@closed_form(
    15, "Faint sphere (Δn = 0.005), ka = 13: multi-slice", source=MIE, float32=0.04, float64=0.04,
    why="E_x of a vector wave against a scalar one: up to a share sin²θ of the light at θ ≤ 45°; voxels of 0.15 R",
)  # fmt: skip
def faint_sphere_multi_slice():
    return _error(_volume(MultiSlice, WEAK), WEAK)


@closed_form(
    15, "Faint sphere (Δn = 0.005), ka = 13: first Born", source=MIE, float32=0.088, float64=0.088,
    why="half of the phase on the axis, 0.095 rad, is the next term of the series: 0.048; 0.04 as for multi-slice",
)  # fmt: skip
def faint_sphere_born():
    return _error(_volume(FirstBorn, WEAK), WEAK)


@closed_form(
    15, "Slab at 40°: first Born is the first term of the phase", source="Born and Wolf, §13.1; √(n² − sin²θ)",
    float32=0.01, float64=0.01,
    why="next is the second term: the error over what is scattered is of order one in the contrast",
)  # fmt: skip
def born_is_the_first_order():
    steps = np.array([4e-3, 2e-3, 1e-3])
    tilt = (0.0, WATER * np.sin(ANGLE) / WAVELENGTH)
    along = lambda n: np.sqrt(n**2 - (WATER * np.sin(ANGLE)) ** 2)  # noqa: E731
    errors = []
    for contrast in steps:
        sample, field = FirstBorn(np.full((4, 2, 2), contrast), 0.5e-6), water(None, (2, 2), 1e-6, tilt)
        turns = 2e-6 / WAVELENGTH * (along(WATER + contrast) - along(WATER))
        before = np.exp(2j * np.pi * 2e-6 / WAVELENGTH * (along(WATER) - WATER))
        scattered = complex(through(sample, field).values[0, 0]) / before - 1
        errors.append(abs(scattered / (np.exp(2j * np.pi * turns) - 1) - 1))
    return abs(1 - convergence_order(steps, errors))


@closed_form(
    15, "Multi-slice, order of the split in dz", source="Strang, SIAM J. Numer. Anal. 5, 506 (1968)",
    float32=0.1, float64=0.1,
    why="a symmetric split errs by dz²; from dz of 0.4 of the lens's radius on the next term, dz⁴, bends the line",
)  # fmt: skip
def split_order():
    return abs(2 - convergence_order(*_refined(MultiSlice)))


def _refined(cls, depth=4e-6, counts=(8, 16, 32, 128)):
    """Return √(dz² − dz₀²) and the errors against the finest, dz₀, of a smooth lens of index."""
    x = coordinates(48, 0.25e-6)
    behind = []
    for count in counts:
        z = (np.arange(count) - (count - 1) / 2) * depth / count
        contrast = 0.1 * np.exp(-(z[:, None, None] ** 2 + x[:, None] ** 2 + x**2) / (1.2e-6) ** 2)
        behind.append(np.asarray(through(cls(contrast, depth / count), water(None, (48, 48), 0.25e-6)).values))
    thickness = depth / np.array(counts)
    return np.sqrt(thickness[:-1] ** 2 - thickness[-1] ** 2), [relative(u, behind[-1]) for u in behind[:-1]]


GLASS, AIR_WAVELENGTH, ANGLE = 0.5, 0.5e-6, np.deg2rad(40)
TILT = np.sin(ANGLE) / AIR_WAVELENGTH


def _slab(depth):
    sample = WavePropagation(np.full((4, 2, 2), GLASS), depth / 4, references=(0.0, GLASS))
    field = PlaneWave(AIR_WAVELENGTH, tilt=(0.0, TILT))(Grid((2, 2), 1e-6))
    return complex(through(sample, field).values[0, 0])


def _fabry_perot(depth):
    """Return the transmission of a slab, s-polarized, without exp(ikz)."""
    inside, outside = np.sqrt((1 + GLASS) ** 2 - np.sin(ANGLE) ** 2), np.cos(ANGLE)
    reflected = ((outside - inside) / (outside + inside)) ** 2
    turns = inside * depth / AIR_WAVELENGTH
    single = (1 - reflected) * np.exp(2j * np.pi * turns)
    return single / (1 - reflected * np.exp(4j * np.pi * turns)) * np.exp(-2j * np.pi * depth / AIR_WAVELENGTH)


@closed_form(
    15, "Slab at 40°: phase of the Fabry-Perot transmission, averaged over a fringe",
    source="Born and Wolf, Principles of Optics, §7.6", float32=1e-5, float64=1e-9,
    why="a method that only looks forward sees a slab with a perfect coating: |t| = 1 and the phase of a single pass, "
    "which is the mean over one fringe, since log(1 − R·exp(2iφ)) has the mean 0; float32 counts 30 turns",
)  # fmt: skip
def slab_phase():
    fringe = AIR_WAVELENGTH / (2 * np.sqrt((1 + GLASS) ** 2 - np.sin(ANGLE) ** 2))
    depths = 10e-6 + fringe * np.arange(8) / 8
    ratios = [_slab(depth) / _fabry_perot(depth) for depth in depths]
    return max(abs(np.mean(np.angle(ratios))), max(abs(_slab(depth)) - 1 for depth in depths))


def _walk(cls, depth=20e-6, **options):
    """Return how far a beam at 40° walks in a block of glass, and how far refraction has it walk."""
    x = coordinates(256, 0.25e-6)
    beam = np.broadcast_to(np.exp(-(((x + 10e-6) / 6e-6) ** 2)), (2, 256))
    field = Field(beam, Grid((2, 256), 0.25e-6), AIR_WAVELENGTH, tilt=(0.0, TILT))
    behind = through(cls(np.full((10, 2, 256), GLASS), depth / 10, **options), field)
    sine = (np.fft.fftfreq(256, 0.25e-6) + TILT) * AIR_WAVELENGTH / (1 + GLASS)
    power = abs(np.fft.fft(beam[0])) ** 2
    slopes = sine / np.sqrt(np.maximum(1 - sine**2, 1e-3))
    return _centroid(behind.irradiance, x) - _centroid(beam**2, x), depth * np.average(slopes, weights=power)


def _centroid(irradiance, x):
    return float(np.average(x, weights=np.asarray(irradiance, float)[0]))


@closed_form(
    15, "Refraction of a beam at 40° into glass: wave propagation method", source="Snell's law, every plane wave",
    float32=1e-5, float64=1e-9, why="two materials, two references: each plane wave of the beam is exact",
)  # fmt: skip
def refraction():
    got, expected = _walk(WavePropagation, references=(0.0, GLASS))
    return abs(got / expected - 1)


@closed_form(
    15, "Volume under the chords of a sphere, and its slope with the radius", source="4πR³/3, 4πR²",
    float32=1.3e-3, float64=1.3e-3,
    why="the mean over a pixel's width p along the radius folds at the center: the volume is p²/(8R²) too large, "
    "1.25e-3 for R = 10 p",
)  # fmt: skip
def sphere_volume():
    radius, contrast = 10 * PITCH, 1e-3

    def turns(radius):
        sample = Spheres([[0.0, 0.31 * PITCH, -0.17 * PITCH]], radius, contrast, (N, N))
        phase = jnp.angle(sample(water()).values)
        return jnp.sum(phase) * PITCH**2 / (2 * jnp.pi * contrast / WAVELENGTH)

    volume, slope = jax.jit(jax.value_and_grad(turns))(jnp.asarray(radius))
    return max(abs(float(volume) / (4 / 3 * np.pi * radius**3) - 1), abs(float(slope) / (4 * np.pi * radius**2) - 1))
