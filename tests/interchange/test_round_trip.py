"""Out, in, out again: the same bytes in every format; what a format cannot hold is said."""

import shutil

import pandas as pd
import pytest

from journeyqual.interchange import FORMATS, export_study, import_file, read_file, refi_write, safe
from journeyqual.study import open_study
from tests.interchange.made import (
    BEN,
    ONBOARDING,
    PRICE,
    TALK,
    TREE,
    WORDS,
    coding,
    fresh,
    number,
    parts,
    placed,
    selection,
    simple,
)

pytestmark = pytest.mark.slow

DEAR = WORDS.index("dear")
NOTE = "99999999-0000-4000-8000-000000000001"
PLAN = "99999999-0000-4000-8000-000000000002"
SUFFIX = {"labelstudio": "json"}


@pytest.fixture
def full(tmp_path):
    """A study with all that a project may hold."""
    cases = (
        f'<Variables><Variable guid="{number(1, "B")}" name="plan" typeOfVariable="Text"/>'
        f'<Variable guid="{number(2, "B")}" name="age" typeOfVariable="Integer"/></Variables>'
        f'<Cases><Case guid="{number(3, "B")}" name="P07"><Description>came by train</Description>'
        f'<VariableValue><VariableRef targetGUID="{number(1, "B")}"/><TextValue>=1+1</TextValue>'
        f'</VariableValue><VariableValue><VariableRef targetGUID="{number(2, "B")}"/>'
        f"<IntegerValue>41</IntegerValue></VariableValue>"
        f'<SourceRef targetGUID="{TALK}"/></Case></Cases>'
    )
    rest = (
        f'<Notes><Note guid="{NOTE}"><PlainTextContent>=cmd|x 😀</PlainTextContent></Note>'
        f'<Note guid="{PLAN}" name="Plan" creatingUser="{BEN}"><PlainTextContent>twelve talks'
        "</PlainTextContent></Note></Notes>"
        f'<Sets><Set guid="{number(4, "B")}" name="money talk"><MemberCode targetGUID="{PRICE}"/>'
        f'<MemberSource targetGUID="{TALK}"/><MemberNote targetGUID="{PLAN}"/></Set></Sets>'
        f'<Description>All of it</Description><NoteRef targetGUID="{PLAN}"/>'
    )
    inner = (
        selection(1, DEAR, DEAR + 4, coding(1, PRICE, note=NOTE) + coding(2, TREE, BEN))
        + selection(2, DEAR - 3, DEAR + 9, coding(3, ONBOARDING, BEN, at=""))
        + selection(3, DEAR, DEAR + 4, "<Description>ask again</Description>")
    )
    study = fresh(tmp_path / "full")
    import_file(study, simple(tmp_path / "p.qdpx", inner, cases=cases, rest=rest))
    yield study
    study.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_that_came_in_again_goes_out_as_the_same_bytes(tmp_path, full, kind):
    name = f"out.{SUFFIX.get(kind, kind)}"
    export_study(full, kind, tmp_path / name)
    if kind in ("csv", "xlsx"):
        # A table of codings has no texts: the same interviews must be there.
        full.close()
        shutil.copytree(full.folder, tmp_path / "again")
        again = open_study(tmp_path / "again")
        with again.store._db.write() as connection:
            connection.exec_driver_sql("DELETE FROM codings")
    else:
        again = fresh(tmp_path / "again")
    report = import_file(again, tmp_path / name)
    export_study(again, kind, tmp_path / f"2{name}")
    assert report.refused == []
    if kind != "qdc":
        assert placed(again) == placed(full)
    again.close()
    assert (tmp_path / name).read_bytes() == (tmp_path / f"2{name}").read_bytes()


def test_all_that_came_in_goes_out(tmp_path, full):
    export_study(full, "qdpx", tmp_path / "out.qdpx")
    out = read_file(tmp_path / "out.qdpx")
    codes = {one.name: one for one in out.codes}
    assert (codes["Money"].color, codes["Money"].definition) == ("#FF0000", "what it costs")
    assert codes["price"].parent == codes["Money"].guid == TREE.lower()
    assert [(one.name, one.description) for one in out.cases] == [("P07", "came by train")]
    kinds = {one.name: one.kind for one in out.variables}
    assert kinds == {"age": "Integer", "plan": "Text"}
    assert sorted(out.cases[0].values.values()) == ["41", "=1+1"]
    assert [(one.name, one.text) for one in out.notes] == [("Plan", "twelve talks")]
    assert [(one.name, len(one.codes), len(one.sources)) for one in out.groups] == [
        ("money talk", 1, 1)
    ]
    assert (out.name, out.description) == ("Made", "All of it")
    assert out.notes_of_all == (PLAN.lower(),)
    memos = [c.memo for s in out.selections for c in s.codings if c.memo]
    assert memos == ["=cmd|x 😀"]
    # A remark whose author the file does not name.
    assert sorted(one.name for one in out.users) == ["Ana", "Ben", "unknown"]


