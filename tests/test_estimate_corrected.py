"""What people's codings of drawn units do to a curve: against a slow reference, and a library."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as t_distribution

from journeyqual import estimate, sampling
from journeyqual.codebook import from_dict

STAGES = ("buying", "using", "leaving")


def study(seed, participants=20, right=0.7, per_stage=12):
    """Uneven talkers, misread stages, shrunken valence, and a sample by machine stage."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(participants), rng.integers(5, 40, participants))
    n = len(person)
    stage = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    seen = np.where(rng.random(n) < right, stage, rng.choice(3, n))
    mood = rng.normal(0, 0.2, (participants, 3))
    truth = np.array([0.4, -0.3, 0.0])[stage] + mood[person, stage] + rng.normal(0, 0.3, n)
    truth = truth.clip(-1, 1)
    machine = (0.5 * truth + 0.1 + rng.normal(0, 0.25, n)).clip(-1, 1)
    table = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(n)],
            "participant": [f"P{p:02}" for p in person],
            "stage": np.array(STAGES)[seen],
            "valence": machine,
        }
    )
    drawn = sampling.draw(table.rename(columns={"stage": "machine_stage"}), per_stage, seed=seed)
    inside = drawn["place"].notna().to_numpy()
    return table.assign(
        human_stage=np.where(inside, np.array(STAGES)[stage], ""),
        human_valence=np.where(inside, truth, np.nan),
        sampling_probability=drawn["probability"].to_numpy(),
    )


def slowly(table):
    """The points, by a loop over units and the covariance of participants' parts."""
    people = sorted(table["participant"].unique())
    own = {p: np.zeros((3, 6)) for p in people}
    for row in table.itertuples():
        weight = 1 / (table["participant"] == row.participant).sum()
        parts = own[row.participant]
        if row.stage:
            parts[STAGES.index(row.stage), 2:4] += weight * row.valence, weight
        if not np.isnan(row.human_valence):
            weight /= row.sampling_probability
            if row.human_stage:
                parts[STAGES.index(row.human_stage), 0:2] += weight * row.human_valence, weight
            if row.stage:
                parts[STAGES.index(row.stage), 4:6] += weight * row.valence, weight
    found, covariances, variances = [], [], []
    for k in range(3):
        top, bottom, all_top, all_bottom, same_top, same_bottom = np.array(
            [own[p][k] for p in people]
        ).T
        more_top, more_bottom = all_top - same_top, all_bottom - same_bottom
        alone = all_top.sum() / all_bottom.sum()
        ratio = (top + more_top - alone * more_bottom).sum() / bottom.sum()
        a, b = (
            (top - ratio * bottom) / bottom.sum(),
            (more_top - alone * more_bottom) / bottom.sum(),
        )
        covariances.append(np.cov(a, b)[0, 1])
        variances.append(np.var(b, ddof=1))
        added = more_top - (alone - ratio) * more_bottom
        found.append((top.sum(), bottom.sum(), added.sum(), more_bottom.sum()))
    common = np.clip(-sum(covariances) / sum(variances), 0, 1)
    each = np.clip(-np.array(covariances) / variances, 0, 1)
    return [
        (top + weight * added) / (bottom + weight * more)
        for (top, bottom, added, more), weight in zip(found, (each + common) / 2, strict=True)
    ]


@pytest.fixture
def book():
    return from_dict({"name": "Mini", "stage": [{"name": name} for name in STAGES]})


@pytest.mark.parametrize("seed", [1, 2])
def test_the_point_is_that_of_its_definition(book, seed):
    table = study(seed)
    out = estimate.curve(table, book, draws=100)["valence"]
    assert out.tolist() == pytest.approx(slowly(table))


def test_a_simple_mean_is_that_of_ppi_python(book):
    """One unit a participant, equal chances: the point, weight and interval of PPI++."""
    import ppi_py

    rng = np.random.default_rng(4)
    size, n = 1500, 300
    truth = rng.normal(0.1, 0.3, size).clip(-1, 1)
    machine = (0.6 * truth + 0.2 + rng.normal(0, 0.15, size)).clip(-1, 1)
    drawn = np.zeros(size, dtype=bool)
    drawn[rng.choice(size, n, replace=False)] = True
    table = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(size)],
            "participant": [f"P{i}" for i in range(size)],
            "stage": "using",
            "valence": machine,
            "human_stage": np.where(drawn, "using", ""),
            "human_valence": np.where(drawn, truth, np.nan),
            "sampling_probability": n / size,
        }
    )
    row = estimate.curve(table, book, seed=1).set_index("stage").loc["using"]
    own = (truth[drawn], machine[drawn], machine[~drawn])
    assert row["valence"] == pytest.approx(ppi_py.ppi_mean_pointestimate(*own)[0], abs=5e-4)
    low, high = ppi_py.ppi_mean_ci(*own, alpha=0.05)
    assert row["valence_low"] == pytest.approx(low[0], abs=0.004)
    assert row["valence_high"] == pytest.approx(high[0], abs=0.004)
    # Without the machine the same people say less.
    alone = estimate.curve(table, book, method="human", seed=1).set_index("stage").loc["using"]
    classical = np.diff(ppi_py.classical_mean_ci(truth[drawn], alpha=0.05), axis=0).item()
    assert alone["valence_high"] - alone["valence_low"] == pytest.approx(classical, rel=0.05)
    assert row["valence_high"] - row["valence_low"] < 0.9 * classical


