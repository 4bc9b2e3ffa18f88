"""The nearest definition: a plain stage coder on any encoder, and the baseline of the shipped one.

A unit's vector is compared with the vectors of each stage's texts; the similarities become
probabilities by a softmax in which "no stage of this codebook fits" stands as one more answer. The
few numbers in this are calibrated on coded interviews (``training/stage.py``) and shipped in the
weights' manifest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import codebook as codebooks
from journeyqual import schema
from journeyqual.codebook import Codebook
from journeyqual.coding.neighbours import Neighbours, neighbours
from journeyqual.coding.protocol import UNSURE
from journeyqual.coding.tags import (
    Fits,
    Floats,
    Tagged,
    check_tags,
    classes_of,
    people_of,
    readable,
    softmax,
    tags_hash,
)
from journeyqual.errors import ModelError
from journeyqual.models import weights
from journeyqual.models.encoder import Encoder, Vectors
from journeyqual.models.vectors import Progress, cached_encode

MODEL = "nearest-definition"
DIMENSIONS = ("stage", "touchpoint")

_CLAUSE = re.compile(r"[.;:,()]+")


@dataclass(frozen=True)
class NearestSettings:
    """Calibrated numbers of the nearest definition.

    Parameters
    ----------
    temperature
        Similarity that one unit of log-odds is worth.
    none_similarity
        How similar "no stage fits" is to any unit.
    none_wins
        From this probability on, "no stage fits" is what is said.
    whole, top
        Share of the similarity that the stage's whole text has; the rest is the mean of its ``top``
        nearest parts.
    mix
        Weight of each neighbour's vector in a unit's own.
    tag_penalty, tag_context
        For `journeyqual.coding.tags.learn`: the pull towards the zero-shot coder, and the
        neighbours' weight.
    touchpoint_similarity
        How similar a touchpoint must be for a unit to speak of it.
    """

    temperature: float
    none_similarity: float
    none_wins: float
    whole: float
    top: int
    mix: float
    tag_penalty: float
    tag_context: float
    touchpoint_similarity: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> NearestSettings:
        """Read the settings that a weights manifest holds.

        Raises
        ------
        ModelError
            If a number is missing, or there is one that nobody reads.
        """
        names = {f.name for f in fields(cls)}
        if set(settings) != names:
            wrong = ", ".join(sorted(names ^ set(settings)))
            raise ModelError(
                f"the nearest definition's settings differ: {wrong}", remedy=weights.REMEDY
            )
        return cls(**settings)


def stage_texts(stage: codebooks.Stage) -> tuple[str, tuple[str, ...]]:
    """Return a stage's whole text and its parts: what a unit is compared with.

    What the codebook excludes is left out: "use support" in it would draw units of support here.

    Examples
    --------
    >>> stage_texts(codebooks.Stage("set_up", definition="Getting started: set-up, first use."))
    ('set up: Getting started: set-up, first use.', ('Getting started', 'set-up', 'first use'))
    """
    name = " ".join(stage.name.replace("_", " ").split())
    words = [stage.brief, stage.definition, *stage.include, *stage.examples]
    body = " ".join(w for w in words if w)
    clauses = [c.strip() for text in (stage.brief, stage.definition) for c in _CLAUSE.split(text)]
    parts = [p for p in (*clauses, *stage.include, *stage.examples) if len(p) > 1]
    return (f"{name}: {body}" if body else name), tuple(dict.fromkeys(parts)) or (name,)


@dataclass(frozen=True)
class StageVectors:
    """A codebook's stages as the matcher sees them: the whole text, and its parts."""

    whole: Vectors
    parts: tuple[Vectors, ...]

    def similarities(self, vectors: Vectors, share: float, top: int) -> Floats:
        """Return each unit's similarity to each stage, shape (n, stages), in -1..1.

        Parameters
        ----------
        vectors
            Of the units, shape (n, dim).
        share
            What the whole text counts for; the mean of the ``top`` nearest parts counts for the
            rest.
        top
            How many parts that is; a stage with fewer has the mean of all.
        """
        near = [np.sort(vectors @ p.T, axis=1)[:, -top:].mean(axis=1) for p in self.parts]
        similar = share * (vectors @ self.whole.T) + (1 - share) * np.stack(near, axis=1)
        return np.asarray(similar, dtype=np.float64)


