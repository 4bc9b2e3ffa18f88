"""A page in another language: no label is left in English, and a catalogue can add no markup."""

import io
import json
import re
from html.parser import HTMLParser

import pytest

from journeyqual import charts
from journeyqual.labels import gather, speaking
from journeyqual.reports import blocks, make_report
from journeyqual.reports import html as page_of
from tests.reports import test_blocks, test_explaining, test_map_blocks, test_walking
from tests.reports.browser import Open

pytestmark = pytest.mark.slow

PSEUDO = "qps"
NAMING = {"th", "caption", "summary", "h1", "h2", "h3", "h4", "dt", "button"}


def pseudo(folder):
    """Write a catalogue that puts every label of the source into brackets."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    made = Catalog(fuzzy=False)
    for text in gather.gathered():
        own = tuple(f"⟦{t}⟧" for t in text) if isinstance(text, tuple) else f"⟦{text}⟧"
        made.add(text, own)
    out = io.BytesIO()
    write_po(out, made)
    (folder / "labels").mkdir(exist_ok=True)
    (folder / "labels" / f"{PSEUDO}.po").write_bytes(out.getvalue())
    return folder


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    return pseudo(tmp_path_factory.mktemp("pseudo"))


class Named(HTMLParser):
    """Collects what names things: heads, headings, captions and labels for the screen reader.

    Words inside ``bdi`` are the study's own.
    """

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.own = [], [], 0
        self.feed(re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in {"aria-label", "title", "data-lane", "alt"} and value:
                self.found.append((f"{tag} {name}", value, value))
        self.own += tag in {"bdi", "code"}
        # The head of a row is the study's own.
        if tag in NAMING and ("scope", "row") not in attrs:
            self.open.append([tag, "", ""])

    def handle_endtag(self, tag):
        self.own -= tag in {"bdi", "code"}
        if self.open and tag == self.open[-1][0]:
            self.found.append(tuple(self.open.pop()))

    def handle_data(self, data):
        for part in self.open:
            part[1] += data
            if not self.own:
                part[2] += data


def english(text, own):
    """Return what names something in English in a page: words neither bracketed nor the study's."""
    left = []
    for where, whole, ours in Named(text).found:
        words = re.sub(r"⟦.*⟧", "", whole if where == "th" else ours, flags=re.DOTALL)
        for name in sorted(own, key=len, reverse=True):
            words = words.replace(name, "")
        if re.search(r"[A-Za-z]{2}", words):
            left.append((where, " ".join(whole.split())))
    return left


def english_in(spec, own):
    """Return the titles, axis words and tooltip names of a chart that are in English."""
    left = []

    def look(part, at=""):
        if isinstance(part, dict):
            for key, value in part.items():
                if key not in {"data", "datasets", "config", "usermeta", "transform"}:
                    look(value, key)
        elif isinstance(part, list):
            for value in part:
                look(value, at)
        elif isinstance(part, str) and at in {"title", "text", "subtitle", "labelExpr"}:
            shown = re.findall(r'"([^"]*)"', part) if at == "labelExpr" else [part]
            for text in (json.loads(f'"{t}"') if at == "labelExpr" else t for t in shown):
                words = text
                for name in sorted(own, key=len, reverse=True):
                    words = words.replace(name, "")
                if re.search(r"[A-Za-z]{2}", words) and not re.search("[⟦⟧]", words):
                    left.append((at, text))

    look(spec)
    return left


def words_of(study):
    """Return the words that are a study's own and stay as they are in every language."""
    book = study.codebook
    own = {"journeyqual", "toml", "COREQ", "SRQR", study.config.title, "segment", "F"}
    own |= {*book.stage_names, *book.emotion_names, *(s.owner for s in book.stages)}
    own |= {str(v) for v in study.participants().to_numpy().ravel()}
    return {str(word) for word in own if str(word)}


SUITES = {
    "blocks": lambda study, made: test_blocks.every_block(study),
    "walking": lambda study, made: test_walking.every_block(made),
    "explaining": lambda study, made: test_explaining.every_block(made),
    "map": lambda study, made: dict(enumerate(test_map_blocks.every_block("XXX"))),
}


@pytest.mark.parametrize("suite", SUITES)
def test_no_head_heading_or_caption_is_left_in_english(study, made, spoken, suite):
    own = words_of(study) | {*made.drivers["name"], *made.numbers["metric"], "XXX", "New", "Old"}
    with speaking(PSEUDO, spoken):
        shown = SUITES[suite](study, made)
    left = {name: english(block.html, own) for name, block in shown.items()}
    assert {name: words for name, words in left.items() if words} == {}


