"""Interviews that came after the draw: what was found of the others is carried over to them."""

import numpy as np
import pandas as pd
import pytest

from journeyqual import estimate
from journeyqual.errors import SchemaError
from tests.test_estimate_corrected import STAGES, study
from tests.test_estimate_corrected import book as book


def later(seed, came=6, participants=20, **how):
    """The study of `study`, drawn from before the last participants came."""
    early = study(seed, participants=participants - came, **how)
    late = study(seed + 1000, participants=came, per_stage=1)
    late = late.assign(
        unit_id="late " + late["unit_id"],
        participant="late " + late["participant"],
        human_stage="",
        human_valence=np.nan,
        sampling_probability=np.nan,
    )
    return pd.concat(
        [early.assign(is_unreached=False), late.assign(is_unreached=True)], ignore_index=True
    )


def test_it_is_the_curve_of_drawing_interviews_and_then_units(book):
    """14 of 20 interviews came in time: the chance of a unit is 14/20 of what the draw says."""
    table = later(1)
    chained = table.drop(columns="is_unreached")
    chained["sampling_probability"] *= 14 / 20
    ours, reference = (estimate.curve(t, book, draws=300) for t in (table, chained))
    columns = ["valence", "valence_low", "valence_high", "n_human"]
    np.testing.assert_allclose(ours[columns], reference[columns], rtol=1e-12)
    ignored = estimate.curve(table.drop(columns="is_unreached"), book, draws=300)
    assert np.abs(ours["valence"] - ignored["valence"]).max() > 0.003


def test_a_worked_example(book):
    """Ten units of ten people; five were there to be drawn, all five were. The machine errs by .3.

    People's mean of the early ones is .5, the machine's .2; of the late ones it says .4. Carried
    over, the whole is .5 + (the machine's .3 of all less its .2 of the early) = .6, if the machine
    is fully listened to. It errs by the same each time, so that it is.
    """
    truth = np.array([0.3, 0.4, 0.5, 0.6, 0.7])
    table = pd.DataFrame(
        {
            "unit_id": list("abcdefghij"),
            "participant": list("ABCDEFGHIJ"),
            "stage": "using",
            "valence": [*(truth - 0.3), *(truth - 0.1)],
            "human_stage": ["using"] * 5 + [""] * 5,
            "human_valence": [*truth, *[np.nan] * 5],
            "sampling_probability": [1.0] * 5 + [np.nan] * 5,
            "is_unreached": [False] * 5 + [True] * 5,
        }
    )
    row = estimate.curve(table, book).set_index("stage").loc["using"]
    assert row["valence"] == pytest.approx(0.6)
    assert row["n_unreached"] == 5
    assert row["reason"] == (
        "5 of 10 units came after the draw, and are taken to be like the others"
    )
    # People alone know of the late ones only that they are like the early.
    human = estimate.curve(table, book, method="human").set_index("stage").loc["using"]
    assert human["valence"] == pytest.approx(0.5)


def test_intervals_hold_where_leaving_late_interviews_to_the_machine_fails(book):
    """Half of twenty interviews came late; the truth is the mean over a great many people."""
    crowd = study(10_000, participants=3000, per_stage=10**6)
    truth = estimate.curve(crowd, book, method="human", draws=2)["valence"].to_numpy()
    inside, carried, left = [], [], []
    for seed in range(40):
        table = later(seed, came=10)
        out = estimate.curve(table, book, draws=200, seed=seed)
        low, high = out["valence_low"].to_numpy(), out["valence_high"].to_numpy()
        inside.append((low <= truth) & (truth <= high))
        late = table[table["is_unreached"]]
        machine = estimate.curve(late, book, method="machine", draws=2)["valence"]
        carried.append(out["valence"].to_numpy())
        left.append((out["valence"] + machine).to_numpy() / 2)
    assert 0.92 <= np.mean(inside) <= 0.99
    off, off_left = (np.abs(np.mean(points, axis=0) - truth).max() for points in (carried, left))
    assert off < 0.03
    assert off_left > 0.06


def test_a_group_that_came_late_altogether_is_unverified(book):
    table = later(2).assign(wave=lambda t: np.where(t["is_unreached"], "second", "first"))
    out = estimate.curve(table, book, by="wave", draws=100).set_index(["group", "stage"])
    assert out.loc["second", "is_unverified"].all()
    assert set(out.loc["second", "reason"]) == {
        "people coded nothing here, so that the machine's word stands"
    }
    machine = estimate.curve(table, book, by="wave", method="machine", draws=100)
    machine = machine.set_index(["group", "stage"])
    assert out.loc["second", "valence"].tolist() == pytest.approx(
        machine.loc["second", "valence"].tolist()
    )
    assert not out.loc["first", "is_unverified"].any()
    assert (out.loc["first", "n_unreached"] == 0).all()
    assert (out.loc["first", "reason"] == "").all()


def test_whether_the_machine_hears_late_interviews_differ_can_be_asked(book):
    table = later(3)
    out = estimate.differences(table, book, by="is_unreached", method="machine", draws=200)
    assert out[["group", "against"]].drop_duplicates().to_numpy().tolist() == [["False", "True"]]


def test_where_people_coded_everything_it_does_not_matter(book):
    table = later(4)
    told = table.assign(human_stage=table["stage"], human_valence=table["valence"])
    told["sampling_probability"] = np.nan
    one, again = (
        estimate.curve(t, book, draws=100) for t in (told, told.assign(is_unreached=False))
    )
    pd.testing.assert_frame_equal(one, again)
    assert (one["n_unreached"] == 0).all()


def test_a_unit_that_no_draw_could_reach_has_no_chance(book):
    table = later(5)
    table.loc[len(table) - 1, "sampling_probability"] = 0.2
    with pytest.raises(SchemaError, match="no draw could reach") as caught:
        estimate.curve(table, book)
    assert caught.value.line == len(table) + 1


def test_why_there_is_no_point_or_interval_is_said(book):
    table = study(2)
    table = table[table["stage"] != "buying"]
    inside = table["human_valence"].notna()
    table.loc[inside & (table["human_stage"] == "buying"), "human_stage"] = ""
    said = estimate.curve(table, book, draws=50).set_index("stage")["reason"]
    assert said["buying"] == "nobody spoke of it"
    assert said["using"] == ""
    one = table[table["participant"] == "P00"]
    said = estimate.curve(one, book, method="machine").set_index("stage")["reason"]
    assert said["using"] == "too few participants for an interval"
    table.loc[inside & (table["human_stage"] == "leaving"), "human_stage"] = ""
    human = estimate.curve(table, book, method="human", draws=50).set_index("stage")
    assert human.loc["leaving", "reason"] == "people coded nothing here"
    assert set(human.index) == set(STAGES)
