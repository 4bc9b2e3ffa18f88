"""The blocks of the journey map: the infinity loop, the grid of stages, touchpoints, the seam.

One grid serves three forms: lanes by stages on a wide page, a card a stage on a phone, and one A3
sheet in print. It is a table of stages all the same, whoever reads it. The file is over 400 lines
because one grid gathers what seven tables say of a stage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts import in_report
from journeyqual.charts.loop import loop as placed
from journeyqual.charts.loop import sides
from journeyqual.charts.words import english_people, feeling, interval, people
from journeyqual.codebook import Codebook
from journeyqual.evidence import figure
from journeyqual.labels import label, labels
from journeyqual.reports import wording
from journeyqual.reports.blocks import (
    TEMPLATES,
    Block,
    _fill,
    _md,
    _metric,
    _place,
    _quote,
    _stages,
    _trust,
    environment,
    live_css,
    strongest,
)
from journeyqual.reports.evidence import behind
from journeyqual.reports.spoken import whom
from journeyqual.schema import (
    DRIVERS,
    METRICS,
    OPPORTUNITIES,
    QUOTES,
    SEAM,
    TOUCHPOINTS,
    check,
    signed,
)

if TYPE_CHECKING:
    from markupsafe import Markup

    from journeyqual.study import Study

LANES = (
    "stage", "feeling", "touchpoints", "mentioned with it", "in their words", "numbers", "owner",
    "opportunity",
)  # fmt: skip
"""What the grid tells of each stage, in this order."""
_OURS = re.compile(
    r"`(journeyqual run|\w+\.(?:csv|toml)|touchpoints|owner|side|wave|segment|\[curve\]"
    r'|period = "wave"|by = "segment")`'
)
MANY = 12
"""With more stages than this the printed sheet shows small cards instead of lanes."""
DRIVERS_SHOWN = 2
SHEET_HEIGHT = 180
"""Millimetres that the grid has on the printed sheet."""
PRINTED = {"points": 5, "numbers": 3}
"""So many lines of a lane the printed sheet has room for."""


class MapBlock(Block):
    """A block with the style of the map: in JupyterLab each brings it along."""

    def _repr_html_(self) -> str:
        return self.html if in_report() else f"<style>{live_css()}{css()}</style>{self.html}"


@cache
def css(*, sheet: bool = False) -> str:
    """Return the style of the map's blocks; with ``sheet``, that of the A3 page in print, too."""
    names = ("map.css", "a3.css") if sheet else ("map.css",)
    return "\n".join((TEMPLATES / "map" / name).read_text(encoding="utf-8") for name in names)


def head(
    study: Study,
    kind: str,
    headline: str,
    counts: Sequence[tuple[object, str]] = (),
    *,
    sheet: bool = False,
) -> Block:
    """Return the head of one of these reports, with the style that its blocks need.

    Parameters
    ----------
    study
        An open study; where a machine coded it, a note says how far to trust that.
    kind
        What the report is, before the study's title.
    headline
        The report in one sentence.
    counts
        Number and what it counts.
    sheet
        Whether the report prints as one A3 sheet.
    """
    title, note = f"{label(kind)} – {study.config.title}", study.note
    trust = _trust(study.curve(), study.facts())
    html = _fill("header", title=title, note=note, headline=headline, counts=counts, trust=trust)
    lines = [f"# {_md(title)}", _md(note), f"**{_md(headline)}**", _md(trust)]
    lines.append(", ".join(f"{n} {what}" for n, what in counts))
    style = f"<style>{css(sheet=sheet)}</style>"
    return MapBlock(f"{html}{style}", "\n\n".join(line for line in lines if line))


def loop(curve: pd.DataFrame, codebook: Codebook, seam: pd.DataFrame | None = None) -> Block:
    """Return the journey as an infinity loop: stages in order, feeling by shape and colour.

    Every mark leads to its stage in the grid. The same is told as a list for readers who cannot
    see the loop, and as a second drawing for narrow pages.

    Parameters
    ----------
    curve
        CURVE of all participants.
    codebook
        Orders the stages and says on which side each is.
    seam
        SEAM: how feeling changes from buyer to customer, written where the lobes meet.
    """
    wide, narrow = placed(curve, codebook), placed(curve, codebook, down=True)
    change = _seam(seam)
    html = _draw(
        "loop", drawings=(("wide", wide), ("narrow", narrow)), marks=wide.marks, seam=change,
        settled=bool(wide.sides), n_buyer=sides(codebook).count("buyer"),
    )  # fmt: skip
    lines = [f"- {_md(mark.words)}" for mark in wide.marks]
    if change:
        lines.append(f"\n{_md(change['words'])}")
    return MapBlock(html, "\n".join(lines))


