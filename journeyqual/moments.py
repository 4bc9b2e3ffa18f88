"""What stands out on a curve: peaks and pits, split stages, moments of truth, wrong expectations.

Everything here is read off participants' own means or off the draws of the whole curve, and says
how far it holds: with n, with an interval, or not at all and why. What moves together is said to
go with each other; interviews do not show what makes what.

The file is over 400 lines because peak-end, truth and separation share one outcome a participant
and one correlation, and each figure has its reasons for not being there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from journeyqual import estimate
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.estimate import DRAWS, LEVEL, NOT_GIVEN, THIN_BELOW, Method, tail
from journeyqual.paths import how_many, percentile_interval, read_by, share
from journeyqual.schema import (
    CURVE,
    CURVE_IN,
    FIGURES,
    GAPS,
    OUTCOMES,
    PEAK_END,
    POLARISATION,
    RANKS,
    SEPARATION,
    TOLD_IN,
    TRUTH,
    check,
    side,
)

DELIGHTED, SUFFERING = 0.25, -0.25
"""From here on a participant's own mean at a stage is called delighted, or suffering."""
SPLIT = 0.20
"""A stage is split if each side holds at least this share of participants, and two people."""
MIN_PEOPLE = 8
"""With fewer participants nothing is said about what goes with what."""
MIN_GROUP = 3
"""A value of an attribute that fewer participants have is held apart from nobody."""
LAST = 3
"""So many units at the end of an interview are its last words."""
ALPHA = 1 - LEVEL
EVEN = 12
"""Decimals that count when two figures are compared: sums in another order differ beyond."""

Floats = NDArray[np.float64]
Outcome = Literal["auto", "verdict", "last words"]


