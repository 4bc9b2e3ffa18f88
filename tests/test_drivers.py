"""Drivers: worked out by hand, against Welch's intervals, and simulated where there are none."""

import tomllib

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks import drivers as bench
from journeyqual import drivers, estimate, findings
from journeyqual.codebook import from_dict
from journeyqual.errors import SchemaError
from journeyqual.schema import DRIVERS, OFF_JOURNEY, THEMED

SAID = "this is what was said about it at some length and in plain words"


def themes(*rows, **given):
    """THEMES of (id, scope) pairs."""
    table = pd.DataFrame(rows, columns=["theme", "scope"])
    table = table.assign(
        name=table["theme"].str.upper(), named_by="", definition="", words="", status="suggested",
        n_units=1, n_participants=1, representative="", found_at="", round=1,
    )  # fmt: skip
    return table.assign(**given)


def themed(units, scope="using", **by_unit):
    """THEMED of these units at one scope: looked at, and of the theme that is named, if any."""
    ids = list(units)
    said = [by_unit.get(u, "") for u in ids]
    return pd.DataFrame({"unit_id": ids, "scope": scope, "theme": said, "similarity": 0.5})


def told(*rows, **columns):
    """Return coded units of (unit, participant, stage, valence)."""
    table = pd.DataFrame(rows, columns=["unit_id", "participant", "stage", "valence"])
    return table.assign(**columns)


@pytest.fixture
def talk():
    """Four on using, unevenly; A and B speak of the price, C and D do not."""
    return told(
        ("a1", "A", "using", -1.0),
        ("a2", "A", "using", 0.0),
        ("a3", "A", "buying", 0.5),
        ("a4", "A", "buying", 0.5),
        ("b1", "B", "using", -0.2),
        ("c1", "C", "using", 0.4),
        ("c2", "C", "buying", 0.0),
        ("d1", "D", "using", 0.2),
    )


ON_USING = ("a1", "a2", "b1", "c1", "d1")


def test_a_driver_worked_out_by_hand(talk, book):
    where = themed(ON_USING, a1="price", b1="price")
    row = drivers.drivers(talk, where, themes(("price", "using")), book, draws=50).iloc[0]
    # Own means: A -0.5, B -0.2; C 0.4, D 0.2.
    assert row["contrast"] == pytest.approx(-0.35 - 0.3)
    # Weights: A's units 1/4, B's 1, C's 1/2, D's 1.
    point = (-0.25 - 0.2 + 0.2 + 0.2) / (0.25 + 0.25 + 1 + 0.5 + 1)
    without = (0.0 + 0.2 + 0.2) / (0.25 + 0.5 + 1)
    assert row["pull"] == pytest.approx(point - without)
    assert row["valence"] == pytest.approx((-0.25 - 0.2) / 1.25)
    assert row[["n_with", "n_without", "n_units", "share"]].tolist() == [2, 2, 2, 0.5]
    assert (row["name"], row["method"]) == ("PRICE", "machine")


def test_the_point_that_is_pulled_is_the_curves_own(talk, book):
    """Without somebody who spoke of nothing else, the curve is the point less the pull."""
    where = themed(ON_USING, b1="price")
    row = drivers.drivers(talk, where, themes(("price", "using")), book, draws=50).iloc[0]
    curve = estimate.curve(talk, book, draws=50).set_index("stage")["valence"]
    # B spoke of nothing else: leaving the unit out leaves nobody's weight changed.
    rest = estimate.curve(talk[talk["unit_id"] != "b1"], book, draws=50).set_index("stage")
    assert curve["using"] - row["pull"] == pytest.approx(rest.loc["using", "valence"])


def people(with_, without, **columns):
    """One unit a participant; those of the first list speak of the theme."""
    values = [*with_, *without]
    ids = [f"u{i:03}" for i in range(len(values))]
    table = told(*((u, f"P{u}", "using", v) for u, v in zip(ids, values, strict=True)), **columns)
    return table, themed(ids, **dict.fromkeys(ids[: len(with_)], "t"))


