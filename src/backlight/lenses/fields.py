"""The fields of a lens file as rays set out from them."""

import numpy as np
from jaxtyping import Float

from backlight import units
from backlight.errors import InputError
from backlight.lenses.record import ANGLE, IMAGE, OBJECT, LensFile
from backlight.maths.double_precision import in_double_precision
from backlight.rays import first_order, image_scale


@in_double_precision
def launched(told: LensFile) -> Float[np.ndarray, "n 2"]:
    """Return (y, x) of each field as `launch` takes it: an angle for an object at infinity, a height for a near one.

    Heights of the image are taken back by the scale of its middle, h/s; angles to a near object count from the entrance
    pupil.

    **Errors:** `InputError` for heights of an object at infinity.
    """
    given, distance = np.asarray(told.fields, float), told.lens.object_distance
    near = distance is not None
    if told.field_kind == OBJECT and not near:
        raise InputError("fields", got="heights of an object at infinity", expected="angles, or an object_distance")
    if told.field_kind == ANGLE and distance is not None:
        pupil = float(first_order(told.lens, told.wavelength).entrance_pupil)
        return -np.tan(given) * (float(distance) + pupil)
    if told.field_kind == IMAGE:
        heights = given / float(image_scale(told.lens, told.wavelength))
        return heights if near else np.arctan(heights)
    return given


def field_name(field: Float[np.ndarray, "2"], near: bool) -> str:
    """Return a field as a person would write it: its y, and its x where there is one."""
    shown = [units.format_length(float(v)) if near else f"{np.rad2deg(v):.4g}°" for v in field]
    return shown[0] if field[1] == 0 else f"{shown[0]}, x {shown[1]}"
