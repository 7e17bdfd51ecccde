"""The pickle machine against Python's own pickle: the same data, tensors and arrays; names become data alone."""

import io
import pickle
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ilo_practice.checkpoints.inert import MOST, Budget, Inert
from ilo_practice.checkpoints.pickles import KNOWN, NumpyArray
from ilo_practice.checkpoints.stored import Storage, Stored, contiguous
from ilo_practice.checkpoints.torch_files import read_legacy, read_pickle, read_zip
from tests.formats import EasyDict, pretended, torch_bytes
from tests.hostile.case import call, dictionary, name, pickled, text

TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | TEXT | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXT | st.integers(-(2**62), 2**62), inner, max_size=4)
        | st.sets(TEXT, max_size=3)
        | st.binary().map(bytearray)
    ),
    max_leaves=20,
)


def read(content: bytes) -> object:
    return read_pickle(memoryview(content), Budget(copied=len(content)))


def plain(value: object) -> object:
    """The same with views of bytes as bytes."""
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return {key: plain(each) for key, each in value.items()} if isinstance(value, dict) else value


@settings(max_examples=200)
@given(value=PLAIN, protocol=st.integers(2, 5))
def test_plain_data_are_read_as_python_reads_them(value, protocol):
    content = pickle.dumps(value, protocol)
    assert plain(read(content)) == plain(pickle.loads(content))


@given(
    value=arrays.arrays(
        st.sampled_from(["<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "|b1"]),
        arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    protocol=st.integers(2, 5),
    fortran=st.booleans(),
)
def test_arrays_are_read_as_python_reads_them(value, protocol, fortran):
    value = np.asfortranarray(value) if fortran else value
    found = read(pickle.dumps([value, value.ravel()[:1].sum()], protocol))
    assert type(found[0]) is NumpyArray
    ours = found[0].stored.tensor().numpy()
    assert ours.shape == value.shape
    if value.size:
        assert ours.dtype == value.dtype
        assert ours.tobytes() == np.ascontiguousarray(value).tobytes()
    single = value.ravel()[:1].sum()
    assert found[1] == single or np.isnan(single)


NUMBERS = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8]


@st.composite
def tensors(draw) -> torch.Tensor:
    """Views of a storage: steps, turned dimensions, an offset."""
    number = draw(
        st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8])
    )
    shape = draw(st.lists(st.integers(1, 5), min_size=0, max_size=4))
    base = torch.arange(np.prod([n + 2 for n in shape], dtype=int)).to(number).reshape([n + 2 for n in shape])
    for dim in range(base.ndim):
        start, step = draw(st.integers(0, 1)), draw(st.integers(1, 3))
        base = base[(slice(None),) * dim + (slice(start, None, step),)]
    return base.permute(draw(st.permutations(range(base.ndim))))


@given(tensor=tensors(), protocol=st.integers(2, 5))
def test_tensors_are_read_as_torch_reads_them(tensor, protocol):
    parameter = {"a": torch.nn.Parameter(tensor, requires_grad=False), "b": tensor}
    for content in (torch_bytes(parameter), torch_bytes(parameter, legacy=True)):
        theirs = torch.load(io.BytesIO(content), weights_only=True)
        data = memoryview(content)
        reader = read_zip if content.startswith(b"PK") else read_legacy
        assert_same(reader(data, Budget(copied=len(data))), theirs)
    assert_same(read(pickle.dumps(parameter, protocol)), parameter)


def assert_same(ours: dict[str, Stored], theirs: dict[str, torch.Tensor]) -> None:
    for key, value in theirs.items():
        found = ours[key].tensor()
        assert tuple(ours[key].shape) == tuple(value.shape)
        # bfloat16 comes as the float32 that it is a half of
        assert torch.equal(found, value.float() if value.dtype == torch.bfloat16 else value)


@pytest.mark.parametrize(
    ("shape", "stride", "offset", "message"),
    [
        ((5,), (1,), 0, "reaches beyond"),
        ((2, 2), (0, 0), 0, "reaches beyond"),
        ((4,), (1,), 1, "reaches beyond"),
        ((2,), (2**70,), 0, "reaches beyond"),
        ((0,), (1,), 5, "starts beyond"),
        ((2,), (-1,), 1, ">= 0"),
        ((2.0,), (1,), 0, ">= 0"),
        ([2], (1,), 0, ">= 0"),
        ((True,), (1,), 0, ">= 0"),
        ((1,), (1, 1), 0, "1 dimensions and 2 strides"),
    ],
)
def test_a_tensor_stays_within_its_storage(shape, stride, offset, message):
    storage = Storage(KNOWN["torch.FloatStorage"], 4, memoryview(bytes(16)))
    with pytest.raises(ValueError, match=message):
        Stored(storage, shape, stride, offset)
    assert Stored(storage, (2, 2), (2, 1), 0).tensor().tolist() == [[0, 0], [0, 0]]


@given(shape=st.lists(st.integers(1, 4), max_size=4).map(tuple), fortran=st.booleans())
def test_strides_without_gaps_are_numpys(shape, fortran):
    theirs = np.zeros(shape, np.uint8, order="F" if fortran else "C").strides
    ours = contiguous(shape, fortran=fortran)
    assert [a for a, n in zip(ours, shape, strict=True) if n > 1] == [
        b for b, n in zip(theirs, shape, strict=True) if n > 1
    ]


def test_names_of_nvidias_packages_become_data_and_nothing_is_imported():
    before = set(sys.modules)
    with pretended():
        content = pickle.dumps(EasyDict(a=1, b=EasyDict()))
    found = read(content)
    assert (type(found), found.name, found.items["a"]) == (Inert, "dnnlib.util.EasyDict", 1)
    body = call(name("torch_utils.nothing", "function"), dictionary(a=text("b")))
    found = read(pickled(body))
    assert (found.name, found.args, found.state) == ("torch_utils.nothing.function", ({"a": "b"},), None)
    assert set(sys.modules) == before


def test_no_name_stands_for_an_object_of_pythons():
    """What a name resolves to is data of this package: nothing of it can be reached into or called as it was meant."""
    for meaning in KNOWN.values():
        assert type(meaning).__module__.startswith("ilo_practice.checkpoints.")


def test_a_pickle_may_not_have_more_parts_than_any_network():
    with pytest.raises(ValueError, match="more parts than any network"):
        read(b"\x80\x02" + b"N" * (MOST + 1) + b".")
    assert read(b"\x80\x02" + b"N" * (MOST // 2) + b".") is None


@pytest.mark.parametrize("key", [(1,), 1.5, None, True, b"a", frozenset(), 2**63, -(2**61 - 1) * 8])
def test_a_key_is_text_or_a_small_integer(key):
    for value in ({key: 1}, {key}, frozenset([key])):
        with pytest.raises(ValueError, match="neither text nor a small integer"):
            read(pickle.dumps(value, 4))
    assert read(pickle.dumps({"a": 1, 2**62: 2}, 4)) == {"a": 1, 2**62: 2}


@pytest.mark.parametrize("opcode", [b"\x8d", b"\x8e", b"\x95", b"\x96"])
def test_a_length_is_believed_as_far_as_the_file_goes(opcode):
    with pytest.raises(ValueError, match=r"claims (a frame of )?10737418240 bytes where 3 are left"):
        read(b"\x80\x04" + opcode + (10 * 2**30).to_bytes(8, "little") + b"aa.")


def test_bytes_are_views_of_the_file():
    content = pickle.dumps(bytes(1000), 4)
    found = read(content)
    assert isinstance(found, memoryview)
    assert found.obj is content
