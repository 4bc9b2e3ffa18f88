"""Pages for people at work: one for each owner of stages, and an index of the study's reports.

Pages stand side by side in one folder and link each other by file name, so that they work offline
and wherever the folder is sent. Each also works alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.words import people
from journeyqual.codebook import Codebook
from journeyqual.errors import ReportError
from journeyqual.labels import label, labels, speaking
from journeyqual.reports import CHOOSING, evidence, parts_of
from journeyqual.reports.blocks import COUNTED, Block, _md
from journeyqual.reports.map_blocks import MapBlock, _draw, head
from journeyqual.reports.team_blocks import (
    findings,
    owners,
    stages_of,
    team_evidence,
    team_head,
    team_stages,
)
from journeyqual.schema import RUNS, check, signed
from journeyqual.theme import DEFAULT, Theme

if TYPE_CHECKING:
    from journeyqual.study import Study

RUNS_SHOWN = 12
MADE = '<meta name="generator" content="journeyqual">'
"""Stands in the head of every page of ours."""


@dataclass(frozen=True)
class Report:
    """A report that a study may have: its file's stem, its name, and what it answers."""

    name: str
    title: str
    line: str

    @property
    def file(self) -> str:
        """The page's file name."""
        return f"{self.name}.html"


REPORTS = (
    Report("four_questions", "Four questions", "Do we know our customers, where they are, how to "
           "move them, and whether it worked?"),
    Report("journey_map", "Journey map", "Every stage on one sheet: feeling, touchpoints, quotes, "
           "numbers, owner, opportunity."),
    Report("emotional_journey", "Emotional journey", "How people felt at each stage, and their "
           "words for and against it."),
    Report("why", "Why", "What is mentioned with good and bad feeling, and what to do first."),
    Report("segments", "Segments", "The same journey told by different groups, and where they "
           "surely differ."),
    Report("what_changed", "What changed", "What moved since the last run and between waves, and "
           "what only wavered."),
    Report("agreement", "Agreement", "How far people who coded agree, and what may be concluded "
           "from."),
)  # fmt: skip
"""In the order in which somebody new to the study reads them."""
INDEX, TEAM = "index.html", "team.html"
"""The index, and what the notebook ``team`` gives for one owner."""


def team_file(owner: str, codebook: Codebook) -> str:
    """Return the file name of an owner's page: plain letters, and no two owners share one.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> book = from_dict({"stage": [{"name": "a", "owner": "Käufe & Co"}]})
    >>> team_file("Käufe & Co", book), team_file("../etc", book)[:8]
    ('team-kaufe-co.html', 'team-etc')
    """
    slug = _slug(owner)
    shared = [name for name in owners(codebook) if _slug(name) == slug]
    if not slug or len(shared) > 1:
        mark = hashlib.sha256(owner.encode()).hexdigest()[:6]
        slug = f"{slug}-{mark}" if slug else mark
    return f"team-{slug}.html"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


# -- the index ------------------------------------------------------------------------------------


def links(*names: str) -> Block:
    """Return links to other reports of the study, by file name.

    Raises
    ------
    ReportError
        If there is no report of that name.
    """
    known = {report.name: report for report in REPORTS}
    for name in names:
        if name not in known:
            raise ReportError(f"no report {name!r}", remedy=f"there is {', '.join(known)}")
    rows = [known[name] for name in names]
    lines = [f"- [{_md(r.title)}]({r.file}): {_md(r.line)}" for r in rows]
    return MapBlock(_draw("links", rows=rows, index=INDEX), "\n".join(lines))


def index(study: Study, folder: Path) -> Block:
    """Return the reports that stand in a folder, with one line each.

    Parameters
    ----------
    study
        An open study.
    folder
        Where its reports are.
    """
    there = [r for r in REPORTS if (folder / r.file).exists()]
    teams: list[dict[str, Any]] = [
        {"name": owner, "file": team_file(owner, study.codebook),
         "stages": [s.name for s in stages_of(study.codebook, owner)]}
        for owner in owners(study.codebook)
        if (folder / team_file(owner, study.codebook)).exists()
    ]  # fmt: skip
    titles = {r.name: r.title for r in REPORTS}
    parts = [
        {"file": f"{name}.html", "title": titles.get(template, template), "of": _chosen(given)}
        for name, template, given in parts_of(folder)
        if (folder / f"{name}.html").exists()
    ]
    known = {INDEX, TEAM, *(r.file for r in REPORTS), *(t["file"] for t in (*teams, *parts))}
    others = sorted(
        p.name for p in folder.glob("*.html") if p.name not in known and not p.name.startswith(".")
    )
    unowned = [s.name for s in study.codebook.stages if not s.owner]
    html = _draw("index", reports=there, teams=teams, parts=parts, others=others, unowned=unowned)
    lines = [f"- [{_md(r.title)}]({r.file}): {_md(r.line)}" for r in there]
    lines += [f"- [{_md(str(t['name']))}]({t['file']})" for t in teams]
    lines += [f"- [{_md(p['title'])}: {_md(p['of'])}]({p['file']})" for p in parts]
    return MapBlock(html, "\n".join(lines))


def _chosen(given: Mapping[str, object]) -> str:
    """Return what a report shows of the study, in words."""
    return "; ".join(
        f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in given.items()
        if key in CHOOSING and value
    )


