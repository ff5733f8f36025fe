"""Wrong arguments of parts end in an `InputError` that names the argument."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

import backlight as bl
from backlight.camera import Camera, DarkCurrent, Gaussian, Poisson, ResponseCurve, RollingShutter, Shift
from backlight.errors import InputError
from backlight.light import ConstantIndex, Field, Grid
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.wave import (
    LED,
    AngularSpectrum,
    Chain,
    ChirpZ,
    CircularAperture,
    CodedMask,
    DiffractiveElement,
    ExtendedSource,
    FocalPlane,
    Fraunhofer,
    FreeSpace,
    FresnelTransform,
    GaussianBeam,
    GaussianSchell,
    HermiteGauss,
    IncoherentImaging,
    JonesElement,
    LaguerreGauss,
    LEDArray,
    MultiSlice,
    NollZernikes,
    Objective,
    PhaseMask,
    PlaneWave,
    Polarized,
    RayleighSommerfeld,
    RectangularAperture,
    Reference,
    RotatedPlane,
    Spectrum,
    Spheres,
    SphericalWave,
    ThinLens,
    ThinSample,
    VectorFocus,
    Window,
    choose,
)

L = 532e-9
GRID = Grid((8, 8), 1e-6)
ONES = np.ones((8, 8))
LIGHT = PlaneWave(L)


def system(**wrong):
    parts = {
        "illumination": LIGHT,
        "incident_path": Nothing(),
        "sample": ThinSample(ONES),
        "detection_path": FreeSpace(1e-5),
        "camera": Camera((8, 8), 1e-6),
        "noise": Gaussian(0.1),
    }
    return ImagingSystem(**parts | wrong)


WRONG = {
    # light
    "grid: pitch 0": (lambda: Grid((8, 8), 0.0), "pitch.*got: +0.*other than 0"),
    "grid: three pitches": (lambda: Grid((8, 8), [1e-6] * 3), "pitch.*one number, or two"),
    "grid: text": (lambda: Grid((8, 8), "5 um"), r"pitch.*'5 um'.*units\.parse"),
    "grid: one size": (lambda: Grid(8, 1e-6), "shape.*two whole numbers"),
    "grid: NaN size": (lambda: Grid((8, float("nan")), 1e-6), "shape.*≥ 1"),
    "grid: half a pixel": (lambda: Grid((8, 7.5), 1e-6), "shape.*7.5"),
    "grid: one center": (lambda: Grid((8, 8), 1e-6, 0.0), "center.*two numbers"),
    "field: other modes": (lambda: Field(np.ones((2, 8, 8)), GRID, [L, L, L]), r"wavelength.*\(3,\).*\(2,\) modes"),
    "angular spectrum: NaN reach": (lambda: AngularSpectrum(reach=np.nan), "reach.*NaN"),
    "angular spectrum: text": (lambda: AngularSpectrum(band_limit="no"), "band_limit.*'no'"),
    "chirp-z over 0": (lambda: FreeSpace(0.0, ChirpZ(scale=1.0))(LIGHT(GRID)), "distance.*0 m.*AngularSpectrum"),
    "far field over 0": (lambda: FreeSpace(0.0, Fraunhofer()).sampling(LIGHT(GRID)), "distance.*0 m"),
    "transform over 0": (lambda: FreeSpace(0.0, FresnelTransform())(LIGHT(GRID)), "distance.*0 m"),
    "direct sum over 0": (lambda: FreeSpace(0.0, RayleighSommerfeld())(LIGHT(GRID)), "distance.*0 m"),
    "choice: text": (lambda: choose(LIGHT(GRID), "1 mm"), "distance.*'1 mm'"),
    "choice: infinity": (lambda: choose(LIGHT(GRID), np.inf), "distance.*finite"),
    "choice: pixels": (lambda: choose(LIGHT(GRID), 1e-3, window=(8, 8)), "window.*tuple.*Grid"),
    "choice: tolerance": (lambda: choose(LIGHT(GRID), 1e-3, tolerance=0), "tolerance.*> 0"),
    "choice: no light": (lambda: choose(Field(0 * ONES, GRID, L), 1e-3), "light.*none"),
    "panel: gains": (lambda: LEDArray(L, [(0, 0), (0, 1e-3)], 0.1, lit=[1], gains=[0.3]), "gains.*2, one for each"),
    "panel: offsets": (lambda: LEDArray(L, [(0, 0), (0, 1)], 0.1, lit=[1], offsets=[(0, 0)]), r"offsets.*\(2, 2\)"),
    "panel: a place": (lambda: LEDArray(L, (0.0, 1e-3), 0.1, lit=[0]), "positions.*a pair"),
    "panel: none lit": (lambda: LEDArray(L, [(0, 0)], 0.1, lit=[]), "lit.*a diode each"),
    "panel: not there": (lambda: LEDArray(L, [(0, 0)], 0.1, lit=[1]), "lit.*from 0 to 0"),
    "panel: thick slide": (lambda: LEDArray(L, [(0, 0)], 1e-3, lit=[0], slide_thickness=2e-3), "slide_thickness"),
    "scene: decimation": (lambda: IncoherentImaging(Objective(0.1, decimation=2), L), "objective.*decimation of 2"),
    "relief: no contrast": (lambda: DiffractiveElement.designed(ONES, L, ConstantIndex(1.0)), "material.*denser"),
    "field: wavelength 0": (lambda: Field(ONES, GRID, 0.0), "wavelength.*> 0"),
    "field: one of three": (lambda: Field(np.ones((3, 8, 8)), GRID, [L, -L, L]), "wavelength.*-5.32e-07"),
    "field: no grid": (lambda: Field(ONES, 1e-6, L), "grid.*a float.*Grid"),
    "field: no pixels": (lambda: Field(1.0, GRID, L), "values of the light"),
    "field: one tilt": (lambda: Field(ONES, GRID, L, tilt=1e4), r"tilt.*\(y, x\)"),
    "field: index": (lambda: Field(ONES, GRID, L, medium_index=0), "medium_index"),
    "field: NaN": (lambda: Field(np.full((8, 8), np.nan), GRID, L), "values.*NaN"),
    "material": (lambda: ConstantIndex(-1.0), "n\n.*> 0"),
    # sources
    "plane: wavelength": (lambda: PlaneWave(-L), "wavelength.*> 0"),
    "plane: NaN": (lambda: PlaneWave(float("nan")), "wavelength.*NaN"),
    "plane: text": (lambda: PlaneWave("532 nm"), r"wavelength.*units\.parse"),
    "plane: several": (lambda: PlaneWave([450e-9, L]), "wavelength.*one number"),
    "plane: nothing": (lambda: PlaneWave(None), "wavelength.*None"),
    "plane: complex": (lambda: PlaneWave(L, medium_index=1.5 + 0.1j), "medium_index.*real"),
    "plane: one frame": (lambda: PlaneWave(PerFrame([L, 0.0])), "wavelength.*> 0"),
    "plane: frames of one tilt": (lambda: PlaneWave(L, tilt=PerFrame([1e4, 2e4])), "tilt.*for each frame"),
    "sphere: distance": (lambda: SphericalWave(L, 0.0), "source_distance"),
    "beam: waist": (lambda: GaussianBeam(L, (1e-4, -1e-4)), "waist.*> 0"),
    "beam: order": (lambda: HermiteGauss(L, 1e-4, (0, -1)), "orders.*from 0"),
    "beam: charge": (lambda: LaguerreGauss(L, 1e-4, 0, 0.5), "azimuthal.*whole"),
    "partly coherent": (lambda: GaussianSchell(L, 1e-4, 1e-4, error=0.0), "error.*between 0 and 1"),
    "points": (lambda: ExtendedSource(L, 0.1, [0.0, 0.1, 0.2]), r"points.*\(y, x\)"),
    "weights": (lambda: ExtendedSource(L, 0.1, [(0, 1)], [-1.0]), "weights.*≥ 0"),
    "diode": (lambda: LED(L, 1e-4, 0.0, [(0, 1)]), "distance"),
    "spectrum: source": (lambda: Spectrum(L, [L]), "source.*a float"),
    "spectrum: wavelength": (lambda: Spectrum(LIGHT, [L, 0.0]), "wavelengths"),
    "polarized: source": (lambda: Polarized(PlaneWave, (1, 0)), r"source.*class PlaneWave.*PlaneWave\("),
    "polarized: jones": (lambda: Polarized(LIGHT, (1, 0, 0)), "jones"),
    # elements and paths
    "lens": (lambda: ThinLens(0.0), "focal_length.*other than 0"),
    "focal plane": (lambda: FocalPlane(0.0), "focal_length"),
    "objective: NA": (lambda: Objective(0.0), "numerical_aperture.*> 0"),
    "objective: NA of the light": (
        lambda: Objective(1.2)(LIGHT(GRID)),
        "numerical_aperture.*1.2 in a medium of index 1",
    ),
    "objective: scale": (lambda: Objective(0.2, 0), "scale.*other than 0"),
    "objective: padding": (lambda: Objective(0.2, padding=(4, -1)), "padding"),
    "objective: edge": (lambda: Objective(0.2, edge=0.0), "edge.*> 0"),
    "objective: pupil": (lambda: Objective(0.2, pupil=[1.0, 1.0]), "pupil"),
    "objective: aberrations": (lambda: Objective(0.2, aberrations=[0.1]), "aberrations.*a list"),
    "zernikes": (lambda: NollZernikes([0.1], first=0), "first"),
    "vector focus: NA": (lambda: VectorFocus(2e-3, 1.0, 1.0), "numerical_aperture"),
    "vector focus: f": (lambda: VectorFocus(0.0, 0.5, 1.0), "focal_length"),
    "aperture: radius": (lambda: CircularAperture(-1e-6), "radius.*≥ 0"),
    "aperture: edge": (lambda: CircularAperture(1e-6, edge="1"), "edge.*text"),
    "aperture: size": (lambda: RectangularAperture(1e-6), "size.*two numbers"),
    "mask": (lambda: PhaseMask([["a"]]), "phase.*text"),
    "ragged": (lambda: PhaseMask([[1.0], [1.0, 2.0]]), "phase.*lengths"),
    "coded mask": (lambda: CodedMask(ONES, 1e-6, fill_factor=0.0), "fill_factor"),
    "jones matrix": (lambda: JonesElement([1, 0]), "matrix"),
    "reference: jones": (lambda: Reference(jones=(1, 0, 0)), "jones"),
    "reference": (lambda: Reference(tilt=1e5), "tilt.*two numbers"),
    "plane turned": (lambda: RotatedPlane(0.1), "angles"),
    "window": (lambda: Window(scale=0.0), "scale"),
    "padding": (lambda: AngularSpectrum((8, 8.5)), "padding"),
    "free space: distance": (lambda: FreeSpace("1 mm"), "distance"),
    "free space: method": (lambda: FreeSpace(1e-3, "fresnel"), "method.*text, 'fresnel'"),
    "free space: class": (lambda: FreeSpace(1e-3, AngularSpectrum), r"method.*AngularSpectrum\("),
    "chain: list": (lambda: Chain([FreeSpace(1e-3), ThinLens(0.1)]), "part 1 of Chain.*a list"),
    "chain: camera": (lambda: Chain(FreeSpace(1e-3), Camera((8, 8), 1e-6)), "part 2 of Chain.*magnification"),
    # samples
    "thin sample": (lambda: ThinSample(1.0), "transmission"),
    "slices": (lambda: MultiSlice(np.ones((2, 8, 8)), 0.0), "thickness"),
    "spheres": (lambda: Spheres([(0, 0, 0)], 0.0, 0.1, (8, 8)), "radii"),
    # camera
    "camera: pitch": (lambda: Camera((8, 8), 0.0), "pitch"),
    "camera: text": (lambda: Camera((8, 8), "5 um"), r"pitch.*units\.parse\('5 um', 'length'\)"),
    "camera: fill": (lambda: Camera((8, 8), 1e-6, fill_factor=1.5), "fill_factor.*from 0 to 1"),
    "camera: decimation": (lambda: Camera((8, 8), 1e-6, decimation=0), "decimation.*≥ 1"),
    "camera: placement": (lambda: Camera((8, 8), 1e-6, placement=Shift((0, 0))), "placement.*list"),
    "camera: response": (lambda: Camera((8, 8), 1e-6, response=[Shift((0, 0))]), "response.*a Shift.*Stage"),
    "shift": (lambda: Shift(1e-6), "offset.*two numbers"),
    "shutter": (lambda: RollingShutter(0.1, 1e-5), "velocity"),
    "curve": (lambda: ResponseCurve([0.1], 0.0), "full_scale"),
    "dark current": (lambda: DarkCurrent(1.0, -1.0), "exposure"),
    "quanta": (lambda: Poisson(-100.0), "quanta.*> 0"),
    "std": (lambda: Gaussian(-1.0), "std.*≥ 0"),
    "bits": (lambda: bl.camera.adc(8.5, 1.0), "bits"),
    # systems
    "per frame": (lambda: PerFrame("1 mm"), "PerFrame"),
    "system: illumination": (lambda: system(illumination=LIGHT(GRID)), "illumination.*a Field"),
    "system: class": (lambda: system(illumination=PlaneWave), "illumination.*class PlaneWave"),
    "system: incident": (lambda: system(incident_path=None), "incident_path.*NoneType"),
    "system: sample": (lambda: system(sample=lambda field: field), "sample.*without shape"),
    "system: detection": (lambda: system(detection_path=Camera((8, 8), 1e-6)), "detection_path.*magnification"),
    "system: camera": (lambda: system(camera=GRID), "camera.*a Grid"),
    "system: noise": (lambda: system(noise=0.1), "noise.*a float"),
    "system: modes": (lambda: system(modes_at_once=1.5), "modes_at_once"),
}


@pytest.fixture
def no_type_checks():
    """Run the test as a user's program runs: the suite's check of types would refuse some of these first."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.usefixtures("no_type_checks")
