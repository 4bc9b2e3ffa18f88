"""The emotion curve, and what stands beside it: participants' lines, emotions, what a reader takes.

Point, n, spread, lines and emotions are made of the same units by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.estimate.inputs import (
    Method,
    chosen_method,
    drawn_units,
    prepared,
    settled,
    unreached,
    weights_of,
)
from journeyqual.estimate.intervals import DRAWS, drawn_counts, gathered, interval
from journeyqual.schema import CURVE, EMOTIONS, LINES, READING, check

THIN_BELOW = 5
"""A stage with fewer participants than this is marked thin."""


def curve(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    by: str = "",
    method: Method = "auto",
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return the emotion curve of a coded table: one row a group and stage, with its interval.

    Parameters
    ----------
    coded
        ``unit_id, participant, stage, valence``; optional ``human_stage, human_valence,
        sampling_probability, is_unreached``. A row is human-coded if and only if ``human_valence``
        is set; then a blank ``human_stage`` means none fits. ``is_unreached`` says that no draw
        could reach the unit, because its interview came later.
    codebook
        Names the stages and their order. A stage that nobody spoke of is a row without valence.
    by
        A column of ``coded`` to draw one curve a value of; blank for one curve.
    method
        ``auto`` takes ``human`` when every unit is human-coded, ``prediction-powered`` when units
        drawn with a known
        probability are, else ``machine``. Human codings without a probability never correct a
        curve.
    draws
        Bootstrap draws of participants.
    seed
        Seed of the draws; the same input and seed give the same interval.
    thin_below
        A stage with fewer participants is marked thin.

    Returns
    -------
    DataFrame
        CURVE. The interval is the point's 95 % t interval with the draws' standard error; NaN with
        one participant. ``reason`` tells why there is no point or interval, that people coded
        nothing there, or how many units no draw could reach (``n_unreached``).

    Raises
    ------
    SchemaError
        If the table names a stage that the codebook lacks, or the method asks for codings that are
        not there.

    Notes
    -----
    The prediction-powered form adds to the machine's total, times a weight chosen per stage for
    least variance, the inverse-probability-weighted difference between people and machine on the
    drawn units (Angelopoulos et al., Science 2023; Angelopoulos, Duchi & Zrnic 2024; Egami et al.
    2023), in numerator and denominator alike, each by its own coder's stages. The weight is chosen
    anew in every draw (Zrnic 2024), and its interval spends a degree of freedom on it.

    What the machine says of a drawn unit must not have been learned from that unit's coding;
    nothing in the table can show whether it was.

    Units that no draw could reach are taken to be like those that could: drawn units weigh as much
    more as there are others, as if chance had decided which interviews came before the draw.
    Another draw over all units makes that assumption needless.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": ["1", "2", "3"], "participant": ["P01", "P01", "P02"],
    ...                       "stage": ["using", "using", "using"], "valence": [1.0, 0.0, -1.0]})
    >>> curve(coded, book)[["stage", "valence", "n_participants", "method"]]
        stage  valence  n_participants   method
    0  buying      NaN               0  machine
    1   using    -0.25               2  machine
    """
    coded, groups = prepared(coded, codebook, by)
    # One method for all groups: curves made in different ways must not stand side by side.
    chosen = chosen_method(coded, method)
    parts = [
        _one_curve(coded[groups == group], codebook, chosen, draws, seed, thin_below).assign(
            group=group
        )
        for group in sorted(groups.unique()) or [""]
    ]
    return check(pd.concat(parts, ignore_index=True), CURVE)


def lines(coded: pd.DataFrame, codebook: Codebook, *, by: str = "") -> pd.DataFrame:
    """Return each participant's own curve: their mean valence at each stage they spoke of.

    Of the same values as the curve: the machine's, unless people's codings count in it.

    Returns
    -------
    DataFrame
        LINES; a stage that a participant did not speak of has no row.
    """
    coded, groups = prepared(coded, codebook, by)
    held = settled(coded.assign(group=groups))
    held = held[held["stage"] != ""]
    means = (
        held.groupby(["group", "participant", "stage"])
        .agg(valence=("valence", "mean"), n_units=("valence", "size"))
        .reset_index()
    )
    means["stage_order"] = means["stage"].map(codebook.order)
    return check(means.sort_values(["group", "participant", "stage_order"]), LINES)


def emotions(coded: pd.DataFrame, codebook: Codebook, *, by: str = "") -> pd.DataFrame:
    """Return what share of a stage's talk carries each emotion, participants weighing the same.

    Parameters
    ----------
    coded
        As for `curve`, with ``emotion`` and optionally ``human_emotion``.

    Returns
    -------
    DataFrame
        EMOTIONS: every stage with units, every emotion of the codebook; shares of a stage add up
        to 1.
    """
    coded, groups = prepared(coded, codebook, by)
    held = settled(coded.assign(group=groups, weight=weights_of(coded)))
    held = held[(held["stage"] != "") & (held["emotion"] != "")]
    rows = []
    for (group, stage), part in held.groupby(["group", "stage"]):
        share = part.groupby("emotion")["weight"].sum() / part["weight"].sum()
        for emotion in codebook.emotion_names:
            rows.append(
                {
                    "group": group,
                    "stage": stage,
                    "stage_order": codebook.order(str(stage)),
                    "emotion": emotion,
                    "share": min(1.0, float(share.get(emotion, 0.0))),
                    "n_units": int((part["emotion"] == emotion).sum()),
                    "n_participants": part.loc[part["emotion"] == emotion, "participant"].nunique(),
                }
            )
    table = pd.DataFrame(rows, columns=EMOTIONS.names)
    return check(table.sort_values(["group", "stage_order"], kind="stable"), EMOTIONS)


