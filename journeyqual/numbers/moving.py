"""What moves with what: rank associations of numbers with feelings, for few points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyqual.codebook import Codebook
from journeyqual.estimate import DRAWS, THIN_BELOW
from journeyqual.moments import holm
from journeyqual.numbers.voices import (
    Cell,
    Feel,
    Felt,
    Floats,
    Held,
    Voices,
    felt_in,
    heard,
    placed,
)
from journeyqual.schema import ASSOCIATIONS, check

MIN_POINTS = 4
"""With fewer points nothing is said about what moves with what."""
SETTLES = 6
"""With fewer points even a perfect order has an interval that holds 0."""
EXACT = 8
"""Up to so many points every permutation is looked at."""
ALPHA = 0.05
DOUBT = 0.75
"""How sure to be that the points differ by no more than is reckoned with (of 1)."""


def associations(
    metrics: pd.DataFrame,
    coded: pd.DataFrame,
    codebook: Codebook,
    *,
    by: str = "",
    period: str = "",
    draws: int = DRAWS,
    seed: int = 0,
    thin_below: int = THIN_BELOW,
) -> pd.DataFrame:
    """Return which numbers move with the feeling, across stages, across groups or across periods.

    Parameters
    ----------
    metrics, coded, codebook, by, period, draws, seed, thin_below
        As for `numbers`.

    Returns
    -------
    DataFrame
        ASSOCIATIONS, a row a number and kind of points: its stages (of one group and period), its
        groups (at one stage, in one period) or its periods (at one stage, of one group). ``rho`` is
        Spearman's rank correlation of the number, turned so that higher is better, with the
        feeling; ``p`` that of a permutation test, ``p_holm`` the same held to the number of rows
        tested. ``words`` are "moves with" or "moves against" where the interval leaves out 0 and
        ``p_holm`` is at most 5 %, else "no settled association", and "cannot say" with fewer than
        `MIN_POINTS` points; then rho is NaN and ``reason`` says why. Thin points are left out.

    Raises
    ------
    SchemaError
        As `numbers`.

    Notes
    -----
    Every permutation is looked at up to `EXACT` points; beyond, ``draws`` of them (Phipson & Smyth,
    Statistical Applications in Genetics and Molecular Biology 9, 2010). The interval is Bonett &
    Wright's (Psychometrika 65, 2000) for so many points, each end moved away from 0 by what the
    noise in the feelings hides: a curve of few people shows any order but dimly (attenuation:
    Spearman, American Journal of Psychology 15, 1904). How much of the points' spread is noise, the
    bootstrap of participants through the whole curve tells. Ends are rounded outwards to values
    that a rank correlation of so many points can take. ``docs/explanation/numbers.md`` has how
    often it holds the truth.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": n} for n in "pqrstu"]})
    >>> coded = pd.DataFrame([(f"{p}{s}", p, s, 0.1 * i + 0.05 * j) for i, s in enumerate("pqrstu")
    ...                       for j, p in enumerate("ABCDEF")],
    ...                      columns=["unit_id", "participant", "stage", "valence"])
    >>> metrics = pd.DataFrame({"stage": list("pqrstu"), "metric": "left", "unit": "%",
    ...                         "value": [9, 8, 6, 5, 2, 1], "better": "lower"})
    >>> associations(metrics, coded, book)[["metric", "across", "rho", "p", "words"]].round(3)
      metric  across  rho      p       words
    0   left  stages  1.0  0.003  moves with
    """
    voices = heard(coded, codebook, by, period, draws, seed, thin_below)
    _, held = placed(metrics, voices)
    felt = felt_in(voices, {number.cell for number in held if not number.missing})
    slices: dict[tuple[str, ...], list[Held]] = defaultdict(list)
    for number in held:
        name, stage, group, wave = number.metric, number.stage, number.group, number.period
        if stage:
            slices["stages", *name, "", group, wave].append(number)
        if group:
            slices["groups", *name, stage, "", wave].append(number)
        if wave:
            slices["periods", *name, stage, group, ""].append(number)
    drawn: dict[tuple[Cell, ...], dict[Cell, Feel]] = {}
    rows = []
    for (across, *_), points in sorted(slices.items()):
        if len(points) > 1:
            rows.append(_associated(across, points, felt, voices, drawn))
    if not rows:
        return ASSOCIATIONS.empty()
    out = pd.DataFrame(rows)
    out["p_holm"] = holm(out["p"])
    settled = out["p_holm"] <= ALPHA
    out["words"] = np.select(
        [out["rho"].isna(), settled & (out["rho_low"] > 0), settled & (out["rho_high"] < 0)],
        ["cannot say", "moves with", "moves against"],
        "no settled association",
    )
    return check(out[ASSOCIATIONS.names], ASSOCIATIONS)


def _associated(
    across: str,
    points: Sequence[Held],
    felt: Felt,
    voices: Voices,
    drawn: dict[tuple[Cell, ...], dict[Cell, Feel]],
) -> dict[str, Any]:
    """Return one row of ASSOCIATIONS but for what depends on the others."""
    used = [number for number in points if _is_point(number, across, felt)]
    used = sorted(used, key=lambda number: (number.cell, voices.stage(number.stage)))
    first = points[0]
    row: dict[str, Any] = {
        "metric": first.row["metric"],
        "unit": first.row["unit"],
        "stage": "" if across == "stages" else first.stage,
        "group": "" if across == "groups" else first.row["group"],
        "period": "" if across == "periods" else first.row["period"],
        "across": across,
        "n_points": len(used),
        "method": voices.method,
    }
    x = np.array([number.sign * number.value for number in used]).round(12)
    y = np.array([felt[number.cell, number.stage]["valence"] for number in used]).round(12)
    why = _why_not(across, points, x, y)
    if why:
        return row | dict.fromkeys(("rho", "rho_low", "rho_high", "p"), np.nan) | {"reason": why}
    cells = tuple(sorted({number.cell for number in used}))
    if cells not in drawn:
        drawn[cells] = voices.together(cells, voices.seed)
    feels = [(drawn[cells][number.cell], voices.stage(number.stage)) for number in used]
    moved = np.column_stack([feel.drawn[:, at] - feel.point[at] for feel, at in feels])
    rho = _spearman(x, y)
    low, high = _interval(rho, y, moved * np.array([feel.grown[at] for feel, at in feels]))
    p = _permuted(x, y, rho, voices.draws, voices.seed)
    notes = []
    if len(used) < len(points):
        out = len(points) - len(used)
        some = f"{out} point{'s' * (out != 1)}"
        notes.append(f"{some} left out: too few people were heard there")
    if len(used) < SETTLES:
        notes.append(f"with {len(used)} points even a perfect order settles nothing")
    if across == "periods":
        notes.append("whatever drifts over time moves with whatever else drifts")
    elif any(number.note for number in used):
        notes.append("the feeling is that of all periods")
    return row | {"rho": rho, "rho_low": low, "rho_high": high, "p": p, "reason": "; ".join(notes)}


def _is_point(number: Held, across: str, felt: Felt) -> bool:
    if number.missing or not number.sign or (across == "periods" and not number.cell[1]):
        return False
    here = felt[number.cell, number.stage]
    return not here["is_thin"] and not np.isnan(here["valence"])


def _why_not(across: str, points: Sequence[Held], x: Floats, y: Floats) -> str:
    """Return why nothing is said about what moves with what; blank if it can be."""
    if not any(number.sign for number in points):
        return "nothing says whether higher or lower is better"
    if across == "periods" and not any(number.cell[1] for number in points):
        return "the interviews do not tell these periods apart"
    if len(x) < MIN_POINTS:
        some = f"{len(x)} point{'s' * (len(x) != 1)}"
        heard = " with enough voices" if len(points) > len(x) else ""
        return f"{some}{heard}: fewer than {MIN_POINTS} show nothing"
    if len(np.unique(x)) < 2 or len(np.unique(y)) < 2:
        return "no variation: the number or the feeling is the same everywhere"
    return ""


def _ranks(values: Floats) -> Floats:
    """Return ranks along the last axis, less their mean."""
    from scipy.stats import rankdata

    out: Floats = rankdata(values, axis=-1) - (values.shape[-1] + 1) / 2
    return out


def _spearman(x: Floats, y: Floats) -> float:
    one, other = _ranks(x), _ranks(y)
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float(np.clip((one * other).sum() / size, -1.0, 1.0))


def _permuted(x: Floats, y: Floats, rho: float, draws: int, seed: int) -> float:
    """Return the share of orders of the points with a rho at least as far from 0."""
    one, other = _ranks(x), _ranks(y)
    size = np.sqrt((one**2).sum() * (other**2).sum())
    if len(x) <= EXACT:
        shuffled = other[_orders(len(x))]
        return float((np.abs(shuffled @ one) >= abs(rho) * size - 1e-9).mean())
    shuffled = np.random.default_rng(seed).permuted(np.tile(other, (draws, 1)), axis=1)
    far = np.abs(shuffled @ one) >= abs(rho) * size - 1e-9
    return float((1 + far.sum()) / (1 + draws))


@cache
def _orders(k: int) -> NDArray[np.intp]:
    """Return every order of k points."""
    return np.array(list(permutations(range(k))), dtype=np.intp)


def _interval(rho: float, y: Floats, moved: Floats) -> tuple[float, float]:
    """Return the ends for so many points, moved outwards by what noise in the feelings hides.

    Parameters
    ----------
    rho
        Spearman's, of the points.
    y
        The feelings.
    moved
        Draws x points: how far each draw's feelings lie from them.
    """
    from scipy.stats import chi2, norm

    k = len(y)
    step = 12 / (k * (k * k - 1))
    # A perfect order has no z; it is given that of the next one, and its own end below.
    r = float(np.clip(rho, step - 1, 1 - step))
    reach = norm.isf(ALPHA / 2) * np.sqrt((1 + r**2 / 2) / (k - 3))
    low, high = (float(np.tanh(np.arctanh(r) + end)) for end in (-reach, reach))
    low, high = min(low, rho), max(high, rho)
    # What all points share moves no ranks.
    apart = moved[~np.isnan(moved).any(axis=1)]
    noise = float(apart.var(axis=1, ddof=1).mean()) if len(apart) else np.inf
    doubtful = float(y.var(ddof=1)) * (k - 1) / float(chi2.ppf(DOUBT, k - 1))
    clear = float(np.sqrt(max(0.0, 1 - noise / doubtful)))
    low, high = min(low, _undimmed(low, clear)), max(high, _undimmed(high, clear))
    # Outwards, to what so many untied points can show.
    low, high = (
        -1 + step * end
        for end in (np.floor((low + 1) / step + 1e-9), np.ceil((high + 1) / step - 1e-9))
    )
    return float(np.clip(low, -1.0, 1.0)), float(np.clip(high, -1.0, 1.0))


def _undimmed(end: float, clear: float) -> float:
    """Return an end as it would be if the feelings were known: further from 0."""
    return float(np.sign(end)) * (min(1.0, abs(end) / clear) if clear > 0 else 1.0)
