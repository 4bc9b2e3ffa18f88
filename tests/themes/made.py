"""Talk of a few topics, a unit a line; clusters by a rule of three lines instead of BERTopic."""

import numpy as np
import pandas as pd

from tests.coding.word_encoder import WordEncoder

TOPICS = {
    "brakes": "brake squeal pads cable lever rim".split(),
    "deposit": "deposit refund account transfer bank fee".split(),
    "app": "app screen login password pairing bluetooth".split(),
    "school": "school teacher gate classroom pupils playground".split(),
}


def said(topic, turn):
    """Return three words of a topic; every turn takes other ones."""
    words = TOPICS[topic]
    return " ".join(words[(turn + step) % len(words)] for step in range(3)).capitalize() + "."


def talk(people, topics=("brakes", "deposit", "app"), each=4):
    """Return units: every participant speaks of every topic in ``each`` units, topic by topic."""
    rows = [
        (f"{person}-{topic}-{turn}", person, said(topic, turn + place))
        for place, person in enumerate(people)
        for topic in topics
        for turn in range(each)
    ]
    return pd.DataFrame(rows, columns=["unit_id", "participant", "text"])


def vectors(units):
    return WordEncoder().encode(units["text"].tolist())


def fake_clusters(texts, vectors, size, *, seed):
    """Join whatever is alike, directly or by way of others."""
    near = vectors @ vectors.T > 0.4
    labels = np.arange(len(vectors))
    while True:
        after = np.array([labels[row].min() for row in near])
        if (after == labels).all():
            break
        labels = after
    _, at, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    number = np.where(sizes >= size, np.cumsum(sizes >= size) - 1, -1)
    return number[at]


def people(n):
    return [f"P{i + 1:02d}" for i in range(n)]