def reading(curve: pd.DataFrame) -> pd.DataFrame:
    """Return what a reader takes from one curve: its mean, lowest, highest and last stage.

    Memory keeps the peak and the end (Fredrickson & Kahneman 1993), so the last stage is told
    apart. Thin stages
    are passed over for lowest and highest unless all are thin.

    Parameters
    ----------
    curve
        CURVE of one group.

    Returns
    -------
    DataFrame
        READING with measures ``mean`` (of the stages, each counting once), ``lowest``,
        ``highest``, ``last``.

    Examples
    --------
    >>> rows = pd.DataFrame({"stage": ["a", "b", "c"], "stage_order": [0, 1, 2],
    ...                      "valence": [0.2, -0.4, 0.5],
    ...                      "is_thin": [False, False, True]})
    >>> reading(rows).set_index("measure")["stage"].to_dict()
    {'mean': '', 'lowest': 'b', 'highest': 'a', 'last': 'c'}
    """
    told = curve[curve["valence"].notna()].sort_values("stage_order")
    if told.empty:
        return READING.empty()
    firm = told[~told["is_thin"]] if (~told["is_thin"]).any() else told
    low, high = firm.loc[firm["valence"].idxmin()], firm.loc[firm["valence"].idxmax()]
    last = told.iloc[-1]
    rows = [("mean", "", float(told["valence"].mean()))]
    rows += [
        (name, row["stage"], float(row["valence"]))
        for name, row in (("lowest", low), ("highest", high), ("last", last))
    ]
    return check(pd.DataFrame(rows, columns=READING.names), READING)


def _one_curve(
    coded: pd.DataFrame, codebook: Codebook, method: str, draws: int, seed: int, thin_below: int
) -> pd.DataFrame:
    sample = gathered(coded, codebook, method)
    point, n_people = sample.point, len(sample.participants)
    low = high = np.full(len(point), np.nan)
    if n_people > 1:
        drawn = sample.curves(drawn_counts(n_people, draws, seed))
        low, high = interval(point, sample.error(drawn), sample.df)
    low, high = np.clip(low, -1.0, 1.0), np.clip(high, -1.0, 1.0)
    held = settled(coded)
    held = held[held["stage"] != ""]
    own = held.groupby(["participant", "stage"])["valence"].mean().unstack("stage")
    human = drawn_units(coded) & (method != "machine")
    by_stage = held.groupby("stage")
    later = held.loc[unreached(coded, method).loc[held.index], "stage"].value_counts()
    rows = []
    for order, stage in enumerate(codebook.stage_names):
        people = own[stage].dropna() if stage in own else pd.Series(dtype=float)
        n_human = int((human & (coded["human_stage"] == stage)).sum())
        rows.append(
            {
                "stage": stage,
                "stage_order": order,
                "valence": point[order],
                "valence_low": low[order],
                "valence_high": high[order],
                "n_participants": len(people),
                "n_units": len(by_stage.groups.get(stage, ())),
                "n_human": n_human,
                "method": method,
                "is_thin": len(people) < thin_below,
                "is_unverified": n_human == 0 and method != "human",
                "valence_participants_first": people.mean() if len(people) else np.nan,
                "spread": people.std(ddof=1) if len(people) > 1 else np.nan,
                "n_participants_group": coded["participant"].nunique(),
                "n_unreached": int(later.get(stage, 0)),
            }
        )
    return pd.DataFrame([row | {"reason": _reason(row)} for row in rows])


def _reason(row: Mapping[str, Any]) -> str:
    """Return what a reader has to know of a point beside its figures.

    Examples
    --------
    >>> _reason({"valence": 0.2, "valence_low": 0.1, "method": "prediction-powered", "n_human": 9,
    ...          "n_units": 40, "n_unreached": 14})
    '14 of 40 units came after the draw, and are taken to be like the others'
    """
    if np.isnan(row["valence"]):
        return "people coded nothing here" if row["n_units"] else "nobody spoke of it"
    said = []
    if np.isnan(row["valence_low"]):
        said.append("too few participants for an interval")
    if row["method"] == "prediction-powered" and not row["n_human"]:
        said.append("people coded nothing here, so that the machine's word stands")
    elif row["n_unreached"]:
        said.append(
            f"{row['n_unreached']} of {row['n_units']} units came after the draw, and are taken to "
            "be like the others"
        )
    return "; ".join(said)
