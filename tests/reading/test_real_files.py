"""Public transcripts as tools export them; nothing of them is kept here."""

import re

import pypdf
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


def test_five_exports_of_one_conversation_give_the_same_turns(shared):
    readings = [read_turns(p) for p in sorted((shared / "transcripts" / "whisper").iterdir())]
    assert [r.n_cues for r in readings] == [753] * 5
    first, *others = (r.turns for r in readings)
    assert all(first.equals(other) for other in others)
    assert first["end_s"].max() == pytest.approx(52 * 60 + 5.56)


# How often each name stands at the beginning of a printed line, counted in Poppler's text of the
# pages; P5 has one label misspelt.
PRINTED = {"P1": (47, 47), "P2": (81, 84), "P3": (61, 61), "P4": (55, 56), "P5": (68, 68),
           "P6": (51, 49), "P7": (53, 53)}  # fmt: skip


@pytest.mark.parametrize("talk", PRINTED)
def test_no_turn_of_a_numbered_pdf_is_lost(shared, talk):
    path = shared / "transcripts" / "maxqda_pdf" / f"{talk}.pdf"
    reading = read_turns(path, interviewers=["Dan"])
    assert reading.n_cues == sum(PRINTED[talk])
    assert set(reading.turns["role"]) == {"interviewer", "participant"}


@pytest.mark.parametrize("talk", PRINTED)
def test_every_word_of_a_numbered_pdf_is_there(shared, talk):
    """Against pypdf, which shares no code with the reader: the same letters in that order."""
    path = shared / "transcripts" / "maxqda_pdf" / f"{talk}.pdf"
    pages = []
    for number, page in enumerate(pypdf.PdfReader(path).pages):
        _, body = re.split(r"^\d+/\d+\n(?:Interview\n)?", page.extract_text(), maxsplit=1)
        # The numbers of all paragraphs of the talk stand below every page, and are not printed.
        pages.append(re.sub(r"(?:\n\d+)+\s*$", "", body))
        assert number or body
    printed = re.sub(r"^(?:Dan|Partici?pant):", "", "\n".join(pages), flags=re.MULTILINE)
    read = "".join(read_turns(path).turns["text"])
    assert re.sub(r"\s+", "", read) == re.sub(r"\s+", "", printed)
