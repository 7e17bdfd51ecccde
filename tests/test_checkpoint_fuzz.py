"""Mutated files: a refusal in one line, or a network. The long run is python -m tests.hostile --fuzz MINUTES."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_practice.checkpoints import inspect, load
from tests.hostile.fuzz import case, objection
from tests.hostile.mutate import MUTATIONS, mutated, seeds

STEPS = st.lists(st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 2**32 - 1)), min_size=1, max_size=5)


def assert_refused_or_read(path: Path) -> None:
    for call in (load, inspect):
        try:
            call(path)
        except ValueError as error:
            line = str(error)
            assert line.isprintable(), line
            assert path.name in line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=200)
@given(name=st.sampled_from(sorted(seeds())), steps=STEPS)
def test_a_mutated_file_is_refused_in_one_line_or_read(folder, name, steps):
    data = bytearray(seeds()[name])
    for mutate, seed in steps:
        mutate(data, Random(seed))
    path = folder / name
    path.write_bytes(data)
    assert_refused_or_read(path)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4))
def test_so_is_an_archive_whose_pickle_is_mutated(folder, seed, count):
    path = folder / "archive.pt"
    path.write_bytes(mutated("rosinality.pt", Random(seed), count))
    assert_refused_or_read(path)


@settings(max_examples=50)
@given(content=st.binary(max_size=200), suffix=st.sampled_from([".pkl", ".pt", ".safetensors"]))
def test_so_is_any_file(folder, content, suffix):
    for start in (b"", b"\x80\x04", b"PK\x03\x04", (8).to_bytes(8, "little") + b"{"):
        path = folder / f"any{suffix}"
        path.write_bytes(start + content)
        with pytest.raises(ValueError, match="any"):
            load(path)


def test_the_fuzzer_makes_the_same_file_of_the_same_seed_and_changes_it():
    for name, whole in seeds().items():
        assert case(name, 3) == case(name, 3)
        assert sum(case(name, seed) != whole for seed in range(20)) > 15


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, None),
        ({"error": None, "message": ""}, None),
        ({"error": "KeyError"}, "raised KeyError"),
        ({"error": "MemoryError"}, "raised MemoryError"),
        ({"message": "`load('a.pkl')`\nis refused"}, "raised ValueError"),
        ({"message": "is refused"}, "raised ValueError"),
        ({"events": ["os.system"]}, "ran"),
        ({"seconds": 60.0}, "took 60.0 s"),
    ],
)
def test_the_fuzzer_objects_to_all_but_a_refusal_or_a_network(changes, wrong):
    done = {"error": "ValueError", "message": "`load('a.pkl')` is refused", "events": [], "seconds": 0.0} | changes
    found = objection(done, Path("a.pkl"))
    assert found is None if wrong is None else found.startswith(wrong)
