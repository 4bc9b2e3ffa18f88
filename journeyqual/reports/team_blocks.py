"""The page of a team: its stages, its three most useful findings, and its customers' own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from journeyqual.charts.words import english_interval as interval
from journeyqual.codebook import Codebook, Stage
from journeyqual.errors import ReportError
from journeyqual.evidence import figure, plain
from journeyqual.reports import wording
from journeyqual.reports.blocks import Block, _md, _metric, _quote, _stages
from journeyqual.reports.evidence import behind
from journeyqual.reports.map_blocks import MapBlock, _draw, head
from journeyqual.schema import GAPS, NUMBERS, OPPORTUNITIES, check, side, signed

if TYPE_CHECKING:
    from journeyqual.study import Study

FINDINGS = 3
"""So many findings stand on a team's page."""


def owners(codebook: Codebook) -> tuple[str, ...]:
    """Return who looks after stages, in the order of the journey.

    Examples
    --------
    >>> from journeyqual.codebook import from_dict
    >>> names = ["a", "b", "c"]
    >>> stages = [{"name": n, "owner": o} for n, o in zip(names, ("Sales", "", "Sales"))]
    >>> owners(from_dict({"stage": stages}))
    ('Sales',)
    """
    return tuple(dict.fromkeys(s.owner for s in codebook.stages if s.owner))


def team_head(study: Study, owner: str) -> Block:
    """Return the head of a team's page: its stages, and which of them feels worst.

    Parameters
    ----------
    study
        An open study.
    owner
        As the codebook writes it.

    Raises
    ------
    ReportError
        If nobody of that name looks after a stage.
    """
    own = [s.name for s in stages_of(study.codebook, owner)]
    return head(study, owner, team_headline(study.curve(), owner, own))


def team_headline(curve: pd.DataFrame, owner: str, stages: Sequence[str]) -> str:
    """Return a team's stages in one or two sentences, as settled as their intervals.

    Parameters
    ----------
    curve
        CURVE of all participants.
    owner, stages
        Whose page it is, and the stages that they look after.
    """
    told = curve[curve["stage"].isin(stages) & curve["valence"].notna()]
    looks = f"{owner} looks after {wording.listed(list(stages), 4)}"
    if told.empty:
        return f"{looks}. Nobody spoke of {'it' if len(stages) == 1 else 'them'} yet."
    row = told.sort_values("valence", kind="stable").iloc[0]
    where = {1: "on the good side", -1: "on the bad side", 0: "its side not settled"}
    between = interval(row["valence_low"], row["valence_high"])
    how = where[side(row["valence_low"], row["valence_high"])]
    felt = f"{signed(row['valence'])} ({between}), {how}"
    sketch = ", as a machine read it" if "machine" in set(curve["method"]) else ""
    thin = "; few people spoke of it" if row["is_thin"] else ""
    if len(stages) == 1:
        return f"{looks}. People felt {felt}{sketch}{thin}."
    return f"{looks}. Lowest of them is {row['stage']}: {felt}{sketch}{thin}."


def stages_of(codebook: Codebook, owner: str) -> list[Stage]:
    """Return the stages that an owner looks after.

    Raises
    ------
    ReportError
        If nobody of that name looks after a stage.
    """
    own = [s for s in codebook.stages if s.owner == owner and owner]
    if not own:
        known = wording.listed(owners(codebook), 6)
        raise ReportError(
            f"{owner!r} looks after no stage",
            remedy=f"the codebook names {known}" if known else "name owners in the codebook",
        )
    return own


def findings(
    opportunities: pd.DataFrame,
    numbers: pd.DataFrame,
    gaps: pd.DataFrame,
    codebook: Codebook,
    owner: str,
    sources: Mapping[str, int] | None = None,
) -> Block:
    """Return the findings that are of most use to an owner, three at most.

    First what to mend, by its place over the whole study; then numbers of theirs that disagree
    with the voices; then expectations that lie outside what people felt; then what to keep.

    Parameters
    ----------
    opportunities, numbers, gaps
        OPPORTUNITIES, NUMBERS and GAPS of the study; any may be empty.
    codebook
        Says which stages are theirs.
    owner
        As the codebook writes it.
    sources
        How many units stand behind each figure (`journeyqual.reports.evidence.counts`).

    Raises
    ------
    ReportError
        If nobody of that name looks after a stage.
    """
    stages = [s.name for s in stages_of(codebook, owner)]
    found = [
        *_ranked(opportunities, owner, "mend"),
        *_disagreements(numbers, stages),
        *_surprises(gaps, stages),
        *_ranked(opportunities, owner, "keep"),
    ][:FINDINGS]
    for row in found:
        row["order"] = stages.index(row["stage"]) if row["stage"] in stages else None
        row["sources"] = behind(row["figure"], sources)
    html = _draw("findings", rows=found)
    lines = [f"{i}. **{_md(r['title'])}** {_md(r['words'])}" for i, r in enumerate(found, start=1)]
    return MapBlock(html, "\n".join(lines) or "No finding yet.")


