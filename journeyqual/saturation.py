"""When new interviews stop bringing new codes, whom to recruit next, and who was in the sample.

Saturation by Guest, Namey & Chen (PLOS ONE 15(5), e0232076, 2020): the codes of a base of
interviews are what is known; the new codes of a run of later ones, as a share of the base, are the
new information; it is reached when that share falls to a threshold. The order in which interviews
were held is one order among many, so the same is asked of random orders.

An interview that does not speak of a stage is missing there. It is no interview that brought
nothing new: a stage is assessed on those that speak of it.

The file is over 400 lines because what was heard, how it adds up, where it is thin and who was
asked are counted on the same interviews by the same rule of what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from journeyqual.errors import SchemaError
from journeyqual.schema import (
    HEARD,
    NEW_INFORMATION,
    REACH,
    RECRUIT,
    SAMPLE,
    SATURATION,
    SATURATION_CURVE,
    check,
)

BASE_SIZE, RUN_LENGTH, THRESHOLD = 4, 2, 0.05
"""Interviews in the base, interviews in a run, share of new codes that still counts as none."""
ORDERINGS = 200
BAND = (0.05, 0.95)
THIN_BELOW = 5
LEVEL = 0.95
SMALL = 3
"""Cells with fewer participants may point to a person."""
NOT_GIVEN = "(not given)"
CAUTION = (
    "This is code saturation: few new codes come. It does not say that what they mean is "
    "understood, which took 16 to 24 interviews where codes took 9 (Hennink, Kaiser & Marconi "
    "2017)."
)

_CELLS = 20_000_000
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


# -- codes that were heard ------------------------------------------------------------------------


def heard(
    coded: pd.DataFrame, dimensions: Sequence[str] = ("emotion",), *, of: str = "interview"
) -> pd.DataFrame:
    """Return which codes each interview gave: a value of a dimension, at a stage.

    Parameters
    ----------
    coded
        Settled values, a row a unit: ``stage``, the dimensions and the column ``of``. A unit with
        two themes has two rows.
    dimensions
        Columns whose values are codes where they stand beside a stage: ``emotion``, ``theme``,
        ``touchpoint``. A blank value is no code.
    of
        What counts as one interview: ``interview``, or ``participant`` where people were
        interviewed more than once.

    Returns
    -------
    DataFrame
        HEARD, each row once. An interview, or its talk of a stage, that gave no code has a row with
        a blank code: it was heard.

    Raises
    ------
    SchemaError
        If a column is not there.

    Examples
    --------
    >>> coded = pd.DataFrame({"interview": ["I1", "I1", "I2"], "stage": ["using", "using", ""],
    ...                       "emotion": ["joy", "", "joy"]})
    >>> heard(coded)
      interview  stage          code
    0        I1  using
    1        I1  using  emotion: joy
    2        I2
    """
    for column in (of, "stage", *dimensions):
        if column not in coded.columns:
            raise SchemaError(
                f"no column {column!r} to take codes from",
                remedy=f"there is {', '.join(map(str, coded.columns))}",
            )
    stage = _text(coded["stage"])
    parts = [pd.DataFrame({"interview": coded[of], "stage": stage, "code": ""})]
    for dimension in dimensions:
        value = _text(coded[dimension])
        there = (stage != "") & (value != "")
        codes = (f"{dimension}: " + value)[there]
        parts.append(
            pd.DataFrame({"interview": coded[of][there], "stage": stage[there], "code": codes})
        )
    rows = pd.concat(parts, ignore_index=True).drop_duplicates()
    return check(rows.sort_values(["interview", "stage", "code"]), HEARD)


def _text(values: pd.Series) -> pd.Series:
    return values.astype(object).where(values.notna(), "").astype(str).str.strip()


# -- new information ------------------------------------------------------------------------------


def new_information(
    new_codes: ArrayLike,
    *,
    base_size: int = BASE_SIZE,
    run_length: int = RUN_LENGTH,
    threshold: float = THRESHOLD,
) -> pd.DataFrame:
    """Return what each run of interviews added to the base, as a share of the base.

    Parameters
    ----------
    new_codes
        Codes that each interview was the first to give, in the order of the interviews.
    base_size, run_length
        Interviews in the base, and in a run; runs move on by one interview and so overlap.
    threshold
        The largest share that counts as saturation.

    Returns
    -------
    DataFrame
        NEW_INFORMATION, a row a run. Saturation is reached before the first run that
        ``is_reached``: at interview ``first - 1``, confirmed by the run. No row if base and run
        need more interviews than there are; no share if the base gave no code.

    Raises
    ------
    SchemaError
        If a number is out of its range, or a count is negative or not whole.

    Notes
    -----
    Guest, Namey & Chen (2020), who try bases of 4 to 6, runs of 2 and 3, and thresholds of 5 and
    0 %.

    Examples
    --------
    >>> out = new_information([15, 10, 8, 4, 4, 3, 1, 0])
    >>> out["share_new"].round(2).tolist(), out["is_reached"].tolist()
    ([0.19, 0.11, 0.03], [False, False, True])
    """
    _settings(base_size, run_length, threshold)
    new = np.asarray(new_codes, dtype=float)
    if new.ndim != 1 or (new < 0).any() or (new % 1 != 0).any():
        raise SchemaError("new codes are counted", remedy="give one whole number an interview")
    total = np.cumsum(new)
    rows = []
    for before in range(base_size, len(new) - run_length + 1):
        added, base = total[before + run_length - 1] - total[before - 1], total[base_size - 1]
        share = added / base if base else np.nan
        done = bool(_little(added, base, threshold))
        rows.append((before + 1, before + run_length, added, base, share, done))
    return check(pd.DataFrame(rows, columns=NEW_INFORMATION.names), NEW_INFORMATION)


def _little(added: Any, base: Any, threshold: float) -> Any:
    """Tell where so few codes are new; a base without a code says nothing."""
    # Counts against counts: 7 of 140 is 5 %, whatever 0.05 * 140 is in binary.
    return (base > 0) & (added <= threshold * base + 1e-9)


def _settings(base_size: int, run_length: int, threshold: float) -> None:
    for name, value in (("a base", base_size), ("a run", run_length)):
        if value < 1:
            raise SchemaError(f"{name} of {value} interviews", remedy="take 1 or more")
    if not 0 <= threshold < 1:
        raise SchemaError(f"a threshold of {threshold:g}", remedy="take a share, such as 0.05")


def assess(
    codes: pd.DataFrame,
    *,
    stages: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    base_size: int = BASE_SIZE,
    run_length: int = RUN_LENGTH,
    threshold: float = THRESHOLD,
    orderings: int = ORDERINGS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return after how many interviews codes were saturated: in their order, and in random ones.

    Parameters
    ----------
    codes
        HEARD.
    stages
        The stages to assess, in their order; those that were heard when None.
    order
        Interviews in the order they were held, each once; one without a row in ``codes`` was held
        and gave nothing. When None, they stand in the table in that order.
    base_size, run_length, threshold
        As for `new_information`.
    orderings
        Random orders of the interviews.
    seed
        Seed of the orders; the order of the table does not matter to them.

    Returns
    -------
    DataFrame
        SATURATION: the whole study (a blank stage; the same code at two stages is two codes), then
        each stage, on the interviews that speak of it. ``reached_*`` are interviews before the run,
        so ``run_length`` more were needed to see it. Median and 5 to 95 % are of all orders; they
        are blank where so many orders do not reach it. ``n_once`` are codes that one interview
        alone gave. ``share_found`` is the median share of all codes that were heard by the end of
        the run, among orders that reach it.

    Raises
    ------
    SchemaError
        If a number is out of its range, a stage is unknown, or the order does not fit the table.

    Examples
    --------
    >>> codes = pd.DataFrame({"interview": list("ABCDEF") * 2, "stage": "using",
    ...                       "code": ["joy"] * 6 + ["anger"] * 6})
    >>> out = assess(codes).set_index("stage")
    >>> out.loc["using", ["n_codes", "reached_in_order", "share_reached"]].tolist()
    [2.0, 4.0, 1.0]
    """
    _settings(base_size, run_length, threshold)
    rows = []
    for stage, known in _scopes(codes, stages, order, orderings, seed):
        n, found = known.n, known.by_order()
        row = {
            "stage": stage, "n_interviews": n, "n_codes": known.n_codes,
            "n_once": int((np.bincount(known.code, minlength=1) == 1).sum()),
            "base_size": base_size, "run_length": run_length, "threshold": threshold,
            "orderings": orderings,
        }  # fmt: skip
        if n < base_size + run_length:
            heard = f"{n} interview{'s' * (n != 1)}"
            row["reason"] = f"{heard}, base and run need {base_size + run_length}"
        elif known.n_codes == 0:
            row["reason"] = "no code was heard"
        else:
            held = found[0]
            row["reached_in_order"] = _reached(found[:1], base_size, run_length, threshold)[0]
            base = held[base_size - 1]
            row["share_new"] = (held[-1] - held[-1 - run_length]) / base if base else np.nan
            row |= _over_orders(found[1:], base_size, run_length, threshold)
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=SATURATION.names)
    return check(table.replace(np.inf, np.nan), SATURATION)


