"""What has arrived of a file: one goes on with it at a time, every byte is kept, and it takes its place whole."""

import io

import pytest

from ilo_practice.registry.partial import Origin, Partial, Unwritable, partial

ORIGIN = Origin("https://example.org/x", '"1"', 10)


def test_only_one_goes_on_with_a_part_and_the_other_has_its_own(tmp_path):
    target = tmp_path / "x.pkl"
    with partial(target) as first:
        first.began(ORIGIN)
        first.append(b"abc")
        with partial(target) as second:
            assert (second.length, second.origin) == (0, None)
            second.began(ORIGIN)
            second.append(b"other")
        assert sorted(path.name for path in tmp_path.iterdir()) == [".x.pkl.part", ".x.pkl.part.json"]
    with partial(target) as third:
        assert (third.length, third.origin) == (3, ORIGIN)
        third.append(b"def")
    assert (tmp_path / ".x.pkl.part").read_bytes() == b"abcdef"


def test_a_part_that_has_become_the_file_meanwhile_is_not_written_to(tmp_path, monkeypatch):
    """One opens the part, waits, and gets the lock when another one has put that very file in its place."""
    import fcntl

    target = tmp_path / "x.pkl"
    with partial(target) as first:
        first.began(ORIGIN)
        first.append(b"whole")
        lock = fcntl.flock

        def late(*args):
            if not first.placed:
                first.place(target)
                first.file.close()
            lock(*args)

        monkeypatch.setattr(fcntl, "flock", late)
        with partial(target) as second:
            second.append(b"more")
    assert target.read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["x.pkl"]


def test_a_part_of_ones_own_takes_its_place_readable_for_all(tmp_path):
    with partial(tmp_path / "x.pkl"), partial(tmp_path / "x.pkl") as own:
        own.began(ORIGIN)
        own.append(b"whole")
        own.place(tmp_path / "x.pkl")
    assert (tmp_path / "x.pkl").read_bytes() == b"whole"
    assert (tmp_path / "x.pkl").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["x.pkl"]


def test_every_byte_of_a_piece_is_written(tmp_path):
    class Slow(io.BytesIO):
        def write(self, data):
            return super().write(bytes(data[:3]))

    part = Partial(tmp_path / "a", Slow(), tmp_path / "b")
    part.append(b"0123456789")
    assert part.file.getvalue() == b"0123456789"


def test_a_part_without_an_origin_is_not_kept(tmp_path):
    with partial(tmp_path / "x.pkl") as part:
        part.append(b"abc")
    assert list(tmp_path.iterdir()) == []


def test_starting_anew_forgets_all(tmp_path):
    with partial(tmp_path / "x.pkl") as part:
        part.began(ORIGIN)
        part.append(b"abc")
        part.restart()
        assert (part.length, part.origin) == (0, None)
        assert [path.name for path in tmp_path.iterdir()] == [".x.pkl.part"]
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_taken_is_named(tmp_path):
    (tmp_path / "folder").mkdir()
    with partial(tmp_path / "x.pkl") as part:
        part.began(ORIGIN)
        part.append(b"abc")
        with pytest.raises(Unwritable, match=r"^cannot write .*folder: Is a directory$"):
            part.place(tmp_path / "folder")
    assert (tmp_path / ".x.pkl.part").read_bytes() == b"abc"
