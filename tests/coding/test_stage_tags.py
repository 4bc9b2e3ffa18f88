"""What the stage matcher learns from people's tags, and what it must not learn."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.coding import tags as tags_module
from journeyqual.coding.stage import StageMatcher
from journeyqual.coding.tags import FOLDS
from journeyqual.errors import SchemaError
from tests.coding.matching import BOOK, code, said, stages, tagged
from tests.coding.word_encoder import MATCHER, WordReader

FRESH = said("apple again", "and so on", "stone again", interview="new")


@pytest.mark.parametrize("taught", [("buying", "using"), ("using", "buying")])
def test_tags_move_untagged_units_of_the_same_kind(taught):
    """Whichever way round: nothing else here tells apples from stones."""
    tags = tagged()
    tags["stage"] = tags["stage"].map(dict(zip(("buying", "using"), taught, strict=True)))
    after = code(FRESH, tags=tags)
    assert after["stage"].tolist()[::2] == list(taught)
    # Fewer tags are worth less.
    few = code(FRESH, tags=tags[:2])
    for row in (0, 2):
        same = few["stage"][row] == after["stage"][row]
        assert not same or few["stage_confidence"][row] < after["stage_confidence"][row]


def test_a_blank_tag_teaches_that_none_fits():
    tags = tagged()
    tags.loc[tags["stage"] == "buying", "stage"] = ""
    book = stages("apple", "stone")
    tags["stage"] = tags["stage"].replace("using", "stone")
    assert code(FRESH, book=book)["stage"].tolist()[::2] == ["apple", "stone"]
    assert code(FRESH, tags=tags, book=book)["stage"].tolist()[::2] == ["", "stone"]


def test_tags_count_whether_or_not_their_units_are_coded_with_them():
    """Tags elsewhere that followed one another are read together, as among the units."""
    tags = tagged()
    tags["order"] = tags.groupby("interview").cumcount()
    without = code(FRESH, tags=tags)
    among = pd.concat([tags.drop(columns="stage"), FRESH], ignore_index=True)
    with_them = code(among, tags=tags)[len(tags) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(without, with_them, check_exact=True)
    assert not np.allclose(without["stage_confidence"], code(FRESH)["stage_confidence"])


def test_tags_elsewhere_that_did_not_follow_one_another_are_read_apart():
    """Who spoke between them is not known, so neither stands beside the other."""
    tags = tagged()
    tags["order"] = tags.groupby("interview").cumcount() + 0.5

    def taught(order, interview=tags["interview"]):
        # Neither the order of the rows nor their labels say what followed what.
        table = tags.assign(order=order, interview=interview).sample(frac=1, random_state=3)
        back = table.loc[tags.index].set_axis([0] * len(tags))
        return code(FRESH, tags=back)

    together = taught(tags["order"])
    half = tags["order"] > 2
    apart = taught(tags["order"], tags["interview"] + half.map({True: " later", False: ""}))
    assert not np.allclose(together["stage_confidence"], apart["stage_confidence"])
    for gap in (0.01, 1, 100):
        out = taught(tags["order"] + gap * half)
        pd.testing.assert_frame_equal(out, apart, check_exact=True)
    # Nearer than by one, or at one place, they are neighbours still.
    for step in (0.5, 1.0):
        pd.testing.assert_frame_equal(taught(tags["order"] * step), together, check_exact=True)


def test_the_next_interviews_tags_are_no_neighbours_though_their_order_goes_on():
    tags = tagged(2).assign(interview=["a", "a", "b", "b"], order=[0, 1, 2, 3])
    out = code(FRESH, tags=tags)
    again = code(FRESH, tags=tags.assign(order=[0, 1, 0, 1]))
    pd.testing.assert_frame_equal(out, again, check_exact=True)
    one = code(FRESH, tags=tags.assign(interview="a"))
    assert not np.allclose(out["stage_confidence"], one["stage_confidence"])


def test_a_tag_on_a_unit_is_read_in_the_units_own_interview():
    """Its neighbours count though nobody tagged them, and its text may have been typed anew."""
    units = pd.concat([said("riding riding", "apple", "riding riding"), FRESH], ignore_index=True)
    tag = units[1:2].assign(stage="buying")
    beside = code(units, tags=tag)
    alone = code(units, tags=tag.assign(unit_id="elsewhere"))
    assert not np.allclose(beside["stage_confidence"][3:], alone["stage_confidence"][3:])
    renamed = code(units, tags=tag.assign(text="something else"))
    pd.testing.assert_frame_equal(beside, renamed)


def test_no_tags_and_an_empty_table_of_tags_are_the_same(units):
    pd.testing.assert_frame_equal(code(units), code(units, tags=tagged()[:0]), check_exact=True)


def test_a_tagged_unit_is_coded_as_if_its_interview_had_no_tags():
    tags = tagged()
    units = tags.drop(columns="stage")
    mine = (tags["interview"] == "iv1").to_numpy()
    with_all = code(units, tags=tags)
    pd.testing.assert_frame_equal(with_all[mine], code(units, tags=tags[~mine])[mine])
    # …and it is no other number by accident: on somebody else who said the same the tags show.
    twins = units.assign(unit_id=units["unit_id"] + "x", interview=units["interview"] + "x")
    both = code(pd.concat([units, twins], ignore_index=True), tags=tags)
    seen = both[len(units) :].reset_index(drop=True)
    assert not np.allclose(seen["stage_confidence"][mine], with_all["stage_confidence"][mine])


def test_the_tags_of_one_participant_do_not_move_that_participants_interviews():
    tags = tagged()
    tags["participant"] = tags["interview"].map({"iv0": "A", "iv1": "A", "iv2": "B", "iv3": "C"})
    units = tags.drop(columns=["stage", "participant"])
    turned = tags.assign(stage=tags["stage"].where(tags["interview"] != "iv0", "using"))
    one, other = code(units, tags=tags), code(units, tags=turned)
    of_a = (tags["participant"] == "A").to_numpy()
    pd.testing.assert_frame_equal(one[of_a], other[of_a])
    assert not np.allclose(one["stage_confidence"][~of_a], other["stage_confidence"][~of_a])
    # Not knowing who spoke, iv1 does learn from iv0.
    unknown = [t.drop(columns="participant") for t in (tags, turned)]
    one, other = (code(units, tags=t)["stage_confidence"] for t in unknown)
    second = (tags["interview"] == "iv1").to_numpy()
    assert not np.allclose(one[second], other[second])
    first = (tags["interview"] == "iv0").to_numpy()
    assert np.allclose(one[first], other[first])


def test_where_the_participant_is_blank_the_interview_stands_for_the_person():
    tags = tagged()
    by_interview = code(tags.drop(columns="stage"), tags=tags)
    for blank in ("", " ", None, float("nan")):
        unknown = tags.assign(participant=blank)
        out = code(tags.drop(columns="stage"), tags=unknown)
        pd.testing.assert_frame_equal(out, by_interview)


def test_where_one_person_tagged_everything_nothing_is_learned_about_that_person():
    tags = tagged().assign(participant="A")
    units = tags.drop(columns=["stage", "participant"])
    pd.testing.assert_frame_equal(code(units, tags=tags), code(units))


# Fits


@pytest.fixture
def fits(monkeypatch):
    """How many tags each fit was made from."""
    made, learn = [], tags_module.learn

    def counting(features, offsets, classes, penalty):
        made.append(len(classes))
        return learn(features, offsets, classes, penalty)

    monkeypatch.setattr(tags_module, "learn", counting)
    return made


def by_people(n):
    """Make two tags by each of so many people."""
    tags = tagged(n)
    return tags.assign(interview=[f"iv{i // 2:02}" for i in range(2 * n)], order=[0, 1] * n)


@pytest.mark.parametrize("people", [2, FOLDS, FOLDS + 3])
def test_each_fit_leaves_out_one_person_or_a_tenth_of_them(people, fits):
    tags = by_people(people)
    code(tags.drop(columns="stage"), tags=tags)
    left_out = sorted((len(tags) - n) // 2 for n in fits)
    parts = min(people, FOLDS)
    assert len(left_out) == 1 + parts
    assert left_out[0] == 0
    assert sum(left_out) == people
    assert max(left_out) - left_out[1] <= 1


def test_of_many_people_none_is_coded_by_a_fit_that_saw_their_tags():
    """The parts follow from the names alone, not from where in the table they stand."""
    tags = by_people(FOLDS + 3)
    units = tags.drop(columns="stage")
    whole = code(units, tags=tags)
    # The first of the names shares a part with the eleventh.
    part = tags["interview"].isin(["iv00", f"iv{FOLDS:02}"])
    expected = code(units, tags=tags[~part])
    pd.testing.assert_frame_equal(whole[part], expected[part], check_exact=True)
    for person in sorted(set(tags["interview"])):
        mine = tags["interview"] == person
        other = tags["stage"].map({"buying": "using", "using": "buying"})
        turned = code(units, tags=tags.assign(stage=tags["stage"].where(~mine, other)))
        pd.testing.assert_frame_equal(turned[mine], whole[mine], check_exact=True)
        assert not turned.equals(whole)
    shuffled = tags.sample(frac=1, random_state=1)
    out = code(units, tags=shuffled)
    assert np.allclose(out["stage_confidence"], whole["stage_confidence"], atol=1e-3)


def test_coding_again_makes_no_new_fit(fits):
    tags = by_people(4)
    units = tags.drop(columns="stage")
    matcher = StageMatcher(WordReader(), MATCHER, tags=tags)
    first = matcher.code(units, BOOK)
    assert len(fits) == 5
    pd.testing.assert_frame_equal(matcher.code(units, BOOK), first, check_exact=True)
    # Nor do other units, as long as the tags are read as they were.
    fresh = matcher.code(FRESH, BOOK)
    assert len(fits) == 5
    pd.testing.assert_frame_equal(fresh, code(FRESH, tags=tags), check_exact=True)


def test_another_codebook_is_fitted_anew(fits):
    tags = by_people(4)
    matcher = StageMatcher(WordReader(), MATCHER, tags=tags)
    first = matcher.code(FRESH, BOOK)
    other = stages("buying", "using")
    out = matcher.code(FRESH, other)
    assert len(fits) == 2
    pd.testing.assert_frame_equal(out, code(FRESH, tags=tags, book=other), check_exact=True)
    pd.testing.assert_frame_equal(matcher.code(FRESH, BOOK), first, check_exact=True)


def test_only_what_the_units_need_is_fitted(fits):
    tags = by_people(4)
    code(FRESH, tags=tags)
    assert fits == [8]
    fits.clear()
    code(pd.concat([tags[:2].drop(columns="stage"), FRESH], ignore_index=True), tags=tags)
    assert fits == [8, 6]


def test_the_order_of_tags_does_not_matter(units):
    tags = tagged()
    one = code(pd.concat([units, FRESH]), tags=tags)
    other = code(pd.concat([units, FRESH]), tags=tags.sample(frac=1, random_state=2))
    assert one["stage"].tolist() == other["stage"].tolist()
    assert np.allclose(one["stage_confidence"], other["stage_confidence"], atol=1e-3)


def test_a_tag_of_an_unknown_stage_is_refused_in_one_line(units):
    with pytest.raises(SchemaError, match="no stage 'byuing'; write one of buying, us") as caught:
        code(units, tags=tagged().assign(stage="byuing"))
    assert "\n" not in str(caught.value)
    assert (caught.value.line, caught.value.column) == (2, "stage")


def test_a_table_that_is_no_tags_is_refused():
    with pytest.raises(SchemaError, match="no column 'stage'"):
        StageMatcher(WordReader(), MATCHER, tags=tagged().drop(columns="stage"))
