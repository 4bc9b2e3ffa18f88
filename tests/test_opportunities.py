"""What to mend and what to keep: the product by hand, its order, what each sentence owns up to."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import drivers as bench
from journeyqual import drivers, opportunities
from journeyqual.codebook import from_dict
from journeyqual.errors import SchemaError
from journeyqual.paths import mean_interval, share
from journeyqual.schema import DRIVERS, METRICS, OPPORTUNITIES, THEMED
from tests.test_drivers import driver, themed, themes, told

NO_THEMES = THEMED.empty(), DRIVERS.empty()


def metrics(*rows):
    """METRICS of (stage, metric, value, unit, better), then period and group if they are given."""
    names = ["stage", "metric", "value", "unit", "better", "period", "group"]
    filled = [(*row, *[""] * (len(names) - len(row))) for row in rows]
    return pd.DataFrame(filled, columns=names)


def many(stage, *values, by="P"):
    """One unit a participant at a stage."""
    return [(f"{stage}-{by}{i}", f"{by}{i}", stage, v) for i, v in enumerate(values)]


def listed(rows, book, numbers=None, where=NO_THEMES, **given):
    numbers = METRICS.empty() if numbers is None else numbers
    return opportunities.opportunities(told(*rows), *where, numbers, book, draws=200, **given)


def test_the_score_is_people_times_depth_times_stake(book):
    rows = many("using", -0.5, -0.7, -0.3, 0.0, 0.05, 0.6) + many("buying", 0.2, 0.4)
    numbers = metrics(("using", "on time", 91, "%", "higher"))
    table = listed(rows, book, numbers, thin_below=2)
    out = table[(table["stage"] == "using") & (table["kind"] == "mend")].iloc[0]
    assert out[["n_people", "n_of", "n_units"]].tolist() == [3, 6, 3]
    assert out["depth"] == pytest.approx(0.5)
    assert out["stake"] == pytest.approx(0.09)
    assert out["score"] == pytest.approx(3 / 6 * 0.5 * 0.09)
    assert out[["share_low", "share_high"]].tolist() == pytest.approx(share(3, 6)[1:])
    ends = mean_interval(np.array([0.5, 0.7, 0.3, 0, 0, 0]) * 0.09, 200, seed=0)
    assert out[["score_low", "score_high"]].tolist() == pytest.approx(ends)
    assert out["statement"] == (
        "Mend using: 3 of 6 participants spoke of it badly (their mean −0.50; 6 spoke of it); "
        "at stake: on time 91 %; machine-coded, unverified."
    )


def test_of_what_is_kept_the_part_that_is_there_is_at_stake(book):
    numbers = metrics(("buying", "signed", 41, "%", "higher"))
    out = listed(many("buying", 0.5, 0.3), book, numbers).iloc[0]
    assert (out["kind"], out["owner"], out["stake"]) == ("keep", "Sales", pytest.approx(0.41))
    assert out["statement"].startswith(
        "Keep buying (Sales): 2 of 2 participants spoke of it well (their mean +0.40; "
    )


def test_one_voice_each_however_long_it_talks(book):
    rows = many("using", -0.6, -0.4, 0.3, -0.2)
    longer = rows + [(f"more{k}", "P0", "using", -0.6) for k in range(9)]
    one, other = listed(rows, book).iloc[0], listed(longer, book).iloc[0]
    same = ["n_people", "depth", "score", "score_low", "score_high"]
    assert one[same].tolist() == pytest.approx(other[same].tolist())
    assert (one["n_units"], other["n_units"]) == (3, 12)


def test_a_stage_stands_on_the_side_of_its_mean_and_on_both_if_it_is_split(book):
    def kinds(*values):
        table = listed(many("using", *values), book)
        return sorted(table["kind"])

    assert kinds(-0.5, -0.5, 0.3, 0.0, 0.0) == ["mend"]
    assert kinds(-0.5, -0.5, 0.3, 0.3, 0.0) == ["keep", "mend"]
    # Two of twelve are no fifth; against the mean they are not listed, with it they are.
    assert kinds(*[-0.5] * 10, 0.3, 0.3) == ["mend"]
    assert kinds(*[0.02] * 10, 0.3, 0.3) == ["keep"]
    # A single voice is no case, nor is anything within 0.1 of neutral.
    assert kinds(-0.9, 0.0, 0.0) == []
    assert kinds(-0.1, -0.1, -0.1) == []
    # In floating point -0.1 and -0.2 over three is a little below -0.1.
    rows = [(f"{p}{k}", p, "using", v) for p in "AB" for k, v in enumerate((-0.1, -0.2, 0.0))]
    assert listed(rows, book).empty


def test_without_a_number_the_others_middle_is_at_stake_and_said_so(book):
    rows = [r for s in book.stage_names for r in many(s, -0.5, -0.5, -0.5)]
    out = listed(rows, book).set_index("stage")
    assert out["stake"].tolist() == [1, 1, 1]
    assert not out["statement"].str.contains("stake").any()
    numbers = metrics(
        ("buying", "signed", 40, "%", "higher"),
        ("leaving", "left", 20, "%", "lower"),
        ("using", "questions a day", 23, "", "lower"),
        ("", "kept for a year", 0, "%", "higher"),
    )
    out = listed(rows, book, numbers).set_index("stage")
    assert out["stake"].to_dict() == pytest.approx({"buying": 0.6, "leaving": 0.2, "using": 0.4})
    assert out.loc["using", "metric"] == ""
    assert (
        "its numbers have no scale, so its stake is taken as the other stages' middle (0.40)"
        in (out.loc["using", "statement"])
    )
    out = listed(rows, book, numbers[numbers["stage"] != "using"]).set_index("stage")
    assert "it has no number, so" in out.loc["using", "statement"]


def test_the_number_of_everybody_in_the_latest_period_with_most_at_stake_counts():
    numbers = metrics(
        ("using", "kept", 10, "%", "higher", "2025", ""),
        ("using", "kept", 70, "%", "higher", "2026", ""),
        ("using", "kept", 0, "%", "higher", "2027", "family"),
        ("using", "mended", 60, "%", "higher", "2026", ""),
        ("buying", "signed", 30, "%", "higher", "", "family"),
        ("buying", "signed", 20, "%", "higher", "", "trader"),
    )
    out = opportunities.stakes(numbers)
    assert out[["metric", "shown"]].values.tolist() == [
        ["signed", "30 % (family)"],
        ["signed", "20 % (trader)"],
        ["kept", "70 %"],
        ["mended", "60 %"],
    ]
    assert out["lost"].tolist() == pytest.approx([0.7, 0.8, 0.3, 0.4])
    book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    rows = many("using", -0.5, -0.5) + many("buying", 0.5, 0.5)
    out = listed(rows, book, numbers).set_index("stage")
    assert out["metric"].to_dict() == {"using": "mended", "buying": "signed"}
    # Most of what is held: 30 %, of the families.
    assert out["stake"].to_dict() == pytest.approx({"using": 0.4, "buying": 0.3})


def test_what_is_thin_comes_last_however_deep_and_ties_keep_their_order(book):
    rows = [
        *many("leaving", -1.0, -1.0),
        *many("using", -0.2, -0.2, -0.2, -0.2, -0.2, by="Q"),
        *many("buying", -0.2, -0.2, -0.2, -0.2, -0.2, by="R"),
    ]
    out = listed(rows, book)
    assert out["stage"].tolist() == ["buying", "using", "leaving"]
    assert out["is_thin"].tolist() == [False, False, True]
    assert out["rank"].tolist() == [1, 2, 3]
    assert (
        out["statement"]
        .iloc[2]
        .endswith("; thin: fewer than 5 participants; machine-coded, unverified.")
    )
    # As much, by more people and less deep, goes first.
    rows = many("using", *[-0.8] * 2, *[0.0] * 6) + many("leaving", *[-0.4] * 4, *[0.0] * 4)
    assert listed(rows, book)["stage"].tolist() == ["leaving", "using"]


def test_a_driver_stands_with_its_own_people_by_its_own_words(book):
    rows = many("using", -0.5, -0.3, 0.2, 0.6, 0.6, 0.6)
    where = themed([r[0] for r in rows], **{"using-P0": "t", "using-P1": "t", "using-P2": "t"})
    made = drivers.drivers(told(*rows), where, themes(("t", "using"), name="rack bolts"), book)
    out = listed(rows, book, where=(where, made))
    at = out[out["theme"] == "t"].iloc[0]
    assert at[["kind", "name", "n_people", "n_units"]].tolist() == ["mend", "rack bolts", 2, 2]
    assert at["depth"] == pytest.approx(0.4)
    assert at["statement"].startswith(
        "Mend 'rack bolts' at using: 2 of 6 participants spoke of it badly (their mean −0.40; 3 "
    )
    # Bad words at a worse stage pull it up, and are to be mended all the same.
    up = driver(-0.2, -0.1, pull=0.3)
    assert "mend" in set(listed(rows, book, where=(where, up)).query("theme == 't'")["kind"])


def test_what_people_coded_is_said(book):
    rows = told(*many("using", -0.5, -0.5, -0.5))
    checked = rows.assign(
        human_stage=["using", "", ""], human_valence=[-0.7, None, None],
        sampling_probability=[0.5, None, None],
    )  # fmt: skip
    out = opportunities.opportunities(checked, *NO_THEMES, METRICS.empty(), book, thin_below=1)
    assert out.loc[0, "depth"] == pytest.approx((0.7 + 0.5 + 0.5) / 3)
    assert out.loc[0, "statement"].endswith("; machine-coded, 1 of 3 units coded by people.")
    people = rows.assign(human_stage="using", human_valence=-0.5)
    out = opportunities.opportunities(people, *NO_THEMES, METRICS.empty(), book, thin_below=1)
    assert out.loc[0, "method"] == "human"
    assert out.loc[0, "statement"].endswith("3 spoke of it).")


def test_everybody_heard_counts_also_off_the_journey(book):
    rows = [*many("using", -0.5, -0.5), ("x", "P9", "", 0.9), ("y", "P8", "using", np.nan)]
    out = listed(rows, book)
    assert out.loc[0, ["n_people", "n_of"]].tolist() == [2, 4]


def test_shuffled_rows_give_the_same_bytes():
    coded, where = bench.study(5, 15, bench.World())
    book, listed_themes = bench.book(6), bench.themes_of(6, 4)
    numbers = metrics(*((f"s{k}", "kept", 10 * k, "%", "higher") for k in range(5)))
    made = drivers.drivers(coded, where, listed_themes, book, draws=100)
    once = opportunities.opportunities(coded, where, made, numbers, book, draws=100)
    mixed = (t.sample(frac=1, random_state=1) for t in (coded, where, made, numbers))
    again = opportunities.opportunities(*mixed, book, draws=100)
    assert once.to_csv() == again.to_csv()
    assert (once["theme"] != "").any()
    assert (once["score_low"] <= once["score"]).all()
    assert (once["score"] <= once["score_high"]).all()


def test_nothing_to_list_is_an_empty_table(book):
    assert listed([], book).columns.tolist() == OPPORTUNITIES.names
    assert listed([], book).empty
    assert listed([("a", "P1", "using", 0.0)], book).empty


def test_bad_input_is_one_clear_error(book):
    rows = many("using", -0.5)
    with pytest.raises(SchemaError, match="no column 'value'"):
        listed(rows, book, metrics(("using", "kept", 1, "%")).drop(columns="value"))
    with pytest.raises(SchemaError, match="no column 'pull'"):
        listed(rows, book, where=(THEMED.empty(), DRIVERS.empty().drop(columns="pull")))
