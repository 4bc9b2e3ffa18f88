"""Commands that make a study and bring it up to date."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from journeyqual.cli.common import (
    AsJson,
    Debug,
    Folder,
    Inbox,
    Reports,
    answering,
    app,
    progress,
    shown,
)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Make a study folder that runs as it is."""
    with answering(debug, as_json) as summary:
        from journeyqual import scaffold

        scaffold.make_study(folder)
        summary["study"] = folder.name
        summary["lines"] = [
            f"made the study {folder}",
            "next: put interviews into its transcripts/ folder, look through codebook.toml,",
            f"then: journeyqual run {folder}",
        ]


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to make.")] = Path(
        "journeyqual-demo"
    ),
    reports: Reports = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Run the invented sample study to its reports."""
    with answering(debug, as_json) as summary:
        from journeyqual import scaffold

        if not (folder / "study.toml").exists():
            scaffold.copy_sample(folder)
        run_study(folder, summary, full=False, reports=reports)


@app.command()
def run(
    folder: Folder = Path(),
    full: Annotated[
        bool, typer.Option("--full", help="Code everything again and say what differs.")
    ] = False,
    inbox: Inbox = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes that read and code, one core each.")
    ] = 0,
    cluster: Annotated[
        str, typer.Option("--cluster", help="Address of a Dask scheduler that has workers.")
    ] = "",
    reports: Reports = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Read what is new, code it, update results and reports; print what changed."""
    with answering(debug, as_json) as summary:
        if workers and cluster:
            raise typer.BadParameter("give --workers or --cluster, not both")
        run_study(
            folder,
            summary,
            full=full,
            reports=reports,
            inbox=inbox or [],
            workers=workers,
            cluster=cluster,
        )


def run_study(
    folder: Path,
    summary: dict[str, Any],
    *,
    full: bool,
    reports: Path | None,
    inbox: Sequence[str] = (),
    quiet: float | None = None,
    workers: int = 0,
    cluster: str = "",
) -> None:
    """Run a study once, and put what it did into the summary."""
    from journeyqual import runs
    from journeyqual.runs import inbox as inboxes
    from journeyqual.runs.pool import cluster as connected
    from journeyqual.study import open_study

    study = open_study(folder)
    left: list[str] = []
    try:
        if inbox:
            _, left = inboxes.fetch(
                list(inbox),
                study.folder,
                study.config.transcripts,
                quiet=inboxes.QUIET if quiet is None else quiet,
            )
        there = connected(cluster, workers=workers) if workers or cluster else nullcontext()
        with progress() as tell, there as pool:
            result = runs.run(study, full=full, reports_folder=reports, progress=tell, pool=pool)
        result.notes += left
    finally:
        study.close()
    written = [shown(path) for path in result.reports]
    summary.update(
        read=result.read,
        corrected=result.corrected,
        lost=result.lost,
        coded=result.coded,
        refused=result.refused,
        notes=result.notes,
        reports=written,
        seconds={step: round(value, 3) for step, value in result.seconds.items()},
        run=result.number,
    )
    lines = [f"note: {note}" for note in result.notes]
    if result.nothing_new:
        lines.append("nothing new could be read" if result.newly_refused else "nothing new")
    else:
        interviews = f"{len(result.read)} interview{'s' * (len(result.read) != 1)}"
        lines.append(f"read {interviews}, coded {result.coded} units")
    if result.lost:
        lines.append(
            f"{result.lost} codings by people lost their words in a corrected transcript; they are "
            "kept: see study.team.lost()"
        )
    if result.learned_from:
        taught = f"{result.learned_from} unit{'s' * (result.learned_from != 1)}"
        lines.append(f"the stage coder learned from {taught} coded by people")
    summary.update(themes=result.themes, proposed=result.proposed, moved=result.moved)
    if result.themes:
        lines.append(f"discovered {result.themes} themes; name them: journeyqual themes")
    if result.proposed:
        lines.append(f"{result.proposed} new themes proposed: journeyqual themes --proposed")
    lines += [f"moved: {line}" for line in result.moved]
    if full:
        summary["changed"] = result.changed
        summary["differs"] = result.differs
        lines.append(f"coded again: {result.changed} units changed their stage")
        lines += [f"differs: {line}" for line in result.differs]
    summary["lines"] = [*lines, *(f"report: {path}" for path in written)]
