"""Commands that show what came out: reports, evidence, themes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from journeyqual.cli.common import AsJson, Debug, Folder, answering, app, shown


@app.command()
def report(
    folder: Folder = Path(),
    formats: Annotated[
        str, typer.Option("--format", help="pdf, pptx, xlsx, png, svg, csv; joined by commas.")
    ] = "",
    notebook: Annotated[
        str, typer.Option("--notebook", help="Only this report: its name, or your own notebook.")
    ] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="NAME=VALUE", help="A parameter of the notebook."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write into, if not the study's own.")
    ] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Write reports of what is coded already: one notebook anew, or other formats."""
    with answering(debug, as_json) as summary:
        from journeyqual import reports
        from journeyqual.reports import formats as writers
        from journeyqual.study import open_study

        if bool(notebook) == bool(formats):
            raise typer.BadParameter("give either --format or --notebook")
        if parameter and not notebook:
            raise typer.BadParameter("--parameter goes with --notebook")
        if notebook:
            given = dict(_parameter(text) for text in parameter or [])
            written = [
                reports.make_report(folder, template=notebook, parameters=given, out_dir=out)
            ]
        else:
            study = open_study(folder)
            try:
                written = writers.export(
                    study,
                    out or study.folder / "reports",
                    formats=[name.strip() for name in formats.split(",")],
                )
            finally:
                study.close()
        summary["reports"] = [shown(path) for path in written]
        summary["lines"] = [f"report: {path}" for path in summary["reports"]]


def _parameter(text: str) -> tuple[str, object]:
    """Read NAME=VALUE; a value that is JSON (a number, a list, true) is taken as such."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


@app.command()
def evidence(
    folder: Folder = Path(),
    stage: Annotated[str, typer.Option("--stage", help="A stage of the codebook.")] = "",
    figure: Annotated[
        str, typer.Option("--figure", help="A figure's name, as reports show it.")
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ATTRIBUTE=VALUE", help="Only of these participants."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write (CSV).")] = None,
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """Print the units and the quotes behind a figure."""
    with answering(debug, as_json) as summary:
        from journeyqual import evidence as opening
        from journeyqual import schema
        from journeyqual.study import open_study

        if bool(stage) == bool(figure):
            raise typer.BadParameter("give either --stage or --figure")
        study = open_study(folder, only=only or ())
        try:
            name = figure or opening.figure("curve", study.stage(stage))
            behind = study.behind(name)
            quotes = study.quotes_of(name)
        finally:
            study.close()
        if out is not None:
            schema.write_csv(behind, out)
        summary["figure"] = name
        summary["units"] = json.loads(behind.to_json(orient="records"))
        summary["quotes"] = json.loads(quotes.to_json(orient="records"))
        people = behind["participant"].nunique()
        summary["lines"] = [
            f"{name}: {len(behind)} units of {people} participant{'s' * (people != 1)}",
            *(
                f"{row.stance}: {row.participant}{_at(row.start_s)}, unit {row.unit_id} "
                f"({schema.signed(row.valence)}): “{row.text}”"
                for row in quotes.itertuples()
            ),
            *(
                f"{row.unit_id}  {row.participant}{_at(row.start_s)}  {schema.signed(row.valence)}"
                f"  {row.text or '(does not agree to be quoted)'}"
                for row in behind.itertuples()
            ),
        ]


def _at(seconds: float) -> str:
    """Return a time code after its comma; nothing where there is none."""
    if seconds != seconds:
        return ""
    whole = int(seconds)
    return f", {whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@app.command()
def themes(
    folder: Folder = Path(),
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Only those that wait for a person.")
    ] = False,
    scope: Annotated[str, typer.Option("--scope", help="Only those of a stage.")] = "",
    name: Annotated[
        tuple[str, str] | None, typer.Option("--name", metavar="THEME NAME", help="Name one.")
    ] = None,
    accept: Annotated[str, typer.Option("--accept", metavar="THEME", help="Accept one.")] = "",
    reject: Annotated[str, typer.Option("--reject", metavar="THEME", help="Reject one.")] = "",
    merge: Annotated[
        tuple[str, str] | None,
        typer.Option("--merge", metavar="THEME INTO", help="Put one into another."),
    ] = None,
    coder: Annotated[str, typer.Option("--coder", help="Your name as a coder.")] = "",
    debug: Debug = False,
    as_json: AsJson = False,
) -> None:
    """List a study's themes; name, accept, reject or merge one."""
    with answering(debug, as_json) as summary:
        from journeyqual import schema
        from journeyqual.study import open_study

        study = open_study(folder)
        try:
            if scope not in {"", schema.WHOLE_STUDY, schema.OFF_JOURNEY}:
                scope = study.stage(scope)
            if name:
                study.themes.name(*name, by=coder)
            if accept:
                study.themes.accept(accept, by=coder)
            if reject:
                study.themes.reject(reject, by=coder)
            if merge:
                study.themes.merge(*merge, by=coder)
            table = study.themes.table(status=("proposed",) if proposed else None)
            # Of these nobody is left who agrees to be analysed, or nobody's words stand there now.
            table = table[table["n_units"] > 0].reset_index(drop=True)
            waits = study.themes.reasons()
        finally:
            study.close()
        if scope:
            table = table[table["scope"] == scope]
        summary["themes"] = json.loads(table.to_json(orient="records"))
        summary["lines"] = [
            f"{row.theme}  {row.scope}: {row.name}"
            + ("" if row.named_by else " (suggested)")
            + f", {row.n_units} units of {row.n_participants} people, {row.status}"
            for row in table.itertuples()
        ] or [_no_themes(waits, proposed=proposed, scope=scope)]


def _no_themes(waits: Any, *, proposed: bool, scope: str) -> str:
    """Return why there are none to list, as far as it is known."""
    from journeyqual import schema

    if proposed:
        return "no themes wait"
    why = waits.loc[waits["scope"] == (scope or schema.WHOLE_STUDY), "reason"].tolist()
    return f"no themes yet: {why[0]}" if why else "no themes yet"
