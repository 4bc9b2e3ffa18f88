"""Groups and waves held against each other: textbook t intervals where these are simple means."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from journeyqual import estimate
from journeyqual.codebook import from_dict
from journeyqual.errors import SchemaError


def means(values, **columns):
    """One unit a participant at one stage, so that a curve is a simple mean."""
    return pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(values))],
            "participant": [f"P{i:03}" for i in range(len(values))],
            "stage": "using",
            "valence": values,
            **columns,
        }
    )


def at(table, stage="using"):
    return table[table["stage"] == stage].iloc[0]


def many(seed, participants=24, stages=6, shift=0.0, groups=2):
    """Several stages that go together within a person; the first group is ``shift`` higher."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 0.3, participants)
    rows = [
        (f"{p}-{k}-{i}", f"P{p:02}", f"s{k}", f"g{p % groups}", mood[p] + rng.normal(0, 0.2))
        for p in range(participants)
        for k in range(stages)
        for i in range(2)
    ]
    table = pd.DataFrame(rows, columns=["unit_id", "participant", "stage", "kind", "valence"])
    table["valence"] += shift * (table["kind"] == "g0")
    return table.assign(valence=table["valence"].clip(-1, 1))


SIX = from_dict({"name": "Six", "stage": [{"name": f"s{k}"} for k in range(6)]})


def test_a_difference_is_that_of_the_groups_curves(coded, book):
    table = coded.assign(plan=coded["participant"].map({"P01": "x", "P02": "y", "P03": "y"}))
    curves = estimate.curve(table, book, by="plan").set_index(["group", "stage"])["valence"]
    out = estimate.differences(table, book, by="plan", draws=50).set_index("stage")
    for stage in ("buying", "using"):
        assert out.loc[stage, "difference"] == pytest.approx(
            curves["x", stage] - curves["y", stage]
        )
    assert np.isnan(out.loc["leaving", "difference"])
    assert out["n_participants"].tolist() == [1, 1, 0]
    assert out["n_participants_against"].tolist() == [1, 2, 0]


def test_of_simple_means_it_is_welchs_interval(book):
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.3, 0.1, 9), rng.normal(0.0, 0.3, 15)
    table = means([*one, *other], kind=["a"] * 9 + ["b"] * 15)
    row = at(estimate.differences(table, book, by="kind", draws=20_000))
    welch = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    assert row["difference"] == pytest.approx(one.mean() - other.mean())
    assert row["difference_low"] == pytest.approx(welch.low, abs=0.01)
    assert row["difference_high"] == pytest.approx(welch.high, abs=0.01)
    # One difference alone: all at once is the same as one, and so is its p.
    assert row["joint_low"] == pytest.approx(row["difference_low"], abs=0.01)
    p = stats.ttest_ind(one, other, equal_var=False).pvalue
    assert row["p_joint"] == pytest.approx(p, abs=0.01)
    assert row["n_both"] == 0


def test_waves_of_the_same_people_are_paired(book):
    rng = np.random.default_rng(1)
    first = rng.normal(0.0, 0.35, 12)
    second = first + rng.normal(0.15, 0.08, 12)
    before, after = means(first, wave="2025"), means(second, wave="2026")
    table = pd.concat([before, after.assign(unit_id="v" + after["unit_id"])], ignore_index=True)
    row = at(estimate.changes(table, book, period="wave", draws=20_000))
    paired = stats.ttest_rel(second, first).confidence_interval()
    assert (row["group"], row["against"], row["n_both"]) == ("2026", "2025", 12)
    assert row["difference"] == pytest.approx((second - first).mean())
    assert row["difference_low"] == pytest.approx(paired.low, abs=0.005)
    assert row["difference_high"] == pytest.approx(paired.high, abs=0.005)
    assert row["differs"]
    # The same numbers from strangers would say far less.
    strangers = table.assign(participant=table["unit_id"])
    assert not at(estimate.changes(strangers, book, period="wave"))["differs"]


