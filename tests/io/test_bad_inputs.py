"""The bad inputs of the design, one named case each: row number, what is wrong, what the message must say."""

import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import samples

from backlight.errors import InputError, RunFileError, SpaceError
from backlight.io import Decoder, commit_folder, info, load, read, read_frames, read_json
from backlight.schema import Key, SystemSchema

SCHEMA = SystemSchema(
    "inline_hologram",
    "In-line hologram",
    (Key("wavelength", "length", "vacuum wavelength", required=True, example="632.8 nm"),
     Key("pixel_pitch", "length", "camera pixel", required=True, example="5.86 um"),
     Key("distance", "length", "sample to camera", example="41 mm"),
     Key("source_distance", "length", "source to sample", example="100 mm"),
     Key("medium_index", "dimensionless", "refractive index", default=1.0)),
    (Key("sample", "field", "the sample"), Key("distance", "length", "sample to camera"),
     Key("source_distance", "length", "source to sample")),
    losses=("amplitude", "intensity"),
)  # fmt: skip
BETWEEN = '{ between = ["38 mm", "45 mm"] }'
RUN = """system = "inline_hologram"
[data]
frames = "frames.npy"
[instrument]
wavelength = "632.8 nm"
pixel_pitch = "5.86 um"
distance = "41 mm"
[unknown]
sample = true
distance = { between = ["38 mm", "45 mm"] }
[estimate]
loss = "amplitude"
"""


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as decoder:
        yield decoder


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


# --- files ------------------------------------------------------------------------------------------------------------


def cut(make, keep):
    def build(path):
        make(path)
        data = path.read_bytes()
        path.write_bytes(data[: keep if keep > 0 else int(len(data) * -keep / 100)])

    return build


def tiff_loop(path):
    samples.tiff_claiming(path, 8, 8, size=768, link=8)


def tiff_million(path):
    entry = (1).to_bytes(2, "little") + bytes.fromhex("0001 0300 0100 0000 0800 0000".replace(" ", ""))
    body = b"".join(entry + (8 + 18 * (i + 1)).to_bytes(4, "little") for i in range(1_000_000))
    path.write_bytes(b"II*\0" + (8).to_bytes(4, "little") + body + entry + bytes(4))


def npy_claiming(path):
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }".ljust(117) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(64))


def npz_bomb(path):
    with open(path, "wb") as file:
        np.savez_compressed(file, frames=np.zeros((18_000, 18_000), np.uint8))


def mat_bomb(path):
    import struct

    count = 300_000_000
    small = samples.mat_element("frames", (15_000, 20_000), b"", kind=9, stored=2)[:-8]
    inner = struct.pack("<II", 14, len(small) + 8 + count) + small + struct.pack("<II", 2, count)
    import zlib

    packer = zlib.compressobj(1)
    packed = packer.compress(inner) + b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    head = b"MATLAB 5.0 MAT-file, made for a test".ljust(124) + struct.pack("<H2s", 0x100, b"IM")
    path.write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)


def png_bomb(path):
    samples.png_claiming(path, 18_000, 17_999, samples.zeros_deflated(18_000 * 18_000))


def hdf5_nothing_stored(path):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("frames", shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))


def zarr_claiming(path):
    samples.zarr2(path)
    text = (path / ".zarray").read_text()
    start = text.index('"shape"')
    end = text.index("]", start)
    (path / ".zarray").write_text(text[:start] + '"shape": [' + ",".join([str(10**18)] * 4)
                                  + text[end:].replace('"chunks"', '"old"'))  # fmt: skip
    table = (path / ".zarray").read_text()
    (path / ".zarray").write_text(table.replace("{", '{"chunks": [24, 24, 20, 20],', 1))


def pickled(form):
    def build(path):
        array = np.array([{"a": 1}, print], dtype=object)
        with open(path, "wb") as file:
            np.save(file, array, allow_pickle=True) if form == "npy" else np.savez(file, frames=array)

    return build


def mat_cell(path):
    from scipy.io import savemat

    savemat(path, {"frames": np.array([1, "a"], dtype=object)}, appendmat=False)


