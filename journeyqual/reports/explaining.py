"""The blocks of the report on why: what to do, what goes with each stage's feeling, the numbers.

A theme is "mentioned with" a feeling and a number "moves with" it; nothing here says that one made
the other.

The file is over 400 lines because it is the list of one page's blocks, each short.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.drivers import reach
from journeyqual.charts.frame import checked
from journeyqual.charts.words import feeling, interval, people
from journeyqual.codebook import Codebook
from journeyqual.drivers import as_stage
from journeyqual.evidence import figure
from journeyqual.labels import label, labels
from journeyqual.numbers import at_stake
from journeyqual.numbers.words import amount
from journeyqual.reports import wording
from journeyqual.reports.blocks import Block, _fill, _md, _place, _quote, _trust, says, table_of
from journeyqual.reports.evidence import behind
from journeyqual.reports.spoken import partly, whom
from journeyqual.schema import (
    ASSOCIATIONS,
    DRIVER_QUOTES,
    DRIVERS,
    NEW_STAGES,
    NUMBERS,
    OFF_JOURNEY,
    OPPORTUNITIES,
    STAGE_EXAMPLES,
    THEMES,
    WHOLE_STUDY,
    check,
    signed,
)

if TYPE_CHECKING:
    from journeyqual.study import Study

NO_OWNER = "nobody named as owner"
FIRST = 5
"""Points of the first so many places stand open, and the first of each owner; others unfold."""
SAME = 1e-9
"""Stakes that lie no further apart are one."""
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])")
FLAG_ORDER = ("disagree", "unsettled", "agree", "cannot say")
STATUSES = {
    "suggested": "suggested",
    "accepted": "accepted",
    "proposed": "proposed",
    "rejected": "rejected",
}
NO_THEMES = (
    "No themes were found at any stage, so nothing can be said of what goes with its feeling. "
    "Themes come with more interviews: a stage needs a few dozen units of several people. "
    "`journeyqual run` looks for them then."
)


def header(
    study: Study, todo: pd.DataFrame, drivers: pd.DataFrame, *, curve: pd.DataFrame
) -> Block:
    """Return the head of the report: what most pulls the curve down, and whose it is.

    Parameters
    ----------
    study
        An open study.
    todo, drivers
        OPPORTUNITIES and DRIVERS.
    curve
        CURVE of all participants; where a machine coded it, a note says so, once.
    """
    facts = study.facts()
    title, note = f"{label('Why')} – {study.config.title}", study.note
    said = headline(todo, drivers, study.codebook)
    trust = _trust(curve, facts)
    mend = check(todo, OPPORTUNITIES)["kind"].eq("mend").sum()
    counts = [
        (facts["participants"], label("participants")),
        (facts["units"], label("units")),
        (drivers["theme"].nunique(), label("themes at stages")),
        (int(mend), label("points to mend")),
    ]
    html = _fill("header", title=title, note=note, headline=said, counts=counts, trust=trust)
    lines = [f"# {_md(title)}", _md(note), f"**{_md(said)}**", _md(trust)]
    lines.append(", ".join(f"{n} {what}" for n, what in counts))
    return Block(html, "\n\n".join(line for line in lines if line))


def headline(todo: pd.DataFrame, drivers: pd.DataFrame, codebook: Codebook) -> str:
    """Return what most pulls the curve down and whose it is, no more than the intervals allow.

    Parameters
    ----------
    todo, drivers
        OPPORTUNITIES and DRIVERS.
    codebook
        Says who looks after a stage.
    """
    held = check(drivers, DRIVERS)
    firm = held[~held["is_thin"] & held["pull_low"].notna()]
    down = firm[firm["pull_high"].round(2) < 0].sort_values(["pull", "stage_order", "theme"])
    machine = "machine" in {*held["method"], *todo["method"]}
    sketch = "A first sketch. " if machine else ""
    if len(down):
        first = next(down.itertuples(index=False))
        others = firm[(firm["theme"] != first.theme) | (firm["stage"] != first.stage)]
        alone = not (others["pull_low"] <= first.pull_high).any()
        low, high = sorted((abs(first.pull_low), abs(first.pull_high)))
        more = len(down) - 1
        tail = (
            ""
            if alone
            else f" {more} more {'theme pulls' if more == 1 else 'themes pull'} down as surely, "
            "each by itself; "
            "the order between them is not settled."
            if more
            else " Others may pull as much: the intervals overlap."
        )
        most = "What most pulls" if alone else "Among what pulls"
        return (
            f"{sketch}{most} the curve down is talk of “{first.name}” at {first.stage}"
            f"{_whose(codebook.stage(first.stage).owner)}: {first.n_with} of "
            f"{first.n_with + first.n_without} people speak of it there, and without their words "
            f"on it the stage would stand {abs(first.pull):.2f} higher ({low:.2f} to {high:.2f})."
            f"{tail}"
        )
    mend = check(todo, OPPORTUNITIES)
    mend = mend[mend["kind"] == "mend"].sort_values("rank")
    if mend.empty:
        if held.empty:
            return f"{sketch}No themes have been found at any stage, so the why is still open."
        return f"{sketch}Nothing that people speak of surely pulls a stage down."
    row = next(mend.itertuples(index=False))
    opening = (
        "No theme surely pulls a stage down."
        if len(held)
        else "No themes have been found at any stage, so this ranks whole stages."
    )
    what = f"“{row.name}” at {row.stage}" if row.theme else str(row.stage)
    return (
        f"{sketch}{opening} First on the list is {what}{_whose(row.owner)}: "
        f"{wording.spoke(row, 'badly')}."
    )


def _whose(owner: str) -> str:
    return f", which {owner} looks after" if owner else ""


# -- what to do -----------------------------------------------------------------------------------


def todo(
    opportunities: pd.DataFrame,
    numbers: pd.DataFrame | None = None,
    sources: Mapping[str, int] | None = None,
) -> Block:
    """Return what to mend and what to keep, by owner: people affected, depth, what is at stake.

    Parameters
    ----------
    opportunities
        OPPORTUNITIES.
    numbers
        NUMBERS: a metric at stake is shown with its value.
    sources
        How many units stand behind each figure (`journeyqual.reports.evidence.counts`).
    """
    table = check(opportunities, OPPORTUNITIES).sort_values("rank")
    if table.empty:
        return says(
            ["Nothing to do can be ranked yet: nobody spoke of any stage with a settled feeling."]
        )
    rows = [_point(row, numbers, sources) for row in table.itertuples(index=False)]
    top = max([r["high"] for r in rows] + [r["score"] for r in rows] + [0.01])
    for row in rows:
        row["bar"] = {
            "at": _of(row["score"], top),
            "low": _of(row["low"], top),
            "width": _of(row["high"] - row["low"], top),
        }
    best: dict[str, int] = {}
    for row in rows:
        best.setdefault(row["owner"], row["rank"])
    owners: list[dict[str, Any]] = [
        {
            "name": owner,
            **_folded([r for r in rows if r["owner"] == owner and r["kind"] == "mend"]),
            "keep": [r for r in rows if r["owner"] == owner and r["kind"] == "keep"],
        }
        for owner in sorted(best, key=best.__getitem__)
    ]
    overlap = _overlaps(table[table["kind"] == "mend"])
    lines = []
    for owner in owners:
        lines.append(f"### {_md(str(owner['name']))}")
        lines += [
            f"- {r['rank']}. {_md(r['name'])} ({_md(r['stage'])}): {r['who']}, {r['felt']}"
            for r in [*owner["open"], *owner["folded"], *owner["keep"]]
        ]
    html = _fill("todo", owners=owners, overlap=overlap)
    return Block(html, "\n".join(lines))


def _folded(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    stands = [i == 0 or (r["rank"] <= FIRST and not r["is_thin"]) for i, r in enumerate(rows)]
    return {
        "open": [r for r, first in zip(rows, stands, strict=True) if first],
        "folded": [r for r, first in zip(rows, stands, strict=True) if not first],
    }


def _point(row: Any, numbers: pd.DataFrame | None, sources: Any) -> dict[str, Any]:
    mend = row.kind == "mend"
    felt = -row.depth if mend else row.depth
    score = float(row.score)
    low, high = (score if math.isnan(v) else float(v) for v in (row.score_low, row.score_high))
    return {
        "rank": int(row.rank), "kind": row.kind, "owner": row.owner or label(NO_OWNER),
        "stage": row.stage, "order": int(row.stage_order), "theme": row.theme, "name": row.name,
        "who": whom(row), "partly": partly(row),
        "side": "badly" if mend else "well", "felt": signed(felt),
        "pole": "bad" if mend else "good",
        "strength": round(100 * min(1.0, row.depth / 0.6)),
        "metric": row.metric, "value": _value_of(row, numbers), "stake": wording.percent(row.stake),
        "score": score, "low": low, "high": high,
        "score_words": f"{score:.2f} ({low:.2f} to {high:.2f})" if high > low else f"{score:.2f}",
        "is_thin": bool(row.is_thin), "units": int(row.n_units),
        "sources": behind(figure("opportunity", row.rank), sources),
    }  # fmt: skip


def _value_of(row: Any, numbers: pd.DataFrame | None) -> str:
    """Return the value that is at stake: the row of its metric that the stake was read off."""
    if numbers is None or not row.metric:
        return ""
    own = numbers[(numbers["stage"] == row.stage) & (numbers["metric"] == row.metric)]
    lost = own.apply(at_stake, axis=1) if len(own) else own["value"]
    stake = lost if row.kind == "mend" else 1.0 - lost
    # Everybody's before that of a group, and a later one before an earlier of the same amount.
    own = own[(stake - row.stake).abs() < SAME]
    own = own.sort_values(["group", "period"], ascending=[True, False], kind="stable")
    return next((amount(r.value, r.unit) for r in own.itertuples(index=False)), "")


def _of(value: float, top: float) -> float:
    return round(100 * max(0.0, value) / top, 2)


def _overlaps(mend: pd.DataFrame) -> bool:
    """Return whether the first point's interval reaches into the second's: no order between."""
    if len(mend) < 2:
        return False
    first, second = mend.iloc[0], mend.iloc[1]
    return not first["score_low"] > second["score_high"]


# -- what goes with a stage's feeling ------------------------------------------------------------


def drivers(
    table: pd.DataFrame,
    quotes: pd.DataFrame,
    curve: pd.DataFrame,
    codebook: Codebook,
    sources: Mapping[str, int] | None = None,
) -> Block:
    """Return each stage's themes as dots with their intervals, each with quotes for and against.

    Parameters
    ----------
    table, quotes
        DRIVERS and DRIVER_QUOTES.
    curve
        CURVE of all participants.
    codebook
        Gives the order of the stages and who looks after each.
    sources
        How many units stand behind each figure.
    """
    held = check(table, DRIVERS)
    said = check(quotes, DRIVER_QUOTES).sort_values(["stance", "rank"], kind="stable")
    if held.empty:
        return says([NO_THEMES])
    limit = reach(held)
    places = {r.stage: r for r in checked(curve, codebook).itertuples(index=False)}
    stages: list[dict[str, Any]] = []
    for order, stage in enumerate(codebook.stages):
        own = held[held["stage"] == stage.name]
        own = own.sort_values(["is_thin", "contrast", "theme"], na_position="last")
        place = places.get(stage.name)
        heard = place is not None and not math.isnan(place.valence)
        stages.append(
            {
                "order": order, "name": stage.name, "owner": stage.owner,
                "heard": heard, "place": _place(place) if heard else None,
                "felt": place.felt if heard else "–",  # type: ignore[union-attr]
                "between": place.between if heard else "",  # type: ignore[union-attr]
                "people": people(place.n_participants if place is not None else 0),
                "rows": [
                    _driver(r, said[(said["theme"] == r.theme) & (said["stage"] == stage.name)],
                            limit, sources)
                    for r in own.itertuples(index=False)
                ],
                "sources": behind(figure("curve", stage.name), sources),
            }
        )  # fmt: skip
    lines = []
    for row in stages:
        lines.append(f"### {_md(row['name'])}")
        for r in row["rows"]:
            lines.append(f"- {_md(r['name'])}: {r['felt']} ({r['between']}), {r['who']}")
            lines += [
                f"    > {_md(q['text'])} ({_md(q['participant'])}, {q['stance']})"
                for q in r["quotes"]
            ]
    html = _fill("drivers", stages=stages, limit=f"{limit:g}")
    return Block(html, "\n".join(lines))


def _driver(row: Any, quotes: pd.DataFrame, limit: float, sources: Any) -> dict[str, Any]:
    def at(value: float) -> float:
        return round(50 * (1 + max(-limit, min(limit, value)) / limit), 2)

    def bar(low: float, high: float) -> dict[str, float] | None:
        if math.isnan(low) or math.isnan(high):
            return None
        return {"low": at(low), "width": round(at(high) - at(low), 2)}

    known = not math.isnan(row.contrast)
    return {
        "theme": row.theme, "name": row.name, "words": wording.contrast(row),
        "felt": signed(row.contrast), "between": interval(row.contrast_low, row.contrast_high),
        "joint": interval(row.joint_low, row.joint_high),
        "who": label("{n} with, {other} without", n=row.n_with, other=row.n_without),
        "pull": signed(row.pull), "pull_between": interval(row.pull_low, row.pull_high),
        "own": signed(row.valence), "own_between": interval(row.valence_low, row.valence_high),
        "own_side": feeling(row.valence_low, row.valence_high),
        "share": wording.percent(row.share), "units": int(row.n_units),
        "is_thin": bool(row.is_thin), "differs": bool(row.differs), "known": known,
        "at": at(row.contrast) if known else None,
        "single": bar(row.contrast_low, row.contrast_high),
        "all": bar(row.joint_low, row.joint_high),
        "pole": "good" if known and row.contrast >= 0 else "bad",
        "quotes": [_quote(q) | {"why": None} for q in quotes.itertuples(index=False)],
        "contradicted": bool((quotes["stance"] == "contradicts").any()),
        "sources": behind(figure("driver", row.stage, row.theme), sources),
    }  # fmt: skip


def contrasts(table: pd.DataFrame) -> Block:
    """Return in words which themes go with a better or worse feeling."""
    return says(wording.drivers(table))


def driver_table(table: pd.DataFrame) -> Block:
    """Return the numbers behind the drivers as a table."""
    rows = [
        [
            r.stage, r.name, signed(r.contrast), interval(r.contrast_low, r.contrast_high),
            interval(r.joint_low, r.joint_high), r.n_with, r.n_without, signed(r.pull),
            interval(r.pull_low, r.pull_high), signed(r.valence), r.n_units,
            r.reason
            or (label("thin") if r.is_thin else label("differs") if r.differs else ""),
        ]
        for r in check(table, DRIVERS).itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "stage", "theme", "contrast", "95 % interval", "for all at once", "with", "without",
        "pull", "95 % interval of the pull", "its own words", "units", "note",
    )  # fmt: skip
    return table_of(label("The numbers behind the themes"), columns, rows, head=2)


# -- the numbers ----------------------------------------------------------------------------------


def numbers(
    table: pd.DataFrame,
    codebook: Codebook,
    sources: Mapping[str, int] | None = None,
    *,
    linked: bool = True,
    none: str = "",
) -> Block:
    """Return each number beside its feeling: whether they agree and why; disagreements first.

    Parameters
    ----------
    table
        NUMBERS.
    codebook
        Names the stages.
    sources
        How many units stand behind each figure.
    linked
        Whether the page has a section a stage to link to.
    none
        Said where the table is empty because only some of the study's numbers are asked for.
    """
    held = check(table, NUMBERS)
    said = wording.numbers(held)
    if held.empty:
        return says([none] if none else said)
    order = {flag: place for place, flag in enumerate(FLAG_ORDER)}
    held = held.assign(_flag=held["flag"].map(order)).sort_values(
        ["_flag", "stage_order", "metric", "group", "period"], kind="stable"
    )
    held["why"], hint = _once(held["why"].tolist())
    rows = [_number_row(r, codebook, sources) for r in held.itertuples(index=False)]
    parts = [
        {"flag": flag, "rows": list(own)} for flag, own in groupby(rows, key=lambda r: r["flag"])
    ]
    lines = [
        f"- **{r['flag']}** {_md(r['metric'])}: {_md(r['value'])}. {_md(r['why'])}" for r in rows
    ]
    alone = len(parts) == 1
    html = _fill("numbers", says=said, hint=hint, parts=parts, alone=alone, linked=linked)
    return Block(html, "\n\n".join([*map(_md, said), _md(hint), "\n".join(lines)]))


def _once(texts: list[str]) -> tuple[list[str], str]:
    """Take the sentences that stand in every text out of them, to be said once.

    Examples
    --------
    >>> _once(["A is so. All are few.", "B is so. All are few."])
    (['A is so.', 'B is so.'], 'All are few.')
    """
    parts = [_SENTENCE.split(text) for text in texts]
    if len(parts) < 2:
        return texts, ""
    common = [s for s in parts[0] if s and all(s in other for other in parts[1:])]
    left = [" ".join(s for s in part if s not in common) for part in parts]
    return left, " ".join(common)


def _number_row(row: Any, codebook: Codebook, sources: Any) -> dict[str, Any]:
    known = not math.isnan(row.valence)
    at = {
        "valence": row.valence, "valence_low": row.valence_low, "valence_high": row.valence_high,
        "is_thin": row.is_thin,
    }  # fmt: skip
    return {
        "metric": row.metric, "value": amount(row.value, row.unit),
        "of": ", ".join(part for part in (row.group, row.period) if part),
        "stage": row.stage or label("the whole journey"),
        "order": codebook.order(row.stage) if row.stage in codebook.stage_names else None,
        "flag": row.flag, "why": row.why, "compared": row.compared,
        "place": _place(pd.Series(at)) if known else None,
        "felt": signed(row.valence), "between": interval(row.valence_low, row.valence_high),
        "people": people(row.n_participants, is_thin=row.is_thin),
        "sources": _number_sources(row, sources) if row.stage else None,
    }  # fmt: skip


def _number_sources(row: Any, sources: Mapping[str, int] | None) -> dict[str, Any] | None:
    """Return the units behind the feeling beside a number: of its wave, where waves are told."""
    of_wave = figure("wave", row.stage, str(row.period).strip()).casefold()
    wave = next((name for name in sources or () if name.casefold() == of_wave), "")
    if wave and row.group:
        # One group in one wave is no figure of its own.
        return None
    chosen = figure("curve", row.stage, *filter(None, [row.group]))
    return behind(wave or chosen, sources)


def associations(table: pd.DataFrame) -> Block:
    """Return which numbers move with the feeling, across stages, groups or periods."""
    held = check(table, ASSOCIATIONS)
    said = says(wording.associations(held))
    if held.empty:
        return said
    rows = [
        [
            r.metric, ", ".join(filter(None, [r.stage or label("all stages"), r.group, r.period])),
            r.across, r.n_points, wording.rho(r.rho),
            "–" if math.isnan(r.rho_low)
            else label("{low} to {high}", low=wording.rho(r.rho_low), high=wording.rho(r.rho_high)),
            "–" if math.isnan(r.p) else f"{r.p:.3f}",
            "–" if math.isnan(r.p_holm) else f"{r.p_holm:.3f}", r.words, r.reason,
        ]
        for r in held.itertuples(index=False)
    ]  # fmt: skip
    columns = labels(
        "metric", "of", "across", "points", "rank correlation", "95 % interval", "p",
        "p, for all at once", "in words", "note",
    )  # fmt: skip
    shown = table_of(
        label("Which numbers move with the feeling"), columns, rows, wide=(label("note"),)
    )
    return Block(said.html + shown.html, f"{said.markdown}\n\n{shown.markdown}")


# -- talk that fits no stage, and themes ----------------------------------------------------------


def new_stages(
    table: pd.DataFrame,
    examples: pd.DataFrame,
    sources: Mapping[str, int] | None = None,
) -> Block:
    """Return talk that fits no stage and belongs together, each as a stage to add.

    Parameters
    ----------
    table
        NEW_STAGES.
    examples
        STAGE_EXAMPLES: words that may be quoted; each proposal is written as TOML with its own.
    sources
        How many units stand behind each figure.
    """
    held = check(table, NEW_STAGES)
    if held.empty:
        return says(
            ["No talk off the journey belongs together so far: nothing to add to the codebook."]
        )
    many = f"{len(held)} theme{'s' if len(held) != 1 else ''}"
    said = [
        f"People speak of {many} that the codebook has no stage for. Adding one is a decision of "
        "the team: it changes what is coded where."
    ]
    said_so = check(examples, STAGE_EXAMPLES)
    rows = []
    for place, r in enumerate(held.itertuples(index=False)):
        own = said_so[said_so["theme"] == r.theme]
        between = _between(r.told_after, r.told_before)
        rows.append(
            {
                "name": r.name, "words": r.words, "who": people(r.n_participants),
                "share": wording.percent(r.share), "units": int(r.n_units), "told": between,
                "felt": signed(r.valence), "between": interval(r.valence_low, r.valence_high),
                "place": None if math.isnan(r.valence) else _place(
                    pd.Series({"valence": r.valence, "valence_low": r.valence_low,
                               "valence_high": r.valence_high, "is_thin": False})),
                "toml": as_stage(held.iloc[place], said_so), "reason": r.reason,
                "quotes": [(q.text, q.participant) for q in own.head(2).itertuples(index=False)],
                "sources": behind(figure("new-stage", r.theme), sources),
            }
        )  # fmt: skip
    html = _fill("new_stages", says=said, rows=rows)
    lines = [f"- {_md(r['name'])}: {r['who']}, {r['felt']}, {_md(r['told'])}" for r in rows]
    return Block(html, "\n\n".join([*map(_md, said), "\n".join(lines)]))


def _between(after: str, before: str) -> str:
    if after and before:
        return label("mostly told between {after} and {before}", after=after, before=before)
    if after:
        return label("mostly told after {after}", after=after)
    return label("mostly told before {before}", before=before) if before else label("told anywhere")


def themes(table: pd.DataFrame) -> Block:
    """Return all themes: who named each, how much is said of it, and which proposals wait.

    One without units is left out: its words may be those of people who have withdrawn.
    """
    held = check(table, THEMES)
    held = held[held["n_units"] > 0]
    if held.empty:
        return says([NO_THEMES])
    used = held[held["status"].isin(["suggested", "accepted"])]
    waiting = held[held["status"] == "proposed"]
    named = int((used["named_by"] != "").sum())
    said = [
        f"{len(used)} theme{'s are' if len(used) != 1 else ' is'} in use; people named {named}, "
        f"{len(used) - named} carry the name that their words suggest."
    ]
    if len(waiting):
        names = wording.listed([f"“{n}”" for n in waiting["name"]], 4)
        verb = "waits" if len(waiting) == 1 else "wait"
        said.append(f"{len(waiting)} new {verb} for a person to accept or reject: {names}.")
    where = {WHOLE_STUDY: label("whole study"), OFF_JOURNEY: label("off the journey")}
    rows = [
        [
            r.name, where.get(r.scope, r.scope),
            label("named by {name}", name=r.named_by.removeprefix("human:")) if r.named_by
            else label("suggested"),
            label(STATUSES[r.status]) if r.status in STATUSES else r.status, r.n_units,
            r.n_participants, r.words, r.theme,
        ]
        for r in held.itertuples(index=False)
    ]  # fmt: skip
    columns = labels("theme", "at", "name", "status", "units", "people", "its words", "id")
    lead = says(said)
    shown = table_of(label("All themes"), columns, rows, wide=(label("its words"),))
    return Block(lead.html + shown.html, f"{lead.markdown}\n\n{shown.markdown}")