def test_the_interval_is_that_of_welch(book):
    rng = np.random.default_rng(3)
    one, other = rng.normal(-0.2, 0.15, 60), rng.normal(0.1, 0.3, 90)
    one, other = one.clip(-1, 1), other.clip(-1, 1)
    row = drivers.drivers(*people(one, other), themes(("t", "using")), book, draws=8000).iloc[0]
    welch = stats.ttest_ind(one, other, equal_var=False)
    ends = welch.confidence_interval(0.95)
    assert row["contrast"] == pytest.approx(one.mean() - other.mean())
    width = ends.high - ends.low
    assert row["contrast_low"] == pytest.approx(ends.low, abs=0.03 * width)
    assert row["contrast_high"] == pytest.approx(ends.high, abs=0.03 * width)
    # One contrast alone needs no wider interval.
    assert row["joint_low"] == pytest.approx(row["contrast_low"], abs=0.05 * width)
    assert row["differs"]
    own = stats.t.interval(0.95, 59, one.mean(), stats.sem(one))
    assert row["valence_low"] == pytest.approx(own[0], abs=0.01)
    assert row["valence_high"] == pytest.approx(own[1], abs=0.01)


def test_one_voice_each_however_long_it_talks(book):
    one, where = people([-0.5, -0.3, 0.1, 0.2, -0.2], [0.1, 0.4, 0.0, 0.3, 0.2])
    more = one[one["participant"] == "Pu000"]
    copies = [more.assign(unit_id=f"x{k}") for k in range(9)]
    named = themed([f"x{k}" for k in range(9)], **{f"x{k}": "t" for k in range(9)})
    longer = pd.concat([one, *copies], ignore_index=True)
    listed = themes(("t", "using"))
    before = drivers.drivers(one, where, listed, book)
    after = drivers.drivers(longer, pd.concat([where, named]), listed, book)
    same = ["contrast", "contrast_low", "joint_high", "pull", "pull_low", "valence", "valence_high"]
    assert before.loc[0, same].tolist() == pytest.approx(after.loc[0, same].tolist())
    assert before.loc[0, "reason"] == ""
    # 10 + 1 + 1 + 1 + 1 units of five people, against one unit each.
    assert after.loc[0, "reason"] == ("who speaks of it says 2.8 times as much about the stage")


def test_shuffled_rows_give_the_same_bytes():
    coded, where = bench.study(5, 15, bench.World())
    listed, book = bench.themes_of(6, 4), bench.book(6)
    once = drivers.drivers(coded, where, listed, book, draws=200)
    again = drivers.drivers(
        *(t.sample(frac=1, random_state=1) for t in (coded, where, listed)), book, draws=200
    )
    assert once.to_csv() == again.to_csv()
    assert once["joint_low"].notna().any()


def test_a_thin_driver_has_no_joint_interval_and_never_differs(book):
    table, where = people([-0.9, -0.8, -0.9, -0.7], [0.9, 0.8, 0.7, 0.8, 0.9, 0.9])
    listed = themes(("t", "using"))
    row = drivers.drivers(table, where, listed, book).iloc[0]
    assert row["contrast_high"] < -1
    assert row["is_thin"]
    assert not row["differs"]
    assert np.isnan(row["joint_low"])
    assert row["reason"] == "no joint interval: fewer than 5 participants on one side"
    assert drivers.drivers(table, where, listed, book, thin_below=4).loc[0, "differs"]


def test_each_figure_that_is_not_there_has_its_reason(book):
    table, where = people([-0.5, 0.5, 0.0], [])
    every = drivers.drivers(table, where, themes(("t", "using"), ("no", "using")), book)
    every = every.set_index("theme")
    assert every.loc["t", "reason"] == (
        "everybody who speaks of the stage speaks of it; no pull: nothing else is said of the stage"
    )
    assert every.loc["t", ["contrast", "pull", "valence"]].isna().tolist() == [True, True, False]
    assert every.loc["no", "reason"] == "nobody speaks of it"
    assert every.loc["no", ["contrast", "pull", "valence"]].isna().all()
    table, where = people([-0.5], [0.5, 0.0])
    alone = drivers.drivers(table, where, themes(("t", "using")), book).iloc[0]
    assert alone["reason"] == "no interval: one participant alone on one side"
    assert alone["contrast"] == pytest.approx(-0.75)
    assert np.isnan(alone["contrast_low"])
    assert np.isnan(alone["pull_low"])
    table, where = people([-0.5] * 5, [0.5] * 5)
    flat = drivers.drivers(table, where, themes(("t", "using")), book).iloc[0]
    assert flat["reason"] == "no joint interval: nobody differs within the two sides"
    assert not flat["differs"]


