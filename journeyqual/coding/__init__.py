"""Coders: units and a codebook in, codings out; people's codings come from the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from journeyqual import provenance, schema
from journeyqual.codebook import Codebook
from journeyqual.coding import feeling, nearest, stage
from journeyqual.coding.feeling import FeelingCoder
from journeyqual.coding.nearest import NearestDefinition
from journeyqual.coding.protocol import UNSURE, Coder
from journeyqual.coding.stage import StageMatcher
from journeyqual.coding.tags import check_tags
from journeyqual.models import weights
from journeyqual.models.encoder import MINILM_FILES, Encoder

JOIN = ";"
"""Between the names of several coders in the one column ``coder``."""
APART = ("chat", "explain")
"""What lies beside the coders and has no part in what they say."""

__all__ = [
    "UNSURE", "Coder", "check_tags", "code_units", "coder_names", "default_coders", "made_of",
    "to_codings",
]  # fmt: skip


def code_units(
    units: pd.DataFrame,
    codebook: Codebook,
    *,
    encoder: Encoder | None = None,
    tags: pd.DataFrame | None = None,
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    coders: Sequence[Coder] | None = None,
) -> pd.DataFrame:
    """Code a table of units: every row comes back, in its place, with a value on every dimension.

    Parameters
    ----------
    units
        A table of `schema.UNITS_IN`, columns in any order, others beside them. Cells may be as
        written in a file: ``"007"`` in ``order`` counts as 7 and comes back as ``"007"``.
    codebook
        Stages, touchpoints and emotions to choose from.
    encoder
        For the stages: they are then coded by the nearest definition in its vectors. None is the
        shipped stage matcher. Feelings are always read by the network that ships.
    tags
        People's codings to learn from, a table of `schema.TAGS`.
    cache
        Folder of the vector cache; None keeps nothing.
    progress
        Called with (units read, units in all), for each coder in turn.
    coders
        Used instead of the shipped ones; ``encoder`` and ``tags`` are then theirs to know.

    Returns
    -------
    DataFrame
        The columns of ``units`` as they came, then those of `schema.CODED` in its order. A column
        that is called like one of these is kept, in its place, as ``<name>_in``; but where every
        ``coder`` is a model the units are coded again, and the earlier coding is replaced.

    Raises
    ------
    SchemaError
        If the units or the tags are no such table, or a tag names a stage that the codebook has
        not.
    ModelError
        If a model is missing or damaged.
    """
    given, units = units, schema.check(units, schema.UNITS_IN)
    if coders is None:
        if tags is not None:
            # Before minutes go into vectors.
            tags = check_tags(tags, codebook)
        coders = default_coders(encoder, tags=tags, cache=cache)
    coded = units[["unit_id"]].copy()
    for coder in coders:
        columns = coder.code(units, codebook, progress)
        for name in columns:
            coded[name] = columns[name].to_numpy()
    coded["coder"] = JOIN.join(dict.fromkeys(coder.name for coder in coders))
    # The ids beside the input are the input's own, as they were written.
    coded = schema.check(coded, schema.CODED).drop(columns="unit_id")
    return pd.concat([_set_aside(given, coded.columns).reset_index(drop=True), coded], axis=1)


def _set_aside(given: pd.DataFrame, coming: Iterable[str]) -> pd.DataFrame:
    """Make room for the columns that are coming: rename those there are, or drop a machine's."""
    there = [name for name in coming if name in given.columns]
    if "coder" in there and _by_models(given["coder"]):
        return given.drop(columns=there)
    names = set(given.columns)
    renamed: dict[str, str] = {}
    for name in there:
        kept = f"{name}_in"
        while kept in names:
            kept += "_in"
        names.add(kept)
        renamed[name] = kept
    return given.rename(columns=renamed)


def _by_models(coder: pd.Series) -> bool:
    names = [name for cell in coder for name in str(cell).split(JOIN)]
    return all(name.strip().startswith("model:") for name in names)


def default_coders(
    encoder: Encoder | None = None,
    *,
    tags: pd.DataFrame | None = None,
    cache: str | Path | None = None,
) -> tuple[Coder, ...]:
    """Return the coders that ship with journeyqual: stage and touchpoint, valence and emotion.

    Raises
    ------
    ModelError
        If a model is missing or damaged.
    """
    stages: Coder
    if encoder is None:
        stages = StageMatcher.shipped(tags=tags, cache=cache)
    else:
        stages = NearestDefinition.shipped(encoder, tags=tags, cache=cache)
    return (stages, FeelingCoder.shipped(cache=cache))


