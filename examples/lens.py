"""A triplet of textbook glasses, drawn and analyzed. Run: python lens.py [FOLDER]

The same as `backlight lens draw` and `backlight lens analyze` of a file, from Python. The picture goes to FOLDER
(default: the folder of this file).
"""

import sys
from pathlib import Path

import numpy as np

from backlight.lenses import LensFile
from backlight.lenses.fields import launched
from backlight.light import AbbeGlass, ConstantIndex
from backlight.rays import Conic, Lens, Surface, first_order, spot
from backlight.report.lens_figures import lens_picture
from backlight.units import mm, nm

AIR = ConstantIndex(1.0)
CROWN, FLINT = AbbeGlass(1.62, 60.3), AbbeGlass(1.62, 36.4)


def triplet() -> LensFile:
    """Return crown, flint and crown about a stop, f/4."""
    rows = [(22.0, 3.3, CROWN), (-440.0, 4.8, AIR), (-22.2, 1.0, FLINT), (20.3, 1.0, AIR), (None, 3.8, AIR),
            (79.7, 3.0, CROWN), (-18.4, 45.0, AIR)]  # fmt: skip
    surfaces = [
        Surface(Conic(None if radius is None else radius * mm), thickness=gap * mm, medium=medium, stop=radius is None)
        for radius, gap, medium in rows
    ]
    fields = tuple((float(np.deg2rad(angle)), 0.0) for angle in (0, 10, 15))
    return LensFile(
        Lens([*surfaces, Surface()], entrance_pupil_diameter=10 * mm),
        name="triplet",
        wavelengths=(486 * nm, 588 * nm, 656 * nm),
        weights=(1.0, 1.0, 1.0),
        primary=1,
        fields=fields,
    )


def main(folder: Path | None = None) -> dict[str, float]:
    told = triplet()
    efl = float(first_order(told.lens, told.wavelength).efl)
    spots = [float(spot(told.lens, field, told.wavelength).centered_rms) for field in launched(told)]
    print(f"focal length {efl / mm:.2f} mm; RMS spots {', '.join(f'{1e6 * rms:.1f}' for rms in spots)} µm")
    folder = folder or Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lens.png").write_bytes(lens_picture(told, "png"))
    return {"efl": efl, "worst": max(spots)}


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
