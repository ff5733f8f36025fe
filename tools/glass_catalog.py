"""Write the glass catalog of `backlight.light` from the database of refractiveindex.info.

    python tools/glass_catalog.py DATABASE/data-nk src/backlight/light/glasses.json

The database (M. N. Polyanskiy, Sci. Data 11, 94 (2024), https://refractiveindex.info) is in the public domain (CC0
1.0); its glasses are the makers' own catalogs (Schott, Ohara, Hikari, Hoya: 2017; CDGM; Sumita), coefficients and
thermal constants with all their digits. The wheel of optiland 0.6.3 has it whole (`optiland/database`). Needs PyYAML.

Taken is what has a formula: Sellmeier's (the database's formulas 1 and 2) or a power series of n² (formula 3). Left out
are glasses that are only tabulated (LZOS, Barberini, B 270), and absorption.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

MAKERS = ("schott", "ohara", "hoya", "hikari", "cdgm", "sumita", "vitron", "ami")
"""In the order in which a name without a maker is looked for."""
OTHERS = {  # name: where it stands, and the temperature in °C that its source tells
    "CAF2": ("main/CaF2/Malitson", 24),
    "BAF2": ("main/BaF2/Malitson", 25),
    "LIF": ("main/LiF/Li", 24),
    "MGF2-O": ("main/MgF2/Dodge-o", 19),
    "MGF2-E": ("main/MgF2/Dodge-e", 19),
    "SAPPHIRE-O": ("main/Al2O3/Malitson-o", 20),
    "SAPPHIRE-E": ("main/Al2O3/Malitson-e", 20),
    "FUSED-SILICA": ("main/SiO2/Malitson", 20),
    "GERMANIUM": ("main/Ge/Burnett", 22),
    "SILICON": ("main/Si/Salzberg", 26),
    "ZNSE": ("main/ZnSe/Connolly", 23),
    "PMMA": ("organic/(C5H8O2)n - poly(methyl methacrylate)/Sultanova", 20),
    "POLYCARBONATE": ("organic/(C16H14O3)n - polycarbonate/Sultanova", 20),
    "POLYSTYRENE": ("organic/(C8H8)n - polystyren/Sultanova", 20),
    "NAS-21": ("other/commercial plastics/NAS-21/Sultanova", 20),
    "OPTOREZ-1330": ("other/commercial plastics/Optorez1330/Sultanova", 20),
    "ZEONEX-E48R": ("other/commercial plastics/ZeonexE48R/Sultanova", 20),
}


def main(database: Path, target: Path) -> None:
    """Write the catalog: a line for each glass, so that a change of the database is read as such."""
    catalog = {maker.upper(): dict(sorted(glasses(database / "glass" / maker))) for maker in MAKERS}
    catalog["OTHER"] = {name: entry(read(database / f"{path}.yml"), t) for name, (path, t) in OTHERS.items()}
    makers = [
        f"{json.dumps(maker)}: {{\n" + ",\n".join(f"{json.dumps(n)}: {json.dumps(e)}" for n, e in found.items()) + "\n}"
        for maker, found in catalog.items()
    ]
    target.write_text("{\n" + ",\n".join(makers) + "\n}\n")
    print({maker: len(found) for maker, found in catalog.items()}, f"{target.stat().st_size / 1000:.0f} kB")


def glasses(folder: Path) -> Iterator[tuple[str, dict]]:
    """Return the glasses of a maker that have a formula."""
    for path in folder.rglob("*.yml"):
        told = read(path)
        if formula(told) is not None:
            yield path.stem.upper(), entry(told, 20)


def read(path: Path) -> dict:
    """Return what a file tells."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def formula(told: dict) -> dict | None:
    """Return the formula that we know, of formulas 1 to 3."""
    return next(
        (part for part in told["DATA"] if part["type"].strip() in ("formula 1", "formula 2", "formula 3")), None
    )


def entry(told: dict, celsius: float) -> dict:
    """Return coefficients in µm, range of wavelengths in µm, temperature in °C, Schott's thermal constants in µm, K."""
    part, specs = formula(told), told.get("SPECS") or {}
    first, *rest = numbers(part["coefficients"])
    pairs = list(zip(rest[0::2], rest[1::2], strict=True))
    kind = part["type"].strip()
    if kind == "formula 3":
        dispersion = {"powers": flat([(first, 0), *pairs])}
    else:  # a constant besides Sellmeier's 1 is a term without a resonance
        resonances = [(b, round_off(c**2) if kind == "formula 1" else c) for b, c in pairs]
        dispersion = {"sellmeier": flat([(first, 0), *resonances])}
    if "temperature" in specs:
        celsius = short(float(str(specs["temperature"]).split()[0]))
    found = dispersion | {"range": numbers(part["wavelength_range"]), "celsius": celsius}
    thermal = [t for t in specs.get("thermal_dispersion") or [] if t["type"] == "Schott formula"]
    constants = numbers(thermal[0]["coefficients"]) if thermal else []
    return found | ({"thermal": constants} if any(constants) else {})


def flat(pairs: list[tuple[float, float]]) -> list[float]:
    """Return the terms that are there, in a row."""
    return [number for pair in pairs if pair[0] for number in pair]


def numbers(text: object) -> list[float]:
    """Return numbers with the digits they are given with."""
    return [short(float(one)) for one in str(text).split()]


def short(number: float) -> float:
    """Return 2 for 2.0."""
    return int(number) if number.is_integer() else number


def round_off(number: float) -> float:
    """Return a number without what a product of decimals leaves."""
    return float(f"{number:.15g}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
