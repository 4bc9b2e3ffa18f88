"""Valence and emotions from heads small enough to check by hand."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.codebook import from_dict
from journeyqual.coding.feeling import LABELS, FeelingCoder, FeelingHeads
from journeyqual.errors import ModelError
from tests.coding.word_encoder import WordEncoder


def book(*emotions):
    data = {"name": "x", "stage": [{"name": "use"}]}
    return from_dict(data | ({"emotion": list(emotions)} if emotions else {}))


def code(texts, encoder, heads, codebook=None):
    units = pd.DataFrame({"text": texts})
    return FeelingCoder(encoder, heads).code(units, codebook or book())


def test_valence_is_the_expected_step():
    heads = FeelingHeads.of(
        {
            "valence_weights": np.float32([[0.0], [0.0]]),
            "valence_bias": np.float32([0.0, np.log(3)]),
            "valence_steps": np.float32([-1, 1]),
            **{f"emotion_{n}": np.zeros(28, np.float32) for n in ("bias", "thresholds")},
            **{f"emotion_{n}": np.zeros(28, np.float32) for n in ("shift", "tilt")},
            "emotion_weights": np.zeros((28, 1), np.float32),
        }
    )
    assert heads.valence(np.float32([[1.0]])).tolist() == pytest.approx([0.75 - 0.25])


def test_valence_stays_inside_the_scale(encoder, heads):
    wide = FeelingHeads(**{**heads.__dict__, "valence_steps": np.float32([-9, 0, 9])})
    assert code(["lovely", "awful"], encoder, wide)["valence"].tolist() == [1, -1]


def test_labels_over_their_threshold_are_said_strongest_first(encoder, heads):
    out = code(["lovely", "table", "😀"], encoder, heads)
    assert out["emotions_fine"].tolist() == ["joy|neutral", "neutral", "neutral"]


def test_neutral_is_said_when_nothing_passes(encoder, heads):
    shy = FeelingHeads(**{**heads.__dict__, "emotion_thresholds": np.full(28, 2, np.float32)})
    assert code(["lovely"], encoder, shy)["emotions_fine"].tolist() == ["neutral"]


def test_the_tilt_lets_valence_speak_for_its_side(heads):
    tilt = np.zeros(28, np.float32)
    tilt[LABELS.index("joy")] = 2
    tilted = FeelingHeads(**{**heads.__dict__, "emotion_tilt": tilt})
    strength = tilted.strengths(np.full((1, 28), 0.5), np.array([0.5]))
    assert strength[0, LABELS.index("joy")] == pytest.approx(0.5 * np.e)
    assert strength[0, LABELS.index("anger")] == pytest.approx(0.5)


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


def only(label, heads):
    """Heads that find this label in every text, and no other at all."""
    bias = np.full(len(LABELS), -np.inf, np.float32)
    bias[LABELS.index(label)] = 0
    weights = np.zeros_like(heads.emotion_weights)
    return FeelingHeads(**{**heads.__dict__, "emotion_weights": weights, "emotion_bias": bias})


def test_nearness_never_gives_neutral_to_an_emotion(encoder, heads):
    own = book({"name": "glad", "fine": ["joy"]}, {"name": "zest"})
    all_neutral, all_anger = only("neutral", heads), only("anger", heads)
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
    assert code(["table"], encoder, only("anger", heads), own)["emotion"].tolist() == ["calm"]


def test_an_emotion_called_neutral_takes_no_label_by_nearness(encoder, heads):
    own = book({"name": "neutral"}, {"name": "calm", "fine": ["neutral"]})
    assert code(["awful"], encoder, heads, own)["emotion"].tolist() == ["calm"]


def test_each_text_is_encoded_once_and_counted(encoder, heads, tmp_path):
    asked = []

    class Counting(WordEncoder):
        def encode(self, texts):
            asked.extend(texts)
            return super().encode(texts)

    seen = []
    units = pd.DataFrame({"text": ["lovely", "table", "lovely"]})
    coder = FeelingCoder(Counting(), heads, cache=tmp_path)
    first = coder.code(units, book(), lambda done, total: seen.append((done, total)))
    assert sorted(asked) == ["lovely", "table"]
    assert seen[-1] == (3, 3)
    pd.testing.assert_frame_equal(coder.code(units, book()), first, check_exact=True)
    assert len(asked) == 2


def test_heads_that_lack_an_array_are_refused():
    with pytest.raises(ModelError, match="lack an array"):
        FeelingHeads.of({"valence_bias": np.zeros(5)})


def test_heads_are_refused_on_an_encoder_they_were_not_trained_on(encoder):
    with pytest.raises(ModelError, match="not trained on the encoder 'words'"):
        FeelingCoder.shipped(encoder)