@pytest.mark.parametrize(("build", "words"), WRONG.values(), ids=WRONG.keys())
def test_wrong_argument_is_refused(build, words):
    with pytest.raises(InputError, match=f"(?s)^{words}"):
        build()


def test_a_part_without_its_words_is_refused_once_not_where_it_is_rebuilt():
    lens = eqx.tree_at(lambda part: part.focal_length, ThinLens(0.1), jnp.zeros(()))
    assert float(jax.tree.map(lambda leaf: leaf, lens).focal_length) == 0.0
    axes = jax.tree.map(lambda leaf: None, system())
    assert axes.camera is not None


def test_traced_arguments_pass():
    built = lambda z: FreeSpace(z).distance + ThinLens(z).focal_length + PlaneWave(z, tilt=(z, 0.0)).tilt[0]  # noqa: E731
    assert np.allclose(jax.jit(built)(-1.0), -3.0)
    assert np.allclose(jax.vmap(built)(jnp.array([0.0, -1.0])), [0.0, -3.0])
    assert np.allclose(jax.grad(built)(0.0), 3.0)


def test_values_per_frame_of_the_right_shape_pass():
    assert PlaneWave(PerFrame([L, 2 * L]), tilt=PerFrame(np.ones((2, 2)))).tilt.value.shape == (2, 2)
    assert Grid((8, 8), PerFrame([1e-6, 2e-6])).pitch.value.shape == (2, 2)
