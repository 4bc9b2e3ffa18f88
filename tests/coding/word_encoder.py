"""An encoder of two lines: no fast test loads a real model."""

import hashlib

import numpy as np

from journeyqual.coding.stage import StageSettings

DIM = 64


class WordEncoder:
    """Each word is a fixed direction; a text is the sum of its words."""

    name, fingerprint, dim = "words", "f" * 16, DIM

    def encode(self, texts):
        out = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").replace(",", " ").split() or ["(blank)"]:
                seed = int(hashlib.sha256(word.encode()).hexdigest()[:8], 16)
                out[row] += np.random.default_rng(seed).standard_normal(self.dim)
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def truncated(self, texts):
        return [False] * len(texts)


SETTINGS = StageSettings(
    temperature=0.1, none_similarity=0.2, none_wins=0.5, whole=0.5, top=1, mix=0.0,
    tag_penalty=0.1, tag_context=0.3, touchpoint_similarity=0.4,
)  # fmt: skip
