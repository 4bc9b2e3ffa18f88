"""An encoder and a reader of a few lines: no fast test loads a real model."""

import hashlib
from functools import cache

import numpy as np

from journeyqual.coding.feeling import FeelingSettings
from journeyqual.coding.nearest import NearestSettings
from journeyqual.coding.stage import MatcherSettings
from journeyqual.models.reader import ReaderSettings

DIM = 64
READ = 40
"""Words that the reader reads of a text."""


def words(text):
    return text.lower().replace(".", " ").replace(",", " ").split()


def unit_length(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@cache
def direction(word):
    seed = int(hashlib.sha256(word.encode()).hexdigest()[:8], 16)
    return np.random.default_rng(seed).standard_normal(DIM)


class WordEncoder:
    """Each word is a fixed direction; a text is the sum of its words."""

    name, fingerprint, dim = "words", "f" * 16, DIM

    def encode(self, texts):
        out = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in words(text) or ["(blank)"]:
                out[row] += direction(word)
        return unit_length(out)

    def truncated(self, texts):
        return [False] * len(texts)


class WordReader:
    """A text is the sum of its words, with a little of what stands before and after it.

    A stage has a little less of what the other stages say. A long word falls into pieces, one for
    every eight letters begun. It counts the units that it was asked to read.
    """

    fingerprint, dim = "e" * 16, DIM
    settings = ReaderSettings(split=3, reach=1, around=0, beside=0, tokens=READ, window=420)

    def __init__(self, beside=0.2):
        self.beside, self.units_read = beside, 0

    def stages(self, texts):
        own = WordEncoder().encode(texts)
        others = (own.sum(axis=0) - own) / max(1, len(own) - 1)
        return unit_length(own - np.float32(self.beside) * others)

    def interviews(self, interviews, *, only=None):
        self.units_read += sum(map(len, interviews))
        return [self._interview(list(texts)) for texts in interviews]

    def _interview(self, texts):
        own = WordEncoder().encode(texts)
        out = own.copy()
        out[1:] += np.float32(self.beside) * own[:-1]
        out[:-1] += np.float32(self.beside) * own[1:]
        return unit_length(out)

    def truncated(self, texts):
        return [len(words(text)) > READ for text in texts]

    def pieces_per_word(self, texts):
        pieces = [[-(-len(word) // 8) for word in words(text)] for text in texts]
        return np.array([np.mean(one) if one else 0.0 for one in pieces])


SETTINGS = NearestSettings(
    temperature=0.1, none_similarity=0.2, none_wins=0.5, whole=0.5, top=1, mix=0.0,
    tag_penalty=0.1, tag_context=0.3, touchpoint_similarity=0.4,
)  # fmt: skip
MATCHER = MatcherSettings(scale=10.0, none=2.0, tag_penalty=0.5, tag_scale=3.0, foreign=2.0)
FEELING = FeelingSettings(foreign=2.0)
