"""Code exports as they come: countries' headings and code pages, titles above, merged cells.

Written by hand: the columns of MAXQDA 24 (Document name, Code as A > B, Segment) as published
analysis scripts read them; the others' headings partly from memory. No file of these programs was
to be had.
"""

import pytest

from journeyqual.errors import InputError
from journeyqual.interchange import import_file, read_file
from tests.interchange.made import WORDS, fresh, placed, simple

GERMAN = (
    "Farbe;Kommentar;Dokumentgruppe;Dokumentname;Code;Anfang;Ende;Gewicht;Segment;Autor;Datum\n"
    "●;wirklich;Welle 1;P01;Gefühle > Ärger;2;2;0;It was dear.;Jörg;30.12.2021 19:22:05\n"
)
FRENCH = (
    "Nom du document;Code;Extrait;Créé par;Créé le;Commentaire\n"
    "P01;Émotions\\colère;It was dear.;Zoé;30/12/2021;sûr\n"
)
DEDOOSE = (
    "Excerpt Range,Media Title,Excerpt Creator,Excerpt Date,Excerpt Copy,Codes Applied Combined\n"
    '12-24,P01,ana,12/30/2021,It was dear.,"price, money"\n'
)


def coded(path, table, encoding="utf-8"):
    path.write_bytes(table.encode(encoding))
    found = read_file(path)
    names = {one.guid: one.name for one in (*found.codes, *found.users, *found.sources)}
    return found, [
        (names[s.source], s.quote, names[c.code], names.get(c.user, ""), c.at[:10], c.memo)
        for s in found.selections
        for c in s.codings
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_german_headings_in_any_code_page(tmp_path, encoding):
    # The dot that shows the colour is in no Western code page.
    table = GERMAN.replace("●", "") if encoding == "cp1252" else GERMAN
    found, rows = coded(tmp_path / "c.csv", table, encoding)
    assert rows == [("P01", "It was dear.", "Ärger", "Jörg", "2021-12-30", "wirklich")]
    assert [(one.name, one.codable) for one in found.codes] == [("Gefühle", False), ("Ärger", True)]


def test_french_headings_and_a_backslash_in_a_codes_path(tmp_path):
    _, rows = coded(tmp_path / "c.csv", FRENCH, "cp1252")
    assert [row[:4] for row in rows] == [("P01", "It was dear.", "colère", "Zoé")]


def test_dedooses_excerpts_with_codes_in_one_cell(tmp_path):
    _, rows = coded(tmp_path / "c.csv", DEDOOSE)
    assert [(row[2], row[3], row[4]) for row in rows] == [
        ("price", "ana", "2021-12-30"), ("money", "ana", "2021-12-30")
    ]  # fmt: skip


@pytest.mark.parametrize("top", ["sep=;\n", "Coded segments, all\n\nExported: today\n"])
def test_what_stands_above_the_headings_is_passed_over(tmp_path, top):
    _, rows = coded(tmp_path / "c.csv", top + GERMAN)
    assert len(rows) == 1


def test_merged_cells_go_on_and_are_told_and_nothing_is_lost_silently(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Document name", "Code", "Segment", "Comment"],
        ["", "price", "Of whom?", ""],
        ["P01", "price", "It was dear.", ""],
        ["", "", "the button", ""],
        ["", "joy", "found", ""],
        ["P01", "", "Then", "a note"],
        ["P01", "joy", "", ""],
    ):
        sheet.append(row)
    sheet.merge_cells("A3:A5")
    sheet.merge_cells("B3:B4")
    book.save(tmp_path / "c.xlsx")
    found = read_file(tmp_path / "c.xlsx")
    names = {one.guid: one.name for one in found.codes}
    assert [(s.quote, [names[c.code] for c in s.codings], s.comment) for s in found.selections] == [
        ("It was dear.", ["price"], ""), ("the button", ["price"], ""), ("found", ["joy"], ""),
        ("Then", [], "a note"),
    ]  # fmt: skip
    assert found.warnings == ("2 rows without an interview or code: as in the row above",)
    assert found.refused == ("1 row without an interview",)
    assert found.left == ("1 row without words (pictures, recordings)",)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "c.csv").write_bytes(b"Document,Code,Segment\nP01,a,\xc3\xa9\xc3\xa9\xc3\n")
    with pytest.raises(InputError, match="damaged bytes"):
        read_file(tmp_path / "c.csv")


@pytest.mark.slow
def test_the_same_table_twice_adds_nothing(tmp_path):
    study = fresh(tmp_path / "s")
    import_file(study, simple(tmp_path / "p.qdpx", "", text=WORDS))
    (tmp_path / "c.csv").write_text(GERMAN)
    first = import_file(study, tmp_path / "c.csv")
    second = import_file(study, tmp_path / "c.csv")
    assert placed(study) == [("It was dear.", "theme", "Ärger", "human:jörg")]
    assert (first.added, second.added, second.already) == (1, 0, 1)
    study.close()
