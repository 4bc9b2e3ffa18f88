"""The curve, worked out by hand where it is small and checked against its definition where not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as t_distribution

from journeyqual import estimate
from journeyqual.errors import SchemaError


def by_stage(curve, column="valence"):
    return dict(zip(curve["stage"], curve[column], strict=True))


def test_the_curve_is_the_weighted_ratio_of_means(coded, book):
    # Weights: 1/4 a unit of P01, 1/2 of P02, 1 of P03.
    out = by_stage(estimate.curve(coded, book))
    assert out["buying"] == pytest.approx((0.25 * 1.0 + 0.25 * 0.0 + 0.5 * 0.5) / 1.0)
    assert out["using"] == pytest.approx((0.25 * -1.0 + 0.5 * 0.0 + 1 * 0.4) / 1.75)
    assert np.isnan(out["leaving"])


def test_a_stage_that_nobody_spoke_of_is_missing_not_zero(coded, book):
    row = estimate.curve(coded, book).iloc[2]
    assert (row["stage"], row["n_units"], row["n_participants"]) == ("leaving", 0, 0)
    assert row[["valence", "valence_low", "valence_high"]].isna().all()
    assert row["is_thin"]


def test_counts_and_sensitivity_check(coded, book):
    out = estimate.curve(coded, book, thin_below=3).set_index("stage")
    assert out["n_units"].tolist() == [3, 3, 0]
    assert out["n_participants"].tolist() == [2, 3, 0]
    assert out["is_thin"].tolist() == [True, False, True]
    assert out.loc["buying", "valence_participants_first"] == pytest.approx((0.5 + 0.5) / 2)
    assert out.loc["using", "spread"] == pytest.approx(np.std([-1.0, 0.0, 0.4], ddof=1))


def test_nobody_speaks_louder_because_they_speak_longer(book):
    """Repeating everything that one participant said changes nothing."""
    short = pd.DataFrame(
        {
            "unit_id": ["a", "b"],
            "participant": ["P01", "P02"],
            "stage": ["using", "using"],
            "valence": [1.0, -0.5],
        }
    )
    more = [short.iloc[[0]].assign(unit_id=f"a{i}") for i in range(9)]
    long = pd.concat([short, *more], ignore_index=True)
    assert by_stage(estimate.curve(short, book))["using"] == pytest.approx(
        by_stage(estimate.curve(long, book))["using"]
    )


def test_same_seed_same_interval_and_rows_in_any_order(coded, book):
    one = estimate.curve(coded, book, seed=3)
    again = estimate.curve(coded.sample(frac=1, random_state=0), book, seed=3)
    pd.testing.assert_frame_equal(one, again)
    table = simulated(0, participants=20)
    seeds = [estimate.curve(table, book, method="machine", seed=s)["valence_low"] for s in (3, 4)]
    assert not seeds[0].equals(seeds[1])


def test_one_participant_has_a_point_and_no_interval(coded, book):
    out = estimate.curve(coded[coded["participant"] == "P01"], book)
    assert out["valence"].notna().tolist() == [True, True, False]
    assert out["valence_low"].isna().all()


def test_interval_is_the_cluster_bootstrap_of_its_definition(book):
    """Against a slow reference that draws participants and computes the ratio from scratch."""
    rng = np.random.default_rng(0)
    rows = [
        (f"{p}-{i}", f"P{p:02}", rng.choice(["buying", "using", ""]), rng.uniform(-1, 1))
        for p in range(15)
        for i in range(rng.integers(2, 9))
    ]
    table = pd.DataFrame(rows, columns=["unit_id", "participant", "stage", "valence"])
    fast = estimate.curve(table, book, draws=4000, seed=1).set_index("stage")

    weight = 1 / table.groupby("participant")["unit_id"].transform("size")
    people = {p: table.index[table["participant"] == p] for p in table["participant"].unique()}
    draws = {"buying": [], "using": []}
    for _ in range(2500):
        picked = np.concatenate([people[p] for p in rng.choice(list(people), len(people))])
        sample, w = table.loc[picked], weight.loc[picked].to_numpy()
        for stage, said in draws.items():
            here = (sample["stage"] == stage).to_numpy()
            said.append((w * sample["valence"])[here].sum() / w[here].sum())
    for stage, said in draws.items():
        n = table.loc[table["stage"] == stage, "participant"].nunique()
        half = t_distribution.ppf(0.975, n - 1) * np.std(said) * np.sqrt(n / (n - 1))
        point = fast.loc[stage, "valence"]
        assert fast.loc[stage, "valence_low"] == pytest.approx(point - half, abs=0.03)
        assert fast.loc[stage, "valence_high"] == pytest.approx(point + half, abs=0.03)


def test_interval_of_one_unit_each_is_the_t_interval_of_a_mean(book):
    """With a unit a participant the curve is a mean, and its interval in every textbook."""
    values = np.array([-0.6, -0.2, -0.1, 0.0, 0.1, 0.1, 0.3, 0.4, 0.5, 0.9])
    table = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(10)],
            "participant": [f"P{i}" for i in range(10)],
            "stage": "using",
            "valence": values,
        }
    )
    row = estimate.curve(table, book, draws=20_000).set_index("stage").loc["using"]
    half = t_distribution.ppf(0.975, 9) * values.std(ddof=1) / np.sqrt(10)
    assert row["valence_low"] == pytest.approx(values.mean() - half, abs=0.01)
    assert row["valence_high"] == pytest.approx(values.mean() + half, abs=0.01)


def test_the_tail_of_a_percentile_interval_grows_with_students_t():
    """For ten people by hand: t(.975, 9) = 2.262, times sqrt(10 / 9) is 2.384, beyond it 0.86 %."""
    assert 100 * estimate.tail(10) == pytest.approx(0.86, abs=0.01)
    assert 100 * estimate.tail(10_000) == pytest.approx(2.5, abs=0.01)


def test_groups_are_computed_apart(coded, book):
    table = coded.assign(segment=coded["participant"].map({"P01": "x", "P02": "y"}))
    out = estimate.curve(table, book, by="segment")
    assert out["group"].unique().tolist() == ["(not given)", "x", "y"]
    alone = estimate.curve(table[table["segment"] == "x"], book)
    pd.testing.assert_frame_equal(
        out[out["group"] == "x"].drop(columns="group").reset_index(drop=True),
        alone.drop(columns="group"),
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stage": "selling"}, "'selling' is no stage"),
        ({"valence": 1.5}, "above 1"),
        ({"participant": ""}, "is blank"),
        ({"unit_id": "a"}, "stands twice"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(coded, book, change, said):
    coded = coded.copy()
    for column, value in change.items():
        coded.loc[3, column] = value
    with pytest.raises(SchemaError, match=said) as caught:
        estimate.curve(coded, book)
    assert caught.value.line == 5


def test_grouping_by_a_column_that_is_not_there(coded, book):
    with pytest.raises(SchemaError, match="no column 'region'"):
        estimate.curve(coded, book, by="region")


# -- people's codings ---------------------------------------------------------------------------


def test_every_unit_coded_by_people_is_the_human_curve(coded, book):
    table = coded.assign(human_stage=["using"] * 7, human_valence=0.5)
    out = estimate.curve(table, book)
    assert set(out["method"]) == {"human"}
    assert by_stage(out)["using"] == pytest.approx(0.5)
    assert by_stage(out, "n_human") == {"buying": 0, "using": 7, "leaving": 0}


def test_convenience_tags_never_correct_the_curve(coded, book):
    tagged = coded.assign(human_stage="", human_valence=np.nan, sampling_probability=np.nan)
    tagged.loc[0, ["human_stage", "human_valence"]] = ["using", -1.0]
    out = estimate.curve(tagged, book)
    assert set(out["method"]) == {"machine"}
    assert by_stage(out)["buying"] == pytest.approx(0.5)


def test_a_blank_human_stage_means_that_none_fits(coded, book):
    table = coded.assign(human_stage="", human_valence=0.0)
    out = estimate.curve(table, book)
    assert out["valence"].isna().all()


def test_all_units_drawn_gives_the_human_curve_whatever_the_machine_said(coded, book):
    truth = coded.assign(
        human_stage=coded["stage"],
        human_valence=coded["valence"],
        stage="using",
        valence=-1.0,
        sampling_probability=1.0,
    )
    out = estimate.curve(truth, book, method="prediction-powered")
    assert by_stage(out)["buying"] == pytest.approx(0.5)
    assert by_stage(out)["using"] == pytest.approx((-0.25 + 0.4) / 1.75)


def simulated(seed, participants=60, bias=0.4):
    """A machine that is too kind by ``bias`` and misreads some stages; a third is drawn."""
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(participants):
        mood = rng.normal(0, 0.15)
        for i in range(rng.integers(5, 25)):
            stage = rng.choice(["buying", "using"])
            level = {"buying": 0.3, "using": -0.3}[stage]
            truth = float(np.clip(level + mood + rng.normal(0, 0.2), -1, 1))
            machine = float(np.clip(truth + bias + rng.normal(0, 0.1), -1, 1))
            seen = stage if rng.random() < 0.85 else rng.choice(["buying", "using"])
            drawn = rng.random() < 1 / 3
            rows.append(
                {
                    "unit_id": f"{p}-{i}",
                    "participant": f"P{p}",
                    "stage": seen,
                    "valence": machine,
                    "human_stage": stage if drawn else "",
                    "human_valence": truth if drawn else np.nan,
                    "sampling_probability": 1 / 3,
                    "true_stage": stage,
                    "true_valence": truth,
                }
            )
    return pd.DataFrame(rows)


def test_prediction_powered_removes_the_machines_bias_and_beats_people_alone(book):
    gaps = {"machine": [], "prediction-powered": []}
    widths = {"human": [], "prediction-powered": []}
    for seed in range(8):
        table = simulated(seed)
        truth = table.assign(stage=table["true_stage"], valence=table["true_valence"])
        truth = by_stage(
            estimate.curve(truth[["unit_id", "participant", "stage", "valence"]], book)
        )
        for method in ("machine", "human", "prediction-powered"):
            out = estimate.curve(table, book, method=method, draws=400, seed=seed)
            if method in gaps:
                gaps[method].append(abs(by_stage(out)["using"] - truth["using"]))
            if method in widths:
                width = (
                    out.set_index("stage")["valence_high"] - out.set_index("stage")["valence_low"]
                )
                widths[method].append(width["using"])
    assert np.mean(gaps["machine"]) > 0.3
    assert np.mean(gaps["prediction-powered"]) < 0.05
    assert np.mean(widths["prediction-powered"]) < np.mean(widths["human"])


def test_asking_for_a_method_without_its_codings_is_refused(coded, book):
    with pytest.raises(SchemaError, match="sampling probability"):
        estimate.curve(coded, book, method="prediction-powered")
    with pytest.raises(SchemaError, match="neither"):
        estimate.curve(coded, book, method="human")


def test_what_stands_beside_a_point_is_made_of_the_same_values(coded, book):
    """Convenience tags move neither the point nor its n, spread and lines."""
    tagged = coded.assign(human_stage="leaving", human_valence=-1.0, sampling_probability=np.nan)
    tagged.loc[0, ["human_stage", "human_valence"]] = ["", np.nan]
    pd.testing.assert_frame_equal(estimate.curve(tagged, book), estimate.curve(coded, book))
    pd.testing.assert_frame_equal(estimate.lines(tagged, book), estimate.lines(coded, book))


def test_a_stage_without_drawn_units_keeps_the_machines_point_and_says_so(book):
    table = simulated(3)
    at = (table["human_stage"] == "using") | (table["stage"] == "using")
    table.loc[at, "human_stage"] = ""
    table.loc[at, "human_valence"] = np.nan
    machine = by_stage(estimate.curve(table, book, method="machine"))
    out = estimate.curve(table, book, draws=300).set_index("stage")
    assert set(out["method"]) == {"prediction-powered"}
    assert out["is_unverified"].tolist() == [False, True, True]
    assert out.loc["using", "valence"] == pytest.approx(machine["using"])
    assert out.loc["using", ["valence_low", "valence_high"]].notna().all()


def test_a_probability_of_nought_is_refused(coded, book):
    table = coded.assign(human_stage="", human_valence=np.nan, sampling_probability=0.0)
    table.loc[2, ["human_stage", "human_valence"]] = ["using", 0.5]
    with pytest.raises(SchemaError, match="probability 0") as caught:
        estimate.curve(table, book)
    assert caught.value.line == 4


def test_an_empty_table_gives_every_stage_without_a_point(coded, book):
    out = estimate.curve(coded.iloc[:0], book)
    assert out["stage"].tolist() == list(book.stage_names)
    assert out["valence"].isna().all()
    assert out["n_participants"].tolist() == [0, 0, 0]


def test_a_unit_without_a_valence_is_left_out(coded, book):
    coded.loc[0, "valence"] = np.nan
    assert estimate.lines(coded, book)["n_units"].sum() == 5
    assert estimate.emotions(coded, book)["n_units"].sum() == 5


def test_intervals_cover_what_they_say_for_a_dozen_people(book):
    """Humans only, twelve clusters, 300 studies: a plain percentile interval covers 88 %."""
    rng = np.random.default_rng(5)
    hits = []
    for seed in range(300):
        moods = rng.normal(0.1, 0.3, 12)
        rows = [
            (f"{p}-{i}", f"P{p}", "using", np.clip(mood + rng.normal(0, 0.2), -1, 1))
            for p, mood in enumerate(moods)
            for i in range(4)
        ]
        table = pd.DataFrame(rows, columns=["unit_id", "participant", "stage", "valence"])
        row = estimate.curve(table, book, draws=400, seed=seed).set_index("stage").loc["using"]
        hits.append(row["valence_low"] <= 0.1 <= row["valence_high"])
    assert 0.92 <= np.mean(hits) <= 0.98


# -- lines, emotions, reading -------------------------------------------------------------------


def test_lines_are_each_participants_means(coded, book):
    out = estimate.lines(coded, book)
    own = {(r.participant, r.stage): r.valence for r in out.itertuples()}
    assert own == {
        ("P01", "buying"): 0.5,
        ("P01", "using"): -1.0,
        ("P02", "buying"): 0.5,
        ("P02", "using"): 0.0,
        ("P03", "using"): 0.4,
    }


def test_emotion_shares_weigh_participants_alike_and_add_up(coded, book):
    out = estimate.emotions(coded, book)
    sums = out.groupby("stage")["share"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    share = out.set_index(["stage", "emotion"])["share"]
    assert share["using", "joy"] == pytest.approx(1 / 1.75)
    assert share["using", "gratitude"] == 0


def test_reading_prefers_stages_that_are_not_thin():
    curve = pd.DataFrame(
        {
            "stage": ["a", "b", "c"],
            "stage_order": [0, 1, 2],
            "valence": [0.1, -0.9, 0.3],
            "is_thin": [False, True, False],
        }
    )
    out = estimate.reading(curve).set_index("measure")
    assert out.loc["lowest", "stage"] == "a"
    assert out.loc["last", "value"] == pytest.approx(0.3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["P1", "P2", "P3", "P4"]),
            st.sampled_from(["buying", "using", "leaving", ""]),
            st.floats(-1, 1),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_points_lie_within_what_was_said_and_within_their_interval(rows):
    from journeyqual.codebook import from_dict

    names = ("buying", "using", "leaving")
    book = from_dict({"name": "M", "stage": [{"name": n} for n in names]})
    table = pd.DataFrame(rows, columns=["participant", "stage", "valence"])
    table.insert(0, "unit_id", [str(i) for i in range(len(table))])
    out = estimate.curve(table, book, draws=100)
    for row in out.itertuples():
        said = table.loc[table["stage"] == row.stage, "valence"]
        if len(said):
            assert said.min() - 1e-9 <= row.valence <= said.max() + 1e-9
            if not np.isnan(row.valence_low):
                assert -1 <= row.valence_low <= row.valence + 1e-9
                assert row.valence - 1e-9 <= row.valence_high <= 1
