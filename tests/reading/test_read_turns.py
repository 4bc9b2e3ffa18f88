"""What every format shares: ids, the registry, interviewers across files, pseudonyms on the way."""

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from journeyqual import reading
from journeyqual.errors import InputError
from journeyqual.privacy import for_turns, pseudonyms
from journeyqual.reading import formats, infer_interviewers, read_turns
from journeyqual.schema import TURNS

TALK = "Ruth Kessler: How was it?\n\nMaya Ode: It came late and I was cold.\n"


def test_ids_are_the_stem_in_nfc(write):
    got = read_turns(write("Zoe\u0308 1.TXT", TALK)).turns
    assert list(got.columns) == TURNS.names
    assert set(got["interview"]) == set(got["participant"]) == {"Zoë 1"}


def test_a_study_s_participant_and_interviewers(write):
    read = read_turns(write("a.txt", TALK), participant="P01", interviewers=["Maya*"])
    assert set(read.turns["participant"]) == {"P01"}
    assert read.turns["role"].tolist() == ["participant", "interviewer"]
    assert read.notes == ()
    assert read.interviews == ("a",)


def test_one_name_as_a_string_is_one_name(write):
    read = read_turns(write("a.txt", TALK), interviewers="Maya Ode")
    assert read.turns["role"].tolist() == ["participant", "interviewer"]


def test_pseudonyms_reach_turns_and_notes(write):
    path = write("a.txt", TALK)
    hide = for_turns(read_turns(path, participant="P01").turns)
    read = read_turns(path, participant="P01", pseudonym=hide)
    assert read.turns["speaker"].tolist() == ["Interviewer", "P01"]
    assert read.notes[0].startswith("interviewer inferred: Interviewer (asks")


def test_a_name_hidden_by_invisible_characters_is_found(write):
    path = write("a.txt", "Ruth: How, Ma\u200bya?\n\nMaya: I, Ma\u200dy\u00ada.\n\nRuth: Hm.\n")
    read = read_turns(path, pseudonym=pseudonyms({"Maya": "P01"}))
    assert read.turns["text"].tolist() == ["How, P01?", "I, P01.", "Hm."]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.mp3", "a.mp3: no reader for '.mp3' files; export it as one of .csv, .docx, .json"),
        ("a", "a: a file without a suffix"),
        ("gone.txt", "gone.txt: there is no such file"),
    ],
)
def test_what_has_no_reader(tmp_path, name, message):
    with pytest.raises(InputError, match=message):
        read_turns(tmp_path / name)


def test_a_folder_and_a_file_of_blanks(tmp_path, write):
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(InputError, match="a folder"):
        read_turns(tmp_path / "b.txt")
    with pytest.raises(InputError, match="without a name"):
        read_turns(write(" .txt", TALK))


def test_errors_are_one_line_whatever_the_file_says(write):
    with pytest.raises(InputError) as caught:
        read_turns(write("a.csv", 'speaker,role,text\nA,"bo\nss\u2028",x\n'))
    assert len(str(caught.value).splitlines()) == 1


# -- the registry -------------------------------------------------------------------------------


def test_built_in_formats_are_those_that_the_project_declares():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["entry-points"]["journeyqual.readers"] == reading._BUILT_IN
    assert set(reading.SUPPORTED) == {f".{suffix}" for suffix in reading._BUILT_IN}


PLUGIN = """
from journeyqual.reading import RawTurn

def read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [RawTurn(*line.split("|")) for line in lines]
"""


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    """A format of one's own: a module and an entry point."""
    (tmp_path / "my_reader.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def plug(target):
        point = EntryPoint("bar", target, reading.GROUP)
        monkeypatch.setattr(reading, "entry_points", lambda group: [point])
        reading._plugged_in.cache_clear()

    yield plug
    reading._plugged_in.cache_clear()


def test_a_plug_in_reads_its_own_suffix(plugged, write):
    plugged("my_reader:read")
    assert formats()["bar"] == "my_reader:read"
    turns = read_turns(write("a.bar", "Ruth|How\u00a0was it?\nMaya|Late.\nMaya|Cold.\n")).turns
    assert turns[["speaker", "role", "text"]].values.tolist() == [
        ["Ruth", "interviewer", "How was it?"],
        ["Maya", "participant", "Late."],
        ["Maya", "participant", "Cold."],
    ]


def test_a_broken_plug_in_breaks_only_its_own_suffix(plugged, write):
    plugged("not_there:read")
    with pytest.raises(InputError, match="the reader 'not_there:read' cannot be loaded"):
        read_turns(write("a.bar", "x"))
    assert len(read_turns(write("a.txt", TALK)).turns) == 2


# -- interviewers across files ------------------------------------------------------------------


def test_the_name_heard_in_most_interviews(write):
    talks = [
        "Ruth: How was it?\n\nMaya: So it was late and cold.\n",
        "Tom: How, you ask? Well? Late?\n\nRUTH: Hm, go on and tell me all of it, Tom, do.\n",
        "Speaker 1: How?\n\nParticipant: Late.\n",
    ]
    files = [write(f"P0{i}.txt", talk) for i, talk in enumerate(talks)]
    assert read_turns(files[1]).turns["role"].tolist() == ["interviewer", "participant"]
    found = infer_interviewers(map(read_turns, files))
    assert found == ("Ruth",)
    again = read_turns(files[1], interviewers=found).turns
    assert again["role"].tolist() == ["participant", "interviewer"]


def test_one_interview_tells_nothing(write):
    assert infer_interviewers([read_turns(write("a.txt", TALK))]) == ()
