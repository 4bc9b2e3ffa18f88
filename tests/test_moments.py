"""Peaks, split stages, moments of truth and wrong expectations: by hand and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from journeyqual import estimate, moments
from journeyqual.codebook import from_dict
from journeyqual.errors import ConfigError, SchemaError


def units(values, **attributes):
    """Return a coded table of ``{participant: [(stage, valence), ...]}``, one interview each."""
    rows = [
        (f"{who}-{i}", who, who, i, stage, valence)
        for who, said in values.items()
        for i, (stage, valence) in enumerate(said)
    ]
    names = ["unit_id", "participant", "interview", "order", "stage", "valence"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(**{name: table["participant"].map(of) for name, of in attributes.items()})


def at(stage, feelings):
    """One unit each at one stage."""
    return {f"P{i:02}": [(stage, v)] for i, v in enumerate(feelings)}


def row(frame, stage):
    return frame.set_index("stage").loc[stage]


# -- ranks --------------------------------------------------------------------------------------


def test_ranks_against_a_slow_reference(book):
    rng = np.random.default_rng(0)
    centres = {"buying": 0.1, "using": 0.0, "leaving": -0.05}
    said = {
        f"P{i:02}": [(s, float(np.clip(rng.normal(m, 0.3), -1, 1))) for s, m in centres.items()]
        for i in range(12)
    }
    out = moments.ranks(units(said), book, draws=4000, seed=1).set_index("stage")
    means = np.array([[v for _, v in walk] for walk in said.values()])
    lowest, highest = np.zeros(3), np.zeros(3)
    for _ in range(4000):
        drawn = means[rng.integers(12, size=12)].mean(axis=0)
        lowest[drawn.argmin()] += 1
        highest[drawn.argmax()] += 1
    assert out["p_lowest"].to_numpy() == pytest.approx(lowest / 4000, abs=0.04)
    assert out["p_highest"].to_numpy() == pytest.approx(highest / 4000, abs=0.04)
    # One of the lowest two is whoever is not the highest of three.
    assert out["p_lowest_two"].to_numpy() == pytest.approx(1 - out["p_highest"].to_numpy())
    assert out[["p_lowest", "p_highest"]].sum().tolist() == pytest.approx([1, 1])
    assert out["rank"].sum() == pytest.approx(1 + 2 + 3)
    assert (out["rank_low"] <= out["rank"]).all()
    assert (out["rank"] <= out["rank_high"]).all()


def test_stages_that_are_always_equal_share_their_places(book):
    said = {f"P{i}": [("buying", 0.2), ("using", 0.2), ("leaving", 0.5)] for i in range(6)}
    out = moments.ranks(units(said), book, draws=50).set_index("stage")
    assert out["p_lowest"].tolist() == [0.5, 0.5, 0.0]
    assert out["p_lowest_two"].tolist() == [1.0, 1.0, 0.0]
    assert out["p_highest"].tolist() == [0.0, 0.0, 1.0]
    assert out["rank"].tolist() == [1.5, 1.5, 3.0]


def test_a_thin_stage_is_not_ranked_and_says_why(book):
    said = {f"P{i}": [("buying", 0.2), ("using", -0.2)] for i in range(6)}
    said["P0"].append(("leaving", -1.0))
    out = moments.ranks(units(said), book, draws=50).set_index("stage")
    assert np.isnan(out.loc["leaving", "p_lowest"])
    assert out.loc["leaving", "reason"] == "fewer than 5 participants spoke of it"
    assert out.loc["using", "p_lowest"] == 1.0


def test_one_stage_alone_has_no_rank(book):
    out = moments.ranks(units(at("using", [0.1] * 6)), book, draws=50)
    assert out["p_lowest"].isna().all()
    assert row(out, "using")["reason"] == "fewer than two stages can be ranked"


# -- verdicts, peak and end ---------------------------------------------------------------------


def test_the_verdict_is_taken_before_last_words_and_never_mixed_with_them():
    table = units({"A": [("using", 0.5)], "B": [("using", -0.5)]}, verdict={"A": "9", "B": ""})
    out = moments.verdicts(table)
    assert out.to_numpy().tolist() == [["A", 9.0, "verdict"]]
    out = moments.verdicts(table, outcome="last words")
    assert out["verdict"].tolist() == [0.5, -0.5]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"A": "good"}, "'good' is no number"),
        ({"A": "inf"}, "'inf' is no number"),
    ],
)
def test_a_verdict_that_is_no_number_is_refused(values, said):
    with pytest.raises(SchemaError, match=said):
        moments.verdicts(units({"A": [("using", 0.5)]}, verdict=values))


def test_two_verdicts_of_one_participant_are_refused():
    table = units({"A": [("using", 0.5), ("using", 0.1)]}).assign(verdict=["9", "2"])
    with pytest.raises(SchemaError, match="A has several values"):
        moments.verdicts(table)


def test_no_verdict_where_one_is_asked_for_is_refused():
    with pytest.raises(SchemaError, match="no participant has a verdict"):
        moments.verdicts(units({"A": [("using", 0.5)]}), outcome="verdict")
    with pytest.raises(SchemaError, match="no column 'order'"):
        moments.verdicts(units({"A": [("using", 0.5)]}).drop(columns="order"))


def test_last_words_are_left_out_of_what_they_are_held_against(book):
    said = {"A": [("buying", 1.0), ("using", -1.0), ("using", 0.3), ("", 0.6), ("using", 0.9)]}
    table = units(said)
    assert moments.verdicts(table)["verdict"].tolist() == pytest.approx([0.6])
    out = moments.peak_end(table, book).iloc[0]
    assert (out["peak"], out["end"], out["outcome"]) == (0.0, -1.0, "last words")


def test_peak_and_end_by_hand(book):
    said = {
        "A": [("leaving", 0.3), ("buying", -0.9), ("buying", -0.7), ("using", 0.1)],
        "B": [("buying", 0.5), ("using", -0.5)],
        "C": [("", 1.0)],
    }
    out = moments.peak_end(units(said, verdict={"A": 3, "B": None, "C": 9}), book)
    assert out["participant"].tolist() == ["A", "B"]
    one, two = out.iloc[0], out.iloc[1]
    # The end is the last stage of the journey, though it was told first.
    assert (one["peak_stage"], one["end_stage"]) == ("buying", "leaving")
    assert one[["peak", "end", "peak_end", "mean"]].tolist() == pytest.approx(
        [-0.8, 0.3, -0.25, (-0.8 + 0.3 + 0.1) / 3]
    )
    assert one["verdict"] == 3
    assert np.isnan(two["verdict"])
    assert two[["peak", "end", "peak_end"]].tolist() == pytest.approx([0.0, -0.5, -0.25])


def peaks(peak_end, verdict, mean=None):
    n = len(verdict)
    return pd.DataFrame(
        {
            "participant": [f"P{i:02}" for i in range(n)],
            "peak_stage": "using",
            "end_stage": "using",
            "peak": peak_end,
            "end": peak_end,
            "peak_end": peak_end,
            "mean": peak_end if mean is None else mean,
            "verdict": verdict,
            "outcome": "verdict",
        }
    )


def test_peak_end_figures_are_spearmans_and_their_difference():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, 20), rng.uniform(-1, 1, 20)
    verdict = np.round(5 + 4 * x + rng.normal(0, 1, 20))
    out = moments.peak_end_figures(peaks(x, verdict, y), draws=500).set_index("measure")
    first, second = stats.spearmanr(x, verdict).statistic, stats.spearmanr(y, verdict).statistic
    assert out.loc["peak_end", "value"] == pytest.approx(first)
    assert out.loc["mean", "value"] == pytest.approx(second)
    assert out.loc["peak_end less mean", "value"] == pytest.approx(first - second)
    assert out.loc["peak_end less mean", "value_low"] > 0
    assert out["n_participants"].tolist() == [20] * 5


def test_the_same_numbers_twice_differ_by_nothing_in_every_draw():
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, 12)
    out = moments.peak_end_figures(peaks(x, rng.uniform(0, 10, 12)), draws=100)
    last = out.iloc[-1]
    assert last[["value", "value_low", "value_high"]].tolist() == [0.0, 0.0, 0.0]


def test_seven_participants_and_equal_verdicts_show_nothing():
    few = moments.peak_end_figures(peaks([0.1] * 7, range(7)))
    assert few["value"].isna().all()
    assert few["reason"].unique().tolist() == ["7 participants: fewer than 8 show nothing"]
    alike = moments.peak_end_figures(peaks(np.linspace(-1, 1, 9), [5] * 9))
    assert alike["value"].isna().all()
    assert alike["reason"].unique().tolist() == ["no variation: all feel or judge alike"]


# -- moments of truth ---------------------------------------------------------------------------


def test_truth_against_scipy_and_statsmodels(book):
    rng = np.random.default_rng(4)
    said, verdict = {}, {}
    for i in range(20):
        buying, using = rng.uniform(-1, 1, 2)
        said[f"P{i:02}"] = [("buying", buying), ("using", using)]
        verdict[f"P{i:02}"] = round(5 + 3 * using + rng.normal(0, 2))
    for i in range(7):
        said[f"P{i:02}"].append(("leaving", rng.uniform(-1, 1)))
    out = moments.truth(units(said, verdict=verdict), book, draws=2000).set_index("stage")
    final = list(verdict.values())
    for k, stage in enumerate(("buying", "using")):
        known = stats.spearmanr([walk[k][1] for walk in said.values()], final)
        assert out.loc[stage, "rho"] == pytest.approx(known.statistic)
        assert out.loc[stage, "p"] == pytest.approx(known.pvalue, abs=0.02)
        assert out.loc[stage, "rho_low"] < known.statistic < out.loc[stage, "rho_high"]
    tested = multipletests(out.loc[["buying", "using"], "p"], method="holm")[1]
    assert out.loc[["buying", "using"], "p_holm"].to_numpy() == pytest.approx(tested)
    assert out["is_moment"].tolist() == [False, True, False]
    assert out.loc["leaving", "n_participants"] == 7
    assert out.loc["leaving", "reason"] == "7 participants: fewer than 8 show nothing"
    assert set(out["outcome"]) == {"verdict"}


def test_the_smallest_p_counts_the_order_that_was_seen():
    x = np.arange(9.0)
    assert moments._permuted(x, x, 1.0, 199, 0) >= 1 / 200


def test_the_interval_of_a_rank_correlation_holds_the_truth():
    """Twelve people, rho .5 of normal values (Spearman: 6 / pi x asin(.25)), 200 studies."""
    rng = np.random.default_rng(1)
    truth = 6 / np.pi * np.arcsin(0.25)
    hits = []
    for seed in range(200):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 12).T
        low, high = moments._ends(moments._spearman(x, y, 300, seed)[1])
        hits.append(low <= truth <= high)
    assert 0.90 <= np.mean(hits) <= 0.995


def test_holm_by_hand():
    assert moments.holm([0.01, 0.02, 0.3, np.nan]).tolist() == pytest.approx(
        [0.03, 0.04, 0.3, np.nan], nan_ok=True
    )
    assert np.isnan(moments.holm([np.nan])).all()


# -- where participants part --------------------------------------------------------------------


def test_shares_by_hand_and_at_the_edges(book):
    out = moments.polarisation(units(at("using", [0.25, 0.24, -0.25, -0.24, 0.0, 1.0])), book)
    using = row(out, "using")
    assert (using["delighted"], using["suffering"]) == (pytest.approx(2 / 6), pytest.approx(1 / 6))
    assert not using["is_split"]
    known = stats.binomtest(2, 6).proportion_ci(method="wilson")
    assert using["delighted_low"] == pytest.approx(known.low)
    assert using["delighted_high"] == pytest.approx(known.high)
    assert row(out, "leaving")["reason"] == "nobody spoke of it"


@pytest.mark.parametrize(
    ("feelings", "split"),
    [
        ([0.5, 0.5, 0, 0, 0, 0, 0, 0, -0.5, -0.5], True),  # 20 % each
        ([0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, -0.5, -0.5], False),  # 18 %
        ([0.5, 0.5, 0.5, 0.5, -0.5], False),  # one person is no side
        ([0.5, 0.5, -0.5, -0.5], False),  # thin
        ([0.5, 0.5, 0.0, -0.5, -0.5], True),
    ],
)
def test_split_asks_for_a_fifth_and_two_people_on_each_side(book, feelings, split):
    assert (
        row(moments.polarisation(units(at("using", feelings)), book), "using")["is_split"] == split
    )


def parted(n=20, gap=1.0, seed=0):
    """Half of the people are of segment x and glad, the others are not; plan is a coin."""
    rng = np.random.default_rng(seed)
    feelings = np.clip(np.where(np.arange(n) % 2, gap / 2, -gap / 2) + rng.normal(0, 0.1, n), -1, 1)
    people = [f"P{i:02}" for i in range(n)]
    return units(
        at("using", feelings),
        segment={p: "x" if i % 2 else "y" for i, p in enumerate(people)},
        plan={p: "a" if i < n // 2 else "b" for i, p in enumerate(people)},
        town=dict(zip(people, people, strict=True)),
    )


def test_the_attribute_that_parts_a_stage_is_found_and_no_other(book):
    table = parted()
    out = moments.separation(table, book, ["segment", "plan", "town"]).set_index("attribute")
    own = table.groupby("segment")["valence"].mean()
    sign = 1 if out.loc["segment", "value"] == "x" else -1
    assert out.loc["segment", "difference"] == pytest.approx(sign * (own["x"] - own["y"]))
    assert out.loc["segment", "difference_low"] <= out.loc["segment", "difference"]
    assert out.loc["segment", ["n_value", "n_rest"]].tolist() == [10, 10]
    assert out["separates"].to_dict() == {"segment": True, "plan": False, "town": False}
    # Two tests were made: nothing can be said of towns with one inhabitant.
    assert out.loc["segment", "p_holm"] == pytest.approx(2 * out.loc["segment", "p"])
    assert out.loc["town", "reason"] == "no value has 3 participants beside 3 others"
    assert np.isnan(out.loc["town", "p"])


def test_with_two_values_the_test_is_that_of_the_difference(book):
    """Against scipy's permutation test of a difference of means."""
    rng = np.random.default_rng(6)
    feelings = np.r_[rng.uniform(-0.6, 1, 7), rng.uniform(-1, 0.6, 9)]
    segment = {f"P{i:02}": "x" if i < 7 else "y" for i in range(16)}
    out = moments.separation(
        units(at("using", feelings), segment=segment), book, ["segment"], draws=5000
    ).iloc[0]
    known = stats.permutation_test(
        (feelings[:7], feelings[7:]),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        vectorized=True,
        n_resamples=np.inf,
    )
    assert out["p"] == pytest.approx(known.pvalue, abs=0.02)


