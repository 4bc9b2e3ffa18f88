"""How a unit feels: valence and emotion, by linear heads on the frozen encoder.

The heads are multinomial (valence, five ordered steps) and one-against-rest (the 28 GoEmotions
labels of Demszky et al. 2020) logistic regressions, trained by ``training/heads.py`` and shipped as
arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import GOEMOTIONS, Codebook
from journeyqual.coding.tags import Floats, readable
from journeyqual.errors import ModelError
from journeyqual.models import weights
from journeyqual.models.encoder import Encoder, Vectors
from journeyqual.models.vectors import Progress, cached_encode

MODEL = "feeling"
DIMENSIONS = ("valence", "emotion", "emotions_fine")
NEUTRAL = "neutral"
LABELS = GOEMOTIONS
"""The labels in the order of the heads' rows."""


@dataclass(frozen=True)
class FeelingHeads:
    """Arrays of the two heads, and how the second weighs its labels.

    Parameters
    ----------
    valence_weights, valence_bias
        Shapes (steps, dim) and (steps,): logits of each step of valence.
    valence_steps
        Shape (steps,): what each step is worth on the people's scale, calibrated.
    emotion_weights, emotion_bias
        Shapes (28, dim) and (28,): logit of each label.
    emotion_thresholds
        Shape (28,): the probability from which on a label is said.
    emotion_shift, emotion_tilt
        Shape (28,): a label's log-strength when one emotion has to be chosen, at valence 0 and per
        unit of valence: what the valence head has read speaks for the labels on its side.
    """

    valence_weights: NDArray[np.float32]
    valence_bias: NDArray[np.float32]
    valence_steps: NDArray[np.float32]
    emotion_weights: NDArray[np.float32]
    emotion_bias: NDArray[np.float32]
    emotion_thresholds: NDArray[np.float32]
    emotion_shift: NDArray[np.float32]
    emotion_tilt: NDArray[np.float32]

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> FeelingHeads:
        """Read the arrays of a weights file.

        Raises
        ------
        ModelError
            If an array is missing or there is one that nobody reads.
        """
        try:
            return cls(**arrays)
        except TypeError:
            raise ModelError("the feeling heads lack an array", remedy=weights.REMEDY) from None

    def valence(self, vectors: Vectors) -> Floats:
        """Return the expected valence of each vector, shape (n,), in -1..1."""
        logits = vectors @ self.valence_weights.T + self.valence_bias
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        expected = (raised / raised.sum(axis=1, keepdims=True)) @ self.valence_steps
        return np.clip(np.asarray(expected, dtype=np.float64), -1.0, 1.0)

    def emotions(self, vectors: Vectors) -> Floats:
        """Return the probability of each label, shape (n, 28)."""
        logits = vectors @ self.emotion_weights.T + self.emotion_bias
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)

    def strengths(self, chances: Floats, valence: Floats) -> Floats:
        """Weigh label probabilities, shape (n, 28), for the choice of one emotion."""
        tilt = self.emotion_shift + valence[:, None] * self.emotion_tilt
        return np.asarray(chances * np.exp(tilt), dtype=np.float64)


