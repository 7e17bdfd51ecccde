"""Experiments: equal effort, the same errors for any number of workers, tables that say what the numbers say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ilo_practice.checkpoints import WEIGHTS, file_of, load, sha256
from ilo_practice.demo import DEMOS
from ilo_practice.demo import demo as run_demo
from ilo_practice.digits import read_test_digits
from ilo_practice.experiments import Run, comparison, picture, run_all, tuning
from ilo_practice.experiments import chosen as chosen_of
from ilo_practice.recipes import RECIPES
from ilo_practice.restore import solve
from ilo_practice.studies import DIGITS, STUDIES
from ilo_practice.study import simulate
from ilo_practice.tables import gain, interval, results_table
from ilo_practice.tuned import tuned

ROOT = Path(__file__).parent.parent


@pytest.fixture(params=STUDIES)
def study(request):
    return STUDIES[request.param]


def test_every_method_is_searched_with_equal_effort(study):
    searched = [method for method in study.methods.values() if method.tuned_by is None]
    assert len({len(method.candidates) for method in searched}) == 1
    for method in searched:
        assert len({str(changes) for changes in method.candidates}) == len(method.candidates)
        for changes in method.candidates:
            replace(RECIPES[method.recipe], **changes)
    name, method = next(iter(study.methods.items()))
    fewer = {**study.methods, name: replace(method, candidates=({},), tuned_by=None)}
    with pytest.raises(ValueError, match="as many candidates"):
        replace(study, methods=fewer)


def test_tuning_never_sees_a_reported_image(study):
    assert study.reported[1] <= study.tuning[0]
    assert set(study.tuned_at) == set(study.levels)
    for images in study.sets.values():
        shown, chosen = images(study.reported), images(study.tuning)
        assert (len(shown), len(chosen)) == tuple(last - first for first, last in (study.reported, study.tuning))
        assert not any(torch.equal(a, b) for a in shown for b in chosen)
    with pytest.raises(ValueError, match="must come after the reported"):
        replace(study, tuning=study.reported)


def runs_of(*methods, steps=4):
    return [Run("digits", m, RECIPES[m], "digits", "inpaint", 0.1, (0, 2), seed=0, steps=steps) for m in methods]


def test_errors_do_not_depend_on_the_workers():
    runs, told = runs_of("csgm", "ilo"), []
    alone = [run.errors() for run in runs]
    assert run_all(runs, workers=2, on_step=lambda *now: told.append(now[:2])) == alone
    assert told == [(1, 2), (2, 2)]
    assert all(len(errors) == 2 for errors in alone)


def test_a_stopped_experiment_goes_on_with_what_is_left(tmp_path):
    runs, kept, told = runs_of("csgm", "ilo", "csgm-wplus"), tmp_path / "kept.jsonl", []
    whole = json.dumps([runs[0].mark, [7.0, 8.0]]) + "\n"  # told apart from what a run would find
    kept.write_text(whole + json.dumps([runs[1].mark, [9.0]])[:-3])  # stopped in the midst of a line
    found = run_all(runs, workers=1, on_step=lambda *now: told.append(now[:2]), kept=kept)
    assert found == [[7.0, 8.0], runs[1].errors(), runs[2].errors()]
    assert told == [(2, 3), (3, 3)]
    assert not kept.exists()
    assert len({run.mark for run in [*runs, *runs_of("csgm", steps=5)]}) == 4


def test_a_small_study_is_tuned_and_tabulated(tmp_path):
    methods = {name: DIGITS.methods[name] for name in ("csgm", "ilo")}
    methods = {name: replace(method, candidates=method.candidates[:2]) for name, method in methods.items()}
    problems = {"levels": {"denoise": (0.6,)}, "tuned_at": {"denoise": 0.6}, "reported": (0, 2), "tuning": (100, 102)}
    small = replace(DIGITS, methods=methods, steps=16, **problems)
    options = {"seed": 0, "on_step": lambda *_: None, "workers": 1}
    tuning(small, tmp_path, **options)
    rows = json.loads((tmp_path / "digits-recipes.json").read_text())["rows"]
    assert [(row["set"], row["kind"], row["method"]) for row in rows] == [("digits", "denoise", m) for m in methods]
    assert all(len(row["scores"]) == 2 for row in rows)
    comparison(small, tmp_path, **options)
    record = json.loads((tmp_path / "digits.json").read_text())
    assert [row["method"] for row in record["rows"]] == ["mean digit", "csgm", "ilo"]
    assert (tmp_path / "digits.md").read_text() == results_table(record)
    picture(replace(small, shown=(50, 51)), tmp_path, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "digits-recipes.json",
        "digits.json",
        "digits.md",
        "digits.png",
    ]


def test_the_tuned_recipes_are_those_of_the_file(study):
    record = json.loads((WEIGHTS / f"{study.name}-recipes.json").read_text())
    methods = {name: method for name, method in study.methods.items() if method.tuned_by is None}
    rows = {(row["set"], row["kind"], row["method"]) for row in record["rows"]}
    assert rows == {(part, kind, name) for part in study.sets for kind in study.levels for name in methods}
    for row in record["rows"]:
        method = methods[row["method"]]
        best = method.candidates[row["scores"].index(min(row["scores"]))]
        chosen = tuned(method.recipe, row["kind"], study.name, method=row["method"], part=row["set"])
        source = f"python -m ilo_practice experiment {study.name} --tune ({row['kind']})"
        assert chosen == replace(RECIPES[method.recipe], **best, source=source)
        assert chosen == chosen_of(study, row["method"], row["kind"], row["set"])
    for name in study.methods.keys() - methods:
        assert chosen_of(study, name, "inpaint", "any") == tuned("ilo", "inpaint", "digits") != RECIPES["ilo"]
    assert tuned("ilo", "inpaint", "another") == RECIPES["ilo"]


def record_of(csgm, ilo):
    rows = [
        {
            "set": "faces",
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
    return {"title": "faces", "seed": 0, "steps": 10, "images": len(csgm), "rows": rows}


@pytest.mark.parametrize(("factor", "verdict"), [(3.0, "holds"), (1.2, "does not hold")])
def test_a_factor_of_two_is_judged_by_its_interval(factor, verdict):
    ilo = torch.linspace(0.1, 0.2, 40).tolist()
    record = record_of([factor * error for error in ilo], ilo)
    ratio, low, high = gain(record, "faces", "inpaint", 0.05, against="csgm")
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


def test_results_are_those_of_these_weights_and_named_in_the_readme(study):
    record = json.loads((ROOT / "results" / f"{study.name}.json").read_text())
    table = (ROOT / "results" / f"{study.name}.md").read_text()
    assert record["weights"] == sha256(file_of(study.generator))
    assert record["steps"] == study.steps
    assert results_table(record) == table
    assert f"results/{study.name}.md" in (ROOT / "README.md").read_text()
    methods = [*([study.baseline[0]] if study.baseline else []), *study.methods]
    expected = {(part, *problem, m) for part in study.sets for problem in study.problems for m in methods}
    assert {(row["set"], row["kind"], row["level"], row["method"]) for row in record["rows"]} == expected
    assert {len(row["mse"]) for row in record["rows"]} == {study.reported[1] - study.reported[0]}


def test_the_baseline_is_the_mean_training_digit():
    shipped = read_test_digits()
    errors = DIGITS.baseline[1](DIGITS.sets["digits"]((0, 3)))
    apart = shipped.images[:3].double() - shipped.mean.double()
    oracle = (apart / 127.5).square().sum((1, 2)) / 32**2  # the padding is black in both
    torch.testing.assert_close(errors.double(), oracle, rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", DEMOS)
def test_a_short_demo_writes_its_picture(tmp_path, monkeypatch, name):
    first = DEMOS[name].images[0]
    monkeypatch.setitem(DEMOS, name, replace(DEMOS[name], images=(first, first + 1)))
    study, told = replace(STUDIES[name], steps=12), []
    rows = run_demo(study, tmp_path, seed=0, on_step=lambda *now: told.append(now))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["demo.json", "demo.png"]
    assert json.loads((tmp_path / "demo.json").read_text())["rows"] == rows
    assert [(row["set"], row["kind"]) for row in rows] == [(part, k) for part in study.sets for k in DEMOS[name].levels]
    assert [done for done, _, _ in told] == [*range(2 * len(rows))]
    assert {total for _, total, _ in told} == {2 * len(rows)}
    # the errors are those of restorations made by hand
    part, (kind, level) = next(iter(study.sets)), next(iter(DEMOS[name].levels.items()))
    truth = study.sets[part]((first, first + 1))
    problem = simulate(kind, level, truth, rng=torch.Generator().manual_seed(0))
    recipe, rng = chosen_of(study, "ilo", kind, part), torch.Generator().manual_seed(0)
    image = solve(problem, load(study.generator), recipe, steps=12, rng=rng).image
    assert rows[0]["ilo"] == pytest.approx((image - truth).square().mean().item(), rel=1e-4)
    assert ("mean digit" in rows[0]) == (name == "digits")


@pytest.mark.parametrize("name", DEMOS)
def test_a_demo_shows_images_that_nothing_else_uses(name):
    study, (first, last) = STUDIES[name], DEMOS[name].images
    for used in (study.reported, study.tuning):
        assert not range(max(first, used[0]), min(last, used[1]))