def _seam(seam: pd.DataFrame | None) -> dict[str, Any] | None:
    row = wording.best_seam(SEAM.empty() if seam is None else seam)
    if row is None or math.isnan(row.change):
        return None
    return {
        "change": signed(row.change),
        "between": interval(row.change_low, row.change_high),
        "people": people(int(row.n_participants), is_thin=bool(row.is_thin)),
        "words": wording.seam(pd.DataFrame([row._asdict()]))[0],
        "sign": feeling(row.change_low, row.change_high),
    }


def grid(
    curve: pd.DataFrame,
    codebook: Codebook,
    *,
    touchpoints: pd.DataFrame | None = None,
    drivers: pd.DataFrame | None = None,
    quotes: pd.DataFrame | None = None,
    metrics: pd.DataFrame | None = None,
    opportunities: pd.DataFrame | None = None,
    sources: Mapping[str, int] | None = None,
) -> Block:
    """Return the journey as a grid: every stage of the codebook, every lane of `LANES`.

    Parameters
    ----------
    curve
        CURVE of all participants; stages that nobody spoke of say so.
    codebook
        Orders the stages; says their sides, touchpoints and owners.
    touchpoints, drivers, quotes, metrics, opportunities
        TOUCHPOINTS, DRIVERS, QUOTES, METRICS and OPPORTUNITIES. A lane without anything says why
        under the grid.
    sources
        How many units stand behind each figure (`journeyqual.reports.evidence.counts`).

    Raises
    ------
    ConfigError, SchemaError
        If a table is not what it should be.
    """
    given = {
        "points": check(_or_empty(touchpoints, TOUCHPOINTS), TOUCHPOINTS),
        "drivers": check(_or_empty(drivers, DRIVERS), DRIVERS),
        "quotes": check(_or_empty(quotes, QUOTES), QUOTES),
        "metrics": check(_or_empty(metrics, METRICS), METRICS),
        "todo": check(_or_empty(opportunities, OPPORTUNITIES), OPPORTUNITIES),
    }
    rows = _stages(curve, codebook)
    for row in rows:
        _complete(row, codebook, given, sources)
    missing = _missing(rows, codebook, given)
    heights, quote_lines = _sheet(rows)
    html = _draw(
        "grid", rows=rows, lanes=labels(*LANES), missing=missing, many=len(rows) > MANY,
        bands=math.ceil(math.sqrt(len(rows) / 3)), shown=PRINTED["points"],
        shown_numbers=PRINTED["numbers"], heights=heights, lines=quote_lines,
    )  # fmt: skip
    lines = ["| " + " | ".join(LANES) + " |", "|" + " --- |" * len(LANES)]
    lines += ["| " + " | ".join(_md(cell) for cell in _cells(row)) + " |" for row in rows]
    lines += ["", *(_md(sentence) for sentence in missing)]
    return MapBlock(html, "\n".join(lines))


def _complete(
    row: dict[str, Any],
    codebook: Codebook,
    given: dict[str, Any],
    sources: Mapping[str, int] | None,
) -> None:
    """Put into a stage's row what the tables say of it, lane by lane."""
    side, order, name = sides(codebook), row["order"], row["name"]
    row["number"] = order + 1
    row["side"] = side[order] if side else row["side"]
    row["is_seam"] = bool(side) and order > 0 and side[order] != side[order - 1]
    row["points"] = _points(given["points"], codebook.stages[order].touchpoints, name)
    row["drivers"] = strongest(given["drivers"], name, sources, DRIVERS_SHOWN)
    row["sources"] = behind(figure("curve", name), sources)
    row["quotes"] = _voices(given["quotes"], name)
    own = given["metrics"][given["metrics"]["stage"] == name]
    row["metrics"] = [_metric(m) for m in own.itertuples(index=False)]
    row["todo"] = _todo(given["todo"], name, sources)


def _sheet(rows: list[dict[str, Any]]) -> tuple[str, int]:
    """Return the heights of the printed sheet's lanes, and how many lines a quote may have.

    A lane has room for what it holds, the quotes have the rest of the sheet.
    """
    points = max(len(row["points"]) for row in rows)
    numbers = max(len(row["metrics"]) for row in rows)
    heights = [
        21.0, 14.0,
        3 + 4.2 * max(1, min(points, PRINTED["points"] + 1)),
        3 + max(4, 11.5 * max(len(row["drivers"]["shown"]) for row in rows))
        + 4 * any(row["drivers"]["more"] for row in rows),
        2 + 7.8 * max(1, min(numbers, PRINTED["numbers"])) + 4 * (numbers > PRINTED["numbers"]),
        6.0,
        2 + 7.8 * max(1, *(len(row["todo"]["shown"]) for row in rows))
        + 4 * any(row["todo"]["more"] for row in rows),
    ]  # fmt: skip
    rest = SHEET_HEIGHT - sum(heights)
    lines = max(2, min(8, math.floor((rest - 12.2) / 7.6)))
    lanes = [f"{height:.1f}mm" for height in (*heights[:4], rest, *heights[4:])]
    return " ".join(lanes), lines


