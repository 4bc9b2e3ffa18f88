"""One page from an executed notebook: offline, under a strict policy, the same bytes every time."""

import base64
import hashlib
import os
import re

import nbformat
import pytest

from journeyqual.charts.display import report_html
from journeyqual.errors import ReportError
from journeyqual.reports import html as pages
from journeyqual.reports import make_report
from journeyqual.scaffold import package_data
from tests.reports.fake_study import HOSTILE


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def output(html, **more):
    data = {"text/html": html, **more}
    out = nbformat.v4.new_output("display_data", data=data)
    return nbformat.v4.new_code_cell("secret_code()", outputs=[out])


def scripts(page):
    """Return the text of every element that a browser would run."""
    return re.findall(r"<script>(.*?)</script>", page, re.DOTALL)


def test_every_script_is_allowed_by_its_hash_and_nothing_else_is():
    page = pages.page(notebook(output(report_html({"mark": "point"}))))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    policy = policy.replace("&#39;", "'")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts(page)
    }
    assert set(rules["script-src"].split()) == hashes
    assert len(hashes) == 2
    assert rules["default-src"] == "'none'"
    assert "unsafe-eval" not in policy
    around = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!#|data:)', around)


def test_a_page_without_charts_carries_no_chart_library():
    page = pages.page(notebook(output("<p>hello</p>")))
    assert len(page) < 40_000
    assert "hello" in page
    assert "secret_code" not in page


def test_headings_of_prose_and_blocks_make_the_contents():
    page = pages.page(
        notebook(
            nbformat.v4.new_markdown_cell("# Title & more\n\n## First <one>"),
            output('<h2 id="second">The <bdi>second</bdi></h2>'),
        )
    )
    contents = re.search(r'aria-label="Contents">(.*?)</nav>', page, re.DOTALL).group(1)
    assert re.findall(r'<a href="#([^"]+)">([^<]*)</a>', contents) == [
        ("section-1", "First"), ("second", "The second"),
    ]  # fmt: skip
    assert 'id="section-1"' in page
    assert "<title>Title &amp; more</title>" in page


def test_printed_text_and_errors_stay_text():
    cell = nbformat.v4.new_code_cell(
        "x",
        outputs=[
            nbformat.v4.new_output("stream", name="stdout", text=f"{HOSTILE}\n"),
            nbformat.v4.new_output("error", ename="E", evalue=HOSTILE, traceback=["secret path"]),
            nbformat.v4.new_output("execute_result", data={"text/plain": HOSTILE}),
        ],
    )
    page = pages.page(notebook(cell))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("alert(1)") == 3
    assert "secret path" not in page


def test_the_script_library_is_made_once_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pages.sys, "platform", "linux")
    made = pages.vega_bundle()
    kept = list((tmp_path / "journeyqual").iterdir())
    assert [k.suffix for k in kept] == [".js"]
    kept[0].write_text("// kept", encoding="utf-8")
    assert pages.vega_bundle() == "// kept"
    assert "vegaEmbed" in made


def test_a_kept_library_that_would_end_its_element_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pages.sys, "platform", "linux")
    pages.vega_bundle()
    next((tmp_path / "journeyqual").iterdir()).write_text("a</SCRIPT >", encoding="utf-8")
    with pytest.raises(ReportError, match="delete vega-"):
        pages.vega_bundle()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr(pages.sys, "platform", "linux")
    assert "vegaEmbed" in pages.vega_bundle()


def test_light_and_dark_have_the_same_variables():
    css = pages.css()
    blocks = re.findall(r"\{ color-scheme: (light|dark);(.*?)\}", css)
    names = [set(re.findall(r"--jq-(\w+):", text)) - {"font"} for _, text in blocks]
    assert len(names) == 3
    assert names[0] == names[1] == names[2]
    used = set(re.findall(r"var\(--jq-(\w+)", css)) - {
        "font",
        "serif",
        "colour",
        "pole",
        "strength",
        "mark",
        "tint",
    }
    assert used <= names[0]


@pytest.mark.parametrize("name", ["emotional_journey", "why", "segments"])
def test_the_shipped_notebook_is_clean(name):
    template = nbformat.read(package_data("notebooks") / f"{name}.ipynb", as_version=4)
    code = [c for c in template.cells if c.cell_type == "code"]
    assert not [c for c in code if c.outputs or c.execution_count]
    assert sum("parameters" in c.metadata.get("tags", []) for c in code) == 1
    source = "\n".join(c.source for c in code)
    assert "def " not in source
    imports = re.findall(r"^(?:import|from) (\S+)", source, re.MULTILINE)
    assert {i.split(".")[0] for i in imports} <= {"journeyqual", "pandas"}


def test_an_unknown_report_names_those_there_are(tmp_path):
    with pytest.raises(ReportError, match="there is agreement, emotional_journey"):
        make_report(tmp_path, template="emotional")


@pytest.mark.notebook
def test_a_report_is_two_files_the_same_bytes_every_time(study_folder, tmp_path):
    seconds = {}
    first = make_report(study_folder, out_dir=tmp_path / "a", seconds=seconds)
    second = make_report(study_folder, out_dir=tmp_path / "b")
    for suffix in (".html", ".ipynb"):
        one, two = first.with_suffix(suffix), second.with_suffix(suffix)
        assert one.read_bytes() == two.read_bytes()
        text = one.read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert os.path.expanduser("~") + "/" not in text  # noqa: PTH111
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "emotional_journey.html", "emotional_journey.ipynb",
    ]  # fmt: skip
    assert set(seconds) == {"notebook", "html"}
    assert first.stat().st_size < 2_500_000
    page = first.read_text(encoding="utf-8")
    assert page.count('class="jq-spec"') == 7
    assert "jq.charts" not in page


@pytest.mark.notebook
def test_parameters_reach_the_report(study_folder, tmp_path):
    page = make_report(study_folder, parameters={"by": ""}, out_dir=tmp_path / "a")
    text = page.read_text(encoding="utf-8")
    assert "Compared by" not in text
    assert text.count('class="jq-spec"') == 6
