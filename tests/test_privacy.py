"""Names are gone, wholly and once; everything else stays to the byte."""

import re
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual.errors import ConfigError
from journeyqual.privacy import for_turns, load_names, pseudonymise, pseudonyms
from journeyqual.schema import TURNS, check


def talk(*rows, interview="i", participant="P01"):
    """TURNS from (speaker, role, text)."""
    full = [(interview, participant, i, *row) for i, row in enumerate(rows)]
    return check(pd.DataFrame(full, columns=TURNS.names[:6]), TURNS)


# -- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Maya's bike, MAYA! maya?", "P01's bike, P01! P01?"),
        ("Mayas and Mayan and amaya", "Mayas and Mayan and amaya"),
        ("mail maya_lindqvist@x.org", "mail P01@x.org"),
        ("Maya\nLindqvist", "P01"),
        ("Dev rang; a dev's job, DEV", "[name] rang; a dev's job, DEV"),
        ("O’Brien and O'Brien", "[neighbour] and [neighbour]"),
        ("anne‑marie, Anne Marie", "P02, P02"),
        ("José and Jose\u0301 but not Josés", "P03 and P03 but not Josés"),
        ("Grace said grace", "[wife] said grace"),
        ("Will you? So will I.", "[child] you? So will I."),
    ],
)
def test_listed_names(text, hidden):
    names = {
        "Maya Lindqvist": "P01",
        "Maya": "P01",
        "Dev": "",
        "O'Brien": "[neighbour]",
        "Anne-Marie": "P02",
        "José": "P03",
        "Grace": "[wife]",
        "will": "[child]",
    }
    assert pseudonyms(names).apply(text) == hidden


def test_a_name_ends_before_no_vowel_sign():
    assert pseudonyms({"राम": "P01"}).apply("राम, रामा") == "P01, रामा"


def test_the_longest_name_goes_first():
    names = {"Ann": "[a]", "Ann Lee": "[b]", "Ann Lee Pope": "[c]"}
    assert pseudonyms(names).apply("Ann, Ann Lee, Ann Lee Pope") == "[a], [b], [c]"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("ruth kessler and RUTH KESSLER", "Interviewer and Interviewer"),
        ("So, Ruth, the ruth of it; Kessler's", "So, Interviewer, the ruth of it; Interviewer's"),
        ("Will you have tea? Yes. Will it rain?", "Will you have tea? Yes. Will it rain?"),
        ("I saw Will you know. Will, come. Will came.", "I saw P01 you know. P01, come. P01 came."),
        ("I will. The Mays may.", "I will. The Mays may."),
        ("It came in May.", "It came in P01."),
        ("WILL MAY", "P01"),
        ("Dr Ode and the dr", "[name] and the dr"),
    ],
)
def test_speakers_names_in_words(text, hidden):
    speakers = {
        "Ruth Kessler (Interviewer)": "Interviewer",
        "Will May": "P01",
        "Dr Ode": "[name]",
        "Speaker 2": "P01",
        "Interviewer": "Interviewer",
    }
    assert pseudonyms({}, speakers=speakers).apply(text) == hidden


def test_a_surname_of_two_speakers_points_to_neither():
    both = pseudonyms({}, speakers={"Maya Ode": "P01", "Tom Ode": "[name]"})
    assert both.apply("Maya, Mrs Ode, Tom Ode") == "P01, Mrs [name], [name]"


def test_the_list_wins_over_the_speakers_in_words():
    hide = pseudonyms({"Maya Ode": "[the baker]", "Maya": ""}, speakers={"Maya Ode": "P01"})
    assert hide.apply("Maya Ode; Maya; Ode") == "[the baker]; [the baker]; [the baker]"


def test_brackets_are_left_alone():
    hide = pseudonyms({"Grandmother": "[grandmother]"})
    once = hide.apply("Grandmother came")
    assert once == "[grandmother] came"
    assert hide.apply(once) == once


