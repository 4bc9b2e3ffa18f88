"""Sums over participants, the curve they make, and how far it would vary with other participants.

Numerator and denominator of every point are sums over participants, so every interval is a cluster
bootstrap: participants are drawn with replacement and the whole computation, tuning included, is
repeated on their sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import Codebook
from journeyqual.estimate.inputs import (
    Floats,
    Method,
    chosen_method,
    drawn_units,
    prepared,
    unreached,
    weights_of,
)

DRAWS = 2000
LEVEL = 0.95
AT_ONCE = 100
"""Draws that are made together; they are the same however many these are."""


@dataclass(frozen=True)
class Sums:
    """Participants x stages: what each participant adds to numerator and denominator."""

    numerator: Floats
    denominator: Floats


@dataclass(frozen=True)
class Sample:
    """What the participants of one curve add to it, stage by stage.

    Parameters
    ----------
    participants
        Their ids, in the order of the sums' rows.
    direct
        The sums that the point is a ratio of; people's, weighed by 1 / probability, where those
        correct the machine's.
    machine
        The machine's sums over all units, and over the drawn ones weighed by 1 / probability; None
        if nothing is corrected.
    heard
        How many participants have anything to say about each stage.
    behind
        How many of them an interval rests on: where people's codings correct the machine's, those
        with a coded unit that people or machine place there.
    df
        Degrees of freedom that this leaves; 0 is no interval.
    """

    participants: pd.Index
    direct: Sums
    machine: tuple[Sums, Sums] | None
    heard: NDArray[np.intp]
    behind: NDArray[np.intp]
    df: NDArray[np.intp]

    def curves(self, counts: Floats) -> Floats:
        """Return one curve a row of ``counts``, which say how often each participant is there."""
        if self.machine is None:
            return _ratio(counts @ self.direct.numerator, counts @ self.direct.denominator)
        return _corrected(counts, self.direct, *self.machine)

    @property
    def point(self) -> Floats:
        """The curve of everybody, each once; NaN where nothing was said."""
        return np.asarray(self.curves(np.ones((1, len(self.participants))))[0], dtype=float)

    def error(self, drawn: Floats) -> Floats:
        """Return the standard error of each stage's point, from its draws; NaN where df is 0.

        The draws' standard deviation is too small by sqrt(df / behind), as that of any sample is by
        sqrt((n - 1) / n).
        """
        grown = np.full(len(self.df), np.nan)
        np.divide(self.behind, self.df, out=grown, where=self.df > 0)
        return np.asarray(deviation(drawn) * np.sqrt(grown), dtype=float)


def deviation(drawn: Floats) -> Floats:
    """Return the standard deviation of each column; draws that say nothing (NaN) are left out."""
    there = ~np.isnan(drawn)
    n = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, drawn, 0.0).sum(axis=0) / n
    square = np.where(there, (drawn - mean) ** 2, 0.0).sum(axis=0) / n
    return np.asarray(np.where(there.any(axis=0), np.sqrt(square), np.nan), dtype=float)


def gathered(
    coded: pd.DataFrame, codebook: Codebook, method: str, weights: Floats | None = None
) -> Sample:
    """Return each participant's sums under a method.

    Parameters
    ----------
    coded
        CURVE_IN, checked.
    method
        ``human``, ``machine`` or ``prediction-powered``.
    weights
        What each unit weighs; None is one divided by the number of its participant's units.
    """
    codes, people = pd.factorize(coded["participant"], sort=True)
    shape = (len(people), len(codebook.stages))
    weight = weights_of(coded) if weights is None else np.asarray(weights, dtype=float)

    def sums(prefix: str, factor: Floats) -> Sums:
        stage = pd.Index(codebook.stage_names).get_indexer(coded[f"{prefix}stage"])
        valence = coded[f"{prefix}valence"].to_numpy(dtype=float)
        use = (stage >= 0) & (factor > 0) & ~np.isnan(valence)
        cell = codes[use] * shape[1] + stage[use]
        top, bottom = (
            np.bincount(cell, amount, shape[0] * shape[1]).astype(float).reshape(shape)
            for amount in (factor[use] * valence[use], factor[use])
        )
        return Sums(top, bottom)

    def told(*parts: Sums) -> NDArray[np.intp]:
        some = np.logical_or.reduce([part.denominator > 0 for part in parts])
        return np.asarray(some.sum(axis=0), dtype=np.intp)

    people = pd.Index(people)
    if method == "machine":
        direct = sums("", weight)
        heard = told(direct)
        return Sample(people, direct, None, heard, heard, np.maximum(heard - 1, 0))
    drawn = drawn_units(coded).to_numpy()
    chance = coded["sampling_probability"].to_numpy(dtype=float)
    if coded["human_valence"].notna().all():
        # Where people coded everything, nothing was left to chance.
        chance = np.ones(len(coded))
    inverse = np.where(drawn, weight / np.where(drawn, chance, 1.0), 0.0)
    later = unreached(coded, method).to_numpy()
    if later.any() and drawn.any():
        # The drawn speak for those that could be drawn, and these for all, as if which interviews
        # came in time were chance.
        inverse *= weight.sum() / weight[~later].sum()
    direct = sums("human_", inverse)
    if method == "human":
        heard = told(direct)
        return Sample(people, direct, None, heard, heard, np.maximum(heard - 1, 0))
    machine, same_units = sums("", weight), sums("", inverse)
    heard = told(direct, machine)
    said, coded_there = told(direct), told(direct, same_units)
    behind = np.where(said > 0, coded_there, told(machine))
    # The mean costs one, the machine's weight another, as any fitted coefficient does; but what
    # people alone would leave is left in any case, for a weight of 0 was open to choice.
    df = np.where(said > 0, np.maximum(coded_there - 2, said - 1), behind - 1)
    return Sample(people, direct, (machine, same_units), heard, behind, np.maximum(df, 0))


def interval(point: Floats, error: Floats, df: Floats | NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return the ends of the 95 % t interval about each point; NaN where there is no error.

    Bootstrap t interval in its plain form (Efron & Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 12), with the bootstrap's own standard error.

    Examples
    --------
    >>> low, high = interval(np.array([0.5]), np.array([0.1]), np.array([10.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.277, 0.723)
    """
    from scipy.stats import t

    end = t.isf((1 - LEVEL) / 2, np.maximum(df, 1)) * np.where(df > 0, error, np.nan)
    return point - end, point + end


