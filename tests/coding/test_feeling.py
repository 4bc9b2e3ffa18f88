"""Valence and emotions from heads small enough to check by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from journeyqual.coding.feeling import LABELS, UNKNOWN, FeelingCoder, FeelingHeads, FeelingSettings
from journeyqual.errors import ModelError
from tests.coding.word_encoder import FEELING, READ, WordReader


def book(*emotions):
    data = {"name": "x", "stage": [{"name": "use"}]}
    return from_dict(data | ({"emotion": list(emotions)} if emotions else {}))


def said(texts):
    units = [{"unit_id": f"u{i}", "interview": f"i{i}", "order": 0} for i in range(len(texts))]
    return pd.DataFrame(units).assign(text=texts)


def code(texts, encoder, heads, codebook=None):
    coder = FeelingCoder(WordReader(beside=0), heads, FEELING, names=encoder)
    return coder.code(said(texts), codebook or book())


def alone(label, heads, odds=0.0):
    """Heads by which this label dominates every text, and no other is there at all."""
    bias = np.full(len(LABELS), -99, np.float32)
    bias[LABELS.index(label)] = odds
    weights = np.zeros_like(heads.one_weights)
    return replace(
        heads, one_weights=weights, one_bias=bias, label_weights=weights, label_bias=bias
    )


def test_valence_is_the_expected_step_and_its_spread_is_told(heads):
    five = np.zeros((5, 1), np.float32)
    odds = np.float32([-99, -99, -99, 0, np.log(3)])
    heads = replace(heads, valence_weights=five, valence_bias=odds)
    coder = FeelingCoder(WordReader(), heads, FEELING)
    mean, spread = coder.valence(np.float32([[1.0]]))
    assert mean == pytest.approx([0.25 * 0.5 + 0.75 * 1.0])
    assert spread == pytest.approx([0.5 * np.sqrt(0.25 * 0.75)])


def test_valence_follows_the_words(encoder, heads):
    out = code(["lovely", "awful", "table"], encoder, heads)
    good, bad, flat = out["valence"]
    assert 0.9 < good <= 1
    assert -1 <= bad < -0.9
    assert abs(flat) < 0.3


def test_a_unit_is_felt_among_its_neighbours(heads, encoder):
    coder = FeelingCoder(WordReader(beside=1.0), heads, FEELING, names=encoder)
    talk = said(["awful", "and then", "table"]).assign(interview="a", order=[0, 1, 2])
    beside_awful, beside_nothing = coder.code(talk, book())["valence"][1:]
    assert beside_awful < beside_nothing - 0.1


@pytest.mark.parametrize("text", ["", "😀", "…?!"])
def test_what_cannot_be_read_is_flat_and_its_valence_unknown(text, encoder, heads):
    out = code([text], encoder, heads).iloc[0]
    assert (out["valence"], out["valence_sd"]) == (0, UNKNOWN)
    assert (out["emotion"], out["emotion_confidence"]) == ("neutral", 0)


def test_of_another_language_the_coder_owns_to_know_nothing(encoder, heads):
    text = "Lieferverzögerungen Kundenbetreuung Benutzeroberfläche Zahlungserinnerung lovely"
    foreign, known = code([text, "lovely"], encoder, heads).itertuples(index=False)
    assert (foreign.valence_sd, foreign.emotion_confidence) == (UNKNOWN, 0)
    assert known.valence_sd < 0.5
    assert known.emotion_confidence > 0.9


def test_labels_over_their_threshold_are_said_strongest_first(encoder, heads):
    out = code(["lovely", "table", "😀"], encoder, heads)
    assert out["emotions_fine"].tolist() == ["joy|neutral", "neutral", "neutral"]


def test_neutral_is_said_when_nothing_passes(encoder, heads):
    shy = replace(heads, label_thresholds=np.full(28, 2, np.float32))
    assert code(["lovely"], encoder, shy)["emotions_fine"].tolist() == ["neutral"]


def test_an_emotion_is_as_likely_as_its_labels_together(encoder, heads):
    odds = np.full(len(LABELS), -99, np.float32)
    for label, chance in {"joy": 0.4, "anger": 0.3, "annoyance": 0.3}.items():
        odds[LABELS.index(label)] = np.log(chance)
    level = replace(heads, one_weights=np.zeros_like(heads.one_weights), one_bias=odds)
    own = book({"name": "glad", "fine": ["joy"]}, {"name": "cross", "fine": ["anger", "annoyance"]})
    out = code(["table"], encoder, level, own).iloc[0]
    assert out["emotion"] == "cross"
    assert out["emotion_confidence"] == pytest.approx(0.6)


def test_the_codebooks_emotions_gather_their_labels(encoder, heads):
    own = book({"name": "glad", "fine": ["joy"]}, {"name": "cross", "fine": ["anger"]})
    assert code(["lovely", "awful"], encoder, heads, own)["emotion"].tolist() == ["glad", "cross"]


def test_emotions_that_gather_nothing_take_the_label_of_their_name(encoder, heads):
    own = book({"name": "Joy"}, {"name": "anger"}, {"name": "neutral"})
    out = code(["lovely", "awful", "table"], encoder, heads, own)
    assert out["emotion"].tolist() == ["Joy", "anger", "neutral"]


def test_emotions_unknown_to_anyone_still_give_one_of_the_codebook(encoder, heads):
    own = book({"name": "Weltschmerz"}, {"name": "zest"})
    out = code(["lovely", "awful"], encoder, heads, own)
    assert set(out["emotion"]) <= {"Weltschmerz", "zest"}


def test_a_sure_label_that_nobody_gathers_makes_neutral_likely(encoder, heads):
    own = book({"name": "glad", "fine": ["joy"]}, {"name": "calm", "fine": ["neutral"]})
    out = code(["table"], encoder, alone("anger", heads), own).iloc[0]
    assert (out["emotion"], out["emotion_confidence"]) == ("calm", pytest.approx(1))


def test_an_emotion_of_many_labels_is_as_sure_in_any_company(heads):
    own = book({"name": "felt", "fine": list(LABELS[:15])}, {"name": "neutral"})
    rng = np.random.default_rng(1)
    noisy = replace(heads, one_weights=rng.normal(size=heads.one_weights.shape).astype(np.float32))
    coder = FeelingCoder(WordReader(beside=0), noisy, FEELING)
    units = said([f"word{i} other{i % 7}" for i in range(60)])
    whole = coder.code(units, own)
    for row in range(60):
        alone_ = coder.code(units[row : row + 1].reset_index(drop=True), own)
        pd.testing.assert_frame_equal(
            alone_, whole[row : row + 1].reset_index(drop=True), check_exact=True
        )


def test_a_text_that_is_cut_owns_to_be_half_read(encoder, heads):
    out = code(["lovely " * (READ + 1)], encoder, heads).iloc[0]
    assert out["valence"] > 0.9
    assert (out["valence_sd"], out["emotion_confidence"]) == (UNKNOWN, 0)


def test_nearness_never_gives_neutral_to_an_emotion(encoder, heads):
    own = book({"name": "glad", "fine": ["joy"]}, {"name": "zest"})
    all_neutral, all_anger = alone("neutral", heads), alone("anger", heads)
    assert code(["table"], encoder, all_neutral, own)["emotion"].tolist() == ["neutral"]
    # …whereas the sole bare emotion does take the other labels that are left over.
    assert code(["table"], encoder, all_anger, own)["emotion"].tolist() == ["zest"]


@pytest.mark.parametrize(
    ("emotions", "neutral"),
    [
        ([{"name": "zest"}], "neutral"),
        ([{"name": "glad", "fine": ["joy"]}], "neutral"),
        ([{"name": "glad", "fine": ["joy"]}, {"name": "Neutral"}], "Neutral"),
        ([{"name": "glad", "fine": ["joy"]}, {"name": "calm", "fine": ["neutral"]}], "calm"),
        ([{"name": "neutral", "fine": ["joy"]}, {"name": "zest"}], "neutral"),
        ([{"name": "neutral"}, {"name": "calm", "fine": ["neutral", "relief"]}], "calm"),
    ],
)
def test_what_cannot_be_read_is_neutral_in_the_codebooks_own_word(
    emotions, neutral, encoder, heads
):
    out = code(["", "😀", "…?!"], encoder, heads, book(*emotions))
    assert out["emotion"].tolist() == [neutral] * 3
    assert out["emotions_fine"].tolist() == ["neutral"] * 3
    assert out["valence"].tolist() == [0, 0, 0]


def test_a_label_that_nothing_gathers_leaves_the_unit_neutral(encoder, heads):
    own = book({"name": "glad", "fine": ["joy"]}, {"name": "calm", "fine": ["neutral"]})
    assert code(["table"], encoder, alone("anger", heads), own)["emotion"].tolist() == ["calm"]


def test_an_emotion_called_neutral_takes_no_label_by_nearness(encoder, heads):
    own = book({"name": "neutral"}, {"name": "calm", "fine": ["neutral"]})
    assert code(["awful"], encoder, heads, own)["emotion"].tolist() == ["calm"]


def test_each_interview_is_read_once_and_counted(heads, tmp_path):
    seen = []
    reader = WordReader()
    coder = FeelingCoder(reader, heads, FEELING, cache=tmp_path)
    units = said(["lovely", "table", "lovely"])
    first = coder.code(units, book(), lambda done, total: seen.append((done, total)))
    assert reader.units_read == 3
    assert seen[-1] == (3, 3)
    pd.testing.assert_frame_equal(coder.code(units, book()), first, check_exact=True)
    assert reader.units_read == 3


def test_emotions_of_the_default_codebook_load_no_encoder_for_names(heads, monkeypatch):
    monkeypatch.setattr("journeyqual.coding.feeling.minilm", lambda: pytest.fail("loaded"))
    FeelingCoder(WordReader(), heads, FEELING).code(said(["lovely"]), book())


def test_heads_or_settings_that_lack_a_part_are_refused(heads):
    arrays = {k: v for k, v in heads.__dict__.items() if k != "one_bias"}
    with pytest.raises(ModelError, match="lack an array"):
        FeelingHeads.of(arrays)
    with pytest.raises(ModelError, match="lack 'foreign'"):
        FeelingSettings.of({})
