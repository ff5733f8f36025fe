"""Names of glasses in files."""

import re
from collections.abc import Mapping

from backlight.errors import InputError, nearest
from backlight.lenses.lines import Line
from backlight.light import AbbeGlass, ConstantIndex, Material, glass, glass_names

AIR = "AIR", "VACUUM"


def named(name: str, line: Line, own: Mapping[str, Material]) -> Material:
    """Return the glass of a name: one of the reader's `own`, air, six digits of index and Abbe number, or one of the
    catalog, with or without its maker and its hyphens.

    **Errors:** `InputError` with the line and close names.
    """
    given = {key.upper(): material for key, material in own.items()}
    if name.upper() in given:
        return given[name.upper()]
    if name.upper() in AIR:
        return ConstantIndex(1.0)
    digits = re.fullmatch(r"(\d{3,6})\.(\d{3,6})", name)
    if digits:
        index, abbe = digits.groups()
        return AbbeGlass(1 + int(index) / 10 ** len(index), int(abbe) / 10 ** (len(abbe) - 1) * 10)
    plain, _, maker = name.upper().partition("_")
    wanted = _bare(plain)
    found = next((known for known in glass_names() if _bare(known.rpartition(":")[2]) == wanted
                  and known.upper().startswith(maker)), None)  # fmt: skip
    if found is None:
        every = {known.rpartition(":")[2] for known in glass_names()} | set(own)
        line.refuse(f"the unknown glass {name!r}", "a name of the catalog",
                    f"{nearest(plain, every)[:200]} or give it: glasses={{{name!r}: material}}")  # fmt: skip
    try:
        return glass(found)
    except InputError as error:  # pragma: no cover - a name of the catalog
        line.refuse(error.got, error.expected, error.remedy)


def _bare(name: str) -> str:
    return name.upper().replace("-", "").replace(" ", "")
