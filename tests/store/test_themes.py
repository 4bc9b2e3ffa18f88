"""Themes in a store of either kind: written once, added to, said things of, erased."""

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from journeyqual.errors import StoreError
from journeyqual.schema import THEMED, THEMES, check
from tests.store.made import interview

CENTRES = np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)
LIMITS = np.array([0.5, 0.25])


@pytest.fixture
def one(store):
    one = interview(said=("It broke.", "They mended it.", "It was dear.", "Never again."))
    store.add_interviews([one], source="s", sha256="h")
    return one


def themes(units, scope="using", number=1, ids=("t1", "t2"), status="suggested"):
    rows = [
        {"theme": theme, "scope": scope, "name": f"Name {theme}", "words": "a, b",
         "named_by": "", "definition": "",
         "status": status, "n_units": 1, "n_participants": 1, "representative": shown,
         "found_at": "", "round": number}
        for theme, shown in zip(ids, (" ".join(units[1::-1]), units[2]), strict=True)
    ]  # fmt: skip
    return check(pd.DataFrame(rows), THEMES)


def themed(units, of, scope="using", similarity=0.75):
    frame = pd.DataFrame({"unit_id": units, "scope": scope, "theme": of, "similarity": similarity})
    return check(frame, THEMED)


def keep(store, one, *, scope="using", number=1, ids=("t1", "t2"), of=("t1", "t1", "t2", "")):
    units = one.units["unit_id"].tolist()
    return store.themes.add_round(
        scope, number, themes(units, scope, number, ids), themed(units, list(of), scope),
        centroids=CENTRES, thresholds=LIMITS, encoder="e+beside0.5", n_units=4,
    )  # fmt: skip


def test_what_was_found_comes_back_as_it_was(store, one):
    a, b, c, d = one.units["unit_id"]
    before = store.themes.state()
    assert keep(store, one)
    found = store.themes.found()
    assert found["theme"].tolist() == ["t1", "t2"]
    assert np.array_equal(np.stack(found["centroid"].tolist()), CENTRES)
    assert found["threshold"].tolist() == [0.5, 0.25]
    assert found["encoder"].tolist() == ["e+beside0.5"] * 2
    assert (found["found_at"] != "").all()
    # Best first: as they stood there.
    assert store.themes.quotes()[["theme", "unit_id"]].values.tolist() == [
        ["t1", b], ["t1", a], ["t2", c],
    ]  # fmt: skip
    units = store.themes.units()
    assert units["unit_id"].tolist() == [a, b, c, d]
    assert units["theme"].tolist() == ["t1", "t1", "t2", ""]
    assert units["similarity"].tolist() == [0.75] * 4
    rounds = store.themes.rounds()
    assert rounds[["scope", "round", "units", "left_over"]].values.tolist() == [["using", 1, 4, 1]]
    assert store.themes.state() != before


def test_an_empty_store_has_no_themes(store):
    assert store.themes.found().empty
    assert store.themes.units().empty
    assert store.themes.units()["similarity"].dtype == float
    assert store.themes.quotes().empty
    assert store.themes.events().empty
    assert store.themes.rounds().empty


def test_of_two_who_look_at_once_the_first_counts(store, one):
    assert keep(store, one)
    before = store.themes.state()
    assert not keep(store, one, ids=("t8", "t9"), of=("t8", "t8", "t9", ""))
    assert store.themes.found()["theme"].tolist() == ["t1", "t2"]
    assert store.themes.state() == before


def test_nothing_of_a_round_with_an_unknown_unit_is_kept(store, one):
    units = ["nobody", *one.units["unit_id"].iloc[1:]]
    with pytest.raises(StoreError, match="does not have"):
        store.themes.add_round(
            "using", 1, themes(units), themed(units, ["t1", "t1", "t2", ""]),
            centroids=CENTRES, thresholds=LIMITS, encoder="e", n_units=4,
        )  # fmt: skip
    assert store.themes.found().empty
    assert store.themes.rounds().empty


def test_a_round_that_found_nothing_is_remembered(store, one):
    units = one.units["unit_id"].tolist()
    assert store.themes.add_round(
        "using", 1, THEMES.empty(), themed(units, "", similarity=np.nan),
        centroids=np.zeros((0, 2), np.float32), thresholds=np.zeros(0), encoder="e", n_units=4,
        reason="nothing in common",
    )  # fmt: skip
    assert store.themes.rounds()["reason"].tolist() == ["nothing in common"]
    assert store.themes.units()["similarity"].isna().all()
    assert store.themes.found().empty


def test_units_are_added_once(store, one):
    a, _, _, d = one.units["unit_id"]
    keep(store, one)
    assert store.themes.add_units(themed([a, d], ["t1", ""])) == 0
    # One that had none may come to have one; both rows stay.
    assert store.themes.add_units(themed([d], ["t2"])) == 1
    mine = store.themes.units()
    assert mine.loc[mine["unit_id"] == d, "theme"].tolist() == ["", "t2"]
    with pytest.raises(StoreError, match="not in the study"):
        store.themes.add_units(themed([d], ["t7"]))
    with pytest.raises(StoreError, match="not in the study"):
        store.themes.add_units(themed(["nobody"], ["t1"]))