def ranks(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    method: Method = "auto",
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return how firmly each stage holds its place among the peaks and pits of the curve.

    Parameters
    ----------
    coded, codebook, method, draws, seed
        As for `estimate.curve`; the whole curve of each draw is ranked.
    thin_below
        A stage with fewer participants is not ranked, as `estimate.reading` passes it over.

    Returns
    -------
    DataFrame
        RANKS. ``p_lowest``, ``p_highest`` and ``p_lowest_two`` are the shares of draws in which
        the stage is the lowest, the highest, and one of the lowest two; ties share a place.
        ``rank`` counts from the lowest, 1, and is the mean over draws, with its interval.
        Draws without anybody at a ranked stage are left out. NaN, with the reason, for thin
        stages, and for all if fewer than two are left.

    Notes
    -----
    A share of redrawn studies, not the chance that the stage is truly the lowest: the draws are
    centred on the curve at hand, and some stage is lowest in every study.

    Examples
    --------
    Everybody suffers when buying, and nobody when using:

    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying"}, {"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": range(10), "participant": list("aabbccddee"),
    ...                       "stage": ["buying", "using"] * 5, "valence": [-0.5, 0.5] * 5})
    >>> ranks(coded, book)[["stage", "p_lowest", "p_highest", "rank"]]
        stage  p_lowest  p_highest  rank
    0  buying       1.0        0.0   1.0
    1   using       0.0        1.0   2.0
    """
    from scipy.stats import rankdata

    coded = check(coded, CURVE_IN)
    point, drawn, voices = estimate.resampled(
        coded, codebook, method=method, draws=draws, seed=seed
    )
    firm = (voices >= max(2, thin_below)) & ~np.isnan(point)
    whole = drawn[:, firm].round(EVEN)
    whole = whole[~np.isnan(whole).any(axis=1)]
    ranked = firm.sum() > 1 and len(whole) > 0
    names = ("p_lowest", "p_highest", "p_lowest_two", "rank", "rank_low", "rank_high")
    out = pd.DataFrame(np.nan, index=range(len(point)), columns=list(names))
    if ranked:
        first, last = (rankdata(whole, method=how, axis=1) for how in ("min", "max"))
        # Of stages that tie for places first to last, each holds an equal part of each place.
        width = last - first + 1
        at_top = np.clip(last - firm.sum() + 1, 0, 1) / width
        parts = [np.clip(1 - first + 1, 0, 1) / width, at_top]
        parts.append(np.clip(np.minimum(2 - first + 1, width), 0, None) / width)
        middle = (first + last) / 2
        figures = [part.mean(axis=0) for part in (*parts, middle)]
        ends = [
            percentile_interval(middle[:, k], int(n))
            for k, n in enumerate(voices[np.flatnonzero(firm)])
        ]
        out.loc[firm] = np.column_stack([*figures, np.array(ends)])
    few = f"fewer than {max(2, thin_below)} participants spoke of it"
    alone = "fewer than two stages can be ranked"
    out = out.assign(
        stage=list(codebook.stage_names),
        stage_order=range(len(point)),
        valence=point,
        n_participants=voices,
        method=_chosen(coded, method),
        reason=np.where(~firm, few, "" if ranked else alone),
    )
    return check(out[RANKS.names], RANKS)


# -- what goes with the verdict -----------------------------------------------------------------


def verdicts(
    coded: pd.DataFrame, *, outcome: Outcome = "auto", column: str = "verdict", last: int = LAST
) -> pd.DataFrame:
    """Return one number for what each participant thinks in the end.

    Parameters
    ----------
    coded
        As for `estimate.curve`, with the attribute ``column``, or with ``interview`` and ``order``.
    outcome
        ``verdict`` is what participants.csv says of them, ``last words`` the mean valence of the
        last ``last`` units of their interview (the mean over several interviews). ``auto`` takes
        the verdict if anybody has one. The two are never mixed.

    Returns
    -------
    DataFrame
        ``participant, verdict, outcome``; who has none is not there.

    Raises
    ------
    SchemaError
        If a verdict is no number, one participant has two, there is none at all, or the columns for
        last words are missing.

    Examples
    --------
    >>> coded = pd.DataFrame({"unit_id": list("abcd"), "participant": "P01", "interview": "P01",
    ...     "order": range(4), "stage": "using", "valence": [-1.0, 0.5, 0.25, 0.0]})
    >>> verdicts(coded)
      participant  verdict     outcome
    0         P01     0.25  last words
    """
    return _outcome(coded, outcome, column, last)[0]


def peak_end(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    outcome: Outcome = "auto",
    column: str = "verdict",
    last: int = LAST,
) -> pd.DataFrame:
    """Return each participant's peak and end beside their verdict.

    Parameters
    ----------
    coded, outcome, column, last
        As for `verdicts`.
    codebook
        Names the stages and their lived order.

    Returns
    -------
    DataFrame
        PEAK_END. ``peak`` is their own mean at the stage where it lies furthest from neutral (the
        mean of such stages if several do), ``end`` their own mean at the last stage they speak of,
        in lived order; ``peak_end`` is the mean of both, ``mean`` that of all their stages.

    Notes
    -----
    Memory keeps the most intense moment and the last (Fredrickson & Kahneman, Journal of
    Personality and Social Psychology 65, 1993). Stages and not single units are compared: the most
    intense of many units is more intense than that of few, and whoever talks long would peak high.
    If last words stand for the verdict, they are left out of peak, end and mean.
    """
    verdict, rest, said = _outcome(coded, outcome, column, last)
    own = estimate.lines(rest, codebook).sort_values(["participant", "stage_order"])
    known = verdict.set_index("participant")["verdict"]
    rows = []
    for participant, line in own.groupby("participant", sort=True):
        intense = line["valence"].abs().round(EVEN)
        at, end = line[intense == intense.max()], line.iloc[-1]
        peak = at["valence"].mean()
        rows.append(
            {
                "participant": participant,
                "peak_stage": at["stage"].iloc[0],
                "peak": peak,
                "end_stage": end["stage"],
                "end": end["valence"],
                "peak_end": (peak + end["valence"]) / 2,
                "mean": line["valence"].mean(),
                "verdict": known.get(participant, np.nan),
                "outcome": said,
            }
        )
    return check(pd.DataFrame(rows, columns=PEAK_END.names), PEAK_END)


def peak_end_figures(
    table: pd.DataFrame, *, method: str = "machine", draws: int = DRAWS, seed: int = 0
) -> pd.DataFrame:
    """Return how far peak and end go with the verdict, and whether further than the plain mean.

    Parameters
    ----------
    table
        PEAK_END.
    method
        Who read the units (`paths.read_by`).
    draws, seed
        Bootstrap draws of participants, and their seed.

    Returns
    -------
    DataFrame
        FIGURES: Spearman's rank correlation of the verdict with ``peak_end``, ``peak``, ``end``
        and ``mean``, and ``peak_end less mean``, the first less the last. Only where that interval
        leaves out 0 do peak and end tell more of the verdict than the mean does. NaN, with the
        reason, with fewer than `MIN_PEOPLE` participants.

    Examples
    --------
    >>> table = pd.DataFrame({"participant": list("abcdefgh"), "peak_stage": "using",
    ...     "end_stage": "using", "peak": 0.1, "end": 0.1, "mean": 0.0, "outcome": "verdict",
    ...     "peak_end": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], "verdict": range(8)})
    >>> peak_end_figures(table).loc[:1, ["measure", "value", "n_participants"]]
        measure  value  n_participants
    0  peak_end    1.0               8
    1      peak    NaN               8
    """
    table = check(table, PEAK_END)
    held = table[table["verdict"].notna()]
    verdict = held["verdict"].to_numpy()
    rows, spread, points = [], {}, {}
    for name in ("peak_end", "peak", "end", "mean"):
        value = held[name].to_numpy()
        why = _why_not(value, verdict)
        rho, drawn = (np.nan, np.empty(0)) if why else _spearman(value, verdict, draws, seed)
        points[name], spread[name] = rho, drawn
        rows.append((name, rho, *_ends(drawn), len(held), method, why or _few(len(held))))
    both = len(spread["peak_end"]) > 0 and len(spread["mean"]) > 0
    # Both were drawn with the same seed, so that each draw has the same participants.
    apart = spread["peak_end"] - spread["mean"] if both else np.empty(0)
    rows.append(
        (
            "peak_end less mean",
            points["peak_end"] - points["mean"],
            *_ends(apart),
            len(held),
            method,
            _few(len(held)) if both else rows[0][-1] or rows[-1][-1],
        )
    )
    return check(pd.DataFrame(rows, columns=FIGURES.names), FIGURES)


def truth(
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    outcome: Outcome = "auto",
    column: str = "verdict",
    last: int = LAST,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how far the feeling at each stage goes with what participants think in the end.

    Parameters
    ----------
    coded, outcome, column, last
        As for `verdicts`.
    codebook
        Names the stages.
    draws, seed
        Bootstrap draws of participants and permutations of verdicts, and their seed.

    Returns
    -------
    DataFrame
        TRUTH. ``rho`` is Spearman's rank correlation between participants' own mean at the stage
        and their verdict, with its interval; ``p`` that of a permutation test, ``p_holm`` the same
        held to the number of stages tested. ``is_moment`` asks for 5 % there. NaN, with the reason,
        with fewer than `MIN_PEOPLE` participants, or where all feel or judge alike.

    Notes
    -----
    The interval is the plain percentile interval of the bootstrap; see
    ``docs/explanation/reading-the-curve.md`` for how often it holds the truth. Permutation p:
    Phipson & Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010); Holm,
    Scandinavian Journal of Statistics 6 (1979). People in a good mood speak well of everything, so
    look whether a stage stands out from the others.
    """
    verdict, rest, said = _outcome(coded, outcome, column, last)
    own = estimate.lines(rest, codebook)
    method = read_by(check(coded, CURVE_IN))
    rows = []
    for order, stage in enumerate(codebook.stage_names):
        here = own[own["stage"] == stage].merge(verdict, on="participant")
        feeling, final = here["valence"].to_numpy(), here["verdict"].to_numpy()
        why = _why_not(feeling, final)
        rho, drawn = (np.nan, np.empty(0)) if why else _spearman(feeling, final, draws, seed)
        low, high = _ends(drawn)
        rows.append(
            {
                "stage": stage,
                "stage_order": order,
                "outcome": said,
                "n_participants": len(here),
                "rho": rho,
                "rho_low": low,
                "rho_high": high,
                "p": np.nan if why else _permuted(feeling, final, rho, draws, seed),
                "method": method,
                "reason": why or _few(len(here)),
            }
        )
    out = pd.DataFrame(rows)
    out["p_holm"] = holm(out["p"])
    out["is_moment"] = out["p_holm"] <= ALPHA
    return check(out[TRUTH.names], TRUTH)


