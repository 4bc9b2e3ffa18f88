"""The journey's further sections: a sentence that holds, the detail folded, nothing invented."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.reports import comparing, evidence, walking
from journeyqual.schema import (
    CURVE,
    DIFFERENCES,
    FIGURES,
    MENTIONS,
    POLARISATION,
    RANKS,
    RECRUIT,
    SATURATION,
    SEAM,
    SEAM_LINES,
    TRANSITIONS,
    TRUTH,
)
from tests.reports.fake_study import HOSTILE
from tests.reports.seen import Tags, harmless


def every_block(one):
    sources = evidence.counts(one.evidence)
    return {
        "firmness": walking.firmness(one.ranks),
        "expected": walking.expected(one.gaps, one.book, sources),
        "seam": walking.seam(one.seam, one.seam_lines, sources),
        "verdict": walking.verdict(one.truth, one.peak_end_figures),
        "split": walking.split(one.polarisation, one.separation),
        "telling": walking.telling(one.mentions, one.transitions, one.told_mean),
        "enough": walking.enough(one.saturation, one.recruit),
        "sample": walking.sample(one.sample),
        "draft": walking.draft(one.draft),
        "groups_header": comparing.groups_header(
            one.study, "segment", one.groups, one.differences, 3
        ),
        "difference_table": comparing.difference_table(one.differences),
    }


@pytest.fixture(scope="session")
def shown(made):
    return every_block(made)


def test_blocks_are_well_formed_run_nothing_and_show_hostile_words(shown, hostile_made):
    for block in shown.values():
        harmless(block.html)
    for name, block in every_block(hostile_made).items():
        seen = harmless(block.html)
        if name not in {"sample", "enough", "draft"}:
            assert HOSTILE in seen.text or HOSTILE in " ".join(seen.text.split()), name


def test_every_section_has_words_before_its_folded_tables(shown):
    for name in ("firmness", "expected", "seam", "verdict", "split", "telling", "enough"):
        html = shown[name].html
        assert 0 <= html.index('class="jq-first"') < html.index("<details"), name
        assert "<details open" not in html
        assert shown[name].markdown.strip(), name


def test_figures_tell_the_units_behind_them(made, shown):
    sizes = evidence.counts(made.evidence)
    assert f"{sizes['seam']} units behind this" in Tags(shown["seam"].html).words
    first = made.gaps["stage"].iloc[0]
    assert f"{sizes[f'curve/{first}']} units behind this" in Tags(shown["expected"].html).words


def test_no_expectation_no_section(made):
    gaps = made.gaps.assign(expected=np.nan)
    assert walking.expected(gaps, made.book) == walking.NOTHING


def test_the_expected_and_the_felt_stand_on_one_track(made, shown):
    row = made.gaps.iloc[0]
    assert f'<u style="left: {round(50 * (row.expected + 1), 2)}%"' in shown["expected"].html
    assert shown["expected"].html.count("jq-expects") == made.gaps["gap"].notna().sum()


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (lambda: walking.firmness(RANKS.empty()), "cannot be said: no stage was spoken of"),
        (lambda: walking.seam(SEAM.empty(), SEAM_LINES.empty()), "nobody spoke of both sides"),
        (lambda: walking.verdict(TRUTH.empty(), FIGURES.empty()), "cannot be said"),
        (lambda: walking.split(POLARISATION.empty()), "nobody can be split"),
        (
            lambda: walking.telling(MENTIONS.empty(), TRANSITIONS.empty(), FIGURES.empty()),
            "cannot be said: nobody spoke",
        ),
        (
            lambda: walking.enough(SATURATION.empty(), RECRUIT.empty()),
            "No interview has been heard",
        ),
    ],
)
def test_an_empty_table_says_why(block, said):
    assert said in harmless(block().html).words


def test_those_wanted_most_stand_open_and_the_rest_unfolds(made):
    many = pd.concat([made.recruit.iloc[:1]] * 8, ignore_index=True)
    many = many.assign(rank=range(1, 9), words=[f"Person {n} is wanted." for n in range(8)])
    html = walking.enough(made.saturation, many).html
    before, after = html.split("2 more</summary>")
    assert "Person 5" in before
    assert "Person 6" in after.split("</details>")[0]


def test_small_groups_are_named_as_too_few_and_not_counted(made):
    sizes = {"family": 6, "trader": 2}
    groups = made.groups.assign(n_participants_group=made.groups["group"].map(sizes))
    kept = comparing.large_enough(groups, 3)
    assert set(kept["group"]) == {"family"}
    header = comparing.groups_header(made.study, "segment", groups, DIFFERENCES.empty(), 3)
    words = Tags(header.html).words
    assert "Too few to be shown (under 3): trader." in words
    assert "There are no two groups to compare." in words


def test_without_an_attribute_the_page_says_how_to_name_one(made):
    html = comparing.groups_header(made.study, "", CURVE.empty(), DIFFERENCES.empty(), 3).html
    assert "give `by` in `study.toml`, or as a parameter" in Tags(html).words


def test_groups_that_a_machine_coded_come_with_its_warning(made, shown):
    assert "nobody has checked one" in Tags(shown["groups_header"].html).words


def test_numbers_of_a_group_are_found_whatever_their_letter_case(made):
    table = made.numbers.assign(group=["Family", " trader", "", *["other"] * 5])
    assert len(comparing.by_group(table, ["family", "trader"])) == 2