class NearestDefinition:
    """Codes stage and touchpoint against any codebook, and learns from people's tags.

    A tagged unit's own coding comes from a fit that saw no tag of its interview, so that people's
    codings may be held against the machine's without double use. Tags of valence and emotion are
    not learned from here.

    Parameters
    ----------
    encoder
        Makes the vectors, of units and of the codebook's texts alike.
    settings
        Calibrated numbers; those that ship belong to MiniLM.
    tags
        A table of `schema.TAGS`; a blank stage says that none fits.
    cache
        Folder of the vector cache.

    Raises
    ------
    SchemaError
        If the tags are no such table.
    """

    dimensions = DIMENSIONS

    def __init__(
        self,
        encoder: Encoder,
        settings: NearestSettings,
        *,
        tags: pd.DataFrame | None = None,
        cache: str | Path | None = None,
    ) -> None:
        self.encoder = encoder
        self.settings = settings
        self.tags = schema.check(schema.TAGS.empty() if tags is None else tags, schema.TAGS)
        self._cache = cache
        self._fits: Fits = {}

    @classmethod
    def shipped(
        cls,
        encoder: Encoder,
        *,
        tags: pd.DataFrame | None = None,
        cache: str | Path | None = None,
    ) -> NearestDefinition:
        """Return the matcher with the settings that ship with journeyqual.

        Raises
        ------
        ModelError
            If the settings are missing or damaged.
        """
        settings = NearestSettings.of(weights.entry(MODEL).settings)
        return cls(encoder, settings, tags=tags, cache=cache)

    @property
    def name(self) -> str:
        """Its signature; other tags or another encoder make it another coder."""
        return coder_name(self.encoder, self.tags)

    def code(
        self, units: pd.DataFrame, codebook: Codebook, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Return ``stage``, ``stage_confidence``, ``unsure`` and ``touchpoint``, a row per unit.

        A text without a letter or a digit has no stage and is unsure, however few stages there are.

        Parameters
        ----------
        units
            A checked table of `schema.UNITS_IN`, with the index 0, 1, 2, …
        codebook
            Its stages are the classes.
        progress
            Called with (texts encoded, texts in all).

        Raises
        ------
        SchemaError
            If a tag names a stage that the codebook has not.
        """
        check_tags(self.tags, codebook)
        vectors = cached_encode(units["text"].tolist(), self.encoder, self._cache, progress)
        around = neighbours(units)
        stages = self.read(codebook)
        logits = self._zero_shot(vectors, around, stages)
        if len(self.tags):
            tagged = self._tagged(units, vectors, around, stages, codebook)
            beside = around.beside(vectors, self.settings.tag_context)
            penalty = self.settings.tag_penalty
            logits = logits + tagged.corrections(beside, penalty)
        can_read = readable(units["text"])
        stage, confidence = self._decide(softmax(logits), can_read)
        names = np.array([*codebook.stage_names, ""], dtype=object)
        return pd.DataFrame(
            {
                "stage": names[stage],
                "stage_confidence": confidence,
                "unsure": (confidence < UNSURE) | ~can_read,
                "touchpoint": self._touchpoints(vectors, stage, codebook),
            }
        )

    def _encode(self, texts: Sequence[str]) -> Vectors:
        return cached_encode(texts, self.encoder, self._cache)

    def read(self, codebook: Codebook) -> StageVectors:
        """Encode what the codebook says of its stages."""
        texts = [stage_texts(stage) for stage in codebook.stages]
        ends = np.cumsum([1 + len(parts) for _, parts in texts])
        vectors = self._encode([t for whole, parts in texts for t in (whole, *parts)])
        blocks = np.split(vectors, ends[:-1])
        return StageVectors(np.stack([b[0] for b in blocks]), tuple(b[1:] for b in blocks))

    def _zero_shot(self, vectors: Vectors, around: Neighbours, stages: StageVectors) -> Floats:
        """Logits of every stage and, last, of none: shape (n, stages + 1)."""
        mixed = around.mixed(vectors, self.settings.mix)
        similar = stages.similarities(mixed, self.settings.whole, self.settings.top)
        none = np.full((len(vectors), 1), self.settings.none_similarity)
        logits = np.concatenate([similar, none], axis=1) / self.settings.temperature
        # Whether nothing fits must not depend on how finely a codebook divides the journey.
        logits[:, -1] += np.log(len(stages.parts))
        return logits

    def _tagged(
        self,
        units: pd.DataFrame,
        vectors: Vectors,
        around: Neighbours,
        stages: StageVectors,
        codebook: Codebook,
    ) -> Tagged:
        """Read the tags with their zero-shot logits and features.

        A tag on one of the units is read as that unit, neighbours included. Of any other only its
        own words are known, and its neighbours where they are tagged as well.
        """
        rows = pd.Index(units["unit_id"]).get_indexer(pd.Index(self.tags["unit_id"]))
        own = self._encode(self.tags["text"].tolist())
        near = neighbours(self.tags, step=1.0)
        context = self.settings.tag_context
        offsets, features = self._zero_shot(own, near, stages), near.beside(own, context)
        known = rows >= 0
        offsets[known] = self._zero_shot(vectors, around, stages)[rows[known]]
        features[known] = around.beside(vectors, context)[rows[known]]
        classes = classes_of(self.tags, codebook)
        return Tagged(self._fits, rows, people_of(self.tags), features, offsets, classes)

    def _decide(
        self, probabilities: Floats, can_read: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], Floats]:
        n, classes = probabilities.shape
        best = probabilities[:, :-1].argmax(axis=1)
        none = ~can_read | (probabilities[:, -1] >= self.settings.none_wins)
        stage = np.where(none, classes - 1, best)
        confidence = probabilities[np.arange(n), stage]
        # Where there was nothing to read, every answer is as good as another.
        guess = min(1 / classes, UNSURE / 2)
        return stage, np.clip(np.where(can_read, confidence, guess), 0.0, 1.0)

    def _touchpoints(
        self, vectors: Vectors, stage: NDArray[np.intp], codebook: Codebook
    ) -> NDArray[np.object_]:
        out = np.full(len(vectors), "", dtype=object)
        for index, one in enumerate(codebook.stages):
            rows = np.flatnonzero(stage == index)
            if len(rows) and one.touchpoints:
                names = np.array([t.name for t in one.touchpoints], dtype=object)
                similar = vectors[rows] @ self._encode(names.tolist()).T
                clear = similar.max(axis=1) >= self.settings.touchpoint_similarity
                out[rows[clear]] = names[similar.argmax(axis=1)][clear]
        return out


def coder_name(encoder: Encoder, tags: pd.DataFrame | None) -> str:
    """Return the coder's signature with this encoder and these tags.

    Raises
    ------
    ModelError
        If the weights' manifest is missing or damaged.
    """
    name = f"model:{MODEL}@{weights.entry(MODEL).version}+encoder{encoder.fingerprint[:6]}"
    if tags is not None and len(tags):
        name += f"+study{tags_hash(schema.check(tags, schema.TAGS))}"
    return name
