"""Commands around privacy: names that were missed, and erasing a participant."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, answering, app, counted, progress, shown


@app.command()
def names(
    folder: Folder = Path(),
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    port: Annotated[int, typer.Option("--port", help="Port of JupyterLab.")] = 8888,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Open JupyterLab on what was hidden and on names that look missed."""
    with answering(debug, as_json) as summary:
        from journeyqual import lab

        notebook = lab.names_notebook(folder)
        summary["notebook"] = shown(notebook)
        # Ctrl+C is how one leaves JupyterLab: it is no error of this command.
        with suppress(KeyboardInterrupt):
            lab.open_lab(notebook, browser=browser, port=port)


@app.command()
def hide(
    folder: Folder = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Hide what names.csv lists in interviews that are stored already; codings stay."""
    with answering(debug, as_json) as summary:
        from journeyqual import erasure
        from journeyqual.study import open_study

        study = open_study(folder)
        try:
            there = erasure.would_hide(study)
            places = counted(sum(there.values()), "place")
            if (
                there
                and not yes
                and not typer.confirm(
                    f"Replace listed names at {places} of {counted(len(there), 'interview')}, and "
                    "delete caches and reports? It cannot be undone",
                    err=True,
                )
            ):
                summary["lines"] = ["nothing was touched"]
                return
            done = erasure.hide_stored(study)
        finally:
            study.close()
        summary.update(hidden=done.places, reports=done.reports, left=list(done.left))
        summary["lines"] = [
            f"{counted(number, 'place')} in {name}" for name, number in done.places.items()
        ] or ["no listed name stands in what is stored"]
        if done.reports:
            summary["lines"].append("reports were deleted: journeyqual run makes them anew")
        summary["lines"] += [f"look yourself: {name} may still say one" for name in done.left]


@app.command()
def forget(
    participant: Annotated[str, typer.Argument(metavar="PARTICIPANT", help="The pseudonym.")],
    folder: Folder = Path(),
    reports: Annotated[
        list[Path] | None,
        typer.Option("--reports", help="A folder elsewhere with reports; may be repeated."),
    ] = None,
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
            shown_in = [study.folder / "reports", *(one.resolve() for one in reports or [])]
            shown_in = [one for one in shown_in if (one / "index.html").exists()]
            done = erasure.forget(study, participant, reports=reports or [])
        finally:
            study.close()
        made: list[Path] = []
        study = open_study(folder)
        try:
            for one in shown_in if len(study.store.interviews()) else []:
                with progress() as tell:
                    made += runs.run(study, reports_folder=one, progress=tell).reports
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
