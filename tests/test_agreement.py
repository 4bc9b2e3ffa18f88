"""Agreement: published figures, tables worked out by hand, and other people's implementations."""

import time
import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyqual import agreement as ag
from journeyqual import spans as sp
from journeyqual.errors import SchemaError
from journeyqual.schema import AGREEMENT, AGREEMENT_PAIRS

N = np.nan
ANA, BEN, CEM, MODEL = "human:ana", "human:ben", "human:cem", "model:m@1"
# Krippendorff 2011, "Computing Krippendorff's alpha-reliability": four observers, twelve units.
CANONICAL = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
    ]
).T


def long(columns, dimension="stage", **more):
    """Codings from a list of values a coder; None is no coding."""
    rows = [
        {"unit_id": f"u{u}", "coder": coder, "dimension": dimension, "value": value}
        for coder, values in columns.items()
        for u, value in enumerate(values)
        if value is not None
    ]
    return pd.DataFrame(rows).assign(**more)


def row(table, code="", dimension="stage"):
    return table[(table["dimension"] == dimension) & (table["code"] == code)].iloc[0]


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_the_canonical_example_gives_the_published_figures(level, published):
    assert round(ag.alpha(CANONICAL, level).value, 3) == published


def test_the_canonical_example_as_a_table_of_codings():
    """One unit has a single coder: eleven can be compared, with 40 codings."""
    codings = long(
        {
            f"human:{c}": [None if np.isnan(v) else f"{v:g}" for v in CANONICAL[:, c]]
            for c in range(4)
        }
    )
    out = ag.table(codings)
    assert out["code"].tolist() == ["", "1", "2", "3", "4", "5"]
    whole = row(out)
    assert (round(whole["alpha"], 3), whole["n_units"], whole["n_coders"]) == (0.743, 11, 4)
    assert whole["n_codings"] == 40
    assert whole["alpha_low"] < whole["alpha"] < whole["alpha_high"]
    for level, value in (("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)):
        assert round(row(ag.table(codings, {"stage": level}))["alpha"], 3) == value


def test_kappa_at_chance_overlap_is_exactly_zero():
    assert ag.kappa(list("aabb"), list("abab")).value == 0.0
    codings = long({ANA: list("aabb"), BEN: list("abab")})
    assert ag.table(codings)["kappa"].tolist() == [0.0, 0.0, 0.0]
    # 20 of 100 codes each, 4 together: 20 % of 20 %.
    ana = ["x"] * 20 + ["y"] * 80
    ben = ["x"] * 4 + ["y"] * 16 + ["x"] * 16 + ["y"] * 64
    assert ag.kappa(ana, ben).value == 0.0


def test_a_code_against_all_others_by_hand():
    """ana aab c, ben abb c: of b there are 3 codings of 8, 2 of them coincide."""
    out = ag.table(long({ANA: list("aabc"), BEN: list("abbc")}))
    # 1 - (n - 1)(n_b - o_bb) / (n_b (n - n_b)) = 1 - 7 * 1 / (3 * 5)
    assert row(out, "b")["alpha"] == pytest.approx(1 - 7 / 15)
    assert row(out, "c")["alpha"] == 1.0
    # o has 2 off the diagonal; the margins are 3, 3, 2: 1 - 7 * 2 / (64 - 22)
    assert row(out)["alpha"] == pytest.approx(1 - 14 / 42)
    assert row(out)["percent_agreement"] == 75.0
    assert row(out)["kappa"] == pytest.approx((0.75 - 5 / 16) / (1 - 5 / 16))


def test_undefined_is_not_a_number_with_a_reason():
    same = ag.table(long({ANA: ["a", "a"], BEN: ["a", "a"]}))
    assert same["alpha"].isna().all()
    assert same["kappa"].isna().all()
    assert same["reason"].tolist() == [
        "no variation: everybody gave 'a'",
        "no variation: everybody always gave it",
    ]
    assert same["verdict"].tolist() == ["", ""]
    alone = ag.table(long({ANA: ["a", None], BEN: [None, "b"]}))
    assert alone["alpha"].isna().all()
    assert alone["reason"].str.startswith("no unit has two coders").all()
    assert alone["n_units"].tolist() == [0, 0, 0]
    # c was given to a unit that nobody else coded.
    lone = row(ag.table(long({ANA: ["a", "b", "c"], BEN: ["a", "b", None]})), "c")
    assert np.isnan(lone["alpha"])
    assert lone["reason"] == "nobody gave it to a unit with two coders"
    assert ag.alpha([[1, 1], [1, 1]], "interval").reason == "no variation: everybody gave '1'"
    assert ag.kappa(["a", "a"], ["a", "a"]).reason == "both always gave one and the same value"


def test_no_disagreement_says_that_the_interval_cannot_show_any():
    out = row(ag.table(long({ANA: list("abab"), BEN: list("abab")})))
    assert (out["alpha"], out["alpha_low"], out["alpha_high"]) == (1.0, 1.0, 1.0)
    assert "no disagreement seen" in out["reason"]


def test_one_participant_has_no_interval():
    codings = long({ANA: list("abab"), BEN: list("abaa")}, participant="P01")
    out = row(ag.table(codings))
    assert np.isnan(out["alpha_low"])
    assert "fewer than two participants" in out["reason"]


@pytest.mark.parametrize(
    ("alpha", "low", "expected"),
    [
        (0.8, 0.7, "rely"),
        (0.7996, 0.6668, "rely"),
        (0.9, 0.6664, "tentative"),
        (0.9, N, "tentative"),
        (0.7994, 0.7, "tentative"),
        (0.667, 0.1, "tentative"),
        (0.6664, 0.6, "do not conclude"),
        (N, N, ""),
    ],
)
def test_the_verdict_reads_alpha_and_interval_as_printed(alpha, low, expected):
    assert ag.verdict(alpha, low) == expected


def test_blank_means_none_fits_on_a_stage_and_missing_on_a_valence():
    stage = ag.table(long({ANA: ["", "", "a", "a"], BEN: ["", "a", "a", "a"]}))
    assert stage["code"].tolist() == ["", "a", ag.NONE_FITS]
    assert row(stage)["n_units"] == 4
    valence = ag.table(long({ANA: ["", "1", "0", "-1"], BEN: ["1", "1", "0", "-0.5"]}, "valence"))
    assert row(valence, dimension="valence")["n_units"] == 3
    assert valence["code"].tolist() == ["", "-1", "-0.5", "0", "1"]


def test_a_machines_valence_is_rounded_on_the_ordinal_level_only():
    codings = long(
        {ANA: ["-1", "-0.5", "0.5", "0"], MODEL: ["-0.8", "-0.25", "0.25", "0.1"]}, "valence"
    )
    out = row(ag.table(codings), dimension="valence")
    assert (out["alpha"], out["kappa"], out["level"]) == (1.0, 1.0, "ordinal")
    assert row(ag.table(codings, {"valence": "interval"}), dimension="valence")["alpha"] < 1
    people = long({ANA: ["-1", "0.25"], BEN: ["-1", "0.5"]}, "valence")
    assert row(ag.table(people), dimension="valence")["alpha"] < 1


def test_the_last_word_counts_and_a_rejection_withdraws():
    rows = [
        ("u1", ANA, "a", ""), ("u1", BEN, "b", ""), ("u1", ANA, "b", ""),
        ("u2", ANA, "a", ""), ("u2", BEN, "a", ""),
        ("u3", ANA, "a", ""), ("u3", BEN, "b", ""), ("u3", BEN, "b", "rejected"),
    ]  # fmt: skip
    codings = pd.DataFrame(rows, columns=["unit_id", "coder", "value", "status"])
    out = row(ag.table(codings.assign(dimension="stage")))
    assert (out["alpha"], out["n_units"]) == (1.0, 2)


def test_the_panel_memos_and_flags_are_not_compared():
    codings = pd.concat(
        [
            long({ANA: list("abab"), BEN: list("abba")}),
            long({"human:panel": list("abab")}),
            long({ANA: ["hm", "ha"], BEN: ["oh", "ah"]}, "memo"),
            long({ANA: ["yes", ""], BEN: ["", "yes"]}, "negative"),
        ]
    )
    out = ag.table(codings)
    assert set(out["dimension"]) == {"stage"}
    assert row(out)["n_coders"] == 2


def test_themes_are_present_or_absent_on_what_both_have_read():
    """u0 to u3 are read by both (they have stages); ben gave u1 no theme; u4 is ana's alone."""
    stage = long({ANA: list("abcde"), BEN: ["a", "b", "c", "d", None]})
    rows = [
        ("u0", ANA, "price"), ("u0", ANA, "queue"), ("u0", BEN, "price"), ("u0", BEN, "queue"),
        ("u1", ANA, "price"), ("u2", BEN, "queue"), ("u2", ANA, "queue"), ("u4", ANA, "price"),
    ]  # fmt: skip
    themes = pd.DataFrame(rows, columns=["unit_id", "coder", "value"]).assign(dimension="theme")
    out = ag.table(pd.concat([stage, themes]))
    # price: 3 of 8 codings, 2 coincide; queue: 4 of 8, all coincide.
    assert row(out, "price", "theme")["alpha"] == pytest.approx(1 - 7 * 1 / (3 * 5))
    assert row(out, "queue", "theme")["alpha"] == 1.0
    # Overall: disagreements of both themes added up, observed and expected.
    assert row(out, "", "theme")["alpha"] == pytest.approx(1 - 7 * 1 / (3 * 5 + 4 * 4))
    assert row(out, "", "theme")["n_units"] == 4
    assert row(out, "", "theme")["percent_agreement"] == 75.0
    withdrawn = themes.assign(status="").iloc[[4]].assign(status="rejected")
    back = ag.table(pd.concat([stage, themes, withdrawn]))
    assert row(back, "price", "theme")["alpha"] == 1.0


def test_pairs_name_who_against_whom():
    codings = pd.concat(
        [long({MODEL: list("abbb"), ANA: list("aabb"), BEN: list("aabb")}), long({CEM: list("aa")})]
    )
    out = ag.pairs(codings).set_index(["first", "second"])
    assert out.loc[(ANA, BEN), "kind"] == "human-human"
    assert out.loc[(ANA, BEN), "alpha"] == 1.0
    assert out.loc[(ANA, MODEL), "kind"] == "human-machine"
    assert out.loc[(ANA, MODEL), "alpha"] == pytest.approx(1 - 7 * 2 / (2 * 3 * 5))
    assert out.loc[(CEM, MODEL), "n_units"] == 2
    assert len(out) == 6
    assert AGREEMENT_PAIRS.names[:4] == ["dimension", "first", "second", "kind"]


def test_kappa_of_several_coders_is_the_mean_of_their_pairs():
    values = {ANA: list("aabbc"), BEN: list("abbbc"), CEM: list("cabbc")}
    each = [ag.kappa(values[a], values[b]).value for a, b in combinations(values, 2)]
    assert row(ag.table(long(values)))["kappa"] == pytest.approx(np.mean(each))


def test_two_versions_of_one_machine_are_one_coder():
    old, new = long({"model:m@1": list("ab"), ANA: list("ab")}), long({"model:m@2": list("bb")})
    valence = long({"model:m@1": ["1", "0"]}, "valence")
    kept = ag.current(pd.concat([old, new, valence]))
    assert set(zip(kept["coder"], kept["dimension"], strict=True)) == {
        ("model:m@2", "stage"),
        ("model:m@1", "valence"),
        (ANA, "stage"),
    }


def test_over_time_holds_the_first_sitting_against_the_last_word():
    rows = [
        ("u1", ANA, "a", "2026-01-01T09:00:00+00:00"),
        ("u1", ANA, "b", "2026-01-01T09:00:05+00:00"),  # corrected at once
        ("u1", ANA, "b", "2026-02-01T09:00:00+00:00"),
        ("u2", ANA, "a", "2026-01-01T09:01:00+00:00"),
        ("u2", ANA, "a", "2026-02-01T09:01:00+00:00"),
        ("u3", ANA, "a", "2026-01-01T09:02:00+00:00"),
        ("u3", ANA, "b", "2026-02-01T09:02:00+00:00"),
        ("u4", ANA, "a", "2026-01-01T09:03:00+00:00"),
        ("u4", ANA, "b", "2026-01-03T09:03:00+00:00"),  # two days are not two sittings
        ("u1", MODEL, "a", "2026-01-01T09:00:00+00:00"),
        ("u1", MODEL, "b", "2026-03-01T09:00:00+00:00"),
    ]
    codings = pd.DataFrame(rows, columns=["unit_id", "coder", "value", "coded_at"])
    out = ag.over_time(codings.assign(dimension="stage"))
    # first b a a, last b a b: margins 3 and 3, one disagreement.
    assert out[["first", "second", "kind", "n_units"]].values.tolist() == [
        [ANA, ANA, "over-time", 3]
    ]
    assert out.loc[0, "alpha"] == pytest.approx(1 - 5 * 2 / (2 * 3 * 3))
    assert len(ag.over_time(codings.assign(dimension="stage"), gap_days=400)) == 0
    with pytest.raises(SchemaError, match="not a time"):
        ag.over_time(codings.assign(dimension="stage", coded_at="yesterday"))


def test_concerns_name_codes_pairs_of_codes_and_units():
    values = {ANA: list("aaabbbcc"), BEN: list("aabbaacc"), CEM: list("aa") + [None] * 6}
    out = ag.concerns(long(values))
    assert out.redefine["code"].tolist()[:2] == ["b", "a"]
    assert out.redefine["confused_with"].tolist()[:2] == ["a", "b"]
    # b: 5 of 18 codings, 2 coincide: 1 - 17 * 3 / (5 * 13).
    assert out.redefine.loc[0, "alpha"] == pytest.approx(1 - 51 / 65)
    assert out.redefine.loc[0, "why"] == "alpha 0.215 is below 0.667"
    assert "c" not in out.redefine["code"].tolist()
    assert out.confused[["code", "other", "coincidences", "n_units"]].values.tolist() == [
        ["a", "b", 3.0, 3]
    ]
    assert out.discuss["unit_id"].tolist() == ["u2", "u4", "u5"]
    assert out.discuss.loc[0, "codings"] == f"{ANA}: a; {BEN}: b"


def test_units_to_discuss_come_by_coders_then_by_distance():
    values = {ANA: ["-1", "0", "-1", "0"], BEN: ["1", "0.5", "0", "0"], CEM: [None, "0", None, "0"]}
    out = ag.concerns(long(values, "valence")).discuss
    assert out["unit_id"].tolist() == ["u1", "u0", "u2"]
    assert out["distance"].tolist() == [0.25, 1.0, 0.5]


def test_confused_themes_are_those_that_the_other_lacks():
    rows = [("u0", ANA, "price"), ("u0", ANA, "queue"), ("u0", BEN, "queue"), ("u0", BEN, "staff"),
            ("u1", ANA, "price"), ("u2", ANA, "queue"), ("u2", BEN, "queue")]  # fmt: skip
    themes = pd.DataFrame(rows, columns=["unit_id", "coder", "value"]).assign(dimension="theme")
    stage = long({ANA: list("abc"), BEN: list("abc")})
    out = ag.concerns(pd.concat([stage, themes])).confused
    assert sorted(out[["code", "other"]].values.tolist()) == [
        ["price", ag.NOTHING],
        ["price", "staff"],
    ]


def test_what_cannot_be_compared_is_refused():
    codings = long({ANA: ["a", "b"], BEN: ["a", "a"]})
    with pytest.raises(SchemaError, match=r"line 2, column 'value': 'a' cannot be compared"):
        ag.table(codings, {"stage": "ordinal"})
    with pytest.raises(SchemaError, match="no level of measurement; take nominal, ordinal"):
        ag.table(codings, {"stage": "cardinal"})
    with pytest.raises(SchemaError, match="no coding is of the dimension 'stag'; there is stage"):
        ag.table(codings, {"stag": "nominal"})
    with pytest.raises(SchemaError, match="write DIMENSION=LEVEL"):
        ag.parse_levels(["valence"])
    with pytest.raises(SchemaError, match="ratios need numbers from 0"):
        ag.alpha([[1, -1], [2, 2]], "ratio")
    with pytest.raises(SchemaError, match="'u1' has no participant"):
        ag.table(codings.assign(participant=["P1", "", "P1", ""]))
    with pytest.raises(SchemaError, match="'u0' has two participants"):
        ag.table(codings.assign(participant=["P1", "P2", "P3", "P2"]))
    with pytest.raises(SchemaError, match="2 and 1 units"):
        ag.kappa(["a", "b"], ["a"])


def test_no_codings_give_empty_tables():
    empty = pd.DataFrame(columns=["unit_id", "coder", "dimension", "value"])
    assert ag.table(empty).columns.tolist() == AGREEMENT.names
    assert len(ag.table(empty)) == len(ag.pairs(empty)) == 0
    assert all(len(part) == 0 for part in ag.concerns(empty))


def random_table(rng):
    units, coders, values = rng.integers(2, 15), rng.integers(2, 6), rng.integers(2, 6)
    table = rng.integers(0, values, size=(units, coders)).astype(float)
    table[:, 1:] = np.where(rng.random((units, coders - 1)) < 0.5, table[:, :1], table[:, 1:])
    table[rng.random(table.shape) < rng.choice([0, 0.2, 0.5])] = N
    return table


def test_alpha_is_that_of_an_independent_implementation():
    import krippendorff

    rng = np.random.default_rng(11)
    compared = undefined = 0
    for _ in range(300):
        table = random_table(rng)
        for level in ("nominal", "ordinal", "interval", "ratio"):
            ours = ag.alpha(table, level)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    theirs = krippendorff.alpha(table.T, level_of_measurement=level)
            except ValueError:
                theirs = N
            if np.isnan(ours.value) or np.isnan(theirs):
                # Theirs may warn and go on where there is nothing to compare; ours says why.
                assert np.isnan(ours.value)
                assert ours.reason
                undefined += 1
            else:
                assert ours.value == pytest.approx(theirs, abs=1e-9)
                assert not ours.reason
                compared += 1
    assert compared > 1000
    assert undefined < 150


def test_kappa_is_that_of_an_independent_implementation():
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(12)
    compared = 0
    for _ in range(200):
        table = random_table(rng)[:, :2]
        both = ~np.isnan(table).any(axis=1)
        a, b = table[both].T
        if not both.any() or len({*a, *b}) == 1:
            assert np.isnan(ag.kappa(*table.T).value)
            continue
        for weights in ("none", "linear", "quadratic"):
            theirs = cohen_kappa_score(
                a.astype(int), b.astype(int), labels=range(6),
                weights=None if weights == "none" else weights,
            )  # fmt: skip
            assert ag.kappa(*table.T, weights=weights).value == pytest.approx(theirs, abs=1e-9)
            compared += 1
    assert compared > 400


cells = st.one_of(st.none(), st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=2, max_size=9), st.randoms())
def test_alpha_does_not_care_for_order_names_or_units_with_one_coder(rows, random):
    one = ag.alpha(rows).value
    mixed = [random.sample(row, 3) for row in random.sample(rows, len(rows))]
    assert ag.alpha(mixed).value == pytest.approx(one, nan_ok=True)
    named = [[None if v is None else f"code {9 - v}" for v in row] for row in rows]
    assert ag.alpha(named).value == pytest.approx(one, nan_ok=True)
    assert ag.alpha([*rows, [7, None, None]]).value == pytest.approx(one, nan_ok=True)
    if not np.isnan(one):
        assert -1 <= one <= 1
        # Steps of the same width: interval alpha does not care for origin and unit.
        wide = [[None if v is None else 100.0 + 3 * v for v in row] for row in rows]
        assert ag.alpha(wide, "interval").value == pytest.approx(ag.alpha(rows, "interval").value)


def test_the_draws_pool_coincidences_and_never_average_alphas():
    """One draw, done the long way round: the drawn participants' units as a table of their own."""
    rng = np.random.default_rng(3)
    participant = np.repeat(np.arange(5), 4)
    for level in ("nominal", "ordinal", "interval", "ratio"):
        table = random_values = rng.integers(0, 5, size=(20, 3)).astype(float)
        random_values[rng.random(table.shape) < 0.2] = N
        codings = long(
            {f"c{c}": [None if np.isnan(v) else f"{v:g}" for v in table[:, c]] for c in range(3)}
        )
        codings["participant"] = codings["unit_id"].map(lambda u: f"P{participant[int(u[1:])]}")
        ratings = ag.read(codings, {"stage": level})["stage"]
        counts = np.array([[2.0, 0.0, 1.0, 3.0, 0.0], [1.0] * 5])
        overall, single = ag.alphas(counts, ag.coincidences(ratings))
        drawn = np.concatenate([table[participant == p] for p in (0, 0, 2, 3, 3, 3)])
        assert overall[0] == pytest.approx(ag.alpha(drawn, level).value)
        assert overall[1] == pytest.approx(ag.alpha(table, level).value)
        against = np.where(np.isnan(drawn), N, drawn == 2)
        assert single[0, list(ratings.codes).index("2")] == pytest.approx(ag.alpha(against).value)


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_units():
    rng = np.random.default_rng(0)
    values = rng.choice(list("abc"), 40)
    codings = long({ANA: values, BEN: np.where(rng.random(40) < 0.8, values, "a")})
    one = ag.table(codings, seed=4)
    mixed = codings.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(one, ag.table(mixed, seed=4))
    people = codings["unit_id"].map(lambda u: f"P{int(u[1:]) % 7}")
    told = ag.table(codings.assign(participant=people))
    pd.testing.assert_frame_equal(
        told, ag.table(codings.assign(participant=people).sample(frac=1, random_state=2))
    )
    # Seven participants of forty units are not forty units.
    assert "over 7 participants" in row(told)["reason"]
    assert not row(one)["reason"]
    assert row(one)["alpha_low"] != row(ag.table(codings, seed=5))["alpha_low"]


def test_intervals_over_participants_cover():
    """Coders err, more with some participants than with others; 95 % intervals cover as often."""
    rng = np.random.default_rng(7)
    shares = np.array([0.5, 0.3, 0.2])

    def sample(people, per):
        errs = np.repeat(rng.beta(2, 6, people), per)
        truth = rng.choice(3, size=people * per, p=shares)
        other = rng.choice(3, size=(people * per, 2), p=shares)
        given = np.where(rng.random((people * per, 2)) < errs[:, None], other, truth[:, None])
        return given, np.repeat(np.arange(people), per)

    def sums(given, cluster):
        unit, coder = (axis.ravel() for axis in np.indices(given.shape))
        names = tuple(map(str, range(len(given))))
        return ag.coincidences(
            ag.Ratings("d", "nominal", names, ("a", "b"), ("0", "1", "2"), np.zeros(0), unit,
                       coder, given.ravel(), np.ones(given.shape, bool), cluster, True)
        )  # fmt: skip

    many, _ = sample(20_000, 6)
    truth = ag.alphas(np.ones((1, 1)), sums(many, np.zeros(len(many), int)))[0][0]
    inside = []
    for seed in range(300):
        low, high, _ = ag.intervals(sums(*sample(15, 6)), draws=400, seed=seed, codes=False)
        inside.append(low[0] <= truth <= high[0])
    assert 0.91 <= np.mean(inside) <= 0.98


def test_a_thousand_units_take_well_under_two_seconds():
    rng = np.random.default_rng(1)
    truth = rng.integers(8, size=1000)
    other = np.where(rng.random(1000) < 0.8, truth, rng.integers(8, size=1000))
    codings = long({ANA: [f"s{v}" for v in truth], BEN: [f"s{v}" for v in other]})
    ag.table(codings, draws=10)
    start = time.process_time()
    out = ag.table(codings, draws=2000)
    assert time.process_time() - start < 2
    assert len(out) == 9


# Spans

TEXT = pd.DataFrame({"interview": ["i"], "start_char": [0], "end_char": [10]})


def marked(*rows):
    names = ["coder", "value", "start_char", "end_char", "interview"]
    rows = [(*row, "i")[:5] for row in rows]
    return pd.DataFrame(rows, columns=names).assign(dimension="theme")


def by(out, measure, code=""):
    return out[(out["measure"] == measure) & (out["code"] == code)].iloc[0]


def test_alpha_for_unitizing_by_hand():
    """Ana 0-4, ben 2-6 of ten characters: 8 of 20 are marked, 4 coincide as marked.

    n - S / n = 20 - (16 + 16 + 12) / 20 = 17.8, so 1 - 17.8 * 4 / (8 * 12).
    """
    out = sp.continuum(marked((ANA, "x", 0, 4), (BEN, "x", 2, 6)), TEXT)
    for measure, code in (("whole", ""), ("covered", ""), ("code", "x")):
        assert by(out, measure, code)["alpha"] == pytest.approx(1 - 17.8 * 4 / 96)
    assert by(out, "value")["reason"].startswith("no variation")
    assert by(out, "value")["n_characters"] == 2
    assert by(out, "whole")["n_characters"] == 10
    assert "no interval" in by(out, "whole")["reason"]


def test_a_value_against_all_other_text_by_hand():
    """The text that is not x falls apart into characters, that marked y as well."""
    rows = [(ANA, "x", 0, 4), (BEN, "x", 2, 6), (ANA, "y", 6, 8), (BEN, "y", 6, 8)]
    out = sp.continuum(marked(*rows), TEXT)
    assert by(out, "code", "x")["alpha"] == pytest.approx(1 - 17.8 * 4 / 96)
    assert by(out, "code", "y")["alpha"] == 1.0
    # Here y's spans are whole, too: S = 16 + 16 + 4 + 4 + 8, margins x 8, y 4, nothing 8.
    whole = 1 - (20 - 48 / 20) * (4 + 0 + 4) / (8 * 12 + 4 * 16 + 8 * 12)
    assert by(out, "whole")["alpha"] == pytest.approx(whole)


def test_spans_that_overlap_are_one_and_spans_that_touch_are_two():
    one = sp.continuum(marked((ANA, "x", 0, 3), (ANA, "x", 2, 4), (BEN, "x", 2, 6)), TEXT)
    assert by(one, "whole")["alpha"] == pytest.approx(1 - 17.8 * 4 / 96)
    # S = 4 + 4 + 16 + 12
    two = sp.continuum(marked((ANA, "x", 0, 2), (ANA, "x", 2, 4), (BEN, "x", 2, 6)), TEXT)
    assert by(two, "whole")["alpha"] == pytest.approx(1 - (20 - 36 / 20) * 4 / 96)


def by_characters(spans, coders, length):
    """Compute the unitizing alphas from the paper's matrices, a character at a time."""
    paint = np.zeros((len(coders), length), int)
    values = ["", *sorted({s[1] for s in spans})]
    squares = np.zeros(len(values))
    for coder, value, start, end in spans:
        paint[coders.index(coder), start:end] = values.index(value)
        squares[values.index(value)] += (end - start) ** 2
    squares[0] = (paint == 0).sum()
    m = len(coders)
    observed = np.zeros((len(values), len(values)))
    for i in range(m):
        for j in range(m):
            if i != j:
                np.add.at(observed, (paint[i], paint[j]), 1 / (m - 1))
    margin, total = observed.sum(axis=1), observed.sum()
    expected = total * (np.outer(margin, margin) - np.diag(squares)) / (total**2 - squares.sum())
    whole = 1 - (total - np.trace(observed)) / (total - np.trace(expected))
    covered = 1 - (margin[0] - observed[0, 0]) / (expected[0].sum() - expected[0, 0])
    inner = observed[1:, 1:]
    own = np.zeros(len(values) - 1)
    for coder, value, start, end in spans:
        for j in range(m):
            if j != coders.index(coder):
                own[values.index(value) - 1] += (paint[j, start:end] > 0).sum() ** 2 / (m - 1)
    margin, total = inner.sum(axis=1), inner.sum()
    expected = (np.outer(margin, margin) - np.diag(own)) / (total - own.sum() / total)
    value = 1 - (total - np.trace(inner)) / (total - np.trace(expected))
    return whole, covered, value


def test_alpha_for_unitizing_is_that_of_the_papers_matrices():
    rng = np.random.default_rng(9)
    coders = [ANA, BEN, CEM]
    for _ in range(40):
        rows = []
        for coder in coders:
            edges = np.sort(rng.choice(60, size=8, replace=False))
            rows += [
                (coder, rng.choice(["x", "y"]), int(a), int(b))
                for a, b in zip(edges[::2], edges[1::2], strict=True)
            ]
        text = TEXT.assign(end_char=60)
        out = sp.continuum(marked(*rows), text, draws=2)
        for name, value in zip(
            ("whole", "covered", "value"), by_characters(rows, coders, 60), strict=True
        ):
            assert by(out, name)["alpha"] == pytest.approx(value, nan_ok=True)


def test_overlapping_spans_of_one_coder_are_compared_value_by_value():
    rows = [(ANA, "x", 0, 6), (ANA, "y", 3, 8), (BEN, "x", 0, 6), (BEN, "y", 3, 8)]
    out = sp.continuum(marked(*rows), TEXT)
    assert out["alpha"].tolist() == [1.0] * len(out)
    cut = [*rows[:3], (BEN, "y", 3, 4), (BEN, "y", 3, 8)]
    assert sp.continuum(marked(*cut), TEXT)["alpha"].tolist() == [1.0] * len(out)
    less = sp.continuum(marked(*rows[:3], (BEN, "y", 3, 7)), TEXT)
    assert by(less, "code", "x")["alpha"] == 1.0
    assert by(less, "code", "y")["alpha"] < by(less, "whole")["alpha"] < 1.0


def test_only_text_that_both_read_is_compared():
    rows = [(ANA, "x", 0, 4), (BEN, "x", 0, 4), (ANA, "x", 0, 9, "j")]
    text = pd.concat([TEXT, TEXT.assign(interview="j")])
    assert by(sp.continuum(marked(*rows), text), "whole")["n_characters"] == 10
    read = pd.DataFrame({"interview": ["j"], "coder": [BEN]})
    told = by(sp.continuum(marked(*rows), text, read=read), "whole")
    assert told["n_characters"] == 20
    assert told["alpha"] < 1
    alone = sp.continuum(marked((ANA, "x", 0, 4), (BEN, "x", 0, 4, "j")), text)
    assert alone["alpha"].isna().all()
    assert by(alone, "whole")["reason"] == "no text that two coders read"


def test_spans_outside_the_text_are_told_of():
    text = TEXT.assign(start_char=5)
    rows = [(ANA, "x", 0, 4), (ANA, "x", 6, 8), (BEN, "x", 2, 8)]
    out = by(sp.continuum(marked(*rows), text), "whole")
    assert out["n_characters"] == 5
    assert out["reason"].endswith("1 span outside the text left out")


def test_spans_match_once_and_within_the_stated_tolerance():
    rows = [
        (ANA, "x", 0, 10),
        (ANA, "y", 20, 30),
        (BEN, "x", 1, 10),
        (BEN, "x", 2, 10),
        (BEN, "z", 20, 30),
    ]
    out = sp.match(marked(*rows), tolerance=[0, 2]).set_index("tolerance")
    assert out.loc[0, ["n_first", "n_second", "n_placed", "n_matched"]].tolist() == [2, 3, 1, 0]
    assert out.loc[2, ["n_placed", "n_matched"]].tolist() == [2, 1]
    assert out.loc[2, "precision"] == pytest.approx(1 / 3)
    assert out.loc[2, "recall"] == 0.5
    assert out.loc[2, "f"] == pytest.approx(2 / 5)
    # Nearest first would take 4-9 with 2-9 and leave both others alone.
    greedy = marked((ANA, "x", 4, 9), (ANA, "x", 0, 9), (BEN, "x", 3, 9), (BEN, "x", 7, 9))
    assert sp.match(greedy, tolerance=3).loc[0, "n_matched"] == 2


def test_tolerance_may_count_words():
    text = "It took an absurdly long time to arrive."
    rows = marked((ANA, "x", 8, 29), (BEN, "x", 11, 29))  # "an absurdly…" and "absurdly…"
    out = sp.match(rows, tolerance=[0, 1], counted_in="words", texts={"i": text})
    assert out["n_matched"].tolist() == [0, 1]
    assert out["counted_in"].tolist() == ["words", "words"]
    # A blank taken along is no word.
    blank = marked((ANA, "x", 8, 29), (BEN, "x", 7, 30))
    assert sp.match(blank, tolerance=0, counted_in="words", texts={"i": text}).loc[0, "f"] == 1.0
    with pytest.raises(SchemaError, match="the text of the interview 'i' is not there"):
        sp.match(rows, counted_in="words")


def test_spans_that_are_none_are_refused():
    with pytest.raises(SchemaError, match="ends before it begins"):
        sp.match(marked((ANA, "x", 5, 5)))
    with pytest.raises(SchemaError, match="overlap"):
        sp.continuum(marked((ANA, "x", 0, 2)), pd.concat([TEXT, TEXT]))
    with pytest.raises(SchemaError, match="text of the interview 'j'"):
        sp.continuum(marked((ANA, "x", 0, 2, "j")), TEXT)
    with pytest.raises(SchemaError, match="tolerance below 0"):
        sp.match(marked((ANA, "x", 0, 2)), tolerance=-1)
