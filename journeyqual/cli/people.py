"""Commands for people who code: tagging, samples."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, Seed, answering, app, shown


@app.command()
def tag(
    folder: Folder = Path(),
    interview: Annotated[str, typer.Option("--interview", help="Interview to start with.")] = "",
    coder: Annotated[str, typer.Option("--coder", help="Your name as a coder.")] = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    port: Annotated[int, typer.Option("--port", help="Port of JupyterLab.")] = 8888,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Open JupyterLab on the study's tagging notebook."""
    with answering(debug, as_json) as summary:
        from journeyqual import lab

        notebook = lab.tagging_notebook(folder, interview=interview, coder=coder)
        summary["notebook"] = shown(notebook)
        # Ctrl+C is how one leaves JupyterLab: it is no error of this command.
        with suppress(KeyboardInterrupt):
            lab.open_lab(notebook, browser=browser, port=port)


@app.command()
def sample(
    folder: Folder = Path(),
    per_stage: Annotated[
        int | None, typer.Option("--per-stage", min=1, help="Units to draw of each stage.")
    ] = None,
    queue: Annotated[
        int | None,
        typer.Option("--queue", min=1, help="Instead: units to draw, unsure ones preferred."),
    ] = None,
    seed: Seed = 0,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Draw units to code by two people, with known probabilities, and say how many are needed."""
    with answering(debug, as_json) as summary:
        from journeyqual.study import open_study

        if per_stage and queue:
            raise typer.BadParameter("give --per-stage or --queue, not both")
        study = open_study(folder)
        try:
            if per_stage or queue:
                team = study.team
                made = (
                    team.queue(queue, seed=seed) if queue else team.draw(per_stage or 0, seed=seed)
                )
                summary["draw"] = int(made["draw"].iloc[0])
                summary["drawn"] = int(made["place"].notna().sum())
                summary["lines"].append(
                    f"draw {summary['draw']}: {summary['drawn']} of {len(made)} units, "
                    "to be coded in their order"
                )
            needed = study.team.plan()
            how_far = study.team.sample_progress()
        finally:
            study.close()
        summary["needed"] = {f"{r.threshold:g}": int(r.units) for r in needed.itertuples()}
        summary["stages"] = how_far.to_dict("records")
        summary["lines"] += [
            *(
                f"alpha of .{round(r.threshold * 1000):03d} or more takes {r.units} units that two "
                "people code"
                for r in needed.itertuples()
            ),
            *(
                f"{r.stage or 'none fits'}: {r.drawn} drawn of {r.population}, "
                f"{r.coded_by_one} coded by one, {r.coded_by_two} by two"
                for r in how_far.itertuples()
            ),
        ]