def test_only_themes_in_use_at_their_stage_are_drivers(talk, book):
    where = themed(ON_USING, a1="t1", b1="t2", c1="t3")
    listed = themes(
        ("t1", "using"), ("t2", "using"), ("t3", "using"), ("t4", OFF_JOURNEY), ("t5", "gone"),
        status=["accepted", "rejected", "proposed", "suggested", "suggested"],
    )  # fmt: skip
    out = drivers.drivers(talk, where, listed, book, draws=50)
    assert out["theme"].tolist() == ["t1"]
    # B and C count among those without it.
    assert out["n_without"].tolist() == [3]


def test_a_unit_counts_where_people_put_it(talk, book):
    """Found at using by the machine, a2 was drawn and stands at buying by a person's coding."""
    where = themed(ON_USING, a1="t", a2="t", b1="t")
    coded = talk.assign(human_stage="", human_valence=np.nan, sampling_probability=np.nan)
    at = coded["unit_id"] == "a2"
    coded.loc[at, ["human_stage", "human_valence", "sampling_probability"]] = "buying", 0.0, 0.5
    row = drivers.drivers(coded, where, themes(("t", "using")), book, draws=50).iloc[0]
    assert row["n_units"] == 2
    assert row["contrast"] == pytest.approx((-1.0 - 0.2) / 2 - 0.3)


def test_who_was_not_looked_at_is_on_neither_side(talk, book):
    where = themed(["a1", "a2", "b1", "c1"], a1="t", b1="t")
    row = drivers.drivers(talk, where, themes(("t", "using")), book, draws=50).iloc[0]
    assert row[["n_with", "n_without"]].tolist() == [2, 1]
    assert row["contrast"] == pytest.approx(-0.35 - 0.4)


def test_people_who_coded_everything_are_the_method(talk, book):
    coded = talk.assign(human_stage=talk["stage"], human_valence=talk["valence"], valence=0.0)
    where = themed(ON_USING, a1="t", b1="t")
    row = drivers.drivers(coded, where, themes(("t", "using")), book, draws=50).iloc[0]
    assert row["method"] == "human"
    assert row["contrast"] == pytest.approx(-0.65)


def test_no_themes_or_no_units_make_an_empty_table(talk, book):
    listed = themes(("t", "using"))
    assert drivers.drivers(talk, THEMED.empty(), listed.iloc[:0], book).empty
    out = drivers.drivers(talk.iloc[:0], THEMED.empty(), listed, book)
    assert out.columns.tolist() == DRIVERS.names
    assert out.empty


def test_bad_input_is_one_clear_error(talk, book):
    listed = themes(("t", "using"))
    with pytest.raises(SchemaError, match="no column 'theme'"):
        drivers.drivers(talk, themed(ON_USING).drop(columns="theme"), listed, book)
    with pytest.raises(SchemaError, match="'flying' is no stage of the codebook"):
        drivers.drivers(talk.assign(stage="flying"), themed(ON_USING), listed, book)
    with pytest.raises(SchemaError, match="stands twice"):
        drivers.drivers(talk, pd.concat([themed(ON_USING)] * 2), listed, book)


def test_where_themes_make_no_difference_few_studies_flag_one():
    """Of 24 drivers at once: the joint intervals keep to 5 %, and single ones could not."""
    tables = [bench.found(seed, 24, bench.World(), draws=300) for seed in range(80)]
    tested = np.mean([table["joint_low"].notna().sum() for table in tables])
    assert tested > 10
    flagged, _, _ = bench.flags(tables)
    # Were it 5 % in truth, more than eight of 80 would be flagged twice in a hundred tests.
    assert flagged <= 0.1
    single = [
        bool(((t["contrast_low"] > 0) | (t["contrast_high"] < 0))[~t["is_thin"]].any())
        for t in tables
    ]
    assert np.mean(single) > 0.25


def test_a_driver_that_is_there_is_found():
    world = bench.World(speakers=-0.6)
    tables = [bench.found(seed, 40, world, draws=300) for seed in range(10)]
    _, found, other = bench.flags(tables)
    assert found >= 0.8
    assert other <= 0.2


