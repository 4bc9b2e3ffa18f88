"""How far coders of the same units agree beyond chance, and what to do where they do not.

Krippendorff's alpha on any level of measurement, with any number of coders and with gaps; Cohen's
kappa and its weighted forms; percent agreement beside them. All of them are made of what each unit
adds to the coincidence matrix, so an interval draws participants (or units) with replacement and
computes alpha anew from the pooled matrix of each draw.

The file is over 400 lines because the table, the pairs, the same coder twice and the list of what
to mend have to read codings by one rule: which row counts, what a blank means, who is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from journeyqual.errors import SchemaError
from journeyqual.estimate import DRAWS as DRAWS
from journeyqual.estimate import tail
from journeyqual.schema import (
    AGREEMENT,
    AGREEMENT_LEVELS,
    AGREEMENT_PAIRS,
    CODINGS,
    check,
)

RELY, TENTATIVE = 0.800, 0.667
"""From here on one may conclude, or conclude tentatively (Krippendorff 2019, chapter 12)."""
LEVELS: Mapping[str, str] = {
    "stage": "nominal",
    "touchpoint": "nominal",
    "emotion": "nominal",
    "valence": "ordinal",
    "theme": "nominal",
}
"""Levels of measurement that are taken unless told otherwise; other dimensions are nominal."""
MULTIPLE = frozenset({"theme"})
"""Dimensions on which one coder may give one unit several values."""
NOTES = frozenset({"memo", "negative"})
"""Dimensions that are remarks and flags: nobody is asked to give them, so nobody can differ."""
BLANK_COUNTS = frozenset({"stage", "touchpoint"})
"""Dimensions on which a blank is a value; on a dimension of several values it says "read"."""
NONE_FITS = "(none fits)"
NOTHING = "(not given)"
STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""The five steps of valence that people code in."""
PANEL = "human:panel"
GAP_DAYS = 14.0
FEW = 10
"""With fewer participants an interval is too narrow."""
RARE = 0.05
"""A share of draws without a figure that is worth a word."""

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Coefficient(NamedTuple):
    """A figure, or NaN and the reason why there is none."""

    value: float
    reason: str = ""


