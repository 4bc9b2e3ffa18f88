"""Hostile and odd studies through every format: each file opens, nothing runs, nobody is quoted
who does not agree, nothing is cut without saying so, and two processes write the same bytes.
"""

import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pptx
import pypdf
import pytest

from journeyqual.errors import ReportError
from journeyqual.reports.formats import export, pdf
from tests.reports import formats_study as made
from tests.reports.fake_study import QUOTE, codebook

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KINDS = ("pptx", "xlsx", "png", "svg", "csv")
LONG = f" {made.NASTY}{'never ending ' * 30}"[:400]
"""What stands behind each stage's name."""


def of_sixty(folder):
    """Sixty stages with names of 400 characters, groups that are formulas, one who is silent."""
    made.make(
        folder, book=codebook(60, suffix=LONG), words=made.NASTY + QUOTE, people=4,
        title=made.NASTY + made.LONG,
    )  # fmt: skip
    people = (folder / "participants.csv").read_text(encoding="utf-8")
    people = people.replace("family", "\"=cmd|' /C calc'!A0\"").replace("trader", '"@SUM(1+1)"')
    (folder / "participants.csv").write_text(people, encoding="utf-8")
    return made.dressed(folder, words=made.NASTY)


def of_one(folder):
    """One participant, who says nothing but attacks; no groups, no themes, no numbers."""
    made.make(folder, words=made.NASTY + QUOTE, people=1, by="", title=made.NASTY)
    return made.dressed(folder, empty=True)


def of_nobody(folder):
    """Nobody may be quoted."""
    made.make(folder, people=3, by="")
    listed = (folder / "participants.csv").read_text(encoding="utf-8").replace(",yes", ",no")
    (folder / "participants.csv").write_text(listed, encoding="utf-8")
    return made.dressed(folder)


STUDIES = {"sixty": of_sixty, "one": of_one, "nobody": of_nobody}


@pytest.fixture(scope="module", params=STUDIES)
def shared(request, tmp_path_factory):
    """A study's name, its results' folder, and every unit of who may not be quoted."""
    root = tmp_path_factory.mktemp(request.param)
    study = STUDIES[request.param](root / "study")
    export(study, root / "out", formats=KINDS)
    units = study.units()
    silent = units.loc[units["participant"].isin(study.silent()), "text"].tolist()
    stages = study.codebook.stage_names
    study.close()
    return request.param, root / "out", silent, stages


def contents(path):
    """Yield the text of a file, and of the files in it."""
    if not zipfile.is_zipfile(path):
        yield path.name, path.read_bytes().decode("utf-8", errors="replace")
        return
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith((".xlsx", ".xls")):
                inner = io.BytesIO(content)
                with zipfile.ZipFile(inner) as within:
                    for part in within.namelist():
                        yield part, within.read(part).decode("utf-8", errors="replace")
            yield name, content.decode("utf-8", errors="replace")


def test_no_cell_is_a_formula_or_a_link_out(shared):
    _, out, *_ = shared
    for page in openpyxl.load_workbook(out / "tables.xlsx"):
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (page.title, cell.coordinate)
                if cell.hyperlink:
                    assert not cell.hyperlink.target, (page.title, cell.coordinate)
    for package in (out / "deck.pptx", out / "tables.xlsx"):
        for name, text in contents(package):
            assert 'TargetMode="External"' not in text, name
            if "/worksheets/" in name or name.startswith("xl/worksheets"):
                assert "<f>" not in text, name
            if name.endswith(".xml"):
                tags = {e.tag.rsplit("}")[-1].lower() for e in ElementTree.fromstring(text).iter()}
                assert not tags & {"script", "hlinkclick", "hlinkhover", "oleobj"}, name


def test_no_cell_of_the_quotes_begins_like_a_formula(shared):
    _, out, *_ = shared
    rows = csv.DictReader(io.StringIO((out / "quotes.csv").read_text("utf-8-sig")))
    for row in rows:
        figure = row.pop("valence")
        assert re.fullmatch(r"-?[01]\.\d{4}", figure)
        assert not [c for c in row.values() if c[:1] in set("=+-@\t\r\n")]


