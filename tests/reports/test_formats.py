"""PPTX, XLSX, pictures and quotes, read back: their numbers, their words, what they never do."""

import csv
import hashlib
import io
import re
import time
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pptx
import pytest

from journeyqual import schema
from journeyqual.errors import ReportError
from journeyqual.reports.formats import export
from journeyqual.reports.formats.deck import Box, Line, fitted, height_of
from journeyqual.reports.formats.files import settled, write
from journeyqual.reports.formats.images import write_images
from journeyqual.reports.formats.pptx import write_pptx
from journeyqual.reports.formats.quotes import neutral, unneutral, write_quotes
from journeyqual.reports.formats.tables import apart, clean, short
from journeyqual.reports.formats.xlsx import fit, number_format, write_xlsx
from journeyqual.schema import signed
from journeyqual.theme import Theme
from tests.reports import formats_study as made
from tests.reports.fake_study import codebook

pytestmark = pytest.mark.slow

CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return made.results(made.make(tmp_path_factory.mktemp("plain") / "study"))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    folder = made.hostile(tmp_path_factory.mktemp("nasty") / "study")
    return made.results(folder, words=made.NASTY)


@pytest.fixture(scope="module")
def deck(plain, tmp_path_factory):
    return write_pptx(plain, tmp_path_factory.mktemp("deck") / "deck.pptx")


@pytest.fixture(scope="module")
def book(plain, tmp_path_factory):
    return write_xlsx(plain, tmp_path_factory.mktemp("book") / "tables.xlsx")


def texts(package):
    """Every byte of an Office file, and of the files in it."""
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".xlsx"):
                yield from texts(io.BytesIO(content))
            yield name, content


def charts(path):
    return [
        (slide, shape.chart)
        for slide in pptx.Presentation(path).slides
        for shape in slide.shapes
        if shape.has_chart
    ]


def notes(slide):
    return slide.notes_slide.notes_text_frame.text


def words(slide):
    out = []
    for shape in slide.shapes:
        if shape.has_text_frame:
            out.append(shape.text_frame.text)
        if shape.has_table:
            out += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(out)


# -- PPTX ----------------------------------------------------------------------------------------


def test_the_decks_chart_holds_the_curve_and_its_intervals(plain, deck):
    chart = charts(deck)[0][1]
    curve = plain.rows("Curve")
    felt = chart.plots[0].series[0]
    assert list(felt.values) == curve["valence"].tolist()
    for tag, end, sign in (("plus", "valence_high", 1), ("minus", "valence_low", -1)):
        cells = felt._element.findall(f".//{CHART}{tag}//{CHART}v")
        want = (sign * (curve[end] - curve["valence"])).tolist()
        assert [float(c.text) for c in cells] == pytest.approx(want)
    categories = list(chart.plots[0].categories)
    for category, row in zip(categories, curve.itertuples(), strict=True):
        assert row.stage in category
        assert f"{row.n_participants} people" in category


def test_the_workbook_behind_the_chart_is_what_the_chart_shows(plain, deck):
    chart = charts(deck)[0][1]
    blob = chart.part.chart_workbook.xlsx_part.blob
    page = openpyxl.load_workbook(io.BytesIO(blob)).active
    rows = list(page.iter_rows(min_row=2, values_only=True))
    curve = plain.rows("Curve")
    assert [r[1] for r in rows] == pytest.approx(curve["valence"].tolist())
    assert [r[3] for r in rows] == pytest.approx(
        (curve["valence_high"] - curve["valence"]).tolist()
    )


def test_groups_are_drawn_from_their_own_curve(plain, deck):
    slide, chart = next((s, c) for s, c in charts(deck) if "segment" in s.shapes.title.text)
    rows = plain.rows("Curve by group")
    for series in chart.plots[0].series:
        group = series.name.split(" (")[0]
        own = rows[rows["group"] == group].sort_values("stage_order")
        assert [v for v in series.values if v is not None] == own["valence"].dropna().tolist()
    assert "all stages" in notes(slide)