def test_what_people_say_is_added_to(store, one):
    keep(store, one)
    store.themes.say("t1", "name", "Brakes", "human:ana")
    store.themes.say("t1", "name", "Bad brakes \U0001f6b2", "human:bo")
    events = store.themes.events()
    assert events["value"].tolist() == ["Brakes", "Bad brakes \U0001f6b2"]
    assert events["by"].tolist() == ["human:ana", "human:bo"]
    assert (events["at"] != "").all()
    assert store.themes.found()["name"].tolist() == ["Name t1", "Name t2"]
    with pytest.raises(StoreError, match="there is no theme t9"):
        store.themes.say("t9", "accept", "", "human:ana")


def test_a_unit_takes_its_theme_along_when_its_words_move(store, one):
    keep(store, one)
    _, _, c, _ = one.units["unit_id"]
    after = interview(said=("Well. It broke.", "They mended it.", "Never again."))
    store.correct(after, _moves(one, after), source="s", sha256="h2")
    units = store.themes.units()
    assert units["unit_id"].tolist() == after.units["unit_id"].tolist()
    assert units["theme"].tolist() == ["t1", "t1", ""]
    shown = store.themes.quotes()
    assert c not in shown["unit_id"].tolist()
    assert set(shown["unit_id"]) <= set(after.units["unit_id"])


def _moves(one, after):
    """Return where four units are, of which the third is gone."""
    to = [after.units["unit_id"].iloc[i] if i is not None else "" for i in (0, 1, None, 2)]
    return pd.DataFrame(
        {"unit_id": one.units["unit_id"], "to": to, "how": "edited", "similarity": 1.0,
         "reason": ""}
    )  # fmt: skip


def test_a_renamed_stage_takes_its_themes_along(store, one):
    keep(store, one)
    store.themes.rename_scopes({"using": "riding"})
    assert set(store.themes.found()["scope"]) == {"riding"}
    assert set(store.themes.units()["scope"]) == {"riding"}
    # What was looked at stays looked at: nothing but the name has changed.
    assert store.themes.units()["theme"].tolist() == ["t1", "t1", "t2", ""]
    assert store.themes.rounds()["scope"].tolist() == ["riding"]
    before = store.themes.state()
    store.themes.rename_scopes({"nowhere": "riding", "riding": "riding"})
    assert store.themes.state() == before
    store.themes.rename_scopes({})


def test_two_stages_change_places(store, one):
    keep(store, one)
    keep(store, one, scope="buying", ids=("b1", "b2"), of=("b1", "", "b2", ""))
    store.themes.rename_scopes({"using": "buying", "buying": "using"})
    found = store.themes.found().set_index("theme")["scope"]
    assert found.to_dict() == {"b1": "using", "b2": "using", "t1": "buying", "t2": "buying"}
    units = store.themes.units()
    assert units.loc[units["scope"] == "using", "theme"].tolist() == ["b1", "b2"]
    assert units.loc[units["scope"] == "buying", "theme"].tolist() == ["t1", "t1", "t2"]


def test_of_two_stages_that_become_one_both_themes_stand(store, one):
    keep(store, one)
    keep(store, one, scope="buying", ids=("b1", "b2"), of=("b1", "", "b2", ""))
    store.themes.rename_scopes({"using": "buying"})
    assert set(store.themes.found()["scope"]) == {"buying"}
    a = one.units["unit_id"].iloc[0]
    units = store.themes.units()
    assert units.loc[units["unit_id"] == a, "theme"].tolist() == ["t1", "b1"]
    assert store.themes.rounds()["round"].tolist() == [1, 2]
    # And a third look can be kept.
    assert keep(store, one, scope="buying", number=3, ids=("c1", "c2"), of=("c1", "c1", "", ""))


def test_a_participants_units_can_be_erased(store, one):
    keep(store, one)
    store.themes.say("t1", "name", "Brakes", "human:ana")
    a, b, c, d = one.units["unit_id"]
    # A row each of which theme they are of, and a row each that shows it.
    assert store.themes.forget_units([a, b]) == 4
    assert store.themes.units()["unit_id"].tolist() == [c, d]
    assert store.themes.quotes()["unit_id"].tolist() == [c]
    assert store.themes.forget_units([]) == 0
    with store._db.write() as connection:
        connection.execute(sa.text("DELETE FROM units WHERE unit_id = :unit"), {"unit": a})
    assert store.themes.events()["value"].tolist() == ["Brakes"]
    assert len(store.themes.found()) == 2


def test_the_numbers_change_with_everything(store, one):
    seen = [store.themes.state()]
    for act in (
        lambda: keep(store, one),
        lambda: store.themes.add_units(themed([one.units["unit_id"].iloc[3]], ["t1"])),
        lambda: store.themes.say("t1", "accept", "", "human:ana"),
        lambda: store.themes.forget_units(one.units["unit_id"][:1]),
    ):
        act()
        assert store.themes.state() not in seen
        seen.append(store.themes.state())