def coder_names(
    *, encoder: Encoder | None = None, tags: pd.DataFrame | None = None
) -> dict[str, str]:
    """Return, by dimension, what the shipped coders would sign with; no model is loaded.

    Parameters
    ----------
    encoder, tags
        As for `code_units`.

    Raises
    ------
    ModelError
        If the weights' manifest is missing or damaged.
    """
    if encoder is None:
        by_stage = stage.coder_name(tags)
    else:
        by_stage = nearest.coder_name(encoder, tags)
    by_feeling = feeling.coder_name()
    return {
        **dict.fromkeys(stage.DIMENSIONS, by_stage),
        **dict.fromkeys(feeling.DIMENSIONS, by_feeling),
    }


def made_of(signature: str) -> str:
    """Return twelve hex digits of what a machine coder's codings follow from, its units apart.

    That is its weights, its settings, and our code around them, but for comments. Nothing is
    loaded: the weights' sha256 is the manifest's, which is checked whenever they are.

    Parameters
    ----------
    signature
        What the coder signs with.

    Raises
    ------
    ModelError
        If the weights' manifest is missing or damaged, or has no such model.

    Examples
    --------
    >>> made_of("model:feeling@2") != made_of("model:stage-matcher@2+study1a2b")
    True
    """
    one = weights.entry(signature.removeprefix("model:").partition("@")[0])
    parts = [one.sha256, one.encoder, sorted(one.settings.items())]
    parts += [sorted(MINILM_FILES.items()), provenance.meaning("coding", "models", but=APART)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def to_codings(coded: pd.DataFrame, codebook: Codebook, coded_at: str) -> pd.DataFrame:
    """Turn a coded table into rows for the store: one for each unit and dimension, as suggestions.

    Parameters
    ----------
    coded
        A table of `schema.CODED`.
    codebook
        The one it was coded with; its version goes on every row.
    coded_at
        When, as ISO 8601 text.

    Returns
    -------
    DataFrame
        A table of `schema.CODINGS` with the dimensions stage, touchpoint, valence (four decimals),
        emotion and emotions_fine, unit by unit. A blank touchpoint says that none was spoken of.
        The confidence of a stage and of an emotion is its probability, that of a valence 1 less its
        standard deviation; where the table does not say it is missing.

    Raises
    ------
    SchemaError
        If the table is not coded.
    """
    coded = schema.check(coded, schema.CODED)
    dimensions = (*stage.DIMENSIONS, *feeling.DIMENSIONS)
    parts = []
    for rank, dimension in enumerate(dimensions):
        values = coded[dimension]
        part = pd.DataFrame({"unit_id": coded["unit_id"], "dimension": dimension})
        part["value"] = values.map("{:.4f}".format) if dimension == "valence" else values
        part["coder"] = coded["coder"].map(lambda names, d=dimension: _signed(names, d))
        part["confidence"] = _confidence(coded, dimension)
        part["place"] = range(rank, len(coded) * len(dimensions), len(dimensions))
        parts.append(part)
    out = pd.concat(parts).sort_values("place").drop(columns="place")
    out["status"], out["memo"] = "suggested", ""
    out["coded_at"], out["codebook_version"] = coded_at, codebook.version
    return schema.check(out, schema.CODINGS)


def _confidence(coded: pd.DataFrame, dimension: str) -> pd.Series | float:
    if dimension == "valence" and "valence_sd" in coded:
        return 1.0 - coded["valence_sd"]
    name = f"{dimension}_confidence"
    return coded[name] if name in coded else float("nan")


def _signed(names: str, dimension: str) -> str:
    """Pick one dimension's coder out of the joined names; a lone coder signs everything."""
    stages = (f"model:{stage.MODEL}@", f"model:{nearest.MODEL}@")
    mine = stages if dimension in stage.DIMENSIONS else (f"model:{feeling.MODEL}@",)
    found = [n for n in names.split(JOIN) if n.startswith(mine)]
    return found[0] if found else names
