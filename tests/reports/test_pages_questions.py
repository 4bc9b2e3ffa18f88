"""Each question is answered as far as the tables allow, and says what would make it more."""

import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from journeyqual.estimate import NOT_GIVEN
from journeyqual.reports import changing, questions
from journeyqual.schema import (
    CHANGED,
    CURVE,
    DIFFERENCES,
    MENTIONS,
    METRICS,
    OPPORTUNITIES,
    REACH,
    TRANSITIONS,
    check,
)
from tests.reports.fake_study import HOSTILE
from tests.reports.map_tables import (
    changed,
    curve,
    difference,
    differences,
    opportunities,
    shown,
    todo,
)
from tests.reports.test_blocks import Tags


@pytest.fixture(scope="module")
def two():
    return from_dict({"stage": [{"name": "buying", "side": "buyer"}, {"name": "using"}]})


def groups(book, **sizes):
    one = curve(book, buying=(0.4, 0.2, 0.6), using=(-0.3, -0.5, -0.1))
    parts = [one.assign(group=name, n_participants_group=n) for name, n in sizes.items()]
    return pd.concat(parts, ignore_index=True)


def reach(*speaking, of=9):
    rows = [
        {
            "attribute": "", "value": "", "stage": stage, "stage_order": i, "n_participants": of,
            "n_speaking": n, "rate": n / of if of else 0.0, "rate_low": 0.0, "rate_high": 1.0,
            "wanted": 0, "more": 0.0, "more_low": 0.0, "more_high": 0.0,
        }
        for i, (stage, n) in enumerate(zip(("buying", "using"), speaking, strict=True))
    ]  # fmt: skip
    return check(pd.DataFrame(rows), REACH)


def metrics(*rows):
    names = ["stage", "metric", "value", "period", "better", "unit"]
    return check(pd.DataFrame(rows, columns=names), METRICS)


# -- do we know our customers -------------------------------------------------------------------


def test_groups_that_surely_differ_and_are_large_enough_are_known(two):
    apart = differences(difference("family", "trader", "using", 1, 0.6))
    answer = questions.customers("segment", groups(two, family=6, trader=7), apart)
    assert answer.verdict == "yes"
    assert answer.sentence == (
        "We heard 2 groups by segment: family (6 people) and trader (7 people); they differ at "
        "using by more than chance allows."
    )
    assert [b["share"] for b in answer.bars] == [46.2, 53.8]


def test_groups_that_do_not_differ_are_known_in_part(two):
    apart = differences(difference("family", "trader", "using", 1, 0.1))
    answer = questions.customers("segment", groups(two, family=6, trader=7), apart)
    assert answer.verdict == "in part"
    assert "at no stage do they differ by more than chance allows" in answer.sentence


def test_small_groups_are_known_in_part_and_more_of_them_are_asked_for(two):
    apart = differences(difference("family", "trader", "using", 1, 0.6))
    answer = questions.customers("segment", groups(two, family=6, trader=2), apart)
    assert answer.verdict == "in part"
    assert "Hear more people of trader: at least 5 each." in answer.more


def test_without_groups_or_with_one_the_customers_are_not_known(two):
    none = questions.customers("", groups(two, **{"": 9}), DIFFERENCES.empty())
    one = questions.customers("segment", groups(two, family=9), DIFFERENCES.empty())
    unknown = questions.customers("segment", groups(two, **{NOT_GIVEN: 9}), DIFFERENCES.empty())
    assert [a.verdict for a in (none, one, unknown)] == ["not yet"] * 3
    assert one.sentence == "All 9 people heard are of one segment, family."
    assert "`participants.csv`" in none.more
    assert questions.NOT_GIVEN == NOT_GIVEN


# -- do we know where they are ------------------------------------------------------------------


def test_stages_that_everybody_tells_of_are_known(two):
    told = curve(two, buying=(0.4, 0.2, 0.6), using=(-0.3, -0.5, -0.1))
    answer = questions.places(reach(9, 7), MENTIONS.empty(), TRANSITIONS.empty(), told)
    assert answer.verdict == "yes"
    assert "All 2 stages were told of, the least using, by 7 of 9 people." in answer.sentence
    assert "not how many customers stand at each today" in answer.more


def test_a_stage_nobody_speaks_of_makes_it_in_part(two):
    told = curve(two, buying=(0.4, 0.2, 0.6))
    answer = questions.places(reach(9, 0), MENTIONS.empty(), TRANSITIONS.empty(), told)
    assert answer.verdict == "in part"
    assert "people told of 1; nobody spoke of using" in answer.sentence
    assert "Hear people who have been through using" in answer.more


