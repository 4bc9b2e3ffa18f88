"""Numbers held against voices: what each can be held against, and what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from journeyqual.codebook import Codebook
from journeyqual.estimate import DRAWS, THIN_BELOW, compare
from journeyqual.estimate.intervals import deviation
from journeyqual.numbers.voices import (
    Cell,
    Feel,
    Felt,
    Floats,
    Held,
    Voices,
    felt_in,
    heard,
    mean_of,
    placed,
)
from journeyqual.numbers.words import between
from journeyqual.paths import FLAT
from journeyqual.schema import METRICS, NUMBERS, check, side, signed

FEELING = ("valence", "valence_low", "valence_high")
KINDS = ("before", "other groups", "other stages", "level")


def numbers(
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
    """Return every number with the feeling at its stage, and whether the two agree.

    Parameters
    ----------
    metrics
        METRICS. A blank stage is the whole journey, a blank group everybody, a blank period all of
        them. Optional columns ``neutral, low, high`` as for `scale`; further columns are kept.
    coded, codebook, draws, seed, thin_below
        As for `estimate.curve`.
    by
        The attribute in ``coded`` whose values the groups are; letter case and blanks at the ends
        do not count. Blank: there are no groups to look for.
    period
        The column of ``coded`` that tells in which wave a unit was heard, spelled as in
        ``metrics``. Waves follow each other as their names do. Blank: all voices stand for every
        period, and ``why`` says so.

    Returns
    -------
    DataFrame
        NUMBERS, a row a number, in the order of ``metrics``. The feeling is the curve's point with
        its interval; that of the whole journey is the mean of the stages, as in
        `estimate.reading`. ``flag`` says what came of holding the two against each other, and
        ``compared`` what made it so:

        - ``before``: the number and the feeling, both less their values a period earlier;
        - ``other groups``: the same number of two groups, and how far their feelings lie apart;
        - ``other stages``: the best and the worst of one number at several stages, and how far the
          feeling there lies from the mean of the others;
        - ``level``: the number's side of its scale's middle, and the curve's side of neutral.

        ``disagree`` if any of them does, else ``agree`` if any does, else ``unsettled`` where the
        feeling's interval allows both, else ``cannot say``. Thin stages say nothing.

    Raises
    ------
    SchemaError
        If a number stands twice, is better higher in one row and lower in another, has a scale that
        cannot be or an unknown stage; and as `estimate.curve`.

    Notes
    -----
    All differences of feelings that the table asks for are held at once: their intervals are those
    of the largest studentised difference, as in `estimate.differences`. Levels rest on the curve's
    own intervals. A machine's misreadings are in neither where no drawn codings correct them;
    ``why`` says where that is so.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"name": "Mini", "stage": [{"name": "using"}]})
    >>> coded = pd.DataFrame({"unit_id": range(6), "participant": list("abcdef"), "stage": "using",
    ...                       "valence": [-0.5, -0.6, -0.4, -0.5, -0.6, -0.4]})
    >>> metrics = pd.DataFrame({"stage": ["using", "using"], "metric": ["CSAT", "signed up"],
    ...                         "value": [81, 81], "unit": "%", "better": "higher"})
    >>> numbers(metrics, coded, book)[["metric", "valence", "flag", "compared"]]
          metric  valence        flag compared
    0       CSAT     -0.5    disagree    level
    1  signed up     -0.5  cannot say
    """
    voices = heard(coded, codebook, by, period, draws, seed, thin_below)
    table, held = placed(metrics, voices)
    felt = felt_in(voices, {number.cell for number in held if not number.missing})
    same: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for number in held:
        same[number.metric].append(number)
    compared = [_comparisons(number, same[number.metric], felt) for number in held]
    apart = _apart(voices, [c.contrast for found in compared for c in found])
    rows = []
    for number, comparisons in zip(held, compared, strict=True):
        here = felt.get((number.cell, number.stage)) if not number.missing else None
        flag, kinds, why = _judged(number, same[number.metric], here, comparisons, apart, felt)
        rows.append(
            {
                "stage_order": codebook.order(number.stage) if number.stage else -1,
                **{name: here[name] if here else np.nan for name in FEELING},
                "n_participants": here["n_participants"] if here else 0,
                "is_thin": here["is_thin"] if here else True,
                "method": here["method"] if here else "",
                "flag": flag,
                "compared": ", ".join(kinds),
                "why": why,
            }
        )
    beside = pd.DataFrame(rows, columns=NUMBERS.names[len(METRICS.columns) :])
    return check(
        pd.concat([table.drop(columns=beside.columns, errors="ignore"), beside], axis=1), NUMBERS
    )


# -- what is held against what --------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Contrast:
    """One feeling less another: a stage in a cell, less the mean of stages in a cell.

    Parameters
    ----------
    pool
        Contrasts of one pool are drawn together.
    """

    pool: tuple[str, ...]
    cell: Cell
    stage: str
    other_cell: Cell
    others: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """A number held against others of its kind, and the feelings that go with it."""

    kind: str
    ahead: int
    """1 if the number is better than what it is held against, -1 worse, 0 the same."""
    contrast: Contrast
    other: Held
    many: int = 1


def _rivals(number: Held, held: Sequence[Held]) -> dict[str, list[Held]]:
    """Return what a number could be held against, of all rows of it, by kind; thin ones, too."""
    same = [o for o in held if o is not number and not o.missing]
    wave, place = number.cell[1], (number.stage, number.period)
    earlier = [
        o
        for o in same
        if (o.stage, o.group) == (number.stage, number.group) and "" < o.cell[1] < wave
    ]
    groups = [o for o in same if number.group and o.group and (o.stage, o.period) == place]
    stages = [
        o
        for o in same
        if number.stage and o.stage and (o.group, o.period) == (number.group, number.period)
    ]
    found = {"before": earlier, "other groups": groups, "other stages": stages}
    return {kind: others for kind, others in found.items() if others and number.sign}


def _comparisons(number: Held, held: Sequence[Held], felt: Felt) -> list[Comparison]:
    """Return what a number is held against, thin stages aside."""
    if number.missing or felt[number.cell, number.stage]["is_thin"]:
        return []
    firm = {
        kind: [o for o in others if not felt[o.cell, o.stage]["is_thin"]]
        for kind, others in _rivals(number, held).items()
    }

    def ahead(other: Held) -> int:
        return int(np.sign(number.sign * (number.value - other.value)))

    def contrast(kind: str, fixed: tuple[str, ...], others: Sequence[Held]) -> Contrast:
        stages = tuple(sorted(o.stage for o in others))
        return Contrast((kind, *fixed), number.cell, number.stage, others[0].cell, stages)

    out = []
    if firm.get("before"):
        last = max(firm["before"], key=lambda o: o.cell[1])
        feelings = contrast("before", (number.group,), [last])
        out.append(Comparison("before", ahead(last), feelings, last))
    for other in firm.get("other groups", ()):
        feelings = contrast("other groups", (number.cell[1],), [other])
        out.append(Comparison("other groups", ahead(other), feelings, other))
    others = firm.get("other stages", [])
    ways = {ahead(other) for other in others}
    # Only the best and the worst: in between there is no saying where the feeling should be.
    if len(ways) == 1 and ways != {0}:
        feelings = contrast("other stages", number.cell, others)
        out.append(Comparison("other stages", ways.pop(), feelings, others[0], len(others)))
    return out


def _apart(
    voices: Voices, contrasts: Iterable[Contrast]
) -> dict[Contrast, tuple[float, float, float]]:
    """Return each difference of feelings with the interval that holds for all at once."""
    pools: dict[tuple[str, ...], list[Contrast]] = defaultdict(list)
    for contrast in sorted(set(contrasts)):
        pools[contrast.pool].append(contrast)
    rows, drawn = [], []
    for number, pool in enumerate(pools.values()):
        cells = sorted({cell for c in pool for cell in (c.cell, c.other_cell)})
        seed = int(np.random.SeedSequence([voices.seed, number]).generate_state(1)[0])
        feels = voices.together(cells, seed)
        for contrast in pool:
            difference, error, df, moved = _difference(contrast, feels, voices)
            rows.append((contrast, difference, error, df))
            drawn.append(moved)
    if not rows:
        return {}
    table = pd.DataFrame(
        {
            "is_thin": False,
            "difference": [row[1] for row in rows],
            "error": [row[2] for row in rows],
            "df": [row[3] for row in rows],
        }
    )
    joint = compare.with_joint(table, np.column_stack(drawn))
    ends = joint[["difference", "joint_low", "joint_high"]].to_numpy().tolist()
    return {row[0]: tuple(found) for row, found in zip(rows, ends, strict=True)}


def _difference(
    contrast: Contrast, feels: dict[Cell, Feel], voices: Voices
) -> tuple[float, float, float, Floats]:
    """Return a difference of feelings, its standard error, degrees of freedom, and draws."""
    one, other = feels[contrast.cell], feels[contrast.other_cell]
    here = voices.stage(contrast.stage)
    there = [voices.stage(name) for name in contrast.others]
    difference = float(one.point[here] - other.point[there].mean())
    moved = one.drawn[:, here] - one.point[here]
    moved = difference + moved - mean_of(other.drawn[:, there] - other.point[there])
    if contrast.cell == contrast.other_cell or len(one.people.intersection(other.people)):
        grown = np.max([one.grown[here], *other.grown[there]])
        df = min(one.df[here], *other.df[there])
        return difference, float(deviation(moved[:, None])[0] * grown), float(df), moved
    parts = [(one.error[here], one.df[here]), (other.error[there[0]], other.df[there[0]])]
    square = sum(error**2 for error, _ in parts)
    fourth = sum(error**4 / df if df > 0 else np.nan for error, df in parts)
    # Where nothing varies, any degrees of freedom give the same interval: the point.
    return difference, float(np.sqrt(square)), float(square**2 / fourth if fourth else 1.0), moved


# -- what comes of it -----------------------------------------------------------------------------


def _judged(
    number: Held,
    held: Sequence[Held],
    here: dict[str, Any] | None,
    comparisons: Sequence[Comparison],
    apart: Mapping[Contrast, tuple[float, float, float]],
    felt: Felt,
) -> tuple[str, list[str], str]:
    """Return a number's flag, what it was held against, and why."""
    if here is None:
        return "cannot say", [], _sentences(number.missing)
    silent = _silent(number, here)
    if silent:
        return "cannot say", [], _sentences(silent, number.note)
    found: dict[str, dict[str, str]] = {"agree": {}, "disagree": {}, "unsettled": {}}
    by_size = sorted(comparisons, key=lambda c: -abs(apart[c.contrast][0]))
    for comparison in by_size:
        difference, low, high = apart[comparison.contrast]
        feel = side(low, high)
        words = _compared_words(number, comparison, feel, difference, low, high)
        # Of several groups the one whose feeling lies furthest off is named.
        found[_of(comparison.ahead, feel)].setdefault(comparison.kind, words)
    if not np.isnan(number.scale.middle):
        feel = side(here["valence_low"], here["valence_high"])
        if here["is_unverified"] and abs(here["valence"]) < FLAT:
            # A machine's curve is flatter than people's, and off by more than its interval.
            feel = 0
        above = int(np.sign(number.value - number.scale.middle))
        found[_of(above * number.sign, feel)]["level"] = _level_words(number, above, feel, here)
    others = [felt[c.contrast.other_cell, name] for c in comparisons for name in c.contrast.others]
    unverified = any(row["is_unverified"] for row in (here, *others))
    note = _sentences("", number.note, _UNVERIFIED if unverified else "")
    for flag in ("disagree", "agree", "unsettled"):
        kinds = [kind for kind in KINDS if kind in found[flag]]
        if kinds:
            why = "; ".join(found[flag][kind] for kind in kinds)
            also = [_AGAINST[k] for k in KINDS if k in found["agree"] and k not in kinds]
            if flag == "disagree" and also:
                why += f"; held against {' and '.join(also)} they agree"
            return flag, kinds, _sentences(why, note)
    return "cannot say", [], _sentences(_alone(number, held, felt), note)


