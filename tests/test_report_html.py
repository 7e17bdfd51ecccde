"""The page: whole without anything else, every formula and figure in it, and readable witnesses."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from ilo_theory import report
from ilo_theory.report.mathematics import Formulas
from ilo_theory.report.values import FEW as ENTRIES
from ilo_theory.report.values import MANY, readable, short, table
from ilo_theory.verdict import CLAIMS, Status, certified, claim, registry

FEW = ["exact-net-radius", "sudakov", "sudakov-textbook", "sudakov-sharp", "volume-ratio", "dual-norm"]
VOID = ("meta", "img", "br", "input", "link")


class Page(HTMLParser):
    """The elements of a page: tags that are open, images, identifiers, references, and the text of each row."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.images, self.names, self.links, self.rows, self.uses = [], [], [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(attributes)
        if "id" in attributes:
            self.names.append(attributes["id"])
        if tag == "details":
            self.rows[attributes["id"]] = ""
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "use":
            self.uses.append(attributes["href"])
        for key in ("src", "href", "action", "data", "srcset", "poster"):
            assert attributes.get(key, "#").startswith(("#", "data:")), f"{tag} {key} is loaded from elsewhere"

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "details" in self.open:
            self.rows[[*self.rows][-1]] += data


@pytest.fixture(scope="module")
def text():
    return report.as_html([CLAIMS[name].run(seed=2) for name in FEW])


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_whole_and_needs_nothing_else(text, page):
    assert page.open == []
    assert [*page.rows] == FEW
    assert len(page.names) == len({*page.names})
    assert {*page.links, *page.uses} <= {f"#{name}" for name in page.names}
    assert not re.search(r"<(iframe|object|embed)|url\(|@import|fetch\(|import\(|https?://", text)
    assert "default-src 'none'" in text


def test_every_row_has_its_figure(page):
    assert len(page.images) == len(FEW)
    for image in page.images:
        kind, data = image["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        picture = ElementTree.fromstring(base64.b64decode(data))
        assert float(picture.get("width").removesuffix("pt")) > 200
        assert image["alt"]
    captions = {image["alt"] for image in page.images}
    assert len(captions) == 3  # the nets, Sudakov's, and the two sides


def test_every_row_says_what_it_has(page):
    for name in FEW:
        for words in (name, CLAIMS[name].reference, CLAIMS[name].latex, CLAIMS[name].note):
            assert words in page.rows[name]
    assert "Correctedsudakov-sharp" in page.rows["sudakov"]
    assert "Correctssudakov, sudakov-textbook" in page.rows["sudakov-sharp"]
    assert "Witness" in page.rows["sudakov"]
    assert "Seeds2" in page.rows["dual-norm"]
    assert page.rows["sudakov"].count("REFUTED") == 1 + 10  # the row, and its cases


def test_the_page_escapes_and_marks_what_is_unexpected(monkeypatch):
    monkeypatch.setattr(registry, "CLAIMS", {})
    claim("odd", "a < b", "a < b", note="<script>", expected=Status.HOLDS)(
        lambda: certified(2, 1, scope="a & b", why="<b>")
    )
    text = report.as_html([registry.CLAIMS["odd"].run()])
    assert Page(text).open == []
    assert "<b>a &lt; b</b>" in text
    assert text.count("<script>") == 1
    assert "a &amp; b" in text
    assert "&lt;b&gt;" in text
    assert "expected HOLDS" in text


# --- Formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLAIMS)
def test_every_formula_is_typeset(name):
    formulas = Formulas()
    formula = ElementTree.fromstring(formulas.svg(CLAIMS[name].latex))
    x, y, width, height = map(float, formula.get("viewBox").split())
    assert x == 0
    assert -height < y < 0 < width
    glyphs = {path.get("id"): path for path in ElementTree.fromstring(formulas.glyphs()).iter("path")}
    uses = [*formula.iter("use")]
    assert {use.get("href") for use in uses} == {f"#{name}" for name in glyphs}
    for use in uses:
        left, below = map(float, re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", use.get("transform")).groups())
        assert -1 <= left <= width
        assert -height <= below <= height


def test_a_glyph_is_kept_once():
    formulas = Formulas()
    first, second = formulas.svg("a + a"), formulas.svg("a")
    assert first.count("<use") == 3
    assert formulas.glyphs().count("<path") == 2
    assert re.search('href="(#g0)"', first)[1] == re.search('href="(#g.)"', second)[1]


def test_a_glyph_has_the_shape_of_its_letter():
    formulas = Formulas()
    formulas.svg(r"\mathrm{l}")
    (path,) = ElementTree.fromstring(formulas.glyphs()).iter("path")
    points = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
    across, up = points[::2], points[1::2]
    assert 60 < max(up) - min(up) < 80  # of 100, an em
    assert 10 < max(across) - min(across) < 35
    assert re.fullmatch(r"(M[^A-Z]+([LQC][^A-Z]+)*Z)+", path.get("d"))


# --- Witnesses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        (999_999, "999999"),
        (10**6, "1e+06"),
        (-(10**400), "-10^400"),
        (0.1234567, "0.1235"),
        (float("inf"), "inf"),
        (True, "True"),
        ("1/3", "1/3"),
    ],
)
def test_numbers_are_short(value, expected):
    assert short(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        ("a < b", "a &lt; b"),
        ([1, 2.5], "(1, 2.5)"),
        ([[1, 2], [3, 4]], "(1, 2)<br>(3, 4)"),
        ({"a": [1]}, "<table><tr><th>a</th><td>(1)</td></tr></table>"),
        ([], "()"),
    ],
)
def test_witnesses_are_readable(value, expected):
    assert readable(value) == expected


def test_long_lists_and_texts_are_abridged():
    shown = readable([*range(1000)])
    assert shown.startswith("(0, 1, 2, ")
    assert shown.endswith("… (1000 in all), 999)")
    assert shown.count(",") == ENTRIES
    assert readable([*range(ENTRIES + 2)]).count(",") == ENTRIES + 1
    assert len(readable("x" * 1000)) < 500


@pytest.mark.parametrize("count", [0, 1, MANY, MANY + 1, 1000])
def test_long_tables_are_abridged(count):
    shown = table(["n"], [[str(n)] for n in range(count)])
    cells = re.findall("<td>(.*?)</td>", shown)
    numbers = [int(cell) for cell in cells if cell.isdigit()]
    gap = sum(int(re.search(r"\d+", cell)[0]) for cell in cells if not cell.isdigit())
    assert len(cells) <= MANY
    assert len(numbers) + gap == count
    assert numbers[-1:] == [count - 1] * (count > 0)
