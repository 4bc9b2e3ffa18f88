"""What Zoom, Teams, Meet and f4 write."""

import pytest

from journeyqual.reading import read_turns
from tests.reading.made import docx, paragraphs

TALK = [("Ruth Kessler", "How was it?"), ("Maya Ode", "It came late."), ("Ruth Kessler", "And?")]


def vtt(*cues):
    return "WEBVTT\n\n" + "".join(
        f"{n}\n00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{words}\n\n"
        for n, (a, b, words) in enumerate(cues, 1)
    )


def test_teams_documents(write):
    new = paragraphs("Bikes-20260304_100000-Meeting Recording", "4 March 2026, 10:00am", "32m 15s",
                     "Ruth Kessler started transcription",
                     *(f"{who}   0:0{n}\n{words}" for n, (who, words) in enumerate(TALK)),
                     "Ruth Kessler stopped transcription")  # fmt: skip
    reading = read_turns(write("a.docx", docx(new)))
    assert reading.turns[["speaker", "text"]].values.tolist() == [list(t) for t in TALK]
    assert reading.turns["start_s"].tolist() == [0, 1, 2]


def test_older_teams_documents(write):
    old = [
        line
        for n, (who, words) in enumerate(TALK)
        for line in (f"0:{n}:0.0 --> 0:{n}:4.12", who, words)
    ]
    reading = read_turns(write("a.docx", docx(paragraphs(*old))))
    assert reading.turns[["speaker", "text"]].values.tolist() == [list(t) for t in TALK]
    assert reading.turns["start_s"].tolist() == [0, 60, 120]
    assert reading.turns["end_s"].tolist() == [4.12, 64.12, 124.12]


def test_older_teams_documents_that_name_nobody(said):
    old = "0:0:0.0 --> 0:0:4.12\nhow was it when it came\n\n0:0:5.0 --> 0:0:6.5\nit came late\n"
    assert said("a.txt", old) == [("", "how was it when it came it came late")]


def test_meet_documents(write):
    made = paragraphs("Mar 4, 2026", "Bikes - Transcript", "Attendees", "Ruth Kessler, Maya Ode",
                      "Transcript", "00:00:00", "Ruth Kessler: How was it?",
                      "Maya Ode: It came late.", "00:05:00", "Ruth Kessler: And?",
                      "Maya Ode: Well.", "Meeting ended after 00:32:10 👋",
                      "This editable transcript was computer generated and might contain errors."
                      " People can also change the text after it was created.")  # fmt: skip
    reading = read_turns(write("a.docx", docx(made)))
    talk = [*TALK, ("Maya Ode", "Well.")]
    assert reading.turns[["speaker", "text"]].values.tolist() == [list(t) for t in talk]
    assert reading.turns["start_s"].fillna(-1).tolist() == [0, -1, 300, -1]


@pytest.mark.parametrize("mark", ["[00:00:0{}]", "[0:0{}]", "(00:00:0{})"])
def test_marks_before_a_name_above_it_and_within_words(write, mark):
    before = "\n\n".join(f"{mark.format(n)} {who}: {words}" for n, (who, words) in enumerate(TALK))
    above = "\n\n".join(f"{mark.format(n)}\n{who}: {words}" for n, (who, words) in enumerate(TALK))
    for text in (before, above):
        turns = read_turns(write("a.txt", text)).turns
        assert turns["start_s"].tolist() == [0, 1, 2]
        assert turns[["speaker", "text"]].values.tolist() == [list(t) for t in TALK]


def test_marks_within_words_leave_them_and_a_spoken_time_stays(write):
    text = (
        "Ruth: How was it?\n\nMaya: [00:00:09] It came [00:00:12] at (10:30) [late].\n\nRuth: And?"
    )
    reading = read_turns(write("a.txt", text))
    assert reading.turns["text"].tolist()[1] == "It came at (10:30) [late]."
    assert reading.turns["start_s"].fillna(-1).tolist() == [-1, 9, -1]
    assert "2 time marks taken out of the words" in reading.notes


def test_marks_and_no_names(write):
    text = "Interview of March\n\n[00:00:03] How was it?\n\n[00:00:09] It came late.\nAnd wet.\n"
    turns = read_turns(write("a.txt", text)).turns
    assert turns[["text", "start_s"]].values.tolist() == [
        ["How was it?", 3.0], ["It came late.\nAnd wet.", 9.0],
    ]  # fmt: skip


def test_f4_marks_end_a_turn(write):
    text = "I: How was it? #00:00:03-1#\n\nB: It came late. #00:00:09-5#\n\nI: And? #00:00:11-0#\n"
    turns = read_turns(write("a.txt", text)).turns
    assert turns["text"].tolist() == ["How was it?", "It came late.", "And?"]
    assert turns["end_s"].tolist() == [3.1, 9.5, 11.0]


def test_one_word_cues_join_and_none_is_lost(said):
    cues = vtt((1, 1.4, "Ruth: How"), (1.4, 1.6, "Ruth: was"), (1.6, 2, "Ruth: it?"),
               (2.5, 3, "Maya: Late."))  # fmt: skip
    assert said("a.vtt", cues) == [("Ruth", "How was it?"), ("Maya", "Late.")]


def test_a_word_spoken_over_another_s_cue_does_not_cut_it(said):
    cues = vtt((1, 8, "Maya: It came late and"), (4, 4.5, "Ruth: Mm."), (8, 9, "Maya: I was wet."),
               (9, 10, "Ruth: Really?"))  # fmt: skip
    assert said("a.vtt", cues) == [
        ("Maya", "It came late and I was wet."), ("Ruth", "Mm. Really?"),
    ]  # fmt: skip


def test_words_said_after_another_s_cue_do_cut_it(said):
    cues = vtt((1, 4, "Maya: It came late and"), (4, 4.5, "Ruth: Mm."), (5, 9, "Maya: I was wet."))
    assert len(said("a.vtt", cues)) == 3


def test_overlapping_cues_out_of_order_are_put_in_order(write):
    cues = vtt((1, 2, "Ruth: How?"), (5, 6, "Ruth: Yes."), (4, 8, "Maya: It came late."))
    reading = read_turns(write("a.vtt", cues))
    assert reading.turns["text"].tolist() == ["How?", "It came late.", "Yes."]
    assert "1 overlapping cues put in the order in which they begin" in reading.notes


def test_a_misspelt_part_is_mended_and_said(write):
    text = "Interviewer: How?\n\nParticipant: Late.\n\nInterviewer: And?\n\nParticpant: Wet.\n"
    reading = read_turns(write("a.txt", text))
    assert reading.turns["role"].tolist() == ["interviewer", "participant"] * 2
    assert "'Particpant' taken for 'Participant'" in reading.notes
