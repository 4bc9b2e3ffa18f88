import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual.errors import InputError
from journeyqual.reading import read_turns
from journeyqual.reading.cleaning import clean_line
from journeyqual.reading.vtt import read

TEAMS = """WEBVTT

NOTE made by hand
and by nobody else

STYLE
::cue { color: red }

REGION
id:below

a1
00:01.000 --> 00:02.500 align:start position:10%
<v Ruth Kessler>How <b>was</b>
it?</v>

00:00:02.500 --> 00:00:04.000
<v.loud.first Maya Ode>R&amp;D &lt;really&gt;.</v> <v Ruth Kessler>I <3 it.

00:00:03.900 --> 00:00:05.000
<v Ruth Kessler>Go <00:00:04.500><c.x>on</c>.

01:00:05.000 --> 01:00:06.000
<v Maya Ode>So I said: no.
"""


def test_voices_tags_entities_and_times(write):
    reading = read_turns(write("P01.vtt", TEAMS))
    turns = reading.turns
    assert turns[["speaker", "text", "start_s", "end_s"]].values.tolist() == [
        ["Ruth Kessler", "How was it?", 1.0, 2.5],
        ["Maya Ode", "R&D <really>.", 2.5, 4.0],
        ["Ruth Kessler", "I <3 it. Go on.", 2.5, 5.0],
        ["Maya Ode", "So I said: no.", 3605.0, 3606.0],
    ]
    assert reading.n_cues == 4
    assert turns["turn_index"].tolist() == [0, 1, 2, 3]


def cues(*texts, step=1):
    head = "WEBVTT\n\n"
    return head + "".join(
        f"00:{i * step:02}.000 --> 00:{i * step + 1:02}.000\n{t}\n\n" for i, t in enumerate(texts)
    )


def test_names_before_a_colon(said):
    zoom = cues("Ruth: How was it?", "Maya: So I said: no.", "and left.", "Ruth: And?\nMaya: Oh.")
    assert said("a.vtt", zoom) == [
        ("Ruth", "How was it?"),
        ("Maya", "So I said: no. and left."),
        ("Ruth", "And?"),
        ("Maya", "Oh."),
    ]


def test_a_name_alone_in_its_cue_names_the_next(said):
    talk = cues("Ruth:", "How?", "Maya:", "So.", "Ruth: And?", "Maya: No.")
    assert [s for s, _ in said("a.vtt", talk)] == ["Ruth", "Maya", "Ruth", "Maya"]


def test_cues_that_name_nobody_join_until_a_pause(said):
    talk = cues("one", "two", "three").replace("00:02.000 -->", "00:04.001 -->")
    talk = talk.replace("--> 00:03.000", "--> 00:05.000")
    assert said("a.vtt", talk) == [("", "one two"), ("", "three")]


def test_cues_that_name_nobody_join_until_a_sentence_ends_after_sixty_words(said):
    words = " ".join(["word"] * 29)
    joined = said("a.vtt", cues(f"{words} so.", f"{words} so,", f"{words} so.", "next"))
    assert [len(t.split()) for _, t in joined] == [90, 1]
    endless = said("a.vtt", cues(*[words] * 9))
    assert [len(t.split()) for _, t in endless] == [203, 58]


def test_a_silent_cue_is_counted_and_gives_no_turn(write):
    reading = read_turns(write("a.vtt", cues("one", "<i></i>", "two")))
    assert reading.n_cues == 3
    assert reading.turns["text"].tolist() == ["one two"]


def test_words_without_a_time_are_said(write):
    reading = read_turns(write("a.vtt", cues("one") + "lost words\n\n" + cues("two")[8:]))
    assert reading.notes == ("1 block(s) of words without a time left out, the first at line 6",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\n00:00:01,000 --> 00:00:02,000\nx\n", "not a WebVTT file"),
        ("WEBVTT\n", "a.vtt: no turns found"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n \n", "no turns found"),
        ("WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nx\n", "line 3: the times of a cue"),
        ("WEBVTT\n\n00:01.000 --> 00:61.000\nx\n", "line 3: the times of a cue"),
        ("WEBVTT\n\nx\n1:00 --> 2:00\nx\n", "line 4: the times of a cue"),
        ("WEBVTT\n\n00:05.000 --> 00:04.000\nx\n", "line 3: cue 1 ends at 0:04, before it starts"),
        (cues("a", "b").replace("00:00.000", "00:09.000").replace("--> 00:01", "--> 00:10"),
         "line 6: time runs backwards: cue 2 starts at 0:01, cue 1 before it at 0:09"),
        (cues("x" * 100_001), "cue 1 is over 100,000 characters long"),
    ],
)  # fmt: skip
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.vtt", content))


def test_cues_may_overlap(said):
    talk = "WEBVTT\n\n00:01.000 --> 00:09.000\n<v A>x\n\n00:02.000 --> 00:03.000\n<v B>y\n"
    assert said("a.vtt", talk) == [("A", "x"), ("B", "y")]


def test_a_long_monologue_is_cut_at_a_cue(write):
    long = cues(*(f"<v Maya>{'x' * 40_000}" for _ in range(3)))
    assert read_turns(write("a.vtt", long)).turns["text"].str.len().tolist() == [80_001, 40_000]


SPEAKERS = st.sampled_from(["Ruth Kessler", "Zoë", "José\u0301", "李娜", "O'Brien & Sons", ""])
WORDS = st.lists(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"])
        | st.sampled_from("👩\u200d👧e\u0301<>&{}\\"),
        min_size=1,
        max_size=12,
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(SPEAKERS, WORDS), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_is_read(tmp_path_factory, talk, newline, encoding):
    blocks = [
        f"{i // 60:02}:{i % 60:02}.000 --> {i // 60:02}:{i % 60:02}.900\n"
        f"<v {html.escape(speaker)}>{html.escape(' '.join(words))}"
        for i, (speaker, words) in enumerate(talk)
    ]
    path = tmp_path_factory.mktemp("v") / "a.vtt"
    text = "\n\n".join(["WEBVTT", *blocks, ""]).replace("\n", newline)
    path.write_bytes(text.encode(encoding))
    wanted = [clean_line(" ".join(words)) for _, words in talk]
    if not any(wanted):
        with pytest.raises(InputError, match="no turns found"):
            read_turns(path)
        return
    assert [clean_line(t.text) for t in read(path).turns] == wanted
    got = " ".join(read_turns(path).turns["text"])
    assert got == " ".join(w for w in wanted if w)