def test_where_nobody_was_heard_nothing_is_known():
    empty = (REACH.empty(), MENTIONS.empty(), TRANSITIONS.empty(), CURVE.empty())
    assert questions.places(*empty).verdict == "not yet"


# -- do we have a strategy ----------------------------------------------------------------------


def test_themes_that_are_ranked_and_owned_are_a_strategy(two):
    rows = (
        todo(1, "using", 1, theme="t1", name="the queue"),
        todo(2, "buying", 0, kind="keep", theme="t2", name="the staff"),
    )
    answer = questions.strategy(opportunities(*rows), two)
    assert answer.verdict == "yes"
    assert answer.sentence == (
        "1 to mend and 1 to keep, ranked by people affected, depth and what is at stake; 2 of 2 "
        "have an owner. First: mend the queue, for Sales."
    )
    assert answer.steps[0]["where"] == "using"


def test_whole_stages_or_points_without_an_owner_are_one_in_part(two):
    bare = questions.strategy(opportunities(todo(1, "using", 1)), two)
    assert bare.verdict == "in part"
    assert "name whole stages" in bare.more
    nobody = questions.strategy(opportunities(todo(1, "using", 1, theme="t", owner="")), two)
    assert nobody.verdict == "in part"
    assert "Name an owner in the codebook for using." in nobody.more


def test_nothing_ranked_is_no_strategy(two):
    assert questions.strategy(OPPORTUNITIES.empty(), two).verdict == "not yet"


# -- can we measure the impact ------------------------------------------------------------------


def test_feeling_and_number_before_and_after_are_a_measure(two):
    felt = differences(difference("2026", "2025", "using", 1, -0.5))
    brought = metrics(
        ("using", "left", 11.0, "2025", "lower", "%"), ("using", "left", 17.0, "2026", "lower", "%")
    )
    answer = questions.impact(felt, brought, two)
    assert answer.verdict == "yes"
    assert answer.sentence == (
        "Feeling surely changed at using from 2025 to 2026; 1 number has a before and an after."
    )
    (row,) = answer.shifts
    assert row["words"] == "−0.50 (−0.70 to −0.30)"
    assert row["numbers"] == [
        {"name": "left", "words": "11 → 17 %", "when": "2025 → 2026", "way": "worse"}
    ]


def test_one_of_both_is_a_measure_in_part(two):
    felt = differences(difference("2026", "2025", "using", 1, 0.1))
    numbers = metrics(
        ("using", "left", 11.0, "2025", "", ""), ("using", "left", 9.0, "2026", "", "")
    )
    one, other = (
        questions.impact(felt, METRICS.empty(), two),
        questions.impact(DIFFERENCES.empty(), numbers, two),
    )
    assert (one.verdict, other.verdict) == ("in part", "in part")
    # Only waves have a page that compares them.
    assert (one.report, other.report) == ("what_changed.html", "")
    assert "changed at no stage by more than chance allows" in one.sentence
    assert "heard in one wave only; 1 number has" in other.sentence


def test_waves_that_are_too_thin_to_compare_measure_nothing_of_feeling(two):
    blank = dict.fromkeys(("difference_low", "difference_high", "joint_low", "joint_high"))
    thin = difference("2026", "2025", "using", 1, 0.1, is_thin=True, **blank)
    felt = differences(thin | {"differs": False, "p_joint": None})
    brought = metrics(
        ("using", "sold", 900.0, "2025", "", "EUR"),
        ("using", "sold", 1234567.0, "2026", "", "EUR"),
    )
    answer = questions.impact(felt, brought, two)
    assert answer.verdict == "in part"
    assert answer.sentence.startswith("Too few were heard in both waves to say where feeling")
    assert answer.shifts[0]["numbers"][0]["words"] == "900 → 1,234,567 EUR"
    assert "too few were heard in both to say" in changing.waves(felt).markdown


def test_one_wave_and_one_period_measure_nothing(two):
    once = metrics(("using", "left", 11.0, "2025", "", ""))
    answer = questions.impact(DIFFERENCES.empty(), once, two)
    assert answer.verdict == "not yet"
    assert "`metrics.csv` the same number for two periods" in answer.more


