"""Lens files as text, and what of them is the same."""

import jax
import numpy as np

from backlight.lenses import LensFile
from backlight.light import AbbeGlass, ConstantIndex, Sellmeier
from backlight.rays import (
    Asphere,
    Conic,
    Group,
    Lens,
    Pose,
    Surface,
)

MM = 1e-3


ZEMAX = """MODE SEQ
NAME made up
UNIT MM X W X CM MR CPMM
ENPD 8
FTYP 0 0 2 1 0 0 0
XFLN 0 1 0 0
YFLN 0 5 0 0
WAVM 1 0.55 1
WAVM 2 0.55 1
PWAV 1
SURF 0
  TYPE STANDARD
  CURV 0
  DISZ INFINITY
SURF 1
  STOP
  TYPE EVENASPH
  CURV 0.02
  CONI -0.5
  PARM 2 1e-6
  PARM 3 0
  DISZ 4
  GLAS MYGLASS 0 0 1.5 40
  DIAM 6 1 0 0 1 ""
SURF 2
  TYPE STANDARD
  CURV -0.01
  DISZ 5
SURF 3
  TYPE COORDBRK
  PARM 3 45
  DISZ 0
SURF 4
  TYPE STANDARD
  CURV 0
  DISZ 0
  GLAS MIRROR 0 0 1.5 40
SURF 5
  TYPE COORDBRK
  PARM 3 45
  DISZ -30
SURF 6
  TYPE STANDARD
  CURV 0
  DISZ 0
"""


CODE_V = """RDM;LEN
TITLE 'made up ; not two'
EPD 8
DIM M
WL 650 550 450
REF 2
YAN 0 5
SO 0 1e10
S 50 4 500.625   ! a model glass
  STO
  ASP
  K -0.5; A 1e-6
S -100 40 &
  AIR
  CCY 0
SI 0 0.25
GO
"""


TABLE = """Title
type distance roc diameter material
O 0 0 0 AIR
S 0 50 12 1.5168/64.2 -0.5 1e-6
A 4 0 8 OCCLUDER
S 1 -100 12 AIR
I 40 0 20 AIR
"""


OWN = {"MYGLASS": ConstantIndex(1.5)}


def written(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def same(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def everything() -> LensFile:
    """Return a lens of all that there is."""
    pose = Pose((0.0, 0.1 * MM, -0.2 * MM), (0.01, -0.02, 1 / 3))
    rows = [
        Surface(Conic(31.7 * MM, -0.3), thickness=3.3 * MM, medium=Sellmeier([1.1, 0.2], [1e-14, 2e-14])),
        Surface(
            Asphere(-77 * MM, 0.1, [1 / 3, -2e7], [3, 5]), thickness=2 * MM, medium=AbbeGlass(1.6, 40.1), stop=True
        ),
        Surface(thickness=-9 * MM, mirror=True, pose=pose, semi_diameter=11 * MM),
        Surface(turn=pose, thickness=-1 * MM, medium=ConstantIndex(1.0)),
        Surface(),
    ]
    lens = Lens(rows, entrance_pupil_diameter=7 * MM, object_distance=0.3, groups=[Group(pose, 1, 2)])
    return LensFile(lens, "all", (0.5e-6, 0.6e-6), (1.0, 0.5), 1, ((0.0, 0.1),), "object height", ("a note",))
