"""Told order, steps, moves and the seam: worked out by hand, and against slow references."""

import numpy as np
import pandas as pd
import pytest

from journeyqual import estimate, paths
from journeyqual.codebook import from_dict
from journeyqual.errors import ConfigError, SchemaError


@pytest.fixture
def four():
    """A journey of four stages, two on each side."""
    stages = [
        ("hearing", "buyer"),
        ("buying", "buyer"),
        ("using", "customer"),
        ("help", "customer"),
    ]
    return from_dict({"name": "Four", "stage": [{"name": n, "side": s} for n, s in stages]})


def told(walks, valence=0.0):
    """Return a coded table of ``{participant: [stage, ...]}``, one interview each."""
    rows = [
        (f"{who}-{i}", who, who, i, stage, valence)
        for who, walk in walks.items()
        for i, stage in enumerate(walk)
    ]
    names = ["unit_id", "participant", "interview", "order", "stage", "valence"]
    return pd.DataFrame(rows, columns=names)


WALKS = {
    # A: back to buying once. B: passes over buying. C: one stage. D: nothing that fits.
    "A": ["hearing", "buying", "buying", "using", "", "buying", "help"],
    "B": ["using", "hearing", "help"],
    "C": ["buying", "", "buying"],
    "D": ["", ""],
}


def by(frame, *keys):
    return frame.set_index(list(keys))


def test_a_step_is_a_run_of_units_and_what_fits_no_stage_ends_none(four):
    out = paths.paths(told(WALKS), four)
    walks = out.groupby("participant")["stage"].agg(list).to_dict()
    assert walks == {
        "A": ["hearing", "buying", "using", "buying", "help"],
        "B": ["using", "hearing", "help"],
        "C": ["buying"],
    }
    assert out["n_units"].tolist() == [1, 2, 1, 1, 1, 1, 1, 1, 2]
    assert out["step"].tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 1]


def test_the_order_of_rows_is_no_told_order(four):
    table = told(WALKS)
    mixed = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(paths.paths(table, four), paths.paths(mixed, four))


def test_what_the_coder_is_unsure_of_makes_no_step_but_counts_as_spoken_of(four):
    table = told({"A": ["hearing", "using", "hearing", "help"]})
    table["unsure"] = [False, True, False, False]
    assert paths.paths(table, four)["stage"].tolist() == ["hearing", "help"]
    out = by(paths.mentions(table, four), "stage", "measure")
    assert out.loc[("using", "reached"), "n_participants"] == 1
    assert out.loc[("using", "skipped"), "n_participants"] == 0
    assert out.loc[("buying", "skipped"), "n_participants"] == 1
    assert out.loc[("hearing", "repeated"), "n_participants"] == 0


def test_no_move_leads_from_one_interview_into_the_next(four):
    table = told({"A": ["hearing", "help"]}).assign(interview=["one", "two"], order=0)
    assert paths.paths(table, four)["step"].tolist() == [1, 1]
    assert paths.transitions(table, four).empty
    assert np.isnan(paths.told_order(table, four).loc[0, "tau"])


@pytest.mark.parametrize(
    ("walk", "tau"),
    [
        (["hearing", "buying", "using", "help"], 1.0),
        (["help", "using", "buying", "hearing"], -1.0),
        # In order 4, out of order 1, one tie of 6 pairs: 3 / sqrt(6 x 5).
        (["hearing", "buying", "hearing", "using"], 3 / np.sqrt(30)),
        (["hearing", "buying", "hearing"], 0.0),
    ],
)
def test_tau_b_by_hand(four, walk, tau):
    out = paths.told_order(told({"A": walk}), four)
    assert out.loc[0, "tau"] == pytest.approx(tau)


def test_told_order_has_a_row_for_everybody_and_a_reason_for_no_tau(four):
    out = by(paths.told_order(told(WALKS), four), "participant")
    # A: of 10 pairs 8 are in order, using before buying is not, buying ties with itself.
    assert out["tau"].to_dict() == pytest.approx(
        {"A": 7 / np.sqrt(90), "B": 1 / 3, "C": np.nan, "D": np.nan}, nan_ok=True
    )
    assert out["n_back"].tolist() == [1, 1, 0, 0]
    assert out.loc["C", "reason"] == "speaks of one stage only"
    assert out.loc["D", "reason"] == "speaks of no stage"


def test_somebody_interviewed_twice_counts_once_with_the_mean(four):
    one = told({"A": ["hearing", "buying"]})
    two = told({"A": ["help", "using"]}).assign(interview="A2")
    two["unit_id"] += "-2"
    out = paths.told_order(pd.concat([one, two], ignore_index=True), four)
    assert out["tau"].tolist() == [0.0]


