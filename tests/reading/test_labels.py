import pytest

from journeyqual.reading.labels import accept, candidate, looks_like_name


def accepted(*lines):
    found = [candidate(line, at) for at, line in enumerate(lines)]
    keys, notes = accept([f for f in found if f], len(lines))
    return sorted(keys), notes


@pytest.mark.parametrize(
    "line",
    [
        "So I said: no",
        "so: no",
        "He arrived at 10:30 and left",
        "https://example.org/x",
        "Note: inaudible",
        "Well: yes",
        "12: twelve",
        "“Quite”: so",
        "What did he say? Nothing: I asked",
        "A label that goes on for many more words than any name would have ever: x",
        "Name:glued",
        "",
    ],
)
def test_talk_is_no_label(line):
    assert candidate(line, 0) is None


@pytest.mark.parametrize(
    ("line", "label", "text", "time"),
    [
        ("Ruth: hm", "Ruth", "hm", ""),
        ("RUTH KESSLER :  hm", "RUTH KESSLER", "hm", ""),
        ("Ruth Kessler (interviewer): hm: so", "Ruth Kessler (interviewer)", "hm: so", ""),
        ("Speaker 1 (00:12): hm", "Speaker 1", "hm", "00:12"),
        ("[1:02:03] Ruth: hm", "Ruth", "hm", "1:02:03"),
        ("00:12 - Ruth: hm", "Ruth", "hm", "00:12"),
        ("[SPEAKER_00]: hm", "SPEAKER_00", "hm", ""),
        (">> Ruth: hm", "Ruth", "hm", ""),
        ("Dr. van der Berg: hm", "Dr. van der Berg", "hm", ""),
        ("李娜：你好", None, None, None),
        ("李娜： 你好", "李娜", "你好", ""),
        ("Ruth:", "Ruth", "", ""),
    ],
)
def test_labels(line, label, text, time):
    found = candidate(line, 0)
    assert (found and (found.label, found.text, found.time)) == (label and (label, text, time))


def test_one_who_comes_back_is_a_speaker_and_one_who_does_not_is_said():
    lines = [
        "Ruth: Why?",
        "Maya: Well.",
        "It was odd.",
        "Anyhow: I left.",
        "Ruth: And?",
        "Maya: No.",
    ]
    keys, notes = accepted(*lines, "More.", "More.", "More.")
    assert keys == ["maya", "ruth"]
    assert notes == ("left in the text, not taken for a speaker: 'Anyhow:'",)


def test_a_full_name_is_believed_once():
    lines = ["Ruth: Why?", "Maya: So.", "Tom Ode: Tea?", "Ruth: And?", "Maya: No."]
    assert accepted(*lines, *["More."] * 9)[0] == ["maya", "ruth", "tom ode"]


def test_lines_above_the_talk_are_no_turns():
    above = ["Interviewer: Ruth Kessler", "Participant: P03", "Site: Leeds"]
    talk = ["Ruth: Why?", "Maya: So it was.", "Ruth: And?", "Maya: No."]
    assert accepted(*above, *talk)[0] == ["maya", "ruth"]


def test_a_short_talk_needs_no_coming_back():
    assert accepted("Ruth: Why?", "Maya: So.")[0] == ["maya", "ruth"]
    assert accepted("Tell me: why?", "Honestly: no", "It was so.", "And so on.")[0] == []


def test_small_letters_must_come_back_three_times():
    assert accepted("ruth: a", "ruth: b")[0] == []
    assert accepted("ruth: a", "ruth: b", "ruth: c")[0] == ["ruth"]
    assert accepted("p1: a", "p1: b")[0] == ["p1"]


def test_matching_takes_no_time_on_long_lines():
    assert candidate("A" * 1_000_000, 0) is None
    assert candidate("A " * 500_000 + ":", 0) is None
    assert not looks_like_name("A " * 500_000)
