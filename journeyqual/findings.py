"""What stands behind a curve: verbatim quotes for and against, coverage, a headline."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.errors import StoreError
from journeyqual.schema import QUOTES, check, side, signed

FLAT = 0.1
"""A valence nearer to 0 than this is on neither side."""
MILD = 0.2
"""Where no stage is further from 0 than this, nobody is said to have felt best or worst."""
WORDS = (6, 75)
"""Quotes shorter than this carry nothing, longer ones are not read."""
PER_PARTICIPANT = 3
"""Nobody is quoted more often than this in one report."""

Quoted = defaultdict[str, set[str]]
"""Participant to the units of theirs that are quoted."""


def quotes(
    coded: pd.DataFrame,
    units: pd.DataFrame,
    curve: pd.DataFrame,
    codebook: Codebook,
    *,
    supporting: int = 2,
    contradicting: int = 1,
    silent: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """Return for each stage the quotes that support its point, and one that contradicts it.

    Parameters
    ----------
    coded
        Settled values: ``unit_id, participant, stage, valence, emotion, stage_confidence, unsure``.
    units
        UNITS of the same study.
    curve
        CURVE of all participants.
    silent
        Participants who may not be quoted.

    Returns
    -------
    DataFrame
        QUOTES, best first within stage and stance, each from another person. Where the whole
        interval lies on one side of neutral, quotes of that side support the point and one of the
        other contradicts it. Where it does not, one quote from the ``good`` and one from the
        ``bad`` side are shown: there is no side to support. Passages whose stage the coder is
        unsure of are no evidence. None is made up: a stance may have no quote.

    See Also
    --------
    verbatim : compare quotes with the stored text before they are shown.
    """
    held = quotable(coded, units, codebook, silent)
    quoted: Quoted = defaultdict(set)
    rows: list[dict[str, object]] = []
    for point in curve.sort_values("stage_order").itertuples():
        if np.isnan(point.valence):
            continue
        at = held[held["stage"] == point.stage]
        sign = side(point.valence_low, point.valence_high)
        rows += chosen(at, sign, supporting, contradicting, quoted)
    return check(pd.DataFrame(rows, columns=QUOTES.names), QUOTES)


def quotable(
    coded: pd.DataFrame, units: pd.DataFrame, codebook: Codebook, silent: frozenset[str]
) -> pd.DataFrame:
    """Return the units that may be shown as quotes, with their text and how well they show it.

    Parameters
    ----------
    coded, units, silent
        As for `quotes`.
    codebook
        Gives a stage its place.

    Returns
    -------
    DataFrame
        ``coded`` with the units' own columns, ``stage_order`` and ``strength``. Units of silent
        participants, off the journey, unsure, too short or too long to be read are left out.
    """
    own = ["unit_id", "interview", "text", "start_char", "end_char", "start_s"]
    values = coded.drop(columns=[c for c in own[1:] if c in coded])
    held = values.merge(units[own], on="unit_id")
    fit = _length(held).between(*WORDS) & ~held["participant"].isin(silent) & (held["stage"] != "")
    held = held[fit & ~held["unsure"].astype(bool)]
    return held.assign(strength=_strength(held), stage_order=held["stage"].map(codebook.order))


def chosen(
    at: pd.DataFrame,
    sign: int,
    supporting: int,
    contradicting: int,
    quoted: Quoted,
    per_participant: int = PER_PARTICIPANT,
) -> list[dict[str, object]]:
    """Return the rows of QUOTES for one point, each quote from another person.

    Parameters
    ----------
    at
        The `quotable` units to choose from.
    sign
        The side of neutral that the point is on: 1, -1, or 0 if that is not settled.
    supporting, contradicting
        How many quotes on its side, and on the other; with no side, one of each at most.
    quoted
        Participant to the units that the report quotes of theirs already; what is chosen is added.
        A unit that stands there costs nothing if it is shown again.
    per_participant
        Nobody is quoted with more units than this.
    """
    wanted = [("supports", sign, supporting), ("contradicts", -sign, contradicting)]
    if sign == 0:
        wanted = [("good", 1, min(1, supporting)), ("bad", -1, min(1, contradicting))]
    people: set[str] = set()
    rows: list[dict[str, object]] = []
    for stance, towards, many in wanted:
        found = _choose(at, towards, many, people, quoted, per_participant)
        for rank, row in enumerate(found, start=1):
            given = {name: row[name] for name in QUOTES.names if name in row}
            rows.append({**given, "stance": stance, "rank": rank})
    return rows


def _strength(held: pd.DataFrame) -> pd.Series:
    """Return how well a unit shows what it is coded as: sure, and easily read."""
    length = _length(held)
    readable = np.exp(-(((length - 28) / 28) ** 2))
    return held["stage_confidence"].fillna(1.0) * (0.4 + readable)


def _length(held: pd.DataFrame) -> pd.Series:
    """Return how many words each text has; one text's words are in memory at a time."""
    return pd.Series([len(text.split()) for text in held["text"]], index=held.index, dtype=int)


