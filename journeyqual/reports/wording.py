"""Rows of result tables in words: one sentence that says no more than the intervals allow.

Each function takes a finished table and returns sentences, the most important first. A table that
is empty, or that holds reasons instead of figures, gives the sentence that says why there is
nothing and what would make it come. The file is a list of such functions, one a table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from journeyqual.charts.words import english_interval as interval
from journeyqual.charts.words import english_people as people
from journeyqual.schema import (
    ASSOCIATIONS,
    DIFFERENCES,
    DRIVERS,
    FIGURES,
    GAPS,
    MENTIONS,
    NUMBERS,
    POLARISATION,
    RANKS,
    SATURATION,
    SEAM,
    SEPARATION,
    TRANSITIONS,
    TRUTH,
    check,
    side,
    signed,
)

FIRM = 0.95
"""From this share of draws on a place is called firm."""
FLATTER = (
    "A machine read these feelings, and its curve is flatter than what people felt: a gap to what "
    "was hoped for is partly its own."
)


def listed(names: Sequence[str], most: int = 0) -> str:
    """Return names as a list in words; beyond ``most`` the rest is counted.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], 2), listed([])
    ('a, b and c', 'a, b and 2 more', '')
    """
    names = list(names)
    if most and len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most} more"]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def begin(words: str) -> str:
    """Return words as they open a sentence.

    Examples
    --------
    >>> begin("billing and plan is")
    'Billing and plan is'
    """
    return words[:1].upper() + words[1:]


def percent(share: float) -> str:
    """Return a share in per cent; neither end is claimed by rounding.

    Examples
    --------
    >>> percent(0.417), percent(0.998), percent(1.0), percent(float("nan"))
    ('42 %', '99 %', '100 %', '–')
    """
    if math.isnan(share):
        return "–"
    whole = round(100 * share)
    return f"{min(99, max(1, whole)) if 0 < share < 1 else whole} %"


def rough(share: float) -> str:
    """Return a share of draws as so many of 100.

    Examples
    --------
    >>> rough(0.856), rough(0.999), rough(1.0), rough(0.0)
    ('86 of 100', '99 of 100', '100 of 100', 'none')
    """
    if share == 0:
        return "none"
    return f"{percent(share).removesuffix(' %')} of 100"


def read_so(words: str, method: str) -> str:
    """Return the opening of a sentence, with who read it so where no person has checked it.

    Examples
    --------
    >>> read_so("billing is", "human"), read_so("billing is", "machine")
    ('Billing is', 'As a machine read it, billing is')
    """
    return f"As a machine read it, {words}" if method == "machine" else begin(words)


def whom(row: Any) -> str:
    """Return how many people a row of OPPORTUNITIES is about, and of how many.

    Of those who spoke of it, where that is known and not everybody did: a person who never
    mentioned a thing says nothing of it.

    Examples
    --------
    >>> row = {"n_people": 4, "n_of": 12, "n_spoke": 7}
    >>> whom(pd.Series(row)), whom(pd.Series(row | {"n_spoke": 12}))
    ('4 of the 7 who spoke of it', '4 of 12 people')
    """
    # None spoke of it where an older table does not say.
    spoke = int(getattr(row, "n_spoke", 0))
    if spoke in (0, row.n_of):
        return f"{row.n_people} of {people(int(row.n_of))}"
    return f"{row.n_people} of the {spoke} who spoke of it"


def spoke(row: Any, how: str) -> str:
    """Return how many spoke badly or well of what a row of OPPORTUNITIES names.

    Examples
    --------
    >>> row = {"n_people": 4, "n_of": 12, "n_spoke": 7}
    >>> spoke(pd.Series(row), "badly"), spoke(pd.Series(row | {"n_spoke": 12}), "well")
    ('4 of the 7 who spoke of it did so badly', '4 of 12 people spoke well of it')
    """
    said = whom(row)
    return f"{said} did so {how}" if "spoke" in said else f"{said} spoke {how} of it"


def size(value: float) -> str:
    """Return a change without its sign.

    Examples
    --------
    >>> size(-0.314)
    '0.31'
    """
    return f"{abs(value):.2f}"


def reasons(table: pd.DataFrame) -> str:
    """Return the reasons that a table gives, each once, as one clause."""
    return "; ".join(dict.fromkeys(r for r in table["reason"] if r))


def ranks(table: pd.DataFrame) -> list[str]:
    """Say how firmly the lowest and the highest stage hold their places.

    Examples
    --------
    >>> rows = pd.DataFrame({"stage": ["buying", "using"], "stage_order": [0, 1],
    ...     "valence": [-0.5, 0.5], "n_participants": 9, "p_lowest": [0.97, 0.03],
    ...     "p_highest": [0.03, 0.97], "p_lowest_two": 1.0, "rank": [1.0, 2.0], "rank_low": 1.0,
    ...     "rank_high": 2.0, "method": "human"})
    >>> ranks(rows)[0]
    'Buying is firmly the lowest: with other people like these it would come out lowest in about 97
    of 100 studies.'
    """
    held = check(table, RANKS)
    known = held[held["p_lowest"].notna()]
    if known.empty:
        why = reasons(held) or "no stage was spoken of"
        return [f"How firm the lowest and the highest are cannot be said: {why}."]
    out = []
    for measure, word in (("p_lowest", "lowest"), ("p_highest", "highest")):
        ordered = known.sort_values([measure, "stage_order"], ascending=[False, True])
        first, share = ordered.iloc[0], float(ordered.iloc[0][measure])
        how = f"with other people like these it would come out {word} in about {rough(share)}"
        name = read_so(str(first["stage"]), str(first["method"]))
        if share >= FIRM:
            out.append(f"{name} is firmly the {word}: {how} studies.")
            continue
        rivals = ordered.iloc[1:]
        rivals = rivals[rivals[measure] >= 0.05]
        names = [f"{r.stage} ({rough(getattr(r, measure))})" for r in rivals.itertuples()]
        also = f"; else it is mostly {listed(names, 2)}" if names else ""
        firm = "is not settled as" if share < 0.8 else "is likely, not surely,"
        out.append(f"{name} {firm} the {word}: {how} studies{also}.")
    return out


def gaps(table: pd.DataFrame) -> list[str]:
    """Say where what people felt lies apart from what the team expected."""
    held = check(table, GAPS)
    expected = held[held["expected"].notna()]
    if expected.empty:
        return ["The codebook expects nothing of any stage: give stages an `expected_valence`."]
    heard = expected[expected["gap_low"].notna()]
    if heard.empty:
        return [f"Nothing to hold against the expectations: {reasons(expected)}."]
    outside = heard[heard["is_outside"] & ~heard["is_thin"]]
    out = []
    for sign, word in ((-1, "worse"), (1, "better")):
        part = outside[(outside["gap"] * sign) > 0]
        if len(part):
            names = [
                f"{r.stage} (expected {signed(r.expected)}, felt {signed(r.valence)})"
                for r in part.itertuples(index=False)
            ]
            out.append(f"Felt {word} than the team expected: {listed(names, 3)}.")
    if not out:
        out = ["No expectation lies outside what people like these may have felt."]
    inside = len(heard) - len(outside)
    if len(outside) and inside:
        out.append(f"At {_stages(inside)} the expectation lies within the interval or is thin.")
    if "machine" in set(heard["method"]):
        out.append(FLATTER)
    return out


def seam(table: pd.DataFrame) -> list[str]:
    """Say how feeling changes from buyer to customer within people.

    Examples
    --------
    >>> seam(pd.DataFrame({"method": ["human"], "change": [-0.4], "change_low": [-0.6],
    ...     "change_high": [-0.2], "n_participants": 9, "n_rose": 1, "n_level": 0, "n_fell": 8,
    ...     "n_human": 9, "is_thin": False}))[0]
    'From the last stage as buyers to the first as customers feeling fell by 0.40 (0.20 to 0.60): 8
    of 9 people fell, 1 rose.'
    """
    row = best_seam(table)
    if row is None or math.isnan(row.change):
        why = (row.reason if row is not None else "") or "nobody spoke of both sides"
        return [f"Nothing can be said of the seam: {why}."]
    counted = _moved(row)
    way = side(row.change_low, row.change_high)
    if way == 0:
        between = interval(row.change_low, row.change_high)
        start = read_so("from the last stage as buyers to the first as customers", row.method)
        return [f"{start} there is no settled change: {signed(row.change)} ({between}); {counted}."]
    word = "rose" if way > 0 else "fell"
    low, high = sorted((abs(row.change_low), abs(row.change_high)))
    start = read_so("from the last stage as buyers to the first as customers", row.method)
    return [
        f"{start} feeling {word} by {size(row.change)} ({low:.2f} to {high:.2f}): {counted}."
        + (" Few people: a hint, no more." if row.is_thin else "")
    ]


def best_seam(table: pd.DataFrame) -> Any:
    """Return the row of SEAM to show: people's codings before the corrected, before the machine's.

    None where there is none.
    """
    held = check(table, SEAM)
    for method in ("human", "prediction-powered", "machine"):
        for row in held[held["method"] == method].itertuples(index=False):
            if not math.isnan(row.change):
                return row
    return next(iter(held.itertuples(index=False)), None)


def _moved(row: Any) -> str:
    parts = [(row.n_fell, "fell"), (row.n_rose, "rose"), (row.n_level, "stayed level")]
    if row.n_rose > row.n_fell:
        parts[:2] = parts[1::-1]
    shown = [f"{n} {word}" for n, word in parts if n]
    if not shown:
        return people(row.n_participants)
    first, _, rest = shown[0].partition(" ")
    shown[0] = f"{first} of {people(row.n_participants)} {rest}"
    return ", ".join(shown)


def truth(table: pd.DataFrame, end: pd.DataFrame | None = None) -> list[str]:
    """Say at which stages feeling goes with what people think in the end.

    Parameters
    ----------
    table
        TRUTH.
    end
        FIGURES of peak and end.
    """
    held = check(table, TRUTH)
    tested = held[held["rho"].notna()]
    if tested.empty:
        why = reasons(held) or "no stage was spoken of"
        return [f"What goes with the verdict cannot be said: {why}."]
    what = "verdict" if held["outcome"].iloc[0] == "verdict" else "last words"
    firm = tested[tested["is_moment"]].sort_values("rho", key=abs, ascending=False)
    if len(firm):
        names = [
            f"{r.stage} (rank correlation {rho(r.rho)}, {rho(r.rho_low)} to {rho(r.rho_high)})"
            for r in firm.itertuples(index=False)
        ]
        out = [f"People’s {what} go with how they felt about {listed(names, 3)}."]
        if what == "verdict":
            out = [out[0].replace("verdict go", "verdict goes")]
    else:
        out = [
            f"At none of {_stages(len(tested))} does how people felt surely go with their {what}; "
            f"with {people(int(tested['n_participants'].max()))} only a strong tie would show."
        ]
    if end is not None:
        figures = check(end, FIGURES)
        more = figures[figures["measure"] == "peak_end less mean"]
        for row in more[more["value"].notna()].itertuples(index=False):
            beyond = side(row.value_low, row.value_high)
            out.append(
                f"Peak and end tell {'more' if beyond > 0 else 'less'} of the {what} than the "
                "plain mean does."
                if beyond
                else f"Peak and end tell no more of the {what} than the plain mean does, as far as "
                "can be seen."
            )
    return out


def polarisation(table: pd.DataFrame, parted: pd.DataFrame | None = None) -> list[str]:
    """Say at which stages some are delighted where others suffer, and whom that parts.

    Parameters
    ----------
    table
        POLARISATION.
    parted
        SEPARATION.
    """
    held = check(table, POLARISATION)
    split = held[held["is_split"]]
    if not len(held) or (held["n_participants"] == 0).all():
        return ["Nobody spoke of any stage, so nobody can be split."]
    if split.empty:
        return ["No stage splits people into some who are delighted and some who suffer."]
    parts = [
        f"{r.stage} ({_count(r.delighted, r.n_participants)} delighted, "
        f"{_count(r.suffering, r.n_participants)} suffering of {r.n_participants})"
        for r in split.itertuples(index=False)
    ]
    out = [f"The mean hides two sides at {listed(parts, 3)}."]
    if parted is not None:
        found = check(parted, SEPARATION)
        out += [
            f"At {r.stage} it parts by {r.attribute}: {r.value} feels "
            f"{size(r.difference)} {'better' if r.difference > 0 else 'worse'} than the rest."
            for r in found[found["separates"]].itertuples(index=False)
        ]
    return out


def enough(table: pd.DataFrame) -> list[str]:
    """Say whether the last interviews still brought new codes, over the whole study.

    Parameters
    ----------
    table
        SATURATION.
    """
    held = check(table, SATURATION)
    whole = next(held[held["stage"] == ""].itertuples(index=False), None)
    if whole is None or whole.n_interviews == 0:
        return ["No interview has been heard, so nothing is enough yet."]
    if whole.reason:
        return [f"Whether it is enough cannot be said yet: {whole.reason}."]
    if math.isnan(whole.reached_in_order):
        return [
            f"After {whole.n_interviews} interviews it is not enough: the last ones still brought "
            "codes that none had brought before."
        ]
    return [
        f"For emotions and touchpoints it is enough: after {whole.reached_in_order:.0f} of "
        f"{whole.n_interviews} interviews the next {whole.run_length} brought next to nothing new "
        f"({percent(whole.threshold)} or less)."
    ]


def told(
    mentions: pd.DataFrame, moves: pd.DataFrame | None = None, order: pd.DataFrame | None = None
) -> list[str]:
    """Say how people tell the journey: where they begin and end, what they skip and return to.

    Parameters
    ----------
    mentions
        MENTIONS.
    moves
        TRANSITIONS.
    order
        FIGURES of how far told order follows lived order.
    """
    held = check(mentions, MENTIONS)
    counted = held[held["share"].notna()]
    if counted.empty:
        return [f"How people tell the journey cannot be said: {reasons(held) or 'nobody spoke'}."]
    top = {}
    for measure, own in counted.groupby("measure"):
        row = own.sort_values(["n_participants", "stage_order"], ascending=[False, True]).iloc[0]
        if row["n_participants"]:
            top[measure] = f"{row['stage']} ({row['n_participants']} of {row['n_of']})"
    parts = [
        f"{words} {top[measure]}"
        for measure, words in (("first", "begin with"), ("last", "end with"))
        if measure in top
    ]
    out = [f"Most often people {' and '.join(parts)}."] if parts else []
    if "repeated" in top:
        out.append(f"What they come back to most is {top['repeated']}.")
    out.append(
        f"What they skip most on the way to a later stage is {top['skipped']}."
        if "skipped" in top
        else "Nobody skips a stage."
    )
    if moves is not None:
        back = check(moves, TRANSITIONS)
        back = back[(back["direction"] == "back") & (back["n_participants"] > 1)]
        if len(back):
            row = back.sort_values(
                ["n_participants", "n_moves", "from_stage", "to_stage"],
                ascending=[False, False, True, True],
            ).iloc[0]
            out.append(
                f"The commonest step back is from {row['from_stage']} to {row['to_stage']} "
                f"({row['n_participants']} of {row['n_of']})."
            )
    if order is not None:
        for row in check(order, FIGURES).itertuples(index=False):
            if not math.isnan(row.value):
                out.append(
                    f"Told order follows lived order with a rank correlation of {rho(row.value)} "
                    f"({_ends(row.value_low, row.value_high)}); 1 is the same order."
                )
    return out


def _ends(low: float, high: float) -> str:
    return "no interval" if math.isnan(low) else f"{rho(low)} to {rho(high)}"


def differences(table: pd.DataFrame) -> list[str]:
    """Say at which stages groups differ: by the intervals that hold for all of them at once."""
    held = check(table, DIFFERENCES)
    out = []
    for (group, against), rows in held.groupby(["group", "against"], sort=False):
        tested = rows[rows["joint_low"].notna()]
        apart = tested[tested["differs"]]
        who = f"{begin(group)} and {against}"
        if tested.empty:
            out.append(f"{who} cannot be compared: too few people of one of them at every stage.")
        elif apart.empty:
            out.append(
                f"{who} differ at no stage by more than chance allows; what lies apart in the "
                "chart is a hint to follow up."
            )
        else:
            names = [
                f"{r.stage} ({size(r.difference)} {'better' if r.difference > 0 else 'worse'}, "
                f"{interval(r.joint_low, r.joint_high)})"
                for r in apart.itertuples(index=False)
            ]
            out.append(f"{begin(group)} felt other than {against} at {listed(names, 3)}.")
    return out or ["There are no two groups to compare."]


def numbers(table: pd.DataFrame) -> list[str]:
    """Say how many of the team's numbers agree with the voices, disagreements first."""
    held = check(table, NUMBERS)
    if held.empty:
        return ["The study has no numbers yet: bring them in `metrics.csv`."]
    of = held["flag"].value_counts()
    against = f"cannot be held against {'them' if 'disagree' in of.index else 'the voices'}"
    words = {
        "disagree": ("disagrees with the voices", "disagree with the voices"),
        "agree": ("agrees", "agree"),
        "unsettled": ("is unsettled", "are unsettled"),
        "cannot say": (against, against),
    }
    parts = [f"{of[f]} {said[int(of[f] != 1)]}" for f, said in words.items() if f in of.index]
    many = f"Of {len(held)} numbers " if len(held) > 1 else "Of one number "
    return [f"{many}{listed(parts)}."]


