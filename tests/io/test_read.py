import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import samples

from backlight.errors import InputError
from backlight.io import Decoder, Limits, info, read, read_frames, recognize

DATA = Path(__file__).parents[3] / "shared" / "data"
EXPECTED = {
    "tiff_lzw": samples.U2, "png": samples.U2, "bmp": samples.U1, "npy": samples.F4, "npz": samples.F4,
    "mat5": samples.F4.transpose(1, 2, 0), "mat5_plain": samples.F4.transpose(1, 2, 0).astype(float),
    "mat73": samples.F4.transpose(1, 2, 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as decoder:
        yield decoder


@pytest.mark.parametrize("name", [*samples.FILES, "zarr3", "zarr2"])
def test_reads_what_was_written(name, tmp_path, decoder):
    path = tmp_path / "no-ending"  # by content, not by name
    (samples.FILES | samples.FOLDERS)[name](path)
    record = read(path, decoder=decoder)
    if name == "jpeg":
        assert np.abs(record.array.astype(int) - samples.U1).max() < 30
        return
    np.testing.assert_array_equal(record.array, EXPECTED.get(name, samples.STACK))
    assert record.array.dtype == EXPECTED.get(name, samples.STACK).dtype
    assert len(record.sha256) == 64


@pytest.mark.parametrize("name", [*samples.FILES, "zarr3", "zarr2"])
def test_trusted_gives_the_same(name, tmp_path, decoder):
    path = tmp_path / "file"
    (samples.FILES | samples.FOLDERS)[name](path)
    np.testing.assert_array_equal(read(path, trusted=True).array, read(path, decoder=decoder).array)


@pytest.mark.parametrize("name", [n for n in samples.FILES if n not in ("jpeg", "bmp", "png", "tiff_lzw")])
def test_stacks_become_frame_y_x(name, tmp_path):
    path = tmp_path / "file"
    samples.FILES[name](path)
    frames = read_frames(path)
    expected = samples.STACK if EXPECTED.get(name, samples.STACK).dtype == np.uint16 else samples.F4
    np.testing.assert_array_equal(frames.array, expected.astype(np.float32))
    assert frames.array.dtype == np.float32
    assert frames.array.flags.c_contiguous
    assert frames.sources[0]["frames"] == 3


def test_big_endian_and_bool_and_half(tmp_path):
    for dtype in (">u2", ">f8", "?", "<f2", "i8"):
        np.save(tmp_path / "a.npy", samples.U1.astype(dtype))
        np.testing.assert_array_equal(read(tmp_path / "a.npy").array, samples.U1.astype(dtype))


def test_fortran_order(tmp_path):
    np.save(tmp_path / "a.npy", np.asfortranarray(samples.F4))
    np.testing.assert_array_equal(read(tmp_path / "a.npy").array, samples.F4)


def test_complex_is_read_but_is_no_frame(tmp_path):
    field = (samples.F4[0] + 1j).astype(np.complex64)
    np.save(tmp_path / "a.npy", field)
    np.testing.assert_array_equal(read(tmp_path / "a.npy").array, field)
    with pytest.raises(InputError, match="complex"):
        read_frames(tmp_path / "a.npy")


def test_complex_matlab(tmp_path):
    from scipy.io import savemat

    field = samples.F4[0] + 2j * samples.F4[1]
    for packed in (False, True):
        savemat(tmp_path / "a.mat", {"field": field}, do_compression=packed)
        np.testing.assert_array_equal(read(tmp_path / "a.mat").array, field)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_matlab_types_agree_with_scipy(dtype, tmp_path):
    from scipy.io import loadmat, savemat

    savemat(tmp_path / "a.mat", {"a": samples.U1.astype(dtype)})
    np.testing.assert_array_equal(read(tmp_path / "a.mat").array, loadmat(tmp_path / "a.mat")["a"])


@pytest.mark.parametrize(
    ("name", "source"),
    [("ome_tiff", "OME"), ("imagej_tiff", "ImageJ"), ("hdf5", "attribute"), ("ome_zarr", "OME-Zarr")],
)
def test_pixel_size_and_its_source(name, source, tmp_path):
    path = tmp_path / "file"
    (samples.FILES | samples.FOLDERS)[name](path)
    found = info(path)["arrays"][0]
    assert found["pixel_size"] == pytest.approx(5.86e-6, rel=1e-6)
    sources = [e["source"] for e in found["metadata"].values()]
    assert any(source in s for s in sources)


def test_ome_zarr_channels_by_name(tmp_path):
    samples.ome_zarr(tmp_path / "object.ome.zarr")
    record = read(tmp_path / "object.ome.zarr", key="phase")
    np.testing.assert_array_equal(record.array, samples.F4[1])
    assert record.axes == "yx"
    assert read(tmp_path / "object.ome.zarr", key="0").array.shape == (2, 48, 40)


def test_several_arrays_need_a_key(tmp_path):
    np.savez(tmp_path / "a.npz", raw=samples.F4, flat=samples.F4[0], z=np.arange(3))
    with pytest.raises(InputError, match="raw") as error:
        read(tmp_path / "a.npz")
    assert "3×48×40" in str(error.value)
    assert "key =" in str(error.value)
    assert read(tmp_path / "a.npz", key="flat").array.shape == (48, 40)
    with pytest.raises(InputError, match="did you mean 'flat'"):
        read(tmp_path / "a.npz", key="falt")


def test_metadata_numbers_of_hdf5(tmp_path):
    samples.hdf5(tmp_path / "a.h5")
    assert read(tmp_path / "a.h5").metadata["wavelength"] == {"value": 6.328e-7, "source": "number wavelength"}


def test_axes_override(tmp_path):
    np.save(tmp_path / "a.npy", samples.F4.transpose(1, 2, 0))
    frames = read_frames(tmp_path / "a.npy", axes="yxf")
    np.testing.assert_array_equal(frames.array, samples.F4)


def test_crop(tmp_path):
    samples.npy(tmp_path / "a.npy")
    assert read_frames(tmp_path / "a.npy", crop=(4, 6, 10, 12)).array.shape == (3, 10, 12)
    with pytest.raises(InputError, match="crop"):
        read_frames(tmp_path / "a.npy", crop=(40, 0, 10, 12))


def test_folder_list_and_pattern_in_natural_order(tmp_path):
    for i in (10, 2, 1):
        samples._pillow(tmp_path / f"z_{i}.png", "PNG", samples.U2 + i)
    (tmp_path / "notes.txt").write_text("exposure 3 ms")
    wanted = np.stack([samples.U2 + i for i in (1, 2, 10)]).astype(np.float32)
    for source in (tmp_path, tmp_path / "z_*.png", [tmp_path / f"z_{i}.png" for i in (1, 2, 10)]):
        np.testing.assert_array_equal(read_frames(source).array, wanted)
    assert any("notes.txt" in w for w in read_frames(tmp_path).warnings)


def test_info_names_problems_without_reading(tmp_path):
    samples.tiff_claiming(tmp_path / "a.tif", 60_000, 60_000)
    assert "60000" in info(tmp_path / "a.tif")["problems"][0]


def test_imports_are_light():
    code = "import sys, backlight.io, backlight.units, backlight.schema, backlight.io.decode, backlight.io.child; "
    code += "print([m for m in ('jax', 'numpy', 'pydantic', 'matplotlib', 'h5py', 'zarr') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_decoder_survives_a_crash_and_a_hang(tmp_path, monkeypatch):
    samples.npy(tmp_path / "good.npy")
    with Decoder(Limits(seconds=0.5)) as decoder:
        decoder.decode(tmp_path / "good.npy")
        assert decoder._process is not None
        decoder._process.kill()
        decoder._process.wait()
        decoder.decode(tmp_path / "good.npy")
        import signal

        decoder._process.send_signal(signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(InputError, match="good"):
            decoder.decode(tmp_path / "good.npy")
        assert time.monotonic() - start < 5
        decoder.decode(tmp_path / "good.npy")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce these limits")
def test_child_can_neither_take_memory_nor_write_files(tmp_path):
    code = f"""
from backlight.io import child
child._limit_for_good()
child._limit(8, 500_000_000)
try:
    bytearray(10**9)
except MemoryError:
    print("no memory")
try:
    with open({str(tmp_path / "left")!r}, "wb", buffering=0) as file:
        file.write(b"x")
except OSError:
    print("no file")
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split("\n")[:2] == ["no memory", "no file"]


def test_decoder_believes_no_lie_about_sizes(tmp_path):
    from backlight.io.sandbox import _payload

    for shape, dtype in (([10**9, 10**9], "f8"), ([4, 4], "O"), ([-1, 4], "f8"), ([], "f8")):
        with pytest.raises((ValueError, KeyError)):
            _payload(None, {"info": {"shape": shape, "dtype": dtype}}, 10**9)  # type: ignore[arg-type]


def test_fifty_megabytes_in_time(tmp_path):
    np.save(tmp_path / "big.npy", np.random.default_rng(0).integers(0, 4000, (6, 2048, 2048), dtype=np.uint16))
    start = time.monotonic()
    with Decoder() as decoder:
        decoder.decode(tmp_path / "big.npy")
    assert time.monotonic() - start < 5  # 0.3 s on an idle machine; the margin is for busy ones


REAL = [
    ("holography/inline_usaf.mat", (1, 1000, 1000)),
    ("holography/dcod_rbc_hologram.tif", (1, 512, 512)),
    ("particles/two_plane_holo1.bmp", (1, 1024, 1024)),
    ("particles/sphere_image01.jpg", (1, 512, 512)),
    ("multi_height/z_*.png", (7, 1200, 2000)),
    ("phase/microlens_I0.tiff", (1, 960, 1280)),
    ("fourier_ptychography/bloodsmear_red.mat", (225, 128, 128)),
]


@pytest.mark.real
@pytest.mark.skipif(not DATA.is_dir(), reason="the measured data (../shared/data) are absent")
@pytest.mark.parametrize(("name", "shape"), REAL, ids=[n for n, _ in REAL])
def test_measured_data(name, shape):
    assert read_frames(DATA / name).array.shape == shape


@pytest.mark.real
@pytest.mark.skipif(not DATA.is_dir(), reason="the measured data (../shared/data) are absent")
def test_matlab_agrees_with_scipy_on_measured_data():
    from scipy.io import loadmat

    for name in ("holography/inline_usaf.mat", "fourier_ptychography/bloodsmear_red.mat"):
        record = read(DATA / name)
        np.testing.assert_array_equal(record.array, loadmat(DATA / name)[record.key])


def test_recognize(tmp_path):
    samples.mat73(tmp_path / "a")
    assert recognize(tmp_path / "a") == "MAT73"
    assert json.dumps(info(tmp_path / "a"))


def test_one_frame_of_many(tmp_path):
    array = np.random.default_rng(0).random((5, 8, 9)).astype(np.float32)
    array[3, 0, 0] = np.nan  # a frame that is not asked for may be spoiled
    np.save(tmp_path / "stack.npy", array)
    np.save(tmp_path / "more.npy", array[:2])
    found = read_frames(tmp_path / "stack.npy", frame=2)
    np.testing.assert_array_equal(found.array, array[2:3])
    both = read_frames([tmp_path / "stack.npy", tmp_path / "more.npy"], frame=6)
    np.testing.assert_array_equal(both.array, array[1:2])
    with pytest.raises(InputError, match="0 to 4"):
        read_frames(tmp_path / "stack.npy", frame=5)
