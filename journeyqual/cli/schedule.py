"""Commands for studies that interviews still come to: watching, and schedules."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, Inbox, Reports, answering, app
from journeyqual.errors import JourneyqualError


@app.command()
def watch(
    folder: Folder = Path(),
    inbox: Inbox = None,
    quiet: Annotated[
        float, typer.Option("--quiet", min=0.2, help="Seconds without change before a run.")
    ] = 5.0,
    look: Annotated[
        float, typer.Option("--look", min=1.0, help="Seconds between looks at inboxes.")
    ] = 60.0,
    reports: Reports = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Run a study again whenever a transcript has arrived; Ctrl+C ends it."""
    with answering(debug, as_json) as summary:
        from journeyqual import config
        from journeyqual.runs import watching

        stop, done = threading.Event(), [0]

        def run() -> None:
            done[0] += _once(folder, inbox or [], reports, as_json, quiet)

        with suppress(KeyboardInterrupt):
            watching.watch(config.load(folder).transcripts, run, stop=stop, quiet=quiet, look=look)
        summary["runs"] = done[0]
        summary["lines"] = [f"stopped after {done[0]} runs that found something"]


def _once(folder: Path, inbox: list[str], reports: Path | None, as_json: bool, quiet: float) -> int:
    """Run once and print what it did, if it did anything; an error ends the run, not the watch."""
    from journeyqual.cli.studies import run_study

    summary: dict[str, Any] = {}
    try:
        run_study(folder, summary, full=False, reports=reports, inbox=inbox, quiet=quiet)
    except (JourneyqualError, OSError) as error:
        if as_json:
            typer.echo(json.dumps({"error": str(error)}))
        typer.echo(f"journeyqual: {error}", err=True)
        return 0
    lines = summary.pop("lines")
    if not summary["run"]:
        return 0
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    else:
        for line in lines:
            typer.echo(line)
        for line in summary["refused"]:
            typer.echo(f"refused: {line}", err=True)
    return 1


@app.command()
def schedule(
    folder: Folder = Path(),
    every: Annotated[
        str, typer.Option("--every", help="15m, 2h, 1d, 1w, hourly, daily or weekly.")
    ] = "daily",
    at: Annotated[
        str, typer.Option("--at", help="Time of day of daily and weekly runs.")
    ] = "06:00",
    inbox: Inbox = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Print a cron line, a systemd timer and a CI workflow that run a study; none is installed."""
    with answering(debug, as_json) as summary:
        from journeyqual import config
        from journeyqual.runs import schedules

        home = config.load(folder).folder
        when, urls = schedules.times(every, at), inbox or []
        summary["cron"] = schedules.cron(when, home, urls)
        summary["systemd"] = schedules.systemd(when, home, urls)
        summary["workflow"] = schedules.workflow(when, urls)
        timer = next(name for name in summary["systemd"] if name.endswith(".timer"))
        lines = [f"# {when.words}, by cron: crontab -e, and add", summary["cron"], ""]
        for name, text in summary["systemd"].items():
            lines += [f"# ~/.config/systemd/user/{name}", text]
        lines += [
            f"# then: systemctl --user enable --now {timer}",
            "",
            "# .github/workflows/journeyqual.yml of a private repository",
            summary["workflow"],
        ]
        summary["lines"] = lines
