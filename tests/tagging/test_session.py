"""One coder at one interview: what is stored, what is shown, and what is refused."""

import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from journeyqual.errors import InputError
from journeyqual.store import Store
from journeyqual.tagging import Session, identity
from tests.store.made import codings, interview

BOOK = from_dict(
    {
        "name": "Mini",
        "stage": [
            {"name": "buying", "touchpoints": ["shop"]},
            {"name": "using", "definition": "Daily use."},
        ],
    }
)
SAID = ("It broke \U0001f602 twice, honestly.", "Then they mended it.", "Fine now.")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "study.sqlite")
    store.add_interviews([interview("i1", said=SAID)], source="s", sha256="h")
    yield store
    store.close()


@pytest.fixture
def units(store):
    return store.units(["i1"])["unit_id"].tolist()


@pytest.fixture
def machine(store):
    """A machine's stage and valence of every unit, as suggestions."""
    units = store.units()
    for dimension, value in (("stage", "using"), ("valence", "-0.3712")):
        rows = codings(units, "model:m@1", dimension, value).assign(confidence=0.55)
        store.add_codings(rows)
    return lambda interviews: store.codings(coders=["model:m@1"], interviews=interviews)


def opened(store, coder="ana", machine=None, **kw):
    session = Session(
        store, BOOK, "1+abc", "i1", coder, suggestions=machine, unsure_below=0.6, **kw
    )
    session.interview()
    return session


def act(session, unit, dimension, value, *, action="action-1", **kw):
    change = {"unit_id": unit, "dimension": dimension, "value": value} | kw
    return session.handle({"kind": "act", "id": action, "changes": [change]})


def mine(reply, unit):
    return {d: v["value"] for d, v in reply["states"][unit]["mine"].items()}


def test_an_interview_is_plain_values_with_offsets_in_its_turns(store, units):
    shown = opened(store).interview()
    assert [turn["text"] for turn in shown["turns"]] == list(SAID)
    for turn in shown["turns"]:
        for unit in turn["units"]:
            assert turn["text"][unit["start"] : unit["end"]] == turn["text"]
    assert shown["progress"] == {"coded": 0, "total": 3}
    assert list(shown["states"]) == units
    assert not shown["undo"]
    assert not shown["redo"]


def test_an_action_is_in_the_store_when_it_is_answered(store, units):
    reply = act(opened(store), units[0], "stage", "using")
    assert reply["kind"] == "saved"
    assert mine(reply, units[0]) == {"stage": "using"}
    stored = store.codings()
    assert stored[["unit_id", "value", "coder", "status", "codebook_version"]].values.tolist() == [
        [units[0], "using", "human:ana", "accepted", "1+abc"]
    ]


def test_an_action_that_is_sent_again_is_stored_once(store, units):
    session = opened(store)
    act(session, units[0], "stage", "using")
    again = act(session, units[0], "stage", "using")
    assert again["kind"] == "saved"
    assert len(store.codings()) == 1
    # Also by another kernel, after the first died.
    assert act(opened(store), units[0], "stage", "using")["kind"] == "saved"
    assert len(store.codings()) == 1


def test_stage_and_valence_make_a_unit_coded(store, units):
    session = opened(store)
    assert act(session, units[0], "stage", "", action="action-a")["progress"]["coded"] == 0
    assert act(session, units[0], "valence", "0.5", action="action-b")["progress"]["coded"] == 1
    cleared = act(session, units[0], "valence", "", action="action-c", status="cleared")
    assert cleared["progress"]["coded"] == 0
    assert mine(cleared, units[0]) == {"stage": ""}


@pytest.mark.parametrize(("given", "step"), [("-0.3712", "-0.5"), ("0.1", "0"), ("1", "1")])
def test_people_give_valence_in_five_steps(store, units, given, step):
    assert mine(act(opened(store), units[0], "valence", given), units[0]) == {"valence": step}


def test_suggestions_are_the_machines_own(store, units, machine):
    state = opened(store, machine=machine).interview()["states"][units[0]]
    assert state["mine"] == {}
    assert state["machine"]["stage"] == {"value": "using", "confidence": 0.55, "coder": "model:m@1"}
    assert state["unsure"]
    assert not opened(store, machine=machine).interview()["states"][units[0]]["others"]


def test_a_rejected_suggestion_is_remembered_as_such(store, units, machine):
    session = opened(store, machine=machine)
    reply = act(session, units[0], "stage", "using", status="rejected")
    assert reply["states"][units[0]]["mine"]["stage"]["status"] == "rejected"
    assert reply["progress"]["coded"] == 0