def test_what_other_programs_stumble_over_is_not_written(tmp_path, full):
    export_study(full, "qdpx", tmp_path / "out.qdpx")
    inside = parts((tmp_path / "out.qdpx").read_bytes())
    xml = inside.pop("project.qde")
    assert b"richTextPath" not in xml
    assert list(inside) == [f"Sources/{TALK}.txt"]
    text = next(iter(inside.values()))
    assert b"\r" not in text
    assert not text.startswith(b"\xef\xbb\xbf")
    refi_write.check(safe.xml(xml, tmp_path))


def test_empty_sets_users_and_sources_are_left_out(tmp_path):
    study = fresh(tmp_path / "none")
    export_study(study, "qdpx", tmp_path / "out.qdpx")
    study.close()
    xml = parts((tmp_path / "out.qdpx").read_bytes())["project.qde"]
    assert not any(name in xml for name in (b"<Sets", b"<Users", b"<Sources", b"<Cases", b"<Notes"))


def test_the_same_file_twice_adds_nothing(tmp_path):
    study = fresh(tmp_path / "s")
    path = simple(tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE, at="")))
    first, second = import_file(study, path), import_file(study, path)
    study.close()
    assert (first.added, second.added, second.already) == (1, 0, 1)
    assert (first.interviews, second.known) == (["P01"], ["P01"])


def test_codings_made_elsewhere_come_back_to_the_interviews_that_went_out(tmp_path, full):
    export_study(full, "qdpx", tmp_path / "out.qdpx")
    before = len(full.store.codings())
    xml = parts((tmp_path / "out.qdpx").read_bytes())
    text = xml[f"Sources/{TALK}.txt"].decode()
    at = text.index("button")
    more = selection(9, at, at + 6, coding(77, PRICE, BEN))
    import_file(full, simple(tmp_path / "back.qdpx", more, text=text))
    assert len(full.store.codings()) == before + 1
    assert ("button", "theme", "price", "human:ben") in placed(full)


def test_names_are_gone_before_anything_is_kept_and_places_hold(tmp_path):
    text = (
        "Ruth Kessler: Well, Maya?\n\n"
        "Maya Lindqvist: Dev and Dev said that Ruth was dear to Dev.\n\n"
        "Ruth Kessler: And why?\n\nMaya Lindqvist: Because Dev helps.\n"
    )
    start = text.index("said")
    end = text.index(".\n\nRuth")
    inner = (
        selection(1, start, end, coding(1, PRICE, note=NOTE))
        + selection(2, text.index("Dev and") + 1, start, coding(2, TREE))
        + selection(3, text.index("dear"), text.index("helps") + 5, coding(3, TREE, BEN))
    )
    rest = (
        f'<Notes><Note guid="{NOTE}"><PlainTextContent>Maya Lindqvist and Dev laugh'
        "</PlainTextContent></Note></Notes>"
    )
    study = fresh(tmp_path / "s")
    study.config.names_file.write_text("name,pseudonym\nDev,[mechanic]\n")
    import_file(study, simple(tmp_path / "p.qdpx", inner, text=text, rest=rest))
    found = placed(study)
    memo = [m for m in study.store.codings()["memo"] if m]
    study.close()
    assert sorted(words for words, *_ in found) == [
        "[mechanic] and [mechanic]",
        "dear to [mechanic].\n\nInterviewer: And why?\n\nP01: Because [mechanic] helps",
        "said that Interviewer was dear to [mechanic]",
    ]
    assert memo == ["P01 and [mechanic] laugh"]
    database = (tmp_path / "s" / "store" / "study.sqlite").read_bytes()
    assert not any(name in database for name in (b"Lindqvist", b"Kessler", b"Dev "))


