"""New units by frozen centres; what is left over proposes, and repeats nothing."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.themes import assign, discover, propose
from journeyqual.themes.later import is_time
from tests.themes.made import people, talk, vectors

pytestmark = pytest.mark.usefixtures("fake")


def test_a_unit_gets_the_same_theme_at_discovery_and_later():
    units = talk(people(6))
    found = discover(units, vectors(units), "using")
    number, similar = assign(vectors(units), found.centroids, found.thresholds)
    names = np.array([*found.themes["theme"], ""], dtype=object)
    held = found.units.set_index("unit_id").loc[units["unit_id"]]
    assert names[number].tolist() == held["theme"].tolist()
    assert np.array_equal(similar, held["similarity"])


def test_what_is_left_over_proposes_a_new_theme():
    units = talk(people(6))
    found = discover(units, vectors(units), "using")
    left = talk(people(8), ["school"])
    new = propose(left, vectors(left), "using", found.centroids)
    assert new.themes["status"].tolist() == ["proposed"]
    assert new.themes["round"].tolist() == [2]
    assert set(new.units["unit_id"]) == set(left["unit_id"])


def test_a_shade_of_a_frozen_theme_is_not_proposed():
    units = talk(people(6))
    found = discover(units, vectors(units), "using")
    left = talk(people(8), ["brakes", "school"])
    new = propose(left, vectors(left), "using", found.centroids)
    assert len(new.themes) == 1
    mine = new.units[new.units["theme"] != ""]
    assert mine["unit_id"].str.contains("school").all()
    again = propose(left, vectors(left), "using", np.vstack([found.centroids, new.centroids]))
    assert again.themes.empty
    assert again.reason == "nothing that was not said before"
    assert set(again.units["theme"]) == {""}


def test_what_was_left_over_before_is_not_proposed_now():
    left = talk(people(8), ["brakes", "school"])
    fresh = left["unit_id"].str.contains("school").to_numpy()
    none = np.zeros((0, 64), np.float32)
    new = propose(left, vectors(left), "using", none, fresh=fresh)
    assert len(new.themes) == 1
    assert new.units.loc[new.units["theme"] != "", "unit_id"].str.contains("school").all()
    # Half of a theme's units are enough.
    half = np.arange(len(left)) % 2 == 0
    assert len(propose(left, vectors(left), "using", none, fresh=half).themes) >= 1
    assert propose(left, vectors(left), "using", none, fresh=fresh & ~fresh).themes.empty


def test_too_little_left_over_proposes_nothing():
    left = talk(people(3), ["school"])
    new = propose(left, vectors(left), "using", np.zeros((0, 64), np.float32))
    assert new.themes.empty
    assert new.reason


def test_it_is_time_when_a_quarter_more_is_left_over():
    # At least ten more, and twenty in all.
    held = [(0, 20, True), (0, 19, False), (20, 29, False), (20, 30, True), (100, 124, False),
            (100, 125, True)]  # fmt: skip
    assert [is_time(now, before) for before, now, _ in held] == [due for *_, due in held]


def test_new_material_moves_no_old_unit():
    """Thirty interviews, then one: by the rule, every old unit keeps its theme."""
    units = talk(people(31), each=2)
    old = units[units["participant"] != "P31"]
    found = discover(old, vectors(old), "using")
    before = found.units.set_index("unit_id")["theme"]
    number, _ = assign(vectors(units), found.centroids, found.thresholds)
    after = pd.Series(np.array([*found.themes["theme"], ""], object)[number], units["unit_id"])
    assert (after[before.index] == before).all()
    assert (after != "").mean() > 0.9