def test_undo_and_redo_say_again_what_was_said_and_outlive_the_kernel(store, units):
    session = opened(store)
    act(session, units[0], "stage", "using", action="action-1")
    act(session, units[0], "stage", "buying", action="action-2", memo="hm")
    back = session.handle({"kind": "undo", "id": "undo-001"})
    assert mine(back, units[0]) == {"stage": "using"}
    assert (back["undo"], back["redo"]) == (True, True)
    later = opened(store)
    forth = later.handle({"kind": "redo", "id": "redo-001"})
    assert forth["states"][units[0]]["mine"]["stage"]["memo"] == "hm"
    assert mine(forth, units[0]) == {"stage": "buying"}
    for action in ("undo-002", "undo-003"):
        last = later.handle({"kind": "undo", "id": action})
    assert mine(last, units[0]) == {}
    assert (last["undo"], last["redo"]) == (False, True)
    assert "nothing to undo" in later.handle({"kind": "undo", "id": "undo-004"})["why"]
    assert len(store.codings()) == 6, "rows are only added"


def test_an_undo_that_is_sent_again_undoes_once(store, units):
    session = opened(store)
    act(session, units[0], "stage", "using", action="action-1")
    act(session, units[0], "stage", "buying", action="action-2")
    for _ in range(2):
        reply = session.handle({"kind": "undo", "id": "undo-001"})
    assert mine(reply, units[0]) == {"stage": "using"}


def test_after_an_undo_a_new_action_ends_what_could_be_redone(store, units):
    session = opened(store)
    act(session, units[0], "stage", "using", action="action-1")
    session.handle({"kind": "undo", "id": "undo-001"})
    assert not act(session, units[1], "stage", "using", action="action-2")["redo"]
    assert "nothing to redo" in session.handle({"kind": "redo", "id": "redo-001"})["why"]


def test_undo_takes_back_ones_own_work_only(store, units):
    act(opened(store, "ben"), units[0], "stage", "using", action="action-b")
    assert "nothing to undo" in opened(store).handle({"kind": "undo", "id": "undo-001"})["why"]


def test_a_span_is_any_words_of_one_turn(store):
    session = opened(store)
    message = {
        "kind": "span", "id": "span-001", "turn": 0, "start": 2, "end": 10,
        "changes": [{"dimension": "theme", "value": "breakage"}],
    }  # fmt: skip
    reply = session.handle(message)
    assert reply["spans"] == [{"id": reply["span"], "turn": 0, "start": 3, "end": 10}]
    span = store.units(kind="span").iloc[0]
    assert span["text"] == "broke \U0001f602"
    assert store.texts(["i1"])["i1"][span["start_char"] : span["end_char"]] == span["text"]
    assert reply["states"][reply["span"]]["themes"] == [{"value": "breakage", "memo": ""}]
    assert session.codebook()["themes"] == ["breakage"]
    assert len(store.units()) == 3, "a span is no segment and carries no curve"


def test_codings_of_a_span_may_overlap_and_go_one_by_one(store):
    session = opened(store)
    message = {"kind": "span", "turn": 0, "start": 3, "end": 8}
    for n, theme in enumerate(("breakage", "humour")):
        one = message | {"id": f"span-00{n}", "changes": [{"dimension": "theme", "value": theme}]}
        reply = session.handle(one)
    unit = reply["span"]
    assert [t["value"] for t in reply["states"][unit]["themes"]] == ["breakage", "humour"]
    back = session.handle({"kind": "undo", "id": "undo-001"})
    assert [t["value"] for t in back["states"][unit]["themes"]] == ["breakage"]
    assert session.handle({"kind": "undo", "id": "undo-002"})["spans"] == []


def test_memo_and_negative_case_are_of_the_unit(store, units):
    session = opened(store)
    act(session, units[0], "memo", "ask about this", action="action-1")
    state = act(session, units[0], "negative", "yes", action="action-2")["states"][units[0]]
    assert (state["memo"], state["negative"], state["mine"]) == ("ask about this", True, {})
    assert not act(session, units[0], "negative", "", action="action-3")["states"][units[0]][
        "negative"
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dimension": "stage", "value": "flying"}, "no stage 'flying'"),
        ({"dimension": "valence", "value": "nan"}, "no valence"),
        ({"dimension": "valence", "value": "2"}, "no valence"),
        ({"dimension": "emotion", "value": "glee"}, "no emotion"),
        ({"dimension": "touchpoint", "value": "moon"}, "no touchpoint"),
        ({"dimension": "mood", "value": "x"}, "nothing is coded by"),
        ({"dimension": "memo", "value": "x" * 10_001}, "too long"),
        ({"dimension": "theme", "value": "  "}, "has no name"),
        ({"dimension": "stage", "value": 7}, "not made of texts"),
        ({"dimension": "stage", "value": "using", "status": "burnt"}, "nothing one can do"),
        ({"dimension": "stage", "value": "using", "unit_id": "elsewhere"}, "has no unit"),
    ],
)
def test_what_cannot_be_stored_is_refused_in_a_line(store, units, change, why):
    session = opened(store)
    message = {"kind": "act", "id": "action-1", "changes": [{"unit_id": units[0]} | change]}
    reply = session.handle(message)
    assert reply["kind"] == "refused"
    assert reply["id"] == "action-1"
    assert why in reply["why"]
    assert store.codings().empty