def test_the_last_two_waves_and_periods_are_shown(two):
    felt = differences(
        difference("2025", "2024", "using", 1, 0.9), difference("2026", "2025", "using", 1, -0.5)
    )
    brought = metrics(*[("using", "left", v, p, "", "") for v, p in
                        ((3.0, "2026"), (1.0, "2024"), (2.0, "2025"))])  # fmt: skip
    (row,) = questions.impact(felt, brought, two).shifts
    assert row["words"].startswith("−0.50")
    assert row["numbers"][0]["words"] == "2 → 3"


# -- all of them --------------------------------------------------------------------------------


def test_what_a_machine_alone_has_read_is_never_a_yes(two):
    apart = differences(difference("family", "trader", "using", 1, 0.6))
    told = curve(two, buying=(0.4, 0.2, 0.6), using=(-0.3, -0.5, -0.1))
    told = told.assign(method="machine", n_human=0)
    by_machine = groups(two, family=6, trader=7).assign(method="machine", n_human=0)
    felt = differences(difference("2026", "2025", "using", 1, -0.5, method="machine"))
    brought = metrics(("using", "l", 1.0, "2025", "", ""), ("using", "l", 2.0, "2026", "", ""))
    answers = [
        questions.customers("segment", by_machine, apart),
        questions.places(reach(9, 7), MENTIONS.empty(), TRANSITIONS.empty(), told),
        questions.strategy(opportunities(todo(1, "using", 1, theme="t", method="machine")), two),
        questions.impact(felt, brought, two),
    ]
    assert [a.verdict for a in answers] == ["in part"] * 4
    assert all("nobody has checked" in a.more for a in answers)


def test_an_answer_shows_verdict_sentence_figure_and_the_way_on(two):
    answer = questions.strategy(opportunities(todo(3, "using", 1)), two)
    seen = Tags(questions.answered(answer, 3).html)
    text = " ".join(seen.text.split())
    assert "In part" in text
    assert answer.sentence in text
    assert "What would help." in text
    assert ("a", "href", "why.html") in seen.attributes
    assert "3 mend using 4 of 12 people · Sales" in text


def test_hostile_words_stay_words_in_answers_and_changes(two):
    book = from_dict({"stage": [{"name": HOSTILE}, {"name": "using"}]})
    felt = differences(difference("2026 " + HOSTILE, HOSTILE, HOSTILE, 0, 0.6))
    brought = metrics((HOSTILE, HOSTILE, 1.0, "1", "", ""), (HOSTILE, HOSTILE, 2.0, "2", "", ""))
    for block in (
        questions.answered(questions.impact(felt, brought, book), 4),
        questions.answered(
            questions.customers(HOSTILE, groups(two, **{HOSTILE: 6, "x": 7}), felt), 1
        ),
        changing.waves(felt),
        changing.changed(changed((HOSTILE, 0, 0.1, 0.5, True))),
    ):
        seen = Tags(block.html)
        assert not seen.open
        assert not {"script", "img"} & set(seen.tags)
        assert HOSTILE in seen.text


# -- what changed -------------------------------------------------------------------------------


def test_the_first_run_has_nothing_to_compare_with():
    assert "Nothing to compare with yet" in changing.changed_words(CHANGED.empty())
    assert "Nothing to compare with yet" in changing.changed(CHANGED.empty()).html


def test_what_moved_is_told_apart_from_what_wavered():
    table = changed(("buying", 0, 0.1, 0.5, True), ("using", 1, 0.2, 0.25, False))
    assert changing.changed_words(table) == (
        "Since the last run whose inputs differed buying rose from +0.10 to +0.50, beyond the "
        "interval that stood there."
    )
    rows = changing.changed(table).html.split("<tr")[2:]
    assert "<strong>moved</strong>" in rows[0]
    assert "wavered" in rows[1]
    assert "8 → 9" in rows[1]


def test_waves_are_told_by_the_joint_interval():
    table = differences(
        difference("2026", "2025", "buying", 0, 0.1), difference("2026", "2025", "using", 1, -0.5)
    )
    block = changing.waves(table)
    text = shown(block.html)
    assert "From 2025 to 2026 feeling surely changed at using." in text
    assert "−0.50 (−0.70 to −0.30) 7 → 8, 3 in both surely" in text
    assert "may be chance" in text
    assert "not parted into waves" in changing.waves(DIFFERENCES.empty()).html


def test_a_stage_that_is_new_or_gone_has_a_reason_and_no_move():
    table = changed(("buying", 0, 0.1, 0.5, False)).assign(
        before=float("nan"), change=float("nan"), why="a new stage"
    )
    html = changing.changed(table).html
    assert "a new stage" in html
    assert "jqm-move" not in html