def test_notes_hold_ids_participants_whole_quotes_and_intervals(plain, deck):
    slides = list(pptx.Presentation(deck).slides)
    lowest = plain.rows("Reading").query("measure == 'lowest'")["stage"].iloc[0]
    slide = next(s for s in slides if s.shapes.title.text.startswith(f"{lowest}:"))
    told = notes(slide)
    row = plain.rows("Curve").query("stage == @lowest").iloc[0]
    assert f"{signed(row.valence_low)} to {signed(row.valence_high)}" in told
    for quote in plain.rows("Quotes").query("stage == @lowest").itertuples():
        assert quote.text in told
        assert quote.unit_id in told
        assert quote.participant in told
    behind = plain.rows("Evidence").query("figure == @name", local_dict={"name": f"curve/{lowest}"})
    assert len(behind) > 3
    assert all(unit in told for unit in behind["unit_id"])
    assert all(s.has_notes_slide for s in slides)


def test_a_machines_deck_says_on_every_slide_that_it_is_unverified(deck):
    slides = list(pptx.Presentation(deck).slides)
    assert 8 <= len(slides) <= 13
    assert "Unverified" in words(slides[0])
    assert all("unverified" in words(s) for s in slides[1:])


def test_the_deck_shows_what_speaks_against_a_stage(plain, deck):
    against = plain.rows("Quotes").query("stance == 'contradicts'")
    everything = "\n".join(words(s) for s in pptx.Presentation(deck).slides)
    assert len(against)
    assert "contradicts it" in everything


def test_every_owner_finds_its_part_on_the_slides(plain, deck):
    slides = [s for s in pptx.Presentation(deck).slides if "What to do" in s.shapes.title.text]
    said = "\n".join(words(s) for s in slides)
    assert slides
    assert all(owner in said for owner in plain.rows("Opportunities")["owner"])


def test_colour_tells_feeling_and_nothing_else(plain, deck):
    slides = list(pptx.Presentation(deck).slides)
    lowest = plain.rows("Reading").query("measure == 'lowest'")["stage"].iloc[0]
    slide = next(s for s in slides if s.shapes.title.text.startswith(f"{lowest}:"))
    seen = {}
    for edge, card in zip(slide.shapes, list(slide.shapes)[1:], strict=False):
        if card.has_text_frame and card.text_frame.text.startswith("“"):
            figure = card.text_frame.text.split(" · ")[2]
            seen[figure[0]] = edge.fill.fore_color.theme_color.name
    assert seen["−"] == "ACCENT_3"
    assert set(seen.values()) <= {"ACCENT_3", "ACCENT_4", "ACCENT_5"}


def test_a_studys_own_font_may_be_wider_and_still_fits():
    box, line = Box(0, 0, 3, 1), [Line("many words " * 14, 14)]
    assert height_of(line, 3) < height_of(line, 3, 1.16)
    assert fitted(line, box, 1.16)[0].size <= fitted(line, box)[0].size


def test_every_slide_has_a_title_and_every_picture_its_words(deck):
    for slide in pptx.Presentation(deck).slides:
        assert slide.shapes.title.text.strip()
        for shape in slide.shapes:
            described = shape._element.xpath(".//p:cNvPr")[0].get("descr")
            if shape.has_chart or shape.has_table:
                assert len(described) > 40
            elif not shape.has_text_frame or not shape.text_frame.text:
                assert described is not None


@pytest.mark.parametrize("kind", ["plain", "nasty"])
def test_words_stay_inside_the_slide(kind, request, tmp_path):
    path = write_pptx(request.getfixturevalue(kind), tmp_path / "deck.pptx")
    file = pptx.Presentation(path)
    assert abs(file.slide_width / file.slide_height - 16 / 9) < 0.001
    for slide in file.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= file.slide_width
            assert shape.top + shape.height <= file.slide_height


def test_text_that_does_not_fit_is_set_smaller_and_then_cut():
    box = Box(0, 0, 3, 1)
    short_ = [Line("a few words", 14)]
    assert fitted(short_, box) == short_
    who = Line("P01 · 4:12", 10)
    out = fitted([Line("“" + "many words " * 200 + "”", 14), who], box)
    assert height_of(out, 3) <= 1
    assert out[0].text.endswith("…”")
    assert out[1].text == who.text


def test_sixty_stages_take_several_slides_and_none_is_lost(tmp_path):
    folder = made.make(tmp_path / "study", book=codebook(60), people=3)
    found = made.results(folder)
    path = write_pptx(found, tmp_path / "deck.pptx")
    curves = [c for s, c in charts(path) if "How it felt" in s.shapes.title.text]
    drawn = [v for c in curves for v in c.plots[0].series[0].values]
    assert len(curves) == 5
    assert len(drawn) == 60
    assert [v for v in drawn if v is not None] == found.rows("Curve")["valence"].dropna().tolist()


