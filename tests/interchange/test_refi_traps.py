"""What programs do differently with REFI-QDA 1.0: each read as it was meant, or told."""

import unicodedata

import pytest

from journeyqual.interchange import import_file, read_file
from tests.interchange.made import (
    ANA,
    BEN,
    ONBOARDING,
    PRICE,
    TALK,
    WORDS,
    archive,
    coding,
    fresh,
    number,
    placed,
    project,
    selection,
    simple,
    text_source,
)

pytestmark = pytest.mark.slow

DEAR = WORDS.index("dear")


@pytest.fixture
def study(tmp_path):
    study = fresh(tmp_path / "study")
    yield study
    study.close()


def words(project):
    texts = {one.guid: one.text for one in project.sources}
    return [texts[one.source][one.start : one.end] for one in project.selections]


@pytest.mark.parametrize("folder", ["Sources", "sources", "SOURCES"])
@pytest.mark.parametrize("name", ["project.qde", "Project.qde"])
def test_folder_and_project_are_found_in_any_letter_case(tmp_path, folder, name):
    path = simple(
        tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE)), folder=folder,
        project_name=name,
    )  # fmt: skip
    assert words(read_file(path)) == ["dear"]


@pytest.mark.parametrize("one", [True, False])
def test_crlf_is_counted_as_one_or_two_by_what_the_file_shows(tmp_path, one):
    text = WORDS.replace("\n", "\r\n")
    at = DEAR if one else text.index("dear")
    path = simple(
        tmp_path / "p.qdpx", selection(1, at, at + 4, coding(1, PRICE), name="dear"), text=text
    )
    found = read_file(path)
    assert words(found) == ["dear"]
    assert found.warnings == ()


def test_crlf_that_nothing_decides_is_told(tmp_path):
    text = WORDS.replace("\n", "\r\n")
    found = read_file(simple(tmp_path / "p.qdpx", selection(1, 30, 34), text=text))
    assert any("nothing shows whether places are counted otherwise" in w for w in found.warnings)


@pytest.mark.parametrize("unit", ["code points", "utf-16"])
def test_emoji_count_once_or_twice_by_what_the_file_shows(tmp_path, unit):
    text = "Interviewer: 😀🎉 Well?\n\nP01: It was dear 😀 to me.\n"
    at = text.index("dear")
    shift = 2 if unit == "utf-16" else 0
    path = simple(
        tmp_path / "p.qdpx",
        selection(1, at + shift, at + shift + 4, coding(1, PRICE), name="dear"),
        text=text,
    )
    assert words(read_file(path)) == ["dear"]


def test_combining_accents_are_places_of_their_own_and_the_words_are_stored_composed(
    tmp_path, study
):
    text = unicodedata.normalize("NFD", "Interviewer: Où?\n\nP01: Au café, très cher, là-bas.\n")
    start = text.index("tre")
    end = text.index(",", start)
    import_file(
        study, simple(tmp_path / "p.qdpx", selection(1, start, end, coding(1, PRICE)), text=text)
    )
    assert [one[0] for one in placed(study)] == ["très cher"]


def test_a_byte_order_mark_is_no_place(tmp_path):
    path = simple(
        tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE)),
        text=b"\xef\xbb\xbf" + WORDS.encode(),
    )  # fmt: skip
    assert words(read_file(path)) == ["dear"]


def test_guids_are_the_same_in_any_case_and_in_braces(tmp_path, study):
    inner = selection(1, DEAR, DEAR + 4, coding(1, "{" + PRICE.lower() + "}", user=ANA.lower()))
    import_file(study, simple(tmp_path / "p.qdpx", inner))
    assert placed(study) == [("dear", "theme", "price", "human:ana")]


