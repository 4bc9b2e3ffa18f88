"""The PDF, printed by a real Chromium and read back: tagged, whole, without a clock."""

import os
import time

import nbformat
import pypdf
import pytest

from journeyqual import charts, open_study
from journeyqual.charts.display import report_html
from journeyqual.errors import ReportError
from journeyqual.reports import blocks
from journeyqual.reports.formats import export, pdf
from journeyqual.reports.html import write_html
from tests.reports import formats_study as made


def a_page(folder, root):
    """Write the page of a notebook that needs no kernel: its outputs are the blocks themselves."""
    study = open_study(folder)
    curve, book = study.curve(), study.codebook
    shown = [
        blocks.header(study).html,
        report_html(charts.curve_chart(curve, study.lines(), book).to_dict()),
        blocks.curve_table(curve, book).html,
        blocks.evidence(curve, study.quotes(), book).html,
        '<p><a href="why.html">another page</a></p>',
    ]
    study.close()
    cells = [
        nbformat.v4.new_code_cell(
            outputs=[nbformat.v4.new_output("display_data", data={"text/html": html})]
        )
        for html in shown
    ]
    notebook = root / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    return write_html(notebook, root / "page.html")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    pytest.importorskip("playwright.sync_api")
    try:
        pdf.find_browser()
    except ReportError:
        # On a laptop that is the user's affair; CI must not pass without having looked.
        assert not os.environ.get("CI"), "CI needs chromium"
        pytest.skip("no browser on the path")
    root = tmp_path_factory.mktemp("pdf")
    page = a_page(made.hostile(root / "study"), root)
    (path,) = pdf.write_pdfs([page], root)
    return page, path


def closed_words(path):
    return " ".join(p.extract_text() for p in pypdf.PdfReader(path).pages)


@pytest.mark.browser
def test_the_pdf_is_tagged_titled_and_has_bookmarks(printed):
    file = pypdf.PdfReader(printed[1])
    root = file.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "alert(1)" in file.metadata.title
    assert len(file.outline) >= 1
    size = file.pages[0].mediabox
    assert (round(size.width), round(size.height)) == (595, 842)


@pytest.mark.browser
def test_what_is_closed_on_the_page_is_open_on_paper(printed):
    said = closed_words(printed[1])
    assert "contradicts" in said
    assert "The numbers behind the curve" in said
    assert "Save as" not in said
    assert "felt good" in said  # an axis of a chart: text, so a vector
    assert made.SECRET.split()[0] not in said


@pytest.mark.browser
def test_nothing_in_the_pdf_runs_or_leads_out(printed):
    content = printed[1].read_bytes()
    for name in (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/SubmitForm"):
        assert name not in content
    for page in pypdf.PdfReader(printed[1]).pages:
        for note in page.get("/Annots") or []:
            assert "/URI" not in note.get_object().get("/A", {})
    assert "another page" in closed_words(printed[1])
    assert str(printed[0].parent).encode() not in content, "no path of this machine"


@pytest.mark.browser
def test_the_same_page_gives_the_same_bytes_in_another_second(printed, tmp_path):
    time.sleep(1.1)
    (again,) = pdf.write_pdfs([printed[0]], tmp_path)
    one, two = printed[1].read_bytes(), again.read_bytes()
    at = next((i for i, pair in enumerate(zip(one, two, strict=False)) if len(set(pair)) > 1), None)
    assert at is None, (at, one[at - 80 : at + 80], two[at - 80 : at + 80])
    assert len(one) == len(two)
    metadata = pypdf.PdfReader(again).metadata
    assert metadata.creation_date is None
    assert metadata.modification_date is None
    assert metadata.creator == "journeyqual"


@pytest.mark.browser
def test_a_page_whose_charts_cannot_be_drawn_gives_no_pdf(printed, tmp_path):
    broken = tmp_path / "broken.html"
    broken.write_text(
        "<!DOCTYPE html><script>document.documentElement.dataset.drawn = 'light';"
        "document.documentElement.dataset.failed = '1'</script>"
    )
    with pytest.raises(ReportError, match="chart cannot be drawn"):
        pdf.write_pdfs([broken], tmp_path)
    assert not (tmp_path / "broken.pdf").exists()


def test_without_a_browser_the_error_names_the_remedy(monkeypatch):
    monkeypatch.setattr(pdf, "BROWSERS", ())
    monkeypatch.setattr(pdf, "_INSTALLED", ())
    with pytest.raises(ReportError, match="install Chromium, Chrome or Edge"):
        pdf.find_browser()
    monkeypatch.setenv(pdf.BROWSER_VARIABLE, "/nowhere/chrome")
    with pytest.raises(ReportError, match="names no program"):
        pdf.find_browser()


def test_without_a_report_nothing_is_written(tmp_path):
    study = made.dressed(made.make(tmp_path / "study", people=1, by=""), empty=True)
    with pytest.raises(ReportError, match="journeyqual run"):
        export(study, tmp_path / "out", formats=("csv", "pdf"))
    study.close()
    assert not (tmp_path / "out").exists()


def test_a_page_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReportError, match=r"gone\.html: there is no such page"):
        pdf.write_pdfs([tmp_path / "gone.html"], tmp_path)


@pytest.mark.browser
def test_a_page_for_one_large_sheet_fills_it(tmp_path):
    page = tmp_path / "map.html"
    page.write_text(
        "<!DOCTYPE html><html data-drawn='light'><title>m</title><body>"
        "<style>@page { size: A3 landscape; margin: 9mm }</style>"
        "<div style='height: 900px'>all on one sheet</div></body></html>"
    )
    (path,) = pdf.write_pdfs([page], tmp_path)
    (sheet,) = pypdf.PdfReader(path).pages
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (1191, 842)
    assert "all on one sheet" in sheet.extract_text()


@pytest.mark.browser
def test_a_wide_table_is_not_set_smaller_than_the_words_around_it(tmp_path):
    page = tmp_path / "wide.html"
    cells = "".join(
        f"<td style='white-space: nowrap'>a long cell number {n}</td>" for n in range(9)
    )
    page.write_text(
        "<!DOCTYPE html><html data-drawn='light'><title>m</title><div class='jq'><p>words</p>"
        f"<table><tbody><tr>{cells}</tr></tbody></table></div></html>"
    )
    (path,) = pdf.write_pdfs([page], tmp_path)
    sizes = []
    pypdf.PdfReader(path).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: (
            sizes.append(round(abs(cm[0] * tm[0]) * size, 1)) if "words" in text else None
        )
    )
    # 16 pixels are 12 points, three quarters of them on paper.
    assert sizes
    assert sizes[0] == pytest.approx(9, abs=0.2)
