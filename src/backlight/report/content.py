"""What a report shows, as plain arrays and text: it can be made from a fresh estimate or from a folder of last year."""

from dataclasses import dataclass, field

import numpy as np

from backlight import units
from backlight.findings import Exhibit


@dataclass(frozen=True)
class Parameter:
    """One row of the parameter table, in SI.

    **Arguments:** `name` and `dimension` of the run file; `start`, what the user wrote; `value`, what came out;
    `std`, its standard deviation, None where there is none; `estimated` or fixed.
    """

    name: str
    dimension: str
    start: float | None
    value: float | None
    std: float | None
    estimated: bool
    remark: str = ""

    def shown(self, value: float | None, std: float | None = None) -> str:
        """Return a value of this parameter as text, "–" where there is none."""
        known = self.dimension in units.DIMENSIONS
        return "–" if value is None else units.format_quantity(value, self.dimension if known else "dimensionless", std)


@dataclass(frozen=True)
class Content:
    """All that a report shows.

    **Arguments:**

    - `title`: one line.
    - `status`, `reason`: how the search ended.
    - `frame`, `predicted`: a recorded frame and what the model says of it, shape (y, x).
    - `object`: the estimated transmission, complex (y, x), or a real irradiance, cropped to the frame's field of view.
    - `classics`: the same by the classic method, by name; `"… over 10 mm, as found"` tells what it took. The last one
      is compared with the estimate.
    - `object_pitch`, `frame_pitch`: (y, x) in m, of the sample and of the camera.
    - `parameters`: the table.
    - `history`: traces by name, `"objective"` among them.
    - `fit`: figures of merit by name, None where not known.
    - `notes`: what was known, assumed, or cannot be told, in sentences.
    - `warnings`: sentences that deserve the first place.
    - `facts`: versions, timing, inputs: name → text.
    - `frame_number`: of `frame`, where there are several.
    - `exhibits`: what the system itself has to show.
    """

    title: str
    status: str
    reason: str
    frame: np.ndarray
    predicted: np.ndarray
    object: np.ndarray
    object_pitch: tuple[float, float]
    frame_pitch: tuple[float, float]
    classics: dict[str, np.ndarray] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    history: dict[str, np.ndarray] = field(default_factory=dict)
    fit: dict[str, float | bool | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    frame_number: int | None = None
    exhibits: tuple[Exhibit, ...] = ()

    @property
    def residual(self) -> np.ndarray:
        """Return √y − √ŷ: in amplitude, shot noise has the same size in bright and dark pixels."""
        return np.sqrt(np.maximum(self.frame, 0)) - np.sqrt(np.maximum(self.predicted, 0))