_UNVERIFIED = "The codings are a machine's, unverified by people."
_AGAINST = {
    "before": "the period before",
    "other groups": "other groups",
    "other stages": "other stages",
    "level": "the middle of its scale",
}


def _of(ahead: int, felt: int) -> str:
    return "unsettled" if not ahead or not felt else "agree" if ahead == felt else "disagree"


def _silent(number: Held, here: dict[str, Any]) -> str:
    """Return why a number can be held against nothing; blank if it may be."""
    n = here["n_participants"]
    if not n or np.isnan(here["valence"]):
        return "nobody spoke of it"
    if here["is_thin"]:
        who = "participant speaks" if n == 1 else "participants speak"
        return f"{n} {who} of it: too few to show anything"
    if not number.sign:
        return "nothing says whether higher or lower is better"
    return ""


def _alone(number: Held, held: Sequence[Held], felt: Felt) -> str:
    """Return why a number that has voices is held against nothing."""
    rivals = _rivals(number, held)
    firm = [o for o in rivals.get("other stages", ()) if not felt[o.cell, o.stage]["is_thin"]]
    out = f"{number.amount()} has no middle that parts good from bad, and "
    if firm:
        return f"{out}is neither the best nor the worst of {len(firm) + 1} stages"
    enough = " that enough people speak of" if rivals else ""
    return f"{out}there is nothing else to hold it against{enough}"


