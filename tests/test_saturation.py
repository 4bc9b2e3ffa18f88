"""Saturation against a slow reference; the rest by hand."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from journeyqual import saturation
from journeyqual.errors import SchemaError


def table(told):
    """HEARD of {interview: codes at the stage "using"}; no code is a row with a blank."""
    rows = [(i, "using", code) for i, codes in told.items() for code in codes or [""]]
    return pd.DataFrame(rows, columns=["interview", "stage", "code"])


def overall(codes, **kw):
    return saturation.assess(codes, **kw).set_index("stage").loc[""]


def random_codes(seed, interviews=30, codes=40):
    rng = np.random.default_rng(seed)
    there = rng.random((interviews, codes)) < rng.beta(0.6, 2, codes)
    i, k = np.nonzero(there)
    return pd.DataFrame(
        {
            "interview": [f"I{x:03}" for x in i],
            "stage": np.where(k % 3 == 0, "buying", "using"),
            "code": [f"c{x}" for x in k],
        }
    )


# -- new information ----------------------------------------------------------------------------


def test_new_information_runs_as_in_the_papers_example():
    """Guest, Namey & Chen 2020, as others retell it: 37 codes in the base of four, 7 new in a run.

    That is 19 %. The later runs, and how codes spread over single interviews, are ours.
    """
    out = saturation.new_information([15, 10, 8, 4, 4, 3, 1, 0])
    assert out["n_base"].tolist() == [37, 37, 37]
    assert out["n_new"].tolist() == [7, 4, 1]
    assert (100 * out["share_new"]).round().tolist() == [19, 11, 3]
    assert out["is_reached"].tolist() == [False, False, True]
    assert (out["first"].iloc[2], out["last"].iloc[2]) == (7, 8)


@pytest.mark.parametrize(
    ("threshold", "reached"), [(0.05, [True, True]), (0.04, [False, True]), (0.0, [False, True])]
)
def test_the_threshold_itself_still_counts(threshold, reached):
    out = saturation.new_information([5, 5, 5, 5, 1, 0, 0], threshold=threshold)
    assert out["is_reached"].tolist()[:2] == reached


def test_a_share_that_binary_cannot_hold_is_compared_as_counts():
    # 29 of 100 is 29 %; 0.29 * 100 is 28.999999999999996.
    out = saturation.new_information([100, 29], base_size=1, run_length=1, threshold=0.29)
    assert out["is_reached"].tolist() == [True]


def test_a_base_without_a_code_says_nothing():
    out = saturation.new_information([0, 0, 0, 0, 0, 0])
    assert out["share_new"].isna().all()
    assert not out["is_reached"].any()


def test_too_few_interviews_make_no_run():
    assert saturation.new_information([3, 2, 1, 0, 0]).empty


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"new_codes": [1, -1]}, "counted"),
        ({"new_codes": [1, 0.5]}, "counted"),
        ({"new_codes": [1], "base_size": 0}, "base of 0"),
        ({"new_codes": [1], "run_length": 0}, "run of 0"),
        ({"new_codes": [1], "threshold": 1.0}, "threshold of 1"),
    ],
)
def test_numbers_out_of_range_are_refused(call, said):
    with pytest.raises(SchemaError, match=said):
        saturation.new_information(**call)


# -- over orders --------------------------------------------------------------------------------


def test_in_the_order_held_by_hand():
    # New codes: 2 1 1 0 | 1 0 0 0; base 4, so one new code is 25 % and none is 0.
    told = {"A": "ab", "B": "bc", "C": "d", "D": "a", "E": "e", "F": "e", "G": "b", "H": "a"}
    out = overall(table(told))
    assert out["reached_in_order"] == 5
    assert (out["n_interviews"], out["n_codes"], out["share_new"]) == (8, 5, 0)
    # Heard in one interview alone: c, d.
    assert out["n_once"] == 2
    # Backwards: 1 1 1 0 | 0 1 1 0, runs of 1, 2 and 1 on a base of 3.
    back = overall(table(told), order=list("HGFEDCBA"))
    assert np.isnan(back["reached_in_order"])
    assert back["share_new"] == pytest.approx(1 / 3)
    assert overall(table(told), order=list("ABCDEFGH"), threshold=0.25)["reached_in_order"] == 4


def test_orders_are_those_of_a_slow_reference():
    codes = random_codes(1, interviews=15)
    (_, whole), *_ = saturation._scopes(codes, None, None, 50, 3)
    names = sorted(codes["interview"].unique())
    sets = {i: set(zip(part["stage"], part["code"], strict=True))
            for i, part in codes.groupby("interview")}  # fmt: skip
    slow, reached = [], []
    for place in whole.place:
        seen, new = set(), []
        for number in np.argsort(place):
            fresh = sets[names[number]] - seen
            seen |= fresh
            new.append(len(fresh))
        slow.append(np.cumsum(new))
        runs = saturation.new_information(new, threshold=0)
        done = runs.loc[runs["is_reached"], "first"]
        reached.append(done.iloc[0] - 1 if len(done) else np.inf)
    np.testing.assert_array_equal(whole.by_order(), slow)
    out = overall(codes, orderings=50, seed=3, threshold=0)
    among = np.sort(reached[1:])
    assert 0 < out["share_reached"] < 1
    assert out["share_reached"] == np.isfinite(among).mean()
    for name, rank in (("reached_low", 3), ("reached_median", 25), ("reached_high", 48)):
        value = among[rank - 1]
        assert (out[name] == value) if np.isfinite(value) else np.isnan(out[name])


def test_the_mean_of_orders_is_the_rarefaction_curve():
    """The expected codes in n of N interviews, in closed form (Colwell, Mao & Chang 2004)."""
    codes = random_codes(2, interviews=20)
    (_, whole), *_ = saturation._scopes(codes, None, None, 4000, 0)
    mean = whole.by_order()[1:].mean(axis=0)
    often = codes.groupby(["stage", "code"])["interview"].nunique().to_numpy()
    for n in (1, 5, 12, 20):
        # No interview of the n is among those that gave the code.
        missed = np.ones(len(often))
        for step in range(n):
            missed *= np.clip((20 - often - step) / (20 - step), 0, None)
        assert mean[n - 1] == pytest.approx((1 - missed).sum(), abs=0.25)


def test_rows_in_any_order_give_the_same_and_another_seed_does_not():
    codes, order = random_codes(3), [f"I{x:03}" for x in range(30)]
    one = saturation.assess(codes, order=order, seed=1)
    mixed = codes.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(one, saturation.assess(mixed, order=order, seed=1))
    curve = saturation.accumulate(codes, order=order, seed=1)
    pd.testing.assert_frame_equal(curve, saturation.accumulate(mixed, order=order, seed=1))
    assert not curve.equals(saturation.accumulate(codes, order=order, seed=2))


def test_every_order_ends_with_all_codes_and_never_falls():
    curve = saturation.accumulate(random_codes(4))
    for stage, part in curve.groupby("stage"):
        last = part.iloc[-1]
        assert last["codes_low"] == last["codes_high"] == last["codes_in_order"], stage
        for name in ("codes_low", "codes_median", "codes_high", "codes_in_order"):
            assert (part[name].diff().dropna() >= 0).all()
        assert (part["codes_low"] <= part["codes_high"]).all()


def test_an_interview_that_does_not_speak_of_a_stage_is_missing_there():
    """Ten interviews about buying do not saturate using, of which three people spoke."""
    buying = pd.DataFrame({"interview": [f"I{i}" for i in range(10)], "stage": "buying"})
    codes = pd.concat(
        [buying.assign(code="joy"), table({"I1": "ab", "I2": "cd", "I3": "ef"})], ignore_index=True
    )
    out = saturation.assess(codes, stages=["using", "buying", "leaving"]).set_index("stage")
    assert out["n_interviews"].to_dict() == {"": 10, "using": 3, "buying": 10, "leaving": 0}
    assert out.loc["using", "reason"] == "3 interviews, base and run need 6"
    assert np.isnan(out.loc["using", "share_reached"])
    assert out.loc["buying", "share_reached"] == 1
    curve = saturation.accumulate(codes, stages=["using", "buying", "leaving"])
    assert curve.groupby("stage").size().to_dict() == {"": 10, "buying": 10, "using": 3}


def test_an_interview_that_gave_no_code_was_held_all_the_same():
    told = {"A": "ab", "B": "ab", "C": "ab", "D": "ab", "E": "ab"}
    assert overall(table(told))["reason"] != ""
    assert overall(table({**told, "F": ""}))["reached_in_order"] == 4
    assert overall(table(told), order=list("ABCDEF"))["reached_in_order"] == 4


def test_nothing_in_common_is_never_saturated():
    out = overall(table({name: name for name in "ABCDEFGHIJ"}))
    assert out["share_reached"] == 0
    assert out[["reached_in_order", "reached_median", "reached_low", "share_found"]].isna().all()
    words = saturation.in_words(saturation.assess(table({name: name for name in "ABCDEFGHIJ"})))
    assert words[0].endswith("not saturated. Of 200 random orders, 0 % are.")


def test_no_code_at_all_is_too_little_to_tell():
    out = overall(table(dict.fromkeys("ABCDEF", "")))
    assert out["reason"] == "no code was heard"
    assert saturation.assess(table({})).loc[0, "n_interviews"] == 0


def test_the_same_code_at_two_stages_is_two_codes():
    codes = pd.concat([table({"A": "a"}), table({"A": "a"}).assign(stage="buying")])
    assert saturation.assess(codes).set_index("stage")["n_codes"].to_dict() == {
        "": 2,
        "buying": 1,
        "using": 1,
    }


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"order": ["A"]}, "'B' is not in the order"),
        ({"order": ["A", "B", "A"]}, "'A' stands twice"),
        ({"stages": ["buying"]}, "stage 'using'"),
        ({"orderings": 0}, "0 random orders"),
    ],
)
def test_what_does_not_fit_is_refused(call, said):
    with pytest.raises(SchemaError, match=said):
        saturation.assess(table({"A": "a", "B": "b"}), **call)


def test_codes_are_values_beside_a_stage():
    coded = pd.DataFrame(
        {
            "interview": ["I1", "I1", "I1", "I2"],
            "participant": ["P1", "P1", "P1", "P1"],
            "stage": ["using", "using", "", "using"],
            "emotion": ["joy", "joy", "anger", None],
            "theme": ["price", "", "price", "price"],
        }
    )
    out = saturation.heard(coded, ["emotion", "theme"])
    assert list(out.itertuples(index=False, name=None)) == [
        ("I1", "", ""),
        ("I1", "using", ""),
        ("I1", "using", "emotion: joy"),
        ("I1", "using", "theme: price"),
        ("I2", "using", ""),
        ("I2", "using", "theme: price"),
    ]
    assert set(saturation.heard(coded, of="participant")["interview"]) == {"P1"}
    with pytest.raises(SchemaError, match="no column 'touchpoint'"):
        saturation.heard(coded, ["touchpoint"])


def test_a_large_study_takes_two_seconds_at_most():
    """100 interviews x 300 codes x 200 orders, in processor time."""
    codes = random_codes(5, interviews=100, codes=300)
    start = time.process_time()
    saturation.assess(codes)
    saturation.accumulate(codes)
    assert time.process_time() - start < 2


# -- whom to recruit next -----------------------------------------------------------------------


def spoke(n, **stages):
    """P0 … P(n-1), of whom the first so many speak of each stage."""
    rows = [(f"P{p}", "") for p in range(n)]
    rows += [(f"P{p}", stage) for stage, many in stages.items() for p in range(many)]
    return pd.DataFrame(rows, columns=["participant", "stage"])


@pytest.mark.parametrize(
    ("speaking", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_rate_is_the_published_one(speaking, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998), table I, score interval."""
    row = saturation.reach(spoke(n, using=speaking), ["using"]).iloc[0]
    assert [row["rate_low"], row["rate_high"]] == pytest.approx([low, high], abs=5e-5)


