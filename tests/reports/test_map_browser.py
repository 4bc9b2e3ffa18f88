"""The map and the pages in a real Chromium: wide, narrow, dark, printed, by keyboard, hostile."""

import itertools
import re

import pandas as pd
import pytest

from journeyqual import open_study
from journeyqual.codebook import from_dict
from journeyqual.reports import make_report, map_blocks, pages
from journeyqual.schema import METRICS, QUOTES, check
from tests.reports.browser import DRAWN, Open, barriers
from tests.reports.map_tables import (
    curve,
    driver,
    drivers,
    opportunities,
    points,
    seam,
    todo,
)

pytestmark = [pytest.mark.browser, pytest.mark.notebook]

A3 = (1190.6, 841.9)
"""Landscape, in points."""
NAMES = ("journey_map", "four_questions", "team-sales", "what_changed", "index")


@pytest.fixture(scope="module")
def made(study_folder, tmp_path_factory):
    return everything(study_folder, tmp_path_factory.mktemp("map"))


@pytest.fixture(scope="module")
def hostile(hostile_folder, tmp_path_factory):
    return everything(hostile_folder, tmp_path_factory.mktemp("hostile"))


def everything(folder, out):
    for name in ("journey_map", "four_questions", "what_changed"):
        make_report(folder, template=name, out_dir=out)
    study = open_study(folder)
    pages.write_teams(study, out)
    pages.write_index(study, out)
    study.close()
    return out


@pytest.fixture(scope="module")
def crowd(study_folder, tmp_path_factory):
    """Sixty stages with endless names, one participant, no numbers, no owners, no sides."""
    long = "a name that never ends, " * 17
    stages = [{"name": f"{i} {long}"[:400], "touchpoints": [long]} for i in range(60)]
    book = from_dict({"stage": stages})
    table = curve(book).assign(n_participants=1, n_units=1, valence=0.1, is_thin=True)
    study = open_study(study_folder)
    parts = [
        map_blocks.head(study, "Journey map", study.headline(), sheet=True),
        "## The loop",
        map_blocks.loop(table, book),
        "## The map",
        map_blocks.grid(table, book),
        "## Touchpoints",
        map_blocks.coverage(map_blocks.TOUCHPOINTS.empty(), book),
    ]
    study.close()
    return pages._write(parts, tmp_path_factory.mktemp("crowd") / "crowd.html")


@pytest.fixture(scope="module")
def rich(study_folder, tmp_path_factory):
    """Every lane fuller than the printed sheet has room for."""
    words = "an errand that is told at length, with all its turns and every one of its reasons"
    stages = [
        {
            "name": f"{name} {words}"[: 20 + 9 * i], "side": "buyer" if i < 3 else "customer",
            "owner": words if i % 2 else "Sales",
            "touchpoints": [{"name": f"{k} {words}"[: 12 + 9 * k], "channel": f"way {k}"}
                            for k in range(i)],
        }
        for i, name in enumerate("abcdefgh")
    ]  # fmt: skip
    book = from_dict({"stage": stages})
    names = book.stage_names
    told = curve(book).assign(valence=0.3, valence_low=0.1, valence_high=0.5, n_participants=9)
    quotes = [
        {
            "stage": names[i], "stage_order": i, "stance": stance, "rank": 1,
            "unit_id": f"{i}{stance}", "interview": "i", "participant": "P01",
            "text": f"{words}. " * (1 + 2 * i), "start_s": 61.0, "valence": 0.4, "emotion": "joy",
            "unsure": False,
        }
        for i in range(8) for stance in ("supports", "contradicts")
    ]  # fmt: skip
    metrics = [
        {
            "stage": names[i],
            "metric": f"{k} {words}",
            "value": k,
            "unit": "%",
            "period": "2026-Q1",
            "group": "family",
        }
        for i in range(8)
        for k in range(i)
    ]
    said = [("P01", s.name, p.name) for s in book.stages for p in s.touchpoints[::2]]
    coverage = points(book, said)
    study = open_study(study_folder)
    parts = [
        map_blocks.head(study, "Journey map", f"{words}. " * 6, sheet=True),
        map_blocks.loop(told, book, seam()),
        map_blocks.grid(
            told, book, touchpoints=coverage,
            drivers=drivers(*[driver(names[i], i, f"{k} {words}", 0.1 * k - 0.3)
                              for i in range(8) for k in range(i)]),
            quotes=check(pd.DataFrame(quotes), QUOTES),
            metrics=check(pd.DataFrame(metrics), METRICS),
            opportunities=opportunities(*[todo(3 * i + k + 1, names[i], i, name=words)
                                          for i in range(8) for k in range(3)]),
        ),
        map_blocks.coverage(coverage, book),
    ]  # fmt: skip
    study.close()
    return pages._write(parts, tmp_path_factory.mktemp("rich") / "rich.html")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light"), (1920, "light")])
def test_quiet_offline_accessible_and_no_wider_than_the_window(
    chromium, made, name, width, scheme
):  # fmt: skip
    path = made / f"{name}.html"
    with Open(chromium, path, width=width, scheme=scheme) as it:
        assert it.said == []
        assert it.asked == [path.as_uri()]
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(it) == []


@pytest.mark.parametrize("name", ["journey_map", "four_questions", "index"])
def test_hostile_words_run_nothing_and_break_nothing(chromium, hostile, name):
    path = hostile / f"{name}.html"
    for width in (390, 1280):
        with Open(chromium, path, width=width) as it:
            assert it.dialogs == []
            assert it.said == []
            assert it.asked == [path.as_uri()]
            assert it.page.evaluate("document.documentElement.scrollWidth") <= width
            assert it.page.locator("main img").count() == 0


