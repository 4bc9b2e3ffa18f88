"""Four questions of every journey, each answered from the tables or told why it cannot be.

Do we know our customers, do we know where they are, have we a strategy to move them, can we measure
the impact. An answer is ``yes``, ``in part`` or ``not yet``, and says what would make it more. It
is never better than the codings behind it: what only a machine has read is known in part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from journeyqual.charts.words import english_people, interval, people
from journeyqual.codebook import Codebook
from journeyqual.evidence import figure
from journeyqual.labels import label
from journeyqual.numbers.words import amount
from journeyqual.reports import wording
from journeyqual.reports.blocks import Block, _md
from journeyqual.reports.changing import shift
from journeyqual.reports.evidence import behind
from journeyqual.reports.map_blocks import MapBlock, _draw
from journeyqual.reports.spoken import whom
from journeyqual.schema import (
    CURVE,
    DIFFERENCES,
    MENTIONS,
    METRICS,
    OPPORTUNITIES,
    REACH,
    TRANSITIONS,
    check,
    signed,
)

Verdict = Literal["yes", "in part", "not yet"]
UNREAD = "A machine read all of it, and nobody has checked: have people code some."
READ_IN_PART = (
    "It counts what the machine read; people have checked some of it, which corrects nothing here."
)
NOT_GIVEN = "(not given)"
"""What `journeyqual.estimate` calls the group of those of whom the attribute is not known."""
FIRST, NUMBERS_SHOWN = 5, 2
"""So many rows of a figure are shown; the report behind it has all."""


@dataclass(frozen=True)
class Answer:
    """One question's answer.

    Parameters
    ----------
    question, verdict
        What is asked, and in a word what can be said.
    sentence
        The answer, computed.
    more
        What would make it a better one; blank if nothing would.
    bars, steps, shifts
        A small figure: shares, a ranked list, or before and after.
    report, link
        The page that opens it, and what it is called.
    """

    question: str
    verdict: Verdict
    sentence: str
    more: str = ""
    bars: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    shifts: list[dict[str, Any]] = field(default_factory=list)
    report: str = ""
    link: str = ""


def customers(
    by: str,
    groups: pd.DataFrame,
    differences: pd.DataFrame,
    *,
    thin_below: int = 5,
    opens: str = "segments.html",
) -> Answer:
    """Answer whether we know our customers: which groups there are, and where they differ.

    Parameters
    ----------
    by
        The attribute of participants that groups them; blank if there is none.
    groups
        CURVE by that attribute.
    differences
        DIFFERENCES between the groups.
    thin_below
        With fewer participants a group is too small to know.
    opens
        The page that compares these groups; blank if there is none.

    Examples
    --------
    >>> answer = customers("", CURVE.empty(), DIFFERENCES.empty())
    >>> answer.verdict, answer.sentence
    ('not yet', 'Nothing is known of the customers that would group them.')
    """
    question = "Do we know our customers?"
    table, apart = check(groups, CURVE), check(differences, DIFFERENCES)
    sizes = table.groupby("group", sort=True)["n_participants_group"].max()
    sizes = sizes[[name not in ("", NOT_GIVEN) for name in sizes.index]]
    if not by or sizes.empty:
        return Answer(
            question, "not yet", "Nothing is known of the customers that would group them.",
            "Give `participants.csv` a column, `segment` say, and name it in `study.toml`: "
            '`by = "segment"` under `[curve]`.',
        )  # fmt: skip
    total = max(1, int(sizes.sum()))
    bars = [
        {"name": name, "note": people(int(n)), "share": round(100 * n / total, 1)}
        for name, n in sizes.items()
    ]
    named = [f"{name} ({english_people(int(n))})" for name, n in sizes.items()]
    given: dict[str, Any] = {"bars": bars, "report": opens, "link": "Segments"}
    if len(sizes) < 2:
        return Answer(
            question, "not yet", f"All {total} people heard are of one {by}, {sizes.index[0]}.",
            f"Hear people of another {by}.", bars=bars,
        )  # fmt: skip
    small = [str(name) for name, n in sizes.items() if n < thin_below]
    firm = apart[apart["differs"]]
    start = f"We heard {len(sizes)} groups by {by}: {wording.listed(named, 5)}"
    if len(firm):
        where = wording.listed(list(dict.fromkeys(firm["stage"])), 3)
        sentence = f"{start}; they differ at {where} by more than chance allows."
    elif apart["joint_low"].notna().any():
        sentence = f"{start}; at no stage do they differ by more than chance allows."
    else:
        sentence = f"{start}; they are too few to say where they differ."
    more = []
    if small:
        more.append(f"Hear more people of {wording.listed(small, 4)}: at least {thin_below} each.")
    elif firm.empty:
        more.append("Groups may be alike, or too few were heard: more interviews tell which.")
    verdict: Verdict = "yes" if len(firm) and not small else "in part"
    return _capped(Answer(question, verdict, sentence, " ".join(more), **given), table)


def places(
    reach: pd.DataFrame,
    mentions: pd.DataFrame,
    moves: pd.DataFrame,
    curve: pd.DataFrame,
) -> Answer:
    """Answer whether we know where customers are: which stages they tell of, and on what paths.

    Parameters
    ----------
    reach
        REACH; rows of single groups are passed over.
    mentions, moves
        MENTIONS and TRANSITIONS.
    curve
        CURVE of all participants: which stages are thin, and who coded them.
    """
    question = "Do we know where they are?"
    told = check(reach, REACH)
    told = told[told["attribute"] == ""].sort_values("stage_order")
    if told.empty or not (told["n_participants"] > 0).any():
        return Answer(question, "not yet", "Nobody was heard yet.", "Hear a dozen customers.")
    of = int(told["n_participants"].max())
    silent = told.loc[told["n_speaking"] == 0, "stage"].tolist()
    held = check(curve, CURVE)
    thin = held.loc[held["is_thin"] & (held["n_participants"] > 0), "stage"].tolist()
    bars = [
        {
            "name": r.stage, "note": label("{n} of {of}", n=r.n_speaking, of=r.n_participants),
            "share": round(100 * r.rate, 1), "low": round(100 * r.rate_low, 1),
            "width": round(100 * (r.rate_high - r.rate_low), 1),
        }
        for r in told.itertuples(index=False)
    ]  # fmt: skip
    if silent:
        sentence = (
            f"Of {len(told)} stages people told of {len(told) - len(silent)}; nobody spoke of "
            f"{wording.listed(silent, 4)}."
        )
    else:
        least = told.sort_values("n_speaking", kind="stable").iloc[0]
        alike = told["n_speaking"].nunique() == 1
        which = "each" if alike else f"the least {least['stage']},"
        sentence = (
            f"All {len(told)} stages were told of, {which} by {least['n_speaking']} of "
            f"{english_people(of)}."
        )
    paths = wording.told(check(mentions, MENTIONS), check(moves, TRANSITIONS))
    sentence = " ".join([sentence, *paths[:1]])
    more = []
    if silent or thin:
        most = wording.listed([*silent, *thin], 4)
        more.append(f"Hear people who have been through {most}.")
    more.append(
        "Interviews tell which stages people went through, not how many customers stand at each "
        "today: that is for your own numbers."
    )
    answer = Answer(
        question, "in part" if silent or thin else "yes", sentence, " ".join(more), bars=bars,
        report="journey_map.html", link="Journey map",
    )  # fmt: skip
    return _capped(answer, held)


def strategy(
    opportunities: pd.DataFrame, codebook: Codebook, sources: Mapping[str, int] | None = None
) -> Answer:
    """Answer whether there is a strategy to move them: opportunities, ranked and owned.

    Parameters
    ----------
    opportunities
        OPPORTUNITIES.
    codebook
        Says whether stages have owners at all.
    sources
        How many units stand behind each figure (`journeyqual.reports.evidence.counts`).
    """
    question = "Do we have a strategy to move them?"
    table = check(opportunities, OPPORTUNITIES).sort_values("rank")
    if table.empty:
        return Answer(
            question, "not yet", "No opportunity can be ranked: no feeling is settled enough.",
            "More interviews at the stages that are thin.",
        )  # fmt: skip
    mend, keep = table[table["kind"] == "mend"], table[table["kind"] == "keep"]
    owned = int((table["owner"] != "").sum())
    steps = [
        {
            "rank": int(r.rank), "verb": r.kind, "name": r.name,
            "where": r.stage if r.theme else "", "owner": r.owner,
            "who": whom(r), "is_thin": bool(r.is_thin),
            "sources": behind(figure("opportunity", r.rank), sources),
        }
        for r in table.head(FIRST).itertuples(index=False, name="Step")
    ]  # fmt: skip
    first = table.iloc[0]
    whose = f", for {first['owner']}" if first["owner"] else ""
    sentence = (
        f"{len(mend)} to mend and {len(keep)} to keep, ranked by people affected, depth and what "
        f"is at stake; {owned} of {len(table)} have an owner. First: {first['kind']} "
        f"{first['name']}{whose}."
    )
    more = []
    if owned < len(table):
        without = table.loc[table["owner"] == "", "stage"]
        more.append(
            f"Name an owner in the codebook for {wording.listed(list(dict.fromkeys(without)), 4)}."
        )
    if not (table["theme"] != "").any():
        more.append(
            "They name whole stages, not what to change there: that takes themes, which come with "
            "more interviews."
        )
    more.append("What to do about each is the team’s to decide.")
    whole = owned == len(table) and (table["theme"] != "").any()
    answer = Answer(
        question, "yes" if whole else "in part", sentence, " ".join(more), steps=steps,
        report="why.html", link="Why",
    )  # fmt: skip
    return _capped(answer, table)


def impact(changes: pd.DataFrame, metrics: pd.DataFrame, codebook: Codebook) -> Answer:
    """Answer whether impact can be measured: feeling and numbers before and after, by wave.

    Parameters
    ----------
    changes
        DIFFERENCES of each wave from the one before; empty with a single wave.
    metrics
        METRICS; a number has a before and an after if it stands there for two periods.
    codebook
        The order of the stages.
    """
    question = "Can we measure the impact?"
    felt = check(changes, DIFFERENCES)
    numbers = _before_after(check(metrics, METRICS))
    last = list(dict.fromkeys(felt["group"]))[-1:]
    felt = felt[felt["group"].isin(last)]
    more = []
    if felt.empty:
        more.append(
            "Hear people again after a change: give `participants.csv` a column that says when "
            '(`wave`, say), and `study.toml` `period = "wave"` under `[curve]`.'
        )
    if not numbers:
        more.append("Give `metrics.csv` the same number for two periods.")
    shifts = [
        _shift(stage, felt[felt["stage"] == stage], numbers.get(stage, []))
        for stage in (*codebook.stage_names, "")
        if stage in set(felt["stage"]) or stage in numbers
    ]
    given: dict[str, Any] = {
        "shifts": shifts,
        # That page compares waves; of numbers alone there is none.
        "report": "what_changed.html" if len(felt) else "",
        "link": "What changed",
    }
    if not shifts:
        sentence = "One wave was heard, and no number has a value before and one after."
        return Answer(question, "not yet", sentence, " ".join(more))
    parts = []
    told = felt["joint_low"].notna()
    if len(felt):
        moved = felt[felt["differs"]]
        waves = f"from {felt['against'].iloc[0]} to {felt['group'].iloc[0]}"
        parts.append(
            f"Feeling surely changed at {wording.listed(moved['stage'].tolist(), 3)} {waves}"
            if len(moved)
            else f"Feeling changed at no stage by more than chance allows {waves}"
            if told.any()
            else f"Too few were heard in both waves to say where feeling changed {waves}"
        )
        if not told.any():
            more.append("Hear more people in each wave.")
    else:
        parts.append("Feeling was heard in one wave only")
    count = sum(map(len, numbers.values()))
    parts.append(
        f"{count} number{'s have' if count != 1 else ' has'} a before and an after"
        if count
        else "no number has a before and an after"
    )
    both = [stage for stage in numbers if stage in set(felt.loc[told, "stage"])]
    verdict: Verdict = "yes" if both else "in part"
    if both:
        more.append("Before and after is no proof of what made the change.")
    answer = Answer(question, verdict, f"{'; '.join(parts)}.", " ".join(more), **given)
    return _capped(answer, felt)


def _before_after(metrics: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return each stage's numbers that stand there for two periods or more: the last two."""
    out: dict[str, list[dict[str, Any]]] = {}
    held = metrics[metrics["period"] != ""].sort_values(["group", "period"], kind="stable")
    for (group, stage, name), own in held.groupby(["group", "stage", "metric"], sort=False):
        rows = own.drop_duplicates("period", keep="last").tail(2)
        if len(rows) < 2:
            continue
        before, after = rows.iloc[0], rows.iloc[1]
        change = after["value"] - before["value"]
        wanted = {"higher": 1, "lower": -1}.get(after["better"], 0)
        way = "" if not wanted or not change else "better" if change * wanted > 0 else "worse"
        out.setdefault(stage, []).append(
            {
                "name": f"{name} ({group})" if group else name,
                "words": f"{amount(before['value'], '')} → {amount(after['value'], after['unit'])}",
                "when": f"{before['period']} → {after['period']}", "way": way,
            }
        )  # fmt: skip
    return out


