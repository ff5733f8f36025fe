"""The bad files of the design, one named case each: row number, what is wrong, what the message must say."""

import os

import bad_files as bad
import numpy as np
import pytest
import samples
import tifffile
from refusals import check, snapshot

from backlight.errors import InputError
from backlight.io import info, read, read_frames

FILES = {
    "1 empty file": (lambda p: p.write_bytes(b""), "empty"),
    "2 tiff cut in its header": (bad.cut(samples.tiff, 5), "cut in its header"),
    "2 tiff of eight bytes": (bad.cut(samples.tiff, 8), "directory"),
    "3 tiff cut in a directory": (bad.cut(samples.tiff, 60), "directory of page 1"),
    "3 tiff cut in pixels": (bad.cut(samples.tiff, -50), "ending at byte"),
    "3 bigtiff cut": (bad.cut(samples.bigtiff, -70), "ending at byte"),
    "4 truncated hdf5": (bad.cut(samples.hdf5, -60), "HDF5"),
    "4 hdf5 signature only": (bad.cut(samples.hdf5, 8), "HDF5"),
    "5 truncated mat": (bad.cut(samples.mat5, -60), "variable"),
    "5 truncated npz": (bad.cut(samples.npz, -60), "zip"),
    "5 truncated png": (bad.cut(samples.png, -60), "PNG that ends"),
    "5 truncated npy": (bad.cut(samples.npy, -60), "declared"),
    "5 truncated jpeg": (bad.cut(samples.jpeg, -60), "JPEG"),
    "5 truncated bmp": (bad.cut(samples.bmp, -60), "BMP"),
    "6 text called tif": (lambda p: p.write_text("exposure 3 ms, gain 1"), "exposure 3"),
    "7 tiff claiming 60000 squared": (lambda p: samples.tiff_claiming(p, 60_000, 60_000), "60000 × 60000"),
    "7 the same, deflated": (lambda p: samples.tiff_claiming(p, 60_000, 60_000, compression=8), "60000 × 60000"),
    "7 the same, unknown scheme": (lambda p: samples.tiff_claiming(p, 60_000, 60_000, compression=50000), "60000"),
    "8 tiff claiming 2^31-1 squared": (lambda p: samples.tiff_claiming(p, 2**31 - 1, 2**31 - 1), "2147483647"),
    "9 tiff directory loop": (bad.tiff_loop, "loop"),
    "9 tiff with a million directories": (bad.tiff_million, "more than 100,000 pages"),
    "10 npy claiming 10^12": (bad.npy_claiming, "1000000 × 1000000"),
    "11 npz bomb": (bad.npz_bomb, "expansion"),
    "12 mat bomb": (bad.mat_bomb, "expansion"),
    "13 png bomb": (bad.png_bomb, "expansion"),
    "14 hdf5 without storage": (bad.hdf5_nothing_stored, "without any stored data"),
    "15 zarr claiming 10^72": (bad.zarr_claiming, "1000000000000000000"),
    "16 pickle in npy": (bad.pickled("npy"), "pickled"),
    "16 pickle in npz": (bad.pickled("npz"), "pickled"),
    "16 cell array in mat": (bad.mat_cell, "cell array"),
    "17 zarr objects": (bad.zarr_objects, "|O"),
    "17 zarr 3 text": (bad.zarr3_text, "string"),
    "22 xml entities": (bad.entities, "entities"),
    "23 ome-tiff pointing elsewhere": (bad.other_file, "another file"),
    "24 ome sizes beyond the planes": (bad.more_planes, "300 planes declared by OME, 3 present"),
    "25 hdf5 external storage": (bad.hdf5_external, "other files"),
    "25 hdf5 external link": (bad.hdf5_external_link, "links to other places"),
    "25 hdf5 virtual array": (bad.hdf5_virtual, "virtual"),
    "26 hdf5 link cycle": (bad.hdf5_cycle, "links"),
    "27 zarr chunk linked outside": (bad.zarr_link, "leads out"),
    "27 frame linked outside": (bad.folder_link, "leads out"),
    "28 zarr dataset with dots": (bad.ome_zarr_dots, "../0"),
    "28 pipe": (lambda p: os.mkfifo(p), "a pipe"),
    "28 missing file": (lambda p: None, "No such file"),
    "29 zip": (bad.zipped, "zip archive with a.tif"),
    "29 tar": (bad.tarred, "tar archive"),
    "29 gzip": (bad.gzipped, "gzip"),
    "29 old matlab": (bad.mat4, "MATLAB 4"),
    "32 pages of different shape": (bad.mixed_pages, "page 2 is 44 × 40"),
    "32 color where grey is expected": (bad.rgb, "color"),
    "33 nan pixel": (bad.with_value(np.nan, (1, 5, 6)), "frame 1: 1 in frame 1"),
    "33 infinite pixel": (bad.with_value(np.inf, (2, 5, 6)), "frame 2"),
    "33 whole nan frame": (bad.with_value(np.nan, 1), "the whole frame"),
    "34 all zero": (bad.npy_of(np.zeros((2, 16, 16), np.uint16)), "all-zero"),
    "34 constant": (bad.npy_of(np.full((16, 16), 7, np.uint16)), "constant (7)"),
    "35 not an intensity": (bad.npy_of(samples.F4 - samples.F4.mean()), "negative"),
    "35 complex": (bad.npy_of(samples.F4 * 1j), "complex"),
    "36 beyond float32": (bad.npy_of(samples.F4.astype(float) * 1e300), "below 3e38"),
    "40 name with escapes": (lambda p: None, "no file"),
}  # fmt: skip


