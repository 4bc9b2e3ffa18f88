"""Themes among units: of several people, the same whatever comes first, or none and why."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.errors import SchemaError
from journeyqual.themes import discover
from journeyqual.themes.centres import centred, nearest, similarities
from journeyqual.themes.finding import balanced, representatives, theme_id
from tests.themes.made import people, talk, vectors

pytestmark = pytest.mark.usefixtures("fake")


def topic(unit_id):
    return unit_id.split("-")[1]


def test_each_topic_is_a_theme_named_by_its_words():
    units = talk(people(6))
    found = discover(units, vectors(units), "using")
    assert found.reason == ""
    assert len(found.themes) == len(found.centroids) == len(found.thresholds) == 3
    assert set(found.themes["status"]) == {"suggested"}
    assert set(found.themes["scope"]) == set(found.units["scope"]) == {"using"}
    for row in found.themes.itertuples():
        mine = found.units.loc[found.units["theme"] == row.theme, "unit_id"]
        [one] = set(map(topic, mine))
        assert row.n_units == len(mine)
        assert row.n_participants == 6
        # A quote each of different people.
        shown = row.representative.split()
        assert len({u.split("-")[0] for u in shown[:6]}) == 6
        assert set(map(topic, shown)) == {one}
    # What fits none is there, blank.
    assert len(found.units) == len(units)


def test_shuffled_input_gives_the_same_bytes():
    units = talk(people(6))
    given = discover(units, vectors(units), "using")
    order = np.random.default_rng(0).permutation(len(units))
    again = discover(units.iloc[order], vectors(units)[order], "using")
    pd.testing.assert_frame_equal(given.themes, again.themes)
    pd.testing.assert_frame_equal(given.units, again.units)
    assert given.centroids.tobytes() == again.centroids.tobytes()
    assert given.thresholds.tobytes() == again.thresholds.tobytes()


def test_one_participant_cannot_make_a_theme():
    units = talk(people(6))
    alone = talk(["P01"], ["school"], each=40)
    both = pd.concat([units, alone], ignore_index=True)
    found = discover(both, vectors(both), "using")
    assert len(found.themes) == 3
    school = found.units[found.units["unit_id"].map(topic) == "school"]
    assert set(school["theme"]) == {""}
    # Two more people with a word each do not make it one; three people who speak of it do.
    for others, expected in ((["P02", "P03"], 3), (["P02", "P03", "P04"], 4)):
        some = talk(others, ["school"], each=1 if expected == 3 else 4)
        more = pd.concat([both, some], ignore_index=True)
        assert len(discover(more, vectors(more), "using").themes) == expected


def test_two_people_are_enough_where_few_take_part():
    units = talk(people(4))
    more = pd.concat([units, talk(["P01", "P02"], ["school"], each=6)], ignore_index=True)
    assert len(discover(more, vectors(more), "using").themes) == 4
    units = talk(people(8))
    more = pd.concat([units, talk(["P01", "P02"], ["school"], each=6)], ignore_index=True)
    assert len(discover(more, vectors(more), "using").themes) == 3


def test_too_little_is_no_theme_and_a_reason():
    empty = talk([]).astype(str)
    assert discover(empty, np.zeros((0, 8), np.float32), "using").reason.startswith("fewer than 20")
    few = talk(people(3), ["brakes"])
    found = discover(few, vectors(few), "using")
    assert found.themes.empty
    assert set(found.units["theme"]) == {""}
    assert found.units["similarity"].isna().all()
    # Units that say nothing do not count: "Mm." is no material.
    mute = pd.concat([few, talk(people(20), ["app"], 1).assign(text="Mm, yeah.")])
    assert discover(mute, vectors(mute), "using").reason == found.reason
    one = talk(["P01"], each=10)
    assert discover(one, vectors(one), "using").reason == "only one participant"
    different = talk(people(24), ["brakes"], each=1)
    different["text"] = [f"Word{chr(97 + i)}x wordy{chr(97 + i)}z." for i in range(24)]
    made = discover(different, vectors(different), "using")
    assert made.reason == "nothing that several participants speak of"


def test_a_theme_that_no_two_people_can_put_in_a_word_is_none(monkeypatch):
    units = talk(people(6), ["brakes", "app"])
    same = pd.concat(
        [units, talk(people(6), ["school"]).assign(text="Um, well, yeah.")], ignore_index=True
    )
    # Those units make no theme, but the rule says they would gather.
    monkeypatch.setattr("journeyqual.themes.finding.MIN_WORDS", 0)
    found = discover(same, vectors(same), "using")
    assert len(found.themes) == 2
    assert (found.themes["name"] != "").all()


@pytest.mark.parametrize(
    ("units", "shape", "message"),
    [
        (talk(people(2)).drop(columns="text"), 24, "no column 'text'"),
        (pd.concat([talk(["P01"])] * 2), 24, "stands twice"),
        (talk(people(2)), 23, "24 units and vectors of shape"),
    ],
)
def test_bad_input_is_one_clear_error(units, shape, message):
    with pytest.raises(SchemaError, match=message):
        discover(units, np.ones((shape, 4), np.float32), "using")


def test_a_vector_that_is_no_number_is_refused():
    units = talk(people(2))
    bad = vectors(units)
    bad[3, 0] = np.nan
    with pytest.raises(SchemaError, match="not finite"):
        discover(units, bad, "using")


def test_everybody_counts_the_same_in_a_centre():
    # One says it nine times, one once: the centre lies half way.
    where = np.array([[1, 0]] * 9 + [[0, 1]], np.float32)
    centres, _ = centred(where, np.array([0] * 9 + [1]), np.zeros(10, np.intp))
    np.testing.assert_allclose(centres, [[0.5**0.5, 0.5**0.5]], rtol=1e-6)


def test_a_threshold_leaves_out_a_tenth():
    angles = np.linspace(0, 1, 11)
    where = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    centres, limits = centred(where, np.arange(11), np.zeros(11, np.intp))
    own = np.sort((where @ centres[0]).astype(float))
    assert limits[0] == pytest.approx(own[1], abs=1e-6)


def test_a_similarity_is_bit_equal_in_any_company():
    rng = np.random.default_rng(1)
    many = rng.normal(size=(997, 384)).astype(np.float32)
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    centres = many[:37].copy()
    together = similarities(many, centres)
    np.testing.assert_allclose(together, many.astype(float) @ centres.T.astype(float), atol=1e-5)
    assert np.array_equal(together, np.concatenate([similarities(v[None], centres) for v in many]))
    order = rng.permutation(997)
    assert np.array_equal(together[order], similarities(many[order], centres))
    assert np.array_equal(together[:, ::-1], similarities(many, centres[::-1]))


def test_without_a_theme_nothing_is_near():
    number, similar = nearest(
        np.ones((2, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros(0)
    )
    assert number.tolist() == [-1, -1]
    assert np.isnan(similar).all()


def test_a_sample_takes_as_many_of_everybody():
    who = np.array(["P01"] * 90 + ["P02"] * 5 + ["P03"] * 30, dtype=object)
    rows = balanced(who, np.arange(125), seed=3, most=35)
    assert len(rows) == 35
    assert pd.Series(who[rows]).value_counts().to_dict() == {"P01": 15, "P03": 15, "P02": 5}
    assert np.array_equal(rows, balanced(who, np.arange(125), seed=3, most=35))
    assert not np.array_equal(rows, balanced(who, np.arange(125), seed=4, most=35))


def test_from_many_units_a_sample_finds_the_themes_of_all(monkeypatch):
    monkeypatch.setattr("journeyqual.themes.finding.MOST", 60)
    monkeypatch.setattr(
        "journeyqual.themes.finding.balanced",
        lambda who, rows, seed: balanced(who, rows, seed=seed, most=60),
    )
    units = talk(people(20), each=6)
    found = discover(units, vectors(units), "using")
    assert len(found.themes) == 3
    assert found.themes["n_units"].sum() > 0.75 * len(units)


def test_ids_follow_from_scope_and_units():
    assert theme_id("using", ["a"]) != theme_id("buying", ["a"])
    assert theme_id("using", ["a", "b"]) == theme_id("using", ["b", "a"])
    assert len(theme_id("using", [])) == 12


def test_quotes_are_of_different_people_first():
    ids = np.array(list("abcdefghijkl"), dtype=object)
    who = np.array(["P1"] * 10 + ["P2", "P3"], dtype=object)
    out = representatives(ids, who, np.linspace(1, 0, 12))
    assert out == ["a", "k", "l", "b", "c", "d", "e", "f"]