class FeelingCoder:
    """Codes valence, the codebook's emotions and the 28 GoEmotions labels.

    Parameters
    ----------
    encoder
        The encoder that the heads were trained on.
    heads
        Their arrays.
    cache
        Folder of the vector cache.
    """

    dimensions = DIMENSIONS

    def __init__(
        self, encoder: Encoder, heads: FeelingHeads, *, cache: str | Path | None = None
    ) -> None:
        self.encoder = encoder
        self.heads = heads
        self._cache = cache

    @classmethod
    def shipped(cls, encoder: Encoder, *, cache: str | Path | None = None) -> FeelingCoder:
        """Return the coder with the heads that ship with journeyqual.

        Raises
        ------
        ModelError
            If the heads are missing or damaged, or belong to another encoder.
        """
        one = weights.entry(MODEL)
        if encoder.fingerprint != one.encoder:
            raise ModelError(
                f"the feeling heads were not trained on the encoder {encoder.name!r}",
                remedy="give them MiniLM",
            )
        return cls(encoder, FeelingHeads.of(weights.load(MODEL)), cache=cache)

    @property
    def name(self) -> str:
        """Its signature."""
        return coder_name()

    def code(
        self, units: pd.DataFrame, codebook: Codebook, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Return ``valence``, ``emotion`` and ``emotions_fine``, a row per unit.

        A text without a letter or a digit has valence 0 and is neutral: there was nothing to read.
        Neutral is the codebook's emotion that gathers that label, else the one of that name, else
        the word ``neutral``. So is a text in which no label that the codebook gathers is found.

        Parameters
        ----------
        units
            A checked table of `schema.UNITS_IN`, with the index 0, 1, 2, …
        codebook
            Its emotions are what ``emotion`` chooses from.
        progress
            Called with (texts encoded, texts in all).
        """
        vectors = cached_encode(units["text"].tolist(), self.encoder, self._cache, progress)
        can_read = readable(units["text"])
        chances = self.heads.emotions(vectors)
        chances[~can_read] = [float(label == NEUTRAL) for label in LABELS]
        valence = np.where(can_read, self.heads.valence(vectors), 0.0)
        return pd.DataFrame(
            {
                "valence": valence,
                "emotion": self._named(self.heads.strengths(chances, valence), can_read, codebook),
                "emotions_fine": [self._fine(row) for row in chances],
            }
        )

    def _fine(self, chances: Floats) -> str:
        said = np.flatnonzero(chances >= self.heads.emotion_thresholds)
        strongest = said[np.argsort(-chances[said], kind="stable")]
        return "|".join(LABELS[i] for i in strongest) or NEUTRAL

    def _named(
        self, strengths: Floats, can_read: NDArray[np.bool_], codebook: Codebook
    ) -> list[str]:
        gathered = self._gathered(codebook)
        neutral = _neutral(gathered)
        names = [name for name, labels in gathered.items() if labels]
        if not names:
            return [neutral] * len(strengths)
        columns = [[LABELS.index(label) for label in gathered[name]] for name in names]
        sums = np.stack([strengths[:, rows].sum(axis=1) for rows in columns], axis=1)
        found = can_read & (sums.max(axis=1) > 0)
        best = sums.argmax(axis=1)
        return [names[i] if one else neutral for i, one in zip(best, found, strict=True)]

    def _gathered(self, codebook: Codebook) -> dict[str, tuple[str, ...]]:
        """Labels that each emotion of the codebook gathers.

        One that names none gathers the label of its own name; failing that, of the labels that
        nobody gathers, those whose names are nearer to its name than to that of any other such
        emotion. Neutral is near to nothing: most units are, and they would all go there.
        """
        out = {e.name: e.fine for e in codebook.emotions}
        taken = {label for labels in out.values() for label in labels}
        for name, labels in out.items():
            if not labels and name.casefold() in LABELS and name.casefold() not in taken:
                out[name] = (name.casefold(),)
                taken.add(name.casefold())
        bare = [n for n, labels in out.items() if not labels and n.casefold() != NEUTRAL]
        free = [label for label in LABELS if label not in taken and label != NEUTRAL]
        if bare and free:
            nearest = (self._encode(free) @ self._encode(bare).T).argmax(axis=1)
            for index, name in enumerate(bare):
                out[name] = tuple(g for g, n in zip(free, nearest, strict=True) if n == index)
        return out

    def _encode(self, texts: Sequence[str]) -> Vectors:
        return cached_encode(texts, self.encoder, self._cache)


def _neutral(gathered: Mapping[str, Sequence[str]]) -> str:
    """Name what stands for neutral among emotions that gather labels.

    Examples
    --------
    >>> _neutral({"joy": ["joy"], "calm": ["relief", "neutral"]}), _neutral({"joy": ["joy"]})
    ('calm', 'neutral')
    """
    owners = [name for name, labels in gathered.items() if NEUTRAL in labels]
    called = [name for name in gathered if name.casefold() == NEUTRAL]
    return [*owners, *called, NEUTRAL][0]


def coder_name() -> str:
    """Return the signature of the shipped coder; loads nothing.

    Raises
    ------
    ModelError
        If the weights' manifest is missing or damaged.
    """
    return f"model:{MODEL}@{weights.entry(MODEL).version}"
