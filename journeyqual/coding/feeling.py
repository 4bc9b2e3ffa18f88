"""How the speaker feels at a unit: valence with its uncertainty, the one emotion, the fine labels.

A network (`journeyqual.models.reader`) reads each unit in its interview; linear heads make of its
vector the chances of five ordered steps of valence, of one dominant label among the 28 of
GoEmotions (Demszky et al. 2020), and of each of these labels by itself. A codebook's emotions
gather labels, so any list of emotions is read from the same 28. Trained by ``training/feel.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import GOEMOTIONS, Codebook
from journeyqual.coding.tags import Floats, readable, softmax
from journeyqual.coding.talk import foreign, in_interviews
from journeyqual.errors import ModelError
from journeyqual.models import reader as readers
from journeyqual.models import weights
from journeyqual.models.encoder import Encoder, Vectors, minilm
from journeyqual.models.reader import Reader
from journeyqual.models.vectors import Progress, cached_encode, cached_reading

MODEL = "feeling"
DIMENSIONS = ("valence", "emotion", "emotions_fine")
NEUTRAL = "neutral"
LABELS = GOEMOTIONS
"""The labels in the order of the heads' rows."""
STEPS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
"""What people choose valence from."""
UNKNOWN = 1.0
"""Standard deviation of a valence that could not be read: anything may be felt there."""


