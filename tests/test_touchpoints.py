"""Who speaks of a touchpoint is counted by person, from words the coder is sure of."""

import numpy as np
import pandas as pd
import pytest

from journeyqual import estimate, touchpoints
from journeyqual.codebook import from_dict
from journeyqual.consensus import PANEL
from journeyqual.errors import SchemaError
from journeyqual.schema import TOUCHPOINTS


@pytest.fixture
def points_book():
    """Two stages; the app serves both of them, and one touchpoint has no channel."""
    return from_dict(
        {
            "stage": [
                {
                    "name": "buying",
                    "touchpoints": [
                        {"name": "website", "channel": "web"},
                        {"name": "poster", "channel": "outdoor"},
                    ],
                },
                {
                    "name": "using",
                    "touchpoints": [
                        {"name": "website", "channel": "web"},
                        {"name": "bike"},
                    ],
                },
            ]
        }
    )


@pytest.fixture
def held():
    """P01 has four units, P02 two, P03 one; one of P02's the coder is unsure of."""
    return pd.DataFrame(
        {
            "unit_id": list("abcdefg"),
            "participant": ["P01"] * 4 + ["P02"] * 2 + ["P03"],
            "stage": ["buying", "buying", "using", "", "buying", "using", "using"],
            "valence": [1.0, 0.0, -1.0, 0.7, 0.5, 0.2, 0.4],
            "touchpoint": ["website", "website", "website", "", "poster", "bike", ""],
            "unsure": [False, False, False, False, True, False, False],
        }
    )


def cover(held, book, **options):
    return touchpoints.coverage(held, book, draws=200, **options)


def row(table, name, stage=None, kind="touchpoint"):
    found = table[(table["name"] == name) & (table["kind"] == kind)]
    if stage is not None:
        found = found[found["stage"] == stage]
    assert len(found) == 1
    return found.iloc[0]


def code(unit, value, coder="model:m@1", dimension="touchpoint", status=""):
    return {
        "unit_id": unit,
        "dimension": dimension,
        "value": value,
        "coder": coder,
        "status": status,
    }


# -- coverage -----------------------------------------------------------------------------------


def test_people_units_and_feeling_are_those_worked_out_by_hand(held, points_book):
    table = cover(held, points_book)
    web = row(table, "website", "buying")
    # One of three people; P01's two units there weigh a quarter each: (1 + 0) / 2.
    assert (web["n_participants"], web["n_of"], web["n_units"]) == (1, 3, 2)
    assert web["share"] == pytest.approx(1 / 3)
    assert web["valence"] == pytest.approx(0.5)
    # The channel adds the unit at the other stage: (1 + 0 - 1) / 3, of P01 alone.
    channel = row(table, "web", kind="channel")
    assert channel["valence"] == pytest.approx(0.0)
    assert (channel["n_participants"], channel["n_units"]) == (1, 3)
    assert (channel["stage"], channel["stage_order"]) == ("", -1)


def test_touchpoints_stand_in_the_order_of_the_journey_and_channels_after_them(held, points_book):
    table = cover(held, points_book)
    names = table[["kind", "stage", "name"]].to_numpy().tolist()
    assert names == [
        ["touchpoint", "buying", "website"],
        ["touchpoint", "buying", "poster"],
        ["touchpoint", "using", "website"],
        ["touchpoint", "using", "bike"],
        ["channel", "", "web"],
        ["channel", "", "outdoor"],
    ]


def test_what_the_coder_is_unsure_of_is_no_mention(held, points_book):
    poster = row(cover(held, points_book), "poster")
    assert poster["unmentioned"]
    assert (poster["n_units"], poster["n_unsure"]) == (0, 1)
    assert poster["reason"] == "only in 1 unit that the coder is unsure of"
    assert np.isnan(poster["valence"])
    assert row(cover(held, points_book), "outdoor", kind="channel")["unmentioned"]
    sure = row(cover(held.assign(unsure=False), points_book), "poster")
    assert not sure["unmentioned"]
    assert sure["valence"] == pytest.approx(0.5)


def test_a_touchpoint_of_a_whole_stage_has_the_stages_own_curve(held, points_book):
    everywhere = held.assign(
        unsure=False, touchpoint=held["stage"].map({"buying": "website", "using": "bike"})
    ).fillna({"touchpoint": ""})
    table = cover(everywhere, points_book, seed=3)
    curve = estimate.curve(held, points_book, draws=200, seed=3)
    figures = ["valence", "valence_low", "valence_high", "n_participants", "n_units"]
    for point, stage in (("website", "buying"), ("bike", "using")):
        ours = row(table, point, stage)[figures].astype(float)
        theirs = curve.set_index("stage").loc[stage, figures].astype(float)
        pd.testing.assert_series_equal(ours, theirs, check_names=False)


def test_shares_have_the_wilson_interval_of_statsmodels(points_book):
    from statsmodels.stats.proportion import proportion_confint

    people = [f"P{i:02d}" for i in range(12)]
    said = ["website"] * 5 + [""] * 7
    held = pd.DataFrame(
        {"unit_id": people, "participant": people, "stage": "buying", "valence": 0.0,
         "touchpoint": said}
    )  # fmt: skip
    web = row(cover(held, points_book), "website", "buying")
    low, high = proportion_confint(5, 12, method="wilson")
    assert (web["share_low"], web["share_high"]) == pytest.approx((low, high))