def test_a_nameless_case_is_its_own_source_and_gives_its_attributes(tmp_path, study):
    variable = "BBBBBBBB-0000-4000-8000-000000000001"
    cases = (
        f'<Variables><Variable guid="{variable}" name="plan" typeOfVariable="Text"/></Variables>'
        f'<Cases><Case guid="BBBBBBBB-0000-4000-8000-000000000002"><VariableValue>'
        f'<VariableRef targetGUID="{variable}"/><TextValue>pro</TextValue></VariableValue>'
        f'<SourceRef targetGUID="{TALK}"/></Case></Cases>'
    )
    report = import_file(study, simple(tmp_path / "p.qdpx", "", cases=cases))
    people = study.participants().set_index("participant")
    assert people.loc["P01", "plan"] == "pro"
    assert report.attributes == ["plan"]


def test_a_files_own_variable_values_give_its_participants_attributes(tmp_path, study):
    variable = "BBBBBBBB-0000-4000-8000-000000000001"
    value = (
        f'<VariableValue><VariableRef targetGUID="{variable}"/>'
        "<IntegerValue>41</IntegerValue></VariableValue>"
    )
    cases = (
        f'<Variables><Variable guid="{variable}" name="age" typeOfVariable="Integer"/></Variables>'
    )
    import_file(study, simple(tmp_path / "p.qdpx", value, cases=cases))
    assert study.participants().set_index("participant").loc["P01", "age"] == "41"


def test_a_description_without_a_coding_is_a_comment(tmp_path, study):
    inner = selection(1, DEAR, DEAR + 4, "<Description>ask her again</Description>")
    report = import_file(study, simple(tmp_path / "p.qdpx", inner))
    row = study.store.codings().iloc[0]
    assert (row["dimension"], row["value"], row["memo"]) == ("comment", "", "ask her again")
    assert (report.found, report.added) == (0, 0)


def test_a_parent_code_may_be_coded_with(tmp_path, study):
    from tests.interchange.made import TREE

    import_file(study, simple(tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, TREE))))
    assert placed(study) == [("dear", "theme", "Money", "human:ana")]


@pytest.mark.parametrize(
    ("selected", "creator", "coder"),
    [
        (f' creatingUser="{BEN}"', "", "human:ben"),
        ("", f'creatingUserGUID="{ANA}"', "human:ana"),
        ("", "", "human:unknown"),
    ],
)
def test_a_missing_user_is_who_selected_or_made_the_project_else_unknown(
    tmp_path, study, selected, creator, coder
):
    inner = selection(1, DEAR, DEAR + 4, coding(1, PRICE, user=""), by=selected)
    import_file(study, simple(tmp_path / "p.qdpx", inner, attributes=creator))
    assert placed(study)[0][3] == coder


def test_a_stage_is_known_by_its_name_and_all_else_is_a_theme(tmp_path, study):
    inner = selection(1, DEAR, DEAR + 4, coding(1, PRICE) + coding(2, ONBOARDING, BEN))
    import_file(study, simple(tmp_path / "p.qdpx", inner))
    stage = next(name for name in study.codebook.stage_names if name.casefold() == "onboarding")
    assert placed(study) == [
        ("dear", "stage", stage, "human:ben"), ("dear", "theme", "price", "human:ana")
    ]  # fmt: skip


def test_a_note_on_a_coding_is_its_memo_and_others_stay_notes(tmp_path, study):
    notes = (
        '<Notes><Note guid="99999999-0000-4000-8000-000000000001"><PlainTextContent>doubtful'
        '</PlainTextContent></Note><Note guid="99999999-0000-4000-8000-000000000002" name="Plan">'
        "<PlainTextContent>twelve talks</PlainTextContent></Note></Notes>"
    )
    note = "99999999-0000-4000-8000-000000000001"
    inner = selection(1, DEAR, DEAR + 4, coding(1, PRICE, note=note))
    import_file(study, simple(tmp_path / "p.qdpx", inner, rest=notes))
    assert study.store.codings()["memo"].tolist() == ["doubtful"]
    kept = study.store.imported.all("note")
    assert [one.content["text"] for one in kept] == ["twelve talks"]


