"""The loop keeps the journey's order, its sides and its feelings, for few stages and for many."""

import itertools
import math

import pytest

from journeyqual.charts.loop import NAMED_UP_TO, loop, sides
from journeyqual.codebook import from_dict
from journeyqual.errors import ConfigError
from journeyqual.schema import CURVE
from tests.reports.fake_study import codebook
from tests.reports.map_tables import curve


def stages(*given):
    return from_dict({"stage": [{"name": f"s{i}", "side": side} for i, side in enumerate(given)]})


B, C = "buyer", "customer"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((B, B, C), (B, B, C)),
        ((B, "", C, ""), (B, B, C, C)),
        (("", B, C), (B, B, C)),
        ((B, B), (B, B)),
        ((C,), (C,)),
        (("", ""), ()),
        ((B, C, B), ()),
        ((C, B), ()),
    ],
)
def test_sides_are_told_where_the_codebook_settles_them(given, told):
    assert sides(stages(*given)) == told


def test_each_side_has_its_lobe_in_both_forms(study):
    wide = loop(study.curve(), study.codebook)
    narrow = loop(study.curve(), study.codebook, down=True)
    for mark, stage in zip(wide.marks, study.codebook.stages, strict=True):
        assert (mark.x < wide.width / 2) == (stage.side == B)
    for mark, stage in zip(narrow.marks, study.codebook.stages, strict=True):
        assert (mark.y < narrow.height / 2) == (stage.side == B)
    assert [name for name, _, _ in wide.sides] == ["buyer side", "customer side"]


@pytest.mark.parametrize("n", [1, 2, 8, 12, 60])
@pytest.mark.parametrize("down", [False, True])
def test_marks_stand_apart_inside_the_drawing_and_in_order_along_the_line(n, down):
    book = codebook(n)
    drawn = loop(CURVE.empty(), book, down=down)
    assert [m.number for m in drawn.marks] == list(range(1, n + 1))
    for mark in drawn.marks:
        assert 12 < mark.x < drawn.width - 12
        assert 12 < mark.y < drawn.height - 12
    spots = [(m.x, m.y) for m in drawn.marks]
    if n <= 12:
        assert all(math.dist(a, b) > 34 for a, b in itertools.combinations(spots, 2))
    else:
        assert len(set(spots)) == n
    # From the crossing round: the angle about the lobe's middle only ever grows.
    line = [tuple(map(float, p.split())) for p in drawn.path.strip("MZ").split("L")]
    at = [min(range(len(line)), key=lambda i, s=s: math.dist(line[i], s)) for s in spots]
    assert at == sorted(at)


def test_labels_stay_inside_the_drawing_and_off_each_other(study):
    drawn = loop(study.curve(), study.codebook)
    boxes = []
    for m in drawn.marks:
        wide = 8.3 * max(map(len, m.lines))
        left = m.label_x - {"start": 0, "middle": wide / 2, "end": wide}[m.anchor]
        boxes.append((left, m.label_y - 13, left + wide, m.label_y + 18 * (len(m.lines) - 1) + 4))
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert right <= drawn.width
        assert top >= 0
        assert bottom <= drawn.height
    for one, two in itertools.combinations(boxes, 2):
        apart = one[2] < two[0] or two[2] < one[0] or one[3] < two[1] or two[3] < one[1]
        assert apart, (one, two)


def test_a_mark_has_the_sign_colour_and_words_of_its_stage():
    book = stages(B, B, C, C)
    table = curve(
        book, s0=(0.5, 0.3, 0.7), s1=(-0.3, -0.5, -0.1), s2=(0.1, -0.1, 0.3)
    )  # nobody spoke of s3
    good, bad, either, silent = loop(table, book).marks
    assert (good.sign, good.pole, good.strength) == ("good", "good", 83)
    assert (bad.sign, bad.pole, bad.strength) == ("bad", "bad", 50)
    assert either.sign == "either"
    assert good.words == "1. s0: +0.50 (+0.30 to +0.70), 9 people, good side"
    assert not silent.heard
    assert silent.words == "4. s3: nobody spoke of it"
    assert silent.lines == ("4 s3", "nobody")


def test_thin_stages_are_hollow_and_settle_nothing_by_colour_alone():
    book = stages(B, C)
    table = curve(book, s0=(0.5, 0.3, 0.7)).assign(is_thin=True)
    assert loop(table, book).marks[0].is_thin


def test_names_stand_at_the_marks_only_while_they_have_room():
    assert loop(CURVE.empty(), stages(*[B] * NAMED_UP_TO, C)).named
    many = loop(CURVE.empty(), stages(*[B] * (NAMED_UP_TO + 1), C))
    assert not many.named
    assert many.marks[4].lines == ("5",)
    assert not loop(CURVE.empty(), stages(B, C), down=True).named


def test_without_sides_no_lobe_is_named():
    drawn = loop(CURVE.empty(), stages("", "", "", ""))
    assert drawn.sides == ()
    assert [m.x < drawn.width / 2 for m in drawn.marks] == [True, True, False, False]


def test_a_stage_that_the_codebook_lacks_is_refused():
    with pytest.raises(ConfigError, match="s9"):
        loop(curve(stages(B, C)).replace("s0", "s9"), stages(B, C))


def test_shuffled_rows_give_the_same_loop(study):
    table = study.curve()
    assert loop(table.sample(frac=1, random_state=1), study.codebook) == loop(table, study.codebook)