def test_one_participant_and_no_numbers_still_make_every_format(tmp_path):
    folder = made.make(tmp_path / "study", people=1, by="")
    study = made.dressed(folder, empty=True)
    written = export(study, tmp_path / "out", formats=("pptx", "xlsx", "svg", "csv"))
    study.close()
    assert {p.name for p in written} >= {"deck.pptx", "tables.xlsx", "quotes.csv", "curve.svg"}
    everything = "\n".join(words(s) for s in pptx.Presentation(tmp_path / "out/deck.pptx").slides)
    assert "No numbers stand beside the voices" in everything
    assert "nan" not in everything.lower().split()
    assert "Numbers" not in openpyxl.load_workbook(tmp_path / "out/tables.xlsx").sheetnames


def test_the_theme_is_the_files_theme(plain, tmp_path):
    rect = '<rect width="60" height="20"/>'
    logo = f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">{rect}</svg>'
    theme = Theme(accent="#7a1f5c", second="#404040", font="Inter", logo=logo.encode())
    path = write_pptx(replace(plain, theme=theme), tmp_path / "deck.pptx")
    content = dict(texts(path))
    theme_xml = next(v for k, v in content.items() if "theme1" in k).decode()
    assert '<a:accent1><a:srgbClr val="7a1f5c"/></a:accent1>' in theme_xml
    assert theme_xml.count('typeface="Inter"') == 2
    pictures = [s for s in pptx.Presentation(path).slides[0].shapes if s.shape_type == 13]
    assert [p.width / p.height for p in pictures] == pytest.approx([3.0], abs=0.01)


# -- XLSX ----------------------------------------------------------------------------------------


def test_the_workbook_holds_every_table_in_full(plain, book):
    file = openpyxl.load_workbook(book)
    for sheet in plain.sheets.values():
        if sheet.rows.empty:
            assert sheet.name not in file.sheetnames
            continue
        page = file[sheet.name]
        head = [c.value for c in page[1]]
        assert head[: len(sheet.rows.columns)] == [c.replace("_", " ") for c in sheet.rows.columns]
        for place, name in enumerate(sheet.rows.columns, start=1):
            got = [page.cell(r, place).value for r in range(2, len(sheet.rows) + 2)]
            for cell, value in zip(got, sheet.rows[name].tolist(), strict=True):
                if value == "" or pd.isna(value):
                    assert cell is None
                else:
                    assert cell == value or cell == pytest.approx(value, rel=1e-14)
        assert page.freeze_panes
        assert page.auto_filter.ref


def test_the_first_sheet_says_what_the_others_are(plain, book):
    page = openpyxl.load_workbook(book)["README"]
    said = {row[0]: row[1:] for row in page.iter_rows(values_only=True) if row[0]}
    assert plain.headline in said
    for sheet in plain.sheets.values():
        assert sheet.about in said[sheet.name][0]
        assert said[sheet.name][1] == len(sheet.rows)
    assert said["seed"][0] == "0"


def test_the_workbooks_charts_point_at_the_tables(plain, book):
    content = dict(texts(book))
    drawn = [v.decode() for k, v in content.items() if re.fullmatch(r"xl/charts/chart\d\.xml", k)]
    curve = next(x for x in drawn if "errBars" in x)
    last = len(plain.rows("Curve")) + 1
    column = list(plain.rows("Curve").columns).index("valence")
    assert f"Curve!${chr(65 + column)}$2:${chr(65 + column)}${last}" in curve
    page = openpyxl.load_workbook(book)["Curve"]
    plus = re.search(r"<c:plus>.*?<c:f>Curve!\$(\w+)\$2", curve)[1]
    rows = plain.rows("Curve")
    got = [page[f"{plus}{r}"].value for r in range(2, last + 1)]
    assert got == pytest.approx((rows["valence_high"] - rows["valence"]).tolist())
    assert any("percentStacked" in x for x in drawn)


def test_no_cell_holds_more_than_a_cell_can():
    assert fit("🚲" * 20_000).encode("utf-16-le").__len__() // 2 <= 32_767
    assert fit("🚲" * 20_000).startswith("🚲🚲")


