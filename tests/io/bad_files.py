"""Files that are damaged, hostile or not what their name says: a builder each, path → file."""

import tarfile
import zipfile

import numpy as np
import samples


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
