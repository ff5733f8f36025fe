"""Lines of a text file, and errors that name them."""

import math
import re
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

    @property
    def is_off(self) -> bool:
        """Whether it says N or NO."""
        return len(self.words) > 1 and self.words[1].upper() in ("N", "NO")

    def refuse(self, got: str, expected: str, remedy: str = "") -> NoReturn:
        """Raise the error that names this line."""
        raise InputError(f"{self.file} line {self.number}, {self.words[0]}", got=got, expected=expected, remedy=remedy)

    def distance_at(self, place: int) -> float:
        """Return a word as a distance, which may be `INFINITY`."""
        told = self.words[place].upper() if place < len(self.words) else ""
        return math.inf if told == "INFINITY" else self.number_at(place, "a distance")

    def number_at(self, place: int, what: str = "a number") -> float:
        """Return a word as a finite number, below 1e30 so that its square is one too."""
        word = self.words[place] if place < len(self.words) else ""
        try:
            value = float(word)
        except ValueError:
            self.refuse(repr(word) if word else "nothing", what)
        if not abs(value) < 1e30:
            self.refuse(word, f"{what} that is finite, and below 1e30")
        return value

    def positive_at(self, place: int, what: str) -> float:
        """Return a word as a number above zero."""
        value = self.number_at(place, what)
        if not value > 0:
            self.refuse(self.words[place], f"{what} > 0")
        return value

    def whole_at(self, place: int, low: int, high: int, what: str) -> int:
        """Return a word as a whole number within bounds."""
        value = self.number_at(place, what)
        if value != int(value) or not low <= value <= high:
            self.refuse(self.words[place], f"{what}, {low} to {high}")
        return int(value)

    def numbers(self, start: int = 1) -> list[float]:
        """Return all words from `start` on as finite numbers."""
        return [self.number_at(i) for i in range(start, len(self.words))]


def decoded(raw: bytes, file: str) -> str:
    """Return text in UTF-16 or UTF-8, with or without their marks, or else in Windows' code page 1252.

    **Errors:** `InputError` for too much of it, and for what is no text.
    """
    if len(raw) > LARGEST:
        raise InputError(file, got=f"{len(raw) / 1e6:.0f} MB", expected=f"a lens file below {LARGEST / 1e6:.0f} MB")
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if re.search("[\0-\b]", text) or not text.strip():
        raise InputError(file, got="no text" if text.strip() else "an empty file", expected="the text of a lens file")
    return text


def _encoding(raw: bytes) -> str:
    """Return UTF-16 where a mark says so, or every other byte of the first letters is 0."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    zeros = raw[:8:2].count(0), raw[1:8:2].count(0)
    return {(4, 0): "utf-16-be", (0, 4): "utf-16-le"}.get(zeros, "utf-8-sig")


def lines_of(text: str) -> list[str]:
    """Return lines as editors count them: other separators, such as a form feed, part words."""
    return re.split("\r\n|\r|\n", text)


def words_of(text: str, file: str) -> list[Line]:
    """Return the lines that are not empty."""
    split = ((i, tuple(line.split())) for i, line in enumerate(lines_of(text), 1))
    return [Line(file, i, words) for i, words in split if words]