def tail(n: int) -> float:
    """Return the share of draws to leave off at each end, for n participants.

    The bootstrap's spread is too small by sqrt((n - 1) / n), and a percentile knows nothing of
    Student's t; both matter for a dozen people. Expanded percentile interval (Hesterberg, "What
    teachers should know about the bootstrap", The American Statistician 69, 2015).
    """
    from scipy.stats import norm, t

    end = t.ppf(1 - (1 - LEVEL) / 2, n - 1) * np.sqrt(n / (n - 1))
    return float(norm.sf(end))


def drawn_counts(n: int, draws: int, seed: int) -> Floats:
    """Return how often each of n participants is drawn, with replacement, in each draw."""
    rng, even = np.random.default_rng(seed), np.full(n, 1 / n)
    counts = np.empty((draws, n))
    # Some at a time, as the whole would stand in memory twice.
    for start in range(0, draws, AT_ONCE):
        some = counts[start : start + AT_ONCE]
        some[:] = rng.multinomial(n, even, size=len(some))
    return counts


def resampled(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    method: Method = "auto",
    draws: int = DRAWS,
    seed: int = 0,
    weights: Floats | None = None,
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return the whole curve of every bootstrap draw of participants, beside the curve itself.

    For what is read off a curve as a whole (which stage is lowest, how far two stages lie apart):
    the stages of one draw are those of the same participants.

    Parameters
    ----------
    coded, codebook, method, draws, seed
        As for `curve`.
    weights
        What each unit weighs, in the order of ``coded``; None is one divided by the number of its
        participant's units.

    Returns
    -------
    point : array, stages
        The curve; NaN where nobody spoke of a stage.
    drawn : array, draws x stages
        The curve of each draw; NaN where nobody who was drawn spoke of a stage. No rows with
        fewer than two participants.
    voices : array, stages
        How many participants have anything to say about each stage.

    Raises
    ------
    SchemaError
        As `curve`.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": ["1", "2", "3"], "participant": ["P01", "P02", "P02"],
    ...                       "stage": ["using", "using", "buying"], "valence": [1.0, 0.0, -1.0]})
    >>> point, drawn, voices = resampled(coded, book, draws=100)
    >>> point.round(2).tolist(), drawn.shape, voices.tolist()
    ([-1.0, 0.67], (100, 2), [1, 2])
    """
    if weights is not None:
        # Beside its unit, for rows come back in another order.
        coded = coded.assign(_weight=weights)
    coded, _ = prepared(coded, codebook, "")
    if weights is not None:
        weights = coded.pop("_weight").to_numpy(dtype=float)
    sample = gathered(coded, codebook, chosen_method(coded, method), weights)
    n = len(sample.participants)
    if n < 2:
        return sample.point, np.empty((0, len(sample.heard))), sample.heard
    return sample.point, sample.curves(drawn_counts(n, draws, seed)), sample.heard


def _ratio(top: Floats, bottom: Floats) -> Floats:
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 1e-12)
    clipped: Floats = np.clip(out, -1.0, 1.0)
    return clipped


def _corrected(counts: Floats, people: Sums, machine: Sums, same_units: Sums) -> Floats:
    """Return people's ratio, corrected by the machine's, one curve a row of counts.

    What the machine says of all units less what it says of the drawn ones (weighed by 1 /
    probability) is nought but for chance, in numerator and denominator. It is added to people's
    sums, times a weight from 0 to 1 that makes the linearised ratio vary little.

    With r the ratio at weight 1, m the machine's own, and a = numerator - r x denominator of a
    participant's part by people, b = numerator - m x denominator of that difference, the variance
    of a + weight x b over participants is least at -cov(a, b) / var(b). A dozen people tell that
    weight badly for each stage, so it is drawn half-way to the one that is best for all stages
    together. Both b and what is added are taken about m, so that adding a constant to whatever the
    machine says changes nothing.

    Of a simple mean this is PPI++ (Angelopoulos, Duchi & Zrnic 2024); their weight is this one
    times the share of units that people did not code, for their machine's mean is over those alone.
    """
    # In a draw without anybody of a group there is nothing to divide.
    n = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)

    def total(x: Floats, y: Floats | float = 1.0) -> Floats:
        product: Floats = counts @ (x * y)
        return product

    n1, d1 = people.numerator, people.denominator
    n2 = machine.numerator - same_units.numerator
    d2 = machine.denominator - same_units.denominator
    top, bottom, more_top, more_bottom = total(n1), total(d1), total(n2), total(d2)
    alone = _ratio(total(machine.numerator), total(machine.denominator))
    own = np.nan_to_num(alone)
    heard = bottom > 1e-12
    ratio = np.where(heard, _ratio(top + more_top - own * more_bottom, bottom), own)
    mean_a, mean_b = (top - ratio * bottom) / n, (more_top - own * more_bottom) / n
    ab = total(n1, n2) - ratio * total(d1, n2) - own * total(n1, d2) + ratio * own * total(d1, d2)
    bb = total(n2, n2) - 2 * own * total(n2, d2) + own**2 * total(d2, d2)
    covariance, variance = ab / n - mean_a * mean_b, bb / n - mean_b**2
    own_weight, scale = np.ones_like(ratio), np.zeros_like(ratio)
    np.divide(-covariance, variance, out=own_weight, where=(variance > 1e-15) & heard)
    # On the scale of the curve, where stages can be added up.
    np.divide(1.0, bottom**2, out=scale, where=heard)
    common, spread = -(covariance * scale).sum(axis=1), (variance * scale).sum(axis=1)
    common = np.divide(common, spread, out=np.ones_like(common), where=spread > 1e-15)
    weight = (np.clip(own_weight, 0.0, 1.0) + np.clip(common, 0.0, 1.0)[:, None]) / 2
    added = more_top - (own - ratio) * more_bottom
    out = _ratio(top + weight * added, bottom + weight * more_bottom)
    # Where people placed nothing, the machine's word is all there is.
    return np.asarray(np.where(heard, out, alone), dtype=float)
