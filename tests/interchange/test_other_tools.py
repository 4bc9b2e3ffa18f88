"""Code exports, Label Studio, the mapping of codes, and the commands."""

import json

import pytest
from typer.testing import CliRunner

from journeyqual.cli import app
from journeyqual.errors import InputError
from journeyqual.interchange import import_file, read_file
from journeyqual.interchange.mapping import load_map
from tests.interchange.made import (
    ONBOARDING,
    PRICE,
    WORDS,
    coding,
    fresh,
    placed,
    selection,
    simple,
)

pytestmark = pytest.mark.slow

DEAR = WORDS.index("dear")


@pytest.fixture
def study(tmp_path):
    study = fresh(tmp_path / "study")
    yield study
    study.close()


@pytest.fixture
def talked(tmp_path, study):
    """A study with one interview and no coding."""
    import_file(study, simple(tmp_path / "talk.qdpx", ""))
    return study


MAXQDA = (
    "Color;Comment;Document group;Document name;Code;Segment;Created by;Created\n"
    '●;sure;Wave 1;P01;Money > price;"It was  dear.";Ana;30.12.2021 19:22\n'
)
NVIVO = "Name,Code,Reference,Coded By\nP01,price,It was dear,AN\n"
ATLAS = 'Document,Quotation Content,Codes,Comment\nP01,the button,"price\nonboarding",hm\n'
DOVETAIL = 'Highlight,Tags,Note title,Created by\nfound the button,"price, joy",P01,Ana\n'


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (MAXQDA, [("It was dear.", "theme", "price", "human:ana")]),
        (NVIVO, [("It was dear", "theme", "price", "human:an")]),
        (
            ATLAS,
            [("the button", "stage", "onboarding", "human:unknown"),
             ("the button", "theme", "price", "human:unknown")],
        ),
        (
            DOVETAIL,
            [("found the button", "emotion", "joy", "human:ana"),
             ("found the button", "theme", "price", "human:ana")],
        ),
    ],
)  # fmt: skip
def test_code_exports_are_placed_by_their_words(tmp_path, talked, table, rows):
    path = tmp_path / "codes.csv"
    path.write_text(table)
    report = import_file(talked, path)
    assert placed(talked) == rows
    assert report.refused == []


def test_a_workbook_is_read_as_the_table_it_holds(tmp_path, talked):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["Document name", "Code", "Segment"], ["P01", "price", "It was dear."]):
        book.active.append(row)
    book.save(tmp_path / "codes.xlsx")
    import_file(talked, tmp_path / "codes.xlsx")
    assert placed(talked) == [("It was dear.", "theme", "price", "human:unknown")]


def test_words_and_interviews_that_are_not_there_are_told(tmp_path, talked):
    path = tmp_path / "codes.csv"
    path.write_text("Document,Code,Segment\nP01,price,never said so\nP02,price,It was dear.\n")
    report = import_file(talked, path)
    assert (report.found, report.added) == (2, 0)
    assert len(report.refused) == 2
    assert "P02: the study has no such interview" in report.refused[0]


def test_words_are_found_where_names_were_replaced(tmp_path, study):
    study.config.names_file.write_text("name,pseudonym\nDev,[mechanic]\n")
    text = "Interviewer: Who?\n\nP01: I think that Dev mended the brakes of my old bike then.\n"
    import_file(study, simple(tmp_path / "talk.qdpx", "", text=text))
    path = tmp_path / "codes.csv"
    path.write_text("Document,Code,Segment\nP01,price,that Dev mended the brakes\n")
    import_file(study, path)
    assert placed(study)[0][0] == "that [mechanic] mended the brakes"


def test_a_table_without_words_says_which_column_is_missing(tmp_path, talked):
    path = tmp_path / "codes.csv"
    path.write_text("Document,Code\nP01,price\n")
    with pytest.raises(InputError, match="no column for the words"):
        import_file(talked, path)


@pytest.mark.parametrize("shift", [0, 1])
def test_label_studio_counts_as_its_version_did(tmp_path, study, shift):
    text = "Interviewer: 😀 Well?\n\nP01: It was dear to me.\n"
    at = text.index("dear") + shift
    value = {"start": at, "end": at + 4, "text": "dear", "labels": ["onboarding", "price"]}
    region = {"type": "labels", "from_name": "label", "to_name": "text", "value": value}
    task = {
        "id": 1, "data": {"text": text, "interview": "P01"},
        "annotations": [
            {"completed_by": {"email": "ana@example.org"}, "created_at": "2026-01-02T03:04:05Z",
             "result": [region]},
        ],
    }  # fmt: skip
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([task]))
    import_file(study, path)
    coder = "human:ana-example-org"
    assert placed(study) == [
        ("dear", "stage", "onboarding", coder), ("dear", "theme", "price", coder)
    ]  # fmt: skip


