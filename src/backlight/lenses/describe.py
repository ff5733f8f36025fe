"""A lens file in numbers: what first order says, and the table of surfaces."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from backlight.errors import InputError
from backlight.lenses.record import LensFile
from backlight.light import Material, RayStatus
from backlight.maths.double_precision import in_double_precision
from backlight.rays import FirstOrder, Lens, Surface, first_order, gauss_legendre, launch, trace


def described(told: LensFile) -> dict[str, Any]:
    """Return focal lengths, f-number, pupils and surfaces at the main wavelength, in SI; places along the axis.

    `efl`, `bfl`, `f_number`; `entrance_pupil` from the first vertex and `exit_pupil` from the last, the image left out;
    their diameters; the rest of `FirstOrder`, such as `back_focus`, how far the image is from the rear focal point;
    lights and fields; `surfaces`, one by one; `notes`. A number that is infinite is `None`.

    **Errors:** `InputError` where every ray of the axis is lost, with the surface.
    """
    demand_light(told)
    first = _first(told.lens, told.wavelength)
    numbers = {name: _finite(getattr(first, name)) for name in FirstOrder._fields}
    order = ("efl", "bfl", "f_number", "entrance_pupil", "exit_pupil")
    return {
        "name": told.name,
        **{name: numbers[name] for name in order},
        **{name: value for name, value in numbers.items() if name not in order},
        "wavelengths": list(told.wavelengths),
        "primary_wavelength": told.wavelength,
        "fields": [list(field) for field in told.fields],
        "field_kind": told.field_kind,
        "object_distance": None if told.lens.object_distance is None else float(told.lens.object_distance),
        "surfaces": [_row(i, *pair, told.wavelength) for i, pair in enumerate(
            zip(told.lens.surfaces, told.lens.media()[1:], strict=True))],
        "notes": list(told.notes),
    }  # fmt: skip


@in_double_precision
def _first(lens: Lens, wavelength: float) -> FirstOrder:
    return first_order(lens, wavelength)


@in_double_precision
def demand_light(told: LensFile) -> None:
    """Refuse a lens that nothing passes: the numbers of first order would say nothing of it.

    **Errors:** `InputError` with the surface where most of the rays of the axis are lost.
    """
    field = np.zeros(2)
    rays = trace(told.lens, launch(told.lens, field, gauss_legendre(3, 6).points, told.wavelength))
    status = np.asarray(rays.status)
    if np.any(status == RayStatus.HIT):
        return
    at = int(np.bincount(np.asarray(rays.lost_at)).argmax())
    fate = RayStatus(int(np.bincount(status).argmax())).name.lower().replace("_", " ")
    raise InputError("lens", got=f"every ray of the axis lost, most of them {fate} at surface {at}",
                     expected="rays that arrive", remedy="look at that surface's radius, semi_diameter and medium"
                     )  # fmt: skip


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _row(number: int, surface: Surface, medium: Material, wavelength: float) -> dict[str, Any]:
    curvature = float(surface.profile.vertex_curvature())
    with jax.enable_x64(True):
        index = float(medium.index(jnp.asarray(wavelength)))
    return {
        "number": number,
        "kind": type(surface.profile).__name__,
        "radius": 1 / curvature if curvature else None,
        "conic": float(getattr(surface.profile, "conic", 0.0)),
        "thickness": float(surface.thickness),
        "semi_diameter": None if surface.semi_diameter is None else float(surface.semi_diameter),
        "medium": "mirror" if surface.mirror else getattr(medium, "name", type(medium).__name__),
        "index": index,
        "stop": surface.stop,
        "tilted": surface.pose is not None or surface.turn is not None,
    }