# -- where participants part --------------------------------------------------------------------


def polarisation(
    coded: pd.DataFrame, codebook: Codebook, *, thin_below: int = THIN_BELOW
) -> pd.DataFrame:
    """Return for each stage how many are delighted there and how many suffer.

    Parameters
    ----------
    coded, codebook
        As for `estimate.curve`.
    thin_below
        A stage with fewer participants is not called split.

    Returns
    -------
    DataFrame
        POLARISATION: the spread (standard deviation) of participants' own means, the shares of
        them at `DELIGHTED` and above and at `SUFFERING` and below, each with its Wilson interval.
        ``is_split`` asks for `SPLIT` on each side, and for two people.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": range(5), "participant": list("abcde"), "stage": "using",
    ...                       "valence": [0.5, 0.75, 0.0, -0.25, -1.0]})
    >>> polarisation(coded, book)[["n_participants", "delighted", "suffering", "is_split"]]
       n_participants  delighted  suffering  is_split
    0               5        0.4        0.4      True
    """
    own = estimate.lines(coded, codebook)
    method = read_by(check(coded, CURVE_IN))
    rows = []
    for order, stage in enumerate(codebook.stage_names):
        feeling = own.loc[own["stage"] == stage, "valence"].round(EVEN)
        n = len(feeling)
        up, down = int((feeling >= DELIGHTED).sum()), int((feeling <= SUFFERING).sum())
        row = {"stage": stage, "stage_order": order, "n_participants": n, "method": method}
        for name, many in (("delighted", up), ("suffering", down)):
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), share(many, n), strict=True))
        row["spread"] = feeling.std(ddof=1) if n > 1 else np.nan
        row["is_split"] = n >= thin_below and min(up, down) >= max(2, SPLIT * n - 1e-9)
        thin = f"fewer than {thin_below} participants: too few to call it split"
        row["reason"] = "" if n >= thin_below else thin if n else "nobody spoke of it"
        rows.append(row)
    return check(pd.DataFrame(rows)[POLARISATION.names], POLARISATION)