def zarr_objects(path):
    samples.zarr2(path)
    text = (path / ".zarray").read_text()
    (path / ".zarray").write_text(text.replace('"<u2"', '"|O"'))


def zarr3_text(path):
    samples.zarr3(path)
    meta = path / "frames" / "zarr.json"
    meta.write_text(meta.read_text().replace('"uint16"', '"string"'))


def ome_with(change):
    def build(path):
        samples.ome_tiff(path)
        data = path.read_bytes()
        start = data.index(b"<?xml")
        end = data.index(b"</OME>", start) + 6
        text = change(data[start:end].decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        import struct

        # The longer text goes to the end of the file; tag 270 is pointed at it.
        place = data.index(struct.pack("<HH", 270, 2))
        new = data[: place + 4] + struct.pack("<II", len(text) + 1, len(data)) + data[place + 12 :] + text + b"\0"
        path.write_bytes(new)

    return build


ENTITIES = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
other_file = ome_with(
    lambda t: t.replace("</Pixels>", '<TiffData><UUID FileName="../secret.tif">urn:uuid:0</UUID></TiffData></Pixels>')
)
entities = ome_with(lambda t: t.replace("<OME", ENTITIES + "<OME", 1))
more_planes = ome_with(lambda t: t.replace('SizeT="3"', 'SizeT="300"'))


def hdf5_external(path):
    import h5py

    outside = path.parent / "outside.bin"
    outside.write_bytes(bytes(48 * 40 * 2))
    with h5py.File(path, "w") as file:
        file.create_dataset("frames", shape=(48, 40), dtype="u2", external=[(str(outside), 0, 48 * 40 * 2)])


def hdf5_external_link(path):
    import h5py

    samples.hdf5(path.parent / "other.h5")
    with h5py.File(path, "w") as file:
        file["frames"] = h5py.ExternalLink("other.h5", "/scan/frames")


def hdf5_virtual(path):
    import h5py

    samples.hdf5(path.parent / "other.h5")
    layout = h5py.VirtualLayout(shape=(3, 48, 40), dtype="u2")
    layout[:] = h5py.VirtualSource(str(path.parent / "other.h5"), "scan/frames", shape=(3, 48, 40))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("frames", layout)


def hdf5_cycle(path):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_group("a")["b"] = file["/"]
        file["c"] = h5py.SoftLink("/c")


def zarr_link(path):
    samples.zarr2(path)
    chunk = next(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
    chunk.rename(path.parent / "outside")
    chunk.symlink_to(path.parent / "outside")


def folder_link(path):
    path.mkdir()
    samples.png(path.parent / "outside.png")
    (path / "a.png").symlink_to(path.parent / "outside.png")


def ome_zarr_dots(path):
    samples.ome_zarr(path)
    meta = path / "zarr.json"
    meta.write_text(meta.read_text().replace('"path": "0"', '"path": "../0"'))


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tif", b"II*\0")


def tarred(path):
    samples.png(path.parent / "a.png")
    with tarfile.open(path, "w") as archive:
        archive.add(path.parent / "a.png", "a.png")


def gzipped(path):
    import gzip

    path.write_bytes(gzip.compress(b"II*\0"))


def mat4(path):
    path.write_bytes(np.array([0, 4, 4, 0, 2], "<i4").tobytes() + b"a\0" + bytes(128))


def mixed_pages(path):
    import tifffile

    with tifffile.TiffWriter(path) as file:
        file.write(samples.U2)
        file.write(samples.U2[:-4])


def rgb(path):
    picture = np.stack([samples.U1, samples.U1 // 2, samples.U1 // 3], axis=-1)
    samples._pillow(path, "PNG", picture)


def npy_of(array):
    def build(path):
        with path.open("wb") as file:
            np.save(file, np.asarray(array))

    return build


def with_value(value, where, array=samples.F4):
    out = array.copy()
    out[where] = value
    return npy_of(out)


FILES = {
    "1 empty file": (lambda p: p.write_bytes(b""), "empty"),
    "2 tiff cut in its header": (cut(samples.tiff, 5), "cut in its header"),
    "2 tiff of eight bytes": (cut(samples.tiff, 8), "directory"),
    "3 tiff cut in a directory": (cut(samples.tiff, 60), "directory of page 1"),
    "3 tiff cut in pixels": (cut(samples.tiff, -50), "ending at byte"),
    "3 bigtiff cut": (cut(samples.bigtiff, -70), "ending at byte"),
    "4 truncated hdf5": (cut(samples.hdf5, -60), "HDF5"),
    "4 hdf5 signature only": (cut(samples.hdf5, 8), "HDF5"),
    "5 truncated mat": (cut(samples.mat5, -60), "variable"),
    "5 truncated npz": (cut(samples.npz, -60), "zip"),
    "5 truncated png": (cut(samples.png, -60), "PNG that ends"),
    "5 truncated npy": (cut(samples.npy, -60), "declared"),
    "5 truncated jpeg": (cut(samples.jpeg, -60), "JPEG"),
    "5 truncated bmp": (cut(samples.bmp, -60), "BMP"),
    "6 text called tif": (lambda p: p.write_text("exposure 3 ms, gain 1"), "exposure 3"),
    "7 tiff claiming 60000 squared": (lambda p: samples.tiff_claiming(p, 60_000, 60_000), "60000 × 60000"),
    "7 the same, deflated": (lambda p: samples.tiff_claiming(p, 60_000, 60_000, compression=8), "60000 × 60000"),
    "7 the same, unknown scheme": (lambda p: samples.tiff_claiming(p, 60_000, 60_000, compression=50000), "60000"),
    "8 tiff claiming 2^31-1 squared": (lambda p: samples.tiff_claiming(p, 2**31 - 1, 2**31 - 1), "2147483647"),
    "9 tiff directory loop": (tiff_loop, "loop"),
    "9 tiff with a million directories": (tiff_million, "more than 100,000 pages"),
    "10 npy claiming 10^12": (npy_claiming, "1000000 × 1000000"),
    "11 npz bomb": (npz_bomb, "expansion"),
    "12 mat bomb": (mat_bomb, "expansion"),
    "13 png bomb": (png_bomb, "expansion"),
    "14 hdf5 without storage": (hdf5_nothing_stored, "without any stored data"),
    "15 zarr claiming 10^72": (zarr_claiming, "1000000000000000000"),
    "16 pickle in npy": (pickled("npy"), "pickled"),
    "16 pickle in npz": (pickled("npz"), "pickled"),
    "16 cell array in mat": (mat_cell, "cell array"),
    "17 zarr objects": (zarr_objects, "|O"),
    "17 zarr 3 text": (zarr3_text, "string"),
    "22 xml entities": (entities, "entities"),
    "23 ome-tiff pointing elsewhere": (other_file, "another file"),
    "24 ome sizes beyond the planes": (more_planes, "300 planes declared by OME, 3 present"),
    "25 hdf5 external storage": (hdf5_external, "other files"),
    "25 hdf5 external link": (hdf5_external_link, "links to other places"),
    "25 hdf5 virtual array": (hdf5_virtual, "virtual"),
    "26 hdf5 link cycle": (hdf5_cycle, "links"),
    "27 zarr chunk linked outside": (zarr_link, "leads out"),
    "27 frame linked outside": (folder_link, "leads out"),
    "28 zarr dataset with dots": (ome_zarr_dots, "../0"),
    "28 pipe": (lambda p: os.mkfifo(p), "a pipe"),
    "28 missing file": (lambda p: None, "No such file"),
    "29 zip": (zipped, "zip archive with a.tif"),
    "29 tar": (tarred, "tar archive"),
    "29 gzip": (gzipped, "gzip"),
    "29 old matlab": (mat4, "MATLAB 4"),
    "32 pages of different shape": (mixed_pages, "page 2 is 44 × 40"),
    "32 color where grey is expected": (rgb, "color"),
    "33 nan pixel": (with_value(np.nan, (1, 5, 6)), "frame 1: 1 in frame 1"),
    "33 infinite pixel": (with_value(np.inf, (2, 5, 6)), "frame 2"),
    "33 whole nan frame": (with_value(np.nan, 1), "the whole frame"),
    "34 all zero": (npy_of(np.zeros((2, 16, 16), np.uint16)), "all-zero"),
    "34 constant": (npy_of(np.full((16, 16), 7, np.uint16)), "constant (7)"),
    "35 not an intensity": (npy_of(samples.F4 - samples.F4.mean()), "negative"),
    "35 complex": (npy_of(samples.F4 * 1j), "complex"),
    "36 beyond float32": (npy_of(samples.F4.astype(float) * 1e300), "below 3e38"),
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


# --- outputs ----------------------------------------------------------------------------------------------------------


def output_exists(folder):
    (folder / "out").mkdir()
    (folder / "out" / "thesis.txt").write_text("years")


def output_is_link(folder):
    (folder / "real").mkdir()
    (folder / "out").symlink_to(folder / "real")


OUTPUTS = {
    "30 exists": (output_exists, "out", {}, "exists"),
    "30 exists, foreign, overwrite": (output_exists, "out", {"overwrite": True}, "manifest"),
    "30 is a symlink": (output_is_link, "out", {}, "link"),
    "30 is a file": (lambda f: (f / "out").write_text("x"), "out", {"overwrite": True}, "file of this name"),
    "30 inside the input": (lambda f: (f / "in").mkdir(), "in/out", {"inputs": ["in"]}, "inside the input"),
    "30 holds the input": (
        lambda f: (f / "out/in").mkdir(parents=True),
        "out",
        {"inputs": ["out/in"]},
        "holds the input",
    ),
    "40 5,000 characters": (lambda f: None, "a" * 5000, {}, "5,0"),
}


@pytest.mark.parametrize("row", OUTPUTS)
def test_output(row, tmp_path):
    build, name, options, says = OUTPUTS[row]
    build(tmp_path)
    before = snapshot(tmp_path)
    options = options | {"inputs": [tmp_path / i for i in options.get("inputs", [])]}
    with pytest.raises(InputError) as caught:
        commit_folder(tmp_path / name, lambda f: (f / "a").write_text("new"), **options)
    check(caught.value, InputError, name[:5], says)
    assert snapshot(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_30_not_writable(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SpaceError, match="Permission"):
        commit_folder(tmp_path / "out", lambda f: (f / "a").write_text("new"))


# --- run files --------------------------------------------------------------------------------------------------------

RUNS = {
    "18 yaml": ("system: inline_hologram\ndata:\n  frames: a.tif\n", "YAML"),
    "18 json": ('{"system": "inline_hologram"}', "JSON"),
    "19 duplicate key": (RUN.replace("[unknown]", '[unknown]\nsample = true', 1), "line 10"),
    "19 unknown key": (RUN.replace("pixel_pitch", "pixel_pich"), "did you mean 'pixel_pitch'?"),
    "19 unknown section": (RUN.replace("[unknown]", "[unknowns]"), "did you mean 'unknown'?"),
    "19 unknown data key": (RUN.replace("frames =", "framse ="), "'frames'?"),
    "19 unknown estimate key": (RUN.replace("loss =", "los ="), "did you mean 'loss'?"),
    "19 unknown unknown": (RUN.replace("sample = true", "smaple = true"), "did you mean 'sample'?"),
    "19 unknown system": (RUN.replace("inline_hologram", "inline_holgram"), "did you mean 'inline_hologram'?"),
    "19 unknown loss": (RUN.replace('"amplitude"', '"amplitud"'), "did you mean 'amplitude'?"),
    "19 wrong type": (RUN.replace('"frames.npy"', "3"), "string"),
    "19 wrong unknown": (RUN.replace("sample = true", "sample = 1"), "true or false"),
    "19 bare number": (RUN.replace('"41 mm"', "41"), 'write "41 mm"'),
    "19 bare text": (RUN.replace("632.8 nm", "632.8"), 'write "632.8 nm"'),
    "19 unknown without a value": (RUN.replace("sample = true", "source_distance = true"),
                                   'add source_distance = "100 mm" to [instrument]'),
    "19 unknown without any value": (RUN.replace('distance = "41 mm"', "").replace(BETWEEN, "true"),
                                     'add distance = "41 mm" to [instrument]'),
    "19 frame for frames": (RUN.replace("frames =", "frame ="), "[data] frames"),
    "19 frame before the first": (RUN.replace("[instrument]", "frame = -1\n[instrument]"), "[data] frame"),
    "19 missing key": (RUN.replace('wavelength = "632.8 nm"', ""), 'wavelength = "632.8 nm"'),
    "19 missing section": (RUN.replace("[data]\nframes = \"frames.npy\"", ""), "[data]"),
    "19 interval backwards": (RUN.replace('["38 mm", "45 mm"]', '["45 mm", "38 mm"]'), "smaller value first"),
    "19 first value outside": (RUN.replace('"41 mm"', '"50 mm"'), "between 38 mm and 45 mm"),
    "19 bad axes": (RUN.replace("[instrument]", 'axes = "xx"\n[instrument]'), "axes"),
    "19 bad crop": (RUN.replace("[instrument]", "crop = [1, 2, 0, 4]\n[instrument]"), "crop"),
    "20 nested 2,000 deep": (RUN + "a = " + "[" * 2000 + "]" * 2000, "2,000 deep"),
    "20 dotted 400,000 deep": (RUN + ".".join("a" * 400_000) + " = 1", "deep"),
    "20 braces": (RUN + "a = " + "{a=" * 2000 + "1" + "}" * 2000, "deep"),
    "20 100 MB": (None, "1,000,000 bytes"),
    "28 device": (RUN.replace("frames.npy", "/dev/zero"), "a device"),
    "28 missing": (RUN.replace("frames.npy", "../nowhere/frames.npy"), "No such file"),
    "36 wavelength 532 m": (RUN.replace("632.8 nm", "532 m"), "did you mean 532 nm?"),
    "36 pixel 6.5 mm": (RUN.replace("5.86 um", "6.5 mm"), "did you mean 6.5 um?"),
    "36 index 133": (RUN.replace("[unknown]", "medium_index = 133\n[unknown]"), "did you mean 1.33?"),
    "36 distance in seconds": (RUN.replace('"41 mm"', '"41 ms"'), "units: "),
    "37 zero wavelength": (RUN.replace("632.8 nm", "0 nm"), "above zero"),
    "37 negative pixel": (RUN.replace("5.86 um", "-5.86 um"), "above zero"),
    "37 nan distance": (RUN.replace('"41 mm"', "nan"), "without a unit"),
    "40 escapes": (RUN.replace("inline_hologram", "a\\u001b[31m<script>\\n" + "b" * 5000), "characters"),
    "40 escapes in a key": (RUN.replace("pixel_pitch", '"\\u001b[2J<script>"'), "\\x1b[2J<script>"),
    "6 binary": (None, "not text"),
    "1 empty": ("", "no such key"),
}  # fmt: skip


@pytest.mark.parametrize("row", RUNS)
def test_run_file(row, tmp_path):
    text, says = RUNS[row]
    samples.npy(tmp_path / "frames.npy")
    path = tmp_path / "run.toml"
    if row == "20 100 MB":
        path.write_bytes(b"# " + b"a" * 100_000_000)
    elif row == "6 binary":
        samples.png(path)
    else:
        path.write_text(text)
    before = snapshot(tmp_path)
    with pytest.raises(RunFileError) as caught:
        load(path, SCHEMA)
    check(caught.value, RunFileError, "run.toml", says)
    assert caught.value.exit_code == 2
    assert snapshot(tmp_path) == before


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [('{"a": NaN}', "NaN"), ('{"a": 1e999}', "too large"), ('{"a": 1, "a": 2}', "duplicate key 'a'"),
     ('{"a": -Infinity}', "Infinity"), ("[" * 100_000, "deep"), ("{", "Expecting"), ("\xff", "codec")],
    ids=["21 nan", "21 1e999", "21 duplicate", "21 infinity", "21 deep", "21 cut", "21 not utf-8"],
)  # fmt: skip
def test_json(text, says, tmp_path):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        read_json(tmp_path / "a.json")
    check(caught.value, InputError, "a.json", says)
