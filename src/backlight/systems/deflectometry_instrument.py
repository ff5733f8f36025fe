"""Refractive deflectometry: a lens, and where it stands, from where cameras see the points of a display through it."""

from collections.abc import Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.camera import Gaussian
from backlight.errors import InputError
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.unknowns import Free, Unknown
from backlight.maths.argument import instances
from backlight.maths.leaf import Given
from backlight.rays import Asphere, Conic, Lens, Pinhole
from backlight.systems.imaging_system import ImagingSystem, Nothing
from backlight.systems.per_frame import PerFrame
from backlight.systems.traced_light import PixelRays, Screen, TracedLens

SOLVER = LevenbergMarquardt(steps=8, inner=25)
"""Twenty-five steps lead from flat plates to the noise; the damping is then found anew to see that nothing is left."""

CURVED, MOVED, TURNED = 10.0, 1e-2, 0.1
"""Sizes of natural changes: 1/m of a curvature, m of a shift, rad of a tilt; a flat plate has none of its own."""


def deflectometry(
    lens: Lens,
    cameras: Sequence[Pinhole],
    pixels: Float[Array | np.ndarray, "camera 2 n"],
    *,
    wavelength: float,
    pitch: float,
    shift: Given,
    tilt: Given = (0.0, 0.0),
    scatter: float = 50e-6,
) -> ImagingSystem:
    """Compose a display, a lens before it, and cameras that look at the display through the lens.

    Light goes the same way back: rays from the pixels are refracted by the lens and end on the display, y = the point
    (row, column) of the display that a pixel sees (Knauer, Kaminski and Häusler, Proc. SPIE 5457 (2004); C. Wang,
    N. Chen and W. Heidrich, Opt. Express 29, 30284 (2021) for a lens in transmission). The frame of the whole has the
    display at z = 0, z from the cameras to it.

    **Arguments:**

    - `lens`: as light meets it that comes from the cameras; its last surface is the last one of glass.
    - `cameras`: calibrated; what is not known of them can be asked for too (`illumination.camera.tilt` and others).
    - `pixels`: (y, x) of the pixels that look through the lens, as many for each camera.
    - `wavelength`: λ of the display, m; `pitch` of its pixels, m.
    - `shift`: where the lens's first vertex is thought to be, (z, y, x), m; `tilt`: about y and x, rad.
    - `scatter`: standard deviation of a measured point, m.

    **Returns:** an `ImagingSystem` whose frames have two rows, y and x in pixels of the display, one frame a camera.
    `lens_unknowns` lists what to ask for.

    **Errors:** `InputError` for another number of cameras than of rows of `pixels`.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Surface
        >>> glass, air = ConstantIndex(1.5), ConstantIndex(1.0)
        >>> plate = Lens([Surface(Conic(), thickness=4e-3, medium=glass), Surface(medium=air)])
        >>> cameras = [Pinhole((1e4, 1e4), (0.0, 0.0), position=(-1.0, 0.0, 0.0))]
        >>> system = deflectometry(plate, cameras, np.zeros((1, 2, 1)), wavelength=550e-9, pitch=1e-4,
        ...                        shift=(-0.07, 0.0, 0.0))
        >>> system.predict().values.shape
        (1, 2, 1)
    """
    cameras, pixels = instances("cameras", cameras, Pinhole), jnp.asarray(pixels, float)
    if not cameras or pixels.ndim != 3 or pixels.shape[:2] != (len(cameras), 2):
        raise InputError("pixels", got=f"shape {pixels.shape} of {len(cameras)} cameras",
                         expected="(camera, 2, n): y and x of n pixels of each")  # fmt: skip
    together = jax.tree.map(lambda *leaves: PerFrame(jnp.stack(leaves)), *cameras)
    return ImagingSystem(
        cast(Any, PixelRays(together, PerFrame(pixels), wavelength)),
        Nothing(),
        TracedLens(lens, shift=shift, tilt=tilt),
        Nothing(),
        cast(Any, Screen(pixels.shape[2], pitch)),
        Gaussian(scatter / pitch),
    )


def lens_unknowns(lens: Lens, *, tilted: bool = True) -> dict[str, Unknown]:
    """Return what is to be found of a lens in the way of rays: curvatures, thicknesses, and where it stands.

    Planes count as surfaces whose curvature is not known. A turn about its own axis changes nothing of a lens of
    revolution: `sample.roll` is to be asked for by hand.

    **Arguments:** `tilted`: whether the tilt is unknown too.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Surface
        >>> plate = Lens([Surface(Conic(), thickness=4e-3, medium=ConstantIndex(1.5)), Surface()])
        >>> list(lens_unknowns(plate))[:2]
        ['sample.lens.surfaces.0.profile.curvature', 'sample.lens.surfaces.0.thickness']
    """
    table: dict[str, Unknown] = {}
    for i, surface in enumerate(lens.surfaces):
        if isinstance(surface.profile, Conic | Asphere):
            table[f"sample.lens.surfaces.{i}.profile.curvature"] = Free(CURVED)
        if i < len(lens.surfaces) - 1:
            table[f"sample.lens.surfaces.{i}.thickness"] = Free(float(surface.thickness) or MOVED)
    table["sample.shift"] = Free(MOVED)
    return table | ({"sample.tilt": Free(TURNED)} if tilted else {})


def through_lens(system: ImagingSystem) -> Float[np.ndarray, "camera 2 n"]:
    """Return weights for a fit: 1 for pixels whose ray arrives, 0 for those that miss the lens as it stands."""
    systems = [system.alone(i) for i in range(system.frames)]
    alive = np.stack([np.asarray(one.sample(one.field_at_sample()).alive) for one in systems])
    return np.repeat(alive[:, None, :], 2, axis=1).astype(float)
