"""What was hidden, what was missed; a missed name leaves what is stored, ids and codings stay."""

import re
import tomllib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyqual import erasure, open_study, runs
from journeyqual.erasure.words import views
from journeyqual.errors import ConfigError, StoreError
from journeyqual.privacy import load_names
from journeyqual.privacy.network import Guess
from journeyqual.privacy.review import LISTED, Said, add_keep, add_names, counted, marks, missed
from journeyqual.store.hiding import moved_to, spliced
from tests.small_study import CODEBOOK, tell

# -- what looks missed -----------------------------------------------------------------------------


def named(*texts, **how):
    return [
        one.name for one in missed([Said(f"i{n}", text) for n, text in enumerate(texts)], **how)
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Then Amara rang.", ["Amara"]),
        ("Then Amara’s dog and amara's", []),
        ("Then Amara's dog barked.", ["Amara"]),
        ("Honestly I waited. Nobody came.", []),
        ("I asked Maria del Carmen twice.", ["Maria del Carmen"]),
        ("I asked Ana-Lucía O'Brien twice.", ["Ana-Lucía O'Brien"]),
        ("It was Dr. Osei, in Figma, on Monday, in France.", ["Osei"]),
        ("Osei said so. Dr Osei did.", ["Osei"]),
        ("We met [name] and [Amara].", []),
        ("The NHS wrote, I think I'm sure.", []),
        ("", []),
    ],
)
def test_what_reads_like_a_name(text, names):
    assert named(text) == names


def test_the_most_frequent_name_comes_first_with_its_places_and_interviews():
    found = missed(
        [Said("a", "So Amara and Olu. And Amara."), Said("b", "Ask Amara!"), Said("b", "Ask Olu.")]
    )
    assert [(one.name, one.times, one.interviews) for one in found] == [
        ("Amara", 3, ("a", "b")), ("Olu", 2, ("a", "b")),
    ]  # fmt: skip
    first = found[0].places[0]
    assert (first.interview, first.turn, first.before + first.name + first.after) == (
        "a", 0, "So Amara and Olu. And Amara.",
    )  # fmt: skip


def test_what_the_study_keeps_and_its_pseudonyms_are_no_names():
    text = "We took the Brompton with Ruth Vale and P02, then the City Hopper."
    assert named(text, keep=["brompton", "City Hopper"], stands=["Ruth Vale"]) == []


def test_the_network_is_believed_at_the_start_of_a_sentence():
    text = "Chidi came along."
    assert named(text) == []
    found = missed([Said("a", text)], guesses=[[Guess(0, 5, "person")]])
    assert [(one.name, one.why) for one in found] == [
        ("Chidi", "the network takes it for a person")
    ]


def test_what_stands_for_something_is_marked_by_kind():
    text = "P02's [name], P021, [phone] and [laughter] with [mechanic]."
    found = [(text[m.start : m.end], m.kind) for m in marks(text, ["P02", "[mechanic]", ""])]
    assert found == [
        ("P02", LISTED), ("[name]", "person"), ("[phone]", "phone"), ("[mechanic]", LISTED),
    ]  # fmt: skip
    talk = [Said("a", text), Said("a", "[name]"), Said("b", "Nobody.")]
    assert counted(talk, ["P02"]) == {"a": {"listed": 1, "person": 2, "phone": 1}, "b": {}}


# -- what people decide ----------------------------------------------------------------------------


def test_a_decided_name_goes_below_the_list_and_nothing_above_it_moves(tmp_path):
    path = tmp_path / "names.csv"
    path.write_bytes(b'\xef\xbb\xbfname;note;pseudonym\r\n"Ode; Kim";x;P01\r\nDev;;[mechanic]')
    before = path.read_bytes()
    assert add_names(path, {"Amara  Obi": "P02", "dev": "[other]", "Olu": ""}) == 2
    assert path.read_bytes() == before + b"\r\nAmara Obi;;P02\r\nOlu;;\r\n"
    assert load_names(path)["Amara Obi"] == "P02"
    assert add_names(path, {"Amara Obi": "P02"}) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["names.csv"]


def test_a_list_is_made_where_there_is_none(tmp_path):
    add_names(tmp_path / "names.csv", {'Ana "Nan" Ray': "P1"})
    assert load_names(tmp_path / "names.csv") == {'Ana "Nan" Ray': "P1"}