def test_interviews_to_come_by_hand():
    row = saturation.reach(spoke(12, using=3), ["using"]).iloc[0]
    assert (row["n_participants"], row["n_speaking"], row["wanted"]) == (12, 3, 2)
    assert row["more"] == pytest.approx(2 / 0.25)
    assert row["more_low"] == pytest.approx(2 / row["rate_high"])
    assert row["more_high"] == pytest.approx(2 / row["rate_low"])


def test_intervals_of_the_interviews_to_come_hold_the_expectation():
    """Exact, over all outcomes: how often the interval holds wanted / true rate; n is 12."""
    outcomes = pd.concat(
        [saturation.reach(spoke(12, using=x), ["using"], thin_below=13) for x in range(13)]
    )
    rates = np.linspace(0.05, 0.95, 91)
    held = []
    for rate in rates:
        true = outcomes["wanted"] / rate
        covers = (outcomes["more_low"] <= true) & ~(outcomes["more_high"] < true)
        held.append((binom.pmf(np.arange(13), 12, rate) * covers).sum())
    assert 0.94 <= np.mean(held) <= 0.97
    assert min(held) > 0.85


def test_a_stage_that_is_not_thin_wants_nobody():
    row = saturation.reach(spoke(6, using=5), ["using"]).iloc[0]
    assert (row["wanted"], row["more"], row["more_high"]) == (0, 0, 0)
    assert saturation.recruit(saturation.reach(spoke(6, using=5), ["using"])).empty


