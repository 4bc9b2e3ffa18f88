"""The pages on why and on groups in a real Chromium: quiet, readable by all, whatever is said."""

import nbformat
import pytest

from journeyqual import charts
from journeyqual.charts.display import report_html
from journeyqual.reports import comparing, evidence, make_report
from journeyqual.reports import html as pages
from tests.reports import test_explaining, test_walking
from tests.reports.browser import Open, barriers

pytestmark = [pytest.mark.browser]


def cell(html):
    out = nbformat.v4.new_output("display_data", data={"text/html": html})
    return nbformat.v4.new_code_cell("", outputs=[out])


def whole_page(one):
    """Return a page with every block and chart, themes among them, without running a notebook."""
    drawn = [
        charts.driver_chart(one.drivers, one.book),
        charts.rank_chart(one.ranks, one.book),
        charts.seam_chart(one.seam_lines),
        charts.saturation_chart(one.saturation_curve),
        *charts.difference_charts(one.differences, one.book),
    ]
    blocks = test_explaining.every_block(one)
    more = test_walking.every_block(one)
    head = blocks.pop("header")
    more.pop("groups_header")
    html = [head.html, *(b.html for b in [*blocks.values(), *more.values()])]
    html += [report_html(chart.to_dict()) for chart in drawn]
    html.append(evidence.block(one.evidence).html)
    # Headings are the notebook's own prose; the blocks' follow on them.
    prose = nbformat.v4.new_markdown_cell("## A section")
    cells = [cell(html[0]), prose, *map(cell, html[1:])]
    return pages.page(nbformat.v4.new_notebook(cells=cells))


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("why") / "why.html"
    path.write_text(whole_page(made), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark"), (2560, "light")])
def test_all_blocks_are_quiet_offline_and_fit(chromium, page, width, scheme):
    with Open(chromium, page, width=width, scheme=scheme) as it:
        assert it.said == []
        assert it.asked == [page.as_uri()]
        assert it.page.evaluate("document.documentElement.dataset.failed") is None
        it.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_with_everything_open(chromium, page, scheme):
    # axe has to be put into the page, which the page's policy forbids.
    with Open(chromium, page, scheme=scheme, bypass_csp=True) as it:
        it.page.evaluate(
            "document.querySelectorAll('main details').forEach(d => {"
            "if (!d.closest('.vega-embed')) d.open = true; })"
        )
        assert barriers(it) == []


def test_hostile_themes_and_numbers_run_nothing(chromium, hostile_made, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(whole_page(hostile_made), encoding="utf-8")
    with Open(chromium, path, width=390) as it:
        assert it.dialogs == []
        assert it.said == []
        assert it.asked == [path.as_uri()]
        assert it.page.locator("main img").count() == 0
        told = it.page.evaluate("JSON.parse(document.getElementById('evidence').textContent)")
        assert set(told) == {"units", "figures"}
        assert it.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_link_in_what_to_do_opens_the_stage(chromium, page):
    with Open(chromium, page) as it:
        link = it.page.locator(".jq-point a").first
        order = link.get_attribute("href").removeprefix("#stage-")
        link.click()
        it.until(f"document.getElementById('stage-{order}').open")


def test_a_folded_chart_is_drawn_before_it_is_opened(chromium, made, tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNEYQUAL_REPORT", "1")
    shown = charts.folded(charts.rank_chart(made.ranks, made.book), "Chart")
    html = shown._repr_mimebundle_()["text/html"]
    path = tmp_path / "folded.html"
    text = pages.page(nbformat.v4.new_notebook(cells=[cell(f"<h1>A</h1>{html}")]))
    path.write_text(text, encoding="utf-8")
    with Open(chromium, path) as it:
        # Print opens it at once, and cannot wait for a drawing.
        assert it.page.locator(".jq-view svg.marks").count() == 1
        it.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        it.until("document.querySelector('.jq-view svg.marks').getBoundingClientRect().width > 800")
        assert it.page.locator(".vega-embed details[open], details.vega-embed[open]").count() == 0


@pytest.mark.notebook
@pytest.mark.parametrize("name", ["why", "segments"])
def test_a_report_of_a_real_folder_without_themes(chromium, study_folder, tmp_path, name):
    report = make_report(study_folder, template=name, out_dir=tmp_path)
    with Open(chromium, report, width=390) as it:
        assert it.said == []
        assert it.asked == [report.as_uri()]
        assert it.page.evaluate("document.documentElement.scrollWidth") <= 390
        levels = it.page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
        )
        assert levels.count(1) == 1
    text = report.read_text(encoding="utf-8")
    assert text.count('id="evidence"') == 1


@pytest.mark.notebook
def test_parameters_of_the_report_on_groups(study_folder, tmp_path):
    stages = ["hearing of it", "billing and plan"]
    report = make_report(
        study_folder,
        template="segments",
        out_dir=tmp_path,
        parameters={"by": "town", "stages": stages, "minimum": 4, "against": "Oxley"},
    )
    text = report.read_text(encoding="utf-8")
    assert "Too few to be shown (under 4): Eastmere, Harlow Vale, Oxley and Thornbridge." in text
    report = make_report(
        study_folder, template="segments", out_dir=tmp_path, parameters={"by": "segment"}
    )
    assert "family, beside trader" in report.read_text(encoding="utf-8")


def test_numbers_of_small_groups_are_not_shown(made):
    assert comparing.by_group(made.numbers.assign(group="x"), ["family"]).empty