def test_a_ratio_with_misread_stages_is_that_of_ppi_python(book):
    """One unit a participant, stages misread: their bootstrap of the ratio, tuned as they do."""
    import ppi_py

    rng = np.random.default_rng(4)
    size, n = 3000, 600
    stage = rng.choice(3, size, p=[0.5, 0.3, 0.2])
    seen = np.where(rng.random(size) < 0.8, stage, rng.choice(3, size))
    truth = (np.array([0.4, -0.3, 0.0])[stage] + rng.normal(0, 0.3, size)).clip(-1, 1)
    machine = (0.6 * truth + 0.2 + rng.normal(0, 0.15, size)).clip(-1, 1)
    drawn = np.zeros(size, dtype=bool)
    drawn[rng.choice(size, n, replace=False)] = True
    table = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(size)],
            "participant": [f"P{i}" for i in range(size)],
            "stage": np.array(STAGES)[seen],
            "valence": machine,
            "human_stage": np.where(drawn, np.array(STAGES)[stage], ""),
            "human_valence": np.where(drawn, truth, np.nan),
            "sampling_probability": n / size,
        }
    )
    ours = estimate.curve(table, book, seed=1)
    alone = estimate.curve(table, book, method="human", draws=500)

    def ratio(sums):
        return sums[:, 0].sum() / sums[:, 1].sum()

    for k in range(3):
        people, same, others = (
            np.c_[value * (where == k), where == k].astype(float)
            for where, value in (
                (stage[drawn], truth[drawn]),
                (seen[drawn], machine[drawn]),
                (seen[~drawn], machine[~drawn]),
            )
        )
        np.random.seed(0)  # noqa: NPY002 - the library draws from numpy's own state
        low, high = ppi_py.ppboot(
            ratio, people, same, others, n_resamples=1000, n_resamples_lam=300, alpha=0.05
        )
        row = ours.iloc[k]
        assert row["valence"] == pytest.approx((low + high) / 2, abs=0.004)
        assert row["valence_high"] - row["valence_low"] == pytest.approx(high - low, rel=0.08)
        # People alone, told apart by this tolerance: theirs are 15 to 30 % wider.
        assert alone["valence_high"][k] - alone["valence_low"][k] > 1.12 * (high - low)


def test_peoples_weighed_ratio_is_a_regression_with_clustered_errors(book):
    """Unequal chances and uneven talkers: statsmodels' weighted mean, a cluster a participant."""
    import statsmodels.api as sm

    table = study(8, participants=120, per_stage=250)
    out = estimate.curve(table, book, method="human", draws=4000).set_index("stage")
    weight = 1 / table.groupby("participant")["unit_id"].transform("size")
    for stage in STAGES:
        own = table[(table["human_stage"] == stage) & table["human_valence"].notna()]
        fit = sm.WLS(
            own["human_valence"],
            np.ones(len(own)),
            weights=(weight / table["sampling_probability"]).loc[own.index],
        ).fit(
            cov_type="cluster",
            cov_kwds={"groups": pd.factorize(own["participant"])[0], "df_correction": True},
            use_t=True,
        )
        low, high = fit.conf_int().to_numpy()[0]
        assert out.loc[stage, "valence"] == pytest.approx(fit.params.iloc[0])
        width = out.loc[stage, "valence_high"] - out.loc[stage, "valence_low"]
        assert width == pytest.approx(high - low, rel=0.06)


def test_rows_in_any_order_give_the_same_bytes(book):
    table = study(9).assign(emotion="joy", plan="free")
    table.loc[::3, "plan"] = "paid"
    for made in (
        lambda t: estimate.curve(t, book, draws=200),
        lambda t: estimate.differences(t, book, by="plan", draws=200),
        lambda t: estimate.lines(t, book),
        lambda t: estimate.emotions(t, book),
    ):
        one, again = (made(t).to_csv() for t in (table, table.sample(frac=1, random_state=1)))
        assert one == again
    weight = np.random.default_rng(0).random(len(table))
    order = np.random.default_rng(1).permutation(len(table))
    one, again = (
        estimate.resampled(table.iloc[rows], book, draws=50, weights=weight[rows])[1]
        for rows in (np.arange(len(table)), order)
    )
    assert one.tobytes() == again.tobytes()


def test_where_everything_was_drawn_the_machine_changes_nothing(book):
    """Probability 1 of every unit: points and intervals are people's own, whatever it said."""
    table = study(6)
    told = table.assign(
        human_stage=table["stage"], human_valence=-table["valence"], sampling_probability=1.0
    )
    human, powered = (
        estimate.curve(told, book, method=method, draws=400)
        for method in ("human", "prediction-powered")
    )
    np.testing.assert_array_equal(human["valence"], powered["valence"])
    np.testing.assert_allclose(human["valence_low"], powered["valence_low"], rtol=1e-12)


