"""What has changed on a curve since it was last looked at, and what only wavered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from journeyqual.errors import InputError
from journeyqual.schema import CHANGED, CURVE, check

SHOWN = 2
"""Decimals that a figure is printed with: what looks the same has not moved."""


def changed(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Return each stage's point before and now, and whether it moved beyond its interval.

    Parameters
    ----------
    before, now
        CURVE of the same groups, the earlier one first.

    Returns
    -------
    DataFrame
        CHANGED, in the order of ``now``, then what is no longer there. ``moved`` says that the
        point of now lies outside the interval that was shown before, as printed (two decimals): a
        reader who trusted that interval has to be told. A thin stage, now or before, never moved.
        ``why`` says what else differs: the method, a first point, one that is gone.

    Notes
    -----
    The two curves share most of their participants, so the change varies less than either point
    and the earlier interval is a cautious measure. It is no test of a difference between waves:
    that is `estimate.changes`.

    Examples
    --------
    >>> row = {"group": "", "stage": "using", "stage_order": 0, "n_participants": 9, "n_units": 30,
    ...        "n_human": 0, "method": "machine", "is_thin": False}
    >>> one = pd.DataFrame([{**row, "valence": 0.1, "valence_low": 0.0, "valence_high": 0.2}])
    >>> two = pd.DataFrame([{**row, "valence": 0.3, "valence_low": 0.1, "valence_high": 0.5}])
    >>> changed(one, two)[["before", "now", "change", "moved"]].values.tolist()
    [[0.1, 0.3, 0.2, True]]
    """
    keys = ["group", "stage"]
    both = check(now, CURVE).merge(
        check(before, CURVE), on=keys, how="outer", suffixes=("", "_before"), indicator=True
    )
    here = both["_merge"] != "right_only"
    both["stage_order"] = both["stage_order"].where(here, both["stage_order_before"])
    both["n_participants"] = both["n_participants"].fillna(0)
    both["n_participants_before"] = both["n_participants_before"].fillna(0)
    point, was = both["valence"].round(SHOWN), both["valence_before"].round(SHOWN)
    low, high = both["valence_low_before"].round(SHOWN), both["valence_high_before"].round(SHOWN)
    firm = ~(both["is_thin"].fillna(True) | both["is_thin_before"].fillna(True)).astype(bool)
    moved = firm & ((point < low) | (point > high))
    out = pd.DataFrame(
        {
            "group": both["group"],
            "stage": both["stage"],
            "stage_order": both["stage_order"].astype(int),
            "before": both["valence_before"],
            "before_low": both["valence_low_before"],
            "before_high": both["valence_high_before"],
            "now": both["valence"],
            "now_low": both["valence_low"],
            "now_high": both["valence_high"],
            "change": (point - was).round(SHOWN),
            "n_before": both["n_participants_before"].astype(int),
            "n_now": both["n_participants"].astype(int),
            "moved": moved.to_numpy(dtype=bool),
            "why": _why(both, here),
            "gone": ~here,
        }
    )
    out = out.sort_values(["gone", "group", "stage_order", "stage"], kind="stable")
    return check(out.drop(columns="gone").reset_index(drop=True), CHANGED)


def _why(both: pd.DataFrame, here: pd.Series) -> np.ndarray:
    known_before = both["_merge"] != "left_only"
    conditions = [
        ~here,
        here & ~known_before,
        both["valence"].notna() & both["valence_before"].isna(),
        both["valence"].isna() & both["valence_before"].notna(),
        (both["method"] != both["method_before"]) & both["valence"].notna(),
    ]
    reasons = [
        "no longer a stage of the codebook",
        "a new stage",
        "nobody had spoken of it before",
        "nobody speaks of it any more",
        "read otherwise: " + both["method_before"].fillna("") + " before, "
        + both["method"].fillna("") + " now",
    ]  # fmt: skip
    return np.select(conditions, reasons, default="")


