"""The stage matcher: any codebook, calibrated chances, the same codings in any company."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyqual.codebook import from_dict
from journeyqual.coding.protocol import UNSURE
from journeyqual.coding.stage import (
    NONE_TEXT,
    MatcherSettings,
    StageMatcher,
    coder_name,
    stage_text,
)
from journeyqual.coding.talk import in_interviews
from journeyqual.errors import ModelError
from tests.coding.matching import BOOK, code, said, stages, tagged
from tests.coding.word_encoder import MATCHER, READ, WordReader

COLUMNS = ["stage", "stage_confidence", "unsure", "touchpoint"]


def guess(n_stages):
    """Confidence of what cannot be read: chance, and under one stage plainly unsure, too."""
    return min(1 / (n_stages + 1), UNSURE / 2)


class AxisReader:
    """Texts are named after the point they are at, so that cosines can be done in the head."""

    fingerprint, dim = "0" * 16, 2

    def stages(self, texts):
        at = {"east": [1, 0], "north": [0, 1], "unit": [0.6, 0.8], NONE_TEXT: [0, -1]}
        return np.array([at[t] for t in texts], np.float32)

    def interviews(self, interviews):
        return [self.stages(texts) for texts in interviews]

    def truncated(self, texts):
        return [False] * len(texts)

    def pieces_per_word(self, texts):
        return np.ones(len(texts))


def test_confidence_is_the_softmax_worked_out_by_hand():
    settings = MatcherSettings(scale=2.0, none=0.5, tag_penalty=1.0, tag_scale=1.0, foreign=9.0)
    out = code(said("unit"), AxisReader(), settings, book=stages("east", "north"))
    east, north, none = np.exp([2 * 0.6, 2 * 0.8, 2 * -0.8 + 0.5])
    assert out["stage"].item() == "north"
    assert out["stage_confidence"].item() == pytest.approx(north / (east + north + none), abs=1e-6)
    assert not out["unsure"].item()


def test_none_fits_is_an_answer_like_any_other():
    settings = MatcherSettings(scale=2.0, none=9.0, tag_penalty=1.0, tag_scale=1.0, foreign=9.0)
    out = code(said("unit"), AxisReader(), settings, book=stages("east", "north"))
    assert out["stage"].item() == ""
    assert out["stage_confidence"].item() > 0.99
    assert not out["unsure"].item()


@pytest.mark.parametrize("n", [1, 2, 40])
def test_with_none_fits_the_chances_of_any_codebook_sum_to_one(n, units):
    """What is said is the likeliest of all answers, at its share of the whole."""
    book = stages(*(f"step_{i} riding" for i in range(n)))
    reader = WordReader()
    out = code(units, reader, book=book)
    names = [*(f"step {i} riding" for i in range(n)), NONE_TEXT]
    unit = np.concatenate(
        reader.interviews([own["text"].tolist() for _, own in units.groupby("interview")])
    )
    odds = MATCHER.scale * unit.astype(float) @ reader.stages(names).T
    odds[:, -1] += MATCHER.none
    chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    assert chances.shape == (6, n + 1)
    assert out["stage_confidence"].to_numpy() == pytest.approx(chances.max(axis=1), abs=1e-6)
    answers = [*book.stage_names, ""]
    assert out["stage"].tolist() == [answers[i] for i in chances.argmax(axis=1)]
    assert (out["unsure"] == (out["stage_confidence"] < UNSURE)).all()


def test_stages_of_a_name_alone_can_be_told_apart(units):
    out = code(units, book=stages("buying", "riding"))
    assert out["stage"].tolist() == ["buying", "riding", "riding", "buying", "riding", ""]


def test_a_stage_is_read_beside_the_others(units):
    """The same stage, told by the same words, is worth less where another claims them too."""
    alone = code(units, book=stages("riding", "zebra"))
    beside = code(units, book=stages("riding", "riding lovely"))
    assert alone["stage"][4] == beside["stage"][4] == "riding"
    assert alone["stage_confidence"][4] > beside["stage_confidence"][4]


def test_all_that_the_codebook_says_of_a_stage_is_read():
    book = from_dict(
        {
            "name": "x",
            "stage": [
                {
                    "name": "set_up  help",
                    "brief": "Starting.",
                    "definition": " First use. ",
                    "include": ["unpacking", "first charge"],
                    "exclude": ["repairs", "moving"],
                    "examples": ["It came flat.", "Where is the key?"],
                }
            ],
        }
    )
    assert stage_text(book.stages[0]) == (
        "set up help: Starting. First use. unpacking; first charge. Not: repairs; moving. "
        'Such as: "It came flat." "Where is the key?"'
    )
    assert stage_text(stages("set_up").stages[0]) == "set up"


# What cannot be read


@pytest.mark.parametrize("n_stages", [1, 3, 9])
def test_without_a_letter_or_digit_there_is_no_stage_and_no_certainty(n_stages):
    book = stages(*["use", "buy", "leave", *(f"step{n}" for n in range(6))][:n_stages])
    out = code(said("", " ", "😡😡", "…?!", "use"), book=book)
    assert out["stage"].tolist() == ["", "", "", "", "use"]
    assert out["unsure"].tolist() == [True, True, True, True, False]
    assert (out["stage_confidence"][:4] == guess(n_stages)).all()
    # A study keeps the confidence alone.
    assert ((out["stage_confidence"] < UNSURE) == out["unsure"]).all()
    assert out["touchpoint"].tolist() == [""] * 5


FOREIGN = "donaudampfer selbstverständlich ausgezeichnet außergewöhnlicherweise riding"


def test_what_is_foreign_or_cut_is_a_guess_and_unsure():
    chinese, cut = "骑车骑车骑车骑车 riding", "riding " * (READ + 1)
    units = said("riding every day", FOREIGN, cut, chinese, "riding café")
    out = code(units, book=stages("riding", "buying"))
    assert out["stage"].tolist() == ["riding"] * 5
    assert out["unsure"].tolist() == [False, True, True, True, False]
    # Their words were clear enough to the reader: it is their language or length that speaks.
    can_all = MatcherSettings(**{**MATCHER.__dict__, "foreign": 99.0})
    assert code(said(FOREIGN), settings=can_all, book=stages("riding"))["stage_confidence"][0] > 0.5
    assert (out["stage_confidence"][[1, 2, 3]] == guess(2)).all()
    assert (out["stage_confidence"][[0, 4]] > UNSURE).all()
    # Under a single stage a guess is right half of the time, and still unsure.
    lone = code(units, book=stages("riding"))
    assert lone["unsure"].tolist() == [False, True, True, True, False]
    assert (lone["stage_confidence"][[1, 2, 3]] == guess(1)).all()
    # Under many it is worth less yet.
    many = code(units, book=stages("riding", "buying", *(f"step{n}" for n in range(18))))
    assert many["unsure"].tolist() == [False, True, True, True, False]
    assert (many["stage_confidence"][[1, 2, 3]] == guess(20)).all()
    assert guess(20) < guess(2) == guess(1) < UNSURE


def test_few_words_do_not_show_their_language():
    few, more = "Rechtsschutzversicherung riding", "Rechtsschutzversicherung " * 4 + "riding"
    units = pd.concat([said(few, interview="a"), said(more, interview="b")])
    out = code(units, book=stages("riding", "Rechtsschutzversicherung"))
    assert out["unsure"].tolist() == [False, True]


def test_under_a_codebook_mostly_foreign_everything_is_unsure():
    units = said("buying price", "riding every day")

    def book(*definitions):
        parts = [{"name": f"s{n}", "definition": text} for n, text in enumerate(definitions)]
        return from_dict({"name": "x", "stage": parts})

    english = "riding every day and buying price"
    assert code(units, book=book(FOREIGN, "骑车", english))["unsure"].tolist() == [True, True]
    # One foreign stage among several is a name like any other.
    assert not code(units, book=book("buying price", english, FOREIGN))["unsure"].all()


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.booleans()),
        max_size=6,
    )
)
def test_any_texts_give_a_valid_row_each(drawn):
    frame = said(*(text for text, _ in drawn)).assign(interview=[str(other) for _, other in drawn])
    out = code(frame)
    assert out.columns.tolist() == COLUMNS
    assert len(out) == len(drawn)
    assert out["stage_confidence"].between(guess(2), 1).all()
    assert (out["unsure"] == (out["stage_confidence"] < UNSURE)).all()
    # What was read is likelier than chance; what was not is held under it.
    assert ((out["stage_confidence"] == guess(2)) | (out["stage_confidence"] > 1 / 3 - 1e-9)).all()
    assert set(out["stage"]) <= {"buying", "using", ""}


# Interviews


def test_shuffled_rows_get_the_same_codings(units):
    mixed = pd.concat([units, said("lovely rain", "buying", interview="c")], ignore_index=True)
    mixed["order"] = [0, 1, 1, 3, 0, 1, 5, 5]
    whole = code(mixed).set_index(mixed["unit_id"])
    for seed in range(5):
        rows = mixed.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(
            code(rows).set_index(pd.Index(rows["unit_id"])).loc[mixed["unit_id"]], whole
        )


@pytest.mark.parametrize("n_stages", [1, 2, 9, 40])
@pytest.mark.parametrize("with_tags", [False, True], ids=["untagged", "tagged"])
def test_an_interview_alone_gets_the_same_bits_as_among_many(n_stages, with_tags):
    """Confidence included: neither the number of units nor that of stages leaves a trace."""
    rng = np.random.default_rng(n_stages)
    word = ["buying", "price", "riding", "rain", "apple", "stone", "zebra", "website", "😀"]
    units = pd.concat(
        [
            said(*(" ".join(rng.choice(word, 3)) for _ in range(size)), interview=f"i{size}-")
            for size in (1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 64)
        ],
        ignore_index=True,
    )
    book = from_dict(
        {
            "name": "x",
            "stage": [
                {"name": name, "definition": f"riding number{n}", "touchpoints": ["website"]}
                for n, name in enumerate(["buying", *(f"step{n}" for n in range(n_stages - 1))])
            ],
        }
    )
    tags = None
    if with_tags:
        tags = tagged().replace({"stage": {"using": "" if n_stages == 1 else "step0"}})
        assert not code(units, tags=tags, book=book).equals(code(units, book=book))
    whole = code(units, tags=tags, book=book)
    for name, rows in units.groupby("interview"):
        alone = code(rows, tags=tags, book=book)
        mine = whole[units["interview"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, mine, check_exact=True)


def test_what_was_said_before_and_after_counts_in_the_order_of_speech():
    units = said("riding every day", "and so on", "buying price")
    told = code(units)["stage_confidence"]
    swapped = code(units.assign(order=[1, 0, 2]))["stage_confidence"]
    assert abs(told[1] - swapped[1]) > 0.01
    apart = code(units.assign(interview=["a", "b", "c"]))["stage_confidence"]
    assert (told != apart).all()


def test_interviews_are_handed_over_in_the_order_of_speech():
    table = pd.DataFrame(
        {
            "unit_id": list("edcba"), "interview": list("xyxyx"), "order": [2, 0, 1, 0, 1],
            "text": ["e", "d", "c", "b", "a"],
        }
    )  # fmt: skip
    handed = []

    def read(interviews):
        handed.extend(interviews)
        return [np.array([[ord(t)] for t in one], np.float32) for one in interviews]

    out = in_interviews(table, read, 1)
    # Units at one place of the order stand by their ids.
    assert handed == [["a", "c", "e"], ["b", "d"]]
    assert out[:, 0].tolist() == [ord(t) for t in table["text"]]
    assert in_interviews(table[:0], read, 1).shape == (0, 1)


def test_the_cache_gives_the_same_bytes_and_spares_the_reading(units, tmp_path):
    reader = WordReader()
    plain = code(units, reader, tags=tagged())
    first = code(units, reader, tags=tagged(), cache=tmp_path)
    read = reader.units_read
    again = code(units, reader, tags=tagged(), cache=tmp_path)
    assert reader.units_read == read > 0
    pd.testing.assert_frame_equal(plain, first, check_exact=True)
    pd.testing.assert_frame_equal(plain, again, check_exact=True)


def test_progress_counts_the_units_to_be_coded_and_not_the_tags(units):
    seen = []
    matcher = StageMatcher(WordReader(), MATCHER, tags=tagged())
    matcher.code(units, BOOK, lambda *at: seen.append(at))
    assert seen[-1] == (6, 6)
    assert {total for _, total in seen} == {6}


# Touchpoints


def test_a_touchpoint_is_chosen_among_those_of_the_stage_or_left_blank():
    units = pd.concat(
        [
            said(text, interview=name)
            for name, text in {
                "a": "buying price website",
                "b": "buying price price",
                "c": "riding every day rain",
                "d": "buying price rain",
                "e": "riding every day website",
            }.items()
        ]
    )
    out = code(units)
    assert out["stage"].tolist() == ["buying", "buying", "using", "buying", "using"]
    assert out["touchpoint"].tolist() == ["website", "", "rain", "", "website"]


@given(
    st.lists(st.sampled_from("buying price website shop riding rain zebra 😀".split()), max_size=5)
)
def test_a_touchpoint_is_always_one_of_the_chosen_stage(drawn):
    row = code(said(" ".join(drawn))).iloc[0]
    own = [p.name for s in BOOK.stages if s.name == row["stage"] for p in s.touchpoints]
    assert row["touchpoint"] in {*own, ""}


def test_a_codebook_without_touchpoints_gives_blanks(units):
    assert set(code(units, book=stages("buying", "riding"))["touchpoint"]) == {""}


# Name and settings


def test_its_name_tells_the_tags_and_not_their_order():
    tags = tagged()
    plain = StageMatcher(WordReader(), MATCHER).name
    assert re.fullmatch(r"model:stage-matcher@\d+", plain)
    taught = StageMatcher(WordReader(), MATCHER, tags=tags).name
    assert re.fullmatch(re.escape(plain) + r"\+study[0-9a-f]{4}", taught)
    assert taught == coder_name(tags) == coder_name(tags[::-1])
    assert taught != coder_name(tags.assign(stage="using"))
    assert coder_name(tags[:0]) == coder_name(None) == plain


def test_settings_that_lack_a_number_are_refused_and_those_of_the_network_ignored():
    numbers = dict(MATCHER.__dict__)
    assert MatcherSettings.of(numbers | {"reach": 3}) == MATCHER
    del numbers["foreign"]
    with pytest.raises(ModelError, match="'foreign'"):
        MatcherSettings.of(numbers)