def _shift(stage: str, felt: pd.DataFrame, numbers: list[dict[str, Any]]) -> dict[str, Any]:
    row: Any = next(felt.itertuples(index=False), None) if len(felt) else None
    heard = row is not None and not math.isnan(row.difference)
    return {
        "name": stage or label("the whole journey"),
        "felt": shift(row.valence_against, row.valence) if heard else None,
        "words": f"{signed(row.difference)} ({interval(row.joint_low, row.joint_high)})"
        if heard
        else "–",
        "settled": bool(heard and row.differs),
        "numbers": numbers[:NUMBERS_SHOWN],
        "more": max(0, len(numbers) - NUMBERS_SHOWN),
    }


def _capped(answer: Answer, table: pd.DataFrame) -> Answer:
    """Return an answer that is no better than its codings."""
    if "machine" not in set(table["method"]):
        return answer
    verdict: Verdict = "in part" if answer.verdict == "yes" else answer.verdict
    coded = any(int(table[name].sum()) > 0 for name in ("n_checked", "n_human") if name in table)
    said = READ_IN_PART if coded else UNREAD
    return replace(answer, verdict=verdict, more=f"{answer.more} {said}".strip())


def answered(answer: Answer, number: int) -> Block:
    """Return one question with its answer, a small figure, and the way to all of it.

    Parameters
    ----------
    answer
        As one of the four functions gives it.
    number
        Its place among the questions.
    """
    lines = [
        f"**{answer.verdict}**: {_md(answer.sentence)}",
        _md(answer.more),
        f"[{_md(answer.link)}]({answer.report})" if answer.report else "",
    ]
    html = _draw("answer", a=answer, number=number)
    return MapBlock(html, "\n\n".join(line for line in lines if line))


def headline(*answers: Answer) -> str:
    """Return what the four answers come to, in one sentence.

    Examples
    --------
    >>> headline(Answer("a", "yes", ""), Answer("b", "not yet", ""), Answer("c", "not yet", ""))
    'Of three questions, one can be answered with yes and two not yet.'
    """
    words = ("no", "one", "two", "three", "four")
    counted = [
        (sum(a.verdict == verdict for a in answers), said)
        for verdict, said in (("yes", "with yes"), ("in part", "in part"), ("not yet", "not yet"))
    ]
    parts = [f"{words[n]} {said}" for n, said in counted if n]
    parts[0] = parts[0].replace(" ", " can be answered ", 1)
    return f"Of {words[len(answers)]} questions, {wording.listed(parts)}."