@pytest.mark.parametrize(
    ("there", "names"),
    [
        ("name,pseudonym\nRose,P01\n", {"Amara": "Rose"}),
        ("name\nRose\n", {"Amara": "P02"}),
        ("name,pseudonym\n", {"the": ""}),
        ("name,pseudonym\n", {"x" * 81: ""}),
        ("who\nRose\n", {"Amara": ""}),
    ],
)
def test_what_would_spoil_the_list_is_refused_and_nothing_written(tmp_path, there, names):
    path = tmp_path / "names.csv"
    path.write_text(there)
    with pytest.raises(ConfigError):
        add_names(path, names)
    assert path.read_text() == there


@pytest.mark.parametrize(
    "there",
    [
        "",
        'title = "T"\n',
        '[privacy]\ndetector = "list" # as agreed\n[curve]\ndraws = 5\n',
        '[privacy]\nkeep = ["Figma", # the tool\n  "Brompton",\n]\n',
        'privacy = {keep = []}\n[transcripts.participants]\n"a.txt" = "P01"\n',
    ],
)
def test_a_word_that_is_no_secret_is_kept_and_all_else_in_the_file_stays(tmp_path, there):
    path = tmp_path / "study.toml"
    path.write_text(there)
    assert add_keep(path, ['Miro "X"', "FIGMA", 'Miro  "X"']) >= 1
    after = tomllib.loads(path.read_text())
    before = tomllib.loads(there)
    kept = [word.casefold() for word in after.pop("privacy").pop("keep")]
    assert 'miro "x"' in kept
    assert kept.count("figma") == 1
    assert kept.count('miro "x"') == 1
    assert after == {k: v for k, v in before.items() if k != "privacy"}
    assert set(re.findall(r"#.*", there)) <= set(re.findall(r"#.*", path.read_text()))
    assert add_keep(path, ["figma"]) == 0


# -- offsets ---------------------------------------------------------------------------------------


@given(st.text("aé\u0301🙂 X", max_size=30), st.integers(0, 6))
def test_what_lies_outside_the_places_keeps_its_words(text, length):
    there = [(m.start(), m.end(), "n" * length) for m in re.finditer("X+", text)]
    new = spliced(text, lambda _: there)
    for m in re.finditer("[^X]+", text):
        start = moved_to(m.start(), there, ends=False)
        assert new[start : moved_to(m.end(), there, ends=True)] == m.group()
    assert moved_to(len(text), there, ends=True) == len(new)


# -- what is stored --------------------------------------------------------------------------------

TALK = (
    "Interviewer: And how was it, all in all?\n"
    "P01: 🙂 Amara Obi sold me the bicycle. It broke down in the very first week, honestly.\n"
    "Interviewer: What did Amara say?\n"
    "P01: She said that José repairs it. I called AMARA OBI again, and nothing happened at all.\n"
)


@pytest.fixture
def study(tmp_path, seen):
    """One interview with a name that nobody listed, coded by machine and people."""
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "study.toml").write_text('[privacy]\ndetector = "list"\n')
    (tmp_path / "codebook.toml").write_text(CODEBOOK)
    (tmp_path / "transcripts" / "P01.txt").write_text(TALK)
    (tmp_path / "transcripts" / "P02.txt").write_text(
        "P02: I bought it here and never came back.\n"
    )
    one = open_study(tmp_path)
    runs.run(one, report=False)
    yield one
    one.close()


def list_them(study):
    add_names(study.config.names_file, {"Amara Obi": "[seller]", "Amara": "[seller]", "José": ""})


