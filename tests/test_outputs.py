"""A folder of results appears whole or not at all, and nothing that was there is lost."""

import pytest

from ilo_practice.outputs import output_folder


def listing(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def write(out, *, fail=None, **options):
    with output_folder(out, **options) as folder:
        assert not any(folder.iterdir())
        (folder / "deep").mkdir()
        (folder / "a.txt").write_text("new")
        (folder / "deep" / "b.txt").write_text("new")
        if fail:
            raise fail


@pytest.mark.parametrize("name", ["out", "one/two/out"])
def test_files_arrive(tmp_path, name):
    write(tmp_path / name)
    assert listing(tmp_path) == {f"{name}/a.txt": "new", f"{name}/deep/b.txt": "new"}


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert len(listing(tmp_path)) == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("there", [None, "a.txt"])
def test_a_failure_leaves_everything_as_it_was(tmp_path, error, there):
    if there:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / there).write_text("old")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error):
        write(tmp_path / "out", force=True, fail=error("no"))
    assert sorted(tmp_path.rglob("*")) == before
    assert listing(tmp_path) == ({"out/a.txt": "old"} if there else {})


def test_a_folder_with_files_is_refused_unless_forced(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="--force"):
        write(tmp_path)
    assert listing(tmp_path) == {"a.txt": "old", "mine.txt": "mine"}
    write(tmp_path, force=True)
    assert listing(tmp_path) == {"a.txt": "new", "mine.txt": "mine", "deep/b.txt": "new"}


def test_what_cannot_be_written_is_told_before_any_work(tmp_path):
    (tmp_path / "file").write_text("old")
    for out in (tmp_path / "file", tmp_path / "file" / "below", "/proc/nowhere/out"):
        with pytest.raises(OSError, match=r"file|proc"):
            write(out, fail=AssertionError("work was begun"))
    assert listing(tmp_path) == {"file": "old"}
