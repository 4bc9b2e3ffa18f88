"""The blocks of the report on agreement: what may be concluded from, what to redefine, discuss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.labels import label, labels
from journeyqual.reports.blocks import Block, _fill, _md, table_of
from journeyqual.schema import (
    AGREEMENT,
    AGREEMENT_PAIRS,
    CHAT_DIFFERS,
    PLAN,
    PROGRESS,
    SPAN_AGREEMENT,
    SPAN_MATCHES,
    check,
)

if TYPE_CHECKING:
    from journeyqual.agreement import Concerns
    from journeyqual.study import Study

MOST = 30
"""Rows of a list that a page shows; the rest is counted."""
NAMES = {
    "rely": "may be relied on",
    "tentative": "tentatively",
    "do not conclude": "conclude nothing",
}

MEASURES = {
    "whole": "where and what",
    "covered": "where",
    "value": "what, where both marked",
    "code": "one value",
}
"""What agreement of free spans is of."""


def header(study: Study, made: pd.DataFrame) -> Block:
    """Return the head of the report: in one sentence, what the codings are good for.

    Parameters
    ----------
    study
        An open study.
    made
        AGREEMENT of its people's codings.
    """
    title, note = f"{label('Agreement')} – {study.config.title}", study.note
    said = headline(made)
    overall = made[made["code"] == ""]
    coders = sorted(set(study.team.independent()["coder"]) - {"human:panel"})
    counts = [
        (len(coders), label("people coded")),
        (int(overall["n_units"].max()) if len(overall) else 0, label("units coded by two or more")),
    ]
    html = _fill("header", title=title, note=note, headline=said, counts=counts, trust="")
    lines = [f"# {_md(title)}", _md(note), f"**{_md(said)}**"]
    lines.append(", ".join(f"{n} {what}" for n, what in counts))
    return Block(html, "\n\n".join(line for line in lines if line))


def headline(made: pd.DataFrame) -> str:
    """Return what the codings are good for, in one or two sentences.

    Examples
    --------
    >>> headline(AGREEMENT.empty())
    'No unit was coded by two people, so nothing is known yet of how far they agree.'
    """
    overall = check(made, AGREEMENT)
    overall = overall[(overall["code"] == "") & (overall["n_units"] > 0)]
    if overall.empty:
        return "No unit was coded by two people, so nothing is known yet of how far they agree."
    by_verdict = {
        verdict: overall.loc[overall["verdict"] == verdict, "dimension"].tolist()
        for verdict in NAMES
    }
    words = {
        "rely": "{} can be relied on",
        "tentative": "{} can be concluded from tentatively",
        "do not conclude": "nothing should be concluded from {}",
    }
    parts = [
        words[verdict].format(_listed(names)) for verdict, names in by_verdict.items() if names
    ]
    unknown = overall.loc[overall["verdict"] == "", "dimension"].tolist()
    if unknown:
        parts.append(f"of {_listed(unknown)} nothing can be said yet")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def overall(made: pd.DataFrame) -> Block:
    """Return how far people agree on each dimension, and what that allows."""
    table = check(made, AGREEMENT)
    return _figures(label("Agreement on each dimension"), table[table["code"] == ""], codes=False)


def codes(made: pd.DataFrame, book: Codebook | None = None) -> Block:
    """Return how far people agree on each code, the worst first within its dimension.

    Parameters
    ----------
    made
        AGREEMENT.
    book
        Holds the stages to show; all when None.
    """
    table = check(made, AGREEMENT)
    if book is not None:
        told = {"", *book.stage_names}
        table = table[(table["dimension"] != "stage") | table["code"].isin(told)]
    table = table[table["code"] != ""].sort_values(["dimension", "alpha"], kind="stable")
    return _figures(label("Agreement on each code"), table, codes=True)


def _figures(caption: str, table: pd.DataFrame, *, codes: bool) -> Block:
    rows = [
        [
            *([r.code] if codes else []), r.dimension, _coefficient(r.alpha),
            _between(r.alpha_low, r.alpha_high), _coefficient(r.kappa),
            "–" if r.percent_agreement != r.percent_agreement else f"{r.percent_agreement:.0f} %",
            r.n_units, r.n_coders, label(NAMES[r.verdict]) if r.verdict in NAMES else "", r.reason,
        ]
        for r in table.itertuples(index=False)
    ]  # fmt: skip
    columns = [
        *(labels("code") if codes else []),
        *labels("dimension", "alpha", "95 % interval", "kappa", "alike", "units", "coders",
                "conclude", "note"),
    ]  # fmt: skip
    return table_of(caption, columns, rows, closed=False)


def pairs(made: pd.DataFrame, caption: str) -> Block:
    """Return how far any two coders agree.

    Parameters
    ----------
    made
        AGREEMENT_PAIRS.
    caption
        Whose pairs they are.
    """
    rows = [
        [
            r.first, r.second, r.dimension, _coefficient(r.alpha),
            _between(r.alpha_low, r.alpha_high), _coefficient(r.kappa), r.n_units, r.reason,
        ]
        for r in check(made, AGREEMENT_PAIRS).itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "one", "the other", "dimension", "alpha", "95 % interval", "kappa", "units", "note"
    )
    return table_of(label(caption), columns, rows, head=2)


def chat(found: pd.DataFrame, words: Mapping[str, str]) -> Block:
    """Return where a chat model reads a stage otherwise than people did; nothing if none was asked.

    Parameters
    ----------
    found
        CHAT_DIFFERS.
    words
        Each unit's words.
    """
    found = check(found, CHAT_DIFFERS)
    if found.empty:
        return Block("", "")
    first = found.head(MOST)
    rows = [
        [words.get(r.unit_id, r.unit_id), r.by_people, r.said, r.why, r.coder]
        for r in first.itertuples(index=False)
    ]
    caption = label(
        "Where a chat model reads the stage otherwise (the first {n} of {of})",
        n=len(first), of=len(found),
    )  # fmt: skip
    why = label("its evidence and reason")
    columns = [*labels("unit", "people", "the model"), why, *labels("model")]
    return table_of(caption, columns, rows, wide=(why,))


def redefine(found: Concerns) -> Block:
    """Return the codes whose definitions should be sharpened, and what each is taken for."""
    rows = [
        [r.code, r.dimension, _coefficient(r.alpha), r.confused_with or "–", r.n_codings, r.why]
        for r in found.redefine.itertuples(index=False)
    ]
    columns = labels("code", "dimension", "alpha", "most taken for", "codings", "why")
    return table_of(label("Codes to define more sharply"), columns, rows, closed=False)


def discuss(found: Concerns, words: Mapping[str, str]) -> Block:
    """Return the units to talk about: where most coders are farthest apart.

    Parameters
    ----------
    found
        What `journeyqual.agreement.concerns` found.
    words
        Each unit's words.
    """
    first = found.discuss.head(MOST)
    rows = [
        [words.get(r.unit_id, r.unit_id), r.dimension, r.codings]
        for r in first.itertuples(index=False)
    ]
    more = len(found.discuss) - len(first)
    caption = (
        label("Units to talk about (the first {n} of {of})", n=MOST, of=MOST + more)
        if more
        else label("Units to talk about")
    )
    return table_of(caption, labels("unit", "dimension", "who said what"), rows, closed=False)


def spans_matched(found: pd.DataFrame) -> Block:
    """Return how many free spans two people both marked, by how far their ends may be off."""
    rows = [
        [
            r.first, r.second, r.dimension, f"{r.tolerance} {r.counted_in}", r.n_first, r.n_second,
            r.n_placed, r.n_matched, "–" if r.f != r.f else f"{r.f:.2f}", r.reason,
        ]
        for r in check(found, SPAN_MATCHES).itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "one", "the other", "dimension", "ends may be off by", "spans of the one",
        "spans of the other", "same place", "same place and value", "F", "note",
    )  # fmt: skip
    return table_of(label("Free spans that two people both marked"), columns, rows, head=2)


def spans_agreement(found: pd.DataFrame) -> Block:
    """Return how far free spans agree, letter by letter, beyond chance."""
    rows = [
        [
            r.code or label(MEASURES[r.measure]), r.dimension, _coefficient(r.alpha),
            _between(r.alpha_low, r.alpha_high), r.n_characters, r.n_coders,
            label(NAMES[r.verdict]) if r.verdict in NAMES else "", r.reason,
        ]
        for r in check(found, SPAN_AGREEMENT).itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "of", "dimension", "alpha", "95 % interval", "letters", "coders", "conclude", "note",
    )  # fmt: skip
    return table_of(label("Free spans, letter by letter"), columns, rows)


def sample(plan: pd.DataFrame, progress: pd.DataFrame) -> Block:
    """Return how many units two people have to code, and how far they are, stage by stage."""
    needed = "; ".join(
        label(
            "alpha of {alpha} or more takes {n} units that two people code",
            alpha=f"{r.threshold:.3f}",
            n=r.units,
        )
        for r in check(plan, PLAN).itertuples(index=False)
    )
    rows = [
        [
            r.stage or label("none fits"),
            r.population,
            r.drawn,
            r.coded_by_one,
            r.coded_by_two,
            r.needed,
        ]
        for r in check(progress, PROGRESS).itertuples(index=False)
    ]
    columns = labels("stage", "units", "drawn", "coded by one", "coded by two", "needed")
    return table_of(f"{label('The sample for double coding')} ({needed})", columns, rows)


def _coefficient(value: float) -> str:
    return "–" if value != value else f"{value:.3f}".replace("-", "−")


def _between(low: float, high: float) -> str:
    if low != low or high != high:
        return "–"
    return label("{low} to {high}", low=_coefficient(low), high=_coefficient(high))