def _compared_words(
    number: Held, made: Comparison, felt: int, difference: float, low: float, high: float
) -> str:
    ends = f"({signed(difference)}, {between(low, high)})"
    feel = {1: f"feel better {ends}", -1: f"feel worse {ends}"}.get(felt, "")
    open_ = f"whether people feel better or worse{{}} is not settled {ends}"
    ahead = {1: "better", -1: "worse"}.get(made.ahead, "same")
    if made.kind == "before":
        first, last = made.other.row["period"], number.row["period"]
        went = f"went the {ahead} way" if made.ahead else "stayed as it was"
        moved = f"from {first} to {last} the number {went}"
        then = f"people {feel}" if feel else open_.format("")
        return f"{moved} ({made.other.amount()} to {number.amount()}), and {then}"
    if made.kind == "other groups":
        mine, other = number.row["group"], made.other.row["group"]
        values = f"{number.amount()} against {made.other.amount()}"
        then = f"people {feel}" if feel else open_.format("")
        return f"{mine} has the {ahead} number than {other} ({values}), and {then}".replace(
            "the same number than", "the same number as"
        )
    best = "best" if made.ahead > 0 else "worst"
    where = f"it has the {best} number of {made.many + 1} stages ({number.amount()})"
    then = f"people {feel} there than at the others" if feel else open_.format(" than elsewhere")
    return f"{where}, and {then}"


def _level_words(number: Held, above: int, felt: int, here: dict[str, Any]) -> str:
    middle = f"the middle of its scale ({number.scale.middle:g})"
    if not above:
        place = f"{number.amount()} is {middle}"
    else:
        good = "good" if above == number.sign else "bad"
        word = "above" if above > 0 else "below"
        place = f"{number.amount()} is {word} {middle}, on the {good} side"
    ends = between(here["valence_low"], here["valence_high"])
    feel = {1: "people feel good", -1: "people feel bad"}.get(felt, "the feeling may be either")
    if not felt and side(here["valence_low"], here["valence_high"]):
        feel = "the feeling that a machine read lies too near the middle to tell"
    return f"{place}, and {feel} ({ends})"


def _sentences(first: str, *more: str) -> str:
    start = f"{first[0].upper()}{first[1:]}." if first else ""
    return " ".join(part for part in (start, *more) if part)
