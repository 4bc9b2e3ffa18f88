import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual.errors import InputError
from journeyqual.reading import read_turns
from journeyqual.reading.cleaning import clean_line
from journeyqual.reading.srt import read


def cues(*texts):
    return "".join(
        f"{i}\n00:00:{i:02},000 --> 00:00:{i:02},900\n{t}\n\n" for i, t in enumerate(texts, 1)
    )


def test_names_at_a_change_of_speaker(write):
    talk = cues("Ruth Kessler: How?", "Was it bad?", "{\\an8}<i>Maya Ode:</i> So\nI said: no.",
                "I left.", "Ruth Kessler: And?", "Maya Ode: Tea &amp; cake.")  # fmt: skip
    reading = read_turns(write("a.srt", talk))
    assert reading.turns[["speaker", "text", "start_s", "end_s"]].values.tolist() == [
        ["Ruth Kessler", "How? Was it bad?", 1.0, 2.9],
        ["Maya Ode", "So I said: no. I left.", 3.0, 4.9],
        ["Ruth Kessler", "And?", 5.0, 5.9],
        ["Maya Ode", "Tea & cake.", 6.0, 6.9],
    ]
    assert reading.n_cues == 6
    assert reading.notes[0] == "2 cues without a name go on with the speaker before them"


@pytest.mark.parametrize(
    "text",
    ["How many?\n45", "C:\\New\\notes", "a {brace} and \\N and \\h", "x < y > z", "2 --> 3"],
)
def test_words_that_look_like_mark_up_are_kept(write, text):
    (only,) = read(write("a.srt", cues(text))).turns
    assert only.text == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nx\n", "this is a WebVTT file; give it the suffix"),
        ("just words\n", "no turns found"),
        ("1\n00:01,000 --> 00:02,000\nx\n", "line 2: the times of a cue cannot be read"),
        ("1\n100:00:01,000 --> 100:00:02,000\nx\n", "line 2: the times"),
        (cues("at 00:00:01,0 and 00:00:02,0"), "line 3: the times of a cue"),
        (cues("a", "b").replace("00:00:01,000", "00:00:01,950"), "cue 1 ends at 0:01, before"),
    ],
)
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.srt", content))


# A brace or a tag would be taken for styling.
LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="<{&"),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(st.lists(LINE, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read(tmp_path_factory, texts, newline):
    path = tmp_path_factory.mktemp("s") / "a.srt"
    path.write_bytes(cues(*texts).replace("\n", newline).encode())
    assert [clean_line(t.text) for t in read(path).turns] == [clean_line(t) for t in texts]
