"""Which stage of the journey a unit speaks of, under a codebook it may never have seen.

One network (`journeyqual.models.reader`) reads each unit in its interview, and the codebook's
stages beside each other; cosines of what it makes of them become calibrated probabilities, among
them one that no stage fits. People's tags add to that at once, by a fit that takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual import codebook as codebooks
from journeyqual import schema
from journeyqual.codebook import Codebook
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
from journeyqual.coding.talk import foreign, in_interviews
from journeyqual.errors import ModelError
from journeyqual.models import reader as readers
from journeyqual.models import weights
from journeyqual.models.encoder import Vectors
from journeyqual.models.reader import Reader
from journeyqual.models.vectors import Progress, cached_reading

MODEL = "stage-matcher"
DIMENSIONS = ("stage", "touchpoint")
NONE_TEXT = "none of these: small talk, off topic, talk about the conversation itself"
"""Read beside the stages: what a unit is about when none of them fits."""


@dataclass(frozen=True)
class MatcherSettings:
    """Calibrated numbers of the stage matcher.

    Parameters
    ----------
    scale
        Log-odds that a cosine of 1 is worth.
    none
        What is added to the log-odds that no stage fits.
    tag_penalty, tag_scale
        For `journeyqual.coding.tags.learn`: the pull towards the untagged coder, and the length
        that vectors have as features.
    foreign
        Pieces that the tokeniser makes of an average word, from which on a text is no English.
    """

    scale: float
    none: float
    tag_penalty: float
    tag_scale: float
    foreign: float

    @classmethod
    def of(cls, settings: dict[str, float]) -> MatcherSettings:
        """Read the settings that a weights manifest holds.

        Raises
        ------
        ModelError
            If one is missing.
        """
        try:
            return cls(**{name: settings[name] for name in cls.__dataclass_fields__})
        except KeyError as error:
            message = f"the stage matcher's settings lack {error}"
            raise ModelError(message, remedy=weights.REMEDY) from None


def stage_text(stage: codebooks.Stage) -> str:
    """Return what the network reads of a stage: all that the codebook says of it.

    Examples
    --------
    >>> stage_text(codebooks.Stage("set_up", definition="Getting started.", exclude=("repairs",)))
    'set up: Getting started. Not: repairs'
    """
    name = " ".join(stage.name.replace("_", " ").split())
    parts = [
        stage.brief,
        stage.definition,
        "; ".join(stage.include),
        "Not: " + "; ".join(stage.exclude) if stage.exclude else "",
        'Such as: "' + '" "'.join(stage.examples) + '"' if stage.examples else "",
    ]
    body = ". ".join(part.strip().rstrip(".") for part in parts if part.strip())
    return f"{name}: {body}" if body else name


class StageMatcher:
    """Codes stage and touchpoint against any codebook, and learns from people's tags.

    A tagged unit's own coding comes from a fit that saw no tag of the same person, so that people's
    codings may be held against the machine's without double use. Tags of valence and emotion are
    not learned from here.

    Parameters
    ----------
    reader
        The network.
    settings
        Calibrated numbers that belong to it.
    tags
        A table of `schema.TAGS`; a blank stage says that none fits. With a column ``participant``
        that is who said it, else the interview stands for the person.
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
        reader: Reader,
        settings: MatcherSettings,
        *,
        tags: pd.DataFrame | None = None,
        cache: str | Path | None = None,
    ) -> None:
        self.reader = reader
        self.settings = settings
        self.tags = schema.check(schema.TAGS.empty() if tags is None else tags, schema.TAGS)
        self._cache = cache
        self._fits: Fits = {}

    @classmethod
    def shipped(
        cls, *, tags: pd.DataFrame | None = None, cache: str | Path | None = None
    ) -> StageMatcher:
        """Return the matcher that ships with journeyqual.

        Raises
        ------
        ModelError
            If its weights are missing or damaged.
        """
        settings = MatcherSettings.of(dict(weights.entry(MODEL).settings))
        return cls(readers.shipped(MODEL), settings, tags=tags, cache=cache)

    @property
    def name(self) -> str:
        """Its signature; other tags make it another coder."""
        return coder_name(self.tags)

    def code(
        self, units: pd.DataFrame, codebook: Codebook, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Return ``stage``, ``stage_confidence``, ``unsure`` and ``touchpoint``, a row per unit.

        A text without a letter or a digit has no stage and is unsure, however few stages there are.
        Unsure is, too, what cannot be read to its end, and what is no English, be it a unit's words
        or most of the codebook's: its confidence is that of a guess.

        Parameters
        ----------
        units
            A checked table of `schema.UNITS_IN`, with the index 0, 1, 2, …
        codebook
            Its stages are the classes.
        progress
            Called with (units read, units in all).

        Raises
        ------
        SchemaError
            If a tag names a stage that the codebook has not.
        """
        check_tags(self.tags, codebook)
        stages = [stage_text(stage) for stage in codebook.stages]
        vectors = self._read(units, progress)
        told = self.reader.stages([*stages, NONE_TEXT])
        logits = self._logits(vectors, told)
        if len(self.tags):
            tagged = self._tagged(units, vectors, told, codebook)
            features = self._features(vectors)
            logits = logits + tagged.corrections(features, self.settings.tag_penalty)
        can_read = readable(units["text"])
        chances = softmax(logits)
        chances[~can_read] = 1 / chances.shape[1]
        stage = np.where(can_read, chances.argmax(axis=1), len(stages))
        confidence = chances[np.arange(len(units)), stage]
        # What cannot be read well is guessed, and owned to be a guess: whoever keeps only the
        # confidence must see it, too, even where there is but one stage to choose.
        guess = np.minimum(confidence, min(1 / chances.shape[1], UNSURE / 2))
        unread = ~can_read | self._beyond(units["text"].tolist(), stages)
        confidence = np.where(unread, guess, confidence)
        names = np.array([*codebook.stage_names, ""], dtype=object)
        return pd.DataFrame(
            {
                "stage": names[stage],
                "stage_confidence": confidence,
                "unsure": confidence < UNSURE,
                "touchpoint": self._touchpoints(vectors, stage, codebook),
            }
        )

    def _read(self, units: pd.DataFrame, progress: Progress | None = None) -> Vectors:
        """Vectors of units, each read in its interview, in the order of the table's rows."""
        return in_interviews(
            units,
            lambda texts: cached_reading(texts, self.reader, self._cache, progress),
            self.reader.dim,
        )

    def _logits(self, vectors: Vectors, told: Vectors) -> Floats:
        """Log-odds of every text of a codebook, the last of which says that none fits."""
        # Not by BLAS, whose last bits depend on how many units there are.
        near = np.einsum("nd,sd->ns", vectors.astype(np.float64), told.astype(np.float64))
        out: Floats = self.settings.scale * near
        out[:, -1] += self.settings.none
        return out

    def _features(self, vectors: Vectors) -> NDArray[np.float32]:
        return np.asarray(vectors * np.float32(self.settings.tag_scale), dtype=np.float32)

    def _tagged(
        self, units: pd.DataFrame, vectors: Vectors, told: Vectors, codebook: Codebook
    ) -> Tagged:
        """Read the tags: those on one of the units as that unit, others by themselves.

        Of an interview that is not here only the tagged units are known; those that followed one
        another are read together.
        """
        rows = pd.Index(units["unit_id"]).get_indexer(pd.Index(self.tags["unit_id"]))
        own = np.zeros((len(self.tags), self.reader.dim), np.float32)
        known = rows >= 0
        own[known] = vectors[rows[known]]
        if not known.all():
            own[~known] = self._read(_stretches(self.tags[~known]))
        return Tagged(
            self._fits,
            rows,
            people_of(self.tags),
            self._features(own),
            self._logits(own, told),
            classes_of(self.tags, codebook),
        )

    def _beyond(self, texts: Sequence[str], stages: Sequence[str]) -> NDArray[np.bool_]:
        """Say of each text whether it is longer than what is read, or in another language."""
        if foreign(self.reader, stages, self.settings.foreign).mean() > 0.5:
            return np.ones(len(texts), dtype=bool)
        cut = np.array(self.reader.truncated(texts), dtype=bool)
        return np.asarray(foreign(self.reader, texts, self.settings.foreign) | cut)

    def _touchpoints(
        self, vectors: Vectors, stage: NDArray[np.intp], codebook: Codebook
    ) -> NDArray[np.object_]:
        """Choose among the touchpoints of each unit's stage, read as a codebook of their own."""
        out = np.full(len(vectors), "", dtype=object)
        listed = list(dict.fromkeys(t.name for s in codebook.stages for t in s.touchpoints))
        if not listed:
            return out
        told = self.reader.stages([*listed, NONE_TEXT])
        logits = self._logits(vectors, told)
        for index, one in enumerate(codebook.stages):
            rows = np.flatnonzero(stage == index)
            if len(rows) and one.touchpoints:
                own = [t.name for t in one.touchpoints]
                columns = [*map(listed.index, own), len(listed)]
                best = logits[rows][:, columns].argmax(axis=1)
                out[rows] = np.array([*own, ""], dtype=object)[best]
        return out


def _stretches(tags: pd.DataFrame) -> pd.DataFrame:
    """Give units of an interview that did not follow one another interviews of their own."""
    table = tags.sort_values(["interview", "order", "unit_id"], ignore_index=False)
    gap = table["order"].diff().abs().gt(1) | table["interview"].ne(table["interview"].shift())
    part = gap.cumsum().astype(str).reindex(tags.index)
    return tags.assign(interview=part).reset_index(drop=True)


def coder_name(tags: pd.DataFrame | None) -> str:
    """Return the shipped matcher's signature with these tags; loads nothing.

    Raises
    ------
    ModelError
        If the weights' manifest is missing or damaged.
    """
    name = f"model:{MODEL}@{weights.entry(MODEL).version}"
    if tags is not None and len(tags):
        name += f"+study{tags_hash(schema.check(tags, schema.TAGS))}"
    return name