@pytest.mark.parametrize(
    "names",
    [
        {"Ann": "Bob", "Bob": "Carl"},
        {"Maya": "Maya L."},
        {"Zoe": "Rose", "Rose Hill": "P2"},
        {"Mr Smith": "Mr Dutta", "Mr Dutta": "P3"},
        {"the": "X"},
        {"...": "X"},
    ],
)
def test_lists_that_would_replace_twice_or_hide_no_name_are_refused(names):
    with pytest.raises(ConfigError):
        pseudonyms(names)


def test_a_title_may_stand_on_both_sides():
    assert pseudonyms({"Mr Smith": "Mr Green"}).apply("Mr Smith") == "Mr Green"


WORD = st.text("abcdefghijklmnopqrstuvwxyzéüß", min_size=4, max_size=9).map(
    lambda w: w[0].upper() + w[1:] + "x"
)
NAMES = st.dictionaries(
    st.lists(WORD, min_size=1, max_size=3).map(" ".join), st.sampled_from(["", "P01", "[kin]"])
)
FILL = st.text(st.characters(codec="utf-8"), max_size=8)


def stands_whole(name, text):
    """Whether a name stands in the text as a word of its own, whatever its capitals."""
    for found in re.finditer(re.escape(name), text, re.IGNORECASE):
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        goes_on = after.isalnum() or unicodedata.category(after or " ")[0] == "M"
        if not before.isalnum() and not goes_on:
            return True
    return False


