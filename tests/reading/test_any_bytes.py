"""Whatever is in a file, reading it gives turns or a refusal in one line, never anything else."""

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual.errors import InputError
from journeyqual.reading import SUPPORTED, read_turns
from journeyqual.reading.cleaning import clean_text

PIECES = [
    "WEBVTT\n\n", "00:01.000 --> 00:02.000\n", "00:00:01,000 --> 00:00:02,000\n", "1\n", "\n\n",
    "<v Ruth>", "</v>", "<v", "Ruth: ", "Maya Ode  00:0", "Ruth Kessler\t0:03\n", "NOTE ", "-->",
    "[00:01.000 --> 00:02.000] ", "speaker,text\n", "participant;answer\n", '"', ",", "P01,",
    "text\n",
    "How was it? ", "{\\an8}", "&amp;", "&#0;", "SPEAKERS\n", ": ", "99:99", "\u2028", "\x0c", "é",
    "\u202e", "<" * 50, "9" * 30, "Participant: ", "\r", "-1", "nan", "turn,text,time\n",
]  # fmt: skip


def check(path):
    refusal = ""
    try:
        turns = read_turns(path).turns
    except InputError as error:
        refusal = str(error)
    if refusal:
        assert path.name in refusal
        assert len(refusal.splitlines()) == 1
        return
    assert len(turns)
    assert (turns["text"] == turns["text"].map(clean_text)).all()
    assert (turns["text"] != "").all()
    for _, own in turns.groupby("interview"):
        assert own["turn_index"].tolist() == list(range(len(own)))
        assert own["start_s"].dropna().is_monotonic_increasing


@pytest.mark.parametrize("suffix", SUPPORTED)
@settings(deadline=None)
@given(data=st.data())
def test_scraps_of_every_format(tmp_path_factory, suffix, data):
    scraps = data.draw(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25))
    head = data.draw(st.sampled_from(["", "WEBVTT\n\n", "speaker,text,start\n", "answer\n"]))
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    path.write_bytes((head + "".join(scraps)).encode("utf-8", "surrogatepass"))
    check(path)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12), st.integers(0, 3))
def test_scraps_in_a_document(tmp_path_factory, scraps, columns):
    made = docx.Document()
    table = made.add_table(1, columns) if columns else None
    for at, scrap in enumerate(scraps):
        words = "".join(c for c in scrap if c.isprintable() or c in "\t\n")
        if table is not None and at % 2:
            table.add_row().cells[at % columns].text = words
        else:
            made.add_paragraph(words)
    path = tmp_path_factory.mktemp("any") / "a.docx"
    made.save(str(path))
    check(path)


@pytest.mark.parametrize("suffix", SUPPORTED)
@settings(deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes(tmp_path_factory, suffix, content):
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    path.write_bytes(content)
    check(path)
