import pytest

from journeyqual.errors import InputError
from journeyqual.reading import read_turns
from journeyqual.schema import write_csv

TURNS = """participant,turn,speaker,start,text
P05,1,Ruth,0:00:04,How was it?
P05,2,Maya,0:01:09,"It came late, so I said: ""no"".

I left."
P05,3,Ruth,,And?
P05,4,Maya,1:00:00,Well.
"""


def test_a_turn_a_row(write):
    reading = read_turns(write("P05_x.csv", TURNS))
    got = reading.turns
    assert got[["speaker", "role", "text"]].values.tolist() == [
        ["Ruth", "interviewer", "How was it?"],
        ["Maya", "participant", 'It came late, so I said: "no".\nI left.'],
        ["Ruth", "interviewer", "And?"],
        ["Maya", "participant", "Well."],
    ]
    assert got["start_s"].fillna(-1).tolist() == [4, 69, -1, 3600]
    assert set(zip(got["interview"], got["participant"], strict=True)) == {("P05_x", "P05")}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators(write, delimiter):
    rows = [["speaker", "text"], ["Ruth", "One, two?"], ["Maya", "Three, four."]]
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    assert read_turns(write("a.csv", text)).turns["text"].tolist() == ["One, two?", "Three, four."]


def test_rows_go_by_turn_number_and_the_file_may_hold_several_interviews(write):
    text = "participant,turn,speaker,text\nB,2,Bo,b2\nA,1,Al,a1\nB,1,Ruth,b1?\nA,2,Ruth,a2?\n"
    got = read_turns(write("s.csv", text), participant="s").turns
    assert got[["interview", "participant", "turn_index", "text"]].values.tolist() == [
        ["s-A", "A", 0, "a1"],
        ["s-A", "A", 1, "a2?"],
        ["s-B", "B", 0, "b1?"],
        ["s-B", "B", 1, "b2"],
    ]


def test_an_answer_a_row(write):
    text = "Respondent ID;Question;Comment\nR1;Why?;Late.\nR1;And?;\nR2;Why?;Cold.\nR1;So?;No.\n"
    reading = read_turns(write("s.csv", text))
    assert reading.turns[["interview", "role", "text"]].values.tolist() == [
        ["s-R1", "interviewer", "Why?"], ["s-R1", "participant", "Late."],
        ["s-R1", "interviewer", "So?"], ["s-R1", "participant", "No."],
        ["s-R2", "interviewer", "Why?"], ["s-R2", "participant", "Cold."],
    ]  # fmt: skip
    assert reading.n_cues == 4


def test_answers_without_people_are_said_to_be_one_s(write):
    reading = read_turns(write("s.csv", "comment\nLate.\nCold.\n"))
    assert reading.turns["text"].tolist() == ["Late.", "Cold."]
    assert reading.notes == (
        "no column names the participant: all rows are taken for one person's",
    )


def test_roles_in_the_file_and_an_id_that_counts_rows(write):
    text = "id,role,speaker,text\n1,participant,Ruth,Why?\n2,interviewer,Maya,It came late.\n"
    got = read_turns(write("s.csv", text)).turns
    assert got["role"].tolist() == ["participant", "interviewer"]
    assert got["interview"].unique().tolist() == ["s"]


def test_what_was_read_can_be_written_and_read_again(write, tmp_path):
    once = read_turns(write("P05_x.csv", TURNS)).turns
    write_csv(once, tmp_path / "again.csv")
    assert read_turns(tmp_path / "again.csv").turns.equals(once)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "line 1: no column of words; it has 'a', 'b'; name one text, answer"),
        ("text\n", "no turns found"),
        ("speaker,text\nRuth,so, I left\n", "line 2: 3 cells under 2 headings; put quotation"),
        ('speaker,text\nRuth,"so\nMaya,no\n', "not a CSV table"),
        ("speaker,turn,text\nRuth,x,so\n", "line 2, column 'turn': 'x' is no turn number"),
        ("speaker,time,text\nRuth,late,so\n", "line 2, column 'time': 'late' is no time"),
        ("speaker,role,text\nRuth,boss,so\n", "'boss' is no role; use participant, interviewer"),
        ("participant,text\n,so\n", "line 2, column 'participant': a row without its participant"),
        ("speaker,start,text\nA,9,so\nB,3,no\n", "line 3: time runs backwards"),
        (f"text\n{'x' * 140_000}\n", "not a CSV table|over 100,000"),
    ],
)
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.csv", content))


def test_a_file_of_several_is_nobody_s_in_particular(write):
    path = write("s.csv", "participant,text\nA,x\nB,y\n")
    with pytest.raises(InputError, match="the study says it is P09's, its column names 2"):
        read_turns(path, participant="P09")


def test_the_study_says_whose_a_file_of_one_is(write):
    path = write("s.csv", "participant,text\nA,x\n")
    assert read_turns(path, participant="P09").turns["participant"].tolist() == ["P09"]


def test_many_answers_are_read_soon(write):
    rows = "".join(f"R{i},It came late and I was cold.\n" for i in range(5_000))
    assert len(read_turns(write("s.csv", f"id,comment\n{rows}")).turns) == 5_000