def test_the_mean_of_told_order_has_the_interval_of_its_definition():
    taus = np.array([1.0, 0.6, 0.2, -0.2, 0.8, 0.4, 0.9, 0.1, 0.5, 0.3, 0.7, 0.0])
    table = pd.DataFrame({"participant": [f"P{i}" for i in range(12)], "tau": taus})
    table = table.assign(n_stages=3, n_steps=3, n_back=0, method="human")
    row = paths.told_mean(table, seed=1).iloc[0]
    rng = np.random.default_rng(9)
    means = [rng.choice(taus, 12).mean() for _ in range(4000)]
    cut = 100 * estimate.tail(12)
    assert row["value"] == pytest.approx(taus.mean())
    assert row["value_low"] == pytest.approx(np.percentile(means, cut), abs=0.02)
    assert row["value_high"] == pytest.approx(np.percentile(means, 100 - cut), abs=0.02)
    assert row["reason"] == ""


def test_nobody_who_tells_of_several_stages_gives_no_mean(four):
    row = paths.told_mean(paths.told_order(told({"A": ["using"]}), four)).iloc[0]
    assert np.isnan(row["value"])
    assert row["n_participants"] == 0
    assert row["reason"] == "no interval: fewer than 2 participants tell of several stages"


def test_moves_are_counted_by_participants_and_by_times(four):
    table = told({"A": ["hearing", "using", "hearing", "using"], "B": ["hearing", "using"]})
    out = by(paths.transitions(table, four), "from_stage", "to_stage")
    assert out.loc[("hearing", "using"), ["n_moves", "n_participants", "n_of"]].tolist() == [
        3,
        2,
        2,
    ]
    assert out.loc[("using", "hearing"), "direction"] == "back"
    assert out.loc[("using", "hearing"), "share"] == 0.5
    assert len(out) == 2


def test_mentions_by_hand(four):
    out = by(paths.mentions(told(WALKS), four), "measure", "stage")[["n_participants", "n_of"]]
    counts = {m: out.loc[m].to_numpy().tolist() for m in out.index.unique("measure")}
    assert counts == {
        "reached": [[2, 4], [2, 4], [2, 4], [2, 4]],
        # C has reached buying without a word on hearing; B passes over buying.
        "skipped": [[1, 3], [1, 2], [0, 2], [0, 0]],
        "repeated": [[0, 2], [1, 2], [0, 2], [0, 2]],
        "first": [[1, 3], [1, 3], [1, 3], [0, 3]],
        "last": [[0, 3], [1, 3], [0, 3], [2, 3]],
    }


def test_a_share_of_nobody_is_missing_and_says_why(four):
    out = by(paths.mentions(told({"A": ["hearing"]}), four), "stage", "measure")
    row = out.loc[("help", "skipped")]
    assert row[["share", "share_low", "share_high"]].isna().all()
    assert row["reason"] == "nobody speaks of a later stage"


def test_wilson_interval_against_its_formula():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for n, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert paths.share(n, of)[1:] == pytest.approx((low, high), abs=5e-5)


def test_an_empty_table_gives_empty_paths_and_stages_without_a_share(four):
    table = told({"A": ["hearing"]}).iloc[:0]
    assert paths.paths(table, four).empty
    assert paths.told_order(table, four).empty
    assert paths.transitions(table, four).empty
    assert paths.mentions(table, four)["share"].isna().all()
    row = paths.seam(table, four).iloc[0]
    assert np.isnan(row["change"])
    assert row["n_participants"] == 0


def test_an_unknown_stage_and_a_missing_order_are_refused(four):
    with pytest.raises(ConfigError, match="no stage 'selling'"):
        paths.paths(told({"A": ["selling"]}), four)
    with pytest.raises(SchemaError, match="no column 'order'"):
        paths.paths(told({"A": ["using"]}).drop(columns="order"), four)


# -- the seam -----------------------------------------------------------------------------------


def test_the_seam_by_hand(four):
    table = told(
        {
            "A": ["hearing", "buying", "buying", "help", "using"],
            "B": ["hearing", "help"],
            "C": ["using", "help"],
            "D": ["buying", "using"],
        }
    )
    table["valence"] = [1.0, 0.5, 0.0, 1.0, -0.5, 0.0, 0.5, 1.0, 1.0, 0.2, 0.25]
    lines = by(paths.seam_lines(table, four), "participant")
    assert lines["buyer_stage"].to_dict() == {"A": "buying", "B": "hearing", "D": "buying"}
    assert lines["customer_stage"].to_dict() == {"A": "using", "B": "help", "D": "using"}
    assert lines["change"].to_dict() == pytest.approx({"A": -0.75, "B": 0.5, "D": 0.05})
    row = paths.seam(table, four).iloc[0]
    assert row["method"] == "machine"
    assert row["change"] == pytest.approx((-0.75 + 0.5 + 0.05) / 3)
    assert row[["n_participants", "n_rose", "n_fell", "n_level"]].tolist() == [3, 1, 1, 1]
    assert row["is_thin"]
    assert row["reason"] == "over 3 participants an interval is too narrow"


