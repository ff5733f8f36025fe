"""Small valid files of every format, made on the spot."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(7)
U2 = (RNG.poisson(900, (48, 40)) + 50).astype(np.uint16)
U1 = (U2 // 8).astype(np.uint8)
STACK = np.stack([U2 + i for i in range(3)])
F4 = (STACK / 1000).astype(np.float32)


def tiff(path, **options):
    import tifffile

    tifffile.imwrite(path, STACK, photometric="minisblack", **options)


def tiff_deflate(path):
    tiff(path, compression="zlib", rowsperstrip=16)


def bigtiff(path):
    tiff(path, bigtiff=True)


def tiff_lzw(path):
    from PIL import Image

    Image.fromarray(U2).save(path, format="TIFF", compression="tiff_lzw")


def ome_tiff(path):
    import tifffile

    metadata = {"axes": "TYX", "PhysicalSizeX": 5.86, "PhysicalSizeXUnit": "µm"}
    tifffile.imwrite(path, STACK, ome=True, metadata=metadata, photometric="minisblack")


def imagej_tiff(path):
    import tifffile

    tifffile.imwrite(path, STACK, imagej=True, resolution=(1 / 5.86, 1 / 5.86), metadata={"unit": "um", "axes": "TYX"})


def _pillow(path, form, array, **options):
    from PIL import Image

    Image.fromarray(array).save(path, format=form, **options)


def png(path):
    _pillow(path, "PNG", U2)


def jpeg(path):
    _pillow(path, "JPEG", U1, quality=95)


def bmp(path):
    _pillow(path, "BMP", np.stack([U1] * 3, axis=-1))


def npy(path):
    with open(path, "wb") as file:
        np.save(file, F4)


def npz(path):
    with open(path, "wb") as file:
        np.savez_compressed(file, frames=F4)


def mat5(path):
    from scipy.io import savemat

    savemat(path, {"frames": F4.transpose(1, 2, 0), "wavelength": 6.328e-7}, do_compression=True, appendmat=False)


def mat5_plain(path):
    from scipy.io import savemat

    savemat(path, {"frames": F4.transpose(1, 2, 0).astype(float)}, appendmat=False)


def mat73(path):
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("frames", data=F4.transpose(0, 2, 1), chunks=(1, 20, 24), compression="gzip")
    head = b"MATLAB 7.3 MAT-file, made for a test".ljust(124) + b"\x00\x02IM"
    with open(path, "r+b") as file:
        file.write(head)


def hdf5(path):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("scan/frames", data=STACK, chunks=(1, 24, 20), compression="gzip", shuffle=True)
        file["scan/frames"].attrs["element_size_um"] = 5.86
        file["wavelength"] = 6.328e-7


def zarr3(path):
    import zarr

    group = zarr.create_group(str(path), zarr_format=3)
    group.create_array("frames", shape=STACK.shape, dtype="u2", chunks=(1, 24, 20))[...] = STACK


def zarr2(path):
    import zarr

    zarr.create_array(str(path), shape=STACK.shape, dtype="u2", chunks=(1, 24, 20), zarr_format=2)[...] = STACK


def ome_zarr(path):
    from backlight.io import write_ome_zarr

    write_ome_zarr(path, {"amplitude": F4[0], "phase": F4[1]}, 5.86e-6)


FILES = {
    "tiff": tiff, "tiff_deflate": tiff_deflate, "bigtiff": bigtiff, "tiff_lzw": tiff_lzw, "ome_tiff": ome_tiff,
    "imagej_tiff": imagej_tiff, "png": png, "jpeg": jpeg, "bmp": bmp, "npy": npy, "npz": npz, "mat5": mat5,
    "mat5_plain": mat5_plain, "mat73": mat73, "hdf5": hdf5,
}  # fmt: skip
FOLDERS = {"zarr3": zarr3, "zarr2": zarr2, "ome_zarr": ome_zarr}


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(path, height, width, data=b""):
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def zeros_deflated(count: int) -> bytes:
    packer, block = zlib.compressobj(1), bytes(1 << 20)
    out = io.BytesIO()
    for start in range(0, count, len(block)):
        out.write(packer.compress(block[: count - start]))
    return out.getvalue() + packer.flush()


def tiff_claiming(path, height, width, *, compression=1, size=768, bits=16, link=0):
    """Write a TIFF of `size` bytes whose one page claims any size."""
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 1),
            (273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, size - 200)]  # fmt: skip
    raw = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    raw += b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", link)
    Path(path).write_bytes(raw.ljust(size, b"\0"))


def mat_element(name: str, shape: tuple[int, ...], data: bytes, kind: int = 6, stored: int = 9) -> bytes:
    def part(code, body):
        return struct.pack("<II", code, len(body)) + body + bytes(-len(body) % 8)

    parts = part(6, struct.pack("<II", kind, 0)) + part(5, struct.pack(f"<{len(shape)}i", *shape))
    return parts + part(1, name.encode()) + part(stored, data)


def mat_file(path, *elements: bytes):
    head = b"MATLAB 5.0 MAT-file, made for a test".ljust(124) + struct.pack("<H2s", 0x100, b"IM")
    Path(path).write_bytes(head + b"".join(struct.pack("<II", 14, len(e)) + e for e in elements))
