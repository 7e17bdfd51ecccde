"""The outputs of `verify`: CLAIMS.md, JSON, the page, the files, and the exit status of the command."""

import base64
import json
import math
import os
import re
import runpy
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from ilo_theory import report
from ilo_theory.__main__ import main
from ilo_theory.claims import claims_of
from ilo_theory.verdict import CLAIMS, Evidence, Status, certified, claim, registry

FEW = ["exact-net-radius", "shrunk-net-radius", "sudakov", "sudakov-sharp", "volume-ratio"]


@pytest.fixture(scope="module")
def outcomes():
    return [CLAIMS[name].run(seed=2) for name in FEW]


class Page(HTMLParser):
    """The elements of a page: tags that are open, images, identifiers, links."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.images, self.names, self.links = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        if tag == "img":
            self.images.append(attributes)
        self.names += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


# --- The texts --------------------------------------------------------------------------------------------------------


def test_json_holds_every_case(outcomes):
    data = json.loads(report.as_json(outcomes))
    assert [row["name"] for row in data["claims"]] == FEW
    assert {"python", "numpy", "scipy", "torch"} < data.keys()
    for row, outcome in zip(data["claims"], outcomes, strict=True):
        assert (row["status"], row["expected"], row["family"]) == (
            outcome.verdict.status,
            outcome.claim.expected,
            "covering",
        )
        assert (row["lhs"], row["rhs"], row["seed"]) == (outcome.verdict.lhs, outcome.verdict.rhs, 2)
        assert row["seconds"] > 0
        assert len(row["cases"]) == len(outcome.claim.cases)
        assert row["evidence"] in Evidence.__members__


def test_json_has_words_for_infinity(monkeypatch):
    monkeypatch.setattr(registry, "CLAIMS", {})
    claim("wide", "", "a", expected=Status.HOLDS)(lambda: certified(1, math.inf, scope=""))
    row = json.loads(report.as_json([registry.CLAIMS["wide"].run()]))["claims"][0]
    assert (row["lhs"], row["rhs"]) == (1, "inf")


def test_markdown_does_not_depend_on_the_clock(outcomes):
    text = report.as_markdown(outcomes)
    assert text == report.as_markdown([CLAIMS[name].run(seed=2) for name in FEW])
    assert "seconds" not in text.lower()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(FEW)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {len(report.COLUMNS) + 1}


@pytest.mark.parametrize("latex", [c.latex for c in claims_of()], ids=[c.name for c in claims_of()])
def test_formulas_survive_markdown(latex):
    # A backslash before punctuation, a bar or a newline would be eaten by the table.
    assert not re.search(r"\\[^a-zA-Z ]|[|\n$]", latex)
    assert latex.count("{") == latex.count("}")


def test_the_page_is_whole_and_needs_nothing_else(outcomes):
    text = report.as_html(outcomes)
    page = Page(text)
    assert page.open == []
    assert page.names == FEW
    assert set(page.links) == {"#sudakov-sharp"}
    assert len(page.images) == len(FEW) + 4
    for image in page.images:
        kind, data = image["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        picture = ElementTree.fromstring(base64.b64decode(data))
        assert float(picture.get("width").removesuffix("pt")) > 5
        assert image["alt"]
    assert not re.search(r"<(script|link|iframe)|url\(", text)


def test_the_page_shows_only_figures_that_it_has_numbers_for(outcomes):
    assert len(Page(report.as_html(outcomes[4:])).images) == 1
    assert len(Page(report.as_html(outcomes[2:])).images) == 3 + 1


def test_the_page_escapes_and_marks_what_is_unexpected(monkeypatch):
    monkeypatch.setattr(registry, "CLAIMS", {})
    claim("odd", "a < b", "a < b", note="<script>", expected=Status.HOLDS)(lambda: certified(2, 1, scope="a & b"))
    text = report.as_html([registry.CLAIMS["odd"].run()])
    assert "a &lt; b" in text
    assert "<script>" not in text
    assert "a &amp; b" in text
    assert "expected HOLDS" in text


# --- Files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "file.md"
    report.write(path, "δ")
    report.write(path, "δ ≤ r")
    assert path.read_text("utf-8") == "δ ≤ r"
    assert os.listdir(path.parent) == ["file.md"]


@pytest.mark.parametrize("failure", ["directory", "full"])
def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch, failure):
    path = tmp_path / "file.md"
    path.write_text("old") if failure == "full" else path.mkdir()
    if failure == "full":
        monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match=r"no space left|directory"):
        report.write(path, "new")
    assert os.listdir(tmp_path) == ["file.md"]
    assert failure == "directory" or path.read_text() == "old"


# --- The command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_claims(monkeypatch, tmp_path):
    """A registry of two quick claims, in a folder of its own; the second holds if it is asked to."""
    monkeypatch.chdir(tmp_path)
    kept = dict(CLAIMS)
    CLAIMS.clear()
    claim("first", "Theorem 0", "0 < 1", expected=Status.HOLDS)(lambda: certified(0, 1, scope="all"))
    claim("second", "Theorem 00", "1 < 0", expected=Status.REFUTED)(lambda: certified(1, 0, scope="all"))
    yield tmp_path
    CLAIMS.clear()
    CLAIMS.update(kept)


def test_verify_prints_the_table_and_writes_the_files(two_claims, capsys):
    assert main(["verify", "--json", "out/all.json", "--html", "page.html", "--write", "--seed", "7"]) == 0
    printed = capsys.readouterr().out
    for word in ("first", "Theorem 00", "HOLDS", "REFUTED", "CERTIFICATE", "WITNESS", "2 of 2 as expected"):
        assert word in printed
    assert {row["seed"] for row in json.loads((two_claims / "out/all.json").read_text())["claims"]} == {7}
    assert "Theorem 00" in (two_claims / "page.html").read_text("utf-8")
    assert "| `second` |" in (two_claims / "CLAIMS.md").read_text("utf-8")
    assert sorted(os.listdir(two_claims)) == ["CLAIMS.md", "out", "page.html"]


def test_an_unexpected_row_is_named_and_counts(two_claims, capsys):
    claim("third", "Theorem 000", "1 < 0", expected=Status.HOLDS)(lambda: certified(1, 0, scope="all"))
    assert main(["verify"]) == 1
    streams = capsys.readouterr()
    assert "2 of 3 as expected" in streams.out
    assert streams.err.splitlines()[-1] == "third: REFUTED, expected HOLDS"


def test_one_family_alone(two_claims, capsys):
    assert main(["verify", "--only", "test"]) == 0  # the claims of this file


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--seed", "-1"], "argument --seed: must be a whole number from 0 to 2^63 - 1, got '-1'"),
        (["verify", "--seed", "1.5"], "got '1.5'"),
        (["verify", "--seed", str(2**63)], "must be a whole number"),
        (["verify", "--only", "nothing"], "invalid choice: 'nothing'"),
        (["verify", "--only", "test", "--write"], "argument --write: needs every family, so no --only"),
        (["verify", "--html", "."], "cannot write '.'"),
        (["verify", "--json", "file/below.json"], "cannot write 'file/below.json'"),
        (["verify", "--jsn", "x"], "unrecognized arguments"),
        (["check"], "invalid choice: 'check'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(two_claims, capsys, arguments, words):
    (two_claims / "file").write_text("")
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert words in streams.err
    assert os.listdir(two_claims) == ["file"]


def test_the_module_is_a_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ilo_theory", "verify", "--seed", "one"])
    monkeypatch.delitem(sys.modules, "ilo_theory.__main__")
    with pytest.raises(SystemExit) as error:
        runpy.run_module("ilo_theory", run_name="__main__")
    assert error.value.code == 2
    assert capsys.readouterr().err.startswith("python -m ilo_theory verify: error: argument --seed")
