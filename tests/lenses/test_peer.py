"""Focal lengths of lens files as another tracer has them (`pip install optiland==0.6.3`; skipped where it is not)."""

import warnings

import jax
import numpy as np
import pytest

from backlight.lenses import read_lens
from backlight.rays import first_order

pytestmark = pytest.mark.real
MM = 1e-3


def peer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("optiland.optic"), pytest.importorskip("optiland.materials")


def files(shared_data):
    folder = shared_data("lenses/zmx").parent
    return sorted([*(folder / "zmx").glob("*.zmx"), *(folder / "seq").glob("*.seq")])


def rebuilt(told):
    """Return the lens in the other tracer's words, surface by surface, its indices as numbers."""
    optic, materials = peer()
    other = optic.Optic()
    other.add_surface(index=0, thickness=np.inf)
    indices = np.asarray(told.lens.indices(told.wavelength))[1:]
    for i, (surface, n) in enumerate(zip(told.lens.surfaces, indices, strict=True), 1):
        curvature = float(surface.profile.vertex_curvature()) * MM
        material = "mirror" if surface.mirror else materials.IdealMaterial(n=float(n))
        other.add_surface(index=i, radius=1 / curvature if curvature else np.inf, is_stop=surface.stop,
                          thickness=float(surface.thickness) / MM, material=material)  # fmt: skip
    other.set_aperture("EPD", float(told.lens.entrance_pupil_diameter) / MM)
    other.set_field_type("angle")
    other.add_field(y=0)
    other.add_wavelength(told.wavelength * 1e6, is_primary=True)
    return other


def test_focal_lengths_are_those_of_another_tracer(shared_data):
    """Nine lenses and telescopes with a power, none of them tilted, to 1e-9."""
    peer()
    compared = 0
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in files(shared_data):
            told = read_lens(path)
            efl = float(first_order(told.lens, told.wavelength).efl) / MM
            if np.isfinite(efl) and all(s.turn is None for s in told.lens.surfaces):
                theirs = float(np.ravel(rebuilt(told).paraxial.f2())[0])
                sign = (-1) ** sum(s.mirror for s in told.lens.surfaces)  # with which the other counts a focal length
                assert efl == pytest.approx(sign * theirs, rel=1e-9), path.name
                compared += 1
    assert compared == 9


def test_files_are_read_as_another_program_reads_them(shared_data):
    """Where both take the same glass: from a catalog, or none."""
    peer()
    load = pytest.importorskip("optiland.fileio").load_zemax_file
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("HoO-V2C18Ex03", "lens2", "lens_thorlabs_iso_8859_1"):
            path = shared_data(f"lenses/zmx/{name}.zmx")
            told = read_lens(path)
            theirs = float(np.ravel(load(str(path)).paraxial.f2())[0])
            assert float(first_order(told.lens, told.wavelength).efl) / MM == pytest.approx(theirs, rel=1e-12)
