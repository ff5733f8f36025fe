"""Read TOML written by people: guarded against size and depth, with other formats recognized by name."""

import re
import tomllib
from pathlib import Path

from backlight.errors import RunFileError

LARGEST = 1_000_000  # bytes; a run file is a page of text, and tomllib's time grows with the square of some inputs
DEEPEST = 32
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'|#.*")


def load_toml(path: str | Path) -> dict[str, object]:
    """Read a TOML file into a dictionary.

    **Raises** `RunFileError` for a missing, large, deep, wrongly encoded or malformed file, and for YAML, JSON and
    binary content.
    """
    path = Path(path)
    text = _text(path)
    _check_depth(path, text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RunFileError(str(path), got=_what(text, error), expected="TOML", remedy=_remedy(text)) from None
    except (RecursionError, ValueError) as error:
        raise RunFileError(str(path), got=f"TOML that cannot be read ({error})", expected="a plain run file") from None


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            got = "a folder" if path.is_dir() else "no regular file of this name"
            raise RunFileError(str(path), got=got, expected="a run file", remedy="backlight init SYSTEM writes one")
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise RunFileError(str(path), got=error.strerror or str(error), expected="a readable file") from None
    if len(raw) > LARGEST:
        size = f"{path.stat().st_size:,} bytes"
        raise RunFileError(str(path), got=size, expected=f"a run file of at most {LARGEST:,} bytes",
                           remedy="data belong in their own files, named under [data]")  # fmt: skip
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        got = f"bytes that are not text (byte {error.start} is 0x{raw[error.start]:02x})"
        raise RunFileError(
            str(path), got=got, expected="TOML, UTF-8", remedy="give the data under [data] frames"
        ) from None


def _check_depth(path: Path, text: str) -> None:
    """Refuse deep nesting before the parser meets it: tomllib needs the square of a dotted name's length."""
    level = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = _STRINGS.sub("", line) if len(line) < 10_000 else line
        deepest = level = max(level, 0)
        for char in re.findall(r"[\[\]{}]", bare):
            level += 1 if char in "[{" else -1
            deepest = max(deepest, level)
        dots = max(piece.count(".") for piece in re.split(r"[=,{}\[\]]", "".join(bare.split())))
        if max(deepest, dots) > DEEPEST:
            got = f"nesting {max(deepest, dots):,} deep at line {number}"
            raise RunFileError(
                str(path), got=got, expected=f"at most {DEEPEST} levels", remedy="a run file needs three"
            )


def _what(text: str, error: tomllib.TOMLDecodeError) -> str:
    if text.lstrip().startswith(("{", '["')):
        return "JSON"
    if _looks_like_yaml(text):
        return "YAML"
    return str(error)


def _looks_like_yaml(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    mapped = sum(bool(re.match(r"\s*(- )?[\w\"'-]+:(\s|$)", line)) or line.strip() == "---" for line in lines)
    return bool(lines) and mapped >= len(lines) / 2


def _remedy(text: str) -> str:
    if text.lstrip().startswith("{") or _looks_like_yaml(text):
        return 'write key = "value" under [section] lines; backlight init SYSTEM shows a whole file'
    return "mend that line; text stands in quotes, each key once"
