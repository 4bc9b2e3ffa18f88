"""What people should code next, drawn so that the chance of every unit is known.

Two draws, one rule. `draw` takes as many units of each machine stage; `queue` prefers what the
machine is unsure of. Both state for every unit, drawn or not, how likely it was, both put what they
drew in random order, so that whoever stops early still holds a probability sample (`effective`),
and several draws add up (`combined`).

Chance comes from a hash of seed and unit id: the same units and seed give the same draw, whatever
the order of rows, and a draw can be checked years later.

The file is over 400 lines because a draw, what stopping early makes of it and how draws add up
have to rest on the same probabilities.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.consensus import PANEL
from journeyqual.errors import SchemaError
from journeyqual.schema import (
    CHANCES,
    CODINGS,
    DRAW_UNITS,
    DRAWS,
    FINISHED,
    PLAN,
    POPULATION,
    PROGRESS,
    check,
)

THRESHOLDS = (0.667, 0.8)
"""Alpha to conclude tentatively, and to rely on (Krippendorff)."""
FLOOR = 0.5
"""Share of the queue that is drawn without regard to what the machine is unsure of."""

Floats = NDArray[np.float64]


# -- how many -----------------------------------------------------------------------------------


def plan(
    *,
    codes: int | None = None,
    shares: Mapping[str, float] | pd.Series | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    p: float = 0.05,
    coders: int = 2,
) -> pd.DataFrame:
    """Return how many units several people must code to show that alpha reaches a threshold.

    Parameters
    ----------
    codes
        Number of codes, taken to be equally frequent. "None fits" is a code, too.
    shares
        Instead of ``codes``: each code's count or share, as the machine codes; the rarest decides.
    thresholds
        Values of alpha to show, each above 0 and below 1.
    p
        Significance, one-sided.
    coders
        People who code each unit, 2 or more. It changes the codings, never the units.

    Returns
    -------
    DataFrame
        PLAN, one row a threshold: ``units`` that everybody codes, ``codings = units x coders``.

    Raises
    ------
    SchemaError
        If a number is out of its range, or a code has no share at all.

    Notes
    -----
    ``2 z² ((1 + a)(3 - a) / (4 c (1 - c)(1 - a)) - a)`` rounded up, with c the rarest share and z
    the normal quantile of p: Krippendorff's table of sample sizes (Content Analysis, 2004 and
    later) for two coders. The bracket is Bloch & Kraemer's (Biometrics 45, 1989) for one code
    against the rest: a one-sided interval about an alpha half-way between a and 1 just reaches down
    to a. Krippendorff's factor 2 makes it a cautious number.

    The table ends at two coders. For more, the units stay: alpha is then, to first order, the mean
    over pairs of coders, and the mean of interchangeable pairs varies no more than one pair does.
    Some manuals multiply z² by the number of coders instead; read as codings rather than units,
    that is the column ``codings``.

    Examples
    --------
    >>> plan(codes=4)[["threshold", "units"]]
       threshold  units
    0      0.667     81
    1      0.800    139
    """
    from scipy.stats import norm

    if not 0 < p < 0.5:
        raise SchemaError(f"a significance of {p:g}", remedy="take one above 0 and below .5")
    if coders < 2:
        raise SchemaError(f"agreement of {coders} coder", remedy="two or more have to code")
    rarest = _rarest(codes, shares)
    z = float(norm.isf(p))
    rows = []
    for threshold in thresholds:
        if not 0 < threshold < 1:
            raise SchemaError(
                f"a threshold of {threshold:g}", remedy="alpha to show lies between 0 and 1"
            )
        spread = (1 + threshold) * (3 - threshold) / (4 * rarest * (1 - rarest) * (1 - threshold))
        units = math.ceil(2 * z**2 * (spread - threshold))
        rows.append((threshold, p, coders, rarest, units, units * coders))
    return check(pd.DataFrame(rows, columns=PLAN.names), PLAN)


def allocate(population: pd.DataFrame, units: int) -> dict[str, int]:
    """Return how many units of each machine stage to draw, as evenly as the stages allow.

    The smallest equal number a stage that adds up to ``units``; a stage with fewer is taken whole.
    Even numbers make no stage rare, which is what needs the fewest units for a given alpha.

    Parameters
    ----------
    population
        As for `draw`.
    units
        How many are wanted in all, for instance by `plan`.

    Examples
    --------
    >>> units = pd.DataFrame({"unit_id": list("abcdefg"), "participant": "P01",
    ...                       "machine_stage": ["buying"] * 5 + ["using"] + [""]})
    >>> allocate(units, 5)
    {'': 1, 'buying': 3, 'using': 1}
    """
    _positive(units, "units")
    sizes = check(population, POPULATION)["machine_stage"].value_counts().sort_index()
    level = next(
        (n for n in range(1, int(sizes.max()) if len(sizes) else 0) if _sum(sizes, n) >= units),
        int(sizes.max()) if len(sizes) else 0,
    )
    return {str(stage): min(int(size), level) for stage, size in sizes.items()}


def _sum(sizes: pd.Series, level: int) -> int:
    return int(sizes.clip(upper=level).sum())


def _rarest(codes: int | None, shares: Mapping[str, float] | pd.Series | None) -> float:
    if (codes is None) == (shares is None):
        raise SchemaError(
            "codes and shares say the same", remedy="give the number of codes, or their shares"
        )
    if shares is None:
        if codes is None or codes < 2:
            raise SchemaError(f"agreement on {codes} code", remedy="two or more can disagree")
        return 1 / codes
    counts = pd.Series(dict(shares), dtype=float)
    if len(counts) < 2:
        raise SchemaError(f"agreement on {len(counts)} code", remedy="two or more can disagree")
    bad = counts[~(np.isfinite(counts) & (counts > 0))]
    if len(bad):
        raise SchemaError(
            f"the share of {bad.index[0]!r} is {bad.iloc[0]:g}",
            remedy="leave out a code that never occurs: no number of units shows agreement on it",
        )
    return float((counts / counts.sum()).min())


# -- draws --------------------------------------------------------------------------------------


def draw(
    population: pd.DataFrame,
    per_stage: int | Mapping[str, int],
    *,
    seed: int = 0,
    spread: bool = True,
) -> pd.DataFrame:
    """Draw a probability sample with a fixed number of units of each machine stage.

    Within a stage of N units, each of them is drawn with probability n / N exactly.

    Parameters
    ----------
    population
        ``unit_id, participant, machine_stage``; RESOLVED will do. A blank stage ("none fits") is a
        stage of its own. Hand in every unit, also those that people have coded already: leaving
        them out would make this draw depend on earlier ones, and chances would no longer add up.
    per_stage
        Units a stage, or a number for each stage there is (`allocate`). A smaller stage is taken
        whole.
    seed
        Another seed gives another, independent draw.
    spread
        Whether to spread a stage's units over participants: each then has its fair number, rounded
        up or down.

    Returns
    -------
    DataFrame
        DRAW_UNITS, one row a unit of the population: its probability, and its place in the order of
        coding (from 1, random over all stages), blank if it was not drawn.

    Raises
    ------
    SchemaError
        If a unit stands twice, a number is not positive, or a stage has no number.

    Notes
    -----
    Without ``spread``, the n units of least hash (permanent random numbers: a larger n of the same
    seed and units contains the smaller). With it, every (N / n)th unit from a random start, in a
    list where participants stand in random order and each one's units in random order (systematic
    sampling with implicit stratification; Madow & Madow 1944). Both keep n / N exact.

    Examples
    --------
    >>> units = pd.DataFrame({"unit_id": list("abcd"), "participant": "P01",
    ...                       "machine_stage": ["buying", "buying", "using", ""]})
    >>> sample = draw(units, 1)
    >>> sample["probability"].tolist(), int(sample["place"].max())
    ([0.5, 0.5, 1.0, 1.0], 3)
    """
    population = check(population, POPULATION)
    sizes = _sizes(population, per_stage)
    ids = population["unit_id"]
    key = _uniform("sample", seed, ids)
    person = _uniform("participant", seed, population["participant"])
    chance, drawn = np.zeros(len(ids)), np.zeros(len(ids), dtype=bool)
    for stage, rows in population.groupby("machine_stage").indices.items():
        n = min(sizes[str(stage)], len(rows))
        chance[rows] = n / len(rows)
        if n == len(rows):
            drawn[rows] = True
        elif spread:
            order = rows[np.lexsort((key[rows], person[rows]))]
            start = _uniform("start", seed, [str(stage)])[0]
            drawn[order] = _systematic(chance[order], n, float(start))
        else:
            drawn[rows[np.argsort(key[rows], kind="stable")[:n]]] = True
    return _drawn("sample", seed, ids, chance, drawn)


def queue(
    population: pd.DataFrame,
    n: int,
    *,
    seed: int = 0,
    floor: float = FLOOR,
    spread: bool = True,
) -> pd.DataFrame:
    """Draw a queue of n units that favours what the machine is unsure of, with known probabilities.

    A unit counts as unsure by ``1 - stage_confidence x (1 - valence_sd)``. Its probability is
    ``n x (floor / N + (1 - floor) x its share of all the unsureness)``; where that passes 1, the
    unit is certain, and the others share what is left in the same proportions.

    Parameters
    ----------
    population
        As for `draw`, every unit with ``stage_confidence``; ``valence_sd`` where there is one.
    n
        Units in the queue, exactly.
    seed
        Another seed gives another, independent draw.
    floor
        Share of the queue that is drawn without regard to the machine, above 0 and at most 1. No
        unit has a probability under ``floor x n / N``, so none weighs more than ``1 / floor`` times
        what it would in a plain random sample, however sure the machine is and however wrong.
    spread
        Whether to spread the queue over participants: each then has the number that their units'
        probabilities add up to, rounded up or down. Units that are certain come on top.

    Returns
    -------
    DataFrame
        DRAW_UNITS. The place is random among the drawn: whether a unit is in the queue depends on
        the machine, when its turn comes does not.

    Raises
    ------
    SchemaError
        If a unit stands twice or has no confidence, or a number is out of its range.

    Notes
    -----
    Randomised systematic sampling with unequal probabilities (Goodman & Kish 1950; Hartley & Rao
    1962): units in random order, their probabilities laid end to end, a pick at every whole step
    from a random start. First-order probabilities are exact by construction, in whatever order; to
    spread them, participants stand together. The mix with a uniform part is that of active
    statistical inference (Zrnic & Candès 2024).

    Examples
    --------
    >>> units = pd.DataFrame({"unit_id": list("abcd"), "participant": "P01", "machine_stage": "",
    ...                       "stage_confidence": [1.0, 1.0, 0.5, 0.5]})
    >>> queue(units, 2)["probability"].tolist()
    [0.25, 0.25, 0.75, 0.75]
    """
    population = check(population, POPULATION)
    _positive(n, "n")
    if not 0 < floor <= 1:
        raise SchemaError(
            f"a floor of {floor:g}",
            remedy="take one above 0 and at most 1: everybody needs a chance",
        )
    unsure = _unsureness(population)
    size = len(population)
    if n >= size:
        chance = np.ones(size)
    else:
        alike = np.full(size, 1 / size)
        wish = unsure / unsure.sum() if unsure.sum() > 0 else alike
        chance = _capped(floor * alike + (1 - floor) * wish, n)
    drawn = chance >= 1.0
    open_ = np.flatnonzero(~drawn)
    if len(open_):
        keys = [_uniform("queue", seed, population["unit_id"].iloc[open_])]
        if spread:
            keys.append(
                _uniform("participant in queue", seed, population["participant"].iloc[open_])
            )
        order = open_[np.lexsort(keys)]
        start = float(_uniform("start of queue", seed, [""])[0])
        drawn[order] = _systematic(chance[order], n - int(drawn.sum()), start)
    return _drawn("queue", seed, population["unit_id"], chance, drawn)


def _sizes(population: pd.DataFrame, per_stage: int | Mapping[str, int]) -> dict[str, int]:
    stages = [str(stage) for stage in sorted(population["machine_stage"].unique())]
    if not isinstance(per_stage, Mapping):
        _positive(per_stage, "units a stage")
        return dict.fromkeys(stages, per_stage)
    for stage in [*stages, *per_stage]:
        if stage not in per_stage or stage not in stages:
            raise SchemaError(
                f"the stage {stage!r} has no number"
                if stage in stages
                else f"no unit is of the stage {stage!r}",
                remedy=f"give a number for each of {', '.join(map(repr, stages))}",
            )
        _positive(per_stage[stage], f"units of {stage!r}")
    return dict(per_stage)


def _positive(number: int, what: str) -> None:
    if int(number) != number or number < 1:
        raise SchemaError(f"{number:g} {what}", remedy="draw a whole number, at least 1")


def _unsureness(population: pd.DataFrame) -> Floats:
    confidence = population["stage_confidence"].to_numpy(dtype=float)
    if np.isnan(confidence).any():
        row = int(np.flatnonzero(np.isnan(confidence))[0])
        raise SchemaError(
            f"the machine has not coded unit {population['unit_id'].iloc[row]!r}",
            line=row + 2,
            column="stage_confidence",
            remedy="code the units first",
        )
    sd = population["valence_sd"].fillna(0.0).to_numpy(dtype=float)
    return np.asarray(1.0 - confidence * (1.0 - sd), dtype=float)


def _capped(size: Floats, n: int) -> Floats:
    """Return probabilities in proportion to ``size`` that add up to n, none over 1."""
    certain = np.zeros(len(size), dtype=bool)
    while True:
        left = n - int(certain.sum())
        chance = np.where(certain, 1.0, left * size / size[~certain].sum())
        over = ~certain & (chance >= 1.0)
        if not over.any():
            return chance
        certain |= over


def _systematic(chance: Floats, n: int, start: float) -> NDArray[np.bool_]:
    """Pick where the running sum of ``chance``, which ends at n, passes ``start + 0, 1, 2 …``."""
    ends = np.cumsum(chance)
    # The sum is n but for rounding, and rounding must not cost a pick.
    ends *= n / ends[-1]
    ends[-1] = n
    passed = np.ceil(ends - start)
    return np.diff(passed, prepend=0.0) > 0


def _drawn(
    kind: str, seed: int, ids: pd.Series, chance: Floats, drawn: NDArray[np.bool_]
) -> pd.DataFrame:
    place = np.full(len(ids), np.nan)
    picked = np.flatnonzero(drawn)
    # Of other hashes than the draw itself, or who was drawn would tell whose turn comes first.
    turn = _uniform(f"place in {kind}", seed, ids.iloc[picked])
    place[picked[np.argsort(turn, kind="stable")]] = np.arange(1, len(picked) + 1)
    out = pd.DataFrame({"draw": 0, "unit_id": ids, "probability": chance, "place": place})
    return check(out, DRAW_UNITS)


def _uniform(salt: str, seed: int, names: Iterable[str]) -> Floats:
    """Return a number from 0 up to 1 for each name, as good as random and always the same."""
    head = hashlib.blake2b(f"{salt}\x1f{seed}\x1f".encode(), digest_size=8)
    out = []
    for name in names:
        one = head.copy()
        one.update(name.encode())
        # 53 bits are what a float holds; more could round up to 1.
        out.append((int.from_bytes(one.digest()) >> 11) / 2**53)
    return np.array(out, dtype=float)


# -- what was made of them ----------------------------------------------------------------------


def finished(codings: pd.DataFrame, *, coders: int = 1) -> pd.DataFrame:
    """Return the units that enough people have coded whole, and since when.

    A person has coded a unit once stage and valence are both given, as in the consensus. The panel
    counts as a person, but never as the second: it did not code independently.

    Parameters
    ----------
    codings
        CODINGS, oldest first. What a person last rejected is withdrawn.
    coders
        How many different people it takes.

    Returns
    -------
    DataFrame
        FINISHED; ``coded_at`` is when the last of that many people first had both.
    """
    codings = check(codings, CODINGS)
    people = codings[
        codings["coder"].str.startswith("human:")
        & codings["dimension"].isin(("stage", "valence"))
        & ((coders < 2) | (codings["coder"] != PANEL))
    ]
    key = ["unit_id", "coder", "dimension"]
    last = people.drop_duplicates(key, keep="last")
    last = last[
        (last["status"] != "rejected") & ((last["dimension"] == "stage") | (last["value"] != ""))
    ]
    first = people.drop_duplicates(key).set_index(key)["coded_at"]
    # A change of mind does not make the coding a later one.
    last = last.assign(coded_at=first.reindex(pd.MultiIndex.from_frame(last[key])).to_numpy())
    each = last.groupby(["unit_id", "coder"])["coded_at"].agg(["size", "max"]).reset_index()
    each = each[each["size"] == 2].sort_values(["unit_id", "max"], kind="stable")
    nth = each[each.groupby("unit_id").cumcount() == coders - 1]
    return check(nth.rename(columns={"max": "coded_at"})[FINISHED.names], FINISHED)


def effective(draw_units: pd.DataFrame, draws: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """Return draws as far as they were worked through, with the probabilities that then hold.

    Of the n drawn units, people finished the first k in the queue's order: a random part of a
    random sample, so each unit's probability is its own times k / n. What was coded out of turn,
    beyond the first gap, was picked by hand; it loses its place.

    Parameters
    ----------
    draw_units
        DRAW_UNITS of one or several draws. Rows may be gone (a participant who withdrew): the
        order of those that are left is as random.
    draws
        DRAWS; ``made_at`` tells what was coded before the draw.
    done
        FINISHED, for instance from `finished`.

    Returns
    -------
    DataFrame
        DRAW_UNITS: the same rows, probability and place as they now stand.

    Raises
    ------
    SchemaError
        If a draw is unknown, or a time is not in ISO form.

    Notes
    -----
    Units that were coded before the draw need no turn: drawn, they count with their full
    probability, and k and n are counted among the others. Nothing counts before the first of the
    others is finished, or the draw would speak for those alone that somebody once picked. A unit
    that already counts by an earlier draw gets the probability of one still to be coded, for that
    is what its chance would have been.

    Stopping must not depend on what was found so far; stop by the clock or at a number set before.

    Examples
    --------
    Four drawn, the third not finished: the first two count, each with half of its probability.

    >>> sample = pd.DataFrame({"draw": 1, "unit_id": list("abcde"), "probability": 0.8,
    ...                        "place": [1, 2, 3, 4, None]})
    >>> draws = pd.DataFrame({"draw": [1], "kind": "sample", "seed": [0]})
    >>> effective(sample, draws, pd.DataFrame({"unit_id": ["a", "b", "d"]}))
       draw unit_id  probability  place
    0     1       a          0.4    1.0
    1     1       b          0.4    2.0
    2     1       c          0.4    NaN
    3     1       d          0.4    NaN
    4     1       e          0.4    NaN
    """
    draw_units, draws = _known(draw_units, draws)
    done = check(done, FINISHED)
    when = {str(u): _time(t) for u, t in zip(done["unit_id"], done["coded_at"], strict=True)}
    out = draw_units.copy()
    counted: set[str] = set()
    for number in sorted(out["draw"].unique()):
        made = _time(str(draws.loc[draws["draw"] == number, "made_at"].iloc[0]))
        rows = out[out["draw"] == number]
        ids = [str(u) for u in rows["unit_id"]]
        ahead = np.array([u in when and _before(when[u], made) for u in ids], dtype=bool)
        place = rows["place"].to_numpy(dtype=float, copy=True)
        turn = np.flatnonzero(~np.isnan(place) & ~ahead)
        turn = turn[np.argsort(place[turn], kind="stable")]
        open_ = [i for i, row in enumerate(turn) if ids[row] not in when]
        k, n = open_[0] if open_ else len(turn), len(turn)
        place[turn[k:]] = np.nan
        if n and not k:
            place[:] = np.nan
        ready = ahead & np.array([u not in counted for u in ids], dtype=bool)
        share = np.where(ready & (k > 0), 1.0, k / n) if n else 1.0
        out.loc[rows.index, "probability"] = rows["probability"].to_numpy(dtype=float) * share
        out.loc[rows.index, "place"] = place
        counted |= {u for u, at in zip(ids, place, strict=True) if not np.isnan(at)}
    return check(out, DRAW_UNITS)


def combined(draw_units: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    """Return each unit's probability of being in at least one draw: 1 - product of (1 - p).

    Parameters
    ----------
    draw_units
        DRAW_UNITS of any number of draws, as drawn or as `effective` leaves them. A unit without a
        row in a draw (its interview came later) could not be drawn there.
    draws
        DRAWS.

    Returns
    -------
    DataFrame
        CHANCES: ``sampling_probability`` is the probability where the unit is drawn, else blank,
        as the curve wants it.

    Raises
    ------
    SchemaError
        If a draw is unknown, or two draws share kind and seed: they drew alike, so their chances
        do not multiply.

    Notes
    -----
    Exact for draws that do not depend on each other: made of all units there were, finished or
    stopped for reasons outside. Where a later queue was made by a machine that learned from an
    earlier draw, it is so only nearly; learning from other participants alone keeps a unit's own
    coding out of its chances.

    Examples
    --------
    >>> rows = pd.DataFrame({"draw": [1, 2], "unit_id": "a", "probability": 0.5,
    ...                      "place": [None, 3]})
    >>> draws = pd.DataFrame({"draw": [1, 2], "kind": "sample", "seed": [0, 1]})
    >>> combined(rows, draws)
      unit_id  probability  drawn  sampling_probability
    0       a         0.75   True                  0.75
    """
    draw_units, draws = _known(draw_units, draws)
    used = draws[draws["draw"].isin(draw_units["draw"])]
    twice = used[used.duplicated(["kind", "seed"])]
    if len(twice):
        row = twice.iloc[0]
        raise SchemaError(
            f"two draws are of the kind {row['kind']!r} and the seed {row['seed']}",
            remedy="leave one out, and draw anew with another seed",
        )
    by_unit = draw_units.assign(
        missed=1.0 - draw_units["probability"], drawn=draw_units["place"].notna()
    ).groupby("unit_id", sort=False)
    out = by_unit.agg(missed=("missed", "prod"), drawn=("drawn", "any")).reset_index()
    out["probability"] = 1.0 - out["missed"]
    out["sampling_probability"] = out["probability"].where(out["drawn"])
    return check(out[CHANCES.names], CHANCES)


def progress(
    population: pd.DataFrame,
    codings: pd.DataFrame,
    draw_units: pd.DataFrame,
    *,
    units: int,
    stages: Sequence[str] = (),
) -> pd.DataFrame:
    """Return how far the double-coding is, stage by stage.

    Only drawn units are counted as coded: what was picked by hand shows no agreement but its own.

    Parameters
    ----------
    population
        As for `draw`.
    codings
        CODINGS, as for `finished`.
    draw_units
        DRAW_UNITS of every draw made for double-coding; may be empty.
    units
        Units that two people should code in all (`plan`).
    stages
        The order of rows, and stages to show though the machine found none. Others follow by name,
        "none fits" (blank) last.

    Returns
    -------
    DataFrame
        PROGRESS; ``needed`` is the stage's share by `allocate`, ``left`` what is still to be coded
        by a second person.
    """
    population = check(population, POPULATION)
    draw_units = check(draw_units, DRAW_UNITS)
    named = [str(stage) for stage in population["machine_stage"].unique()]
    order = list(dict.fromkeys([*stages, *sorted(named, key=lambda stage: (stage == "", stage))]))
    drawn = population["unit_id"].isin(draw_units.loc[draw_units["place"].notna(), "unit_id"])
    held = {
        "population": pd.Series(True, index=population.index),
        "drawn": drawn,
        "coded_by_one": drawn & population["unit_id"].isin(finished(codings)["unit_id"]),
        "coded_by_two": drawn & population["unit_id"].isin(finished(codings, coders=2)["unit_id"]),
    }
    out = pd.DataFrame({"stage": order})
    for name, of in held.items():
        out[name] = out["stage"].map(population.loc[of, "machine_stage"].value_counts())
    out["needed"] = out["stage"].map(allocate(population, units))
    out = out.fillna(0)
    out["left"] = (out["needed"] - out["coded_by_two"]).clip(lower=0)
    return check(out, PROGRESS)


def _known(draw_units: pd.DataFrame, draws: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    draw_units, draws = check(draw_units, DRAW_UNITS), check(draws, DRAWS)
    unknown = sorted(set(draw_units["draw"]) - set(draws["draw"]))
    if unknown:
        raise SchemaError(
            f"nothing is known of draw {unknown[0]}", remedy="hand in its row of DRAWS, too"
        )
    return draw_units, draws


def _time(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SchemaError(
            f"{text[:60]!r} is no time", remedy="write 2026-01-31T14:05:00+00:00"
        ) from error


def _before(coded: datetime | None, made: datetime | None) -> bool:
    """Tell whether a coding was there when the draw was made; without both times it was not."""
    if coded is None or made is None:
        return False
    if (coded.tzinfo is None) != (made.tzinfo is None):
        raise SchemaError(
            "times with and without a zone cannot be compared", remedy="give each its zone"
        )
    return coded <= made