def test_nobody_speaks_louder_because_they_speak_longer(held, points_book):
    """Ten more of P01's mentions change no share and no other touchpoint's feeling."""
    more = pd.DataFrame(
        {"unit_id": [f"m{i}" for i in range(10)], "participant": "P01", "stage": "buying",
         "valence": 1.0, "touchpoint": "website", "unsure": False}
    )  # fmt: skip
    one = cover(held, points_book)
    two = cover(pd.concat([held, more], ignore_index=True), points_book)
    pd.testing.assert_series_equal(one["share"], two["share"])
    assert row(two, "bike")["valence"] == row(one, "bike")["valence"]


def test_shuffled_input_gives_the_same_table(held, points_book):
    shuffled = held.sample(frac=1, random_state=5)
    one, two = cover(held, points_book), cover(shuffled, points_book)
    assert one.to_csv() == two.to_csv()


def test_where_nobody_looked_nothing_is_called_unmentioned(held, points_book):
    table = cover(held.iloc[:0], points_book)
    assert not table["unmentioned"].any()
    assert table["share"].isna().all()
    assert set(table["reason"]) == {"no unit was looked at for touchpoints"}


def test_a_codebook_without_touchpoints_or_channels_gives_what_there_is(held, book, points_book):
    assert cover(held.assign(stage=""), book).empty
    plain = from_dict({"stage": [{"name": "buying", "touchpoints": ["website"]}]})
    table = cover(held[held["stage"] == "buying"], plain)
    assert table["kind"].tolist() == ["touchpoint"]


def test_few_people_make_a_row_thin(held, points_book):
    web = row(cover(held, points_book, thin_below=2), "website", "buying")
    assert web["is_thin"]
    assert web["reason"] == "fewer than 2 participants"
    assert not row(cover(held, points_book, thin_below=1), "website", "buying")["is_thin"]


def test_only_what_people_read_all_of_is_called_human(held, points_book):
    said = held.assign(touchpoint_by="human", human_valence=held["valence"])
    assert set(cover(said, points_book)["method"]) == {"human"}
    said.loc[0, "touchpoint_by"] = "machine"
    assert set(cover(said, points_book)["method"]) == {"machine"}
    assert set(cover(held, points_book)["method"]) == {"machine"}


def test_the_result_is_a_declared_table(held, points_book):
    table = cover(held, points_book)
    assert list(table.columns) == TOUCHPOINTS.names


def test_without_touchpoints_in_the_table_the_error_says_how_to_get_them(held, points_book):
    with pytest.raises(SchemaError, match=r"touchpoints\.spoken"):
        cover(held.drop(columns="touchpoint"), points_book)


# -- what units speak of ------------------------------------------------------------------------


def test_the_panel_counts_before_a_person_and_a_person_before_a_machine(held, points_book):
    codings = pd.DataFrame(
        [
            code("a", "poster", PANEL),
            code("a", "website", "human:ana"),
            code("b", "poster", "human:ana"),
            code("b", "website"),
            code("c", "website"),
            code("c", "bike", "model:m@2"),
            code("d", "website", dimension="stage"),
        ]
    )
    out = touchpoints.spoken(held.drop(columns="touchpoint"), codings, points_book)
    said = out.set_index("unit_id")["touchpoint"].to_dict()
    assert said == {"a": "poster", "b": "poster", "c": "bike"}
    assert out["touchpoint_by"].tolist() == ["human", "human", "machine"]


def test_a_rejection_takes_back_what_its_coder_said(held, points_book):
    codings = pd.DataFrame(
        [
            code("a", "website"),
            code("a", "poster", "human:ana"),
            code("a", "poster", "human:ana", status="rejected"),
        ]
    )
    out = touchpoints.spoken(held.drop(columns="touchpoint"), codings, points_book)
    assert out["touchpoint"].tolist() == ["website"]


def test_a_touchpoint_of_another_stage_is_none(held, points_book):
    codings = pd.DataFrame([code("a", "bike"), code("c", "bike"), code("d", "bike")])
    out = touchpoints.spoken(held.drop(columns="touchpoint"), codings, points_book)
    assert out.set_index("unit_id")["touchpoint"].to_dict() == {"a": "", "c": "bike", "d": ""}


def test_what_a_person_says_is_sure(held, points_book):
    codings = pd.DataFrame([code("e", "poster"), code("e", "poster", "human:ana")])
    machine = touchpoints.spoken(held.drop(columns="touchpoint"), codings[:1], points_book)
    person = touchpoints.spoken(held.drop(columns="touchpoint"), codings, points_book)
    assert machine["unsure"].tolist() == [True]
    assert person["unsure"].tolist() == [False]


def test_units_that_nobody_looked_at_are_left_out(held, points_book):
    none = pd.DataFrame([code("zz", "website")])
    assert touchpoints.spoken(held.drop(columns="touchpoint"), none, points_book).empty


def test_the_panels_name_is_that_of_the_consensus():
    assert touchpoints.PANEL == PANEL
