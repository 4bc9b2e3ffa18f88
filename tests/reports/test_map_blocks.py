"""The map shows every stage, lane and the seam; what is missing says why; words stay words."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from journeyqual.errors import ConfigError, SchemaError
from journeyqual.reports import map_blocks
from journeyqual.schema import CURVE, METRICS, QUOTES, TOUCHPOINTS, check
from tests.reports.fake_study import HOSTILE, FakeConfig, FakeStudy, codebook
from tests.reports.map_tables import (
    curve,
    driver,
    drivers,
    opportunities,
    points,
    seam,
    shown,
    todo,
)
from tests.reports.test_blocks import Tags

LONG = "a name that never ends, " * 17


def book_of(*names, **more):
    stages = [{"name": n, "touchpoints": [{"name": f"{n} desk", "channel": "in person"}]} | more
              for n in names]  # fmt: skip
    return from_dict({"stage": stages})


@pytest.fixture(scope="module")
def two():
    """A buyer stage that Sales looks after, and a customer stage that nobody does."""
    return from_dict(
        {
            "stage": [
                {
                    "name": "buying", "side": "buyer", "owner": "Sales",
                    "touchpoints": [{"name": "shop", "channel": "in person"}, "leaflet"],
                },
                {"name": "using", "side": "customer"},
            ]
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def table(two):
    return curve(two, buying=(0.4, 0.2, 0.6), using=(-0.3, -0.5, -0.1))


def metric(stage, name, value, **more):
    return check(
        pd.DataFrame([{"stage": stage, "metric": name, "value": value, "unit": "%", **more}]),
        METRICS,
    )


def full(table, book):
    """The grid with something in every lane of `buying`."""
    quotes = check(
        pd.DataFrame(
            [
                {
                    "stage": "buying", "stage_order": 0, "stance": stance, "rank": 1,
                    "unit_id": f"u{i}", "interview": "i", "participant": "P01", "text": text,
                    "start_s": 61.0, "valence": 0.4, "emotion": "joy", "unsure": False,
                }
                for i, (stance, text) in enumerate([("supports", "Lovely shop."),
                                                    ("contradicts", "What a queue.")])
            ]
        ),
        QUOTES,
    )  # fmt: skip
    return map_blocks.grid(
        table,
        book,
        touchpoints=points(book, [("P01", "buying", "shop"), ("P02", "buying", "shop")]),
        drivers=drivers(driver("buying", 0, "the queue", -0.3)),
        quotes=quotes,
        metrics=metric("buying", "conversion", 41.0, period="2026-Q1"),
        opportunities=opportunities(todo(1, "buying", 0)),
    )


# -- the grid -----------------------------------------------------------------------------------


def test_a_stage_has_every_lane(two, table):
    text = shown(full(table, two).html)
    for said in (
        "buying", "buyer side", "+0.40", "+0.20 to +0.60", "9 people, 30 units",
        "shop in person 2 people", "leaflet nobody", "the queue −0.30 (−0.40 to −0.20)",
        "Lovely shop.", "What a queue.", "P01 · 1:01 · joy", "41 % conversion", "Sales",
        "1 mend buying 4 of 12 people",
    ):  # fmt: skip
        assert said in text, said


def test_the_grid_is_a_table_of_stages_for_who_cannot_see_it(two, table):
    seen = Tags(full(table, two).html)
    roles = [v for _, a, v in seen.attributes if a == "role"]
    assert roles.count("columnheader") == len(map_blocks.LANES)
    assert roles.count("rowheader") == 2
    assert roles.count("cell") == 2 * (len(map_blocks.LANES) - 1)
    assert seen.tags.count("caption") == 1
    scopes = [v for _, a, v in seen.attributes if a == "scope"]
    assert scopes == ["col"] * len(map_blocks.LANES) + ["row"] * 2


def test_a_lane_is_named_in_each_cell_for_the_card_of_a_phone(two, table):
    lanes = re.findall(r'data-lane="([^"]*)"', full(table, two).html)
    assert lanes == list(map_blocks.LANES[1:]) * 2


def test_the_seam_is_marked_once_where_the_sides_meet(two, table):
    html = full(table, two).html
    assert html.count("the seam: from buyer to customer") == 1
    assert re.search(r'id="map-1" class="jqm-seam jqm-on-customer"', html)
    alternate = from_dict(
        {"stage": [{"name": n, "side": s} for n, s in zip("abc", ("buyer", "customer", "buyer"),
                                                          strict=True)]}
    )  # fmt: skip
    assert "the seam" not in map_blocks.grid(CURVE.empty(), alternate).html


def test_a_quote_stands_once_in_the_grid_and_closed(two, table):
    html = full(table, two).html
    assert html.count("Lovely shop.") == 1
    assert not re.search(r"<details[^>]*open", html)


def test_an_empty_study_says_what_is_missing_and_what_brings_it():
    book = from_dict({"stage": [{"name": "buying"}, {"name": "using"}]})
    text = shown(map_blocks.grid(CURVE.empty(), book).html)
    for said in (
        "Nobody spoke of buying and using", "names no touchpoints", "No themes were found",
        "No quote can be shown", "brought no numbers", "No stage has an owner",
        "No opportunity can be ranked",
    ):  # fmt: skip
        assert said in text, said


def test_a_full_study_says_that_nothing_is_missing(two, table):
    assert "jqm-missing" not in full(table, two).html


def test_touchpoints_that_nobody_looked_for_are_listed_and_not_called_unmentioned(two, table):
    html = map_blocks.grid(table, two).html
    assert "leaflet" in html
    assert "jqm-unsaid" not in html
    assert "Nobody has looked for touchpoints yet" in html


def test_drivers_that_pull_most_come_first_and_the_rest_is_counted(two, table):
    made = [driver("using", 1, f"theme {i}", 0.1 * i) for i in range(6)]
    html = map_blocks.grid(table, two, drivers=drivers(*made)).html
    order = [html.index(f"theme {i}") for i in (5, 4)]
    assert order == sorted(order)
    assert "theme 3" not in html
    assert "and 4 more" in html


def test_a_driver_that_may_be_chance_says_so(two, table):
    one = driver("using", 1, "the bell", 0.1, differs=False)
    assert "may be chance" in map_blocks.grid(table, two, drivers=drivers(one)).html


def test_the_markdown_is_a_table_a_stage_a_row(two, table):
    lines = full(table, two).markdown.splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 4


def test_a_table_of_another_codebook_is_refused(table):
    with pytest.raises(ConfigError, match="buying"):
        map_blocks.grid(table, book_of("other"))
    with pytest.raises(SchemaError):
        map_blocks.grid(pd.DataFrame({"stage": ["x"]}), book_of("x"))


# -- the loop -----------------------------------------------------------------------------------


def test_the_loop_is_drawn_wide_and_narrow_and_every_mark_leads_to_its_stage(two, table):
    html = map_blocks.loop(table, two, seam()).html
    seen = Tags(html)
    assert html.count("<svg class=") >= 2
    links = [v for t, a, v in seen.attributes if t == "a" and a == "href"]
    assert sorted(set(links)) == ["#map-0", "#map-1"]
    labels = [v for t, a, v in seen.attributes if t == "a" and a == "aria-label"]
    assert labels[:2] == [
        "1. buying: +0.40 (+0.20 to +0.60), 9 people, good side",
        "2. using: −0.30 (−0.50 to −0.10), 9 people, bad side",
    ]
    assert "feeling fell by 0.40 (0.30 to 0.50): 8 of 9 people fell, 1 rose." in seen.text


def test_shape_says_what_colour_says(two, table):
    html = map_blocks.loop(table, two).html
    marks = re.findall(r'class="jqm-mark" style="--jq-pole: var\(--jq-(\w+)\).*?</g>', html)
    assert marks[:2] == ["good", "bad"]
    shapes = re.findall(r'<circle class="jqm-halo" r="17"/>\s*<path d="M0 (-?\d+)', html)
    # The tip of the good side's triangle is above, that of the bad side's below.
    assert [int(tip) < 0 for tip in shapes[:2]] == [True, False]


def test_without_sides_the_loop_says_that_the_seam_is_not_known():
    html = map_blocks.loop(CURVE.empty(), book_of("a", "b"), seam()).html
    assert "the seam</text>" not in html
    html = map_blocks.loop(CURVE.empty(), book_of("a", "b")).html
    assert "does not settle which stages" in html


def test_a_seam_that_nobody_crossed_has_no_figure(two, table):
    nobody = seam().assign(change=np.nan, change_low=np.nan, change_high=np.nan)
    html = map_blocks.loop(table, two, nobody).html
    assert "the seam</text>" in html
    assert "jqm-seam-value" not in html


# -- coverage -----------------------------------------------------------------------------------


def test_coverage_tells_what_people_speak_of_and_what_nobody_mentions(two):
    told = points(two, [("P01", "buying", "shop"), ("P02", "buying", ""), ("P03", "buying", "")])
    seen = Tags(map_blocks.coverage(told, two).html)
    text = " ".join(seen.text.split())
    assert "Of 2 touchpoints people spoke of 1, most often the shop (1 of 3 people)" in text
    assert "Nobody mentions leaflet buying" in text
    assert "That does not say that nobody used it" in text
    assert seen.tags.count("caption") == seen.tags.count("table") == 2


def test_coverage_of_a_machine_says_that_nobody_has_checked_it(two):
    told = points(two, [("P01", "buying", "shop")])
    assert "nobody has checked" in map_blocks.coverage(told, two).html
    assert "nobody has checked" not in map_blocks.coverage(told.assign(method="human"), two).html


def test_where_nobody_looked_coverage_says_so(two):
    for told in (TOUCHPOINTS.empty(), points(two, [])):
        html = map_blocks.coverage(told, two).html
        assert "Nobody has looked for touchpoints yet" in html
        assert "Nobody mentions" not in html


# -- hostile ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd():
    """Sixty stages with endless names, one participant, no numbers, no owners, no sides."""
    stages = [{"name": f"{i} {LONG}"[:400], "touchpoints": [LONG]} for i in range(60)]
    return from_dict({"stage": stages})


def test_sixty_endless_names_and_one_person_are_all_there(crowd):
    one = curve(crowd).assign(n_participants=1, n_units=1, valence=0.1)
    html = map_blocks.grid(one, crowd).html
    assert html.count('role="rowheader"') == 60
    assert "jqm-many" in html
    assert "--jqm-n: 60; --jqm-bands: 5" in html
    assert "no interval" in html
    loop = map_blocks.loop(one, crowd).html
    assert not Tags(loop).open
    assert loop.count("<li><a href=") == 60


def every_block(suffix):
    study = FakeStudy(
        codebook=codebook(suffix=suffix), config=FakeConfig(title=suffix, note=suffix), quote=suffix
    )
    book, told = study.codebook, study.curve()
    name = book.stage_names[0]
    held = [("P01", name, book.stages[0].touchpoints[0].name)]
    return [
        map_blocks.head(study, suffix, suffix, [(1, suffix)], sheet=True),
        map_blocks.loop(told, book, seam()),
        map_blocks.grid(
            told, book, touchpoints=points(book, held), drivers=drivers(driver(name, 0, suffix, 1)),
            quotes=study.quotes(), metrics=metric(name, suffix, 1.0, unit=suffix, group=suffix),
            opportunities=opportunities(todo(1, name, 0, name=suffix, owner=suffix)),
        ),
        map_blocks.coverage(points(book, held), book),
    ]  # fmt: skip


def test_hostile_words_stay_words():
    for block in every_block(HOSTILE):
        seen = Tags(block.html)
        assert not seen.open
        assert not {"script", "img", "iframe"} & set(seen.tags)
        assert not [a for a in seen.attributes if a[1].startswith("on")]
        links = [v for t, a, v in seen.attributes if a in {"href", "src"}]
        assert all(re.fullmatch(r"#map-\d+", v) for v in links)
    assert HOSTILE in Tags(every_block(HOSTILE)[2].html).text


def test_the_same_tables_give_the_same_bytes():
    assert [b.html for b in every_block("x")] == [b.html for b in every_block("x")]


def test_backticks_of_a_name_stay_backticks(two):
    odd = replace(two, stages=(replace(two.stages[0], name="`rm -rf`"), two.stages[1]))
    html = map_blocks.grid(CURVE.empty(), odd).html
    assert "Nobody spoke of `rm -rf` and using" in html
    assert "<code>metrics.csv</code>" in html


# -- style --------------------------------------------------------------------------------------


def test_the_style_fetches_nothing_and_prints_on_a3():
    sheet = map_blocks.css(sheet=True)
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "size: A3 landscape" in sheet
    assert "A3" not in map_blocks.css()
    assert "animation" not in re.sub(
        r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}", "", sheet, flags=re.S
    )


def test_in_jupyterlab_each_block_brings_its_style(two, table, monkeypatch):
    block = map_blocks.loop(table, two)
    monkeypatch.delenv("JOURNEYQUAL_REPORT", raising=False)
    assert block._repr_html_().startswith("<style>")
    monkeypatch.setenv("JOURNEYQUAL_REPORT", "1")
    assert block._repr_html_() == block.html