def test_dates_and_coders_come_along(tmp_path, study):
    inner = selection(
        1,
        DEAR,
        DEAR + 4,
        coding(1, PRICE) + coding(2, PRICE, BEN, at="2026-03-05T11:00:00.5+02:00"),
    )
    import_file(study, simple(tmp_path / "p.qdpx", inner))
    rows = study.store.codings()
    assert list(zip(rows["coder"], rows["coded_at"], strict=True)) == [
        ("human:ana", "2026-03-04T10:00:00+00:00"),
        ("human:ben", "2026-03-05T11:00:00.500000+02:00"),
    ]


def test_a_source_without_its_text_is_told_with_its_codings(tmp_path, study):
    xml = project(text_source(selection(1, 0, 4, coding(1, PRICE))))
    report = import_file(study, archive(tmp_path / "p.qdpx", xml, {}))
    assert report.refused == [
        f"P01.txt: its text is not in the file, nor the words of 1 coding; put {TALK}.txt into the "
        "archive's sources"
    ]
    assert report.added == 0


def test_places_beyond_the_text_and_speakers_names_are_told(tmp_path, study):
    inner = selection(1, 900, 904, coding(1, PRICE)) + selection(2, 0, 11, coding(2, PRICE))
    report = import_file(study, simple(tmp_path / "p.qdpx", inner))
    assert report.refused == [
        "P01.txt: 1 coding beyond the end of its text",
        "P01: 1 coding on no words (a speaker's name, a time, a blank)",
    ]
    assert (report.found, report.added) == (1, 0)


def test_media_links_and_graphs_are_told(tmp_path):
    picture = (
        '<PictureSource guid="77777777-0000-4000-8000-000000000001" name="p.jpg">'
        '<PictureSelection guid="77777777-0000-4000-8000-000000000002" firstX="0" firstY="0" '
        f'secondX="1" secondY="1">{coding(9, PRICE)}</PictureSelection></PictureSource>'
    )
    xml = project(text_source() + picture)
    found = read_file(archive(tmp_path / "p.qdpx", xml, {f"{TALK}.txt": WORDS}))
    assert found.left == ("1 codings of areas or stretches (Picture)", "1 picture sources")


def test_a_pdfs_own_text_is_read(tmp_path):
    inner = text_source(selection(1, DEAR, DEAR + 4, coding(1, PRICE)))
    pdf = f'<PDFSource guid="{TALK}" name="P01.pdf">' + inner.replace(
        "TextSource", "Representation"
    ) + "</PDFSource>"  # fmt: skip
    found = read_file(archive(tmp_path / "p.qdpx", project(pdf), {f"{TALK}.txt": WORDS}))
    assert words(found) == ["dear"]
    assert found.sources[0].name == "P01.pdf"


# -- habits of NVivo, MAXQDA and ATLAS.ti as the QualCoder project wrote them down in its importer:
# the files here are made by hand to them


def test_a_coding_with_a_case_for_a_code_makes_its_source_the_cases(tmp_path, study):
    case = number(3, "B")
    cases = f'<Cases><Case guid="{case}" name="P07"/></Cases>'
    inner = selection(1, 0, len(WORDS), coding(1, case)) + selection(
        2, DEAR, DEAR + 4, coding(2, case) + coding(3, PRICE)
    )
    report = import_file(study, simple(tmp_path / "p.qdpx", inner, cases=cases))
    assert placed(study) == [("dear", "theme", "price", "human:ana")]
    assert study.store.interviews()["participant"].tolist() == ["P07"]
    assert report.left == ["1 passages that belong to a case (a case owns whole sources here)"]
    assert report.refused == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_note_that_a_link_ties_to_words_is_a_comment_on_them(tmp_path, study, turned):
    note, chosen = number(4, "B"), number(1, "F")
    ends = (chosen, note) if turned else (note, chosen)
    rest = (
        f'<Notes><Note guid="{note}"><PlainTextContent>why so dear?</PlainTextContent></Note>'
        f'</Notes><Links><Link guid="{number(5, "B")}" originGUID="{ends[0]}" '
        f'targetGUID="{ends[1]}"/><Link guid="{number(6, "B")}" originGUID="{PRICE}" '
        f'targetGUID="{ONBOARDING}"/></Links>'
    )
    inner = selection(1, DEAR, DEAR + 4, by=f' creatingUser="{BEN}"')
    report = import_file(study, simple(tmp_path / "p.qdpx", inner, rest=rest))
    row = study.store.codings().iloc[0]
    assert (row["dimension"], row["memo"], row["coder"]) == ("comment", "why so dear?", "human:ben")
    assert study.store.imported.all("note") == []
    assert report.left == ["1 links"]