def test_units_come_without_their_words(plain):
    assert "text" not in plain.rows("Units").columns
    assert set(plain.rows("Units")["unit_id"]) == set(plain.rows("Evidence")["unit_id"])


def test_every_sheet_can_be_read_in_print(plain, book):
    file = openpyxl.load_workbook(book)
    for sheet in plain.sheets.values():
        if sheet.rows.empty:
            continue
        page = file[sheet.name]
        assert page.page_setup.paperSize in (8, 9), "A3 or A4"
        assert page.page_setup.orientation == "landscape"
        assert page.print_title_rows == "$1:$1"
        assert sheet.name in page.oddFooter.left.text
        assert "unverified" in page.oddFooter.left.text
        hidden = {
            sheet.rows.columns[place - 1]
            for d in page.column_dimensions.values()
            if d.hidden
            for place in range(d.min, d.max + 1)
        }
        nothing = sheet.rows.map(lambda v: v == "" or pd.isna(v)).all()
        assert hidden == set(nothing[nothing].index), sheet.name
    quotes = file["Quotes"]
    text = list(plain.rows("Quotes").columns).index("text") + 1
    for row in range(2, quotes.max_row + 1):
        if len(quotes.cell(row, text).value) > 130:
            assert quotes.row_dimensions[row].height > 30


@pytest.mark.parametrize(
    ("table", "column", "values", "wanted"),
    [
        (schema.CURVE, "valence", [0.25], "signed"), (schema.EMOTIONS, "share", [0.25], "share"),
        (schema.QUOTES, "start_s", [83.4], "tenths"), (schema.TRUTH, "rho", [-0.5], "signed"),
        (schema.TRUTH, "p", [0.012], "ratio"), (schema.OPPORTUNITIES, "stake", [0.4], "part"),
        (schema.METRICS, "value", [6.4], "as it is"), (schema.AGREEMENT, "alpha", [0.71], "ratio"),
        (schema.SAMPLE, "n_participants", [6.0, float("nan")], "count"),
        (schema.CURVE, "n_units", [6], "count"), (schema.READING, "value", [-0.21], "signed"),
    ],
)  # fmt: skip
def test_a_figure_is_shown_as_what_it_is(table, column, values, wanted):
    declared = next(c for c in table.columns if c.name == column)
    metric = "metric" in table.names and column == "value"
    assert number_format(declared, values, metric=metric) == wanted


# -- quotes --------------------------------------------------------------------------------------


def test_quotes_name_where_they_were_said(plain, tmp_path):
    path = write_quotes(plain, tmp_path / "quotes.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    want = plain.rows("Quotes").set_index("unit_id")
    stages = [r for r in rows if not r["theme"]]
    assert len(stages) == len(want)
    assert len(rows) == len(want) + len(plain.rows("Driver quotes"))
    for row in stages:
        quote = want.loc[row["unit_id"]]
        assert unneutral(row["text"]) == quote.text
        assert (row["participant"], row["interview"]) == (quote.participant, quote.interview)
        assert float(row["valence"]) == pytest.approx(quote.valence, abs=1e-4)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "\ufeff=1", "＝1",
     "|x", "%0A=1", "\u202e=1", "−1"],
)  # fmt: skip
def test_what_begins_like_a_formula_does_not_any_more(text):
    assert neutral(text).startswith("'")
    assert unneutral(neutral(text)) == text


@pytest.mark.parametrize("text", ["it was late", "'tis", "''", "", "a=b", "“so”"])
def test_other_words_come_back_letter_by_letter(text):
    assert unneutral(neutral(text)) == text


# -- pictures ------------------------------------------------------------------------------------


def test_pictures_are_of_every_chart_and_say_what_they_show(plain, tmp_path):
    paths = write_images(plain, tmp_path, ("png", "svg"))
    assert {p.name for p in paths} == {
        f"{n}.{k}" for n in ("curve", "spread", "emotions", "groups") for k in ("png", "svg")
    }
    for path in paths:
        if path.suffix == ".svg":
            root = ElementTree.fromstring(path.read_text())
            assert "everyday riding" in root.find("{http://www.w3.org/2000/svg}desc").text
        else:
            assert path.read_bytes().startswith(b"\x89PNG")