def test_a_name_listed_later_leaves_all_that_is_stored_and_units_and_codings_stay(study):
    store = study.store
    units, first = store.units(), store.units().iloc[0]
    tell(study, first["unit_id"], "using")
    span = first.copy()
    at = store.texts(["P01"])["P01"].index("Obi sold")
    span[["unit_id", "kind", "text", "start_char", "end_char"]] = [
        "s" * 16, "span", "Obi sold", at, at + 8,
    ]  # fmt: skip
    store.add_spans(pd.DataFrame([span]))
    codings = store.codings()
    study.coded()
    reports = study.folder / "reports"
    reports.mkdir()
    (reports / "why.html").write_text("<p>Amara <b>Obi</b></p>")
    list_them(study)
    assert erasure.would_hide(study) == {"P01": 4}
    done = erasure.hide_stored(study)
    assert done.places == {"P01": 4}
    assert (done.reports, done.left) == (1, ())
    text = store.texts(["P01"])["P01"]
    assert text == TALK.strip().replace("\n", "\n\n").replace("Amara Obi", "[seller]").replace(
        "AMARA OBI", "[seller]"
    ).replace("Amara", "[seller]").replace("José", "[name]")
    after = store.units()
    assert after["unit_id"].tolist() == units["unit_id"].tolist()
    for row in [*after.itertuples(), *store.units(kind="span").itertuples()]:
        whole = store.texts([row.interview])[row.interview]
        assert whole[row.start_char : row.end_char] == row.text
    assert store.units(kind="span")["text"].tolist() == ["[seller] sold"]
    pd.testing.assert_frame_equal(store.codings(), codings)
    turns = store.turns(["P01"])
    assert turns["text"].tolist()[1].startswith("🙂 [seller] sold")
    assert store.runs()["outcome"].tolist()[-1] == "hid names"
    assert not (study.folder / "cache").exists()


def test_no_file_but_the_researchers_own_says_the_name_afterwards(study):
    def saying():
        return {
            path.relative_to(study.folder).as_posix()
            for path in study.folder.rglob("*")
            if path.is_file() and any("amara" in view.casefold() for view in views(path))
        }

    tell(study, study.units()["unit_id"].iloc[0], "using")
    assert any(name.startswith("store/study.sqlite") for name in saying())
    list_them(study)
    erasure.hide_stored(study)
    assert saying() == {"names.csv", "transcripts/P01.txt"}


def test_a_memo_an_earlier_text_and_a_moved_unit_lose_the_name_too(study):
    unit = study.units()["unit_id"].iloc[0]
    tell(study, unit, "using")
    path = study.config.transcripts / "P01.txt"
    path.write_text(TALK.replace("sold me", "had sold me"))
    runs.run(study, report=False)
    memo = study.store.codings(coders=[]).assign(memo="so Amara Obi again", action="", part=0)
    study.store.add_codings(memo)
    assert any("Amara" in text for _, text in study.store.erasure.texts())
    list_them(study)
    erasure.hide_stored(study)
    assert not any("Amara" in text for _, text in study.store.erasure.texts())
    assert "so [seller] again" in set(study.store.codings(coders=[])["memo"])


def test_nothing_is_written_where_nothing_is_listed_and_a_second_time_changes_nothing(study):
    before = study.store.state()
    assert erasure.hide_stored(study).places == {}
    assert study.store.state() == before
    list_them(study)
    erasure.hide_stored(study)
    text, runs_then = study.store.texts(["P01"]), len(study.store.runs())
    assert erasure.hide_stored(study).places == {}
    assert study.store.texts(["P01"]) == text
    assert len(study.store.runs()) == runs_then


def test_a_run_afterwards_reads_nothing_anew_and_a_corrected_file_follows(study):
    list_them(study)
    erasure.hide_stored(study)
    done = runs.run(study, report=False)
    assert (done.read, done.corrected, done.coded) == ([], [], 0)
    tell(study, study.units()["unit_id"].iloc[0], "using")
    path = study.config.transcripts / "P01.txt"
    path.write_text(TALK.replace("very first", "first"))
    done = runs.run(study, report=False)
    assert (done.corrected, done.lost) == (["P01"], 0)
    people = study.store.codings(coders=[])
    assert set(people["unit_id"]) <= set(study.units()["unit_id"])
    assert "Amara" not in study.store.texts(["P01"])["P01"]


def test_a_file_of_the_researcher_that_says_it_is_named(study):
    (study.folder / "notebooks").mkdir()
    (study.folder / "notebooks" / "mine.ipynb").write_text('{"cells": ["then Amara Obi"]}')
    list_them(study)
    assert erasure.hide_stored(study).left == ("notebooks/mine.ipynb",)


def test_nothing_is_hidden_while_a_run_is_at_work(study):
    list_them(study)
    other = open_study(study.folder)
    try:
        with other.store.ledger.alone(), pytest.raises(StoreError):
            erasure.hide_stored(study)
    finally:
        other.close()
    assert "Amara" in study.store.texts(["P01"])["P01"]
