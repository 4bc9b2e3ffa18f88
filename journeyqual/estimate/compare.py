"""Curves held against each other: groups, and waves over time, with the intervals of differences.

Every figure here is one curve less another, so that what holds of the curves (one voice a
participant, people's codings where they count) holds of their difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.estimate.curves import THIN_BELOW
from journeyqual.estimate.inputs import (
    NOT_GIVEN,
    Floats,
    Method,
    chosen_method,
    drawn_units,
    prepared,
    settled,
)
from journeyqual.estimate.intervals import (
    DRAWS,
    LEVEL,
    Sample,
    deviation,
    drawn_counts,
    gathered,
    interval,
)
from journeyqual.schema import DIFFERENCES, check

REST = "(the rest)"


def differences(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    by: str,
    against: str = "",
    method: Method = "auto",
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return how far groups' curves lie apart at each stage, with intervals for one and for all.

    Parameters
    ----------
    coded, codebook, method, draws, seed, thin_below
        As for `curve`; one method serves all groups.
    by
        A column of ``coded``. Who has no value there is left out: they may belong to any group.
    against
        The group that every other is held against. Blank holds two groups against each other, and
        each of several against all the others together.

    Returns
    -------
    DataFrame
        DIFFERENCES, a row a comparison and stage: ``difference`` is the group's valence less the
        other's. ``difference_low`` and ``difference_high`` are the 95 % interval of that one
        difference, ``joint_low`` and ``joint_high`` those that hold for all differences of the
        table at once, ``p_joint`` goes with them, and ``differs`` says that the joint interval
        leaves out 0. A thin stage (on either side) has no joint interval and never differs.

    Raises
    ------
    SchemaError
        If there are fewer than two groups, or no group of the name ``against``.

    Notes
    -----
    Participants are drawn within their group; groups that share participants (the column may
    change within a person) are drawn as one, so that each person stays one cluster. Degrees of
    freedom by Welch and Satterthwaite; where participants are shared, the smaller side's. The joint
    intervals are those of the largest studentised difference over all comparisons and stages that
    are not thin (single-step max-t: Westfall & Young 1993; Romano & Wolf 2005). They use that
    stages go together, which Bonferroni and Holm cannot.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("1234"), "participant": list("ABCD"),
    ...                       "stage": "using", "valence": [0.5, 0.3, -0.2, 0.0],
    ...                       "plan": ["free", "free", "paid", "paid"]})
    >>> differences(coded, book, by="plan")[["group", "against", "stage", "difference"]]
      group against  stage  difference
    0  free    paid  using         0.5
    """
    coded, groups = prepared(coded, codebook, by)
    names = _names(groups, by)
    if against and against not in names:
        raise SchemaError(
            f"no group {against!r} to hold others against",
            column=by,
            remedy=f"there is {', '.join(names)}",
        )
    if against:
        pairs = [_Pair(name, against, (name,), (against,)) for name in names if name != against]
    elif len(names) == 2:
        pairs = [_Pair(names[0], names[1], (names[0],), (names[1],))]
    else:
        pairs = [_Pair(one, REST, (one,), tuple(n for n in names if n != one)) for one in names]
    return _compared(coded, codebook, groups, pairs, method, draws, seed, thin_below)