def _or_empty(table: pd.DataFrame | None, declared: Any) -> pd.DataFrame:
    return declared.empty() if table is None else table


def _points(table: pd.DataFrame, known: Any, stage: str) -> list[dict[str, Any]]:
    """Return a stage's touchpoints, most spoken of first, those that nobody names last."""
    own = table[(table["kind"] == "touchpoint") & (table["stage"] == stage)]
    if own.empty:
        return [{"name": p.name, "channel": p.channel, "known": False} for p in known]
    rows = own.sort_values("n_participants", ascending=False, kind="stable")
    return [
        {
            "name": r.name, "channel": r.channel, "known": bool(r.n_of), "n": int(r.n_participants),
            "people": people(int(r.n_participants)), "unmentioned": bool(r.unmentioned),
            "felt": signed(r.valence), "place": _place(r), "doubted": int(r.n_unsure),
        }
        for r in rows.itertuples(index=False, name="Point")
    ]  # fmt: skip


def _voices(table: pd.DataFrame, stage: str) -> list[dict[str, Any]]:
    """Return one quote for a stage's point and one against it, or one from each side."""
    own = table[table["stage"] == stage].sort_values("rank")
    first = own.drop_duplicates("stance")
    by_stance = {r.stance: r for r in first.itertuples(index=False)}
    wanted = ("supports", "contradicts", "good", "bad")
    return [_quote(by_stance[stance]) for stance in wanted if stance in by_stance]


def _todo(table: pd.DataFrame, stage: str, sources: Mapping[str, int] | None) -> dict[str, Any]:
    own = table[table["stage"] == stage].sort_values("rank")
    shown = [
        {
            "rank": int(r.rank), "mend": r.kind == "mend", "name": r.name, "owner": r.owner,
            "who": whom(r), "is_thin": bool(r.is_thin),
            "sources": behind(figure("opportunity", r.rank), sources),
        }
        for r in own.head(2).itertuples(index=False, name="Todo")
    ]  # fmt: skip
    return {"shown": shown, "more": max(0, len(own) - 2)}


def _missing(rows: list[dict[str, Any]], codebook: Codebook, given: dict[str, Any]) -> list[str]:
    """Return a sentence for every lane that has nothing at any stage: why, and what brings it."""
    out = []
    silent = [row["name"] for row in rows if not row["heard"]]
    if silent:
        out.append(f"Nobody spoke of {wording.listed(silent, 4)}: a gap in the interviews.")
    out += _no_points(codebook, given["points"])
    if given["drivers"].empty:
        out.append(
            "No themes were found at any stage yet, so nothing stands beside its feeling: a stage "
            "needs a few dozen units of several people."
        )
    if given["quotes"].empty:
        out.append("No quote can be shown: nobody who was heard agreed to be quoted.")
    if given["metrics"].empty:
        out.append("The team has brought no numbers: they stand in `metrics.csv`.")
    if not any(stage.owner for stage in codebook.stages):
        out.append("No stage has an owner: name one in the codebook, `owner`.")
    if given["todo"].empty:
        out.append("No opportunity can be ranked yet: no feeling is settled enough for it.")
    return out


def _no_points(codebook: Codebook, points: pd.DataFrame) -> list[str]:
    if not any(stage.touchpoints for stage in codebook.stages):
        return ["The codebook names no touchpoints: list a stage’s `touchpoints` there."]
    if not (points["n_of"] > 0).any():
        return ["Nobody has looked for touchpoints yet: `journeyqual run` codes them."]
    return []


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        f"{row['number']} {row['name']}",
        f"{row['felt']} ({row['between']}), {row['people']}" if row["heard"] else "nobody",
        ", ".join(p["name"] for p in row["points"]),
        ", ".join(f"{d['name']} {d['felt']}" for d in row["drivers"]["shown"]),
        " / ".join(q["text"] for q in row["quotes"]),
        ", ".join(f"{m['name']} {m['value']}" for m in row["metrics"]),
        row["owner"],
        ", ".join(f"{t['rank']} {t['name']}" for t in row["todo"]["shown"]),
    ]