def test_having_picked_a_value_is_paid_for(book):
    """Five values and no difference: p of at most .05 in about one study of twenty."""
    rng = np.random.default_rng(7)
    hits = []
    for seed in range(150):
        feelings = rng.choice([-0.6, -0.5, 0.5, 0.6], 25)
        town = {f"P{i:02}": "abcde"[i % 5] for i in range(25)}
        part = moments._part(feelings, np.array(list(town.values()), dtype=object), 199, seed)
        hits.append(part["p"] <= 0.05)
    assert np.mean(hits) < 0.11


def test_few_people_part_into_nothing(book):
    out = moments.separation(parted(n=6), book, ["segment"]).iloc[0]
    assert np.isnan(out["p"])
    assert not out["separates"]
    assert out["reason"] == "6 participants: fewer than 8 show nothing"


def test_no_split_stage_asks_nobody_apart(book):
    assert moments.separation(parted(gap=0.0), book, ["segment"]).empty


def test_a_wrong_attribute_is_refused(book):
    with pytest.raises(SchemaError, match="no column 'region'"):
        moments.separation(parted(), book, ["region"])
    with pytest.raises(SchemaError, match="no column 'stage'"):
        moments.separation(parted(), book, ["stage"])


# -- authored against lived ---------------------------------------------------------------------


