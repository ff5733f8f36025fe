"""Lines of a text file, and errors that name them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from backlight.errors import InputError

LARGEST = 10_000_000
"""Bytes: a lens of a thousand surfaces takes one of these ten megabytes."""


@dataclass(frozen=True)
class Line:
    """One statement of a file.

    **Attributes:** `file` and `number`, from 1; `words`, the first of which is the keyword.
    """

    file: str
    number: int
    words: tuple[str, ...]

    @property
    def keyword(self) -> str:
        """The first word, in capitals."""
        return self.words[0].upper()

    def refuse(self, got: str, expected: str, remedy: str = "") -> NoReturn:
        """Raise the error that names this line."""
        raise InputError(f"{self.file} line {self.number}, {self.words[0]}", got=got, expected=expected, remedy=remedy)

    def number_at(self, place: int, what: str = "a number") -> float:
        """Return a word as a finite number; `INFINITY` as infinite."""
        word = self.words[place] if place < len(self.words) else ""
        if word.upper() == "INFINITY":
            return math.inf
        try:
            value = float(word)
        except ValueError:
            self.refuse(repr(word) if word else "nothing", what)
        if not math.isfinite(value):
            self.refuse(word, f"{what} that is finite")
        return value

    def numbers(self, start: int = 1) -> list[float]:
        """Return all words from `start` on as finite numbers."""
        return [self.number_at(i) for i in range(start, len(self.words))]


def decoded(raw: bytes, file: str) -> str:
    """Return text in UTF-16 with its mark, UTF-8, or else ISO-8859-1.

    **Errors:** `InputError` for too much of it, and for what is no text.
    """
    if len(raw) > LARGEST:
        raise InputError(file, got=f"{len(raw) / 1e6:.0f} MB", expected=f"a lens file below {LARGEST / 1e6:.0f} MB")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("iso-8859-1") if encoding != "utf-16" else "\0"
    if "\0" in text or not text.strip():
        raise InputError(file, got="no text" if text.strip() else "an empty file", expected="the text of a lens file")
    return text


def words_of(text: str, file: str) -> list[Line]:
    """Return the lines that are not empty."""
    split = ((i, tuple(line.split())) for i, line in enumerate(text.splitlines(), 1))
    return [Line(file, i, words) for i, words in split if words]


def fields_of(x: Sequence[float], y: Sequence[float], scale: float) -> tuple[tuple[float, float], ...]:
    """Return pairs (y, x) of what was told one axis after the other; the axis that is not told is 0."""
    count = max(len(x), len(y), 1)
    x, y = (list(axis) + [0.0] * (count - len(axis)) for axis in (x, y))
    return tuple((b * scale, a * scale) for a, b in zip(x, y, strict=True))
