import datetime as dt
import sys

import pytest

from journeyqual.errors import InputError
from journeyqual.reading import Limits, read_turns
from tests.reading.made import xlsx, zipped


def test_a_turn_a_row_under_a_title(write):
    rows = [["Interview of March"], [], ["Time", "Speaker", "Text"],
            [dt.time(0, 0, 3), "Ruth", "How was it?"],
            [dt.timedelta(seconds=9.5), "Maya", "It came\nlate."],
            ["0:12", "Ruth", 129]]  # fmt: skip
    turns = read_turns(write("a.xlsx", xlsx([["nothing"]], rows))).turns
    assert turns[["speaker", "text", "start_s"]].values.tolist() == [
        ["Ruth", "How was it?", 3.0], ["Maya", "It came\nlate.", 9.5], ["Ruth", "129", 12.0],
    ]  # fmt: skip


def test_an_answer_a_row_and_the_sheets_left_out_are_named(write):
    rows = [
        ["participant", "question", "answer"],
        ["P01", "How?", "Late."],
        ["P02", "How?", "Wet."],
    ]
    reading = read_turns(write("a.xlsx", xlsx(rows, [["codes"], ["late"]])))
    assert reading.turns["participant"].tolist() == ["P01", "P01", "P02", "P02"]
    assert "only the sheet 'Sheet1' is read, not 'Sheet2'" in reading.notes


def test_a_formula_is_its_last_result_and_never_run(write):
    # Nothing computed it: it has no result, and its text is nobody's words.
    rows = [["speaker", "text"], ["Ruth", "How?"], ["Maya", '=HYPERLINK("http://x", "late")'],
            ["Maya", "Late."]]  # fmt: skip
    turns = read_turns(write("a.xlsx", xlsx(rows))).turns
    assert turns["text"].tolist() == ["How?", "Late."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"speaker,text", "a.xlsx: not an Excel file"),
        (zipped({"a.txt": "x"}), "Excel file: damaged"),
        (xlsx([["speaker", "words?"]]), "no column of words"),
        (xlsx([[]]), "no visible sheet has anything in it"),
        (xlsx([["speaker", "text"], ["Ruth", "How?", "", "lost"]]), "line 2: 4 cells under 2"),
        (xlsx([["speaker", "text"], ["Ruth", "How?"]])[:-30], "not a whole Excel file"),
    ],
)
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.xlsx", content))


def test_too_many_rows(write):
    rows = [["speaker", "text"], *([["Ruth", "How?"]] * 50)]
    with pytest.raises(InputError, match="over 20 rows"):
        read_turns(write("a.xlsx", xlsx(rows)), limits=Limits(lines=20))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource limits")
def test_memory_is_contained(write):
    rows = [["speaker", "text"], *([f"Ruth {n}", f"How {n}?"] for n in range(3_000))]
    with pytest.raises(InputError, match=r"over 60 MB of memory|breaks its reader|damaged"):
        read_turns(write("a.xlsx", xlsx(rows)), limits=Limits(memory_mb=60))
