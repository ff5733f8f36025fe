"""A saved instrument comes back bit for bit, and a file can do no harm."""

import io
import json
import zipfile

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian
from backlight.errors import InputError
from backlight.systems import ImagingSystem, Nothing, PerFrame, store
from backlight.wave import FreeSpace, PlaneWave, ThinSample


def instrument(distance=0.041) -> ImagingSystem:
    t = np.exp(1j * np.linspace(0, 1, 12 * 18).reshape(12, 18)).astype(np.complex64)
    return ImagingSystem(
        PlaneWave(632.8e-9),
        Nothing(),
        ThinSample(t),
        FreeSpace(distance),
        Camera((12, 18), (5e-6, 6e-6)),
        Gaussian(0.1),
    )


class Mine(eqx.Module):
    value: jax.Array
    label: str = eqx.field(static=True)


def bits(tree):
    return [(np.asarray(x).dtype, np.asarray(x).shape, np.asarray(x).tobytes()) for x in jax.tree.leaves(tree)]


@pytest.mark.parametrize("distance", [0.041, PerFrame([0.040, 0.041, 0.043])])
def test_an_instrument_comes_back_bit_for_bit(distance):
    before = instrument(distance)
    after = store.parse(store.dump(before))
    assert jax.tree.structure(before) == jax.tree.structure(after)
    assert bits(before) == bits(after)
    np.testing.assert_array_equal(before.predict().values, after.predict().values)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64, np.complex128, np.int32, bool])
def test_every_number_type_survives_also_where_64_bit_is_off(dtype):
    values = np.array([[0, 1], [2, -3]]).astype(dtype)
    with jax.enable_x64(True):
        tree = {"host": values, "device": jnp.asarray(values), "scalar": values.dtype.type(1)}
    after = store.parse(store.dump(tree))
    assert bits(tree) == bits(after)
    assert isinstance(after["device"], jax.Array)
    assert type(after["scalar"]) is type(tree["scalar"])


def test_plain_values_survive():
    tree = {
        "a": (1, 2.5, None, True),
        "b": [float("inf"), 1 + 2j, "<name>"],
        "dtype": np.dtype("float32"),
        "zero": -0.0,
    }
    assert repr(store.parse(store.dump(tree))) == repr(tree)


def test_not_a_number_and_signed_zero_keep_their_bits():
    tree = {"x": np.array([np.nan, -0.0, np.inf, 5e-324])}
    assert bits(store.parse(store.dump(tree))) == bits(tree)


def test_random_keys_survive():
    key = jax.random.key(7)
    assert jax.random.normal(store.parse(store.dump({"k": key}))["k"]) == jax.random.normal(key)


def test_the_same_instrument_gives_the_same_bytes():
    assert store.dump(instrument()) == store.dump(instrument())


def test_own_parts_load_only_where_they_are_named():
    files = store.dump(Mine(jnp.ones(2), "x"))
    with pytest.raises(InputError, match="classes="):
        store.parse(files)
    assert store.parse(files, classes=[Mine]).label == "x"


@pytest.mark.parametrize(
    "name", ["os:system", "backlight.cli:main", "backlight.systems.store:dump", "builtins:eval", 7]
)
def test_a_file_cannot_name_other_code(name):
    files = store.dump(instrument())
    structure = json.loads(files[store.STRUCTURE])
    structure["tree"]["class"] = name
    with pytest.raises(InputError):
        store.parse(files | {store.STRUCTURE: json.dumps(structure).encode()})


def test_functions_are_refused_when_saving():
    with pytest.raises(InputError, match="illumination"):
        store.dump({"illumination": np.sin})


def test_damage_is_told_in_words():
    files = store.dump(instrument())
    rng = np.random.default_rng(0)
    for name in files:
        for _ in range(150):
            raw = bytearray(files[name])
            raw[rng.integers(len(raw))] ^= 1 << rng.integers(8)
            cut = bytes(raw[: rng.integers(len(raw))]) if rng.random() < 0.3 else bytes(raw)
            try:
                after = store.parse(files | {name: cut})
            except InputError:
                continue
            assert isinstance(after, ImagingSystem)


def test_one_flipped_bit_in_an_array_is_noticed():
    files = store.dump(instrument())
    raw = bytearray(files[store.ARRAYS])
    raw[len(raw) // 3] ^= 1
    with pytest.raises(InputError, match="damaged"):
        store.parse(files | {store.ARRAYS: bytes(raw)})


def test_a_claim_of_a_huge_array_allocates_nothing():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }".ljust(117) + b"\n"
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    files = {
        store.STRUCTURE: b'{"format": 1, "tree": {"array": "x", "kind": "numpy"}}',
        store.ARRAYS: buffer.getvalue(),
    }
    with pytest.raises(InputError, match="bytes for shape"):
        store.parse(files)
