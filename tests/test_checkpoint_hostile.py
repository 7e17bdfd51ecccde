"""A corpus of hostile files under watch: each is refused in one line, nothing is executed, memory stays small."""

import json
import os
import subprocess
import sys

import pytest

from tests.formats import SOURCE
from tests.hostile import corpus

MEMORY = 200 * 2**20
SECONDS = 20


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """What the watch says of the corpus."""
    folder = tmp_path_factory.mktemp("hostile")
    corpus.write(folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.watch", str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(list(folder.glob("*"))) == len(found["cases"]) + len(found["whole"]) + 1, "something was written"
    return found


def test_the_corpus_is_large_and_of_every_kind(watched):
    names = [case["name"] for case in watched["cases"]]
    assert len(set(names)) == len(names) > 1000
    for part in ("os.system", "eval", "import_module", "nested", "10 GB", "nan in", "wrong shape", "zip bomb"):
        assert sum(part in name for name in names) >= 1, part
    assert sum("cut at" in name for name in names) == 100 * len(watched["whole"])


def test_the_whole_files_that_it_is_made_from_are_read(watched):
    assert set(watched["whole"].values()) == {"stylegan2"}
    assert len(watched["whole"]) == 6


def test_every_file_is_refused_in_one_line_that_names_it(watched):
    wrong = []
    for case in watched["cases"]:
        for call in ("load", "inspect"):
            done, refused = case[call], call in case["calls"]
            line = done["message"]
            right = done["error"] == "ValueError" and line.isprintable() and f"`{call}('{case['file']}')`" in line
            if (right and len(line) <= 300) if refused else done["error"] is None:
                continue
            wrong.append((case["name"], call, done["error"], line))
    assert wrong == []


def test_nothing_is_executed(watched):
    assert [case["name"] for case in watched["cases"] if case["load"]["events"] + case["inspect"]["events"]] == []


def test_memory_and_time_stay_small(watched):
    assert watched["grown"] < MEMORY
    assert max(case[call]["seconds"] for case in watched["cases"] for call in ("load", "inspect")) < SECONDS


def test_the_watch_sees_what_pythons_own_pickle_would_run(watched):
    trusted = {case["name"]: case["pickle"] for case in watched["cases"] if case["executes"]}
    assert trusted["os.system, alone"]["events"] == ["os.system"]
    assert trusted["eval, alone"]["events"][0] in ("compile", "exec")
    assert trusted["subprocess.Popen, alone"]["events"] == ["subprocess.Popen"]
    assert trusted["open for writing, alone"]["events"] == ["open"]
    assert trusted["a socket alone, alone"]["events"] == ["socket.__new__"]
    assert [name for name, done in trusted.items() if not done["events"]] == []
    assert len(trusted) > 40


def test_the_source_code_in_a_pickle_would_end_the_process_if_it_ran():
    with pytest.raises(SystemExit, match="was executed"):
        exec(SOURCE)
