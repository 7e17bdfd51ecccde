"""Experiments: equal effort, the same errors for any number of workers, tables that say what the numbers say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ilo_practice.checkpoints import WEIGHTS
from ilo_practice.digits import read_test_digits
from ilo_practice.experiments import CANDIDATES, LEVELS, REPORTED, STEPS, TUNED_AT, TUNING, Run, held_out, run_all
from ilo_practice.experiments import demo as run_demo
from ilo_practice.recipes import RECIPES
from ilo_practice.tables import gain, interval, results_table
from ilo_practice.tuned import tuned

ROOT = Path(__file__).parent.parent


def test_every_method_is_searched_with_equal_effort():
    assert {method: len(candidates) for method, candidates in CANDIDATES.items()} == dict.fromkeys(RECIPES, 8)
    assert all(len({str(c) for c in candidates}) == 8 for candidates in CANDIDATES.values())
    for method, candidates in CANDIDATES.items():
        for changes in candidates:
            replace(RECIPES[method], **changes)


def test_tuning_never_sees_a_reported_digit():
    assert REPORTED[1] <= TUNING[0]
    assert set(TUNED_AT) == set(LEVELS)


def test_errors_do_not_depend_on_the_workers():
    runs = [Run(method, RECIPES[method], "inpaint", 0.1, (0, 2), seed=0, steps=4) for method in ("csgm", "ilo")]
    told = []
    alone = [run.errors() for run in runs]
    assert run_all(runs, workers=2, on_step=lambda *now: told.append(now[:2])) == alone
    assert told == [(1, 2), (2, 2)]
    assert all(len(errors) == 2 for errors in alone)


def test_the_tuned_recipes_are_those_of_the_file():
    record = json.loads((WEIGHTS / "digits-recipes.json").read_text())
    assert {(row["kind"], row["method"]) for row in record["rows"]} == {(k, m) for k in LEVELS for m in RECIPES}
    for row in record["rows"]:
        best = CANDIDATES[row["method"]][row["scores"].index(min(row["scores"]))]
        assert tuned(row["method"], row["kind"], "digits") == replace(
            RECIPES[row["method"]], **best, source=f"python -m ilo_practice experiment tuning ({row['kind']})"
        )
    assert tuned("ilo", "inpaint", "another") == RECIPES["ilo"]


def record_of(csgm, ilo):
    rows = [
        {
            "kind": "inpaint",
            "level": 0.05,
            "method": method,
            "mse": mse,
            "mean": sum(mse) / len(mse),
            "low": 0,
            "high": 1,
        }
        for method, mse in (("csgm", csgm), ("csgm-wplus", csgm), ("ilo", ilo))
    ]
    return {"seed": 0, "steps": 10, "digits": len(csgm), "rows": rows}


@pytest.mark.parametrize(("factor", "verdict"), [(3.0, "holds"), (1.2, "does not hold")])
def test_a_factor_of_two_is_judged_by_its_interval(factor, verdict):
    ilo = torch.linspace(0.1, 0.2, 40).tolist()
    record = record_of([factor * error for error in ilo], ilo)
    ratio, low, high = gain(record, "inpaint", 0.05, against="csgm")
    assert (ratio, low, high) == pytest.approx((factor,) * 3)
    assert f"5%: {factor:.2f} [{factor:.2f}, {factor:.2f}], {verdict}" in results_table(record)


def test_a_noisy_factor_is_undecided(rng):
    noise = torch.rand(10, generator=rng).tolist()
    record = record_of([2 * a for a in noise], noise[::-1])
    assert "is undecided" in results_table(record)


def test_intervals_cover_the_mean_as_often_as_they_say(rng):
    # percentile intervals of 60 normal numbers cover about 94 %; of 300, fewer than 85 % has probability below 1e-6
    covered = 0
    for _ in range(300):
        low, high = interval(torch.clone, torch.randn(60, generator=rng), rng=rng, resamplings=400)
        covered += low <= 0 <= high
    assert 0.85 * 300 < covered < 300


def test_results_are_those_of_these_weights_and_in_the_readme():
    record = json.loads((ROOT / "results" / "digits.json").read_text())
    table = (ROOT / "results" / "digits.md").read_text()
    figures = json.loads((WEIGHTS / "digits.json").read_text())
    assert record["weights"] == figures["sha256"]
    assert record["steps"] == STEPS
    assert results_table(record) == table
    assert table in (ROOT / "README.md").read_text()
    methods = ["mean digit", *RECIPES]
    expected = {(k, level, m) for k, levels in LEVELS.items() for level in levels for m in methods}
    assert {(row["kind"], row["level"], row["method"]) for row in record["rows"]} == expected


def test_the_baseline_is_the_mean_training_digit():
    shipped = read_test_digits()
    _, errors = held_out((0, 3))
    apart = shipped.images[:3].double() - shipped.mean.double()
    oracle = (apart / 127.5).square().sum((1, 2)) / 32**2  # the padding is black in both
    torch.testing.assert_close(errors.double(), oracle, rtol=1e-5, atol=0)


def test_a_short_demo_writes_its_picture(tmp_path, monkeypatch):
    monkeypatch.setattr("ilo_practice.experiments.STEPS", 12)
    monkeypatch.setattr("ilo_practice.experiments.DEMO", (50, 52))
    told = []
    run_demo(tmp_path, seed=0, on_step=lambda *now: told.append(now))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["demo.json", "demo.png"]
    rows = json.loads((tmp_path / "demo.json").read_text())["rows"]
    assert [row["kind"] for row in rows] == ["sense", "inpaint", "superres", "denoise"]
    assert len(told) == 8
