import pytest

from journeyqual.errors import InputError
from journeyqual.reading import read_turns

OTTER = """
Interview about bikes
SUMMARY KEYWORDS
bike, app, delivery: late
SPEAKERS
Ruth Kessler, Maya Ode

Ruth Kessler  00:01
How was it?

Maya Ode  00:05
It came late. So I said: no.

We met at 10:30

Ruth Kessler 59:59
And?

Maya Ode  1:00:02
Well.

Transcribed by https://otter.ai
"""


def test_a_name_and_a_time_on_a_line(write):
    reading = read_turns(write("P01.txt", OTTER))
    assert reading.turns[["speaker", "text", "start_s"]].values.tolist() == [
        ["Ruth Kessler", "How was it?", 1.0],
        ["Maya Ode", "It came late. So I said: no.\nWe met at 10:30", 5.0],
        ["Ruth Kessler", "And?", 3599.0],
        ["Maya Ode", "Well.", 3602.0],
    ]
    assert reading.turns["end_s"].isna().all()
    assert reading.notes[0] == "5 lines above the first turn left out"


@pytest.mark.parametrize(
    "header",
    [
        "{}   0:0{}",
        "{}\t00:0{}",
        "{} (00:0{}):",
        "{} [00:0{}]",
        "[{}] 00:00:0{}",
        "{} | 00:0{}",
        "{} 00:0{}",
    ],
)
def test_other_tools_headers(said, header):
    talk = [("Ruth Kessler", "How?"), ("Maya Ode", "So."), ("Ruth Kessler", "And?"),
            ("Maya Ode", "We met at 10:30")]  # fmt: skip
    lines = [f"{header.format(who, i)}\n{words}\n" for i, (who, words) in enumerate(talk)]
    assert said("a.txt", "\n".join(lines)) == talk


def test_speaker_and_colon(said):
    talk = """Interview with P01
Date: 3 March 2026
Interviewer: Ruth Kessler

Ruth: How was it?

Maya: It came late.
So I said: no.

Nothing more to it: I left.

RUTH: And?

Maya: Well.
Ruth: Thanks!
"""
    assert said("P01.txt", talk) == [
        ("Ruth", "How was it?"),
        ("Maya", "It came late.\nSo I said: no.\nNothing more to it: I left."),
        ("Ruth", "And?"),
        ("Maya", "Well."),
        ("Ruth", "Thanks!"),
    ]


def test_times_beside_a_colon(write):
    talk = "[00:00:03] Ruth: How?\n\n[00:00:09] Maya: So.\n\nRuth (01:02): And?\n\nMaya: No.\n"
    turns = read_turns(write("a.txt", talk)).turns
    assert turns["start_s"].fillna(-1).tolist() == [3, 9, 62, -1]


def test_the_same_speaker_goes_on(said):
    assert said("a.txt", "Ruth: How?\n\nMaya: One.\n\nMaya: Two.\n") == [
        ("Ruth", "How?"), ("Maya", "One.\nTwo."),
    ]  # fmt: skip


def test_whisper_lines(write):
    talk = "[00:01.000 --> 00:02.500]  Hello\n[00:02.500 --> 01:00:04.000]  there.\n"
    reading = read_turns(write("a.txt", talk))
    assert reading.n_cues == 2
    assert reading.turns[["speaker", "role", "text", "start_s", "end_s"]].values.tolist() == [
        ["", "participant", "Hello there.", 1.0, 3604.0]
    ]


def test_whisper_with_diarised_names(said):
    talk = "".join(
        f"[00:0{i}.000 --> 00:0{i + 1}.000]  [SPEAKER_0{i % 2}]: {w}\n"
        for i, w in enumerate("abcd")
    )
    assert said("a.txt", talk)[:2] == [("SPEAKER_00", "a"), ("SPEAKER_01", "b")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("P01_removed\n\nThis talk has been removed at her wish.\n", "no turns found: nothing"),
        ("Note: removed.\n", "no turns found"),
        ("Just words.\n\nAnd more: of them.\n\nAnd more.\n", "no turns found"),
        ("Ruth:\n\nMaya:\n", "no turns found: nothing in it is speech"),
        ("Ruth  00:09\nHow?\n\nMaya  00:03\nSo.\n",
         "a.txt, line 4: time runs backwards: the turn at line 4 starts at 0:03"),
        ("Ruth  00:09\nHow?\n\nMaya  00:75\nSo.\n", "line 4: '00:75' is no time"),
    ],
)  # fmt: skip
def test_refusals(write, content, message):
    with pytest.raises(InputError, match=message):
        read_turns(write("a.txt", content))


def test_hostile_words_stay_words(said):
    evil = "<script>alert(1)</script> {{7*7}} '; DROP TABLE turns; -- ](javascript:x)"
    assert said("a.txt", f"Ruth: Why?\n\nMaya: {evil}\n")[1] == ("Maya", evil)


def test_a_long_file_of_nothing_takes_no_time(said, write):
    with pytest.raises(InputError):
        read_turns(write("a.txt", "A B: " * 20_000 + "\n" + "x 1:1 " * 20_000))