def test_nobody_speaks_of_it_so_there_is_no_rate_to_expect_by():
    out = saturation.reach(spoke(12, using=12), ["using", "leaving"])
    row = out.set_index("stage").loc["leaving"]
    assert np.isnan(row["more"])
    assert np.isnan(row["more_high"])
    assert row["more_low"] == pytest.approx(5 / row["rate_high"])
    words = saturation.recruit(out)["words"].tolist()
    assert words == [
        "“leaving”: none of 12 speaks of it, 5 more are wanted. There is no rate to expect by; as "
        "people were found so far it takes 21 or more interviews. Choose people who have been "
        "through it."
    ]


def test_groups_come_after_everybody_and_by_what_is_wanted():
    coded = spoke(8, using=6, buying=4, leaving=2)
    coded["segment"] = np.where(coded["participant"].isin(["P0", "P1", "P2"]), "x", "y")
    coded.loc[coded["participant"] == "P7", "segment"] = None
    reached = saturation.reach(coded, ["buying", "using", "leaving"], by=["segment"])
    out = saturation.recruit(reached)
    ranked = out[["value", "stage", "wanted"]].itertuples(index=False, name=None)
    assert list(ranked) == [
        ("", "leaving", 3),
        ("", "buying", 1),
        ("y", "leaving", 5),
        ("y", "buying", 4),
        ("x", "leaving", 3),
        # Three of four in y, three of three in x: y takes longer.
        ("y", "using", 2),
        ("x", "buying", 2),
        ("x", "using", 2),
    ]
    assert out["rank"].tolist() == list(range(1, 9))
    # P7 gave no segment and is in neither.
    sizes = reached.drop_duplicates("value").set_index("value")["n_participants"]
    assert sizes.to_dict() == {"": 8, "x": 3, "y": 4}