def test_no_title_axis_or_tooltip_of_a_chart_is_left_in_english(study, made, spoken):
    curve, lines, book = study.curve(), study.lines(), study.codebook
    with speaking(PSEUDO, spoken):
        drawn = {
            "curve": charts.curve_chart(curve, lines, book),
            "spread": charts.spread_chart(curve, lines, book),
            "emotions": charts.emotion_chart(study.emotions(), book, curve=curve),
            "groups": charts.group_chart(study.curve(by="segment"), book, by="segment"),
            "ranks": charts.rank_chart(made.ranks, made.book),
            "seam": charts.seam_chart(made.seam_lines, method="machine"),
            "saturation": charts.saturation_chart(made.saturation_curve),
            "drivers": charts.driver_chart(made.drivers, made.book),
            "differences": charts.difference_charts(made.differences, made.book)[0],
        }
        specs = {name: chart.to_dict() for name, chart in drawn.items()}
    own = words_of(study) | set(made.drivers["name"])
    own |= {*made.differences["group"], *made.differences["against"]}
    # Names are broken into lines.
    own |= {part for name in own for part in name.split()}
    left = {name: english_in(spec, own) for name, spec in specs.items()}
    assert {name: words for name, words in left.items() if words} == {}
    assert all("⟦" in spec["description"] for spec in specs.values())


def test_a_page_says_its_language_and_its_prose_is_translated():
    from nbformat import v4

    cell = v4.new_markdown_cell("## The map\n\nWords of a researcher.")
    with speaking("de"):
        made = page_of.page(v4.new_notebook(cells=[cell]))
    assert '<html lang="de">' in made
    assert "Die Karte</h2>" in made
    assert "Words of a researcher." in made
    assert ">Dunkel</button>" in made
    assert '<html lang="en">' in page_of.page(v4.new_notebook(cells=[cell]))


def test_what_people_said_is_not_translated(study):
    with speaking("de"):
        shown = blocks.table_of("stage", ["valence"], [["stage"], ["nobody"]])
    assert {"stage", "valence", "nobody"} <= set(re.findall(r"[a-z]+", shown.markdown))


HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://e.vil) `a` <b>"


def test_a_hostile_translation_is_shown_letter_by_letter(tmp_path, study):
    from nbformat import v4

    (tmp_path / "labels").mkdir()
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    wanted = ("The map", "How it felt, stage by stage", "The numbers behind the curve", "stage")
    text = head + "".join(f'msgid "{w}"\nmsgstr "{HOSTILE}"\n\n' for w in wanted)
    (tmp_path / "labels" / "xx.po").write_text(text, encoding="utf-8")
    cell = v4.new_markdown_cell("## The map")
    with speaking("xx", tmp_path):
        chart = charts.curve_chart(study.curve(), study.lines(), study.codebook)
        table = blocks.curve_table(study.curve(), study.codebook)
        outputs = [
            v4.new_output("display_data", data={"text/html": one})
            for one in (table.html, charts.display.report_html(chart.to_dict()))
        ]
        cells = [cell, v4.new_code_cell("", outputs=outputs)]
        made = page_of.page(v4.new_notebook(cells=cells))
    body = re.sub(r"<script>.*?</script>", "", made, flags=re.DOTALL)
    assert "<script>alert" not in made
    assert "javascript:alert(1)" in body
    assert not re.search(r'href="javascript|<img|<b>', body)


@pytest.mark.notebook
@pytest.mark.parametrize("name", ["emotional_journey", "why", "journey_map", "four_questions"])
def test_every_notebook_speaks_the_language(study_folder, study, tmp_path, name):
    pseudo(study_folder)
    given = {"language": PSEUDO}
    page = make_report(study_folder, template=name, parameters=given, out_dir=tmp_path)
    assert page.name == f"{name}-language-{PSEUDO}.html"
    text = page.read_text(encoding="utf-8")
    assert f'<html lang="{PSEUDO}">' in text
    assert english(text, words_of(study)) == []
    specs = re.findall(r'class="jq-spec">(.*?)</script>', text, re.DOTALL)
    own = {part for word in words_of(study) for part in [word, *word.split()]}
    assert [left for spec in specs for left in english_in(json.loads(spec), own)] == []


@pytest.mark.browser
@pytest.mark.notebook
def test_a_german_page_is_quiet_and_says_so(chromium, study_folder, tmp_path):
    page = make_report(study_folder, parameters={"language": "de"}, out_dir=tmp_path)
    with Open(chromium, page) as seen:
        assert seen.said == []
        assert seen.asked == [page.as_uri()]
        assert seen.page.evaluate("document.documentElement.lang") == "de"
        assert "Wie es sich anfühlte" in seen.page.inner_text("main")
        assert seen.page.inner_text("#jq-mode") in {"Hell", "Dunkel"}