def separation(
    coded: pd.DataFrame,
    codebook: Codebook,
    attributes: Sequence[str],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return whom split stages part: the value of each attribute that lies furthest from the rest.

    Parameters
    ----------
    coded, codebook, thin_below
        As for `polarisation`; ``coded`` with the attributes.
    attributes
        Columns that hold what is known of participants: segment, plan, region.
    draws, seed
        Permutations of the attribute over participants, bootstrap draws, and their seed.

    Returns
    -------
    DataFrame
        SEPARATION: a row a split stage and attribute, with the mean of those who have the ``value``
        less that of the others, its interval, and p. No row if no stage is split. ``separates``
        asks for 5 % after Holm's correction over all rows. NaN, with the reason, with fewer than
        `MIN_PEOPLE` participants, or where no value has `MIN_GROUP` participants, and others
        as many.

    Raises
    ------
    SchemaError
        If there is no such column, or it differs within a participant.

    Notes
    -----
    Of all values that enough participants have, the one with the largest correlation with the
    feeling is named, and the permutation test names one in the same way each time: having picked it
    is paid for. The interval of the difference is not, and is a little too hopeful for it.
    """
    stages = polarisation(coded, codebook, thin_below=thin_below)
    own = estimate.lines(coded, codebook)
    known = {name: _attribute(coded, name) for name in attributes}
    rows = []
    for row in stages[stages["is_split"]].itertuples():
        here = own[own["stage"] == row.stage].sort_values("participant")
        for name, values in known.items():
            found = _part(
                here["valence"].to_numpy(),
                here["participant"].map(values).fillna("").to_numpy(dtype=object),
                draws,
                seed,
            )
            rows.append(
                {
                    "stage": row.stage,
                    "stage_order": row.stage_order,
                    "attribute": name,
                    "method": row.method,
                    **found,
                }
            )
    if not rows:
        return SEPARATION.empty()
    out = pd.DataFrame(rows)
    out["p_holm"] = holm(out["p"])
    out["separates"] = out["p_holm"] <= ALPHA
    return check(out[SEPARATION.names], SEPARATION)


# -- authored against lived ---------------------------------------------------------------------


def gaps(curve: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return how far what participants felt lies from what the team expected, largest gap first.

    Parameters
    ----------
    curve
        CURVE of one group.
    codebook
        Whose stages have an ``expected_valence``.

    Returns
    -------
    DataFrame
        GAPS: ``gap`` is the point less the expectation, its interval that of the point, less the
        expectation. ``is_outside`` tells that the expectation lies outside the curve's interval, as
        printed (two decimals). Stages without expectation, point or interval come last, with the
        reason.

    Raises
    ------
    SchemaError
        If the curve is of several groups.
    ConfigError
        If the codebook lacks a stage of the curve.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "buying", "expected_valence": 0.5},
    ...                                             {"name": "using", "expected_valence": 0.25}]})
    >>> rows = pd.DataFrame({"group": "", "stage": ["buying", "using"], "stage_order": [0, 1],
    ...     "valence": [0.25, -0.5], "valence_low": [0.0, -0.75], "valence_high": [0.5, -0.25],
    ...     "n_participants": 9, "n_units": 20, "n_human": 20, "method": "human", "is_thin": False})
    >>> gaps(rows, book)[["stage", "expected", "gap", "gap_low", "gap_high", "is_outside"]]
        stage  expected   gap  gap_low  gap_high  is_outside
    0   using      0.25 -0.75     -1.0      -0.5        True
    1  buying      0.50 -0.25     -0.5       0.0       False
    """
    out = check(curve, CURVE)
    if out["group"].nunique() > 1:
        raise SchemaError(
            "the curve is of several groups", remedy="hand in the rows of one group at a time"
        )
    hoped = [codebook.stage(str(stage)).expected_valence for stage in out["stage"]]
    out["expected"] = np.array([np.nan if v is None else v for v in hoped], dtype=float)
    for end in ("", "_low", "_high"):
        out[f"gap{end}"] = out[f"valence{end}"] - out["expected"]
    out["is_outside"] = [
        side(low, high) != 0 for low, high in zip(out["gap_low"], out["gap_high"], strict=True)
    ]
    out["reason"] = np.select(
        [out["expected"].isna(), out["valence"].isna(), out["gap_low"].isna()],
        [
            "the codebook expects nothing of it",
            "nobody spoke of it",
            "one participant has no interval",
        ],
        [_few(int(n)) for n in out["n_participants"]],
    )
    size = out["gap"].abs().round(EVEN)
    out = out.assign(size=-size).sort_values(["size", "stage_order"], na_position="last")
    return check(out[GAPS.names], GAPS)


# -- figures ------------------------------------------------------------------------------------


def holm(p: ArrayLike) -> Floats:
    """Return p values held to their number (Holm 1979); NaN is no test and stays NaN.

    Examples
    --------
    >>> holm([0.01, float("nan"), 0.04, 0.03]).round(2).tolist()
    [0.03, nan, 0.06, 0.06]
    """
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(p, dtype=float)
    out = np.full(len(values), np.nan)
    tested = ~np.isnan(values)
    if tested.any():
        out[tested] = multipletests(values[tested], method="holm")[1]
    return out


def _outcome(
    coded: pd.DataFrame, outcome: Outcome, column: str, last: int
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Return verdicts, the settled units that they are not made of, and which outcome it is."""
    held = estimate.settled(check(coded, CURVE_IN))
    # Settled once: what is left of a table must not be settled by another rule than the whole.
    held = held.drop(columns=["human_stage", "human_valence", "sampling_probability"])
    given = _verdict(held, column) if column in held and outcome != "last words" else pd.Series()
    if outcome == "verdict" and given.empty:
        raise SchemaError(
            f"no participant has a {column}",
            remedy=f"add the column {column!r} to participants.csv, or ask for last words",
        )
    if len(given):
        said, rest = OUTCOMES[0], held
    else:
        told = check(held, TOLD_IN).sort_values(["participant", "interview", "order", "unit_id"])
        final = told.groupby(["participant", "interview"]).tail(last)
        means = final.groupby(["participant", "interview"])["valence"].mean()
        given, said = means.groupby("participant").mean(), OUTCOMES[1]
        rest = told[~told["unit_id"].isin(final["unit_id"])]
        rest = rest.drop(columns=["human_stage", "human_valence", "sampling_probability"])
    table = pd.DataFrame(
        {"participant": list(given.index), "verdict": given.to_numpy(dtype=float), "outcome": said}
    )
    # Of nobody, ids would be numbers, which nothing can be merged with.
    return table.astype({"participant": "str"}), rest, said


def _verdict(held: pd.DataFrame, column: str) -> pd.Series:
    said = held[column].astype(object).where(held[column].notna(), "").astype(str).str.strip()
    numbers = pd.to_numeric(said.where(said != ""), errors="coerce").astype(float)
    wrong = (said != "") & ~np.isfinite(numbers)
    if wrong.any():
        raise SchemaError(
            f"{said[wrong].iloc[0][:60]!r} is no number",
            column=column,
            remedy="write each participant's verdict as a number, or leave it blank",
        )
    given = held.assign(number=numbers).dropna(subset=["number"]).groupby("participant")["number"]
    _one_each(given.nunique(), column)
    return given.first()


def _attribute(coded: pd.DataFrame, name: str) -> pd.Series:
    if name not in coded or name in CURVE_IN.names:
        known = [str(c) for c in coded.columns if c not in CURVE_IN.names]
        raise SchemaError(
            f"no column {name!r} to hold participants apart by",
            remedy=f"there is {', '.join(known)}" if known else "the table has no attribute",
        )
    values = coded[name].astype(object).where(coded[name].notna(), "").astype(str).str.strip()
    values = values.where(values != NOT_GIVEN, "")
    given = values.groupby(coded["participant"])
    _one_each(given.nunique(), name)
    return given.first()


def _one_each(many: pd.Series, column: str) -> None:
    if (many > 1).any():
        raise SchemaError(
            f"{many[many > 1].index[0]} has several values",
            column=column,
            remedy="hand in the units of one wave, or give each participant one value",
        )


def _chosen(coded: pd.DataFrame, method: Method) -> str:
    """Return the method that `estimate.curve` would name."""
    if method != "auto":
        return method
    drawn = coded["human_valence"].notna() & coded["sampling_probability"].notna()
    return (
        "human" if read_by(coded) == "human" else "prediction-powered" if drawn.any() else "machine"
    )


def _people(n: int) -> str:
    return f"{n} participant{'s' * (n != 1)}"


def _why_not(one: Floats, other: Floats) -> str:
    """Return why nothing can be said about what goes with what; blank if it can."""
    if len(one) < MIN_PEOPLE:
        return f"{_people(len(one))}: fewer than {MIN_PEOPLE} show nothing"
    if len(np.unique(one.round(EVEN))) < 2 or len(np.unique(other.round(EVEN))) < 2:
        return "no variation: all feel or judge alike"
    return ""


def _few(n: int) -> str:
    return how_many(n, "have anything on it")


def _spearman(one: Floats, other: Floats, draws: int, seed: int) -> tuple[float, Floats]:
    """Return Spearman's rho, and that of each bootstrap draw of participants (NaN if constant)."""
    n, rng = len(one), np.random.default_rng(seed)
    one, other = one.round(EVEN), other.round(EVEN)
    drawn = []
    for some in _portions(draws):
        which = rng.integers(n, size=(some, n))
        drawn.append(_correlations(_centred_ranks(one[which]), _centred_ranks(other[which])))
    point = _correlations(_centred_ranks(one[None]), _centred_ranks(other[None]))
    return float(point[0]), np.concatenate(drawn)


def _permuted(one: Floats, other: Floats, rho: float, draws: int, seed: int) -> float:
    """Return the share of permutations with a rho at least as far from 0, this one among them."""
    first = _centred_ranks(one.round(EVEN)[None])
    second, rng = _centred_ranks(other.round(EVEN)[None]), np.random.default_rng(seed)
    further = 0
    for some in _portions(draws):
        shuffled = rng.permuted(np.tile(second, (some, 1)), axis=1)
        far = np.abs(_correlations(np.broadcast_to(first, shuffled.shape), shuffled))
        further += int((far >= abs(rho) - 1e-9).sum())
    return (1 + further) / (1 + draws)


def _portions(draws: int) -> list[int]:
    """Return how many draws to make at a time: all at once would fill the memory.

    Examples
    --------
    >>> _portions(250)
    [100, 100, 50]
    """
    return [min(estimate.AT_ONCE, draws - start) for start in range(0, draws, estimate.AT_ONCE)]


def _centred_ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    out: Floats = rankdata(values, axis=1) - (values.shape[1] + 1) / 2
    return out


def _correlations(one: Floats, other: Floats) -> Floats:
    """Return the correlation of each pair of centred rows; NaN where one does not vary."""
    bottom = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    out = np.full(len(bottom), np.nan)
    np.divide((one * other).sum(axis=1), bottom, out=out, where=bottom > 0)
    clipped: Floats = np.clip(out, -1.0, 1.0)
    return clipped


def _ends(drawn: Floats) -> tuple[float, float]:
    """Return the plain percentile interval: a rank correlation's needs no widening (measured)."""
    held = drawn[~np.isnan(drawn)]
    if not len(held):
        return np.nan, np.nan
    low, high = np.percentile(held, [100 * ALPHA / 2, 100 * (1 - ALPHA / 2)])
    return float(low), float(high)


def _part(feeling: Floats, values: NDArray[np.object_], draws: int, seed: int) -> dict[str, object]:
    """Return which value parts participants most, how far, and how often chance parts them so."""
    given = values != ""
    feeling, values = feeling[given], values[given]
    n = len(feeling)
    names, many = np.unique(values.astype(str), return_counts=True)
    fit = names[(many >= MIN_GROUP) & (n - many >= MIN_GROUP)]
    why = ""
    if n < MIN_PEOPLE:
        why = f"{_people(n)}: fewer than {MIN_PEOPLE} show nothing"
    elif not len(fit):
        why = f"no value has {MIN_GROUP} participants beside {MIN_GROUP} others"
    if why:
        nothing = dict.fromkeys(("difference", "difference_low", "difference_high", "p"), np.nan)
        return {"value": "", "n_value": 0, "n_rest": 0, **nothing, "reason": why}
    member = (values[:, None] == fit).astype(float)
    centred = (member - member.mean(axis=0)) / member.std(axis=0)
    rng = np.random.default_rng(seed)
    # All draws have the same mean and spread, so the product with the standardised membership
    # orders them as the correlation does.
    deviation = feeling - feeling.mean()
    seen = np.abs(deviation @ centred)
    chance = np.concatenate(
        [
            np.abs(rng.permuted(np.tile(deviation, (some, 1)), axis=1) @ centred).max(axis=1)
            for some in _portions(draws)
        ]
    )
    best = int(seen.argmax())
    inside = member[:, best] == 1
    with_it, rest = feeling[inside], feeling[~inside]
    apart = [
        np.concatenate(
            [x[rng.integers(len(x), size=(k, len(x)))].mean(axis=1) for k in _portions(draws)]
        )
        for x in (with_it, rest)
    ]
    fewest = min(len(with_it), len(rest))
    cut = 100 * tail(fewest)
    low, high = np.percentile(apart[0] - apart[1], [cut, 100 - cut])
    return {
        "value": str(fit[best]),
        "n_value": len(with_it),
        "n_rest": len(rest),
        "difference": with_it.mean() - rest.mean(),
        "difference_low": low,
        "difference_high": high,
        "p": (1 + (chance >= seen[best] - 1e-9).sum()) / (1 + draws),
        "reason": how_many(fewest, "are on the smaller side"),
    }
