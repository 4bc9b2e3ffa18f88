"""The command that asks a chat model: off unless it is called, and it says first what it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, Seed, answering, app, counted, progress


@app.command()
def llm(
    folder: Folder = Path(),
    url: Annotated[
        str, typer.Option("--url", help="The endpoint, up to /v1: http://localhost:11434/v1.")
    ] = "",
    model: Annotated[str, typer.Option("--model", help="As the endpoint calls it.")] = "",
    drawn: Annotated[
        bool, typer.Option("--drawn", help="Only units drawn for people to code.")
    ] = False,
    first: Annotated[int | None, typer.Option("--first", min=1, help="Only so many units.")] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=32, help="Requests under way together.")
    ] = 1,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1.0, help="Seconds that one answer may take.")
    ] = 120.0,
    tries: Annotated[
        int, typer.Option("--tries", min=1, max=20, help="How often a request is made.")
    ] = 5,
    plain: Annotated[
        bool, typer.Option("--plain-http", help="Let words travel unencrypted to that machine.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    seed: Seed = 0,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Have a chat model code the units, as one more coder to hold against people."""
    with answering(debug, as_json) as summary:
        if not url or not model:
            raise typer.BadParameter("give --url and --model")
        from journeyqual.coding.chat import ChatCoder, Endpoint
        from journeyqual.runs import chat
        from journeyqual.study import open_study

        end = Endpoint(url, model, seed=seed, timeout=timeout, tries=tries, plain=plain)
        coder = ChatCoder(end)
        study = open_study(folder)
        try:
            todo = chat.to_ask(study, coder, drawn=drawn, first=first or 0)
            summary.update(coder=coder.name, host=end.host, known=todo.known)
            where = "stay on this machine" if end.is_local else f"leave this machine for {end.host}"
            plan = (
                f"{counted(todo.units, 'unit')} of {counted(todo.interviews, 'interview')}, in "
                f"{counted(todo.requests, 'request')} of about {todo.characters // 4:,} tokens in "
                f"all; pseudonymised words {where}"
            )
            if not todo.units:
                summary.update(coded=0, refused_units={}, requests=0, tokens=0)
                summary["lines"] = [f"nothing to ask: {todo.known} units are coded by {coder.name}"]
                return
            typer.echo(f"to be asked: {plan}", err=True)
            if not yes and not typer.confirm("Go on?", err=True):
                summary["lines"] = ["nothing was sent"]
                return
            with progress() as tell:
                made = chat.ask(
                    study, coder, drawn=drawn, first=first or 0, at_once=at_once, progress=tell
                )
        finally:
            study.close()
            end.close()
        used = end.usage
        summary.update(
            coded=made.units, refused_units=dict(made.refused.most_common()),
            requests=used.requests, begun_again=used.again, tokens=used.tokens,
        )  # fmt: skip
        summary["lines"] = [
            f"{coder.name}: {counted(made.units, 'unit')} coded in "
            + counted(used.requests, "request")
            + (f", {used.again} of them begun again" if used.again else "")
            + (f", {used.tokens:,} tokens" if used.tokens else ""),
            *(
                f"without a coding: {counted(n, 'unit')}, {why}"
                for why, n in made.refused.most_common()
            ),
            "it counts in no curve; how far it agrees with people: journeyqual report --notebook "
            "agreement",
        ]