def _ranked(table: pd.DataFrame, owner: str, kind: str) -> Iterator[dict[str, Any]]:
    own = check(table, OPPORTUNITIES)
    own = own[(own["owner"] == owner) & (own["kind"] == kind)].sort_values("rank")
    how = "badly" if kind == "mend" else "well"
    for r in own.itertuples(index=False):
        felt = signed(-r.depth if kind == "mend" else r.depth)
        stake = f" At stake: {r.metric}." if r.metric else ""
        thin = " Few people: a hint, no more." if r.is_thin else ""
        yield {
            "title": f"{kind.capitalize()}: {r.name}" + (f", at {r.stage}" if r.theme else ""),
            "words": f"{wording.spoke(r, how)}, {felt} on average in their words.{stake}{thin}",
            "note": f"place {r.rank} over all stages of the study",
            "stage": r.stage,
            "figure": figure("opportunity", r.rank),
        }


def _disagreements(table: pd.DataFrame, stages: Sequence[str]) -> Iterator[dict[str, Any]]:
    own = check(table, NUMBERS)
    own = own[own["stage"].isin(stages) & (own["flag"] == "disagree")]
    for r in own.itertuples(index=False):
        of = ", ".join(part for part in (r.group, r.period) if part)
        yield {
            "title": f"A number disagrees with the voices: {r.metric}{f' ({of})' if of else ''}",
            "words": r.why,
            "note": "",
            "stage": r.stage,
            "figure": figure("curve", r.stage, *filter(None, [r.group])),
        }


def _surprises(table: pd.DataFrame, stages: Sequence[str]) -> Iterator[dict[str, Any]]:
    own = check(table, GAPS)
    own = own[own["stage"].isin(stages) & own["is_outside"] & ~own["is_thin"]]
    for r in own.itertuples(index=False):
        way = "worse" if r.gap < 0 else "better"
        between = interval(r.valence_low, r.valence_high)
        flat = f" {wording.FLATTER}" if r.method == "machine" else ""
        yield {
            "title": f"{r.stage} is felt {way} than the team expected",
            "words": f"Expected {signed(r.expected)}, felt {signed(r.valence)} ({between}).{flat}",
            "note": "",
            "stage": r.stage,
            "figure": figure("curve", r.stage),
        }


def team_stages(
    curve: pd.DataFrame,
    quotes: pd.DataFrame,
    metrics: pd.DataFrame,
    codebook: Codebook,
    owner: str,
    driver_quotes: pd.DataFrame | None = None,
    sources: Mapping[str, int] | None = None,
) -> Block:
    """Return an owner's stages, each with its feeling, numbers and the words behind it.

    Parameters
    ----------
    curve, quotes, metrics
        CURVE of all participants, QUOTES and METRICS.
    codebook
        Says which stages are theirs.
    owner
        As the codebook writes it.
    driver_quotes
        DRIVER_QUOTES: what people said of the themes there; what stands above is not repeated.
    sources
        How many units stand behind each figure.

    Raises
    ------
    ReportError
        If nobody of that name looks after a stage.
    """
    own = [s.name for s in stages_of(codebook, owner)]
    rows = [row for row in _stages(curve, codebook) if row["name"] in own]
    parts = []
    for place, row in enumerate(rows):
        row["place_here"] = place
        row["sources"] = behind(figure("curve", row["name"]), sources)
        said = quotes[quotes["stage"] == row["name"]].sort_values(["stance", "rank"])
        row["quotes"] = [
            _quote(q)
            for stance in ("supports", "contradicts", "good", "bad")
            for q in said[said["stance"] == stance].itertuples(index=False)
        ]
        row["metrics"] = [
            _metric(m) for m in metrics[metrics["stage"] == row["name"]].itertuples(index=False)
        ]
        row["themes"] = _themes(driver_quotes, row["name"], set(said["unit_id"]), sources)
        parts.append(f"### {_md(row['name'])}\n\n{row['felt']} ({row['between']}), {row['people']}")
        parts += [f"> {_md(q['text'])}\n>\n> {_md(q['participant'])}" for q in row["quotes"]]
    return MapBlock(_draw("team", rows=rows), "\n\n".join(parts))


def team_evidence(told: pd.DataFrame, codebook: Codebook, owner: str) -> pd.DataFrame:
    """Return the rows of EVIDENCE that an owner's page rests on: of their stages, of what to do."""
    own = {s.name for s in stages_of(codebook, owner)}
    wanted = {
        name for name in told["figure"].unique()
        if name.startswith("opportunity/")
        or (name.startswith(("curve/", "driver/")) and plain(name.split("/")[1]) in own)
    }  # fmt: skip
    return told[told["figure"].isin(wanted)]


def _themes(
    table: pd.DataFrame | None, stage: str, shown: set[str], sources: Mapping[str, int] | None
) -> list[dict[str, Any]]:
    """Return the themes of a stage with the quotes that do not stand there already."""
    if table is None:
        return []
    own = table[(table["stage"] == stage) & ~table["unit_id"].isin(shown)]
    return [
        {
            "name": name,
            "quotes": [_quote(q) for q in part.itertuples(index=False)],
            "sources": behind(figure("driver", stage, theme), sources),
        }
        for (theme, name), part in own.groupby(["theme", "name"], sort=False)
    ]
