"""Assignments, draws and codebooks, in a store of either kind."""

import json

import numpy as np
import pandas as pd
import pytest

from journeyqual.errors import StoreError
from tests.store.made import codings, interview, moves


@pytest.fixture
def one(store):
    one = interview()
    store.add_interviews([one], source="s", sha256="h")
    return one


def test_an_assignment_stays_as_it_was_first_given(store, one):
    store.people.assign("i1", "human:ana", blind=True)
    store.people.assign("i1", "human:ana", blind=False)
    store.people.assign("i1", "human:bo", blind=False)
    out = store.people.assignments()
    assert out["coder"].tolist() == ["human:ana", "human:bo"]
    assert out["blind"].tolist() == [True, False]
    assert out["blind"].dtype == bool
    assert out["done_at"].tolist() == ["", ""]


def test_nothing_assigned_is_an_empty_table(store):
    out = store.people.assignments()
    assert out.empty
    assert out["blind"].dtype == bool


def test_an_interview_that_is_not_there_cannot_be_assigned(store, one):
    with pytest.raises(StoreError, match="there is no interview i9"):
        store.people.assign("i9", "human:ana", blind=True)
    assert store.people.assignments().empty


def test_only_ones_own_assignment_is_finished_and_only_once(store, one):
    store.people.assign("i1", "human:ana", blind=True)
    store.people.assign("i1", "human:bo", blind=True)
    store.people.finish("i1", "human:ana")
    first = store.people.assignments()
    assert (first["done_at"] != "").tolist() == [True, False]
    with store._db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE assignments SET done_at = '2026-01-01' WHERE done_at <> ''"
        )
    store.people.finish("i1", "human:ana")
    assert store.people.assignments()["done_at"].tolist() == ["2026-01-01", ""]


def test_a_draw_keeps_every_unit_that_had_a_chance(store):
    one = interview(said=("One.", "Two.", "Three.", "Four."))
    store.add_interviews([one], source="s", sha256="h")
    units = pd.DataFrame(
        {
            "unit_id": one.units["unit_id"],
            "probability": [0.5, 0.25, 0.0, 1.0],
            "place": [2, np.nan, np.nan, 1],
        }
    )
    assert store.people.add_draw(units, kind="stratified", seed=7, wanted=2, by=["stage"]) == 1
    # A seed may be larger than what a server calls an integer.
    assert store.people.add_draw(units.iloc[:1], kind="active", seed=2**40) == 2
    draws = store.people.draws()
    assert draws["kind"].tolist() == ["stratified", "active"]
    assert draws["seed"].tolist() == [7, 2**40]
    assert json.loads(draws["detail"].iloc[0]) == {"wanted": 2, "by": ["stage"]}
    out = store.people.draw_units()
    a, b, _, d = one.units["unit_id"]
    # By place; who was not drawn comes last.
    assert out["unit_id"].tolist() == [d, a, b, a]
    assert out["probability"].tolist() == [1.0, 0.5, 0.25, 0.5]
    np.testing.assert_array_equal(out["place"], [1.0, 2.0, np.nan, 2.0])
    assert out["draw"].tolist() == [1, 1, 1, 2]


def test_a_draw_of_unknown_units_is_not_kept(store, one):
    units = pd.DataFrame({"unit_id": ["nobody"], "probability": [0.5], "place": [1]})
    with pytest.raises(StoreError, match="does not have"):
        store.people.add_draw(units, kind="stratified", seed=1)
    assert store.people.draws().empty


def test_a_drawn_unit_follows_its_words(store):
    old = interview(said=("One.", "Two.", "Three."))
    store.add_interviews([old], source="s", sha256="h")
    units = pd.DataFrame({"unit_id": old.units["unit_id"], "probability": 0.5, "place": [1, 2, 3]})
    store.people.add_draw(units, kind="stratified", seed=1)
    new = interview(said=("One and two.",))
    placed = moves(old.units, new.units, One="One", Two="One", Three="")
    store.correct(new, placed, source="s", sha256="h2")
    out = store.people.draw_units()
    # Two drawn units became one: it counts once, at its first place; the third is gone.
    assert out["unit_id"].tolist() == new.units["unit_id"].tolist()
    assert out["place"].tolist() == [1.0]


def test_a_codebook_is_kept_once_a_version(store):
    store.people.keep_codebook("1+aa", "first", note="as we began")
    store.people.keep_codebook("1+aa", "other", note="again")
    store.people.keep_codebook("2+bb", "second")
    out = store.people.codebooks()
    assert out["version"].tolist() == ["1+aa", "2+bb"]
    assert out["content"].tolist() == ["first", "second"]
    assert out["note"].tolist() == ["as we began", ""]


def test_codings_by_coders_whose_names_look_alike_are_told_apart(store, one):
    for coder in ("human:a_a", "human:aXa", "model:human:x"):
        store.add_codings(codings(one.units.iloc[:1], coder))
    kept = store.codings(coders=[])
    assert kept["coder"].tolist() == ["human:a_a", "human:aXa"]
