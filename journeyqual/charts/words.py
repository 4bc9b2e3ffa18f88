"""The words on and around a chart: numbers as readers see them, titles' lines, descriptions."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection, Sequence

import pandas as pd

from journeyqual.labels import counted, label, speaking
from journeyqual.schema import side, signed

NARROW_WRAP = 44
"""Characters in a line of a narrow chart's subtitle."""
FEW_PARTICIPANTS = 10
"""Below this a bootstrap of participants gives too narrow intervals, and the chart says so."""

METHOD_WORDS = {
    "human": "Coded by people.",
    "machine": "Machine-coded, unverified: people have checked no random sample of it.",
    "prediction-powered": (
        "Machine-coded and corrected by people's codings of a random draw; "
        "the intervals include the machine's error."
    ),
}


def interval(low: float, high: float) -> str:
    """Return an interval in words.

    Examples
    --------
    >>> interval(-0.5, 0.25), interval(float("nan"), 0.2)
    ('−0.50 to +0.25', 'no interval')
    """
    if math.isnan(low) or math.isnan(high):
        return label("no interval")
    return label("{low} to {high}", low=signed(low), high=signed(high))


def english_interval(low: float, high: float) -> str:
    """Return an interval as it stands in a sentence, which is English in every language."""
    with speaking():
        return interval(low, high)


def feeling(low: float, high: float) -> str:
    """Return which side of neutral the whole interval lies on: ``good``, ``bad`` or ``either``.

    This is the second cue beside colour.

    Examples
    --------
    >>> feeling(0.1, 0.5), feeling(-0.5, -0.1), feeling(-0.1, 0.2), feeling(float("nan"), 0.5)
    ('good', 'bad', 'either', 'either')
    """
    return {1: "good", -1: "bad", 0: "either"}[side(low, high)]


def people(n: int, *, is_thin: bool = False) -> str:
    """Return how many participants spoke of a stage, as it stands under the stage's name.

    Examples
    --------
    >>> people(12), people(1, is_thin=True), people(0)
    ('12 people', '1 person (thin)', 'nobody')
    """
    if n == 0:
        return label("nobody")
    if is_thin:
        return counted("{n} person (thin)", "{n} people (thin)", n)
    return counted("{n} person", "{n} people", n)


def english_people(n: int, *, is_thin: bool = False) -> str:
    """Return how many people, as it stands in a sentence, which is English in every language."""
    with speaking():
        return people(n, is_thin=is_thin)


def coded(methods: Collection[str]) -> list[str]:
    """Return how units were coded, a sentence for each way there is.

    Examples
    --------
    >>> coded(["human"])
    ['Coded by people.']
    """
    return [label(words) for name, words in METHOD_WORDS.items() if name in methods]


def side_name(side: str) -> str:
    """Return what a side of the journey is called; blank where a stage has none.

    Examples
    --------
    >>> side_name("buyer"), side_name("")
    ('buyer side', '')
    """
    return {"buyer": label("buyer side"), "customer": label("customer side")}.get(side, "")


def wrap(text: str, width: int, lines: int = 3) -> list[str]:
    """Break a name into at most ``lines`` lines; what does not fit ends in an ellipsis.

    Examples
    --------
    >>> wrap("test ride and sign-up", 12)
    ['test ride', 'and sign-up']
    """
    return textwrap.wrap(" ".join(text.split()), width, max_lines=lines, placeholder=" …") or [""]


def subtitle(
    table: pd.DataFrame, more: Sequence[str] = (), *, bars: bool = True, width: int = 0
) -> list[str]:
    """Return the lines under a chart's title: how the units were coded comes first.

    Parameters
    ----------
    table
        CURVE.
    more
        Further sentences.
    bars
        Whether the chart draws intervals.
    width
        Wrap at so many characters; 0 leaves one sentence a line.
    """
    lines = coded(set(table["method"]))
    sizes = table.loc[table["n_participants_group"] > 0].groupby("group")["n_participants_group"]
    many = sizes.max().tolist()
    who = label("{people} interviewed.", people=people(many[0])) if len(many) == 1 else ""
    if who or bars:
        lines.append(f"{who} {label('Bars: 95 % intervals.') if bars else ''}".strip())
    if bars and many and min(many) < FEW_PARTICIPANTS:
        lines.append(
            label("Fewer than {n} people: the intervals are too narrow.", n=FEW_PARTICIPANTS)
            if len(many) == 1
            else label(
                "Fewer than {n} people in a group: the intervals are too narrow.",
                n=FEW_PARTICIPANTS,
            )
        )
    lines += more
    if not width:
        return lines
    return [part for line in lines for part in textwrap.wrap(line, width)]


def describe(table: pd.DataFrame, title: str) -> str:
    """Return a chart in words, for readers who cannot see it: every stage with its numbers."""
    parts = []
    for row in table.itertuples(index=False):
        who = f"{row.group}, " if row.group else ""
        if math.isnan(row.valence):
            parts.append(f"{who}{row.stage}: {label('nobody spoke of it')}")
        else:
            parts.append(f"{who}{row.stage}: {row.felt} ({row.between}), {row.people}")
    said = "; ".join(parts) or label("no stage yet")
    return f"{title}. {label('Valence from −1, felt bad, to +1, felt good.')} {said}."