def test_adding_a_constant_to_what_the_machine_says_changes_nothing(book):
    table = study(5)
    table["valence"] /= 2
    plain, kinder = (
        estimate.curve(table.assign(valence=table["valence"] + added), book, draws=200)
        for added in (0.0, 0.4)
    )
    columns = ["valence", "valence_low", "valence_high"]
    np.testing.assert_allclose(plain[columns], kinder[columns], atol=1e-9)


def test_a_machine_that_says_nothing_of_use_gets_no_weight(book):
    table = study(3).assign(stage="leaving", valence=0.0)
    corrected = estimate.curve(table, book, method="prediction-powered", draws=100)
    human = estimate.curve(table, book, method="human", draws=100)
    first = slice(0, 2)
    assert corrected["valence"][first].tolist() == pytest.approx(human["valence"][first].tolist())


def test_the_tuned_weight_costs_a_degree_of_freedom_but_never_more_than_people_alone(book):
    """Two participants more whom the machine places there, who bring nothing: t with 6, not 5."""
    rows = [(f"P{i}", "using", 0.1 * i) for i in range(6)] + [("P6", "", 0.0), ("P7", "", 0.0)]
    table = pd.DataFrame(rows, columns=["participant", "human_stage", "human_valence"])
    table = table.assign(
        unit_id=table["participant"],
        stage=["leaving"] * 6 + ["using"] * 2,
        valence=0.0,
        sampling_probability=1.0,
    )
    corrected, human = (
        estimate.curve(table, book, method=method).set_index("stage").loc["using"]
        for method in ("prediction-powered", "human")
    )
    width = [row["valence_high"] - row["valence"] for row in (corrected, human)]
    # Six of eight people behind the point against five of six, as t intervals go.
    t6, t5 = t_distribution.ppf(0.975, [6, 5])
    assert width[0] / width[1] == pytest.approx(t6 * np.sqrt(8 / 6) / (t5 * np.sqrt(6 / 5)))
    same = table.assign(stage=table["human_stage"])
    same = estimate.curve(same, book, method="prediction-powered").set_index("stage").loc["using"]
    assert same["valence_high"] - same["valence"] == pytest.approx(width[1])


def test_where_people_place_nothing_the_machines_point_stands_unverified(book):
    """Also where they looked: every drawn unit that the machine placed there lies elsewhere."""
    table = study(2)
    inside = table["human_valence"].notna()
    table.loc[inside & (table["human_stage"] == "leaving"), "human_stage"] = "using"
    assert (inside & (table["stage"] == "leaving")).sum() == 12
    machine = estimate.curve(table, book, method="machine", draws=50).set_index("stage")
    row = estimate.curve(table, book, draws=200).set_index("stage").loc["leaving"]
    assert row["is_unverified"]
    assert row["valence"] == pytest.approx(machine.loc["leaving", "valence"])
    assert row["valence_low"] < row["valence"] < row["valence_high"]


def test_two_people_with_codings_leave_all_but_the_whole_scale_open(book):
    table = pd.DataFrame(
        {
            "unit_id": list("abcdef"),
            "participant": list("ABCABC"),
            "stage": "using",
            "valence": [0.3, 0.1, -0.2, 0.2, 0.4, 0.0],
            "human_stage": ["using", "using", "", "", "", ""],
            "human_valence": [0.6, -0.4, np.nan, np.nan, np.nan, np.nan],
            "sampling_probability": 1 / 3,
        }
    )
    row = estimate.curve(table, book).set_index("stage").loc["using"]
    assert row["valence_high"] - row["valence_low"] > 1.5
    alone = table.assign(human_valence=[0.6, *[np.nan] * 5])
    row = estimate.curve(alone, book).set_index("stage").loc["using"]
    assert np.isnan(row["valence_low"])


@pytest.mark.slow
def test_intervals_cover_where_machines_alone_do_not(book):
    """150 studies of twenty people; the truth is the mean over a great many of their kind."""
    crowd = study(10_000, participants=6000, per_stage=10**6)
    everybody = estimate.curve(crowd, book, method="human", draws=2)
    truth = everybody["valence"].to_numpy()
    hits = {"machine": [], "human": [], "prediction-powered": []}
    width = {name: [] for name in hits}
    for seed in range(150):
        table = study(seed)
        for method in hits:
            out = estimate.curve(table, book, method=method, draws=300, seed=seed)
            low, high = out["valence_low"].to_numpy(), out["valence_high"].to_numpy()
            hits[method].append((low <= truth) & (truth <= high))
            width[method].append(high - low)
    assert np.mean(hits["machine"]) < 0.6
    assert 0.91 <= np.mean(hits["prediction-powered"]) <= 0.98
    assert np.mean(width["prediction-powered"]) < np.mean(width["human"])