# -- quotes -------------------------------------------------------------------------------------


@pytest.fixture
def said():
    """Six people on using: five of the price, mostly bad; one of something else."""
    n = 6
    coded = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(n)],
            "participant": [f"P{i}" for i in range(n)],
            "stage": "using",
            "valence": [-0.9, -0.8, -0.7, 0.6, -0.95, -0.99],
            "emotion": "frustration",
            "stage_confidence": 0.9,
            "unsure": False,
        }
    )
    texts = {f"i{i}": f"P{i}: {SAID} – {i}" for i in range(n)}
    units = pd.DataFrame(
        {
            "unit_id": coded["unit_id"],
            "interview": [f"i{i}" for i in range(n)],
            "text": [f"{SAID} – {i}" for i in range(n)],
            "start_char": 4,
            "end_char": [len(texts[f"i{i}"]) for i in range(n)],
            "start_s": np.nan,
        }
    )
    where = themed(coded["unit_id"], **{f"u{i}": "t" for i in range(5)})
    return coded, units, where, texts


def driver(low, high, **given):
    row = dict.fromkeys(DRIVERS.names) | {
        "stage": "using", "stage_order": 1, "theme": "t", "name": "price", "differs": False,
        "n_with": 5, "n_without": 1, "n_units": 5, "is_thin": False, "method": "machine",
        "valence": (low + high) / 2, "valence_low": low, "valence_high": high,
    }  # fmt: skip
    return pd.DataFrame([row | given])


def test_quotes_are_of_the_theme_on_its_side_and_one_against_it(said, book):
    coded, units, where, texts = said
    out = drivers.quotes(coded, units, where, driver(-0.9, -0.2), book, silent=frozenset({"P4"}))
    assert out["unit_id"].tolist() == ["u0", "u1", "u3"]
    assert out["stance"].tolist() == ["supports", "supports", "contradicts"]
    assert out[["theme", "name"]].drop_duplicates().values.tolist() == [["t", "price"]]
    findings.verbatim(out, units, texts)
    kind = drivers.quotes(coded, units, where, driver(0.2, 0.9), book)
    assert kind[["unit_id", "stance"]].values.tolist() == [
        ["u3", "supports"],
        ["u4", "contradicts"],
    ]


def test_an_unsettled_theme_shows_a_voice_from_each_side(said, book):
    coded, units, where, _ = said
    out = drivers.quotes(coded, units, where, driver(-0.5, 0.5), book)
    assert out[["stance", "unit_id"]].values.tolist() == [["good", "u3"], ["bad", "u4"]]


def test_a_unit_of_another_stage_is_no_quote_of_the_theme(said, book):
    coded, units, where, _ = said
    moved = coded.assign(stage=coded["stage"].where(coded["unit_id"] != "u4", "leaving"))
    out = drivers.quotes(moved, units, where, driver(-0.9, -0.2), book)
    assert "u4" not in set(out["unit_id"])


def test_nobody_is_quoted_more_often_than_agreed_over_the_whole_report(said, book):
    coded, units, where, _ = said
    point = driver(-0.9, -0.2)
    full = pd.DataFrame({"participant": ["P4"] * 3, "unit_id": ["x", "y", "z"]})
    out = drivers.quotes(coded, units, where, point, book, shown=full)
    assert out["participant"].tolist() == ["P0", "P1", "P3"]
    # What is on show already costs nothing.
    same = full.assign(unit_id=["x", "y", "u4"])
    assert "u4" in set(drivers.quotes(coded, units, where, point, book, shown=same)["unit_id"])
    assert drivers.quotes(coded, units, where, point, book, per_participant=0).empty


# -- stages that the codebook lacks -------------------------------------------------------------


@pytest.fixture
def aside():
    """P01 and P02 tell of the dog between buying and using, P03 after using."""
    walk = {
        "P01": ["buying", "", "?leaving", "using"],
        "P02": ["buying", "", "", "using"],
        "P03": ["using", ""],
    }
    rows = [
        (f"{p}-{k}", p, f"{p}-i", k, stage.removeprefix("?"), 0.5, stage.startswith("?"))
        for p, steps in walk.items()
        for k, stage in enumerate(steps)
    ]
    names = ["unit_id", "participant", "interview", "order", "stage", "valence", "unsure"]
    coded = pd.DataFrame(rows, columns=names)
    off = coded.loc[coded["stage"] == "", "unit_id"]
    return coded, themed(off, OFF_JOURNEY, **dict.fromkeys(off, "dog"))


