"""The command that erases a participant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, answering, app, progress, shown


@app.command()
def forget(
    participant: Annotated[str, typer.Argument(metavar="PARTICIPANT", help="The pseudonym.")],
    folder: Folder = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Erase one participant everywhere: raw file, text, codings, caches, reports."""
    with answering(debug, as_json) as summary:
        from journeyqual import erasure, runs
        from journeyqual.study import open_study

        if not yes and not typer.confirm(
            f"Erase {participant}: the raw file, every coding, all reports? It cannot be undone",
            err=True,
        ):
            summary["lines"] = ["nothing was touched"]
            return
        study = open_study(folder)
        try:
            there = (study.folder / "reports" / "index.html").exists()
            done = erasure.forget(study, participant)
        finally:
            study.close()
        made = []
        study = open_study(folder)
        try:
            if there and len(study.store.interviews()):
                with progress() as tell:
                    made = runs.run(study, progress=tell).reports
        finally:
            study.close()
        summary.update(
            erased=participant, files=len(done.files), rows=done.rows,
            sequences=done.sequences, looked_into=done.looked_into, notes=list(done.notes),
            reports=[shown(path) for path in made],
        )  # fmt: skip
        summary["lines"] = [
            f"erased {participant}: {len(done.files)} raw files, {done.rows} rows",
            f"searched {done.looked_into} files for {done.sequences} of their word sequences: none "
            "is left",
            *(f"note: {note}" for note in done.notes),
            *(f"report: {path}" for path in summary["reports"]),
        ]