def waves(study: Study) -> Block:
    """Return the waves that were heard, each with its people, lowest and highest stage."""
    period = study.config.period
    rows = []
    if period and period in study.coded():
        for name, own in study.curve(by=period).groupby("group", sort=True):
            told = own[own["valence"].notna()]
            firm = told[~told["is_thin"]] if (~told["is_thin"]).any() else told
            low = firm.loc[firm["valence"].idxmin()] if len(firm) else None
            high = firm.loc[firm["valence"].idxmax()] if len(firm) else None
            rows.append(
                {
                    "name": str(name), "people": people(int(own["n_participants_group"].max())),
                    "low": "–" if low is None else f"{low['stage']} ({signed(low['valence'])})",
                    "high": "–" if high is None else f"{high['stage']} ({signed(high['valence'])})",
                }
            )  # fmt: skip
    html = _draw("waves", rows=rows, period=period)
    lines = [f"- {_md(r['name'])}: {r['people']}, lowest {_md(r['low'])}" for r in rows]
    return MapBlock(html, "\n".join(lines) or "One wave so far.")


def runs(table: pd.DataFrame) -> Block:
    """Return the runs of a study, newest first: what came in, and what moved.

    Parameters
    ----------
    table
        RUNS. Of ``detail`` only the sentences on what moved are shown: it names files, too.
    """
    rows = []
    for r in check(table, RUNS).sort_values("run", ascending=False).itertuples(index=False):
        detail = json.loads(r.detail or "{}")
        rows.append(
            {
                "run": r.run, "when": r.started_at[:16].replace("T", " "), "outcome": r.outcome,
                "interviews": r.interviews_in, "units": r.units_coded, "refused": r.refused,
                "moved": [str(line) for line in detail.get("moved", [])],
            }
        )  # fmt: skip
    shown, more = rows[:RUNS_SHOWN], max(0, len(rows) - RUNS_SHOWN)
    lines = [f"- run {r['run']}, {r['when']}: {r['interviews']} interviews in" for r in shown]
    return MapBlock(_draw("runs", rows=shown, more=more), "\n".join(lines))


def write_index(study: Study, folder: Path) -> Path:
    """Write ``index.html``: every report that stands in ``folder``, the waves and the runs."""
    with speaking(study.config.language, study.config.folder):
        return _index(study, folder)


def _index(study: Study, folder: Path) -> Path:
    facts = study.facts()
    named = zip(COUNTED, labels("interviews", "participants", "units"), strict=True)
    counts = [(facts[name], words) for name, words in named]
    counts.append((len(study.codebook.stages), label("stages")))
    parts: list[str | Block] = [
        head(study, "Reports", study.headline(), counts),
        "## Reports",
        index(study, folder),
        "## Waves",
        waves(study),
        "## Past runs",
        runs(study.store.runs()),
    ]
    return _write(parts, folder / INDEX, study.config.theme)


def _write(parts: Sequence[str | Block], out: Path, look: Theme = DEFAULT) -> Path:
    """Write prose and blocks as one page, as those of a notebook are."""
    from journeyqual.charts.quick import quick_import
    from journeyqual.reports.html import page

    v4 = quick_import("nbformat.v4")
    cells = [
        v4.new_markdown_cell(part)
        if isinstance(part, str)
        else v4.new_code_cell(
            outputs=[
                v4.new_output(
                    "execute_result", {"text/html": part.html, "text/markdown": part.markdown}
                )
            ]
        )
        for part in parts
    ]
    text = page(v4.new_notebook(cells=cells), fallback_title=out.stem, look=look)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    return out


# -- writing pages --------------------------------------------------------------------------------


def write_teams(study: Study, folder: Path) -> list[Path]:
    """Write one page an owner into ``folder``, the same as the notebook ``team`` gives.

    Pages of owners whom the codebook no longer has are taken away: they may hold words of somebody
    who has withdrawn since.

    Returns
    -------
    list of Path
        The pages; none if the codebook names no owner.
    """
    with speaking(study.config.language, study.config.folder):
        return _teams(study, folder)


def _teams(study: Study, folder: Path) -> list[Path]:
    book, told = study.codebook, study.evidence()
    sources = evidence.counts(told)
    out = []
    for owner in owners(book):
        parts: list[str | Block] = [
            team_head(study, owner),
            "## What to know first",
            findings(
                study.why.opportunities(),
                study.why.numbers(),
                study.journey.gaps(),
                book,
                owner,
                sources=sources,
            ),
            TEAM_STAGES,
            team_stages(
                study.curve(),
                study.quotes(),
                study.metrics(),
                book,
                owner,
                study.why.quotes(),
                sources=sources,
            ),
            evidence.block(team_evidence(told, book, owner)),
            links("journey_map", "why", "four_questions"),
        ]
        path = folder / team_file(owner, book)
        out.append(_write(parts, path, study.config.theme))
    kept = {*(page.name for page in out), *(f"{name}.html" for name, *_ in parts_of(folder))}
    for old in sorted(folder.glob("team-*.html")):
        if old.name not in kept and MADE in old.read_text(encoding="utf-8", errors="replace"):
            old.unlink()
            old.with_suffix(".pdf").unlink(missing_ok=True)
    return out


TEAM_STAGES = (
    "## Your stages, in people’s words\n\nWords are as spoken, but that names are replaced by a "
    "pseudonym or a role in brackets. Who did not agree to be quoted is counted and not quoted."
)
"""Prose of the notebook ``team``, which its pages repeat."""