def test_who_talks_more_of_one_side_does_not_make_a_change(four):
    """P1 is glad, P2 is not, and neither changes; only how much they say of each side does."""
    table = told({"P1": ["buying"] * 9 + ["using"], "P2": ["buying"] + ["using"] * 9})
    table["valence"] = np.where(table["participant"] == "P1", 0.8, -0.8)
    assert paths.seam(table, four).loc[0, "change"] == pytest.approx(0.0)


def test_a_codebook_without_sides_has_no_seam(four):
    book = from_dict({"name": "M", "stage": [{"name": "hearing"}, {"name": "using"}]})
    row = paths.seam(told({"A": ["hearing", "using"]}), book).iloc[0]
    assert np.isnan(row["change"])
    assert row["reason"] == "the codebook has no buyer stage"


def test_convenience_tags_move_no_line(four):
    table = told({"A": ["buying", "using"], "B": ["buying", "using"]})
    tagged = table.assign(human_stage="", human_valence=np.nan, sampling_probability=np.nan)
    tagged.loc[0, ["human_stage", "human_valence"]] = ["help", -1.0]
    pd.testing.assert_frame_equal(paths.seam(tagged, four), paths.seam(table, four))


def at_the_seam(seed, people, *, bias=0.4, drawn=0.3):
    """Two stages, a fall of 0.3, and a machine that is too kind to the customer stage only."""
    rng = np.random.default_rng(seed)
    parts = []
    for p in range(people):
        n = int(rng.integers(8, 20))
        stage = np.where(np.arange(n) < n // 2, "buying", "using")
        mood = rng.normal(0, 0.2) + np.where(stage == "buying", 0.2, -0.1 + rng.normal(0, 0.2))
        truth = np.clip(mood + rng.normal(0, 0.15, n), -1, 1)
        read = np.clip(truth + bias * (stage == "using") + rng.normal(0, 0.1, n), -1, 1)
        misread = rng.random(n) < 0.1
        chosen = rng.random(n) < drawn
        parts.append(
            pd.DataFrame(
                {
                    "unit_id": [f"{p}-{i}" for i in range(n)],
                    "participant": f"P{p:02}",
                    "stage": np.where(misread, rng.choice(["buying", "using"], n), stage),
                    "valence": read,
                    "human_stage": np.where(chosen, stage, ""),
                    "human_valence": np.where(chosen, truth, np.nan),
                    "sampling_probability": np.where(chosen, drawn, np.nan),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def test_all_drawn_and_read_right_the_correction_is_the_human_change(four):
    table = at_the_seam(1, 12, bias=0.0, drawn=1.1).assign(sampling_probability=1.0)
    table["stage"] = table["human_stage"]
    human = paths.seam(table, four).iloc[0]
    assert human["method"] == "human"
    assert human["n_human"] == len(table)
    # One unit that people left alone makes it a sample; it weighs nothing on either side.
    extra = table.iloc[[0]].assign(unit_id="more", stage="", human_stage="", human_valence=np.nan)
    out = by(paths.seam(pd.concat([table, extra], ignore_index=True), four, draws=200), "method")
    assert out.loc["prediction-powered", "change"] == pytest.approx(human["change"])


def test_the_corrected_interval_holds_the_true_change_where_the_machines_does_not(four):
    """24 people, 60 studies; the machine alone is off by 0.4 x its share of right stages."""
    hits = {"machine": [], "prediction-powered": []}
    for seed in range(60):
        out = by(paths.seam(at_the_seam(seed, 24), four, draws=300, seed=seed), "method")
        for method, held in hits.items():
            row = out.loc[method]
            held.append(row["change_low"] <= -0.3 <= row["change_high"])
    assert np.mean(hits["machine"]) < 0.2
    assert np.mean(hits["prediction-powered"]) >= 0.88


def test_the_draws_of_the_curve_are_those_of_its_interval(four):
    """`estimate.resampled` and `estimate.curve` are two ways to one estimand."""
    table = at_the_seam(5, 30)
    for method in ("machine", "human", "prediction-powered"):
        curve = estimate.curve(table, four, method=method, draws=500, seed=3)
        point, drawn, voices = estimate.resampled(table, four, method=method, draws=500, seed=3)
        assert point == pytest.approx(curve["valence"].to_numpy(), nan_ok=True)
        for k in np.flatnonzero(~np.isnan(point)):
            width = curve.loc[k, "valence_high"] - curve.loc[k, "valence_low"]
            assert np.nanstd(drawn[:, k]) * 3.92 == pytest.approx(width, rel=0.35)
            assert voices[k] <= 30
