"""The sections of a run file, as strict pydantic models (imported only when a run file is read)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Text = Annotated[str, Field(min_length=1, max_length=4096)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class Section(BaseModel):
    """A table of the run file: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DataSection(Section):
    """`[data]`: where the frames are and how to read them."""

    frames: Text | list[Text] = Field(description="file, folder, pattern or list of files, relative to this file")
    key: Text | None = Field(None, description="array name inside .mat, .h5, .npz or .zarr where there are several")
    axes: Text | None = Field(None, description='axis order where it is not (frame, y, x): "yxf" for MATLAB stacks')
    quantity: Literal["intensity", "amplitude"] = Field("intensity", description="amplitude: already square-rooted")
    dark: Finite | None = Field(None, ge=0, description="level of a pixel without light, in units of the frames")
    background: Text | None = Field(
        None, description="empty frame taken without the sample, same shape; its other name is reference"
    )
    frame: Count | None = Field(None, description="the one frame to use, counted from 0, where there are several")
    crop: list[Count] | None = Field(None, description="first row, first column, rows, columns")
    saturation: Finite | None = Field(None, gt=0, description="level from which a pixel counts as saturated")
    mask: Text | None = Field(None, description="image that is nonzero where pixels must be ignored")

    @model_validator(mode="before")
    @classmethod
    def _reference(cls, table: Any) -> Any:
        if not isinstance(table, dict) or "reference" not in table:
            return table
        if "background" in table:
            raise ValueError("reference and background are two names of one frame: remove one of them")
        return {
            **{name: value for name, value in table.items() if name != "reference"},
            "background": table["reference"],
        }

    @field_validator("axes")
    @classmethod
    def _axes(cls, value: str | None) -> str | None:
        if value is not None and (sorted(value) not in (["x", "y"], ["f", "x", "y"])):
            raise ValueError('axes are "yx", or "fyx" in any order, such as "yxf"')
        return value

    @field_validator("crop")
    @classmethod
    def _crop(cls, value: list[int] | None) -> list[int] | None:
        if value is not None and (len(value) != 4 or 0 in value[2:]):
            raise ValueError("crop is [first row, first column, rows, columns]")
        return value


class Regularizer(Section):
    """One `[[estimate.regularizers]]` table."""

    kind: Text = Field(description="name of the regularizer")
    weight: Finite = Field(ge=0, description="weight in the sum that is minimized")
    on: Text | None = Field(None, description="unknown it acts on; the sample where absent")


class EstimateSection(Section):
    """`[estimate]`: how to look for the answer; every key has a default."""

    loss: Text | None = Field(None, description="data term")
    method: Text | None = Field(None, description="solver")
    iterations: Annotated[int, Field(ge=1, le=10**9)] | None = Field(None, description="most iterations")
    seed: Count = Field(0, description="seed of every random number")
    error_bars: bool | None = Field(None, description="false: no standard deviations, where they take too long")
    held_out: Annotated[int, Field(ge=2, le=10**9)] | None = Field(
        None,
        description="for example 10: leave every tenth frame out, or of a single frame one pixel in ten, drawn at "
        "random, and tell how well they are predicted; off when left out, but where a default is shown",
    )
    halves: bool | None = Field(
        None, description="off; true: estimate the sample from each half of the frames, and compare"
    )
    tile: Count | list[Count] | None = Field(
        None, description="off; for example 256: take the field apart into tiles of so many pixels, or [rows, columns]"
    )
    tile_overlap: Count | None = Field(None, description="pixels that tiles share at least; an eighth when left out")
    steps: dict[str, Finite] | None = Field(None, description="relative step size by unknown")
    regularizers: list[Regularizer] | None = Field(None, description="an empty list switches the default off")

    @field_validator("tile")
    @classmethod
    def _tile(cls, value: int | list[int] | None) -> int | list[int] | None:
        if isinstance(value, list) and len(value) != 2:
            raise ValueError("a number of pixels, or [rows, columns]")
        return value


class Between(Section):
    """An unknown that lies between two values (SI)."""

    low: Finite
    high: Finite


class Prior(Section):
    """An unknown known as value ± std (SI)."""

    value: Finite
    std: Finite


Unknown = bool | int | Between | Prior
Rows = tuple[tuple[int, ...], ...]
Known = float | int | bool | str | Path | tuple[float | int | bool | str | Path, ...] | Rows


@dataclass(frozen=True)
class RunFile:
    """A checked run file; lengths in m, angles in rad.

    **Attributes:** `system`; `instrument` and `unknown` by key name, files as paths; `data` (None where `[data]` may be
    absent); `estimate`; `unusual`, the names whose plausibility is not checked; `folder` that file names are relative
    to; `taken`, the names in `instrument` that the frames' own file told.
    """

    system: str
    data: DataSection | None
    instrument: dict[str, Known]
    unknown: dict[str, Unknown]
    estimate: EstimateSection
    unusual: tuple[str, ...] = ()
    folder: Path = field(default=Path(), compare=False)
    taken: tuple[str, ...] = field(default=(), compare=False)