def test_a_note_that_holds_the_place_itself_is_a_comment_on_the_words_there(tmp_path, study):
    note = number(4, "B")
    rest = (
        f'<Notes><Note guid="{note}" modifyingUser="{BEN}"><PlainTextContent>Who?'
        f'</PlainTextContent><PlainTextSelection guid="{number(9, "F")}" startPosition="{DEAR}" '
        f'endPosition="{DEAR + 4}"/></Note></Notes>'
    )
    inner = f'<NoteRef targetGUID="{note}"/>'
    report = import_file(study, simple(tmp_path / "p.qdpx", inner, rest=rest))
    row = study.store.codings().iloc[0]
    assert (row["dimension"], row["memo"]) == ("comment", "Who?")
    assert study.store.units(kind="span")["text"].tolist() == ["dear"]
    assert report.left == []


def test_who_and_when_are_who_changed_it_where_nobody_says_who_made_it(tmp_path, study):
    changed = f' modifyingUser="{BEN}" modifiedDateTime="2026-03-04T11:00:00Z"'
    inner = selection(1, DEAR, DEAR + 4, coding(1, PRICE, user="", at=""), by=changed)
    report = import_file(study, simple(tmp_path / "p.qdpx", inner))
    row = study.store.codings().iloc[0]
    assert (row["coder"], row["coded_at"]) == ("human:ben", "2026-03-04T11:00:00+00:00")
    assert report.notes == []


def test_atlas_ti_counts_a_crlf_as_one_where_no_name_shows_it(tmp_path):
    text = WORDS.replace("\n", "\r\n")
    path = simple(tmp_path / "p.qdpx", selection(1, DEAR, DEAR + 4, coding(1, PRICE)), text=text)
    xml = project(text_source(selection(1, DEAR, DEAR + 4, coding(1, PRICE))))
    assert words(read_file(path)) != ["dear"]
    xml = xml.replace("SomeTool 1", "ATLAS.ti 9")
    assert words(read_file(archive(path, xml, {f"{TALK}.txt": text}))) == ["dear"]


def test_names_of_selections_that_show_no_words_move_nothing(tmp_path):
    inner = selection(1, DEAR, DEAR + 4, coding(1, PRICE), name="line:3")
    assert words(read_file(simple(tmp_path / "p.qdpx", inner))) == ["dear"]


def test_two_sources_of_one_name_both_come_in_and_are_known_again(tmp_path, study):
    other = "DDDDDDDD-0000-4000-8000-000000000002"
    text = WORDS.replace("dear", "good")
    xml = project(
        text_source(selection(1, DEAR, DEAR + 4, coding(1, PRICE)))
        + text_source(selection(2, DEAR, DEAR + 4, coding(2, PRICE)), guid=other)
    )
    path = archive(tmp_path / "p.qdpx", xml, {f"{TALK}.txt": WORDS, f"{other}.txt": text})
    report = import_file(study, path)
    assert report.interviews == ["P01", "P01 2"]
    assert [one[0] for one in placed(study)] == ["dear", "good"]
    again = import_file(study, path)
    assert (again.interviews, again.known, again.added) == ([], ["P01", "P01 2"], 0)
    assert report.refused == again.refused == []
