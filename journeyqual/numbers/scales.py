"""The scale that a number is read on, and how much of it is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from journeyqual.errors import SchemaError

Row: TypeAlias = Mapping[Any, Any] | pd.Series

PERCENT = frozenset({"%", "percent", "per cent", "pct", "pct."})
SHARE = frozenset({"share", "proportion", "fraction"})
POINTS = frozenset({"", "point", "points", "pts", "score", "rating"})
_CHANGE = re.compile(r"\bchange (in|of|against|since|from)\b|growth|uplift|(\w+) (on|over) \2\b")
_ANSWERED = re.compile(
    r"response|respondents|returned|(return|answer) rate|answered|detractors|promoters|passives"
    r"|participation"
)
_NPS = re.compile(r"\be?nps\b|net promoter")
_SATISFIED = re.compile(r"\bc-?sat\b|satisf")
_RANGE = r"(-?\d+(?:\.\d+)?)\s*(?:-|–|—|\bto\b)\s*(\d+(?:\.\d+)?)"
_OUT_OF = r"(?:/|out of)\s*(5|6|7|10|11|100)(?:\s*(?:points?|pts|stars?))?"


@dataclass(frozen=True)
class Scale:
    """The scale that a number is read on; NaN where nothing says so.

    Parameters
    ----------
    low, high
        Its ends.
    middle
        The value that is neither good nor bad.
    """

    low: float = np.nan
    high: float = np.nan
    middle: float = np.nan


def scale(row: Row) -> Scale:
    """Return the scale of a number, as far as its name, its unit or its own columns tell.

    Parameters
    ----------
    row
        A row of METRICS or NUMBERS. The columns ``low``, ``high`` and ``neutral``, where they are
        filled, say it outright; else NPS runs from -100 to 100 about 0, ``%`` from 0 to 100, a
        share from 0 to 1, and a rating as its unit or the end of its name has it: ``(1-5)``,
        ``1 to 7``, ``/5`` (from 1), ``/10`` (from 0), ``stars``. Ratings have their middle in the
        middle, a percentage only if it is one of satisfaction.

    Returns
    -------
    Scale
        All NaN for a number without bounds (tickets, days), and for one that lies outside of
        what its name or unit seems to say.

    Raises
    ------
    SchemaError
        If one of the three columns is no number, or they contradict each other.

    Examples
    --------
    >>> scale({"metric": "satisfaction (1-5)", "value": 4.3, "unit": "points"})
    Scale(low=1.0, high=5.0, middle=3.0)
    >>> scale({"metric": "churn", "value": 17, "unit": "%"})
    Scale(low=0.0, high=100.0, middle=nan)
    """
    low, high, neutral = (_given(row, name) for name in ("low", "high", "neutral"))
    value = float(row["value"])
    seen, centred = _seen(row)
    if not seen.low <= value <= seen.high and (np.isnan(low) or np.isnan(high)):
        seen, centred = Scale(), False
    ends = Scale(seen.low if np.isnan(low) else low, seen.high if np.isnan(high) else high)
    if ends.low >= ends.high:
        raise SchemaError(
            f"the scale of {row['metric']!r} would run from {ends.low:g} to {ends.high:g}",
            remedy="its low end must be below its high end",
        )
    middle = seen.middle if not centred else (ends.low + ends.high) / 2
    middle = middle if np.isnan(neutral) else neutral
    if middle < ends.low or middle > ends.high:
        raise SchemaError(
            f"{middle:g} cannot be the neutral value of {row['metric']!r}",
            column="neutral",
            remedy=f"its scale runs from {ends.low:g} to {ends.high:g}",
        )
    return Scale(ends.low, ends.high, middle)


def at_stake(row: Row) -> float:
    """Return how much of a number is lost, from 0 (as good as it gets) to 1.

    Parameters
    ----------
    row
        A row of METRICS or NUMBERS. `scale` finds the ends of its scale; ``better`` says which of
        them is the good one.

    Returns
    -------
    float
        The distance to the good end as a share of the scale. NaN if nothing says which end is the
        good one, or where the scale ends: of days, questions or euros nobody knows how many would
        be all, unless the columns ``low`` and ``high`` of metrics.csv say it.

    Raises
    ------
    SchemaError
        As `scale`.

    Examples
    --------
    >>> at_stake({"metric": "contract signed", "value": 41, "unit": "%", "better": "higher"})
    0.59
    >>> at_stake({"metric": "NPS", "value": -20, "unit": "", "better": "higher"})
    0.6
    >>> at_stake({"metric": "tickets a week", "value": 23, "unit": "", "better": "lower"})
    nan
    """
    its, better = scale(row), row.get("better")
    if better not in ("higher", "lower") or np.isnan(its.low) or np.isnan(its.high):
        return np.nan
    value = float(row["value"])
    lost = its.high - value if better == "higher" else value - its.low
    # Beyond an end that somebody set as the best to be hoped for, nothing is lost.
    return float(np.clip(lost / (its.high - its.low), 0.0, 1.0))


def _seen(row: Row) -> tuple[Scale, bool]:
    """Return the scale that name and unit show, and whether its middle is half-way by its kind."""
    name, unit = (plain(row.get(column)).casefold() for column in ("metric", "unit"))
    if _CHANGE.search(name):
        # A change in percent knows no bounds, and a change in points no scale of points.
        return Scale(), False
    asked = not _ANSWERED.search(name)
    if asked and (_NPS.search(name) or unit == "nps") and unit in POINTS | PERCENT | {"nps"}:
        return Scale(-100.0, 100.0, 0.0), False
    if unit in PERCENT:
        return Scale(0.0, 100.0, 50.0 if asked and _SATISFIED.search(name) else np.nan), False
    if unit in SHARE:
        return Scale(0.0, 1.0, 0.5 if asked and _SATISFIED.search(name) else np.nan), False
    if unit in ("star", "stars"):
        return Scale(1.0, 5.0), True
    ends = re.fullmatch(rf"(?:points? )?\(?{_RANGE}\)?", unit)
    if not ends and unit in POINTS:
        ends = re.search(rf"\({_RANGE}\)", name)
    if ends:
        low, high = float(ends[1]), float(ends[2])
        return (Scale(low, high), True) if low < high else (Scale(), False)
    of = re.fullmatch(rf"(?:points? )?{_OUT_OF}", unit)
    if not of and unit in POINTS:
        of = re.search(rf"(?<![\d/]){_OUT_OF}\)?$", name)
    if of:
        # Ratings of a few steps begin at 1, those of ten and more at 0.
        return Scale(1.0 if int(of[1]) < 10 else 0.0, float(of[1])), True
    return Scale(), False


def _given(row: Row, name: str) -> float:
    """Return the number in an optional column, NaN where it is blank or not there."""
    text = plain(row.get(name))
    if not text:
        return np.nan
    try:
        number = float(text)
    except ValueError:
        number = np.inf
    if not np.isfinite(number):
        raise SchemaError(
            f"{text!r} of {row['metric']!r} is no number", column=name, remedy="or leave it blank"
        )
    return number


def plain(value: object) -> str:
    """Return a cell as text without surrounding blanks; missing is blank."""
    missing = value is None or (isinstance(value, float) and np.isnan(value))
    return "" if missing else " ".join(str(value).split())