# -- what never happens --------------------------------------------------------------------------


def test_hostile_words_stay_words(nasty, tmp_path):
    deck = write_pptx(nasty, tmp_path / "deck.pptx")
    book = write_xlsx(nasty, tmp_path / "tables.xlsx")
    for package in (deck, book):
        for name, content in texts(package):
            if name.endswith((".xml", ".rels")):
                root = ElementTree.fromstring(content)
                assert not [e for e in root.iter() if e.tag.lower().endswith("script")], name
                # A formula of a sheet stands in <f>; those of charts are references of ours.
                if "worksheets/" in name:
                    assert not [e for e in root.iter() if e.tag.endswith("}f")], name
                if name.endswith(".rels"):
                    assert b'TargetMode="External"' not in content, name
    for picture in write_images(nasty, tmp_path, ("svg",)):
        root = ElementTree.fromstring(picture.read_text())
        assert not [e for e in root.iter() if e.tag.endswith(("}script", "}foreignObject", "}a"))]
        assert not [k for e in root.iter() for k in e.attrib if k.lower().startswith("on")]
    rows = list(
        csv.reader(io.StringIO(write_quotes(nasty, tmp_path / "q.csv").read_text("utf-8-sig")))
    )
    cells = [cell for row in rows[1:] for cell in (*row[:8], row[9])]
    assert any(cell.startswith("'=cmd") for cell in cells)
    assert not [cell for cell in cells if cell[:1] in set("=+-@")]


def test_a_name_cannot_turn_the_figure_beside_it(nasty, tmp_path):
    path = write_pptx(nasty, tmp_path / "deck.pptx")
    for slide in pptx.Presentation(path).slides:
        for shape in slide.shapes:
            if shape.has_table:
                assert "\u202e" not in "".join(c.text for r in shape.table.rows for c in r.cells)
    assert "\u202e" not in nasty.headline
    assert nasty.headline.count("\u2068") == nasty.headline.count("\u2069") > 0
    assert apart("סקר") == "\u2068סקר\u2069"
    assert short("x" * 50, 10) == "x" * 9 + "…"
    name = f"\u202e{'x' * 50}"
    assert short(f"mend {name}", 20, [name]) == f"\u2068mend {'x' * 13}…\u2069"
    assert clean("\x00\x1b\ud800\ufffe") == "\ufffd" * 4


def test_who_does_not_agree_is_never_quoted(tmp_path):
    study = made.dressed(made.make(tmp_path / "study"))
    said = study.units()["text"]
    assert said.str.contains(made.SECRET).any()
    export(study, tmp_path / "out", formats=("pptx", "xlsx", "png", "svg", "csv"))
    study.close()
    for path in (tmp_path / "out").rglob("*.*"):
        contents = (
            dict(texts(path)) if path.suffix in {".pptx", ".xlsx"} else {"": path.read_bytes()}
        )
        for name, content in contents.items():
            for word in made.SECRET.split():
                assert word.encode() not in content, (path.name, name)


def test_the_same_study_gives_the_same_bytes(plain, tmp_path, monkeypatch):
    def written(folder):
        paths = [
            write_pptx(plain, folder / "a.pptx"), write_xlsx(plain, folder / "a.xlsx"),
            write_quotes(plain, folder / "a.csv"), *write_images(plain, folder, ("png", "svg")),
        ]  # fmt: skip
        return [hashlib.sha256(p.read_bytes()).hexdigest() for p in paths]

    first = written(tmp_path / "one")
    # A zip entry's time has a grain of two seconds.
    time.sleep(2.1)
    assert written(tmp_path / "two") == first


def test_an_office_file_holds_no_date(deck, book):
    for path in (deck, book):
        with zipfile.ZipFile(path) as archive:
            assert {e.date_time for e in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:" not in b"".join(c for n, c in texts(path) if n == "docProps/core.xml")
        assert settled(path.read_bytes()) == path.read_bytes()


def test_a_file_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be written"):
        write(b"x", tmp_path / "file" / "a.csv")


def test_an_unknown_format_is_refused_before_anything_is_written(plain, tmp_path):
    with pytest.raises(ReportError, match="no format 'docx'; there is pdf, pptx"):
        export(None, tmp_path / "out", formats=("csv", "docx"))
    assert not (tmp_path / "out").exists()