@dataclass(frozen=True)
class Ratings:
    """Who gave what to which unit, on one dimension.

    Parameters
    ----------
    dimension, level
        What was judged, and how it is measured.
    units, coders, codes
        Names; ``unit``, ``coder`` and ``code`` of each single rating point into them.
    numbers
        What the codes are worth; empty on nominal dimensions.
    given
        Units x coders: who has read what. On a dimension of several values one may have read a unit
        and given it none.
    cluster
        The participant of each unit (or the unit itself), as a number from 0.
    participants
        Whether the clusters are participants.
    """

    dimension: str
    level: str
    units: tuple[str, ...]
    coders: tuple[str, ...]
    codes: tuple[str, ...]
    numbers: Floats
    unit: Ints
    coder: Ints
    code: Ints
    given: NDArray[np.bool_]
    cluster: Ints
    participants: bool

    def of(self, coders: Iterable[int]) -> Ratings:
        """Return the ratings of these coders only."""
        kept = list(coders)
        place = np.full(len(self.coders), -1)
        place[kept] = range(len(kept))
        keep = place[self.coder] >= 0
        return Ratings(
            self.dimension,
            self.level,
            self.units,
            tuple(self.coders[c] for c in kept),
            self.codes,
            self.numbers,
            self.unit[keep],
            place[self.coder[keep]],
            self.code[keep],
            self.given[:, kept],
            self.cluster,
            self.participants,
        )

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which units have two coders or more."""
        several: NDArray[np.bool_] = self.given.sum(axis=1) > 1
        return several

    @property
    def said(self) -> list[dict[int, tuple[int, ...]]]:
        """What each coder who read a unit gave it: codes by coder, unit by unit."""
        out: list[dict[int, tuple[int, ...]]] = [{} for _ in self.units]
        for unit, coder in zip(*np.nonzero(self.given), strict=True):
            out[unit][int(coder)] = ()
        order = np.argsort(self.code, kind="stable")
        for unit, coder, code in zip(
            self.unit[order], self.coder[order], self.code[order], strict=True
        ):
            out[unit][int(coder)] += (int(code),)
        return out


@dataclass(frozen=True)
class Sums:
    """What each cluster adds to the coincidence matrix (C clusters, V codes).

    Parameters
    ----------
    n
        C: pairable ratings, or characters times coders on a continuum.
    own
        C: what cannot be paired with itself: 1 a rating, a span's squared length on a continuum.
    uses, same
        C x V, sparse: the matrix's margin and its diagonal.
    voices
        V: clusters that have something to say on a code (some gave it, or some did not, whichever
        are fewer).
    level, numbers
        As in `Ratings`.
    differ, first, second
        C x K, sparse: coincidences of the codes ``first`` < ``second``; none on nominal levels.
    own_codes
        C x V, where a code against all others has another ``own``.
    """

    n: Floats
    own: Floats
    uses: Any
    same: Any
    voices: Ints
    level: str = "nominal"
    numbers: Floats | None = None
    differ: Any = None
    first: Ints | None = None
    second: Ints | None = None
    own_codes: Floats | None = None


def alpha(ratings: pd.DataFrame | ArrayLike, level: Level = "nominal") -> Coefficient:
    """Return Krippendorff's alpha of a table of units by coders.

    Parameters
    ----------
    ratings
        A row a unit, a column a coder; None, NaN or blank where a coder gave nothing.
    level
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``; all but the first need numbers.

    Returns
    -------
    Coefficient
        Alpha; NaN with its reason where nobody can be compared, or nobody's values vary.

    Raises
    ------
    SchemaError
        If the level is none of the four, or asks for numbers where there are words.

    Notes
    -----
    With o the coincidences of values within units, n. their margins and d the squared difference
    of two values, alpha = 1 - (n - 1) sum(o d) / sum(n. n. d) (Krippendorff, "Content Analysis",
    4th edition, 2019, chapter 12; "Computing Krippendorff's alpha-reliability", 2011). Ordinal
    differences are those of the values' mid-ranks.

    Examples
    --------
    Two coders, four units, one disagreement: o has 2 off its diagonal, the margins are 5 and 3.

    >>> alpha([["a", "a"], ["a", "a"], ["b", "b"], ["a", "b"]]).value  # 1 - 7 * 2 / (2 * 5 * 3)
    0.5333333333333333
    >>> alpha([["a", "a"], ["a", "a"]])
    Coefficient(value=nan, reason="no variation: everybody gave 'a'")
    """
    rated = _wide(ratings, level)
    sums = coincidences(rated)
    overall, _ = alphas(np.ones((1, len(sums.n))), sums)
    return Coefficient(float(overall[0]), _why_none(rated))


def kappa(
    first: ArrayLike,
    second: ArrayLike,
    weights: Literal["none", "linear", "quadratic"] = "none",
) -> Coefficient:
    """Return Cohen's kappa of two coders, or its weighted form.

    Parameters
    ----------
    first, second
        What each gave to the same units in the same order; units that one left out are passed over.
    weights
        How far apart two values are: ``none`` counts every difference alike, the others take the
        distance of the values (which must be numbers) or its square: a step that nobody used is
        still a step.

    Returns
    -------
    Coefficient
        Kappa; NaN with its reason where both always gave one and the same value.

    Raises
    ------
    SchemaError
        If the coders have not the same number of units, or weights are asked for words.

    Notes
    -----
    1 - observed / expected disagreement, each coder keeping their own margins (Cohen, Educational
    and Psychological Measurement 20, 1960; weighted: Psychological Bulletin 70, 1968).

    Examples
    --------
    Agreement exactly as often as chance has it is 0, not "fair":

    >>> kappa(["a", "a", "b", "b"], ["a", "b", "a", "b"]).value
    0.0
    >>> kappa([1, 2, 3, 3], [1, 2, 3, 1], weights="quadratic").value  # 1 - 4 * 4 / 26
    0.3846153846153846
    """
    if weights not in ("none", "linear", "quadratic"):
        raise SchemaError(f"{weights!r} are no weights", remedy="take none, linear or quadratic")
    a, b = (np.asarray(side, dtype=object).ravel() for side in (first, second))
    if len(a) != len(b):
        raise SchemaError(f"the coders have {len(a)} and {len(b)} units", remedy="pair them")
    level: Level = "nominal" if weights == "none" else "interval"
    rated = _wide(np.column_stack([a, b]), level)
    if weights != "linear":
        return _kappa(rated)
    index = _index(rated)
    x, y = rated.numbers[index[rated.shared]].T
    bottom = np.abs(x[:, None] - y).sum()
    if not bottom:
        return Coefficient(np.nan, _why_none(rated) or "both always gave one and the same value")
    return Coefficient(float(1 - len(x) * np.abs(x - y).sum() / bottom))


def percent_agreement(ratings: pd.DataFrame | ArrayLike) -> Coefficient:
    """Return in how many of 100 pairs of codings of one unit both are the same; never a conclusion.

    Where one value is common, two coders who toss coins agree most of the time.

    Examples
    --------
    >>> percent_agreement([["a", "a"], ["a", "a"], ["b", "b"], ["a", "b"]]).value
    75.0
    """
    rated = _wide(ratings, "nominal")
    return Coefficient(_percent(rated), "" if rated.shared.any() else "no unit has two coders")


def table(
    codings: pd.DataFrame,
    levels: Mapping[str, str] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how reliable each dimension and each code of it is, with intervals.

    Parameters
    ----------
    codings
        CODINGS, oldest first: ``unit_id, coder, dimension, value``; with a column ``participant``
        the intervals draw participants, else units. A coder's last word on a unit and dimension
        counts, and for nothing if its ``status`` is rejected. A blank stage or touchpoint is a
        value, "(none fits)"; a blank elsewhere is missing. Everybody in the table is compared, each
        machine as a coder of its own, but for ``human:panel``, who settles what others differ on
        and so has seen their codings, and for memos and flags.
    levels
        Level of measurement by dimension, where it is not the usual one (`LEVELS`).
    draws, seed
        Bootstrap draws, and their seed; the same input and seed give the same interval.

    Returns
    -------
    DataFrame
        AGREEMENT. A row a dimension (blank code) and, on nominal and ordinal dimensions, a row a
        code: that code against all others. ``kappa`` is Cohen's, on ordinal, interval and ratio
        dimensions with quadratic weights, of more than two coders the mean of their pairs.
        ``n_units`` have at least two coders. ``percent_agreement`` is out of 100. On the verdict
        see `verdict`; it is blank where there is no alpha.

    Raises
    ------
    SchemaError
        If a level is none of the four or names a dimension that is not there, a value is no number
        where one is needed, or a unit has no participant or two.

    Notes
    -----
    Valence is ordinal in five steps; a machine's valence is rounded to the nearest (halves away
    from 0) before it is compared on that level. Of themes a coder may give a unit several: each is
    compared as present or absent on the units that two coders have read (coded on any dimension),
    and over all themes disagreements are added up, observed and expected. On a dimension of one
    value a unit the same sum is nominal alpha.

    The interval is the 95 % expanded percentile interval of the draws, as of the curve. It cannot
    be trusted where all agree: no draw has a disagreement then.

    Examples
    --------
    >>> codings = pd.DataFrame({"unit_id": list("11223344"), "dimension": "stage",
    ...     "coder": ["human:ana", "human:ben"] * 4,
    ...     "value": ["buy", "buy", "use", "use", "buy", "use", "use", "use"]})
    >>> table(codings)[["code", "alpha", "kappa", "n_units", "percent_agreement"]].round(3)
      code  alpha  kappa  n_units  percent_agreement
    0       0.533    0.5        4               75.0
    1  buy  0.533    0.5        4               75.0
    2  use  0.533    0.5        4               75.0
    """
    parts = [_dimension_rows(ratings, draws, seed) for ratings in read(codings, levels).values()]
    rows = [row for part in parts for row in part]
    return check(pd.DataFrame(rows, columns=AGREEMENT.names), AGREEMENT)


