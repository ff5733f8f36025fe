"""A camera with a lens: what it makes of a scene that shines incoherently, by rays traced through the lens."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.camera import Camera, Gaussian, Noise
from backlight.errors import InputError
from backlight.light import Grid, Image
from backlight.maths.argument import instance, whole_pair
from backlight.maths.double_precision import in_double_precision
from backlight.maths.fourier import fast_size
from backlight.maths.leaf import Given, Vector, vector
from backlight.maths.safe import real_array
from backlight.rays import Lens, gauss_legendre, illumination, image_scale
from backlight.rays.colors import Colors, colors_of
from backlight.rays.diffraction import picture, reach_of
from backlight.rays.enough_rays import Enough, resolved, size_of_enough
from backlight.rays.exit_pupil import chief_place
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.wave import Ambient, Scene, VaryingPSF, in_few_patterns
from backlight.wave.varying_psf import FewPatterns


class LensImaging(eqx.Module):
    """Image a scene through a lens: each point makes its own picture, as diffraction and the lens's aberrations tell.

    The scene is told in places r of the image, upright, as a lens without distortion would map it: r = s·tan θ of an
    object at infinity, r = M·h of one that is near. Pictures are computed by `rays.psf` for nodes over the scene, about
    their chief rays, and between nodes interpolated (`VaryingPSF`). The energy of a picture is the relative
    illumination there, the part of it within the window scaled up to the whole.

    The lens is traced anew whenever the scene is imaged, so that all can be differentiated by the lens; `at` gives the
    imaging as numbers, for a lens that stays as it is.

    **Arguments:**

    - `lens`; its last surface is where the camera is.
    - `wavelength`: λ in vacuum, m; one or several; `weights`: of the colors, alike where `None`.
    - `nodes`: (rows, columns) of the places where pictures are computed.
    - `window`: pixels (y, x) of the picture of a point.
    - `rank`: of how many patterns the pictures are composed; all of them where `None`.
    - `rule`: (rings, arms) of rays, as of `gauss_legendre`; as many as are enough where `None`. In a program that is
      traced nothing can be found and 20 of 64 are taken: `lens_camera` has found them before.

    Where the rays are too few the image is NaN: rays that land d·λ/NA from a pixel of the window want 1.6·d + 10 rings
    and 6.3·d + 16 arms.

    **Errors:** as of `psf`: in a program that is traced in 32 bits it is refused.

    Example:
        >>> import numpy as np
        >>> from backlight.light import ConstantIndex, Grid, Image
        >>> from backlight.rays import Conic, Lens, Surface
        >>> from backlight.systems import LensImaging
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=5e-3)
        >>> optics = LensImaging(lens, 550e-9, nodes=(1, 2), window=(9, 9))
        >>> optics.at(Grid((16, 16), 10e-6)).patterns.shape
        (2, 9, 9)
    """

    lens: Lens
    wavelength: Vector
    weights: Vector
    nodes: tuple[int, int] = eqx.field(static=True)
    window: tuple[int, int] = eqx.field(static=True)
    rank: int | None = eqx.field(static=True)
    rule: tuple[int, int] | None = eqx.field(static=True)

    def __init__(
        self,
        lens: Lens,
        wavelength: Given,
        *,
        weights: Given | None = None,
        nodes: tuple[int, int] = (5, 5),
        window: tuple[int, int] = (32, 32),
        rank: int | None = None,
        rule: tuple[int, int] | None = None,
    ):
        self.lens = instance("lens", lens, Lens)
        self.wavelength = vector("wavelength", np.atleast_1d(np.asarray(wavelength)))
        count = self.wavelength.shape[0]
        self.weights = vector("weights", np.full(count, 1 / count) if weights is None else weights)
        self.nodes, self.window = whole_pair("nodes", nodes, 1), whole_pair("window", window, 1)
        self.rank, self.rule = rank, None if rule is None else whole_pair("rule", rule, 1)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""] | float]:
        """Return 1 and the curvature unchanged: the scene is told in places of the image."""
        return real_array(1.0), curvature

    def __call__(self, scene: Image) -> Image:
        """Return the irradiance in the image."""
        return self.at(scene.grid)(scene)

    def at(self, grid: Grid) -> VaryingPSF:
        """Return the imaging of a scene on a grid as numbers: it works in any precision."""
        return self.compressed(grid).part

    @in_double_precision
    def compressed(self, grid: Grid) -> FewPatterns:
        """Return the imaging of a scene on a grid, and the error that `rank` leaves."""
        return in_few_patterns(self.pictures(grid), self.rank)

    @in_double_precision
    def pictures(self, grid: Grid) -> Float[Array, "rows columns y x"]:
        """Return what points at the nodes make, as shares of a pixel's light."""
        fields = self._fields(grid)
        rings, arms = self.rule or self._enough(fields, grid)
        enough = Enough(gauss_legendre(rings, arms), resolved(rings, arms))
        axis = self._illumination(jnp.zeros(2))

        def one(field: Array) -> Array:
            values = picture(self.lens, field, self._colors, self._window_at(field, grid), enough)
            return values / jnp.sum(values) * self._illumination(field) / axis

        return jax.lax.map(one, fields).reshape(*self.nodes, *self.window)

    @in_double_precision
    def ready_for(self, grid: Grid) -> "LensImaging":
        """Return the imaging with a `rule` for a grid: enough rays, and still while the lens changes somewhat.

        **Errors:** `InputError` for a `rule` that was given and is too coarse, and where more than 300 000 rays are
        needed.
        """
        rings, arms = self._enough(self._fields(grid), grid)
        if self.rule is None:
            return LensImaging(self.lens, self.wavelength, weights=self.weights, nodes=self.nodes, window=self.window,
                               rank=self.rank, rule=(rings * 3 // 2, arms * 3 // 2))  # fmt: skip
        if resolved(*self.rule) < resolved(rings, arms):
            raise InputError("rule", got=f"{self.rule[0]} rings of {self.rule[1]} rays",
                             expected=f"{rings} of {arms}, or a smaller window", remedy="leave it out")  # fmt: skip
        return self

    def _enough(self, fields: Float[Array, "n 2"], grid: Grid) -> tuple[int, int]:
        windows = (self._window_at(field, grid) for field in fields)
        sizes = [
            size_of_enough("LensImaging", self.lens, field, self._colors, window.center, reach_of(window))
            for field, window in zip(fields, windows, strict=True)
        ]
        return max(sizes)

    def _fields(self, grid: Grid) -> Float[Array, "n 2"]:
        """Return the field of each node."""
        rows, columns = (_evenly(at, count) for at, count in zip((grid.y, grid.x), self.nodes, strict=True))
        places = jnp.stack(jnp.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
        straight = places / image_scale(self.lens, self._reference)
        return straight if self.lens.object_distance is not None else jnp.arctan(straight)

    @property
    def _reference(self) -> Array:
        return self.wavelength[self.wavelength.shape[0] // 2]

    @property
    def _colors(self) -> Colors:
        return colors_of(self.wavelength, self.weights)

    def _window_at(self, field: Array, grid: Grid) -> Grid:
        """Return the pixels about the chief ray."""
        chief = chief_place("LensImaging", self.lens, field, self._reference, self._reference)
        return Grid(self.window, grid.pitch, chief)

    def _illumination(self, field: Array) -> Array:
        return illumination(self.lens, field, self._reference)


def lens_camera(
    *,
    optics: LensImaging | VaryingPSF,
    shape: tuple[int, ...],
    pixel_pitch: float,
    noise: Noise | None = None,
) -> ImagingSystem:
    """Compose a camera with a lens before a dark scene.

    **Arguments:**

    - `optics`: `LensImaging(lens, …)`, which is traced anew for each frame and differentiated by the lens, in 64 bits;
      or what `LensImaging.at` gives, which works in any precision.
    - `shape`: of the frames, (…, y, x); only the last two numbers are used.
    - `pixel_pitch`: p, m.
    - `noise`: of the frames; Gaussian of standard deviation 0.01 where `None`.

    **Returns:** an `ImagingSystem`; the unknowns' paths are `sample.irradiance`, and `detection_path.lens.…`. The scene
    is wider than the frame by the picture of a point, so that light comes in from beside it.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface
        >>> from backlight.systems import LensImaging, lens_camera
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=5e-3)
        >>> optics = LensImaging(lens, 550e-9, nodes=(2, 2), window=(9, 9))
        >>> lens_camera(optics=optics, shape=(16, 20), pixel_pitch=10e-6).sample.shape
        (24, 30)
    """
    frame = int(shape[-2]), int(shape[-1])
    rows, columns = (fast_size(n + m - 1) for n, m in zip(frame, optics.window, strict=True))
    scene: Any = Scene(np.zeros((rows, columns)))
    ambient: Any = Ambient()
    path: Any = optics.ready_for(Grid((rows, columns), pixel_pitch)) if isinstance(optics, LensImaging) else optics
    return ImagingSystem(
        illumination=ambient,
        incident_path=Nothing(),
        sample=scene,
        detection_path=path,
        camera=Camera(frame, pixel_pitch),
        noise=Gaussian(0.01) if noise is None else noise,
    )


def _evenly(places: Float[Array, " n"], count: int) -> Float[Array, " count"]:
    """Return `count` places from the first to the last; the middle where it is one."""
    if count == 1:
        return jnp.mean(places)[None]
    return jnp.linspace(places[0], places[-1], count)