def test_a_participant_with_two_values_of_an_attribute_is_refused():
    coded = spoke(2, using=2).assign(segment=["x", "x", "y", "x"])
    with pytest.raises(SchemaError, match="'P0' has two values of 'segment'"):
        saturation.reach(coded, ["using"], by=["segment"])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.data())
def test_more_speakers_never_make_it_take_longer(n, data):
    few = data.draw(st.integers(0, n))
    many = data.draw(st.integers(few, n))
    out = [saturation._expected(x, n, 5) for x in (few, many)]
    rate, low, high, wanted, more, more_low, more_high = zip(*out, strict=True)
    assert rate[0] <= rate[1]
    assert low[0] <= low[1]
    assert high[0] <= high[1]
    assert wanted[0] >= wanted[1]
    assert more_low[0] >= more_low[1]
    if few:
        assert more[0] >= more[1]
        assert more_low[0] <= more[0] <= more_high[0]


# -- who was in the sample ----------------------------------------------------------------------


@pytest.fixture
def units():
    return pd.DataFrame(
        {
            "interview": ["I1", "I1", "I2", "I3", "I4", "I5"],
            "participant": ["P1", "P1", "P2", "P3", "P3", "P4"],
            "end_s": [600.0, 1200.0, 1800.0, np.nan, np.nan, 600.0],
        }
    )


@pytest.fixture
def people():
    return pd.DataFrame({"participant": ["P1", "P2", "P3", "P9"], "segment": ["x", "y", "x", "y"]})


def test_the_sample_by_hand(units, people):
    out = saturation.sample(
        units, people, by=["segment"], dates={"I1": "2026-03-04", "I5": "2026-02-01"}
    ).set_index("value")
    assert out["shown"].to_dict() == {"": "4", "(not given)": "1", "x": "2", "y": "1"}
    assert out["n_interviews"].to_dict() == {"": 5, "(not given)": 1, "x": 3, "y": 1}
    assert out["n_units"].to_dict() == {"": 6, "(not given)": 1, "x": 4, "y": 1}
    assert out.loc["", ["n_timed", "minutes", "minutes_median"]].tolist() == [3, 60, 20]
    assert out.loc["", ["first_date", "last_date"]].tolist() == ["2026-02-01", "2026-03-04"]
    assert out.loc["y", "first_date"] == ""


def test_unknown_lengths_are_missing_not_zero(units):
    out = saturation.sample(units.drop(columns="end_s"))
    assert out.loc[0, "n_timed"] == 0
    assert np.isnan(out.loc[0, "minutes"])


def test_small_groups_are_hidden_with_all_their_numbers(units):
    people = pd.DataFrame({"participant": [f"P{i}" for i in range(1, 11)],
                           "segment": ["x"] * 5 + ["y"] * 4 + ["z"]})  # fmt: skip
    units = pd.DataFrame({"interview": people["participant"], "participant": people["participant"]})
    out = saturation.sample(units, people, by=["segment"], hide_below=3).set_index("value")
    # z alone could be told from the total, so y goes with it.
    assert out["shown"].to_dict() == {"": "10", "x": "5", "y": "withheld", "z": "<3"}
    numbers = ["n_participants", "n_interviews", "n_units", "n_timed"]
    assert out.loc[["y", "z"], numbers].isna().all(axis=None)
    assert out.loc["x", numbers].tolist() == [5, 5, 5, 0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"by": ["region"]}, "no attribute 'region'"),
        ({"dates": {"I1": "4 March"}}, "'4 March' is no date"),
    ],
)
def test_a_wrong_sample_is_refused(units, people, call, said):
    with pytest.raises(SchemaError, match=said):
        saturation.sample(units, people, **call)


def test_a_participant_twice_in_the_list_is_refused(units, people):
    with pytest.raises(SchemaError, match="stands twice"):
        saturation.sample(units, pd.concat([people, people]))