def pairs(
    codings: pd.DataFrame,
    levels: Mapping[str, str] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how far any two coders agree: people with people, and people with each machine.

    Parameters
    ----------
    codings, levels, draws, seed
        As for `table`.

    Returns
    -------
    DataFrame
        AGREEMENT_PAIRS: a row a dimension and pair of coders who both coded it; two who share no
        unit have no figure and a reason.

    Raises
    ------
    SchemaError
        As `table`.
    """
    rows = []
    for ratings in read(codings, levels).values():
        for i, j in combinations(range(len(ratings.coders)), 2):
            # People stand first, so that a machine is always compared *with* somebody.
            both = sorted((i, j), key=lambda c: (_machine(ratings.coders[c]), ratings.coders[c]))
            names = [ratings.coders[c] for c in both]
            kind = "-".join("machine" if _machine(name) else "human" for name in names)
            row = _dimension_rows(ratings.of(both), draws, seed, codes=False)[0]
            rows.append(row | {"first": names[0], "second": names[1], "kind": kind})
    found = pd.DataFrame(rows, columns=AGREEMENT_PAIRS.names)
    return check(found, AGREEMENT_PAIRS)


def over_time(
    codings: pd.DataFrame,
    levels: Mapping[str, str] | None = None,
    *,
    gap_days: float = GAP_DAYS,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how far each person agrees with their own codings of the same units, later on.

    Parameters
    ----------
    codings
        As for `table`, with ``coded_at``. A unit counts where a person's last coding of it stands
        at least the gap after the first; what they last said within the gap of the first is held
        against what they last said at all.
    levels, draws, seed
        As for `table`.
    gap_days
        Days after which a person codes anew rather than from memory.

    Returns
    -------
    DataFrame
        AGREEMENT_PAIRS of the kind ``over-time``, first and second being the same person; without a
        row for whoever coded nothing twice. Dimensions of several values are left out: a theme that
        is added later says nothing on those that were there.

    Raises
    ------
    SchemaError
        If ``coded_at`` is no time, else as `table`.
    """
    rows = check(codings, CODINGS)
    try:
        at = pd.to_datetime(rows["coded_at"].replace("", None), utc=True, format="ISO8601")
    except ValueError as error:
        raise SchemaError(
            f"not a time ({error})", column="coded_at", remedy="write 2026-11-23T09:30:00+00:00"
        ) from error
    rows = rows.assign(_at=at, _line=range(2, len(rows) + 2))[
        at.notna()
        & ~rows["coder"].map(_machine).astype(bool)
        & (rows["coder"] != PANEL)
        & ~rows["dimension"].isin(MULTIPLE)
        & (rows["status"] != "rejected")
    ].sort_values("_at", kind="stable")
    by = rows.groupby(["unit_id", "coder", "dimension"])["_at"]
    gap = pd.Timedelta(days=gap_days)
    start = by.transform("min")
    early = rows["_at"] - start < gap
    twice = by.transform("max") - start >= gap
    rows = rows[twice].assign(_time=np.where(early[twice], "first", "last"))
    out = []
    for coder, own in rows.groupby("coder"):
        halves = own.assign(coder=own["_time"])
        known = {
            name: level for name, level in (levels or {}).items() if name in set(own["dimension"])
        }
        for ratings in read(halves, known).values():
            row = _dimension_rows(ratings, draws, seed, codes=False)[0]
            out.append(row | {"first": coder, "second": coder, "kind": "over-time"})
    return check(pd.DataFrame(out, columns=AGREEMENT_PAIRS.names), AGREEMENT_PAIRS)


class Concerns(NamedTuple):
    """What to do about disagreement: codes to redefine, codes that are confused, units to discuss.

    Parameters
    ----------
    redefine
        ``dimension, code, alpha, alpha_low, n_codings, confused_with, why``; the worst first.
    confused
        ``dimension, code, other, coincidences, share, n_units``: how often one coder gave the one
        and another the other (a cell off the diagonal of the coincidence matrix), and what share of
        the dimension's disagreements that is; the most first.
    discuss
        ``unit_id, dimension, n_coders, distance, codings``: units on which coders differ; most
        coders first, then farthest apart (nominal: the share of pairs that differ, else the widest
        difference in parts of the range of values).
    """

    redefine: pd.DataFrame
    confused: pd.DataFrame
    discuss: pd.DataFrame


def concerns(
    codings: pd.DataFrame,
    levels: Mapping[str, str] | None = None,
    *,
    agreement: pd.DataFrame | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Concerns:
    """Return which codes to redefine, which are taken for each other, and which units to discuss.

    Parameters
    ----------
    codings, levels, draws, seed
        As for `table`.
    agreement
        The AGREEMENT of these codings, where it has been made.

    Raises
    ------
    SchemaError
        As `table`.

    Examples
    --------
    >>> codings = pd.DataFrame({"unit_id": list("112233"), "coder": ["human:ana", "human:ben"] * 3,
    ...     "dimension": "stage", "value": ["buy", "use", "use", "use", "buy", "buy"]})
    >>> concerns(codings).discuss[["unit_id", "codings"]]
      unit_id                            codings
    0       1  human:ana: buy; human:ben: use
    """
    made = table(codings, levels, draws=draws, seed=seed) if agreement is None else agreement
    readings = read(codings, levels).values()
    confused = pd.concat([_confused(r) for r in readings] or [_confusion([])], ignore_index=True)
    discuss = pd.concat([_discuss(r) for r in readings] or [_discussion([])], ignore_index=True)
    single = made[made["code"] != ""]
    weak = (single["alpha"].round(3) < TENTATIVE) | (single["alpha_low"].round(3) < TENTATIVE)
    rows = []
    for row in single[weak].sort_values("alpha", kind="stable").itertuples():
        here = confused[confused["dimension"] == row.dimension]
        other = here.loc[here["code"] == row.code, ["other", "coincidences"]].rename(
            columns={"other": "name"}
        )
        mirrored = here.loc[here["other"] == row.code, ["code", "coincidences"]].rename(
            columns={"code": "name"}
        )
        most = pd.concat([other, mirrored]).sort_values(
            ["coincidences", "name"], ascending=[False, True]
        )
        why = (
            f"alpha {row.alpha:.3f} is below {TENTATIVE:.3f}"
            if round(row.alpha, 3) < TENTATIVE
            else f"the interval reaches down to {row.alpha_low:.3f}"
        )
        rows.append(
            (row.dimension, row.code, row.alpha, row.alpha_low, row.n_codings,
             most["name"].iloc[0] if len(most) else "", why)
        )  # fmt: skip
    names = ["dimension", "code", "alpha", "alpha_low", "n_codings", "confused_with", "why"]
    return Concerns(
        pd.DataFrame(rows, columns=names),
        confused.sort_values("coincidences", ascending=False, kind="stable", ignore_index=True),
        discuss.sort_values(
            ["n_coders", "distance"], ascending=False, kind="stable", ignore_index=True
        ),
    )


def current(codings: pd.DataFrame) -> pd.DataFrame:
    """Leave out what earlier versions of a machine coder said: they are one coder, not several.

    Two versions of one model agree for no good reason. Of the coders called alike up to the ``@``
    the one whose coding of a dimension stands last is kept; people stay as they are.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit_id": "1", "dimension": "stage", "value": ["a", "b"],
    ...                      "coder": ["model:m@1", "model:m@2"]})
    >>> current(rows)["coder"].tolist()
    ['model:m@2']
    """
    codings = codings.reset_index(drop=True)
    coder = codings["coder"].astype(str)
    machine = coder.map(_machine).astype(bool)
    name = coder.where(~machine, coder.str.replace("@.*", "", regex=True))
    last = coder.groupby([name, codings["dimension"]]).transform("last")
    return codings[~machine | (coder == last)].reset_index(drop=True)


def parse_levels(options: Iterable[str]) -> dict[str, str]:
    """Return levels of measurement from ``DIMENSION=LEVEL``, as the command line takes them.

    Raises
    ------
    SchemaError
        If an option is no such pair, or its level none of the four.

    Examples
    --------
    >>> parse_levels(["valence=interval"])
    {'valence': 'interval'}
    """
    out = {}
    for option in options:
        dimension, equals, level = (part.strip() for part in option.partition("="))
        if not dimension or not equals:
            raise SchemaError(f"{option!r} is no level", remedy="write DIMENSION=LEVEL")
        out[dimension] = _level(level)
    return out


def read(codings: pd.DataFrame, levels: Mapping[str, str] | None = None) -> dict[str, Ratings]:
    """Return who gave what to which unit, by dimension: one rule for all that is computed here.

    Parameters
    ----------
    codings, levels
        As for `table`.

    Raises
    ------
    SchemaError
        As `table`.
    """
    rows = check(codings, CODINGS)
    if "_line" not in rows:
        rows["_line"] = range(2, len(rows) + 2)
    several = rows["dimension"].isin(MULTIPLE)
    rows["_one"] = rows["value"].where(several, "")
    rows = rows[~rows["dimension"].isin(NOTES) & (rows["coder"] != PANEL)]
    for dimension, level in (levels or {}).items():
        _level(level)
        if dimension not in set(rows["dimension"]):
            known = ", ".join(dict.fromkeys(rows["dimension"]))
            raise SchemaError(
                f"no coding is of the dimension {dimension!r}",
                remedy=f"there is {known}" if known else "there is none",
            )
        if dimension in MULTIPLE and level != "nominal":
            raise SchemaError(f"a unit may have several {dimension}s: they are nominal")
    last = rows.drop_duplicates(["unit_id", "coder", "dimension", "_one"], keep="last")
    last = last[last["status"] != "rejected"]
    people = _participants(last)
    order = {name: place for place, name in enumerate(LEVELS)}
    found = sorted(set(last["dimension"]), key=lambda d: (order.get(d, len(order)), d))
    return {
        name: _ratings(
            last, name, _level((levels or {}).get(name, LEVELS.get(name, "nominal"))), people
        )
        for name in found
    }


def coincidences(ratings: Ratings) -> Sums:
    """Return what each cluster adds to the coincidence matrix; the base of alpha and its interval.

    Notes
    -----
    A unit with m ratings adds 1 / (m - 1) for each ordered pair of them, so that every rating
    counts once.
    """
    shared = ratings.shared
    m = ratings.given.sum(axis=1)
    clusters, cluster = np.unique(ratings.cluster[shared], return_inverse=True)
    of_unit = np.full(len(ratings.units), -1)
    of_unit[shared] = cluster
    c, v = len(clusters), len(ratings.codes)
    inside = shared[ratings.unit]
    cell, times = np.unique(ratings.unit[inside] * v + ratings.code[inside], return_counts=True)
    unit, code = np.divmod(cell, max(v, 1))
    n = np.bincount(cluster, m[shared], c).astype(float)
    uses = _sparse(of_unit[unit], code, times, (c, v))
    same = _sparse(of_unit[unit], code, times * (times - 1) / (m[unit] - 1), (c, v))
    # Clusters that give a code, and clusters that give another: what is known of a code rests on
    # the fewer of the two.
    cells = uses.tocoo()
    always = cells.data == n[cells.row]
    voices = np.minimum(
        np.bincount(cells.col, minlength=v), c - np.bincount(cells.col[always], minlength=v)
    ).astype(np.intp)
    if ratings.level == "nominal":
        return Sums(n, n, uses, same, voices)
    index = _index(ratings)
    low, high, weight, where = [], [], [], []
    for i, j in combinations(range(len(ratings.coders)), 2):
        a, b = index[:, i], index[:, j]
        apart = np.flatnonzero((a >= 0) & (b >= 0) & (a != b))
        low.append(np.minimum(a[apart], b[apart]))
        high.append(np.maximum(a[apart], b[apart]))
        weight.append(1 / (m[apart] - 1))
        where.append(of_unit[apart])
    if not low:
        low = high = weight = where = [np.zeros(0, int)]
    pair, place = np.unique(np.concatenate(low) * v + np.concatenate(high), return_inverse=True)
    differ = _sparse(np.concatenate(where), place, np.concatenate(weight), (c, len(pair)))
    first, second = np.divmod(pair, max(v, 1))
    return Sums(n, n, uses, same, voices, ratings.level, ratings.numbers, differ, first, second)


def alphas(counts: Floats, sums: Sums) -> tuple[Floats, Floats]:
    """Return alpha overall (one a row of counts) and of each code against all others (V columns).

    Parameters
    ----------
    counts
        Draws x clusters: how often each cluster was drawn.
    sums
        What each adds.

    Returns
    -------
    tuple
        NaN where a draw has no variation.
    """
    n = counts @ sums.n
    uses, same = counts @ sums.uses, counts @ sums.same
    free = n - np.divide(counts @ sums.own, n, out=np.zeros_like(n), where=n > 0)
    top, bottom = uses - same, uses * (n[:, None] - uses)
    if sums.own_codes is None:
        own_free: Floats = free[:, None]
    else:
        own = counts @ sums.own_codes
        own_free = n[:, None] - np.divide(
            own, n[:, None], out=np.zeros_like(own), where=n[:, None] > 0
        )
    codes = _one_less(own_free * top, bottom, bottom > 0)
    if sums.level == "nominal":
        total = bottom.sum(axis=1)
        return _one_less(free * top.sum(axis=1), total, total > 0), codes
    assert sums.numbers is not None
    assert sums.first is not None
    assert sums.second is not None
    differ = counts @ sums.differ
    if sums.level == "ratio":
        table = _ratio_distance(sums.numbers[:, None], sums.numbers)
        observed = differ @ table[sums.first, sums.second]
        expected = ((uses @ table) * uses).sum(axis=1) / 2
    else:
        if sums.level == "ordinal":
            # A value's mid-rank; less the mean rank, so that large numbers do not eat the small.
            place = np.cumsum(uses, axis=1) - uses / 2 - n[:, None] / 2
        else:
            place = (sums.numbers - sums.numbers.mean())[None]
        observed = (differ * (place[:, sums.first] - place[:, sums.second]) ** 2).sum(axis=1)
        expected = n * (uses * place**2).sum(axis=1) - (uses * place).sum(axis=1) ** 2
    varies = (uses > 0).sum(axis=1) > 1
    return _one_less(free * observed, expected, varies & (expected > 0)), codes


def intervals(
    sums: Sums, *, draws: int = DRAWS, seed: int = 0, codes: bool = True
) -> tuple[Floats, Floats, Floats]:
    """Return low end, high end and share of undefined draws: overall first, then each code.

    Clusters are drawn with replacement and alpha is computed from each draw's pooled coincidence
    matrix. The ends are those of the expanded percentile interval that the curve has (Hesterberg
    2015), for as many clusters as have something to say.
    """
    c, v = sums.uses.shape
    width = 1 + v * codes
    low, high, lost = np.full(width, np.nan), np.full(width, np.nan), np.zeros(width)
    if c < 2:
        return low, high, lost
    rng = np.random.default_rng(seed)
    wide = max(c, v, 1 if sums.differ is None else sums.differ.shape[1])
    block = max(1, 4_000_000 // wide)
    parts = []
    for start in range(0, draws, block):
        counts = rng.multinomial(c, np.full(c, 1 / c), size=min(block, draws - start))
        overall, single = alphas(counts.astype(float), sums)
        parts.append(np.column_stack([overall, single]) if codes else overall[:, None])
    drawn = np.concatenate(parts)
    voices = [c, *sums.voices.tolist()] if codes else [c]
    for k, said in enumerate(drawn.T):
        held = said[~np.isnan(said)]
        lost[k] = 1 - len(held) / draws
        if voices[k] > 1 and len(held):
            cut = 100 * tail(int(voices[k]))
            low[k], high[k] = np.percentile(held, [cut, 100 - cut])
    return low, high, lost


def verdict(value: float, low: float) -> str:
    """Return what an alpha and the low end of its interval allow; nothing of an alpha there is not.

    Read as they are printed, with three decimals. ``rely`` asks for .800 and for an interval that
    stays at .667 or above, ``tentative`` for .667.

    Examples
    --------
    >>> [verdict(a, 0.7) for a in (0.7996, 0.667, 0.6664, float("nan"))]
    ['rely', 'tentative', 'do not conclude', '']
    >>> verdict(0.9, 0.5), verdict(0.9, float("nan"))
    ('tentative', 'tentative')
    """
    if np.isnan(value):
        return ""
    if round(value, 3) >= RELY and round(low, 3) >= TENTATIVE:
        return "rely"
    return "tentative" if round(value, 3) >= TENTATIVE else "do not conclude"


def remarks(
    value: float, low: float, high: float, lost: float, *, clusters: int, who: str
) -> list[str]:
    """Return what a reader of an alpha and its interval has to know besides, as short phrases.

    Parameters
    ----------
    value, low, high, lost
        Alpha, the ends of its interval, and the share of draws without one.
    clusters, who
        How many were drawn from, and what they are: ``participant``, ``interview``, ``unit``.
    """
    if np.isnan(value):
        return []
    if np.isnan(low):
        return [f"no interval: fewer than two {who}s have anything on it"]
    out = []
    if low == high == 1:
        out.append("no disagreement seen; the interval cannot show how rare one is")
    if round(value, 3) >= TENTATIVE > round(low, 3):
        out.append(f"the interval reaches below {TENTATIVE:.3f}")
    if who != "unit" and clusters < FEW:
        out.append(f"over {clusters} {who}s an interval is too narrow")
    if lost > RARE:
        out.append(f"{lost:.0%} of the draws have no variation and are left out")
    return out


def _dimension_rows(
    ratings: Ratings, draws: int, seed: int, *, codes: bool = True
) -> list[dict[str, Any]]:
    sums = coincidences(ratings)
    codes = codes and ratings.level in ("nominal", "ordinal")
    overall, single = alphas(np.ones((1, len(sums.n))), sums)
    ends = intervals(sums, draws=draws, seed=seed, codes=codes)
    shared = ratings.shared
    units, coders = int(shared.sum()), int(ratings.given[shared].any(axis=0).sum())
    uses = np.asarray(sums.uses.sum(axis=0)).ravel()
    same = np.asarray(sums.same.sum(axis=0)).ravel()
    n = float(sums.n.sum())
    who = "participant" if ratings.participants else "unit"
    rows = []
    for place, code in enumerate(["", *(ratings.codes if codes else ())]):
        at = None if code == "" else place - 1
        value = float(overall[0] if at is None else single[0, at])
        agreed = _kappas(ratings, at)
        low, high, lost = (float(end[place]) for end in ends)
        notes = [_why_none(ratings, at)] if np.isnan(value) else []
        notes += remarks(value, low, high, lost, clusters=len(sums.n), who=who)
        if np.isnan(agreed.value) and not np.isnan(value):
            notes.append(f"no kappa: {agreed.reason}")
        exact = _percent(ratings)
        if at is not None and n:
            exact = 100 * (1 - 2 * (uses[at] - same[at]) / n)
        rows.append(
            {
                "dimension": ratings.dimension,
                "code": code,
                "alpha": value,
                "alpha_low": low,
                "alpha_high": high,
                "kappa": agreed.value,
                "n_units": units,
                "n_coders": coders,
                "level": ratings.level,
                "percent_agreement": exact,
                "n_codings": int(uses.sum() if at is None else uses[at]),
                "verdict": verdict(value, low),
                "reason": "; ".join(notes),
            }
        )
    return rows


def _why_none(ratings: Ratings, code: int | None = None) -> str:
    """Say why there is no alpha; nothing where there is one."""
    shared = ratings.shared
    if not shared.any():
        return f"no unit has two coders ({PANEL} is not one of them)"
    inside = shared[ratings.unit]
    held = np.bincount(ratings.code[inside], minlength=len(ratings.codes))
    if code is not None:
        if held[code] == 0:
            return "nobody gave it to a unit with two coders"
        return (
            "no variation: everybody always gave it"
            if held[code] == ratings.given[shared].sum()
            else ""
        )
    if not held.any():
        return "no variation: nobody gave anything"
    varies = ((held > 0) & (held < ratings.given[shared].sum())).any()
    return "" if varies else f"no variation: everybody gave {ratings.codes[int(held.argmax())]!r}"


def _kappas(ratings: Ratings, code: int | None) -> Coefficient:
    """Return the mean kappa of all pairs of coders, as far as theirs is defined."""
    found = [
        _kappa(ratings.of(pair), code)
        for pair in combinations(range(len(ratings.coders)), 2)
        if ratings.given[:, pair].all(axis=1).any()
    ]
    values = [one.value for one in found if not np.isnan(one.value)]
    if values:
        return Coefficient(float(np.mean(values)))
    return Coefficient(np.nan, found[0].reason if found else "no unit has two coders")


def _kappa(ratings: Ratings, code: int | None = None) -> Coefficient:
    """Return kappa of two coders: Cohen's on nominal levels and of one code, else quadratic."""
    shared = ratings.shared
    if not shared.any():
        return Coefficient(np.nan, "no unit has two coders")
    n = int(shared.sum())
    if code is None and ratings.level != "nominal":
        x, y = (ratings.numbers - ratings.numbers.mean())[_index(ratings)[shared]].T
        top = n * ((x - y) ** 2).sum()
        bottom = n * ((x**2).sum() + (y**2).sum()) - 2 * x.sum() * y.sum()
        constant = len({*x.tolist(), *y.tolist()}) == 1
    else:
        v = len(ratings.codes)
        inside = shared[ratings.unit]
        key, who = (ratings.unit * v + ratings.code)[inside], ratings.coder[inside]
        one, two = key[who == 0], key[who == 1]
        a, b, both = (
            np.bincount(keys % v, minlength=v) if v else np.zeros(0, int)
            for keys in (one, two, np.intersect1d(one, two))
        )
        tops, bottoms = n * (a + b - 2 * both), n * (a + b) - 2 * a * b
        chosen = slice(None) if code is None else slice(code, code + 1)
        top, bottom = tops[chosen].sum(), bottoms[chosen].sum()
        constant = bottom == 0
    if constant:
        return Coefficient(np.nan, "both always gave one and the same value")
    return Coefficient(float(1 - top / bottom))


def _percent(ratings: Ratings) -> float:
    """Return how many of 100 pairs of ratings of a unit are the same, units weighing by ratings."""
    shared = ratings.shared
    if not shared.any():
        return float("nan")
    m = ratings.given.sum(axis=1)
    weight = np.divide(1.0, m - 1, out=np.zeros(len(m)), where=m > 1)
    same = 0.0
    for i, j in combinations(range(len(ratings.coders)), 2):
        pair = ratings.of((i, j))
        both = pair.shared
        v = max(len(pair.codes), 1)
        key = pair.unit * v + pair.code
        # A unit whose codes all stand twice was given the same by both.
        keys, times = np.unique(key[both[pair.unit]], return_counts=True)
        apart = np.unique(keys[times == 1] // v)
        agreed = both.copy()
        agreed[apart] = False
        same += 2 * weight[agreed].sum()
    return float(100 * min(1.0, same / m[shared].sum()))


def _confused(ratings: Ratings) -> pd.DataFrame:
    """Return the cells off the diagonal of the coincidence matrix; none where codes are amounts."""
    names = [*ratings.codes, NOTHING]
    cells: dict[tuple[int, int], list[tuple[int, float]]] = {}
    if ratings.level not in ("nominal", "ordinal"):
        return _confusion([])
    for unit, said in enumerate(ratings.said):
        for one, other in combinations(said.values(), 2):
            if one == other:
                continue
            # Of several values only those that the other lacks; if it lacks none, "not given".
            here = set(one) - set(other) or {len(ratings.codes)}
            there = set(other) - set(one) or {len(ratings.codes)}
            for a in here:
                for b in there:
                    cells.setdefault((min(a, b), max(a, b)), []).append((unit, 1 / (len(said) - 1)))
    total = sum(weight for cell in cells.values() for _, weight in cell)
    rows = []
    for (a, b), cell in sorted(cells.items()):
        weight = sum(w for _, w in cell)
        units = len({unit for unit, _ in cell})
        rows.append((ratings.dimension, names[a], names[b], weight, weight / total, units))
    return _confusion(rows)


def _confusion(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    names = ["dimension", "code", "other", "coincidences", "share", "n_units"]
    return pd.DataFrame(rows, columns=names)


def _discuss(ratings: Ratings) -> pd.DataFrame:
    """Return the units on which coders differ, and how far."""
    rows = []
    for unit, said in zip(ratings.units, ratings.said, strict=True):
        if len(set(said.values())) < 2:
            continue
        if ratings.level == "nominal":
            distance = float(np.mean([a != b for a, b in combinations(said.values(), 2)]))
        else:
            held = ratings.numbers[[codes[0] for codes in said.values()]]
            distance = float(np.ptp(held) / np.ptp(ratings.numbers))
        words = "; ".join(
            f"{ratings.coders[c]}: {' + '.join(ratings.codes[v] for v in codes) or NOTHING}"
            for c, codes in said.items()
        )
        rows.append((unit, ratings.dimension, len(said), distance, words))
    return _discussion(rows)


def _discussion(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit_id", "dimension", "n_coders", "distance", "codings"])


def _ratings(last: pd.DataFrame, dimension: str, level: str, people: pd.Series | None) -> Ratings:
    rows = last[last["dimension"] == dimension]
    if dimension in MULTIPLE:
        # Who gave a unit no theme has no row to show for it: whoever coded the unit has read it.
        readers = last[last["coder"].isin(rows["coder"])][["unit_id", "coder"]].drop_duplicates()
    else:
        if dimension in BLANK_COUNTS:
            rows = rows.assign(value=rows["value"].where(rows["value"] != "", NONE_FITS))
        rows = rows[rows["value"] != ""]
        readers = rows[["unit_id", "coder"]]
    # Sorted, so that shuffled codings give the same draws.
    unit_of, units = pd.factorize(readers["unit_id"], sort=True)
    coder_of, coders = pd.factorize(readers["coder"], sort=True)
    given = np.zeros((len(units), len(coders)), bool)
    given[unit_of, coder_of] = True
    rows = rows[rows["value"] != ""]
    code, codes, numbers = _codes(rows, dimension, level)
    if people is None:
        cluster = np.arange(len(units))
    else:
        cluster = pd.factorize(people.reindex(pd.Index(units)), sort=True)[0]
    return Ratings(
        dimension,
        level,
        tuple(units),
        tuple(coders),
        codes,
        numbers,
        pd.Index(units).get_indexer(rows["unit_id"]),
        pd.Index(coders).get_indexer(rows["coder"]),
        code,
        given,
        cluster,
        people is not None,
    )


def _codes(rows: pd.DataFrame, dimension: str, level: str) -> tuple[Ints, tuple[str, ...], Floats]:
    """Return each row's code, the codes' names in order, and what they are worth."""
    if level == "nominal":
        code, names = pd.factorize(rows["value"], sort=True)
        # What fits nowhere stands last, wherever a bracket sorts.
        last = [*(n for n in names if n != NONE_FITS), *(n for n in names if n == NONE_FITS)]
        place = pd.Index(last).get_indexer(pd.Index(names))
        return place[code].astype(np.intp), tuple(last), np.zeros(0)
    values = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(values) | ((values < 0) & (level == "ratio"))
    if bad.any():
        row = rows.iloc[int(np.flatnonzero(bad)[0])]
        raise SchemaError(
            f"{str(row['value'])[:60]!r} cannot be compared on the {level} level of {dimension}",
            line=int(row["_line"]),
            column="value",
            remedy=f"ratios need numbers from 0; try {dimension}=interval"
            if level == "ratio"
            else f"give numbers, or compare it as {dimension}=nominal",
        )
    if dimension == "valence" and level == "ordinal":
        machine = rows["coder"].map(_machine).to_numpy(dtype=bool)
        values = np.where(machine, _step(values), values)
    numbers, code = np.unique(values, return_inverse=True)
    return code.astype(np.intp), tuple(f"{number:g}" for number in numbers), numbers


def _step(values: Floats) -> Floats:
    """Round to the nearest of the five steps, halves away from 0 so that no side is favoured."""
    per = (len(STEPS) - 1) / (STEPS[-1] - STEPS[0])
    rounded: Floats = np.sign(values) * np.floor(np.abs(values) * per + 0.5) / per + 0.0
    return rounded


def _participants(last: pd.DataFrame) -> pd.Series | None:
    """Return each unit's participant, or None where the table names none."""
    if "participant" not in last:
        return None
    named = last["participant"].astype(object).where(last["participant"].notna(), "").astype(str)
    named = named.str.strip()
    if (named == "").all():
        return None
    known = pd.DataFrame({"unit_id": last["unit_id"], "participant": named})
    known = known[known["participant"] != ""].drop_duplicates()
    double = known["unit_id"].duplicated()
    if double.any():
        unit = known.loc[double, "unit_id"].iloc[0]
        raise SchemaError(f"the unit {unit!r} has two participants", column="participant")
    missing = ~last["unit_id"].isin(known["unit_id"])
    if missing.any():
        raise SchemaError(
            f"the unit {last.loc[missing, 'unit_id'].iloc[0]!r} has no participant",
            line=int(last.loc[missing, "_line"].iloc[0]),
            column="participant",
            remedy="give every unit its own, or leave the column away to draw units",
        )
    return known.set_index("unit_id")["participant"]


def _wide(ratings: pd.DataFrame | ArrayLike, level: str) -> Ratings:
    """Return a table of units by coders as ratings, each unit its own cluster."""
    frame = (
        ratings if isinstance(ratings, pd.DataFrame) else pd.DataFrame(np.asarray(ratings, object))
    )
    cells = frame.astype(object).to_numpy()
    blank = pd.isna(cells) | (cells == "")
    unit, coder = np.nonzero(~blank)
    rows = pd.DataFrame({"value": cells[unit, coder], "coder": "", "_line": unit + 2})
    if level == "nominal":
        # 1 and 1.0 are one value; a number and its word are not asked to be.
        rows["value"] = rows["value"].map(lambda v: f"{v:g}" if isinstance(v, float) else str(v))
    code, codes, numbers = _codes(rows, "ratings", _level(level))
    return Ratings(
        "ratings",
        level,
        tuple(map(str, frame.index)),
        tuple(map(str, frame.columns)),
        codes,
        numbers,
        unit,
        coder,
        code,
        ~blank,
        np.arange(len(frame)),
        False,
    )


def _index(ratings: Ratings) -> Ints:
    """Return units x coders: the place of the code, -1 where there is none."""
    index = np.full(ratings.given.shape, -1)
    index[ratings.unit, ratings.coder] = ratings.code
    return index


def _level(level: str) -> str:
    if level not in AGREEMENT_LEVELS:
        raise SchemaError(
            f"{level!r} is no level of measurement", remedy=f"take {', '.join(AGREEMENT_LEVELS)}"
        )
    return level


def _machine(coder: str) -> bool:
    return coder.startswith(("model:", "rule:"))


def _sparse(row: Any, column: Any, amount: Any, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_array

    return csr_array((np.asarray(amount, float), (row, column)), shape=shape)


def _ratio_distance(one: Floats, other: Floats) -> Floats:
    """Return the squared difference of two amounts in parts of their sum; two zeros are alike."""
    total = one + other
    part: Floats = np.divide(one - other, total, out=np.zeros(total.shape), where=total > 0)
    return part**2


def _one_less(top: Floats, bottom: Floats, defined: NDArray[np.bool_]) -> Floats:
    out = np.full(bottom.shape, np.nan)
    np.divide(top, bottom, out=out, where=defined)
    less: Floats = 1 - out
    return less