def _choose(
    at: pd.DataFrame,
    towards: int,
    many: int,
    people: set[str],
    quoted: Quoted,
    per_participant: int,
) -> list[pd.Series]:
    along = at["valence"] * towards
    score = along.where(along > FLAT, 0.0) * at["strength"]
    ranked = at.assign(score=score)[score > 0].sort_values(
        ["score", "unit_id"], ascending=[False, True]
    )
    found: list[pd.Series] = []
    for _, row in ranked.iterrows():
        if len(found) == many:
            break
        own = quoted[row["participant"]]
        full = len(own) >= per_participant and row["unit_id"] not in own
        if row["participant"] in people or full:
            continue
        people.add(row["participant"])
        own.add(row["unit_id"])
        found.append(row)
    return found


def verbatim(quotes: pd.DataFrame, units: pd.DataFrame, texts: dict[str, str]) -> None:
    """Refuse to go on if a quote is not, character by character, what was said.

    Parameters
    ----------
    quotes
        QUOTES.
    units
        UNITS, which hold the offsets.
    texts
        Interview to its stored text.

    Raises
    ------
    StoreError
        Naming the first quote that differs from the stored text at its unit's offsets.
    """
    spans = units.set_index("unit_id")[["start_char", "end_char"]]
    for quote in quotes.itertuples():
        start, end = spans.loc[quote.unit_id]
        if texts.get(quote.interview, "")[start:end] != quote.text:
            raise StoreError(
                f"unit {quote.unit_id} of {quote.interview} is not what the stored text says there",
                remedy="no report is made from words that cannot be checked",
            )


def coverage(coded: pd.DataFrame, curve: pd.DataFrame) -> pd.DataFrame:
    """Return how much was said about each stage, and how much of it the coder is unsure of.

    Returns
    -------
    DataFrame
        ``stage, stage_order, n_units, n_participants, n_unsure, is_thin``, one row a stage of the
        curve.
    """
    unsure = coded[coded["unsure"].astype(bool)].groupby("stage").size()
    out = curve[["stage", "stage_order", "n_units", "n_participants", "is_thin"]].copy()
    out.insert(4, "n_unsure", out["stage"].map(unsure).fillna(0).astype("int64"))
    return out.reset_index(drop=True)


def headline(curve: pd.DataFrame) -> str:
    """Return the curve in one sentence, which says no more than the intervals allow.

    Parameters
    ----------
    curve
        CURVE of one group.

    Examples
    --------
    >>> rows = pd.DataFrame({"stage": ["buying", "using"], "stage_order": [0, 1],
    ...     "valence": [-0.4, 0.5], "valence_low": [-0.6, 0.2], "valence_high": [-0.1, 0.7],
    ...     "is_thin": [False, False], "n_participants_group": [12, 12],
    ...     "method": ["human", "human"]})
    >>> headline(rows)
    '12 participants felt worst about buying (−0.40) and best about using (+0.50).'
    """
    told = curve[curve["valence"].notna()]
    if told.empty:
        return "Nobody has spoken of any stage of this journey yet."
    firm = told[~told["is_thin"]]
    many = int(told["n_participants_group"].max())
    people = f"{many} participant{'s' if many != 1 else ''}"
    if len(firm) < 2:
        return f"{people}: too few spoke of the same stages to compare them."
    low, high = firm.loc[firm["valence"].idxmin()], firm.loc[firm["valence"].idxmax()]
    lowest, highest = (f"{p['stage']} ({signed(p['valence'])})" for p in (low, high))
    mild = max(abs(low["valence"]), abs(high["valence"])) < MILD
    if low["method"] == "machine":
        near = "every stage close to neutral, " if mild else ""
        return (
            f"A first sketch: in what {people} said, a machine read {near}lowest {lowest}, "
            f"highest {highest}, on a scale from −1 to +1. People have checked no random sample "
            "of it."
        )
    tail = _TAIL.get(str(low["method"]), "")
    if mild:
        return (
            f"{people} felt near neutral throughout, lowest about {lowest}, "
            f"highest about {highest}{tail}."
        )
    others = firm["stage"]
    worst = low["valence_high"] < firm.loc[others != low["stage"], "valence_low"].min()
    best = high["valence_low"] > firm.loc[others != high["stage"], "valence_high"].max()
    if worst and best:
        return f"{people} felt worst about {lowest} and best about {highest}{tail}."
    return (
        f"{people} felt {'worst' if worst else 'among the worst'} about {lowest} and "
        f"{'best' if best else 'among the best'} about {highest}{tail}."
        if low["valence_high"] < high["valence_low"]
        else f"{people} felt lowest about {lowest} and highest about {highest}, but the intervals "
        f"overlap: the order is not settled{tail}."
    )


_TAIL = {"prediction-powered": " – machine codings corrected by people's"}
