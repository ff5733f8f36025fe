"""What every refusal of a bad input must look like, and a folder before and after it."""

from pathlib import Path

from backlight.errors import InputError


def snapshot(folder: Path) -> dict[str, int]:
    return {str(p): p.lstat().st_size for p in folder.rglob("*")}


def check(error: InputError, kind: type, name: str, says: str) -> None:
    text = str(error)
    assert type(error) is kind
    assert len(text.splitlines()) <= 6
    assert max(map(len, text.splitlines())) <= 340
    assert "Traceback" not in text
    assert name in text
    assert says in text
    assert "got:" in text
    assert "expected:" in text
    assert all(c.isprintable() or c == "\n" for c in text)
