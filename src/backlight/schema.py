"""How a system describes its run-file keys: on the bottom floor, so that systems can declare and readers can check."""

from dataclasses import dataclass, field

DIMENSIONS = ("length", "angle", "time", "curvature", "dimensionless", "count", "flag", "text", "file", "picture",
              "rows", "field")  # fmt: skip


@dataclass(frozen=True)
class Key:
    """One key of `[instrument]` or `[unknown]`.

    **Arguments:** `name` in the run file; `dimension` (one of `DIMENSIONS`; `"field"` is an array that can only be
    asked for with `true`, `"rows"` are lists of whole numbers or the name of a table of them, a `"file"` is a table,
    a `"picture"` a file that is read as the frames are); `help`, one sentence; `required`; `default` in SI, shown in
    the template; `low` and `high` in SI, inclusive; `many` accepts a list, a whole number says of how many; `choices`
    for `"text"`; `columns` of the table in a `"file"`; `example` as a person would write it; `found`, whether the
    system finds a first value in the frames, so that an unknown needs none; `told_in`, the dimension of what comes out
    of an unknown where that is another than what is asked for; `alike`, the quantity whose usual values hold for it
    where that is another than its name's.

    An unknown that is a `"count"` is asked for with `true` or with a whole number: how many, or up to which.

    ```python
    Key("wavelength", "length", "vacuum wavelength", required=True, example="632.8 nm")
    ```
    """

    name: str
    dimension: str
    help: str
    required: bool = False
    default: float | int | bool | str | None = None
    low: float | None = None
    high: float | None = None
    many: bool | int = False
    choices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    example: str | None = None
    found: bool = False
    told_in: str = ""
    alike: str = ""

    @property
    def result(self) -> str:
        """Dimension of the numbers that come out."""
        return self.told_in or self.dimension


@dataclass(frozen=True)
class Way:
    """Keys that together say one thing.

    **Arguments:** `needs`, all of them; `takes`, what may stand beside them and means nothing without.
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that this way knows."""
        return self.needs + self.takes


@dataclass(frozen=True)
class OneOf:
    """A thing that `[instrument]` has to say in one of several ways.

    **Arguments:** `help`, what is said; `ways`, first the one that a template shows.

    ```python
    OneOf("the pixels at the sample", (Way(("pixel_pitch",)), Way(("camera_pixel", "magnification"))))
    ```
    """

    help: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class SystemSchema:
    """What a run file may say about one system of the catalogue.

    **Arguments:** `system`, the catalogue name; `help`, one sentence; the keys of `[instrument]` and `[unknown]`;
    `one_of`, the things that `[instrument]` may say in several ways; the names `[estimate]` may use (an empty tuple
    leaves the name unchecked); `one_frame`, whether it takes a single frame; `divides_background`, whether frames are
    to be divided by the empty one: a system that knows better what to do with it is given it as it is;
    `takes_background`, whether an empty frame is of any use; `classic`, what
    a report calls the classic method; `tiled`, whether the field may be taken apart into tiles; `simulated`, numbers
    that only `simulate --set` takes, such as the place of a frame that was not recorded; `holds_out_pixels`, whether
    pixels of its frame are kept back, as others keep back frames.
    """

    system: str
    help: str
    instrument: tuple[Key, ...]
    unknown: tuple[Key, ...]
    losses: tuple[str, ...] = ()
    regularizers: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    defaults: dict[str, object] = field(default_factory=dict)
    one_frame: bool = False
    divides_background: bool = True
    takes_background: bool = True
    classic: str = "back-propagation"
    one_of: tuple[OneOf, ...] = ()
    tiled: bool = False
    simulated: tuple[Key, ...] = ()
    holds_out_pixels: bool = False

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the `[instrument]` keys that are pictures."""
        return tuple(key.name for key in self.instrument if key.dimension == "picture")

    def instrument_key(self, name: str) -> Key | None:
        """Return the `[instrument]` key of this name, or None."""
        return next((key for key in self.instrument if key.name == name), None)

    def unknown_key(self, name: str) -> Key | None:
        """Return the `[unknown]` key of this name, or None."""
        return next((key for key in self.unknown if key.name == name), None)
