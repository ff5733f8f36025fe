"""Statements of CODE V's sequences (.seq), sorted: what is said of the whole lens, and of which surface."""

import re
from dataclasses import dataclass, field, replace

from backlight.lenses.lines import Line, lines_of

POWERS = dict(zip("ABCDEFGHJ", range(4, 22, 2), strict=True))
FIELDS = ["XAN", "YAN", "XOB", "YOB", "XIM", "YIM", "XRI", "YRI"]
APERTURES = ["EPD", "FNO", "NA", "NAO"]
PLACES = ["XDE", "YDE", "ZDE", "ADE", "BDE", "CDE"]
VIGNETTING = ["VUX", "VLX", "VUY", "VLY"]

BASIC = ["RDY", "CUY", "THI", "GLA", "RMD"]
"""Said by the line of the surface, too: the last one counts."""
SHAPES = ["SPH", "CON", "ASP", "K", "YTO", "CYL", "RDX", "CUX", "SPS", "SCO", "STO", "CIR", "DAR", "BEN", "REV"]
SURFACE = frozenset([*BASIC, *PLACES, *POWERS, *SHAPES])
GENERAL = frozenset(
    [*FIELDS, *APERTURES, *VIGNETTING, "RDM", "DIM", "WL", "REF", "WTW", "WTF", "TIT", "TEM", "PRE", "PIM"]
)

HARMLESS = frozenset([
    "LEN", "INI", "GO", "DER", "PWT", "SLB", "CA", "LBL", "DDM", "CCY", "CCX", "THC", "KC", "AC", "BC", "CC",
    "DC", "EC", "FC", "GC", "HC", "JC", "CUF", "CUM", "XDC", "YDC", "ZDC", "ADC", "BDC", "CDC", "GLC", "CRP", "SCC",
])  # fmt: skip
"""Initials, labels, weights, edges for drawings, and what is left to the optimizer."""
SHAPED_APERTURES = frozenset(["REX", "REY", "ELX", "ELY", "ARO", "ADX", "ADY"])
CHANGES = frozenset([
    "ZOO", "SCA", "INS", "DEL", "CAN", "FLY", "RED", "UMY", "HMY", "RET", "REN", "GLB", "XOD", "YOD", "ZOD",
])  # fmt: skip
"""Zoom positions, scaling, solves and global coordinates: they change a lens, and are not read."""

QUALIFIER = r"S(\d{1,4}|[OIS])(?:\.\.(\d{1,4}|I))?"


@dataclass
class Row:
    """The statements of one surface.

    **Attributes:** `line`, that of the surface; `told`, others by keyword, the last of each.
    """

    line: Line
    told: dict[str, Line] = field(default_factory=dict)

    def number(self, keyword: str, default: float = 0.0) -> float:
        """Return the number of a keyword."""
        return self.told[keyword].number_at(1) if keyword in self.told else default

    def tell(self, line: Line) -> None:
        """Take a statement; what it takes back is gone."""
        word = line.keyword
        name = {"CIR": _kind_of_circle, "SCO": _kind_of_coefficient}.get(word, lambda line: word)(line)
        for other in {"RDY": ["CUY"], "CUY": ["RDY"], "RDX": ["CUX"], "CUX": ["RDX"]}.get(word, []):
            self.told.pop(other, None)
        self.told[name] = line


@dataclass
class Sorted:
    """A file's statements.

    **Attributes:** `head`, by keyword; `rows`, from the object to the image; `private`, glasses between PRV and END;
    `notes`, what is not used.
    """

    head: dict[str, Line] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    private: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def sorted_statements(text: str, file: str) -> Sorted:
    """Return the statements of a file.

    **Errors:** `InputError` with the line of what would change the lens and is not known.
    """
    found, current, private = Sorted(), -1, False
    for told in _statements(text, file):
        line = told if private else _short(told)
        word = line.keyword
        if private or word == "PRV":
            private = word != "END"
            found.private.append(line)
        elif re.fullmatch(r"S|SO|SI|S\d{1,4}", word):
            current = _taken_as_surface(line, found.rows)
        elif word in SURFACE and (found.rows or len(line.words) > 1):
            _tell_surfaces(line, found.rows, current)
        elif word in GENERAL:
            found.head[word] = line
        elif word in SHAPED_APERTURES:
            found.notes.append(f"An aperture ({word}, line {line.number}) is not used: "
                               "rays that the lens blocks pass here.")  # fmt: skip
        elif word not in HARMLESS:
            _demand_no_change(line, bool(found.rows) and found.rows[-1].line.keyword != "SI")
            found.notes.append(f"Not read: {word} (line {line.number}).")
    return found