def changes(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    period: str,
    order: Sequence[str] = (),
    method: Method = "auto",
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return how the curve changed from each wave to the next, with intervals for one and for all.

    Parameters
    ----------
    coded, codebook, method, draws, seed, thin_below
        As for `curve`; one method serves all waves.
    period
        A column of ``coded`` that tells the wave a unit was heard in.
    order
        The waves from first to last. Blank puts their names in order, which is right for
        ``2026-Q1`` or ``2026-03``. A wave that is not named is left out.

    Returns
    -------
    DataFrame
        DIFFERENCES, as `differences` returns it: ``group`` is a wave, ``against`` the one before.
        Whoever was heard in both (``n_both``) is one cluster, so that their change counts within
        them.

    Raises
    ------
    SchemaError
        If there are fewer than two waves, or ``order`` names one that is not there.

    Examples
    --------
    Both rose by 0.4, from wherever they were: the change does not vary, though they differ.

    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": list("1234"), "participant": list("ABAB"),
    ...                       "stage": "using", "valence": [-0.8, 0.5, -0.4, 0.9],
    ...                       "wave": ["2025", "2025", "2026", "2026"]})
    >>> out = changes(coded, book, period="wave", draws=200)
    >>> out[["group", "against", "difference", "difference_low", "n_both"]].round(2)
      group against  difference  difference_low  n_both
    0  2026    2025         0.4             0.4       2
    """
    coded, groups = prepared(coded, codebook, period)
    there = _names(groups, period)
    for name in order:
        if name not in there:
            raise SchemaError(
                f"no wave {name!r}", column=period, remedy=f"there is {', '.join(there)}"
            )
    names = list(dict.fromkeys(order)) or there
    if len(names) < 2:
        raise SchemaError(
            "one wave alone shows no change", column=period, remedy="name two waves or more"
        )
    pairs = [_Pair(later, earlier, (later,), (earlier,)) for earlier, later in pairwise(names)]
    return _compared(coded, codebook, groups, pairs, method, draws, seed, thin_below)


@dataclass(frozen=True)
class _Pair:
    """A comparison: what its sides are called, and the groups that make them."""

    group: str
    against: str
    groups: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its curve, in every draw of participants, too."""

    sample: Sample
    drawn: Floats
    error: Floats
    n_participants: NDArray[np.intp]
    n_human: NDArray[np.intp]


def _names(groups: pd.Series, by: str) -> list[str]:
    names = sorted(set(groups) - {NOT_GIVEN, ""})
    if len(names) < 2:
        raise SchemaError(
            f"{len(names)} group{'' if len(names) == 1 else 's'}: there is nothing to compare",
            column=by or None,
            remedy="name a column with two values or more",
        )
    return names


def _compared(
    coded: pd.DataFrame,
    codebook: Codebook,
    groups: pd.Series,
    pairs: Sequence[_Pair],
    method: Method,
    draws: int,
    seed: int,
    thin_below: int,
) -> pd.DataFrame:
    used = groups.isin({name for pair in pairs for name in (*pair.groups, *pair.others)})
    coded, groups = coded[used], groups[used]
    # One method for all: curves made in different ways must not be taken from each other.
    chosen = chosen_method(coded, method)
    people = pd.Index(sorted(coded["participant"].unique()))
    counts = block_counts(draw_blocks(coded, groups, people), draws, seed)
    tables, apart = [], []
    for pair in pairs:
        one, other = (
            _side(coded[groups.isin(side)], codebook, chosen, people, counts)
            for side in (pair.groups, pair.others)
        )
        tables.append(_table(pair, one, other, codebook, chosen, thin_below))
        apart.append(one.drawn - other.drawn)
    table = with_joint(pd.concat(tables, ignore_index=True), np.concatenate(apart, axis=1))
    return check(table[DIFFERENCES.names], DIFFERENCES)


