"""A frame taken apart into tiles that overlap, and their parts put together again by a cross-fade."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Inexact

from backlight.errors import InputError

SHARE = 8  # of a tile, that it overlaps its neighbor by where nothing is said


@dataclass(frozen=True)
class Tile:
    """A part of the frame.

    **Attributes:** `corner`, its first (row, column) of the frame; `shape`, rows and columns; `center`, of its pixel
    n//2 from that of the frame, pixels.
    """

    corner: tuple[int, int]
    shape: tuple[int, int]
    center: tuple[int, int]

    @property
    def part(self) -> tuple[slice, slice]:
        """Rows and columns of the frame."""
        (top, left), (rows, columns) = self.corner, self.shape
        return slice(top, top + rows), slice(left, left + columns)


@dataclass(frozen=True)
class Layout:
    """Tiles of one shape that cover a frame.

    Along each side they are evenly spread and odd in number, so that the middle one lies at the very center and what
    is found there is what the whole instrument shares, with nothing to be corrected.

    **Attributes:** `frame`, its (rows, columns); `shape` of a tile; `counts`, how many along each side; `least`, the
    overlap that was asked for.
    """

    frame: tuple[int, int]
    shape: tuple[int, int]
    counts: tuple[int, int]
    least: int

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        """The tiles from the center outwards: each but the first one touches one before it."""
        rows, columns = (_firsts(*side) for side in zip(self.frame, self.shape, self.counts, strict=True))
        tiles = [self._tile((row, column)) for row in rows for column in columns]
        return tuple(sorted(tiles, key=lambda tile: np.hypot(*tile.center)))

    @property
    def overlap(self) -> tuple[int, int]:
        """By how many pixels neighbors overlap at least, along each side; 0 where there is one tile."""
        spare = (size - (n - size) / max(count - 1, 1) for n, size, count in self._sides)
        return tuple(int(s) if count > 1 else 0 for s, count in zip(spare, self.counts, strict=True))  # type: ignore[return-value]

    @property
    def words(self) -> str:
        """The layout in words."""
        many, size = (" × ".join(map(str, pair)) for pair in (self.counts, self.shape))
        return f"{many} tiles of {size} pixels that overlap by {max(self.overlap)} pixels"

    def nearest(self, tile: Tile, done: Mapping[int, object]) -> int:
        """Return the number of the tile nearest to another among those that are done."""
        there = np.asarray(tile.center, float)
        return min(done, key=lambda i: float(np.hypot(*(np.asarray(self.tiles[i].center) - there))))

    @property
    def _sides(self) -> list[tuple[int, int, int]]:
        return list(zip(self.frame, self.shape, self.counts, strict=True))

    def _tile(self, corner: tuple[int, int]) -> Tile:
        rows, columns = (c + size // 2 - n // 2 for c, (n, size, _) in zip(corner, self._sides, strict=True))
        return Tile(corner, self.shape, (rows, columns))


def layout(frame: tuple[int, int], tile: int | list[int], overlap: int | None = None) -> Layout:
    """Return how a frame is taken apart.

    **Arguments:** `frame`, its (rows, columns); `tile`, pixels along a side, or (rows, columns), even; `overlap`,
    pixels that neighbors share at least, an eighth of the shorter side where `None`.

    **Errors:** `InputError` for a tile that is odd or larger than the frame, or an overlap of more than half of it.
    """
    rows, columns = (tile, tile) if isinstance(tile, int) else tile
    _demand_fit((rows, columns), frame)
    shared = min(rows, columns) // SHARE if overlap is None else overlap
    if not 1 <= shared <= min(rows, columns) // 2:
        raise InputError("[estimate] tile_overlap", got=f"{shared} pixels",
                         expected=f"1 to {min(rows, columns) // 2}, half of a tile")  # fmt: skip
    counts = tuple(_count(n, size, shared) for n, size in zip(frame, (rows, columns), strict=True))
    return Layout((frame[0], frame[1]), (rows, columns), (counts[0], counts[1]), shared)


def _demand_fit(tile: tuple[int, int], frame: tuple[int, int]) -> None:
    size, whole = (" × ".join(map(str, pair)) for pair in (tile, frame))
    if any(n % 2 or n == 0 for n in tile):
        raise InputError("[estimate] tile", got=f"{size} pixels", expected="even numbers of rows and columns")
    if any(n > limit for n, limit in zip(tile, frame, strict=True)):
        raise InputError("[estimate] tile", got=f"{size} pixels of frames of {whole}",
                         expected="a tile no larger than the frame",
                         remedy="leave tile out: the frame is taken as a whole")  # fmt: skip


def _count(pixels: int, size: int, overlap: int) -> int:
    """Return how many tiles cover a side: an odd number."""
    count = -(-(pixels - overlap) // (size - overlap))
    return count + 1 - count % 2


def _firsts(pixels: int, size: int, count: int) -> list[int]:
    return [(pixels - size) * i // max(count - 1, 1) for i in range(count)]


# --- together again ---------------------------------------------------------------------------------------------------


def blend(
    layout: Layout, parts: Mapping[int, Inexact[np.ndarray, "y x"]], factors: Mapping[int, complex] | None = None
) -> Inexact[np.ndarray, "y x"]:
    """Return a field of which parts are given, cross-faded by a smooth partition of unity; 0 where no part lies.

    Part i weighs wᵢ/Σw, wᵢ falling as sin² to a tile's border.

    **Arguments:** `layout`; `parts`, number of a tile → its values, on pixels that may be finer than the frame's by a
    whole number; `factors`, number of a tile → what its part is multiplied with, 1 where `None`.
    """
    finer = next(iter(parts.values())).shape[0] // layout.shape[0]
    rows, columns = (n * finer for n in layout.frame)
    kind = np.result_type(*parts.values())
    total, weight = np.zeros((rows, columns), kind), np.zeros((rows, columns), kind.type(0).real.dtype)
    for number, part in parts.items():
        where, weigh = place(layout, number, finer), fade(layout, number, finer).astype(weight.dtype)
        total[where] += weigh * part * kind.type(1 if factors is None else factors[number])
        weight[where] += weigh
    return total / np.where(weight > 0, weight, 1)


def place(layout: Layout, number: int, finer: int) -> tuple[slice, slice]:
    """Return the rows and columns of a part on pixels that are finer by a whole number."""
    rows, columns = (slice(p.start * finer, p.stop * finer) for p in layout.tiles[number].part)
    return rows, columns


def fade(layout: Layout, number: int, finer: int) -> Float[np.ndarray, "y x"]:
    """Return wᵢ: 1 in the middle and at the frame's border, falling to 0 where a neighbor goes on."""
    tile = layout.tiles[number]
    rows, columns = (
        _window(first * finer, size * finer, n * finer, max(shared, 1) * finer)
        for first, size, n, shared in zip(tile.corner, tile.shape, layout.frame, layout.overlap, strict=True)
    )
    return rows[:, None] * columns


def _window(first: int, size: int, pixels: int, ramp: int) -> np.ndarray:
    rise = np.sin(0.5 * np.pi * np.minimum((np.arange(size) + 0.5) / ramp, 1)) ** 2
    return (rise if first > 0 else 1) * (rise[::-1] if first + size < pixels else 1) * np.ones(size)
