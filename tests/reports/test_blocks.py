"""Blocks say what the tables say, escape everything, and own up to what is missing."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from journeyqual.errors import SchemaError
from journeyqual.reports import blocks
from journeyqual.schema import MOVED, QUOTES
from tests.reports.fake_study import HOSTILE, FakeConfig, FakeStudy, codebook


class Tags(HTMLParser):
    """Collects the elements, their attributes and the text that a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in {"path", "circle", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self.text += data


def every_block(study):
    curve, quotes, book = study.curve(), study.quotes(), study.codebook
    return {
        "header": blocks.header(study),
        "how_to_read": blocks.how_to_read(curve, book),
        "moments": blocks.moments(curve, study.reading(), quotes),
        "stage_links": blocks.stage_links(curve, book),
        "evidence": blocks.evidence(curve, quotes, book, moved=study.moved()),
        "curve_table": blocks.curve_table(curve, book),
        "group_table": blocks.curve_table(study.curve(by="segment"), book, by="segment"),
        "emotion_table": blocks.emotion_table(study.emotions(), book),
        "coverage_table": blocks.coverage_table(study.coverage()),
        "compared": blocks.compared("segment"),
        "method": blocks.method(study.facts(), curve),
    }


@pytest.fixture(scope="session")
def hostile():
    return FakeStudy(
        codebook=codebook(suffix=" " + HOSTILE),
        config=FakeConfig(title=HOSTILE, note="n" * 400),
        quote=HOSTILE,
    )


def test_html_is_well_formed_and_has_no_script(study, hostile):
    for one in (study, hostile):
        for name, block in every_block(one).items():
            seen = Tags(block.html)
            assert not seen.open, name
            assert not {"script", "img", "iframe"} & set(seen.tags), name
            assert not [a for a in seen.attributes if a[1].startswith("on")], name
            links = [v for t, a, v in seen.attributes if a in {"href", "src"}]
            assert all(v.startswith("#stage-") for v in links), name


def test_hostile_words_are_shown_letter_by_letter(hostile):
    assert HOSTILE in Tags(blocks.evidence(*tables(hostile)).html).text
    assert HOSTILE in Tags(blocks.header(hostile).html).text


def tables(study):
    return study.curve(), study.quotes(), study.codebook


def test_hostile_markdown_stays_text(hostile):
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    for block in every_block(hostile).values():
        seen = Tags(markdown2html_mistune(block.markdown))
        assert not {"script", "img", "code", "em"} & set(seen.tags)
        assert not [v for _, a, v in seen.attributes if a == "href" and v.startswith("javascript")]


def test_quotes_stand_in_isolation_of_direction(study):
    html = blocks.evidence(*tables(study)).html
    assert html.count("<blockquote><p><bdi>") == html.count("<blockquote>") > 10


def test_a_stage_tells_definition_value_interval_people_owner_and_expectation(study):
    text = " ".join(Tags(blocks.evidence(*tables(study)).html).text.split())
    row = study.curve().iloc[3]
    assert "Everything said about delivery and set-up." in text
    assert f"−{abs(row.valence):.2f}" in text
    assert f"{row.n_units} units by {row.n_participants} people" in text
    assert "Looked after by Operations" in text
    assert "The team expected +0.60" in text


def test_a_quote_has_stance_person_time_emotion_and_unit(study):
    text = " ".join(Tags(blocks.evidence(*tables(study)).html).text.split())
    assert "supports P02 · 2:16 · frustration · −0.60 · the coder is unsure unit q11" in text
    assert "contradicts P03 · 2:16" in text
    assert "supports P01 · no time code" in text


def why(study, **shifts):
    """The part under the first quote, its first words having moved its valence so far."""
    quotes = study.quotes().head(1)
    words = [(m.start(), m.end()) for m in re.finditer(r"\S+", quotes["text"][0])]
    moved = pd.DataFrame(
        [
            {"unit_id": quotes["unit_id"][0], "valence": -0.62, "start": a, "end": b, "shift": s}
            for (a, b), s in zip(words, shifts.values(), strict=False)
        ],
        columns=MOVED.names,
    )
    html = blocks.evidence(study.curve(), quotes, study.codebook, moved=moved).html
    return quotes["text"][0], html.split('<details class="jq-why">')[1].split("</details>")[0]


def test_words_that_moved_the_valence_are_marked_where_they_stand(study):
    text, html = why(study, first=-0.4, second=0.04, third=0.2)
    words = text.split()
    marks = re.findall(r'<mark class="jq-(\w+) jq-level-(\d)" title="moved it \1">(.*?)<', html)
    assert marks == [("down", "3", words[0]), ("up", "2", words[2])]
    shown = re.search(r'<p class="jq-read" dir="auto">(.*?)</p>', html, flags=re.DOTALL)[1]
    assert Tags(shown).text == text
    assert "It read −0.62." in Tags(html).text


def test_a_reading_that_no_single_word_moved_says_so(study):
    _, html = why(study, first=0.01, second=-0.02)
    assert "No single word moved it." in html
    assert "<mark" not in html


def test_without_a_machine_reading_there_is_nothing_to_open(study):
    assert "jq-why" not in blocks.evidence(*tables(study)).html


def test_hostile_words_stay_text_where_they_are_marked(hostile):
    html = blocks.evidence(*tables(hostile), moved=hostile.moved()).html
    read = re.findall(r'<p class="jq-read" dir="auto">(.*?)</p>', html, flags=re.DOTALL)
    assert read
    assert {Tags(one).text for one in read} == {HOSTILE}


def test_no_contradicting_quote_is_said(study):
    html = blocks.evidence(*tables(study)).html
    sections = html.split("<details")[1:]
    unsettled = study.curve().query("valence_low <= 0 <= valence_high")["stage_order"].tolist()
    assert 0 < len(unsettled) < 8
    for order, section in enumerate(sections):
        has = "jq-contradicts" in section
        assert has is (order % 3 != 0)
        settled = order not in unsettled
        said = "No quote that contradicts this figure was found." in section
        assert said is (settled and not has)
        assert ("no side to support" in section) is not settled


def test_no_supporting_quote_is_said(study):
    html = blocks.evidence(study.curve(), QUOTES.empty(), study.codebook).html
    settled = (~study.curve().eval("valence_low <= 0 <= valence_high")).sum()
    assert html.count("No quote that supports this figure can be shown.") == settled > 0


def test_a_stage_nobody_spoke_of_says_so_and_shows_no_figure():
    study = FakeStudy(empty_stage=4)
    section = blocks.evidence(*tables(study)).html.split('id="stage-4"')[1].split("</details>")[0]
    assert "Nobody spoke of this stage" in section
    assert "jq-track" not in section
    assert "+0." not in section.replace("expected +0.80", "")


def test_a_thin_stage_is_marked(study):
    html = blocks.evidence(*tables(study)).html
    thin = study.curve().query("is_thin")["stage_order"].tolist()
    assert thin == [6]
    sections = html.split("<details")[1:]
    assert [i for i, s in enumerate(sections) if "jq-thin" in s] == thin


def test_moments_follow_the_reading(study):
    text = " ".join(
        Tags(blocks.moments(study.curve(), study.reading(), study.quotes()).html).text.split()
    )
    order = ["Lowest average", "delivery and set-up", "Highest average", "Last stage"]
    assert [text.index(w) for w in order] == sorted(text.index(w) for w in order)


def test_moments_without_anything_said_are_empty(study):
    empty = study.reading().iloc[:0]
    assert "jq-card" not in blocks.moments(study.curve(), empty, QUOTES.empty()).html


def test_links_reach_a_section_each(study):
    links = Tags(blocks.stage_links(study.curve(), study.codebook).html).attributes
    ids = Tags(blocks.evidence(*tables(study)).html).attributes
    hrefs = [v[1:] for _, a, v in links if a == "href"]
    assert hrefs == [v for t, a, v in ids if t == "details" and a == "id"]


def test_tables_have_a_caption_and_headers_with_scope(study):
    for block in (
        blocks.curve_table(study.curve(), study.codebook),
        blocks.emotion_table(study.emotions(), study.codebook),
        blocks.coverage_table(study.coverage()),
    ):
        seen = Tags(block.html)
        assert "caption" in seen.tags
        scopes = [v for t, a, v in seen.attributes if (t, a) == ("th", "scope")]
        assert set(scopes) == {"col", "row"}
        assert scopes.count("row") == 8


def test_the_group_table_has_a_row_a_group_and_stage(study):
    block = blocks.curve_table(study.curve(by="segment"), study.codebook, by="segment")
    assert Tags(block.html).tags.count("tr") == 1 + 2 * 8


def test_machine_coding_is_told_as_a_limit_only_where_there_is_some(study):
    people = FakeStudy(people_coded=True)
    assert "A machine chose" in blocks.method(study.facts(), study.curve()).html
    assert "A machine chose" not in blocks.method(people.facts(), people.curve()).html


def test_no_groups_no_heading():
    assert blocks.compared("").html.strip() == ""
    assert '<h2 id="compared">' in blocks.compared("segment").html


def test_a_curve_of_several_groups_is_refused_where_one_is_meant(study):
    with pytest.raises(SchemaError, match="one curve"):
        blocks.evidence(study.curve(by="segment"), study.quotes(), study.codebook)


def test_a_coverage_table_without_a_column_is_refused():
    with pytest.raises(SchemaError, match="n_units"):
        blocks.coverage_table(pd.DataFrame({"stage": [], "n_participants": []}))


def test_in_jupyterlab_a_block_brings_its_style_in_a_report_it_does_not(study, monkeypatch):
    block = blocks.compared("segment")
    assert block._repr_html_().startswith("<style>")
    monkeypatch.setenv("JOURNEYQUAL_REPORT", "1")
    assert block._repr_html_() == block.html


def test_the_teams_numbers_stand_beside_what_people_said(study):
    curve, quotes, book = tables(study)[:3]
    metrics = pd.DataFrame(
        {
            "stage": [book.stage_names[3], book.stage_names[3]],
            "metric": ["delivered in time", HOSTILE],
            "value": [91.0, 1234.5],
            "unit": ["%", ""],
            "period": ["2026-Q1", ""],
        }
    )
    shown = Tags(blocks.evidence(curve, quotes, book, metrics).html).text
    assert "delivered in time" in shown
    assert "91 %" in shown
    assert "1,234.5" in shown
    assert HOSTILE in shown