@dataclass(frozen=True)
class FeelingHeads:
    """Arrays of the heads, all of which stand on a unit's vector of length 1.

    Parameters
    ----------
    valence_weights, valence_bias
        Shapes (5, dim) and (5,): log-odds of each step of valence.
    one_weights, one_bias
        Shapes (28, dim) and (28,): log-odds of each label being the dominant one.
    label_weights, label_bias
        Shapes (28, dim) and (28,): log-odds of each label being there at all.
    label_thresholds
        Shape (28,): the probability from which on a label is said.
    """

    valence_weights: NDArray[np.float32]
    valence_bias: NDArray[np.float32]
    one_weights: NDArray[np.float32]
    one_bias: NDArray[np.float32]
    label_weights: NDArray[np.float32]
    label_bias: NDArray[np.float32]
    label_thresholds: NDArray[np.float32]

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

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits of the arrays."""
        content = b"".join(getattr(self, f.name).tobytes() for f in fields(self))
        return hashlib.sha256(content).hexdigest()[:16]

    def steps(self, vectors: Vectors) -> Floats:
        """Return the probability of each step of valence, shape (n, 5)."""
        return softmax(_linear(vectors, self.valence_weights, self.valence_bias))

    def one(self, vectors: Vectors) -> Floats:
        """Return the probability of each label to be the dominant one, shape (n, 28)."""
        return softmax(_linear(vectors, self.one_weights, self.one_bias))

    def labels(self, vectors: Vectors) -> Floats:
        """Return the probability of each label to be there, shape (n, 28)."""
        return np.asarray(1 / (1 + np.exp(-_linear(vectors, self.label_weights, self.label_bias))))


def _linear(vectors: Vectors, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Floats:
    # Not by BLAS, whose last bits depend on how many units there are.
    product = np.einsum("nd,sd->ns", vectors.astype(np.float64), weight.astype(np.float64))
    return np.asarray(product + bias)


@dataclass(frozen=True)
class FeelingSettings:
    """Numbers that belong to the weights.

    Parameters
    ----------
    foreign
        Pieces that the tokeniser makes of an average word, from which on a text is no English.
    """

    foreign: float

    @classmethod
    def of(cls, settings: Mapping[str, float]) -> FeelingSettings:
        """Read the settings that a weights manifest holds.

        Raises
        ------
        ModelError
            If one is missing.
        """
        try:
            return cls(**{f.name: settings[f.name] for f in fields(cls)})
        except KeyError as error:
            message = f"the feeling coder's settings lack {error}"
            raise ModelError(message, remedy=weights.REMEDY) from None


class FeelingCoder:
    """Codes valence, the codebook's emotions and the 28 GoEmotions labels.

    Parameters
    ----------
    reader
        The network that the heads stand on.
    heads
        Their arrays.
    settings
        Numbers that belong to them.
    names
        What tells an emotion's name from another's where the codebook does not say which labels it
        gathers; None is the shipped encoder, loaded when such a name is met.
    cache
        Folder of the vector cache.
    """

    dimensions = DIMENSIONS

    def __init__(
        self,
        reader: Reader,
        heads: FeelingHeads,
        settings: FeelingSettings,
        *,
        names: Encoder | None = None,
        cache: str | Path | None = None,
    ) -> None:
        self.reader = reader
        self.heads = heads
        self.settings = settings
        self._names = names
        self._cache = cache

    @classmethod
    def shipped(cls, *, cache: str | Path | None = None) -> FeelingCoder:
        """Return the coder that ships with journeyqual.

        Raises
        ------
        ModelError
            If its weights are missing or damaged.
        """
        settings = FeelingSettings.of(dict(weights.entry(MODEL).settings))
        heads = FeelingHeads.of(readers.heads(MODEL))
        return cls(readers.shipped(MODEL), heads, settings, cache=cache)

    @property
    def name(self) -> str:
        """Its signature."""
        return coder_name()

    def code(
        self, units: pd.DataFrame, codebook: Codebook, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Return what the speaker feels, a row per unit.

        A text without a letter or a digit has valence 0 and is neutral: there was nothing to read.
        Neutral is the codebook's emotion that gathers that label, else the one of that name, else
        the word ``neutral``. Labels that no emotion of the codebook gathers count for it, too.

        Parameters
        ----------
        units
            A checked table of `schema.UNITS_IN`, with the index 0, 1, 2, …
        codebook
            Its emotions are what ``emotion`` chooses from.
        progress
            Called with (units read, units in all).

        Returns
        -------
        DataFrame
            ``valence`` (expected step, -1..1) and ``valence_sd``, the standard deviation of the
            steps about it; ``emotion`` and ``emotion_confidence``, its probability;
            ``emotions_fine``. Of a text without words, not in English, or longer than what is read
            the standard deviation is `UNKNOWN` and the confidence 0.
        """
        vectors = self.read(units, progress)
        can_read = readable(units["text"])
        texts = units["text"].tolist()
        known = can_read & ~foreign(self.reader, texts, self.settings.foreign)
        known &= ~np.array(self.reader.truncated(texts), dtype=bool)
        valence, spread = self.valence(vectors)
        emotion, sure = self._named(self.heads.one(vectors), can_read, codebook)
        labels = self.heads.labels(vectors)
        labels[~can_read] = [float(label == NEUTRAL) for label in LABELS]
        return pd.DataFrame(
            {
                "valence": np.where(can_read, valence, 0.0),
                "valence_sd": np.where(known, spread, UNKNOWN),
                "emotion": emotion,
                "emotion_confidence": np.where(known, sure, 0.0),
                "emotions_fine": [self._fine(row) for row in labels],
            }
        )

    def read(self, units: pd.DataFrame, progress: Progress | None = None) -> Vectors:
        """Return the vectors of units, each read in its interview, in the order of the rows."""
        return in_interviews(
            units,
            lambda texts: cached_reading(texts, self.reader, self._cache, progress),
            self.reader.dim,
        )

    def valence(self, vectors: Vectors) -> tuple[Floats, Floats]:
        """Return expected valence and its standard deviation, shape (n,) each."""
        chances = self.heads.steps(vectors)
        mean = (chances * STEPS).sum(axis=1)
        variance = (chances * STEPS**2).sum(axis=1) - mean**2
        return np.clip(mean, -1.0, 1.0), np.sqrt(np.clip(variance, 0.0, UNKNOWN))

    def _fine(self, chances: Floats) -> str:
        said = np.flatnonzero(chances >= self.heads.label_thresholds)
        strongest = said[np.argsort(-chances[said], kind="stable")]
        return "|".join(LABELS[i] for i in strongest) or NEUTRAL

    def _named(
        self, chances: Floats, can_read: NDArray[np.bool_], codebook: Codebook
    ) -> tuple[list[str], Floats]:
        """Choose the emotion whose labels are likeliest together; say how likely.

        Labels that no emotion gathers count for neutral: nothing of the codebook was felt.
        """
        gathered = self._gathered(codebook)
        neutral = _neutral(gathered)
        taken = {label for labels in gathered.values() for label in labels}
        loose = tuple(label for label in LABELS if label not in taken)
        shares = {name: labels for name, labels in gathered.items() if labels}
        shares[neutral] = (*shares.get(neutral, ()), *loose)
        names = [name for name, labels in shares.items() if labels]
        # Taken row by row: sums over a column-major copy would depend on how many rows there are.
        sums = np.stack(
            [
                np.take(chances, [LABELS.index(g) for g in shares[name]], axis=1).sum(axis=1)
                for name in names
            ],
            axis=1,
        )
        best = sums.argmax(axis=1)
        said = [names[i] if one else neutral for i, one in zip(best, can_read, strict=True)]
        return said, np.where(can_read, sums.max(axis=1), 0.0)

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
        if self._names is None:
            self._names = minilm()
        return cached_encode(texts, self._names, self._cache)


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