def draw_blocks(coded: pd.DataFrame, groups: pd.Series, people: pd.Index) -> NDArray[np.intp]:
    """Return what each participant is drawn among: their group, and those it shares people with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    who = people.get_indexer(pd.Index(coded["participant"]))
    codes, names = pd.factorize(groups)
    size = len(people) + len(names)
    links = coo_array((np.ones(len(who)), (who, len(people) + codes)), shape=(size, size))
    _, block = connected_components(links.tocsr(), directed=False)
    return np.asarray(block[: len(people)], dtype=np.intp)


def block_counts(blocks: NDArray[np.intp], draws: int, seed: int) -> Floats:
    """Return how often each participant is drawn; every block keeps its size in every draw."""
    out = np.zeros((draws, len(blocks)))
    seeds = np.random.SeedSequence(seed).generate_state(int(blocks.max(initial=0)) + 1)
    for block in np.unique(blocks):
        own = np.flatnonzero(blocks == block)
        out[:, own] = drawn_counts(len(own), draws, int(seeds[block]))
    return out


def _side(
    coded: pd.DataFrame, codebook: Codebook, method: str, people: pd.Index, counts: Floats
) -> Side:
    sample = gathered(coded, codebook, method)
    drawn = sample.curves(counts[:, people.get_indexer(sample.participants)])
    held = settled(coded)
    speaking = held.groupby("stage")["participant"].nunique()
    human = drawn_units(coded) & (method != "machine")
    by_people = coded.loc[human, "human_stage"].value_counts()
    n_participants, n_human = (
        counted.reindex(codebook.stage_names, fill_value=0).to_numpy(dtype=np.intp)
        for counted in (speaking, by_people)
    )
    return Side(sample, drawn, sample.error(drawn), n_participants, n_human)


def _table(
    pair: _Pair, one: Side, other: Side, codebook: Codebook, method: str, thin_below: int
) -> pd.DataFrame:
    shared = len(one.sample.participants.intersection(other.sample.participants))
    error, df = _paired(one, other) if shared else welch_ends(one, other)
    difference = one.sample.point - other.sample.point
    low, high = interval(difference, error, df)
    fewest = np.minimum(one.n_participants, other.n_participants)
    unverified = np.minimum(one.n_human, other.n_human) == 0
    return pd.DataFrame(
        {
            "group": pair.group,
            "against": pair.against,
            "stage": codebook.stage_names,
            "stage_order": np.arange(len(codebook.stages)),
            "difference": difference,
            "difference_low": np.clip(low, -2.0, 2.0),
            "difference_high": np.clip(high, -2.0, 2.0),
            "valence": one.sample.point,
            "valence_against": other.sample.point,
            "n_participants": one.n_participants,
            "n_participants_against": other.n_participants,
            "n_both": shared,
            "method": method,
            "is_thin": fewest < thin_below,
            "is_unverified": unverified & (method != "human"),
            "error": error,
            "df": df,
        }
    )


def welch_ends(one: Side, other: Side) -> tuple[Floats, Floats]:
    """Return the standard error of a difference of strangers, and its degrees of freedom."""
    df, parts = np.zeros(len(one.error)), []
    for side in (one, other):
        fourth = np.full(len(df), np.nan)
        np.divide(side.error**4, side.sample.df, out=fourth, where=side.sample.df > 0)
        parts.append(fourth)
    square = one.error**2 + other.error**2
    np.divide(square**2, sum(parts), out=df, where=sum(parts) > 0)
    # Where nothing varies, any degrees of freedom give the same interval: the point.
    return np.sqrt(square), np.where(square == 0, 1.0, df)


def _paired(one: Side, other: Side) -> tuple[Floats, Floats]:
    """Return the same where some or all participants are on both sides."""
    df = np.minimum(one.sample.df, other.sample.df).astype(float)
    # Each side's own growth; the larger one where they differ.
    grown = np.ones(len(df))
    for side in (one, other):
        own = np.full(len(df), np.nan)
        np.divide(side.sample.behind, side.sample.df, out=own, where=side.sample.df > 0)
        grown = np.maximum(grown, own)
    return deviation(one.drawn - other.drawn) * np.sqrt(grown), np.nan_to_num(df)


def with_joint(table: pd.DataFrame, apart: Floats) -> pd.DataFrame:
    """Add the intervals that hold for all rows at once, and what follows from them."""
    from scipy.stats import norm, t

    sd, error, df = deviation(apart), table["error"].to_numpy(), table["df"].to_numpy()
    # Thin stages vary wildly from draw to draw, and would widen everybody's interval.
    counted = np.flatnonzero(~table["is_thin"] & (sd > 1e-12) & (error > 0) & (df > 0))
    low, high, p = (np.full(len(table), np.nan) for _ in range(3))
    if len(counted):
        moved = apart[:, counted] - np.nanmean(apart[:, counted], axis=0)
        # A draw that says nothing of a stage cannot be the largest.
        largest = np.nan_to_num(np.abs(moved) / sd[counted]).max(axis=1)
        end = t.isf(norm.sf(np.quantile(largest, LEVEL)), df[counted]) * error[counted]
        difference = table["difference"].to_numpy()[counted]
        low[counted], high[counted] = difference - end, difference + end
        # Each difference on the draws' scale, which knows nothing of Student's t.
        size = norm.isf(t.sf(np.abs(difference) / error[counted], df[counted]))
        p[counted] = (1 + (largest[:, None] >= size).sum(axis=0)) / (1 + len(largest))
    return table.assign(
        joint_low=np.clip(low, -2.0, 2.0),
        joint_high=np.clip(high, -2.0, 2.0),
        p_joint=p,
        differs=(low > 0) | (high < 0),
    )
