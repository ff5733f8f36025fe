"""Values of a run file, read by the key that they belong to: into SI, within bounds, in words where they are wrong."""

from pathlib import Path

from backlight import units
from backlight.errors import InputError, RunFileError, nearest
from backlight.io.runmodel import Between, Known, Prior, Rows, Unknown
from backlight.schema import Key

_PLAIN = {"flag": bool, "count": int, "text": str, "file": str, "picture": str}
_FILE = "the name of a file"
_PLAIN_WORDS = {"flag": "true or false", "count": "a whole number", "text": "text", "file": _FILE, "picture": _FILE}


class ValueReader:
    """Reads single values; `unusual` names the keys whose values need not be plausible."""

    def __init__(self, unusual: tuple[str, ...]):
        self.unusual = unusual

    def checked(self, key: Key, value: Known, where: str) -> Known:
        """Return a value that is in SI already, within its bounds."""
        return value if isinstance(value, Path | tuple) else self._in_bounds(key, float(value), where)

    def unknown(self, key: Key, value: object, where: str) -> Unknown:
        """Return what `[unknown]` says of a key: yes or no, how many, an interval or a prior."""
        if isinstance(value, bool):
            return value
        forms = "true, { between = [low, high] } or { value = ..., std = ... }"
        if key.dimension == "field":
            raise RunFileError(where, got=repr(value), expected="true or false", remedy=key.help)
        if key.dimension == "count":
            return self._number_of(key, value, where)
        if isinstance(value, dict) and set(value) == {"between"}:
            return self._between(key, value["between"], where)
        if isinstance(value, dict) and set(value) == {"value", "std"}:
            centre = self._scalar(key, value["value"], f"{where} value")
            return Prior(value=centre, std=self._std(key, value["std"], f"{where} std"))
        if isinstance(value, dict):
            wrong = next((n for n in value if n not in ("between", "value", "std")), None)
            remedy = nearest(wrong, ("between", "value", "std")) if wrong else "value and std go together"
            raise RunFileError(where, got=repr(value), expected=forms, remedy=remedy)
        raise RunFileError(where, got=repr(value), expected=forms)

    def _number_of(self, key: Key, value: object, where: str) -> int:
        if type(value) is not int:
            raise RunFileError(where, got=repr(value), expected="true, false or a whole number", remedy=key.help)
        self._limits(key, value, where)
        return value

    def _between(self, key: Key, value: object, where: str) -> Between:
        if not isinstance(value, list) or len(value) != 2:
            raise RunFileError(where, got=repr(value), expected='two values, such as ["38 mm", "45 mm"]')
        low, high = (self._scalar(key, v, f"{where} between") for v in value)
        if not low < high:
            raise RunFileError(where, got=repr(value), expected="the smaller value first", remedy="swap them")
        return Between(low=low, high=high)

    def _std(self, key: Key, value: object, where: str) -> float:
        std = self._parse(key, value, where)
        if std <= 0:
            raise RunFileError(where, got=repr(value), expected="a standard deviation above zero")
        return std

    def known(self, key: Key, value: object, where: str) -> Known:
        """Return a value of `[instrument]`: a number or several, a word, a table or the name of its file."""
        if key.dimension == "rows":
            return Path(value) if isinstance(value, str) else self._rows(key, value, where)
        if key.many and isinstance(value, list):
            if not value:
                raise RunFileError(where, got="an empty list", expected=key.help)
            self._as_many(key, value, where)
            return tuple(self._one(key, v, f"{where}[{i}]") for i, v in enumerate(value))
        self._as_many(key, value, where)
        return self._one(key, value, where)

    def _rows(self, key: Key, value: object, where: str) -> Rows:
        if not isinstance(value, list) or not value:
            raise RunFileError(where, got=repr(value), expected="a list of lists of whole numbers, or a table's name",
                               remedy=f"{key.name} = {example(key)}")  # fmt: skip
        return tuple(self._row(key, row, f"{where}[{i}]") for i, row in enumerate(value))

    def _row(self, key: Key, row: object, where: str) -> tuple[int, ...]:
        if not isinstance(row, list) or not row or any(type(number) is not int for number in row):
            raise RunFileError(where, got=repr(row), expected="a list of whole numbers", remedy=key.help)
        for number in row:
            self._limits(key, number, where)
        return tuple(row)

    def _as_many(self, key: Key, value: object, where: str) -> None:
        """Refuse a number of values other than the one that the key has, where it has one."""
        count = 0 if isinstance(key.many, bool) else key.many
        if count and not (isinstance(value, list) and len(value) == count):
            raise RunFileError(where, got=repr(value), expected=f"a list of {count}",
                               remedy=f"{key.name} = {example(key)}")  # fmt: skip

    def _one(self, key: Key, value: object, where: str) -> float | int | bool | str:
        plain = _PLAIN.get(key.dimension)
        if plain is None:
            return self._scalar(key, value, where)
        if type(value) is not plain:
            raise RunFileError(where, got=repr(value), expected=_PLAIN_WORDS[key.dimension], remedy=key.help)
        if key.choices and value not in key.choices:
            raise RunFileError(where, got=repr(value), expected="a known name", remedy=nearest(str(value), key.choices))
        if isinstance(value, int) and not isinstance(value, bool):
            self._limits(key, value, where)
        return Path(value) if key.dimension in ("file", "picture") else value  # type: ignore[return-value]

    def _scalar(self, key: Key, value: object, where: str) -> float:
        return self._in_bounds(key, self._parse(key, value, where), where)

    def _in_bounds(self, key: Key, number: float, where: str) -> float:
        self._limits(key, number, where)
        if key.name not in self.unusual:
            self._plausible(key, number, where)
        return number

    def _parse(self, key: Key, value: object, where: str) -> float:
        try:
            return units.parse(value, key.dimension, where=where, name=key.name)
        except InputError as error:
            raise RunFileError(where, got=error.got, expected=error.expected, remedy=error.remedy) from None

    def _plausible(self, key: Key, number: float, where: str) -> None:
        try:
            units.plausible(key.name, number, where=where)
        except InputError as error:
            remedy = f"{error.remedy} (if it is right: unusual = [{key.name!r}] at the top)" if error.remedy else ""
            raise RunFileError(where, got=error.got, expected=error.expected, remedy=remedy) from None

    def _limits(self, key: Key, number: float, where: str) -> None:
        dimension = key.dimension if key.dimension in units.DIMENSIONS else "dimensionless"
        shown = units.format_quantity(number, dimension, digits=6)
        for limit, wrong, word in ((key.low, "<", "at least"), (key.high, ">", "at most")):
            if limit is not None and (number < limit if wrong == "<" else number > limit):
                bound = units.format_quantity(limit, dimension, digits=6)
                raise RunFileError(where, got=shown, expected=f"{word} {bound}: {key.help}")


def example(key: Key) -> str:
    """Write an example value of a key as TOML."""
    if key.example is not None:
        plain = key.dimension in ("flag", "count", "dimensionless") or key.example[:1] in '["'
        return key.example if plain else f'"{key.example}"'
    return {"length": '"1 mm"', "angle": '"1 mrad"', "time": '"1 ms"', "curvature": '"1 1/m"',
            "dimensionless": "1.0", "flag": "true",
            "count": "1", "text": '"name"', "file": '"file.csv"', "picture": '"file.tif"'
            }.get(key.dimension, "true")  # fmt: skip