def test_waves_follow_the_order_they_are_given_or_their_names(book):
    table = means([0.1, 0.2, 0.3, 0.4], wave=["spring", "spring", "autumn", "winter"])
    out = estimate.changes(table, book, period="wave", order=["spring", "autumn", "winter"])
    pairs = out[["group", "against"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [["autumn", "spring"], ["winter", "autumn"]]
    out = estimate.changes(table, book, period="wave", draws=50)
    assert out["against"].unique().tolist() == ["autumn", "spring"]
    out = estimate.changes(table, book, period="wave", order=["winter", "spring"], draws=50)
    assert at(out)["difference"] == pytest.approx(0.15 - 0.4)


def test_three_groups_are_each_held_against_the_rest_or_a_named_one(book):
    table = means([0.6, 0.2, 0.0, -0.1, -0.4, 0.9], kind=["a", "a", "b", "b", "c", ""])
    out = estimate.differences(table, book, by="kind", draws=50)
    using = out[out["stage"] == "using"].set_index("group")
    assert set(using["against"]) == {estimate.REST}
    assert using.loc["a", "difference"] == pytest.approx(0.4 - (0.0 - 0.1 - 0.4) / 3)
    assert using.loc["c", "difference"] == pytest.approx(-0.4 - (0.6 + 0.2 + 0.0 - 0.1) / 4)
    named = estimate.differences(table, book, by="kind", against="b", draws=50)
    named = named[named["stage"] == "using"].set_index("group")
    assert named.index.tolist() == ["a", "c"]
    assert named.loc["a", "difference"] == pytest.approx(0.4 + 0.05)
    assert np.isnan(named.loc["c", "difference_low"])


def test_thin_stages_have_no_joint_interval_and_never_differ():
    table = many(0, shift=0.8)
    thin = (table["stage"] == "s0") & (table["kind"] == "g1") & (table["participant"] > "P05")
    out = estimate.differences(table[~thin], SIX, by="kind").set_index("stage")
    assert out["is_thin"].tolist() == [True] + [False] * 5
    assert np.isnan(out.loc["s0", ["joint_low", "joint_high", "p_joint"]].astype(float)).all()
    assert out["differs"].tolist() == [False] + [True] * 5


def test_joint_intervals_hold_the_single_ones_and_know_that_stages_go_together():
    table = many(1)
    out = estimate.differences(table, SIX, by="kind")
    assert (out["joint_low"] < out["difference_low"]).all()
    assert (out["joint_high"] > out["difference_high"]).all()
    # Each stage said by other people: six independent questions, close to Sidak's level.
    alone = table.assign(participant=table["participant"] + table["stage"])
    apart = estimate.differences(alone, SIX, by="kind")
    df = 22
    grown = (apart["joint_high"] - apart["difference"]) / (
        apart["difference_high"] - apart["difference"]
    )
    sidak = stats.t.ppf((1 + 0.95 ** (1 / 6)) / 2, df) / stats.t.ppf(0.975, df)
    assert grown.median() == pytest.approx(sidak, rel=0.05)
    together = (out["joint_high"] - out["difference"]) / (
        out["difference_high"] - out["difference"]
    )
    assert together.median() < grown.median()


def test_single_intervals_cover_and_all_together_seldom_err():
    """200 studies of twice twelve people who do not differ: the 5 % hold for the whole table."""
    inside, wrong = [], []
    for seed in range(200):
        out = estimate.differences(many(seed), SIX, by="kind", draws=300, seed=seed)
        inside.append(((out["difference_low"] <= 0) & (out["difference_high"] >= 0)).mean())
        wrong.append(out["differs"].any())
    assert 0.92 <= np.mean(inside) <= 0.975
    assert np.mean(wrong) <= 0.09


def test_people_correct_what_a_machine_gets_wrong_in_one_group(book):
    """A machine that reads group b 0.6 too low, though both feel the same."""
    rng = np.random.default_rng(6)
    truth = rng.normal(0.1, 0.2, 400).clip(-1, 1)
    kind = np.where(np.arange(400) % 40 < 20, "a", "b")
    table = means((truth - 0.6 * (kind == "b")).clip(-1, 1), kind=kind)
    drawn = rng.random(400) < 0.4
    table = table.assign(
        participant=[f"P{i % 40:02}" for i in range(400)],
        human_stage=np.where(drawn, "using", ""),
        human_valence=np.where(drawn, truth, np.nan),
        sampling_probability=0.4,
    )
    machine = at(estimate.differences(table, book, by="kind", method="machine"))
    assert machine["differs"]
    assert machine["is_unverified"]
    row = at(estimate.differences(table, book, by="kind"))
    assert row["method"] == "prediction-powered"
    assert not row["differs"]
    assert not row["is_unverified"]
    assert abs(row["difference"]) < 0.12


def test_same_seed_same_table_in_any_order_of_rows():
    table = many(3, groups=3)
    one = estimate.differences(table, SIX, by="kind", draws=200, seed=5)
    again = estimate.differences(
        table.sample(frac=1, random_state=1), SIX, by="kind", draws=200, seed=5
    )
    pd.testing.assert_frame_equal(one, again)
    other = estimate.differences(table, SIX, by="kind", draws=200, seed=6)
    assert not one["difference_low"].equals(other["difference_low"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t, b: estimate.differences(t, b, by="none"), "1 group: there is nothing"),
        (lambda t, b: estimate.differences(t, b, by="plan"), "no column 'plan'"),
        (lambda t, b: estimate.differences(t, b, by="kind", against="z"), "no group 'z'"),
        (lambda t, b: estimate.changes(t, b, period="kind", order=["a", "z"]), "no wave 'z'"),
        (lambda t, b: estimate.changes(t, b, period="kind", order=["a"]), "one wave alone"),
    ],
)
def test_what_cannot_be_compared_is_refused(book, call, said):
    table = means([0.1, 0.2, 0.3], kind=["a", "a", "b"], none="x")
    with pytest.raises(SchemaError, match=said):
        call(table, book)
