"""What has changed on a curve since it was last looked at, and what only wavered."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