def test_a_new_stage_stands_between_the_stages_it_is_mostly_told_between(aside, book):
    coded, where = aside
    row = drivers.new_stages(coded, where, themes(("dog", OFF_JOURNEY)), book).iloc[0]
    assert row[["n_units", "n_participants", "share"]].tolist() == [4, 3, 1.0]
    # Two voices of three; what is marked ? is unsure, and no neighbour.
    assert row[["told_after", "told_before"]].tolist() == ["buying", "using"]
    assert row["valence"] == pytest.approx(0.5)
    later = coded.assign(stage=coded["stage"].where(coded["participant"] != "P02", "leaving"))
    torn = drivers.new_stages(later, where, themes(("dog", OFF_JOURNEY)), book).iloc[0]
    assert torn["n_participants"] == 2
    assert torn[["told_after", "told_before"]].tolist() == ["", ""]


def test_a_new_stage_that_people_have_since_coded_elsewhere_is_gone(aside, book):
    coded, where = aside
    listed = themes(("dog", OFF_JOURNEY), status="rejected")
    assert drivers.new_stages(coded, where, listed, book).empty
    listed = themes(("dog", OFF_JOURNEY), ("t", "using"))
    placed = coded.assign(stage=coded["stage"].replace("", "leaving"))
    assert drivers.new_stages(placed, where, listed, book).empty
    shuffled = coded.sample(frac=1, random_state=2)
    once, again = (drivers.new_stages(t, where, listed, book).to_csv() for t in (coded, shuffled))
    assert once == again


def test_examples_are_of_people_who_may_be_quoted_one_each(aside, book):
    coded, where = aside
    units = coded.assign(text=coded["unit_id"] + " said this")
    ids = "P01-1 P02-1 P02-2 P03-1 erased"
    found = drivers.new_stages(coded, where, themes(("dog", OFF_JOURNEY), representative=ids), book)
    out = drivers.examples(found, units, silent=frozenset({"P01"}))
    assert out["unit_id"].tolist() == ["P02-1", "P03-1"]
    assert drivers.examples(found, units, many=1)["text"].tolist() == ["P01-1 said this"]


@pytest.mark.parametrize(
    "words",
    ['a "quoted" \\ word', "two\nlines\r\n\t#", "]]\n[[stage]]", "\x7f\x00\x1f", "'''", "ß – 🐕"],
)
def test_a_proposed_stage_is_a_codebook_entry_whatever_was_said(words):
    row = pd.Series(
        {"theme": "t", "name": f"x{words}x", "n_participants": 1, "share": 0.25,
         "told_after": f"x{words}x", "told_before": f"x{words}x"}
    )  # fmt: skip
    said = pd.DataFrame({"theme": ["t", "other"], "text": [f"x{words}x", "not this"]})
    data = tomllib.loads(drivers.as_stage(row, said))
    stage = from_dict(data).stages[0]
    assert len(data["stage"]) == 1
    assert (stage.name, stage.definition, stage.examples) == (f"x{words}x", "", (f"x{words}x",))


def test_a_proposal_says_where_it_was_told_and_needs_a_name():
    row = {"theme": "t", "name": "dog", "n_participants": 1, "share": np.nan}
    said = pd.DataFrame(columns=["theme", "text"])
    for after, before, words in (
        ("a", "b", 'by 1 participant, told between "a" and "b".'),
        ("a", "a", 'by 1 participant, told amid "a".'),
        ("a", "", 'by 1 participant, told after "a".'),
        ("", "b", 'by 1 participant, told before "b".'),
        ("", "", "by 1 participant."),
    ):
        toml = drivers.as_stage(
            pd.Series({**row, "told_after": after, "told_before": before}), said
        )
        assert words in toml
        assert tomllib.loads(toml)["stage"][0]["examples"] == []
    with pytest.raises(SchemaError, match="needs a name"):
        drivers.as_stage(pd.Series({**row, "name": " ", "told_after": "", "told_before": ""}), said)
