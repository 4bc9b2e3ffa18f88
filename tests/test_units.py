import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyqual import units as u
from journeyqual.schema import TURNS, check


def one_word_sentences(texts):
    """A splitter that needs no model: a sentence ends at a full stop."""
    out = []
    for text in texts:
        spans, start = [], 0
        for at, sign in enumerate(text):
            if sign == ".":
                spans.append((start, at + 1))
                start = at + 1
        if start < len(text):
            spans.append((start, len(text)))
        out.append(spans)
    return out


def turns(*said, roles=None, **more):
    n = len(said)
    frame = pd.DataFrame(
        {
            "interview": "i1",
            "participant": "P01",
            "turn_index": range(n),
            "speaker": "P01",
            "role": roles or ["participant"] * n,
            "text": said,
        }
    ).assign(**more)
    return check(frame, TURNS)


def made(frame):
    return u.from_turns(frame, sentences=one_word_sentences)


def test_only_participants_turns_are_cut():
    out = made(turns("Why?", "It broke.", roles=["interviewer", "participant"]))
    assert out["text"].tolist() == ["It broke."]
    assert out["turn_index"].tolist() == [1]


def test_offsets_are_code_points_of_the_stored_text():
    frame = turns("Oh \U0001f602.", "cafe\u0301 closed.")
    text, _ = u.stored_text(frame)
    for row in made(frame).itertuples():
        assert text[row.start_char : row.end_char] == row.text


def test_segments_have_at_most_three_sentences_and_close_when_they_have_said_enough():
    out = made(turns("A b. C d. E f. G h. " + "word " * 20 + "end. Last one here now."))
    assert out["text"].str.count(r"\.").max() <= 3
    assert out["text"].iloc[0] == "A b. C d. E f."


def test_a_very_short_last_sentence_stays_with_the_one_before():
    said = "one two three four five six seven eight nine ten eleven twelve a b c d. So there."
    assert len(made(turns(said))) == 1


def test_speech_without_full_stops_is_cut_at_pauses():
    out = made(turns("and then we went on, " * 60))
    assert out["text"].str.split().str.len().max() <= u.MAX_WORDS
    assert out["text"].str.endswith(",").iloc[:-1].all()


def test_a_pseudonym_in_brackets_is_never_cut():
    text = "I said yes that same afternoon. [husband] laughed at me. [mechanic]"
    for cut in range(1, len(text)):
        pieces = [text[a:b] for a, b in u.segments(text, [(0, cut), (cut, len(text))])]
        assert all(p.count("[") == p.count("]") for p in pieces), pieces
        assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_single_endless_word_is_one_unit():
    assert made(turns("x" * 5000))["text"].str.len().tolist() == [5000]


def test_seconds_are_shared_out_within_a_turn():
    said = "word " * 19 + "end. " + "word " * 19 + "end."
    out = made(turns(said, start_s=10.0, end_s=20.0))
    assert out["start_s"].tolist() == [10.0, pytest.approx(15.03, abs=0.05)]
    assert out["end_s"].iloc[-1] == 20.0


def test_ids_come_from_content_alone():
    frame = turns("It broke.", "Then it was mended.")
    first, again = made(frame), made(frame.sample(frac=1, random_state=1))
    assert first["unit_id"].tolist() == again["unit_id"].tolist()
    moved = made(turns("Well.", "It broke."))
    assert not set(moved["unit_id"]) & set(first["unit_id"])


def test_no_turns_give_an_empty_table():
    out = u.from_turns(TURNS.empty(), sentences=one_word_sentences)
    assert len(out) == 0
    assert "unit_id" in out


spoken = st.text(
    st.one_of(
        st.sampled_from(list("abc .,;é\u0301\U0001f600\U0001f468\u200d\u05d0\n")),
        st.characters(exclude_categories=("Cs", "Cc")),
    ),
    min_size=1,
    max_size=400,
).map(lambda s: unicodedata.normalize("NFC", s).strip())


@given(st.lists(spoken.filter(bool), min_size=1, max_size=4))
def test_units_rejoin_to_the_turns_words(said):
    frame = turns(*said)
    text, starts = u.stored_text(frame)
    out = made(frame)
    for turn in frame.itertuples():
        own = out[out["turn_index"] == turn.turn_index].sort_values("start_char")
        at = starts[turn.Index]
        rest = text[at : at + len(turn.text)]
        assert rest == turn.text
        # Units do not overlap, and what lies between them is white space.
        end = at
        for row in own.itertuples():
            assert text[row.start_char : row.end_char] == row.text
            assert row.start_char >= end
            assert text[end : row.start_char].strip() == ""
            end = row.end_char
        assert text[end : at + len(turn.text)].strip() == ""


@pytest.mark.model
def test_the_real_senter_splits_spoken_english():
    said = "I rang on the Monday and nobody came. Nobody. So I rang again. Then he came, right?"
    out = u.from_turns(turns(said))
    assert out["text"].tolist() == [
        "I rang on the Monday and nobody came. Nobody. So I rang again.",
        "Then he came, right?",
    ]