@settings(deadline=None)
@given(NAMES, st.lists(FILL, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_no_listed_name_is_left_and_twice_is_once(names, fill, random):
    words = [w for n in names for w in (n, n.upper(), n.lower(), f"{n}'s", f"«{n}»")]
    parts = [f for part in fill for f in (part, random.choice(words) if words else "")]
    hide = pseudonyms(names)
    once = hide.apply(random.choice(["", " "]).join(parts))
    assert hide.apply(once) == once
    assert not [name for name in names if stands_whole(name, once)]


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_text_without_names_is_unchanged(text):
    hide = pseudonyms({"Xqzwvut": "P01", "Zzyx Qqwv": ""}, speakers={"Wvutq Zyxqq": "P02"})
    assert hide.apply(text) == text


# -- tables -------------------------------------------------------------------------------------


def test_every_label_gets_its_stand_in():
    turns = talk(
        ("Ruth Kessler", "interviewer", "Maya, this is Jon."),
        ("Jon Bell", "interviewer", "Hello, Maya."),
        ("Maya Ode", "participant", "Hi Ruth. Tom is here."),
        ("Tom Ode", "other", "Hello."),
        ("Speaker 4", "other", "Hm."),
        ("", "other", "Noise."),
    )
    out = pseudonymise(turns)
    assert out["speaker"].tolist() == [
        "Interviewer", "Interviewer 2", "P01", "[name]", "Speaker 4", "",
    ]  # fmt: skip
    assert out["text"].tolist() == [
        "P01, this is Interviewer 2.", "Hello, P01.", "Hi Interviewer. [name] is here.",
        "Hello.", "Hm.", "Noise.",
    ]  # fmt: skip
    assert pseudonymise(out).equals(out)
    assert turns["text"].iloc[1] == "Hello, Maya."


def test_the_list_names_interviewers_and_others():
    turns = talk(
        ("Ruth Kessler", "interviewer", "Hm?"),
        ("Maya Ode", "participant", "Tom!"),
        ("Tom Ode", "other", "Yes."),
    )
    out = pseudonymise(turns, {"Ruth Kessler": "Moderator A", "Tom Ode": "[husband]"})
    assert out["speaker"].tolist() == ["Moderator A", "P01", "[husband]"]
    assert out["text"].tolist()[1] == "[husband]!"


def test_an_interviewer_who_is_called_so_stays():
    turns = talk(
        ("Ruth Kessler", "interviewer", "Hm?"),
        ("Interviewer", "interviewer", "Hm?"),
        ("P01", "participant", "Yes."),
    )
    assert pseudonymise(turns)["speaker"].tolist() == ["Interviewer 2", "Interviewer", "P01"]


def test_ids_lose_listed_names_and_keep_their_separators():
    rows = [("Maya Lindqvist", "participant", "Hello.")]
    turns = talk(*rows, interview="maya-lindqvist_2026", participant="maya-lindqvist_2026")
    out = pseudonymise(turns, {"Maya Lindqvist": "P07"})
    assert out[["interview", "participant", "speaker"]].values.tolist() == [
        ["P07_2026", "P07_2026", "P07_2026"]
    ]


def test_ids_lose_speakers_names_and_stay_apart():
    one = talk(("Maya Ode", "participant", "Hello."), interview="maya_1", participant="maya_1")
    two = talk(("Maya Ode", "participant", "Bye."), interview="Maya.2", participant="Maya.2")
    out = pseudonymise(pd.concat([one, two]))
    first, second = out["interview"]
    assert re.fullmatch(r"participant-\d{6}_1", first)
    assert re.fullmatch(r"participant-\d{6}\.2", second)
    assert out["participant"].tolist() == out["speaker"].tolist() == [first, second]
    assert pseudonymise(out).equals(out)


def test_a_file_named_for_the_participant_takes_the_id_that_the_study_chose():
    turns = talk(("Maya Ode", "participant", "I am Maya."), interview="maya ode")
    out = pseudonymise(turns)
    assert out[["interview", "speaker", "text"]].values.tolist() == [["P01", "P01", "I am P01."]]


def test_an_id_that_the_study_chose_is_kept_even_if_it_is_part_of_the_name():
    turns = talk(("Maya Ode", "participant", "I am Maya Ode."), participant="Maya")
    out = pseudonymise(turns)
    assert out[["participant", "speaker", "text"]].values.tolist() == [
        ["Maya", "Maya", "I am [name]."]
    ]
    assert pseudonymise(out).equals(out)


def test_two_interviews_never_become_one():
    one = talk(("A1", "participant", "x"), interview="dev_1")
    two = talk(("A1", "participant", "x"), interview="bev_1")
    with pytest.raises(ConfigError, match="two interviews would both be called 'staff_1'"):
        pseudonymise(pd.concat([one, two]), {"Dev": "[staff]", "Bev": "[staff]"})


def test_turns_of_interviews_may_stand_mixed():
    one = talk(("Maya Ode", "participant", "x"), ("Maya Ode", "participant", "y"), interview="a")
    two = talk(("Tom Bell", "participant", "z"), interview="b", participant="P02")
    mixed = pd.concat([one[:1], two, one[1:]])
    out = pseudonymise(mixed)
    assert dict(zip(out["interview"], out["speaker"], strict=True)) == {"a": "P01", "b": "P02"}


def test_a_detector_needs_only_apply():
    hide = for_turns(talk(("Maya Ode", "participant", "x")))
    assert hide.apply("interviewer inferred: Maya Ode") == "interviewer inferred: P01"


def test_no_turns_stay_no_turns():
    assert pseudonymise(TURNS.empty()).empty


# -- names.csv ----------------------------------------------------------------------------------


def names_file(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "names.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "name,pseudonym\nMaya  Ode,P01\nDev,\n",
        "\ufeffname;pseudonym\r\nMaya Ode;P01\r\n\r\nDev\r\n",
        "note\tPseudonym\tName\nx\tP01\tMaya Ode\n\t\tDev\n",
        'name,pseudonym\n"Maya Ode",P01\nDev,\nmaya ode,P01\n',
    ],
)
def test_a_list_of_names(tmp_path, text):
    found = load_names(names_file(tmp_path, text))
    assert {k: found[k] for k in ("Maya Ode", "Dev")} == {"Maya Ode": "P01", "Dev": ""}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names.csv, line 1: no column 'name'"),
        ("who,pseudonym\nA,B\n", "names.csv, line 1: no column 'name'"),
        ("name,pseudonym\nAnn,P1\nANN,P2\n", "names.csv, line 3: 'ANN' stands twice"),
        ("name,pseudonym\n,P1\n", "names.csv, line 2, column 'name': a row without a name"),
        ('name,pseudonym\n"Ann,P1\n', "names.csv, line 2: not a CSV table"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused_by_line(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_names(names_file(tmp_path, text))


def test_a_list_in_another_encoding_is_not_guessed(tmp_path):
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_names(names_file(tmp_path, "name\nJosé\n", "cp1252"))


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be opened"):
        load_names(tmp_path / "names.csv")
