import pytest

from journeyqual.reading.roles import assign, generic, voices

LONG = "It came late and then it broke and I carried it home. "


def roles(*turns, names=("P01",), interviewers=()):
    return assign(voices(turns), names=names, interviewers=interviewers)


def test_who_asks_most_and_talks_less_is_the_interviewer():
    found, notes = roles(("Ann", "Why? How?"), ("Bo", LONG * 3 + "Right?"))
    assert found == {"Ann": "interviewer", "Bo": "participant"}
    assert notes == (
        "interviewer inferred: Ann (asks 67 % of the questions, speaks 5 % of the words)",
    )


def test_the_study_s_list_wins():
    found, notes = roles(("Ann", LONG), ("Bo", "Why? How?"), interviewers=["a*", "Nobody"])
    assert found == {"Ann": "interviewer", "Bo": "participant"}
    assert notes == ()


@pytest.mark.parametrize("pattern", ["ruth kessler", "Ruth*", "*KESSLER", "Ruth  Kessler"])
def test_patterns_level_capitals_and_blanks(pattern):
    found, _ = roles(("Ruth Kessler", LONG), ("Bo", "Why?"), interviewers=[pattern])
    assert found["Ruth Kessler"] == "interviewer"


def test_a_list_that_names_nobody_here_is_said():
    found, notes = roles(("Ann", "Why?"), ("Bo", LONG), interviewers=["Zed"])
    assert found["Ann"] == "interviewer"
    assert notes[0] == "none of the study's interviewers speaks here: Zed"


@pytest.mark.parametrize("label", ["Interviewer", "Moderator 1", "I", "Q", "Jo (Interviewer)"])
def test_labels_that_say_so(label):
    found, _ = roles((label, LONG * 2), ("Bo", "Why?"))
    assert found == {label: "interviewer", "Bo": "participant"}


def test_the_participant_s_id_in_a_label_or_a_file_s_name():
    turns = ("Ann", LONG * 2 + "Why?"), ("BSR01", "Why? Why?")
    assert roles(*turns, names=["BSR01_transcript"])[0]["BSR01"] == "participant"
    assert roles(*turns, names=["BSR011_transcript"])[0]["BSR01"] == "interviewer"


def test_a_third_voice_is_other_and_is_said():
    found, notes = roles(("Ann", "Why? How?"), ("Bo", LONG * 3), ("Cy", LONG))
    assert found == {"Ann": "interviewer", "Bo": "participant", "Cy": "other"}
    assert notes[1] == "role other, not coded: Cy (24 % of the words)"


def test_of_several_participants_one_is_studied():
    found, _ = roles(("Moderator", "Why?"), ("Participant 1", LONG), ("Participant 2", LONG * 2))
    assert found == {
        "Moderator": "interviewer", "Participant 1": "other", "Participant 2": "participant",
    }  # fmt: skip


def test_one_voice_is_the_participant_s():
    assert roles(("", "Why?")) == ({"": "participant"}, ())
    assert roles(("Host", "Why?"))[0] == {"Host": "participant"}


def test_only_interviewers_are_said():
    found, notes = roles(("Ann", "Why?"), interviewers=["Ann"])
    assert found == {"Ann": "interviewer"}
    assert notes == ("no participant speaks: every voice is an interviewer's",)


def test_nobody_asks():
    found, notes = roles(("Ann", LONG), ("Bo", LONG * 2))
    assert found == {"Ann": "other", "Bo": "participant"}
    assert "name them in study.toml" in notes[0]


@pytest.mark.parametrize(
    ("label", "is_generic"),
    [("Participant 2", True), ("Speaker 1", True), ("SPEAKER_00", True), ("Unknown Speaker", True),
     ("", True), ("Ruth", False), ("BSR01", False)],
)  # fmt: skip
def test_generic(label, is_generic):
    assert generic(label) is is_generic
