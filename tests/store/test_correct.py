"""A corrected text takes the place of the stored one, and people's codings go along."""

import pandas as pd
import pytest
import sqlalchemy as sa

from journeyqual.errors import StoreError
from journeyqual.store import Interview, tables
from tests.store.made import codings, interview, moves, span

SAID = ("One.", "Two.", "Three.")


def corrected(store, old, said, reason="", **to):
    """Correct the stored interview, and return what it is now."""
    new = interview(said=said)
    store.correct(new, moves(old, new.units, reason, **to), source="s2", sha256="h2")
    return new


@pytest.fixture
def old(store):
    """Three units, each coded by Ana and by a machine."""
    one = interview(said=SAID)
    store.add_interviews([one], source="s", sha256="h")
    for coder in ("human:ana", "model:m@1"):
        rows = codings(one.units, coder).assign(value=["one", "two", "three"])
        store.add_codings(rows, done=(["i1"], "key"))
    return one


def by_words(store):
    """Return what people said of which words, as it stands today."""
    units = store.units().set_index("unit_id")["text"]
    out = store.codings(coders=[])
    return [
        (units.get(unit), value) for unit, value in zip(out["unit_id"], out["value"], strict=True)
    ]


def test_codings_by_people_follow_their_words(store, old):
    new = corrected(store, old.units, ("One.", "Two, too.", "Three."), Two="Two,")
    assert by_words(store) == [("One.", "one"), ("Two, too.", "two"), ("Three.", "three")]
    pd.testing.assert_frame_equal(store.units(), new.units)
    pd.testing.assert_frame_equal(store.turns(), new.turns)
    assert store.texts(["i1"]) == {"i1": new.text}
    assert store.lost().empty


def test_a_machine_reads_moved_words_anew(store, old):
    before = store.state()
    corrected(store, old.units, ("One.", "Two, too.", "Three."), Two="Two,")
    machine = store.codings().query("coder == 'model:m@1'")
    # "One." stands where it stood; the others have another offset or other words.
    assert machine["value"].tolist() == ["one"]
    assert store.uncoded("key") == ["i1"]
    assert store.state() != before


def test_a_text_corrected_twice_is_followed_twice(store, old):
    second = corrected(store, old.units, ("One.", "Two, too.", "Three."), Two="Two,")
    store.add_codings(codings(second.units.iloc[1:2], "human:bo", value="deux"))
    corrected(store, second.units, ("First.", "One.", "And two, too.", "Three."), **{"Two,": "And"})
    assert by_words(store) == [
        ("One.", "one"), ("And two, too.", "two"), ("Three.", "three"), ("And two, too.", "deux"),
    ]  # fmt: skip
    assert store.interviews()["sha256"].tolist() == ["h2"]


def test_a_mistaken_correction_that_is_taken_back_leaves_all_as_it_was(store, old):
    before = by_words(store)
    second = corrected(store, old.units, ("Zero.", *SAID))
    corrected(store, second.units, SAID, Zero="")
    assert by_words(store) == before
    pd.testing.assert_frame_equal(store.units(), old.units)
    # The machine's codings of the units that stand again count again.
    assert len(store.codings()) == 6


def test_lost_words_are_listed_with_who_coded_them(store, old):
    second = corrected(store, old.units, ("One.", "Three."), Two="", reason="was never said")
    lost = store.lost()
    assert lost[["text", "coder", "value", "reason", "participant"]].values.tolist() == [
        ["Two.", "human:ana", "two", "was never said", "P01"]
    ]
    assert by_words(store) == [("One.", "one"), ("Three.", "three")]
    # A later correction takes another passage away: the first is still listed.
    corrected(store, second.units, ("One.",), Three="")
    assert store.lost()["text"].tolist() == ["Two.", "Three."]


def test_what_had_moved_and_is_then_lost_keeps_its_first_words(store, old):
    second = corrected(store, old.units, ("One.", "Two, too.", "Three."), Two="Two,")
    corrected(store, second.units, ("One.", "Three."), **{"Two,": ""})
    assert store.lost()["text"].tolist() == ["Two."]
    assert len(store.codings(coders=[])) + len(store.lost()) == 3


def test_two_units_may_become_one(store, old):
    corrected(store, old.units, ("One.", "Two and three."), Two="Two", Three="Two")
    assert by_words(store) == [
        ("One.", "one"), ("Two and three.", "two"), ("Two and three.", "three"),
    ]  # fmt: skip


def test_earlier_texts_are_kept(store, old):
    second = corrected(store, old.units, ("One.", "Two, too.", "Three."), Two="Two,")
    corrected(store, second.units, SAID, **{"Two,": "Two"})
    kept = store._db.read(sa.select(tables.earlier).order_by(tables.earlier.c.version))
    assert kept["version"].tolist() == [1, 2]
    assert kept["text"].tolist() == [old.text, second.text]
    assert kept["sha256"].tolist() == ["h", "h2"]


def test_spans_go_along(store, old):
    marked = span(old, "Two")
    store.add_spans(marked)
    store.add_codings(codings(marked, "human:ana", value="count"))
    new = interview(said=("Zero.", *SAID))
    there = span(new, "Two")
    placed = moves(old.units, new.units)
    row = {"unit_id": marked["unit_id"].iloc[0], "to": there["unit_id"].iloc[0], "how": "span"}
    placed = pd.concat([placed, pd.DataFrame([row | {"similarity": 1.0, "reason": ""}])])
    whole = Interview(new.turns, pd.concat([new.units, there]), new.text, new.starts)
    store.correct(whole, placed, source="s", sha256="h2")
    assert store.units(kind="span")["start_char"].tolist() == there["start_char"].tolist()
    assert store.codings(coders=[])["unit_id"].iloc[-1] == there["unit_id"].iloc[0]


def test_a_span_marked_while_the_text_was_corrected_is_not_dropped(store, old):
    new = interview(said=("Zero.", *SAID))
    placed = moves(old.units, new.units)
    store.add_spans(span(old, "Two"))
    with pytest.raises(StoreError, match="while it was being corrected"):
        store.correct(new, placed, source="s", sha256="h2")
    assert store.texts(["i1"]) == {"i1": old.text}
    assert store.units(kind="span")["text"].tolist() == ["Two"]
    assert len(store.codings()) == 6


def test_a_span_of_the_text_before_its_correction_is_refused(store, old):
    corrected(store, old.units, ("Zero.", *SAID))
    with pytest.raises(StoreError, match="corrected meanwhile"):
        store.add_spans(span(old, "Two"))


def test_a_correction_of_a_text_that_was_corrected_meanwhile_is_refused(store, old):
    corrected(store, old.units, ("Zero.", *SAID))
    late = interview(said=("One, at last.", "Two.", "Three."))
    with pytest.raises(StoreError, match="while it was being corrected"):
        store.correct(late, moves(old.units, late.units, One="One,"), source="s", sha256="h3")
    assert "Zero." in store.texts(["i1"])["i1"]


def test_an_interview_that_is_not_there_cannot_be_corrected(store, old):
    other = interview("i9", said=SAID)
    with pytest.raises(StoreError, match="there is no interview i9"):
        store.correct(other, moves(other.units, other.units), source="s", sha256="h")