@pytest.mark.parametrize("row", FILES)
def test_file(row, tmp_path):
    build, says = FILES[row]
    name = "frames\x1b[31m<script>\n.tif" if row.startswith("40") else "frames.tif"
    build(tmp_path / name)
    before = snapshot(tmp_path)
    with pytest.raises(InputError) as caught:
        read_frames(tmp_path / name)
    check(caught.value, InputError, "frames", says)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("row", [r for r in FILES if int(r.split()[0]) < 30 and not r.startswith(("28", "27 frame"))])
def test_info_says_so_too(row, tmp_path):
    """`info` may find the header readable; it must not crash, hang or leave anything."""
    FILES[row][0](tmp_path / "frames.tif")
    before = snapshot(tmp_path)
    try:
        info(tmp_path / "frames.tif")
    except InputError as error:
        check(error, InputError, "frames", "")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_28_devices(device):
    with pytest.raises(InputError) as caught:
        read(device)
    assert "expected:" in str(caught.value)


def test_32_frames_of_different_shape_or_depth(tmp_path):
    samples.png(tmp_path / "a.png")
    samples._pillow(tmp_path / "b.png", "PNG", samples.U2[:-2])
    samples._pillow(tmp_path / "c.png", "PNG", samples.U1)
    for other, says in (("b.png", "46 × 40 uint16"), ("c.png", "48 × 40 uint8")):
        with pytest.raises(InputError) as caught:
            read_frames([tmp_path / "a.png", tmp_path / other])
        check(caught.value, InputError, other, says)


def test_34_35_oddities_are_said(tmp_path):
    stack = np.repeat(samples.U2[None], 4, axis=0)
    stack[1] = 0
    stack[2, :10] = 4095
    stack[3, 20, 20] = 4095
    np.save(tmp_path / "a.npy", stack)
    text = " ".join(read_frames(tmp_path / "a.npy").warnings)
    assert "frame 1: all-zero" in text
    assert "frames 2, 3: up to 20.83% of the pixels saturated (at 4095" in text
    wrapped = samples.U2 - np.uint16(930)
    np.save(tmp_path / "b.npy", wrapped)
    assert "unsigned subtraction" in " ".join(read_frames(tmp_path / "b.npy").warnings)
    few = samples.F4 - np.float32(0.9)
    few[few < -0.05] = 0.1
    np.save(tmp_path / "c.npy", np.abs(few))
    assert not any("negative" in w for w in read_frames(tmp_path / "c.npy").warnings)
    hot = samples.F4.copy()
    hot[0, 20, 21] = 50
    np.save(tmp_path / "d.npy", hot)
    assert "row 20, column 21" in " ".join(read_frames(tmp_path / "d.npy").warnings)


def test_35_few_negative_pixels_are_said(tmp_path):
    array = samples.F4.copy()
    array[0, 3, 3] = -0.1
    np.save(tmp_path / "a.npy", array)
    assert "negative pixels" in " ".join(read_frames(tmp_path / "a.npy").warnings)
    with pytest.raises(InputError, match="an amplitude"):
        read_frames(tmp_path / "a.npy", quantity="amplitude")


def test_33_masked_pixels_may_hold_anything(tmp_path):
    array = samples.F4.copy()
    array[:, 3, 3] = np.nan
    np.save(tmp_path / "a.npy", array)
    mask = np.zeros((48, 40))
    mask[3, 3] = 1
    assert (read_frames(tmp_path / "a.npy", mask=mask).array[:, 3, 3] == 0).all()


def test_34_constant_background_is_accepted(tmp_path):
    np.save(tmp_path / "a.npy", np.full((16, 16), 7, np.uint16))
    assert read_frames(tmp_path / "a.npy", role="background").warnings


def test_26_cycle_beside_data_is_no_obstacle(tmp_path):
    import h5py

    samples.hdf5(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["scan/back"] = file["/"]
    np.testing.assert_array_equal(read(tmp_path / "a.h5").array, samples.STACK)


def test_a_stack_that_was_saved_as_colors_is_told_how_to_be_saved(tmp_path):
    """Three frames in one page look like red, green and blue."""
    frames = np.arange(3 * 8 * 9, dtype=np.uint8).reshape(3, 8, 9)
    tifffile.imwrite(tmp_path / "stack.tif", frames, photometric="rgb", planarconfig="separate")
    with pytest.raises(InputError, match="photometric='minisblack'"):
        read_frames(tmp_path / "stack.tif")
    tifffile.imwrite(tmp_path / "stack.tif", frames, photometric="minisblack")
    np.testing.assert_array_equal(read_frames(tmp_path / "stack.tif").array, frames)
