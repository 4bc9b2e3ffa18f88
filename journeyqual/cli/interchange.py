"""Commands for other programs' projects: in and out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, Out, answering, app, progress, shown

if TYPE_CHECKING:
    from journeyqual.interchange import Report

SHOWN = 12
"""Lines of what was guessed that are printed; ``--json`` has all of them."""


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A REFI-QDA project or codebook, a QualCoder, Taguette or Label Studio project, "
            "a code export, or a table of codings.",
        ),
    ],
    folder: Folder = Path(),
    map_file: Annotated[
        Path | None,
        typer.Option("--map", help="CSV code,dimension,value: which codes are stages, emotions."),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", help="A source that stays out; again for each.")
    ] = None,
    into_codebook: Annotated[
        bool,
        typer.Option("--into-codebook", help="Put its stages into codebook.toml, a new version."),
    ] = False,
    theirs: Annotated[
        list[str] | None,
        typer.Option("--theirs", help="A stage whose fields the file may overwrite; again."),
    ] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Take another program's project into a study: interviews, codings, attributes, notes."""
    with answering(debug, as_json) as summary, progress() as tell:
        from journeyqual import interchange
        from journeyqual.study import open_study

        study = open_study(folder)
        try:
            done = interchange.import_file(
                study, file, map_file=map_file, skip=skip or (), into_codebook=into_codebook,
                theirs=theirs or (), tell=tell,
            )  # fmt: skip
        finally:
            study.close()
        summary |= {
            "from": done.tool, "project": done.project, "interviews": done.interviews,
            "known": done.known, "codings": done.found, "added": done.added,
            "already": done.already, "spans": done.spans, "participants": done.participants,
            "attributes": done.attributes, "codes": done.codes, "notes": done.notes,
            "not_held": done.left, "refused": done.refused, "codebook": done.codebook,
            "codebook_version": done.version if into_codebook else "", "to_decide": done.asks,
        }  # fmt: skip
        codes = ", ".join(f"{number} {what}" for what, number in sorted(done.codes.items()))
        summary["lines"] += [
            f"{done.tool}: {len(done.interviews)} interviews taken in, {len(done.known)} known",
            f"codings: {done.found} in the file, {done.added} added, {done.already} here already",
            *([f"codes by what they stand for: {codes}"] if codes else []),
            *([f"new attributes: {', '.join(done.attributes)}"] if done.attributes else []),
            *_codebook_lines(done, file, into_codebook),
            *(f"a study cannot hold: {line}" for line in done.left),
            *done.notes[:SHOWN],
        ]
        if len(done.notes) > SHOWN:
            summary["lines"].append(f"and {len(done.notes) - SHOWN} more such lines (--json)")


def _codebook_lines(done: Report, file: Path, written: bool) -> list[str]:
    """Say what went into the codebook, or would, and what a person has to decide."""
    lines = [f"codebook.toml {'has' if written else 'lacks'}: {line}" for line in done.codebook]
    if done.codebook and written:
        lines.append(f"codebook.toml is version {done.version} now")
    elif done.codebook:
        lines.append(f"to put that into it: journeyqual import {file.name} … --into-codebook")
    return [*lines, *(f"to decide: {line}" for line in done.asks)]


@app.command()
def export(
    out: Out,
    kind: Annotated[str, typer.Option("--format", help="qdpx, qdc, xlsx, csv or labelstudio.")],
    folder: Folder = Path(),
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Write a study's texts, codes and codings for another program."""
    with answering(debug, as_json) as summary:
        from journeyqual import interchange
        from journeyqual.study import open_study

        study = open_study(folder)
        try:
            done = interchange.export_study(study, kind, out)
        finally:
            study.close()
        summary |= {
            "file": shown(done.path.absolute()), "interviews": done.sources,
            "codings": done.codings, "codes": done.codes, "coders": done.coders,
            "not_held": list(done.left), "beside": [shown(one.absolute()) for one in done.beside],
        }  # fmt: skip
        summary["lines"] += [
            f"{shown(done.path.absolute())}: {done.sources} interviews, {done.codings} codings, "
            f"{done.codes} codes, {done.coders} coders",
            *(f"{shown(one.absolute())}: its labeling config" for one in done.beside),
            *(f"{kind} does not hold: {line}" for line in done.left),
        ]