def in_words(table: pd.DataFrame) -> list[str]:
    """Return what moved, a sentence each; nothing of what wavered.

    Parameters
    ----------
    table
        CHANGED.
    """
    from journeyqual.schema import signed

    out = []
    for row in table.itertuples():
        who = f" ({row.group})" if row.group else ""
        if row.moved:
            out.append(
                f"{row.stage}{who}: {signed(row.before)} before, {signed(row.now)} now, beyond the "
                f"interval of before ({signed(row.before_low)} to {signed(row.before_high)})"
                + (f"; {row.why}" if row.why else "")
            )
        elif row.why and not row.why.startswith("read otherwise"):
            out.append(f"{row.stage}{who}: {row.why}")
    return out


def between(before: Mapping[str, Any], now: Mapping[str, Any]) -> pd.DataFrame:
    """Return how the curve of one run stands beside that of another.

    Parameters
    ----------
    before, now
        Details of two runs, as the ledger keeps them.

    Returns
    -------
    DataFrame
        CHANGED.

    Raises
    ------
    InputError
        If a run left no curve: it was cut short, or its reports failed.
    """
    for detail in (before, now):
        if not detail.get("curve"):
            raise InputError(
                "a run that left no results cannot be compared", remedy="name one that was done"
            )
    curves = [check(pd.DataFrame(one["curve"]), CURVE) for one in (before, now)]
    return changed(*curves)


def beside(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what else differs between two runs, a sentence each: no points of the curve.

    Themes that were found or proposed since, codes whose meaning changed since people used them,
    saturation, agreement, and what the results were made with.

    Parameters
    ----------
    before, now
        Details of two runs, as the ledger keeps them; what a run did not keep is not told of.

    Examples
    --------
    >>> beside({"seed": 1}, {"seed": 2})
    ['the seed was 1, and is 2']
    """
    return [
        *_themes(before, now),
        *_flags(before, now),
        *_saturation(before, now),
        *_agreement(before, now),
        *(
            f"the {name} was {before[name]}, and is {now[name]}"
            for name in ("codebook", "seed", "draws")
            if name in before and name in now and before[name] != now[name]
        ),
        *_versions(before.get("versions", {}), now.get("versions", {})),
    ]


def _themes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    known = {theme["theme"] for theme in before.get("themes found", [])}
    told = {"proposed": "proposed", "suggested": "found", "accepted": "found"}
    return [
        f"a theme was {told[theme['status']]} since at {theme['scope']}: {theme['name']}"
        for theme in now.get("themes found", [])
        if theme["theme"] not in known and theme["status"] in told
    ]


def _flags(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    was = {(f["dimension"], f["value"]): f["n"] for f in before.get("flags", [])}
    return [
        f"{flag['n']} codings of {flag['dimension']} {flag['value']} ask for a second look, "
        f"{was.get((flag['dimension'], flag['value']), 0)} before"
        for flag in now.get("flags", [])
        if flag["n"] != was.get((flag["dimension"], flag["value"]), 0)
    ]


def _saturation(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    was, is_now = (next(iter(d.get("saturation", [])), None) for d in (before, now))
    if was is None or is_now is None or was == is_now:
        return []
    reached = [
        "not reached"
        if one["reached_in_order"] is None
        else f"reached after {one['reached_in_order']:g} interviews"
        for one in (was, is_now)
    ]
    heard = f"{was['n_codes']} codes were heard, and {is_now['n_codes']} are"
    same = reached[0] == reached[1]
    return [f"{heard}; saturation {reached[1]}" + ("" if same else f", {reached[0]} before")]


def _agreement(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    was = {row["dimension"]: row for row in before.get("agreement", [])}
    out = []
    for row in now.get("agreement", []):
        old = was.get(row["dimension"], {}).get("alpha")
        if row["alpha"] is not None and old != row["alpha"]:
            told = "not yet" if old is None else f"{old:.2f}"
            out.append(f"alpha on {row['dimension']}: {told} before, {row['alpha']:.2f} now")
    return out


def _versions(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    if not before or not now:
        return []
    other = [
        f"{name} {before.get(name, 'none')} → {now.get(name, 'none')}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    return [f"made with other versions: {', '.join(other)}"] if other else []