def accumulate(
    codes: pd.DataFrame,
    *,
    stages: Sequence[str] | None = None,
    order: Sequence[str] | None = None,
    orderings: int = ORDERINGS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how many codes had been heard after so many interviews: median and band of orders.

    Parameters
    ----------
    codes, stages, order, orderings, seed
        As for `assess`, and the same orders.

    Returns
    -------
    DataFrame
        SATURATION_CURVE, a row a stage (blank is the whole study) and position: median and 5 to
        95 % of the random orders, and the count in the order they were held. The last position is
        all codes in every order.

    Examples
    --------
    >>> codes = pd.DataFrame({"interview": ["A", "B"], "stage": "using", "code": ["joy", "joy"]})
    >>> accumulate(codes, stages=[])[["position", "codes_median", "codes_in_order"]]
       position  codes_median  codes_in_order
    0         1           1.0               1
    1         2           1.0               1
    """
    parts = [SATURATION_CURVE.empty()]
    for stage, known in _scopes(codes, stages, order, orderings, seed):
        found = known.by_order()
        low, middle, high = np.quantile(found[1:], [BAND[0], 0.5, BAND[1]], axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "stage": stage,
                    "position": np.arange(1, known.n + 1),
                    "codes_median": middle,
                    "codes_low": low,
                    "codes_high": high,
                    "codes_in_order": found[0],
                }
            )
        )
    return check(pd.concat(parts, ignore_index=True), SATURATION_CURVE)


class _Scope:
    """What one stage, or the whole study, was told by which interview; and orders of these.

    Parameters
    ----------
    interview, code
        The pairs that occur, each once: numbers from 0.
    place
        Orders x interviews: where each interview stands, from 0. The first is the order held.
    """

    def __init__(self, interview: Ints, code: Ints, place: NDArray[np.int32]) -> None:
        by = np.argsort(code, kind="stable")
        self.interview, self.code, self.place = interview[by], code[by], place
        self.n = place.shape[1]
        self.n_codes = len(np.unique(code))

    def by_order(self) -> Ints:
        """Orders x positions: codes heard by then."""
        orders = len(self.place)
        new = np.zeros((orders, self.n), dtype=np.int64)
        if len(self.code):
            starts = np.flatnonzero(np.r_[True, np.diff(self.code) > 0])
            # Some orders at a time: all of them at once would fill the memory in a large study.
            step = max(1, _CELLS // len(self.code))
            for start in range(0, orders, step):
                places = self.place[start : start + step, self.interview]
                first = np.minimum.reduceat(places, starts, axis=1)
                flat = first + np.arange(len(first))[:, None] * self.n
                counts = np.bincount(flat.ravel(), minlength=len(first) * self.n)
                new[start : start + step] = counts.reshape(len(first), self.n)
        return np.cumsum(new, axis=1)


def _scopes(
    codes: pd.DataFrame,
    stages: Sequence[str] | None,
    order: Sequence[str] | None,
    orderings: int,
    seed: int,
) -> list[tuple[str, _Scope]]:
    codes = check(codes, HEARD)
    if orderings < 1:
        raise SchemaError(f"{orderings} random orders", remedy="take 1 or more")
    held = _held(codes, order)
    told = sorted({*codes["stage"]} - {""})
    if stages is None:
        stages = told
    elif unknown := [stage for stage in told if stages and stage not in stages]:
        raise SchemaError(
            f"codes of the stage {unknown[0]!r}", remedy=f"there is {', '.join(stages)}"
        )
    # Orders are of the sorted ids: the rows may come in any order.
    names = sorted(held)
    number = {name: i for i, name in enumerate(names)}
    keys = np.random.default_rng(seed).random((orderings, len(names)))
    arrival = np.empty((1, len(names)))
    arrival[0, [number[name] for name in held]] = np.arange(len(names))
    keys = np.vstack([arrival, keys])
    interview = codes["interview"].map(number).to_numpy(dtype=np.int64)
    out = [("", _scope(codes, interview, keys))]
    for stage in stages:
        here = (codes["stage"] == stage).to_numpy()
        there, local = np.unique(interview[here], return_inverse=True)
        out.append((stage, _scope(codes[here], local, keys[:, there])))
    return out


def _scope(codes: pd.DataFrame, interview: Ints, keys: Floats) -> _Scope:
    place = keys.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable").astype(np.int32)
    given = (codes["code"] != "").to_numpy()
    number = codes[given].groupby(["stage", "code"]).ngroup().to_numpy(dtype=np.int64)
    pairs = np.unique(np.column_stack([number, interview[given]]), axis=0)
    return _Scope(pairs[:, 1], pairs[:, 0], place)


def _held(codes: pd.DataFrame, order: Sequence[str] | None) -> list[str]:
    there = [str(name) for name in codes["interview"].unique()]
    if order is None:
        return there
    held = [str(name) for name in order]
    twice = next((name for name in held if held.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"interview {twice!r} stands twice in the order")
    missing = sorted(set(there) - set(held))
    if missing:
        raise SchemaError(f"interview {missing[0]!r} is not in the order", remedy="name them all")
    return held


def _reached(found: Ints, base_size: int, run_length: int, threshold: float) -> Floats:
    """Return for each order the interviews before the first run that is little, or infinity."""
    base = found[:, base_size - 1 : base_size]
    added = found[:, base_size + run_length - 1 :] - found[:, base_size - 1 : -run_length]
    little = _little(added, base, threshold)
    first = little.argmax(axis=1) + float(base_size)
    return np.where(little.any(axis=1), first, np.inf)


def _over_orders(
    found: Ints, base_size: int, run_length: int, threshold: float
) -> dict[str, float]:
    at = _reached(found, base_size, run_length, threshold)
    done = np.isfinite(at)
    # Of all orders: to leave out those that never get there would praise the study for them.
    low, middle, high = np.quantile(at, [BAND[0], 0.5, BAND[1]], method="inverted_cdf")
    by = found[done, at[done].astype(int) + run_length - 1] / found[done, -1]
    return {
        "share_reached": float(done.mean()),
        "reached_low": float(low),
        "reached_median": float(middle),
        "reached_high": float(high),
        "share_found": float(np.median(by)) if done.any() else np.nan,
    }


def in_words(table: pd.DataFrame) -> list[str]:
    """Return SATURATION in sentences, one a row; `CAUTION` belongs beside them.

    Examples
    --------
    >>> codes = pd.DataFrame({"interview": list("ABCDEF"), "stage": "using", "code": "joy"})
    >>> in_words(assess(codes, stages=[]))[0]
    'The whole study: 1 code in 6 interviews. In the order they were held, saturated at 4+2. Of 200
    random orders, 100 % are; half of them by 4 interviews (4 to 4).'
    """
    return [_in_words(row) for row in check(table, SATURATION).to_dict("records")]


def _in_words(row: dict[Hashable, Any]) -> str:
    head = f"{row['stage'] or 'The whole study'}: {_many(row['n_codes'], 'code')} in "
    head += _many(row["n_interviews"], "interview")
    if row["reason"]:
        return f"{head}. Too little to tell ({row['reason']})."
    at, run = row["reached_in_order"], row["run_length"]
    held = "not saturated" if np.isnan(at) else f"saturated at {at:.0f}+{run}"
    out = f"{head}. In the order they were held, {held}. "
    out += f"Of {row['orderings']} random orders, {_percent(row['share_reached'])} are"
    if np.isnan(row["reached_median"]):
        return f"{out}."
    high = row["reached_high"]
    until = "never" if np.isnan(high) else f"{high:.0f}"
    half = f"half of them by {row['reached_median']:.0f} interviews"
    return f"{out}; {half} ({row['reached_low']:.0f} to {until})."


def _many(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _percent(share: float) -> str:
    # Neither end is claimed by rounding.
    return f"{min(99, max(1, round(100 * share))) if 0 < share < 1 else 100 * share:.0f} %"


# -- whom to recruit next -------------------------------------------------------------------------


def reach(
    coded: pd.DataFrame,
    stages: Sequence[str],
    *,
    by: Sequence[str] = (),
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return how many participants speak of each stage, and how many interviews it would take.

    Parameters
    ----------
    coded
        ``participant, stage`` and the attributes, a row a unit; everybody who was interviewed has
        one.
    stages
        All stages in their order.
    by
        Attributes of participants; each value is looked at on its own. Who has none of an attribute
        is in no group of it.
    thin_below
        Participants from which on a stage is not thin.

    Returns
    -------
    DataFrame
        REACH: everybody (a blank attribute) first. ``rate`` is the share of participants who speak
        of the stage, with its 95 % Wilson interval. ``more`` is ``wanted`` divided by the rate: the
        interviews to be expected until it is not thin, if people are found as they were so far;
        ``more_low`` and ``more_high`` by the ends of the interval. Blank where nobody speaks of it:
        there is no rate to expect by, only ``more_low``.

    Raises
    ------
    SchemaError
        If a column is missing, a stage unknown, or a participant has two values of an attribute.

    Notes
    -----
    Wilson (1927); at small n its coverage is near 95 % on average over rates, which that of the
    textbook interval is not (Brown, Cai & DasGupta, Statistical Science 16, 2001). The expectation
    of interviews until w people speak is w / rate (negative binomial); the interval carries what is
    not known of the rate, not the luck of the draw.

    Examples
    --------
    >>> coded = pd.DataFrame({"participant": ["P1", "P1", "P2"], "stage": ["buying", "using", ""]})
    >>> reach(coded, ["buying"], thin_below=3)[["n_speaking", "rate", "wanted", "more"]]
    Traceback (most recent call last):
    journeyqual.errors.SchemaError: 'using' is no stage; there is buying
    >>> out = reach(coded, ["buying", "using"], thin_below=3)
    >>> out[["stage", "n_speaking", "rate", "wanted", "more"]]
        stage  n_speaking  rate  wanted  more
    0  buying           1   0.5       2   4.0
    1   using           1   0.5       2   4.0
    """
    for column in ("participant", "stage", *by):
        if column not in coded.columns:
            raise SchemaError(
                f"no column {column!r}", remedy=f"there is {', '.join(map(str, coded.columns))}"
            )
    said = coded.assign(participant=_text(coded["participant"]), stage=_text(coded["stage"]))
    unknown = sorted({*said["stage"]} - {"", *stages})
    if unknown:
        raise SchemaError(f"{unknown[0]!r} is no stage", remedy=f"there is {', '.join(stages)}")
    groups = [("", "", pd.Index(said["participant"].unique()))]
    for attribute in by:
        values = _attribute(said, attribute)
        groups += [
            (attribute, str(value), values.index[values == value])
            for value in sorted(values.unique())
            if value
        ]
    rows = []
    for attribute, value, people in groups:
        mine = said[said["participant"].isin(people)]
        for number, stage in enumerate(stages):
            speaking = int(mine.loc[mine["stage"] == stage, "participant"].nunique())
            row = (attribute, value, stage, number, len(people), speaking)
            rows.append((*row, *_expected(speaking, len(people), thin_below)))
    return check(pd.DataFrame(rows, columns=REACH.names), REACH)


def _attribute(said: pd.DataFrame, name: str) -> pd.Series:
    """Return each participant's value of an attribute, blank where none is given."""
    values = said.assign(_value=_text(said[name]))[["participant", "_value"]].drop_duplicates()
    two = values["participant"].duplicated()
    if two.any():
        who = values.loc[two, "participant"].iloc[0]
        raise SchemaError(f"participant {who!r} has two values of {name!r}", remedy="keep one")
    return values.set_index("participant")["_value"]


def _expected(speaking: int, n: int, thin_below: int) -> tuple[float, ...]:
    from scipy.stats import binomtest

    wanted = max(0, thin_below - speaking)
    if n == 0:
        return (0.0, 0.0, 1.0, wanted, np.nan, wanted, np.nan)
    interval = binomtest(speaking, n).proportion_ci(LEVEL, method="wilson")
    rate, low, high = speaking / n, max(0.0, float(interval.low)), min(1.0, float(interval.high))
    if wanted == 0:
        return (rate, low, high, 0, 0.0, 0.0, 0.0)
    more = [wanted / share if share > 0 and speaking else np.nan for share in (rate, low)]
    return (rate, low, high, wanted, more[0], wanted / high, more[1])


def recruit(reached: pd.DataFrame) -> pd.DataFrame:
    """Return what to recruit for next, most wanted first, each in a sentence.

    Parameters
    ----------
    reached
        REACH.

    Returns
    -------
    DataFrame
        RECRUIT: thin stages only. Those that are thin over everybody come before those that are
        thin in a group; then who is wanted most, then what takes most interviews.

    Examples
    --------
    >>> coded = pd.DataFrame({"participant": ["P1", "P1", "P2"], "stage": ["buying", "using", ""]})
    >>> recruit(reach(coded, ["buying", "using"], thin_below=2))["words"].iloc[0]
    '“buying”: 1 of 2 participants speaks of it, 1 more is wanted. At that rate it takes about 2
    more interviews (2 to 11).'
    """
    thin = check(reached, REACH)
    thin = thin[thin["wanted"] > 0]
    ranked = thin.assign(
        _group=thin["attribute"] != "", _wanted=-thin["wanted"], _more=-thin["more"].fillna(np.inf)
    ).sort_values(["_group", "_wanted", "_more", "stage_order", "attribute", "value"])
    out = ranked[REACH.names].assign(
        rank=np.arange(1, len(ranked) + 1),
        words=[_recruit_words(row) for row in ranked.to_dict("records")],
    )
    return check(out, RECRUIT)[RECRUIT.names]


def _recruit_words(row: dict[Hashable, Any]) -> str:
    n, speaking, wanted = row["n_participants"], row["n_speaking"], row["wanted"]
    head = f"“{row['stage']}”"
    if row["attribute"]:
        head += f", {row['attribute']} {row['value']}"
    who = f"{speaking} of {_many(n, 'participant')}" if speaking else f"none of {n}"
    out = f"{head}: {who} {'speaks' if speaking < 2 else 'speak'} of it, "
    out += f"{wanted} more {'is' if wanted == 1 else 'are'} wanted. "
    if not speaking:
        least = math.ceil(row["more_low"])
        return out + (
            f"There is no rate to expect by; as people were found so far it takes {least} or more "
            "interviews. Choose people who have been through it."
        )
    about, low, high = (math.ceil(row[name] - 1e-9) for name in ("more", "more_low", "more_high"))
    out += f"At that rate it takes about {_many(about, 'more interview')} ({low} to {high})."
    return f"{out} Choose people who have been through it." if row["rate"] < 0.5 else out


# -- who was in the sample ------------------------------------------------------------------------


def sample(
    units: pd.DataFrame,
    participants: pd.DataFrame | None = None,
    *,
    by: Sequence[str] = (),
    dates: Mapping[str, str] | None = None,
    hide_below: int = 0,
) -> pd.DataFrame:
    """Return who was interviewed: participants, interviews, minutes and units, by attribute.

    Parameters
    ----------
    units
        ``interview, participant``, a row a unit; ``end_s`` where transcripts carry times (turns do
        as well as units).
    participants
        ``participant`` and the attributes; who is not there counts as "(not given)". Who was not
        interviewed is not in the sample.
    by
        The attributes to describe it by.
    dates
        Interview to day (YYYY-MM-DD), as far as known.
    hide_below
        Groups of fewer participants are shown as ``<3`` (if 3) and their numbers are blank. If one
        group of an attribute is hidden, the next smallest is withheld with it, since the total
        would tell. 0 hides nothing. This is no full protection: attributes side by side can still
        tell.

    Returns
    -------
    DataFrame
        SAMPLE: everybody (a blank attribute) first. ``minutes`` adds up the ``n_timed`` interviews
        whose length is known, to the end of their last timed row; blank where none is.

    Raises
    ------
    SchemaError
        If a column is missing, a participant stands twice, or a date is none.

    Examples
    --------
    >>> units = pd.DataFrame({"interview": ["I1", "I1", "I2"], "participant": ["P1", "P1", "P2"],
    ...                       "end_s": [60.0, 600.0, None]})
    >>> people = pd.DataFrame({"participant": ["P1", "P2"], "segment": ["family", "trader"]})
    >>> out = sample(units, people, by=["segment"], hide_below=3)
    >>> out[["value", "shown", "n_interviews", "minutes"]]
        value shown  n_interviews  minutes
    0             2           2.0     10.0
    1  family    <3           NaN      NaN
    2  trader    <3           NaN      NaN
    """
    held = _interviews(units, dates or {})
    known = _people(participants, by, held["participant"])
    rows = [_described("", "", held, "")]
    for attribute in by:
        value = held["participant"].map(known[attribute])
        sizes = held.groupby(value)["participant"].nunique().sort_index()
        hidden = _hidden(sizes, hide_below)
        for name in sizes.index:
            there = held[value == name]
            rows.append(_described(attribute, str(name), there, hidden.get(name, "")))
    table = pd.DataFrame(rows, columns=SAMPLE.names)
    counts = [c.name for c in SAMPLE.columns if c.kind == "float"]
    veiled = ~table["shown"].str.isdigit()
    table.loc[veiled, counts] = np.nan
    table.loc[veiled, ["first_date", "last_date"]] = ""
    return check(table, SAMPLE)


def _interviews(units: pd.DataFrame, dates: Mapping[str, str]) -> pd.DataFrame:
    """One row an interview: whose, how many units, how long, when."""
    for column in ("interview", "participant"):
        if column not in units.columns:
            raise SchemaError(f"no column {column!r} to describe a sample by")
    end = pd.to_numeric(units["end_s"]) if "end_s" in units.columns else np.nan
    held = (
        units.assign(_end=end)
        .groupby("interview", sort=True)
        .agg(
            participant=("participant", "first"),
            n_units=("participant", "size"),
            minutes=("_end", "max"),
        )
    )
    for interview, day in dates.items():
        try:
            date.fromisoformat(day)
        except ValueError as error:
            raise SchemaError(
                f"{day!r} is no date of interview {interview!r}", remedy="write YYYY-MM-DD"
            ) from error
    return held.assign(
        minutes=held["minutes"] / 60, date=[dates.get(str(name), "") for name in held.index]
    )


def _people(
    participants: pd.DataFrame | None, by: Sequence[str], heard_of: pd.Series
) -> pd.DataFrame:
    who = pd.Index(heard_of.unique(), name="participant")
    if participants is None:
        participants = pd.DataFrame({"participant": who})
    for column in ("participant", *by):
        if column not in participants.columns:
            raise SchemaError(
                f"no attribute {column!r}",
                remedy=f"there is {', '.join(map(str, participants.columns))}",
            )
    if participants["participant"].duplicated().any():
        raise SchemaError("a participant stands twice", remedy="each must be there once")
    known = participants.set_index("participant").reindex(who)[list(by)]
    return known.apply(lambda values: _text(values).replace("", NOT_GIVEN))


def _hidden(sizes: pd.Series, hide_below: int) -> dict[Hashable, str]:
    small = sizes.index[sizes < hide_below]
    hidden: dict[Hashable, str] = {name: f"<{hide_below}" for name in small}
    if len(small) == 1 and len(sizes) > 1:
        hidden[sizes.drop(small).idxmin()] = "withheld"
    return hidden


def _described(attribute: str, value: str, held: pd.DataFrame, instead: str) -> dict[str, Any]:
    people = int(held["participant"].nunique())
    timed = held["minutes"].dropna()
    days = sorted(day for day in held["date"] if day)
    return {
        "attribute": attribute,
        "value": value,
        "shown": instead or str(people),
        "n_participants": people,
        "n_interviews": len(held),
        "n_units": int(held["n_units"].sum()),
        "n_timed": len(timed),
        "minutes": float(timed.sum()) if len(timed) else np.nan,
        "minutes_median": float(timed.median()) if len(timed) else np.nan,
        "first_date": days[0] if days else "",
        "last_date": days[-1] if days else "",
    }