def sheets(browser, path):
    """Return the sizes of the printed pages, in points."""
    with Open(browser, path) as it:
        data = it.page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", data)
    return [(float(w), float(h)) for w, h in boxes]


def test_the_map_prints_on_one_a3_sheet(chromium, made, hostile, crowd, rich):
    for path in (made / "journey_map.html", hostile / "journey_map.html", crowd, rich):
        (size,) = sheets(chromium, path)
        assert size == pytest.approx(A3, abs=1.5)


def test_nothing_on_the_sheet_is_cut_in_the_middle_of_a_line(chromium, made, rich):
    for path in (made / "journey_map.html", rich):
        whole(chromium, path)


def whole(browser, path):
    with Open(browser, path, width=1520) as it:
        it.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        it.page.emulate_media(media="print")
        cut = it.page.evaluate(
            "[...document.querySelectorAll('.jqm-map tbody th, .jqm-map tbody td')]"
            ".filter(c => c.scrollHeight > c.clientHeight + 2)"
            ".map(c => `${c.className} ${c.scrollHeight} of ${c.clientHeight}: ${c.innerText}`)"
        )
        assert cut == []
        seen = it.page.evaluate(
            "['.jq-header', '.jqm-loop', '.jqm-coverage', '.jqm-map'].map(s => {"
            "const b = document.querySelector(s).getBoundingClientRect();"
            "return b.width > 100 && b.height > 100 })"
        )
        assert seen == [True] * 4


def test_lanes_lie_across_on_a_wide_page_and_stages_are_cards_on_a_phone(chromium, made):
    where = (
        "[...document.querySelectorAll('.jqm-map tbody tr')]"
        ".map(r => { const b = r.getBoundingClientRect(); return [b.left, b.top] })"
    )
    with Open(chromium, made / "journey_map.html") as it:
        spots = it.page.evaluate(where)
        assert len({top for _, top in spots}) == 1
        lefts = [left for left, _ in spots]
        assert lefts == sorted(lefts)
        head = it.page.locator(".jqm-map thead tr")
        assert head.evaluate("e => getComputedStyle(e).position") == "sticky"
    with Open(chromium, made / "journey_map.html", width=390) as it:
        spots = it.page.evaluate(where)
        assert len({left for left, _ in spots}) == 1
        tops = [top for _, top in spots]
        assert tops == sorted(tops)
        assert it.page.locator(".jqm-loop .jqm-narrow").first.is_visible()
        assert not it.page.locator("svg.jqm-wide").is_visible()


def test_the_lanes_names_stay_in_sight_when_the_map_is_scrolled(chromium, crowd):
    with Open(chromium, crowd) as it:
        region = it.page.locator(".jqm-scroll")
        assert region.evaluate("e => e.scrollWidth > e.clientWidth + 1000")
        region.evaluate("e => { e.scrollLeft = 2000 }")
        left = it.page.locator(".jqm-map thead tr").bounding_box()["x"]
        assert left == pytest.approx(region.bounding_box()["x"], abs=3)


def test_the_keyboard_leads_from_the_loop_to_a_stage_and_opens_its_quote(chromium, made):
    with Open(chromium, made / "journey_map.html") as it:
        for _ in range(40):
            it.page.keyboard.press("Tab")
            if it.page.evaluate("document.activeElement.getAttribute('href')") == "#map-3":
                break
        it.page.keyboard.press("Enter")
        it.until("location.hash === '#map-3'")
        there = "document.querySelector('#map-3 th').getBoundingClientRect().top"
        it.until(f"{there} >= 0 && {there} < 900")
        quote = it.page.locator("#map-3 .jqm-voices details").first
        quote.locator("summary").focus()
        it.page.keyboard.press("Enter")
        it.until("document.querySelector('#map-3 .jqm-voices details').open")
        assert quote.get_by_text("P01").is_visible()


def test_readers_of_the_screen_get_a_table_and_named_marks(chromium, made):
    with Open(chromium, made / "journey_map.html") as it:
        table = it.page.get_by_role("table", name=re.compile("The journey map"))
        assert table.get_by_role("columnheader").count() == len(map_blocks.LANES)
        assert table.get_by_role("rowheader").count() == 8
        assert table.get_by_role("cell").count() == 56
        mark = it.page.get_by_role("link", name=re.compile(r"^4\. delivery and set-up: −0\.\d\d"))
        assert mark.first.is_visible()


def test_links_between_the_pages_lead_to_files_that_are_there(chromium, made):
    with Open(chromium, made / "index.html") as it:
        links = it.page.locator(".jqm-index a")
        assert links.count() >= 9
        for i in range(links.count()):
            assert (made / links.nth(i).get_attribute("href")).exists()
        it.page.get_by_role("link", name=re.compile("Sales")).click()
        it.until(DRAWN)
        assert it.page.get_by_role("heading", level=1).inner_text().startswith("Sales")
        it.page.get_by_role("link", name="All reports").click()
        it.until(DRAWN)
        assert it.page.url == (made / "index.html").as_uri()
        assert it.said == []


def test_headings_step_down_one_at_a_time(chromium, made):
    for name in NAMES:
        with Open(chromium, made / f"{name}.html") as it:
            levels = it.page.evaluate(
                "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
            )
            assert levels[0] == 1
            assert levels.count(1) == 1
            assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), name
