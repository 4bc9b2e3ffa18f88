"""The command line: a thin face over the library. Scripts depend on its names and columns.

Exit status: 0 done (also when there was nothing new), 1 something was refused, in one line each, 2
wrong usage.
"""

from __future__ import annotations

from typing import Annotated

import typer

# Imported for their commands, in the order of `journeyqual --help`.
# isort: off
from journeyqual.cli import (  # noqa: F401
    studies,
    ledger,
    schedule,
    people,
    results,
    tables,
    llm,
    interchange,
    privacy,
    installation,
)

# isort: on
from journeyqual.cli.common import app


def _print_version(asked: bool) -> None:
    if asked:
        from journeyqual import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Interviews, coded to journey stages and emotion, drawn as curves that can be opened."""


def main() -> None:
    """Run the command line; the entry point of ``journeyqual``."""
    app()


__all__ = ["app", "main"]
