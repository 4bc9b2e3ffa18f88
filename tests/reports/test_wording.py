"""Rows in words: each sentence says what its figures and their intervals say, and no more."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.reports import wording
from journeyqual.schema import (
    ASSOCIATIONS,
    DIFFERENCES,
    DRIVERS,
    FIGURES,
    GAPS,
    MENTIONS,
    NUMBERS,
    POLARISATION,
    RANKS,
    SATURATION,
    SEAM,
    SEPARATION,
    TRANSITIONS,
    TRUTH,
    check,
)

FILL = {"text": "", "int": 0, "float": np.nan, "bool": False}


def table(declared, *rows):
    """Return rows of a declared table; columns that a row leaves out are blank."""
    blank = {c.name: c.allowed[0] if c.allowed else FILL[c.kind] for c in declared.columns}
    blank |= {"method": "human"} if "method" in blank else {}
    return check(pd.DataFrame([{**blank, **row} for row in rows]), declared)


def ranked(*shares):
    return table(
        RANKS,
        *(
            {"stage": f"s{n}", "stage_order": n, "p_lowest": low, "p_highest": high}
            for n, (low, high) in enumerate(shares)
        ),
    )


def test_a_lowest_stage_is_firm_likely_or_open():
    firm = wording.ranks(ranked((0.96, 0.0), (0.04, 1.0)))
    assert firm[0].startswith("S0 is firmly the lowest")
    assert "about 96 of 100 studies" in firm[0]
    assert firm[1].startswith("S1 is firmly the highest")
    likely = wording.ranks(ranked((0.85, 0.5), (0.15, 0.5)))
    assert likely[0].startswith("S0 is likely, not surely, the lowest")
    assert "else it is mostly s1 (15 of 100)" in likely[0]
    assert likely[1].startswith("S0 is not settled as the highest")


def test_ranks_without_figures_give_their_reason():
    row = {"stage": "using", "reason": "fewer than 5 participants spoke of it"}
    assert wording.ranks(table(RANKS, row)) == [
        "How firm the lowest and the highest are cannot be said: fewer than 5 participants spoke "
        "of it."
    ]


def gap(stage, expected, felt, half, **more):
    low, high = felt - half - expected, felt + half - expected
    return {
        "stage": stage, "expected": expected, "valence": felt, "gap": felt - expected,
        "gap_low": low, "gap_high": high, "is_outside": low > 0 or high < 0, **more,
    }  # fmt: skip


def test_gaps_tell_worse_and_better_and_pass_over_what_is_inside_or_thin():
    said = wording.gaps(
        table(
            GAPS,
            gap("a", 0.5, -0.25, 0.1),
            gap("b", -0.25, 0.25, 0.1),
            gap("c", 0.0, 0.0, 0.1),
            gap("d", 0.5, -0.5, 0.1, is_thin=True),
        )
    )
    assert said == [
        "Felt worse than the team expected: a (expected +0.50, felt −0.25).",
        "Felt better than the team expected: b (expected −0.25, felt +0.25).",
        "At 2 stages the expectation lies within the interval or is thin.",
    ]
    machine = table(GAPS, gap("a", 0.5, -0.25, 0.1, method="machine"))
    assert wording.FLATTER in wording.gaps(machine)
    assert wording.FLATTER not in said


def crossed(**more):
    return {
        "change": 0.3, "change_low": 0.1, "change_high": 0.5, "n_participants": 9, "n_rose": 6,
        "n_fell": 2, "n_level": 1, "n_human": 9, **more,
    }  # fmt: skip


def test_the_seam_tells_direction_and_people_or_that_nothing_is_settled():
    assert wording.seam(table(SEAM, crossed())) == [
        "From the last stage as buyers to the first as customers feeling rose by 0.30 (0.10 to "
        "0.50): 6 of 9 people rose, 2 fell, 1 stayed level."
    ]
    open_ = wording.seam(table(SEAM, crossed(change_low=-0.1)))
    assert "no settled change: +0.30 (−0.10 to +0.50)" in open_[0]
    thin = wording.seam(table(SEAM, crossed(is_thin=True)))
    assert thin[0].endswith("Few people: a hint, no more.")


def test_peoples_codings_of_the_seam_go_before_the_corrected_and_the_machines():
    rows = [
        crossed(method="machine", change=0.1),
        crossed(method="prediction-powered", change=0.2),
    ]
    assert wording.best_seam(table(SEAM, *rows)).change == 0.2
    none = crossed(method="human", change=np.nan)
    assert wording.best_seam(table(SEAM, none, *rows)).change == 0.2


def test_a_verdict_goes_with_a_stage_only_where_it_is_settled():
    row = {
        "stage": "using", "outcome": "verdict", "n_participants": 12, "rho": 0.8, "rho_low": 0.5,
        "rho_high": 0.9, "p": 0.01, "p_holm": 0.04, "is_moment": True,
    }  # fmt: skip
    assert wording.truth(table(TRUTH, row)) == [
        "People’s verdict goes with how they felt about using (rank correlation +0.80, +0.50 to "
        "+0.90)."
    ]
    said = wording.truth(table(TRUTH, {**row, "is_moment": False, "outcome": "last words"}))
    assert said[0].startswith("At none of 1 stage does how people felt surely go with their last")


@pytest.mark.parametrize(("low", "word"), [(0.1, "tell more of"), (-0.1, "tell no more of")])
def test_peak_and_end_tell_more_only_beyond_the_interval(low, word):
    row = {"stage": "using", "outcome": "verdict", "rho": 0.1, "n_participants": 12}
    end = {"measure": "peak_end less mean", "value": 0.3, "value_low": low, "value_high": 0.5}
    assert word in wording.truth(table(TRUTH, row), table(FIGURES, end))[1]


def test_split_stages_tell_how_many_are_on_each_side_and_whom_that_parts():
    row = {
        "stage": "repairs", "n_participants": 12, "delighted": 5 / 12, "suffering": 4 / 12,
        "is_split": True,
    }  # fmt: skip
    by = {
        "stage": "repairs", "attribute": "segment", "value": "trader", "difference": -0.6,
        "separates": True,
    }  # fmt: skip
    assert wording.polarisation(table(POLARISATION, row), table(SEPARATION, by)) == [
        "The mean hides two sides at repairs (5 delighted, 4 suffering of 12).",
        "At repairs it parts by segment: trader feels 0.60 worse than the rest.",
    ]
    alone = table(POLARISATION, {**row, "is_split": False})
    assert "No stage splits people" in wording.polarisation(alone)[0]


def test_telling_names_the_commonest_first_last_skipped_and_step_back():
    def counted(stage, measure, n, of=12):
        return {
            "stage": stage, "measure": measure, "n_participants": n, "n_of": of, "share": n / of,
        }  # fmt: skip

    told = table(
        MENTIONS,
        counted("buying", "first", 8),
        counted("using", "last", 7),
        counted("using", "repeated", 5),
        counted("paying", "skipped", 3),
        counted("using", "first", 2),
    )
    back = {
        "from_stage": "using", "to_stage": "buying", "direction": "back", "n_participants": 4,
        "n_of": 12, "n_moves": 6,
    }  # fmt: skip
    order = {"measure": "tau", "value": 0.4, "value_low": 0.2, "value_high": 0.6}
    assert wording.told(told, table(TRANSITIONS, back), table(FIGURES, order)) == [
        "Most often people begin with buying (8 of 12) and end with using (7 of 12).",
        "What they come back to most is using (5 of 12).",
        "What they skip most on the way to a later stage is paying (3 of 12).",
        "The commonest step back is from using to buying (4 of 12).",
        "Told order follows lived order with a rank correlation of +0.40 (+0.20 to +0.60); 1 is "
        "the same order.",
    ]


def held_apart(stage, difference, half, differs):
    return {
        "group": "family", "against": "trader", "stage": stage, "difference": difference,
        "joint_low": difference - half, "joint_high": difference + half, "differs": differs,
    }  # fmt: skip


def test_groups_differ_by_the_joint_interval_only():
    said = wording.differences(
        table(DIFFERENCES, held_apart("a", -0.5, 0.25, True), held_apart("b", 0.5, 0.75, False))
    )
    assert said == ["Family felt other than trader at a (0.50 worse, −0.75 to −0.25)."]
    none = wording.differences(table(DIFFERENCES, held_apart("b", 0.5, 0.75, False)))
    assert none[0].startswith("Family and trader differ at no stage by more than chance allows")
    thin = wording.differences(table(DIFFERENCES, held_apart("b", np.nan, 0.1, False)))
    assert "cannot be compared" in thin[0]


def test_numbers_are_counted_by_flag():
    rows = [{"metric": f"m{n}", "value": 1.0, "flag": f} for n, f in
            enumerate(["disagree", "agree", "agree", "cannot say"])]  # fmt: skip
    assert wording.numbers(table(NUMBERS, *rows)) == [
        "Of 4 numbers 1 disagrees with the voices, 2 agree and 1 cannot be held against them."
    ]


def test_associations_that_are_not_settled_are_not_told_as_moving():
    row = {
        "metric": "calls", "rho": 0.9, "rho_low": -0.1, "rho_high": 1.0, "n_points": 4,
        "words": "no settled association",
    }  # fmt: skip
    assert wording.associations(table(ASSOCIATIONS, row)) == [
        "No number moves with the feeling in a settled way."
    ]
    few = table(ASSOCIATIONS, {**row, "rho": np.nan, "words": "cannot say"})
    assert "it takes the same number at four" in wording.associations(few)[0]


@pytest.mark.parametrize(("p", "end"), [(0.04, ")."), (0.2, "it may be chance.")])
def test_what_moves_says_across_what_and_whether_it_holds_among_all(p, end):
    row = {
        "metric": "calls", "stage": "using", "group": "family", "across": "periods",
        "rho": -0.9, "rho_low": -1.0, "rho_high": -0.5, "n_points": 6, "words": "moves against",
        "p_holm": p,
    }  # fmt: skip
    said = wording.associations(table(ASSOCIATIONS, row))[0]
    assert said.startswith(
        "Calls moves against the feeling across 6 periods at using, for family (rank correlation "
        "−0.90, −1.00 to −0.50)"
    )
    assert said.endswith(end)


def test_drivers_are_settled_only_with_all_looked_at_together():
    row = {
        "stage": "using", "theme": "t", "name": "hills", "contrast": -0.5, "joint_low": -0.75,
        "joint_high": -0.25, "n_with": 5, "n_without": 7, "differs": True,
    }  # fmt: skip
    other = {**row, "theme": "u", "differs": False, "is_thin": True}
    assert wording.drivers(table(DRIVERS, row, other)) == [
        "Settled even with all 2 looked at together: who speaks of “hills” at using (0.50 worse, "
        "−0.75 to −0.25; 5 with, 7 without) feels otherwise about the stage than who does not. 1 "
        "of 2 have too few people on one side to tell."
    ]
    assert "is open" in wording.drivers(table(DRIVERS, other))[0]


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({"differs": True}, "that holds for all themes at once."),
        ({"contrast_low": -0.9, "contrast_high": -0.1}, "among so many themes it may be chance."),
        ({"contrast_low": -0.9, "contrast_high": 0.1}, "that may be chance."),
    ],
)
def test_a_contrast_says_how_far_it_holds(more, end):
    row = {"stage": "using", "theme": "t", "contrast": -0.5, **more}
    said = wording.contrast(next(table(DRIVERS, row).itertuples()))
    assert said.startswith("Who speaks of it feels 0.50 worse about the stage than who does not;")
    assert said.endswith(end)


def test_enough_says_after_how_many_interviews():
    row = {
        "stage": "", "n_interviews": 12, "n_codes": 17, "base_size": 4, "run_length": 2,
        "threshold": 0.05, "reached_in_order": 5.0,
    }  # fmt: skip
    assert wording.enough(table(SATURATION, row)) == [
        "For emotions and touchpoints it is enough: after 5 of 12 interviews the next 2 brought "
        "next to nothing new "
        "(5 % or less)."
    ]
    never = table(SATURATION, {**row, "reached_in_order": np.nan})
    assert wording.enough(never)[0].startswith("After 12 interviews it is not enough")


def test_no_sentence_is_printed_with_a_blank_figure():
    for text in (wording.percent(np.nan), wording.rho(np.nan)):
        assert text == "–"