@pytest.fixture
def hoped():
    """Expected: 0.5 for buying, 0.5 for using, nothing for leaving."""
    stages = [{"name": n, "expected_valence": 0.5} for n in ("buying", "using")]
    return from_dict({"name": "Mini", "stage": [*stages, {"name": "leaving"}]})


def test_gaps_are_those_of_the_curve_largest_first(hoped):
    rng = np.random.default_rng(2)
    said = {
        f"P{i:02}": [("buying", 0.45 + rng.normal(0, 0.2)), ("using", rng.normal(-0.3, 0.2))]
        for i in range(12)
    }
    said = {p: [(s, float(np.clip(v, -1, 1))) for s, v in walk] for p, walk in said.items()}
    curve = estimate.curve(units(said), hoped, draws=300)
    out = moments.gaps(curve, hoped)
    assert out["stage"].tolist() == ["using", "buying", "leaving"]
    assert out["is_outside"].tolist() == [True, False, False]
    point = curve.set_index("stage").loc["using"]
    using = row(out, "using")
    for end in ("", "_low", "_high"):
        assert using[f"gap{end}"] == pytest.approx(point[f"valence{end}"] - 0.5)
    assert using["n_participants"] == 12
    assert row(out, "leaving")["reason"] == "the codebook expects nothing of it"


def test_a_stage_that_nobody_spoke_of_has_no_gap(hoped):
    out = moments.gaps(estimate.curve(units(at("using", [0.1] * 3)), hoped, draws=50), hoped)
    assert row(out, "buying")["reason"] == "nobody spoke of it"
    assert np.isnan(row(out, "buying")["gap"])
    assert out["stage"].iloc[0] == "using"


def test_one_voice_has_a_gap_and_no_interval(hoped):
    out = moments.gaps(estimate.curve(units(at("using", [-0.5])), hoped, draws=50), hoped)
    using = row(out, "using")
    assert using["gap"] == pytest.approx(-1.0)
    assert not using["is_outside"]
    assert using["reason"] == "one participant has no interval"


def test_gaps_of_several_groups_or_of_another_codebook_are_refused(hoped, book):
    table = units(at("using", [0.1, 0.2]), segment={"P00": "x", "P01": "y"})
    with pytest.raises(SchemaError, match="several groups"):
        moments.gaps(estimate.curve(table, hoped, by="segment", draws=20), hoped)
    other = from_dict({"name": "Other", "stage": [{"name": "buying"}]})
    with pytest.raises(ConfigError, match="no stage 'using'"):
        moments.gaps(estimate.curve(table, book, draws=20), other)
