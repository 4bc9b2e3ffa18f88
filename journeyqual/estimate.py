"""Coded units to the emotion curve, with intervals that carry what the machine gets wrong.

One estimand for every method: with weights w = 1 / (units of that participant), the curve at stage
s is
sum(w x valence over units in s) / sum(w over units in s). Nobody speaks louder because they speak
longer.

Numerator and denominator are sums over participants, so every interval is a cluster bootstrap:
participants are
drawn with replacement and the whole computation, tuning included, is repeated on their sums.

The file is over 400 lines because point, interval and what stands beside them (n, spread, lines,
emotions) have to be made of the same units by the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.schema import CURVE, CURVE_IN, EMOTIONS, LINES, READING, check

DRAWS = 2000
THIN_BELOW = 5
"""A stage with fewer participants than this is marked thin."""
LEVEL = 0.95
NOT_GIVEN = "(not given)"

Method = Literal["auto", "human", "machine", "prediction-powered"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Sums:
    """Participants x stages: what each participant adds to numerator and denominator."""

    numerator: Floats
    denominator: Floats

    def __sub__(self, other: _Sums) -> _Sums:
        return _Sums(self.numerator - other.numerator, self.denominator - other.denominator)


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
        sampling_probability``. A
        row is human-coded if and only if ``human_valence`` is set; then a blank ``human_stage``
        means none fits.
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
        CURVE. The interval is the 95 % expanded percentile interval of the draws; NaN with one
        participant.

    Raises
    ------
    SchemaError
        If the table names a stage that the codebook lacks, or the method asks for codings that are
        not there.

    Notes
    -----
    The prediction-powered form adds to the machine's total, times a weight chosen per stage for
    least variance, the
    inverse-probability-weighted difference between people and machine on the drawn units
    (Angelopoulos et al.,
    Science 2023; Angelopoulos, Duchi & Zrnic 2024; Egami et al. 2023), in numerator and
    denominator alike.

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
    coded, groups = _prepare(coded, codebook, by)
    # One method for all groups: curves made in different ways must not stand side by side.
    chosen = _method(coded, method)
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
    coded, groups = _prepare(coded, codebook, by)
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
    coded, groups = _prepare(coded, codebook, by)
    held = settled(coded.assign(group=groups, weight=_weights(coded)))
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


def _prepare(coded: pd.DataFrame, codebook: Codebook, by: str) -> tuple[pd.DataFrame, pd.Series]:
    coded = check(coded, CURVE_IN)
    for column in ("stage", "human_stage"):
        unknown = ~coded[column].isin({*codebook.stage_names, ""})
        if unknown.any():
            row = int(np.flatnonzero(unknown.to_numpy())[0])
            raise SchemaError(
                f"{coded[column].iloc[row]!r} is no stage of the codebook",
                line=row + 2,
                column=column,
                remedy=f"it has {', '.join(codebook.stage_names)}",
            )
    never = coded["human_valence"].notna() & (coded["sampling_probability"] <= 0)
    if never.any():
        raise SchemaError(
            "a unit that people coded cannot have been drawn with probability 0",
            line=int(np.flatnonzero(never.to_numpy())[0]) + 2,
            column="sampling_probability",
            remedy="leave it blank for a tag that was not drawn",
        )
    if by and by not in coded.columns:
        known = [c for c in coded.columns if c not in CURVE_IN.names]
        raise SchemaError(
            f"no column {by!r} to group by",
            remedy=f"there is {', '.join(known)}" if known else "the table has no attribute",
        )
    if not by:
        return coded, pd.Series("", index=coded.index)
    groups = coded[by].astype(object).where(coded[by].notna(), "").astype(str)
    return coded, groups.where(groups != "", NOT_GIVEN)


def _method(coded: pd.DataFrame, method: Method) -> str:
    human, drawn = coded["human_valence"].notna(), _drawn(coded)
    if method == "auto":
        return (
            "human"
            if len(coded) and human.all()
            else "prediction-powered"
            if drawn.any()
            else "machine"
        )
    if method == "prediction-powered" and not drawn.any():
        raise SchemaError(
            "no unit has people's codings and a sampling probability",
            remedy="draw units with known probabilities, or ask for the machine's curve",
        )
    if method == "human" and not (human.all() or drawn.any()):
        raise SchemaError("the units are neither all human-coded nor drawn with a probability")
    return method


def _weights(coded: pd.DataFrame) -> Floats:
    sizes: Floats = coded.groupby("participant")["unit_id"].transform("size").to_numpy(dtype=float)
    return 1.0 / sizes


def _drawn(coded: pd.DataFrame) -> pd.Series:
    """Tell which units count as coded by people: drawn with a probability, or all of them."""
    human = coded["human_valence"].notna()
    return human & (coded["sampling_probability"].notna() | bool(human.all()))


def settled(coded: pd.DataFrame) -> pd.DataFrame:
    """Return one value a unit, people's where their coding counts in the curve.

    People's codings count where units were drawn with a known probability, or all were coded.
    Convenience tags teach the coder and correct nothing, so what stands beside a point (its n, its
    spread, its lines) is made of the same values as the point.

    Parameters
    ----------
    coded
        As for `curve`; ``emotion``, ``stage_confidence`` and ``unsure`` are settled, too, if they
        are there. What a person coded is sure.

    Returns
    -------
    DataFrame
        The same columns; units without a valence are left out.
    """
    human = _drawn(coded)
    out = coded.copy()
    for name in ("stage", "valence", "emotion"):
        if name in coded and f"human_{name}" in coded:
            given = human & (coded[f"human_{name}"] != "") if name == "emotion" else human
            out[name] = coded[name].where(~given, coded[f"human_{name}"])
    for name, sure in (("stage_confidence", 1.0), ("unsure", False)):
        if name in coded:
            out[name] = coded[name].where(~human, sure)
    return out[out["valence"].notna()]


def _one_curve(
    coded: pd.DataFrame, codebook: Codebook, method: str, draws: int, seed: int, thin_below: int
) -> pd.DataFrame:
    point, interval = _estimate(coded, codebook, method, draws, seed)
    held = settled(coded)
    held = held[held["stage"] != ""]
    own = held.groupby(["participant", "stage"])["valence"].mean().unstack("stage")
    human = _drawn(coded) & (method != "machine")
    by_stage = held.groupby("stage")
    rows = []
    for order, stage in enumerate(codebook.stage_names):
        people = own[stage].dropna() if stage in own else pd.Series(dtype=float)
        n_human = int((human & (coded["human_stage"] == stage)).sum())
        rows.append(
            {
                "stage": stage,
                "stage_order": order,
                "valence": point[order],
                "valence_low": interval[0][order],
                "valence_high": interval[1][order],
                "n_participants": len(people),
                "n_units": len(by_stage.groups.get(stage, ())),
                "n_human": n_human,
                "method": method,
                "is_thin": len(people) < thin_below,
                "is_unverified": n_human == 0 and method != "human",
                "valence_participants_first": people.mean() if len(people) else np.nan,
                "spread": people.std(ddof=1) if len(people) > 1 else np.nan,
                "n_participants_group": coded["participant"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def _estimate(
    coded: pd.DataFrame, codebook: Codebook, method: str, draws: int, seed: int
) -> tuple[Floats, tuple[Floats, Floats]]:
    """Return the curve and the ends of its interval, one number a stage."""
    codes, people = pd.factorize(coded["participant"], sort=True)
    n_people, n_stages = len(people), len(codebook.stages)
    weights = _weights(coded)
    human = coded["human_valence"].notna().to_numpy()

    def sums(prefix: str, factor: Floats) -> _Sums:
        stage = pd.Index(codebook.stage_names).get_indexer(coded[f"{prefix}stage"])
        valence = coded[f"{prefix}valence"].to_numpy(dtype=float)
        use = (stage >= 0) & (factor > 0) & ~np.isnan(valence)
        cell = codes[use] * n_stages + stage[use]

        def total(amount: Floats) -> Floats:
            added = np.bincount(cell, amount, n_people * n_stages).astype(float)
            return added.reshape(n_people, n_stages)

        return _Sums(total(factor[use] * valence[use]), total(factor[use]))

    if method == "machine":
        direct, rectifier = sums("", weights), None
    else:
        probability = coded["sampling_probability"].to_numpy(dtype=float)
        if human.all():
            probability = np.ones(len(coded))
        drawn = _drawn(coded).to_numpy()
        inverse = np.where(drawn, weights / np.where(drawn, probability, 1.0), 0.0)
        direct = sums("human_", inverse)
        rectifier = sums("", weights) - sums("", inverse)
        if method == "human":
            rectifier = None

    counts = np.ones((1, n_people))
    point = _ratio(counts, direct, rectifier)[0]
    if n_people < 2:
        nothing = np.full(n_stages, np.nan)
        return point, (nothing, nothing)
    rng = np.random.default_rng(seed)
    resampled = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=draws)
    spread = _ratio(resampled.astype(float), direct, rectifier)
    low, high = np.full(n_stages, np.nan), np.full(n_stages, np.nan)
    # A draw without anybody who spoke of a stage says nothing about it; one voice alone has no
    # interval.
    heard = direct.denominator > 0
    if rectifier is not None:
        heard |= sums("", weights).denominator > 0
    voices = heard.sum(axis=0)
    for s in np.flatnonzero(~np.isnan(point) & (voices > 1)):
        said = spread[:, s][~np.isnan(spread[:, s])]
        cut = 100 * tail(int(voices[s]))
        low[s], high[s] = np.percentile(said, [cut, 100 - cut])
    return point, (low, high)


def tail(n: int) -> float:
    """Return the share of draws to leave off at each end, for n participants.

    The bootstrap's spread is too small by sqrt((n - 1) / n), and a percentile knows nothing of
    Student's t; both matter for a dozen people. Expanded percentile interval (Hesterberg, "What
    teachers should know about the bootstrap", The American Statistician 69, 2015).
    """
    from scipy.stats import norm, t

    end = t.ppf(1 - (1 - LEVEL) / 2, n - 1) * np.sqrt(n / (n - 1))
    return float(norm.sf(end))


def _ratio(counts: Floats, direct: _Sums, rectifier: _Sums | None) -> Floats:
    """Return one curve a row of participant counts; NaN where nothing was said."""
    top, bottom = counts @ direct.numerator, counts @ direct.denominator
    if rectifier is not None:
        tuning = _power(counts, direct, rectifier)
        top = top + tuning * (counts @ rectifier.numerator)
        bottom = bottom + tuning * (counts @ rectifier.denominator)
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 1e-12)
    clipped: Floats = np.clip(out, -1.0, 1.0)
    return clipped


def _power(counts: Floats, direct: _Sums, rectifier: _Sums) -> Floats:
    """Return the machine's weight, 0 to 1, that makes the linearised ratio vary least.

    With a = numerator - ratio x denominator of the people's part and b of the machine's, the
    variance of
    a + weight x b over participants is least at -cov(a, b) / var(b).
    """
    n = counts.sum(axis=1, keepdims=True)

    def total(x: Floats, y: Floats | float = 1.0) -> Floats:
        product: Floats = counts @ (x * y)
        return product

    n1, d1 = direct.numerator, direct.denominator
    n2, d2 = rectifier.numerator, rectifier.denominator
    ratio = np.zeros((len(counts), n1.shape[1]))
    bottom = total(d1) + total(d2)
    np.divide(total(n1) + total(n2), bottom, out=ratio, where=bottom > 1e-12)
    mean_a, mean_b = (total(n1) - ratio * total(d1)) / n, (total(n2) - ratio * total(d2)) / n
    ab = total(n1, n2) - ratio * (total(n1, d2) + total(d1, n2)) + ratio**2 * total(d1, d2)
    bb = total(n2, n2) - 2 * ratio * total(n2, d2) + ratio**2 * total(d2, d2)
    covariance, variance = ab / n - mean_a * mean_b, bb / n - mean_b**2
    weight = np.ones_like(ratio)
    # Where people coded nothing, the machine's word is all there is.
    np.divide(-covariance, variance, out=weight, where=(variance > 1e-15) & (total(d1) > 1e-12))
    clipped: Floats = np.clip(weight, 0.0, 1.0)
    return clipped


def as_coded(resolved: pd.DataFrame, attributes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return RESOLVED as the table that `curve` reads, participants' attributes joined."""
    out = resolved.rename(
        columns={f"machine_{name}": name for name in ("stage", "valence", "emotion")}
    )
    # Machine codings that are not there yet leave nothing to average.
    out = out[out["valence"].notna() | out["human_valence"].notna()]
    if attributes is None:
        return out
    extra: list[Any] = [c for c in attributes.columns if c not in out.columns or c == "participant"]
    return out.merge(attributes[extra], on="participant", how="left")
