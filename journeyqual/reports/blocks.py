"""The blocks that a report is made of, each as HTML and as Markdown.

A block is filled from finished tables by a template that escapes everything it is given (Jinja2's
autoescape, markupsafe): transcripts are hostile text. The same block stands in JupyterLab and in
the page that `journeyqual.reports.html` writes.

The file is over 400 lines because it is a list of the page's blocks, each short.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts import in_report
from journeyqual.charts.frame import checked
from journeyqual.charts.palette import css_variables
from journeyqual.charts.words import coded, feeling, interval, people
from journeyqual.codebook import Codebook
from journeyqual.errors import SchemaError
from journeyqual.evidence import figure
from journeyqual.labels import label, labels
from journeyqual.numbers.words import amount
from journeyqual.reports.evidence import behind
from journeyqual.reports.spoken import FOR_TEMPLATES
from journeyqual.schema import (
    DRIVERS,
    EMOTIONS,
    METRICS,
    MOVED,
    NUMBERS,
    QUOTES,
    READING,
    check,
    signed,
)

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from journeyqual.study import Study

TEMPLATES = Path(__file__).parent / "template"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|~$])")
_NAMED = re.compile(r"`((?:journeyqual [\w -]+)|\w+\.(?:csv|toml)|expected_valence|verdict)`")
"""What a sentence may set as code: words of ours between backticks, never a transcript's."""
SHIFTS = (0.05, 0.15, 0.3)
"""Words that moved the valence less than the first are not marked, from the last on strongest."""
COUNTED = ("interviews", "participants", "units")
"""Facts that a report is headed with."""
MOMENTS = (
    ("lowest", "Lowest average"), ("highest", "Highest average"), ("last", "Last stage"),
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """One block of a report: as HTML, and as Markdown for what cannot show HTML."""

    html: str
    markdown: str

    def _repr_html_(self) -> str:
        # Only JupyterLab needs the style in the output; the page has it in its head.
        return self.html if in_report() else f"<style>{live_css()}</style>{self.html}"

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.markdown


def header(study: Study) -> Block:
    """Return the head of a report: title, note, the headline, and how much was heard.

    Parameters
    ----------
    study
        An open study.
    """
    facts = study.facts()
    counts: list[tuple[object, str]] = [
        (facts[k], words)
        for k, words in zip(COUNTED, labels("interviews", "participants", "units"), strict=True)
        if k in facts
    ]
    counts.append((len(study.codebook.stages), label("stages")))
    title, note, headline = study.config.title, study.note, study.headline()
    trust = _trust(study.curve(), facts)
    html = _fill("header", title=title, note=note, headline=headline, counts=counts, trust=trust)
    lines = [f"# {_md(title)}", _md(note), f"**{_md(headline)}**", _md(trust)]
    lines.append(", ".join(f"{n} {what}" for n, what in counts))
    return Block(html, "\n\n".join(line for line in lines if line))


def _trust(curve: pd.DataFrame, facts: Mapping[str, str | int]) -> str:
    """Return what a reader must know before believing a machine's curve; blank for people's."""
    if "machine" not in set(curve["method"]):
        return ""
    units, unsure = int(facts["units"]), int(facts["units the coder is unsure of"])
    if not units:
        return label(
            "Nobody whose interview was read agrees to be analysed, or nothing was coded yet."
        )
    share = f"{100 * unsure / units:.0f} %"
    some = facts.get("people who coded", "none") != "none"
    first = (
        label(
            "A machine chose stage and feeling of all {n} units, and what people coded was not "
            "drawn at random, so it cannot say how far the machine errs.", n=units,
        )
        if some
        else label(
            "A machine chose stage and feeling of all {n} units, and nobody has checked one.",
            n=units,
        )
    )  # fmt: skip
    rest = label(
        "It was unsure of the stage of {n} ({share}). What it puts at a wrong stage makes stages "
        "look more alike than people told them. None of that error is in the bars. Decide nothing "
        "on this before people have coded a random sample.",
        n=unsure,
        share=share,
    )
    return f"{first} {rest}"


def how_to_read(curve: pd.DataFrame, codebook: Codebook) -> Block:
    """Return the legend of the curve in words and signs: shape, hollow, bar, thin line, tick."""
    table = checked(curve, codebook)
    expected = any(s.expected_valence is not None for s in codebook.stages)
    thin = bool(table["is_thin"].any())
    machine = "machine" in set(table["method"])
    html = _fill("legend", expected=expected, thin=thin, machine=machine)
    lines = [
        "- triangle up: good side, the whole bar is above the middle",
        "- triangle down: bad side, the whole bar is below the middle",
        "- circle: not settled, the bar crosses the middle",
        "- bar: 95 % interval over participants",
        "- grey lines: one person each",
    ]
    lines += ["- hollow and dashed: thin, few people spoke of it"] if thin else []
    lines += ["- short line: what the team expected"] if expected else []
    return Block(html, "\n".join(lines))


def moments(curve: pd.DataFrame, reading: pd.DataFrame, quotes: pd.DataFrame) -> Block:
    """Return what a reader remembers: lowest, highest and last stage, each with a voice.

    Parameters
    ----------
    curve, reading, quotes
        CURVE of one group, READING of it and QUOTES behind it.
    """
    said = check(quotes, QUOTES)
    places = {r.stage: r for r in curve.itertuples(index=False)}
    cards = []
    for measure, words in MOMENTS:
        rows = check(reading, READING)
        for row in rows[rows["measure"] == measure].itertuples(index=False):
            voice = said[(said["stage"] == row.stage) & (said["stance"] == "supports")]
            place = places.get(row.stage)
            cards.append(
                {
                    "label": label(words),
                    "stage": row.stage,
                    "order": None if place is None else int(place.stage_order),
                    "place": None if place is None else _place(place),
                    "felt": signed(row.value),
                    "quote": _quote(next(voice.itertuples(index=False))) if len(voice) else None,
                }
            )
    markdown = "\n\n".join(f"**{c['label']}**: {_md(c['stage'])} ({c['felt']})" for c in cards)
    return Block(_fill("moments", cards=cards), markdown)


def stage_links(curve: pd.DataFrame, codebook: Codebook) -> Block:
    """Return a link to the evidence of every stage: the chart's clicks, for the keyboard."""
    rows = _stages(curve, codebook)
    markdown = "\n".join(f"- {_md(r['name'])}: {r['felt']}, {r['people']}" for r in rows)
    return Block(_fill("links", rows=rows), markdown)


def evidence(
    curve: pd.DataFrame,
    quotes: pd.DataFrame,
    codebook: Codebook,
    metrics: pd.DataFrame | None = None,
    moved: pd.DataFrame | None = None,
    sources: Mapping[str, int] | None = None,
    drivers: pd.DataFrame | None = None,
    numbers: pd.DataFrame | None = None,
) -> Block:
    """Return a section a stage: definition, n, interval, what goes with it, quotes, numbers.

    Parameters
    ----------
    curve
        CURVE of all participants.
    quotes
        QUOTES behind it. A stage without a contradicting quote says that none was found.
    codebook
        Defines the stages; a stage that nobody spoke of says so.
    metrics
        METRICS: the numbers that the team brings, shown beside what people said.
    moved
        MOVED: which words moved the machine's valence of a quote; opens under the quote.
    sources
        How many units stand behind each figure (`journeyqual.reports.evidence.counts`).
    drivers
        DRIVERS: the themes that pull a stage's point most are named there.
    numbers
        NUMBERS: whether each metric agrees with the voices; where not, why not.

    Raises
    ------
    ConfigError, SchemaError
        If a table is not what it should be or names a stage that the codebook lacks.
    """
    brought = check(METRICS.empty() if metrics is None else metrics, METRICS)
    flagged = check(NUMBERS.empty() if numbers is None else numbers, NUMBERS)
    themes = check(DRIVERS.empty() if drivers is None else drivers, DRIVERS)
    said = check(quotes, QUOTES).sort_values(["stage_order", "stance", "rank"], kind="stable")
    why = check(MOVED.empty() if moved is None else moved, MOVED)
    rows = _stages(curve, codebook)
    parts = []
    for row in rows:
        own = said[said["stage"] == row["name"]]
        stances = ("supports", "contradicts", "good", "bad")
        for stance in stances:
            row[stance] = [
                _quote(q) | {"why": _why(q.text, why[why["unit_id"] == q.unit_id])}
                for q in own[own["stance"] == stance].itertuples(index=False)
            ]
        row["sources"] = behind(figure("curve", row["name"]), sources)
        row["metrics"] = [
            _metric(m) | _flag(m, flagged)
            for m in brought[brought["stage"] == row["name"]].itertuples(index=False)
        ]
        row["themes"] = strongest(themes, row["name"], sources)
        lines = [f"### {_md(row['name'])}", f"{row['felt']} ({row['between']}), {row['people']}"]
        lines += [
            f"- {_md(m['name'])}: {_md(m['value'])} {_md(m['of'])} {m['flag']}".rstrip()
            for m in row["metrics"]
        ]
        lines += [
            f"- {_md(t['name'])}: {t['felt']} ({t['between']}), {t['who']}"
            for t in row["themes"]["shown"]
        ]
        for stance in stances:
            lines += [
                f"> {_md(q['text'])}\n>\n> {_md(q['participant'])}, {q['time']}, {stance}"
                for q in row[stance]
            ]
        parts.append("\n\n".join(lines))
    return Block(_fill("evidence", rows=rows), "\n\n".join(parts))


def _flag(metric: Any, numbers: pd.DataFrame) -> dict[str, str]:
    """Return whether a metric agrees with the voices of its stage, and why not where it does not.

    Only a disagreement is told: that a number agrees, or cannot be held against anything, is no
    news at a stage.
    """
    own = numbers
    for name in ("stage", "metric", "group", "period"):
        own = own[own[name].fillna("") == (getattr(metric, name, "") or "")]
    for row in own[own["flag"] == "disagree"].itertuples(index=False):
        return {"flag": label("disagrees with the voices"), "why": row.why}
    return {"flag": "", "why": ""}


def strongest(
    drivers: pd.DataFrame, stage: str, sources: Mapping[str, int] | None = None, most: int = 3
) -> dict[str, Any]:
    """Return the themes that pull a stage's point most, strongest first, and how many more.

    Parameters
    ----------
    drivers
        DRIVERS.
    stage
        The stage they are of.
    sources
        How many units stand behind each figure.
    most
        How many are named.
    """
    own = drivers[drivers["stage"] == stage]
    own = own.sort_values("pull", key=abs, ascending=False, kind="stable", na_position="last")
    shown = [
        {
            "name": r.name, "is_thin": bool(r.is_thin), "differs": bool(r.differs),
            "known": not math.isnan(r.contrast), "reason": r.reason,
            "felt": label("no contrast") if math.isnan(r.contrast) else signed(r.contrast),
            "between": interval(r.contrast_low, r.contrast_high), "n": int(r.n_with),
            "who": label("{n} with, {other} without", n=r.n_with, other=r.n_without),
            "pole": "good" if r.contrast > 0 else "bad",
            "sources": behind(figure("driver", stage, r.theme), sources),
        }
        for r in own.head(most).itertuples(index=False, name="Driver")
    ]  # fmt: skip
    return {"shown": shown, "more": max(0, len(own) - most)}


def curve_table(curve: pd.DataFrame, codebook: Codebook, *, by: str = "") -> Block:
    """Return the numbers behind a curve as a table.

    Parameters
    ----------
    curve
        CURVE, of one group or several.
    codebook
        Gives the order of the stages.
    by
        What the groups are, for the column's name.
    """
    table = checked(curve, codebook)
    rows = []
    for r in table.itertuples(index=False):
        rows.append(
            [
                *([r.group] if by else []), r.stage, r.felt, r.between, r.n_participants, r.n_units,
                r.n_human, _number(r.valence_participants_first), _number(r.spread, sign=False),
                label("thin") if r.is_thin and r.n_participants else "",
            ]
        )  # fmt: skip
    columns = [
        *([by] if by else []),
        *labels("stage", "valence", "95 % interval", "people", "units", "coded by people",
                "mean of people's means", "spread", "note"),
    ]  # fmt: skip
    return table_of(label("The numbers behind the curve"), columns, rows, head=2 if by else 1)


def emotion_table(emotions: pd.DataFrame, codebook: Codebook) -> Block:
    """Return the share of each emotion in each stage as a table."""
    table = check(emotions, EMOTIONS)
    shares = {(r.stage, r.emotion): f"{r.share:.0%}" for r in table.itertuples(index=False)}
    told = [s for s in codebook.stage_names if s in set(table["stage"])]
    rows = [[s, *(shares.get((s, e), "–") for e in codebook.emotion_names)] for s in told]
    heads = [label("stage"), *codebook.emotion_names]
    return table_of(label("Share of each stage's talk"), heads, rows)


def compared(by: str) -> Block:
    """Return the heading of the comparison of groups; nothing if no groups are compared.

    Parameters
    ----------
    by
        The attribute of participants that groups them, or "".
    """
    markdown = f"## Compared by {_md(by)}" if by else ""
    return Block(_fill("compared", by=by), markdown)


def coverage_table(coverage: pd.DataFrame) -> Block:
    """Return how much was said about each stage, and how much of that the coder is unsure of.

    Raises
    ------
    SchemaError
        If a column of the coverage table is missing.
    """
    wanted = ["stage", "n_participants", "n_units", "n_unsure", "is_thin"]
    missing = [c for c in wanted if c not in coverage.columns]
    if missing:
        raise SchemaError(f"no column {missing[0]!r}", remedy=f"coverage has {', '.join(wanted)}")
    rows = [
        [
            r.stage, r.n_participants, r.n_units, r.n_unsure,
            label("nobody spoke of it") if r.n_participants == 0
            else label("thin") if r.is_thin else "",
        ]
        for r in coverage.itertuples(index=False)
    ]  # fmt: skip
    columns = labels("stage", "people", "units", "unsure", "note")
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return table_of(label("How much was said"), columns, rows, closed=False)


def method(facts: Mapping[str, str | int], curve: pd.DataFrame) -> Block:
    """Return how the report was made and what it cannot say: the method appendix.

    Parameters
    ----------
    facts
        What was used, name to value.
    curve
        CURVE; how its units were coded decides which limits are told.
    """
    how = set(curve["method"])
    unheard = curve.loc[curve["n_participants"] == 0, "stage"].drop_duplicates().tolist()
    few = curve[curve["is_thin"] & (curve["n_participants"] > 0)]
    html = _fill(
        "method", facts=[(label(name), value) for name, value in facts.items()],
        machine="machine" in how, words=_method(curve), unheard=unheard,
        thin=few["stage"].drop_duplicates().tolist(),
    )  # fmt: skip
    markdown = "\n".join(f"- {_md(k)}: {_md(str(v))}" for k, v in facts.items())
    return Block(html, f"{_method(curve)}\n\n{markdown}")


def _stages(curve: pd.DataFrame, codebook: Codebook) -> list[dict[str, Any]]:
    """Return what templates need of every stage of the codebook, those without voices too."""
    table = checked(curve, codebook)
    if table["group"].nunique() > 1:
        raise SchemaError("one curve wanted, here are several", column="group", remedy="pick one")
    told: dict[str, Any] = {r.stage: r for r in table.itertuples(index=False)}
    rows = []
    for order, stage in enumerate(codebook.stages):
        row: Any = told.get(stage.name)
        heard = row is not None and not math.isnan(row.valence)
        rows.append(
            {
                "order": order, "name": stage.name, "side": stage.side, "brief": stage.brief,
                "definition": stage.definition, "owner": stage.owner,
                "touchpoints": [t.name for t in stage.touchpoints],
                "expected": None
                if stage.expected_valence is None
                else signed(stage.expected_valence),
                "heard": heard, "machine": row is not None and row.method == "machine",
                "felt": row.felt if heard else "–",
                "between": row.between if heard else label("no interval"),
                "people": people(row.n_participants if row is not None else 0),
                "units": int(row.n_units) if row is not None else 0,
                "is_thin": bool(heard and row.is_thin),
                "place": _place(row) if heard else None,
            }
        )  # fmt: skip
    return rows


def _place(row: Any) -> dict[str, Any] | None:
    """Return where a valence and its interval stand on a track of 100, and its sign and colour."""
    if math.isnan(row.valence):
        return None
    between = not (math.isnan(row.valence_low) or math.isnan(row.valence_high))
    low, high = (row.valence_low, row.valence_high) if between else (row.valence, row.valence)
    return {
        "at": round(50 * (row.valence + 1), 2),
        "low": round(50 * (low + 1), 2),
        "width": round(50 * (high - low), 2),
        "sign": feeling(row.valence_low, row.valence_high),
        "is_thin": bool(row.is_thin),
        # The same scale as the charts: full colour from 0.6 on, grey at 0.
        "pole": "good" if row.valence >= 0 else "bad",
        "strength": round(100 * min(1.0, abs(row.valence) / 0.6)),
    }


def _quote(row: Any) -> dict[str, Any]:
    return {
        "text": row.text, "participant": row.participant, "stance": row.stance,
        "time": clock(row.start_s), "emotion": row.emotion, "unit": row.unit_id,
        "felt": signed(row.valence), "unsure": bool(row.unsure),
    }  # fmt: skip


def _why(text: str, moved: pd.DataFrame) -> dict[str, Any] | None:
    """Cut a quote into its words that moved the valence and what stands between them."""
    if moved.empty:
        return None
    parts: list[dict[str, Any]] = []
    at = 0
    for row in moved.sort_values("start").itertuples(index=False):
        level = sum(abs(row.shift) >= limit for limit in SHIFTS)
        if level:
            parts.append({"text": text[at : row.start], "way": ""})
            way = "up" if row.shift > 0 else "down"
            parts.append({"text": text[row.start : row.end], "way": way, "level": level})
            at = row.end
    parts.append({"text": text[at:], "way": ""})
    read = signed(moved["valence"].iloc[0])
    return {"read": read, "parts": [p for p in parts if p["text"]], "any": len(parts) > 1}


def _metric(row: Any) -> dict[str, str]:
    return {
        "name": row.metric,
        "value": amount(row.value, row.unit),
        "of": ", ".join(part for part in (row.group, row.period) if part),
    }


def clock(seconds: float) -> str:
    """Return a time in the interview as people read it; ``no time code`` where there is none.

    Examples
    --------
    >>> clock(0.0), clock(252.7), clock(3661.0), clock(float("nan"))
    ('0:00', '4:12', '1:01:01', 'no time code')
    """
    if math.isnan(seconds):
        return label("no time code")
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _number(value: float, *, sign: bool = True) -> str:
    if math.isnan(value):
        return "–"
    return signed(value) if sign else f"{value:.2f}"


def _method(curve: pd.DataFrame) -> str:
    return " ".join(coded(set(curve["method"])))


def table_of(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    head: int = 1,
    closed: bool = True,
    wide: Sequence[str] = (),
) -> Block:
    """Return a table under its caption, which opens and closes it.

    Parameters
    ----------
    caption, columns, rows
        What stands where; everything is escaped.
    head
        How many columns, from the first, name their row.
    closed
        Whether it has to be opened first.
    wide
        Columns of sentences: they break into lines.
    """
    wraps = [name in wide for name in columns]
    html = _fill(
        "table", caption=caption, columns=columns, rows=rows, head=head, closed=closed, wraps=wraps
    )
    lines = [columns, ["---"] * len(columns), *rows]
    markdown = "\n".join(
        f"| {' | '.join(v if v == '---' else _md(str(v)) for v in line)} |" for line in lines
    )
    return Block(html, markdown)


def says(sentences: Sequence[str], *, hint: str = "") -> Block:
    """Return what a section's figures say, in words, before the figures.

    Parameters
    ----------
    sentences
        The most important first; it stands larger.
    hint
        A quieter sentence after them: how to take it.
    """
    html = _fill("says", sentences=list(sentences), hint=hint)
    return Block(html, "\n\n".join(_md(s) for s in (*sentences, hint) if s))


def _md(text: str) -> str:
    """Return text as Markdown shows it letter by letter, on one line."""
    line = escape(" ".join(text.split()), quote=False)
    return _MARKDOWN.sub(r"\\\1", line)


def live_css() -> str:
    """Return the blocks' style for JupyterLab, light or dark as the Lab is."""
    text = (TEMPLATES / "blocks.css").read_text(encoding="utf-8")
    dark = f'[data-jp-theme-light="false"] .jq {{ {css_variables("dark")} }}'
    # In JupyterLab a click on a chart cannot reach another cell's output.
    hidden = ".jq-page-only { display: none }"
    return f".jq {{ {css_variables('light')} }}\n{dark}\n{text}\n{hidden}"


@cache
def environment() -> Environment:
    """Return the templates' environment: it escapes everything, and an unknown name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["code"] = _code
    made.globals.update(FOR_TEMPLATES)
    return made


def _code(text: str) -> Markup:
    """Return a sentence, escaped, with the commands and files that it names set as code."""
    from markupsafe import Markup

    return Markup(_NAMED.sub(r"<code>\1</code>", escape(text)))


def _fill(name: str, **values: Any) -> str:
    return environment().get_template(f"blocks/{name}.html.j2").render(**values)