def associations(table: pd.DataFrame) -> list[str]:
    """Say which numbers move with the feeling: with, never because of."""
    held = check(table, ASSOCIATIONS)
    known = held[held["rho"].notna()]
    if known.empty:
        return [
            "No number has enough points to see what it moves with: it takes the same number at "
            "four stages, groups or periods."
        ]
    firm = known[known["words"].isin(["moves with", "moves against"])]
    if firm.empty:
        return ["No number moves with the feeling in a settled way."]
    return [_moves(r) for r in firm.itertuples(index=False)]


def _moves(row: Any) -> str:
    where = [f"at {row.stage}"] if row.stage else []
    where += [f"for {row.group}"] if row.group else []
    where += [f"in {row.period}"] if row.period else []
    chance = row.p_holm > 1 - FIRM
    return (
        f"{begin(row.metric)} {row.words} the feeling across {row.n_points} {row.across}"
        f"{' ' if where else ''}{', '.join(where)} (rank correlation {rho(row.rho)}, "
        f"{rho(row.rho_low)} to {rho(row.rho_high)})"
        f"{'; among all that were looked at it may be chance' if chance else ''}."
    )


def drivers(table: pd.DataFrame) -> list[str]:
    """Say which themes go with a better or worse feeling, held to how many were looked at."""
    held = check(table, DRIVERS)
    if held.empty:
        return []
    apart = held[held["differs"]].sort_values(["contrast", "stage_order", "theme"])
    thin = int(held["is_thin"].sum())
    few = f" {thin} of {len(held)} have too few people on one side to tell." if thin else ""
    if apart.empty:
        return [
            f"No theme’s contrast is settled once all {len(held)} are looked at together: which of "
            f"them goes with a feeling is open.{few}"
        ]
    names = [
        f"“{r.name}” at {r.stage} ({size(r.contrast)} {'better' if r.contrast > 0 else 'worse'}, "
        f"{interval(r.joint_low, r.joint_high)}; {r.n_with} with, {r.n_without} without)"
        for r in apart.itertuples(index=False)
    ]
    return [
        f"Settled even with all {len(held)} looked at together: who speaks of {listed(names, 3)} "
        f"feels otherwise about the stage than who does not.{few}"
    ]


def contrast(row: Any) -> str:
    """Say how who speaks of a theme feels about the stage, beside who does not.

    Parameters
    ----------
    row
        A row of DRIVERS.
    """
    if math.isnan(row.contrast):
        return f"No contrast: {row.reason or 'one side has nobody'}."
    way = "better" if row.contrast > 0 else "worse"
    said = f"Who speaks of it feels {size(row.contrast)} {way} about the stage than who does not"
    if row.differs:
        return f"{said}; that holds for all themes at once."
    if side(row.contrast_low, row.contrast_high):
        return f"{said}; taken alone that is settled, among so many themes it may be chance."
    return f"{said}; that may be chance."


def rho(value: float) -> str:
    """Return a rank correlation with its sign.

    Examples
    --------
    >>> rho(-0.714), rho(float("nan"))
    ('−0.71', '–')
    """
    return "–" if math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def _stages(n: int) -> str:
    return f"{n} stage{'s' if n != 1 else ''}"


def _count(share: float, n: int) -> int:
    return 0 if math.isnan(share) else round(share * n)
