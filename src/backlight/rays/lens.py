"""A lens: rows of surfaces, and what stands before them."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import ConstantIndex, Material
from backlight.maths.argument import instance, instances
from backlight.maths.exact import Exact, number
from backlight.maths.leaf import FINITE, NONZERO, POSITIVE, Range
from backlight.rays.phases import Phase
from backlight.rays.pose import Frame, Pose, standard_frame
from backlight.rays.profiles import Conic, Profile


class Surface(eqx.Module):
    """A row of a lens: a profile, and what lies behind it.

    **Arguments:**

    - `profile`: the shape; a plane where left out.
    - `thickness`: to the vertex of the next surface along z, m; negative where light comes back from a mirror.
    - `medium`: behind the surface; the one before it where `None`.
    - `mirror`: whether the surface reflects.
    - `semi_diameter`: of the clear aperture, m: rays that meet the surface further from its axis are lost; none where
      `None`.
    - `hole`: inner semi-diameter of a central obscuration, m: it takes the light of the rays that meet it, their
      `weight`, not the rays, so that the chief ray is still there to count from.
    - `soft_edge`: the width, m, over which rim and hole fade instead of cutting: `weight` then changes smoothly, so
      that vignetting has a gradient; sharp where `None`.
    - `pose`: where this surface alone stands.
    - `turn`: where this surface and all that follow stand (a fold mirror needs two: one for the mirror, one behind).
    - `stop`: whether it is the aperture stop.
    - `phase`: what grooves on the surface add to the phase of the light; none where `None`.

    **Errors:** `InputError` for a mirror with a medium of its own, for a semi-diameter, hole or soft edge that is not
    positive, a hole that is not smaller than the rim, and a soft edge without rim or hole, or wider than one of them.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Surface
        >>> front = Surface(Conic(50e-3), thickness=5e-3, medium=ConstantIndex(1.5), stop=True)
        >>> float(front.thickness)
        0.005
    """

    profile: Profile
    thickness: Exact
    medium: Material | None
    semi_diameter: Exact | None
    hole: Exact | None
    soft_edge: Exact | None
    pose: Pose | None
    turn: Pose | None
    phase: Phase | None
    mirror: bool = eqx.field(static=True)
    stop: bool = eqx.field(static=True)

    def __init__(
        self,
        profile: Profile | None = None,
        *,
        thickness: Any = 0.0,
        medium: Material | None = None,
        mirror: bool = False,
        semi_diameter: Any = None,
        hole: Any = None,
        soft_edge: Any = None,
        pose: Pose | None = None,
        turn: Pose | None = None,
        stop: bool = False,
        phase: Phase | None = None,
    ):
        self.profile = Conic() if profile is None else instance("profile", profile, Profile)
        self.thickness = number("thickness", thickness)
        self.medium = medium if medium is None else instance("medium", medium, Material)
        if mirror and medium is not None:
            raise InputError("medium", got="a mirror with a medium of its own", expected="none: light comes back",
                             remedy="leave medium out, or mirror")  # fmt: skip
        self.semi_diameter = _optional("semi_diameter", semi_diameter, POSITIVE)
        self.hole, self.soft_edge = _optional("hole", hole, POSITIVE), _optional("soft_edge", soft_edge, POSITIVE)
        _demand_clear_aperture(self.semi_diameter, self.hole, self.soft_edge)
        self.phase = phase if phase is None else instance("phase", phase, Phase)
        self.pose, self.turn, self.mirror, self.stop = pose, turn, bool(mirror), bool(stop)


class Group(eqx.Module):
    """Surfaces that move together.

    **Arguments:** `first`, `last`: their numbers; `pose`, about the vertex of the first.

    Example:
        >>> from backlight.rays import Group, Pose
        >>> Group(Pose(tilt=(0.0, 0.0, 1e-3)), 0, 1).last
        1
    """

    pose: Pose
    first: int = eqx.field(static=True)
    last: int = eqx.field(static=True)


class Lens(eqx.Module):
    """Surfaces in the order in which light meets them; rays end on the last one, the image.

    **Arguments:**

    - `surfaces`: the last one is the image. The vertex of the first is the origin, light comes along +z.
    - `entrance_pupil_diameter`: of the beam on the axis, m, where it is known as such.
    - `object_distance`: from the object to the first vertex, m; `None` for an object at infinity.
    - `before`: the medium before the first surface; one of index 1 where `None`.
    - `groups`: surfaces that are moved together.

    **Errors:** `InputError` for no surface, more stops than one, and a group of surfaces that are not there.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface
        >>> glass = ConstantIndex(1.5)
        >>> lens = Lens([Surface(Conic(50e-3), thickness=5e-3, medium=glass, stop=True),
        ...              Surface(Conic(-50e-3), thickness=48e-3, medium=ConstantIndex(1.0)), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> lens.stop
        0
    """

    surfaces: tuple[Surface, ...]
    entrance_pupil_diameter: Exact | None
    object_distance: Exact | None
    before: Material
    groups: tuple[Group, ...]

    def __init__(
        self,
        surfaces: Sequence[Surface],
        *,
        entrance_pupil_diameter: Any = None,
        object_distance: Any = None,
        before: Material | None = None,
        groups: Sequence[Group] = (),
    ):
        self.surfaces = instances("surfaces", surfaces, Surface)
        if not self.surfaces:
            raise InputError("surfaces", got="none", expected="at least one, on which rays end")
        stops = [i for i, surface in enumerate(self.surfaces) if surface.stop]
        if len(stops) > 1:
            raise InputError("surfaces", got=f"stops at {' and '.join(map(str, stops))}", expected="one stop")
        self.entrance_pupil_diameter = _optional("entrance_pupil_diameter", entrance_pupil_diameter, POSITIVE)
        self.object_distance = _optional("object_distance", object_distance, NONZERO)
        self.before = ConstantIndex(1.0) if before is None else instance("before", before, Material)
        self.groups = instances("groups", groups, Group)
        for group in self.groups:
            if not 0 <= group.first <= group.last < len(self.surfaces):
                raise InputError("groups", got=f"surfaces {group.first} to {group.last}",
                                 expected=f"numbers from 0 to {len(self.surfaces) - 1}, in order")  # fmt: skip

    @property
    def stop(self) -> int:
        """Number of the stop.

        **Errors:** `InputError` where no surface is the stop.
        """
        found = next((i for i, surface in enumerate(self.surfaces) if surface.stop), None)
        if found is None:
            raise InputError("lens", got="no stop", expected="one surface with stop=True")
        return found

    def head(self, last: int) -> "Lens":
        """Return the lens up to a surface, on which rays then end; with no group that goes on behind it."""
        if any(group.last > last for group in self.groups if group.first <= last):
            raise InputError("groups", got=f"a group across surface {last}", expected="groups that end before it",
                             remedy="give its surfaces poses of their own")  # fmt: skip
        groups = [group for group in self.groups if group.last <= last]
        return Lens(self.surfaces[: last + 1], entrance_pupil_diameter=self.entrance_pupil_diameter,
                    object_distance=self.object_distance, before=self.before, groups=groups)  # fmt: skip

    def media(self) -> list[Material]:
        """Return the medium before the first surface, and the one behind each."""
        found = [self.before]
        for surface in self.surfaces:
            found.append(found[-1] if surface.medium is None else surface.medium)
        return found

    def indices(self, wavelength: Float[Array | np.ndarray, "*w"] | float) -> Float[Array, "media *w"]:
        """Return the refractive index of each medium at the wavelength λ in vacuum (m)."""
        at = jnp.asarray(wavelength)
        return jnp.stack([jnp.broadcast_to(m.index(at), at.shape) for m in self.media()])

    @property
    def is_straight(self) -> bool:
        """Whether all surfaces stand on one axis, and nothing can move them from it."""
        return not self.groups and all(s.pose is None and s.turn is None for s in self.surfaces)

    def frames(self) -> list[Frame]:
        """Return the frame of each surface, in that of the first vertex."""
        axis, nominal, frames = standard_frame(), [], []
        for surface in self.surfaces:
            axis = axis.posed(surface.turn)
            nominal.append(axis)
            frames.append(axis.posed(surface.pose))
            axis = axis.ahead(surface.thickness)
        for group in self.groups:
            pivot = nominal[group.first]
            for i in range(group.first, group.last + 1):
                frames[i] = pivot.posed(group.pose).holding(frames[i].seen_from(pivot))
        return frames


def _optional(where: str, value: Any, allowed: Range = FINITE) -> Exact | None:
    return None if value is None else number(where, value, allowed)


def _demand_clear_aperture(rim: Exact | None, hole: Exact | None, edge: Exact | None) -> None:
    """Refuse apertures that let nothing through, and edges that are wider than what they bound."""
    bounds = [bound for bound in (rim, hole) if bound is not None]
    if edge is not None and not bounds:
        raise InputError("soft_edge", got="neither semi_diameter nor hole", expected="an edge to be softened")
    if any(isinstance(known, Array) for known in (*bounds, edge)):
        return
    if rim is not None and hole is not None and not hole < rim:
        raise InputError("hole", got=f"{hole:g}", expected=f"less than the semi_diameter of {rim:g}")
    if edge is not None and not all(edge <= bound for bound in bounds):
        raise InputError("soft_edge", got=f"{edge:g}", expected=f"at most the radius it softens, {min(bounds):g}")