def coverage(touchpoints: pd.DataFrame, codebook: Codebook) -> Block:
    """Return which touchpoints and channels customers speak of, and which nobody names.

    Parameters
    ----------
    touchpoints
        TOUCHPOINTS.
    codebook
        Says whether there is anything to look for.
    """
    table = check(touchpoints, TOUCHPOINTS)
    if table.empty or not (table["n_of"] > 0).any():
        why = _no_points(codebook, table)
        return MapBlock(_draw("nothing", why=why), "\n\n".join(map(_md, why)))
    rows = [_reach(r) for r in table.itertuples(index=False, name="Point")]
    parts = {
        kind: sorted(
            (r for r in rows if r["kind"] == kind and not r["unmentioned"]),
            key=lambda r: -r["n"],
        )
        for kind in ("touchpoint", "channel")
    }
    unmentioned = [r for r in rows if r["unmentioned"] and r["kind"] == "touchpoint"]
    channels = [r["name"] for r in rows if r["unmentioned"] and r["kind"] == "channel"]
    first = label("of {people}", people=people(int(table["n_of"].max())))
    sentence = coverage_words(table)
    html = _draw(
        "coverage", points=parts["touchpoint"], channels=parts["channel"], sentence=sentence,
        unmentioned=unmentioned, silent=channels, first=first,
        machine=bool((table["method"] == "machine").any()),
    )  # fmt: skip
    lines = [_md(sentence), ""]
    lines += [f"- {_md(r['name'])}: {r['words']}" for r in rows if not r["unmentioned"]]
    lines += [f"- {_md(r['name'])}: nobody mentions it" for r in unmentioned]
    return MapBlock(html, "\n".join(lines))


def coverage_words(touchpoints: pd.DataFrame) -> str:
    """Return in one sentence which contacts customers speak of most, and how many nobody names.

    Examples
    --------
    >>> row = {"kind": "touchpoint", "stage": "using", "stage_order": 0, "n_of": 4, "n_unsure": 0,
    ...        "n_units": 3, "is_thin": False, "method": "human"}
    >>> bike = {**row, "name": "bike", "n_participants": 3, "share": 0.75, "unmentioned": False}
    >>> chat = {**row, "name": "chat", "n_participants": 0, "share": 0.0, "unmentioned": True}
    >>> blank = ("share_low", "share_high", "valence", "valence_low", "valence_high")
    >>> table = pd.DataFrame([bike, chat]).assign(channel="", **dict.fromkeys(blank))
    >>> coverage_words(table)
    'Of 2 touchpoints people spoke of 1, most often the bike (3 of 4 people); nobody mentions chat.'
    """
    table = check(touchpoints, TOUCHPOINTS)
    points = table[table["kind"] == "touchpoint"]
    told = points[~points["unmentioned"]]
    silent = points.loc[points["unmentioned"], "name"].tolist()
    if told.empty:
        return f"Nobody mentions any of the {len(points)} touchpoints of the codebook."
    top = told.sort_values("n_participants", ascending=False, kind="stable").iloc[0]
    tail = f"; nobody mentions {wording.listed(silent, 4)}" if silent else ""
    return (
        f"Of {len(points)} touchpoints people spoke of {len(told)}, most often the {top['name']} "
        f"({top['n_participants']} of {english_people(int(top['n_of']))}){tail}."
    )


def _reach(row: Any) -> dict[str, Any]:
    heard = not math.isnan(row.valence)
    return {
        "kind": row.kind, "name": row.name, "stage": row.stage, "order": int(row.stage_order),
        "channel": row.channel if row.kind == "touchpoint" else "", "n": int(row.n_participants),
        "of": int(row.n_of), "unmentioned": bool(row.unmentioned), "units": int(row.n_units),
        "share": 0.0 if math.isnan(row.share) else round(100 * row.share, 1),
        "low": 0.0 if math.isnan(row.share_low) else round(100 * row.share_low, 1),
        "high": 0.0 if math.isnan(row.share_high) else round(100 * row.share_high, 1),
        "felt": signed(row.valence), "between": interval(row.valence_low, row.valence_high),
        "place": _place(row) if heard else None, "is_thin": bool(row.is_thin),
        "doubted": int(row.n_unsure),
        "words": f"{row.n_participants} of {people(int(row.n_of))}, {signed(row.valence)}",
    }  # fmt: skip


def _draw(name: str, **values: Any) -> str:
    made = environment()
    made.filters["named"] = _named
    return made.get_template(f"map/{name}.html.j2").render(**values)


def _named(text: str) -> Markup:
    """Return a sentence, escaped, with the settings and files of ours that it names set as code."""
    from markupsafe import Markup

    return Markup(_OURS.sub(r"<code>\1</code>", escape(text, quote=False)))
