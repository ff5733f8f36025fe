"""What a system tells of a result beside the object: plain arrays, on the bottom floor, so that systems can say it,
runs can keep it, and the report can draw it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

import numpy as np


@dataclass(frozen=True)
class Picture:
    """An array as a picture.

    **Arguments:** `title`; `values`, real (y, x); `half_width`, (y, x) of the picture along its axes, 0 for none;
    `axis`, what is along them; `circles`, (y, x, radius) each in the same units; `label` of the colors; `cyclic`,
    whether they are a phase.
    """

    title: str
    values: np.ndarray
    half_width: tuple[float, float] = (0.0, 0.0)
    axis: str = ""
    circles: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    label: str = ""
    cyclic: bool = False


@dataclass(frozen=True)
class PointMap:
    """A number at each of several places, m.

    **Arguments:** `title`; `places`, (points, 2), (y, x); `values`, (points,), as colors, `label` beside them;
    `nominal`, (points, 2), where the places were thought to be, or none; `spreads`, (points, 2, 2), covariances of the
    places, or none.
    """

    title: str
    places: np.ndarray
    values: np.ndarray
    label: str = ""
    nominal: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    spreads: np.ndarray = field(default_factory=lambda: np.zeros((0, 2, 2)))


@dataclass(frozen=True)
class Curves:
    """Lines over one axis.

    **Arguments:** `title`; `x`, (points,), `axis`, what it is; `lines`, (lines, points), `label`, what they are;
    `names`, (lines,), one for each.
    """

    title: str
    x: np.ndarray
    lines: np.ndarray
    names: np.ndarray
    axis: str = ""
    label: str = ""


@dataclass(frozen=True)
class Exhibit:
    """A figure of the report: panels side by side under a name, with a caption.

    **Arguments:** `about_fit`, whether it tells how good the fit is, rather than what the instrument is.
    """

    name: str
    caption: str
    panels: tuple[Picture | PointMap | Curves, ...]
    about_fit: bool = False


@dataclass(frozen=True)
class Findings:
    """What a system tells of a result.

    **Attributes:** `arrays`, each a file `NAME.npy` of the result folder; an unknown of that name is told by it;
    `numbers`, name → value in SI, for `result.json`; `exhibits` for the report; `notes`, sentences.
    """

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    exhibits: tuple[Exhibit, ...] = ()
    notes: tuple[str, ...] = ()


KINDS = {kind.__name__: kind for kind in (Picture, PointMap, Curves)}
PREFIX = "exhibit"


def to_arrays(exhibits: Iterable[Exhibit]) -> dict[str, np.ndarray]:
    """Return exhibits as arrays for one file: `exhibit/NAME/PANEL/KIND/FIELD`."""
    arrays = {}
    for exhibit in exhibits:
        arrays[f"{PREFIX}/{exhibit.name}/caption"] = np.asarray(exhibit.caption)
        arrays[f"{PREFIX}/{exhibit.name}/about_fit"] = np.asarray(exhibit.about_fit)
        for number, panel in enumerate(exhibit.panels):
            place = f"{PREFIX}/{exhibit.name}/{number:02d}/{type(panel).__name__}"
            arrays |= {f"{place}/{f.name}": np.asarray(getattr(panel, f.name)) for f in fields(panel)}
    return arrays


def from_arrays(arrays: Mapping[str, np.ndarray]) -> tuple[Exhibit, ...]:
    """Return the exhibits that `arrays` hold among others."""
    keys = [name.split("/") for name in arrays if name.startswith(f"{PREFIX}/")]
    names = dict.fromkeys(key[1] for key in keys)
    return tuple(_exhibit(name, [key for key in keys if key[1] == name], arrays) for name in names)


def _exhibit(name: str, keys: list[list[str]], arrays: Mapping[str, np.ndarray]) -> Exhibit:
    told: dict[tuple[str, str], dict[str, object]] = {}
    for key in keys:
        if len(key) == 5:
            told.setdefault((key[2], key[3]), {})[key[4]] = _plain(arrays["/".join(key)])
    panels = tuple(KINDS[kind](**told[number, kind]) for number, kind in sorted(told))  # type: ignore[arg-type]
    place = f"{PREFIX}/{name}"
    return Exhibit(name, str(arrays[f"{place}/caption"]), panels, bool(arrays.get(f"{place}/about_fit", False)))


def _plain(value: np.ndarray) -> object:
    return value.item() if value.ndim == 0 else value