def test_a_case_called_by_a_full_name_gets_a_stand_in(tmp_path):
    cases = (
        f'<Cases><Case guid="{number(3, "B")}" name="Maya Lindqvist">'
        f'<SourceRef targetGUID="{TALK}"/></Case></Cases>'
    )
    study = fresh(tmp_path / "s")
    import_file(study, simple(tmp_path / "p.qdpx", "", cases=cases))
    people = study.store.interviews()["participant"].tolist()
    study.close()
    assert people[0].startswith("participant-")


def test_who_does_not_agree_stays_out_both_ways(tmp_path, full):
    file = full.config.participants_file
    file.write_text(file.read_text().replace("P07,,,", "P07,,,no"))
    export_study(full, "qdpx", tmp_path / "out.qdpx")
    assert read_file(tmp_path / "out.qdpx").sources == ()
    other = fresh(tmp_path / "other")
    other.config.participants_file.write_text("participant,consent_analyse\nP01,no\n")
    path = simple(tmp_path / "p2.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE)))
    report = import_file(other, path)
    other.close()
    assert report.refused == [
        "P01: its participant did not agree to be analysed (1 coding of it left out)"
    ]
    assert report.interviews == []


def test_values_in_participants_csv_stay_and_are_told(tmp_path, full):
    file = full.config.participants_file
    file.write_text(file.read_text().replace("41", "42"))
    report = import_file(full, tmp_path / "p.qdpx")
    assert "42" in file.read_text()
    assert report.notes[-1] == "other values in the file, ours kept: P07's age '42'"


def test_machine_codings_go_out_under_their_own_user_and_what_is_lost_is_said(tmp_path, full):
    unit = full.store.units()["unit_id"].iloc[0]
    rows = [
        dict(unit_id=unit, dimension="valence", value="0.37", coder="human:ana", confidence=None),
        dict(unit_id=unit, dimension="stage", value="", coder="human:ana", confidence=None),
    ]
    full.store.add_codings(pd.DataFrame(rows))
    machine = [{**rows[0], "coder": "model:feeling@2", "value": "-0.9", "confidence": 0.8}]
    full.store.add_codings(pd.DataFrame(machine), origin="import")
    done = export_study(full, "qdpx", tmp_path / "out.qdpx")
    out = read_file(tmp_path / "out.qdpx")
    names = {one.guid: one.name for one in (*out.codes, *out.users)}
    given = {(names[c.user], names[c.code]) for s in out.selections for c in s.codings}
    assert ("model:feeling@2", "very negative (-1)") in given
    assert ("Ana", "positive (0.5)") in given
    assert ("Ana", "no stage fits") in given
    assert done.left == (
        "the confidence of 1 machine coding",
        "that 1 machine coding are suggestions",
        "2 valences between the five steps: given as the nearest",
    )


def test_only_the_last_word_of_a_coder_goes_to_refi_and_all_to_csv(tmp_path, full):
    unit = full.store.units()["unit_id"].iloc[0]
    for value, status in (("-1", ""), ("1", ""), ("1", "rejected")):
        row = dict(unit_id=unit, dimension="valence", value=value, coder="human:ana", status=status)
        full.store.add_codings(pd.DataFrame([row]))
    done = export_study(full, "qdpx", tmp_path / "out.qdpx")
    assert "2 earlier words of coders who changed their mind" in done.left
    export_study(full, "csv", tmp_path / "out.csv")
    said = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert said.loc[said["dimension"] == "valence", "value"].tolist() == ["-1", "1", "1"]


def test_codings_of_strange_units_and_strange_values_are_told(tmp_path, full):
    export_study(full, "csv", tmp_path / "out.csv")
    other = fresh(tmp_path / "other")
    report = import_file(other, tmp_path / "out.csv")
    other.close()
    total = len(full.store.codings())
    assert report.refused == [
        f"{total} codings of units that the study does not have (other interviews, or other words)"
    ]
    bad = tmp_path / "bad.csv"
    bad.write_text("unit_id,dimension,value,coder\nx,valence,7,ana\n")
    from journeyqual.errors import InputError

    with pytest.raises(InputError, match="line 2, column 'value'"):
        import_file(full, bad)


def test_a_workbook_computes_nothing(tmp_path, full):
    import openpyxl

    export_study(full, "xlsx", tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row if cell.value}
    assert kinds <= {"s", "n", "b"}
    words = {cell.value for sheet in book for row in sheet for cell in row}
    assert {"=1+1", "=cmd|x 😀"} <= words
