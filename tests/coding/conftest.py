"""Coders that stand on an encoder and a reader of a few lines."""

import numpy as np
import pandas as pd
import pytest

from journeyqual.coding.feeling import LABELS, FeelingCoder, FeelingHeads
from journeyqual.coding.nearest import NearestDefinition
from journeyqual.coding.stage import StageMatcher
from tests.coding.word_encoder import DIM, FEELING, MATCHER, SETTINGS, WordEncoder, WordReader


@pytest.fixture
def encoder():
    return WordEncoder()


@pytest.fixture
def settings():
    return SETTINGS


@pytest.fixture
def heads(encoder):
    """Valence and the label follow the one word lovely or awful; all else is neutral."""
    good, bad = encoder.encode(["lovely", "awful"])
    nothing = np.zeros(DIM, np.float32)
    valence = np.stack([bad, nothing, nothing, nothing, good]).astype(np.float32) * 20
    weights = np.zeros((len(LABELS), DIM), np.float32)
    weights[LABELS.index("joy")], weights[LABELS.index("anger")] = good * 20, bad * 20
    bias = np.full(len(LABELS), -5, np.float32)
    bias[LABELS.index("neutral")] = 0
    return FeelingHeads(
        valence_weights=valence,
        valence_bias=np.array([0, 0, 4, 0, 0], np.float32),
        one_weights=weights,
        one_bias=bias,
        label_weights=weights,
        label_bias=bias,
        label_thresholds=np.full(len(LABELS), 0.4, np.float32),
    )


@pytest.fixture
def feelings(encoder, heads):
    """A coder of feeling that reads each unit alone."""
    return FeelingCoder(WordReader(beside=0), heads, FEELING, names=encoder)


@pytest.fixture
def reader():
    return WordReader()


@pytest.fixture(params=["stage matcher", "nearest definition"])
def coders(request, encoder, reader, settings, feelings):
    """Both stage coders keep the same promises; which of them reads the stages is the parameter."""
    if request.param == "stage matcher":
        stages = StageMatcher(reader, MATCHER)
    else:
        stages = NearestDefinition(encoder, settings)
    return (stages, feelings)


@pytest.fixture
def units():
    """Two interviews; what each unit is about can be read off its words."""
    texts = [
        "I saw the price of buying", "lovely riding every day", "awful riding in rain",
        "buying was awful", "riding riding riding", "zebra quantum",
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(6)],
            "interview": ["a", "a", "a", "b", "b", "b"],
            "order": [0, 1, 2, 0, 1, 2],
            "text": texts,
            "segment": ["family"] * 3 + ["trader"] * 3,
        }
    )