def test_a_map_says_what_codes_mean_and_which_stay_out(tmp_path, study):
    file = tmp_path / "map.csv"
    file.write_text("code,dimension,value\nMoney > price,valence,-0.5\nonboarding,-,\n")
    inner = selection(1, DEAR, DEAR + 4, coding(1, PRICE) + coding(2, ONBOARDING))
    report = import_file(study, simple(tmp_path / "p.qdpx", inner), map_file=file)
    assert placed(study) == [("dear", "valence", "-0.5", "human:ana")]
    assert (report.found, report.added) == (1, 1)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("code,value\nx,y\n", "no column 'dimension'"),
        ("code,dimension,value\nx,stage,nowhere\n", "'nowhere' is no stage"),
        ("code,dimension,value\nx,valence,7\n", "'7' is no valence"),
        ("code,dimension\n,stage\n", "without a code or dimension"),
    ],
)
def test_a_map_that_contradicts_the_codebook_is_refused(tmp_path, study, table, why):
    (tmp_path / "map.csv").write_text(table)
    with pytest.raises(InputError, match=why):
        load_map(tmp_path / "map.csv", study.codebook)


def test_a_source_may_stay_out(tmp_path, study):
    path = simple(tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE)))
    report = import_file(study, path, skip=["P01.txt"])
    assert (report.interviews, report.found, report.refused) == ([], 0, [])


def test_text_in_which_nobody_is_named_is_told(tmp_path, study):
    report = import_file(study, simple(tmp_path / "p.qdpx", "", text="It was dear.\n\nVery dear."))
    assert report.notes == ["P01: nothing in it says who speaks; taken as P01's words"]
    assert study.store.texts(["P01"])["P01"] == "It was dear.\nVery dear."


def test_the_commands_say_what_came_and_what_a_format_cannot_hold(tmp_path, study):
    study.close()
    path = simple(tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE)))
    run = CliRunner()
    told = run.invoke(app, ["import", str(path), str(study.folder), "--json"])
    assert told.exit_code == 0, told.output
    said = json.loads(told.stdout)
    assert (said["codings"], said["added"], said["interviews"]) == (1, 1, ["P01"])
    out = tmp_path / "out.csv"
    told = run.invoke(app, ["export", str(study.folder), "--format", "csv", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "1 interviews, 1 codings" in told.stdout
    assert "csv does not hold: the codebook" in told.stdout
    assert out.read_text().startswith("unit_id,dimension,value,coder,confidence,status,memo,")


def test_what_was_refused_ends_with_status_1(tmp_path, study):
    study.close()
    path = simple(tmp_path / "p.qdpx", selection(1, 900, 901, coding(1, PRICE)))
    told = CliRunner().invoke(app, ["import", str(path), str(study.folder)])
    assert told.exit_code == 1
    assert "refused: P01.txt: 1 coding beyond the end of its text" in told.stderr
    wrong = ["export", str(study.folder), "--format", "doc", "--out", str(tmp_path / "x")]
    assert CliRunner().invoke(app, wrong).exit_code == 1


def test_a_codebook_comes_in_and_goes_out(tmp_path, study):
    (tmp_path / "c.qdc").write_text(
        '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>'
        f'<Code guid="{PRICE}" name="price" isCodable="true" color="#00FF00"/></Codes>'
        '<Sets><Set guid="BBBBBBBB-0000-4000-8000-000000000001" name="money">'
        f'<MemberCode guid="{PRICE}"/></Set></Sets></CodeBook>'
    )
    import_file(study, tmp_path / "c.qdc")
    from journeyqual.interchange import export_study

    export_study(study, "qdc", tmp_path / "out.qdc")
    out = read_file(tmp_path / "out.qdc")
    price = next(one for one in out.codes if one.name == "price")
    assert (price.guid, price.color) == (PRICE.lower(), "#00FF00")
    assert [(one.name, one.codes) for one in out.groups] == [("money", (PRICE.lower(),))]