def _taken_as_surface(line: Line, rows: list[Row]) -> int:
    """Add a surface, or say one anew that is there; return its number."""
    if len(line.words) < 3:
        line.refuse(" ".join(line.words), "radius or curvature, and thickness, of the surface")
    number = int(line.keyword[1:]) if line.keyword[1:].isdigit() else len(rows)
    if rows and line.keyword in ("SO", rows[-1].line.keyword) and line.keyword != "S":
        number = 0 if line.keyword == "SO" else len(rows) - 1
    if number > len(rows):
        line.refuse(line.words[0], f"S or S{len(rows)}, the next one")
    if number == len(rows):
        rows.append(Row(line))
        return number
    told = {name: other for name, other in rows[number].told.items() if name not in BASIC}
    rows[number] = Row(replace(line, words=(rows[number].line.words[0], *line.words[1:])), told)
    return number


def _tell_surfaces(line: Line, rows: list[Row], current: int) -> None:
    """Hand a statement to the surfaces of its qualifier, or to the current one."""
    rest = list(line.words[1:])
    targets = [current]
    if rest and re.fullmatch(QUALIFIER, rest[0].upper()):
        targets = _numbers(line, rest.pop(0).upper(), rows)
    plain = replace(line, words=(line.keyword, *rest))
    if line.keyword in BASIC and len(rest) > 1:
        line.refuse(" ".join(line.words)[:80], f"{line.keyword}, a surface, and one value",
                    "several are zoom positions: keep one")  # fmt: skip
    for target in targets:
        if not 0 <= target < len(rows):
            line.refuse(" ".join(line.words)[:80], f"one of the surfaces 0 to {len(rows) - 1} above it")
        if line.keyword == "STO":
            for row in rows:
                row.told.pop("STO", None)
        rows[target].tell(plain)


def _numbers(line: Line, qualifier: str, rows: list[Row]) -> list[int]:
    """Return the numbers of the surfaces of S3, S3..5, SO, SI and SS, the stop."""
    stop = next((i for i, row in enumerate(rows) if "STO" in row.told), -1)
    named = {"O": 0, "I": len(rows) - 1, "S": stop}
    told = re.fullmatch(QUALIFIER, qualifier)
    ends = [] if told is None else [named.get(end, -1) if end in named else int(end) for end in told.groups() if end]
    if len(ends) == 2 and not ends[0] <= ends[1] < len(rows):
        line.refuse(qualifier, f"surfaces from 0 to {len(rows) - 1}, in order")
    return list(range(ends[0], ends[-1] + 1))


def _demand_no_change(line: Line, within_a_surface: bool) -> None:
    qualified = any(re.fullmatch(QUALIFIER, word.upper()) for word in line.words[1:2])
    if within_a_surface or qualified or line.keyword in CHANGES:
        line.refuse(" ".join(line.words)[:80], f"one of {', '.join(sorted(SURFACE))}",
                    "what is not known of a lens might make another one: take it out if it does not")  # fmt: skip


def _kind_of_circle(line: Line) -> str:
    """Return CIR for the clear aperture, and CIR with its word for an obstruction, an edge or a hole."""
    kind = line.words[1].upper() if len(line.words) > 1 else ""
    return f"CIR {kind}" if kind in ("OBS", "EDG", "HOL") else "CIR"


def _kind_of_coefficient(line: Line) -> str:
    return f"SCO {line.words[1].upper()}" if len(line.words) > 1 else "SCO"


def _statements(text: str, file: str) -> list[Line]:
    """Return statements: lines joined by &, parted by ;, without what follows !."""
    found: list[Line] = []
    joined, start = "", 0
    for number, line in enumerate(lines_of(text), 1):
        if joined and not line.strip():
            continue
        *statements, last = _parted(joined + line)
        start = start or number
        goes_on = last.rstrip().endswith("&")
        joined = last.rstrip()[:-1] + " " if goes_on else ""
        found += [Line(file, start, tuple(s.split())) for s in (statements if goes_on else [*statements, last])]
        start = start if goes_on else 0
    if joined.strip():
        found.append(Line(file, start, tuple(joined.split())))
    return [line for line in found if line.words]


def _short(line: Line) -> Line:
    """Return a statement with its keyword cut to the three letters that count."""
    word = line.words[0]
    return replace(line, words=(word[:3], *line.words[1:])) if word.isalpha() else line


def _parted(line: str) -> list[str]:
    """Return the statements of a line, without its comment; what stands in quotes parts and ends none."""
    found, quote = [""], ""
    for letter in line:
        if letter == "!" and not quote:
            break
        if letter == ";" and not quote:
            found.append("")
            continue
        if letter in "'\"":
            quote = "" if letter == quote else quote or letter
        found[-1] += letter
    return found
