"""What every command shares: its options, its one-line errors, its summary, its progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from journeyqual.errors import JourneyqualError

app = typer.Typer(
    name="journeyqual",
    help="Interviews, coded to journey stages and emotion, drawn as curves that can be opened.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a summary for machines.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of whatever chance enters.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The study's folder.")]
Reports = Annotated[
    Path | None, typer.Option("--reports", help="Folder for reports, if not the study's own.")
]
Inbox = Annotated[
    list[str] | None,
    typer.Option("--inbox", help="Folder or URL to copy new transcripts from; may be repeated."),
]
Out = Annotated[Path, typer.Option("--out", help="File to write.")]
CodebookFile = Annotated[Path, typer.Option("--codebook", help="Codebook file (TOML).")]


@contextmanager
def answering(debug: bool, as_json: bool) -> Iterator[dict[str, Any]]:
    """Turn an error of ours into one line and status 1; print the summary as the command asks."""
    summary: dict[str, Any] = {"lines": []}
    try:
        yield summary
    except (JourneyqualError, OSError) as error:
        if debug:
            raise
        line = str(error)
        if isinstance(error, OSError) and error.filename:
            line = f"{Path(str(error.filename)).name}: {(error.strerror or line).lower()}"
        if as_json:
            typer.echo(json.dumps({"error": line}))
        typer.echo(f"journeyqual: {line}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("journeyqual: stopped; what was stored is complete, run it again", err=True)
        raise typer.Exit(130) from None
    lines = summary.pop("lines")
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    else:
        for line in lines:
            typer.echo(line)
    if summary.get("refused"):
        if not as_json:
            for line in summary["refused"]:
                typer.echo(f"refused: {line}", err=True)
        raise typer.Exit(1)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far long work is; say nothing when nobody watches."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield tell


def counted(number: int, what: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "unit"), counted(1200, "unit")
    ('1 unit', '1,200 units')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def shown(path: Path) -> str:
    """Return a path as the caller would write it: relative where that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
