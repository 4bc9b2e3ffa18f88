"""Numbers held against voices: scales and flags by hand, associations against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from journeyqual import estimate, numbers
from journeyqual.codebook import from_dict
from journeyqual.errors import SchemaError
from journeyqual.moments import holm
from journeyqual.numbers import flags, moving
from journeyqual.numbers.voices import heard


def metric(name="conversion", value=41.0, unit="%", better="higher", **more):
    return {"metric": name, "value": value, "unit": unit, "better": better, **more}


# -- scales and what is at stake ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "lost"),
    [
        (metric(), 0.59),
        (metric("left within a year", 17, better="lower"), 0.17),
        (metric("signed", 0.25, "share"), 0.75),
        (metric("NPS", 0, ""), 0.5),
        (metric("Net Promoter Score", -100, "points"), 1.0),
        (metric("relationship nps", 100, "NPS"), 0.0),
        (metric("satisfaction after delivery (1-5)", 4.3, "points"), 0.175),
        (metric("effort (1 to 7)", 2.5, "", "lower"), 0.25),
        (metric("app rating", 4, "/5"), 0.25),
        (metric("rated, out of 10", 7, ""), 0.3),
        (metric("rating", 2, "stars"), 0.75),
        (metric("mood", -1, "-2 to 2"), 0.75),
        (metric("mood (-2–2)", 1, "score"), 0.25),
        (metric("conversion", 41, low=20, high="60"), 0.475),
        (metric("conversion", 41, high=40), 0.0),
        (metric("tickets a week", 30, "", "lower", low="0", high="40"), 0.75),
    ],
)
def test_what_is_lost_is_the_way_to_the_good_end_of_the_scale(row, lost):
    assert numbers.at_stake(row) == pytest.approx(lost)
    assert numbers.at_stake(pd.Series(row)) == pytest.approx(lost)


@pytest.mark.parametrize(
    "row",
    [
        metric("days without a bike", 1.2, "days", "lower"),
        metric("billing questions per 100 customers", 23, "questions", "lower"),
        metric("tickets", 23, None, "lower"),
        metric("24/7 support", 3, ""),
        metric("change in conversion", 5, "%"),
        metric("growth of sales", 5, "%"),
        metric("conversion", 141, "%"),
        metric("signed", 41, "share"),
        metric("satisfaction (1-5)", 43, "points"),
        metric("calls answered (9-12)", 10, "calls"),
        metric("conversion", 41, "%", ""),
        metric("conversion", 41, "%", None),
        metric("tickets", 23, "", "lower", low=0),
    ],
)
def test_without_a_scale_or_a_good_end_nothing_is_said_to_be_lost(row):
    assert np.isnan(numbers.at_stake(row))


@pytest.mark.parametrize(
    ("row", "middle"),
    [
        (metric("NPS", 12, ""), 0),
        (metric("satisfaction (1-5)", 4, "points"), 3),
        (metric("CSAT", 81, "%"), 50),
        (metric("dissatisfied customers", 8, "%", "lower"), 50),
        (metric("satisfied", 0.8, "share"), 0.5),
        (metric("rating", 7, "/10"), 5),
        (metric("rating", 7, "/10", low=1), 5.5),
        (metric("conversion", 41, neutral="30"), 30),
        (metric("CSAT", 81, "%", neutral=75), 75),
        (metric("tickets", 23, "", "lower", neutral=20), 20),
        (metric("conversion", 41), np.nan),
        (metric("CSAT survey, response rate", 12), np.nan),
        (metric("NPS detractors", 12), np.nan),
        (metric("tickets", 23, "", "lower", low=0, high=40), np.nan),
    ],
)
def test_the_middle_is_known_of_ratings_nps_and_satisfaction_alone(row, middle):
    assert numbers.scale(row).middle == pytest.approx(middle, nan_ok=True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"neutral": "many"}, "column 'neutral': 'many' of 'conversion' is no number"),
        ({"high": "inf"}, "column 'high': 'inf' of 'conversion' is no number"),
        ({"low": 60, "high": 40}, "would run from 60 to 40"),
        ({"neutral": 120}, "120 cannot be the neutral value of 'conversion'"),
    ],
)
def test_a_scale_that_cannot_be_is_one_clear_error(more, said):
    with pytest.raises(SchemaError) as error:
        numbers.at_stake(metric(**more))
    assert said in str(error.value)


# -- numbers beside voices ----------------------------------------------------------------------


def people(feelings, stage="using", first=0, unit="u", **columns):
    """One unit each at one stage, so that a curve is a simple mean."""
    at = range(first, first + len(feelings))
    return pd.DataFrame(
        {
            "unit_id": [f"{unit}-{stage}-{i}" for i in at],
            "participant": [f"P{i:02}" for i in at],
            "stage": stage,
            "valence": feelings,
            **columns,
        }
    )


def table(*tables):
    return pd.concat(tables, ignore_index=True)


def brought(*rows):
    """METRICS of rows (stage, value) with whatever differs from a conversion in percent."""
    plain = {"metric": "signed", "unit": "%", "better": "higher", "period": "", "group": ""}
    return pd.DataFrame([{"stage": s, "value": v} | plain | more for s, v, more in rows])


SURE = np.array([-0.04, 0.02, 0.0, 0.04, -0.02, 0.0])
"""Six people who hardly differ."""
UNSURE = np.array([-0.9, 0.9, -0.6, 0.6, 0.3, -0.3])
"""Six who do."""


def flagged(metrics, coded, book, **given):
    out = numbers.numbers(metrics, coded, book, **given)
    return list(zip(out["flag"], out["compared"], strict=True)), out["why"].tolist()


def test_each_number_has_the_feeling_of_its_stage_group_and_period(book):
    coded = table(
        people(SURE + 0.5, plan="Free ", wave="2025"),
        people(SURE - 0.5, first=6, plan="paid", wave="2026"),
        people(SURE - 0.1, first=12, plan="free", wave="2026"),
    )
    rows = [
        ("using", 1, {}),
        ("using", 2, {"group": " FREE"}),
        ("using", 3, {"period": "2026"}),
        ("using", 4, {"group": "free", "period": "2026", "note": "kept"}),
    ]
    out = numbers.numbers(brought(*rows), coded, book, by="plan", period="wave", draws=300)
    assert out["valence"].tolist() == pytest.approx([-0.1 / 3, 0.2, -0.3, -0.1])
    assert out["n_participants"].tolist() == [18, 12, 12, 6]
    assert out["stage_order"].tolist() == [1, 1, 1, 1]
    assert out["value"].tolist() == [1, 2, 3, 4]
    assert out["note"].tolist()[3] == "kept"
    # The same numbers as the report's curves.
    for wanted, given in ((0, {}), (2, {"by": "wave"})):
        made = estimate.curve(coded, book, draws=300, **given)
        made = made[(made["stage"] == "using") & made["group"].isin(["", "2026"])].iloc[0]
        for name in ("valence_low", "valence_high", "is_thin", "method"):
            assert out[name].iloc[wanted] == made[name]


def test_the_whole_journey_is_the_mean_of_its_stages(book):
    rng = np.random.default_rng(0)
    own = rng.normal([0.3, -0.2, 0.1], 0.2, (12, 3)).clip(-1, 1)
    coded = table(*(people(own[:, i], stage) for i, stage in enumerate(book.stage_names)))
    out = numbers.numbers(brought(("", 12, {"metric": "NPS", "unit": ""})), coded, book, draws=9000)
    row = out.iloc[0]
    read = estimate.reading(estimate.curve(coded, book)).set_index("measure")["value"]
    assert row["valence"] == pytest.approx(read["mean"])
    # Everybody has one unit a stage: each person's mean counts once.
    ends = stats.ttest_1samp(own.mean(axis=1), 0).confidence_interval()
    assert row["valence_low"] == pytest.approx(ends.low, abs=0.005)
    assert row["valence_high"] == pytest.approx(ends.high, abs=0.005)
    assert (row["stage_order"], row["n_participants"], row["is_thin"]) == (-1, 12, False)


def test_one_voice_at_a_stage_widens_the_mean_of_the_journey(book):
    rng = np.random.default_rng(1)
    sure = [people(rng.normal(0, 0.2, 8).clip(-1, 1), stage) for stage in ("buying", "using")]
    rows = brought(("", 12, {}))
    full = numbers.numbers(rows, table(*sure), book, draws=500).iloc[0]
    more = numbers.numbers(rows, table(*sure, people([0.9], "leaving", 8)), book, draws=500).iloc[0]
    assert more["valence"] == pytest.approx((2 * full["valence"] + 0.9) / 3)
    assert more["valence_high"] - more["valence_low"] > full["valence_high"] - full["valence_low"]


@pytest.mark.parametrize(
    ("more", "given", "said"),
    [
        ({"group": "trader"}, {}, "There is no attribute named to look for “trader” in."),
        ({"group": "trader"}, {"by": "plan"}, "Nobody who was interviewed has the plan “trader”."),
        (
            {"group": "old", "period": "2026"},
            {"by": "plan", "period": "wave"},
            "Nobody was interviewed of old in 2026.",
        ),
    ],
)
def test_a_group_that_nobody_has_is_said_and_not_guessed(book, more, given, said):
    coded = table(
        people(SURE, plan="old", wave="2025"), people(SURE, first=6, plan="new", wave="2026")
    )
    out = numbers.numbers(brought(("using", 41, more)), coded, book, **given).iloc[0]
    assert np.isnan(out["valence"])
    assert (out["flag"], out["n_participants"], out["method"]) == ("cannot say", 0, "")
    assert out["why"] == said


def test_a_period_that_interviews_do_not_tell_is_said(book):
    coded = people(SURE, wave="2025")
    rows = brought(("using", 41, {"period": "2026-Q1"}))
    out = numbers.numbers(rows, coded, book).iloc[0]
    assert "The interviews tell no periods: the feeling is that of all of them." in out["why"]
    out = numbers.numbers(rows, coded, book, period="wave").iloc[0]
    assert "No interview is of 2026-Q1: the feeling is that of all periods." in out["why"]
    assert out["n_participants"] == 6
    out = numbers.numbers(brought(("using", 41, {"period": "2025"})), coded, book, period="wave")
    assert "period" not in out["why"].iloc[0]


# -- flags --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "more", "feelings", "flag"),
    [
        (81, {"metric": "CSAT"}, SURE + 0.3, "agree"),
        (81, {"metric": "CSAT"}, SURE - 0.3, "disagree"),
        (31, {"metric": "CSAT"}, SURE - 0.3, "agree"),
        (31, {"metric": "CSAT"}, SURE + 0.3, "disagree"),
        (50, {"metric": "CSAT"}, SURE + 0.3, "unsettled"),
        (81, {"metric": "CSAT"}, UNSURE, "unsettled"),
        (12, {"metric": "NPS", "unit": ""}, SURE - 0.3, "disagree"),
        (4.3, {"metric": "stars (1-5)", "unit": ""}, SURE - 0.3, "disagree"),
        (6, {"metric": "effort (1-7)", "unit": "", "better": "lower"}, SURE - 0.3, "agree"),
        (23, {"metric": "calls", "unit": "", "better": "lower", "neutral": 20}, SURE, "unsettled"),
        (23, {"metric": "calls", "unit": "", "better": "lower", "neutral": 20}, SURE - 1 / 3,
         "agree"),
    ],
)  # fmt: skip
def test_level_holds_the_middle_of_the_scale_against_neutral(book, value, more, feelings, flag):
    found, why = flagged(brought(("using", value, more)), people(feelings), book)
    assert found == [(flag, "level")]
    assert "the middle of its scale" in why[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "41 % has no middle that parts good from bad, and there is nothing else to hold it"),
        ({"metric": "CSAT", "better": ""}, "Nothing says whether higher or lower is better."),
        ({"stage": "buying"}, "4 participants speak of it: too few to show anything."),
        ({"stage": "leaving"}, "Nobody spoke of it."),
    ],
)
def test_what_cannot_be_said_has_its_reason(book, more, said):
    coded = table(people(SURE - 0.3), people([0.9] * 4, "buying"))
    found, why = flagged(brought(("using", 41, {"metric": "CSAT: seen"} | more)), coded, book)
    if not more:
        found, why = flagged(brought(("using", 41, {})), coded, book)
    assert found == [("cannot say", "")]
    assert why[0].startswith(said)


def waves(before, after, **more):
    return table(people(before, wave="2025", **more), people(after, unit="v", wave="2026", **more))


@pytest.mark.parametrize(
    ("values", "better", "shift", "flag"),
    [
        ((41, 47), "higher", -0.4, "disagree"),
        ((41, 47), "higher", 0.4, "agree"),
        ((47, 41), "higher", -0.4, "agree"),
        ((47, 41), "higher", 0.4, "disagree"),
        ((41, 47), "lower", -0.4, "agree"),
        ((41, 47), "lower", 0.4, "disagree"),
        ((41, 41), "higher", 0.4, "unsettled"),
        ((41, 47), "higher", 0.0, "unsettled"),
    ],
)
def test_a_change_of_the_number_is_held_against_that_of_the_feeling(
    book, values, better, shift, flag
):
    coded = waves(SURE, SURE[::-1] + shift)
    rows = [
        ("using", v, {"period": p, "better": better})
        for v, p in zip(values, ("2025", "2026"), strict=True)
    ]
    # The later row comes first in the file: periods have their order from their names.
    found, why = flagged(brought(*rows[::-1]), coded, book, period="wave", draws=500)
    assert found[0] == (flag, "before")
    assert "from 2025 to 2026" in why[0].lower()
    assert found[1] == ("cannot say", "")


def test_the_change_over_the_whole_journey_is_held_against_it_too(book):
    parts = [waves(SURE, SURE[::-1] - 0.4).assign(stage=s) for s in book.stage_names]
    for i, part in enumerate(parts):
        part["unit_id"] += str(i)
    rows = [
        ("", v, {"metric": "NPS", "unit": "", "period": p}) for v, p in ((5, "2025"), (9, "2026"))
    ]
    found, why = flagged(brought(*rows), table(*parts), book, period="wave", draws=500)
    assert found[1] == ("disagree", "before, level")
    assert why[1].startswith(
        "From 2025 to 2026 the number went the better way (5 to 9), and people"
    )


def test_without_waves_in_the_interviews_no_change_is_claimed(book):
    rows = [("using", v, {"period": p}) for v, p in ((41, "2025"), (47, "2026"))]
    found, _ = flagged(brought(*rows), people(SURE - 0.4), book)
    assert found == [("cannot say", ""), ("cannot say", "")]


def test_the_group_with_the_better_number_and_the_worse_feeling_disagrees(book):
    coded = table(
        people(SURE - 0.3, plan="free"),
        people(SURE + 0.3, first=6, plan="paid"),
        people(UNSURE, first=12, plan="trial"),
    )
    rows = [("using", v, {"group": g}) for v, g in ((47, "free"), (33, "paid"), (40, "trial"))]
    found, why = flagged(brought(*rows), coded, book, by="plan", draws=500)
    assert found == [("disagree", "other groups"), ("disagree", "other groups"),
                     ("unsettled", "other groups")]  # fmt: skip
    assert why[0].startswith("Free has the better number than paid (47 % against 33 %), and people")
    turned = [(s, v, m | {"better": "lower"}) for s, v, m in rows]
    assert flagged(brought(*turned), coded, book, by="plan", draws=500)[0][0][0] == "agree"
    # Everybody together is no other group.
    whole = brought(("using", 41, {}), rows[0])
    assert flagged(whole, coded, book, by="plan", draws=500)[0] == [("cannot say", "")] * 2


def test_a_thin_group_is_neither_flagged_nor_held_against_another(book):
    coded = table(people(SURE - 0.3, plan="free"), people([0.9] * 4, first=6, plan="paid"))
    rows = [("using", v, {"group": g}) for v, g in ((47, "free"), (33, "paid"))]
    found, why = flagged(brought(*rows), coded, book, by="plan", draws=500)
    assert found == [("cannot say", ""), ("cannot say", "")]
    assert "nothing else to hold it against that enough people speak of" in why[0]
    assert why[1].startswith("4 participants speak of it: too few")


def test_the_best_number_at_the_stage_that_feels_worst_disagrees(book):
    coded = table(
        people(SURE - 0.5, "buying"), people(SURE[::-1] + 0.1), people(SURE + 0.4, "leaving")
    )
    values = {"buying": 90, "using": 70, "leaving": 60}
    rows = brought(*((s, v, {}) for s, v in values.items()))
    found, why = flagged(rows, coded, book, draws=500)
    assert found == [("disagree", "other stages"), ("cannot say", ""), ("disagree", "other stages")]
    assert why[0].startswith("It has the best number of 3 stages (90 %), and people feel worse")
    assert "is neither the best nor the worst of 3 stages" in why[1]
    rows["better"] = "lower"
    assert flagged(rows, coded, book, draws=500)[0][0] == ("agree", "other stages")
    # Another unit is another number.
    rows.loc[1:, "unit"] = "calls"
    found = flagged(rows, coded, book, draws=500)[0]
    assert found[0] == ("cannot say", "")


def test_disagreement_wins_and_says_what_agrees(book):
    coded = table(people(SURE - 0.3, plan="free"), people(SURE + 0.3, first=6, plan="paid"))
    rows = [("using", v, {"group": g, "metric": "CSAT"}) for v, g in ((47, "free"), (33, "paid"))]
    found, why = flagged(brought(*rows), coded, book, by="plan", draws=500)
    assert found[0] == ("disagree", "other groups")
    assert "; held against the middle of its scale they agree." in why[0]
    assert found[1] == ("disagree", "other groups, level")


def test_machine_codings_are_called_unverified_and_peoples_are_not(book):
    coded = people(SURE - 0.3)
    rows = brought(("using", 81, {"metric": "CSAT"}))
    out = numbers.numbers(rows, coded, book).iloc[0]
    assert (out["flag"], out["method"]) == ("disagree", "machine")
    assert out["why"].endswith("The codings are a machine's, unverified by people.")
    coded = coded.assign(human_stage=coded["stage"], human_valence=coded["valence"])
    out = numbers.numbers(rows, coded, book).iloc[0]
    assert (out["flag"], out["method"]) == ("disagree", "human")
    assert "unverified" not in out["why"]


def test_what_a_machine_reads_near_the_middle_is_held_against_no_level(book):
    near = SURE / 20 - 0.08
    rows = brought(("using", 81, {"metric": "CSAT"}))
    coded = people(near)
    out = numbers.numbers(rows, coded, book).iloc[0]
    assert out["valence_high"] < 0
    assert out["flag"] == "unsettled"
    assert "a machine read lies too near the middle to tell" in out["why"]
    coded = coded.assign(human_stage=coded["stage"], human_valence=coded["valence"])
    assert numbers.numbers(rows, coded, book).iloc[0]["flag"] == "disagree"


def test_drawn_codings_correct_what_a_number_is_held_against(book):
    coded = people(np.full(12, 0.4)).assign(
        human_stage="using", human_valence=-0.4, sampling_probability=0.5
    )
    coded.loc[6:, ["human_stage", "human_valence", "sampling_probability"]] = ["", np.nan, np.nan]
    out = numbers.numbers(brought(("using", 81, {"metric": "CSAT"})), coded, book).iloc[0]
    assert out["method"] == "prediction-powered"
    assert out["valence"] < 0


# -- the intervals behind the flags ---------------------------------------------------------------


def apart(coded, book, one, other, by="", period=""):
    """Return one difference of feelings, of a cell and stages each, with its joint interval."""
    voices = heard(coded, book, by, period, 20_000, 0, 5)
    contrast = flags.Contrast(("pool",), one[0], one[1], other[0], other[1])
    return flags._apart(voices, [contrast])[contrast]


def test_of_strangers_the_interval_is_welchs(book):
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.3, 0.1, 9), rng.normal(0.0, 0.3, 15)
    coded = table(people(one, plan="a"), people(other.clip(-1, 1), first=9, plan="b"))
    found = apart(coded, book, (("a", ""), "using"), (("b", ""), ("using",)), by="plan")
    welch = stats.ttest_ind(one, other.clip(-1, 1), equal_var=False).confidence_interval()
    assert found == pytest.approx((one.mean() - other.clip(-1, 1).mean(), *welch), abs=0.01)


def test_of_the_same_people_it_is_the_paired_one(book):
    rng = np.random.default_rng(1)
    first = rng.normal(0, 0.3, 12).clip(-0.7, 0.7)
    second = first + rng.normal(0.15, 0.08, 12)
    coded = waves(first, second)
    found = apart(coded, book, (("", "2026"), "using"), (("", "2025"), ("using",)), period="wave")
    paired = stats.ttest_rel(second, first).confidence_interval()
    assert found == pytest.approx(((second - first).mean(), *paired), abs=0.01)


def test_of_stages_it_is_that_of_each_persons_own_difference(book):
    rng = np.random.default_rng(2)
    own = (rng.normal(0, 0.2, (12, 1)) + rng.normal([0.2, 0, -0.2], 0.1, (12, 3))).clip(-1, 1)
    coded = table(*(people(own[:, i], stage) for i, stage in enumerate(book.stage_names)))
    found = apart(coded, book, (("", ""), "buying"), (("", ""), ("leaving", "using")))
    each = own[:, 0] - own[:, 1:].mean(axis=1)
    ends = stats.ttest_1samp(each, 0).confidence_interval()
    assert found == pytest.approx((each.mean(), *ends), abs=0.01)


def test_many_differences_at_once_have_wider_intervals(book):
    rng = np.random.default_rng(3)
    coded = table(
        *(people(rng.normal(0, 0.3, 8).clip(-1, 1), s, plan="a") for s in book.stage_names),
        *(people(rng.normal(0, 0.3, 8).clip(-1, 1), s, 8, plan="b") for s in book.stage_names),
    )
    voices = heard(coded, book, "plan", "", 2000, 0, 5)
    each = [flags.Contrast(("p",), ("a", ""), s, ("b", ""), (s,)) for s in book.stage_names]
    alone, together = flags._apart(voices, each[:1]), flags._apart(voices, each)
    width = [found[each[0]][2] - found[each[0]][1] for found in (alone, together)]
    assert width[1] > 1.1 * width[0]


# -- what both have in common ---------------------------------------------------------------------


def study(seed=0, participants=16, stages=8):
    """Return a book, uneven talk in two plans and two waves, and numbers of every kind."""
    rng = np.random.default_rng(seed)
    names = [f"s{i}" for i in range(stages)]
    coded = pd.DataFrame(
        [
            (f"{p}-{s}-{i}", f"P{p:02}", s, rng.uniform(-1, 1), "ab"[p % 2], f"202{p % 3}")
            for p in range(participants)
            for s in names
            for i in range(rng.integers(0, 4))
        ],
        columns=["unit_id", "participant", "stage", "valence", "plan", "wave"],
    )
    rows = [
        (s, 10 * i + j, {"group": g, "period": w})
        for i, s in enumerate(["", *names])
        for j, (g, w) in enumerate([("", ""), ("a", ""), ("b", ""), ("", "2020"), ("", "2021")])
    ]
    return from_dict({"name": "B", "stage": [{"name": s} for s in names]}), coded, brought(*rows)


@pytest.mark.parametrize("made", [numbers.numbers, numbers.associations])
def test_shuffled_rows_give_the_same_bytes(made):
    book, coded, metrics = study()
    given = {"by": "plan", "period": "wave", "draws": 200}
    out = made(metrics, coded, book, **given)
    order = np.random.default_rng(1).permutation(len(metrics))
    again = made(metrics.iloc[order], coded.sample(frac=1, random_state=1), book, **given)
    if made is numbers.numbers:
        back = np.argsort(order)
        again = again.iloc[back].reset_index(drop=True)
    assert again.to_csv() == out.to_csv()
    assert len(out) > 5


def test_other_peoples_units_never_reach_a_groups_feeling():
    book, coded, metrics = study()
    other = coded.assign(valence=coded["valence"].where(coded["plan"] == "a", -1.0))
    before, after = (
        numbers.numbers(metrics, c, book, by="plan", draws=100) for c in (coded, other)
    )
    mine = metrics["group"] == "a"
    names = ["valence", "valence_low", "valence_high"]
    assert before.loc[mine, names].equals(after.loc[mine, names])
    assert not before.loc[~mine, names].equals(after.loc[~mine, names])


@pytest.mark.parametrize("made", [numbers.numbers, numbers.associations])
@pytest.mark.parametrize(
    ("rows", "given", "said"),
    [
        ([("using", 1, {}), ("using", 2, {"metric": " Signed "})], {},
         "line 3: ' Signed ' stands twice for the same stage, group and period; keep it here or in "
         "line 2"),
        ([("using", 1, {}), ("buying", 2, {"better": "lower"})], {},
         "line 3, column 'better': of 'signed' higher is better in one row and lower in another"),
        ([("driving", 1, {})], {}, "column 'stage': 'driving' is no stage of the codebook"),
        ([("using", 1, {"neutral": "low"})], {}, "column 'neutral': 'low' of 'signed' is no"),
        ([("using", 1, {})], {"by": "plan"}, "no column 'plan' to group by"),
        ([("using", 1, {})], {"period": "wave"}, "no column 'wave' to group by"),
    ],
)  # fmt: skip
def test_metrics_that_cannot_be_are_one_clear_error(book, made, rows, given, said):
    with pytest.raises(SchemaError) as error:
        made(brought(*rows), people(SURE), book, **given)
    assert said in str(error.value)


@pytest.mark.parametrize("made", [numbers.numbers, numbers.associations])
def test_no_numbers_and_no_voices_are_no_error(book, made):
    nothing = brought(("using", 1, {})).iloc[:0]
    assert made(nothing, people(SURE), book).empty
    none = people(SURE).iloc[:0]
    out = made(brought(("using", 41, {}), ("buying", 30, {})), none, book)
    assert len(out) == (2 if made is numbers.numbers else 1)
    if made is numbers.numbers:
        assert out["why"].tolist() == ["Nobody was interviewed."] * 2


# -- associations -------------------------------------------------------------------------------


def ladder(feelings, n=6, spread=0.0, seed=0):
    """Return a book and units with the given feeling at each stage, ``n`` people."""
    names = [f"s{i:02}" for i in range(len(feelings))]
    noise = np.random.default_rng(seed).normal(0, spread, (len(names), n)) if spread else 0
    own = np.clip(np.asarray(feelings)[:, None] + noise + np.zeros((1, n)), -1, 1)
    coded = table(*(people(row, name) for row, name in zip(own, names, strict=True)))
    return from_dict({"name": "B", "stage": [{"name": s} for s in names]}), coded, names


def at_stages(names, values, **more):
    return brought(*((s, v, more) for s, v in zip(names, values, strict=True)))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1, 2, 3, 4, 5, 6], [0.1, 0.3, 0.2, 0.6, 0.4, 0.5]),
        ([3, 1, 2, 2, 5, 4, 6], [0.3, 0.1, 0.3, 0.2, -0.5, 0.4, 0.6]),
        ([9, 8, 7, 5], [0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_rho_and_its_exact_p_are_scipys(x, y):
    book, coded, names = ladder(y)
    row = numbers.associations(at_stages(names, x), coded, book, draws=100).iloc[0]
    assert row["rho"] == pytest.approx(stats.spearmanr(x, y).statistic)
    exact = stats.permutation_test(
        (x,),
        lambda v: stats.spearmanr(v, y).statistic,
        permutation_type="pairings",
        n_resamples=1e5,
    )
    assert row["p"] == pytest.approx(exact.pvalue)
    assert row["p_holm"] == row["p"]
    assert (row["across"], row["n_points"], row["stage"]) == ("stages", len(x), "")
    turned = numbers.associations(at_stages(names, x, better="lower"), coded, book, draws=100)
    assert turned["rho"].iloc[0] == pytest.approx(-row["rho"])
    assert turned["p"].iloc[0] == pytest.approx(row["p"])


def test_beyond_eight_points_permutations_are_drawn():
    rng = np.random.default_rng(0)
    y = rng.permutation(12) / 20
    x = y + rng.normal(0, 0.2, 12)
    book, coded, names = ladder(y)
    row = numbers.associations(at_stages(names, x), coded, book, draws=20_000).iloc[0]
    assert row["p"] == pytest.approx(stats.spearmanr(x, y).pvalue, abs=0.01)
    assert 0.001 < row["p"] < 0.5


def test_without_noise_the_interval_is_bonett_and_wrights():
    # By hand: z of .5 is .5493, its error sqrt((1 + .125) / 17) = .2572, times 1.96 is .5042.
    low, high = moving._interval(0.5, np.arange(20.0), np.zeros((10, 20)))
    step = 12 / (20 * 399)
    assert np.tanh(0.5493 - 0.5042) - step <= low <= np.tanh(0.5493 - 0.5042) + 1e-4
    assert np.tanh(0.5493 + 0.5042) - 1e-4 <= high <= np.tanh(0.5493 + 0.5042) + step


def test_noise_in_the_feelings_moves_the_ends_away_from_nought():
    y, rng = np.arange(10.0), np.random.default_rng(0)
    quiet = moving._interval(0.8, y, np.zeros((10, 10)))
    noisy = moving._interval(0.8, y, rng.normal(0, 1.5, (500, 10)))
    drowned = moving._interval(0.8, y, rng.normal(0, 9, (500, 10)))
    assert noisy[0] == quiet[0] > 0
    assert quiet[1] < noisy[1] <= drowned[1] == 1.0
    assert moving._interval(0.1, y, rng.normal(0, 9, (500, 10))) == (-1.0, 1.0)
    # What moves all points alike moves no ranks.
    assert moving._interval(0.8, y, np.tile(rng.normal(0, 9, (500, 1)), 10)) == quiet


def test_words_need_the_interval_and_p_after_holm():
    y = np.arange(8) / 10
    book, coded, names = ladder(y)
    up = at_stages(names, np.arange(8), metric="up")
    down = at_stages(names, -np.arange(8), metric="down")
    mixed = at_stages(names, [3, 6, 0, 7, 1, 5, 2, 4], metric="mixed")
    out = numbers.associations(table(up, down, mixed), coded, book, draws=100)
    words = out.set_index("metric")["words"].to_dict()
    assert words == {
        "up": "moves with", "down": "moves against", "mixed": "no settled association",
    }  # fmt: skip
    assert out["p_holm"].tolist() == pytest.approx(holm(out["p"]).tolist())
    said = " ".join(numbers.in_words(row) for row in out.to_dict("records"))
    assert "moves with the feeling across 8 stages" in said
    assert "caus" not in said
    # The same order of five points is settled by nothing.
    few = numbers.associations(up.iloc[:5], coded, book, draws=100).iloc[0]
    assert (few["rho"], few["words"]) == (1.0, "no settled association")
    assert few["reason"] == "with 5 points even a perfect order settles nothing"


def test_few_points_or_none_that_vary_have_a_reason_and_no_rho():
    book, coded, names = ladder(np.arange(6) / 10)
    out = numbers.associations(at_stages(names[:3], [1, 2, 3]), coded, book).iloc[0]
    assert np.isnan(out[["rho", "rho_low", "rho_high", "p", "p_holm"]].to_numpy(float)).all()
    assert out["words"] == "cannot say"
    assert out["reason"] == "3 points: fewer than 4 show nothing"
    assert numbers.in_words(out) == (
        "signed: nothing can be said of how it moves with the feeling "
        "(3 points: fewer than 4 show nothing)."
    )
    out = numbers.associations(at_stages(names, [7] * 6), coded, book).iloc[0]
    assert out["reason"] == "no variation: the number or the feeling is the same everywhere"
    out = numbers.associations(at_stages(names, range(6), better=""), coded, book).iloc[0]
    assert out["reason"] == "nothing says whether higher or lower is better"
    assert numbers.associations(at_stages(names[:1], [1]), coded, book).empty


def test_thin_points_are_left_out():
    book, coded, names = ladder(np.arange(7) / 10)
    coded = coded[(coded["stage"] != "s06") | (coded["participant"] < "P04")]
    metrics = at_stages(names, [1, 2, 3, 4, 5, 6, -99])
    row = numbers.associations(metrics, coded, book, draws=100).iloc[0]
    assert (row["rho"], row["n_points"]) == (1.0, 6)
    assert row["reason"] == "1 point left out: too few people were heard there"


def test_groups_at_a_stage_and_periods_are_points_too(book):
    plans, waves_ = [f"g{i}" for i in range(6)], [f"202{i}" for i in range(6)]
    coded = table(
        *(
            people(SURE + i / 10, first=6 * i, plan=g, wave=w)
            for i, (g, w) in enumerate(zip(plans, waves_, strict=True))
        )
    )
    rows = [("using", 10 + i, {"group": g}) for i, g in enumerate(plans)]
    rows += [("using", 90 - i, {"period": w}) for i, w in enumerate(waves_)]
    out = numbers.associations(brought(*rows), coded, book, by="plan", period="wave", draws=100)
    assert out["across"].tolist() == ["groups", "periods"]
    assert out["rho"].tolist() == [1.0, -1.0]
    assert out["words"].tolist() == ["moves with", "moves against"]
    assert out["stage"].tolist() == ["using", "using"]
    assert "whatever drifts over time" in out["reason"].iloc[1]
    none = numbers.associations(brought(*rows[6:]), coded, book).iloc[0]
    assert none["reason"] == "the interviews do not tell these periods apart"
    none = numbers.associations(brought(*rows[:6]), coded, book).iloc[0]
    assert none["reason"] == "0 points with enough voices: fewer than 4 show nothing"


def test_if_numbers_and_feelings_have_nothing_to_do_with_each_other_few_seem_to():
    rng = np.random.default_rng(5)
    book, coded, names = ladder(rng.normal(0, 0.2, 7).clip(-1, 1), spread=0.3)
    many = [at_stages(names, rng.normal(size=7), metric=f"m{i}") for i in range(200)]
    out = numbers.associations(table(*many), coded, book, draws=50)
    seem = (out["p"] <= 0.05) & ((out["rho_low"] > 0) | (out["rho_high"] < 0))
    # 5 % of 200 is 10; more than 20 come once in two thousand such tests.
    assert 1 <= seem.sum() <= 20
    # Having looked at two hundred is paid for.
    assert (out["words"] == "no settled association").all()


# -- words --------------------------------------------------------------------------------------


def test_a_row_reads_as_a_sentence(book):
    coded = table(people(SURE - 0.3, plan="free"), people(SURE + 0.3, first=6, plan="paid"))
    rows = brought(("using", 1234.5, {"group": "free", "unit": "euros", "period": "2026"}))
    out = numbers.numbers(rows, coded, book, by="plan", draws=100)
    said = numbers.in_words(out.iloc[0])
    assert said.startswith(
        "signed, using, free, 2026: 1,234.5 euros, higher is better. The feeling is −0.30 "
        "(−0.33 to "
    )
    assert "6 participants). They cannot be held against each other: 1,234.5 euros has" in said
    rows["group"] = "nobody"
    said = numbers.in_words(numbers.numbers(rows, coded, book, by="plan").iloc[0])
    assert "The feeling is" not in said
    assert said.endswith("Nobody who was interviewed has the plan “nobody”.")
