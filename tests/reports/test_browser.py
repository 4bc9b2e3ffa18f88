"""The page in a real Chromium: offline, quiet, drawn, clickable, narrow and dark."""

import itertools

import pytest

from journeyqual.reports import make_report
from tests.reports.browser import DRAWN, Open, barriers

pytestmark = [pytest.mark.browser, pytest.mark.notebook]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def report(study_folder, made):
    return make_report(study_folder, out_dir=made)


@pytest.fixture(scope="module")
def hostile_report(hostile_folder, made):
    return make_report(hostile_folder, out_dir=made / "hostile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_drawn_quiet_offline_and_no_wider_than_the_window(chromium, report, width, scheme):
    with Open(chromium, report, width=width, scheme=scheme) as it:
        assert it.said == []
        assert it.asked == [report.as_uri()]
        assert it.page.locator(".jq-view svg.marks").count() == 7
        assert it.page.evaluate("document.documentElement.dataset.failed") is None
        assert it.page.evaluate("document.documentElement.dataset.drawn") == scheme
        wide = it.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
        widest = it.page.evaluate(
            "Math.max(...[...document.querySelectorAll('.jq-view svg.marks')]"
            ".map(s => s.getBoundingClientRect().right))"
        )
        assert widest <= width


def test_a_click_on_a_stage_of_the_chart_opens_its_evidence_again_and_again(chromium, report):
    with Open(chromium, report) as it:
        stage = it.page.locator("#stage-3")
        assert stage.get_attribute("open") is None
        svg = it.page.locator(".jq-view svg.marks").first
        areas = svg.locator("g.mark-rect path")
        for _ in range(2):
            # The area lies behind the marks: click near its lower end, where few are.
            box = areas.nth(3).bounding_box()
            it.page.evaluate(f"window.scrollTo(0, scrollY + {box['y']} - 300)")
            box = areas.nth(3).bounding_box()
            it.page.mouse.click(box["x"] + 12, box["y"] + box["height"] - 6)
            it.until("document.getElementById('stage-3').open")
            assert it.page.evaluate("document.activeElement.closest('details').id") == "stage-3"
            it.page.evaluate("document.getElementById('stage-3').open = false")
        assert it.page.locator("details.jq-stage[open]").count() == 0


def test_the_keyboard_alone_opens_evidence(chromium, report):
    with Open(chromium, report) as it:
        for _ in range(40):
            it.page.keyboard.press("Tab")
            if it.page.evaluate("document.activeElement.hash") == "#stage-2":
                break
        it.page.keyboard.press("Enter")
        it.until("document.getElementById('stage-2').open")
        assert it.page.evaluate("document.activeElement.tagName") == "SUMMARY"
        it.page.keyboard.press("Enter")
        assert it.page.locator("#stage-2").get_attribute("open") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out_with_all_open(chromium, report, scheme):
    with Open(chromium, report, scheme=scheme, bypass_csp=True) as it:
        it.page.evaluate(
            "document.querySelectorAll('main details').forEach(d => {"
            "if (!d.closest('.vega-embed')) d.open = true; })"
        )
        assert barriers(it) == []
        it.page.locator("#jq-words-open").click()
        assert barriers(it) == []


def test_the_words_of_the_page_are_explained_by_keyboard_alone(chromium, report):
    with Open(chromium, report) as it:
        words = it.page.locator("#jq-words")
        assert not words.is_visible()
        it.page.locator("#jq-words-open").focus()
        it.page.keyboard.press("Enter")
        assert words.is_visible()
        told = words.locator("dt").all_inner_texts()
        assert "valence" in told
        assert "alpha" not in told
        it.page.keyboard.press("Tab")
        assert it.page.evaluate("document.activeElement.textContent") == "Close"
        it.page.keyboard.press("Escape")
        assert not words.is_visible()
        assert it.page.evaluate("document.activeElement.id") == "jq-words-open"


def test_an_address_with_a_stage_opens_it(chromium, report):
    with Open(chromium, report, wait=False) as it:
        it.page.goto(report.as_uri() + "#stage-5")
        it.page.reload()
        it.until(DRAWN)
        it.until("document.getElementById('stage-5').open")


def test_the_button_changes_page_and_charts(chromium, report):
    with Open(chromium, report) as it:
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        light = it.page.evaluate(ground)
        it.page.get_by_role("button", name="Dark").click()
        it.until("document.documentElement.dataset.drawn === 'dark'")
        assert it.page.evaluate(ground) != light
        svg = it.page.locator(".jq-view svg.marks").first
        assert svg.evaluate("s => s.style.backgroundColor") == "rgb(27, 31, 35)"


def test_a_window_made_narrow_gets_the_narrow_charts(chromium, report):
    with Open(chromium, report) as it:
        svg = it.page.locator(".jq-view svg.marks").first
        wide = svg.bounding_box()
        it.page.set_viewport_size({"width": 390, "height": 900})
        it.until("document.querySelector('.jq-view svg.marks').getBoundingClientRect().width < 390")
        it.until(
            "(() => { const b = document.querySelector('.jq-view svg.marks')"
            ".getBoundingClientRect(); return b.height > b.width; })()"
        )
        assert wide["width"] > wide["height"]


def test_readers_of_the_screen_get_landmarks_names_and_tables(chromium, report):
    with Open(chromium, report) as it:
        page = it.page
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("navigation", name="Contents").count() == 1
        assert page.get_by_role("navigation", name="Evidence by stage").count() == 1
        charts = page.locator(".jq-view svg.marks")
        for i in range(charts.count()):
            assert charts.nth(i).get_attribute("role") == "img"
            assert len(charts.nth(i).get_attribute("aria-label")) > 80
        assert page.locator("html").get_attribute("lang") == "en"
        levels = page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        assert page.locator("table caption").count() == page.locator("table").count() == 15


def test_hostile_words_run_nothing_and_break_nothing(chromium, hostile_report):
    with Open(chromium, hostile_report, width=390) as it:
        assert it.dialogs == []
        assert it.said == []
        assert it.asked == [hostile_report.as_uri()]
        assert it.page.locator(".jq-view svg.marks").count() == 7
        assert it.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert it.page.locator("main img").count() == 0


def test_the_policy_is_in_force(chromium, report, tmp_path):
    """Even words that were not escaped would run nothing and reach nothing."""
    page = report.read_text(encoding="utf-8")
    planted = (
        '<script>document.documentElement.dataset.planted = "1"</script>'
        '<img src="https://example.org/x.png" '
        'onerror="document.documentElement.dataset.planted = 2">'
    )
    path = tmp_path / "planted.html"
    path.write_text(page.replace("<footer", planted + "<footer", 1), encoding="utf-8")
    with Open(chromium, path) as it:
        assert it.page.evaluate("document.documentElement.dataset.planted") is None
        assert sum("Content Security Policy" in line for line in it.said) >= 2


def test_all_evidence_is_open_in_print(chromium, report):
    with Open(chromium, report) as it:
        it.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert it.page.locator("details.jq-stage[open]").count() == 8
