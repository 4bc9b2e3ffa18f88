"""Public transcripts as tools export them; nothing of them is kept here."""

import pytest

from journeyqual.errors import InputError
from journeyqual.privacy import pseudonymise
from journeyqual.reading import infer_interviewers, read_turns

pytestmark = pytest.mark.shared

TALKS = {"BSR01": 83, "BSR02": 71, "BSR03": 92, "BSR05": 66, "BSR06": 84, "BSR07": 72, "BSR08": 81}


@pytest.fixture(scope="module")
def otter(shared):
    folder = shared / "transcripts" / "otter"
    return {
        (path.name[:5], path.suffix): read_turns(path)
        for path in sorted(folder.glob("*_deidentified.*"))
    }


@pytest.mark.parametrize("talk", TALKS)
def test_docx_and_txt_of_one_talk_give_the_same_turns(otter, talk):
    of_docx, of_txt = otter[talk, ".docx"].turns, otter[talk, ".txt"].turns
    assert of_docx.equals(of_txt)
    assert len(of_txt) == TALKS[talk]
    assert of_txt["start_s"].notna().all()


@pytest.mark.parametrize("talk", TALKS)
def test_the_one_who_was_studied_is_the_participant(otter, talk):
    roles = otter[talk, ".txt"].turns.groupby("speaker")["role"].unique().str[0].to_dict()
    # One transcriber wrote a letter O for the nought.
    studied = "BSRO6" if talk == "BSR06" else talk
    assert roles.pop(studied) == "participant"
    assert list(roles.values()) == ["interviewer"]


def test_the_interviewer_is_the_one_whom_all_share(otter):
    (found,) = infer_interviewers(otter.values())
    assert not found.startswith("BSR")


def test_the_interviewer_s_name_is_nowhere_after_pseudonyms(otter):
    (name,) = infer_interviewers(otter.values())
    turns = otter["BSR05", ".txt"].turns
    assert turns["text"].str.contains(name.split()[0]).any()
    hidden = pseudonymise(turns)
    for part in name.split():
        assert not hidden.apply(lambda c, p=part: c.astype(str).str.contains(p).any()).any()


@pytest.mark.parametrize("suffix", ["docx", "txt"])
def test_a_removed_interview_has_no_turns(shared, suffix):
    with pytest.raises(InputError, match="no turns found"):
        read_turns(shared / "transcripts" / "otter" / f"BSR04_removed.{suffix}")


def test_three_exports_of_one_conversation_give_the_same_turns(shared):
    files = [
        p for p in (shared / "transcripts" / "whisper").iterdir()
        if p.suffix in {".vtt", ".srt", ".txt"}
    ]  # fmt: skip
    readings = [read_turns(p) for p in files]
    assert [r.n_cues for r in readings] == [753, 753, 753]
    first, *others = (r.turns for r in readings)
    assert all(first.equals(other) for other in others)
    assert first["end_s"].max() == pytest.approx(52 * 60 + 5.56)