@pytest.mark.parametrize(
    "message",
    [
        None,
        "act",
        {},
        {"kind": ["act"]},
        {"kind": "act", "id": "action-1", "changes": []},
        {"kind": "act", "id": "action-1", "changes": ["x"]},
        {"kind": "act", "id": "'; DROP TABLE", "changes": [{}]},
        {"kind": "act", "id": "action-1", "changes": [{}] * 51},
        {"kind": "span", "id": "span-001", "turn": 99, "start": 0, "end": 1},
        {"kind": "span", "id": "span-001", "turn": 0, "start": 5, "end": 2},
        {"kind": "span", "id": "span-001", "turn": 0, "start": 0, "end": 10_000},
        {"kind": "span", "id": "span-001", "turn": 0, "start": "0", "end": None},
        {"kind": "done", "id": "done-001"},
    ],
)
def test_any_message_is_answered_and_none_is_fatal(store, message):
    reply = opened(store).handle(message)
    assert reply["kind"] == "refused"
    assert reply["why"]
    assert store.codings().empty
    assert store.units(kind="span").empty


def test_a_change_that_is_refused_takes_the_whole_action_with_it(store, units):
    session = opened(store)
    changes = [
        {"unit_id": units[0], "dimension": "stage", "value": "using"},
        {"unit_id": units[0], "dimension": "stage", "value": "flying"},
    ]
    assert (
        session.handle({"kind": "act", "id": "action-1", "changes": changes})["kind"] == "refused"
    )
    assert store.codings().empty


def test_who_codes_blind_sees_neither_machine_nor_others(store, units, machine):
    act(opened(store, "ben"), units[0], "stage", "buying", action="action-b", memo="secret")
    store.people.assign("i1", "human:ana", blind=True)
    session = opened(store, machine=machine)
    state = session.interview()["states"][units[0]]
    assert (state["machine"], state["others"], state["unsure"]) == ({}, [], False)
    assert session.settings()["blind"]
    assert session.handle({"kind": "explain", "unit_id": units[0]})["words"] == []
    reply = session.handle({"kind": "done", "id": "done-001"})
    assert not reply["settings"]["blind"]
    state = reply["interview"]["states"][units[0]]
    assert state["machine"]["stage"]["value"] == "using"
    assert state["others"] == [
        {"coder": "human:ben", "dimension": "stage", "value": "buying", "memo": "secret"}
    ]


def test_nobody_sees_who_still_codes_blind(store, units):
    for coder in ("human:ana", "human:ben"):
        store.people.assign("i1", coder, blind=True)
    ben = opened(store, "ben")
    act(ben, units[0], "stage", "buying", action="action-b")
    act(ben, units[0], "theme", "hush", action="action-t")
    ana = opened(store)
    ana.handle({"kind": "done", "id": "done-001"})
    assert ana.interview()["states"][units[0]]["others"] == []
    assert ana.codebook()["themes"] == []
    assert opened(store, "cleo").interview()["states"][units[0]]["others"] == []
    ben.handle({"kind": "done", "id": "done-002"})
    assert len(opened(store, "cleo").interview()["states"][units[0]]["others"]) == 2


def test_the_panel_says_why(store, units):
    panel = opened(store, "panel")
    assert panel.settings()["panel"]
    assert "says why" in act(panel, units[0], "stage", "using")["why"]
    assert act(panel, units[0], "stage", "using", memo="main clause")["kind"] == "saved"
    act(panel, units[1], "memo", "agreed by both", action="action-2")
    assert act(panel, units[1], "stage", "using", action="action-3")["kind"] == "saved"


def test_listeners_hear_of_what_was_stored_and_of_nothing_else(store, units):
    session = opened(store)
    heard = []
    session.listeners.append(lambda: heard.append(1))
    act(session, units[0], "stage", "flying")
    assert not heard
    act(session, units[0], "stage", "using")
    assert heard == [1]


def test_a_coding_that_is_flagged_says_why(store, units):
    flags = {(units[0], "stage"): "its definition has changed"}
    session = opened(store, flags=lambda codings: flags)
    reply = act(session, units[0], "stage", "using")
    assert reply["states"][units[0]]["mine"]["stage"]["flagged"] == "its definition has changed"


def test_words_that_moved_a_valence_are_handed_on(store, units):
    moved = pd.DataFrame({"start": [3], "end": [8], "shift": [-0.4]})
    session = opened(store, explain=lambda unit: moved)
    reply = session.handle({"kind": "explain", "unit_id": units[0]})
    assert reply["words"] == [{"start": 3, "end": 8, "shift": -0.4}]


def test_an_unknown_interview_names_those_there_are(store):
    with pytest.raises(InputError, match="i1"):
        Session(store, BOOK, "1", "nobody", "ana")


@pytest.mark.parametrize("name", ["", "  ", "human:", "--", "!?"])
def test_a_coder_has_a_name(name):
    with pytest.raises(InputError, match="short name"):
        identity(name)
