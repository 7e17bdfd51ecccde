"""The command `python -m ilo_theory verify`: its table, its files, its seeds and workers, and its exit status."""

import json
import os
import runpy
import socket
import sys
import time

import pytest
import torch

from ilo_theory import monte_carlo, report
from ilo_theory.__main__ import main
from ilo_theory.claims import outcomes
from ilo_theory.verdict import CLAIMS, Effort, Status, certified, claim, sampled


@pytest.fixture
def two_claims(monkeypatch, tmp_path):
    """A registry of two quick claims, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    kept = dict(CLAIMS)
    CLAIMS.clear()
    claim("first", "Theorem 0", "0 < 1", expected=Status.HOLDS)(lambda: certified(0, 1, scope="all"))
    claim("second", "Theorem 00", "1 < 0", expected=Status.REFUTED)(lambda: certified(1, 0, scope="all"))
    yield tmp_path
    CLAIMS.clear()
    CLAIMS.update(kept)


def verify(*arguments: str) -> int:
    """In this process alone: no other knows the claims made here."""
    return main(["verify", "--workers", "1", *arguments])


def error_of(capsys, *arguments: str) -> str:
    """The one line of a command that exits with 2."""
    with pytest.raises(SystemExit) as error:
        main([*arguments])
    assert error.value.code == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    return streams.err


# --- One run ----------------------------------------------------------------------------------------------------------


def test_the_table_is_printed_and_the_files_are_written(two_claims, capsys):
    assert verify("--json", "out/all.json", "--html", "page.html", "--write") == 0
    printed = capsys.readouterr().out
    for word in ("first", "Theorem 00", "HOLDS", "REFUTED", "CERTIFICATE", "WITNESS", "2 of 2 as expected"):
        assert word in printed
    assert [row["name"] for row in json.loads((two_claims / "out/all.json").read_text())] == ["first", "second"]
    assert "Theorem 00" in (two_claims / "page.html").read_text("utf-8")
    assert "| `second` |" in (two_claims / "CLAIMS.md").read_text("utf-8")
    assert sorted(os.listdir(two_claims)) == ["CLAIMS.md", "out", "page.html"]


def test_an_unexpected_row_is_named_and_counts(two_claims, capsys):
    claim("third", "Theorem 000", "1 < 0", expected=Status.HOLDS)(lambda: certified(1, 0, scope="all"))
    assert verify("--json", "all.json") == 1
    streams = capsys.readouterr()
    assert "2 of 3 as expected" in streams.out
    assert streams.err == "third: REFUTED, expected HOLDS\n"
    assert len(json.loads((two_claims / "all.json").read_text())) == 3


def test_long_names_do_not_squeeze_the_numbers(two_claims, capsys):
    claim("third-" * 20, "Theorem " * 20, "0 < 1", expected=Status.HOLDS)(lambda: certified(-1.2346e-9, 1e9, scope=""))
    assert verify() == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "third" in line]
    assert row.split()[-6:-2] == ["HOLDS", "CERTIFICATE", "-1.235e-09", "1e+09"]
    assert len(row) <= 140


def test_one_family_alone(two_claims, capsys):
    assert verify("--only", "test") == 0  # the claims of this file
    assert "2 of 2 as expected" in capsys.readouterr().out


def test_effort_chooses_the_cases(two_claims):
    cases = {"cases": [{"d": 1}], "full": [{"d": 1}, {"d": 2}]}
    claim("third", "", "0 < d", **cases, expected=Status.HOLDS)(lambda *, d: certified(0, d, scope="all"))
    for effort, count in (("quick", 1), ("full", 2)):
        assert verify("--effort", effort, "--json", "all.json") == 0
        assert len(json.loads((two_claims / "all.json").read_text())[2]["cases"]) == count


def test_all_is_computed_with_one_thread_and_none_is_kept(two_claims):
    seen = []

    def check():
        seen.append(torch.get_num_threads())
        return certified(0, 1, scope="all")

    claim("third", "", "a", expected=Status.HOLDS)(check)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert verify() == 0
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


# --- Seeds ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(two_claims):
    """A third claim, refuted at the seeds given only; what it draws there is distinct."""
    seen = []

    def register(*refuted: int):
        def check(*, rng):
            seen.append(rng.initial_seed())
            wins = 0 if rng.initial_seed() in refuted else 1000
            return sampled(wins, 1000, 0.5, scope="all", drawn=torch.rand((), generator=rng).item())

        claim("third", "Theorem 000", "a", expected=Status.SUPPORTED)(check)
        return seen

    return register


def test_what_draws_runs_with_every_seed_and_a_certificate_once(drawn, two_claims, capsys):
    seen = drawn()
    assert verify("--seed", "7", "--seeds", "4", "--json", "all.json", "--html", "page.html") == 0
    assert seen == [7, 8, 9, 10]
    first, _, third = json.loads((two_claims / "all.json").read_text())
    assert first["seeds"] == []
    assert third["seeds"] == [{"seed": seed, "status": "SUPPORTED"} for seed in seen]
    assert third["seed"] == 7
    assert "7…10" in capsys.readouterr().out
    assert "seeds 7 to 10" in (two_claims / "page.html").read_text("utf-8")


def test_the_row_shows_the_first_seed_that_differs_and_each_is_named(drawn, two_claims, capsys):
    drawn(3, 5)
    assert verify("--seeds", "7", "--json", "all.json") == 1
    row = json.loads((two_claims / "all.json").read_text())[2]
    assert (row["seed"], row["status"], row["rhs"], row["as_expected"]) == (3, "REFUTED", 0, False)
    assert [found["status"][0] for found in row["seeds"]] == [*"SSSRSRS"]
    words = "third, seed 3: REFUTED, expected SUPPORTED\nthird, seed 5: REFUTED, expected SUPPORTED\n"
    assert capsys.readouterr().err == words


def test_each_seed_draws_as_it_would_alone(drawn):
    drawn()
    together = [outcome.verdict for outcome in outcomes(CLAIMS["third"], range(4), Effort.QUICK)]
    assert together == [CLAIMS["third"].run(seed=seed).verdict for seed in range(4)]
    assert len({verdict.witness["drawn"] for verdict in together}) == 4


# --- Workers ----------------------------------------------------------------------------------------------------------


def comparable(outcome):
    return outcome.claim, outcome.verdict, outcome.cases, outcome.seed, outcome.seeds


def test_processes_find_the_checks_and_their_trials_and_change_nothing():
    drawing, batched = CLAIMS["dual-norm"], CLAIMS["error-bound"]
    alone = [*outcomes(drawing, range(3)), batched.run(seed=1, trials=9000)]
    with monte_carlo.processes(2, preload=["ilo_theory.claims"]):
        together = [*outcomes(drawing, range(3)), batched.run(seed=1, trials=9000)]
    assert [*map(comparable, together)] == [*map(comparable, alone)]


def test_the_command_uses_the_workers_asked_for(two_claims, monkeypatch):
    asked = []

    def processes(count, *, preload):
        asked.append((count, preload))
        return monte_carlo.one_thread()

    monkeypatch.setattr(monte_carlo, "processes", processes)
    for arguments in ([], ["--workers", "3"]):
        assert main(["verify", *arguments]) == 0
    assert asked == [(len(os.sched_getaffinity(0)), ["ilo_theory.claims"]), (3, ["ilo_theory.claims"])]


def test_lost_workers_are_one_line_and_leave_nothing(two_claims, capsys):
    def lost():
        raise monte_carlo.WorkersLost("all are gone")

    claim("third", "", "a", expected=Status.HOLDS)(lost)
    words = error_of(capsys, "verify", "--workers", "1", "--json", "all.json")
    assert words == "python -m ilo_theory verify: error: all are gone\n"
    assert os.listdir(two_claims) == []


def test_a_dead_scheduler_is_one_line_within_ten_seconds(two_claims, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    start = time.monotonic()
    assert f"no Dask scheduler answers at {address}" in error_of(capsys, "verify", "--scheduler", address)
    assert time.monotonic() - start < 10


# --- Bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--seed", "-1"], "argument --seed: must be a whole number from 0 to 2^63 - 1, got '-1'"),
        (["verify", "--seed", "1.5"], "got '1.5'"),
        (["verify", "--seed", str(2**63)], "must be a whole number"),
        (["verify", "--seeds", "0"], "argument --seeds: must be a whole number from 1 to 2^63 - 1, got '0'"),
        (["verify", "--seed", str(2**63 - 2), "--seeds", "3"], "argument --seeds: 3 of them from 9223372036854775806"),
        (["verify", "--workers", "0"], "argument --workers: must be a whole number from 1 to 1024, got '0'"),
        (["verify", "--workers", "many"], "got 'many'"),
        (["verify", "--workers", "2", "--scheduler", "a:1"], "not allowed with argument --workers"),
        (["verify", "--scheduler", "here"], "argument --scheduler: must be tcp://host:port, got 'here'"),
        (["verify", "--scheduler", ""], "argument --scheduler: must be tcp://host:port, got ''"),
        (["verify", "--effort", "none"], "argument --effort: invalid choice: 'none'"),
        (["verify", "--only", "nothing"], "invalid choice: 'nothing'"),
        (["verify", "--only", "test", "--write"], "argument --write: CLAIMS.md is all families, quick, at seed 0"),
        (["verify", "--seeds", "2", "--seed", "1", "--write"], "so no --seed, --seeds"),
        (["verify", "--effort", "full", "--write"], "so no --effort"),
        (["verify", "--html", "."], "cannot write '.'"),
        (["verify", "--html", ""], "cannot write ''"),
        (["verify", "--json", "file/below.json"], "cannot write 'file/below.json'"),
        (["verify", "--jsn", "x"], "unrecognized arguments"),
        (["check"], "invalid choice: 'check'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(two_claims, capsys, arguments, words):
    (two_claims / "file").write_text("")
    assert words in error_of(capsys, *arguments)
    assert os.listdir(two_claims) == ["file"]


def test_what_cannot_be_written_after_all_is_one_line(two_claims, capsys, monkeypatch):
    def full(path, text):
        raise OSError("no space left")

    monkeypatch.setattr(report, "write", full)
    with pytest.raises(SystemExit) as error:
        verify("--json", "all.json")
    assert error.value.code == 2
    assert capsys.readouterr().err == "python -m ilo_theory verify: error: cannot write: no space left\n"


def test_an_interrupt_is_one_line(two_claims, capsys):
    def interrupted():
        raise KeyboardInterrupt

    claim("third", "", "a", expected=Status.HOLDS)(interrupted)
    assert verify("--json", "all.json") == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert os.listdir(two_claims) == []


def test_the_module_is_a_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ilo_theory", "verify", "--seed", "one"])
    monkeypatch.delitem(sys.modules, "ilo_theory.__main__")
    with pytest.raises(SystemExit) as error:
        runpy.run_module("ilo_theory", run_name="__main__")
    assert error.value.code == 2
    assert capsys.readouterr().err.startswith("python -m ilo_theory verify: error: argument --seed")