def test_who_does_not_agree_is_in_no_file_word_for_word(shared):
    name, out, silent, _ = shared
    assert name == "one" or silent
    for path in sorted(out.rglob("*.*")):
        if path.suffix != ".png":
            for part, text in contents(path):
                assert made.SECRET not in text, (path.name, part)
                if name == "nobody":
                    # Nobody agrees: not even the words that all of them said.
                    assert QUOTE[:40] not in text, (path.name, part)


def test_a_name_is_whole_or_says_that_it_was_cut(shared):
    _, out, _, stages = shared
    page = openpyxl.load_workbook(out / "tables.xlsx")["Curve"]
    heads = [c.value for c in page[1]]
    found = [row[heads.index("stage")] for row in page.iter_rows(min_row=2, values_only=True)]
    assert [s for s in found if s is not None] == list(stages)
    for slide in pptx.Presentation(out / "deck.pptx").slides:
        for shape in slide.shapes:
            if shape.has_chart:
                drawn = [str(c).split("\n")[0] for c in shape.chart.plots[0].categories]
                plain = [re.sub("[\u2068\u2069]", "", d) for d in drawn]
                for name in plain:
                    assert name.endswith("…") or any(name in " ".join(s.split()) for s in stages)


def test_every_picture_is_whole(shared):
    _, out, *_ = shared
    pictures = sorted((out / "charts").iterdir())
    assert len(pictures) >= 4
    for path in pictures:
        if path.suffix == ".svg":
            assert ElementTree.fromstring(path.read_text(encoding="utf-8")).tag.endswith("svg")
        else:
            # A PNG that ends where it should.
            assert path.read_bytes().startswith(b"\x89PNG")
            assert path.read_bytes().endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("file", ["deck.pptx", "tables.xlsx"])
def test_libreoffice_opens_it(shared, file, tmp_path):
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed")
    _, out, *_ = shared
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    subprocess.run(
        [program, home, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, out / file],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    read = pypdf.PdfReader((tmp_path / file).with_suffix(".pdf"))
    if file == "deck.pptx":
        assert len(read.pages) == len(pptx.Presentation(out / file).slides)
    assert "unverified" in "".join(p.extract_text() for p in read.pages[:3]).lower()


# -- the same bytes ------------------------------------------------------------------------------

EXPORT = """
import sys
from pathlib import Path
from journeyqual.reports.formats import export
from tests.reports import formats_study as made
study = made.dressed(Path(sys.argv[1]), words=made.NASTY)
export(study, sys.argv[2], formats=sys.argv[3].split(","), pages=[sys.argv[4]])
study.close()
"""


def test_two_processes_write_the_same_bytes(tmp_path):
    made.make(tmp_path / "study")
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><html lang='en' data-drawn='light'><title>a page</title><h1>A page</h1>"
        "<svg width='90' height='9'><path d='M0 0h9'/></svg><a href='b.html'>b</a></html>"
    )
    kinds = [*KINDS, "pdf"]
    try:
        pdf.find_browser()
        pytest.importorskip("playwright.sync_api")
    except ReportError:
        assert not os.environ.get("CI"), "CI needs chromium"
        kinds.remove("pdf")
    found = []
    for seed, zone, folder in (("1", "Asia/Tokyo", "one"), ("2", "America/Lima", "another/place")):
        out = tmp_path / folder
        given = {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
        subprocess.run(
            [sys.executable, "-c", EXPORT, tmp_path / "study", out, ",".join(kinds), page],
            check=True, cwd=ROOT, env=os.environ | given, timeout=300,
        )  # fmt: skip
        files = sorted(p for p in out.rglob("*.*") if p.is_file())
        found.append(
            {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
        )
    assert len(found[0]) >= len(kinds)
    assert found[0] == found[1]
